/* SPDX-License-Identifier: MIT */
/*
 * plugin_file.c - everything is asked of the open file and of its copy, never
 * of the path again, so that nothing can be exchanged in between. The copy is a
 * memory file, sealed: overwriting the original cannot reach code that runs.
 */
#include "host/plugin_file.h"
#include "util/cleanup.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef KYMO_PLUGIN_DIR
#define KYMO_PLUGIN_DIR "/usr/local/lib/kymo/plugins"
#endif

/* ---- where ---- */

bool plugin_name_is_good(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n >= 1 && n <= 63 && !name[n];
}

/* A folder that plugins are looked for in. `configured`: also NAME.so directly in it. */
struct folder {
	const char *path;
	bool configured;
};

/* "plugins" beside the executable; "" if that cannot be told. */
static void beside_executable(char room[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", room, PATH_MAX - sizeof "/plugins");
	char *slash;

	room[n > 0 ? n : 0] = 0;
	slash = strrchr(room, '/');
	if (slash)
		strcpy(slash, "/plugins");
}

/* Calls `each` for one folder after another until it gives non-zero. */
static int each_folder(const struct settings *settings, int (*each)(void *data, struct folder folder), void *data)
{
	char beside[PATH_MAX];
	int r = 0;

	for (uint32_t i = 0; settings && i < settings->n_plugin_path && !r; i++)
		r = each(data, (struct folder){ settings->plugin_path[i], true });
	beside_executable(beside);
	if (!r && beside[0])
		r = each(data, (struct folder){ beside, false });
	return r ? r : each(data, (struct folder){ KYMO_PLUGIN_DIR, false });
}

struct lookup {
	const char *name;
	char *path;
	struct buf looked_in;
};

static char *path_if_there(const char *format, const char *folder, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(path, sizeof path, format, folder, name, name) >= sizeof path || stat(path, &st) < 0)
		return NULL;
	return strdup(path);
}

static char *path_in(struct folder folder, const char *name)
{
	char *path = path_if_there("%s/%s/%s.so", folder.path, name);

	return path || !folder.configured ? path : path_if_there("%s/%s.so", folder.path, name);
}

static int look_in(void *data, struct folder folder)
{
	struct lookup *lookup = data;

	lookup->path = path_in(folder, lookup->name);
	buf_printf(&lookup->looked_in, "%s%s", lookup->looked_in.len ? ", " : "", folder.path);
	return lookup->path != NULL;
}

int plugin_file_find(const struct settings *settings, const char *plugin, char **path, struct error *err)
{
	struct lookup lookup = { .name = plugin };

	if (strchr(plugin, '/')) {
		*path = strdup(plugin);
		return *path ? 0 : error_set(err, -ENOMEM, "plugin %s: out of memory", plugin);
	}
	if (!plugin_name_is_good(plugin))
		return error_set(err, -EINVAL, "\"%s\" is no name of a plugin (a-z, 0-9, _ and -, at most 63) and no path", plugin);
	if (each_folder(settings, look_in, &lookup)) {
		buf_fini(&lookup.looked_in);
		*path = lookup.path;
		return 0;
	}
	error_set(err, -ENOENT, "plugin %s: not found in %s", plugin, buf_text(&lookup.looked_in));
	buf_fini(&lookup.looked_in);
	return -ENOENT;
}

static int is_beginning(void *data, struct folder folder)
{
	char *real = realpath(folder.path, NULL);
	size_t n = real ? strlen(real) : 0;
	const char *path = data;
	bool inside = real && !strncmp(path, real, n) && path[n] == '/';

	free(real);
	return inside;
}

bool plugin_file_is_ours(const struct settings *settings, const char *path)
{
	char *real = realpath(path, NULL);
	bool ours = real && each_folder(settings, is_beginning, real);

	free(real);
	return ours;
}

struct listing {
	int (*each)(void *data, const char *name, const char *path);
	void *data;
	struct folder folder;
};

/* An entry of a plugin folder: a folder with NAME.so, or NAME.so itself. */
static int list_entry(void *data, const char *entry)
{
	struct listing *listing = data;
	size_t n = strlen(entry);
	AUTO_FREE char *name = n > 3 && !strcmp(entry + n - 3, ".so") ? strndup(entry, n - 3) : strdup(entry);
	AUTO_FREE char *path = NULL;

	if (!name || !plugin_name_is_good(name))
		return 0;
	path = path_in(listing->folder, name);
	return path ? listing->each(listing->data, name, path) : 0;
}

static int list_folder(void *data, struct folder folder)
{
	struct listing *listing = data;
	int r;

	listing->folder = folder;
	r = dir_list(folder.path, list_entry, listing, NULL);
	return r == -ENOENT || r == -ENOTDIR || r == -EACCES ? 0 : r;
}

int plugin_file_each(const struct settings *settings, int (*each)(void *, const char *, const char *), void *data)
{
	struct listing listing = { .each = each, .data = data };

	return each_folder(settings, list_folder, &listing);
}

/* ---- which ---- */

static struct file_identity identity_of(const struct stat *st)
{
	return (struct file_identity){
		.device = st->st_dev, .inode = st->st_ino, .size = st->st_size,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
	};
}

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->mtime_ns == b->mtime_ns && a->size == b->size;
}

