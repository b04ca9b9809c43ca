/* SPDX-License-Identifier: MIT */
/* moving_records.c - sums are compensated as in query/fold.c, and all values are the same as from there, to the bit. */
#include "eval/moving_records.h"
#include "eval/statistics.h"

#include <math.h>

bool records_answer(enum function_id id)
{
	switch (id) {
	case FN_SUM_OVER_TIME:
	case FN_AVG_OVER_TIME:
	case FN_MIN_OVER_TIME:
	case FN_MAX_OVER_TIME:
	case FN_COUNT_OVER_TIME:
	case FN_PRESENT_OVER_TIME:
		return true;
	default:
		return false;
	}
}

/* ---- one record is the window ---- */

static uint32_t alone(const struct piece *piece, uint32_t from, kymo_ms end, kymo_ms step, uint32_t most)
{
	uint32_t n = 0;

	most = piece->n - from < most ? piece->n - from : most;
	while (n < most && piece->at[from + n] == end + (kymo_ms)n * step)
		n++;
	return n;
}

/* What is not a number is the one NaN of a fold. */
static void take_numbers(const double *column, uint32_t n, double *out)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = column[i] == column[i] ? column[i] : NAN;
}

uint32_t records_alone(enum function_id id, const struct piece *piece, uint32_t from, kymo_ms end, kymo_ms step, uint32_t most,
		       double *out)
{
	uint32_t n = alone(piece, from, end, step, most);

	if (id == FN_MIN_OVER_TIME)
		take_numbers(piece->min + from, n, out);
	else if (id == FN_MAX_OVER_TIME)
		take_numbers(piece->max + from, n, out);
	else
		for (uint32_t i = 0; i < n; i++)
			out[i] = records_value(id, piece, from + i, from + i + 1);
	return n;
}

/* ---- several ---- */

struct total {
	double sum, low;
};

static struct total total_of(const double *v, uint32_t n)
{
	double sum = 0, low = 0;

	for (uint32_t i = 0; i < n; i++) {
		double next = sum + v[i];

		low += fabs(sum) >= fabs(v[i]) ? (sum - next) + v[i] : (v[i] - next) + sum;
		sum = next;
	}
	return (struct total){ sum, isfinite(sum) ? low : 0 };
}

static uint64_t count_of(const struct piece *piece, uint32_t from, uint32_t to)
{
	uint64_t count = 0;

	for (uint32_t i = from; i < to; i++)
		count = counts_plus(count, piece->count[i]);
	return count;
}

static double mean_of(struct total total, double count)
{
	return isfinite(total.sum) ? total.sum / count + total.low / count : total.sum;
}

static double least_of(const double *v, uint32_t n)
{
	double least = NAN;

	for (uint32_t i = 0; i < n; i++)
		if (!(least <= v[i]) && v[i] == v[i])
			least = v[i];
	return least;
}

static double most_of(const double *v, uint32_t n)
{
	double most = NAN;

	for (uint32_t i = 0; i < n; i++)
		if (!(most >= v[i]) && v[i] == v[i])
			most = v[i];
	return most;
}

double records_value(enum function_id id, const struct piece *piece, uint32_t from, uint32_t to)
{
	struct total total;

	switch (id) {
	case FN_SUM_OVER_TIME:
		total = total_of(piece->sum + from, to - from);
		return sum_total(total.sum, total.low);
	case FN_AVG_OVER_TIME:
		return mean_of(total_of(piece->sum + from, to - from), (double)count_of(piece, from, to));
	case FN_MIN_OVER_TIME:
		return least_of(piece->min + from, to - from);
	case FN_MAX_OVER_TIME:
		return most_of(piece->max + from, to - from);
	case FN_COUNT_OVER_TIME:
		return (double)count_of(piece, from, to);
	default:
		return 1;
	}
}
