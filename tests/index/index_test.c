/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "index/index.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

static struct folder folder;
static struct index *index_;
static const struct index_limits no_limits = { UINT32_MAX, UINT32_MAX };

static void open_index(void)
{
	struct error err = { 0 };

	if (index_open(folder.path, &index_, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void close_index(void)
{
	index_close(index_);
	index_ = NULL;
}

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	open_index();
	return 0;
}

static int clean(void **state)
{
	(void)state;
	close_index();
	folder_remove(&folder);
	return 0;
}

static void reopen(void)
{
	assert_int_equal(index_sync(index_), 0);
	close_index();
	open_index();
}

/* "name,label=value,label=value" */
static struct labels labels_of(const char *text, struct buf *bytes)
{
	struct label items[8];
	uint32_t n = 0;

	for (const char *at = text, *end; *at; at = *end ? end + 1 : end, n++) {
		const char *equal = strchr(at, '=');

		end = at + strcspn(at, ",");
		items[n] = n ? (struct label){ at, equal + 1, (uint32_t)(equal - at), (uint32_t)(end - equal - 1) } :
				 (struct label){ LABEL_NAME, at, sizeof LABEL_NAME - 1, (uint32_t)(end - at) };
	}
	buf_clear(bytes);
	assert_int_equal(labels_encode(items, n, bytes), 0);
	return (struct labels){ bytes->data, (uint32_t)bytes->len };
}

static series_ref add(const char *text)
{
	AUTO_BUF bytes = { 0 };
	series_ref ref;

	assert_int_equal(index_add(index_, labels_of(text, &bytes), &no_limits, &ref), 0);
	return ref;
}

static series_ref find(const char *text)
{
	AUTO_BUF bytes = { 0 };
	series_ref ref;

	index_lock(index_);
	ref = index_find(index_, labels_of(text, &bytes));
	index_unlock(index_);
	return ref;
}

static void finds_what_was_added(void **state)
{
	series_ref a = add("a,x=1"), b = add("a,x=2"), c = add("b");

	(void)state;
	assert_true(a != b && b != c && a);
	assert_int_equal(add("a,x=1"), a);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(find("a,x=1"), a);
		assert_int_equal(find("a,x=2"), b);
		assert_int_equal(find("b"), c);
		assert_int_equal(find("a"), 0);
		reopen();
	}
}

static void a_removed_series_is_gone_and_its_ref_is_not_used_again(void **state)
{
	series_ref a = add("a,x=1"), b = add("a,x=2");
	struct index_stats stats;

	(void)state;
	index_remove(index_, b);
	assert_int_equal(find("a,x=2"), 0);
	reopen();
	assert_int_equal(find("a,x=1"), a);
	assert_int_equal(find("a,x=2"), 0);
	assert_true(add("a,x=2") > b);
	index_reserve(index_, 1000);
	assert_int_equal(add("c"), 1001);
	index_stats(index_, &stats);
	assert_int_equal(stats.series, 3);
	assert_int_equal(stats.metrics, 2);
}

static void expect(const struct refs *refs, const series_ref *wanted, uint32_t n, const char *what)
{
	if (refs->n != n || (n && memcmp(refs->ref, wanted, n * sizeof *wanted) != 0))
		fail_msg("%s: %u series", what, refs->n);
}

static void matchers_select(void **state)
{
	static const char *const series[] = { "b,job=x,host=1", "a,job=x,host=1", "a,job=x,host=2", "a,job=y,host=1", "a,host=3", "c" };
	enum { B, A1, A2, AY, A3, C };
	static const struct {
		struct { enum matcher_op op; const char *name, *value; } matchers[3];
		int wanted[7];		/* + 1; in order of metric */
	} rows[] = {
		{ { { 0 } }, { A1 + 1, A2 + 1, AY + 1, A3 + 1, B + 1, C + 1 } },
		{ { { MATCH_EQUAL, "job", "x" } }, { A1 + 1, A2 + 1, B + 1 } },
		{ { { MATCH_EQUAL, "job", "" } }, { A3 + 1, C + 1 } },
		{ { { MATCH_NOT_EQUAL, "job", "" } }, { A1 + 1, A2 + 1, AY + 1, B + 1 } },
		{ { { MATCH_NOT_EQUAL, "job", "x" } }, { AY + 1, A3 + 1, C + 1 } },
		{ { { MATCH_REGEX, "host", "1|3" } }, { A1 + 1, AY + 1, A3 + 1, B + 1 } },
		{ { { MATCH_REGEX, "host", "1|" } }, { A1 + 1, AY + 1, B + 1, C + 1 } },
		{ { { MATCH_NOT_REGEX, "host", "[12]" } }, { A3 + 1, C + 1 } },
		{ { { MATCH_EQUAL, "__name__", "a" }, { MATCH_EQUAL, "job", "x" }, { MATCH_REGEX, "host", ".*" } }, { A1 + 1, A2 + 1 } },
		{ { { MATCH_PATTERN, "__name__", "[ab]*" } }, { 0 } },
		{ { { MATCH_PATTERN, "__name__", "?" }, { MATCH_EQUAL, "host", "1" } }, { A1 + 1, AY + 1, B + 1 } },
		{ { { MATCH_EQUAL, "nothing", "here" } }, { 0 } },
		{ { { MATCH_REGEX, "nothing", ".+" } }, { 0 } },
		{ { { MATCH_EQUAL, "job", "x" }, { MATCH_EQUAL, "host", "9" } }, { 0 } },
	};
	series_ref refs[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		refs[i] = add(series[i]);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct matcher *matchers[3];
		struct refs got = { 0 };
		series_ref wanted[6];
		uint32_t n = 0, n_wanted = 0;
		char what[20];

		snprintf(what, sizeof what, "row %zu", i);
		for (; n < 3 && rows[i].matchers[n].name; n++) {
			matchers[n] = matcher_create(rows[i].matchers[n].op, rows[i].matchers[n].name, rows[i].matchers[n].value, NULL);
			assert_non_null(matchers[n]);
		}
		while (rows[i].wanted[n_wanted]) {
			wanted[n_wanted] = refs[rows[i].wanted[n_wanted] - 1];
			n_wanted++;
		}
		assert_int_equal(index_select_by_metric(index_, matchers, n, &got), 0);
		expect(&got, wanted, n_wanted, what);
		assert_int_equal(index_select(index_, matchers, n, &got), 0);
		assert_int_equal(got.n, n_wanted);
		for (uint32_t k = 1; k < got.n; k++)
			assert_true(got.ref[k] > got.ref[k - 1]);
		refs_fini(&got);
		while (n--)
			matcher_destroy(matchers[n]);
	}
}

static void is_written_anew_when_most_is_past(void **state)
{
	char text[64];
	uint64_t saved;
	series_ref kept = add("kept,x=1"), last = 0;
	struct index_stats before, after;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		snprintf(text, sizeof text, "gone%d,x=%d", i % 10, i);
		last = add(text);
	}
	assert_int_equal(index_write(index_), 0);
	index_stats(index_, &before);
	assert_int_equal(index_compact(index_, &saved, NULL), 0);
	assert_true(saved < before.bytes / 10);		/* nothing is past */
	for (series_ref ref = kept + 1; ref <= last; ref++)
		index_remove(index_, ref);
	assert_int_equal(add("new"), last + 1);	/* waits while the log is written anew */
	assert_int_equal(index_compact(index_, &saved, NULL), 0);
	assert_true(saved > before.bytes / 2);
	assert_int_equal(add("newer"), last + 2);
	reopen();
	index_stats(index_, &after);
	assert_int_equal(after.series, 3);
	assert_true(after.bytes < 2000);
	assert_int_equal(find("kept,x=1"), kept);
	assert_int_equal(find("new"), last + 1);
	assert_int_equal(find("newer"), last + 2);
	assert_int_equal(add("more"), last + 3);
}

