/* SPDX-License-Identifier: MIT */
/*
 * order.h - the values of one label name in order of their bytes, by number. The
 * texts are the owner's. Nothing here locks.
 */
#ifndef INDEX_ORDER_H
#define INDEX_ORDER_H

#include <stdbool.h>
#include <stdint.h>

struct inverted_value;

struct order_block {
	uint32_t n, room;
	uint32_t *id;
};

/* All zero: empty. */
struct order {
	uint32_t n, room;
	struct order_block *block;
};

void order_fini(struct order *order);
/* One that is not in it. 0 or -ENOMEM: as before. */
int order_add(struct order *order, const struct inverted_value *values, uint32_t id);
void order_remove(struct order *order, const struct inverted_value *values, uint32_t id);
/* From empty; `ids` come in any order and are sorted. 0 or -ENOMEM. */
int order_build(struct order *order, const struct inverted_value *values, uint32_t *ids, uint32_t n);
uint64_t order_bytes(const struct order *order);

struct order_place {
	uint32_t block, at;
};
/* Of the first value that is not below this text; that is above all that begin with it. */
struct order_place order_from(const struct order *order, const struct inverted_value *values, const char *text, uint32_t size);
struct order_place order_behind(const struct order *order, const struct inverted_value *values, const char *prefix, uint32_t size);
uint32_t order_between(const struct order *order, struct order_place from, struct order_place to);
/* false: there are no more. */
bool order_next(const struct order *order, struct order_place *place, uint32_t *id);

#endif
