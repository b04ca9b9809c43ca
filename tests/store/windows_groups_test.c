/* SPDX-License-Identifier: MIT */
/*
 * windows_groups_test.c - minutes of a group, closed as columns, against windows that
 * were added to sample by sample.
 */
#include "answers.h"
#include "model/sample.h"

#include <math.h>

#define M INT64_C(60000)
#define HOUR0 INT64_C(1700002800000)

enum { MEMBERS = 140, MINUTES = 14, SAMPLES = MINUTES * 60 + 60 };

struct member {
	series_ref ref;
	bool counter;
	uint32_t n;
	kymo_ms at[SAMPLES];
	double value[SAMPLES];
	double now;
};

static struct folder folder;
static struct member members[MEMBERS];
static uint64_t seed;

static uint32_t draw(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % n);
}

static int make(void **state)
{
	char number[16];

	folder_make(&folder);
	folder_open(&folder);
	atomic_store(&folder.clock.now, HOUR0);
	seed = 88172645463325252;
	for (uint32_t i = 0; i < MEMBERS; i++) {
		snprintf(number, sizeof number, "%u", i);
		members[i] = (struct member){ .counter = i % 3 == 0 };
		members[i].ref = series_of(folder.store, members[i].counter ? "c_total" : "g", number);
	}
	*state = &folder;
	return 0;
}

static int clean(void **state)
{
	folder_remove(*state);
	return 0;
}

/* By kind of member: still, rarely changing, awkward, in decimals, in no unit. */
static double next_value(uint32_t i)
{
	static const double odd[] = { 0.0, -0.0, NAN, INFINITY, 1e300, 5e-324, -7.25 };
	double *now = &members[i].now;

	switch (i % 7) {
	case 0:
		return 42;
	case 1:
		*now += draw(90) == 0;
		return *now;
	case 2:
		return draw(20) ? -0.0 : odd[draw(7)];
	case 3:
		return draw(30) ? *now : value_stale();
	case 4:
		*now = draw(50) ? *now + draw(100) : 0;
		return *now / 100;
	case 5:
		return (double)draw(1000000) / 7;
	default:
		return draw(100) < 5 ? NAN : (double)draw(3);
	}
}

static void note(struct member *member, kymo_ms at, double value)
{
	uint32_t i = member->n++;

	assert_true(member->n <= SAMPLES);
	for (; i > 0 && member->at[i - 1] > at; i--) {
		member->at[i] = member->at[i - 1];
		member->value[i] = member->value[i - 1];
	}
	member->at[i] = at;
	member->value[i] = value;
}

/* Some are away for minutes, some now and then. */
static bool is_there(uint32_t i, kymo_ms at)
{
	if (i % 11 == 5)
		return (at - HOUR0) / (3 * M) % 2 == 0;
	return i % 13 != 7 || draw(4);
}

static void collect(kymo_ms at)
{
	series_ref refs[MEMBERS];
	double values[MEMBERS];
	uint32_t n = 0;

	for (uint32_t i = 0; i < MEMBERS; i++)
		if (is_there(i, at)) {
			refs[n] = members[i].ref;
			values[n] = next_value(i);
			note(&members[i], at, values[n++]);
		}
	atomic_store(&folder.clock.now, at);
	assert_int_equal(store_append(folder.store, &(struct store_batch){ .n = n, .refs = refs, .values = values, .at = at }, NULL), 0);
}

/* A few come late, and so are beside the rows of their group. */
static void put_late(kymo_ms at)
{
	uint32_t i = 8 + draw(40);

	must_put(folder.store, members[i].ref, at - 17, 3.5);
	note(&members[i], at - 17, 3.5);
}

static void expected_window(const struct member *member, kymo_ms end, struct window *out)
{
	enum series_kind kind = member->counter ? KIND_COUNTER : KIND_GAUGE;

	window_reset(out, end - M, end, member->counter ? SKETCH_NONE : 5);
	for (uint32_t i = 0; i < member->n; i++)
		if (member->at[i] > end - M && member->at[i] <= end)
			assert_int_equal(window_add(out, kind, member->at[i], member->value[i]), 0);
	window_settle(out, kind);
}

static void check_sketch(const struct window *expected, const struct answer *answer)
{
	assert_int_equal(expected->has_sketch, answer->record.window.has_sketch);
	if (expected->has_sketch && !window_is_constant(expected))
		assert_true(sketch_same(&expected->sketch, &answer->record.window.sketch));
}

