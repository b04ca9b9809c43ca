/* SPDX-License-Identifier: MIT */
/* bench.h - what benchmarks have in common: medians, memory, folders that go. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline int bench_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts them. */
static inline double bench_median(double *values, uint32_t n)
{
	qsort(values, n, sizeof *values, bench_by_value);
	return values[n / 2];
}

/* Resident bytes of this process. */
static inline double bench_resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long size = 0, pages = 0;

	if (!file || fscanf(file, "%lu %lu", &size, &pages) != 2)
		pages = 0;
	if (file)
		fclose(file);
	return (double)pages * 4096;
}

static inline int bench_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void bench_remove(const char *folder)
{
	nftw(folder, bench_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
