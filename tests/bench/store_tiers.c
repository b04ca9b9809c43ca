/* SPDX-License-Identifier: MIT */
/*
 * store_tiers.c - what the tiers cost: the rollup of a minute of 10,000 series, the
 * index of a sketch, and the bytes of a year.
 *
 * The year is counted from bytes a record. A capture of twenty minutes has no more
 * than twenty records of 1m in it, so runs as long as those in files are made by
 * drawing whole minutes of it in random order and joining them to 5m and 1h; counters
 * go on from minute to minute. What two minutes in a row have in common is lost by
 * that, so the sizes err on the safe side. CPU time of the process; medians of five.
 */
#include "bench.h"
#include "data.h"
#include "tier/record.h"
#include "store/rollup.h"
#include "store/state.h"
#include "util/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define START INT64_C(1767225600000)	/* 2026-01-01T00:00:00Z */

enum { SERIES = 10000, MINUTES = 60, RUNS = 5 };

struct capture_series {
	enum series_kind kind;
	const double *values;
};

static struct {
	struct bench_data data;
	bool real;
	uint32_t rows, n;
	struct capture_series *series;
} capture;

static void capture_load(void)
{
	capture.real = bench_real(&capture.data, NULL);
	if (!capture.real)
		bench_walks(&capture.data, "walks", 500, 1200, 2);
	capture.rows = capture.data.samples;
	capture.n = capture.data.series;
	capture.series = calloc(capture.n, sizeof *capture.series);
	CHECK(capture.series, "%u", capture.n);
	for (uint32_t i = 0; i < capture.n; i++) {
		const char *name = capture.data.labels ? capture.data.labels[i] : "walk";

		capture.series[i] = (struct capture_series){ series_kind_of(KYMO_UNTYPED, name, strcspn(name, "{")),
							     bench_series(&capture.data, i) };
	}
}


static double ms(int64_t begin)
{
	return (double)(clock_process_cpu_ns() - begin) / 1e6;
}

/* ---- sketches ---- */

enum { VALUES = 1 << 14 };

static void sketches(void)
{
	static int32_t indexes[VALUES];
	static double v[VALUES];
	double index[RUNS], minute[RUNS];
	struct sketch sketch;
	int64_t sum = 0;

	for (uint32_t i = 0; i < VALUES; i++)
		v[i] = exp(sin(i * 12.9898) * 3) * 0.01;
	sketch_init(&sketch, 5);
	for (int run = 0; run < RUNS; run++) {
		int64_t begin = clock_process_cpu_ns();

		for (int again = 0; again < 64; again++) {
			sketch_indexes(v, VALUES, 5, indexes);
			sum += indexes[again];
		}
		index[run] = ms(begin) * 1e6 / 64 / VALUES;
		begin = clock_process_cpu_ns();
		for (uint32_t i = 0; i + 60 < VALUES; i += 60) {
			sketch_clear(&sketch);
			CHECK(sketch_add_all(&sketch, v + i, 60) == 0, "i=%u", i);
		}
		minute[run] = ms(begin) * 1e6 / (VALUES / 60);
	}
	CHECK(sum, "%lld", (long long)sum);
	sketch_fini(&sketch);
	printf("index of a sketch                               %8.2f ns\n", bench_median(index, RUNS));
	printf("60 values that differ into a sketch             %8.0f ns\n", bench_median(minute, RUNS));
}

/* ---- a minute ---- */

static series_ref make_series(struct store *store, uint32_t n)
{
	const struct capture_series *like = &capture.series[n % capture.n];
	const char *name = like->kind == KIND_COUNTER ? "counter_total" : "gauge";
	char number[16];
	struct label items[] = { { LABEL_NAME, name, sizeof LABEL_NAME - 1, (uint32_t)strlen(name) }, { "n", number, 1, 0 } };
	AUTO_BUF bytes = { 0 };
	series_ref ref;

	items[1].value_len = (uint32_t)snprintf(number, sizeof number, "%u", n);
	CHECK(labels_encode(items, 2, &bytes) == 0, "n=%u", n);
	CHECK(store_series(store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref) == 0, "n=%u", n);
	return ref;
}

static void append_minute(struct store *store, struct test_clock *clock, const series_ref *refs, uint32_t minute)
{
	static double values[SERIES];

	for (uint32_t second = 0; second < 60; second++) {
		uint32_t row = (minute * 60 + second) % capture.rows;

		for (uint32_t i = 0; i < SERIES; i++)
			values[i] = capture.series[i % capture.n].values[row];
		clock->now = START + (minute * 60 + second + 1) * INT64_C(1000);
		CHECK(store_append(store, &(struct store_batch){ .n = SERIES, .refs = refs, .values = values, .at = clock->now },
				   NULL) == 0, "minute=%u", minute);
	}
}

