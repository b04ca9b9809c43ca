/* SPDX-License-Identifier: MIT */
/* file_test.c - whole files, folders and maps; messages name the path and the reason. */
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[256], text[4096];

/* A path in the test's folder. */
static const char *in_dir(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", dir, name);
	return path;
}

static int make_dir(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(dir, sizeof dir, "%s/kymo-file-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_one(void *path, const char *name)
{
	char *child = path_join(path, name);
	struct stat st;

	if (lstat(child, &st) == 0 && S_ISDIR(st.st_mode)) {
		chmod(child, 0700);
		dir_list(child, remove_one, child, NULL);
		rmdir(child);
	} else {
		unlink(child);
	}
	free(child);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	dir_list(dir, remove_one, dir, NULL);
	return rmdir(dir);
}

/* The message as expected, with the test's folder for %s. */
static void assert_message(struct error *err, const char *format)
{
	snprintf(text, sizeof text, "%.200s%s", dir, format);
	assert_string_equal(error_text(err), text);
	error_clear(err);
}

static void writes_and_reads_a_whole_file(void **state)
{
	struct error err = { 0 };
	AUTO_BUF buf = { 0 };

	(void)state;
	assert_int_equal(file_write_atomic(in_dir("a"), "first", 5, &err), 0);
	assert_int_equal(file_write_atomic(in_dir("a"), "second!", 7, &err), 0);
	assert_int_equal(file_read_all(in_dir("a"), 7, &buf, &err), 0);
	assert_string_equal(buf_text(&buf), "second!");
	assert_int_equal(access(in_dir("a.tmp"), F_OK), -1);
}

static void refuses_a_file_that_is_too_large(void **state)
{
	struct error err = { 0 };
	AUTO_BUF buf = { 0 };

	(void)state;
	assert_int_equal(file_write_atomic(in_dir("a"), "12345678", 8, &err), 0);
	assert_int_equal(file_read_all(in_dir("a"), 7, &buf, &err), -EFBIG);
	assert_message(&err, "/a: larger than 7 bytes");
	assert_int_equal(file_read_all("/proc/self/status", 10, &buf, &err), -EFBIG);
	error_clear(&err);
}

static void reads_what_has_no_size(void **state)
{
	struct error err = { 0 };
	AUTO_BUF buf = { 0 };

	(void)state;
	assert_int_equal(file_read_all("/proc/self/status", 1 << 20, &buf, &err), 0);
	assert_memory_equal(buf_text(&buf), "Name:", 5);
}

static void reads_an_empty_file(void **state)
{
	AUTO_BUF buf = { 0 };

	(void)state;
	assert_int_equal(file_write_atomic(in_dir("empty"), "", 0, NULL), 0);
	assert_int_equal(file_read_all(in_dir("empty"), 0, &buf, NULL), 0);
	assert_int_equal(buf.len, 0);
}

static void says_what_is_wrong_with_which_path(void **state)
{
	struct error err = { 0 };
	struct file_bytes map;
	AUTO_BUF buf = { 0 };

	(void)state;
	assert_int_equal(file_open(in_dir("no/file"), O_RDONLY, 0, &err), -ENOENT);
	assert_message(&err, "/no/file: No such file or directory");
	assert_int_equal(file_read_all(in_dir("none"), 10, &buf, &err), -ENOENT);
	assert_message(&err, "/none: No such file or directory");
	assert_int_equal(file_read_all(in_dir(""), 10, &buf, &err), -EISDIR);
	assert_message(&err, "/: Is a directory");
	assert_int_equal(file_write_atomic(in_dir("no/file"), "x", 1, &err), -ENOENT);
	assert_message(&err, "/no/file.tmp: No such file or directory");
	assert_int_equal(file_rename(in_dir("none"), in_dir("b"), &err), -ENOENT);
	assert_message(&err, "/none: No such file or directory");
	assert_int_equal(dir_list(in_dir("none"), remove_one, NULL, &err), -ENOENT);
	assert_message(&err, "/none: No such file or directory");
	assert_int_equal(dir_sync(in_dir("none"), &err), -ENOENT);
	assert_message(&err, "/none: No such file or directory");
	assert_int_equal(file_load(in_dir("none"), &map, &err), -ENOENT);
	assert_message(&err, "/none: No such file or directory");
	assert_int_equal(file_load(in_dir(""), &map, &err), -EINVAL);
	assert_message(&err, "/: not a regular file");
}

static void a_link_is_the_same_file_and_a_copy_is_not(void **state)
{
	struct error err = { 0 };
	AUTO_BUF big = { 0 }, back = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 200000; i++)
		buf_add_u32(&big, i);
	assert_int_equal(file_write_atomic(in_dir("original"), big.data, big.len, NULL), 0);
	assert_int_equal(file_link(in_dir("original"), in_dir("linked"), &err), 0);
	assert_int_equal(file_copy(in_dir("original"), in_dir("copied"), &err), 0);
	assert_int_equal(truncate(in_dir("original"), 3), 0);
	assert_int_equal(file_read_all(in_dir("linked"), SIZE_MAX, &back, &err), 0);
	assert_int_equal(back.len, 3);
	buf_clear(&back);
	assert_int_equal(file_read_all(in_dir("copied"), SIZE_MAX, &back, &err), 0);
	assert_int_equal(back.len, big.len);
	assert_memory_equal(back.data, big.data, big.len);
	assert_int_equal(file_link(in_dir("original"), in_dir("linked"), &err), -EEXIST);
	assert_message(&err, "/linked: File exists");
	assert_int_equal(file_copy(in_dir("original"), in_dir("copied"), &err), -EEXIST);
	assert_message(&err, "/copied: File exists");
	assert_int_equal(file_copy(in_dir("none"), in_dir("other"), &err), -ENOENT);
	assert_message(&err, "/none: No such file or directory");
}

static void a_full_disk_is_said(void **state)
{
	int fd = file_open("/dev/full", O_WRONLY, 0, NULL);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(file_write(fd, "x", 1), -ENOSPC);
	assert_int_equal(file_pwrite(fd, "x", 1, 0), -ENOSPC);
	file_close(fd);
	file_close(-1);
}

static void a_read_past_the_end_gives_what_was_there(void **state)
{
	int fd = file_open(in_dir("f"), O_RDWR | O_CREAT, 0600, NULL);
	uint64_t size = 0;
	char data[16] = "";

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(file_pwrite(fd, "world", 5, 6), 0);
	assert_int_equal(file_pwrite(fd, "hello ", 6, 0), 0);
	assert_int_equal(file_sync(fd), 0);
	assert_int_equal(file_size(fd, &size), 0);
	assert_int_equal(size, 11);
	assert_int_equal(file_pread(fd, data, sizeof data, 6), 5);
	assert_string_equal(data, "world");
	assert_int_equal(file_pread(fd, data, sizeof data, 100), 0);
	assert_int_equal(file_truncate(fd, 5), 0);
	assert_int_equal(file_pread(fd, data, sizeof data, 0), 5);
	file_close(fd);
	assert_int_equal(file_size(fd, &size), -EBADF);
	assert_int_equal(file_pread(fd, data, 1, 0), -EBADF);
	assert_int_equal(file_write(fd, data, 1), -EBADF);
	assert_int_equal(file_pwrite(fd, data, 1, 0), -EBADF);
	assert_int_equal(file_sync(fd), -EBADF);
	assert_int_equal(file_truncate(fd, 0), -EBADF);
	assert_int_equal(file_preallocate(fd, 1), -EBADF);
}

static void preallocation_keeps_the_size(void **state)
{
	int fd = file_open(in_dir("p"), O_RDWR | O_CREAT, 0600, NULL);
	uint64_t size = 1;

	(void)state;
	assert_int_equal(file_preallocate(fd, 65536), 0);
	assert_int_equal(file_preallocate(fd, 0), 0);
	assert_int_equal(file_size(fd, &size), 0);
	assert_int_equal(size, 0);
	file_close(fd);
}

static void descriptors_close_on_exec(void **state)
{
	int fd = file_open("/dev/null", O_RDONLY, 0, NULL);

	(void)state;
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	file_close(fd);
}

static void *drain(void *data)
{
	static char sink[100000];
	size_t done = 0;
	ssize_t r;

	while ((r = read(*(int *)data, sink, sizeof sink)) > 0)
		done += (size_t)r;
	return (void *)done;
}

/* A pipe takes less than that at once. */
static void carries_on_short_writes(void **state)
{
	enum { N = 1 << 20 };
	char *data = calloc(1, N);
	pthread_t thread;
	void *done;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pthread_create(&thread, NULL, drain, &ends[0]), 0);
	assert_int_equal(file_write(ends[1], data, N), 0);
	close(ends[1]);
	pthread_join(thread, &done);
	assert_int_equal((size_t)done, N);
	close(ends[0]);
	free(data);
}

