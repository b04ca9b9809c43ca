/* SPDX-License-Identifier: MIT */
/*
 * tree.h - how a tree is made; inside of conf only. yaml_read.c reads one file,
 * yaml_merge.c joins two trees, yaml.c does files and includes with them.
 */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "conf/bump.h"
#include "conf/yaml.h"

#include <stdint.h>

#define TREE_FILE_MOST ((size_t)1 << 20)	/* bytes of a file */
#define TREE_BYTES_MOST ((size_t)4 << 20)	/* of all files and the variables put in */
#define TREE_FILES_MOST 64u
#define TREE_DEPTH_MOST 32u
#define TREE_NODES_MOST 100000u			/* aliases followed */
#define TREE_ANCHORS_MOST 1000u			/* of a file */

/* Every node of a tree is one of these: what it costs to walk it. */
struct tree_node {
	struct yaml_node node;
	uint32_t size;		/* nodes in it, itself and what aliases lead to included */
	uint32_t height;	/* 1: no nodes in it */
};

struct yaml_memory {
	struct bump bump;
	size_t bytes;		/* read so far */
	uint32_t nodes;		/* made so far, aliases followed */
};

static inline struct tree_node *tree_node_of(struct yaml_node *node)
{
	return (struct tree_node *)node;	/* its first member */
}

/* What is written `~`, `null`, or not at all. */
bool tree_is_null(const struct yaml_node *node);

struct yaml_node *tree_node(struct yaml_memory *memory, enum yaml_kind kind, struct place at);

/*
 * The tree of one text. NULL, with all that is wrong in *err, when there is
 * none; a tree may come with errors too. `file` must live as long as the memory.
 */
struct yaml_node *tree_read(struct yaml_memory *memory, const char *file, const char *text, size_t n,
			    struct error *err);

/* A mapping with the pairs of both. Neither is changed. NULL: out of memory. */
struct yaml_node *tree_merge(struct yaml_memory *memory, const struct yaml_node *into,
			     const struct yaml_node *from, struct error *err);

/*
 * Replace ${NAME} in a text of the tree. 1: something was replaced; 0: there
 * was nothing; -EINVAL or -ENOMEM, *text unchanged, *err set.
 */
int tree_expand(struct yaml_memory *memory, const char **text, struct place at, struct error *err);

/*
 * A text, or without one the file of that name, with all that is included. A
 * tree may come with errors too, so that what is in it can be looked at as well.
 */
struct yaml *tree_load(const char *name, const char *text, size_t n, struct error *err);

/* NAME as seen from the folder of FILE; malloc'ed. NULL: out of memory. */
char *path_beside(const char *file, const char *name);

#endif
