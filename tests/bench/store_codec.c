/* SPDX-License-Identifier: MIT */
/*
 * store_codec.c - bytes a sample, and samples a second into and out of buffers that
 * stay in the cache, for each length of chunk and each set of kernels that this
 * machine can run; Gorilla in the same run.
 *
 * CPU time of one thread, medians of 5. Wanted on the capture: 0.365 B a value when
 * sealed in chunks of 1000, 0.34 with zstd frames, 0.33 entropy-coded; decoding 1.2 G
 * values a second without vectors and 2.5 G with AVX-512, compacted 0.8 G without. On
 * walks of two decimals 1.25 B.
 */
#include "codec/kernels.h"
#include "codec/times.h"
#include "codec/values.h"
#include "data.h"
#include "gorilla.h"
#include "util/buf.h"
#include "util/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { FRAME = 16 };		/* neighbouring series that share a zstd frame */

struct run {
	const struct bench_data *data;
	uint32_t n, chunks;			/* samples in a chunk; chunks of a series */
	enum values_effort effort;
	bool gorilla;
	struct values_hint *hints;
	struct buf bytes;
	size_t *ends;				/* of each chunk, series by series */
	double *decoded;
	double sum;
};

static size_t begin_of(const struct run *run, size_t chunk)
{
	return chunk ? run->ends[chunk - 1] : 0;
}

static void encode_gorilla(struct buf *out, const double *v, uint32_t n)
{
	uint8_t *to = buf_reserve(out, 10 * (size_t)n + 16);

	CHECK(to, "out of memory");
	out->len += gorilla_encode(v, n, to);
}

static void encode(void *context)
{
	struct run *run = context;
	size_t k = 0;

	buf_clear(&run->bytes);
	for (uint32_t s = 0; s < run->data->series; s++)
		for (uint32_t c = 0; c < run->chunks; c++) {
			const double *v = bench_series(run->data, s) + (size_t)c * run->n;

			if (run->gorilla)
				encode_gorilla(&run->bytes, v, run->n);
			else
				values_encode(v, run->n, run->effort, &run->hints[s], &run->bytes);
			run->ends[k++] = run->bytes.len;
		}
	buf_reserve(&run->bytes, 16);
}

static void decode(void *context)
{
	struct run *run = context;

	for (size_t k = 0; k < (size_t)run->data->series * run->chunks; k++) {
		size_t begin = begin_of(run, k);

		if (run->gorilla)
			gorilla_decode(run->bytes.data + begin, run->n, run->decoded);
		else
			values_decode(run->bytes.data + begin, run->ends[k] - begin, run->decoded, run->n);
	}
}

static void fold(void *context)
{
	struct run *run = context;
	struct values_fold fold;

	for (size_t k = 0; k < (size_t)run->data->series * run->chunks; k++) {
		size_t begin = begin_of(run, k);

		values_fold(run->bytes.data + begin, run->ends[k] - begin, run->n, &fold);
		run->sum += fold.sum;
	}
}

static void check(const struct run *run)
{
	size_t k = 0;

	for (uint32_t s = 0; s < run->data->series; s++)
		for (uint32_t c = 0; c < run->chunks; c++, k++) {
			const uint8_t *begin = run->bytes.data + begin_of(run, k);

			if (run->gorilla)
				gorilla_decode(begin, run->n, run->decoded);
			else
				CHECK(values_decode(begin, run->ends[k] - begin_of(run, k), run->decoded, run->n) == 0, "s=%u", s);
			CHECK(!memcmp(run->decoded, bench_series(run->data, s) + (size_t)c * run->n, run->n * sizeof(double)),
			      "series %u chunk %u differs", s, c);
		}
}

