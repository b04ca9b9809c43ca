/* SPDX-License-Identifier: MIT */
/*
 * inverted.c - two hash maps over two arrays. A number stays as long as its label
 * has a series; then it is free for another label.
 */
#include "index/inverted.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

uint64_t label_hash(const struct label *label)
{
	return XXH3_64bits_withSeed(label->value, label->value_len, hash_bytes(label->name, label->name_len));
}

struct label inverted_label(const struct inverted *inverted, uint32_t id)
{
	const struct inverted_value *value = &inverted->values[id];
	const struct inverted_name *name = &inverted->names[value->name];

	return (struct label){ name->text, value->text, name->size, value->size };
}

/* ---- names ---- */

static bool name_equal(const void *owner, uint32_t item, const void *key)
{
	const struct inverted_name *name = &((const struct inverted *)owner)->names[item];
	const struct label *label = key;

	return name->size == label->name_len && !memcmp(name->text, label->name, name->size);
}

uint32_t inverted_find_name(const struct inverted *inverted, const char *name, uint32_t size)
{
	struct label key = { .name = name, .name_len = size };

	return map_find(&inverted->by_name, hash_bytes(name, size), &key, name_equal, inverted);
}

static int names_grow(struct inverted *inverted)
{
	uint32_t room = inverted->room_names ? inverted->room_names * 2 : 16;
	struct inverted_name *more = realloc(inverted->names, room * sizeof *more);

	if (!more)
		return -ENOMEM;
	inverted->names = more;
	inverted->room_names = room;
	return 0;
}

static uint32_t name_add(struct inverted *inverted, const struct label *label)
{
	const char *text;

	if (inverted->n_names == inverted->room_names && names_grow(inverted) < 0)
		return MAP_NONE;
	text = arena_add(&inverted->texts, label->name, label->name_len);
	if (!text || map_add(&inverted->by_name, hash_bytes(label->name, label->name_len), inverted->n_names) < 0) {
		arena_remove(&inverted->texts, text);
		return MAP_NONE;
	}
	inverted->names[inverted->n_names] = (struct inverted_name){ .text = text, .size = label->name_len };
	return inverted->n_names++;
}

static uint32_t name_get(struct inverted *inverted, const struct label *label)
{
	uint32_t name = inverted_find_name(inverted, label->name, label->name_len);

	return name == MAP_NONE ? name_add(inverted, label) : name;
}

/* ---- labels ---- */

static bool label_equal(const void *owner, uint32_t item, const void *key)
{
	const struct inverted_value *value = &((const struct inverted *)owner)->values[item];
	const struct label *label = key;

	return value->size == label->value_len && !memcmp(value->text, label->value, value->size) &&
	       name_equal(owner, value->name, label);
}

static uint32_t find_hashed(const struct inverted *inverted, const struct label *label, uint64_t hash)
{
	return map_find(&inverted->by_label, hash, label, label_equal, inverted);
}

uint32_t inverted_find(const struct inverted *inverted, const struct label *label)
{
	return find_hashed(inverted, label, label_hash(label));
}

static int values_grow(struct inverted *inverted)
{
	uint32_t room = inverted->room ? inverted->room + inverted->room / 2 : 32;
	struct inverted_value *more;

	if (room >= MAP_NONE - 1)
		return -ENOMEM;
	more = realloc(inverted->values, room * sizeof *more);
	if (!more)
		return -ENOMEM;
	inverted->values = more;
	inverted->room = room;
	return 0;
}

/* The place is taken when nothing can fail any more. */
static int enter(struct inverted *inverted, uint32_t id, uint64_t hash)
{
	struct inverted_value *value = &inverted->values[id];

	if (map_add(&inverted->by_label, hash, id) < 0)
		return -ENOMEM;
	if (inverted->unsorted || order_add(&inverted->names[value->name].order, inverted->values, id) == 0)
		return 0;
	map_remove(&inverted->by_label, hash, id);
	return -ENOMEM;
}

static uint32_t label_add(struct inverted *inverted, const struct label *label, uint64_t hash)
{
	uint32_t id = inverted->free ? inverted->free - 1 : inverted->n, name = name_get(inverted, label), next;
	const char *text;

	if (name == MAP_NONE || (id == inverted->room && values_grow(inverted) < 0))
		return MAP_NONE;
	text = arena_add(&inverted->texts, label->value, label->value_len);
	if (!text)
		return MAP_NONE;
	next = inverted->free ? inverted->values[id].size : 0;
	inverted->values[id] = (struct inverted_value){ .text = text, .size = label->value_len, .name = name };
	if (enter(inverted, id, hash) < 0) {
		arena_remove(&inverted->texts, text);
		inverted->values[id] = (struct inverted_value){ .size = next };
		return MAP_NONE;
	}
	if (inverted->free)
		inverted->free = next;
	else
		inverted->n++;
	return id;
}

