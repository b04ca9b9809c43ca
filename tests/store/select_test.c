/* SPDX-License-Identifier: MIT */
#include "answers.h"
#include "model/sample.h"

#include <errno.h>
#include <math.h>

#define M INT64_C(60000)
#define H (60 * M)
#define HOUR0 INT64_C(1700002800000)	/* the first full hour behind T0 */

static int make(void **state)
{
	static struct folder folder;

	folder_make(&folder);
	folder.options.retention[KYMO_RAW] = 2 * H;
	folder.options.retention[KYMO_1M] = 5 * H;
	folder_open(&folder);
	atomic_store(&folder.clock.now, HOUR0);
	*state = &folder;
	return 0;
}

static int clean(void **state)
{
	folder_remove(*state);
	return 0;
}

/* A sample every 10 s: i tens of seconds behind HOUR0 the value i. */
static void fill(struct folder *f, series_ref ref, int from, int until)
{
	for (int i = from; i < until; i++) {
		atomic_store(&f->clock.now, HOUR0 + i * 10000);
		must_put(f->store, ref, HOUR0 + i * 10000, i);
	}
}

static void selects_by_matchers_in_order_of_labels(void **state)
{
	struct folder *f = *state;
	struct matcher *matcher = matcher_create(MATCH_PATTERN, LABEL_NAME, "b*", NULL);
	struct select_request request = { .matchers = &matcher, .n_matchers = 1, .end = HOUR0 };
	AUTO(select) select = NULL;
	struct error err = { 0 };
	const char *names[] = { "b2", "a", "b1", "b3" };

	for (int i = 0; i < 4; i++)
		must_put(f->store, series_of(f->store, names[i], i == 3 ? NULL : "x"), HOUR0 - 1000 * i, i);
	must_put(f->store, series_of(f->store, "b4", "x"), HOUR0 + 1, 1);
	assert_int_equal(select_open(f->store, &request, &select, &err), 0);
	assert_int_equal(select_count(select), 3);
	assert_memory_equal(labels_metric(select_series(select, 0)->labels).value, "b1", 2);
	assert_memory_equal(labels_metric(select_series(select, 1)->labels).value, "b2", 2);
	assert_memory_equal(labels_metric(select_series(select, 2)->labels).value, "b3", 2);
	request.series_most = 2;
	select_close(TAKE(select));
	assert_int_equal(select_open(f->store, &request, &select, &err), -E2BIG);
	assert_string_equal(error_text(&err), "more than 2 series match");
	error_clear(&err);
	matcher_destroy(matcher);
}

static void raw_samples_come_from_head_and_blocks(void **state)
{
	struct folder *f = *state;
	series_ref ref = series_of(f->store, "a", "x");
	struct answers got = { 0 };

	fill(f, ref, 1, 100);
	maintain(f->store, MAINTAIN_FLUSH);
	fill(f, ref, 100, 200);
	ask(f->store, ref, KYMO_RAW, HOUR0 + 50 * 10000, HOUR0 + 150 * 10000, WANT_ALL, &got);
	assert_int_equal(got.n, 100);
	assert_true(got.of[0].value == 51 && got.of[99].value == 150);
	answers_fini(&got);
}

/* Nothing has closed yet; then most has. The answers are the same. */
static void windows_are_the_same_open_and_closed(void **state)
{
	struct folder *f = *state;
	series_ref ref = series_of(f->store, "a", "x");
	struct answers open[TIERS] = { { 0 } }, closed = { 0 };

	fill(f, ref, 1, 400);
	for (int tier = KYMO_1M; tier < TIERS; tier++) {
		ask(f->store, ref, (enum kymo_tier)tier, 0, HOUR0 + 2 * H, WANT_ALL, &open[tier]);
		assert_int_equal(open[tier].n, tier == KYMO_1M ? 67 : tier == KYMO_5M ? 14 : 2);
		assert_true(open[tier].of[0].flags & RECORD_OPEN);
	}
	maintain(f->store, MAINTAIN_CLOSE);
	for (int tier = KYMO_1M; tier < TIERS; tier++) {
		ask(f->store, ref, (enum kymo_tier)tier, 0, HOUR0 + 2 * H, WANT_ALL, &closed);
		assert_int_equal(open[tier].n, closed.n);
		assert_false(closed.of[0].flags & RECORD_OPEN);
		assert_true(closed.of[closed.n - 1].flags & RECORD_OPEN);
		for (uint32_t i = 0; i < closed.n; i++)
			assert_true(window_same(&open[tier].of[i].record.window, &closed.of[i].record.window));
		answers_fini(&open[tier]);
		answers_fini(&closed);
	}
}

