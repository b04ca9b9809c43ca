/* SPDX-License-Identifier: MIT */
/* util_test.c - whichever call fails, the code says so, nothing leaks, and the old file stays. */
#include "fault/fault.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/file.h"
#include "util/map.h"
#include "util/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[256], path[512], temporary[520];

static int make_dir(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(dir, sizeof dir, "%s/kymo-fault-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/file", dir);
	snprintf(temporary, sizeof temporary, "%s.tmp", path);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void fill(struct buf *buf)
{
	for (int i = 0; i < 1000; i++) {
		buf_add_varint(buf, (uint64_t)i * 1000);
		buf_printf(buf, "%d;", i);
	}
	buf_text(buf);
}

static void a_buf_without_memory_fails_and_stays_so(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		AUTO_BUF buf = { 0 };
		size_t len;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		fill(&buf);
		len = buf.len;
		if (!fault_off())
			break;
		assert_true(buf_failed(&buf));
		assert_null(buf_text(&buf));
		buf_add_u8(&buf, 1);
		assert_int_equal(buf.len, len);
	}
	assert_true(n > 5);
}

static void an_error_without_memory_keeps_its_code(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct error err = { 0 };
		bool fired;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		error_set(&err, -ENOSPC, "first");
		error_set(&err, -EIO, "second");
		fired = fault_off();
		assert_int_equal(err.code, -ENOSPC);
		assert_int_equal(err.count, 2);
		assert_string_equal(error_text(&err), n == 1 ? "second" : n == 2 ? "first" : "first\nsecond");
		error_clear(&err);
		if (!fired)
			break;
	}
	{
		struct error err = { 0 };

		fault_from(FAULT_MEMORY, 1, ENOMEM);
		error_set(&err, -ENOSPC, "first");
		fault_off();
		assert_string_equal(error_text(&err), "No space left on device");
		error_clear(&err);
	}
}

static void assert_file(const char *expected)
{
	AUTO_BUF buf = { 0 };

	assert_int_equal(file_read_all(path, 100, &buf, NULL), 0);
	assert_string_equal(buf_text(&buf), expected);
}

/* Until the rename the old content stays; what comes after it may be either, but is reported. */
static void a_failed_write_leaves_the_old_file(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		struct error err = { 0 };
		int r;

		assert_int_equal(file_write_atomic(path, "old", 3, NULL), 0);
		fault_at(FAULT_DISK | FAULT_MEMORY, n, ENOSPC);
		r = file_write_atomic(path, "new", 3, &err);
		if (!fault_off())
			break;
		assert_true(r == -ENOSPC || r == -ENOMEM);
		assert_true(err.count == 1);
		assert_int_equal(access(temporary, F_OK), -1);
		if (r == -ENOSPC)
			assert_non_null(strstr(error_text(&err), ": No space left on device"));
		if (n <= 5)
			assert_file("old");
		error_clear(&err);
	}
	assert_int_equal(n, 9);	/* malloc open write fdatasync rename | strndup open fsync */
	assert_file("new");
}

static void a_disk_that_stays_full_is_reported(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(file_write_atomic(path, "old", 3, NULL), 0);
	fault_from(FAULT_WRITES, 1, ENOSPC);
	assert_int_equal(file_write_atomic(path, "new", 3, &err), -ENOSPC);
	assert_true(fault_off());
	assert_true(strncmp(error_text(&err), temporary, strlen(temporary)) == 0);
	assert_file("old");
	error_clear(&err);
}

static void short_and_interrupted_calls_are_carried_on(void **state)
{
	static const unsigned calls[] = { FAULT_WRITE, FAULT_OPEN, FAULT_FDATASYNC, FAULT_FSYNC };

	(void)state;
	fault_short(FAULT_WRITE, 1);
	assert_int_equal(file_write_atomic(path, "12345", 5, NULL), 0);
	assert_int_equal(fault_calls(), 2);
	assert_true(fault_off());
	assert_file("12345");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		fault_at(calls[i], 1, EINTR);
		assert_int_equal(file_write_atomic(path, "123456", 6, NULL), 0);
		assert_true(fault_off());
		assert_file("123456");
	}
}

