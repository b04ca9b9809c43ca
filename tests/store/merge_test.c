/* SPDX-License-Identifier: MIT */
#include "answers.h"
#include "store/merge.h"
#include "util/check.h"

#include <math.h>

#define M INT64_C(60000)
#define H (60 * M)
#define DAY (24 * H)
#define DAY0 (19700 * DAY)

static struct folder folder;

static int make(void **state)
{
	folder_make(&folder);
	folder_open(&folder);
	atomic_store(&folder.clock.now, DAY0);
	*state = &folder;
	return 0;
}

static int clean(void **state)
{
	folder_remove(*state);
	return 0;
}

static void slots_follow_the_retention(void **state)
{
	static const struct { enum kymo_tier tier; kymo_ms retention, slot; } rows[] = {
		{ KYMO_RAW, DAY, 3 * H }, { KYMO_1M, 7 * DAY, DAY }, { KYMO_5M, 30 * DAY, 4 * DAY }, { KYMO_1H, 365 * DAY, 28 * DAY },
		{ KYMO_RAW, FOREVER, DAY }, { KYMO_1M, FOREVER, 7 * DAY }, { KYMO_1H, FOREVER, 28 * DAY },
		{ KYMO_RAW, H, H }, { KYMO_RAW, 0, H }, { KYMO_1M, 24 * H, 3 * H },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (merge_slot(rows[i].tier, rows[i].retention) != rows[i].slot)
			fail_msg("row %zu: %lld", i, (long long)merge_slot(rows[i].tier, rows[i].retention));
}

/* A block of one series: `n` samples a minute apart, the last at `end`. */
static struct block *block_of(uint64_t sequence, kymo_ms end, uint32_t n, double value)
{
	series_ref ref = series_of(folder.store, "a", "x");
	struct metric *metric = metric_create(&(struct kymo_metric){ .name = "a" });
	kymo_ms *at = calloc(n, sizeof *at);
	double *values = calloc(n, sizeof *values);
	AUTO_BUF labels = { 0 };
	struct block_writer *writer;
	struct block *block;
	struct error err = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		at[i] = end - (n - 1 - i) * M;
		values[i] = value + sin(i);	/* a block is as large as its samples are many */
	}
	labels_encode((struct label[]){ { LABEL_NAME, "a", 8, 1 }, { "label", "x", 5, 1 } }, 2, &labels);
	assert_int_equal(block_create(folder.store->files, folder.path, KYMO_RAW, sequence * SEQUENCE_STEP, VALUES_SEAL,
				      &writer, &err), 0);
	assert_int_equal(block_add_series(writer, ref, (struct labels){ labels.data, (uint32_t)labels.len }, metric), 0);
	assert_int_equal(block_add_samples(writer, at, values, n), 0);
	assert_int_equal(block_finish(writer, &block, &err), 0);
	metric_destroy(metric);
	free(at);
	free(values);
	return block;
}

/* Sequence, end in minutes behind DAY0, samples (a minute apart). */
struct given { uint64_t sequence; int end, n; };

static const struct {
	const char *name;
	int now;			/* in minutes behind DAY0 */
	struct given blocks[12];
	const char *expected;		/* the sequences of the set */
} choices[] = {
	{ "one is none", 200, { { 1, 100, 50 } }, "" },
	{ "two of a slot that is over", 200, { { 1, 50, 50 }, { 2, 100, 50 } }, "1 2" },
	{ "two of one that is not", 150, { { 1, 50, 50 }, { 2, 100, 50 } }, "" },
	{ "two slots", 400, { { 1, 50, 50 }, { 2, 200, 50 }, { 3, 300, 50 } }, "2 3" },
	{ "a border belongs to the slot before", 400, { { 1, 50, 50 }, { 2, 180, 50 }, { 3, 300, 50 } }, "1 2" },
	{ "a small one beside a large one", 200, { { 1, 170, 170 }, { 2, 175, 1 } }, "" },
	{ "many small ones", 150, { { 1, 10, 10 }, { 2, 20, 10 }, { 3, 30, 10 }, { 4, 40, 10 }, { 5, 50, 10 },
				    { 6, 60, 10 }, { 7, 70, 10 }, { 8, 80, 10 } }, "1 2 3 4 5 6 7 8" },
	{ "many small ones beside a large one", 178, { { 1, 90, 1000 }, { 2, 100, 4 }, { 3, 110, 4 }, { 4, 120, 4 }, { 5, 130, 4 },
				    { 6, 140, 4 }, { 7, 150, 4 }, { 8, 160, 4 }, { 9, 170, 4 } }, "2 3 4 5 6 7 8 9" },
	{ "a younger one that reaches over all", 200, { { 1, 50, 50 }, { 2, 100, 50 }, { 3, 190, 190 } }, "1 2" },
	{ "one between them that overrules the first", 200, { { 1, 50, 50 }, { 2, 190, 190 }, { 3, 100, 50 } }, "" },
	{ "one between two pairs", 200, { { 1, 50, 50 }, { 2, 60, 50 }, { 3, 190, 190 }, { 4, 100, 50 }, { 5, 120, 50 }, { 6, 140, 50 } },
	  "4 5 6" },
	{ "one between them that shares no time with the older", 200, { { 1, 50, 50 }, { 2, 190, 100 }, { 3, 170, 100 } }, "1 3" },
};

