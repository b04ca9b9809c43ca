/* SPDX-License-Identifier: MIT */
/* pairs.h - the nodes of a list, and the pairs of a mapping, while they are read. */
#ifndef CONF_PAIRS_H
#define CONF_PAIRS_H

#include "conf/key_index.h"

#include <stdlib.h>

struct node_list {
	struct yaml_node **nodes;
	size_t n, room;
};

int node_list_add(struct node_list *list, struct yaml_node *node);	/* 0 or -ENOMEM */
static inline void node_list_fini(struct node_list *list) { free(list->nodes); }
#define AUTO_NODE_LIST __attribute__((cleanup(node_list_fini))) struct node_list

struct pairs {
	struct node_list keys, values;
	struct node_list merged;	/* what stands behind << */
	struct key_index index;
};

/*
 * Add a pair; put aside what stands behind <<. A key that is no text, or is
 * there already, is said in *err and left out. 0 or -ENOMEM.
 */
int pairs_add(struct pairs *pairs, struct yaml_node *key, struct yaml_node *value, struct error *err);

/* At the end of the mapping: the pairs behind <<, where none has their key. 0 or -ENOMEM. */
int pairs_merge(struct pairs *pairs, struct error *err);

void pairs_fini(struct pairs *pairs);
#define AUTO_PAIRS __attribute__((cleanup(pairs_fini))) struct pairs

#endif
