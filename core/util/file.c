/* SPDX-License-Identifier: MIT */
/*
 * file.c - the system calls, carried on where they stop short. Only functions
 * that know the path make a message; the others give the errno to a caller that
 * does.
 */
#include "util/file.h"
#include "util/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define RETRY(call) \
	__extension__({ \
		__typeof__(call) result_; \
		do \
			result_ = (call); \
		while (result_ < 0 && errno == EINTR); \
		result_; \
	})

static int failed(struct error *err, const char *path, int code)
{
	return error_set(err, code, "%s: %s", path, error_name(code));
}

int file_open(const char *path, int flags, mode_t mode, struct error *err)
{
	int fd = RETRY(open(path, flags | O_CLOEXEC, mode));

	return fd < 0 ? failed(err, path, -errno) : fd;
}

void file_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int file_size(int fd, uint64_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*size = (uint64_t)st.st_size;
	return 0;
}

ssize_t file_pread(int fd, void *data, size_t n, uint64_t at)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = RETRY(pread(fd, (char *)data + done, n - done, (off_t)(at + done)));

		if (r < 0)
			return -errno;
		if (!r)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

/* A write of nothing is not an end; on a full disk the next call says ENOSPC. */
int file_pwrite(int fd, const void *data, size_t n, uint64_t at)
{
	for (size_t done = 0; done < n;) {
		ssize_t r = RETRY(pwrite(fd, (const char *)data + done, n - done, (off_t)(at + done)));

		if (r < 0)
			return -errno;
		done += (size_t)r;
	}
	return 0;
}

int file_write(int fd, const void *data, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t r = RETRY(write(fd, (const char *)data + done, n - done));

		if (r < 0)
			return -errno;
		done += (size_t)r;
	}
	return 0;
}

int file_sync(int fd)
{
	return RETRY(fdatasync(fd)) < 0 ? -errno : 0;
}

int file_truncate(int fd, uint64_t size)
{
	return RETRY(ftruncate(fd, (off_t)size)) < 0 ? -errno : 0;
}

int file_preallocate(int fd, uint64_t size)
{
	if (size && RETRY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size)) < 0 &&
	    errno != EOPNOTSUPP)
		return -errno;
	return 0;
}

int file_rename(const char *from, const char *to, struct error *err)
{
	return rename(from, to) < 0 ? failed(err, from, -errno) : 0;
}

int file_remove(const char *path, struct error *err)
{
	return unlink(path) < 0 && errno != ENOENT ? failed(err, path, -errno) : 0;
}

int file_link(const char *from, const char *to, struct error *err)
{
	return link(from, to) < 0 ? failed(err, to, -errno) : 0;
}

static int copy_all(int from, int to, uint64_t size)
{
	const size_t most = 256 << 10;
	AUTO_FREE uint8_t *piece = malloc(most);
	uint64_t at = 0;
	int r = piece ? 0 : -ENOMEM;

	while (r == 0 && at < size) {
		ssize_t n = file_pread(from, piece, size - at < most ? (size_t)(size - at) : most, at);

		if (n <= 0)
			return (int)n;		/* 0: it has become shorter */
		r = file_write(to, piece, (size_t)n);
		at += (uint64_t)n;
	}
	return r;
}

int file_copy(const char *from, const char *to, struct error *err)
{
	AUTO_CLOSE int in = file_open(from, O_RDONLY, 0, err);
	AUTO_CLOSE int out = in < 0 ? -1 : file_open(to, O_WRONLY | O_CREAT | O_EXCL, 0640, err);
	uint64_t size;
	int r;

	if (in < 0)
		return in;
	if (out < 0)
		return out;
	r = file_size(in, &size);
	if (r == 0)
		r = copy_all(in, out, size);
	if (r == 0)
		r = file_sync(out);
	return r < 0 ? failed(err, to, r) : 0;
}

static int make_one(const char *path, mode_t mode, struct error *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return failed(err, path, -errno);
	if (stat(path, &st) < 0)
		return failed(err, path, -errno);
	return S_ISDIR(st.st_mode) ? 0 : failed(err, path, -ENOTDIR);
}

int dir_make(const char *path, mode_t mode, struct error *err)
{
	AUTO_FREE char *part = path_join(path, "");
	int r = 0;

	if (!part)
		return failed(err, path, -ENOMEM);
	for (char *slash = strchr(part + 1, '/'); slash && r == 0; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = make_one(part, mode, err);
		*slash = '/';
	}
	return r;
}

int dir_sync(const char *path, struct error *err)
{
	AUTO_CLOSE int fd = file_open(path, O_RDONLY | O_DIRECTORY, 0, err);

	if (fd < 0)
		return fd;
	return RETRY(fsync(fd)) < 0 ? failed(err, path, -errno) : 0;
}

struct names {
	char **name;
	size_t count, room;
};

static void names_fini(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
}

