/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "store/changed.h"
#include "store/rows.h"
#include "store/token.h"

enum { MEMBERS = 150, STRETCHES = 40 };

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

static uint64_t same_value(struct sealed *const *sealed, uint32_t n, uint32_t slot)
{
	uint64_t bits = 0;

	while (n-- && sealed_form(sealed[n], slot, &bits) != SEALED_CONSTANT)
		;
	return bits;
}

static void check_sealed(struct sealed *const *sealed, uint32_t last)
{
	kymo_ms at[ROWS_MOST];
	double values[ROWS_MOST];

	for (uint32_t i = 0; i < MEMBERS; i++) {
		int64_t n = sealed_read(sealed[last], i, same_value(sealed, last, i), at, values);

		assert_int_equal(n, model[i].n);
		assert_memory_equal(at, model[i].at, (size_t)n * sizeof *at);
		assert_memory_equal(values, model[i].bits, (size_t)n * sizeof *values);
		assert_true(sealed_first_of(sealed[last], i) == (n ? at[0] : INT64_MAX));
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
		if (some && below(3) == 0)
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
	struct sealed *sealed[STRETCHES];
	struct rows rows;
	AUTO_BUF scratch = { 0 };
	kymo_ms at = T0;

	(void)state;
	assert_int_equal(rows_init(&rows, MEMBERS, now), 0);
	for (uint32_t s = 0; s < STRETCHES; s++) {
		bool some = below(3) == 0;

		memset(model, 0, sizeof model);
		while (!rows_full(&rows))
			put_random(&rows, now, at += 900 + below(200), some && below(2));
		check_read(&rows);
		sealed[s] = rows_seal(&rows, s % 7 ? sealed[s - 1] : NULL, &scratch);
		assert_non_null(sealed[s]);
		check_sealed(sealed, s);
		rows_restart(&rows, now);
	}
	for (uint32_t s = 0; s < STRETCHES; s++)
		sealed_release(sealed[s]);
	rows_fini(&rows);
}

/* A member that never changes has no bytes in most of its columns. */
static void a_constant_only_carries_on(void **state)
{
	uint64_t last[64] = { 0 }, bits;
	uint8_t states[64] = { 0 };
	struct rows_state now = { last, states };
	struct sealed *sealed[2];
	double values[64] = { 0 };
	struct row_view view;
	struct rows rows;
	AUTO_BUF scratch = { 0 };

	(void)state;
	values[1] = 0.5;
	assert_int_equal(rows_init(&rows, 64, now), 0);
	for (uint32_t s = 0; s < 2; s++) {
		for (uint32_t r = 0; r < ROWS_MOST; r++)
			assert_int_equal(rows_put(&rows, now, T0 + (s * ROWS_MOST + r) * 1000, values, NULL, 64, &view), 0);
		sealed[s] = rows_seal(&rows, s ? sealed[0] : NULL, &scratch);
		rows_restart(&rows, now);
	}
	assert_int_equal(sealed_form(sealed[0], 1, &bits), SEALED_CONSTANT);
	assert_true(bits == value_bits(0.5));
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(sealed_form(sealed[1], i, &bits), SEALED_SAME);
	assert_true(sealed[1]->size < sizeof *sealed[1] + 65 * sizeof(uint32_t) + 200);
	sealed_release(sealed[0]);
	sealed_release(sealed[1]);
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
		cmocka_unit_test(a_constant_only_carries_on),
		cmocka_unit_test(every_form_finds_the_same_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
