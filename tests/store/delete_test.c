/* SPDX-License-Identifier: MIT */
/* delete_test.c - what is deleted is gone for every reader, at once and for good; what comes later is not. */
#include "answers.h"
#include "store/delete.h"
#include "model/sample.h"

#include <errno.h>

#define M INT64_C(60000)
#define H (60 * M)
#define START (T0 - T0 % H + H)

static struct folder folder;
static struct got got;
static series_ref a, b;

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	folder.clock.now = START;
	folder_open(&folder);
	a = series_of(folder.store, "a", "x");
	b = series_of(folder.store, "b", "x");
	return 0;
}

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)level, (void)topic, (void)text;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

/* A sample every ten seconds of both: their minute. */
static void run(int minutes)
{
	for (int i = 0; i < minutes * 6; i++) {
		kymo_ms at = folder.clock.now + 10000;

		folder.clock.now = at;
		must_put(folder.store, a, at, (double)((at - START) / M));
		must_put(folder.store, b, at, 1);
	}
	maintain(folder.store, MAINTAIN_CLOSE);
}

static uint32_t delete_of(const char *name, kymo_ms start, kymo_ms end)
{
	struct matcher *matcher;
	struct error err = { 0 };
	uint32_t n;

	assert_non_null(matcher = matcher_create(MATCH_EQUAL, LABEL_NAME, name, &err));
	if (store_delete(folder.store, &matcher, 1, start, end, &n, &err) < 0)
		fail_msg("%s", error_text(&err));
	matcher_destroy(matcher);
	return n;
}

static uint32_t samples(series_ref ref, kymo_ms start, kymo_ms end)
{
	get(folder.store, ref, start, end, &got);
	return got.n;
}

static uint64_t counted(series_ref ref, enum kymo_tier tier, kymo_ms start, kymo_ms end)
{
	struct answers answers = { 0 };
	uint64_t n = 0;

	ask(folder.store, ref, tier, start, end, WANT_ALL, &answers);
	for (uint32_t i = 0; i < answers.n; i++)
		n += answers.of[i].record.window.count;
	answers_fini(&answers);
	return n;
}

/* The same of raw and tiers, whatever happens to the store. */
static void check(uint32_t of_a)
{
	for (int i = 0; i < 4; i++) {
		assert_int_equal(samples(a, 0, INT64_MAX), of_a);
		assert_int_equal(samples(b, 0, INT64_MAX), 180 * 6);
		for (int tier = KYMO_1M; tier < TIERS; tier++) {
			assert_int_equal(counted(a, (enum kymo_tier)tier, 0, INT64_MAX), of_a);
			assert_int_equal(counted(b, (enum kymo_tier)tier, 0, INT64_MAX), 180 * 6);
		}
		if (i == 0)
			folder_reopen(&folder);
		if (i == 1)
			maintain(folder.store, MAINTAIN_MERGE);
		if (i == 2) {
			assert_int_equal(deleted_count(folder.store->deleted), 0);
			folder_reopen(&folder);
		}
	}
}

static void a_range_is_gone_from_every_tier(void **state)
{
	static const struct { kymo_ms start, end; uint32_t gone; } rows[] = {
		{ START + 30 * M, START + 35 * M, 30 },			/* on borders */
		{ START + 100 * M + 5000, START + 101 * M + 15000, 7 },	/* inside of windows */
		{ START + 50 * M + 15000, START + 50 * M + 25000, 1 },	/* one sample */
		{ START + 120 * M, START + 180 * M, 360 },		/* the newest hour */
	};
	uint32_t left = 180 * 6;

	(void)state;
	run(180);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(delete_of("a", rows[i].start, rows[i].end), 1);
		left -= rows[i].gone;
		assert_int_equal(samples(a, rows[i].start, rows[i].end), 0);
		check(left);
	}
	assert_int_equal(delete_of("a", START + 120 * M, START + 180 * M), 0);
	assert_int_equal(delete_of("nobody", 0, INT64_MAX), 0);
}

static void a_window_of_which_nothing_is_left_goes(void **state)
{
	(void)state;
	must_put(folder.store, a, START + 5 * M + 30000, 7);
	must_put(folder.store, a, START + 20 * M + 1, 8);
	must_put(folder.store, b, START + 20 * M + 1, 8);
	pass_time(&folder, START + 3 * H);
	assert_int_equal(delete_of("a", START + 5 * M + 29999, START + 5 * M + 30001), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(counted(a, KYMO_1M, 0, INT64_MAX), 1);
		assert_int_equal(counted(a, KYMO_5M, START + 5 * M, START + 10 * M), 0);
		assert_int_equal(counted(a, KYMO_1H, 0, INT64_MAX), 1);
		folder_reopen(&folder);
	}
}

