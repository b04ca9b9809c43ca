/* SPDX-License-Identifier: MIT */
/*
 * inverted.h - from a label's name to its values, from a value to the series
 * that carry it. Nothing here locks: the index guards it.
 */
#ifndef STORE_INVERTED_H
#define STORE_INVERTED_H

#include "store/arena.h"
#include "store/postings.h"
#include "util/map.h"

struct inverted_value {
	const char *text;		/* NULL: a free place */
	uint32_t size;
	struct postings series;
};

struct inverted_name {
	const char *text;
	uint32_t size;
	struct map by_value;
	uint32_t n, room, free;		/* values; the first free place + 1, chained through `size` */
	struct inverted_value *values;
};

struct inverted {
	struct arena texts;
	struct map by_name;
	uint32_t n, room;
	struct inverted_name *names;
};

void inverted_fini(struct inverted *inverted);
/* Every label of the set; 0 or -ENOMEM: as before. */
int inverted_add(struct inverted *inverted, struct labels labels, series_ref ref);
void inverted_remove(struct inverted *inverted, struct labels labels, series_ref ref);

const struct inverted_name *inverted_find_name(const struct inverted *inverted, const char *name, uint32_t size);	/* or NULL */
const struct postings *inverted_find(const struct inverted *inverted, const char *name, uint32_t name_size,
				     const char *value, uint32_t value_size);	/* or NULL */

#endif
