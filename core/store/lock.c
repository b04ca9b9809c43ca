/* SPDX-License-Identifier: MIT */
/*
 * lock.c - one kymo a store: a lock of the kernel on PATH/lock, which goes with
 * its holder however that ends. The pid in the file is for people.
 */
#include "store/state.h"
#include "util/cleanup.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

static int refuse(int fd, const char *path, struct error *err)
{
	char text[32] = "";
	ssize_t n = file_pread(fd, text, sizeof text - 1, 0);

	text[n > 0 ? strcspn(text, "\n") : 0] = '\0';
	return error_set(err, -EBUSY, "%s: held by another kymo, process %s", path, *text ? text : "unknown");
}

static int write_pid(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	int r = file_truncate(fd, 0);

	return r < 0 ? r : file_pwrite(fd, text, (size_t)n, 0);
}

int store_lock(const char *path, struct error *err)
{
	AUTO_FREE char *file = path_join(path, "lock");
	int fd = file ? file_open(file, O_RDWR | O_CREAT, 0640, err) : error_set(err, -ENOMEM, "%s: out of memory", path);
	int r;

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ? refuse(fd, path, err) : error_set(err, -errno, "%s: %s", file, error_name(-errno));
		file_close(fd);
		return r;
	}
	write_pid(fd);		/* on a full disk the lock holds without it */
	return fd;
}