/* ---- whether ---- */

static int check_owner(const struct stat *st, const char *what, struct error *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return error_set(err, -EACCES, "%s belongs to user %u: only root's and this user's (%u) plugins are loaded",
				 what, st->st_uid, geteuid());
	if ((st->st_mode & S_IWOTH) && !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX)))
		return error_set(err, -EACCES, "%s can be written by everybody (mode %04o): refused", what, st->st_mode & 07777);
	if (geteuid() == 0 && (st->st_mode & S_IWGRP) && !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX)))
		return error_set(err, -EACCES, "%s can be written by its group (mode %04o): refused when running as root",
				 what, st->st_mode & 07777);
	return 0;
}

static int check_folder(const char *path, struct error *err)
{
	AUTO_FREE char *copy = strdup(path);
	AUTO_FREE char *what = NULL;
	struct stat st;

	if (!copy)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	if (stat(dirname(copy), &st) < 0)
		return error_set(err, -errno, "%s: its folder: %s", path, error_name(-errno));
	if (asprintf(&what, "%s: its folder", path) < 0)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	return check_owner(&st, what, err);
}

/* The folder that the name stands in and, behind links, the one that the file really lies in. */
static int check_folders(int fd, const char *path, struct error *err)
{
	char real[PATH_MAX], link[64];
	ssize_t n;
	int r;

	if ((r = check_folder(path, err)) < 0)
		return r;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof real - 1);
	if (n <= 0 || real[0] != '/')
		return 0;
	real[n] = 0;
	return strcmp(real, path) ? check_folder(real, err) : 0;
}

int plugin_file_check(int fd, const char *path, struct error *err)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return error_set(err, -errno, "%s: %s", path, error_name(-errno));
	if (S_ISDIR(st.st_mode))
		return error_set(err, -EINVAL, "%s: a folder, not a plugin's .so file", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "%s: not a regular file", path);
	if ((size_t)st.st_size > PLUGIN_FILE_MOST)
		return error_set(err, -EFBIG, "%s: larger than %zu MiB", path, PLUGIN_FILE_MOST >> 20);
	r = check_owner(&st, path, err);
	return r < 0 ? r : check_folders(fd, path, err);
}

/* ---- the copy ---- */

static int copy_bytes(int from, int to, const char *path, struct error *err)
{
	AUTO_FREE char *room = malloc(65536);
	uint64_t at = 0;

	if (!room)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	for (;;) {
		ssize_t n = file_pread(from, room, 65536, at);
		int r = n > 0 ? file_write(to, room, (size_t)n) : (int)n;

		if (r < 0)
			return error_set(err, r, "%s: %s", path, error_name(r));
		if (n == 0)
			return 0;
		at += (uint64_t)n;
		if (at > PLUGIN_FILE_MOST)
			return error_set(err, -EFBIG, "%s: larger than %zu MiB", path, PLUGIN_FILE_MOST >> 20);
	}
}

/* dlopen and all readers see these very bytes from now on. */
static int seal_and_map(struct plugin_copy *copy, const char *path, struct error *err)
{
	uint64_t size;
	int r = file_size(copy->fd, &size);
	void *map;

	if (r < 0 || size == 0)
		return error_set(err, r < 0 ? r : -ENOEXEC, "%s: %s", path, r < 0 ? error_name(r) : "an empty file");
	if (fcntl(copy->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return error_set(err, -errno, "%s: cannot seal its copy: %s", path, error_name(-errno));
	map = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, copy->fd, 0);
	if (map == MAP_FAILED)
		return error_set(err, -errno, "%s: cannot map its copy: %s", path, error_name(-errno));
	copy->data = map;
	copy->size = (size_t)size;
	return 0;
}

/* O_NONBLOCK: a pipe would wait for somebody to write to it. */
int plugin_file_open(const char *path, struct file_identity *identity, struct error *err)
{
	int fd = file_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, err), r;
	struct stat st;

	if (fd < 0)
		return fd;
	r = plugin_file_check(fd, path, err);
	if (r == 0 && fstat(fd, &st) < 0)
		r = error_set(err, -errno, "%s: %s", path, error_name(-errno));
	if (r < 0) {
		file_close(fd);
		return r;
	}
	*identity = identity_of(&st);
	return fd;
}

int plugin_copy_make(int fd, const char *path, struct plugin_copy *copy, struct error *err)
{
	int r;

	*copy = (struct plugin_copy){ .fd = memfd_create("kymo-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING) };
	if (copy->fd < 0)
		return error_set(err, -errno, "%s: cannot make a private copy: %s", path, error_name(-errno));
	r = copy_bytes(fd, copy->fd, path, err);
	if (r == 0)
		r = seal_and_map(copy, path, err);
	if (r < 0)
		plugin_copy_fini(copy);
	return r;
}

void plugin_copy_fini(struct plugin_copy *copy)
{
	if (copy->data)
		munmap((void *)(uintptr_t)copy->data, copy->size);
	file_close(copy->fd);
	*copy = (struct plugin_copy){ .fd = -1 };
}
