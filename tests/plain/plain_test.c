/* SPDX-License-Identifier: MIT */
#include "plain/plain.h"
#include "query/fake_store.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>

/* Times in seconds since a midnight. */
#define T(s) (INT64_C(1735689600000) + (s) * INT64_C(1000))
#define NOW T(7200)

enum { M = 60, H = 3600 };

static const struct plain_limits limits = { .series = 10, .points = 500, .samples = 100000 };
static struct store store;

/* cpu is the minute, twice that for the second core; one request a second with a restart; bytes only at first. */
static int make(void **state)
{
	uint32_t core0, core1, requests, bytes, response;

	(void)state;
	fake_init(&store, NOW);
	core0 = fake_series(&store, KYMO_GAUGE, 0, "system.cpu.usage", "core=0");
	core1 = fake_series(&store, KYMO_GAUGE, 0, "system.cpu.usage", "core=1");
	requests = fake_series(&store, KYMO_COUNTER, 0, "api.requests.total", "");
	bytes = fake_series(&store, KYMO_GAUGE, KYMO_NOISE, "system.memory.used", "");
	response = fake_series(&store, KYMO_HISTOGRAM, 0, "api.response.time", "endpoint=/a");
	for (int s = 10; s <= 7200; s += 10) {
		fake_add(&store, core0, T(s), (s - 1) / M);
		fake_add(&store, core1, T(s), 2 * ((s - 1) / M));
		fake_add(&store, requests, T(s), s <= 3600 ? s : s - 3600);
		if (s <= 300)
			fake_add(&store, bytes, T(s), s == 300 ? value_stale() : s);
		for (int i = 1; i <= 4; i++)
			fake_add(&store, response, T(s), 100 * i);
	}
	return 0;
}

static int drop(void **state)
{
	(void)state;
	fake_fini(&store);
	return 0;
}

static void print_series(const struct kymo_series *series, struct buf *out)
{
	buf_printf(out, "%s", series->name);
	for (uint32_t i = 0; i < series->n_labels; i++)
		buf_printf(out, "{%s=%s}", series->labels[i].name, series->labels[i].value);
	for (uint32_t i = 0; i < series->n_points; i++)
		buf_printf(out, " %lld:%.6g", (long long)(series->points[i].at - T(0)) / 1000, series->points[i].value);
	buf_printf(out, "\n");
}

static void print(const struct kymo_answer *answer, struct buf *out)
{
	for (uint32_t i = 0; i < answer->n_series; i++)
		print_series(&answer->series[i], out);
	for (uint32_t i = 0; i < answer->n_warnings; i++)
		buf_printf(out, "! %s\n", answer->warnings[i]);
}

static const char *const cpu[] = { "system.cpu.usage" }, *const requests[] = { "api.requests.total" },
	*const memory[] = { "system.memory.used" }, *const response[] = { "api.response.time" },
	*const several[] = { "api.requests.*", "system.mem??y.used" }, *const wrong[] = { "system_cpu_usage", "nix.*", "zzz" };
static const struct kymo_filter core1[] = { { "core", "1", KYMO_EQUAL } }, core9[] = { { "core", "9", KYMO_EQUAL } };

#define ANY .granularity = KYMO_AUTO

