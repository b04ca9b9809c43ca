/* SPDX-License-Identifier: MIT */
/*
 * files.c - a hash table of files, some of them open. A file is known from its
 * first line on; when a commit is over, those that are not open are forgotten
 * if there are many.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "name.h"

enum { CHAINS = 1024, KEEP_ROOM = 16384 };

struct file {
	struct file *next;	/* of the chain */
	uint64_t hash;
	const char *tier;	/* of those that files_gather is given: literals */
	kymo_ms start;
	uint32_t turn;		/* how often the window was continued for its size */
	int fd;			/* -1: not open */
	uint64_t used;
	bool dirty;
	struct text lines;
	/* of the running commit: */
	bool touched;
	off_t size;		/* before it */
	char metric[];
};

/* The table. */

static uint64_t hash_of(const char *tier, const char *metric, kymo_ms start)
{
	uint64_t hash = 14695981039346656037u ^ (uint64_t)start;

	for (; *tier; tier++)
		hash = (hash ^ (unsigned char)*tier) * 1099511628211u;
	for (; *metric; metric++)
		hash = (hash ^ (unsigned char)*metric) * 1099511628211u;
	return hash ^ hash >> 32;
}

static struct file *file_find(const struct files *files, uint64_t hash, const char *tier, const char *metric,
			      kymo_ms start)
{
	struct file *file = files->chains[hash % CHAINS];

	while (file && (file->hash != hash || file->start != start || strcmp(file->tier, tier) != 0 ||
			strcmp(file->metric, metric) != 0))
		file = file->next;
	return file;
}

static struct file *file_create(struct files *files, uint64_t hash, const char *tier, const char *metric,
				kymo_ms start)
{
	size_t size = strlen(metric) + 1;
	struct file **chain = &files->chains[hash % CHAINS];
	struct file *file = calloc(1, sizeof *file + size);

	if (!file)
		return NULL;
	file->hash = hash;
	file->tier = tier;
	file->start = start;
	file->fd = -1;
	memcpy(file->metric, metric, size);
	file->next = *chain;
	*chain = file;
	files->n_files++;
	return file;
}

static void file_close(struct files *files, struct file *file)
{
	size_t i = 0;

	if (file->fd < 0)
		return;
	files->sync_all |= file->dirty;
	file->dirty = false;
	close(file->fd);
	file->fd = -1;
	while (files->open[i] != file)
		i++;
	files->open[i] = files->open[--files->n_open];
}

/* Forget those that `is_old` says; it may be asked only between commits. */
static void forget(struct files *files, bool (*is_old)(const struct file *, kymo_ms), kymo_ms start)
{
	for (size_t c = 0; c < CHAINS; c++) {
		for (struct file **at = &files->chains[c]; *at;) {
			struct file *file = *at;

			if (!is_old(file, start)) {
				at = &file->next;
				continue;
			}
			*at = file->next;
			file_close(files, file);
			text_fini(&file->lines);
			free(file);
			files->n_files--;
		}
	}
}

static bool is_closed(const struct file *file, kymo_ms start)
{
	(void)start;
	return file->fd < 0;
}

static bool begins_before(const struct file *file, kymo_ms start)
{
	return file->start < start;
}

static bool is_any(const struct file *file, kymo_ms start)
{
	(void)file;
	(void)start;
	return true;
}

void files_retire(struct files *files, kymo_ms start)
{
	forget(files, begins_before, start);
}

/* Folders. */

/* A folder below another, made if it is not there. */
static int folder_step(struct files *files, int at, const char *name)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags);

	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(at, name, 0755) < 0 && errno != EEXIST)
			return -errno;
		files->sync_all = true;
		fd = openat(at, name, flags);
	}
	return fd < 0 ? -errno : fd;
}

static int folder_open(struct files *files, const struct file *file)
{
	const char *name = file->metric;
	int fd = folder_step(files, files->root, file->tier);
	char piece[PIECE_SIZE];

	while (fd >= 0 && name_piece(&name, piece)) {
		int below = folder_step(files, fd, piece);

		close(fd);
		fd = below;
	}
	return fd;
}

/* Opening. */

static int failed(struct files *files, const struct file *file, int r)
{
	snprintf(files->failed_path, sizeof files->failed_path, "%s of %.400s", file->tier, file->metric);
	files->failed = files->failed_path;
	return r;
}

static void close_oldest(struct files *files)
{
	struct file *oldest = files->open[0];

	for (size_t i = 1; i < files->n_open; i++)
		if (files->open[i]->used < oldest->used)
			oldest = files->open[i];
	file_close(files, oldest);
}

/* The end of the last whole line; 0: there is none. Negative: -errno. */
static off_t whole_lines(int fd, off_t size)
{
	char piece[4096];

	while (size > 0) {
		off_t begin = size > (off_t)sizeof piece ? size - (off_t)sizeof piece : 0;
		ssize_t len = pread(fd, piece, (size_t)(size - begin), begin);
		const char *end;

		if (len < 0)
			return -errno;
		if (len < size - begin)
			return -EIO;	/* it shrinks under us */
		if ((end = memrchr(piece, '\n', (size_t)len)))
			return begin + (end - piece) + 1;
		size = begin;
	}
	return 0;
}

/* Half a line at the end of a file is what a crash left of a batch that nobody acknowledged. */
static int repair(int fd)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st) < 0)
		return -errno;
	end = whole_lines(fd, st.st_size);
	if (end < 0)
		return (int)end;
	return end < st.st_size && ftruncate(fd, end) < 0 ? -errno : 0;
}

