/* SPDX-License-Identifier: MIT */
/* fsck_test.c - a sound store is sound; what is damaged is found, said where, and mended as far as it can be. */
#include "answers.h"
#include "store/fsck.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>

#define M INT64_C(60000)
#define H (60 * M)
#define START (T0 - T0 % H + H)
enum { MINUTES = 150, SAMPLES = MINUTES * 6 };

static struct folder folder;
static series_ref ref[2];
static struct store_options kept;	/* what is said to be kept; path NULL: nobody knows */
static char said[8000];

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)level, (void)topic, (void)text;
}

/* Two hours and a half; the last ten minutes in the log alone. */
static void fill(void)
{
	ref[0] = series_of(folder.store, "a", "x");
	maintain(folder.store, MAINTAIN_SYNC);		/* so that the index has two frames */
	ref[1] = series_of(folder.store, "b", "x");
	for (int i = 1; i <= SAMPLES; i++) {
		kymo_ms at = START + i * 10000;

		folder.clock.now = at;
		must_put(folder.store, ref[0], at, i);
		must_put(folder.store, ref[1], at, i * 0.37);
		if (i % 120 == 0)
			maintain(folder.store, MAINTAIN_CLOSE);
		if (i == SAMPLES / 2 || i == SAMPLES - 60)
			maintain(folder.store, MAINTAIN_FLUSH);
	}
}

static int make(void **state)
{
	(void)state;
	log_set_writer(quiet, NULL);
	kept = (struct store_options){ 0 };
	folder_make(&folder);
	folder.clock.now = START;
	folder_open(&folder);
	fill();
	folder_close(&folder);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static void found(void *data, const struct fsck_finding *finding)
{
	size_t n = strlen(said);

	(void)data;
	snprintf(said + n, sizeof said - n, "%s|%lld|%s|%s\n", finding->file,
		 finding->offset == FSCK_NOWHERE ? -1 : (long long)finding->offset, finding->what, finding->lost);
}

static int look(bool repair, struct fsck_counts *counts)
{
	struct fsck_request request = { .path = folder.path, .repair = repair, .found = found,
					.kept = kept.path ? &kept : NULL };
	struct error err = { 0 };
	int r;

	said[0] = '\0';
	r = store_fsck(&request, counts, &err);
	if (r < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(r, counts->findings != 0);
	return r;
}

/* The first file of a part of the store. */
static char file_path[512], file_name[256];
static int first_name(void *data, const char *name)
{
	snprintf(file_name, sizeof file_name, "%s/%s", (const char *)data, name);
	return 1;
}

static void first_file(const char *part)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", folder.path, part);
	file_name[0] = '\0';
	dir_list(path, first_name, (void *)(uintptr_t)part, NULL);
	snprintf(file_path, sizeof file_path, "%s/%s", folder.path, file_name);
}

/* One bit of a byte; a negative place counts from the end. */
static void flip(const char *part, off_t at)
{
	uint8_t byte;
	uint64_t size;
	int fd;

	first_file(part);
	fd = file_open(file_path, O_RDWR, 0, NULL);
	assert_true(fd >= 0);
	assert_int_equal(file_size(fd, &size), 0);
	if (at < 0)
		at += (off_t)size;
	assert_int_equal(file_pread(fd, &byte, 1, (uint64_t)at), 1);
	byte ^= 16;
	assert_int_equal(file_pwrite(fd, &byte, 1, (uint64_t)at), 0);
	file_close(fd);
}

static uint32_t samples(void)
{
	static struct got got;

	get(folder.store, ref[0], 0, INT64_MAX, &got);
	return got.n;
}

static uint64_t windows(enum kymo_tier tier)
{
	struct answers answers = { 0 };
	uint64_t n = 0;

	ask(folder.store, ref[0], tier, START, START + 2 * H, WANT_ALL, &answers);
	for (uint32_t i = 0; i < answers.n; i++)
		n += answers.of[i].record.window.count;
	answers_fini(&answers);
	return n;
}

static uint32_t names(const char *part, const char *ending)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", folder.path, part);
	return count_files(path, ending);
}

static void a_sound_store_is_sound(void **state)
{
	struct fsck_counts counts;

	(void)state;
	assert_int_equal(look(false, &counts), 0);
	assert_int_equal(counts.series, 2);
	assert_int_equal(counts.samples, 2 * (SAMPLES - 60));
	assert_true(counts.windows > 2 * 80 && counts.logged > 0 && counts.blocks > 4);
	assert_int_equal(names("", "fsck.tmp"), 0);
	assert_int_equal(look(true, &counts), 0);
	folder_open(&folder);
	assert_int_equal(samples(), SAMPLES);
}

