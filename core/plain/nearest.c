/* SPDX-License-Identifier: MIT */
/*
 * nearest.c - the distance of Damerau and Levenshtein (optimal string
 * alignment), by rows; a name whose length alone is too far off costs nothing.
 */
#include "plain/nearest.h"

#include <stdbool.h>
#include <string.h>

/* A third of the letters may be wrong: beyond that it is another name. */
static uint32_t farthest(size_t n)
{
	return (uint32_t)(n < 6 ? 2 : n / 3);
}

void nearest_begin(struct nearest *nearest, const char *wanted)
{
	*nearest = (struct nearest){ .wanted = wanted, .distance = UINT32_MAX };
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool swapped(const char *a, size_t i, const char *b, size_t j)
{
	return i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
}

static uint32_t distance(const char *a, size_t n, const char *b, size_t m)
{
	uint32_t rows[3][NEAREST_NAME + 1];

	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (uint32_t)j;
	for (size_t i = 1; i <= n; i++) {
		uint32_t *row = rows[i % 3], *up = rows[(i + 2) % 3], *upper = rows[(i + 1) % 3];

		row[0] = (uint32_t)i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = least(least(up[j], row[j - 1]) + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
			if (swapped(a, i, b, j))
				row[j] = least(row[j], upper[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	size_t n = strlen(nearest->wanted), m = strlen(name), apart = n > m ? n - m : m - n;
	uint32_t d;

	if (n > NEAREST_NAME || m > NEAREST_NAME || apart > farthest(n) || apart >= nearest->distance)
		return;
	d = distance(nearest->wanted, n, name, m);
	if (d > farthest(n) || d >= nearest->distance)
		return;
	nearest->distance = d;
	memcpy(nearest->name, name, m + 1);
}
