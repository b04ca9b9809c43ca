/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>

enum { SERIES = 50, CHUNKS = 3 };

static struct folder folder;

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

/* Labels of series i, in *bytes. */
static struct labels labels_of(uint32_t i, struct buf *bytes)
{
	char name[32], value[32];
	struct label items[] = { { LABEL_NAME, name, sizeof LABEL_NAME - 1, 0 }, { "n", value, 1, 0 } };

	items[0].value_len = (uint32_t)snprintf(name, sizeof name, "m%u", i % 5);
	items[1].value_len = (uint32_t)snprintf(value, sizeof value, "%u", i);
	buf_clear(bytes);
	assert_int_equal(labels_encode(items, 2, bytes), 0);
	return (struct labels){ bytes->data, (uint32_t)bytes->len };
}

static struct metric *metric_of(uint32_t i)
{
	char name[32];
	struct kymo_metric metric = { .name = name, .type = KYMO_GAUGE, .unit = "bytes", .help = "Of a test." };

	snprintf(name, sizeof name, "m%u", i % 5);
	return metric_create(&metric);
}

static void write_series(struct block_writer *writer, uint32_t i)
{
	AUTO_BUF bytes = { 0 };
	AUTO(metric) metric = metric_of(i);
	char text[64];

	assert_int_equal(block_add_series(writer, 10 + 3 * i, labels_of(i, &bytes), metric), 0);
	for (uint32_t k = 0; k < CHUNKS && i != 7; k++) {
		int n = snprintf(text, sizeof text, "chunk %u of series %u", k, i);

		assert_int_equal(block_add_chunk(writer, CHUNK_SAMPLES, T0 + 100 * k, T0 + 100 * k + 50, 5 + k, text, (uint32_t)n), 0);
	}
}

static struct block *write_block(uint64_t sequence)
{
	struct block_writer *writer;
	struct block *block;

	assert_int_equal(block_create(folder.path, KYMO_RAW, sequence, &writer, NULL), 0);
	for (uint32_t i = 0; i < SERIES; i++)
		write_series(writer, i);
	block_covers_wal(writer, 42);
	assert_int_equal(block_finish(writer, &block, NULL), 0);
	return block;
}

static void check_series(struct block *block, const struct block_series *series, uint32_t i)
{
	AUTO_BUF bytes = { 0 };
	const struct metric *metric;
	struct labels labels;
	char text[64];

	assert_int_equal(series->ref, 10 + 3 * i);
	assert_int_equal(series->n_chunks, CHUNKS);
	assert_int_equal(block_names(block, series, &labels, &metric), 0);
	assert_true(labels_equal(labels, labels_of(i, &bytes)));
	snprintf(text, sizeof text, "m%u", i % 5);
	assert_string_equal(metric->name, text);
	assert_string_equal(metric->unit, "bytes");
	for (uint32_t k = 0; k < CHUNKS; k++) {
		const struct block_chunk *chunk = &series->chunks[k];

		snprintf(text, sizeof text, "chunk %u of series %u", k, i);
		assert_true(chunk->first == T0 + 100 * k && chunk->last == T0 + 100 * k + 50 && chunk->n == 5 + k);
		buf_clear(&bytes);
		assert_int_equal(block_read(block, chunk, &bytes), 0);
		assert_int_equal(bytes.len, strlen(text));
		assert_memory_equal(bytes.data, text, bytes.len);
	}
}

static void gives_back_what_was_written(void **state)
{
	struct block *block = write_block(5), *again;
	uint32_t at = 0;

	(void)state;
	assert_int_equal(block_open(block_path(block), &again, NULL), 0);
	block_unref(block);
	assert_int_equal(block_tier(again), KYMO_RAW);
	assert_int_equal(block_start(again), T0 - 1);
	assert_int_equal(block_end(again), T0 + 250);
	assert_int_equal(block_sequence(again), 5);
	assert_int_equal(block_wal(again), 42);
	assert_int_equal(block_entries(again), (SERIES - 1) * (5 + 6 + 7));
	assert_int_equal(block_count(again), SERIES - 1);	/* one had no chunk */
	for (uint32_t i = 0; i < SERIES; i++) {
		if (i == 7) {
			assert_null(block_find(again, 10 + 3 * i));
			continue;
		}
		check_series(again, block_find(again, 10 + 3 * i), i);
		check_series(again, block_series_at(again, at++), i);
	}
	assert_null(block_find(again, 9));
	assert_null(block_find(again, 11));
	assert_null(block_find(again, UINT32_MAX));
	block_unref(again);
}

static void without_chunks_there_is_no_file(void **state)
{
	AUTO_BUF bytes = { 0 };
	AUTO(metric) metric = metric_of(1);
	struct block_writer *writer;
	struct block *block;
	char dir[200];

	(void)state;
	snprintf(dir, sizeof dir, "%s/raw", folder.path);
	assert_int_equal(block_create(folder.path, KYMO_RAW, 1, &writer, NULL), 0);
	assert_int_equal(block_add_series(writer, 1, labels_of(1, &bytes), metric), 0);
	assert_int_equal(block_finish(writer, &block, NULL), 0);
	assert_null(block);
	assert_int_equal(block_create(folder.path, KYMO_RAW, 2, &writer, NULL), 0);
	write_series(writer, 3);
	block_abandon(writer);
	assert_int_equal(count_files(dir, ""), 0);
}

