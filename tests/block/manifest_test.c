/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "block/manifest.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>

static struct folder folder;

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)level, (void)topic, (void)text;
}

static int make(void **state)
{
	(void)state;
	log_set_writer(quiet, NULL);
	folder_make(&folder);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static const struct manifest_block blocks[] = {
	{ KYMO_RAW, false, 256, T0, T0 + 1000 }, { KYMO_RAW, true, UINT64_MAX, INT64_MIN, INT64_MAX }, { KYMO_1H, false, 257, -5, 7 },
};

static void fill(struct manifest *manifest)
{
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(manifest_add(manifest, &blocks[i]), 0);
}

static void comes_back_as_it_was_written(void **state)
{
	struct manifest manifest = { 0 }, again;

	(void)state;
	assert_int_equal(manifest_read(folder.path, &again, NULL), -ENOENT);
	fill(&manifest);
	assert_int_equal(manifest_write(folder.path, &manifest, NULL), 0);
	assert_int_equal(manifest_read(folder.path, &again, NULL), 0);
	assert_int_equal(again.n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct manifest_block *block = manifest_find(&again, blocks[i].tier, blocks[i].sequence);

		assert_true(block && block->gone == blocks[i].gone && block->start == blocks[i].start && block->end == blocks[i].end);
	}
	assert_null(manifest_find(&again, KYMO_1M, 256));
	manifest_fini(&manifest);
	manifest_fini(&again);
}

static void every_flipped_bit_and_cut_is_found(void **state)
{
	struct manifest manifest = { 0 }, again;
	AUTO_BUF bytes = { 0 };

	(void)state;
	fill(&manifest);
	assert_int_equal(manifest_encode(&manifest, &bytes), 0);
	for (size_t n = 0; n < bytes.len; n++)
		assert_int_equal(manifest_decode(bytes.data, n, &again), -EBADMSG);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (manifest_decode(bytes.data, bytes.len, &again) != -EBADMSG)
			fail_msg("bit %zu", bit);
		bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	manifest_fini(&manifest);
}

/* ---- a store with it ---- */

static series_ref fill_store(uint32_t flushes)
{
	series_ref ref = series_of(folder.store, "a", NULL);

	for (uint32_t i = 0; i < flushes; i++) {
		must_put(folder.store, ref, T0 + 1000 * i, i);
		flush(folder.store);
	}
	return ref;
}

static uint32_t count(series_ref ref)
{
	static struct got got;

	get(folder.store, ref, INT64_MIN, INT64_MAX, &got);
	return got.n;
}

static uint64_t quarantined(void)
{
	struct store_stats stats;

	store_stats(folder.store, &stats);
	return stats.quarantined;
}

static void path_of(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", folder.path, name);
}

static void a_lost_one_is_made_again(void **state)
{
	char path[200];
	series_ref ref;

	(void)state;
	path_of(path, sizeof path, "manifest");
	folder_open(&folder);
	ref = fill_store(3);
	folder_close(&folder);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(file_remove(path, NULL), 0);
	folder_open(&folder);
	assert_int_equal(count(ref), 3);
	assert_int_equal(quarantined(), 0);
	assert_int_equal(access(path, F_OK), 0);
}

static void a_damaged_one_is_set_aside_and_made_again(void **state)
{
	char path[200], aside[200];
	uint8_t byte = 0xff;
	series_ref ref;
	int fd;

	(void)state;
	path_of(path, sizeof path, "manifest");
	path_of(aside, sizeof aside, "manifest.damaged");
	folder_open(&folder);
	ref = fill_store(3);
	folder_close(&folder);
	fd = file_open(path, O_WRONLY, 0, NULL);
	assert_int_equal(file_pwrite(fd, &byte, 1, 30), 0);
	file_close(fd);
	folder_open(&folder);
	assert_int_equal(count(ref), 3);
	assert_int_equal(quarantined(), 1);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(access(aside, F_OK), 0);
	folder_reopen(&folder);
	assert_int_equal(quarantined(), 0);
}

static void a_block_that_is_missing_is_counted_once(void **state)
{
	char path[300];
	series_ref ref;

	(void)state;
	folder_open(&folder);
	ref = fill_store(3);
	snprintf(path, sizeof path, "%s", block_path(folder.store->list[KYMO_RAW]->block[1]));
	folder_close(&folder);
	assert_int_equal(file_remove(path, NULL), 0);
	folder_open(&folder);
	assert_int_equal(count(ref), 2);
	assert_int_equal(quarantined(), 1);
	folder_reopen(&folder);
	assert_int_equal(quarantined(), 0);
}

/* A reader still has it when the process ends: its file comes back with the next start, and goes. */
static void what_is_gone_does_not_come_back(void **state)
{
	AUTO_BUF bytes = { 0 };
	char path[300];
	struct block *block;
	series_ref ref;
	int fd;

	(void)state;
	folder_open(&folder);
	ref = fill_store(3);
	block = folder.store->list[KYMO_RAW]->block[1];
	snprintf(path, sizeof path, "%s", block_path(block));
	assert_int_equal(file_read_all(path, 1 << 20, &bytes, NULL), 0);
	assert_int_equal(store_replace_blocks(folder.store, KYMO_RAW, &block, 1, NULL, 0, NULL), 0);
	folder_close(&folder);
	fd = file_open(path, O_WRONLY | O_CREAT, 0600, NULL);
	assert_int_equal(file_write(fd, bytes.data, bytes.len), 0);
	file_close(fd);
	folder_open(&folder);
	assert_int_equal(count(ref), 2);
	assert_int_equal(quarantined(), 0);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(comes_back_as_it_was_written, make, clean),
		cmocka_unit_test_setup_teardown(every_flipped_bit_and_cut_is_found, make, clean),
		cmocka_unit_test_setup_teardown(a_lost_one_is_made_again, make, clean),
		cmocka_unit_test_setup_teardown(a_damaged_one_is_set_aside_and_made_again, make, clean),
		cmocka_unit_test_setup_teardown(a_block_that_is_missing_is_counted_once, make, clean),
		cmocka_unit_test_setup_teardown(what_is_gone_does_not_come_back, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
