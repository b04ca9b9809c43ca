/* SPDX-License-Identifier: MIT */
#include "model/window.h"
#include "model/sample.h"
#include "util/check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void untyped_series_are_counters_by_their_ending(void **state)
{
	static const struct { uint32_t type; const char *name; enum series_kind kind; } rows[] = {
		{ KYMO_UNTYPED, "a_total", KIND_COUNTER }, { KYMO_UNTYPED, "a_count", KIND_COUNTER },
		{ KYMO_UNTYPED, "a_sum", KIND_COUNTER }, { KYMO_UNTYPED, "a_bucket", KIND_COUNTER },
		{ KYMO_UNTYPED, "a", KIND_GAUGE }, { KYMO_UNTYPED, "total", KIND_GAUGE },
		{ KYMO_UNTYPED, "", KIND_GAUGE }, { KYMO_GAUGE, "a_total", KIND_GAUGE },
		{ KYMO_COUNTER, "a", KIND_COUNTER }, { KYMO_SUMMARY, "a_sum", KIND_GAUGE },
		{ KYMO_HISTOGRAM, "a", KIND_DISTRIBUTION }, { 77, "a", KIND_GAUGE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (series_kind_of(rows[i].type, rows[i].name, strlen(rows[i].name)) != rows[i].kind)
			fail_msg("type %u, \"%s\"", rows[i].type, rows[i].name);
}

static struct window window_of(enum series_kind kind, const double *v, uint32_t n, int32_t schema)
{
	struct window window;
	kymo_ms at[64];

	assert_true(n <= 64);
	for (uint32_t i = 0; i < n; i++)
		at[i] = 1000 * (i + 1);
	window_init(&window, 0, 60000, schema);
	assert_int_equal(window_add_all(&window, kind, at, v, n), 0);
	return window;
}

static void an_empty_window_knows_nothing(void **state)
{
	struct window w;

	(void)state;
	window_init(&w, 0, 60000, SKETCH_NONE);
	assert_int_equal(w.count, 0);
	assert_true(isnan(w.min) && isnan(w.max) && isnan(w.first) && isnan(w.last));
	assert_false(w.has_sketch || w.ended || window_is_constant(&w));
	window_fini(&w);
}

static void a_gauge_is_summed_up(void **state)
{
	const double v[] = { 3, -1, 4, 1, 5 };
	struct window w = window_of(KIND_GAUGE, v, COUNT_OF(v), 5);

	(void)state;
	assert_int_equal(w.count, 5);
	assert_true(window_sum(&w) == 12 && w.min == -1 && w.max == 5 && w.first == 3 && w.last == 5);
	assert_int_equal(w.first_at, 1000);
	assert_int_equal(w.last_at, 5000);
	assert_true(w.correction == 0);
	assert_int_equal(sketch_count(&w.sketch), 5);
	window_fini(&w);
}

static void a_counter_corrects_its_resets(void **state)
{
	const double v[] = { 5, 8, 2, 2, 7, 0, 1 };
	struct window w = window_of(KIND_COUNTER, v, COUNT_OF(v), SKETCH_NONE);

	(void)state;
	assert_true(w.correction == 8 + 7);
	assert_true(window_increase(&w) == 3 + 2 + 5 + 0 + 1);
	window_fini(&w);
}

static void nan_gives_way_in_min_and_max(void **state)
{
	const double v[] = { NAN, 2, NAN, 1 }, only[] = { NAN, NAN };
	struct window w = window_of(KIND_GAUGE, v, COUNT_OF(v), 5);

	(void)state;
	assert_int_equal(w.count, 4);
	assert_true(w.min == 1 && w.max == 2 && isnan(w.first) && w.last == 1 && isnan(window_sum(&w)));
	assert_int_equal(w.sketch.nans, 2);
	assert_false(window_is_constant(&w));
	window_fini(&w);
	w = window_of(KIND_GAUGE, only, COUNT_OF(only), SKETCH_NONE);
	assert_true(isnan(w.min) && isnan(w.max) && w.count == 2);
	assert_false(window_is_constant(&w));
	window_fini(&w);
}

static void a_staleness_mark_counts_in_nothing(void **state)
{
	const double stale = value_stale();
	const double ended[] = { stale, 1, 2, stale }, goes_on[] = { 1, stale, 2 }, only[] = { stale };
	struct window w = window_of(KIND_GAUGE, ended, COUNT_OF(ended), 5);

	(void)state;
	assert_true(w.ended && w.count == 2 && w.last == 2 && w.first_at == 2000 && w.last_at == 3000);
	assert_int_equal(sketch_count(&w.sketch) + w.sketch.nans, 2);
	window_fini(&w);
	w = window_of(KIND_GAUGE, goes_on, COUNT_OF(goes_on), SKETCH_NONE);
	assert_true(!w.ended && w.count == 2);
	window_fini(&w);
	w = window_of(KIND_GAUGE, only, COUNT_OF(only), SKETCH_NONE);
	assert_true(w.ended && w.count == 0);
	window_fini(&w);
}

static void the_sum_is_compensated(void **state)
{
	const double v[] = { 1e16, 1, 1, -1e16 }, inf[] = { 1, INFINITY, 2 };
	struct window w = window_of(KIND_GAUGE, v, COUNT_OF(v), SKETCH_NONE);

	(void)state;
	assert_true(window_sum(&w) == 2);
	window_fini(&w);
	w = window_of(KIND_GAUGE, inf, COUNT_OF(inf), SKETCH_NONE);
	assert_true(window_sum(&w) == INFINITY);
	window_fini(&w);
}

/* One sample at a time, all at once, and in two halves that are merged: the same. */
static void merging_is_adding_on(void **state)
{
	const double stale = value_stale();
	const double v[] = { 5, 8, NAN, 2, 2, stale, 7, 0, -3, 0.1, 1e9, 3, stale };
	enum series_kind kinds[] = { KIND_GAUGE, KIND_COUNTER };

	(void)state;
	for (size_t k = 0; k < COUNT_OF(kinds); k++)
		for (uint32_t cut = 0; cut <= COUNT_OF(v); cut++) {
			struct window all = window_of(kinds[k], v, COUNT_OF(v), 5), a, b;

			window_init(&a, 0, 60000, 5);
			window_init(&b, 0, 60000, 5);
			for (uint32_t i = 0; i < COUNT_OF(v); i++)
				assert_int_equal(window_add(i < cut ? &a : &b, kinds[k], 1000 * (i + 1), v[i]), 0);
			assert_int_equal(window_merge(&a, kinds[k], &b), 0);
			assert_int_equal(a.count, all.count);
			assert_true(a.min == all.min && a.max == all.max && a.first == all.first && a.last == all.last);
			assert_true(a.ended == all.ended && a.correction == all.correction);
			assert_true(a.first_at == all.first_at && a.last_at == all.last_at);
			assert_int_equal(a.sketch.n, all.sketch.n);
			assert_memory_equal(a.sketch.counts, all.sketch.counts, a.sketch.n * sizeof *a.sketch.counts);
			assert_int_equal(a.sketch.nans, all.sketch.nans);
			window_fini(&all);
			window_fini(&a);
			window_fini(&b);
		}
}

static void a_constant_window_needs_no_sketch(void **state)
{
	const double same[] = { 7, 7, 7 }, more[] = { 1, 2 };
	struct window a = window_of(KIND_GAUGE, more, 2, 5), b = window_of(KIND_GAUGE, same, 3, SKETCH_NONE);

	(void)state;
	assert_true(window_is_constant(&b));
	assert_int_equal(window_merge(&a, KIND_GAUGE, &b), 0);
	assert_true(a.has_sketch);
	assert_int_equal(sketch_count(&a.sketch), 5);
	window_fini(&b);
	b = window_of(KIND_GAUGE, more, 2, SKETCH_NONE);
	assert_int_equal(window_merge(&a, KIND_GAUGE, &b), 0);
	assert_false(a.has_sketch);
	window_fini(&a);
	window_fini(&b);
}

static void observations_make_a_distribution(void **state)
{
	struct window w, copy = { 0 };

	(void)state;
	window_init(&w, 0, 1000, 5);
	assert_int_equal(window_observe(&w, 2, 3), 0);
	assert_int_equal(window_observe(&w, NAN, 2), 0);
	assert_int_equal(window_observe(&w, 8, 1), 0);
	assert_int_equal(window_observe(&w, 9, 0), 0);
	assert_true(w.count == 4 && window_sum(&w) == 14 && w.min == 2 && w.max == 8);
	assert_int_equal(w.sketch.nans, 2);
	window_settle(&w, KIND_DISTRIBUTION);
	assert_true(w.first == 3.5 && w.last == 3.5 && w.sum == 14 && w.sum_low == 0);
	assert_int_equal(window_copy(&copy, &w), 0);
	assert_int_equal(sketch_count(&copy.sketch), 4);
	window_fini(&w);
	window_fini(&copy);
}

static void an_export_borrows(void **state)
{
	const double v[] = { 1, 2, 2, NAN, 0 };
	struct window w = window_of(KIND_GAUGE, v, COUNT_OF(v), 5);
	struct kymo_window out;

	(void)state;
	w.ended = true;
	window_export(&w, &out);
	assert_int_equal(out.size, sizeof out);
	assert_int_equal(out.flags, KYMO_WINDOW_ENDED | KYMO_WINDOW_SKETCH);
	assert_true(out.index == w.sketch.index && out.n == 2 && out.zeros == 1 && out.nans == 1);
	assert_true(out.count == 5 && out.min == 0 && out.max == 2 && out.last_at == 5000);
	window_reset(&w, 60000, 120000, SKETCH_NONE);
	window_export(&w, &out);
	assert_true(out.flags == 0 && out.index == NULL && out.count == 0 && out.start == 60000);
	window_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untyped_series_are_counters_by_their_ending),
		cmocka_unit_test(an_empty_window_knows_nothing),
		cmocka_unit_test(a_gauge_is_summed_up),
		cmocka_unit_test(a_counter_corrects_its_resets),
		cmocka_unit_test(nan_gives_way_in_min_and_max),
		cmocka_unit_test(a_staleness_mark_counts_in_nothing),
		cmocka_unit_test(the_sum_is_compensated),
		cmocka_unit_test(merging_is_adding_on),
		cmocka_unit_test(a_constant_window_needs_no_sketch),
		cmocka_unit_test(observations_make_a_distribution),
		cmocka_unit_test(an_export_borrows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
