/* SPDX-License-Identifier: MIT */
/*
 * data_test.c - the data collector, and its walk by itself: parts, links,
 * depth, what is missing. Waiting is for a walk to finish, never for a time.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <kymo/ext/store.h>

#include "../../plugins/data/walk.h"

struct site {
	struct tree tree;
	struct harness *harness;
};

static struct site site_create(void)
{
	struct site s = { .tree = tree_create(), .harness = harness_open(&kymo_plugin) };

	harness_set(s.harness, "root", s.tree.path);
	harness_set(s.harness, "every", "100ms");
	return s;
}

static void site_destroy(struct site *s)
{
	harness_close(s->harness);
	tree_remove(&s->tree);
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Collect until `series` is what is wanted; NaN: until it is there. */
static void collect_until(struct site *s, const char *series, double wanted)
{
	for (;;) {
		double value;

		assert_int_equal(harness_collect(s->harness), 0);
		value = harness_value(s->harness, series);
		if (isnan(wanted) ? !isnan(value) : value == wanted)
			return;
		nap();
	}
}

static void fill(struct site *s)
{
	tree_write(&s->tree, "hot/a", "1234567890");
	tree_write(&s->tree, "hot/deep/er/b", "12345");
	tree_write(&s->tree, "warm/c", "123");
	tree_write(&s->tree, "cold/empty", "");
	tree_write(&s->tree, "index/d", "1");
	tree_write(&s->tree, "lock", "12");
}

static void gives_the_parts_of_a_root(void **state)
{
	struct site s = site_create();

	(void)state;
	fill(&s);
	harness_set(s.harness, "every", "1h");
	assert_int_equal(harness_run(s.harness), 0);
	collect_until(&s, "data.size.total", NAN);
	assert_string_equal(harness_text(s.harness),
			    "data.size.total 21\ndata.size.hot 15\ndata.size.warm 3\ndata.size.cold 0\n"
			    "data.files.total 6\ndata.files.hot 2\ndata.files.warm 1\ndata.files.cold 1\n");
	assert_string_equal(harness_logged(s.harness), "");
	site_destroy(&s);
}

static const char *stored_at;

static const char *path_of_store(const struct kymo_host *host)
{
	(void)host;
	return stored_at;
}

static const struct kymo_store store_table = { sizeof store_table, path_of_store };

static void without_a_root_it_measures_the_store(void **state)
{
	struct site s = site_create();

	(void)state;
	tree_write(&s.tree, "wal/1", "1");
	tree_write(&s.tree, "raw/1/chunks", "12");
	tree_write(&s.tree, "1m/1/chunks", "1234");
	tree_write(&s.tree, "5m/1/chunks", "12345678");
	tree_write(&s.tree, "1h/1/chunks", "1234567890123456");
	harness_unset(s.harness, "root");
	harness_offer(s.harness, KYMO_STORE_1, &store_table);
	stored_at = s.tree.path;
	assert_int_equal(harness_run(s.harness), 0);
	collect_until(&s, "data.size.total", 31);
	assert_true(harness_value(s.harness, "data.size.hot") == 1);
	assert_true(harness_value(s.harness, "data.size.warm") == 2);
	assert_true(harness_value(s.harness, "data.size.cold") == 28);
	assert_true(harness_value(s.harness, "data.files.cold") == 3);
	site_destroy(&s);
}

static void refuses_what_it_cannot_measure(void **state)
{
	static const char nothing[] = "root: must be set: this host has no store on a disk that could be "
				      "measured instead\n";
	static const struct { const char *key, *value, *text; bool offered; } rows[] = {
		{ NULL, NULL, nothing, false },
		{ NULL, NULL, nothing, true },		/* with a store in memory */
		{ "root", "data", "root: must be an absolute path\n", false },
		{ "root", "\"\"", "root: must be an absolute path\n", false },
	};

	(void)state;
	stored_at = NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct harness *h = harness_open(&kymo_plugin);

		if (rows[i].offered)
			harness_offer(h, KYMO_STORE_1, &store_table);
		if (rows[i].key)
			harness_set(h, rows[i].key, rows[i].value);
		assert_int_equal(harness_create(h), -EINVAL);
		assert_string_equal(harness_rejected(h), rows[i].text);
		harness_close(h);
	}
}