static void chooses_as_expected(void **state)
{
	bool wrong = false;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(choices); i++) {
		struct block_list *list = calloc(1, sizeof *list + 12 * sizeof(struct block *));
		struct merge_set *set;
		AUTO_BUF text = { 0 };

		for (const struct given *b = choices[i].blocks; b->n; b++)
			list->block[list->n++] = block_of(b->sequence, DAY0 + b->end * M, (uint32_t)b->n, 1);
		assert_int_equal(merge_choose(list, 3 * H, DAY0 + choices[i].now * M, &set), 0);
		for (uint32_t k = 0; set && k < set->n; k++)
			buf_printf(&text, "%s%d", k ? " " : "", (int)(block_sequence(set->block[k]) / SEQUENCE_STEP));
		if (strcmp(buf_text(&text), choices[i].expected)) {
			print_error("%s: got \"%s\"\n", choices[i].name, buf_text(&text));
			wrong = true;
		}
		free(set);
		for (uint32_t k = 0; k < list->n; k++) {
			block_doom(list->block[k]);
			block_unref(list->block[k]);
		}
		free(list);
	}
	assert_false(wrong);
}

static struct got got;

/* Over a day, flushed every two hours and merged: all samples, few files. */
static void a_day_becomes_few_files(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");
	struct store_maintained done = { 0 };
	char dir[200];

	(void)state;
	for (int i = 1; i <= 24 * 60; i++) {
		atomic_store(&folder.clock.now, DAY0 + i * M);
		must_put(folder.store, ref, DAY0 + i * M, i);
		if (i % 20 == 0)
			must_put(folder.store, ref, DAY0 + i * M - 5 * M + 1, -i);
		if (i % 120 == 0) {
			done = maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_FLUSH | MAINTAIN_MERGE);
		}
	}
	assert_true(done.blocks_merged > 0 && done.bytes_freed > 0);
	get(folder.store, ref, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 24 * 60 + 24 * 3);
	snprintf(dir, sizeof dir, "%s/raw", folder.path);
	assert_in_range(count_files(dir, ".kyb"), 8, 11);
	snprintf(dir, sizeof dir, "%s/1m", folder.path);
	assert_in_range(count_files(dir, ".kyb"), 1, 2);
	folder_reopen(&folder);
	get(folder.store, ref, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 24 * 60 + 24 * 3);
}

/* A record that a late sample has changed stands once, as it is now. */
static void the_younger_record_stays(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");
	struct answers answers = { 0 };
	struct store_stats stats;

	(void)state;
	for (int i = 1; i <= 60; i++) {
		atomic_store(&folder.clock.now, DAY0 + i * M);
		must_put(folder.store, ref, DAY0 + i * M, i);
	}
	maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_FLUSH);
	for (int late = 1; late <= 9; late++) {
		must_put(folder.store, ref, DAY0 + 55 * M + late, 1000 + late);
		maintain(folder.store, MAINTAIN_FLUSH | MAINTAIN_MERGE);
	}
	atomic_store(&folder.clock.now, DAY0 + 2 * DAY);
	maintain(folder.store, MAINTAIN_MERGE);
	ask(folder.store, ref, KYMO_1M, DAY0, DAY0 + H, WANT_ALL, &answers);
	assert_int_equal(answers.n, 60);	/* the last one has not closed */
	assert_int_equal(answers.of[55].record.window.count, 10);
	assert_true(answers.of[55].record.window.max == 1009);
	store_stats(folder.store, &stats);
	assert_int_equal(stats.tier[KYMO_1M].files, 1);
	assert_int_equal(stats.tier[KYMO_1M].samples, 59);
	answers_fini(&answers);
}

/* The crash between the new block and the removal of the old ones: both are there. */
static void what_was_replaced_goes_at_the_next_start(void **state)
{
	series_ref ref = series_of(folder.store, "a", "x");
	char save[600], back[600];

	(void)state;
	for (int i = 1; i <= 200; i++) {
		must_put(folder.store, ref, DAY0 + i * M, i);
		if (i % 50 == 0)
			maintain(folder.store, MAINTAIN_FLUSH);
	}
	snprintf(save, sizeof save, "mkdir %s/keep && cp %s/raw/*.kyb %s/keep", folder.path, folder.path, folder.path);
	assert_int_equal(system(save), 0);
	atomic_store(&folder.clock.now, DAY0 + 20 * H);
	assert_int_equal(maintain(folder.store, MAINTAIN_MERGE).blocks_merged, 3);
	folder_close(&folder);
	snprintf(back, sizeof back, "cp %s/keep/*.kyb %s/raw", folder.path, folder.path);
	assert_int_equal(system(back), 0);
	folder_open(&folder);
	get(folder.store, ref, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 200);
	snprintf(back, sizeof back, "%s/raw", folder.path);
	assert_int_equal(count_files(back, ".kyb"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_follow_the_retention),
		cmocka_unit_test_setup_teardown(chooses_as_expected, make, clean),
		cmocka_unit_test_setup_teardown(a_day_becomes_few_files, make, clean),
		cmocka_unit_test_setup_teardown(the_younger_record_stays, make, clean),
		cmocka_unit_test_setup_teardown(what_was_replaced_goes_at_the_next_start, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
