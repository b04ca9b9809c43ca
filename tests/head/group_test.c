/* SPDX-License-Identifier: MIT */
/* group_test.c - what makes a group, and what ends one; the values are for tests/property/store_property.c. */
#include "folder.h"
#include "head/group.h"
#include "codec/token.h"
#include "model/sample.h"

#include <sys/wait.h>

enum { SERIES = 40 };

static struct folder folder;
static series_ref refs[SERIES];
static struct got got;

static void make_series(void)
{
	for (uint32_t i = 0; i < SERIES; i++) {
		char name[] = { 's', (char)('A' + i), 0 };

		refs[i] = series_of(folder.store, name, "x");
	}
}

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	folder_open(&folder);
	make_series();
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static double value_at(uint32_t i, uint32_t second)
{
	return i % 3 == 0 ? i : i % 3 == 1 ? second * 3.0 + i : second % 10 / 4.0;
}

/* Those from `from` to `to`, each `step`th, at a second; the first one comes at `turn`. */
static void append_part(uint32_t second, uint32_t from, uint32_t to, uint32_t turn)
{
	series_ref ref[SERIES];
	double values[SERIES];
	struct store_batch batch = { .n = to - from, .refs = ref, .values = values, .at = T0 + second * 1000 };
	struct store_appended done;

	for (uint32_t i = 0; i < batch.n; i++) {
		uint32_t k = from + (i + turn) % batch.n;

		ref[i] = refs[k];
		values[i] = value_at(k, second);
	}
	assert_int_equal(store_append(folder.store, &batch, &done), 0);
	assert_int_equal(done.stored, batch.n);
	folder.clock.now = batch.at;
}

static void append_all(uint32_t second, uint32_t turn)
{
	append_part(second, 0, SERIES, turn);
}

static void check(uint32_t seconds)
{
	for (uint32_t i = 0; i < SERIES; i++) {
		get(folder.store, refs[i], 0, INT64_MAX, &got);
		assert_int_equal(got.n, seconds);
		for (uint32_t s = 0; s < seconds; s++)
			assert_true(got.at[s] == T0 + s * 1000 && got.value[s] == value_at(i, s));
	}
}

static uint32_t living(void)
{
	const struct head *head = &folder.store->head;
	uint32_t n = 0;

	for (uint32_t id = 1; id < head->room_groups; id++)
		n += head->groups[id] && !head->groups[id]->retired;
	return n;
}

static const struct group *group_with(uint32_t i)
{
	const struct group *group;

	index_lock(folder.store->index);
	group = group_of(&folder.store->head, index_series(folder.store->index, refs[i]));
	index_unlock(folder.store->index);
	return group;
}

static void what_comes_together_is_a_group_in_any_order(void **state)
{
	struct store_stats stats;

	(void)state;
	for (uint32_t s = 0; s < 500; s++)
		append_all(s, s * 7);
	assert_int_equal(living(), 1);
	assert_int_equal(group_with(3)->n, SERIES);
	assert_int_equal(group_with(3)->lived, 500);
	store_stats(folder.store, &stats);
	assert_true(stats.wal_bytes < 500 * SERIES * 2);
	check(500);
	folder_reopen(&folder);
	make_series();
	assert_int_equal(living(), 1);
	check(500);
	flush(folder.store);
	check(500);
}

static void two_groups_may_come_in_one_append(void **state)
{
	(void)state;
	append_part(0, 0, 15, 0);
	append_part(0, 15, SERIES, 0);
	assert_int_equal(living(), 2);
	for (uint32_t s = 1; s < 50; s++)
		append_all(s, 0);
	assert_int_equal(group_with(0)->n, 15);
	assert_int_equal(group_with(20)->n, SERIES - 15);
	assert_int_equal(group_with(0)->lived, 50);
	for (uint32_t s = 50; s < 60; s++)		/* the second one first */
		append_all(s, 15);
	assert_int_equal(group_with(0)->lived, 60);
	check(60);
}

/* The same request, again and again, that is no group: after some time it is. */
static void a_request_that_comes_again_gets_its_group(void **state)
{
	(void)state;
	append_part(0, 0, 15, 0);
	append_part(0, 15, SERIES, 0);
	for (uint32_t s = 1; s < 100; s++)
		append_all(s, 7);
	assert_int_equal(living(), 1);
	assert_int_equal(group_with(0)->n, SERIES);
	assert_true(group_with(0)->patience > GROUP_PATIENCE);
	check(100);
	flush(folder.store);
	append_all(100, 7);
	check(101);
	assert_int_equal(folder.store->head.groups[1] && folder.store->head.groups[2], 0);	/* the old ones are gone */
}

static void one_series_a_request_is_right_too(void **state)
{
	(void)state;
	append_all(0, 0);
	for (uint32_t s = 1; s < 200; s++)
		for (uint32_t i = 0; i < SERIES; i++)
			append_part(s, i, i + 1, 0);
	check(200);
	assert_int_equal(living(), 0);		/* too few came, too often */
	folder_reopen(&folder);
	check(200);
}