static int open_at(struct files *files, int folder, const char *name)
{
	const int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	int fd = openat(folder, name, flags);
	int r;

	if (fd < 0 && errno == ENOENT) {
		fd = openat(folder, name, flags | O_CREAT, 0644);
		files->sync_all = true;
	}
	if (fd < 0)
		return -errno;
	if ((r = repair(fd)) < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int file_open(struct files *files, struct file *file)
{
	char name[FILE_NAME_SIZE];
	int folder, fd;

	if (!name_file(file->start, file->turn, name))
		return -ERANGE;
	if (files->n_open == files->max_open)
		close_oldest(files);
	if ((folder = folder_open(files, file)) < 0)
		return folder;
	fd = open_at(files, folder, name);
	close(folder);
	if (fd < 0)
		return fd;
	file->fd = fd;
	files->open[files->n_open++] = file;
	return 0;
}

/* Open, still there, and with room for the lines. */
static int file_ready(struct files *files, struct file *file)
{
	struct stat st;
	int r;

	for (;;) {
		if (file->fd < 0 && (r = file_open(files, file)) < 0)
			return r;
		if (fstat(file->fd, &st) < 0)
			return -errno;
		if (!st.st_nlink)
			file->turn = 0;	/* someone removed it: begin again */
		else if (files->rotate_size && st.st_size &&
			 (uint64_t)st.st_size + file->lines.len > files->rotate_size)
			file->turn++;
		else
			break;
		file_close(files, file);
	}
	file->size = st.st_size;
	file->used = ++files->turn;
	return 0;
}

/* Commits. */

struct text *files_gather(struct files *files, const char *tier, const char *metric, kymo_ms at)
{
	kymo_ms start = window_start(at, files->rotate);
	uint64_t hash = hash_of(tier, metric, start);
	struct file *file = file_find(files, hash, tier, metric, start);

	if (!file && !(file = file_create(files, hash, tier, metric, start)))
		return NULL;
	if (file->lines.len)
		return &file->lines;
	if (files->n_gathered == files->room_gathered) {
		size_t room = files->room_gathered ? 2 * files->room_gathered : 64;
		struct file **gathered = realloc(files->gathered, room * sizeof *gathered);

		if (!gathered)
			return NULL;
		files->gathered = gathered;
		files->room_gathered = room;
	}
	files->gathered[files->n_gathered++] = file;
	return &file->lines;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int file_commit(struct files *files, struct file *file)
{
	int r;

	if (file->lines.failed)
		return -ENOMEM;
	if ((r = file_ready(files, file)) < 0)
		return failed(files, file, r);
	file->touched = file->dirty = true;
	r = write_all(file->fd, file->lines.bytes, file->lines.len);
	return r < 0 ? failed(files, file, r) : 0;
}

/* If even that fails, the next open cuts off half a line, but whole ones may come twice. */
static void file_take_back(struct files *files, struct file *file)
{
	if (file->fd < 0 && file_open(files, file) < 0)
		return;
	if (ftruncate(file->fd, file->size) < 0)
		file_close(files, file);
}

void files_discard(struct files *files)
{
	for (size_t i = 0; i < files->n_gathered; i++) {
		struct file *file = files->gathered[i];

		if (file->lines.room > KEEP_ROOM)
			text_fini(&file->lines);
		file->lines.len = 0;
		file->lines.failed = file->touched = false;
	}
	files->n_gathered = 0;
	if (files->n_files > 2 * files->max_open)
		forget(files, is_closed, 0);
}

int files_commit(struct files *files)
{
	int r = 0;

	files->failed = "";
	for (size_t i = 0; r == 0 && i < files->n_gathered; i++)
		r = file_commit(files, files->gathered[i]);
	for (size_t i = 0; r < 0 && i < files->n_gathered; i++)
		if (files->gathered[i]->touched)
			file_take_back(files, files->gathered[i]);
	files_discard(files);
	return r;
}

/* New names and files that were closed meanwhile need the whole file system. */
int files_sync(struct files *files)
{
	int r = 0;

	if (files->sync_all && syncfs(files->root) < 0)
		return -errno;
	for (size_t i = 0; i < files->n_open; i++) {
		struct file *file = files->open[i];

		if (file->dirty && !files->sync_all && fdatasync(file->fd) < 0)
			r = -errno;
		else
			file->dirty = false;
	}
	files->sync_all = false;
	return r;
}

/* The folder. */

static int make_folders(const char *path)
{
	char *copy = strdup(path);
	int r = copy ? 0 : -ENOMEM;

	for (char *slash = copy; r == 0 && slash; ) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = 0;
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			r = -errno;
		if (slash)
			*slash = '/';
	}
	free(copy);
	return r;
}

static int take_lock(struct files *files)
{
	files->lock = openat(files->root, ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (files->lock < 0)
		return -errno;
	if (flock(files->lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

int files_open(struct files *files)
{
	int r = make_folders(files->path);

	files->root = files->lock = -1;
	files->failed = "";
	files->chains = calloc(CHAINS, sizeof *files->chains);
	files->open = calloc(files->max_open, sizeof *files->open);
	if (r == 0 && (!files->chains || !files->open))
		r = -ENOMEM;
	if (r == 0 && (files->root = open(files->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		r = -errno;
	if (r == 0)
		r = take_lock(files);
	if (r < 0)
		files_close(files);
	return r;
}

void files_close(struct files *files)
{
	if (files->chains)
		forget(files, is_any, 0);
	free(files->chains);
	free(files->open);
	free(files->gathered);
	files->chains = files->open = files->gathered = NULL;
	files->n_gathered = files->room_gathered = 0;
	if (files->lock >= 0)
		close(files->lock);
	if (files->root >= 0)
		close(files->root);
	files->root = files->lock = -1;
}
