/* SPDX-License-Identifier: MIT */
#include "rollup_model.h"
#include "model/sample.h"
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

void model_init(struct model_series *series, enum series_kind kind)
{
	*series = (struct model_series){ .kind = kind };
}

void model_fini(struct model_series *series)
{
	for (uint32_t i = 0; series->windows && i < series->n; i++)
		window_fini(&series->windows[i]);
	free(series->at);
	free(series->value);
	free(series->windows);
}

/* Where an entry of that time goes. */
static uint32_t make_place(struct model_series *series, kymo_ms at)
{
	uint32_t i = series->n;

	if (series->n == series->room) {
		series->room = series->room ? series->room * 2 : 1024;
		series->at = realloc(series->at, series->room * sizeof *series->at);
		series->value = realloc(series->value, series->room * sizeof *series->value);
		if (series->kind == KIND_DISTRIBUTION)
			series->windows = realloc(series->windows, series->room * sizeof *series->windows);
		assert_true(series->at && series->value && (series->windows || series->kind != KIND_DISTRIBUTION));
	}
	for (; i > 0 && series->at[i - 1] > at; i--) {
		series->at[i] = series->at[i - 1];
		series->value[i] = series->value[i - 1];
		if (series->windows)
			series->windows[i] = series->windows[i - 1];
	}
	series->n++;
	series->at[i] = at;
	return i;
}

void model_add(struct model_series *series, kymo_ms at, double value)
{
	uint32_t i = make_place(series, at);

	series->value[i] = value;
}

void model_add_window(struct model_series *series, kymo_ms at, const struct window *window)
{
	uint32_t i = make_place(series, at);

	series->windows[i] = (struct window){ 0 };
	assert_int_equal(window_copy(&series->windows[i], window), 0);
}

static void add_bounds(struct model_window *out, double min, double max)
{
	if (isnan(out->min) || min < out->min)
		out->min = isnan(min) && out->count ? out->min : min;
	if (isnan(out->max) || max > out->max)
		out->max = isnan(max) && out->count ? out->max : max;
}

static void add_value(struct model_window *out, enum series_kind kind, kymo_ms at, double v, long double *sum)
{
	if (value_is_stale(v)) {
		out->ended = true;
		return;
	}
	if (kind == KIND_COUNTER && out->count && v < out->last)
		out->correction += out->last;
	add_bounds(out, v, v);
	if (!out->count) {
		out->first = v;
		out->first_at = at;
	}
	out->last = v;
	out->last_at = at;
	out->ended = false;
	out->count++;
	*sum += v;
	out->sum_abs += fabs(v);
	assert_int_equal(sketch_add(&out->sketch, v, 1), 0);
}

static void add_window(struct model_window *out, kymo_ms at, const struct window *w, long double *sum)
{
	if (!w->count) {
		out->ended |= w->ended;
		return;
	}
	add_bounds(out, w->min, w->max);
	if (!out->count)
		out->first_at = at;
	out->last_at = at;
	out->ended = w->ended;
	out->count += w->count;
	*sum += w->sum;
	out->sum_abs += fabs(w->sum);
	assert_int_equal(sketch_merge(&out->sketch, &w->sketch), 0);
}

static uint32_t first_behind(const struct model_series *series, kymo_ms start)
{
	uint32_t low = 0, high = series->n;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (series->at[middle] <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void model_window(const struct model_series *series, kymo_ms start, kymo_ms end, struct model_window *out)
{
	long double sum = 0;

	*out = (struct model_window){ .start = start, .end = end, .min = NAN, .max = NAN };
	sketch_init(&out->sketch, 5);
	for (uint32_t i = first_behind(series, start); i < series->n && series->at[i] <= end; i++)
		if (series->windows)
			add_window(out, series->at[i], &series->windows[i], &sum);
		else
			add_value(out, series->kind, series->at[i], series->value[i], &sum);
	out->sum = (double)sum;
}

/* ---- comparing ---- */

static bool close_to(double a, double b, double scale)
{
	return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * scale;
}

bool model_same(const struct model_series *series, const struct model_window *e, const struct window *w)
{
	bool distribution = series->kind == KIND_DISTRIBUTION;

	if (w->start != e->start || w->end != e->end || w->count != e->count || w->ended != e->ended)
		return false;
	if (!e->count)
		return true;
	return value_bits(w->min) == value_bits(e->min) && value_bits(w->max) == value_bits(e->max) &&
	       w->first_at == e->first_at && w->last_at == e->last_at && close_to(w->sum, e->sum, e->sum_abs) &&
	       (distribution || (value_bits(w->first) == value_bits(e->first) && value_bits(w->last) == value_bits(e->last))) &&
	       close_to(w->correction, e->correction, e->sum_abs);
}

void model_check_sketch(const struct model_window *expected, int32_t schema, const struct answer *got)
{
	const struct window *w = &got->record.window;
	struct sketch reference;

	if (schema == SKETCH_NONE) {
		assert_true(!w->has_sketch || got->flags & RECORD_CONSTANT);
		return;
	}
	assert_true(w->has_sketch);
	sketch_init(&reference, schema);
	assert_int_equal(sketch_merge(&reference, &expected->sketch), 0);
	if (got->flags & RECORD_CONSTANT)
		assert_int_equal(sketch_count(&w->sketch), expected->count);
	else
		assert_true(sketch_same(&w->sketch, &reference));
	sketch_fini(&reference);
}

/* ---- folders ---- */

struct copying {
	const char *from, *to;
};

static int copy_one(void *data, const char *name)
{
	const struct copying *copying = data;
	char from[512], to[512];
	struct stat st;
	AUTO_BUF bytes = { 0 };
	struct error err = { 0 };

	snprintf(from, sizeof from, "%s/%s", copying->from, name);
	snprintf(to, sizeof to, "%s/%s", copying->to, name);
	assert_int_equal(stat(from, &st), 0);
	if (S_ISDIR(st.st_mode)) {
		model_copy_folder(from, to);
		return 0;
	}
	assert_int_equal(file_read_all(from, SIZE_MAX / 2, &bytes, &err), 0);
	assert_int_equal(file_write_atomic(to, bytes.data, bytes.len, &err), 0);
	return 0;
}

void model_copy_folder(const char *from, const char *to)
{
	struct copying copying = { from, to };

	assert_int_equal(mkdir(to, 0750), 0);
	assert_int_equal(dir_list(from, copy_one, &copying, NULL), 0);
}
