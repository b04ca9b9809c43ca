/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "model/sample.h"
#include "util/file.h"

#include <errno.h>
#include <sys/wait.h>

static struct got got;

static int make(void **state)
{
	static struct folder folder;

	folder_make(&folder);
	folder_open(&folder);
	*state = &folder;
	return 0;
}

static int clean(void **state)
{
	folder_remove(*state);
	return 0;
}

static void gives_back_what_was_appended(void **state)
{
	struct folder *f = *state;
	series_ref a = series_of(f->store, "a", "x"), b = series_of(f->store, "a", "y");

	for (int i = 0; i < 5000; i++) {
		must_put(f->store, a, T0 + i * 1000, i % 700 < 300 ? 1.5 : i);
		must_put(f->store, b, T0 + i * 1000, -0.0);
	}
	get(f->store, a, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 5000);
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(got.at[i], T0 + i * 1000);
		assert_int_equal(value_bits(got.value[i]), value_bits(i % 700 < 300 ? 1.5 : i));
	}
	get(f->store, b, T0 + 999000, T0 + 1999000, &got);
	assert_int_equal(got.n, 1000);
	assert_int_equal(got.at[0], T0 + 1000000);
	assert_int_equal(value_bits(got.value[999]), value_bits(-0.0));
}

static void is_the_same_after_a_restart_and_a_flush(void **state)
{
	struct folder *f = *state;
	series_ref a = series_of(f->store, "a", "x");

	for (int i = 0; i < 1000; i++)
		must_put(f->store, a, T0 + i * 1000, i / 3);
	folder_reopen(f);
	assert_int_equal(series_of(f->store, "a", "x"), a);
	for (int i = 1000; i < 2000; i++)
		must_put(f->store, a, T0 + i * 1000, i / 3);
	flush(f->store);
	for (int i = 2000; i < 3000; i++)
		must_put(f->store, a, T0 + i * 1000, i / 3);
	for (int round = 0; round < 3; round++) {
		get(f->store, a, 0, INT64_MAX, &got);
		assert_int_equal(got.n, 3000);
		for (int i = 0; i < 3000; i++)
			assert_true(got.at[i] == T0 + i * 1000 && got.value[i] == i / 3);
		folder_reopen(f);
		if (round == 1)
			flush(f->store);
	}
}

static void a_flush_empties_head_and_wal(void **state)
{
	struct folder *f = *state;
	series_ref a = series_of(f->store, "a", NULL);
	struct store_stats stats;

	for (int i = 0; i < 3000; i++)
		must_put(f->store, a, T0 + i * 1000, i);
	store_stats(f->store, &stats);
	assert_int_equal(stats.head_samples, 3000);
	assert_int_equal(stats.wal_files, 1);
	flush(f->store);
	store_stats(f->store, &stats);
	assert_int_equal(stats.head_samples, 0);
	assert_int_equal(stats.head_bytes, 0);
	assert_int_equal(stats.wal_files, 0);
	assert_int_equal(stats.tier[KYMO_RAW].files, 1);
	assert_int_equal(stats.tier[KYMO_RAW].samples, 3000);
	assert_int_equal(stats.tier[KYMO_RAW].oldest, T0);
	assert_int_equal(stats.tier[KYMO_RAW].newest, T0 + 2999 * 1000);
}

static void a_flush_cuts_at_days(void **state)
{
	struct folder *f = *state;
	series_ref a = series_of(f->store, "a", NULL);
	struct store_stats stats;

	for (int i = 0; i < 20; i++)		/* over midnight */
		must_put(f->store, a, T0 + i * 1800000, i);
	flush(f->store);
	store_stats(f->store, &stats);
	assert_int_equal(stats.tier[KYMO_RAW].files, 2);
	assert_int_equal(stats.tier[KYMO_RAW].samples, 20);
}