static void it_looks_while_nobody_runs(void **state)
{
	struct fsck_request request = { .path = folder.path };
	struct fsck_counts counts;
	struct error err = { 0 };

	(void)state;
	folder_open(&folder);
	assert_int_equal(store_fsck(&request, &counts, &err), -EBUSY);
	assert_non_null(strstr(error_text(&err), "held by another kymo"));
	error_clear(&err);
	request.path = "/proc/self";
	assert_int_equal(store_fsck(&request, &counts, &err), -EINVAL);
	error_clear(&err);
	request.path = "/nowhere";
	assert_int_equal(store_fsck(&request, &counts, &err), -ENOENT);
	error_clear(&err);
}

/* Each: found, told with its place, mended; then all is well, and what could be kept is there. */
static void damage(const char *part, off_t at, const char *what, uint32_t most_lost)
{
	struct fsck_counts counts;
	uint32_t n;

	flip(part, at);
	assert_int_equal(look(false, &counts), 1);
	if (!strstr(said, what) || !strstr(said, file_name))
		fail_msg("%s at %lld: not \"%s\" but %s", part, (long long)at, what, said);
	assert_int_equal(look(false, &counts), 1);	/* looking changes nothing */
	assert_int_equal(look(true, &counts), 1);
	if (look(false, &counts) != 0)
		fail_msg("%s at %lld: after the repair %s", part, (long long)at, said);
	assert_true(counts.aside > 0);
	folder_open(&folder);
	n = samples();
	if (n + most_lost < SAMPLES)
		fail_msg("%s at %lld: %u samples are lost", part, (long long)at, SAMPLES - n);
}

static void a_chunk(void **state)
{
	(void)state;
	damage("raw", 60, "a chunk is damaged", SAMPLES);
	assert_int_equal(windows(KYMO_1M), 120 * 6);	/* tiers know more than raw, and keep it */
	assert_int_equal(names("raw", ".damaged"), 1);
}

static void the_end_of_a_block(void **state)
{
	(void)state;
	damage("raw", -20, "damaged", SAMPLES);
	assert_int_equal(windows(KYMO_1H), 120 * 6);
}

static void a_chunk_of_a_tier(void **state)
{
	(void)state;
	damage("1m", 60, "a chunk is damaged", 0);
	assert_int_equal(windows(KYMO_1M), 120 * 6);	/* from raw */
}

static void a_block_of_a_tier(void **state)
{
	(void)state;
	damage("1m", 3, "damaged", 0);
	assert_int_equal(windows(KYMO_1M), 120 * 6);
	assert_int_equal(windows(KYMO_1H), 120 * 6);
}

static void the_index(void **state)
{
	(void)state;
	damage("index", 40, "no record can be read from here", 0);
}

static void the_log(void **state)
{
	(void)state;
	damage("wal", 60, "no record can be read from here", 60);
}

static void a_tier_that_is_gone(void **state)
{
	struct fsck_counts counts;

	(void)state;
	while (names("5m", ".kyb")) {
		first_file("5m");
		assert_int_equal(remove(file_path), 0);
	}
	assert_int_equal(look(false, &counts), 1);
	assert_non_null(strstr(said, "5m|-1|a{label=\"x\"}"));
	assert_int_equal(look(true, &counts), 1);
	assert_int_equal(look(false, &counts), 0);
	folder_open(&folder);
	assert_int_equal(windows(KYMO_5M), 120 * 6);
}

static void keep_all(void)
{
	kept = store_options_preset(folder.path);
	kept.clock = &folder.clock.clock;
	for (int tier = 0; tier < TIERS; tier++)
		kept.retention[tier] = FOREVER;
}

static void lose(const char *part)
{
	first_file(part);
	assert_int_equal(remove(file_path), 0);
}

/* The first half of a tier, as if it had expired: nothing has it any more. */
static void lose_the_oldest(const char *tier)
{
	char path[200];

	assert_int_equal(names(tier, ".kyb"), 2);
	lose(tier);
	snprintf(path, sizeof path, "%s/manifest", folder.path);
	assert_int_equal(remove(path), 0);
}

