/* SPDX-License-Identifier: MIT */
/* backup_test.c - a backup opens as a store and has what was appended before it; the store goes on beside it. */
#include "folder.h"
#include "util/cleanup.h"
#include "util/thread.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>

struct rig {
	struct folder folder;
	char path[160];
};

static int make(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);

	folder_make(&rig->folder);
	folder_open(&rig->folder);
	snprintf(rig->path, sizeof rig->path, "%s-backup", rig->folder.path);
	*state = rig;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int unmake(void **state)
{
	struct rig *rig = *state;

	folder_remove(&rig->folder);
	nftw(rig->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(rig);
	return 0;
}

static void back_up(struct rig *rig)
{
	struct error err = { 0 };

	if (store_backup(rig->folder.store, rig->path, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static struct store *open_backup(struct rig *rig)
{
	struct store_options options = rig->folder.options;
	struct error err = { 0 };
	struct store *store;

	options.path = rig->path;
	if (store_open(&options, &store, &err) < 0)
		fail_msg("%s", error_text(&err));
	return store;
}

/* What both have of a series is the same; gives how many samples. */
static uint32_t compare(struct store *one, struct store *other, series_ref ref, kymo_ms until)
{
	static struct got a, b;

	get(one, ref, 0, until, &a);
	get(other, ref, 0, until, &b);
	if (a.n != b.n)
		fail_msg("series %u: %u samples and %u", ref, a.n, b.n);
	for (uint32_t i = 0; i < a.n; i++)
		if (a.at[i] != b.at[i] || value_bits(a.value[i]) != value_bits(b.value[i]))
			fail_msg("series %u: sample %u differs", ref, i);
	return a.n;
}

static void fill(struct rig *rig, const series_ref *refs, uint32_t n, kymo_ms from, kymo_ms to)
{
	for (kymo_ms at = from; at < to; at += 1000) {
		rig->folder.clock.now = at;
		for (uint32_t i = 0; i < n; i++)
			must_put(rig->folder.store, refs[i], at, (double)(at % 7919) * (i + 1));
	}
}

static void make_series(struct rig *rig, series_ref *refs, uint32_t n)
{
	char value[16];

	for (uint32_t i = 0; i < n; i++) {
		snprintf(value, sizeof value, "%u", i);
		refs[i] = series_of(rig->folder.store, "m", value);
	}
}

enum { N = 5 };

static void has_blocks_head_and_tiers(void **state)
{
	struct rig *rig = *state;
	series_ref refs[N];
	struct store *backup;
	struct store_stats here, there;

	make_series(rig, refs, N);
	fill(rig, refs, N, T0, T0 + 600000);
	assert_int_equal(store_maintain(rig->folder.store, 0, NULL, NULL), 0);
	fill(rig, refs, N, T0 + 600000, T0 + 900000);
	back_up(rig);
	backup = open_backup(rig);
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(compare(rig->folder.store, backup, refs[i], INT64_MAX), 900);
	assert_int_equal(store_maintain(rig->folder.store, 0, NULL, NULL), 0);
	assert_int_equal(store_maintain(backup, 0, NULL, NULL), 0);
	store_stats(rig->folder.store, &here);
	store_stats(backup, &there);
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		assert_int_equal(here.tier[tier].samples, there.tier[tier].samples);
	assert_int_equal(there.series, N);
	assert_int_equal(there.quarantined, 0);
	store_close(backup);
}

static void what_comes_later_is_not_in_it(void **state)
{
	struct rig *rig = *state;
	series_ref refs[N], later;
	struct store *backup;

	make_series(rig, refs, N);
	fill(rig, refs, N, T0, T0 + 60000);
	back_up(rig);
	fill(rig, refs, N, T0 + 60000, T0 + 120000);
	later = series_of(rig->folder.store, "later", NULL);
	must_put(rig->folder.store, later, T0, 1);
	assert_int_equal(store_maintain(rig->folder.store, 0, NULL, NULL), 0);
	backup = open_backup(rig);
	for (uint32_t i = 0; i < N; i++) {
		static struct got got;

		compare(rig->folder.store, backup, refs[i], T0 + 59999);
		get(backup, refs[i], 0, INT64_MAX, &got);
		assert_int_equal(got.n, 60);
	}
	store_close(backup);
}

/* Each goes its own way afterwards: what one expires or merges, the other keeps. */
static void is_a_store_of_its_own(void **state)
{
	struct rig *rig = *state;
	series_ref refs[N];
	struct store *backup;
	static struct got got;

	make_series(rig, refs, N);
	fill(rig, refs, N, T0, T0 + 60000);
	back_up(rig);
	backup = open_backup(rig);
	must_put(backup, refs[0], T0 + 60000, 99);
	flush(backup);
	rig->folder.clock.now = T0 + INT64_C(86400000) * 1000;
	assert_int_equal(store_maintain(rig->folder.store, 0, NULL, NULL), 0);
	get(backup, refs[0], 0, INT64_MAX, &got);
	assert_int_equal(got.n, 61);
	get(rig->folder.store, refs[0], T0 + 59999, INT64_MAX, &got);
	assert_int_equal(got.n, 0);
	store_close(backup);
}

static void shares_its_blocks(void **state)
{
	struct rig *rig = *state;
	char command[400];
	series_ref ref = series_of(rig->folder.store, "m", NULL);

	fill(rig, &ref, 1, T0, T0 + 60000);
	back_up(rig);
	snprintf(command, sizeof command, "%s/raw", rig->path);
	assert_true(count_files(command, ".kyb") > 0);
	snprintf(command, sizeof command, "test $(find %s/raw -name '*.kyb' -links 2 | wc -l) -gt 0", rig->path);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof command, "test $(find %s/wal %s/index -type f -links 2 | wc -l) -eq 0", rig->path, rig->path);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof command, "test ! -e %s/lock", rig->path);
	assert_int_equal(system(command), 0);
}

static void a_path_that_is_taken_is_left_alone(void **state)
{
	struct rig *rig = *state;
	struct error err = { 0 };
	struct stat st;

	assert_int_equal(mkdir(rig->path, 0755), 0);
	assert_int_equal(store_backup(rig->folder.store, rig->path, &err), -EEXIST);
	assert_non_null(strstr(error_text(&err), rig->path));
	assert_int_equal(stat(rig->path, &st), 0);
	error_clear(&err);
}

static void a_failure_leaves_nothing(void **state)
{
	struct rig *rig = *state;
	char path[200], part[200];
	struct error err = { 0 };
	struct stat st;

	assert_int_equal(store_backup(rig->folder.store, "/proc/kymo-backup", &err), -ENOENT);
	error_clear(&err);
	snprintf(path, sizeof path, "%s/file/backup", rig->folder.path);
	snprintf(part, sizeof part, "%s/file", rig->folder.path);
	fclose(fopen(part, "w"));
	assert_int_equal(store_backup(rig->folder.store, path, &err), -ENOTDIR);
	assert_true(stat(path, &st) < 0);
	error_clear(&err);
}

/* ---- while others append ---- */

struct writing {
	struct store *store;
	series_ref refs[N];
	_Atomic kymo_ms at;		/* acknowledged up to here */
	_Atomic bool stop;
};

static void *write_on(void *data)
{
	struct writing *writing = data;

	while (!writing->stop) {
		kymo_ms at = writing->at + 1000;
		double values[N];
		struct store_batch batch = { .n = N, .refs = writing->refs, .values = values, .at = at };

		for (uint32_t i = 0; i < N; i++)
			values[i] = (double)(at % 104729) + i;
		if (store_append(writing->store, &batch, NULL) < 0)
			break;
		writing->at = at;
		nanosleep(&(struct timespec){ .tv_nsec = 10000 }, NULL);
	}
	return NULL;
}

static void what_is_acknowledged_is_in_it_while_others_append(void **state)
{
	struct rig *rig = *state;
	struct writing writing = { .store = rig->folder.store, .at = T0 };
	pthread_t thread;

	make_series(rig, writing.refs, N);
	assert_int_equal(thread_start(&thread, "writer", write_on, &writing), 0);
	for (int round = 0; round < 5; round++) {
		kymo_ms acknowledged;
		struct store *backup;

		while (writing.at < T0 + (round + 1) * 50000)
			nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
		acknowledged = writing.at;
		back_up(rig);
		backup = open_backup(rig);
		for (uint32_t i = 0; i < N; i++)
			assert_true(compare(rig->folder.store, backup, writing.refs[i], acknowledged) ==
				    (uint32_t)((acknowledged - T0) / 1000));
		store_close(backup);
		nftw(rig->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	writing.stop = true;
	pthread_join(thread, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(has_blocks_head_and_tiers),
		TEST(what_comes_later_is_not_in_it),
		TEST(is_a_store_of_its_own),
		TEST(shares_its_blocks),
		TEST(a_path_that_is_taken_is_left_alone),
		TEST(a_failure_leaves_nothing),
		TEST(what_is_acknowledged_is_in_it_while_others_append),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