static void kept_for_long_a_flush_cuts_at_weeks(void **state)
{
	struct folder *f = *state;
	series_ref a = series_of(f->store, "a", NULL), b = series_of(f->store, "b", NULL);
	struct store_stats stats;

	f->options.retention[KYMO_RAW] = FOREVER;
	store_configure(f->store, &f->options);
	for (int i = 0; i < 100; i++) {
		must_put(f->store, a, T0 + i * 3600000, i);
		must_put(f->store, b, i * INT64_C(36000000), i);
	}
	flush(f->store);
	store_stats(f->store, &stats);
	/* a: one slice; b: the sample at 0 ends one, the others (41 days) are in two. */
	assert_int_equal(stats.tier[KYMO_RAW].files, 1 + 3);
	assert_int_equal(stats.tier[KYMO_RAW].samples, 200);
	folder_reopen(f);
	get(f->store, a, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 100);
	get(f->store, b, -1, INT64_MAX, &got);
	assert_int_equal(got.n, 100);
}

static void late_samples_find_their_place(void **state)
{
	struct folder *f = *state;
	series_ref a = series_of(f->store, "a", NULL);
	struct store_stats stats;

	for (int i = 0; i < 300; i += 2)
		must_put(f->store, a, T0 + i * 1000, i);
	flush(f->store);
	for (int i = 300; i < 600; i += 2)
		must_put(f->store, a, T0 + i * 1000, i);
	for (int i = 599; i > 0; i -= 2)
		must_put(f->store, a, T0 + i * 1000, i);
	for (int round = 0; round < 3; round++) {
		get(f->store, a, 0, INT64_MAX, &got);
		assert_int_equal(got.n, 600);
		for (int i = 0; i < 600; i++)
			assert_true(got.at[i] == T0 + i * 1000 && got.value[i] == i);
		if (round == 0)
			folder_reopen(f);
		else
			flush(f->store);
	}
	store_stats(f->store, &stats);
	assert_int_equal(stats.tier[KYMO_RAW].samples, 600);
}

static void refuses_what_is_too_late(void **state)
{
	struct folder *f = *state;
	series_ref a = series_of(f->store, "a", NULL), b = series_of(f->store, "b", NULL);
	struct store_appended done;
	struct store_stats stats;

	must_put(f->store, a, T0, 1);
	must_put(f->store, a, T0 - f->options.out_of_order, 2);
	assert_int_equal(put(f->store, a, T0 - f->options.out_of_order - 1, 3, &done), 0);
	assert_int_equal(done.refused[REFUSED_LATE], 1);
	/* In order, however old, as long as raw is kept. */
	must_put(f->store, b, T0 - f->options.retention[KYMO_RAW], 1);
	must_put(f->store, b, T0 - f->options.retention[KYMO_RAW] + 1, 1);
	b = series_of(f->store, "c", NULL);
	assert_int_equal(put(f->store, b, T0 - f->options.retention[KYMO_RAW] - 1, 3, &done), 0);
	assert_int_equal(done.refused[REFUSED_LATE], 1);
	store_stats(f->store, &stats);
	assert_int_equal(stats.refused[REFUSED_LATE], 2);
	assert_int_equal(stats.late, 1);
	get(f->store, a, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 2);
}

static void the_same_again_is_fine_another_value_is_not(void **state)
{
	struct folder *f = *state;
	series_ref a = series_of(f->store, "a", NULL);
	struct store_appended done;

	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 200; i++) {
			assert_int_equal(put(f->store, a, T0 + i * 1000, i, &done), 0);
			assert_int_equal(round ? done.repeated : done.stored, 1);
			if (!round)
				continue;
			assert_int_equal(put(f->store, a, T0 + i * 1000, i + 1, &done), 0);
			assert_int_equal(done.refused[REFUSED_CONFLICT], 1);
		}
		if (round == 1)
			flush(f->store);
		if (round == 2)
			folder_reopen(f);
	}
	get(f->store, a, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 200);
}

static void one_bad_sample_leaves_the_others(void **state)
{
	struct folder *f = *state;
	series_ref refs[] = { series_of(f->store, "a", NULL), 12345, series_of(f->store, "b", NULL), 0 };
	double values[] = { 1, 2, 3, 4 };
	struct store_batch batch = { .n = 4, .refs = refs, .values = values, .at = T0 };
	struct store_appended done;

	assert_int_equal(store_append(f->store, &batch, &done), 0);
	assert_int_equal(done.stored, 2);
	assert_int_equal(done.refused[REFUSED_UNKNOWN], 2);
	folder_reopen(f);
	get(f->store, refs[2], 0, INT64_MAX, &got);
	assert_int_equal(got.n, 1);
	assert_true(got.value[0] == 3);
}

