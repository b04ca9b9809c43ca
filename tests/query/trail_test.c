/* SPDX-License-Identifier: MIT */
#include "query/pieces.h"
#include "query/trail.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>

enum { N = 20000 };

/* Samples, then records, then samples again: what is folded is in order of time. */
static void samples_and_records_take_turns(void **state)
{
	static const kymo_ms at[] = { 5, 15, 25, 30, 35, 45 };
	static const double v[] = { 9, 1, 7, 5, 6, 2 };
	AUTO(trail) trail = trail_create();
	struct columns records;
	struct fold fold, straight;

	(void)state;
	columns_make(&records, KIND_COUNTER, at + 1, v + 1, 3, 10, 5);
	struct piece before = samples_piece(at, v, 1), middle = columns_piece(&records, 0, records.n),
		     after = samples_piece(at + 4, v + 4, 2), all = samples_piece(at, v, 6);

	assert_int_equal(trail_add(trail, &before), 0);
	assert_int_equal(trail_add(trail, &middle), 0);
	assert_int_equal(trail_add(trail, &after), 0);
	columns_fini(&records);		/* it has copies */
	fold_init(&fold, WANT_ALL, KIND_COUNTER);
	fold_init(&straight, WANT_ALL, KIND_COUNTER);
	assert_int_equal(trail_fold(trail, 100, &fold), 5);
	assert_int_equal(fold_add(&straight, &all, 0, 6), 0);
	assert_int_equal(fold.count, 6);
	assert_true(fold_sum(&fold) == 30 && fold.first == 9 && fold.last == 2);
	assert_true(fold.correction == straight.correction && fold.correction == 22);
	fold_clear(&fold);
	trail_forget(trail, 20);
	assert_int_equal(trail_fold(trail, 44, &fold), 2);
	assert_true(fold_sum(&fold) == 18);
	fold_clear(&fold);
	trail_clear(trail);
	assert_int_equal(trail_fold(trail, 100, &fold), 0);
	fold_fini(&fold);
	fold_fini(&straight);
}

/* However much goes through, the room follows what is kept. */
static void a_long_way_in_little_room(void **state)
{
	static kymo_ms at[N];
	static double v[N];
	AUTO(trail) trail = trail_create();
	struct columns records;
	struct fold fold;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		at[i] = i + 1;
		v[i] = i + 1;
	}
	columns_make(&records, KIND_GAUGE, at, v, N, 2, 5);
	fold_init(&fold, WANT_SUM, KIND_GAUGE);
	for (uint32_t i = 0; i + 100 <= N; i += 100) {
		struct piece piece = samples_piece(at + i, v + i, 100);
		struct piece windows = columns_piece(&records, i / 2, i / 2 + 50);

		assert_int_equal(trail_add(trail, &piece), 0);
		assert_int_equal(trail_add(trail, &windows), 0);
		trail_forget(trail, at[i + 99] - 30);
		fold_clear(&fold);
		assert_int_equal(trail_fold(trail, at[i + 99], &fold), 30 + 15);
		assert_true(fold_sum(&fold) == 2 * (30 * v[i + 99] - 435));
	}
	fold_fini(&fold);
	columns_fini(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_and_records_take_turns),
		cmocka_unit_test(a_long_way_in_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
