/* SPDX-License-Identifier: MIT */
/* text_set.c - see text_set.h. */
#include "http/text_set.h"

#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

static const struct text_place *place_of(const struct text_set *set, uint32_t i)
{
	return (const struct text_place *)(const void *)set->places.data + i;
}

const char *text_set_at(const struct text_set *set, uint32_t i, uint32_t *n)
{
	*n = place_of(set, i)->n;
	return (const char *)set->texts.data + place_of(set, i)->at;
}

static bool is_text(const void *owner, uint32_t item, const void *key)
{
	const struct text_set *set = owner;
	const struct text_place *wanted = key, *place = place_of(set, item);

	return place->n == wanted->n && !memcmp(set->texts.data + place->at, set->texts.data + wanted->at, wanted->n);
}

/* It is put behind the others first, to be looked for there; and taken away again where it is one of them. */
int text_set_add(struct text_set *set, const char *text, uint32_t n)
{
	struct text_place place = { set->texts.len, n };
	uint64_t hash = hash_bytes(text, n);

	buf_add(&set->texts, text, n);
	buf_add_u8(&set->texts, '\0');
	if (buf_failed(&set->texts))
		return -ENOMEM;
	if (map_find(&set->map, hash, &place, is_text, set) != MAP_NONE) {
		set->texts.len = place.at;
		return 0;
	}
	buf_add(&set->places, &place, sizeof place);
	if (buf_failed(&set->places) || map_add(&set->map, hash, set->n) < 0)
		return -ENOMEM;
	set->n++;
	return 0;
}

static int compare(const void *a, const void *b, void *data)
{
	const struct text_place *left = a, *right = b;
	const char *texts = data;
	uint32_t n = left->n < right->n ? left->n : right->n;
	int r = memcmp(texts + left->at, texts + right->at, n);

	return r ? r : (left->n > right->n) - (left->n < right->n);
}

void text_set_sort(struct text_set *set)
{
	if (set->n)
		qsort_r(set->places.data, set->n, sizeof(struct text_place), compare, set->texts.data);
}

void text_set_fini(struct text_set *set)
{
	buf_fini(&set->texts);
	buf_fini(&set->places);
	map_fini(&set->map);
	*set = (struct text_set){ 0 };
}
