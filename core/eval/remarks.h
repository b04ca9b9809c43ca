/* SPDX-License-Identifier: MIT */
/* remarks.h - warnings that several nodes give, in the words of Prometheus. */
#ifndef EVAL_REMARKS_H
#define EVAL_REMARKS_H

#include "eval/eval.h"

/* If it is not between 0 and 1. */
void remark_quantile(struct eval *eval, const struct node *node, double q);

#endif