static const struct { const char *what; struct kymo_query query; const char *answer; } rows[] = {
	{ "one point for the range",
	  { .names = cpu, .n_names = 1, .function = KYMO_AVG, .start = T(0), .end = T(120), ANY },
	  "system.cpu.usage{core=0} 120:0.5\nsystem.cpu.usage{core=1} 120:1\n" },
	{ "a filter",
	  { .names = cpu, .n_names = 1, .filters = core1, .n_filters = 1, .function = KYMO_MAX, .start = T(0), .end = T(600),
	    .step = 300000, ANY },
	  "system.cpu.usage{core=1} 300:8 600:18\n" },
	{ "several names with wildcards; a staleness mark ends memory",
	  { .names = several, .n_names = 2, .function = KYMO_COUNT, .start = T(0), .end = T(300), ANY },
	  "api.requests.total 300:30\nsystem.memory.used 300:29\n" },
	{ "every sample",
	  { .names = memory, .n_names = 1, .start = T(270), .end = T(400), ANY },
	  "system.memory.used 280:280 290:290\n" },
	{ "(start, end]: open at the start, closed at the end",
	  { .names = requests, .n_names = 1, .start = T(10), .end = T(30), ANY },
	  "api.requests.total 20:20 30:30\n" },
	{ "values over a step: a gauge's average",
	  { .names = memory, .n_names = 1, .start = T(0), .end = T(300), .step = 100000, ANY },
	  "system.memory.used 100:55 200:155 300:250\n" },
	{ "values over a step: a counter's last",
	  { .names = requests, .n_names = 1, .start = T(3500), .end = T(3700), .step = 100000, ANY },
	  "api.requests.total 3600:3600 3700:100\n" },
	{ "values over a step: a distribution's mean",
	  { .names = response, .n_names = 1, .start = T(0), .end = T(60), .step = 60000, ANY },
	  "api.response.time{endpoint=/a} 60:250\n" },
	{ "windows that overlap, and reach back before the start",
	  { .names = requests, .n_names = 1, .function = KYMO_MIN, .start = T(600), .end = T(720), .step = 60000,
	    .window = 120000, ANY },
	  "api.requests.total 660:550 720:610\n" },
	{ "points stand at the end where the range does not fit",
	  { .names = requests, .n_names = 1, .function = KYMO_MAX, .start = T(45), .end = T(155), .step = 60000, ANY },
	  "api.requests.total 60:60 120:120 155:150\n" },
	{ "a number of points",
	  { .names = requests, .n_names = 1, .function = KYMO_MAX, .start = T(0), .end = T(3600), .points = 4, ANY },
	  "api.requests.total 900:900 1800:1800 2700:2700 3600:3600\n" },
	{ "percentiles of raw samples are exact",
	  { .names = memory, .n_names = 1, .function = KYMO_P95, .start = T(0), .end = T(300), ANY },
	  "system.memory.used 300:276\n" },
	{ "percentiles of observations",
	  { .names = response, .n_names = 1, .function = KYMO_P50, .start = T(0), .end = T(600), ANY },
	  "api.response.time{endpoint=/a} 600:250.34\n" },
	{ "count of observations",
	  { .names = response, .n_names = 1, .function = KYMO_COUNT, .start = T(0), .end = T(60), ANY },
	  "api.response.time{endpoint=/a} 60:24\n" },
	{ "windows of a tier as they are",
	  { .names = cpu, .n_names = 1, .filters = core1, .n_filters = 1, .start = T(0), .end = T(180), .granularity = KYMO_1M },
	  "system.cpu.usage{core=1} 60:0 120:2 180:4\n" },
	{ "counters have no sketches",
	  { .names = requests, .n_names = 1, .function = KYMO_P99, .start = T(0), .end = T(300), .granularity = KYMO_1M },
	  "! p99 of api.requests.total: its 1m windows carry no sketches (counters have none by preset), so there is no answer "
	  "from them; granularity raw has one as far back as raw samples are kept\n" },
	{ "nor has what is marked as noise",
	  { .names = memory, .n_names = 1, .function = KYMO_P50, .start = T(0), .end = T(300), .granularity = KYMO_5M },
	  "! p50 of system.memory.used: its 5m windows carry no sketches (it is marked to have none), so there is no answer "
	  "from them; granularity raw has one as far back as raw samples are kept\n" },
	{ "a step that windows do not fit into",
	  { .names = requests, .n_names = 1, .function = KYMO_COUNT, .start = T(0), .end = T(180), .step = 45000, .granularity = KYMO_1M },
	  "api.requests.total 90:6 135:6 180:6\n"
	  "! from 2025-01-01T00:00:00.000Z to 2025-01-01T00:03:00.000Z there are 1m windows, which do not fit into steps of 45s: "
	  "each counts where it ends\n" },
	{ "ends that windows do not fit",
	  { .names = requests, .n_names = 1, .function = KYMO_COUNT, .start = T(30), .end = T(150), .granularity = KYMO_1M },
	  "api.requests.total 150:12\n"
	  "! the 1m window that holds 2025-01-01T00:00:30.000Z is counted from its start, 2025-01-01T00:00:00.000Z\n"
	  "! after 2025-01-01T00:02:00.000Z nothing is counted: the 1m window that holds 2025-01-01T00:02:30.000Z ends later\n" },
	{ "names that nothing has",
	  { .names = wrong, .n_names = 3, .start = T(0), .end = T(60), ANY },
	  "! no metric is named \"system_cpu_usage\"; is it \"system.cpu.usage\" that is meant?\n"
	  "! no metric matches \"nix.*\"\n! no metric is named \"zzz\"\n" },
	{ "a filter that nothing passes",
	  { .names = cpu, .n_names = 1, .filters = core9, .n_filters = 1, .start = T(0), .end = T(60), ANY },
	  "! system.cpu.usage has no values in this range that pass the filters\n" },
	{ "nothing in the range",
	  { .names = memory, .n_names = 1, .start = T(400), .end = T(500), ANY },
	  "! system.memory.used has no values in this range\n" },
	{ "the future",
	  { .names = memory, .n_names = 1, .start = T(9000), .end = T(9100), ANY },
	  "! the range lies in the future\n! system.memory.used has no values in this range\n" },
};

