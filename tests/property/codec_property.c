/* SPDX-License-Identifier: MIT */
/*
 * codec_property.c - whatever goes into a column comes out with the same bits,
 * with each effort and with the hint of the column before; a fold is what a window
 * makes of the same values; damaged bytes are refused or give something, and
 * never reach out of their room. All kernels that the machine can run agree, in
 * what is right as in what is damaged, and write the same bytes.
 */
#include "codec/kernels.h"
#include "codec/times.h"
#include "codec/values.h"
#include "model/batch.h"
#include "model/sample.h"
#include "model/window.h"

#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

enum { CASES = 30000, USUAL = 260, DAMAGES = 10 };

static struct random source;

static uint64_t bits(void)
{
	return random_bits(&source);
}

static uint32_t below(uint32_t n)
{
	return random_below(&source, n);
}

/* ---- values of every kind that a series has, and some that none has ---- */

static double awkward(void)
{
	static const uint64_t odd[] = { 0, 0x8000000000000000, 1, 0x800fffffffffffff, 0x7ff0000000000000, 0xfff0000000000000,
					STALE_BITS, NAN_BITS, 0x7ff8dead0000beef, 0xfff0000000000001, 0x7fefffffffffffff,
					0x0010000000000000, 0x4340000000000000, 0x4340000000000001, 0xc340000000000000,
					0x43e0000000000000, 0xc3e0000000000000, 0x3fb999999999999a, 0x3ff0000000000001 };

	return below(4) ? value_of_bits(odd[below(sizeof odd / sizeof *odd)]) : value_of_bits(bits());
}

struct maker {
	uint32_t kind, sparse;
	double at, step;
	int64_t integer, stride;
};

static double next_value(struct maker *maker)
{
	int64_t stride = maker->stride;

	if (maker->sparse && below(maker->sparse))
		stride = 0;
	switch (maker->kind) {
	case 0:
		return awkward();
	case 1:
		return maker->at += maker->step * below(5);			/* sums, not decimals */
	case 2:
		maker->integer += (int64_t)below(200) - 50;
		return (double)maker->integer / 100;
	case 3:
		return (double)(maker->integer += stride);
	case 4:
		maker->integer += stride ? (int64_t)below(1000) : 0;
		return (double)maker->integer * 4096;
	case 5:
		return sin(maker->at += 0.1) * 1e3;
	case 6:
		maker->integer += stride ? (int64_t)below(50) : 0;
		return (double)maker->integer * 0.001;
	case 7:
		maker->integer += stride * (int64_t)below(3);
		return (double)maker->integer / 1000 / 1000;
	case 8:
		return 1795419989.0 + ldexp((double)(maker->integer += below(5000)), -20);
	case 9:
		return (double)(below(1000)) / 10 + 0.3;
	case 10:
		return exp(random_unit(&source)) * 1e-3;
	default:
		return (double)(int64_t)(bits() >> below(60)) * (below(2) ? 1 : -1);
	}
}

static void fill_values(double *values, uint32_t n)
{
	static const double steps[] = { 1, 0.1, 0.01, 0.001, 4096, 1e-7, 3, 1e15, 0.3 };
	struct maker maker = { below(12), below(3) ? 0 : 1 + below(40), below(1000), steps[below(sizeof steps / sizeof *steps)],
			       below(1000000), 1 + below(300) };
	uint32_t odd = below(3);

	for (uint32_t i = 0; i < n; i++)
		values[i] = !odd && !below(40) ? awkward() : next_value(&maker);
}

/* ---- a copy of its own, so that a sanitizer sees one byte too far ---- */

static uint8_t *copy_of(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, data, size);
	return copy;
}

static const char *const kernels[] = { "plain", "avx2", "avx512", "neon" };

/* Every set of kernels that runs here says the same of these bytes: with exact room for them, and for the values. */
static int decode_everywhere(const uint8_t *data, size_t size, uint32_t n, double *back)
{
	double *other = malloc(n * sizeof *other);
	int first, r;

	assert_true(kernels_use("plain"));
	first = values_decode(data, size, back, n);
	for (size_t i = 1; i < sizeof kernels / sizeof *kernels; i++) {
		if (!kernels_use(kernels[i]))
			continue;
		r = values_decode(data, size, other, n);
		if (r != first || (r == 0 && memcmp(other, back, n * sizeof *back)))
			fail_msg("%s differs from plain: n=%u tag=%02x", kernels[i], n, data[0]);
	}
	kernels_use(NULL);
	free(other);
	return first;
}

static void damage(const struct buf *bytes, uint32_t n, double *back)
{
	for (uint32_t k = 0; k < DAMAGES; k++) {
		size_t size = below(3) ? bytes->len : below((uint32_t)bytes->len + 1);
		uint8_t *copy = copy_of(bytes->data, size);
		struct values_fold fold;

		for (uint32_t flips = below(3); size && flips < 3; flips++)
			copy[below(below(2) ? (uint32_t)size : size < 8 ? (uint32_t)size : 8)] ^= (uint8_t)(1 << below(8));
		decode_everywhere(copy, size, n, back);
		values_fold(copy, size, n, &fold);
		free(copy);
	}
}