static void a_record_belongs_by_its_end(void **state)
{
	struct folder *f = *state;
	series_ref ref = series_of(f->store, "a", "x");
	struct answers got = { 0 };

	fill(f, ref, 1, 61);
	for (int closed = 0; closed < 2; closed++) {
		ask(f->store, ref, KYMO_1M, HOUR0 + M, HOUR0 + 3 * M, WANT_ALL, &got);
		assert_int_equal(got.n, 2);
		assert_int_equal(got.of[0].record.at, HOUR0 + 2 * M);
		assert_int_equal(got.of[0].record.window.count, 6);
		assert_true(got.of[0].record.window.first == 7);
		ask(f->store, ref, KYMO_1M, HOUR0 + M - 1, HOUR0 + 3 * M - 1, WANT_ALL, &got);
		assert_int_equal(got.n, 2);
		assert_int_equal(got.of[0].record.at, HOUR0 + M);
		assert_true(got.of[0].record.window.first == 1);
		pass_time(f, HOUR0 + 11 * M);
	}
	answers_fini(&got);
}

static void what_is_past_the_retention_is_not_seen(void **state)
{
	struct folder *f = *state;
	series_ref ref = series_of(f->store, "a", "x");
	struct answers got = { 0 };

	fill(f, ref, 1, 361);
	pass_time(f, HOUR0 + 2 * H + 30 * M + 20000);
	ask(f->store, ref, KYMO_RAW, 0, HOUR0 + H, WANT_ALL, &got);
	assert_int_equal(got.of[0].record.at, HOUR0 + 30 * M + 30000);
	pass_time(f, HOUR0 + 5 * H + 30 * M + 20000);
	ask(f->store, ref, KYMO_RAW, 0, HOUR0 + H, WANT_ALL, &got);
	assert_int_equal(got.n, 0);
	ask(f->store, ref, KYMO_1M, 0, HOUR0 + H, WANT_ALL, &got);
	assert_int_equal(got.n, 30);
	assert_int_equal(got.of[0].record.at, HOUR0 + 31 * M);
	ask(f->store, ref, KYMO_5M, 0, HOUR0 + H, WANT_ALL, &got);
	assert_int_equal(got.n, 12);
	answers_fini(&got);
}

static void a_select_is_a_snapshot(void **state)
{
	struct folder *f = *state;
	series_ref ref = series_of(f->store, "a", "x");

	fill(f, ref, 1, 200);
	maintain(f->store, 0);
	fill(f, ref, 200, 400);
	for (int tier = KYMO_RAW; tier < TIERS; tier++) {
		struct select_request request = { .tier = (enum kymo_tier)tier, .end = HOUR0 + 2 * H, .wants = WANT_ALL };
		AUTO(select) select = NULL;
		AUTO(cursor) cursor = NULL;
		struct piece piece;
		uint64_t count = 0;

		assert_int_equal(select_open(f->store, &request, &select, NULL), 0);
		maintain(f->store, 0);
		assert_int_equal(cursor_open(select, 0, &cursor), 0);
		maintain(f->store, 0);
		while (cursor_next(cursor, &piece) > 0)
			for (uint32_t i = 0; i < piece.n; i++)
				count += piece.values ? 1 : piece.count[i];
		assert_int_equal(count, 399 + 100 * tier);
		fill(f, ref, 400 + 100 * tier, 500 + 100 * tier);
	}
}

static void sketches_only_where_they_are_wanted(void **state)
{
	struct folder *f = *state;
	series_ref ref = series_of(f->store, "a", "x");
	struct answers got = { 0 };

	fill(f, ref, 1, 120);
	pass_time(f, HOUR0 + 30 * M);
	maintain(f->store, MAINTAIN_FLUSH);
	ask(f->store, ref, KYMO_1M, 0, HOUR0 + H, WANT_SUM, &got);
	assert_false(got.of[1].record.window.has_sketch);
	ask(f->store, ref, KYMO_1M, 0, HOUR0 + H, WANT_SUM | WANT_SKETCH, &got);
	assert_true(got.of[1].record.window.has_sketch);
	assert_int_equal(sketch_count(&got.of[1].record.window.sketch), 6);
	answers_fini(&got);
}