static void answers_as_documented(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct kymo_query query = rows[i].query;
		AUTO_ANSWER struct kymo_answer *answer = NULL;
		struct error err = { 0 };
		AUTO_BUF text = { 0 };

		query.size = sizeof query;
		if (plain_query(&store, &query, &limits, NOW, &answer, &err) < 0)
			fail_msg("%s: %s", rows[i].what, error_text(&err));
		print(answer, &text);
		if (strcmp(buf_text(&text), rows[i].answer))
			fail_msg("%s: got\n%s", rows[i].what, buf_text(&text));
	}
}

/* Half an hour of raw, an hour of minutes: the rest comes from coarser tiers, or is missing. */
static void parts_tell_who_served_what(void **state)
{
	struct kymo_query query = { .size = sizeof query, .names = cpu, .n_names = 1, .filters = core1, .n_filters = 1,
				    .function = KYMO_COUNT, .start = T(-H), .end = NOW, ANY };
	AUTO_ANSWER struct kymo_answer *answer = NULL;
	static const struct kymo_part parts[] = {
		{ T(-H), T(0), KYMO_RAW, false, true, "before the first sample" },
		{ T(0), T(3600), KYMO_5M, false, false, "" },
		{ T(3600), T(7200), KYMO_1M, false, false, "" },
	};

	(void)state;
	store.retention[KYMO_RAW] = 1800 * 1000;
	store.retention[KYMO_1M] = 3600 * 1000;
	assert_int_equal(plain_query(&store, &query, &limits, NOW, &answer, NULL), 0);
	assert_int_equal(answer->n_parts, COUNT_OF(parts));
	for (uint32_t i = 0; i < answer->n_parts; i++) {
		assert_int_equal(answer->parts[i].start, parts[i].start);
		assert_int_equal(answer->parts[i].end, parts[i].end);
		assert_int_equal(answer->parts[i].tier, parts[i].tier);
		assert_int_equal(answer->parts[i].missing, parts[i].missing);
		assert_int_equal(answer->parts[i].empty, parts[i].empty);
		assert_string_equal(answer->parts[i].reason, parts[i].reason);
	}
	assert_int_equal(answer->n_series, 1);
	assert_true(answer->series[0].points[0].value == 720);
	assert_int_equal(answer->samples_read, 12 + 60);
	assert_int_equal(answer->start, T(-H));
	assert_int_equal(answer->step, 0);
	store.retention[KYMO_RAW] = store.retention[KYMO_1M] = FOREVER;
}

static const struct { kymo_ms retention, start, end; uint32_t granularity; bool missing; const char *reason; } reasons[] = {
	{ 1000, T(0), T(10), KYMO_AUTO, true, "older than the retention of every tier" },
	{ 1000, T(0), T(10), KYMO_5M, true, "older than the retention of this tier" },
	{ FOREVER, T(-90000), T(-86400), KYMO_AUTO, false, "before the first sample" },
	{ FOREVER, T(-90000), T(-86400), KYMO_1H, false, "before the first sample" },
	{ 90000000, T(-90000), T(-86400), KYMO_AUTO, true, "older than the retention of every tier" },
};