static bool same_fold(const struct values_fold *a, const struct values_fold *b)
{
	return a->count == b->count && value_bits(a->sum) == value_bits(b->sum) && value_bits(a->sum_low) == value_bits(b->sum_low) &&
	       value_bits(a->min) == value_bits(b->min) && value_bits(a->max) == value_bits(b->max) &&
	       value_bits(a->correction) == value_bits(b->correction) && a->first_place == b->first_place &&
	       a->last_place == b->last_place;
}

static void fold_everywhere(const struct buf *bytes, uint32_t n, struct values_fold *fold)
{
	struct values_fold other;

	assert_true(kernels_use("plain"));
	assert_int_equal(values_fold(bytes->data, bytes->len, n, fold), 0);
	for (size_t i = 1; i < sizeof kernels / sizeof *kernels; i++) {
		if (!kernels_use(kernels[i]))
			continue;
		assert_int_equal(values_fold(bytes->data, bytes->len, n, &other), 0);
		if (!same_fold(fold, &other))
			fail_msg("%s folds otherwise than plain: n=%u tag=%02x", kernels[i], n, bytes->data[0]);
	}
	kernels_use(NULL);
}

static void folds_as_a_window(const struct buf *bytes, const double *v, uint32_t n)
{
	struct values_fold fold;
	struct window window;
	double sum, low;

	window_init(&window, 0, n, SKETCH_NONE);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(window_add(&window, KIND_COUNTER, i, v[i]), 0);
	fold_everywhere(bytes, n, &fold);
	assert_int_equal(fold.count, window.count);
	assert_int_equal(fold.ended, window.ended);
	assert_int_equal(value_bits(fold.first), value_bits(window.first));
	assert_int_equal(value_bits(fold.last), value_bits(window.last));
	assert_int_equal(value_bits(fold.min), value_bits(window.min));
	assert_int_equal(value_bits(fold.max), value_bits(window.max));
	if (fold.correction != window.correction && isfinite(window.correction))
		assert_true(fabs(fold.correction - window.correction) <= (fabs(fold.max) + fabs(fold.min)) * n * n * 0x1p-50);
	sum = fold.sum + fold.sum_low;
	low = window_sum(&window);
	if (isfinite(low) && isfinite(sum) && fold.max - fold.min < 1e12 && fabs(fold.max) < 1e12)
		assert_true(fabs(sum - low) <= 1e-15 * (fabs(sum) + (fabs(fold.max) + fabs(fold.min)) * n * 0x1p-50));
}

/* ---- writing ---- */

/* Into *out, by `write`; every set of kernels that runs here must write the same. */
static void write_everywhere(void (*write)(void *data, struct buf *out), void *data, struct buf *out)
{
	AUTO_BUF other = { 0 };

	assert_true(kernels_use("plain"));
	buf_clear(out);
	write(data, out);
	for (size_t i = 1; i < sizeof kernels / sizeof *kernels; i++) {
		if (!kernels_use(kernels[i]))
			continue;
		buf_clear(&other);
		write(data, &other);
		if (other.len != out->len || memcmp(other.data, out->data, other.len) != 0)
			fail_msg("%s writes otherwise than plain: tag=%02x", kernels[i], out->data[0]);
	}
	kernels_use(NULL);
}

struct column {
	const double *values;
	uint32_t n;
	enum values_effort effort;
	struct values_hint *hint, after;
};

static void write_values(void *data, struct buf *out)
{
	struct column *column = data;

	if (column->hint)
		column->after = *column->hint;
	assert_int_equal(values_encode(column->values, column->n, column->effort, column->hint ? &column->after : NULL, out), 0);
}

static void write_column(struct column *column, struct buf *out)
{
	write_everywhere(write_values, column, out);
	if (column->hint)
		*column->hint = column->after;
}

static void values_give_back_every_bit(void **state)
{
	static double values[VALUES_MOST], back[VALUES_MOST];
	struct values_hint hint = { 0 };
	AUTO_BUF out = { 0 };

	(void)state;
	source = random_seed(3);
	for (uint32_t i = 0; i < CASES; i++) {
		uint32_t n = 1 + below(i % 50 ? USUAL : VALUES_MOST);
		uint8_t *exact;

		fill_values(values, n);
		write_column(&(struct column){ values, n, below(2) ? VALUES_SEAL : VALUES_COMPACT, i % 3 ? &hint : NULL, { 0 } }, &out);
		exact = copy_of(out.data, out.len);
		assert_int_equal(decode_everywhere(exact, out.len, n, back), 0);
		free(exact);
		assert_memory_equal(values, back, n * sizeof *values);
		folds_as_a_window(&out, values, n);
		damage(&out, n, back);
	}
}

/* ---- integers ---- */

struct walk {
	int64_t first, steps[VALUES_MOST];
	uint32_t n, exponent, shift;
	enum values_effort effort;
};

