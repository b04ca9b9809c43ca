/* SPDX-License-Identifier: MIT */
/* data.c - the capture is unpacked as a whole (some tens of MB) and read line by line. */
#include "data.h"
#include "model/sample.h"
#include "util/buf.h"
#include "util/check.h"
#include "util/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zstd.h>

#define FILE_NAME "node-1s-20min.txt.zst"

enum { SERIES_MOST = 4096, SAMPLES_MOST = 16384, RUNS = 5 };

static void *must(void *memory)
{
	CHECK(memory, "out of memory");
	return memory;
}

/* ---- the text ---- */

static bool path_of(const char *path, char out[4096])
{
	const char *source = getenv("KYMO_SOURCE");
	struct stat status;

	if (!path)
		path = getenv("KYMO_DATA");
	if (path)
		snprintf(out, 4096, "%s", path);
	else
		snprintf(out, 4096, "%s/../shared/data", source ? source : BENCH_SOURCE);
	if (stat(out, &status) == 0 && S_ISDIR(status.st_mode)) {
		size_t n = strlen(out);

		snprintf(out + n, 4096 - n, "/%s", FILE_NAME);
	}
	return stat(out, &status) == 0;
}

/* All of it, with a NUL at the end. */
static bool unpack(const char *path, struct buf *text)
{
	FILE *file = fopen(path, "rb");
	ZSTD_DStream *stream = must(ZSTD_createDStream());
	size_t step = ZSTD_DStreamInSize(), rest = 0, got;
	uint8_t *packed = must(malloc(step));

	while (file && (got = fread(packed, 1, step, file)) > 0) {
		ZSTD_inBuffer in = { packed, got, 0 };

		while (in.pos < in.size && !ZSTD_isError(rest)) {
			ZSTD_outBuffer out = { buf_reserve(text, 1 << 20), 1 << 20, 0 };

			must(out.dst);
			rest = ZSTD_decompressStream(stream, &out, &in);
			text->len += out.pos;
		}
	}
	if (file)
		fclose(file);
	free(packed);
	ZSTD_freeDStream(stream);
	buf_add_u8(text, 0);
	return file && !ZSTD_isError(rest) && text->len > 1;
}

/* ---- lines to columns ---- */

struct reading {
	struct bench_data *data;
	uint32_t expected;		/* the series of this line, if scrapes are alike */
};

static void begin_scrape(struct bench_data *data, kymo_ms at)
{
	CHECK(data->samples < SAMPLES_MOST, "samples=%u", data->samples);
	data->at[data->samples++] = at;
}

static uint32_t series_of(struct reading *reading, const char *labels, size_t n)
{
	struct bench_data *data = reading->data;
	uint32_t i = reading->expected;

	for (uint32_t k = 0; k < data->series; k++, i++) {
		i = i < data->series ? i : 0;
		if (!strncmp(data->labels[i], labels, n) && !data->labels[i][n]) {
			reading->expected = i + 1;
			return i;
		}
	}
	CHECK(data->series < SERIES_MOST, "series=%u", data->series);
	data->labels[data->series] = must(strndup(labels, n));
	for (uint32_t s = 0; s < SAMPLES_MOST; s++)
		data->values[(size_t)data->series * SAMPLES_MOST + s] = value_stale();
	reading->expected = data->series + 1;
	return data->series++;
}

static void take_line(struct reading *reading, char *line)
{
	struct bench_data *data = reading->data;
	char *space = strrchr(line, ' '), *end;
	double v;

	if (!strncmp(line, "#TS ", 4)) {
		begin_scrape(data, strtoll(line + 4, NULL, 10));
		return;
	}
	if (!space || !data->samples || *line == '#')
		return;
	v = strtod(space + 1, &end);
	if (*end)
		return;
	data->values[(size_t)series_of(reading, line, (size_t)(space - line)) * SAMPLES_MOST + data->samples - 1] = v;
}