static void goes_when_doomed_and_nobody_reads(void **state)
{
	struct block *block = write_block(1);
	AUTO_BUF bytes = { 0 };
	char path[300];

	(void)state;
	snprintf(path, sizeof path, "%s", block_path(block));
	block_ref(block);
	block_doom(block);
	block_unref(block);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(block_read(block, block_series_at(block, 0)->chunks, &bytes), 0);
	block_unref(block);
	assert_int_equal(access(path, F_OK), -1);
}

static void says_what_it_replaces(void **state)
{
	struct block *one = write_block(1), *two = write_block(2), *merged;
	struct block_writer *writer;
	const uint64_t *sequences;

	(void)state;
	assert_int_equal(block_create(folder.path, KYMO_RAW, 3, &writer, NULL), 0);
	write_series(writer, 1);
	assert_int_equal(block_replaces(writer, one), 0);
	assert_int_equal(block_replaces(writer, two), 0);
	assert_int_equal(block_finish(writer, &merged, NULL), 0);
	assert_int_equal(block_wal(merged), 42);
	assert_int_equal(block_replaced(merged, &sequences), 2);
	assert_true(sequences[0] == 1 && sequences[1] == 2);
	block_unref(one);
	block_unref(two);
	block_unref(merged);
}

/* ---- damage ---- */

static void copy_to(const char *path, const struct buf *bytes, size_t n)
{
	int fd = file_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600, NULL);

	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, bytes->data, n), 0);
	file_close(fd);
}

/* Reads all there is; gives the first failure. */
static int read_all(const char *path)
{
	struct block *block;
	AUTO_BUF bytes = { 0 };
	int r = block_open(path, &block, NULL), first = r;

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < block_count(block) && first == 0; i++) {
		const struct block_series *series = block_series_at(block, i);
		const struct metric *metric;
		struct labels labels;

		first = block_names(block, series, &labels, &metric);
		for (uint32_t k = 0; k < series->n_chunks && first == 0; k++)
			first = block_read(block, &series->chunks[k], &bytes);
	}
	block_unref(block);
	return first;
}

static void every_flipped_bit_is_found(void **state)
{
	struct block *block = write_block(1);
	AUTO_BUF bytes = { 0 };
	char path[200];

	(void)state;
	snprintf(path, sizeof path, "%s/copy", folder.path);
	assert_int_equal(file_read_all(block_path(block), 1 << 20, &bytes, NULL), 0);
	block_unref(block);
	copy_to(path, &bytes, bytes.len);
	assert_int_equal(read_all(path), 0);
	for (size_t at = 0; at < bytes.len; at++) {
		int r;

		bytes.data[at] ^= (uint8_t)(1 << at % 8);
		copy_to(path, &bytes, bytes.len);
		r = read_all(path);
		if (r != -EBADMSG)
			fail_msg("byte %zu of %zu: %d", at, bytes.len, r);
		bytes.data[at] ^= (uint8_t)(1 << at % 8);
	}
}

static void a_file_that_is_cut_off_is_refused(void **state)
{
	struct block *block = write_block(1);
	AUTO_BUF bytes = { 0 };
	char path[200];

	(void)state;
	snprintf(path, sizeof path, "%s/copy", folder.path);
	assert_int_equal(file_read_all(block_path(block), 1 << 20, &bytes, NULL), 0);
	block_unref(block);
	for (size_t n = 0; n < bytes.len; n += 7) {
		copy_to(path, &bytes, n);
		assert_int_equal(read_all(path), -EBADMSG);
	}
}

static void one_with_damage_is_kept_aside(void **state)
{
	struct block *block = write_block(1);
	AUTO_BUF bytes = { 0 };
	char path[300], dir[200];
	uint8_t byte = 0;
	int fd;

	(void)state;
	snprintf(path, sizeof path, "%s", block_path(block));
	snprintf(dir, sizeof dir, "%s/raw", folder.path);
	fd = file_open(path, O_WRONLY, 0, NULL);
	assert_int_equal(file_pwrite(fd, &byte, 1, block_series_at(block, 3)->chunks[1].offset + 2), 0);
	file_close(fd);
	assert_false(block_take_damage(block));
	assert_int_equal(block_read(block, &block_series_at(block, 3)->chunks[0], &bytes), 0);
	assert_int_equal(block_read(block, &block_series_at(block, 3)->chunks[1], &bytes), -EBADMSG);
	assert_true(block_take_damage(block));
	assert_false(block_take_damage(block));
	block_doom(block);
	block_unref(block);
	assert_int_equal(count_files(dir, ".kyb"), 0);
	assert_int_equal(count_files(dir, ".kyb.damaged"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_back_what_was_written, make, clean),
		cmocka_unit_test_setup_teardown(without_chunks_there_is_no_file, make, clean),
		cmocka_unit_test_setup_teardown(goes_when_doomed_and_nobody_reads, make, clean),
		cmocka_unit_test_setup_teardown(says_what_it_replaces, make, clean),
		cmocka_unit_test_setup_teardown(every_flipped_bit_is_found, make, clean),
		cmocka_unit_test_setup_teardown(a_file_that_is_cut_off_is_refused, make, clean),
		cmocka_unit_test_setup_teardown(one_with_damage_is_kept_aside, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
