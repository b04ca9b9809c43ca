/* SPDX-License-Identifier: MIT */
/*
 * absent.h - no value at a point: the bits of the staleness mark, which no
 * selector hands out and no arithmetic makes (that gives quiet NaNs, and this one
 * is a signalling one). So presence costs no memory beside the values.
 */
#ifndef EVAL_ABSENT_H
#define EVAL_ABSENT_H

#include "model/sample.h"

static inline double absent(void) { return value_stale(); }
static inline bool is_absent(double v) { return value_is_stale(v); }

#endif
