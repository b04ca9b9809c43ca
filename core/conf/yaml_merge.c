/* SPDX-License-Identifier: MIT */
/*
 * yaml_merge.c - two files become one: lists are joined, mappings are merged,
 * anything else may stand in one of them only. New nodes are made for what
 * changes, because an alias may lead to the old ones too.
 */
#include "conf/key_index.h"
#include "conf/tree.h"
#include "conf/words.h"

#include <errno.h>
#include <string.h>

static struct yaml_node *join(struct yaml_memory *memory, const struct yaml_node *a, const struct yaml_node *b)
{
	struct yaml_node *node = tree_node(memory, YAML_SEQUENCE, a->at);

	if (!node)
		return NULL;
	node->n = a->n + b->n;
	node->items = bump_array(&memory->bump, node->n, sizeof *node->items);
	if (!node->items)
		return NULL;
	for (size_t i = 0; i < node->n; i++)
		node->items[i] = i < a->n ? a->items[i] : b->items[i - a->n];
	return node;
}

/* One value out of two that stand behind the same key. NULL: out of memory. */
static struct yaml_node *merge_values(struct yaml_memory *memory, const struct yaml_node *key,
				      struct yaml_node *a, struct yaml_node *b, struct place b_at,
				      struct error *err)
{
	char room[SHOWN], place[SHOWN_PLACE];

	if (tree_is_null(b))
		return a;
	if (tree_is_null(a))
		return b;
	if (a->kind == b->kind && a->kind == YAML_MAPPING)
		return tree_merge(memory, a, b, err);
	if (a->kind == b->kind && a->kind == YAML_SEQUENCE)
		return join(memory, a, b);
	error_at(err, b_at, "\"%s\" stands twice (the first at %s; only lists and mappings are joined)",
		 shown(key->text, room), shown_place(key->at, place));
	return a;
}

/* A mapping with room for so many pairs more than it has. */
static struct yaml_node *copy_mapping(struct yaml_memory *memory, const struct yaml_node *from, size_t more)
{
	struct yaml_node *node = tree_node(memory, YAML_MAPPING, from->at);
	size_t room = from->n + more;

	if (!node)
		return NULL;
	node->n = from->n;
	node->keys = bump_array(&memory->bump, room, sizeof *node->keys);
	node->items = bump_array(&memory->bump, room, sizeof *node->items);
	if (!node->keys || !node->items)
		return NULL;
	for (size_t i = 0; i < from->n; i++) {
		node->keys[i] = from->keys[i];
		node->items[i] = from->items[i];
	}
	return node;
}

static int index_all(struct key_index *index, const struct yaml_node *mapping)
{
	index->keys = mapping->keys;
	for (size_t i = 0; i < mapping->n; i++)
		if (key_index_add(index, (uint32_t)i) < 0)
			return -ENOMEM;
	return 0;
}

static int merge_pairs(struct yaml_memory *memory, struct yaml_node *into, const struct yaml_node *from,
		       const struct key_index *index, struct error *err)
{
	for (size_t i = 0; i < from->n; i++) {
		uint32_t at = key_index_find(index, from->keys[i]->text);

		if (at == MAP_NONE) {
			into->keys[into->n] = from->keys[i];
			into->items[into->n++] = from->items[i];
			continue;
		}
		into->items[at] = merge_values(memory, into->keys[at], into->items[at], from->items[i],
					       from->keys[i]->at, err);
		if (!into->items[at])
			return -ENOMEM;
	}
	return 0;
}

struct yaml_node *tree_merge(struct yaml_memory *memory, const struct yaml_node *into,
			     const struct yaml_node *from, struct error *err)
{
	struct yaml_node *node = copy_mapping(memory, into, from->n);
	struct key_index index = { 0 };
	int r = node ? index_all(&index, node) : -ENOMEM;

	if (r == 0)
		r = merge_pairs(memory, node, from, &index, err);
	key_index_fini(&index);
	return r == 0 ? node : NULL;
}
