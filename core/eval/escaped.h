/* SPDX-License-Identifier: MIT */
/*
 * escaped.h - system_cpu_usage is how Prometheus would have had to write
 * system.cpu.usage: it matches nothing, and who asks for it is told so.
 */
#ifndef EVAL_ESCAPED_H
#define EVAL_ESCAPED_H

#include "eval/eval.h"

/* Nothing has matched this selector: an info, if its name is the escaped one of a metric that there is. */
void escaped_inform(struct eval *eval, const struct node *selector);

#endif