static void positioned_calls_are_carried_on(void **state)
{
	char data[6] = "";
	int fd = file_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600, NULL);

	(void)state;
	fault_short(FAULT_PWRITE, 1);
	assert_int_equal(file_pwrite(fd, "12345", 5, 0), 0);
	assert_true(fault_off());
	fault_at(FAULT_PWRITE, 1, EINTR);
	assert_int_equal(file_pwrite(fd, "abc", 3, 1), 0);
	assert_true(fault_off());
	fault_short(FAULT_READ, 1);
	assert_int_equal(file_pread(fd, data, 5, 0), 5);
	assert_true(fault_off());
	assert_string_equal(data, "1abc5");
	fault_at(FAULT_PWRITE, 1, EIO);
	assert_int_equal(file_pwrite(fd, "x", 1, 0), -EIO);
	fault_at(FAULT_READ, 1, EIO);
	assert_int_equal(file_pread(fd, data, 5, 0), -EIO);
	fault_at(FAULT_FDATASYNC, 1, EIO);
	assert_int_equal(file_sync(fd), -EIO);
	fault_at(FAULT_TRUNCATE, 1, EOPNOTSUPP);
	assert_int_equal(file_preallocate(fd, 100), 0);
	fault_at(FAULT_TRUNCATE, 1, ENOSPC);
	assert_int_equal(file_preallocate(fd, 100), -ENOSPC);
	fault_off();
	file_close(fd);
}

static int ignore(void *data, const char *name)
{
	(void)data;
	(void)name;
	return 0;
}

static void reading_reports_every_failure(void **state)
{
	(void)state;
	assert_int_equal(file_write_atomic(path, "content", 7, NULL), 0);
	for (unsigned n = 1;; n++) {
		AUTO_BUF buf = { 0 };
		struct error err = { 0 };
		struct file_bytes map = { 0 };
		int r;

		fault_at(FAULT_MEMORY | FAULT_OPEN | FAULT_READ | FAULT_MMAP, n, EIO);
		r = file_read_all(path, 100, &buf, &err);
		if (r == 0)
			r = file_load(path, &map, &err);
		if (r == 0)
			r = dir_list(dir, ignore, NULL, &err);
		file_unload(&map);
		if (!fault_off())
			break;
		assert_true(r == -EIO || r == -ENOMEM);
		assert_int_equal(err.count, 1);
		error_clear(&err);
	}
}

static void folders_report_every_failure(void **state)
{
	char deep[300];

	(void)state;
	snprintf(deep, sizeof deep, "%s/a/b", dir);
	for (unsigned n = 1;; n++) {
		struct error err = { 0 };
		int r;

		fault_at(FAULT_MEMORY | FAULT_MKDIR, n, EROFS);
		r = dir_make(deep, 0700, &err);
		if (!fault_off())
			break;
		assert_true(r == -EROFS || r == -ENOMEM);
		error_clear(&err);
	}
	rmdir(deep);
	deep[strlen(deep) - 2] = '\0';
	assert_int_equal(rmdir(deep), 0);
}

static bool same(const void *owner, uint32_t item, const void *key)
{
	(void)owner;
	return item == *(const uint32_t *)key;
}

static void a_map_that_cannot_grow_stays_as_it_was(void **state)
{
	struct map map = { 0 };
	uint32_t count = 0;

	(void)state;
	fault_at(FAULT_MEMORY, 3, ENOMEM);
	while (map_add(&map, count, count) == 0)
		count++;
	assert_true(fault_off());
	assert_int_equal(map.count, count);
	for (uint32_t i = 0; i <= count; i++)
		assert_int_equal(map_find(&map, i, &i, same, NULL), i < count ? i : MAP_NONE);
	assert_int_equal(map_add(&map, count, count), 0);
	map_fini(&map);
}

static void *nothing(void *data)
{
	return data;
}

static void what_cannot_be_made_is_not_there(void **state)
{
	pthread_t thread;

	(void)state;
	fault_at(FAULT_MEMORY, 1, ENOMEM);
	assert_null(path_join("a", "b"));
	fault_at(FAULT_MEMORY, 1, ENOMEM);
	assert_int_equal(thread_start(&thread, "x", nothing, NULL), -ENOMEM);
	fault_at(FAULT_THREAD, 1, EAGAIN);
	assert_int_equal(thread_start(&thread, "x", nothing, NULL), -EAGAIN);
	fault_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buf_without_memory_fails_and_stays_so),
		cmocka_unit_test(an_error_without_memory_keeps_its_code),
		cmocka_unit_test(a_failed_write_leaves_the_old_file),
		cmocka_unit_test(a_disk_that_stays_full_is_reported),
		cmocka_unit_test(short_and_interrupted_calls_are_carried_on),
		cmocka_unit_test(positioned_calls_are_carried_on),
		cmocka_unit_test(reading_reports_every_failure),
		cmocka_unit_test(folders_report_every_failure),
		cmocka_unit_test(a_map_that_cannot_grow_stays_as_it_was),
		cmocka_unit_test(what_cannot_be_made_is_not_there),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
