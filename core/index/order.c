/* SPDX-License-Identifier: MIT */
/*
 * order.c - blocks of up to BLOCK numbers, none empty, in an array. So an add
 * moves a kilobyte or two, however many values a name has.
 */
#include "index/order.h"
#include "index/inverted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512, BLOCK_FIRST = 2, KEY = 8 };

void order_fini(struct order *order)
{
	for (uint32_t i = 0; i < order->n; i++)
		free(order->block[i].id);
	free(order->block);
	*order = (struct order){ 0 };
}

uint64_t order_bytes(const struct order *order)
{
	uint64_t bytes = order->room * sizeof *order->block;

	for (uint32_t i = 0; i < order->n; i++)
		bytes += order->block[i].room * sizeof(uint32_t);
	return bytes;
}

/* ---- places ---- */

/* Below 0: the value is below the text. With `prefix`, one that begins with it counts as below. */
static int compare(const struct inverted_value *value, const char *text, uint32_t size, bool prefix)
{
	int r = memcmp(value->text, text, value->size < size ? value->size : size);

	if (r)
		return r;
	if (prefix)
		return -1;
	return (value->size > size) - (value->size < size);
}

/* The last block whose first is below, and the first place in it that is not. */
static struct order_place place(const struct order *order, const struct inverted_value *values, const char *text, uint32_t size,
				bool prefix)
{
	uint32_t from = 0, to = order->n, block;
	const struct order_block *in;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (compare(&values[order->block[middle].id[0]], text, size, prefix) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (!from)
		return (struct order_place){ 0, 0 };
	block = from - 1;
	in = &order->block[block];
	for (from = 1, to = in->n; from < to;) {
		uint32_t middle = from + (to - from) / 2;

		if (compare(&values[in->id[middle]], text, size, prefix) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return (struct order_place){ block, from };
}

struct order_place order_from(const struct order *order, const struct inverted_value *values, const char *text, uint32_t size)
{
	return place(order, values, text, size, false);
}

struct order_place order_behind(const struct order *order, const struct inverted_value *values, const char *prefix, uint32_t size)
{
	return place(order, values, prefix, size, true);
}

uint32_t order_between(const struct order *order, struct order_place from, struct order_place to)
{
	uint32_t n = to.at;

	for (uint32_t block = from.block; block < to.block; block++)
		n += order->block[block].n;
	return n - from.at;
}

bool order_next(const struct order *order, struct order_place *place, uint32_t *id)
{
	if (place->block < order->n && place->at == order->block[place->block].n) {
		place->block++;
		place->at = 0;
	}
	if (place->block >= order->n)
		return false;
	*id = order->block[place->block].id[place->at++];
	return true;
}

/* ---- changes ---- */

static int insert_block(struct order *order, uint32_t at, uint32_t room)
{
	uint32_t *id;

	if (order->n == order->room) {
		uint32_t more = order->room + order->room / 2 + 1;
		struct order_block *block = realloc(order->block, more * sizeof *block);

		if (!block)
			return -ENOMEM;
		order->block = block;
		order->room = more;
	}
	id = malloc(room * sizeof *id);
	if (!id)
		return -ENOMEM;
	memmove(order->block + at + 1, order->block + at, (order->n - at) * sizeof *order->block);
	order->block[at] = (struct order_block){ .room = room, .id = id };
	order->n++;
	return 0;
}

/* A full block gives its upper half to a new one; at the end of all, where values often come, nothing. */
static int split(struct order *order, struct order_place *place)
{
	bool last = place->block + 1 == order->n && place->at == BLOCK;
	uint32_t kept = last ? BLOCK : BLOCK / 2;
	struct order_block *full, *fresh;

	if (insert_block(order, place->block + 1, BLOCK) < 0)
		return -ENOMEM;
	full = &order->block[place->block];
	fresh = full + 1;
	fresh->n = full->n - kept;
	memcpy(fresh->id, full->id + kept, fresh->n * sizeof *fresh->id);
	full->n = kept;
	if (place->at > kept || last)
		*place = (struct order_place){ place->block + 1, place->at - kept };
	return 0;
}

static int grow(struct order_block *block)
{
	uint32_t room = block->room * 2 < BLOCK ? block->room * 2 : BLOCK;
	uint32_t *id = realloc(block->id, room * sizeof *id);

	if (!id)
		return -ENOMEM;
	block->id = id;
	block->room = room;
	return 0;
}

int order_add(struct order *order, const struct inverted_value *values, uint32_t id)
{
	struct order_place to = place(order, values, values[id].text, values[id].size, false);
	struct order_block *block;

	if (!order->n && insert_block(order, 0, BLOCK_FIRST) < 0)
		return -ENOMEM;
	if (order->block[to.block].n == BLOCK && split(order, &to) < 0)
		return -ENOMEM;
	block = &order->block[to.block];
	if (block->n == block->room && grow(block) < 0)
		return -ENOMEM;
	memmove(block->id + to.at + 1, block->id + to.at, (block->n - to.at) * sizeof *block->id);
	block->id[to.at] = id;
	block->n++;
	return 0;
}

void order_remove(struct order *order, const struct inverted_value *values, uint32_t id)
{
	struct order_place from = place(order, values, values[id].text, values[id].size, false);
	struct order_block *block = &order->block[from.block];

	if (from.block < order->n && from.at == block->n) {	/* the first of the next one */
		block++;
		from = (struct order_place){ from.block + 1, 0 };
	}
	if (from.block >= order->n || block->id[from.at] != id)
		return;
	block->n--;
	memmove(block->id + from.at, block->id + from.at + 1, (block->n - from.at) * sizeof *block->id);
	if (block->n)
		return;
	free(block->id);
	order->n--;
	memmove(block, block + 1, (order->n - from.block) * sizeof *block);
}

/* ---- many at once ---- */

struct keyed {
	uint64_t key;			/* the bytes behind what all have in common */
	const struct inverted_value *value;
};

static int by_text(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return compare(x->value, y->value->text, y->value->size, false);
}

static uint32_t in_common(const struct inverted_value *values, const uint32_t *ids, uint32_t n)
{
	const struct inverted_value *first = &values[ids[0]];
	uint32_t common = first->size;

	for (uint32_t i = 1; i < n && common; i++) {
		const struct inverted_value *value = &values[ids[i]];
		uint32_t same = 0;

		while (same < common && same < value->size && value->text[same] == first->text[same])
			same++;
		common = same;
	}
	return common;
}

static uint64_t key_of(const struct inverted_value *value, uint32_t common)
{
	uint64_t key = 0;

	for (uint32_t i = common; i < common + KEY; i++)
		key = key << 8 | (i < value->size ? (uint8_t)value->text[i] : 0);
	return key;
}

static int sort(const struct inverted_value *values, uint32_t *ids, uint32_t n)
{
	struct keyed *keyed = malloc(n * sizeof *keyed);
	uint32_t common = in_common(values, ids, n);

	if (!keyed)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		keyed[i] = (struct keyed){ key_of(&values[ids[i]], common), &values[ids[i]] };
	qsort(keyed, n, sizeof *keyed, by_text);
	for (uint32_t i = 0; i < n; i++)
		ids[i] = (uint32_t)(keyed[i].value - values);
	free(keyed);
	return 0;
}

int order_build(struct order *order, const struct inverted_value *values, uint32_t *ids, uint32_t n)
{
	int r = n > 1 ? sort(values, ids, n) : 0;

	for (uint32_t at = 0; at < n && r == 0;) {
		uint32_t part = n - at < BLOCK / 4 * 3 ? n - at : BLOCK / 4 * 3;

		r = insert_block(order, order->n, part < BLOCK_FIRST ? BLOCK_FIRST : part);
		if (r < 0)
			break;
		memcpy(order->block[order->n - 1].id, ids + at, part * sizeof *ids);
		order->block[order->n - 1].n = part;
		at += part;
	}
	return r;
}
