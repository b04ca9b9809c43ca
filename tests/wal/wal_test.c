/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "codec/frame.h"
#include "codec/token.h"
#include "wal/wal.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>

static struct folder folder;

/* What a replay gave: the sums tell. */
static struct {
	uint32_t batches, samples, distributions;
	double values;
	series_ref last_ref;
	kymo_ms last_at;
} seen;

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static int see(void *data, const struct wal_batch *batch)
{
	(void)data;
	seen.batches++;
	seen.samples += batch->n;
	for (uint32_t i = 0; i < batch->n; i++) {
		seen.values += batch->values[i];
		seen.last_ref = batch->refs[i];
		seen.last_at = batch->times ? batch->times[i] : batch->at;
	}
	for (uint32_t i = 0; i < batch->n_distributions; i++) {
		const struct wal_distribution *d = &batch->distributions[i];

		seen.distributions++;
		assert_int_equal(d->size, 5);
		assert_memory_equal(d->data, "bytes", 5);
		assert_true(d->ref == 9 && d->at == -5 && d->mean == 2.5);
	}
	return 0;
}

static struct wal *open_wal(uint64_t done, struct wal_replayed *replayed)
{
	struct wal_replayed ignored;
	struct error err = { 0 };
	struct wal *wal;

	memset(&seen, 0, sizeof seen);
	if (wal_open(folder.path, done, see, NULL, replayed ? replayed : &ignored, &wal, &err) < 0)
		fail_msg("%s", error_text(&err));
	return wal;
}

static void append(struct wal *wal, kymo_ms at, double value)
{
	series_ref refs[] = { 3, 1, 4000000000u };
	double values[] = { value, value, value };
	kymo_ms times[] = { at, at - 100, INT64_MAX };
	struct wal_batch batch = { .n = 3, .refs = refs, .values = values, .at = at };
	uint64_t position;

	assert_int_equal(wal_append(wal, &batch, &position), 0);
	batch.times = times;
	assert_int_equal(wal_append(wal, &batch, &position), 0);
	assert_int_equal(wal_sync_to(wal, position), 0);
}

static void gives_back_what_was_appended(void **state)
{
	static const struct wal_distribution d = { 9, -5, 2.5, (const uint8_t *)"bytes", 5 };
	struct wal_batch batch = { .n_distributions = 1, .distributions = &d };
	struct wal *wal = open_wal(0, NULL);
	uint64_t position;

	(void)state;
	assert_int_equal(seen.batches, 0);
	for (int i = 0; i < 100; i++)
		append(wal, T0 + i, i);
	assert_int_equal(wal_append(wal, &batch, &position), 0);
	wal_close(wal);
	for (int round = 0; round < 2; round++) {
		struct wal_replayed replayed;

		wal = open_wal(0, &replayed);
		assert_int_equal(seen.batches, 201);
		assert_int_equal(seen.samples, 600);
		assert_int_equal(seen.distributions, 1);
		assert_true(seen.values == 6 * 4950);
		assert_true(seen.last_ref == 4000000000u && seen.last_at == INT64_MAX);
		assert_true(replayed.records == 201 && replayed.segments == 1 && !replayed.torn && !replayed.damaged);
		wal_close(wal);
	}
}

static void segments_are_cut_and_removed(void **state)
{
	struct wal *wal = open_wal(0, NULL);
	struct wal_stats stats;
	uint64_t first, second, bytes;

	(void)state;
	append(wal, T0, 1);
	first = wal_cut(wal);
	assert_int_equal(wal_cut(wal), first);		/* nothing since */
	append(wal, T0, 10);
	second = wal_cut(wal);
	append(wal, T0, 100);
	wal_stats(wal, &stats);
	assert_int_equal(stats.files, 3);
	assert_int_equal(wal_remove(wal, first, &bytes), 1);
	assert_true(bytes > 0);
	wal_close(wal);
	wal = open_wal(0, NULL);
	assert_true(seen.values == 6 * 110);
	wal_close(wal);
	wal = open_wal(second, NULL);
	assert_true(seen.values == 6 * 100);
	wal_close(wal);
	wal = open_wal(second + 7, NULL);
	assert_int_equal(seen.batches, 0);
	append(wal, T0, 1);
	wal_close(wal);
	wal = open_wal(second + 7, NULL);	/* a new segment is never among those that are done */
	assert_int_equal(seen.batches, 2);
	wal_close(wal);
}

