/* SPDX-License-Identifier: MIT */
/* fault.c - one plan for the process; each wrapped call asks it first. */
#include "fault/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* ld makes these names: __real_X is what X was. With 64-bit offsets X may be called X64. */
#define WRAP(result, name, ...) \
	result __real_##name(__VA_ARGS__); \
	result __wrap_##name(__VA_ARGS__); \
	result __wrap_##name(__VA_ARGS__)

enum { GO_ON = 0, SHORTEN = -1, KILL = -2 };	/* else the errno to fail with */

static struct {
	atomic_uint calls;		/* which; 0: off */
	unsigned n;
	int error;
	bool stays;
	unsigned part;			/* of 256, when killed in a write */
	atomic_uint seen;
	atomic_bool fired;
} plan;
static atomic_bool unsynced;

static void set(unsigned calls, unsigned n, int error, bool stays)
{
	plan.calls = 0;
	plan.n = n;
	plan.error = error;
	plan.stays = stays;
	plan.seen = 0;
	plan.fired = false;
	plan.calls = calls;
}

void fault_at(unsigned calls, unsigned n, int error) { set(calls, n, error, false); }
void fault_from(unsigned calls, unsigned n, int error) { set(calls, n, error, true); }
void fault_short(unsigned calls, unsigned n) { set(calls, n, SHORTEN, false); }
unsigned fault_calls(void) { return plan.seen; }
void fault_unsynced(bool so) { unsynced = so; }

void fault_kill(unsigned calls, unsigned n, unsigned part)
{
	plan.part = part;
	set(calls, n, KILL, false);
}

static void end_here(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

bool fault_off(void)
{
	plan.calls = 0;
	return plan.fired;
}

static int ask(enum fault_call call)
{
	unsigned seen;

	if (!(plan.calls & call))
		return GO_ON;
	seen = atomic_fetch_add(&plan.seen, 1) + 1;
	if (seen != plan.n && !(plan.stays && seen > plan.n))
		return GO_ON;
	plan.fired = true;
	return plan.error;
}

static bool fails(enum fault_call call)
{
	int error = ask(call);

	if (error == KILL)
		end_here();
	if (error > 0)
		errno = error;
	return error > 0;
}

/* For what may also fall short: false if it fails. */
static bool passes(enum fault_call call, size_t *n)
{
	int error = ask(call);

	if (error == SHORTEN && *n > 1)
		*n = 1;
	if (error == KILL && call == FAULT_READ)
		end_here();
	if (error == KILL)
		*n = *n * plan.part / 256;
	if (error > 0)
		errno = error;
	return error <= 0;
}

/* What a write gave; when it was to be the last thing, it was. */
static ssize_t last(ssize_t written)
{
	if (plan.error == KILL && plan.fired)
		end_here();
	return written;
}

WRAP(void *, malloc, size_t n)
{
	return fails(FAULT_MALLOC) ? NULL : __real_malloc(n);
}

WRAP(void *, calloc, size_t count, size_t n)
{
	return fails(FAULT_CALLOC) ? NULL : __real_calloc(count, n);
}

WRAP(void *, realloc, void *p, size_t n)
{
	return fails(FAULT_REALLOC) ? NULL : __real_realloc(p, n);
}

WRAP(char *, strdup, const char *text)
{
	return fails(FAULT_MALLOC) ? NULL : __real_strdup(text);
}

WRAP(char *, strndup, const char *text, size_t n)
{
	return fails(FAULT_MALLOC) ? NULL : __real_strndup(text, n);
}

WRAP(int, vasprintf, char **out, const char *format, va_list args)
{
	return fails(FAULT_MALLOC) ? -1 : __real_vasprintf(out, format, args);
}

int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **out, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = __wrap_vasprintf(out, format, args);
	va_end(args);
	return n;
}

#define WRAP_OPEN(name) \
	int __real_##name(const char *path, int flags, ...); \
	int __wrap_##name(const char *path, int flags, ...); \
	int __wrap_##name(const char *path, int flags, ...) \
	{ \
		va_list args; \
		mode_t mode = 0; \
\
		va_start(args, flags); \
		if (flags & (O_CREAT | __O_TMPFILE)) \
			mode = va_arg(args, mode_t); \
		va_end(args); \
		return fails(FAULT_OPEN) ? -1 : __real_##name(path, flags, mode); \
	}
WRAP_OPEN(open)
WRAP_OPEN(open64)

WRAP(ssize_t, read, int fd, void *data, size_t n)
{
	return passes(FAULT_READ, &n) ? __real_read(fd, data, n) : -1;
}

WRAP(ssize_t, pread, int fd, void *data, size_t n, off_t at)
{
	return passes(FAULT_READ, &n) ? __real_pread(fd, data, n, at) : -1;
}

