/* SPDX-License-Identifier: MIT */
/* rank.c - by partition (Hoare's FIND). */
#include "query/rank.h"

static void swap(double *a, double *b)
{
	double v = *a;

	*a = *b;
	*b = v;
}

/* Of three; what is sorted already, or all alike, then takes no longer than else. */
static double pivot_of(const double *values, int64_t low, int64_t high)
{
	double a = values[low], b = values[low + (high - low) / 2], c = values[high];

	if (a < b)
		return b < c ? b : a < c ? c : a;
	return a < c ? a : b < c ? c : b;
}

double rank_place(double *values, uint32_t n, uint32_t rank)
{
	int64_t low = 0, high = (int64_t)n - 1, k = rank;

	while (low < high) {
		double pivot = pivot_of(values, low, high);
		int64_t i = low, j = high;

		while (i <= j) {
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i <= j)
				swap(&values[i++], &values[j--]);
		}
		if (k <= j)
			high = j;
		else if (k >= i)
			low = i;
		else
			break;
	}
	return values[rank];
}

double rank_least(const double *values, uint32_t n)
{
	double v = values[0];

	for (uint32_t i = 1; i < n; i++)
		if (values[i] < v)
			v = values[i];
	return v;
}