static void a_block_that_is_lost(void **state)
{
	struct fsck_counts counts;

	(void)state;
	lose("1m");
	assert_int_equal(look(false, &counts), 1);
	if (!strstr(said, file_name) || !strstr(said, "the block is not there"))
		fail_msg("%s: %s", file_name, said);
	assert_int_equal(counts.findings, 1);
	assert_int_equal(look(true, &counts), 1);
	assert_int_equal(look(false, &counts), 0);
	folder_open(&folder);
	assert_int_equal(windows(KYMO_1M), 120 * 6);	/* from raw */
}

static void a_damaged_manifest(void **state)
{
	char path[200];
	int fd;
	struct fsck_counts counts;

	(void)state;
	snprintf(path, sizeof path, "%s/manifest", folder.path);
	fd = file_open(path, O_WRONLY, 0, NULL);
	assert_true(fd >= 0);
	assert_int_equal(file_pwrite(fd, "damage", 6, 40), 0);
	file_close(fd);
	assert_int_equal(look(false, &counts), 1);
	assert_non_null(strstr(said, "manifest|-1|"));
	assert_int_equal(look(true, &counts), 1);
	assert_int_equal(look(false, &counts), 0);
	folder_open(&folder);
	assert_int_equal(samples(), SAMPLES);
}

static void what_may_have_expired_is_no_finding(void **state)
{
	struct fsck_counts counts;

	(void)state;
	lose_the_oldest("1m");
	assert_int_equal(look(false, &counts), 0);
	assert_true(counts.older > 60 && counts.older < counts.windows);
	keep_all();
	assert_int_equal(look(false, &counts), 1);
	assert_non_null(strstr(said, "1m|-1|a{label=\"x\"}"));
	assert_int_equal(counts.older, 0);
	kept.size = UINT64_C(1) << 30;
	assert_int_equal(look(false, &counts), 0);
	assert_true(counts.older > 60);
}

static void what_has_expired_is_not_missed(void **state)
{
	static const char *const names_of_a[] = { "a" };
	struct policy policy = { .n_match = 1, .match = names_of_a, .retention = { [KYMO_1M] = H } };
	struct fsck_counts counts;

	(void)state;
	lose_the_oldest("1m");
	keep_all();
	kept.retention[KYMO_1M] = H;		/* the half that is there is of more than an hour */
	assert_int_equal(look(false, &counts), 0);
	assert_int_equal(counts.older, 0);
	kept.retention[KYMO_1M] = FOREVER;
	kept.policies = &policy;
	kept.n_policies = 1;
	assert_int_equal(look(false, &counts), 1);
	assert_null(strstr(said, "a{label=\"x\"}"));
	assert_non_null(strstr(said, "b{label=\"x\"}"));
	assert_int_equal(look(true, &counts), 1);
	assert_int_equal(look(false, &counts), 0);
}

static void an_index_that_is_gone(void **state)
{
	struct fsck_counts counts;

	(void)state;
	first_file("index");
	assert_int_equal(remove(file_path), 0);
	assert_int_equal(look(false, &counts), 1);
	assert_non_null(strstr(said, "2 series that blocks have are not in the index"));
	assert_int_equal(look(true, &counts), 1);
	assert_int_equal(look(false, &counts), 0);
	folder_open(&folder);
	assert_int_equal(samples(), SAMPLES);
}

static void a_torn_end_is_no_damage(void **state)
{
	struct fsck_counts counts;
	int fd;

	(void)state;
	first_file("wal");
	fd = file_open(file_path, O_WRONLY | O_APPEND, 0, NULL);
	assert_int_equal(file_write(fd, "kR\1\0\x40\0\0\0torn", 12), 0);
	file_close(fd);
	assert_int_equal(look(false, &counts), 0);
	assert_true(counts.torn >= 12);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clean)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_store_is_sound),
		TEST(it_looks_while_nobody_runs),
		TEST(a_chunk),
		TEST(the_end_of_a_block),
		TEST(a_chunk_of_a_tier),
		TEST(a_block_of_a_tier),
		TEST(the_index),
		TEST(the_log),
		TEST(a_tier_that_is_gone),
		TEST(a_block_that_is_lost),
		TEST(a_damaged_manifest),
		TEST(what_may_have_expired_is_no_finding),
		TEST(what_has_expired_is_not_missed),
		TEST(an_index_that_is_gone),
		TEST(a_torn_end_is_no_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