/* The last scrape may be cut off; columns move together. */
static void settle(struct bench_data *data)
{
	data->samples--;
	for (uint32_t i = 1; i < data->series; i++)
		memmove(data->values + (size_t)i * data->samples, data->values + (size_t)i * SAMPLES_MOST,
			data->samples * sizeof *data->values);
}

bool bench_real(struct bench_data *data, const char *path)
{
	struct reading reading = { data, 0 };
	AUTO_BUF text = { 0 };
	char found[4096];

	*data = (struct bench_data){ .name = "real" };
	if (!path_of(path, found) || !unpack(found, &text)) {
		fprintf(stderr, "bench: %s cannot be read; $KYMO_DATA says where it is. Going on without it.\n", found);
		return false;
	}
	data->at = must(calloc(SAMPLES_MOST, sizeof *data->at));
	data->values = must(malloc((size_t)SERIES_MOST * SAMPLES_MOST * sizeof *data->values));
	data->labels = must(calloc(SERIES_MOST, sizeof *data->labels));
	for (char *line = (char *)text.data, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		take_line(&reading, line);
	}
	CHECK(data->samples > 1, "samples=%u", data->samples);
	settle(data);
	return true;
}

static bool changes(const double *v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (value_bits(v[i]) != value_bits(v[0]))
			return true;
	return false;
}

void bench_active(struct bench_data *data, const struct bench_data *of)
{
	size_t column = of->samples * sizeof *of->values;

	*data = (struct bench_data){ .name = "active", .samples = of->samples };
	data->at = must(malloc(of->samples * sizeof *of->at));
	memcpy(data->at, of->at, of->samples * sizeof *of->at);
	data->values = must(malloc(of->series * column));
	for (uint32_t i = 0; i < of->series; i++)
		if (changes(bench_series(of, i), of->samples))
			memcpy(data->values + (size_t)data->series++ * of->samples, bench_series(of, i), column);
}

/* ---- walks ---- */

static double uniform(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static double normal(uint64_t *state)
{
	double a = uniform(state) + 1e-300, b = uniform(state);

	return sqrt(-2 * log(a)) * cos(2 * M_PI * b);
}

void bench_walks(struct bench_data *data, const char *name, uint32_t series, uint32_t samples, uint32_t decimals)
{
	double power = pow(10, decimals);
	uint64_t state = 123;

	*data = (struct bench_data){ .name = name, .series = series, .samples = samples };
	data->at = must(malloc(samples * sizeof *data->at));
	data->values = must(malloc((size_t)series * samples * sizeof *data->values));
	for (uint32_t i = 0; i < samples; i++)
		data->at[i] = INT64_C(1600000000000) + i * INT64_C(10000);
	for (uint32_t s = 0; s < series; s++) {
		double x = uniform(&state) * 100;

		for (uint32_t i = 0; i < samples; i++) {
			x += normal(&state);
			x = x < 0 ? 0 : x > 100 ? 100 : x;
			data->values[(size_t)s * samples + i] = round(x * power) / power;
		}
	}
}

void bench_data_fini(struct bench_data *data)
{
	for (uint32_t i = 0; data->labels && i < data->series; i++)
		free(data->labels[i]);
	free(data->labels);
	free(data->at);
	free(data->values);
	*data = (struct bench_data){ 0 };
}

/* ---- time ---- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_cpu_ns(void (*run)(void *context), void *context)
{
	double each[RUNS];

	run(context);
	for (uint32_t i = 0; i < RUNS; i++) {
		int64_t begin = clock_thread_cpu_ns(), spent;
		uint32_t repeats = 0;

		do {
			run(context);
			repeats++;
			spent = clock_thread_cpu_ns() - begin;
		} while (spent < 20000000);
		each[i] = (double)spent / repeats;
	}
	qsort(each, RUNS, sizeof *each, by_size);
	return each[RUNS / 2];
}