static void a_segment_ends_when_it_is_full(void **state)
{
	static double values[50000];
	static series_ref refs[50000];
	struct wal_batch batch = { .n = 50000, .refs = refs, .values = values };
	struct wal *wal = open_wal(0, NULL);
	struct wal_stats stats;
	uint64_t position;

	(void)state;
	for (int i = 0; i < 30; i++)
		assert_int_equal(wal_append(wal, &batch, &position), 0);
	wal_stats(wal, &stats);
	assert_true(stats.files > 2 && stats.files < 6);
	wal_close(wal);
	wal = open_wal(0, NULL);
	assert_int_equal(seen.samples, 30 * 50000);
	wal_close(wal);
}

static void path_of(uint64_t segment, char *path, size_t n)
{
	snprintf(path, n, "%s/wal/%016llx.wal", folder.path, (unsigned long long)segment);
}

static void cut_file(uint64_t segment, uint64_t size)
{
	char path[200];
	int fd;

	path_of(segment, path, sizeof path);
	fd = file_open(path, O_WRONLY, 0, NULL);
	assert_int_equal(file_truncate(fd, size), 0);
	file_close(fd);
}

static uint64_t size_of(uint64_t segment)
{
	AUTO_BUF bytes = { 0 };
	char path[200];

	path_of(segment, path, sizeof path);
	assert_int_equal(file_read_all(path, 1 << 24, &bytes, NULL), 0);
	return bytes.len;
}

static void flip(uint64_t segment, uint64_t at)
{
	char path[200];
	uint8_t byte;
	int fd;

	path_of(segment, path, sizeof path);
	fd = file_open(path, O_RDWR, 0, NULL);
	assert_int_equal(file_pread(fd, &byte, 1, at), 1);
	byte ^= 4;
	assert_int_equal(file_pwrite(fd, &byte, 1, at), 0);
	file_close(fd);
}

/* Wherever the writing stopped, what came before it is whole, and the file is sound again. */
static void a_torn_tail_is_dropped(void **state)
{
	uint64_t size, whole = 0;
	uint32_t files;

	(void)state;
	for (uint64_t lost = 1; lost < 120; lost++) {
		struct wal_replayed replayed;
		struct wal *wal = open_wal(0, NULL);

		append(wal, T0, 1);
		whole++;		/* the number of the new segment: one a round */
		wal_close(wal);
		size = size_of(whole);
		cut_file(whole, size > lost ? size - lost : 0);
		wal = open_wal(0, &replayed);
		assert_int_equal(replayed.damaged, 0);
		files = seen.batches;
		wal_close(wal);
		wal = open_wal(0, &replayed);
		assert_int_equal(seen.batches, files);
		assert_true(!replayed.torn && !replayed.damaged);
		wal_close(wal);
	}
}

static void damage_costs_the_record_it_is_in_and_the_file_is_kept(void **state)
{
	struct wal_replayed replayed;
	struct wal *wal = open_wal(0, NULL);
	uint64_t size, bytes;
	char dir[200];

	(void)state;
	for (int i = 0; i < 10; i++)
		append(wal, T0 + i, 1);
	wal_close(wal);
	size = size_of(1);
	flip(1, size / 2);
	wal = open_wal(0, &replayed);
	assert_int_equal(seen.batches, 19);
	assert_int_equal(replayed.damaged, 1);
	assert_int_equal(replayed.torn, 0);
	assert_int_equal(wal_remove(wal, 1, &bytes), 1);
	wal_close(wal);
	snprintf(dir, sizeof dir, "%s/wal", folder.path);
	assert_int_equal(count_files(dir, ".wal"), 0);
	assert_int_equal(count_files(dir, ".wal.damaged"), 1);
	wal = open_wal(0, &replayed);
	assert_int_equal(seen.batches, 0);
	wal_close(wal);
}

static void every_flipped_bit_is_found(void **state)
{
	struct wal *wal = open_wal(0, NULL);
	uint64_t size;

	(void)state;
	append(wal, T0, 1);
	append(wal, T0, 1);
	wal_close(wal);
	size = size_of(1);
	for (uint64_t at = 0; at < size; at++) {
		AUTO_BUF bytes = { 0 };
		struct wal_replayed replayed = { 0 };
		char path[200];
		size_t sound;
		int r;

		flip(1, at);
		path_of(1, path, sizeof path);
		assert_int_equal(file_read_all(path, 1 << 20, &bytes, NULL), 0);
		memset(&seen, 0, sizeof seen);
		r = wal_replay_segment(bytes.data, bytes.len, 1, see, NULL, &replayed, &sound);
		assert_int_equal(r, 0);
		if (!replayed.damaged && sound == size)
			fail_msg("byte %llu of %llu", (unsigned long long)at, (unsigned long long)size);
		assert_true(seen.values == 3 * seen.batches);	/* never a wrong value */
		flip(1, at);
	}
}

