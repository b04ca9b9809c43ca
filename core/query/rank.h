/* SPDX-License-Identifier: MIT */
/* rank.h - the value of a rank, without sorting the rest. No NaN among the values. */
#ifndef QUERY_RANK_H
#define QUERY_RANK_H

#include <stdint.h>

/* Put the value of that rank at its place, none larger before it, none smaller behind. rank < n. */
double rank_place(double *values, uint32_t n, uint32_t rank);
double rank_least(const double *values, uint32_t n);	/* n > 0 */

#endif
