/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "model/sample.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>

enum { SERIES = 50, SAMPLES = 3000, RECORDS = 3 };

static struct folder folder;
static struct block_files *files;

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	files = block_files_create();
	return files ? 0 : -1;
}

static int clean(void **state)
{
	(void)state;
	block_files_destroy(files);
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

/*
 * Most series have the same times. 3 and 4 begin late, 5 has jitter of its own,
 * 6 is of one value, 8 too and has times of its own, 9 has few samples.
 */
static uint32_t begin_of(uint32_t i)
{
	return i == 3 || i == 4 ? 1500 : i == 9 ? SAMPLES - 5 : 0;
}

static kymo_ms time_of(uint32_t i, uint32_t k)
{
	return T0 + 1000 * k + (i == 5 || i == 8 ? (k * 7919 + i) % 50 : 0);
}

static double value_of(uint32_t i, uint32_t k)
{
	return i == 6 || i == 8 ? 42.5 : i % 3 ? (double)(k / 3 * i) / 100 : sin(k + i);
}

static void write_samples(struct block_writer *writer, uint32_t i)
{
	for (uint32_t k = begin_of(i); k < SAMPLES;) {
		kymo_ms at[700];
		double values[700];
		uint32_t n = 0;

		for (; n < 1 + (k * 31) % 700 && k < SAMPLES; n++, k++) {
			at[n] = time_of(i, k);
			values[n] = value_of(i, k);
		}
		assert_int_equal(block_add_samples(writer, at, values, n), 0);
	}
}

static void write_records(struct block_writer *writer, uint32_t i)
{
	for (uint32_t k = 0; k < RECORDS; k++) {
		char text[64];
		int n = snprintf(text, sizeof text, "chunk %u of series %u", k, i);

		assert_int_equal(block_add_records(writer, T0 + 100000 * k, T0 + 100000 * k + 50, 5 + k, text, (uint32_t)n), 0);
	}
}

/* 7 has nothing, every eleventh has records. */
static bool has_records(uint32_t i)
{
	return i % 11 == 10;
}

static void write_series(struct block_writer *writer, uint32_t i)
{
	AUTO_BUF bytes = { 0 };
	AUTO(metric) metric = metric_of(i);

	assert_int_equal(block_add_series(writer, 10 + 3 * i, labels_of(i, &bytes), metric), 0);
	if (has_records(i))
		write_records(writer, i);
	else if (i != 7)
		write_samples(writer, i);
}

static struct block *write_block_with(uint64_t sequence, enum values_effort effort, uint32_t series)
{
	struct block_writer *writer;
	struct block *block;

	assert_int_equal(block_create(files, folder.path, KYMO_RAW, sequence, effort, &writer, NULL), 0);
	for (uint32_t i = 0; i < series; i++)
		write_series(writer, i);
	block_covers_wal(writer, 42);
	assert_int_equal(block_finish(writer, &block, NULL), 0);
	return block;
}

static struct block *write_block(uint64_t sequence)
{
	return write_block_with(sequence, VALUES_SEAL, SERIES);
}

/* All chunks; gives how many. */
static uint32_t find_all(struct block *block, uint32_t i, struct block_chunks *chunks)
{
	chunks->n = 0;
	assert_int_equal(block_find(block, 10 + 3 * i, INT64_MIN, INT64_MAX, chunks, NULL), 1);
	return chunks->n;
}

static void check_samples(struct block *block, uint32_t i, const struct block_chunk *chunk, struct block_input *input, uint32_t *at)
{
	kymo_ms own[VALUES_MOST];
	double values[VALUES_MOST];
	struct block_times times;

	assert_int_equal(block_read_samples(block, chunk, 0, input, own, &times, values), 0);
	assert_true(times.at[0] == chunk->first && times.at[chunk->n - 1] == chunk->last);
	for (uint32_t k = 0; k < chunk->n; k++, ++*at)
		if (times.at[k] != time_of(i, *at) || value_bits(values[k]) != value_bits(value_of(i, *at)))
			fail_msg("series %u, sample %u", i, *at);
	block_times_end(&times);
}

static void check_fold(struct block *block, uint32_t i, const struct block_chunk *chunk, uint32_t at)
{
	struct values_fold expected;
	struct block_fold fold;
	double values[VALUES_MOST];

	for (uint32_t k = 0; k < chunk->n; k++)
		values[k] = value_of(i, at + k);
	values_fold_doubles(values, chunk->n, &expected);
	assert_int_equal(block_read_fold(block, chunk, 0, NULL, &fold), 0);
	assert_true(fold.values.count == expected.count && fold.values.min == expected.min && fold.values.max == expected.max);
	assert_true(fold.values.first == expected.first && fold.values.last == expected.last);
	assert_true(fold.first_at == chunk->first && fold.last_at == chunk->last);
}

static void check_records(struct block *block, uint32_t i, const struct block_chunk *chunk, uint32_t k)
{
	AUTO_BUF bytes = { 0 };
	char text[64];

	snprintf(text, sizeof text, "chunk %u of series %u", k, i);
	assert_true(chunk->first == T0 + 100000 * k && chunk->last == T0 + 100000 * k + 50 && chunk->n == 5 + k);
	assert_int_equal(block_read_records(block, chunk, 0, NULL, &bytes), 0);
	assert_int_equal(bytes.len, strlen(text));
	assert_memory_equal(bytes.data, text, bytes.len);
}

static void check_chunks(struct block *block, uint32_t i)
{
	struct block_input input = { 0 };
	struct block_chunks chunks = { 0 };
	uint32_t at = begin_of(i), n = find_all(block, i, &chunks);

	for (uint32_t k = 0; k < n; k++) {
		assert_int_equal(chunks.chunk[k].records, has_records(i));
		if (has_records(i)) {
			check_records(block, i, &chunks.chunk[k], k);
			continue;
		}
		check_fold(block, i, &chunks.chunk[k], at);
		check_samples(block, i, &chunks.chunk[k], &input, &at);
	}
	assert_int_equal(at, has_records(i) ? begin_of(i) : SAMPLES);
	block_chunks_fini(&chunks);
	block_input_fini(&input);
}

static void check_series(struct block *block, const struct block_series *series, uint32_t i)
{
	AUTO_BUF bytes = { 0 };
	const struct metric *metric;
	struct labels labels;
	char text[64];

	assert_int_equal(series->ref, 10 + 3 * i);
	assert_int_equal(series->records, has_records(i));
	assert_true(has_records(i) || (series->first == time_of(i, begin_of(i)) && series->last == time_of(i, SAMPLES - 1)));
	assert_int_equal(block_names(block, series->place, &labels, &metric), 0);
	assert_true(labels_equal(labels, labels_of(i, &bytes)));
	snprintf(text, sizeof text, "m%u", i % 5);
	assert_string_equal(metric->name, text);
	assert_string_equal(metric->unit, "bytes");
}

static void check_block(struct block *block)
{
	struct block_walk walk = block_walk(block);
	struct block_series series;

	for (uint32_t i = 0; i < SERIES; i++) {
		if (i == 7)
			continue;
		assert_int_equal(block_walk_next(&walk, &series), 1);
		check_series(block, &series, i);
		check_chunks(block, i);
	}
	assert_int_equal(block_walk_next(&walk, &series), 0);
	assert_int_equal(block_walk_next(&walk, &series), 0);
	block_walk_end(&walk);
}

static void gives_back_what_was_written(void **state)
{
	static const enum values_effort efforts[] = { VALUES_SEAL, VALUES_COMPACT };
	struct block_chunks chunks = { 0 };
	struct block *again;

	(void)state;
	for (int e = 0; e < 2; e++) {
		struct block *block = write_block_with(5, efforts[e], SERIES);

		assert_int_equal(block_open(files, block_path(block), &again, NULL), 0);
		block_unref(block);
		assert_int_equal(block_tier(again), KYMO_RAW);
		assert_int_equal(block_start(again), T0 - 1);
		assert_int_equal(block_end(again), time_of(8, SAMPLES - 1));
		assert_int_equal(block_sequence(again), 5);
		assert_int_equal(block_wal(again), 42);
		assert_int_equal(block_count(again), SERIES - 1);	/* one had no chunk */
		check_block(again);
		assert_int_equal(block_find(again, 10 + 3 * 7, INT64_MIN, INT64_MAX, &chunks, NULL), 0);
		assert_int_equal(block_find(again, 9, INT64_MIN, INT64_MAX, &chunks, NULL), 0);
		assert_int_equal(block_find(again, 11, INT64_MIN, INT64_MAX, &chunks, NULL), 0);
		assert_int_equal(block_find(again, UINT32_MAX, INT64_MIN, INT64_MAX, &chunks, NULL), 0);
		assert_int_equal(chunks.n, 0);
		block_unref(again);
	}
}

static void finds_the_chunks_of_a_range(void **state)
{
	struct block *block = write_block(1);
	struct block_chunks all = { 0 }, some = { 0 };
	struct block_series series;
	uint32_t n = find_all(block, 1, &all);

	(void)state;
	assert_true(n >= 2);
	assert_int_equal(block_find(block, 13, all.chunk[0].last, all.chunk[1].first - 1, &some, &series), 1);
	assert_true(some.n == 0 && series.ref == 13 && series.place == 1 && series.n_chunks == n);
	assert_int_equal(block_find(block, 13, all.chunk[0].last, all.chunk[1].first, &some, NULL), 1);
	assert_true(some.n == 1 && some.chunk[0].first == all.chunk[1].first);
	assert_int_equal(block_find(block, 13, all.chunk[0].last - 1, all.chunk[0].last, &some, NULL), 1);
	assert_true(some.n == 2 && some.chunk[1].first == all.chunk[0].first);
	block_chunks_fini(&all);
	block_chunks_fini(&some);
	block_unref(block);
}

/* An end of a chunk is an end of all, also where a series begins late; so 50 series need few columns. */
static void series_share_their_times(void **state)
{
	struct block *block = write_block(1);
	struct block_chunks chunks = { 0 };
	uint32_t most = 0;

	(void)state;
	for (uint32_t i = 0; i < SERIES; i++) {
		uint32_t n = i == 7 || has_records(i) ? 0 : find_all(block, i, &chunks);

		for (uint32_t k = 0; k < n; k++) {
			assert_true(i == 5 || i == 8 || i == 9 || chunks.chunk[k].column);
			most = chunks.chunk[k].column > most ? chunks.chunk[k].column : most;
		}
	}
	assert_in_range(most, 2, 6);
	assert_int_equal(find_all(block, 6, &chunks), find_all(block, 1, &chunks));
	find_all(block, 6, &chunks);
	assert_true(chunks.chunk[0].one_value && chunks.chunk[0].size == 0);
	block_chunks_fini(&chunks);
	block_unref(block);
}

static uint64_t reads_of(struct block *block, const struct block_chunks *chunks)
{
	struct block_input input = { 0 };
	uint64_t before = block_files_reads(files), until = block_read_until(chunks->chunk, chunks->n);
	kymo_ms own[VALUES_MOST];
	double values[VALUES_MOST];
	struct block_times times;

	for (uint32_t k = 0; k < chunks->n; k++) {
		assert_int_equal(block_read_samples(block, &chunks->chunk[k], until, &input, own, &times, values), 0);
		block_times_end(&times);
	}
	block_input_fini(&input);
	return block_files_reads(files) - before;
}

static void one_read_gets_all_frames_of_a_range(void **state)
{
	struct block *block = write_block(1);
	struct block_chunks chunks = { 0 };

	(void)state;
	find_all(block, 5, &chunks);		/* its times are with it */
	assert_true(chunks.n > 1);
	assert_int_equal(reads_of(block, &chunks), 1);
	assert_int_equal(reads_of(block, &chunks), 0);
	block_chunks_fini(&chunks);
	block_unref(block);
}

static void more_blocks_than_descriptors(void **state)
{
	struct block *blocks[100];

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		blocks[i] = write_block_with(1 + i, VALUES_SEAL, 2);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 100; i++)
			check_chunks(blocks[i], i % 2);
	for (uint32_t i = 0; i < 100; i++)
		block_unref(blocks[i]);
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
	assert_int_equal(block_create(files, folder.path, KYMO_RAW, 1, VALUES_SEAL, &writer, NULL), 0);
	assert_int_equal(block_add_series(writer, 1, labels_of(1, &bytes), metric), 0);
	assert_int_equal(block_finish(writer, &block, NULL), 0);
	assert_null(block);
	assert_int_equal(block_create(files, folder.path, KYMO_RAW, 2, VALUES_SEAL, &writer, NULL), 0);
	write_series(writer, 3);
	block_abandon(writer);
	assert_int_equal(count_files(dir, ""), 0);
}

