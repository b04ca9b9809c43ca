/* SPDX-License-Identifier: MIT */
/* natural.h - the order that people expect of names with numbers in them: a2 before a10. */
#ifndef EVAL_NATURAL_H
#define EVAL_NATURAL_H

#include <stdint.h>

/* Less than 0, 0, more than 0. Runs of digits compare as numbers; 0 also for 7 and 007. */
int natural_compare(const char *a, uint32_t n_a, const char *b, uint32_t n_b);

#endif
