/* SPDX-License-Identifier: MIT */
/*
 * statistics.h - sums, means, variances, extremes and quantiles of plain values,
 * with Prometheus' rules for NaN, infinities and overflow. No staleness marks
 * among them; n is at least 1.
 */
#ifndef EVAL_STATISTICS_H
#define EVAL_STATISTICS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * One more value into a compensated sum (Neumaier): *low is what the additions
 * have rounded away. Both begin at 0.
 */
static inline void sum_add(double v, double *sum, double *low)
{
	double next = *sum + v;

	if (isinf(next))
		*low = 0;
	else if (fabs(*sum) >= fabs(v))
		*low += (*sum - next) + v;
	else
		*low += (v - next) + *sum;
	*sum = next;
}
static inline double sum_total(double sum, double low) { return isinf(sum) ? sum : sum + low; }

double values_sum(const double *v, uint32_t n);
/* Does not overflow where the mean itself does not. */
double values_mean(const double *v, uint32_t n);
/* NaN only where there is nothing else. Of zeros, the sign of the first. */
double values_min(const double *v, uint32_t n);
double values_max(const double *v, uint32_t n);
/* Of the population; 0 when all values are equal. */
double values_variance(const double *v, uint32_t n);
/* NaN counts as the least value. q outside 0..1: -Inf, +Inf; NaN: NaN. Reorders the values. */
double values_quantile(double q, double *v, uint32_t n);

#endif