static double close_minute(struct store *store)
{
	struct error err = { 0 };
	int64_t begin = clock_process_cpu_ns();

	CHECK(store_maintain(store, MAINTAIN_CLOSE, NULL, &err) == 0, "%s", error_text(&err));
	return ms(begin);
}

static void minutes_close(void)
{
	static series_ref refs[SERIES];
	char path[] = "/tmp/kymo-tiers-XXXXXX";
	struct test_clock clock;
	struct store_options options = store_options_preset(mkdtemp(path));
	struct error err = { 0 };
	double one[MINUTES], five[MINUTES];
	uint32_t ones = 0, fives = 0;
	struct store *store;

	test_clock_init(&clock, START);
	options.clock = &clock.clock;
	options.manual = true;
	options.series_per_metric = SERIES;
	CHECK(store_open(&options, &store, &err) == 0, "%s", error_text(&err));
	for (uint32_t i = 0; i < SERIES; i++)
		refs[i] = make_series(store, i);
	for (uint32_t minute = 0; minute <= MINUTES; minute++) {
		double took;

		append_minute(store, &clock, refs, minute);
		took = minute ? close_minute(store) : 0;	/* the one before */
		if (minute == MINUTES)
			printf("the same, with the 5m and 1h that end           %8.1f ms\n", took);
		else if (minute && minute % 5 == 0)
			five[fives++] = took;
		else if (minute)
			one[ones++] = took;
	}
	printf("a minute of %d series closes                 %8.1f ms\n", SERIES, bench_median(one, ones));
	printf("the same, with the 5m that end                  %8.1f ms\n", bench_median(five, fives));
	store_close(store);
	bench_remove(path);
}

/* ---- a day of the past ---- */

enum { PAST_SERIES = 1000, PAST_HOURS = 24, PAST_STEP = 10, PAST_BATCH = 5 };

/* A request: some times of all series, as remote write has them. */
static void append_past(struct store *store, const series_ref *refs, kymo_ms from)
{
	static series_ref all[PAST_SERIES * PAST_BATCH];
	static double values[PAST_SERIES * PAST_BATCH];
	static kymo_ms times[PAST_SERIES * PAST_BATCH];
	uint32_t n = 0;

	for (uint32_t i = 0; i < PAST_SERIES; i++)
		for (uint32_t k = 0; k < PAST_BATCH; k++, n++) {
			all[n] = refs[i];
			times[n] = from + (k + 1) * PAST_STEP * INT64_C(1000);
			values[n] = capture.series[i % capture.n].values[(times[n] - START) / 1000 % capture.rows];
		}
	CHECK(store_append(store, &(struct store_batch){ .n = n, .refs = all, .values = values, .times = times }, NULL) == 0, "n=%u", n);
}

static void past(void)
{
	static series_ref refs[PAST_SERIES];
	char path[] = "/tmp/kymo-tiers-XXXXXX";
	struct test_clock clock;
	struct store_options options = store_options_preset(mkdtemp(path));
	struct error err = { 0 };
	double samples = (double)PAST_SERIES * PAST_HOURS * 3600 / PAST_STEP, put = 0, made = 0;
	struct store *store;

	test_clock_init(&clock, START + (PAST_HOURS + 1) * INT64_C(3600000));
	options.clock = &clock.clock;
	options.manual = true;
	options.retention[KYMO_RAW] = FOREVER;
	CHECK(store_open(&options, &store, &err) == 0, "%s", error_text(&err));
	for (uint32_t i = 0; i < PAST_SERIES; i++)
		refs[i] = make_series(store, i);
	CHECK(store_append(store, &(struct store_batch){ .n = 1, .refs = (series_ref[]){ make_series(store, PAST_SERIES) },
							 .values = (double[]){ 1 }, .at = clock.now - 600000 }, NULL) == 0, "now=%lld",
	      (long long)clock.now);
	close_minute(store);
	for (kymo_ms at = START; at < START + PAST_HOURS * INT64_C(3600000); at += PAST_BATCH * PAST_STEP * INT64_C(1000)) {
		int64_t begin = clock_process_cpu_ns();

		append_past(store, refs, at);
		put += ms(begin);
		if ((at - START) % (PAST_HOURS * INT64_C(900000)) == 0 && at > START)
			made += close_minute(store);
	}
	made += close_minute(store);
	printf("a day of the past of %d series, %d s apart     %8.1f ns a sample to take, %.1f to make the tiers\n", PAST_SERIES,
	       PAST_STEP, put * 1e6 / samples, made * 1e6 / samples);
	store_close(store);
	bench_remove(path);
}

