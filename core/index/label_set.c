/* SPDX-License-Identifier: MIT */
#include "index/label_set.h"

#include <errno.h>

uint64_t labels_hash(struct labels labels)
{
	uint64_t hash = LABEL_SET_SEED;
	struct label label;

	for (uint32_t at = 0; labels_next(labels, &at, &label);)
		hash = label_set_mix(hash, label_hash(&label));
	return hash;
}

void label_set_let_go(struct inverted *inverted, const struct label_set *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		inverted_let_go(inverted, set->id[i]);
}

int label_set_get(struct inverted *inverted, struct labels labels, struct label_set *set)
{
	struct label label;
	int r = 0;

	set->n = 0;
	set->hash = LABEL_SET_SEED;
	for (uint32_t at = 0; r == 0 && labels_next(labels, &at, &label);) {
		uint64_t hash = label_hash(&label);
		uint32_t id = set->n < LABEL_SET_MOST ? inverted_get(inverted, &label, hash) : MAP_NONE;

		if (id == MAP_NONE) {
			r = set->n < LABEL_SET_MOST ? -ENOMEM : -EINVAL;
		} else {
			set->id[set->n++] = id;
			set->hash = label_set_mix(set->hash, hash);
		}
	}
	if (r < 0)
		label_set_let_go(inverted, set);
	return r;
}

/* ---- bytes ---- */

static uint8_t *put(uint8_t *to, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		*to++ = (uint8_t)(v | 0x80);
	*to++ = (uint8_t)v;
	return to;
}

/* They are the index's own, so nothing is checked. */
static inline const uint8_t *get(const uint8_t *from, uint32_t *v)
{
	uint32_t value = *from & 0x7f;

	for (unsigned shift = 7; *from++ & 0x80; shift += 7)
		value |= (uint32_t)(*from & 0x7f) << shift;
	*v = value;
	return from;
}

size_t label_set_pack(const struct label_set *set, uint8_t bytes[LABEL_SET_BYTES])
{
	uint8_t *to = put(bytes, set->n);

	for (uint32_t i = 0; i < set->n; i++)
		to = put(to, set->id[i]);
	return (size_t)(to - bytes);
}

uint32_t label_set_unpack(const uint8_t *packed, uint32_t id[LABEL_SET_MOST])
{
	uint32_t n;

	packed = get(packed, &n);
	for (uint32_t i = 0; i < n; i++)
		packed = get(packed, &id[i]);
	return n;
}

void label_set_of(const struct inverted *inverted, const uint8_t *packed, struct label_set *set)
{
	set->n = label_set_unpack(packed, set->id);
	set->hash = LABEL_SET_SEED;
	for (uint32_t i = 0; i < set->n; i++) {
		struct label label = inverted_label(inverted, set->id[i]);

		set->hash = label_set_mix(set->hash, label_hash(&label));
	}
}

uint32_t label_set_find(const struct inverted *inverted, const uint8_t *packed, uint32_t name)
{
	uint32_t n, id;

	packed = get(packed, &n);
	for (; n; n--) {
		packed = get(packed, &id);
		if (inverted->values[id].name == name)
			return id;
	}
	return MAP_NONE;
}

/* ---- texts ---- */

static bool same_text(const char *a, uint32_t a_size, const char *b, uint32_t b_size)
{
	return a_size == b_size && !memcmp(a, b, a_size);
}

bool label_set_is(const struct inverted *inverted, const uint8_t *packed, struct labels labels)
{
	uint32_t n, id, at = 0;
	struct label has, wanted;

	packed = get(packed, &n);
	for (; labels_next(labels, &at, &wanted); n--) {
		if (!n)
			return false;
		packed = get(packed, &id);
		has = inverted_label(inverted, id);
		if (!same_text(has.value, has.value_len, wanted.value, wanted.value_len) ||
		    !same_text(has.name, has.name_len, wanted.name, wanted.name_len))
			return false;
	}
	return !n;
}

void label_set_print(const struct inverted *inverted, const uint8_t *packed, struct buf *out)
{
	uint32_t n, id;

	packed = get(packed, &n);
	for (; n; n--) {
		struct label label;

		packed = get(packed, &id);
		label = inverted_label(inverted, id);
		buf_add_string(out, label.name, label.name_len);
		buf_add_string(out, label.value, label.value_len);
	}
}
