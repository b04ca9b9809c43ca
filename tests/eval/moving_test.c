/* SPDX-License-Identifier: MIT */
#include "eval/moving.h"
#include "eval/moving_fold.h"
#include "query/pieces.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdint.h>

enum { POINTS_MOST = 20 };

static const kymo_ms times[] = { 2, 10, 11, 19, 20, 35, 36, 40, 61 };
static const double values[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256 };

static const struct { struct steps steps; kymo_ms range; const char *points; } rows[] = {
	{ { 70, 0, 1 }, 70, "70:511" },
	{ { 10, 10, 7 }, 10, "10:3 20:28 40:224 70:256" },
	{ { 20, 20, 4 }, 20, "20:31 40:224 80:256" },
	{ { 10, 10, 5 }, 20, "10:3 20:31 30:28 40:224 50:224" },
	{ { 10, 10, 6 }, 5, "10:2 20:24 40:192" },
	{ { 30, 30, 2 }, 1000, "30:31 60:255" },
	{ { 100, 100, 10 }, 300, "100:511 200:511 300:511" },
};

/* What walks, under one evaluation of sum_over_time. */
struct bench {
	struct error err;
	struct eval eval;
	struct source source;
	double out[POINTS_MOST];
	struct moving moving;
	struct moving_fold folding;
};

static void bench_init(struct bench *bench, struct steps steps, kymo_ms range)
{
	const struct range_spec *spec = range_spec_find(FN_SUM_OVER_TIME);

	*bench = (struct bench){ .eval = { .err = &bench->err, .deadline = INT64_MAX } };
	bench->moving = (struct moving){
		.eval = &bench->eval, .spec = spec, .points = steps, .moved = steps, .range = range, .out = bench->out,
	};
	bench->folding = (struct moving_fold){
		.eval = &bench->eval, .points = steps, .moved = steps, .range = range, .out = bench->out, .source = &bench->source,
	};
	assert_true(steps.n <= POINTS_MOST);
	assert_int_equal(moving_fold_init(&bench->folding), 0);
	moving_begin(&bench->moving);
	moving_fold_begin(&bench->folding, spec, KIND_GAUGE);
}

static void bench_fini(struct bench *bench)
{
	moving_fini(&bench->moving);
	moving_fold_fini(&bench->folding);
	error_clear(&bench->err);
}

/* "10:3 20:7" */
static void check_points(const struct bench *bench, const char *wanted, const char *what, size_t row, uint32_t length)
{
	const struct steps *steps = &bench->moving.points;
	AUTO_BUF text = { 0 };

	for (uint32_t i = 0; i < steps->n; i++)
		if (!is_absent(bench->out[i]))
			buf_printf(&text, "%s%lld:%g", text.len ? " " : "", (long long)steps_at(steps, i), bench->out[i]);
	if (strcmp(buf_text(&text) ? buf_text(&text) : "", wanted))
		fail_msg("row %zu, %s in pieces of %u: %s", row, what, length, buf_text(&text));
}

static void go_over_samples(struct bench *bench, uint32_t length, bool folded)
{
	for (uint32_t from = 0; from < COUNT_OF(times); from += length) {
		uint32_t n = from + length < COUNT_OF(times) ? length : (uint32_t)COUNT_OF(times) - from;
		struct piece piece = samples_piece(times + from, values + from, n);

		assert_int_equal(folded ? moving_fold_add(&bench->folding, &piece) : moving_add(&bench->moving, piece.at, piece.values, n), 0);
	}
	assert_int_equal(folded ? moving_fold_end(&bench->folding) : moving_end(&bench->moving), 0);
}

static void points_cover_their_windows_however_pieces_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (uint32_t length = 1; length <= COUNT_OF(times); length++)
			for (int folded = 0; folded < 2; folded++) {
				struct bench bench;

				bench_init(&bench, rows[i].steps, rows[i].range);
				go_over_samples(&bench, length, folded);
				check_points(&bench, rows[i].points, folded ? "folded" : "as they are", i, length);
				bench_fini(&bench);
			}
}

static void a_record_belongs_where_it_ends(void **state)
{
	struct bench bench;
	struct columns records;

	(void)state;
	columns_make(&records, KIND_GAUGE, times, values, 8, 20, SKETCH_NONE);
	struct piece windows = columns_piece(&records, 0, records.n), samples = samples_piece(times + 8, values + 8, 1);

	bench_init(&bench, (struct steps){ 10, 10, 7 }, 10);
	assert_int_equal(moving_fold_add(&bench.folding, &windows), 0);
	assert_int_equal(moving_fold_add(&bench.folding, &samples), 0);
	assert_int_equal(moving_fold_end(&bench.folding), 0);
	check_points(&bench, "20:31 40:224 70:256", "records", 0, records.n);
	bench_fini(&bench);
	columns_fini(&records);
}

static void staleness_marks_make_no_point(void **state)
{
	static const kymo_ms at[] = { 5, 15, 25 };
	double v[] = { 1, value_stale(), value_stale() };
	struct piece piece = samples_piece(at, v, 3);

	(void)state;
	for (int folded = 0; folded < 2; folded++) {
		struct bench bench;

		bench_init(&bench, (struct steps){ 10, 10, 3 }, 10);
		assert_int_equal(folded ? moving_fold_add(&bench.folding, &piece) : moving_add(&bench.moving, at, v, 3), 0);
		assert_int_equal(folded ? moving_fold_end(&bench.folding) : moving_end(&bench.moving), 0);
		check_points(&bench, "10:1", folded ? "folded" : "as they are", 0, 3);
		bench_fini(&bench);
	}
}

static void time_is_bounded(void **state)
{
	struct piece piece = samples_piece(times, values, COUNT_OF(times));
	struct bench bench;

	(void)state;
	bench_init(&bench, (struct steps){ 10, 10, 7 }, 60);
	bench.eval.deadline = 0;
	bench.eval.checks = UINT32_MAX / 2;
	assert_int_equal(moving_fold_add(&bench.folding, &piece), -ETIMEDOUT);
	bench_fini(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_cover_their_windows_however_pieces_are_cut),
		cmocka_unit_test(a_record_belongs_where_it_ends),
		cmocka_unit_test(staleness_marks_make_no_point),
		cmocka_unit_test(time_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
