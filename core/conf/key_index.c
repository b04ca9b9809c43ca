/* SPDX-License-Identifier: MIT */
/* key_index.c - a hash map of the keys' texts; a large mapping is read in linear time. */
#include "conf/key_index.h"
#include "util/hash.h"

#include <string.h>

static bool same_key(const void *owner, uint32_t item, const void *key)
{
	const struct key_index *index = owner;

	return !strcmp(index->keys[item]->text, key);
}

uint32_t key_index_find(const struct key_index *index, const char *key)
{
	return map_find(&index->map, hash_bytes(key, strlen(key)), key, same_key, index);
}

int key_index_add(struct key_index *index, uint32_t pair)
{
	const char *key = index->keys[pair]->text;

	return map_add(&index->map, hash_bytes(key, strlen(key)), pair);
}