static void path_of_log(char *path, size_t n)
{
	snprintf(path, n, "%s/index/%016x.log", folder.path, 1);
}

static void a_torn_tail_is_dropped(void **state)
{
	char path[200];
	AUTO_BUF bytes = { 0 };
	series_ref a = add("a"), b;
	int fd;

	(void)state;
	assert_int_equal(index_write(index_), 0);
	add("b");
	assert_int_equal(index_sync(index_), 0);
	close_index();
	path_of_log(path, sizeof path);
	assert_int_equal(file_read_all(path, 1 << 20, &bytes, NULL), 0);
	fd = file_open(path, O_WRONLY, 0, NULL);
	assert_int_equal(file_truncate(fd, bytes.len - 1), 0);
	file_close(fd);
	open_index();
	assert_int_equal(find("a"), a);
	assert_int_equal(find("b"), 0);
	b = add("b");
	reopen();
	assert_int_equal(find("b"), b);
}

static void damage_costs_what_it_is_in_and_the_file_is_kept(void **state)
{
	char path[200], text[32];
	AUTO_BUF bytes = { 0 };
	struct index_stats stats;
	uint32_t lost = 0;
	int fd;

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "a,x=%d", i);
		add(text);
		if (i % 10 == 9)
			assert_int_equal(index_write(index_), 0);	/* a frame */
	}
	assert_int_equal(index_sync(index_), 0);
	close_index();
	path_of_log(path, sizeof path);
	assert_int_equal(file_read_all(path, 1 << 20, &bytes, NULL), 0);
	fd = file_open(path, O_WRONLY, 0, NULL);
	assert_int_equal(file_pwrite(fd, "\xff\xff", 2, bytes.len / 2), 0);
	file_close(fd);
	open_index();
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "a,x=%d", i);
		lost += !find(text);
	}
	assert_true(lost >= 10 && lost <= 20);
	index_stats(index_, &stats);
	assert_int_equal(stats.quarantined, 1);
	snprintf(path, sizeof path, "%s/index", folder.path);
	assert_int_equal(count_files(path, ".log.damaged"), 1);
	assert_int_equal(count_files(path, ".log"), 1);
	assert_int_equal(count_files(path, ".idx"), 1);
	reopen();
	index_stats(index_, &stats);
	assert_int_equal(stats.quarantined, 0);
	assert_int_equal(stats.series, 100 - lost);
}