static void check_member(uint32_t i, kymo_ms until)
{
	struct answers got = { 0 };
	struct window expected = { 0 };
	uint32_t at = 0;

	ask(folder.store, members[i].ref, KYMO_1M, HOUR0, until, WANT_ALL | WANT_ENDS, &got);
	for (kymo_ms end = HOUR0 + M; end <= until; end += M) {
		struct window window;

		expected_window(&members[i], end, &expected);
		if (!expected.count && !expected.ended)
			continue;
		assert_true(at < got.n);
		if (!members[i].counter)
			check_sketch(&expected, &got.of[at]);
		window = got.of[at++].record.window;
		window.has_sketch = expected.has_sketch = false;
		if (!window_same(&expected, &window))
			fail_msg("member %u, window %lld: count %llu, not %llu; sum %.17g, not %.17g", i,
				 (long long)(end - HOUR0) / M, (unsigned long long)window.count,
				 (unsigned long long)expected.count, window.sum, expected.sum);
	}
	assert_int_equal(at, got.n);
	window_fini(&expected);
	answers_fini(&got);
}

static void check(kymo_ms until)
{
	for (uint32_t i = 0; i < MEMBERS; i++)
		check_member(i, until);
}

static void columns_and_samples_make_the_same_windows(void **state)
{
	(void)state;
	for (uint32_t minute = 0; minute < MINUTES; minute++) {
		kymo_ms start = HOUR0 + minute * M;

		for (uint32_t second = 1; second <= 60; second++) {
			collect(start + second * INT64_C(1000) - (second == 60 ? 0 : draw(900)));
			if (minute > 2 && second % 20 == 10)
				put_late(start + second * INT64_C(1000) - 900);
		}
		if (minute == 6)	/* half of the next to close is in blocks by then */
			maintain(folder.store, MAINTAIN_FLUSH);
		pass_time(&folder, start + M + 5000);
		if (minute == 9)
			folder_reopen(&folder);
	}
	check(HOUR0 + MINUTES * M);
	maintain(folder.store, MAINTAIN_FLUSH);
	check(HOUR0 + MINUTES * M);
}

/* What leaves its group before the minute is over is not forgotten, whatever a flush takes. */
static void who_is_in_a_group_no_more_is_found(void **state)
{
	series_ref refs[40];
	double values[40];

	(void)state;
	for (uint32_t i = 0; i < 40; i++) {
		refs[i] = members[i].ref;
		values[i] = i;
	}
	for (uint32_t second = 1; second < 40; second++) {
		kymo_ms at = HOUR0 + second * INT64_C(1000);

		atomic_store(&folder.clock.now, at);
		assert_int_equal(store_append(folder.store, &(struct store_batch){ .n = 40, .refs = refs, .values = values, .at = at },
					      NULL), 0);
		if (second % 10 == 0)	/* a group that has no new rows by the second flush is gone */
			maintain(folder.store, MAINTAIN_FLUSH);
	}
	maintain(folder.store, MAINTAIN_FLUSH);
	maintain(folder.store, MAINTAIN_FLUSH);
	maintain(folder.store, MAINTAIN_FLUSH);
	atomic_store(&folder.clock.now, HOUR0 + M + 5000);
	assert_int_equal(maintain(folder.store, MAINTAIN_CLOSE).closed_windows, 40);
	folder_reopen(&folder);
	atomic_store(&folder.clock.now, HOUR0 + 60 * M + 5000);
	assert_int_equal(maintain(folder.store, MAINTAIN_CLOSE).closed_windows, 80);
}

/* The same for a store that is opened when all of it is in blocks. */
static void what_is_in_blocks_at_the_start_is_found(void **state)
{
	(void)state;
	for (uint32_t second = 1; second < 40; second++)
		collect(HOUR0 + second * INT64_C(1000));
	must_put(folder.store, members[3].ref, HOUR0 + 41000, 1);
	maintain(folder.store, MAINTAIN_FLUSH);
	folder_reopen(&folder);
	pass_time(&folder, HOUR0 + M + 5000);
	note(&members[3], HOUR0 + 41000, 1);
	check(HOUR0 + M);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(columns_and_samples_make_the_same_windows, make, clean),
		cmocka_unit_test_setup_teardown(who_is_in_a_group_no_more_is_found, make, clean),
		cmocka_unit_test_setup_teardown(what_is_in_blocks_at_the_start_is_found, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
