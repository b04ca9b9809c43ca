/* SPDX-License-Identifier: MIT */
#include "store/plan.h"
#include "util/buf.h"
#include "util/check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Times in seconds; NONE: that tier has nothing, EVER: it forgets nothing. Now is 10:30:42 on day 500. */
#define NONE INT64_MAX
#define EVER INT64_MIN
#define AT(days, h, m, s) ((500 + (days)) * INT64_C(86400) + (h) * 3600 + (m) * 60 + (s))
#define NOW AT(0, 10, 30, 42)

enum { HOUR = 3600, DAY = 86400 };

struct coverage_row {
	struct { int64_t oldest, horizon; } tier[TIERS];
};

static const struct coverage_row old_store = { {	/* has run for longer than any retention */
	{ NOW - 27 * HOUR, NOW - DAY }, { AT(-8, 0, 0, 0), NOW - 7 * DAY }, { AT(-32, 0, 0, 0), NOW - 30 * DAY },
	{ AT(-370, 0, 0, 0), NOW - 365 * DAY },
} }, young = { {					/* since 10:14:02 */
	{ AT(0, 10, 14, 2), NOW - DAY }, { AT(0, 10, 15, 0), NOW - 7 * DAY }, { AT(0, 10, 15, 0), NOW - 30 * DAY },
	{ NONE, NOW - 365 * DAY },
} }, empty = { {
	{ NONE, NOW - DAY }, { NONE, NOW - 7 * DAY }, { NONE, NOW - 30 * DAY }, { NONE, NOW - 365 * DAY },
} }, only_hours = { {					/* nothing came for a month */
	{ NONE, NOW - DAY }, { NONE, NOW - 7 * DAY }, { NONE, NOW - 30 * DAY }, { AT(-100, 0, 0, 0), NOW - 365 * DAY },
} }, raw_forever = { {					/* the coarsest tier is kept shortest */
	{ AT(-490, 0, 0, 5), EVER }, { AT(-8, 0, 0, 0), NOW - 7 * DAY }, { AT(-6, 0, 0, 0), NOW - 5 * DAY },
	{ AT(-4, 0, 0, 0), NOW - 3 * DAY },
} }, lost_minutes = { {					/* the folder 1m went yesterday */
	{ AT(0, 8, 0, 1), NOW - 2 * HOUR }, { AT(-1, 10, 0, 0), NOW - 7 * DAY }, { AT(-32, 0, 0, 0), NOW - 30 * DAY },
	{ AT(-370, 0, 0, 0), NOW - 365 * DAY },
} }, no_minutes = { {					/* and nothing came since */
	{ NONE, NOW - DAY }, { NONE, NOW - 7 * DAY }, { AT(-32, 0, 0, 0), NOW - 30 * DAY },
	{ AT(-370, 0, 0, 0), NOW - 365 * DAY },
} }, slept = { {					/* nothing came when raw was cut; the hour then is from before */
	{ AT(0, 8, 10, 0), AT(0, 8, 5, 0) }, { NONE, AT(0, 8, 5, 0) }, { NONE, AT(0, 8, 5, 0) }, { AT(0, 9, 0, 0), NOW - 365 * DAY },
} };