static void a_series_of_a_block_is_taken_unless_it_contradicts(void **state)
{
	AUTO_BUF bytes = { 0 };
	struct kymo_metric told = { .name = "b", .type = KYMO_COUNTER };
	AUTO(metric) metric = metric_create(&told);
	series_ref a = add("a,x=1");

	(void)state;
	assert_int_equal(index_restore(index_, a, labels_of("a,x=1", &bytes), NULL), 0);
	assert_int_equal(index_restore(index_, a, labels_of("a,x=2", &bytes), NULL), -EEXIST);
	assert_int_equal(index_restore(index_, 77, labels_of("a,x=1", &bytes), NULL), -EEXIST);
	assert_int_equal(index_restore(index_, 77, labels_of("b", &bytes), metric), 0);
	reopen();
	assert_int_equal(find("b"), 77);
	index_lock(index_);
	assert_int_equal(index_series(index_, 77)->kind, KIND_COUNTER);
	index_unlock(index_);
	assert_int_equal(add("c"), 78);
}

static void a_held_metric_outlives_its_replacement(void **state)
{
	struct kymo_metric told = { .name = "a", .type = KYMO_GAUGE, .help = "Old." };
	struct metric_box *box;
	series_ref a;

	(void)state;
	assert_int_equal(index_metric(index_, &told, NULL), 0);
	a = add("a");
	index_lock(index_);
	box = metric_hold(index_series(index_, a)->metric);
	index_unlock(index_);
	told.help = "New.";
	assert_int_equal(index_metric(index_, &told, NULL), 0);
	assert_string_equal(box->metric->help, "Old.");
	metric_release(box);
	index_lock(index_);
	assert_string_equal(index_series(index_, a)->metric->metric->help, "New.");
	index_unlock(index_);
}

/* Copies a file of the index to a place beside, or back. */
static void copy(const char *from, const char *to)
{
	char a[200], b[200];

	snprintf(a, sizeof a, "%s/%s", folder.path, from);
	snprintf(b, sizeof b, "%s/%s", folder.path, to);
	assert_int_equal(file_copy(a, b, NULL), 0);
}

static void rub_out(const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s", folder.path, name);
	assert_int_equal(file_remove(path, NULL), 0);
}

static void add_many(const char *name, int n)
{
	char text[64];

	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof text, "%s,x=%d,y=z%d", name, i, i % 7);
		add(text);
	}
}

/* As a kill leaves it when the new log is begun and the snapshot has no name yet. */
static void a_snapshot_that_was_not_finished_is_not_missed(void **state)
{
	uint64_t saved;
	struct index_stats stats;
	series_ref a, b;

	(void)state;
	add_many("many", 20000);
	a = add("a");
	assert_int_equal(index_sync(index_), 0);
	copy("index/0000000000000001.log", "kept");
	assert_int_equal(index_compact(index_, &saved, NULL), 0);
	index_remove(index_, a);
	b = add("b");
	assert_int_equal(index_sync(index_), 0);
	close_index();
	copy("kept", "index/0000000000000001.log");
	rub_out("index/0000000000000002.idx");
	open_index();
	assert_int_equal(find("a"), 0);
	assert_int_equal(find("b"), b);
	index_stats(index_, &stats);
	assert_int_equal(stats.series, 20001);
	assert_int_equal(stats.quarantined, 0);
	reopen();
	index_stats(index_, &stats);
	assert_int_equal(stats.series, 20001);
	assert_true(add("c") > b);
}

