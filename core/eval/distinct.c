/* SPDX-License-Identifier: MIT */
#include "eval/distinct.h"
#include "util/hash.h"

#include <errno.h>

void distinct_fini(struct distinct *distinct, struct eval *eval)
{
	map_fini(&distinct->map);
	eval_release(eval, (uint64_t)distinct->room * sizeof *distinct->keys);
	free(distinct->keys);
	*distinct = (struct distinct){ 0 };
}

static bool is_key(const void *owner, uint32_t item, const void *key)
{
	return !memcmp(&((const struct distinct *)owner)->keys[item], key, sizeof(struct distinct_key));
}

static int grow(struct distinct *distinct, struct eval *eval)
{
	uint32_t room = distinct->room ? distinct->room * 2 : 64;
	struct distinct_key *keys;

	if (eval_hold(eval, (uint64_t)(room - distinct->room) * sizeof *keys) < 0)
		return eval->err->code;
	keys = realloc(distinct->keys, room * sizeof *keys);
	if (!keys) {
		eval_release(eval, (uint64_t)(room - distinct->room) * sizeof *keys);
		return eval_no_memory(eval);
	}
	distinct->keys = keys;
	distinct->room = room;
	return 0;
}

int distinct_add(struct distinct *distinct, struct eval *eval, struct labels labels)
{
	XXH128_hash_t hash = XXH3_128bits(labels.data, labels.size);
	struct distinct_key key = { hash.low64, hash.high64 };

	if (map_find(&distinct->map, key.low, &key, is_key, distinct) != MAP_NONE)
		return error_set(eval->err, -EINVAL, "vector cannot contain metrics with the same labelset");
	if (distinct->n == distinct->room && grow(distinct, eval) < 0)
		return eval->err->code;
	distinct->keys[distinct->n] = key;
	return map_add(&distinct->map, key.low, distinct->n++) < 0 ? eval_no_memory(eval) : 0;
}
