/* SPDX-License-Identifier: MIT */
/*
 * moving_records.h - what a window of records has for the simplest of the functions
 * over time, without a fold: it is in one column of them, or in two.
 */
#ifndef EVAL_MOVING_RECORDS_H
#define EVAL_MOVING_RECORDS_H

#include "eval/range.h"
#include "store/select.h"

/* Is that one of them? */
bool records_answer(enum function_id id);
/*
 * None is empty. Each record from `from` on that stands at the end of a window, one a step and the
 * first of them at `end`, is all of its window: the values of those windows to *out, at
 * most `most`. Gives how many.
 */
uint32_t records_alone(enum function_id id, const struct piece *piece, uint32_t from, kymo_ms end, kymo_ms step, uint32_t most,
		       double *out);
/* The value of one window: of records from..to, at least one, none of them empty. */
double records_value(enum function_id id, const struct piece *piece, uint32_t from, uint32_t to);

#endif
