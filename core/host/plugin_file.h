/* SPDX-License-Identifier: MIT */
/*
 * plugin_file.h - the file behind a plugin's name: where it is, whether it may
 * be trusted, and a private copy of it that nobody can change any more.
 */
#ifndef HOST_PLUGIN_FILE_H
#define HOST_PLUGIN_FILE_H

#include "conf/settings.h"
#include "util/buf.h"

#include <sys/types.h>

/* [a-z0-9_-], 1 to 63 bytes. */
bool plugin_name_is_good(const char *name);

/*
 * Name or path to a path: as it is if it has a slash; else NAME/NAME.so in each
 * folder of plugin_path (there also NAME.so), in "plugins" beside the executable, in
 * the installed plugin folder. malloc'ed. -ENOENT with the folders that were
 * looked in; -EINVAL: it can be no name.
 */
int plugin_file_find(const struct settings *settings_or_null, const char *plugin, char **path, struct error *err);
/* Is that path inside one of those folders? */
bool plugin_file_is_ours(const struct settings *settings_or_null, const char *path);
/* Each name that can be found, with its path, first folder first. Stops when non-zero, and gives that. */
int plugin_file_each(const struct settings *settings_or_null, int (*each)(void *data, const char *name, const char *path),
		     void *data);

/* What tells one version of a file from another. */
struct file_identity {
	dev_t device;
	ino_t inode;
	int64_t mtime_ns;
	int64_t size;
};
bool file_identity_equal(const struct file_identity *a, const struct file_identity *b);

/* May its code run here? Owner, modes of file and folder, a regular file. 0 or -EACCES, -EINVAL with the reason. */
int plugin_file_check(int fd, const char *path, struct error *err);
/* Opened and checked: the descriptor, or a negative errno with the reason. */
int plugin_file_open(const char *path, struct file_identity *identity, struct error *err);

/* A sealed copy in memory; `data` is a map of it. */
struct plugin_copy {
	int fd;			/* -1: none */
	const uint8_t *data;
	size_t size;
};
#define PLUGIN_FILE_MOST ((size_t)256 << 20)
int plugin_copy_make(int fd, const char *path, struct plugin_copy *copy, struct error *err);
void plugin_copy_fini(struct plugin_copy *copy);

#endif
