/* SPDX-License-Identifier: MIT */
/*
 * changed.h - which of a row of values differ from the last ones, bit by bit of
 * their doubles: a bitmap, the first value in bit 0 of the first word. It is the
 * one thing that is done for each and every sample, so it has a form for each set
 * of instructions.
 */
#ifndef HEAD_CHANGED_H
#define HEAD_CHANGED_H

#include <stdbool.h>
#include <stdint.h>

enum changed_form { CHANGED_PLAIN, CHANGED_AVX2, CHANGED_AVX512, CHANGED_FORMS };

bool changed_can(enum changed_form form);	/* Does this machine have it? */
void changed_find_as(enum changed_form form, const double *values, const uint64_t *last, uint32_t n, uint64_t *changed);
void changed_find(const double *values, const uint64_t *last, uint32_t n, uint64_t *changed);	/* the best */

#endif