static int labels_for(struct buf *bytes, const char *name, int n)
{
	char text[16];
	struct label items[] = { { LABEL_NAME, name, sizeof LABEL_NAME - 1, (uint32_t)strlen(name) }, { "n", text, 1, 0 } };

	items[1].value_len = (uint32_t)snprintf(text, sizeof text, "%d", n);
	buf_clear(bytes);
	return labels_encode(items, 2, bytes);
}

static void series_are_limited(void **state)
{
	struct folder *f = *state;
	AUTO_BUF bytes = { 0 };
	series_ref ref;

	f->options.series = 5;
	f->options.series_per_metric = 3;
	store_configure(f->store, &f->options);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(labels_for(&bytes, "a", i), 0);
		assert_int_equal(store_series(f->store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref),
				 i < 3 ? 0 : -ENOSPC);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(labels_for(&bytes, "b", i), 0);
		assert_int_equal(store_series(f->store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref),
				 i < 2 ? 0 : -EDQUOT);
	}
	assert_int_equal(labels_for(&bytes, "a", 1), 0);
	assert_int_equal(store_series(f->store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref), 0);
}

static int remember(void *data, const struct series_view *view)
{
	struct series_view *views = data;
	uint32_t i = 0;

	while (views[i].ref)
		i++;
	views[i] = *view;
	return 0;
}

static void shows_series_by_metric_with_their_newest_value(void **state)
{
	struct folder *f = *state;
	series_ref b = series_of(f->store, "b", NULL), a1 = series_of(f->store, "a", "1"), c = series_of(f->store, "c", NULL);
	series_ref a0 = series_of(f->store, "a", "0");

	for (int i = 0; i < 10; i++) {
		must_put(f->store, b, T0 + i * 1000, i);
		must_put(f->store, a0, T0 + i * 1000, -i);
		must_put(f->store, a1, T0 + i * 1000, i == 9 ? value_stale() : i);
	}
	for (int round = 0; round < 3; round++) {
		struct series_view views[5] = { { 0 } };

		assert_int_equal(store_each_series(f->store, NULL, 0, remember, views), 0);
		assert_true(views[0].ref == a1 && views[1].ref == a0 && views[2].ref == b && views[3].ref == c);
		assert_true(value_is_stale(views[0].last));
		assert_true(views[1].last == -9 && views[2].last == 9);
		assert_int_equal(views[2].first_at, T0);
		assert_int_equal(views[2].last_at, T0 + 9000);
		assert_int_equal(views[3].last_at, INT64_MIN);
		if (!round)
			flush(f->store);
		folder_reopen(f);
	}
}

static int metric_seen(void *data, const struct metric *metric, uint32_t n, kymo_ms first, kymo_ms last)
{
	char *text = data;

	sprintf(text + strlen(text), "%s %s %s %u %d %d;", metric->name, metric_type_name(metric->type), metric->unit, n,
		first == INT64_MIN ? -1 : (int)(first - T0), last == INT64_MIN ? -1 : (int)(last - T0));
	return 0;
}

