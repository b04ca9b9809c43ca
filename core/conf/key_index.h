/* SPDX-License-Identifier: MIT */
/* key_index.h - the keys of a mapping while it grows: finds the pair of a key at once. */
#ifndef CONF_KEY_INDEX_H
#define CONF_KEY_INDEX_H

#include "conf/yaml.h"
#include "util/map.h"

struct key_index {
	struct map map;
	struct yaml_node *const *keys;	/* the owner's array; set again when it moves */
};

uint32_t key_index_find(const struct key_index *index, const char *key);	/* MAP_NONE: not there */
int key_index_add(struct key_index *index, uint32_t pair);			/* 0 or -ENOMEM */
static inline void key_index_fini(struct key_index *index) { map_fini(&index->map); }

#endif
