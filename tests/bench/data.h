/* SPDX-License-Identifier: MIT */
/*
 * data.h - what the benchmarks of the store measure with: a capture of a real
 * host, and random walks as TSBS makes them.
 *
 * The capture is blocks of "#TS <unix ms>" followed by lines "name{labels} value",
 * packed by zstd. It is looked for where the first argument of the program says,
 * else $KYMO_DATA (the file or its folder), else ../shared/data beside the source.
 */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include <kymo/abi.h>

struct bench_data {
	const char *name;
	uint32_t series, samples;
	kymo_ms *at;		/* of all series: one group */
	double *values;		/* the samples of one series stand together */
	char **labels;		/* of each series, as text; NULL: made up */
};

/* False, and it says so on stderr: there is no capture. A sample that a scrape lacks is a staleness mark. */
bool bench_real(struct bench_data *data, const char *path);
/* The series that change at all. */
void bench_active(struct bench_data *data, const struct bench_data *of);
/* Steps of the standard normal distribution, kept in 0..100, every 10 s; rounded to that many decimals. */
void bench_walks(struct bench_data *data, const char *name, uint32_t series, uint32_t samples, uint32_t decimals);
void bench_data_fini(struct bench_data *data);

static inline const double *bench_series(const struct bench_data *data, uint32_t i)
{
	return data->values + (size_t)i * data->samples;
}

/* CPU time of one run of what `run` does, in ns: the median of 5, each repeated until it takes 20 ms. */
double bench_cpu_ns(void (*run)(void *context), void *context);

#endif
