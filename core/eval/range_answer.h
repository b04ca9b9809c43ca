/* SPDX-License-Identifier: MIT */
/*
 * range_answer.h - a range vector as the answer of an instant query: each series
 * with its samples in the window, as they are stored; of tiers `last` at its time.
 */
#ifndef EVAL_RANGE_ANSWER_H
#define EVAL_RANGE_ANSWER_H

#include "eval/eval.h"

struct range_answer;

int range_answer_open(struct eval *eval, const struct node *node, struct range_answer **out);
void range_answer_close(struct range_answer *answer);	/* NULL is fine */
DEFINE_AUTO(range_answer, range_answer_close)
/* 1: the next series, valid until the next call; 0: no more; or an error. */
int range_answer_next(struct range_answer *answer, struct labels *labels, const kymo_ms **at, const double **values, uint32_t *n);

#endif
