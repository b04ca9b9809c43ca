/* SPDX-License-Identifier: MIT */
/* spill_test.c - sealed rows leave memory, and nothing is lost whatever becomes of their file. */
#include "folder.h"
#include "head/group.h"
#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SERIES = 150, ROWS = 1000 };

static struct folder folder;
static series_ref refs[SERIES];
static struct got got;

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	folder_open(&folder);
	for (uint32_t i = 0; i < SERIES; i++) {
		char name[] = { 's', (char)('A' + i % 26), (char)('A' + i / 26), 0 };

		refs[i] = series_of(folder.store, name, "x");
	}
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

/* One of three never changes; one of seven comes in half of the rows. */
static double value_at(uint32_t i, uint32_t row)
{
	return i % 3 == 0 ? i : i % 3 == 1 ? row * 3.0 + i : row % 10 / 4.0;
}

static bool is_there(uint32_t i, uint32_t row)
{
	return i % 7 || row % 2;
}

static void put_rows(uint32_t from, uint32_t to)
{
	for (uint32_t row = from; row < to; row++) {
		series_ref some[SERIES];
		double values[SERIES];
		struct store_batch batch = { .refs = some, .values = values, .at = T0 + row * 1000 };

		for (uint32_t i = 0; i < SERIES; i++)
			if (is_there(i, row)) {
				some[batch.n] = refs[i];
				values[batch.n++] = value_at(i, row);
			}
		assert_int_equal(store_append(folder.store, &batch, NULL), 0);
	}
}

static void check_rows(uint32_t rows)
{
	for (uint32_t i = 0; i < SERIES; i++) {
		uint32_t n = 0;

		get(folder.store, refs[i], 0, INT64_MAX, &got);
		for (uint32_t row = 0; row < rows; row++) {
			if (!is_there(i, row))
				continue;
			if (n >= got.n || got.at[n] != T0 + row * 1000 || value_bits(got.value[n]) != value_bits(value_at(i, row)))
				fail_msg("series %u, row %u of %u", i, row, got.n);
			n++;
		}
		assert_int_equal(got.n, n);
	}
}

static struct store_stats stats_now(void)
{
	struct store_stats stats;

	store_stats(folder.store, &stats);
	return stats;
}

static int try_flush(void)
{
	struct error err = { 0 };
	int r = store_maintain(folder.store, MAINTAIN_FLUSH, NULL, &err);

	error_clear(&err);
	return r;
}

static bool is_in_folder(const char *name)
{
	char *path = path_join(folder.options.path, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

/* The most memory that the head takes while these come. */
static uint64_t most_bytes(uint32_t from, uint32_t to)
{
	uint64_t most = 0;

	for (uint32_t row = from; row < to; row++) {
		put_rows(row, row + 1);
		if (stats_now().head_bytes > most)
			most = stats_now().head_bytes;
	}
	return most;
}

static void memory_stays_as_it_is(void **state)
{
	uint64_t first, most;
	(void)state;

	first = most_bytes(0, 240);
	most = most_bytes(240, ROWS);
	if (most > first + SERIES * 64)		/* what tells where they are */
		fail_msg("%d a series, then %d", (int)(first / SERIES), (int)(most / SERIES));
	assert_true(stats_now().head_spilled > SERIES * 100);
	assert_false(is_in_folder("head.tmp"));
	check_rows(ROWS);
	assert_int_equal(try_flush(), 0);
	assert_int_equal(stats_now().head_spilled, 0);
	check_rows(ROWS);
	put_rows(ROWS, 2 * ROWS);		/* into another file */
	check_rows(2 * ROWS);
}

static void what_was_put_aside_comes_back_with_the_log(void **state)
{
	(void)state;
	put_rows(0, ROWS);
	folder_reopen(&folder);
	assert_true(stats_now().head_spilled > 0);
	check_rows(ROWS);
}

/* A folder is in the way of the file. */
static void what_cannot_be_put_aside_stays_in_memory(void **state)
{
	char *path = path_join(folder.options.path, "head.tmp");
	(void)state;

	assert_int_equal(mkdir(path, 0700), 0);
	put_rows(0, 500);
	assert_int_equal(stats_now().head_spilled, 0);
	check_rows(500);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(try_flush(), 0);
	put_rows(500, ROWS);
	assert_true(stats_now().head_spilled > 0);
	check_rows(ROWS);
	free(path);
}

/* A descriptor of the file without a name. */
static int open_file(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int fd = -1;

	assert_non_null(dir);
	for (const struct dirent *entry; fd < 0 && (entry = readdir(dir));) {
		char path[300], target[400] = "";

		snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
		if (readlink(path, target, sizeof target - 1) > 0 && strstr(target, folder.options.path) &&
		    strstr(target, "/head.tmp"))
			fd = open(path, O_RDWR);
	}
	closedir(dir);
	return fd;
}

static void damage_is_told_and_the_log_stays(void **state)
{
	int fd;
	uint8_t byte;
	(void)state;

	put_rows(0, ROWS);
	fd = open_file();
	assert_true(fd >= 0);
	assert_int_equal(file_pread(fd, &byte, 1, 200), 1);
	byte ^= 1;
	assert_int_equal(file_pwrite(fd, &byte, 1, 200), 0);
	close(fd);
	get(folder.store, refs[1], 0, INT64_MAX, &got);
	assert_true(got.n > 0 && got.n < ROWS);
	assert_true(stats_now().quarantined > 0);
	assert_int_equal(try_flush(), -EIO);
	folder_reopen(&folder);
	check_rows(ROWS);
	assert_int_equal(try_flush(), 0);
	check_rows(ROWS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_stays_as_it_is),
		TEST(what_was_put_aside_comes_back_with_the_log),
		TEST(what_cannot_be_put_aside_stays_in_memory),
		TEST(damage_is_told_and_the_log_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
