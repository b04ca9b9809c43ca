/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "head/changed.h"
#include "head/rows.h"
#include "codec/token.h"

enum { MEMBERS = 150, STRETCHES = 40, AWAY = 70 };

static uint64_t seed = 3;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 33) % n);
}

/* What each member has. */
static struct {
	uint32_t n;
	kymo_ms at[ROWS_MOST];
	uint64_t bits[ROWS_MOST];
} model[MEMBERS];

static bool away;			/* one of them is in no row */

static double next_value(uint32_t member, double before)
{
	switch (member % 5) {
	case 0:
		return 42;
	case 1:
		return before + below(100);
	case 2:
		return below(10000) / 100.0;
	case 3:
		return below(40) ? before : value_of_bits(below(2) ? STALE_BITS : NAN_BITS + below(1000));
	default:
		return 1.0 / (1 + below(1000));
	}
}

static void check_read(const struct rows *rows)
{
	kymo_ms at[ROWS_MOST];
	double values[ROWS_MOST];

	for (uint32_t i = 0; i < MEMBERS; i++) {
		uint32_t n = rows_read(rows, i, at, values);

		assert_int_equal(n, model[i].n);
		assert_memory_equal(at, model[i].at, n * sizeof *at);
		assert_memory_equal(values, model[i].bits, n * sizeof *values);
		assert_true(rows_first_of(rows, i) == (n ? at[0] : INT64_MAX));
	}
}

static void check_member(const struct sealed *sealed, uint32_t slot, uint32_t i)
{
	kymo_ms at[ROWS_MOST];
	double values[ROWS_MOST];
	int64_t n = sealed_read(sealed, slot, at, values);

	assert_int_equal(n, model[i].n);
	assert_memory_equal(at, model[i].at, (size_t)n * sizeof *at);
	assert_memory_equal(values, model[i].bits, (size_t)n * sizeof *values);
	assert_true(sealed_first_of(sealed, slot) == (n ? at[0] : INT64_MAX));
	assert_true(sealed_has(sealed, slot) == (n > 0));
}

static void check_sealed(const struct sealed *sealed)
{
	for (uint32_t i = 0; i < MEMBERS; i++)
		check_member(sealed, i, i);
}

/* Parts of them hold the same. */
static void check_slices(const struct sealed *sealed)
{
	for (uint32_t from = 0, n; from < MEMBERS; from += n) {
		AUTO_BUF slice = { 0 };

		n = MEMBERS - from < 64 ? MEMBERS - from : 1 + below(64);
		sealed_slice(sealed, from, n, &slice);
		assert_false(buf_failed(&slice));
		assert_int_equal(((const struct sealed *)(const void *)slice.data)->size, slice.len);
		for (uint32_t i = 0; i < n; i++)
			check_member((const struct sealed *)(const void *)slice.data, i, from + i);
	}
}

static void put_random(struct rows *rows, struct rows_state now, kymo_ms at, bool some)
{
	double values[MEMBERS];
	uint64_t present[(MEMBERS + 63) / 64] = { 0 };
	struct row_view view;
	uint32_t count = 0;

	for (uint32_t i = 0; i < MEMBERS; i++) {
		values[i] = next_value(i, value_of_bits(now.last[i]));
		if ((i == AWAY && away) || (some && below(3) == 0))
			continue;
		present[i / 64] |= UINT64_C(1) << i % 64;
		count++;
		model[i].at[model[i].n] = at;
		model[i].bits[model[i].n++] = value_bits(values[i]);
	}
	assert_int_equal(rows_put(rows, now, at, values, count < MEMBERS ? present : NULL, count, &view), 0);
}

static void rows_and_columns_hold_what_was_put(void **state)
{
	static uint64_t last[MEMBERS];
	static uint8_t states[MEMBERS];
	struct rows_state now = { last, states };
	struct sealed *sealed;
	struct rows rows;
	AUTO_BUF scratch = { 0 };
	kymo_ms at = T0;

	(void)state;
	assert_int_equal(rows_init(&rows, MEMBERS, now), 0);
	for (uint32_t s = 0; s < STRETCHES; s++) {
		bool some = below(3) == 0;

		away = s % 4 == 3;
		memset(model, 0, sizeof model);
		while (!rows_full(&rows))
			put_random(&rows, now, at += 900 + below(200), some && below(2));
		check_read(&rows);
		sealed = rows_seal(&rows, &scratch);
		assert_non_null(sealed);
		check_sealed(sealed);
		check_slices(sealed);
		sealed_release(sealed);
		rows_restart(&rows, now);
	}
	rows_fini(&rows);
}

static void every_form_finds_the_same_changes(void **state)
{
	double values[200];
	uint64_t last[200];

	(void)state;
	for (uint32_t n = 1; n <= 200; n++)
		for (int round = 0; round < 20; round++) {
			uint64_t found[CHANGED_FORMS + 1][4] = { { 0 } };

			for (uint32_t i = 0; i < n; i++) {
				last[i] = below(2) ? value_bits(-0.0) : NAN_BITS;
				values[i] = value_of_bits(below(3) ? last[i] : value_bits(0.0));
			}
			changed_find(values, last, n, found[CHANGED_FORMS]);
			for (int form = 0; form < CHANGED_FORMS; form++) {
				if (!changed_can((enum changed_form)form))
					continue;
				changed_find_as((enum changed_form)form, values, last, n, found[form]);
				assert_memory_equal(found[form], found[CHANGED_FORMS], sizeof found[form]);
			}
			for (uint32_t i = 0; i < n; i++)
				assert_int_equal(found[0][i / 64] >> i % 64 & 1, value_bits(values[i]) != last[i]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_columns_hold_what_was_put),
		cmocka_unit_test(every_form_finds_the_same_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
