/* SPDX-License-Identifier: MIT */
/* rollup_model.h - what a store has accepted, in a list, and windows of it, made the plain way. */
#ifndef PROPERTY_ROLLUP_MODEL_H
#define PROPERTY_ROLLUP_MODEL_H

#include "model/window.h"
#include "answers.h"

struct model_series {
	enum series_kind kind;
	uint32_t n, room;
	kymo_ms *at;			/* rising */
	double *value;
	struct window *windows;		/* of a distribution; else NULL */
};

void model_init(struct model_series *series, enum series_kind kind);
void model_fini(struct model_series *series);
void model_add(struct model_series *series, kymo_ms at, double value);
void model_add_window(struct model_series *series, kymo_ms at, const struct window *window);

struct model_window {
	kymo_ms start, end, first_at, last_at;
	uint64_t count;
	double sum, sum_abs, min, max, first, last, correction;
	bool ended;
	struct sketch sketch;		/* of schema 5; the caller's to end */
};
void model_window(const struct model_series *series, kymo_ms start, kymo_ms end, struct model_window *out);

/* Is it the record of that window? The sum within 1e-12 of the absolute values. */
bool model_same(const struct model_series *series, const struct model_window *expected, const struct window *got);
/* Fails unless the answer has the sketch that it should have at that schema (or SKETCH_NONE). */
void model_check_sketch(const struct model_window *expected, int32_t schema, const struct answer *got);

/* As a crash would leave it: file by file. */
void model_copy_folder(const char *from, const char *to);

#endif
