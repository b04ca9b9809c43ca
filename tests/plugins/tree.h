/* SPDX-License-Identifier: MIT */
/*
 * tree.h - a temporary folder of a test, with files in it. Paths are relative
 * to it; folders on the way are made. What cannot be done aborts with a line.
 */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>

struct tree {
	char path[4096];
};

struct tree tree_create(void);			/* under $TMPDIR or /tmp */
void tree_remove(const struct tree *tree);	/* with all that is in it */

/* The absolute path of something in it; the answer lives until 8 more were asked. */
const char *tree_path(const struct tree *tree, const char *path);

void tree_folder(const struct tree *tree, const char *path);
void tree_write(const struct tree *tree, const char *path, const char *text);	/* the same inode, if it is there */
void tree_link(const struct tree *tree, const char *target, const char *path);	/* symbolic */
void tree_unlink(const struct tree *tree, const char *path);	/* a folder with all that is in it */

/* The files and folders of `from`, written over what is there; or below a folder of the tree. */
void tree_copy(const struct tree *tree, const char *from);
void tree_copy_to(const struct tree *tree, const char *from, const char *path);

/* The text of a file, to be freed; NULL: there is none. */
char *tree_read(const struct tree *tree, const char *path);
bool tree_has(const struct tree *tree, const char *path);

/* All files below `path`, sorted, a path a line; to be freed. */
char *tree_list(const struct tree *tree, const char *path);

#endif