WRAP(ssize_t, pread64, int fd, void *data, size_t n, off_t at)
{
	return passes(FAULT_READ, &n) ? __real_pread64(fd, data, n, at) : -1;
}

WRAP(ssize_t, write, int fd, const void *data, size_t n)
{
	return passes(FAULT_WRITE, &n) ? last(__real_write(fd, data, n)) : -1;
}

WRAP(ssize_t, pwrite, int fd, const void *data, size_t n, off_t at)
{
	return passes(FAULT_PWRITE, &n) ? last(__real_pwrite(fd, data, n, at)) : -1;
}

WRAP(ssize_t, pwrite64, int fd, const void *data, size_t n, off_t at)
{
	return passes(FAULT_PWRITE, &n) ? last(__real_pwrite64(fd, data, n, at)) : -1;
}

/* Falls short in the first part. */
static int shorten_parts(const struct iovec **parts, int count, struct iovec *first)
{
	size_t n = count > 0 ? (*parts)->iov_len : 0, left = n;

	if (!passes(FAULT_PWRITE, &left))
		return -1;
	if (left == n)
		return count;
	*first = (struct iovec){ (*parts)->iov_base, left };
	*parts = first;
	return 1;
}

WRAP(ssize_t, writev, int fd, const struct iovec *parts, int count)
{
	struct iovec first;

	count = shorten_parts(&parts, count, &first);
	return count < 0 ? -1 : last(__real_writev(fd, parts, count));
}

WRAP(ssize_t, pwritev, int fd, const struct iovec *parts, int count, off_t at)
{
	struct iovec first;

	count = shorten_parts(&parts, count, &first);
	return count < 0 ? -1 : last(__real_pwritev(fd, parts, count, at));
}

WRAP(ssize_t, pwritev64, int fd, const struct iovec *parts, int count, off_t at)
{
	struct iovec first;

	count = shorten_parts(&parts, count, &first);
	return count < 0 ? -1 : last(__real_pwritev64(fd, parts, count, at));
}

WRAP(int, fdatasync, int fd)
{
	return fails(FAULT_FDATASYNC) ? -1 : unsynced ? 0 : __real_fdatasync(fd);
}

WRAP(int, fsync, int fd)
{
	return fails(FAULT_FSYNC) ? -1 : unsynced ? 0 : __real_fsync(fd);
}

WRAP(int, rename, const char *from, const char *to)
{
	return fails(FAULT_RENAME) ? -1 : __real_rename(from, to);
}

WRAP(int, unlink, const char *path)
{
	return fails(FAULT_UNLINK) ? -1 : __real_unlink(path);
}

WRAP(int, link, const char *from, const char *to)
{
	return fails(FAULT_LINK) ? -1 : __real_link(from, to);
}

WRAP(int, fstat, int fd, struct stat *out)
{
	return fails(FAULT_STAT) ? -1 : __real_fstat(fd, out);
}

WRAP(int, fstat64, int fd, struct stat *out)
{
	return fails(FAULT_STAT) ? -1 : __real_fstat64(fd, out);
}

WRAP(DIR *, opendir, const char *path)
{
	return fails(FAULT_DIR) ? NULL : __real_opendir(path);
}

WRAP(struct dirent *, readdir, DIR *dir)
{
	return fails(FAULT_DIR) ? NULL : __real_readdir(dir);
}

WRAP(struct dirent *, readdir64, DIR *dir)
{
	return fails(FAULT_DIR) ? NULL : __real_readdir64(dir);
}

WRAP(int, ftruncate, int fd, off_t size)
{
	return fails(FAULT_TRUNCATE) ? -1 : __real_ftruncate(fd, size);
}

WRAP(int, ftruncate64, int fd, off_t size)
{
	return fails(FAULT_TRUNCATE) ? -1 : __real_ftruncate64(fd, size);
}

WRAP(int, fallocate, int fd, int mode, off_t at, off_t size)
{
	return fails(FAULT_TRUNCATE) ? -1 : __real_fallocate(fd, mode, at, size);
}

WRAP(int, fallocate64, int fd, int mode, off_t at, off_t size)
{
	return fails(FAULT_TRUNCATE) ? -1 : __real_fallocate64(fd, mode, at, size);
}

WRAP(void *, mmap, void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	return fails(FAULT_MMAP) ? MAP_FAILED : __real_mmap(at, n, protection, flags, fd, offset);
}

WRAP(void *, mmap64, void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	return fails(FAULT_MMAP) ? MAP_FAILED : __real_mmap64(at, n, protection, flags, fd, offset);
}

WRAP(int, mkdir, const char *path, mode_t mode)
{
	return fails(FAULT_MKDIR) ? -1 : __real_mkdir(path, mode);
}

WRAP(int, pthread_create, pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *data)
{
	int error = ask(FAULT_THREAD);

	return error > 0 ? error : __real_pthread_create(thread, attr, run, data);
}