static void walk_make(struct walk *walk)
{
	int64_t multiple = below(3) ? 1 : 1 + below(1000), now;
	uint32_t width = below(below(10) ? 20 : 45), sparse = below(3) ? 0 : 1 + below(40);
	bool both = below(2);

	walk->n = 1 + below(below(50) ? USUAL : VALUES_MOST);
	walk->exponent = below(2) ? 0 : below(23);
	walk->shift = walk->exponent ? 0 : below(3) ? 0 : 10 + below(3);
	walk->effort = below(2) ? VALUES_SEAL : VALUES_COMPACT;
	now = walk->first = (int64_t)(bits() >> (12 + below(52))) * (below(2) ? 1 : -1);
	for (uint32_t i = 1; i < walk->n; i++) {
		int64_t step = sparse && below(sparse) ? 0 : (int64_t)(bits() >> (63 - width)) * multiple * (both && below(2) ? -1 : 1);

		if (now + step > INT64_C(1) << 53 || now + step < -(INT64_C(1) << 53))
			step = 0;
		walk->steps[i] = step;
		now += step;
	}
	walk->steps[0] = (int64_t)bits();	/* not read */
}

static void write_steps(void *data, struct buf *out)
{
	const struct walk *walk = data;
	int64_t steps[VALUES_MOST];

	memcpy(steps, walk->steps, walk->n * sizeof *steps);
	assert_int_equal(values_encode_steps(walk->first, steps, walk->n, walk->exponent, walk->shift, walk->effort, out), 0);
}

/* The same integers as a whole: the same bytes. */
static void write_decimals(void *data, struct buf *out)
{
	const struct walk *walk = data;
	int64_t integers[VALUES_MOST], now = walk->first;

	for (uint32_t i = 0; i < walk->n; i++) {
		now += i ? walk->steps[i] : 0;
		integers[i] = now;
	}
	assert_int_equal(values_encode_decimal(integers, walk->n, -(int32_t)walk->exponent, walk->effort, out), 0);
}

static void steps_come_back_as_decimals(void **state)
{
	static double back[VALUES_MOST];
	static struct walk walk;
	AUTO_BUF out = { 0 }, whole = { 0 };

	(void)state;
	source = random_seed(5);
	for (uint32_t i = 0; i < CASES; i++) {
		int64_t now;

		walk_make(&walk);
		write_everywhere(write_steps, &walk, &out);
		assert_int_equal(decode_everywhere(out.data, out.len, walk.n, back), 0);
		now = walk.first;
		for (uint32_t k = 0; k < walk.n; k++) {
			double v = ldexp((double)(now += k ? walk.steps[k] : 0), (int)walk.shift);

			if (value_bits(back[k]) != value_bits(walk.exponent ? batch_decimal(now, -(int32_t)walk.exponent) : v))
				fail_msg("case %u: %u of %u is %a", i, k, walk.n, back[k]);
		}
		if (walk.shift)			/* that may be past the least a long holds */
			continue;
		write_everywhere(write_decimals, &walk, &whole);
		assert_int_equal(whole.len, out.len);
		assert_memory_equal(whole.data, out.data, out.len);
	}
}

/* ---- times ---- */

static void fill_times(kymo_ms *at, uint32_t n)
{
	uint32_t kind = below(6);

	at[0] = kind == 4 ? INT64_MIN + (kymo_ms)(bits() >> 3) : 1700000000000 + below(100000);
	for (uint32_t i = 1; i < n; i++) {
		kymo_ms step = kind == 0 ? 1000 : kind == 1 ? 1000 + below(3) : kind == 2 ? 1 + below(100000) :
			       kind == 3 ? (below(30) ? 15000 : 60000) :
			       kind == 4 ? 1 + (kymo_ms)(bits() >> below(40) >> 13) : at[0] + i * INT64_C(1000) + below(9) - at[i - 1];

		at[i] = at[i - 1] + step;
	}
}

static void times_give_back_each(void **state)
{
	static kymo_ms at[TIMES_MOST], back[TIMES_MOST];
	AUTO_BUF out = { 0 };

	(void)state;
	source = random_seed(4);
	for (uint32_t i = 0; i < CASES / 4; i++) {
		uint32_t n = 1 + below(i % 50 ? USUAL : TIMES_MOST);

		fill_times(at, n);
		buf_clear(&out);
		assert_int_equal(times_encode(at, n, &out), 0);
		assert_int_equal(times_decode(out.data, out.len, back, n), 0);
		assert_memory_equal(at, back, n * sizeof *at);
		for (uint32_t k = 0; k < DAMAGES; k++) {
			size_t size = below(3) ? out.len : below((uint32_t)out.len + 1);
			uint8_t *copy = copy_of(out.data, size);

			if (size)
				copy[below((uint32_t)size)] ^= (uint8_t)(1 << below(8));
			times_decode(copy, size, back, n);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_give_back_every_bit),
		cmocka_unit_test(steps_come_back_as_decimals),
		cmocka_unit_test(times_give_back_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