static void the_end_of_an_older_segment_is_no_torn_tail(void **state)
{
	struct wal_replayed replayed;
	struct wal *wal = open_wal(0, NULL);
	struct wal_stats stats;

	(void)state;
	append(wal, T0, 1);
	wal_stats(wal, &stats);
	wal_cut(wal);
	append(wal, T0, 1);
	wal_close(wal);
	cut_file(1, stats.bytes - 3);
	wal = open_wal(0, &replayed);
	assert_int_equal(seen.batches, 3);
	assert_int_equal(replayed.damaged, 1);
	assert_int_equal(replayed.torn, 0);
	wal_close(wal);
}

static void refuses_a_newer_format(void **state)
{
	struct wal_replayed replayed;
	struct error err = { 0 };
	struct wal *wal = open_wal(0, NULL);
	AUTO_BUF header = { 0 };
	char path[200];
	int fd;

	(void)state;
	append(wal, T0, 1);
	wal_close(wal);
	path_of(1, path, sizeof path);
	fd = file_open(path, O_WRONLY, 0, NULL);
	frame_file_header(&header, "KYMO-WAL", 2);
	assert_int_equal(file_pwrite(fd, header.data, header.len, 0), 0);
	file_close(fd);
	assert_int_equal(wal_open(folder.path, 0, see, NULL, &replayed, &wal, &err), -ENOTSUP);
	assert_non_null(strstr(error_text(&err), "newer"));
	error_clear(&err);
}

/* What another segment left in the place is none of ours, sound as it is. */
static void a_record_of_another_segment_is_not_taken(void **state)
{
	struct wal *wal = open_wal(0, NULL);
	AUTO_BUF bytes = { 0 };
	struct wal_replayed replayed = { 0 };
	char path[200];
	size_t sound;

	(void)state;
	append(wal, T0, 1);
	wal_close(wal);
	path_of(1, path, sizeof path);
	assert_int_equal(file_read_all(path, 1 << 20, &bytes, NULL), 0);
	memset(&seen, 0, sizeof seen);
	assert_int_equal(wal_replay_segment(bytes.data, bytes.len, 2, see, NULL, &replayed, &sound), 0);
	assert_int_equal(seen.batches, 0);
}

/* ---- groups ---- */

enum { MEMBERS = 20, ROWS = 30, RESTATED = 15 };

static uint64_t value_in(uint32_t row, uint32_t i)
{
	return i == 3 && row == 7 ? UINT64_C(0x7ff0000000000002) : value_bits(i % 4 ? 100.0 * i + row * i / 4.0 : 1.0 / (1 + row / 9));
}

/* A record a row; the group is stated twice. */
static void append_rows(struct wal *wal)
{
	series_ref refs[MEMBERS];
	uint64_t last[MEMBERS], changed, paced = 0, position;
	uint8_t states[MEMBERS], tokens[MEMBERS * (TOKEN_MOST + 1)];
	struct wal_pace pace = { .changed = &paced };

	for (uint32_t i = 0; i < MEMBERS; i++) {
		refs[i] = 100 - i;
		last[i] = value_in(0, i);
		states[i] = token_state_of(last[i], 0);
	}
	for (uint32_t row = 0; row < ROWS; row++) {
		uint8_t *to = tokens;

		assert_int_equal(wal_begin(wal), 0);
		if (row % RESTATED == 0) {
			wal_put_state(&(struct wal_state){ 0, MEMBERS, refs, last, states }, wal_rows(wal));
			pace = (struct wal_pace){ .changed = &paced };
			paced = 0;
		}
		changed = 0;
		for (uint32_t i = 0; i < MEMBERS; i++) {
			uint64_t bits = value_in(row, i);

			if (bits == last[i])
				continue;
			to = token_put(to, bits, last[i], &states[i]);
			last[i] = bits;
			changed |= UINT64_C(1) << i;
		}
		wal_put_row(&(struct wal_row){ .n = MEMBERS, .at = T0 + row * 1000, .changed = &changed, .tokens = tokens,
					       .size = (size_t)(to - tokens) }, &pace, wal_rows(wal));
		assert_int_equal(wal_end(wal, &position), 0);
	}
}

