/* SPDX-License-Identifier: MIT */
/*
 * loglog.c - a register of HyperLogLog holds the highest rank that was seen.
 * This one holds for each rank when it was last seen, so that the highest rank
 * within any window that ends now can be told: the window slides exactly.
 *
 * The estimate is that of Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (2017), algorithm 6: no bias at any size, no tables.
 */
#include "loglog.h"

#include <math.h>
#include <stdlib.h>

enum {
	PRECISION = 14,
	REGISTERS = 1 << PRECISION,
	BITS = 31,		/* of the hash that make the rank: enough for 10^13 hashes */
	RANKS = BITS + 1	/* 1 to 32 */
};

struct loglog {
	uint32_t seen[RANKS][REGISTERS];	/* [rank - 1]; 0: never */
};

struct loglog *loglog_create(void)
{
	return calloc(1, sizeof(struct loglog));
}

void loglog_destroy(struct loglog *loglog)
{
	free(loglog);
}

/* The low bits choose the register; the rank is that of the first one among the high bits. */
void loglog_add(struct loglog *loglog, uint64_t hash, uint32_t time)
{
	uint32_t place = hash & (REGISTERS - 1);
	uint32_t high = (uint32_t)(hash >> (64 - BITS)) << 1 | 1;	/* all bits zero: RANKS - 1 */
	uint32_t *seen = &loglog->seen[__builtin_clz(high)][place];

	if (*seen < time)
		*seen = time;
}

/* counts[r]: registers whose highest rank is r. */
static void count_ranks(const struct loglog *loglog, uint32_t after, uint32_t counts[RANKS + 1])
{
	uint8_t highest[REGISTERS] = { 0 };

	for (uint32_t rank = 1; rank <= RANKS; rank++)
		for (uint32_t i = 0; i < REGISTERS; i++)
			if (loglog->seen[rank - 1][i] > after)
				highest[i] = (uint8_t)rank;
	for (uint32_t i = 0; i < REGISTERS; i++)
		counts[highest[i]]++;
}

static double sigma(double x)
{
	double y = 1, z = x, last;

	if (x == 1)
		return INFINITY;
	do {
		last = z;
		x *= x;
		z += x * y;
		y += y;
	} while (z != last);
	return z;
}

static double tau(double x)
{
	double y = 1, z = 1 - x, last;

	if (x == 0 || x == 1)
		return 0;
	do {
		last = z;
		x = sqrt(x);
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != last);
	return z / 3;
}

double loglog_estimate(const struct loglog *loglog, uint32_t after)
{
	uint32_t counts[RANKS + 1] = { 0 };
	double z;

	count_ranks(loglog, after, counts);
	z = REGISTERS * tau(1 - (double)counts[RANKS] / REGISTERS);
	for (int rank = RANKS - 1; rank >= 1; rank--)
		z = 0.5 * (z + counts[rank]);
	z += REGISTERS * sigma((double)counts[0] / REGISTERS);
	return (double)REGISTERS * REGISTERS / (2 * log(2) * z);
}