static void what_is_stored_later_counts(void **state)
{
	(void)state;
	run(180);
	assert_int_equal(delete_of("a", START + 175 * M, START + 178 * M), 1);
	must_put(folder.store, a, START + 176 * M, 50);
	must_put(folder.store, a, START + 177 * M, 51);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(samples(a, START + 175 * M, START + 178 * M), 2);
		assert_true(got.value[0] == 50 && got.value[1] == 51);
		assert_int_equal(counted(a, KYMO_1M, START + 175 * M, START + 178 * M), 2);
		assert_int_equal(counted(a, KYMO_1H, START + 120 * M, START + 180 * M), 344);
		if (i == 0)
			maintain(folder.store, MAINTAIN_FLUSH | MAINTAIN_MERGE);
		folder_reopen(&folder);
	}
}

static struct series_view view_of(series_ref ref)
{
	struct series_view view = { 0 };
	AUTO_BUF names = { 0 };

	index_lock(folder.store->index);
	store_series_view(folder.store, ref, &names, &view);
	index_unlock(folder.store->index);
	view.labels = (struct labels){ 0 };
	return view;
}

static void the_newest_sample_is_the_one_before(void **state)
{
	(void)state;
	run(60);
	assert_int_equal(delete_of("a", START + 40 * M + 5000, INT64_MAX), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(view_of(a).last_at, START + 40 * M);
		assert_true(view_of(a).last == 40);
		assert_int_equal(view_of(b).last_at, START + 60 * M);
		folder_reopen(&folder);
	}
	/* Not late, not in conflict with what it was. */
	must_put(folder.store, a, START + 60 * M, 1000);
	assert_true(view_of(a).last == 1000);
	assert_int_equal(delete_of("a", INT64_MIN, START + 10 * M), 1);
	assert_in_range(view_of(a).first_at, START + 10 * M + 1, START + 10 * M + 10000);	/* a bound */
}

static void a_series_without_anything_left_is_no_more(void **state)
{
	struct store_stats stats;

	(void)state;
	run(60);
	assert_int_equal(delete_of("a", INT64_MIN, INT64_MAX), 1);
	for (int i = 0; i < 3; i++) {
		store_stats(folder.store, &stats);
		assert_int_equal(stats.series, 1);
		assert_int_equal(stats.quarantined, 0);
		if (i == 1)
			maintain(folder.store, MAINTAIN_MERGE | MAINTAIN_EXPIRE);
		folder_reopen(&folder);
	}
	assert_true(series_of(folder.store, "a", "x") != a);
	must_put(folder.store, series_of(folder.store, "a", "x"), START + 30 * M, 1);
	folder_reopen(&folder);
	store_stats(folder.store, &stats);
	assert_int_equal(stats.quarantined, 0);
	assert_int_equal(samples(series_of(folder.store, "a", "x"), 0, INT64_MAX), 1);
}

/* Raw is gone: windows that are deleted in part stay. */
static void without_raw_whole_windows_go(void **state)
{
	(void)state;
	run(180);
	pass_time(&folder, START + 60 * H);
	maintain(folder.store, MAINTAIN_FLUSH | MAINTAIN_MERGE);
	maintain(folder.store, MAINTAIN_EXPIRE);
	folder.clock.now += 2 * H;
	maintain(folder.store, MAINTAIN_EXPIRE);
	assert_int_equal(samples(a, 0, INT64_MAX), 0);
	assert_int_equal(delete_of("a", START + 90 * M + 30000, START + 102 * M + 30000), 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(counted(a, KYMO_1M, 0, INT64_MAX), 180 * 6 - 11 * 6);
		assert_int_equal(counted(a, KYMO_5M, 0, INT64_MAX), 180 * 6 - 30);
		assert_int_equal(counted(a, KYMO_1H, 0, INT64_MAX), 180 * 6);
		if (i == 0)
			maintain(folder.store, MAINTAIN_MERGE);
		folder_reopen(&folder);
	}
}

