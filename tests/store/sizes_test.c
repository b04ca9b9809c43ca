/* SPDX-License-Identifier: MIT */
/* sizes_test.c - what metrics take on disk: entries are all counted, and bytes are not more than there are. */
#include "answers.h"

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

struct sizes {
	uint32_t n;
	struct store_metric_size of[8];
	char name[8][32];
};

static int take(void *data, const struct store_metric_size *size)
{
	struct sizes *sizes = data;

	snprintf(sizes->name[sizes->n], sizeof sizes->name[0], "%s", size->metric->name);
	sizes->of[sizes->n++] = *size;
	return 0;
}

static void put_noise(series_ref ref, int minutes)
{
	uint64_t x = ref;

	for (int i = 0; i < minutes * 60; i++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		must_put(folder.store, ref, T0 + i * 1000, (double)(x >> 11));
	}
}

static void every_metric_has_what_is_its_own(void **state)
{
	struct sizes sizes = { 0 };
	struct store_stats stats;
	series_ref one, two, still;

	(void)state;
	one = series_of(folder.store, "noise", "1");
	two = series_of(folder.store, "noise", "2");
	still = series_of(folder.store, "still", NULL);
	put_noise(one, 10);
	put_noise(two, 10);
	for (int i = 0; i < 600; i++)
		must_put(folder.store, still, T0 + i * 1000, 5);
	series_of(folder.store, "unused", NULL);
	folder.clock.now = T0 + 11 * M;
	maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_FLUSH);
	assert_int_equal(store_each_metric_size(folder.store, take, &sizes), 0);
	store_stats(folder.store, &stats);
	assert_int_equal(sizes.n, 3);
	assert_string_equal(sizes.name[0], "noise");
	assert_string_equal(sizes.name[1], "still");
	assert_string_equal(sizes.name[2], "unused");
	assert_int_equal(sizes.of[0].series, 2);
	assert_int_equal(sizes.of[0].samples[KYMO_RAW], 1200);
	assert_int_equal(sizes.of[1].samples[KYMO_RAW], 600);
	for (int tier = 0; tier < TIERS; tier++) {
		assert_int_equal(sizes.of[0].samples[tier] + sizes.of[1].samples[tier], stats.tier[tier].samples);
		assert_true(sizes.of[0].bytes[tier] + sizes.of[1].bytes[tier] <= stats.tier[tier].bytes);
		assert_int_equal(sizes.of[2].bytes[tier], 0);
	}
	/* 53 random bits a sample are most of the block; a constant is next to nothing. */
	assert_true(sizes.of[0].bytes[KYMO_RAW] > 1200 * 53 / 8 && sizes.of[0].bytes[KYMO_RAW] > stats.tier[KYMO_RAW].bytes * 8 / 10);
	assert_true(sizes.of[1].bytes[KYMO_RAW] < 100);
}

static void who_has_enough_says_so(void **state)
{
	struct sizes sizes = { .n = 0 };

	(void)state;
	series_of(folder.store, "a", NULL);
	assert_int_equal(store_each_metric_size(folder.store, take, &sizes), 0);
	assert_int_equal(sizes.n, 1);
	assert_int_equal(sizes.of[0].bytes[KYMO_RAW], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_metric_has_what_is_its_own, make, clean),
		cmocka_unit_test_setup_teardown(who_has_enough_says_so, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