static void goes_when_doomed_and_nobody_reads(void **state)
{
	struct block *block = write_block(1);
	char path[300];

	(void)state;
	snprintf(path, sizeof path, "%s", block_path(block));
	block_ref(block);
	block_doom(block);
	block_unref(block);
	assert_int_equal(access(path, F_OK), 0);
	check_chunks(block, 0);
	block_unref(block);
	assert_int_equal(access(path, F_OK), -1);
}

static void says_what_it_replaces(void **state)
{
	struct block *one = write_block(1), *two = write_block(2), *merged;
	struct block_writer *writer;
	const uint64_t *sequences;

	(void)state;
	assert_int_equal(block_create(files, folder.path, KYMO_RAW, 3, VALUES_SEAL, &writer, NULL), 0);
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

static int read_chunk(struct block *block, const struct block_chunk *chunk)
{
	AUTO_BUF bytes = { 0 };
	kymo_ms own[VALUES_MOST];
	double values[VALUES_MOST];
	struct block_times times;
	int r;

	if (chunk->records)
		return block_read_records(block, chunk, 0, NULL, &bytes);
	r = block_read_samples(block, chunk, 0, NULL, own, &times, values);
	block_times_end(&times);
	return r;
}

static int read_series(struct block *block, const struct block_series *series)
{
	struct block_chunks chunks = { 0 };
	const struct metric *metric;
	struct labels labels;
	int r = block_names(block, series->place, &labels, &metric);

	if (r == 0)
		r = block_find(block, series->ref, INT64_MIN, INT64_MAX, &chunks, NULL);
	for (uint32_t k = 0; k < chunks.n && r >= 0; k++)
		r = read_chunk(block, &chunks.chunk[k]);
	block_chunks_fini(&chunks);
	return r;
}

/* Reads all there is; gives the first failure. */
static int read_all(const char *path)
{
	struct block_series series;
	struct block_walk walk;
	struct block *block;
	int r = block_open(files, path, &block, NULL), first = 0;

	if (r < 0)
		return r;
	walk = block_walk(block);
	while (first == 0 && (r = block_walk_next(&walk, &series))) {
		r = r < 0 ? r : read_series(block, &series);
		first = r < 0 ? r : 0;
	}
	block_walk_end(&walk);
	block_unref(block);
	return first;
}

static void every_flipped_bit_is_found(void **state)
{
	struct block *block = write_block_with(1, VALUES_COMPACT, 12);
	AUTO_BUF bytes = { 0 };
	char path[200];

	(void)state;
	snprintf(path, sizeof path, "%s/copy", folder.path);
	assert_int_equal(file_read_all(block_path(block), 1 << 20, &bytes, NULL), 0);
	block_unref(block);
	copy_to(path, &bytes, bytes.len);
	assert_int_equal(read_all(path), 0);
	/* Of the frames a part, of what is behind them every byte. */
	for (size_t at = 0; at < bytes.len; at += at > 64 && at + 2000 < bytes.len ? 211 : 1) {
		int r;

		bytes.data[at] ^= (uint8_t)(1 << at % 8);
		copy_to(path, &bytes, bytes.len);
		r = read_all(path);
		if (r != -EBADMSG)
			fail_msg("byte %zu of %zu: %d", at, bytes.len, r);
		bytes.data[at] ^= (uint8_t)(1 << at % 8);
	}
}

/* Nobody makes room for what a small file claims. */
static void a_frame_says_what_it_unpacks_to(void **state)
{
	const uint8_t hello[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 5 << 3 | 1, 0, 0, 'h', 'e', 'l', 'l', 'o' };
	const uint8_t large[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40, 5 << 3 | 1, 0, 0, 'h', 'e', 'l', 'l', 'o' };
	uint8_t out[5];

	(void)state;
	assert_true(block_files_unpacks_to(hello, sizeof hello, 5));
	assert_int_equal(block_files_unpack(files, hello, sizeof hello, out, 5), 0);
	assert_memory_equal(out, "hello", 5);
	assert_false(block_files_unpacks_to(hello, sizeof hello, 1 << 30));
	assert_false(block_files_unpacks_to(large, sizeof large, 1 << 30));	/* its header claims it, too */
	assert_false(block_files_unpacks_to(hello, 3, 5));
}

static void a_file_that_is_cut_off_is_refused(void **state)
{
	struct block *block = write_block_with(1, VALUES_SEAL, 12);
	AUTO_BUF bytes = { 0 };
	char path[200];

	(void)state;
	snprintf(path, sizeof path, "%s/copy", folder.path);
	assert_int_equal(file_read_all(block_path(block), 1 << 20, &bytes, NULL), 0);
	block_unref(block);
	for (size_t n = 0; n < bytes.len; n += 97) {
		copy_to(path, &bytes, n);
		assert_int_equal(read_all(path), -EBADMSG);
	}
}

static void one_with_damage_is_kept_aside(void **state)
{
	struct block *block = write_block(1);
	struct block_chunks chunks = { 0 };
	char path[300], dir[200];
	uint8_t bytes[8] = { 0 };
	uint32_t n = find_all(block, 1, &chunks);
	int fd;

	(void)state;
	snprintf(path, sizeof path, "%s", block_path(block));
	snprintf(dir, sizeof dir, "%s/raw", folder.path);
	fd = file_open(path, O_WRONLY, 0, NULL);
	assert_true(n > 1 && chunks.chunk[0].frame.at != chunks.chunk[1].frame.at);
	assert_int_equal(file_pwrite(fd, bytes, sizeof bytes, chunks.chunk[1].frame.at + 2), 0);
	file_close(fd);
	assert_false(block_take_damage(block));
	assert_int_equal(read_chunk(block, &chunks.chunk[0]), 0);
	assert_int_equal(read_chunk(block, &chunks.chunk[1]), -EBADMSG);
	assert_true(block_take_damage(block));
	assert_false(block_take_damage(block));
	block_chunks_fini(&chunks);
	block_doom(block);
	block_unref(block);
	assert_int_equal(count_files(dir, ".kyb"), 0);
	assert_int_equal(count_files(dir, ".kyb.damaged"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_back_what_was_written, make, clean),
		cmocka_unit_test_setup_teardown(finds_the_chunks_of_a_range, make, clean),
		cmocka_unit_test_setup_teardown(series_share_their_times, make, clean),
		cmocka_unit_test_setup_teardown(one_read_gets_all_frames_of_a_range, make, clean),
		cmocka_unit_test_setup_teardown(more_blocks_than_descriptors, make, clean),
		cmocka_unit_test_setup_teardown(without_chunks_there_is_no_file, make, clean),
		cmocka_unit_test_setup_teardown(goes_when_doomed_and_nobody_reads, make, clean),
		cmocka_unit_test_setup_teardown(says_what_it_replaces, make, clean),
		cmocka_unit_test_setup_teardown(every_flipped_bit_is_found, make, clean),
		cmocka_unit_test_setup_teardown(a_frame_says_what_it_unpacks_to, make, clean),
		cmocka_unit_test_setup_teardown(a_file_that_is_cut_off_is_refused, make, clean),
		cmocka_unit_test_setup_teardown(one_with_damage_is_kept_aside, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
