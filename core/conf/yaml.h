/* SPDX-License-Identifier: MIT */
/*
 * yaml.h - a YAML 1.1 file as a tree in which every node knows its place.
 *
 * Read by libyaml. Anchors, aliases and merge keys work within limits. `${NAME}`
 * in a plain or double-quoted scalar is the environment variable NAME, an error
 * when it is not set; `${NAME:-text}` gives text then; `$${` is a plain `${`.
 * A key twice in a mapping is an error. `include: [globs]` in the top mapping
 * brings in other files, relative to the including one, in sorted order: lists
 * are joined, mappings are merged, a scalar that stands twice is an error.
 *
 * Limits: 1 MiB a file, 4 MiB and 64 files in all, 32 deep, 100,000 nodes after
 * aliases have been followed. Over one: an error with the place.
 */
#ifndef CONF_YAML_H
#define CONF_YAML_H

#include "util/cleanup.h"
#include "util/error.h"

#include <stdbool.h>
#include <stddef.h>

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;			/* a scalar in quotes: a string whatever it looks like */
	struct place at;
	const char *text;		/* scalar: NUL-ended, no NUL inside */
	size_t n;			/* items, or pairs of a mapping */
	struct yaml_node **items;	/* sequence: n items; mapping: n values */
	struct yaml_node **keys;	/* mapping: n keys, scalars */
};

/* A tree and the memory of all its nodes. */
struct yaml {
	struct yaml_node *root;		/* never NULL: an empty document is an empty mapping */
	struct yaml_memory *memory;
};

/* NULL with every error that was found in *err. */
struct yaml *yaml_parse(const char *name, const char *text, size_t n, struct error *err);
void yaml_release(struct yaml *yaml);
DEFINE_AUTO(yaml, yaml_release)

/* The value of a key in a mapping, or NULL. */
const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key);
const char *yaml_kind_name(enum yaml_kind kind);	/* "a list" */

#endif
