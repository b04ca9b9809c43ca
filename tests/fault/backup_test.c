/* SPDX-License-Identifier: MIT */
/*
 * backup_test.c - whichever call fails during a backup: there is a whole one, or
 * none and nothing half-made; and the store has lost nothing.
 */
#include "folder.h"
#include "fault/fault.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>

static struct folder folder;
static char path[160], part[168];
static series_ref ref;

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)level, (void)topic, (void)text;
}

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(name);
}

static void remove_backup(void)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int make(void **state)
{
	(void)state;
	log_set_writer(quiet, NULL);
	folder_make(&folder);
	folder_open(&folder);
	snprintf(path, sizeof path, "%s-backup", folder.path);
	snprintf(part, sizeof part, "%s.part", path);
	ref = series_of(folder.store, "m", NULL);
	for (int i = 0; i < 300; i++)
		must_put(folder.store, ref, T0 + i * 1000, i);
	flush(folder.store);
	for (int i = 300; i < 400; i++)
		must_put(folder.store, ref, T0 + i * 1000, i);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	remove_backup();
	folder_remove(&folder);
	return 0;
}

static void check(struct store *store)
{
	static struct got got;

	get(store, ref, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 400);
	for (uint32_t i = 0; i < got.n; i++)
		assert_true(got.at[i] == T0 + i * 1000 && got.value[i] == i);
}

static void check_backup(void)
{
	struct store_options options = folder.options;
	struct store *store;

	options.path = path;
	assert_int_equal(store_open(&options, &store, NULL), 0);
	check(store);
	store_close(store);
}

static void try_each(unsigned calls, int error)
{
	struct stat st;

	for (unsigned n = 1;; n++) {
		int r;
		bool fired;

		fault_at(calls, n, error);
		r = store_backup(folder.store, path, NULL);
		fired = fault_off();
		if (lstat(part, &st) == 0)
			fail_msg("call %u: something half-made is left", n);
		if (r == 0)
			check_backup();
		else if (lstat(path, &st) == 0)
			fail_msg("call %u: it has failed, but there is one", n);
		remove_backup();
		check(folder.store);
		if (!fired)
			break;
	}
}

static void the_disk_fails(void **state)
{
	(void)state;
	try_each(FAULT_DISK | FAULT_READ | FAULT_STAT | FAULT_DIR | FAULT_LINK, EIO);
}

static void memory_runs_out(void **state)
{
	(void)state;
	try_each(FAULT_MEMORY, ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_disk_fails, make, clean),
		cmocka_unit_test_setup_teardown(memory_runs_out, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
