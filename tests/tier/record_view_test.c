/* SPDX-License-Identifier: MIT */
#include "tier/record_view.h"
#include "model/sample.h"
#include "util/buf.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MINUTE = 60000, MOST = 300 };

static double coarse(uint32_t s) { return round(5000 + 2000 * sin(s / 20.0)) / 100; }
static double noise(uint32_t s) { return sin(s * 12.9898) * 43758.5453; }
static double rising(uint32_t s) { return s % 500 * 7.0; }
static double constant(uint32_t s) { (void)s; return 42.5; }
static double with_nan(uint32_t s) { return s % 7 ? s : NAN; }
static double huge(uint32_t s) { return 9e15 - s % 13; }		/* sums beyond what doubles hold */
static double odd_halves(uint32_t s) { return -(double)(s % 11); }
static double infinite(uint32_t s) { return s % 90 ? 1 : INFINITY; }

static double (*const shapes[])(uint32_t s) = { coarse, noise, rising, constant, with_nan, huge, odd_halves, infinite };
static const enum series_kind kinds[] = { KIND_GAUGE, KIND_COUNTER, KIND_DISTRIBUTION };
enum { SHAPES = sizeof shapes / sizeof *shapes, KINDS = sizeof kinds / sizeof *kinds };

/* Windows of a minute; `gaps`: some are empty, some end with a mark, and their times are uneven. */
static void make(struct record *records, uint32_t n, enum series_kind kind, double (*value)(uint32_t s), bool gaps)
{
	for (uint32_t i = 0; i < n; i++) {
		kymo_ms end = (kymo_ms)(i + 1) * MINUTE;
		struct window *w = &records[i].window;

		records[i].at = end;
		window_init(w, end - MINUTE, end, SKETCH_NONE);
		for (uint32_t s = 1; s <= 60 && !(gaps && i % 9 == 4); s += 1 + (gaps && i % 5 == 1))
			assert_int_equal(window_add(w, kind, end - MINUTE + s * 1000, value(i * 60 + s)), 0);
		if (gaps && (i % 9 == 4 || i % 14 == 3))
			assert_int_equal(window_add(w, kind, end, value_stale()), 0);
		window_settle(w, kind);
	}
}

static void assert_bits(const double *column, bool wanted, uint32_t i, double is)
{
	assert_int_equal(column != NULL, wanted);
	if (column && value_bits(column[i]) != value_bits(is))
		fail_msg("record %u: %.17g is not %.17g", i, column[i], is);
}

static void assert_as_decoded(const struct buf *bytes, uint32_t n, unsigned wants, struct record_view *v)
{
	static struct record back[MOST];

	assert_int_equal(records_decode_plain(bytes->data, bytes->len, back, n), 0);
	assert_int_equal(record_view_read(v, bytes->data, bytes->len, n, wants), 0);
	for (uint32_t i = 0; i < n; i++) {
		const struct window *w = &back[i].window;

		assert_true(v->at[i] == back[i].at && v->count[i] == w->count && v->flags[i] == w->ended);
		assert_true(w->count || v->has_empty);
		if (wants & RECORD_TIMES)
			assert_true(v->start[i] == w->start && v->first_at[i] == w->first_at && v->last_at[i] == w->last_at);
		assert_bits(v->last, wants & RECORD_LAST, i, w->last);
		assert_bits(v->first, wants & RECORD_FIRST, i, w->first);
		assert_bits(v->min, wants & RECORD_MIN, i, w->min);
		assert_bits(v->max, wants & RECORD_MAX, i, w->max);
		assert_bits(v->sum, wants & RECORD_SUM, i, window_sum(w));
		assert_bits(v->correction, wants & RECORD_CORRECTION, i, w->correction);
	}
	records_fini(back, n);
}

/* Every set of columns alone, of every shape. */
static void columns_are_those_of_records(void **state)
{
	static const uint32_t lengths[] = { 1, 2, 61, MOST };
	struct record_view view = { 0 };

	(void)state;
	for (unsigned k = 0; k < 2 * SHAPES * KINDS; k++)
		for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
			enum series_kind kind = kinds[k / SHAPES % KINDS];
			struct record records[MOST] = { 0 };
			AUTO_BUF bytes = { 0 };

			make(records, lengths[l], kind, shapes[k % SHAPES], k >= SHAPES * KINDS);
			assert_int_equal(records_encode(records, lengths[l], kind, &bytes), 0);
			for (unsigned wants = 0; wants < 128; wants += lengths[l] == MOST ? 9 : 1)
				assert_as_decoded(&bytes, lengths[l], wants, &view);
			records_fini(records, lengths[l]);
		}
	record_view_fini(&view);
}

/* Whatever the bytes: what can be read as records is the same as columns. */
static void flipped_bytes_do_no_harm(void **state)
{
	struct record records[61] = { 0 }, back[61] = { 0 };
	struct record_view view = { 0 };
	AUTO_BUF bytes = { 0 };

	(void)state;
	make(records, 61, KIND_GAUGE, coarse, true);
	assert_int_equal(records_encode(records, 61, KIND_GAUGE, &bytes), 0);
	for (size_t at = 0; at < bytes.len; at++)
		for (unsigned flip = 1; flip < 256; flip = flip << 1 | (flip & 4) >> 2) {
			bytes.data[at] ^= (uint8_t)flip;
			bool good = records_decode_plain(bytes.data, bytes.len, back, 61) == 0;

			if (record_view_read(&view, bytes.data, bytes.len, 61, RECORD_MAX | RECORD_SUM) == 0) {
				for (uint32_t i = 0; i < 61 && good; i++)
					assert_bits(view.sum, true, i, window_sum(&back[i].window));
			} else {
				assert_false(good);
			}
			bytes.data[at] ^= (uint8_t)flip;
		}
	assert_int_equal(record_view_read(&view, bytes.data, bytes.len, 60, 0), -EBADMSG);
	assert_int_equal(record_view_read(&view, bytes.data, 9, 61, 0), -EBADMSG);
	record_view_fini(&view);
	records_fini(records, 61);
	records_fini(back, 61);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_those_of_records),
		cmocka_unit_test(flipped_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