static void metrics_are_kept(void **state)
{
	struct folder *f = *state;
	struct kymo_metric metric = { .name = "b", .type = KYMO_COUNTER, .unit = "bytes", .help = "Bytes." };
	struct error err = { 0 };
	series_ref a = series_of(f->store, "a", NULL), b;

	assert_int_equal(store_metric(f->store, &metric, &err), 0);
	b = series_of(f->store, "b", "1");
	series_of(f->store, "b", "2");
	must_put(f->store, a, T0, 1);
	must_put(f->store, b, T0 + 1000, 1);
	for (int round = 0; round < 2; round++) {
		char text[200] = "";

		assert_int_equal(store_each_metric(f->store, metric_seen, text), 0);
		assert_string_equal(text, "a untyped  1 0 0;b counter bytes 2 1000 1000;");
		folder_reopen(f);
	}
	metric.type = KYMO_GAUGE;
	assert_int_equal(store_metric(f->store, &metric, &err), -EEXIST);
	assert_non_null(strstr(error_text(&err), "b: is stored with another type"));
	error_clear(&err);
	metric.name = "a";		/* nobody has said what it is */
	assert_int_equal(store_metric(f->store, &metric, &err), 0);
	metric.unit = "meters";
	assert_int_equal(store_metric(f->store, &metric, &err), 0);
	folder_reopen(f);
	{
		char text[200] = "";

		assert_int_equal(store_each_metric(f->store, metric_seen, text), 0);
		assert_string_equal(text, "a gauge meters 1 0 0;b counter bytes 2 1000 1000;");
	}
}

static void is_held_by_one(void **state)
{
	struct folder *f = *state;
	struct store *other;
	struct error err = { 0 };
	char pid[32];

	snprintf(pid, sizeof pid, "process %ld", (long)getpid());
	assert_int_equal(store_open(&f->options, &other, &err), -EBUSY);
	assert_non_null(strstr(error_text(&err), pid));
	error_clear(&err);
}

/* ---- distributions ---- */

static int put_window(struct store *store, series_ref ref, kymo_ms at, int observations, struct store_appended *done)
{
	struct store_distribution distribution = { .ref = ref, .at = at };
	struct store_batch batch = { .n_distributions = 1, .distributions = &distribution };
	struct window window;
	int r;

	window_init(&window, at - 1000, at, 5);
	for (int i = 1; i <= observations; i++)
		assert_int_equal(window_observe(&window, i * 0.25, 1), 0);
	distribution.window = &window;
	r = store_append(store, &batch, done);
	window_fini(&window);
	return r;
}

/* At second i there were i % 50 observations. */
static void check_windows(struct store *store, series_ref ref, int n)
{
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	int seen = 0;

	assert_int_equal(raw_open(store, NULL, ref, 0, INT64_MAX, &reader), 0);
	while (raw_next(reader, &piece) > 0)
		for (uint32_t i = 0; i < piece.n; i++, seen++) {
			uint64_t count = (uint64_t)seen % 50;

			assert_null(piece.values);
			assert_int_equal(piece.at[i], T0 + seen * 1000);
			assert_int_equal(piece.start[i], T0 + seen * 1000 - 1000);
			assert_int_equal(piece.count[i], count);
			assert_true(piece.sum[i] == 0.25 * (double)(count * (count + 1) / 2));
			if (count > 1)
				assert_int_equal(sketch_count(piece.sketch[i]), count);
		}
	assert_int_equal(seen, n);
}

static void distributions_are_kept_as_such(void **state)
{
	struct folder *f = *state;
	struct kymo_metric metric = { .name = "h", .type = KYMO_HISTOGRAM, .unit = "seconds" };
	struct series_view views[3] = { { 0 } };
	struct store_appended done;
	series_ref h, a = series_of(f->store, "a", NULL);

	assert_int_equal(store_metric(f->store, &metric, NULL), 0);
	h = series_of(f->store, "h", NULL);
	for (int i = 0; i < 500; i++) {
		if (i % 10 == 3)	/* a late one */
			continue;
		assert_int_equal(put_window(f->store, h, T0 + i * 1000, i % 50, &done), 0);
		assert_int_equal(done.stored, 1);
		if (i % 10 == 5)
			assert_int_equal(put_window(f->store, h, T0 + i * 1000 - 2000, (i - 2) % 50, &done), 0);
		if (i == 200)
			flush(f->store);
	}
	for (int round = 0; round < 4; round++) {
		check_windows(f->store, h, 500);
		for (int i = 0; i < 500; i += 49) {
			assert_int_equal(put_window(f->store, h, T0 + i * 1000, i % 50, &done), 0);
			assert_int_equal(done.repeated, 1);
			assert_int_equal(put_window(f->store, h, T0 + i * 1000, i % 50 + 1, &done), 0);
			assert_int_equal(done.refused[REFUSED_CONFLICT], 1);
		}
		if (round == 1)
			flush(f->store);
		else
			folder_reopen(f);
	}
	/* Neither takes what is the other's. */
	assert_int_equal(put(f->store, h, T0 + 900000, 1, &done), 0);
	assert_int_equal(done.refused[REFUSED_UNKNOWN], 1);
	assert_int_equal(put_window(f->store, a, T0 + 900000, 1, &done), 0);
	assert_int_equal(done.refused[REFUSED_UNKNOWN], 1);
	assert_int_equal(store_each_series(f->store, NULL, 0, remember, views), 0);
	assert_true(views[1].kind == KIND_DISTRIBUTION && views[1].last_at == T0 + 499000 && views[1].last == 0.25 * 25);
}

