/* SPDX-License-Identifier: MIT */
/*
 * file.h - all that touches the disk goes through here, so that faults can be
 * put in (ld --wrap) and errors are complete: every message names the path and
 * the reason. Descriptors are close-on-exec. Results: 0 or a count, or a
 * negative errno. Interrupted and short calls are carried on.
 */
#ifndef UTIL_FILE_H
#define UTIL_FILE_H

#include "util/buf.h"
#include "util/error.h"

#include <sys/types.h>

int file_open(const char *path, int flags, mode_t mode, struct error *err);	/* fd */
void file_close(int fd);
int file_size(int fd, uint64_t *size);

/* All n bytes, or an error; a read past the end gives the count that was there. */
ssize_t file_pread(int fd, void *data, size_t n, uint64_t at);
int file_pwrite(int fd, const void *data, size_t n, uint64_t at);
int file_write(int fd, const void *data, size_t n);
int file_sync(int fd);				/* fdatasync */
int file_truncate(int fd, uint64_t size);
int file_preallocate(int fd, uint64_t size);	/* keeps the size as read; -EOPNOTSUPP is success */

int file_rename(const char *from, const char *to, struct error *err);
int file_remove(const char *path, struct error *err);	/* gone already: success */
int file_link(const char *from, const char *to, struct error *err);	/* a hard link; another file system: -EXDEV */
/* What `from` has now, into a new file, with fdatasync. There already: -EEXIST. */
int file_copy(const char *from, const char *to, struct error *err);
int dir_make(const char *path, mode_t mode, struct error *err);	/* with its parents; there already: success */
int dir_sync(const char *path, struct error *err);

/* The names in a folder without . and .., sorted; called one after another until non-zero. */
int dir_list(const char *path, int (*each)(void *data, const char *name), void *data, struct error *err);

/* The whole file; more than `most` bytes is -EFBIG. */
int file_read_all(const char *path, size_t most, struct buf *out, struct error *err);
/* Temporary name, fsync, rename, fsync of the folder. */
int file_write_atomic(const char *path, const void *data, size_t n, struct error *err);

/* Folder and name in one malloc'ed path; NULL: out of memory. */
char *path_join(const char *dir, const char *name);

/*
 * A whole file, in memory of its own that goes back to the system: of a map of the
 * file a page that the disk does not give would end the process. Empty files: data
 * NULL, size 0.
 */
struct file_bytes {
	uint8_t *data;
	size_t size;
};
int file_load(const char *path, struct file_bytes *bytes, struct error *err);
void file_unload(struct file_bytes *bytes);

#endif