static void a_select_is_what_it_was(void **state)
{
	struct select_request request = { .tier = KYMO_RAW, .start = 0, .end = INT64_MAX, .wants = WANT_ALL };
	AUTO(select) select = NULL;
	AUTO(cursor) cursor = NULL;
	struct piece piece;
	uint32_t n = 0;

	(void)state;
	run(60);
	maintain(folder.store, MAINTAIN_FLUSH);
	assert_int_equal(select_open(folder.store, &request, &select, NULL), 0);
	assert_int_equal(delete_of("a", START + 20 * M, START + 40 * M), 1);
	maintain(folder.store, MAINTAIN_MERGE);
	assert_int_equal(cursor_open(select, 0, &cursor), 0);
	while (cursor_next(cursor, &piece) > 0)
		n += piece.n;
	assert_int_equal(n, 360);
}

enum { WRITTEN = 3000 };

/* cmocka's checks are for its own thread: how many were not stored. */
static void *write_on(void *data)
{
	uintptr_t failed = 0;

	(void)data;
	for (int i = 1; i <= WRITTEN; i++) {
		series_ref both[] = { a, b };
		double values[] = { i, i };
		struct store_batch batch = { .n = 2, .refs = both, .values = values, .at = START + i * 1000 };
		struct store_appended done;

		atomic_store(&folder.clock.now, batch.at);
		if (store_append(folder.store, &batch, &done) < 0 || done.stored != 2)
			failed++;
	}
	return (void *)failed;
}

/* What is written meanwhile is behind all that is deleted. */
static void others_write_meanwhile(void **state)
{
	pthread_t writer;
	void *failed;

	(void)state;
	for (int i = 0; i < 100; i++) {
		must_put(folder.store, a, START - 100000 + i * 1000, i);
		must_put(folder.store, b, START - 100000 + i * 1000, i);
	}
	assert_int_equal(pthread_create(&writer, NULL, write_on, NULL), 0);
	for (int i = 0; i < 10; i++) {
		delete_of("a", START - 100001 + i * 10000, START - 100001 + i * 10000 + 5000);
		assert_int_equal(samples(a, START - 200000, START - 1), 100 - 5 * (i + 1));
		if (i % 3 == 0)
			maintain(folder.store, MAINTAIN_CLOSE | MAINTAIN_MERGE);
	}
	assert_int_equal(pthread_join(writer, &failed), 0);
	assert_null(failed);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(samples(a, START - 200000, INT64_MAX), 50 + WRITTEN);
		assert_int_equal(samples(b, START - 200000, INT64_MAX), 100 + WRITTEN);
		folder_reopen(&folder);
	}
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct error err = { 0 };
	struct matcher *matcher;
	uint32_t n;

	(void)state;
	run(1);
	assert_int_equal(store_delete(folder.store, NULL, 0, 0, INT64_MAX, &n, &err), -EINVAL);
	assert_non_null(matcher = matcher_create(MATCH_EQUAL, LABEL_NAME, "a", &err));
	assert_int_equal(store_delete(folder.store, &matcher, 1, 5, 5, &n, &err), -EINVAL);
	matcher_destroy(matcher);
	error_clear(&err);
	assert_int_equal(samples(a, 0, INT64_MAX), 6);
}

static void a_damaged_list_is_set_aside(void **state)
{
	char path[200];
	struct store_stats stats;
	FILE *file;

	(void)state;
	run(60);
	assert_int_equal(delete_of("a", START + 20 * M, START + 40 * M), 1);
	folder_close(&folder);
	snprintf(path, sizeof path, "%s/deleted", folder.path);
	assert_non_null(file = fopen(path, "r+"));
	assert_int_equal(fseek(file, 30, SEEK_SET), 0);
	fputc('?', file);
	fclose(file);
	log_set_writer(quiet, NULL);
	folder_open(&folder);
	store_stats(folder.store, &stats);
	assert_int_equal(stats.quarantined, 1);
	assert_int_equal(count_files(folder.path, "deleted.damaged"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clean)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_range_is_gone_from_every_tier),
		TEST(a_window_of_which_nothing_is_left_goes),
		TEST(what_is_stored_later_counts),
		TEST(the_newest_sample_is_the_one_before),
		TEST(a_series_without_anything_left_is_no_more),
		TEST(without_raw_whole_windows_go),
		TEST(a_select_is_what_it_was),
		TEST(others_write_meanwhile),
		TEST(what_makes_no_sense_is_refused),
		TEST(a_damaged_list_is_set_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
