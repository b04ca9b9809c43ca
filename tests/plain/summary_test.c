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

enum { N = 600 };
#define HOUR INT64_C(3600000)
#define T0 (1000 * HOUR)
#define NOW (T0 + 4 * HOUR)

static const struct plain_limits limits = { .series = 100, .samples = 100000 };
static struct store store;

/* 0..599 and 1000..1599 in ten minutes; a counter; and 200 samples of 10 and 30 ms. */
static int make(void **state)
{
	uint32_t a, b, counter, times;

	(void)state;
	fake_init(&store, NOW);
	a = fake_series(&store, KYMO_GAUGE, 0, "gauge", "x=a");
	b = fake_series(&store, KYMO_GAUGE, 0, "gauge", "x=b");
	counter = fake_series(&store, KYMO_COUNTER, 0, "counter", "");
	times = fake_series(&store, KYMO_HISTOGRAM, 0, "times", "");
	for (int i = 0; i < N; i++) {
		fake_add(&store, a, T0 + 1000 * (i + 1), i);
		fake_add(&store, b, T0 + 500 + 1000 * (i + 1), 1000 + i);
		fake_add(&store, counter, T0 + 1000 * (i + 1), i);
	}
	for (int i = 0; i < 200; i++) {
		fake_add(&store, times, T0 + 1000 * (i + 1), 10);
		fake_add(&store, times, T0 + 1000 * (i + 1), 30);
	}
	return 0;
}

static int drop(void **state)
{
	(void)state;
	fake_fini(&store);
	return 0;
}

static bool near(double got, double wanted, double error)
{
	return fabs(got - wanted) <= error * fabs(wanted);
}

static void of_raw_samples_it_is_exact(void **state)
{
	AUTO_ANSWER struct kymo_summary_answer *answer = NULL;
	const struct kymo_summary *a, *all;

	(void)state;
	assert_int_equal(plain_summary(&store, "gauge", NULL, 0, T0, T0 + HOUR, &limits, NOW, &answer, NULL), 0);
	assert_int_equal(answer->n_series, 2);
	a = &answer->series[0];
	all = &answer->all;
	assert_string_equal(a->labels[0].value, "a");
	assert_int_equal(a->count, N);
	assert_true(a->sum == 179700 && a->min == 0 && a->max == 599 && a->avg == 299.5);
	assert_true(near(a->stddev, sqrt(359999 / 12.0), 1e-12));
	assert_true(near(a->p50, 299.5, 1e-12) && near(a->p95, 569.05, 1e-12) && near(a->p99, 593.01, 1e-12));
	assert_int_equal(a->first_at, T0 + 1000);
	assert_int_equal(a->last_at, T0 + N * 1000);
	assert_int_equal(a->flags, 0);
	assert_string_equal(all->name, "gauge");
	assert_int_equal(all->n_labels, 0);
	assert_int_equal(all->count, 2 * N);
	assert_true(all->sum == 179700 * 2 + 1000 * N && all->min == 0 && all->max == 1599 && all->p50 == 799.5);
	assert_true(near(all->stddev, sqrt(359999 / 12.0 + 250000), 1e-12));
	assert_int_equal(all->first_at, T0 + 1000);
	assert_int_equal(all->last_at, T0 + 500 + N * 1000);
	assert_true(answer->error == 0);
	assert_int_equal(answer->n_warnings, 0);
}

static void of_windows_it_is_an_estimate(void **state)
{
	AUTO_ANSWER struct kymo_summary_answer *answer = NULL;
	const struct kymo_filter filter = { "x", "b", KYMO_EQUAL };

	(void)state;
	assert_int_equal(plain_summary(&store, "g*", &filter, 1, T0, T0 + 4 * HOUR, &limits, NOW, &answer, NULL), 0);
	assert_int_equal(answer->n_series, 1);
	assert_int_equal(answer->series[0].flags, KYMO_SUMMARY_ESTIMATED);
	assert_int_equal(answer->all.flags, KYMO_SUMMARY_ESTIMATED);
	assert_int_equal(answer->series[0].count, N);
	assert_true(answer->series[0].sum == 179700 + 1000 * N);
	assert_true(answer->error == sketch_error(5));
	assert_true(near(answer->series[0].p95, 1569.05, answer->error));
	assert_true(near(answer->series[0].stddev, 173.2, 0.05));
	assert_int_equal(answer->parts[0].tier, KYMO_1M);
}