static void what_is_not_there_has_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reasons); i++) {
		struct kymo_query query = { .size = sizeof query, .names = cpu, .n_names = 1, .function = KYMO_SUM,
					    .start = reasons[i].start, .end = reasons[i].end, .granularity = reasons[i].granularity };
		AUTO_ANSWER struct kymo_answer *answer = NULL;

		for (int t = 0; t < TIERS; t++)
			store.retention[t] = reasons[i].retention;
		assert_int_equal(plain_query(&store, &query, &limits, NOW, &answer, NULL), 0);
		assert_int_equal(answer->n_series, 0);
		assert_int_equal(answer->parts[0].missing, reasons[i].missing);
		assert_int_equal(answer->parts[0].empty, !reasons[i].missing);
		assert_string_equal(answer->parts[0].reason, reasons[i].reason);
	}
	for (int t = 0; t < TIERS; t++)
		store.retention[t] = FOREVER;
}

static void an_empty_store_says_so(void **state)
{
	struct kymo_query query = { .size = sizeof query, .names = cpu, .n_names = 1, ANY };
	AUTO_ANSWER struct kymo_answer *answer = NULL;
	struct store empty;

	(void)state;
	fake_init(&empty, NOW);
	assert_int_equal(plain_query(&empty, &query, &limits, NOW, &answer, NULL), 0);
	assert_int_equal(answer->end, NOW);
	assert_true(answer->parts[0].empty && !answer->parts[0].missing);
	assert_string_equal(answer->parts[0].reason, "nothing is stored yet");
	assert_string_equal(answer->warnings[0], "no metric is named \"system.cpu.usage\"");
	fake_fini(&empty);
}

static const struct kymo_filter bad_filter[] = { { "a", "(", KYMO_REGEX } };

static const struct { struct kymo_query query; struct plain_limits limits; int result; const char *text; } refused[] = {
	{ { .function = 9, .names = cpu, .n_names = 1, ANY }, { 0 }, -EINVAL,
	  "function 9 is not known: values, sum, avg, min, max, count, p50, p95 or p99" },
	{ { .names = cpu, .n_names = 1, .granularity = 4 }, { 0 }, -EINVAL, "granularity 4 is not known: auto, raw, 1m, 5m or 1h" },
	{ { ANY }, { 0 }, -EINVAL, "a query needs a name (\"*\" for every metric) or a filter" },
	{ { .names = cpu, .n_names = 1, .start = T(10), .end = T(0), ANY }, { 0 }, -EINVAL,
	  "the range is reversed: start 2025-01-01T00:00:10.000Z is after end 2025-01-01T00:00:00.000Z" },
	{ { .names = cpu, .n_names = 1, .filters = bad_filter, .n_filters = 1, ANY }, { 0 }, -EINVAL,
	  "regular expression \"(\": missing closing parenthesis at byte 1" },
	{ { .names = cpu, .n_names = 1, .start = T(0), .end = T(7200), .step = 1000, ANY }, { .points = 500 }, -E2BIG,
	  "the answer would have 7200 points a series, the limit is 500 (limits.points): ask for a longer step, "
	  "a shorter range or a number of points" },
	{ { .names = requests, .n_names = 1, .start = T(0), .end = T(7200), .granularity = KYMO_RAW }, { .points = 500 }, -E2BIG,
	  "a series has more than 500 points (limits.points): ask for a step, a number of points, a coarser granularity "
	  "or a shorter range" },
	{ { .names = requests, .n_names = 1, .function = KYMO_SUM, .start = T(0), .end = T(7200), .granularity = KYMO_RAW },
	  { .samples = 500 }, -E2BIG,
	  "more than 500 samples would have to be read (limits.samples): ask for a shorter range, fewer series, "
	  "a coarser granularity, or a window nearer to the step" },
	{ { .names = requests, .n_names = 1, .function = KYMO_SUM, .start = T(3600), .end = T(3700), .step = 10000, .window = 3600000, ANY },
	  { .samples = 500 }, -E2BIG,
	  "more than 500 samples would have to be read (limits.samples): ask for a shorter range, fewer series, "
	  "a coarser granularity, or a window nearer to the step" },
	{ { .names = cpu, .n_names = 1, .function = KYMO_SUM, .start = T(0), .end = T(7200), .step = 20000, ANY }, { .memory = 1000 }, -E2BIG,
	  "the query needs more than 1000 bytes of memory (query.memory): ask for fewer series or points" },
	{ { .names = cpu, .n_names = 1, .function = KYMO_SUM, .start = T(0), .end = T(7200), .step = 20000, ANY },
	  { .time = -1 /* over before it begins */ }, -ETIMEDOUT,
	  "query timed out in expression evaluation (query.timeout, or what the request asks for)" },
	{ { .names = cpu, .n_names = 1, .start = T(0), .end = T(60), ANY }, { .series = 1 }, -E2BIG,
	  "more than 1 series match (limits.series): add label filters or name fewer metrics" },
};