/* Without a close: what a killed process leaves. */
static void a_killed_process_loses_nothing(void **state)
{
	struct folder *f = *state;
	pid_t child;
	int status;

	folder_close(f);
	child = fork();
	if (!child) {
		folder_open(f);
		series_ref a = series_of(f->store, "a", NULL);

		for (int i = 0; i < 3000; i++) {
			put(f->store, a, T0 + i * 1000, i, NULL);
			if (i == 1000)
				flush(f->store);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	folder_open(f);
	get(f->store, series_of(f->store, "a", NULL), 0, INT64_MAX, &got);
	assert_int_equal(got.n, 3000);
}

static void without_its_index_it_takes_names_from_blocks(void **state)
{
	struct folder *f = *state;
	struct kymo_metric metric = { .name = "a", .type = KYMO_GAUGE, .unit = "bytes" };
	series_ref a, next;
	char path[200], text[200] = "";

	assert_int_equal(store_metric(f->store, &metric, NULL), 0);
	series_of(f->store, "gone", NULL);
	a = series_of(f->store, "a", "x");
	must_put(f->store, a, T0, 1);
	flush(f->store);
	next = series_of(f->store, "b", NULL);
	must_put(f->store, next, T0, 1);	/* in the WAL alone: its name is lost */
	folder_close(f);
	snprintf(path, sizeof path, "%s/index/%016x.log", f->path, 1);
	assert_int_equal(file_remove(path, NULL), 0);
	folder_open(f);
	assert_int_equal(series_of(f->store, "a", "x"), a);
	assert_true(series_of(f->store, "c", NULL) > next);
	assert_int_equal(store_each_metric(f->store, metric_seen, text), 0);
	assert_string_equal(text, "a gauge bytes 1 0 0;c untyped  1 -1 -1;");
	flush(f->store);
	snprintf(path, sizeof path, "%s/wal", f->path);
	assert_int_equal(count_files(path, ".damaged"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_back_what_was_appended, make, clean),
		cmocka_unit_test_setup_teardown(is_the_same_after_a_restart_and_a_flush, make, clean),
		cmocka_unit_test_setup_teardown(a_flush_empties_head_and_wal, make, clean),
		cmocka_unit_test_setup_teardown(a_flush_cuts_at_days, make, clean),
		cmocka_unit_test_setup_teardown(kept_for_long_a_flush_cuts_at_weeks, make, clean),
		cmocka_unit_test_setup_teardown(late_samples_find_their_place, make, clean),
		cmocka_unit_test_setup_teardown(refuses_what_is_too_late, make, clean),
		cmocka_unit_test_setup_teardown(the_same_again_is_fine_another_value_is_not, make, clean),
		cmocka_unit_test_setup_teardown(one_bad_sample_leaves_the_others, make, clean),
		cmocka_unit_test_setup_teardown(series_are_limited, make, clean),
		cmocka_unit_test_setup_teardown(shows_series_by_metric_with_their_newest_value, make, clean),
		cmocka_unit_test_setup_teardown(metrics_are_kept, make, clean),
		cmocka_unit_test_setup_teardown(distributions_are_kept_as_such, make, clean),
		cmocka_unit_test_setup_teardown(is_held_by_one, make, clean),
		cmocka_unit_test_setup_teardown(a_killed_process_loses_nothing, make, clean),
		cmocka_unit_test_setup_teardown(without_its_index_it_takes_names_from_blocks, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
