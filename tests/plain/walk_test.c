/* SPDX-License-Identifier: MIT */
#include "plain/walk.h"
#include "query/pieces.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

/* Points as text: "10:3 20:7", the sum at each time. */
static int write_sum(void *data, kymo_ms at, struct fold *fold)
{
	buf_printf(data, "%s%lld:%g", ((struct buf *)data)->len ? " " : "", (long long)at, fold_sum(fold));
	return 0;
}

static const kymo_ms times[] = { 2, 10, 11, 19, 20, 35, 36, 40, 61 };
static const double values[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256 };

static const struct { struct kymo_query query; const char *points; } rows[] = {
	{ { .function = KYMO_SUM, .start = 0, .end = 70 }, "70:511" },
	{ { .function = KYMO_SUM, .start = 0, .end = 70, .step = 10 }, "10:3 20:28 40:224 70:256" },
	{ { .function = KYMO_SUM, .start = 0, .end = 65, .step = 10 }, "10:3 20:28 40:224 65:256" },
	{ { .function = KYMO_SUM, .start = 0, .end = 70, .step = 20 }, "20:31 40:224 70:256" },
	{ { .function = KYMO_SUM, .start = 0, .end = 60, .step = 10, .window = 20 }, "10:3 20:31 30:28 40:224 50:224" },
	{ { .function = KYMO_SUM, .start = 0, .end = 70, .step = 10, .window = 5 }, "10:2 20:24 40:192" },
	{ { .function = KYMO_SUM, .start = 0, .end = 70, .step = 10, .window = 10 }, "10:3 20:28 40:224 70:256" },
	{ { .function = KYMO_SUM, .start = 0, .end = 70, .step = 30, .window = 1000 }, "30:31 60:255" },
	{ { .function = KYMO_SUM, .start = 0, .end = 1000, .step = 100, .window = 300 },
	  "100:511 200:511 300:511" },
};

/* What a select would leave out. */
static uint32_t first_after(kymo_ms t)
{
	uint32_t i = 0;

	while (i < COUNT_OF(times) && times[i] <= t)
		i++;
	return i;
}

static void walk_samples(struct walk *walk, uint32_t length)
{
	walk_begin(walk);
	for (uint32_t from = first_after(walk->grid->read_from); from < COUNT_OF(times); from += length) {
		uint32_t n = from + length < COUNT_OF(times) ? length : (uint32_t)COUNT_OF(times) - from;
		struct piece piece = samples_piece(times + from, values + from, n);

		while (piece.n && piece.at[piece.n - 1] > walk->grid->end)
			piece.n--;
		assert_int_equal(walk_piece(walk, &piece), 0);
	}
	assert_int_equal(walk_end(walk), 0);
}

static void points_cover_their_windows_however_pieces_are_cut(void **state)
{
	AUTO(trail) trail = trail_create();
	struct fold fold;

	(void)state;
	fold_init(&fold, WANT_SUM, KIND_GAUGE);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (uint32_t length = 1; length <= COUNT_OF(times); length++) {
			AUTO_BUF text = { 0 };
			struct grid grid;
			struct walk walk = { .grid = &grid, .fold = &fold, .trail = trail, .point = write_sum, .data = &text };

			assert_int_equal(grid_make(&rows[i].query, 0, 0, &grid, NULL), 0);
			walk_samples(&walk, length);
			if (strcmp(buf_text(&text), rows[i].points))
				fail_msg("row %zu, pieces of %u: %s", i, length, buf_text(&text));
		}
	fold_fini(&fold);
}

static void a_record_belongs_where_it_ends(void **state)
{
	struct kymo_query query = { .function = KYMO_SUM, .start = 0, .end = 70, .step = 10 };
	AUTO_BUF text = { 0 };
	struct columns records;
	struct fold fold;
	struct grid grid;
	struct walk walk = { .grid = &grid, .fold = &fold, .point = write_sum, .data = &text };

	(void)state;
	columns_make(&records, KIND_GAUGE, times, values, 8, 20, SKETCH_NONE);
	struct piece windows = columns_piece(&records, 0, records.n), samples = samples_piece(times + 8, values + 8, 1);

	fold_init(&fold, WANT_SUM, KIND_GAUGE);
	assert_int_equal(grid_make(&query, 0, 0, &grid, NULL), 0);
	walk_begin(&walk);
	assert_int_equal(walk_piece(&walk, &windows), 0);
	assert_int_equal(walk_piece(&walk, &samples), 0);
	assert_int_equal(walk_end(&walk), 0);
	assert_string_equal(buf_text(&text), "20:31 40:224 70:256");
	fold_fini(&fold);
	columns_fini(&records);
}

static void staleness_marks_make_no_point(void **state)
{
	struct kymo_query query = { .function = KYMO_SUM, .start = 0, .end = 30, .step = 10 };
	static const kymo_ms at[] = { 5, 15, 25 };
	double v[] = { 1, value_stale(), value_stale() };
	struct piece piece = samples_piece(at, v, 3);
	AUTO_BUF text = { 0 };
	struct fold fold;
	struct grid grid;
	struct walk walk = { .grid = &grid, .fold = &fold, .point = write_sum, .data = &text };

	(void)state;
	fold_init(&fold, WANT_SUM, KIND_GAUGE);
	assert_int_equal(grid_make(&query, 0, 0, &grid, NULL), 0);
	walk_begin(&walk);
	assert_int_equal(walk_piece(&walk, &piece), 0);
	assert_int_equal(walk_end(&walk), 0);
	assert_string_equal(buf_text(&text), "10:1");
	fold_fini(&fold);
}

static void effort_is_bounded(void **state)
{
	struct kymo_query query = { .function = KYMO_SUM, .start = 0, .end = 70, .step = 1, .window = 60 };
	AUTO(trail) trail = trail_create();
	AUTO_BUF text = { 0 };
	struct piece piece = samples_piece(times, values, COUNT_OF(times));
	struct fold fold;
	struct grid grid;
	struct walk walk = { .grid = &grid, .fold = &fold, .trail = trail, .point = write_sum, .data = &text, .work_most = 100 };

	(void)state;
	fold_init(&fold, WANT_SUM, KIND_GAUGE);
	assert_int_equal(grid_make(&query, 0, 0, &grid, NULL), 0);
	walk_begin(&walk);
	assert_int_equal(walk_piece(&walk, &piece), -E2BIG);
	fold_fini(&fold);
}

static int refuse(void *data, kymo_ms at, struct fold *fold)
{
	(void)data, (void)at, (void)fold;
	return -EIO;
}

static void a_refused_point_ends_the_walk(void **state)
{
	struct kymo_query query = { .function = KYMO_SUM, .start = 0, .end = 70, .step = 10 };
	struct piece piece = samples_piece(times, values, COUNT_OF(times));
	struct fold fold;
	struct grid grid;
	struct walk walk = { .grid = &grid, .fold = &fold, .point = refuse };

	(void)state;
	fold_init(&fold, WANT_SUM, KIND_GAUGE);
	assert_int_equal(grid_make(&query, 0, 0, &grid, NULL), 0);
	walk_begin(&walk);
	assert_int_equal(walk_piece(&walk, &piece), -EIO);
	fold_fini(&fold);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_cover_their_windows_however_pieces_are_cut),
		cmocka_unit_test(a_record_belongs_where_it_ends),
		cmocka_unit_test(staleness_marks_make_no_point),
		cmocka_unit_test(effort_is_bounded),
		cmocka_unit_test(a_refused_point_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