static const struct {
	const char *name;
	const struct coverage_row *coverage;
	enum plan_rule rule;
	enum kymo_tier tier;
	int64_t start, end, step;
	const char *expected;
} rows[] = {
	{ "an hour is raw", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - HOUR, NOW, 0,
	  "raw 09:30:42 10:30:42" },
	{ "longer is minutes, the ends raw", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - HOUR - 1, NOW, 0,
	  "raw 09:30:41 09:31:00, 1m 09:31:00 10:30:00, raw 10:30:00 10:30:42" },
	{ "six hours are minutes", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - 6 * HOUR, NOW, 0,
	  "raw 04:30:42 04:31:00, 1m 04:31:00 10:30:00, raw 10:30:00 10:30:42" },
	{ "longer is five minutes", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - 7 * HOUR, NOW, 0,
	  "raw 03:30:42 03:31:00, 1m 03:31:00 03:35:00, 5m 03:35:00 10:30:00, raw 10:30:00 10:30:42" },
	{ "a day is five minutes", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - DAY, NOW, 0,
	  "raw -1d10:30:42 -1d10:31:00, 1m -1d10:31:00 -1d10:35:00, 5m -1d10:35:00 10:30:00, raw 10:30:00 10:30:42" },
	{ "longer is hours; raw has gone at the old end", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - 2 * DAY, NOW, 0,
	  "1m -2d10:30:42 -2d10:35:00, 5m -2d10:35:00 -2d11:00:00, 1h -2d11:00:00 10:00:00, 5m 10:00:00 10:30:00, raw 10:30:00 10:30:42" },
	{ "aligned ranges need no ends", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-2, 3, 0, 0), AT(-1, 5, 0, 0), 0,
	  "1h -2d03:00:00 -1d05:00:00" },
	{ "a month: the old end has only five minutes", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - 20 * DAY, NOW, 0,
	  "5m -20d10:30:42 -20d11:00:00, 1h -20d11:00:00 10:00:00, 5m 10:00:00 10:30:00, raw 10:30:00 10:30:42" },
	{ "a year and more: what is past the horizon is missing", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - 370 * DAY, NOW, 0,
	  "missing -370d10:30:42 -365d10:00:00, 1h -365d10:00:00 10:00:00, 5m 10:00:00 10:30:00, raw 10:30:00 10:30:42" },
	{ "an old hour comes from minutes", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-3, 5, 0, 10), AT(-3, 5, 30, 10), 0,
	  "1m -3d05:00:10 -3d05:30:10" },
	{ "an older one from five minutes", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-10, 5, 0, 10), AT(-10, 5, 30, 10), 0,
	  "5m -10d05:00:10 -10d05:30:10" },
	{ "a very old one from hours", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-100, 5, 10, 0), AT(-100, 5, 30, 0), 0,
	  "1h -100d05:10:00 -100d05:30:00" },
	{ "one that straddles the raw horizon", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - DAY - HOUR / 2, NOW - DAY + HOUR / 2, 0,
	  "1m -1d10:00:42 -1d10:31:00, raw -1d10:31:00 -1d11:00:42" },
	{ "one that straddles the horizon of minutes", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - 7 * DAY - 2 * HOUR, NOW - 7 * DAY + HOUR, 0,
	  "5m -7d08:30:42 -7d10:30:00, 1m -7d10:30:00 -7d11:30:42" },
	{ "one that straddles the horizon of five minutes", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - 30 * DAY - 10 * HOUR, NOW - 30 * DAY + 10 * HOUR, 0,
	  "1h -30d00:30:42 -30d11:00:00, 5m -30d11:00:00 -30d20:30:42" },
	{ "past every horizon", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - 400 * DAY, NOW - 399 * DAY, 0,
	  "missing -400d10:30:42 -399d10:30:42" },
	{ "in the future there is nothing yet", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW + 10, NOW + 20, 0,
	  "raw 10:30:52 10:31:02" },
	{ "a step keeps coarser tiers away", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-2, 0, 0, 0), AT(-1, 12, 0, 0), 60,
	  "1m -2d00:00:00 -1d12:00:00" },
	{ "a step that five minutes do not divide", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-2, 0, 0, 0), AT(-1, 12, 0, 0), 420,
	  "1m -2d00:00:00 -1d12:00:00" },
	{ "a step that no tier divides: raw as far as it is", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-2, 0, 0, 0), AT(-1, 12, 0, 0), 30,
	  "1m -2d00:00:00 -1d10:31:00, raw -1d10:31:00 -1d12:00:00" },
	{ "a step of hours", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-2, 0, 0, 0), AT(-1, 12, 0, 0), 7200,
	  "1h -2d00:00:00 -1d12:00:00" },
	{ "a step does not matter where nothing finer is", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-100, 0, 0, 0), AT(-98, 0, 0, 0), 60,
	  "1h -100d00:00:00 -98d00:00:00" },
	{ "a step of minutes over the horizon of minutes", &old_store, PLAN_BY_LENGTH, KYMO_RAW, AT(-8, 0, 0, 0), AT(-6, 0, 0, 0), 60,
	  "5m -8d00:00:00 -7d10:30:00, 1m -7d10:30:00 -6d00:00:00" },
	{ "raw first: raw while there is raw", &old_store, PLAN_RAW_FIRST, KYMO_RAW, NOW - DAY, NOW, 0,
	  "raw -1d10:30:42 10:30:42" },
	{ "raw first: then minutes, five minutes, hours", &old_store, PLAN_RAW_FIRST, KYMO_RAW, NOW - 400 * DAY, NOW, 0,
	  "missing -400d10:30:42 -365d10:00:00, 1h -365d10:00:00 -30d11:00:00, 5m -30d11:00:00 -7d10:30:00, 1m -7d10:30:00 -1d10:31:00, raw -1d10:31:00 10:30:42" },
	{ "forced: that tier alone", &old_store, PLAN_FORCED, KYMO_5M, AT(-2, 0, 0, 7), AT(-1, 12, 0, 7), 0,
	  "5m -2d00:00:07 -1d12:00:07" },
	{ "forced: what it has not is missing", &old_store, PLAN_FORCED, KYMO_RAW, NOW - 2 * DAY, NOW, 0,
	  "missing -2d10:30:42 -1d10:30:42, raw -1d10:30:42 10:30:42" },
	{ "forced minutes over their horizon", &old_store, PLAN_FORCED, KYMO_1M, NOW - 8 * DAY, NOW, 0,
	  "missing -8d10:30:42 -7d10:30:00, 1m -7d10:30:00 10:30:42" },
	{ "a young store: before it there is nothing", &young, PLAN_BY_LENGTH, KYMO_RAW, NOW - HOUR, NOW, 0,
	  "empty 09:30:42 10:14:01, raw 10:14:01 10:30:42" },
	{ "a young store, by minutes", &young, PLAN_BY_LENGTH, KYMO_RAW, NOW - 2 * HOUR, NOW, 0,
	  "empty 08:30:42 10:14:00, 1m 10:14:00 10:30:00, raw 10:30:00 10:30:42" },
	{ "a young store, by hours that have not closed", &young, PLAN_BY_LENGTH, KYMO_RAW, NOW - 30 * HOUR, NOW, 0,
	  "empty -1d04:30:42 10:00:00, 5m 10:00:00 10:30:00, raw 10:30:00 10:30:42" },
	{ "a young store, raw first", &young, PLAN_RAW_FIRST, KYMO_RAW, NOW - 2 * HOUR, NOW, 0,
	  "empty 08:30:42 10:14:01, raw 10:14:01 10:30:42" },
	{ "a young store, forced hours", &young, PLAN_FORCED, KYMO_1H, NOW - 2 * HOUR, NOW, 0,
	  "empty 08:30:42 10:00:00, 1h 10:00:00 10:30:42" },
	{ "only hours are left, raw first", &only_hours, PLAN_RAW_FIRST, KYMO_RAW, AT(-90, 0, 0, 0), AT(-89, 0, 0, 0), 0,
	  "1h -90d00:00:00 -89d00:00:00" },
	{ "only hours are left: now", &only_hours, PLAN_BY_LENGTH, KYMO_RAW, NOW - HOUR, NOW, 0,
	  "1h 09:30:42 10:30:42" },
	{ "only hours, before them", &only_hours, PLAN_BY_LENGTH, KYMO_RAW, AT(-101, 0, 0, 0), AT(-99, 0, 0, 0), 0,
	  "empty -101d00:00:00 -101d23:00:00, 1h -101d23:00:00 -99d00:00:00" },
	{ "raw for ever stands in where coarser has gone", &raw_forever, PLAN_BY_LENGTH, KYMO_RAW, AT(-8, 0, 0, 0), AT(0, 0, 0, 0), 0,
	  "raw -8d00:00:00 -7d10:30:00, 1m -7d10:30:00 -5d10:30:00, 5m -5d10:30:00 -3d10:00:00, 1h -3d10:00:00 00:00:00" },
	{ "a folder that was lost: from the next", &lost_minutes, PLAN_BY_LENGTH, KYMO_RAW, AT(-1, 8, 0, 0), AT(-1, 12, 0, 0), 0,
	  "5m -1d08:00:00 -1d10:00:00, 1m -1d10:00:00 -1d12:00:00" },
	{ "a lost folder, raw first", &lost_minutes, PLAN_RAW_FIRST, KYMO_RAW, AT(-1, 8, 0, 0), NOW, 0,
	  "5m -1d08:00:00 -1d10:00:00, 1m -1d10:00:00 08:31:00, raw 08:31:00 10:30:42" },
	{ "no minutes and no raw", &no_minutes, PLAN_BY_LENGTH, KYMO_RAW, NOW - HOUR, NOW, 0,
	  "5m 09:30:42 10:30:42" },
	{ "a finer tier does not know what was before its horizon", &slept, PLAN_BY_LENGTH, KYMO_RAW, AT(0, 8, 2, 0), AT(1, 12, 0, 0), 0,
	  "1h 08:02:00 1d12:00:00" },
	{ "it knows that there was nothing behind its horizon", &slept, PLAN_BY_LENGTH, KYMO_RAW, AT(0, 8, 7, 0), AT(1, 12, 0, 0), 0,
	  "1m 08:07:00 08:10:00, 5m 08:10:00 09:00:00, 1h 09:00:00 1d12:00:00" },
	{ "nothing at all", &empty, PLAN_BY_LENGTH, KYMO_RAW, NOW - HOUR, NOW, 0,
	  "empty 09:30:42 10:30:42" },
	{ "nothing at all, raw first", &empty, PLAN_RAW_FIRST, KYMO_RAW, NOW - HOUR, NOW, 0,
	  "empty 09:30:42 10:30:42" },
	{ "nothing at all, forced", &empty, PLAN_FORCED, KYMO_5M, NOW - HOUR, NOW, 0,
	  "empty 09:30:42 10:30:42" },
	{ "an empty range", &old_store, PLAN_BY_LENGTH, KYMO_RAW, NOW - 5, NOW - 5, 0,
	  "" },
};

