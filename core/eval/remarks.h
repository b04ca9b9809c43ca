/* SPDX-License-Identifier: MIT */
/* remarks.h - warnings that several nodes give, in the words of Prometheus. */
#ifndef EVAL_REMARKS_H
#define EVAL_REMARKS_H

#include "eval/eval.h"
#include "util/number.h"

/* As Prometheus prints numbers in sentences: from 1e6 on and below 1e-4 with an exponent, "1e+06". */
const char *number_in_words(double v, char text[NUMBER_TEXT]);
/* If it is not between 0 and 1. */
void remark_quantile(struct eval *eval, const struct node *node, double q);

#endif