/* All chunks of one window, in frames of neighbouring series: lengths first, then the chunks. */
static double framed(const struct run *run, int level)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	AUTO_BUF plain = { 0 }, packed = { 0 };
	size_t size = 0;

	for (uint32_t c = 0; c < run->chunks; c++)
		for (uint32_t s = 0; s < run->data->series; s += FRAME) {
			uint32_t end = s + FRAME < run->data->series ? s + FRAME : run->data->series;

			buf_clear(&plain);
			for (uint32_t i = s; i < end; i++)
				buf_add_varint(&plain, run->ends[(size_t)i * run->chunks + c] -
					       begin_of(run, (size_t)i * run->chunks + c));
			for (uint32_t i = s; i < end; i++) {
				size_t begin = begin_of(run, (size_t)i * run->chunks + c);

				buf_add(&plain, run->bytes.data + begin, run->ends[(size_t)i * run->chunks + c] - begin);
			}
			CHECK(buf_reserve(&packed, ZSTD_compressBound(plain.len)), "out of memory");
			size += ZSTD_compressCCtx(zstd, packed.data, packed.room, plain.data, plain.len, level);
		}
	ZSTD_freeCCtx(zstd);
	return (double)size;
}

static const char *const kernels[] = { "plain", "avx2", "avx512", "neon" };

/* Millions of values a second with each set of kernels. */
static void rates(struct run *run, double values, void (*what)(void *context))
{
	for (uint32_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
		if (kernels_use(kernels[i]))
			printf(" %7.0f", values / bench_cpu_ns(what, run) * 1e3);
	kernels_use(NULL);
}

static void measure(const struct bench_data *data, uint32_t n, const char *what, enum values_effort effort, bool gorilla)
{
	struct run run = { .data = data, .n = n, .chunks = data->samples / n, .effort = effort, .gorilla = gorilla };
	double values = (double)data->series * run.chunks * n, encoding;

	if (run.chunks == 0)
		return;
	run.hints = calloc(data->series, sizeof *run.hints);
	run.ends = calloc((size_t)data->series * run.chunks, sizeof *run.ends);
	run.decoded = calloc(n, sizeof *run.decoded);
	CHECK(run.hints && run.ends && run.decoded, "out of memory");
	encoding = bench_cpu_ns(encode, &run);
	check(&run);
	printf("  %-9s %5u  %-9s %7.4f %8.4f %7.2f ", data->name, n, what, (double)run.bytes.len / values,
	       framed(&run, 1) / values, encoding / values);
	if (gorilla) {
		printf(" %7.0f", values / bench_cpu_ns(decode, &run) * 1e3);
	} else {
		rates(&run, values, decode);
		printf("  |");
		rates(&run, values, fold);
	}
	printf("\n");
	fflush(stdout);
	free(run.hints);
	free(run.ends);
	free(run.decoded);
	buf_fini(&run.bytes);
}

static void measure_all(const struct bench_data *data)
{
	measure(data, 120, "gorilla", VALUES_SEAL, true);
	measure(data, 60, "sealed", VALUES_SEAL, false);
	measure(data, 120, "sealed", VALUES_SEAL, false);
	measure(data, 240, "sealed", VALUES_SEAL, false);
	measure(data, 1000, "sealed", VALUES_SEAL, false);
	measure(data, 1000, "compacted", VALUES_COMPACT, false);
}

static void measure_times(const struct bench_data *data)
{
	AUTO_BUF out = { 0 };

	for (uint32_t n = 120; n <= 1080 && n <= data->samples; n += 960) {
		buf_clear(&out);
		CHECK(times_encode(data->at, n, &out) == 0, "n=%u", n);
		printf("  %-9s %5u  times: %.2f bits, shared by %u series %.5f B/sample; gorilla, each its own: %.3f B/sample\n",
		       data->name, n, (double)out.len * 8 / n, data->series, (double)out.len / n / data->series,
		       (double)gorilla_times_size(data->at, n) / n);
	}
}

static void measure_set(struct bench_data *data)
{
	measure_all(data);
	measure_times(data);
	bench_data_fini(data);
}

int main(int argc, char **argv)
{
	struct bench_data real, other;

	printf("  data      chunk  form      B/value  +zstd-1  enc ns  decoded M/s:");
	for (uint32_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
		if (kernels_use(kernels[i]))
			printf(" %s", kernels[i]);
	printf(" | folded M/s\n");
	if (bench_real(&real, argc > 1 ? argv[1] : NULL)) {
		bench_active(&other, &real);
		measure_set(&real);
		measure_set(&other);
	}
	bench_walks(&other, "tsbs-int", 200, 4000, 0);
	measure_set(&other);
	bench_walks(&other, "tsbs-2dec", 200, 4000, 2);
	measure_set(&other);
	return 0;
}