static void refuses_an_empty_path_of_a_part(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);

	(void)state;
	harness_set(h, "root", "/");
	harness_set(h, "warm", "[a, \"\"]");
	assert_int_equal(harness_create(h), -EINVAL);
	assert_string_equal(harness_rejected(h), "warm: needs a path\n");
	harness_close(h);
}

static void tells_how_fast_it_grows(void **state)
{
	struct site s = site_create();

	(void)state;
	tree_write(&s.tree, "hot/a", "1234567890");
	assert_int_equal(harness_run(s.harness), 0);
	collect_until(&s, "data.size.hot", 10);
	assert_true(isnan(harness_value(s.harness, "data.growth.rate")));
	collect_until(&s, "data.growth.rate", 0);
	tree_write(&s.tree, "hot/a", "12345678901234567890");
	collect_until(&s, "data.size.hot", 20);
	assert_true(harness_value(s.harness, "data.growth.rate") > 0);
	tree_write(&s.tree, "hot/a", "");
	collect_until(&s, "data.size.hot", 0);
	assert_true(harness_value(s.harness, "data.growth.rate") < 0);
	harness_reset(s.harness);
	assert_int_equal(harness_collect(s.harness), 0);
	assert_true(harness_value(s.harness, "data.size.total") == 0);
	site_destroy(&s);
}

static void a_root_that_is_not_there_has_no_values(void **state)
{
	struct site s = site_create();
	char log[8192];

	(void)state;
	harness_set(s.harness, "root", tree_path(&s.tree, "later"));
	assert_int_equal(harness_run(s.harness), 0);
	while (!*harness_logged(s.harness))
		nap();
	assert_int_equal(harness_collect(s.harness), 0);
	assert_int_equal(harness_count(s.harness), 0);
	snprintf(log, sizeof log, "warn: %s/later: No such file or directory\n", s.tree.path);
	tree_write(&s.tree, "later/cold/x", "1");
	collect_until(&s, "data.size.cold", 1);
	tree_unlink(&s.tree, "later");
	do {
		nap();
		assert_int_equal(harness_collect(s.harness), 0);
	} while (harness_count(s.harness));
	assert_string_equal(harness_logged(s.harness), log);
	site_destroy(&s);
}

static int lowest_free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static void stops_at_once_and_starts_again(void **state)
{
	struct site s = site_create();
	int before = lowest_free_fd();

	(void)state;
	fill(&s);
	harness_set(s.harness, "every", "7d");
	assert_int_equal(harness_run(s.harness), 0);
	harness_stop(s.harness);	/* whatever it does: waits for days, walks, has not begun */
	assert_int_equal(harness_start(s.harness), 0);
	collect_until(&s, "data.size.total", 21);
	harness_stop(s.harness);
	assert_int_equal(lowest_free_fd(), before);
	site_destroy(&s);
}

/* From here on: the walk by itself. */

struct complaints {
	char text[8192];
	size_t n;
};

static void note(void *data, const char *path, const char *why)
{
	struct complaints *complaints = data;
	const char *name = strrchr(path, '/');

	snprintf(complaints->text, sizeof complaints->text, "%s: %s", name ? name + 1 : path, why);
	complaints->n++;
}

static struct totals walk(const char *root, struct portion *portions, size_t n, struct complaints *complaints)
{
	struct walk walk = { .root = root, .portions = portions, .n_portions = n, .complain = note, .data = complaints };
	struct totals totals;

	*complaints = (struct complaints){ 0 };
	assert_int_equal(walk_run(&walk, &totals), 0);
	return totals;
}