static struct store_coverage coverage_of(const struct coverage_row *row)
{
	struct store_coverage coverage;

	for (int i = 0; i < TIERS; i++) {
		int64_t oldest = row->tier[i].oldest, horizon = row->tier[i].horizon;

		coverage.tier[i].oldest = oldest == NONE ? INT64_MAX : oldest * 1000;
		coverage.tier[i].newest = oldest == NONE ? INT64_MIN : NOW * 1000;
		coverage.tier[i].horizon = horizon == EVER ? INT64_MIN : horizon * 1000;
	}
	return coverage;
}

/* "10:30:00" today, "-2d10:30:00" the day before yesterday. */
static void print_time(kymo_ms at, struct buf *out)
{
	int64_t second = window_floor(at, 1000) / 1000, day = window_floor(second, DAY), of_day = second - day;

	if (day / DAY != 500)
		buf_printf(out, "%lldd", (long long)(day / DAY - 500));
	buf_printf(out, "%02d:%02d:%02d", (int)(of_day / HOUR), (int)(of_day / 60 % 60), (int)(of_day % 60));
}

static void print(const struct plan *plan, struct buf *out)
{
	buf_clear(out);
	for (uint32_t i = 0; i < plan->n; i++) {
		const struct plan_span *span = &plan->span[i];

		buf_printf(out, "%s%s ", i ? ", " : "", span->missing ? "missing" : span->empty ? "empty" : tier_name(span->tier));
		print_time(span->start, out);
		buf_add_text(out, " ");
		print_time(span->end, out);
	}
}