static void metrics_without_sketches_are_read_raw(void **state)
{
	AUTO_ANSWER struct kymo_summary_answer *answer = NULL, *lost = NULL;

	(void)state;
	assert_int_equal(plain_summary(&store, "counter", NULL, 0, T0, T0 + 4 * HOUR, &limits, NOW, &answer, NULL), 0);
	assert_true(answer->all.p50 == 299.5 && answer->all.flags == 0);
	assert_int_equal(answer->parts[0].tier, KYMO_RAW);
	store.retention[KYMO_RAW] = 1000;
	assert_int_equal(plain_summary(&store, "counter", NULL, 0, T0, T0 + 4 * HOUR, &limits, NOW, &lost, NULL), 0);
	store.retention[KYMO_RAW] = FOREVER;
	assert_int_equal(lost->all.count, N);
	assert_true(isnan(lost->all.p50) && isnan(lost->all.stddev) && lost->all.max == 599);
	assert_string_equal(lost->warnings[0],
			    "counter: percentiles and stddev are not known where only windows without sketches are left");
}

static void distributions_are_of_observations(void **state)
{
	AUTO_ANSWER struct kymo_summary_answer *answer = NULL;

	(void)state;
	assert_int_equal(plain_summary(&store, "times", NULL, 0, T0, T0 + HOUR, &limits, NOW, &answer, NULL), 0);
	assert_int_equal(answer->all.count, 400);
	assert_true(answer->all.avg == 20 && answer->all.min == 10 && answer->all.max == 30);
	assert_true(near(answer->all.stddev, 10, 0.05));
}

static void nothing_is_nothing(void **state)
{
	AUTO_ANSWER struct kymo_summary_answer *answer = NULL;

	(void)state;
	assert_int_equal(plain_summary(&store, "gaug", NULL, 0, 0, 0, &limits, NOW, &answer, NULL), 0);
	assert_int_equal(answer->all.count, 0);
	assert_true(isnan(answer->all.avg) && isnan(answer->all.p50) && isnan(answer->all.stddev) && answer->all.sum == 0);
	assert_int_equal(answer->start, NOW - HOUR);
	assert_string_equal(answer->warnings[0], "no metric is named \"gaug\"; is it \"gauge\" that is meant?");
}

static const struct { const char *name; kymo_ms start, end; struct plain_limits limits; int result; const char *text; } refused[] = {
	{ "", T0, NOW, { 0 }, -EINVAL, "a name is empty: write a metric name, with * and ? as wildcards" },
	{ "gauge", NOW, NOW, { 0 }, -EINVAL, "the range is empty: start and end are both 3614400000" },
	{ "gauge", T0, T0 + HOUR, { .samples = 700 }, -E2BIG,
	  "more than 700 samples would have to be read (limits.samples): ask for a shorter range or add filters" },
	{ "gauge", T0, T0 + HOUR, { .series = 1 }, -E2BIG,
	  "more than 1 series match (limits.series): add label filters or name fewer metrics" },
};

static void what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct kymo_summary_answer *answer;
		struct error err = { 0 };
		int r = plain_summary(&store, refused[i].name, NULL, 0, refused[i].start, refused[i].end, &refused[i].limits, NOW,
				      &answer, &err);

		if (r != refused[i].result || strcmp(error_text(&err), refused[i].text))
			fail_msg("row %zu: got %d, %s", i, r, error_text(&err));
		assert_null(answer);
		error_clear(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_raw_samples_it_is_exact),
		cmocka_unit_test(of_windows_it_is_an_estimate),
		cmocka_unit_test(metrics_without_sketches_are_read_raw),
		cmocka_unit_test(distributions_are_of_observations),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
