/* SPDX-License-Identifier: MIT */
#include "tier/record.h"
#include "model/sample.h"
#include "util/check.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MINUTE = 60000, MOST = 130 };

static void assert_same_bits(double a, double b)
{
	assert_true(value_bits(a) == value_bits(b));
}

static void assert_same(const struct record *a, const struct record *b)
{
	const struct window *v = &a->window, *w = &b->window;

	assert_true(a->at == b->at && v->start == w->start && v->end == w->end && v->count == w->count);
	assert_true(v->first_at == w->first_at && v->last_at == w->last_at && v->ended == w->ended);
	assert_same_bits(v->sum, w->sum);
	assert_same_bits(v->min, w->min);
	assert_same_bits(v->max, w->max);
	assert_same_bits(v->first, w->first);
	assert_same_bits(v->last, w->last);
	assert_same_bits(v->correction, w->correction);
	assert_int_equal(v->has_sketch, w->has_sketch);
	if (!v->has_sketch)
		return;
	assert_true(v->sketch.schema == w->sketch.schema && v->sketch.n == w->sketch.n);
	assert_true(v->sketch.zeros == w->sketch.zeros && v->sketch.nans == w->sketch.nans);
	assert_memory_equal(v->sketch.index, w->sketch.index, v->sketch.n * sizeof *v->sketch.index);
	assert_memory_equal(v->sketch.counts, w->sketch.counts, v->sketch.n * sizeof *v->sketch.counts);
}

/* One window a minute of a value each second. */
static struct record *minutes(uint32_t n, enum series_kind kind, int32_t schema, double (*value)(uint32_t second))
{
	struct record *records = calloc(n, sizeof *records);

	assert_non_null(records);
	for (uint32_t i = 0; i < n; i++) {
		kymo_ms end = (kymo_ms)(i + 1) * MINUTE;

		records[i].at = end;
		window_init(&records[i].window, end - MINUTE, end, schema);
		for (uint32_t s = 1; s <= 60; s++)
			assert_int_equal(window_add(&records[i].window, kind, end - MINUTE + s * 1000,
						    value(i * 60 + s)), 0);
		window_settle(&records[i].window, kind);
	}
	return records;
}

static void release(struct record *records, uint32_t n)
{
	records_fini(records, n);
	free(records);
}

static double wave(uint32_t second) { return round(5000 + 2000 * sin(second / 20.0)) / 100; }
static double noise(uint32_t second) { return sin(second * 12.9898) * 43758.5453; }
static double rising(uint32_t second) { return second % 500 * 7.0; }
static double constant(uint32_t second) { (void)second; return 42.5; }
static double with_nan(uint32_t second) { return second % 7 ? second : NAN; }
static double zero(uint32_t second) { (void)second; return 0; }

static const struct {
	const char *name;
	enum series_kind kind;
	int32_t schema;
	double (*value)(uint32_t second);
	double bytes_most;		/* of a record, sketch included */
} shapes[] = {
	{ "wave", KIND_GAUGE, 5, wave, 40 },
	{ "wave without sketch", KIND_GAUGE, SKETCH_NONE, wave, 9 },
	{ "noise", KIND_GAUGE, SKETCH_NONE, noise, 50 },
	{ "counter", KIND_COUNTER, SKETCH_NONE, rising, 6 },
	{ "constant", KIND_GAUGE, SKETCH_NONE, constant, 1 },
	{ "zero", KIND_GAUGE, SKETCH_NONE, zero, 1 },
	{ "NaN", KIND_GAUGE, 5, with_nan, 40 },
};

static void records_come_back(void **state)
{
	(void)state;
	for (size_t s = 0; s < COUNT_OF(shapes); s++)
		for (uint32_t n = 1; n <= MOST; n = n * 3 + 1) {
			AUTO_BUF bytes = { 0 };
			struct record *records = minutes(n, shapes[s].kind, shapes[s].schema, shapes[s].value);
			struct record *back = calloc(n, sizeof *back);

			assert_non_null(back);
			assert_int_equal(records_encode(records, n, shapes[s].kind, &bytes), 0);
			assert_int_equal(records_count(bytes.data, bytes.len), n);
			assert_int_equal(records_decode(bytes.data, bytes.len, shapes[s].kind, back, n), 0);
			for (uint32_t i = 0; i < n; i++)
				assert_same(&records[i], &back[i]);
			if (n == 121 && (double)bytes.len / n > shapes[s].bytes_most)
				fail_msg("%s: %.2f bytes a record", shapes[s].name, (double)bytes.len / n);
			release(records, n);
			release(back, n);
		}
}

