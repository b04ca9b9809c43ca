/* SPDX-License-Identifier: MIT */
/*
 * files.c - descriptors stand in a small table; who reads has pinned his.
 * Where all are pinned, a file is opened for this one read.
 */
#include "block/files.h"
#include "util/file.h"
#include "util/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <zstd.h>

enum {
	FILES_MOST = 64, FILES_LEAST = 4,
	SHARE_OF_LIMIT = 8,		/* of RLIMIT_NOFILE */
	CONTEXTS = 4,			/* kept */
	RATIO_MOST = 32768		/* of what comes out of zstd to what goes in */
};
#define CACHE_BYTES ((size_t)32 << 20)	/* a day of some 1,000 series at 10 s; filled by who reads */

struct open_file {
	uint64_t owner;			/* 0: free */
	int fd;
	uint32_t pins;
	uint64_t used;			/* when, in reads */
};

struct block_files {
	struct block_cache *cache;
	_Atomic uint64_t owners, reads;
	pthread_mutex_t lock;
	uint64_t now;
	uint32_t n;
	struct open_file file[FILES_MOST];
	uint32_t n_contexts;
	ZSTD_DCtx *context[CONTEXTS];
};

static uint32_t files_wanted(void)
{
	struct rlimit limit;
	rlim_t n;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return FILES_LEAST;
	n = limit.rlim_cur / SHARE_OF_LIMIT;
	return n < FILES_LEAST ? FILES_LEAST : n > FILES_MOST ? FILES_MOST : (uint32_t)n;
}

struct block_files *block_files_create(void)
{
	struct block_files *files = calloc(1, sizeof *files);

	if (!files)
		return NULL;
	files->cache = block_cache_create(CACHE_BYTES);
	if (!files->cache) {
		free(files);
		return NULL;
	}
	pthread_mutex_init(&files->lock, NULL);
	files->n = files_wanted();
	return files;
}

void block_files_destroy(struct block_files *files)
{
	if (!files)
		return;
	for (uint32_t i = 0; i < files->n; i++)
		if (files->file[i].owner)
			file_close(files->file[i].fd);
	for (uint32_t i = 0; i < files->n_contexts; i++)
		ZSTD_freeDCtx(files->context[i]);
	block_cache_destroy(files->cache);
	pthread_mutex_destroy(&files->lock);
	free(files);
}

struct block_cache *block_files_cache(struct block_files *files)
{
	return files->cache;
}

uint64_t block_files_reads(const struct block_files *files)
{
	return atomic_load(&files->reads);
}

uint64_t block_files_owner(struct block_files *files)
{
	return atomic_fetch_add(&files->owners, 1) + 1;
}

/* ---- descriptors ---- */

/* Pinned; NULL: it is not open. */
static struct open_file *pin(struct block_files *files, uint64_t owner)
{
	LOCK(&files->lock);

	for (uint32_t i = 0; i < files->n; i++)
		if (files->file[i].owner == owner) {
			files->file[i].pins++;
			files->file[i].used = ++files->now;
			return &files->file[i];
		}
	return NULL;
}

/* A place for one more, the one that was used longest ago if none is free; NULL: all are in use. */
static struct open_file *place_for(struct block_files *files)
{
	struct open_file *best = NULL;

	for (uint32_t i = 0; i < files->n; i++) {
		struct open_file *file = &files->file[i];

		if (!file->owner)
			return file;
		if (!file->pins && (!best || file->used < best->used))
			best = file;
	}
	return best;
}

/* Takes the descriptor in, pinned, where there is a place. */
static struct open_file *keep(struct block_files *files, uint64_t owner, int fd)
{
	LOCK(&files->lock);
	struct open_file *file = place_for(files);

	if (!file)
		return NULL;
	if (file->owner)
		file_close(file->fd);
	*file = (struct open_file){ .owner = owner, .fd = fd, .pins = 1, .used = ++files->now };
	return file;
}

static void unpin(struct block_files *files, struct open_file *file)
{
	LOCK(&files->lock);

	file->pins--;
}

/* A descriptor to read with; *file: what to unpin, NULL: it is to be closed. */
static int acquire(struct block_files *files, uint64_t owner, const char *path, struct open_file **file, struct error *err)
{
	int fd;

	*file = pin(files, owner);
	if (*file)
		return (*file)->fd;
	fd = file_open(path, O_RDONLY, 0, err);
	if (fd >= 0)
		*file = keep(files, owner, fd);
	return fd;
}

static void give_back(struct block_files *files, struct open_file *file, int fd)
{
	if (file)
		unpin(files, file);
	else
		file_close(fd);
}

void block_files_forget(struct block_files *files, uint64_t owner)
{
	LOCK(&files->lock);

	for (uint32_t i = 0; i < files->n; i++)
		if (files->file[i].owner == owner && !files->file[i].pins) {
			file_close(files->file[i].fd);
			files->file[i] = (struct open_file){ 0 };
		}
}

int block_files_read(struct block_files *files, uint64_t owner, const char *path, uint64_t at, size_t n, struct buf *out)
{
	struct open_file *file;
	uint8_t *to = buf_reserve(out, n);
	ssize_t r;
	int fd;

	if (!to)
		return -ENOMEM;
	fd = acquire(files, owner, path, &file, NULL);
	if (fd < 0)
		return fd;
	atomic_fetch_add_explicit(&files->reads, 1, memory_order_relaxed);
	r = file_pread(fd, to, n, at);
	give_back(files, file, fd);
	if (r < 0)
		return (int)r;
	if ((size_t)r < n)
		return -EBADMSG;
	out->len += n;
	return 0;
}

int block_files_size(struct block_files *files, uint64_t owner, const char *path, uint64_t *size, struct error *err)
{
	struct open_file *file;
	int fd = acquire(files, owner, path, &file, err);
	int r = fd < 0 ? fd : file_size(fd, size);

	if (fd >= 0)
		give_back(files, file, fd);
	return r;
}

/* ---- zstd ---- */

static ZSTD_DCtx *take_context(struct block_files *files)
{
	ZSTD_DCtx *context = NULL;

	pthread_mutex_lock(&files->lock);
	if (files->n_contexts)
		context = files->context[--files->n_contexts];
	pthread_mutex_unlock(&files->lock);
	return context ? context : ZSTD_createDCtx();
}

static void give_context(struct block_files *files, ZSTD_DCtx *context)
{
	LOCK(&files->lock);

	if (files->n_contexts < CONTEXTS)
		files->context[files->n_contexts++] = context;
	else
		ZSTD_freeDCtx(context);
}

bool block_files_unpacks_to(const uint8_t *data, size_t size, uint64_t n)
{
	return ZSTD_getFrameContentSize(data, size) == n && n / RATIO_MOST <= size;
}

int block_files_unpack(struct block_files *files, const uint8_t *data, size_t size, uint8_t *to, size_t n)
{
	ZSTD_DCtx *context = take_context(files);
	size_t unpacked;

	if (!context)
		return -ENOMEM;
	unpacked = ZSTD_decompressDCtx(context, to, n, data, size);
	give_context(files, context);
	return ZSTD_isError(unpacked) || unpacked != n ? -EBADMSG : 0;
}