/* What it is given has to be what was written. */
static int see_row(void *data, const struct wal_batch *batch)
{
	uint32_t *rows = data, row = (uint32_t)((batch->at - T0) / 1000);

	assert_true(batch->n == MEMBERS && row < ROWS);
	for (uint32_t i = 0; i < MEMBERS; i++)
		assert_true(batch->refs[i] == 100 - i && value_bits(batch->values[i]) == value_in(row, i));
	*rows |= 1u << row;
	return 0;
}

static void rows_come_back(void **state)
{
	struct wal_replayed replayed;
	struct error err = { 0 };
	struct wal *wal = open_wal(0, NULL);
	uint32_t rows = 0;

	(void)state;
	append_rows(wal);
	wal_close(wal);
	assert_int_equal(wal_open(folder.path, 0, see_row, &rows, &replayed, &wal, &err), 0);
	assert_int_equal(rows, (1u << ROWS) - 1);
	assert_true(replayed.records == ROWS && !replayed.damaged && !replayed.torn);
	wal_close(wal);
}

/* A lost row takes those behind it along, up to where the group is stated again; none of them is guessed. */
static void damage_never_makes_a_wrong_row(void **state)
{
	struct wal *wal = open_wal(0, NULL);
	struct wal_stats stats;
	AUTO_BUF bytes = { 0 };
	char path[200];

	(void)state;
	append_rows(wal);
	wal_stats(wal, &stats);
	wal_close(wal);
	path_of(1, path, sizeof path);
	assert_int_equal(file_read_all(path, 1 << 20, &bytes, NULL), 0);
	for (uint64_t at = FRAME_FILE_HEADER; at < stats.bytes; at++) {
		struct wal_replayed replayed = { 0 };
		uint32_t rows = 0, lost;
		size_t sound;

		bytes.data[at] ^= 16;
		assert_int_equal(wal_replay_segment(bytes.data, bytes.len, 1, see_row, &rows, &replayed, &sound), 0);
		bytes.data[at] ^= 16;
		lost = ~rows & ((1u << ROWS) - 1);
		assert_true(lost);
		/* The rows of one statement at most, and up to its end. */
		assert_true(lost < 1u << RESTATED || !(lost & ((1u << RESTATED) - 1)));
		assert_true(replayed.damaged || sound < stats.bytes);
	}
}

/* With all that stood in it still there. */
static void a_segment_is_used_again(void **state)
{
	struct wal *wal = open_wal(0, NULL);
	struct wal_replayed replayed;
	uint64_t last, bytes;
	char dir[200];

	(void)state;
	snprintf(dir, sizeof dir, "%s/wal", folder.path);
	for (int i = 0; i < 100; i++)
		append(wal, T0 + i, 1);
	last = wal_cut(wal);
	assert_int_equal(wal_remove(wal, last, &bytes), 1);
	assert_int_equal(count_files(dir, "spare.0"), 1);
	append(wal, T0, 10);
	assert_int_equal(count_files(dir, "spare.0"), 0);
	wal_cut(wal);				/* without a close, which takes the rest away */
	append(wal, T0, 100);
	wal_close(wal);
	wal = open_wal(last, &replayed);
	assert_true(seen.values == 6 * 110 && seen.batches == 4);
	assert_true(!replayed.damaged && !replayed.torn);
	wal_close(wal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_back_what_was_appended, make, clean),
		cmocka_unit_test_setup_teardown(segments_are_cut_and_removed, make, clean),
		cmocka_unit_test_setup_teardown(a_segment_ends_when_it_is_full, make, clean),
		cmocka_unit_test_setup_teardown(a_torn_tail_is_dropped, make, clean),
		cmocka_unit_test_setup_teardown(damage_costs_the_record_it_is_in_and_the_file_is_kept, make, clean),
		cmocka_unit_test_setup_teardown(every_flipped_bit_is_found, make, clean),
		cmocka_unit_test_setup_teardown(the_end_of_an_older_segment_is_no_torn_tail, make, clean),
		cmocka_unit_test_setup_teardown(refuses_a_newer_format, make, clean),
		cmocka_unit_test_setup_teardown(a_record_of_another_segment_is_not_taken, make, clean),
		cmocka_unit_test_setup_teardown(rows_come_back, make, clean),
		cmocka_unit_test_setup_teardown(damage_never_makes_a_wrong_row, make, clean),
		cmocka_unit_test_setup_teardown(a_segment_is_used_again, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
