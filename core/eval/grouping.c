/* SPDX-License-Identifier: MIT */
/*
 * grouping.c - the labels that count, as canonical bytes, are the key. Neighbours
 * in a stream are often of one group, so the last key is compared before anything
 * is hashed; where no label counts there is but one group.
 */
#include "eval/grouping.h"
#include "model/labels_edit.h"
#include "util/hash.h"

#include <errno.h>

void grouping_init(struct grouping *grouping, struct eval *eval, const char *const *names, uint32_t n_names, bool without)
{
	*grouping = (struct grouping){ .eval = eval, .names = names, .n_names = n_names, .without = without, .last = GROUP_NONE };
}

void grouping_fini(struct grouping *grouping)
{
	buf_fini(&grouping->key);
	buf_fini(&grouping->labels);
	free(grouping->ends);
	free(grouping->late);
	map_fini(&grouping->map);
	eval_release(grouping->eval, grouping->held);
	grouping_init(grouping, grouping->eval, grouping->names, grouping->n_names, grouping->without);
}

struct labels grouping_labels(const struct grouping *grouping, uint32_t group)
{
	uint64_t from = group ? grouping->ends[group - 1] : 0;

	return (struct labels){ from ? grouping->labels.data + from : grouping->labels.data /* NULL where no group has labels */, (uint32_t)(grouping->ends[group] - from) };
}

static bool has_key(const void *owner, uint32_t item, const void *key)
{
	return labels_equal(grouping_labels(owner, item), *(const struct labels *)key);
}

static int hold(struct grouping *grouping, uint64_t bytes)
{
	int r = eval_hold(grouping->eval, bytes);

	if (r == 0)
		grouping->held += bytes;
	return r;
}

static int grow(struct grouping *grouping)
{
	uint32_t room = grouping->room ? grouping->room * 2 : 16;
	uint64_t *ends;
	bool *late;
	int r = hold(grouping, (uint64_t)(room - grouping->room) * (sizeof *ends + sizeof *late + 16 /* of the map */));

	if (r < 0)
		return r;
	ends = realloc(grouping->ends, room * sizeof *ends);
	if (!ends)
		return eval_no_memory(grouping->eval);
	grouping->ends = ends;
	late = realloc(grouping->late, room * sizeof *late);
	if (!late)
		return eval_no_memory(grouping->eval);
	grouping->late = late;
	grouping->room = room;
	return 0;
}

static int append(struct grouping *grouping, struct labels key, uint64_t hash)
{
	int r = grouping->n == grouping->room ? grow(grouping) : 0;

	if (r < 0 || (r = hold(grouping, key.size)) < 0)
		return r;
	buf_add(&grouping->labels, key.data, key.size);
	if (buf_failed(&grouping->labels) || map_add(&grouping->map, hash, grouping->n) < 0)
		return eval_no_memory(grouping->eval);
	grouping->late[grouping->n] = false;
	grouping->ends[grouping->n++] = grouping->labels.len;
	return 0;
}

static int make_key(struct grouping *grouping, struct labels labels, struct labels *key)
{
	buf_clear(&grouping->key);
	if (grouping->without)
		labels_drop(labels, grouping->names, grouping->n_names, true, &grouping->key);
	else
		labels_keep(labels, grouping->names, grouping->n_names, &grouping->key);
	if (buf_failed(&grouping->key))
		return eval_no_memory(grouping->eval);
	*key = labels_in(&grouping->key);
	return 0;
}

static bool is_last(const struct grouping *grouping, struct labels key)
{
	return grouping->last != GROUP_NONE && labels_equal(grouping_labels(grouping, grouping->last), key);
}

static int look_up(struct grouping *grouping, struct labels labels, bool add, uint32_t *group)
{
	struct labels key;
	uint64_t hash;
	int r;

	*group = 0;
	if (!grouping->without && !grouping->n_names && grouping->n)
		return 0;
	if ((r = make_key(grouping, labels, &key)) < 0)
		return r;
	*group = grouping->last;
	if (is_last(grouping, key))
		return 0;
	hash = hash_bytes(key.data, key.size);
	*group = map_find(&grouping->map, hash, &key, has_key, grouping);
	if (*group == GROUP_NONE && add && (r = append(grouping, key, hash)) == 0)
		*group = grouping->n - 1;
	if (*group != GROUP_NONE)
		grouping->last = *group;
	return r;
}

int grouping_add(struct grouping *grouping, struct labels labels, uint32_t *group)
{
	return look_up(grouping, labels, true, group);
}

uint32_t grouping_find(struct grouping *grouping, struct labels labels, int *r)
{
	uint32_t group;

	*r = look_up(grouping, labels, false, &group);
	return *r < 0 ? GROUP_NONE : group;
}
