/* SPDX-License-Identifier: MIT */
#include "store/dirty.h"
#include "model/tier.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { M = 60000, FIVE = 5 * M };

static void assert_spans(const struct spans *spans, uint32_t n, const kymo_ms *edges)
{
	assert_int_equal(spans->n, n);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(spans->span[i].start, edges[2 * i]);
		assert_int_equal(spans->span[i].end, edges[2 * i + 1]);
	}
}

static void spans_join_what_touches(void **state)
{
	struct spans spans = { 0 };

	(void)state;
	spans_add(&spans, 10, 20);
	spans_add(&spans, 40, 50);
	spans_add(&spans, 0, 5);
	assert_spans(&spans, 3, (kymo_ms[]){ 0, 5, 10, 20, 40, 50 });
	spans_add(&spans, 5, 10);
	assert_spans(&spans, 2, (kymo_ms[]){ 0, 20, 40, 50 });
	spans_add(&spans, 12, 15);
	assert_spans(&spans, 2, (kymo_ms[]){ 0, 20, 40, 50 });
	spans_add(&spans, 15, 60);
	assert_spans(&spans, 1, (kymo_ms[]){ 0, 60 });
	spans_add(&spans, -20, -10);
	spans_add(&spans, 70, 80);
	assert_spans(&spans, 3, (kymo_ms[]){ -20, -10, 0, 60, 70, 80 });
}

static void too_many_spans_close_their_smallest_gap(void **state)
{
	struct spans spans = { 0 };

	(void)state;
	for (int i = 0; i < DIRTY_SPANS; i++)
		spans_add(&spans, i * 100, i * 100 + 10);
	spans_add(&spans, 250, 280);
	assert_int_equal(spans.n, DIRTY_SPANS);
	assert_int_equal(spans.span[3].end, 300 + 10);
	assert_int_equal(spans.span[3].start, 250);
}

static void marks_are_whole_windows(void **state)
{
	struct dirty dirty;
	struct spans spans;

	(void)state;
	dirty_init(&dirty);
	assert_false(dirty_any(&dirty));
	dirty_mark(&dirty, 7, 3 * M + 1);
	dirty_mark(&dirty, 7, 4 * M);
	dirty_mark(&dirty, 7, 11 * M);
	dirty_mark(&dirty, 9, -1);
	dirty_spans(&dirty, 7, M, 100 * M, &spans);
	assert_spans(&spans, 2, (kymo_ms[]){ 3 * M, 4 * M, 10 * M, 11 * M });
	dirty_spans(&dirty, 7, FIVE, 100 * M, &spans);
	assert_spans(&spans, 2, (kymo_ms[]){ 0, FIVE, 2 * FIVE, 3 * FIVE });
	dirty_spans(&dirty, 7, FIVE, 12 * M, &spans);
	assert_spans(&spans, 1, (kymo_ms[]){ 0, FIVE });
	dirty_spans(&dirty, 9, M, 100 * M, &spans);
	assert_spans(&spans, 1, (kymo_ms[]){ -M, 0 });
	dirty_spans(&dirty, 8, M, 100 * M, &spans);
	assert_int_equal(spans.n, 0);
	assert_true(dirty_has(&dirty, 9) && !dirty_has(&dirty, 8) && dirty_any(&dirty));
	dirty_fini(&dirty);
}

static void a_mark_that_came_since_stays(void **state)
{
	struct dirty dirty;
	uint64_t changes;

	(void)state;
	dirty_init(&dirty);
	dirty_mark(&dirty, 1, M);
	changes = dirty_changes(&dirty, 1);
	dirty_mark(&dirty, 1, M);
	dirty_clean(&dirty, 1, changes);
	assert_true(dirty_has(&dirty, 1));
	dirty_clean(&dirty, 1, dirty_changes(&dirty, 1));
	assert_false(dirty_any(&dirty));
	spans_add(&dirty.everyone, 0, M);
	dirty.changes++;
	dirty_clean_everyone(&dirty, 0);
	assert_true(dirty_any(&dirty));
	dirty_clean_everyone(&dirty, 1);
	assert_false(dirty_any(&dirty));
	dirty_fini(&dirty);
}

static void places_are_used_again(void **state)
{
	struct dirty dirty;
	uint32_t seen = 0;

	(void)state;
	dirty_init(&dirty);
	for (int round = 0; round < 5; round++) {
		for (series_ref ref = 1; ref <= 100; ref++)
			dirty_mark(&dirty, ref, ref * M);
		for (series_ref ref = 1; ref <= 100; ref += 2)
			dirty_forget(&dirty, ref);
	}
	assert_int_equal(dirty.n, 100);
	for (uint32_t i = 0; i < dirty.n; i++)
		if (dirty_at(&dirty, i)) {
			assert_int_equal(dirty_at(&dirty, i) % 2, 0);
			seen++;
		}
	assert_int_equal(seen, 50);
	dirty_fini(&dirty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_join_what_touches),
		cmocka_unit_test(too_many_spans_close_their_smallest_gap),
		cmocka_unit_test(marks_are_whole_windows),
		cmocka_unit_test(a_mark_that_came_since_stays),
		cmocka_unit_test(places_are_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