static void a_mark_of_the_end_is_seen_by_who_wants_it(void **state)
{
	struct folder *f = *state;
	series_ref ref = series_of(f->store, "a", "x");
	struct answers got = { 0 };

	must_put(f->store, ref, HOUR0 + M, 5);
	must_put(f->store, ref, HOUR0 + 2 * M, value_stale());
	for (int round = 0; round < 3; round++) {
		ask(f->store, ref, KYMO_1M, 0, HOUR0 + H, WANT_ALL, &got);
		assert_int_equal(got.n, 1);
		assert_false(got.of[0].flags & RECORD_ENDED);
		ask(f->store, ref, KYMO_1M, 0, HOUR0 + H, WANT_ALL | WANT_ENDS, &got);
		assert_int_equal(got.n, 2);
		assert_true(got.of[1].flags & RECORD_ENDED && got.of[1].record.window.count == 0);
		ask(f->store, ref, KYMO_5M, 0, HOUR0 + H, WANT_ALL, &got);
		assert_int_equal(got.n, 1);
		assert_true(got.of[0].flags & RECORD_ENDED && got.of[0].record.window.count == 1);
		pass_time(f, HOUR0 + 30 * M);
		if (round)
			maintain(f->store, MAINTAIN_FLUSH);
	}
	answers_fini(&got);
}

static void a_constant_stands_for_its_sketch(void **state)
{
	struct folder *f = *state;
	series_ref ref = series_of(f->store, "a", "x");
	struct answers got = { 0 };

	for (int i = 1; i <= 6; i++)
		must_put(f->store, ref, HOUR0 + i * 10000, 7.5);
	for (int round = 0; round < 2; round++) {
		ask(f->store, ref, KYMO_1M, 0, HOUR0 + H, WANT_ALL, &got);
		assert_int_equal(got.n, 1);
		assert_true(got.of[0].flags & RECORD_CONSTANT);
		assert_int_equal(sketch_count(&got.of[0].record.window.sketch), 6);
		pass_time(f, HOUR0 + 30 * M);
	}
	answers_fini(&got);
}

/* A cursor on all raw samples of the only series behind `start`. */
static struct cursor *open_raw(struct folder *f, kymo_ms start, struct select **select)
{
	struct select_request request = { .start = start, .end = HOUR0 + H };
	struct cursor *cursor;

	assert_int_equal(select_open(f->store, &request, select, NULL), 0);
	assert_int_equal(cursor_open(*select, 0, &cursor), 0);
	return cursor;
}

static bool is_whole(struct folder *f, kymo_ms start)
{
	AUTO(select) select = NULL;
	struct cursor *cursor = open_raw(f, start, &select);
	kymo_ms first, last;
	bool whole = cursor_whole(cursor, &first, &last);

	cursor_close(cursor);
	return whole;
}

static void whole_chunks_come_as_one_record(void **state)
{
	struct folder *f = *state;
	series_ref ref = series_of(f->store, "a", "x");
	AUTO(select) select = NULL;
	struct cursor *cursor;
	struct piece piece;
	kymo_ms first, last;
	uint32_t n;

	fill(f, ref, 0, 300);
	flush(f->store);
	fill(f, ref, 300, 320);
	cursor = open_raw(f, HOUR0 - 1, &select);
	assert_true(cursor_whole(cursor, &first, &last));
	assert_true(first == HOUR0 && last == HOUR0 + 2990000);
	assert_int_equal(cursor_fold(cursor, &piece, &n), 1);
	assert_true(n == 300 && piece.n == 1 && !piece.values && piece.at[0] == last && piece.count[0] == 300);
	assert_true(piece.sum[0] == 299 * 150 && piece.min[0] == 0 && piece.max[0] == 299 && piece.first[0] == 0 && piece.last[0] == 299);
	assert_true(piece.first_at[0] == first && piece.last_at[0] == last && piece.correction[0] == 0);
	assert_false(cursor_whole(cursor, &first, &last));
	assert_int_equal(cursor_next(cursor, &piece), 1);
	assert_true(piece.n == 20 && piece.values[0] == 300);
	cursor_close(cursor);
	assert_false(is_whole(f, HOUR0));		/* a part of it */
	must_put(f->store, ref, HOUR0 + 2985000, 5);	/* one in between */
	assert_false(is_whole(f, HOUR0 - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(selects_by_matchers_in_order_of_labels, make, clean),
		cmocka_unit_test_setup_teardown(raw_samples_come_from_head_and_blocks, make, clean),
		cmocka_unit_test_setup_teardown(windows_are_the_same_open_and_closed, make, clean),
		cmocka_unit_test_setup_teardown(a_record_belongs_by_its_end, make, clean),
		cmocka_unit_test_setup_teardown(what_is_past_the_retention_is_not_seen, make, clean),
		cmocka_unit_test_setup_teardown(a_select_is_a_snapshot, make, clean),
		cmocka_unit_test_setup_teardown(sketches_only_where_they_are_wanted, make, clean),
		cmocka_unit_test_setup_teardown(a_mark_of_the_end_is_seen_by_who_wants_it, make, clean),
		cmocka_unit_test_setup_teardown(whole_chunks_come_as_one_record, make, clean),
		cmocka_unit_test_setup_teardown(a_constant_stands_for_its_sketch, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