static void a_group_that_comes_twice_is_taken_once(void **state)
{
	series_ref twice[2 * SERIES];
	double values[2 * SERIES];
	struct store_batch batch = { .n = 2 * SERIES, .refs = twice, .values = values, .at = T0 + 1000 };
	struct store_appended done;

	(void)state;
	append_all(0, 0);
	for (uint32_t i = 0; i < 2 * SERIES; i++) {
		twice[i] = refs[i % SERIES];
		values[i] = value_at(i % SERIES, 1);
	}
	values[SERIES] = -1;
	assert_int_equal(store_append(folder.store, &batch, &done), 0);
	assert_true(done.stored == SERIES && done.repeated == SERIES - 1 && done.refused[REFUSED_CONFLICT] == 1);
	check(2);
}

static void a_few_series_are_no_group(void **state)
{
	(void)state;
	for (uint32_t s = 0; s < 20; s++)
		append_part(s, 0, GROUP_LEAST - 1, 0);
	assert_int_equal(living(), 0);
	append_part(20, 0, GROUP_LEAST, 0);
	assert_int_equal(living(), 1);
}

static void members_that_stay_away_end_their_group(void **state)
{
	(void)state;
	append_all(0, 0);
	for (uint32_t s = 1; s < 100; s++)
		append_part(s, 0, 30, 0);
	flush(folder.store);
	append_part(100, 0, 30, 0);
	flush(folder.store);			/* ten were not there once */
	assert_null(group_with(35));
	append_part(101, 0, 30, 0);
	assert_int_equal(group_with(0)->n, 30);
	get(folder.store, refs[35], 0, INT64_MAX, &got);
	assert_int_equal(got.n, 1);
	get(folder.store, refs[0], 0, INT64_MAX, &got);
	assert_int_equal(got.n, 102);
}

static void a_series_may_move(void **state)
{
	(void)state;
	for (uint32_t s = 0; s < 300; s++) {
		uint32_t border = s < 150 ? 20 : 25;

		append_part(s, 0, border, 0);
		append_part(s, border, SERIES, 0);
	}
	check(300);
	assert_ptr_equal(group_with(22), group_with(0));
	assert_ptr_not_equal(group_with(30), group_with(0));
	folder_reopen(&folder);
	check(300);
	flush(folder.store);
	check(300);
}

static void late_and_known_samples_of_members_are_judged(void **state)
{
	struct store_appended done;

	(void)state;
	for (uint32_t s = 0; s < 1000; s++)
		append_all(s, 0);
	assert_int_equal(put(folder.store, refs[1], T0 + 5000, value_at(1, 5), &done), 0);
	assert_int_equal(done.refused[REFUSED_LATE], 1);
	assert_int_equal(put(folder.store, refs[1], T0 + 900000, value_at(1, 900), &done), 0);
	assert_int_equal(done.repeated, 1);
	assert_int_equal(put(folder.store, refs[1], T0 + 900000, -1, &done), 0);
	assert_int_equal(done.refused[REFUSED_CONFLICT], 1);
	assert_int_equal(put(folder.store, refs[1], T0 + 999000, -1, &done), 0);
	assert_int_equal(done.refused[REFUSED_CONFLICT], 1);
	assert_int_equal(put(folder.store, refs[1], T0 + 900500, -1, &done), 0);
	assert_int_equal(done.stored, 1);
	get(folder.store, refs[1], T0 + 899000, T0 + 901000, &got);
	assert_true(got.n == 3 && got.value[1] == -1);
}

/* Marks, payloads and signs, through rows, columns, WAL and blocks. */
static void every_bit_is_kept(void **state)
{
	static const uint64_t odd[] = { STALE_BITS, NAN_BITS, UINT64_C(0x7ff800000000beef), UINT64_C(0xfff0000000000000),
					UINT64_C(0x8000000000000000), 0, 1, UINT64_C(0x3ff0000000000001) };
	double values[SERIES];
	struct store_batch batch = { .n = SERIES, .refs = refs, .values = values };

	(void)state;
	for (uint32_t s = 0; s < 300; s++) {
		for (uint32_t i = 0; i < SERIES; i++)
			values[i] = value_of_bits(odd[(i + s / (1 + i)) % 8]);
		batch.at = T0 + s * 1000;
		assert_int_equal(store_append(folder.store, &batch, NULL), 0);
	}
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < SERIES; i++) {
			get(folder.store, refs[i], 0, INT64_MAX, &got);
			assert_int_equal(got.n, 300);
			for (uint32_t s = 0; s < 300; s++)
				assert_true(value_bits(got.value[s]) == odd[(i + s / (1 + i)) % 8]);
		}
		if (round)
			flush(folder.store);
		else
			folder_reopen(&folder);
	}
}

