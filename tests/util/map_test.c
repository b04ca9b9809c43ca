/* SPDX-License-Identifier: MIT */
/* map_test.c - against a plain array that knows the truth. */
#include "util/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/hash.h"

/* The owner's array: item i has key keys[i]. */
enum { KEYS = 500 };
static uint64_t keys[KEYS];

static bool same_key(const void *owner, uint32_t item, const void *key)
{
	return ((const uint64_t *)owner)[item] == *(const uint64_t *)key;
}

static uint64_t good_hash(uint64_t key) { return hash_bytes(&key, sizeof key); }
static uint64_t poor_hash(uint64_t key) { return key % 7; }
static uint64_t high_hash(uint64_t key) { return key << 32; }

static uint32_t find(const struct map *map, uint64_t (*hash)(uint64_t), uint64_t key)
{
	return map_find(map, hash(key), &key, same_key, keys);
}

static int make_keys(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < KEYS; i++)
		keys[i] = i * 977;
	return 0;
}

static void is_empty_at_first(void **state)
{
	struct map map = { 0 };

	(void)state;
	assert_int_equal(find(&map, good_hash, 0), MAP_NONE);
	map_remove(&map, 0, 0);
	map_fini(&map);
}

/* Add and remove at random; after each step the map and the array must agree. */
static void churn(uint64_t (*hash)(uint64_t), int steps)
{
	struct map map = { 0 };
	bool in[KEYS] = { false };
	uint32_t seed = 1, count = 0;

	for (int step = 0; step < steps; step++) {
		uint32_t i = (seed = seed * 1664525 + 1013904223) >> 8;

		i %= step < steps / 2 ? KEYS : KEYS / 10;	/* first many, then few */
		if (in[i])
			map_remove(&map, hash(keys[i]), i);
		else
			assert_int_equal(map_add(&map, hash(keys[i]), i), 0);
		in[i] = !in[i];
		count += in[i] ? 1 : -1u;
		assert_int_equal(map.count, count);
		assert_true(map.used >= map.count && map.used <= map.room / 4 * 3);
		assert_int_equal(find(&map, hash, keys[i]), in[i] ? i : MAP_NONE);
	}
	for (uint32_t i = 0; i < KEYS; i++)
		assert_int_equal(find(&map, hash, keys[i]), in[i] ? i : MAP_NONE);
	assert_true(map.room <= 2048);
	map_fini(&map);
	assert_int_equal(map.count, 0);
}

static void agrees_with_an_array(void **state)
{
	(void)state;
	churn(good_hash, 20000);
	churn(high_hash, 5000);
}

static void bears_a_poor_hash(void **state)
{
	(void)state;
	churn(poor_hash, 5000);
}

static void removing_another_item_changes_nothing(void **state)
{
	struct map map = { 0 };

	(void)state;
	assert_int_equal(map_add(&map, 5, 1), 0);
	map_remove(&map, 5, 2);
	map_remove(&map, 6, 1);
	map_remove(&map, 5, MAP_NONE);
	assert_int_equal(map.count, 1);
	map_remove(&map, 5, 1);
	assert_int_equal(map.count, 0);
	assert_int_equal(map.used, 0);
	map_fini(&map);
}

/* One in, one out, for ever: the marks must not make it grow. */
static void does_not_grow_from_churn(void **state)
{
	struct map map = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(map_add(&map, good_hash(i), i), 0);
	for (uint32_t i = 4; i < 10000; i++) {
		assert_int_equal(map_add(&map, good_hash(i), i), 0);
		map_remove(&map, good_hash(i - 4), i - 4);
	}
	assert_true(map.room <= 16);
	map_fini(&map);
}

static bool same_number(const void *owner, uint32_t item, const void *key)
{
	(void)owner;
	return item == *(const uint32_t *)key;
}

static uint32_t find_number(const struct map *map, uint32_t i)
{
	return map_find(map, good_hash(i), &i, same_number, NULL);
}

/* Large enough to move little by little: what is there is found on both sides, and not twice. */
static void a_large_one_moves_little_by_little(void **state)
{
	enum { MANY = 700000, CHANGES = 900000 };
	struct map map = { 0 };
	uint8_t *in = calloc(MANY, 1);
	uint32_t seed = 1, count = 0, moving = 0;

	(void)state;
	for (uint32_t step = 0; step < CHANGES; step++) {
		uint32_t i = step % 8 ? step * 7 / 8 % MANY : (seed = seed * 1664525 + 1013904223) % MANY;

		if (in[i])
			map_remove(&map, good_hash(i), i);
		else
			assert_int_equal(map_add(&map, good_hash(i), i), 0);
		in[i] = !in[i];
		count += in[i] ? 1 : -1u;
		moving += map.old != NULL;
		assert_int_equal(find_number(&map, i), in[i] ? i : MAP_NONE);
	}
	assert_int_equal(map.count, count);
	assert_true(moving > 10000 && map.room >= 1 << 19);
	for (uint32_t i = 0; i < MANY; i++)
		if (find_number(&map, i) != (in[i] ? i : MAP_NONE))
			fail_msg("%u", i);
	map_fini(&map);
	free(in);
}

static void what_is_reserved_is_there(void **state)
{
	struct map map = { 0 };
	uint32_t room;

	(void)state;
	assert_int_equal(map_reserve(&map, KEYS), 0);
	room = map.room;
	assert_int_equal(map_bytes(&map), room * UINT64_C(8));
	for (uint32_t i = 0; i < KEYS; i++) {
		map_prefetch(&map, good_hash(keys[i]));
		assert_int_equal(map_add(&map, good_hash(keys[i]), i), 0);
	}
	assert_int_equal(map.room, room);
	assert_int_equal(map_reserve(&map, 1000000), 0);	/* large enough for large pages */
	for (uint32_t i = 0; i < KEYS; i++)
		assert_int_equal(find(&map, good_hash, keys[i]), i);
	map_fini(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_empty_at_first),
		cmocka_unit_test(agrees_with_an_array),
		cmocka_unit_test(bears_a_poor_hash),
		cmocka_unit_test(removing_another_item_changes_nothing),
		cmocka_unit_test(does_not_grow_from_churn),
		cmocka_unit_test(a_large_one_moves_little_by_little),
		cmocka_unit_test(what_is_reserved_is_there),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
