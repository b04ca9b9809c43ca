/* SPDX-License-Identifier: MIT */
/*
 * inverted.c - two levels of hash maps over arrays. A name stays for ever once
 * seen (there are few); the place of a value without series is used again.
 */
#include "store/inverted.h"
#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

struct text {
	const char *text;
	uint32_t size;
};

static bool name_equal(const void *owner, uint32_t item, const void *key)
{
	const struct inverted_name *name = &((const struct inverted *)owner)->names[item];
	const struct text *text = key;

	return name->size == text->size && !memcmp(name->text, text->text, text->size);
}

static bool value_equal(const void *owner, uint32_t item, const void *key)
{
	const struct inverted_value *value = &((const struct inverted_name *)owner)->values[item];
	const struct text *text = key;

	return value->size == text->size && !memcmp(value->text, text->text, text->size);
}

/* ---- names ---- */

const struct inverted_name *inverted_find_name(const struct inverted *inverted, const char *name, uint32_t size)
{
	struct text key = { name, size };
	uint32_t i = map_find(&inverted->by_name, hash_bytes(name, size), &key, name_equal, inverted);

	return i == MAP_NONE ? NULL : &inverted->names[i];
}

static struct inverted_name *name_add(struct inverted *inverted, const struct label *label)
{
	const char *text;

	if (inverted->n == inverted->room) {
		uint32_t room = inverted->room ? inverted->room * 2 : 16;
		struct inverted_name *more = realloc(inverted->names, room * sizeof *more);

		if (!more)
			return NULL;
		inverted->names = more;
		inverted->room = room;
	}
	text = arena_add(&inverted->texts, label->name, label->name_len);
	if (!text || map_add(&inverted->by_name, hash_bytes(text, label->name_len), inverted->n) < 0) {
		arena_remove(&inverted->texts, text);
		return NULL;
	}
	inverted->names[inverted->n] = (struct inverted_name){ .text = text, .size = label->name_len };
	return &inverted->names[inverted->n++];
}

static struct inverted_name *name_get(struct inverted *inverted, const struct label *label)
{
	const struct inverted_name *name = inverted_find_name(inverted, label->name, label->name_len);

	return name ? &inverted->names[name - inverted->names] : name_add(inverted, label);
}

/* ---- values ---- */

static uint32_t value_find(const struct inverted_name *name, const char *value, uint32_t size)
{
	struct text key = { value, size };

	return map_find(&name->by_value, hash_bytes(value, size), &key, value_equal, name);
}

static int values_grow(struct inverted_name *name)
{
	uint32_t room = name->room ? name->room + name->room / 2 : 2;
	struct inverted_value *more = realloc(name->values, room * sizeof *more);

	if (!more)
		return -ENOMEM;
	name->values = more;
	name->room = room;
	return 0;
}

static struct inverted_value *value_add(struct inverted *inverted, struct inverted_name *name, const struct label *label)
{
	uint32_t place = name->free ? name->free - 1 : name->n;
	const char *text;

	if (!name->free && name->n == name->room && values_grow(name) < 0)
		return NULL;
	text = arena_add(&inverted->texts, label->value, label->value_len);
	if (!text || map_add(&name->by_value, hash_bytes(text, label->value_len), place) < 0) {
		arena_remove(&inverted->texts, text);
		return NULL;
	}
	if (name->free)
		name->free = name->values[place].size;
	else
		name->n++;
	name->values[place] = (struct inverted_value){ .text = text, .size = label->value_len };
	return &name->values[place];
}

static struct inverted_value *value_get(struct inverted *inverted, struct inverted_name *name, const struct label *label)
{
	uint32_t i = value_find(name, label->value, label->value_len);

	return i == MAP_NONE ? value_add(inverted, name, label) : &name->values[i];
}

static void value_destroy(struct inverted *inverted, struct inverted_name *name, uint32_t place)
{
	struct inverted_value *value = &name->values[place];

	map_remove(&name->by_value, hash_bytes(value->text, value->size), place);
	arena_remove(&inverted->texts, value->text);
	postings_fini(&value->series);
	*value = (struct inverted_value){ .size = name->free };
	name->free = place + 1;
}

/* ---- series ---- */

static int label_add(struct inverted *inverted, const struct label *label, series_ref ref)
{
	struct inverted_name *name = name_get(inverted, label);
	struct inverted_value *value = name ? value_get(inverted, name, label) : NULL;

	if (!value)
		return -ENOMEM;
	if (postings_add(&value->series, ref) == 0)
		return 0;
	if (!value->series.count)
		value_destroy(inverted, name, (uint32_t)(value - name->values));
	return -ENOMEM;
}

static void label_remove(struct inverted *inverted, const struct label *label, series_ref ref)
{
	const struct inverted_name *found = inverted_find_name(inverted, label->name, label->name_len);
	struct inverted_name *name = found ? &inverted->names[found - inverted->names] : NULL;
	uint32_t place = name ? value_find(name, label->value, label->value_len) : MAP_NONE;

	if (place == MAP_NONE)
		return;
	postings_remove(&name->values[place].series, ref);
	if (!name->values[place].series.count)
		value_destroy(inverted, name, place);
}

int inverted_add(struct inverted *inverted, struct labels labels, series_ref ref)
{
	struct label label;

	for (uint32_t at = 0; labels_next(labels, &at, &label);)
		if (label_add(inverted, &label, ref) < 0) {
			inverted_remove(inverted, labels, ref);
			return -ENOMEM;
		}
	return 0;
}

void inverted_remove(struct inverted *inverted, struct labels labels, series_ref ref)
{
	struct label label;

	for (uint32_t at = 0; labels_next(labels, &at, &label);)
		label_remove(inverted, &label, ref);
}

const struct postings *inverted_find(const struct inverted *inverted, const char *name, uint32_t name_size,
				     const char *value, uint32_t value_size)
{
	const struct inverted_name *found = inverted_find_name(inverted, name, name_size);
	uint32_t i = found ? value_find(found, value, value_size) : MAP_NONE;

	return i == MAP_NONE ? NULL : &found->values[i].series;
}

void inverted_fini(struct inverted *inverted)
{
	for (uint32_t i = 0; i < inverted->n; i++) {
		struct inverted_name *name = &inverted->names[i];

		for (uint32_t v = 0; v < name->n; v++)
			if (name->values[v].text)
				postings_fini(&name->values[v].series);
		free(name->values);
		map_fini(&name->by_value);
	}
	free(inverted->names);
	map_fini(&inverted->by_name);
	arena_fini(&inverted->texts);
}