static void a_damaged_snapshot_costs_what_it_is_in(void **state)
{
	char path[200];
	AUTO_BUF bytes = { 0 };
	struct index_stats stats;
	uint64_t saved;
	int fd;

	(void)state;
	add_many("many", 20000);
	assert_int_equal(index_write(index_), 0);
	assert_int_equal(index_compact(index_, &saved, NULL), 0);
	add_many("late", 10);
	assert_int_equal(index_sync(index_), 0);
	close_index();
	snprintf(path, sizeof path, "%s/index/%016x.idx", folder.path, 2);
	assert_int_equal(file_read_all(path, 1 << 24, &bytes, NULL), 0);
	fd = file_open(path, O_WRONLY, 0, NULL);
	assert_int_equal(file_pwrite(fd, "\xff\xff", 2, bytes.len / 2), 0);
	file_close(fd);
	open_index();
	index_stats(index_, &stats);
	assert_int_equal(stats.quarantined, 1);
	assert_true(stats.series >= 10000 && stats.series < 20010);
	assert_true(find("late,x=9,y=z2"));
	snprintf(path, sizeof path, "%s/index", folder.path);
	assert_int_equal(count_files(path, ".idx.damaged"), 1);
	saved = stats.series;
	reopen();
	index_stats(index_, &stats);
	assert_int_equal(stats.quarantined, 0);
	assert_int_equal(stats.series, saved);
	assert_int_equal(add("new"), 20011);
}

/* ---- all at once ---- */

static _Atomic bool enough;

static void *reads(void *data)
{
	struct matcher *matchers[] = { matcher_create(MATCH_REGEX, "x", "1.*", NULL), matcher_create(MATCH_NOT_EQUAL, "y", "z3", NULL) };
	struct refs refs = { 0 };
	AUTO_BUF names = { 0 };

	while (!atomic_load(&enough)) {
		index_select(index_, matchers, 2, &refs);
		index_lock(index_);
		for (uint32_t i = 0; i < refs.n; i++) {
			const struct series *series = index_series(index_, refs.ref[i]);
			struct labels labels;

			if (series && index_labels(index_, series, &names, &labels) == 0)
				assert_true(matchers_test(matchers, 2, labels));
		}
		index_unlock(index_);
	}
	refs_fini(&refs);
	matcher_destroy(matchers[0]);
	matcher_destroy(matchers[1]);
	return data;
}

static void *writes(void *data)
{
	uint64_t saved;

	while (!atomic_load(&enough)) {
		index_sync(index_);
		index_compact(index_, &saved, NULL);
	}
	return data;
}

static void *removes(void *data)
{
	for (series_ref ref = 1; ref <= 6000; ref += 3)
		index_remove(index_, ref);
	return data;
}

static void everybody_at_once(void **state)
{
	pthread_t threads[3];
	struct index_stats stats;

	(void)state;
	atomic_store(&enough, false);
	add_many("first", 6000);
	pthread_create(&threads[0], NULL, reads, NULL);
	pthread_create(&threads[1], NULL, writes, NULL);
	pthread_create(&threads[2], NULL, removes, NULL);
	add_many("second", 6000);
	pthread_join(threads[2], NULL);
	atomic_store(&enough, true);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	reopen();
	index_stats(index_, &stats);
	assert_int_equal(stats.series, 10000);
	assert_true(find("second,x=5999,y=z0"));
	assert_true(find("first,x=1,y=z1"));
	assert_int_equal(find("first,x=0,y=z0"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_what_was_added, make, clean),
		cmocka_unit_test_setup_teardown(a_removed_series_is_gone_and_its_ref_is_not_used_again, make, clean),
		cmocka_unit_test_setup_teardown(matchers_select, make, clean),
		cmocka_unit_test_setup_teardown(is_written_anew_when_most_is_past, make, clean),
		cmocka_unit_test_setup_teardown(a_torn_tail_is_dropped, make, clean),
		cmocka_unit_test_setup_teardown(damage_costs_what_it_is_in_and_the_file_is_kept, make, clean),
		cmocka_unit_test_setup_teardown(a_series_of_a_block_is_taken_unless_it_contradicts, make, clean),
		cmocka_unit_test_setup_teardown(a_snapshot_that_was_not_finished_is_not_missed, make, clean),
		cmocka_unit_test_setup_teardown(a_damaged_snapshot_costs_what_it_is_in, make, clean),
		cmocka_unit_test_setup_teardown(everybody_at_once, make, clean),
		cmocka_unit_test_setup_teardown(a_held_metric_outlives_its_replacement, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