static void links_are_not_followed(void **state)
{
	struct tree tree = tree_create(), other = tree_create();
	struct complaints complaints;
	struct totals totals;

	(void)state;
	tree_write(&other, "big", "123456789");
	tree_write(&tree, "a/file", "1");
	tree_link(&tree, "..", "a/up");
	tree_link(&tree, ".", "a/self");
	tree_link(&tree, "a/file", "file");
	tree_link(&tree, other.path, "elsewhere");
	tree_link(&tree, "nowhere", "broken");
	tree_link(&tree, "loop2", "loop1");
	tree_link(&tree, "loop1", "loop2");
	totals = walk(tree.path, NULL, 0, &complaints);
	assert_int_equal(totals.files[OTHER], 1);
	assert_int_equal(totals.bytes[OTHER], 1);
	assert_int_equal(complaints.n, 0);
	tree_remove(&tree);
	tree_remove(&other);
}

static void a_part_that_is_a_link_is_named(void **state)
{
	struct tree tree = tree_create(), other = tree_create();
	struct complaints complaints;
	struct portion portion = { .part = COLD };
	struct totals totals;

	(void)state;
	tree_write(&other, "big", "123456789");
	tree_link(&tree, other.path, "cold");
	portion.path = tree_path(&tree, "cold");
	totals = walk(tree.path, &portion, 1, &complaints);
	assert_int_equal(totals.files[COLD], 0);
	assert_string_equal(complaints.text, "cold: is a link, not followed");
	tree_remove(&tree);
	tree_remove(&other);
}

static void the_root_may_be_a_link(void **state)
{
	struct tree tree = tree_create();
	struct complaints complaints;
	struct totals totals;

	(void)state;
	tree_write(&tree, "real/file", "1");
	tree_link(&tree, "real", "data");
	totals = walk(tree_path(&tree, "data"), NULL, 0, &complaints);
	assert_int_equal(totals.files[OTHER], 1);
	tree_remove(&tree);
}

static void only_files_count(void **state)
{
	struct tree tree = tree_create();
	struct complaints complaints;
	struct totals totals;

	(void)state;
	assert_int_equal(mkfifo(tree_path(&tree, "fifo"), 0600), 0);
	tree_folder(&tree, "empty");
	tree_write(&tree, "file", "1");
	totals = walk(tree.path, NULL, 0, &complaints);
	assert_int_equal(totals.files[OTHER], 1);
	tree_remove(&tree);
}

static void each_file_counts_once_for_the_innermost_part(void **state)
{
	struct tree tree = tree_create(), other = tree_create();
	struct complaints complaints;
	struct portion portions[7];
	struct totals totals;

	(void)state;
	tree_write(&tree, "z", "1");
	tree_write(&tree, "a/1", "12");
	tree_write(&tree, "a/b/2", "1234");
	tree_write(&other, "x/3", "12345678");
	tree_write(&other, "x/y/4", "1234567890123456");
	tree_write(&other, "file", "12345678901234567890123456789012");
	portions[0] = (struct portion){ .part = HOT, .path = tree_path(&tree, "a") };
	portions[1] = (struct portion){ .part = WARM, .path = tree_path(&tree, "a/b") };
	portions[2] = (struct portion){ .part = WARM, .path = tree_path(&tree, "a/b/.") };
	portions[3] = (struct portion){ .part = COLD, .path = tree_path(&other, "x/y") };
	portions[4] = (struct portion){ .part = HOT, .path = tree_path(&other, "x") };
	portions[5] = (struct portion){ .part = COLD, .path = tree_path(&other, "file") };
	portions[6] = (struct portion){ .part = COLD, .path = tree_path(&other, "missing") };
	totals = walk(tree.path, portions, 7, &complaints);
	assert_int_equal(totals.bytes[OTHER], 1);
	assert_int_equal(totals.bytes[HOT], 2 + 8);
	assert_int_equal(totals.bytes[WARM], 4);
	assert_int_equal(totals.bytes[COLD], 16 + 32);
	assert_int_equal(complaints.n, 0);
	tree_remove(&tree);
	tree_remove(&other);
}

static void the_root_itself_may_be_a_part(void **state)
{
	struct tree tree = tree_create();
	struct complaints complaints;
	struct portion portion = { .part = WARM };
	struct totals totals;

	(void)state;
	tree_write(&tree, "a/1", "12");
	portion.path = tree_path(&tree, ".");
	totals = walk(tree.path, &portion, 1, &complaints);
	assert_int_equal(totals.bytes[WARM], 2);
	assert_int_equal(totals.files[OTHER], 0);
	tree_remove(&tree);
}