static void what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct kymo_query query = refused[i].query;
		struct kymo_answer *answer = (void *)1;
		struct error err = { 0 };
		int r;

		query.size = sizeof query;
		r = plain_query(&store, &query, &refused[i].limits, NOW, &answer, &err);
		if (r != refused[i].result || strcmp(error_text(&err), refused[i].text))
			fail_msg("row %zu: got %d, %s", i, r, error_text(&err));
		assert_null(answer);
		error_clear(&err);
	}
}

static void a_query_of_an_unknown_size_is_refused(void **state)
{
	struct kymo_query query = { .size = 8, .names = cpu, .n_names = 1 };
	struct kymo_answer *answer;

	(void)state;
	assert_int_equal(plain_query(&store, &query, &limits, NOW, &answer, NULL), -EINVAL);
}

static void errors_of_the_store_come_through(void **state)
{
	struct kymo_query query = { .size = sizeof query, .names = cpu, .n_names = 1, .start = T(0), .end = T(60), ANY };
	struct kymo_answer *answer;
	struct error err = { 0 };

	(void)state;
	store.fails = -EIO;
	assert_int_equal(plain_query(&store, &query, &limits, NOW, &answer, &err), -EIO);
	assert_string_equal(error_text(&err), "the fake fails");
	error_clear(&err);
	store.fails = 0;
}

static void damage_is_told(void **state)
{
	struct kymo_query query = { .size = sizeof query, .names = cpu, .n_names = 1, .start = T(0), .end = T(60), ANY };
	AUTO_ANSWER struct kymo_answer *answer = NULL;

	(void)state;
	store.quarantined = 3;
	assert_int_equal(plain_query(&store, &query, &limits, NOW, &answer, NULL), 0);
	assert_int_equal(answer->n_warnings, 1);
	assert_string_equal(answer->warnings[0], "3 damaged parts of the store were left out");
	store.quarantined = 0;
}

static void an_estimate_tells_its_error(void **state)
{
	struct kymo_query query = { .size = sizeof query, .names = cpu, .n_names = 1, .function = KYMO_P95,
				    .start = T(0), .end = T(7200), .granularity = KYMO_5M };
	AUTO_ANSWER struct kymo_answer *estimate = NULL, *exact = NULL;

	(void)state;
	assert_int_equal(plain_query(&store, &query, &limits, NOW, &estimate, NULL), 0);
	assert_true(estimate->error == sketch_error(4));
	query.granularity = KYMO_RAW;
	assert_int_equal(plain_query(&store, &query, &limits, NOW, &exact, NULL), 0);
	assert_true(exact->error == 0);
	assert_true(fabs(estimate->series[0].points[0].value / exact->series[0].points[0].value - 1) <= estimate->error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_as_documented),
		cmocka_unit_test(parts_tell_who_served_what),
		cmocka_unit_test(what_is_not_there_has_a_reason),
		cmocka_unit_test(an_empty_store_says_so),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(a_query_of_an_unknown_size_is_refused),
		cmocka_unit_test(errors_of_the_store_come_through),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(an_estimate_tells_its_error),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
