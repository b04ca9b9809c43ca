/* SPDX-License-Identifier: MIT */
/* query_test.c - queries without memory: -ENOMEM with a reason, no answer, nothing leaks. */
#include "fault/fault.h"
#include "plain/plain.h"
#include "query/fake_store.h"
#include "query/trail.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

enum { SAMPLES = 300 };

static const struct plain_limits limits = { 100, 1000, 1000000 };
static struct store store;

static int make(void **state)
{
	static const char *const labels[] = { "a=1", "a=2,b=3" };

	(void)state;
	fake_init(&store, SAMPLES * 1000);
	for (uint32_t s = 0; s < COUNT_OF(labels); s++) {
		fake_series(&store, s ? KYMO_COUNTER : KYMO_GAUGE, 0, s ? "n_total" : "m", labels[s]);
		for (uint32_t i = 0; i < SAMPLES; i++)
			fake_add(&store, s, 1000 * (i + 1), i);
	}
	return 0;
}

static int drop(void **state)
{
	(void)state;
	fake_fini(&store);
	return 0;
}

/* Its windows are made with plain checks, so only what reads raw is run here. */
static const struct kymo_query queries[] = {
	{ .function = KYMO_VALUES },
	{ .function = KYMO_AVG, .step = 10000 },
	{ .function = KYMO_P95, .step = 10000, .window = 60000 },
	{ .function = KYMO_MAX, .points = 10 },
};

static void a_query_says_so(void **state)
{
	static const char *const names[] = { "m", "n_*", "nothing" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(queries); i++)
		for (unsigned n = 1;; n++) {
			struct kymo_query query = queries[i];
			struct kymo_answer *answer = NULL;
			struct error err = { 0 };
			int r;

			query.size = sizeof query;
			query.names = names;
			query.n_names = COUNT_OF(names);
			query.end = SAMPLES * 1000;
			query.granularity = KYMO_RAW;
			fault_at(FAULT_MEMORY, n, ENOMEM);
			r = plain_query(&store, &query, &limits, store.now, &answer, &err);
			if (!fault_off()) {
				assert_int_equal(r, 0);
				assert_int_equal(answer->n_series, 2);
				answer_free(answer);
				break;
			}
			if (r == 0)	/* only an error text went without */
				answer_free(answer);
			else
				assert_true(r == -ENOMEM && err.code == -ENOMEM && !answer);
			error_clear(&err);
		}
}

static int latest(void **out, struct error *err)
{
	return plain_latest(&store, NULL, 0, &limits, (struct kymo_latest_list **)out, err);
}

static int list(void **out, struct error *err)
{
	return plain_list(&store, "*", (struct kymo_metric_list **)out, err);
}

static int summary(void **out, struct error *err)
{
	return plain_summary(&store, "*", NULL, 0, 1000, SAMPLES * 1000, &limits, store.now,
			     (struct kymo_summary_answer **)out, err);
}

static void the_others_too(void **state)
{
	static int (*const calls[])(void **out, struct error *err) = { latest, list, summary };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		for (unsigned n = 1;; n++) {
			struct error err = { 0 };
			void *answer = NULL;
			int r;

			fault_at(FAULT_MEMORY, n, ENOMEM);
			r = calls[i](&answer, &err);
			if (!fault_off()) {
				assert_int_equal(r, 0);
				answer_free(answer);
				break;
			}
			if (r == 0)
				answer_free(answer);
			else
				assert_true(r == -ENOMEM && err.code == -ENOMEM && !answer);
			error_clear(&err);
		}
}

static int go_through_trail(struct trail *trail, struct fold *fold, const struct columns *records)
{
	for (uint32_t i = 0; i < records->n; i++) {
		struct piece piece = columns_piece(records, i, i + 1);
		int64_t r = trail_add(trail, &piece);

		if (r < 0)
			return (int)r;
		trail_forget(trail, records->at[i] - 10000);
		fold_clear(fold);
		if ((r = trail_fold(trail, records->at[i], fold)) < 0)
			return (int)r;
	}
	return 0;
}

static void a_trail_and_a_fold_of_records_too(void **state)
{
	struct columns records;

	(void)state;
	columns_make(&records, KIND_GAUGE, store.series[0].at, store.series[0].v, SAMPLES, 3000, 5);
	for (unsigned n = 1;; n++) {
		struct trail *trail;
		struct fold fold;
		int r;

		fold_init(&fold, WANT_ALL | FOLD_MOMENTS, KIND_GAUGE);
		fault_at(FAULT_MEMORY, n, ENOMEM);
		trail = trail_create();
		r = trail ? go_through_trail(trail, &fold, &records) : -ENOMEM;
		trail_destroy(trail);
		fold_fini(&fold);
		if (!fault_off())
			break;
		assert_int_equal(r, -ENOMEM);
	}
	columns_fini(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_says_so),
		cmocka_unit_test(the_others_too),
		cmocka_unit_test(a_trail_and_a_fold_of_records_too),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