/* One file beside each folder, 200 folders deep, with few descriptors to spare. */
static void deep_trees_are_cut_off(void **state)
{
	struct rlimit before, few;
	struct tree tree = tree_create();
	struct complaints complaints;
	struct totals totals;
	char path[1024] = "";

	(void)state;
	for (int i = 0; i < 200; i++) {
		strcat(path, "d/");
		strcat(path, "f");
		tree_write(&tree, path, "1");
		path[strlen(path) - 1] = 0;
	}
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = (rlim_t)lowest_free_fd() + WALK_DEPTH + 1;
	setrlimit(RLIMIT_NOFILE, &few);
	totals = walk(tree.path, NULL, 0, &complaints);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(totals.files[OTHER], WALK_DEPTH - 1);
	assert_int_equal(complaints.n, 1);
	assert_string_equal(complaints.text, "d: too deep, not counted");
	tree_remove(&tree);
}

static void running_out_of_descriptors_is_told(void **state)
{
	struct rlimit before, few;
	struct tree tree = tree_create();
	struct complaints complaints;
	struct totals totals;

	(void)state;
	tree_write(&tree, "a/b/c/d/file", "1");
	tree_write(&tree, "file", "1");
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = (rlim_t)lowest_free_fd() + 3;
	setrlimit(RLIMIT_NOFILE, &few);
	totals = walk(tree.path, NULL, 0, &complaints);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(totals.files[OTHER], 1);
	assert_string_equal(complaints.text, "c: Too many open files");
	tree_remove(&tree);
}

static void many_entries_are_read_in_pieces(void **state)
{
	struct tree tree = tree_create();
	struct complaints complaints;
	struct totals totals;
	char path[300];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof path, "%0200d", i);
		tree_write(&tree, path, "1");
	}
	totals = walk(tree.path, NULL, 0, &complaints);
	assert_int_equal(totals.files[OTHER], 300);
	tree_remove(&tree);
}

static void a_walk_can_be_stopped(void **state)
{
	struct tree tree = tree_create();
	struct complaints complaints = { 0 };
	struct walk walk = { .root = tree.path, .stop = true, .complain = note, .data = &complaints };
	int before = lowest_free_fd();
	struct totals totals;

	(void)state;
	tree_write(&tree, "a/b", "1");
	assert_int_equal(walk_run(&walk, &totals), -ECANCELED);
	assert_int_equal(lowest_free_fd(), before);
	tree_remove(&tree);
}

static void a_root_that_is_a_file_is_an_error(void **state)
{
	struct tree tree = tree_create();
	struct complaints complaints = { 0 };
	struct walk walk = { .complain = note, .data = &complaints };
	struct totals totals;

	(void)state;
	tree_write(&tree, "a", "1");
	walk.root = tree_path(&tree, "a");
	assert_int_equal(walk_run(&walk, &totals), -ENOTDIR);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_parts_of_a_root),
		cmocka_unit_test(without_a_root_it_measures_the_store),
		cmocka_unit_test(refuses_what_it_cannot_measure),
		cmocka_unit_test(refuses_an_empty_path_of_a_part),
		cmocka_unit_test(tells_how_fast_it_grows),
		cmocka_unit_test(a_root_that_is_not_there_has_no_values),
		cmocka_unit_test(stops_at_once_and_starts_again),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(a_part_that_is_a_link_is_named),
		cmocka_unit_test(the_root_may_be_a_link),
		cmocka_unit_test(only_files_count),
		cmocka_unit_test(each_file_counts_once_for_the_innermost_part),
		cmocka_unit_test(the_root_itself_may_be_a_part),
		cmocka_unit_test(deep_trees_are_cut_off),
		cmocka_unit_test(running_out_of_descriptors_is_told),
		cmocka_unit_test(many_entries_are_read_in_pieces),
		cmocka_unit_test(a_walk_can_be_stopped),
		cmocka_unit_test(a_root_that_is_a_file_is_an_error),
	};

	return cmocka_run_group_tests_name("plugins/data", tests, NULL, NULL);
}