static void plans_as_expected(void **state)
{
	AUTO_BUF text = { 0 };
	bool wrong = false;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_coverage coverage = coverage_of(rows[i].coverage);
		struct plan_request request = { rows[i].rule, rows[i].tier, rows[i].start * 1000, rows[i].end * 1000,
						rows[i].step * 1000, NOW * 1000 };
		struct plan plan;

		assert_int_equal(plan_make(&coverage, &request, &plan), 0);
		print(&plan, &text);
		if (strcmp(buf_text(&text), rows[i].expected)) {
			print_error("%s: got %s\n", rows[i].name, buf_text(&text));
			wrong = true;
		}
	}
	assert_false(wrong);
}

/* Whatever is asked: the parts follow each other and cover the range, and tiers meet on borders of both. */
static void spans_cover_the_range(void **state)
{
	const struct coverage_row *all[] = { &old_store, &young, &empty, &only_hours, &raw_forever, &lost_minutes, &no_minutes };
	const int64_t steps[] = { 0, 1, 60, 300, 420, 3600, DAY };
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct store_coverage coverage = coverage_of(all[round % COUNT_OF(all)]);
		struct plan_request request = { .rule = (enum plan_rule)(round % 3), .tier = (enum kymo_tier)(round / 3 % 4),
						.step = steps[round % COUNT_OF(steps)] * 1000, .now = NOW * 1000 };
		struct plan plan;
		kymo_ms at;

		random = random * 1664525 + 1013904223;
		request.end = (NOW - random % (400 * DAY)) * 1000 + random % 1000;
		random = random * 1664525 + 1013904223;
		request.start = request.end - (kymo_ms)(random % (round % 2 ? 40 * DAY : 4 * HOUR)) * 1000;
		at = request.start;
		assert_int_equal(plan_make(&coverage, &request, &plan), 0);
		for (uint32_t i = 0; i < plan.n; i++) {
			kymo_ms width = tier_width(plan.span[i].tier);

			assert_true(plan.span[i].start == at && plan.span[i].end > at);
			at = plan.span[i].end;
			if (span_is_served(&plan.span[i]) && width && at != request.end)
				assert_int_equal(at % width, 0);
			if (i && span_is_served(&plan.span[i]) && width && span_is_served(&plan.span[i - 1]))
				assert_int_equal(plan.span[i].start % width, 0);
		}
		assert_true(at == request.end);
	}
}

static void absurd_ranges_do_no_harm(void **state)
{
	struct store_coverage coverage = coverage_of(&old_store);
	struct plan_request request = { PLAN_BY_LENGTH, KYMO_RAW, INT64_MIN, NOW * 1000, 0, NOW * 1000 };
	struct plan plan;

	(void)state;
	assert_int_equal(plan_make(&coverage, &request, &plan), 0);
	assert_true(plan.span[0].missing && plan.span[1].tier == KYMO_1H);
	request.start = request.end + 1;
	assert_int_equal(plan_make(&coverage, &request, &plan), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_as_expected),
		cmocka_unit_test(spans_cover_the_range),
		cmocka_unit_test(absurd_ranges_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