static void a_killed_process_loses_no_row(void **state)
{
	pid_t child;
	int status;

	(void)state;
	folder_close(&folder);
	child = fork();
	if (!child) {
		folder_open(&folder);
		for (uint32_t s = 0; s < 1000; s++) {
			append_all(s, s / 100);
			if (s == 400)
				flush(folder.store);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	folder_open(&folder);
	check(1000);
}

/* ---- decimals ---- */

enum { ROWS_OF_DECIMALS = 300, TWO_DECIMALS = 2 };
enum { FORM = 15, FORMS_OF_INTEGERS = 6, EXPONENT = 31 };	/* of a column: docs/format.md */

/* Whole at first; then with two decimals, those of every fifth with four from row 200 on. */
static double decimal_at(uint32_t i, uint32_t row)
{
	if (row % 50 == 0)
		return 12 + i;
	return i % 5 == 4 && row >= 200 ? (double)(row * 7919 + i) / 10000 : (double)(row * 37 % 1000 + i * 100) / 100;
}

/* Right; none; too few; too many; right at first. */
static void hint_at(uint32_t i)
{
	static const uint8_t hints[] = { TWO_DECIMALS, 0, 1, 15, TWO_DECIMALS };

	if (hints[i % 5])
		store_hint_decimals(folder.store, refs[i], hints[i % 5]);
}

/* Which exponent a column was written with; -1: it is none of integers. */
static int exponent_in(const struct sealed *sealed, uint32_t slot)
{
	const uint8_t *bytes = (const uint8_t *)(sealed->begin + sealed->n + 1) + sealed->begin[slot];

	assert_int_equal(bytes[0], SEALED_COLUMN);
	return (bytes[1] & FORM) <= FORMS_OF_INTEGERS ? bytes[2] & EXPONENT : -1;
}

static uint64_t append_decimals(bool hinted)
{
	struct store_stats stats;

	for (uint32_t i = 0; i < SERIES && hinted; i++)
		hint_at(i);
	for (uint32_t row = 0; row < ROWS_OF_DECIMALS; row++) {
		double values[SERIES];

		for (uint32_t i = 0; i < SERIES; i++)
			values[i] = decimal_at(i, row);
		folder.clock.now = T0 + row * 1000;
		assert_int_equal(store_append(folder.store, &(struct store_batch){ .n = SERIES, .refs = refs, .values = values,
										   .at = T0 + row * 1000 }, NULL), 0);
	}
	store_stats(folder.store, &stats);
	return stats.wal_bytes;
}

static void check_decimals(void)
{
	for (uint32_t i = 0; i < SERIES; i++) {
		get(folder.store, refs[i], 0, INT64_MAX, &got);
		assert_int_equal(got.n, ROWS_OF_DECIMALS);
		for (uint32_t row = 0; row < ROWS_OF_DECIMALS; row++)
			if (value_bits(got.value[row]) != value_bits(decimal_at(i, row)))
				fail_msg("series %u, row %u: %.17g", i, row, got.value[row]);
	}
}

/* The unit from the first row on, and so the exponent of the column. Where a hint is wrong, it costs bytes and no bit of a value. */
static void decimals_that_are_known_are_the_unit(void **state)
{
	const struct group *group;
	uint64_t with, without;

	(void)state;
	folder.store->head.spill.failed = true;		/* sealed rows stay where they can be looked into */
	store_hint_decimals(folder.store, 12345, 2);	/* nobody */
	with = append_decimals(true);
	group = folder.store->head.groups[1];
	for (uint32_t i = 0; i < SERIES; i += 5) {
		assert_int_equal(group->rows.base_state[i], TWO_DECIMALS);
		assert_int_equal(exponent_in(group->stretches[0].sealed, i), TWO_DECIMALS);
		assert_int_equal(exponent_in(group->stretches[0].sealed, i + 4), TWO_DECIMALS);
		assert_int_equal(exponent_in(group->stretches[group->n_stretches - 1].sealed, i + 4), 4);
	}
	check_decimals();
	folder_reopen(&folder);
	check_decimals();
	clean(NULL);
	make(NULL);
	without = append_decimals(false);
	check_decimals();
	if (with == without)
		fail_msg("a hint changes nothing: %llu bytes", (unsigned long long)with);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_comes_together_is_a_group_in_any_order, make, clean),
		cmocka_unit_test_setup_teardown(two_groups_may_come_in_one_append, make, clean),
		cmocka_unit_test_setup_teardown(a_request_that_comes_again_gets_its_group, make, clean),
		cmocka_unit_test_setup_teardown(one_series_a_request_is_right_too, make, clean),
		cmocka_unit_test_setup_teardown(a_group_that_comes_twice_is_taken_once, make, clean),
		cmocka_unit_test_setup_teardown(a_few_series_are_no_group, make, clean),
		cmocka_unit_test_setup_teardown(members_that_stay_away_end_their_group, make, clean),
		cmocka_unit_test_setup_teardown(a_series_may_move, make, clean),
		cmocka_unit_test_setup_teardown(late_and_known_samples_of_members_are_judged, make, clean),
		cmocka_unit_test_setup_teardown(every_bit_is_kept, make, clean),
		cmocka_unit_test_setup_teardown(decimals_that_are_known_are_the_unit, make, clean),
		cmocka_unit_test_setup_teardown(a_killed_process_loses_no_row, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
