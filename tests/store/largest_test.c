/* SPDX-License-Identifier: MIT */
/* largest_test.c - what is remembered of blocks is what reading all of them says, and is bounded. */
#include "answers.h"
#include "store/sizes.h"

#define M INT64_C(60000)

static struct folder folder;

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	folder_open(&folder);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

struct list {
	uint32_t n;
	struct {
		char name[32];
		uint64_t bytes[TIERS];
	} of[100];
};

static void add(struct list *list, const char *name, const uint64_t bytes[TIERS])
{
	assert_true(list->n < 100);
	snprintf(list->of[list->n].name, sizeof list->of[0].name, "%s", name);
	memcpy(list->of[list->n++].bytes, bytes, sizeof list->of[0].bytes);
}

static int take_large(void *data, const struct store_large *large)
{
	add(data, large->name, large->bytes);
	return 0;
}

static int take_size(void *data, const struct store_metric_size *size)
{
	add(data, size->metric->name, size->bytes);
	return 0;
}

static struct list known(void)
{
	struct list list = { 0 };

	assert_int_equal(store_each_largest(folder.store, take_large, &list), 0);
	return list;
}

static uint64_t sum_of(const uint64_t bytes[TIERS])
{
	return bytes[0] + bytes[1] + bytes[2] + bytes[3];
}

/* Each of them has what a look into all blocks says, and they fall. */
static void check_sizes(uint32_t n)
{
	struct list list = known(), all = { 0 };

	assert_int_equal(store_each_metric_size(folder.store, take_size, &all), 0);
	assert_int_equal(list.n, n);
	for (uint32_t i = 0; i < list.n; i++) {
		uint32_t k = 0;

		while (strcmp(all.of[k].name, list.of[i].name) != 0)
			assert_true(++k < all.n);
		assert_memory_equal(list.of[i].bytes, all.of[k].bytes, sizeof all.of[k].bytes);
		assert_true(i == 0 || sum_of(list.of[i].bytes) <= sum_of(list.of[i - 1].bytes));
	}
}

/* Values that take what they take; `minutes` of them, ten a minute, from one minute on. */
static void put_noise(series_ref ref, int from, int minutes)
{
	uint64_t x = ref;

	for (int i = from * 10; i < (from + minutes) * 10; i++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		must_put(folder.store, ref, T0 + i * 6000, (double)(x >> 11));
	}
}

static void flush_at(int minute)
{
	folder.clock.now = T0 + minute * M;
	maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_FLUSH);
}

static void follows_what_is_written(void **state)
{
	series_ref large = series_of(folder.store, "large", NULL), small = series_of(folder.store, "small", NULL);

	(void)state;
	put_noise(large, 0, 20);
	put_noise(small, 0, 5);
	flush_at(21);
	assert_int_equal(known().n, 0);
	assert_int_equal(largest_step(folder.store, UINT64_MAX), 0);
	check_sizes(2);
	assert_string_equal(known().of[0].name, "large");
	put_noise(small, 21, 70);
	flush_at(130);
	assert_int_equal(largest_step(folder.store, UINT64_MAX), 0);
	check_sizes(2);
	assert_string_equal(known().of[0].name, "small");
	folder.clock.now += 3 * 24 * 60 * M;
	maintain(folder.store, MAINTAIN_MERGE | MAINTAIN_EXPIRE);
	assert_int_equal(largest_step(folder.store, UINT64_MAX), 0);
	check_sizes(2);
	assert_int_equal(known().of[0].bytes[KYMO_RAW], 0);
	assert_true(known().of[0].bytes[KYMO_1M] > 0);
}

static void goes_on_where_it_was(void **state)
{
	series_ref ref = series_of(folder.store, "a", NULL);
	int steps = 0, r;

	(void)state;
	for (int i = 0; i < 3; i++) {
		put_noise(ref, i * 30, 30);
		flush_at(i * 30 + 31);
	}
	while ((r = largest_step(folder.store, 1)) > 0) {
		assert_int_equal(known().n, 0);
		steps++;
	}
	assert_int_equal(r, 0);
	assert_true(steps > 2);
	check_sizes(1);
	assert_int_equal(largest_step(folder.store, 1), 0);		/* nothing is new */
}

static void no_more_than_that(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < STORE_LARGEST + 20; i++) {
		snprintf(name, sizeof name, "m%d", i);
		put_noise(series_of(folder.store, name, NULL), 0, 1 + i);
	}
	flush_at(STORE_LARGEST + 30);
	assert_int_equal(largest_step(folder.store, UINT64_MAX), 0);
	check_sizes(STORE_LARGEST);
	assert_string_equal(known().of[0].name, "m69");
	assert_true(sum_of(known().of[0].bytes) > sum_of(known().of[STORE_LARGEST - 1].bytes) * 2);
}

static int take_first(void *data, const struct store_large *large)
{
	(void)large;
	++*(int *)data;
	return 7;
}

static void who_has_enough_says_so(void **state)
{
	int n = 0;

	(void)state;
	put_noise(series_of(folder.store, "a", NULL), 0, 5);
	put_noise(series_of(folder.store, "b", NULL), 0, 5);
	flush_at(6);
	assert_int_equal(largest_step(folder.store, UINT64_MAX), 0);
	assert_int_equal(store_each_largest(folder.store, take_first, &n), 7);
	assert_int_equal(n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(follows_what_is_written, make, clean),
		cmocka_unit_test_setup_teardown(goes_on_where_it_was, make, clean),
		cmocka_unit_test_setup_teardown(no_more_than_that, make, clean),
		cmocka_unit_test_setup_teardown(who_has_enough_says_so, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