/* ---- a year ---- */

static uint64_t seed = 88172645463325252;

static uint32_t draw(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % n);
}

/* A minute of a series as a window; NaN where the series was not there. `base`: what a counter had before it. */
static void minute_of(const struct capture_series *series, uint32_t minute, double *base, kymo_ms start, int32_t schema,
		      struct window *out)
{
	const double *v = series->values + minute * 60;
	bool counter = series->kind == KIND_COUNTER;
	double scale = counter ? *base - v[0] : 0;

	window_reset(out, start, start + 60000, schema);
	for (uint32_t i = 0; i < 60; i++) {
		double value = counter ? rint((v[i] + scale) * 1e9) / 1e9 : v[i];

		CHECK(window_add(out, series->kind, start + (i + 1) * INT64_C(1000), value) == 0, "i=%u", i);
	}
	if (counter && out->count)
		*base = out->last + (v[59] - v[58]);
	window_settle(out, series->kind);
}

struct size {
	double scalars, sketches;	/* bytes a record */
};

/* `n` records of `width` minutes each of every series, in chunks as a block has them. */
static struct size size_of(uint32_t n, uint32_t width, enum kymo_tier tier)
{
	uint32_t minutes = capture.rows / 60;
	struct record *records = calloc(n, sizeof *records);
	struct window minute = { 0 };
	AUTO_BUF plain = { 0 }, full = { 0 };
	uint64_t count = 0, bytes = 0, all = 0;

	CHECK(records, "n=%u", n);
	for (uint32_t s = 0; s < capture.n; s++) {
		const struct capture_series *series = &capture.series[s];
		int32_t schema = rollup_schema(series->kind, 0, tier);
		double base = series->values[0];

		for (uint32_t i = 0; i < n; i++) {
			kymo_ms start = START + i * width * INT64_C(60000);

			window_reset(&records[i].window, start, start + width * INT64_C(60000), schema);
			records[i].at = records[i].window.end;
			for (uint32_t m = 0; m < width; m++) {
				minute_of(series, draw(minutes), &base,
					  start + m * INT64_C(60000), schema, &minute);
				CHECK(window_merge(&records[i].window, series->kind, &minute) == 0, "i=%u", i);
			}
			window_settle(&records[i].window, series->kind);
		}
		for (uint32_t from = 0; from < n; from += RECORDS_CHUNK) {
			uint32_t some = n - from < RECORDS_CHUNK ? n - from : RECORDS_CHUNK;

			buf_clear(&full);
			CHECK(records_encode(records + from, some, series->kind, &full) == 0, "n=%u", some);
			all += full.len;
			for (uint32_t i = from; i < from + some; i++)
				records[i].window.has_sketch = false;
			buf_clear(&plain);
			CHECK(records_encode(records + from, some, series->kind, &plain) == 0, "n=%u", some);
			bytes += plain.len;
			count += some;
		}
	}
	records_fini(records, n);
	free(records);
	window_fini(&minute);
	return (struct size){ (double)bytes / (double)count, (double)(all - bytes) / (double)count };
}

static void year(void)
{
	static const double raw = 43.2 * 0.34;	/* bytes a sample: bench store-codec and store-blocks measure it */
	const double points[TIERS] = { 43.2, 5.04, 4.32, 4.38 };
	struct size size[TIERS] = { [KYMO_1M] = size_of(240, 1, KYMO_1M), [KYMO_5M] = size_of(240, 5, KYMO_5M),
				    [KYMO_1H] = size_of(240, 60, KYMO_1H) };
	double scalars = raw, sketches = 0;

	printf("%s: %u series, %u rows\n", capture.real ? "the capture" : "walks", capture.n, capture.rows);
	for (int tier = KYMO_1M; tier < TIERS; tier++) {
		printf("a record of %s                                  %8.2f bytes, its sketch %.2f\n",
		       tier_name((enum kymo_tier)tier), size[tier].scalars, size[tier].sketches);
		scalars += points[tier] * size[tier].scalars;
		sketches += points[tier] * size[tier].sketches;
	}
	printf("a year of 500 series (raw at 0.34 B: %.1f MB)   %8.1f MB without sketches, %.1f MB with\n", raw, scalars,
	       scalars + sketches);
}

int main(int argc, char **argv)
{
	(void)argv;
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	capture_load();
	if (argc < 2)
		sketches();
	minutes_close();
	past();
	if (argc < 2)
		year();
	free(capture.series);
	bench_data_fini(&capture.data);
	return 0;
}