static int names_add(struct names *names, const char *name)
{
	if (names->count == names->room) {
		size_t room = names->room ? names->room * 2 : 16;
		char **more = realloc(names->name, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		names->name = more;
		names->room = room;
	}
	names->name[names->count] = path_join("", name);
	return names->name[names->count++] ? 0 : -ENOMEM;
}

static int names_read(struct names *names, DIR *dir)
{
	struct dirent *entry;
	int r = 0;

	for (errno = 0; r == 0 && (entry = readdir(dir)); errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = names_add(names, entry->d_name);
	return r < 0 ? r : -errno;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int dir_list(const char *path, int (*each)(void *data, const char *name), void *data, struct error *err)
{
	__attribute__((cleanup(names_fini))) struct names names = { 0 };
	DIR *dir = opendir(path);
	int r;

	if (!dir)
		return failed(err, path, -errno);
	r = names_read(&names, dir);
	closedir(dir);
	if (r < 0)
		return failed(err, path, r);
	if (names.count)
		qsort(names.name, names.count, sizeof *names.name, by_name);
	for (size_t i = 0; i < names.count && r == 0; i++)
		r = each(data, names.name[i]);
	return r;
}

/* Until the end, since the size of a file in /proc or of a pipe is not known before. */
static int read_to_end(int fd, size_t most, struct buf *out)
{
	size_t done = 0;
	ssize_t r;

	do {
		size_t want = most - done < 4096 ? most - done + 1 : 4096;
		uint8_t *to = buf_reserve(out, want);

		if (!to)
			return -ENOMEM;
		r = RETRY(read(fd, to, want));
		if (r < 0)
			return -errno;
		out->len += (size_t)r;
		done += (size_t)r;
	} while (r > 0 && done <= most);
	return done > most ? -EFBIG : 0;
}

static int read_regular(int fd, size_t n, struct buf *out)
{
	uint8_t *to = buf_reserve(out, n);
	ssize_t r;

	if (!to)
		return -ENOMEM;
	r = file_pread(fd, to, n, 0);
	if (r < 0)
		return (int)r;
	out->len += (size_t)r;
	return 0;
}

static int read_all(int fd, size_t most, struct buf *out)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return read_to_end(fd, most, out);
	if ((uint64_t)st.st_size > most)
		return -EFBIG;
	return read_regular(fd, (size_t)st.st_size, out);
}

int file_read_all(const char *path, size_t most, struct buf *out, struct error *err)
{
	AUTO_CLOSE int fd = file_open(path, O_RDONLY, 0, err);
	int r;

	if (fd < 0)
		return fd;
	r = read_all(fd, most, out);
	if (r == -EFBIG)
		return error_set(err, r, "%s: larger than %zu bytes", path, most);
	return r < 0 ? failed(err, path, r) : 0;
}

static int write_new(const char *path, const void *data, size_t n, struct error *err)
{
	AUTO_CLOSE int fd = file_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0640, err);
	int r;

	if (fd < 0)
		return fd;
	r = file_write(fd, data, n);
	if (r == 0)
		r = file_sync(fd);
	return r < 0 ? failed(err, path, r) : 0;
}

static int sync_parent(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir = NULL;

	if (!slash)
		return dir_sync(".", err);
	if (slash == path)
		return dir_sync("/", err);
	dir = strndup(path, (size_t)(slash - path));
	return dir ? dir_sync(dir, err) : failed(err, path, -ENOMEM);
}

int file_write_atomic(const char *path, const void *data, size_t n, struct error *err)
{
	size_t len = strlen(path);
	AUTO_FREE char *temporary = malloc(len + sizeof ".tmp");
	int r;

	if (!temporary)
		return failed(err, path, -ENOMEM);
	memcpy(temporary, path, len);
	strcpy(temporary + len, ".tmp");
	r = write_new(temporary, data, n, err);
	if (r == 0)
		r = file_rename(temporary, path, err);
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	return sync_parent(path, err);
}

char *path_join(const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), name_len = strlen(name);
	bool slash = dir_len && dir[dir_len - 1] != '/';
	char *path = malloc(dir_len + slash + name_len + 1);

	if (!path)
		return NULL;
	memcpy(path, dir, dir_len);
	if (slash)
		path[dir_len] = '/';
	memcpy(path + dir_len + slash, name, name_len + 1);
	return path;
}

static int load(int fd, struct file_bytes *bytes)
{
	struct stat st;
	ssize_t n;
	void *data;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (!st.st_size)
		return 0;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return -errno;
	*bytes = (struct file_bytes){ data, (size_t)st.st_size };
	n = file_pread(fd, data, bytes->size, 0);
	return n < 0 ? (int)n : (size_t)n < bytes->size ? -EIO : 0;
}

int file_load(const char *path, struct file_bytes *bytes, struct error *err)
{
	AUTO_CLOSE int fd = file_open(path, O_RDONLY, 0, err);
	int r;

	*bytes = (struct file_bytes){ 0 };
	if (fd < 0)
		return fd;
	r = load(fd, bytes);
	if (r < 0)
		file_unload(bytes);
	if (r == -EINVAL)
		return error_set(err, r, "%s: not a regular file", path);
	return r < 0 ? failed(err, path, r) : 0;
}

void file_unload(struct file_bytes *bytes)
{
	if (bytes->data)
		munmap(bytes->data, bytes->size);
	*bytes = (struct file_bytes){ 0 };
}