static void makes_folders_with_their_parents(void **state)
{
	struct error err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(dir_make(in_dir("x/y/z"), 0750, &err), 0);
	assert_int_equal(dir_make(in_dir("x/y/z/"), 0750, &err), 0);
	assert_int_equal(dir_make(in_dir("x//y/w"), 0750, &err), 0);
	assert_int_equal(dir_make("/", 0750, &err), 0);
	assert_int_equal(stat(in_dir("x/y/z"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(dir_sync(in_dir("x/y"), &err), 0);
	assert_int_equal(file_write_atomic(in_dir("x/file"), "", 0, &err), 0);
	assert_int_equal(dir_make(in_dir("x/file/z"), 0750, &err), -ENOTDIR);
	assert_message(&err, "/x/file: Not a directory");
	assert_int_equal(dir_make("/proc/none/z", 0750, &err), -ENOENT);
	assert_string_equal(error_text(&err), "/proc/none: No such file or directory");
	error_clear(&err);
}

static int collect(void *data, const char *name)
{
	strcat(data, name);
	strcat(data, " ");
	return 0;
}

static int stop_at_b(void *data, const char *name)
{
	collect(data, name);
	return strcmp(name, "b") == 0 ? 42 : 0;
}

static void lists_names_in_order(void **state)
{
	static const char *const files[] = { "c", "a", "b", ".hidden", "ab" };
	char names[100] = "";

	(void)state;
	assert_int_equal(dir_make(in_dir("list"), 0700, NULL), 0);
	assert_int_equal(dir_list(in_dir("list"), collect, names, NULL), 0);
	assert_string_equal(names, "");
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		AUTO_BUF path = { 0 };

		buf_printf(&path, "%s/list/%s", dir, files[i]);
		assert_int_equal(file_write_atomic(buf_text(&path), "", 0, NULL), 0);
	}
	assert_int_equal(dir_list(in_dir("list"), collect, names, NULL), 0);
	assert_string_equal(names, ".hidden a ab b c ");
	names[0] = '\0';
	assert_int_equal(dir_list(in_dir("list"), stop_at_b, names, NULL), 42);
	assert_string_equal(names, ".hidden a ab b ");
}

static void lists_a_large_folder(void **state)
{
	unsigned lines = 0;
	AUTO_BUF names = { 0 };

	(void)state;
	assert_int_equal(dir_make(in_dir("many"), 0700, NULL), 0);
	for (int i = 0; i < 50; i++) {
		char name[32];
		int fd;

		snprintf(name, sizeof name, "many/%06d", i);
		fd = file_open(in_dir(name), O_WRONLY | O_CREAT, 0600, NULL);
		file_close(fd);
	}
	buf_reserve(&names, 1000);
	*names.data = '\0';
	assert_int_equal(dir_list(in_dir("many"), collect, names.data, NULL), 0);
	for (const char *at = (char *)names.data; (at = strchr(at, ' ')); at++)
		lines++;
	assert_int_equal(lines, 50);
}

static void removes_what_may_be_gone(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(file_write_atomic(in_dir("gone"), "", 0, &err), 0);
	assert_int_equal(file_remove(in_dir("gone"), &err), 0);
	assert_int_equal(file_remove(in_dir("gone"), &err), 0);
	assert_int_equal(file_remove(in_dir("list"), &err), -EISDIR);
	assert_message(&err, "/list: Is a directory");
}

static void loads_a_file(void **state)
{
	struct file_bytes map;

	(void)state;
	assert_int_equal(file_write_atomic(in_dir("m"), "mapped", 6, NULL), 0);
	assert_int_equal(file_load(in_dir("m"), &map, NULL), 0);
	assert_int_equal(map.size, 6);
	assert_memory_equal(map.data, "mapped", 6);
	file_unload(&map);
	file_unload(&map);
	assert_int_equal(file_write_atomic(in_dir("m"), "", 0, NULL), 0);
	assert_int_equal(file_load(in_dir("m"), &map, NULL), 0);
	assert_null(map.data);
	assert_int_equal(map.size, 0);
	file_unload(&map);
}

static void does_not_write_through_a_link(void **state)
{
	AUTO_BUF buf = { 0 };

	(void)state;
	assert_int_equal(file_write_atomic(in_dir("target"), "safe", 4, NULL), 0);
	assert_int_equal(symlink(in_dir("target"), in_dir("l.tmp")), 0);
	assert_int_equal(file_write_atomic(in_dir("l"), "evil", 4, NULL), -ELOOP);
	assert_int_equal(file_read_all(in_dir("target"), 10, &buf, NULL), 0);
	assert_string_equal(buf_text(&buf), "safe");
}

static void writes_beside_a_relative_path(void **state)
{
	char before[512];

	(void)state;
	assert_non_null(getcwd(before, sizeof before));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(file_write_atomic("relative", "x", 1, NULL), 0);
	assert_int_equal(dir_make("rel/sub", 0700, NULL), 0);
	assert_int_equal(access("rel/sub", F_OK), 0);
	assert_int_equal(chdir(before), 0);
}

static void joins_paths(void **state)
{
	static const struct { const char *dir, *name, *path; } rows[] = {
		{ "/a", "b", "/a/b" }, { "/a/", "b", "/a/b" }, { "", "b", "b" }, { "/", "b", "/b" }, { "a", "", "a/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *path = path_join(rows[i].dir, rows[i].name);

		assert_string_equal(path, rows[i].path);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_reads_a_whole_file),
		cmocka_unit_test(refuses_a_file_that_is_too_large),
		cmocka_unit_test(reads_what_has_no_size),
		cmocka_unit_test(reads_an_empty_file),
		cmocka_unit_test(says_what_is_wrong_with_which_path),
		cmocka_unit_test(a_link_is_the_same_file_and_a_copy_is_not),
		cmocka_unit_test(a_full_disk_is_said),
		cmocka_unit_test(a_read_past_the_end_gives_what_was_there),
		cmocka_unit_test(preallocation_keeps_the_size),
		cmocka_unit_test(descriptors_close_on_exec),
		cmocka_unit_test(carries_on_short_writes),
		cmocka_unit_test(makes_folders_with_their_parents),
		cmocka_unit_test(lists_names_in_order),
		cmocka_unit_test(lists_a_large_folder),
		cmocka_unit_test(removes_what_may_be_gone),
		cmocka_unit_test(loads_a_file),
		cmocka_unit_test(does_not_write_through_a_link),
		cmocka_unit_test(writes_beside_a_relative_path),
		cmocka_unit_test(joins_paths),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
