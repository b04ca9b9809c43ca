/* SPDX-License-Identifier: MIT */
/* pairs.c - keys are indexed as they come, so that a second one is seen at once. */
#include "conf/pairs.h"
#include "conf/words.h"

#include <errno.h>
#include <string.h>

int node_list_add(struct node_list *list, struct yaml_node *node)
{
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct yaml_node **more = realloc(list->nodes, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		list->nodes = more;
		list->room = room;
	}
	list->nodes[list->n++] = node;
	return 0;
}

void pairs_fini(struct pairs *pairs)
{
	node_list_fini(&pairs->keys);
	node_list_fini(&pairs->values);
	node_list_fini(&pairs->merged);
	key_index_fini(&pairs->index);
}

static int add_new(struct pairs *pairs, struct yaml_node *key, struct yaml_node *value)
{
	if (node_list_add(&pairs->keys, key) < 0 || node_list_add(&pairs->values, value) < 0)
		return -ENOMEM;
	pairs->index.keys = pairs->keys.nodes;
	return key_index_add(&pairs->index, (uint32_t)pairs->keys.n - 1);
}

int pairs_add(struct pairs *pairs, struct yaml_node *key, struct yaml_node *value, struct error *err)
{
	char room[SHOWN], place[SHOWN_PLACE];
	uint32_t first;

	if (key->kind != YAML_SCALAR) {
		error_at(err, key->at, "a key must be text, not %s", yaml_kind_name(key->kind));
		return 0;
	}
	if (!key->quoted && !strcmp(key->text, "<<"))
		return node_list_add(&pairs->merged, value);
	first = key_index_find(&pairs->index, key->text);
	if (first == MAP_NONE)
		return add_new(pairs, key, value);
	error_at(err, key->at, "\"%s\" stands twice (the first at %s)", shown(key->text, room),
		 shown_place(pairs->keys.nodes[first]->at, place));
	return 0;
}

/* The pairs of one mapping; what is there already stays. */
static int merge_one(struct pairs *pairs, const struct yaml_node *from, struct error *err)
{
	if (from->kind != YAML_MAPPING) {
		error_at(err, from->at, "<<: merges mappings, not %s", yaml_kind_name(from->kind));
		return 0;
	}
	for (size_t i = 0; i < from->n; i++)
		if (key_index_find(&pairs->index, from->keys[i]->text) == MAP_NONE &&
		    add_new(pairs, from->keys[i], from->items[i]) < 0)
			return -ENOMEM;
	return 0;
}

int pairs_merge(struct pairs *pairs, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < pairs->merged.n && r == 0; i++) {
		const struct yaml_node *from = pairs->merged.nodes[i];

		if (from->kind != YAML_SEQUENCE)
			r = merge_one(pairs, from, err);
		else
			for (size_t j = 0; j < from->n && r == 0; j++)
				r = merge_one(pairs, from->items[j], err);
	}
	return r;
}