/* Values of all sorts beside one another: decimals, -0, NaN, infinities, sums beside a decimal; empty windows between. */
static void every_mixture_keeps_its_bits(void **state)
{
	static const double odd[] = { 0, -0.0, NAN, INFINITY, -INFINITY, 1e-320, 4e15, 0.1, -7.25, M_PI, 3, 1e9 };
	static const enum series_kind kinds[] = { KIND_GAUGE, KIND_COUNTER, KIND_DISTRIBUTION };
	uint32_t noise_state = 12345;

	(void)state;
	for (uint32_t round = 0; round < 3000; round++) {
		enum series_kind kind = kinds[round % 3];
		uint32_t n = 1 + round % 37, palette = 1 + round % COUNT_OF(odd);
		struct record *records = calloc(n, sizeof *records), *back = calloc(n, sizeof *back);
		AUTO_BUF bytes = { 0 };

		assert_true(records && back);
		for (uint32_t i = 0; i < n; i++) {
			kymo_ms end = (i + 1) * MINUTE;

			records[i].at = end;
			window_init(&records[i].window, end - MINUTE, end, round % 4 ? (int32_t)(round % 7) - 1 : SKETCH_NONE);
			for (uint32_t v = 0; v < round % 5; v++) {
				noise_state = noise_state * 1664525 + 1013904223;
				assert_int_equal(window_add(&records[i].window, kind, end - v, odd[(noise_state >> 16) % palette]), 0);
			}
			if (round % 11 == 0 && i % 3 == 0)
				assert_int_equal(window_add(&records[i].window, kind, end, value_stale()), 0);
			window_settle(&records[i].window, kind);
			if (window_is_constant(&records[i].window))
				records[i].window.has_sketch = false;
		}
		assert_int_equal(records_encode(records, n, kind, &bytes), 0);
		assert_int_equal(records_decode(bytes.data, bytes.len, kind, back, n), 0);
		for (uint32_t i = 0; i < n; i++) {
			if (!records[i].window.count && !records[i].window.sketch.nans)
				records[i].window.has_sketch = false;
			assert_same(&records[i], &back[i]);
		}
		release(records, n);
		release(back, n);
	}
}

static void constant_windows_lose_their_sketch(void **state)
{
	AUTO_BUF bytes = { 0 };
	struct record *records = minutes(100, KIND_GAUGE, 5, constant), back = { 0 };

	(void)state;
	assert_true(record_is_constant(&records[0].window));
	assert_int_equal(records_encode(records, 100, KIND_GAUGE, &bytes), 0);
	assert_true(bytes.len <= 64);
	buf_clear(&bytes);
	assert_int_equal(records_encode(records, 1, KIND_GAUGE, &bytes), 0);
	assert_int_equal(records_decode(bytes.data, bytes.len, KIND_GAUGE, &back, 1), 0);
	assert_false(back.window.has_sketch);
	assert_true(record_is_constant(&back.window));
	release(records, 100);
	window_fini(&back.window);
}

/* Whatever a series is, its records come back; also those that no collector makes. */
static void any_kind_reads_any_bytes(void **state)
{
	enum series_kind kinds[] = { KIND_GAUGE, KIND_COUNTER, KIND_DISTRIBUTION };
	struct record odd[3] = { 0 }, back[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		odd[i].at = 1000 * i - 500;
		window_init(&odd[i].window, odd[i].at - 100 * i, odd[i].at + i, i == 2 ? 8 : SKETCH_NONE);
		odd[i].window.count = i ? UINT64_MAX : 0;
		odd[i].window.ended = i == 0;
		odd[i].window.sum = i ? -1e300 : NAN;
		odd[i].window.last_at = INT64_MAX;
	}
	assert_int_equal(sketch_add(&odd[2].window.sketch, -INFINITY, UINT64_MAX), 0);
	for (size_t k = 0; k < COUNT_OF(kinds); k++)
		for (size_t j = 0; j < COUNT_OF(kinds); j++) {
			AUTO_BUF bytes = { 0 };

			assert_int_equal(records_encode(odd, 3, kinds[k], &bytes), 0);
			assert_int_equal(records_decode(bytes.data, bytes.len, kinds[j], back, 3), 0);
			for (int i = 0; i < 3; i++)
				assert_same(&odd[i], &back[i]);
		}
	records_fini(odd, 3);
	records_fini(back, 3);
}

static void a_plain_read_leaves_sketches_out(void **state)
{
	AUTO_BUF bytes = { 0 };
	struct record *records = minutes(4, KIND_GAUGE, 5, wave), back[4] = { 0 };

	(void)state;
	assert_int_equal(records_encode(records, 4, KIND_GAUGE, &bytes), 0);
	assert_int_equal(records_decode_plain(bytes.data, bytes.len, back, 4), 0);
	for (int i = 0; i < 4; i++) {
		assert_false(back[i].window.has_sketch);
		records[i].window.has_sketch = false;
		assert_same(&records[i], &back[i]);
	}
	release(records, 4);
	records_fini(back, 4);
}

static void cut_and_flipped_bytes_do_no_harm(void **state)
{
	AUTO_BUF bytes = { 0 };
	struct record *records = minutes(5, KIND_GAUGE, 5, wave), back[5] = { 0 };

	(void)state;
	assert_int_equal(records_encode(records, 5, KIND_GAUGE, &bytes), 0);
	for (size_t n = 0; n < bytes.len; n++)
		assert_int_equal(records_decode(bytes.data, n, KIND_GAUGE, back, 5), -EBADMSG);
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		int r;

		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = records_decode(bytes.data, bytes.len, KIND_GAUGE, back, 5);
		assert_true(r == 0 || r == -EBADMSG);
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(records_decode(bytes.data, bytes.len, KIND_GAUGE, back, 4), -EBADMSG);
	assert_int_equal(records_count(NULL, 0), -EBADMSG);
	assert_int_equal(records_count((const uint8_t *)"\0", 1), -EBADMSG);
	assert_int_equal(records_count((const uint8_t *)"\xff\xff\x7f", 3), -EBADMSG);
	release(records, 5);
	records_fini(back, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back),
		cmocka_unit_test(every_mixture_keeps_its_bits),
		cmocka_unit_test(constant_windows_lose_their_sketch),
		cmocka_unit_test(any_kind_reads_any_bytes),
		cmocka_unit_test(a_plain_read_leaves_sketches_out),
		cmocka_unit_test(cut_and_flipped_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
