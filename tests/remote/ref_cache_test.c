/* SPDX-License-Identifier: MIT */
/* ref_cache_test.c - finds what was added, grows, stays within its bound, and has a secret. */
#include "wire.h"

static struct ref_key key_of(const struct ref_cache *cache, uint32_t i)
{
	return ref_cache_key(cache, &i, sizeof i);
}

static void finds_what_was_added(void **state)
{
	AUTO(ref_cache) cache = ref_cache_create();
	uint32_t n;
	uint64_t bytes;

	(void)state;
	ref_cache_limit(cache, 100000);
	assert_int_equal(ref_cache_find(cache, key_of(cache, 1)), 0);
	for (uint32_t i = 1; i <= 100000; i++)
		ref_cache_add(cache, key_of(cache, i), i);
	for (uint32_t i = 1; i <= 100000; i++)
		if (ref_cache_find(cache, key_of(cache, i)) != i)
			fail_msg("%u is lost", i);
	assert_int_equal(ref_cache_find(cache, key_of(cache, 100001)), 0);
	ref_cache_add(cache, key_of(cache, 7), 700);
	assert_int_equal(ref_cache_find(cache, key_of(cache, 7)), 700);
	ref_cache_stats(cache, &n, &bytes);
	assert_int_equal(n, 100000);
	assert_int_equal(bytes, 16 * 262144);
}

static void is_emptied_when_it_is_full(void **state)
{
	AUTO(ref_cache) cache = ref_cache_create();
	uint32_t n;
	uint64_t bytes;

	(void)state;
	ref_cache_limit(cache, 1000);
	for (uint32_t i = 1; i <= 100000; i++) {
		ref_cache_add(cache, key_of(cache, i), i);
		assert_int_equal(ref_cache_find(cache, key_of(cache, i)), i);
	}
	ref_cache_stats(cache, &n, &bytes);
	assert_true(n > 0 && n <= 1536);
	assert_int_equal(bytes, 16 * 2048);
	ref_cache_clear(cache);
	ref_cache_stats(cache, &n, &bytes);
	assert_true(n == 0 && bytes == 0);
	assert_int_equal(ref_cache_find(cache, key_of(cache, 100000)), 0);
}

static void a_lower_limit_holds_at_once(void **state)
{
	AUTO(ref_cache) cache = ref_cache_create();
	uint32_t n;
	uint64_t bytes;

	(void)state;
	ref_cache_limit(cache, 100000);
	for (uint32_t i = 1; i <= 50000; i++)
		ref_cache_add(cache, key_of(cache, i), i);
	ref_cache_limit(cache, 10);
	ref_cache_stats(cache, &n, &bytes);
	assert_true(bytes <= 16 * 1024);
}

static void two_caches_hash_otherwise(void **state)
{
	AUTO(ref_cache) one = ref_cache_create();
	AUTO(ref_cache) other = ref_cache_create();
	struct ref_key a = key_of(one, 1), b = key_of(other, 1);

	(void)state;
	assert_true(a.low != b.low && a.high != b.high);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added),
		cmocka_unit_test(is_emptied_when_it_is_full),
		cmocka_unit_test(a_lower_limit_holds_at_once),
		cmocka_unit_test(two_caches_hash_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
