/* SPDX-License-Identifier: MIT */
/*
 * jsonl_test.c - the sink: where lines go, rotation, removal of old files, and
 * what happens when the disk is full or a call fails. write and a few others
 * are wrapped by the linker, so that a test decides which call fails.
 */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The calls that fail: the one after `after` more, and all that follow, with `error`. */
static struct {
	bool armed;
	int after, error;
	size_t some;		/* bytes that the failing write still writes before it */
} disk;

static int syncs, file_syncs;

static bool fails(void)
{
	if (!disk.armed || disk.after-- > 0)
		return false;
	disk.after = 0;
	errno = disk.error;
	return true;
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_openat(int at, const char *path, int flags, ...);
int __real_ftruncate(int fd, off_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_fdatasync(int fd);
int __wrap_syncfs(int fd);

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	size_t some = disk.some < len ? disk.some : len;

	if (!fails())
		return __real_write(fd, bytes, len);
	disk.some = 0;
	return some ? __real_write(fd, bytes, some) : -1;
}

int __wrap_openat(int at, const char *path, int flags, ...)
{
	if ((flags & O_CREAT) && fails())
		return -1;
	return __real_openat(at, path, flags, 0644);
}

int __wrap_ftruncate(int fd, off_t size)
{
	return __real_ftruncate(fd, size);
}

int __wrap_fdatasync(int fd)
{
	(void)fd;
	file_syncs++;
	return fails() ? -1 : 0;
}

int __wrap_syncfs(int fd)
{
	(void)fd;
	syncs++;
	return fails() ? -1 : 0;
}

static void disk_fails(int after, int error, size_t some)
{
	disk.armed = true;
	disk.after = after;
	disk.error = error;
	disk.some = some;
}

static void disk_works(void)
{
	disk.armed = false;
}

struct sink {
	struct tree tree;
	struct harness *harness;
};

static struct sink sink_create(void)
{
	struct sink s = { .tree = tree_create(), .harness = harness_open(&kymo_plugin) };

	harness_set(s.harness, "path", tree_path(&s.tree, "out"));
	return s;
}

static struct sink sink_start(void)
{
	struct sink s = sink_create();

	assert_int_equal(harness_run(s.harness), 0);
	return s;
}

static void sink_destroy(struct sink *s)
{
	disk_works();
	harness_close(s->harness);
	tree_remove(&s->tree);
}

/* One sample of a metric of that name; 2023-11-14 22:13:20 is 1700000000000. */
static int write_one(struct sink *s, const char *name, kymo_ms at, double value)
{
	const struct kymo_metric metric = { name, KYMO_GAUGE, 0, "", "", NULL };
	const struct kymo_point point = { .size = sizeof point, .metric = &metric, .at = at, .value = value };

	return harness_write(s->harness, &point, 1);
}

static void check_files(struct sink *s, const char *wanted)
{
	char *list = tree_list(&s->tree, "out");

	assert_string_equal(list, wanted);
	free(list);
}

static void check_text(struct sink *s, const char *path, const char *wanted)
{
	char *text = tree_read(&s->tree, path);

	if (!text)
		fail_msg("no %s", path);
	assert_string_equal(text, wanted);
	free(text);
}

static size_t count_lines(struct sink *s, const char *path)
{
	char *text = tree_read(&s->tree, path);
	size_t n = 0;

	for (const char *at = text; at && (at = strchr(at, '\n')); at++)
		n++;
	free(text);
	return n;
}

static void a_batch_goes_to_the_folders_of_its_metrics(void **state)
{
	static const struct kymo_metric cpu = { "system.cpu.usage", KYMO_GAUGE, 0, "percent", "", NULL };
	static const struct kymo_metric odd = { "a/b c", KYMO_GAUGE, 0, "", "", NULL };
	static const struct kymo_label label = { "host", "h" };
	static const struct kymo_window window = { .size = sizeof window, .start = 1699999980000, .end = 1700000040000,
						   .count = 1, .sum = 2, .min = 2, .max = 2, .first = 2, .last = 2 };
	const struct kymo_point points[] = {
		{ .size = sizeof *points, .metric = &cpu, .at = 1700000000000, .value = 12.5,
		  .labels = &label, .n_labels = 1 },
		{ .size = sizeof *points, .metric = &odd, .at = 1700000000000, .value = 1 },
		{ .size = sizeof *points, .metric = &cpu, .at = 1700000000000, .value = 13 },
		{ .size = sizeof *points, .metric = &cpu, .at = 1700000040000, .value = 2, .tier = KYMO_1M,
		  .window = &window },
	};
	struct sink s = sink_start();

	(void)state;
	assert_int_equal(harness_write(s.harness, points, 4), 0);
	assert_int_equal(harness_flush(s.harness), 0);
	check_files(&s, "out/.lock\n"
			"out/1m/system.cpu.usage/20231114T220000Z.jsonl\n"
			"out/raw/a%2Fb%20c/20231114T220000Z.jsonl\n"
			"out/raw/system.cpu.usage/20231114T220000Z.jsonl\n");
	check_text(&s, "out/raw/system.cpu.usage/20231114T220000Z.jsonl",
		   "{\"at\":1700000000000,\"name\":\"system.cpu.usage\",\"labels\":{\"host\":\"h\"},\"value\":12.5}\n"
		   "{\"at\":1700000000000,\"name\":\"system.cpu.usage\",\"labels\":{},\"value\":13}\n");
	check_text(&s, "out/1m/system.cpu.usage/20231114T220000Z.jsonl",
		   "{\"start\":1699999980000,\"end\":1700000040000,\"name\":\"system.cpu.usage\",\"labels\":{},"
		   "\"count\":1,\"sum\":2,\"min\":2,\"max\":2,\"first\":2,\"last\":2,\"correction\":0,"
		   "\"first_at\":0,\"last_at\":0}\n");
	sink_destroy(&s);
}

static void files_turn_at_the_end_of_their_window(void **state)
{
	struct sink s = sink_start();

	(void)state;
	assert_int_equal(write_one(&s, "m", 1700002799999, 1), 0);
	assert_int_equal(write_one(&s, "m", 1700002800000, 2), 0);	/* 23:00:00 ends the hour */
	assert_int_equal(write_one(&s, "m", 1700002800001, 3), 0);
	assert_int_equal(write_one(&s, "m", 1700002799000, 4), 0);	/* a late one */
	assert_int_equal(count_lines(&s, "out/raw/m/20231114T220000Z.jsonl"), 3);
	assert_int_equal(count_lines(&s, "out/raw/m/20231114T230000Z.jsonl"), 1);
	sink_destroy(&s);
}

static void big_files_go_on_in_another(void **state)
{
	struct sink s = sink_create();

	(void)state;
	harness_set(s.harness, "rotate_size", "110");	/* two lines of 53 bytes */
	assert_int_equal(harness_run(s.harness), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(write_one(&s, "m", 1700000000000, i), 0);
	harness_stop(s.harness);
	assert_int_equal(harness_start(s.harness), 0);
	assert_int_equal(write_one(&s, "m", 1700000000000, 5), 0);
	assert_int_equal(write_one(&s, "m", 1700000000000, 6), 0);
	check_files(&s, "out/.lock\n"
			"out/raw/m/20231114T220000Z.1.jsonl\n"
			"out/raw/m/20231114T220000Z.2.jsonl\n"
			"out/raw/m/20231114T220000Z.3.jsonl\n"
			"out/raw/m/20231114T220000Z.jsonl\n");
	assert_int_equal(count_lines(&s, "out/raw/m/20231114T220000Z.2.jsonl"), 2);
	assert_int_equal(count_lines(&s, "out/raw/m/20231114T220000Z.3.jsonl"), 1);
	sink_destroy(&s);
}

/* A line that is larger than the limit still goes somewhere. */
static void a_line_above_the_size_gets_a_file_of_its_own(void **state)
{
	struct sink s = sink_create();

	(void)state;
	harness_set(s.harness, "rotate_size", "10");
	assert_int_equal(harness_run(s.harness), 0);
	assert_int_equal(write_one(&s, "m", 1700000000000, 1), 0);
	assert_int_equal(write_one(&s, "m", 1700000000000, 2), 0);
	assert_int_equal(count_lines(&s, "out/raw/m/20231114T220000Z.jsonl"), 1);
	assert_int_equal(count_lines(&s, "out/raw/m/20231114T220000Z.1.jsonl"), 1);
	sink_destroy(&s);
}

static void old_files_are_removed(void **state)
{
	struct sink s = sink_create();
	char name[600];

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = 0;
	harness_set(s.harness, "keep", "2h");
	assert_int_equal(harness_run(s.harness), 0);
	harness_set_now(s.harness, 1700000000000);
	assert_int_equal(write_one(&s, "m", 1700000000000, 1), 0);
	assert_int_equal(write_one(&s, "old", 1700000000000, 1), 0);
	assert_int_equal(write_one(&s, name, 1700000000000, 1), 0);
	assert_int_equal(write_one(&s, "m", 1700003600000, 1), 0);
	tree_write(&s.tree, "out/raw/m/notes.txt", "mine");
	tree_write(&s.tree, "out/other/20000101T000000Z.jsonl", "mine");
	tree_folder(&s.tree, "out/raw/empty");
	/* 22:00 to 23:00 may hold samples of 23:00:00, so it goes at 01:00:00 */
	harness_set_now(s.harness, 1700010000000 - 1);
	assert_int_equal(write_one(&s, "m", 1700010000000 - 1, 1), 0);
	assert_true(tree_has(&s.tree, "out/raw/m/20231114T220000Z.jsonl"));
	harness_set_now(s.harness, 1700010000000 + 3599999);
	assert_int_equal(write_one(&s, "m", 1700010000000, 1), 0);
	check_files(&s, "out/.lock\n"
			"out/other/20000101T000000Z.jsonl\n"
			"out/raw/m/20231114T230000Z.jsonl\n"
			"out/raw/m/20231115T000000Z.jsonl\n"
			"out/raw/m/notes.txt\n");
	assert_false(tree_has(&s.tree, "out/raw/old"));
	assert_true(tree_has(&s.tree, "out/raw/empty"));
	sink_destroy(&s);
}

static void kept_for_ever_if_asked(void **state)
{
	struct sink s = sink_create();

	(void)state;
	harness_set(s.harness, "keep", "0s");
	assert_int_equal(harness_run(s.harness), 0);
	assert_int_equal(write_one(&s, "m", 1000, 1), 0);
	harness_set_now(s.harness, 4000000000000);
	assert_int_equal(write_one(&s, "m", 4000000000000, 1), 0);
	assert_true(tree_has(&s.tree, "out/raw/m/19700101T000000Z.jsonl"));
	sink_destroy(&s);
}

static struct kymo_point point_of(const struct kymo_metric *metric, double value)
{
	return (struct kymo_point){ .size = sizeof(struct kymo_point), .metric = metric, .at = 1700000000000,
				    .value = value };
}

/* Two files; the failing call comes anywhere: nothing of the batch must stay, then all of it must be there. */
static void a_full_disk_leaves_no_half_batch(void **state)
{
	static const struct kymo_metric a = { "a", KYMO_GAUGE, 0, "", "", NULL };
	static const struct kymo_metric b = { "b", KYMO_GAUGE, 0, "", "", NULL };
	const struct kymo_point points[] = { point_of(&a, 1), point_of(&b, 2), point_of(&a, 3) };

	(void)state;
	for (int after = 0; after < 2; after++) {
		for (size_t some = 0; some < 53; some += 7) {
			struct sink s = sink_start();
			char *before, *text;

			assert_int_equal(write_one(&s, "a", 1700000000000, 0), 0);
			assert_int_equal(write_one(&s, "b", 1700000000000, 0), 0);
			before = tree_read(&s.tree, "out/raw/a/20231114T220000Z.jsonl");
			disk_fails(after, ENOSPC, some);
			assert_int_equal(harness_write(s.harness, points, 3), -EAGAIN);
			assert_int_equal(harness_write(s.harness, points, 3), -EAGAIN);
			text = tree_read(&s.tree, "out/raw/a/20231114T220000Z.jsonl");
			assert_string_equal(text, before);
			assert_int_equal(count_lines(&s, "out/raw/b/20231114T220000Z.jsonl"), 1);
			disk_works();
			assert_int_equal(harness_write(s.harness, points, 3), 0);
			assert_int_equal(count_lines(&s, "out/raw/a/20231114T220000Z.jsonl"), 3);
			assert_int_equal(count_lines(&s, "out/raw/b/20231114T220000Z.jsonl"), 2);
			free(before);
			free(text);
			sink_destroy(&s);
		}
	}
}

static void a_full_disk_is_told_once(void **state)
{
	struct sink s = sink_start();
	char log[10000];

	(void)state;
	disk_fails(0, EDQUOT, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(write_one(&s, "a.b", 1700000000000, 1), -EAGAIN);
	disk_works();
	for (int i = 0; i < 3; i++)
		assert_int_equal(write_one(&s, "a.b", 1700000000000, 1), 0);
	snprintf(log, sizeof log, "error: %s/out: raw of a.b: Disk quota exceeded\ninfo: %s/out: writing goes on\n",
		 s.tree.path, s.tree.path);
	assert_string_equal(harness_logged(s.harness), log);
	sink_destroy(&s);
}

static void another_error_drops_the_batch(void **state)
{
	struct sink s = sink_start();

	(void)state;
	assert_int_equal(write_one(&s, "m", 1700000000000, 1), 0);
	disk_fails(0, EIO, 5);
	assert_int_equal(write_one(&s, "m", 1700000000000, 2), -EIO);
	disk_works();
	assert_int_equal(write_one(&s, "m", 1700000000000, 3), 0);
	check_text(&s, "out/raw/m/20231114T220000Z.jsonl",
		   "{\"at\":1700000000000,\"name\":\"m\",\"labels\":{},\"value\":1}\n"
		   "{\"at\":1700000000000,\"name\":\"m\",\"labels\":{},\"value\":3}\n");
	sink_destroy(&s);
}

static int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = -3;	/* ".", ".." and the one that reads */

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Ten files, two open: what is written, taken back and synced reaches all of them. */
static void few_files_are_open_at_a_time(void **state)
{
	enum { METRICS = 10 };
	char names[METRICS][8], path[64];
	struct kymo_metric metrics[METRICS];
	struct kymo_point points[METRICS];
	struct sink s = sink_create();
	int before;

	(void)state;
	harness_set(s.harness, "max_open", "2");
	assert_int_equal(harness_run(s.harness), 0);
	for (int i = 0; i < METRICS; i++) {
		snprintf(names[i], sizeof names[i], "m%d", i);
		metrics[i] = (struct kymo_metric){ names[i], KYMO_GAUGE, 0, "", "", NULL };
		points[i] = point_of(&metrics[i], i);
	}
	before = open_files();
	for (int round = 0; round < 3; round++) {
		disk_fails(7, ENOSPC, 20);
		assert_int_equal(harness_write(s.harness, points, METRICS), -EAGAIN);
		disk_works();
		assert_int_equal(harness_write(s.harness, points, METRICS), 0);
		assert_int_equal(open_files(), before + 2);
	}
	for (int i = 0; i < METRICS; i++) {
		snprintf(path, sizeof path, "out/raw/m%d/20231114T220000Z.jsonl", i);
		assert_int_equal(count_lines(&s, path), 3);
	}
	harness_stop(s.harness);
	assert_int_equal(open_files(), before - 2);	/* the folder and its lock */
	sink_destroy(&s);
}

static void flush_syncs_what_is_new(void **state)
{
	struct sink s = sink_start();

	(void)state;
	syncs = file_syncs = 0;
	assert_int_equal(harness_flush(s.harness), 0);
	assert_int_equal(syncs + file_syncs, 0);
	assert_int_equal(write_one(&s, "a", 1700000000000, 1), 0);
	assert_int_equal(harness_flush(s.harness), 0);
	assert_int_equal(syncs, 1);	/* the name of the file must last too */
	assert_int_equal(write_one(&s, "a", 1700000000000, 2), 0);
	disk_fails(0, EIO, 0);
	assert_int_equal(harness_flush(s.harness), -EIO);
	disk_works();
	assert_int_equal(harness_flush(s.harness), 0);
	assert_int_equal(file_syncs, 2);
	assert_int_equal(harness_flush(s.harness), 0);
	assert_int_equal(syncs, 1);
	assert_int_equal(file_syncs, 2);
	sink_destroy(&s);
}

static void half_a_line_of_a_crash_is_cut_off(void **state)
{
	static char long_text[20000];
	static const char whole[] = "{\"at\":1}\n";
	struct sink s = sink_create();

	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	tree_write(&s.tree, "out/raw/none/20231114T220000Z.jsonl", long_text);
	memcpy(long_text, whole, sizeof whole - 1);
	tree_write(&s.tree, "out/raw/far/20231114T220000Z.jsonl", long_text);
	tree_write(&s.tree, "out/raw/near/20231114T220000Z.jsonl", "{\"at\":1}\n{\"at\"");
	assert_int_equal(harness_run(s.harness), 0);
	assert_int_equal(write_one(&s, "none", 1700000000000, 1), 0);
	assert_int_equal(write_one(&s, "far", 1700000000000, 1), 0);
	assert_int_equal(write_one(&s, "near", 1700000000000, 1), 0);
	check_text(&s, "out/raw/none/20231114T220000Z.jsonl",
		   "{\"at\":1700000000000,\"name\":\"none\",\"labels\":{},\"value\":1}\n");
	check_text(&s, "out/raw/far/20231114T220000Z.jsonl",
		   "{\"at\":1}\n{\"at\":1700000000000,\"name\":\"far\",\"labels\":{},\"value\":1}\n");
	check_text(&s, "out/raw/near/20231114T220000Z.jsonl",
		   "{\"at\":1}\n{\"at\":1700000000000,\"name\":\"near\",\"labels\":{},\"value\":1}\n");
	sink_destroy(&s);
}

static void files_that_someone_removed_come_back(void **state)
{
	struct sink s = sink_start();

	(void)state;
	assert_int_equal(write_one(&s, "m", 1700000000000, 1), 0);
	tree_unlink(&s.tree, "out/raw");
	assert_int_equal(write_one(&s, "m", 1700000000000, 2), 0);
	assert_int_equal(count_lines(&s, "out/raw/m/20231114T220000Z.jsonl"), 1);
	sink_destroy(&s);
}

static void links_are_not_followed(void **state)
{
	struct sink s = sink_start();

	(void)state;
	tree_write(&s.tree, "victim", "text\n");
	tree_folder(&s.tree, "elsewhere");
	tree_link(&s.tree, "../../../victim", "out/raw/file/20231114T220000Z.jsonl");
	tree_link(&s.tree, "../../elsewhere", "out/raw/folder");
	assert_int_equal(write_one(&s, "file", 1700000000000, 1), -ELOOP);
	assert_int_equal(write_one(&s, "folder", 1700000000000, 1), -ENOTDIR);
	check_text(&s, "victim", "text\n");
	sink_destroy(&s);
}

static void long_names_go_on_in_folders(void **state)
{
	char name[1001];
	struct sink s = sink_start();
	char *list;

	(void)state;
	memset(name, '/', sizeof name - 1);
	name[sizeof name - 1] = 0;
	assert_int_equal(write_one(&s, name, 1700000000000, 1), 0);
	assert_int_equal(write_one(&s, name, 1700000000000, 1), 0);
	list = tree_list(&s.tree, "out");
	assert_non_null(strstr(list, "%2F~/%2F"));
	assert_non_null(strstr(list, "%2F/20231114T220000Z.jsonl\n"));
	free(list);
	sink_destroy(&s);
}

static void a_folder_has_one_writer(void **state)
{
	struct sink s = sink_start();
	struct harness *other = harness_open(&kymo_plugin);

	(void)state;
	harness_set(other, "path", tree_path(&s.tree, "out"));
	assert_int_equal(harness_run(other), -EBUSY);
	assert_non_null(strstr(harness_logged(other), "another sink writes into this folder"));
	harness_stop(s.harness);
	assert_int_equal(harness_start(other), 0);
	harness_close(other);
	sink_destroy(&s);
}

static void a_folder_that_cannot_be_made_is_told(void **state)
{
	struct sink s = sink_create();

	(void)state;
	tree_write(&s.tree, "file", "x");
	harness_set(s.harness, "path", tree_path(&s.tree, "file/out"));
	assert_int_equal(harness_run(s.harness), -ENOTDIR);
	assert_non_null(strstr(harness_logged(s.harness), "/file/out: Not a directory"));
	sink_destroy(&s);
}

static void makes_all_folders_of_its_path(void **state)
{
	struct sink s = sink_create();

	(void)state;
	harness_set(s.harness, "path", tree_path(&s.tree, "var//log/kymo/"));
	assert_int_equal(harness_run(s.harness), 0);
	assert_int_equal(write_one(&s, "m", 1700000000000, 1), 0);
	assert_true(tree_has(&s.tree, "var/log/kymo/raw/m/20231114T220000Z.jsonl"));
	sink_destroy(&s);
}

static void refuses_what_makes_no_sense(void **state)
{
	static const struct { const char *key, *value, *text; } rows[] = {
		{ NULL, NULL, "path: is missing\n" },
		{ "path", "logs", "path: must be an absolute path\n" },
		{ "path", "\"\"", "path: must be an absolute path\n" },
		{ "rotate", "1500ms", "rotate: must be whole seconds\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct harness *h = harness_open(&kymo_plugin);

		if (rows[i].key) {
			harness_set(h, "path", "/tmp/x");
			harness_set(h, rows[i].key, rows[i].value);
		}
		assert_int_equal(harness_create(h), -EINVAL);
		assert_string_equal(harness_rejected(h), rows[i].text);
		harness_close(h);
	}
}

static void what_no_file_can_hold_is_refused(void **state)
{
	static const struct kymo_metric metric = { "m", KYMO_GAUGE, 0, "", "", NULL };
	struct kymo_point points[] = { point_of(&metric, 1), point_of(&metric, 2) };
	struct sink s = sink_start();

	(void)state;
	points[1].tier = 17;
	assert_int_equal(harness_write(s.harness, points, 2), -ENOTSUP);
	assert_int_equal(write_one(&s, "m", INT64_MAX, 1), -ERANGE);
	assert_int_equal(write_one(&s, "m", INT64_MIN, 1), -ERANGE);
	assert_int_equal(harness_write(s.harness, points, 0), 0);
	check_files(&s, "out/.lock\n");
	sink_destroy(&s);
}

static void many_metrics_are_forgotten_again(void **state)
{
	enum { METRICS = 300 };
	struct sink s = sink_create();
	char name[16];

	(void)state;
	harness_set(s.harness, "max_open", "4");
	assert_int_equal(harness_run(s.harness), 0);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < METRICS; i++) {
			snprintf(name, sizeof name, "m%d", i);
			assert_int_equal(write_one(&s, name, 1700000000000, round), 0);
		}
	assert_int_equal(count_lines(&s, "out/raw/m0/20231114T220000Z.jsonl"), 2);
	assert_int_equal(count_lines(&s, "out/raw/m299/20231114T220000Z.jsonl"), 2);
	sink_destroy(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_goes_to_the_folders_of_its_metrics),
		cmocka_unit_test(files_turn_at_the_end_of_their_window),
		cmocka_unit_test(big_files_go_on_in_another),
		cmocka_unit_test(a_line_above_the_size_gets_a_file_of_its_own),
		cmocka_unit_test(old_files_are_removed),
		cmocka_unit_test(kept_for_ever_if_asked),
		cmocka_unit_test(a_full_disk_leaves_no_half_batch),
		cmocka_unit_test(a_full_disk_is_told_once),
		cmocka_unit_test(another_error_drops_the_batch),
		cmocka_unit_test(few_files_are_open_at_a_time),
		cmocka_unit_test(flush_syncs_what_is_new),
		cmocka_unit_test(half_a_line_of_a_crash_is_cut_off),
		cmocka_unit_test(files_that_someone_removed_come_back),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(long_names_go_on_in_folders),
		cmocka_unit_test(a_folder_has_one_writer),
		cmocka_unit_test(a_folder_that_cannot_be_made_is_told),
		cmocka_unit_test(makes_all_folders_of_its_path),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(what_no_file_can_hold_is_refused),
		cmocka_unit_test(many_metrics_are_forgotten_again),
	};

	return cmocka_run_group_tests_name("plugins/jsonl", tests, NULL, NULL);
}
