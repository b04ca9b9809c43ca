/* SPDX-License-Identifier: MIT */
/*
 * backup.c - what the store would find after a sudden end, under another path.
 *
 * With the maintain lock no block comes or goes, and no log is written anew. The
 * head is flushed before, so there is little in the WAL, which is copied while
 * nobody appends. The index is copied after it: a series is in its log before the
 * WAL names it. It is all made under PATH.part, so that PATH is whole or not there.
 */
#include "store/state.h"
#include "util/cleanup.h"
#include "util/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DEPTH_MOST = 4 };

/* One folder on its way. */
struct copying {
	const char *from, *to;
	unsigned depth;
	bool copy_all;			/* nothing in it may be shared: it is written to in place */
	struct error *err;
};

static int copy_folder(const struct copying *copying);

static bool ends_with(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && !strcmp(name + n - m, ending);
}

/* The lock is of a process, a temporary file of nobody. */
static bool is_left_out(const char *name)
{
	return !strcmp(name, "lock") || ends_with(name, ".tmp");
}

/* A reader may let go of a doomed block between listing and linking it. */
static int link_or_copy(const struct copying *copying, const char *from, const char *to)
{
	struct error err = { 0 };
	int r = !copying->copy_all && ends_with(from, ".kyb") ? file_link(from, to, &err) : file_copy(from, to, &err);

	if (r < 0 && r != -ENOENT)
		error_set(copying->err, r, "%s", error_text(&err));
	error_clear(&err);
	return r == -ENOENT ? 0 : r;
}

static int copy_one(void *data, const char *name)
{
	const struct copying *copying = data;
	AUTO_FREE char *from = path_join(copying->from, name);
	AUTO_FREE char *to = path_join(copying->to, name);
	struct stat st;

	if (!from || !to)
		return error_set(copying->err, -ENOMEM, "out of memory");
	if (is_left_out(name) || lstat(from, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return link_or_copy(copying, from, to);
	if (!S_ISDIR(st.st_mode) || copying->depth == DEPTH_MOST ||
	    (!copying->depth && (!strcmp(name, "wal") || !strcmp(name, "index"))))
		return 0;
	return copy_folder(&(struct copying){ from, to, copying->depth + 1, copying->copy_all, copying->err });
}

static int copy_folder(const struct copying *copying)
{
	int r = dir_make(copying->to, 0750, copying->err);

	if (r == 0)
		r = dir_list(copying->from, copy_one, (void *)(uintptr_t)copying, copying->err);
	return r < 0 ? r : dir_sync(copying->to, copying->err);
}

/* "wal", "index": everything in it as a copy. */
static int copy_part(const char *from, const char *to, const char *part, struct error *err)
{
	AUTO_FREE char *source = path_join(from, part);
	AUTO_FREE char *target = path_join(to, part);

	if (!source || !target)
		return error_set(err, -ENOMEM, "out of memory");
	return copy_folder(&(struct copying){ source, target, 1, true, err });
}

static int copy_wal(struct store *store, const char *to, struct error *err)
{
	LOCK(&store->append_lock);
	return copy_part(store->path, to, "wal", err);
}

int backup_copy(const char *from, const char *to, struct error *err)
{
	int r = dir_make(to, 0750, err);

	if (r == 0)
		r = copy_part(from, to, "wal", err);
	if (r == 0)
		r = copy_part(from, to, "index", err);
	return r < 0 ? r : copy_folder(&(struct copying){ from, to, 0, false, err });
}

static int copy_store(struct store *store, const char *to, struct error *err)
{
	int r;
	LOCK(&store->maintain_lock);

	r = dir_make(to, 0750, err);
	if (r == 0)
		r = copy_wal(store, to, err);
	if (r == 0)
		r = copy_part(store->path, to, "index", err);
	if (r == 0)
		r = copy_folder(&(struct copying){ store->path, to, 0, false, err });
	return r;
}

/* ---- the path ---- */

static int remove_one(void *data, const char *name)
{
	AUTO_FREE char *path = path_join(data, name);

	if (path && file_remove(path, NULL) < 0) {
		dir_list(path, remove_one, path, NULL);
		rmdir(path);
	}
	return 0;
}

void backup_remove(const char *path)
{
	dir_list(path, remove_one, (void *)(uintptr_t)path, NULL);
	rmdir(path);
}

static int check_free(const char *path, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return error_set(err, -EEXIST, "%s: is there already", path);
	return errno == ENOENT ? 0 : error_set(err, -errno, "%s: %s", path, error_name(-errno));
}

static int sync_parent(const char *path, struct error *err)
{
	AUTO_FREE char *parent = strdup(path);
	char *slash = parent ? strrchr(parent, '/') : NULL;

	if (!parent)
		return error_set(err, -ENOMEM, "out of memory");
	if (!slash)
		return dir_sync(".", err);
	slash[slash == parent] = '\0';
	return dir_sync(parent, err);
}

static int make(struct store *store, const char *path, const char *part, struct error *err)
{
	int r = store_maintain(store, MAINTAIN_FLUSH, NULL, err);

	if (r == 0)
		r = copy_store(store, part, err);
	if (r == 0)
		r = file_rename(part, path, err);
	if (r == 0 && (r = sync_parent(path, err)) < 0)
		backup_remove(path);
	return r;
}

int store_backup(struct store *store, const char *path, struct error *err)
{
	AUTO_FREE char *part = NULL;
	int r = check_free(path, err);

	if (r < 0)
		return r;
	if (asprintf(&part, "%s.part", path) < 0) {
		part = NULL;
		return error_set(err, -ENOMEM, "out of memory");
	}
	if ((r = check_free(part, err)) < 0)
		return r;
	r = make(store, path, part, err);
	if (r < 0)
		backup_remove(part);
	return r;
}