uint32_t inverted_get(struct inverted *inverted, const struct label *label, uint64_t hash)
{
	uint32_t id = find_hashed(inverted, label, hash);

	return id == MAP_NONE ? label_add(inverted, label, hash) : id;
}

void inverted_let_go(struct inverted *inverted, uint32_t id)
{
	struct inverted_value *value = &inverted->values[id];
	struct label label;

	if (!value->text || value->series.count)
		return;
	label = inverted_label(inverted, id);
	map_remove(&inverted->by_label, label_hash(&label), id);
	if (!inverted->unsorted)
		order_remove(&inverted->names[value->name].order, inverted->values, id);
	arena_remove(&inverted->texts, value->text);
	*value = (struct inverted_value){ .size = inverted->free };
	inverted->free = id + 1;
}

/* ---- many labels ---- */

void inverted_begin(struct inverted *inverted)
{
	inverted->unsorted = true;
	for (uint32_t i = 0; i < inverted->n_names; i++)
		order_fini(&inverted->names[i].order);
}

/* ids by name: those of a name begin at its place in `begin`. */
static void by_names(const struct inverted *inverted, uint32_t *begin, uint32_t *ids)
{
	uint32_t sum = 0;

	for (uint32_t id = 0; id < inverted->n; id++)
		if (inverted->values[id].text)
			begin[inverted->values[id].name]++;
	for (uint32_t name = 0; name <= inverted->n_names; name++) {
		uint32_t n = begin[name];

		begin[name] = sum;
		sum += n;
	}
	for (uint32_t id = 0; id < inverted->n; id++)
		if (inverted->values[id].text)
			ids[begin[inverted->values[id].name]++] = id;
}

int inverted_end(struct inverted *inverted)
{
	uint32_t *begin = calloc(inverted->n_names + 1, sizeof *begin), *ids = malloc((inverted->n + 1) * sizeof *ids), from = 0;
	int r = begin && ids ? 0 : -ENOMEM;

	if (r == 0)
		by_names(inverted, begin, ids);
	for (uint32_t name = 0; name < inverted->n_names && r == 0; name++) {
		r = order_build(&inverted->names[name].order, inverted->values, ids + from, begin[name] - from);
		from = begin[name];
	}
	free(begin);
	free(ids);
	inverted->unsorted = r < 0;
	return r;
}

/* ---- series ---- */

int inverted_add(struct inverted *inverted, const uint32_t *ids, uint32_t n, series_ref ref)
{
	for (uint32_t i = 0; i < n; i++)
		if (postings_add(&inverted->values[ids[i]].series, ref) < 0) {
			while (i--)
				postings_remove(&inverted->values[ids[i]].series, ref);
			return -ENOMEM;
		}
	return 0;
}

int inverted_prepare_remove(struct inverted *inverted, const uint32_t *ids, uint32_t n, series_ref ref)
{
	for (uint32_t i = 0; i < n; i++)
		if (postings_prepare_remove(&inverted->values[ids[i]].series, ref) < 0)
			return -ENOMEM;
	return 0;
}

void inverted_remove(struct inverted *inverted, const uint32_t *ids, uint32_t n, series_ref ref)
{
	for (uint32_t i = 0; i < n; i++) {
		postings_remove(&inverted->values[ids[i]].series, ref);
		inverted_let_go(inverted, ids[i]);
	}
}

struct inverted_size inverted_size(const struct inverted *inverted)
{
	struct inverted_size size = {
		.labels = inverted->room * sizeof *inverted->values + inverted->room_names * sizeof *inverted->names +
			  map_bytes(&inverted->by_name) + map_bytes(&inverted->by_label),
		.texts = inverted->texts.bytes,
	};

	for (uint32_t i = 0; i < inverted->n; i++)
		if (inverted->values[i].text)
			size.postings += postings_bytes(&inverted->values[i].series);
	for (uint32_t i = 0; i < inverted->n_names; i++)
		size.labels += order_bytes(&inverted->names[i].order);
	return size;
}

void inverted_fini(struct inverted *inverted)
{
	for (uint32_t i = 0; i < inverted->n; i++)
		if (inverted->values[i].text)
			postings_fini(&inverted->values[i].series);
	for (uint32_t i = 0; i < inverted->n_names; i++)
		order_fini(&inverted->names[i].order);
	free(inverted->values);
	free(inverted->names);
	map_fini(&inverted->by_name);
	map_fini(&inverted->by_label);
	arena_fini(&inverted->texts);
}
