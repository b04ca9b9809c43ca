/* SPDX-License-Identifier: MIT */
/*
 * label_set.h - the labels of a series as numbers of the inverted index, in the
 * canonical order, and the same in as few bytes as they take: varint n, n varints.
 */
#ifndef INDEX_LABEL_SET_H
#define INDEX_LABEL_SET_H

#include "index/inverted.h"

#define LABEL_SET_MOST (LABELS_MOST + 1)	/* with the metric's name */

struct label_set {
	uint32_t n;
	uint64_t hash;
	uint32_t id[LABEL_SET_MOST];
};

/* Equal sets have equal hashes: these are of the labels in their order, from LABEL_SET_SEED on. */
#define LABEL_SET_SEED UINT64_C(0x9e3779b97f4a7c15)
static inline uint64_t label_set_mix(uint64_t hash, uint64_t label)
{
	hash = (hash ^ label) * UINT64_C(0x9fb21c651e98df25);
	return hash ^ hash >> 32;
}
uint64_t labels_hash(struct labels labels);

/* Labels that are not there yet are made. 0; -EINVAL: too many; -ENOMEM: nothing has changed. */
int label_set_get(struct inverted *inverted, struct labels labels, struct label_set *set);
/* Those that have no series go. */
void label_set_let_go(struct inverted *inverted, const struct label_set *set);

#define LABEL_SET_BYTES (5 * (LABEL_SET_MOST + 1))
size_t label_set_pack(const struct label_set *set, uint8_t bytes[LABEL_SET_BYTES]);	/* how many bytes */
uint32_t label_set_unpack(const uint8_t *packed, uint32_t id[LABEL_SET_MOST]);		/* n */
/* The same with the hash. */
void label_set_of(const struct inverted *inverted, const uint8_t *packed, struct label_set *set);
/* Its label of that name; MAP_NONE: it has none. */
uint32_t label_set_find(const struct inverted *inverted, const uint8_t *packed, uint32_t name);
bool label_set_is(const struct inverted *inverted, const uint8_t *packed, struct labels labels);
void label_set_print(const struct inverted *inverted, const uint8_t *packed, struct buf *out);	/* canonical bytes */

#endif
