/* SPDX-License-Identifier: MIT */
/*
 * inverted.h - every label (a name with a value) that a series has, by a number;
 * the series that have it; the values of a name in order. Nothing here locks: the
 * index guards it.
 */
#ifndef INDEX_INVERTED_H
#define INDEX_INVERTED_H

#include "index/arena.h"
#include "index/order.h"
#include "index/postings.h"
#include "util/map.h"

/* By the label's number. */
struct inverted_value {
	const char *text;		/* NULL: a free place */
	uint32_t size;			/* of a free place: the next one + 1; 0: none */
	uint32_t name;
	struct postings series;
};

struct inverted_name {
	const char *text;
	uint32_t size;
	struct order order;
};

struct inverted {
	struct arena texts;
	struct map by_name, by_label;
	uint32_t n_names, room_names;
	struct inverted_name *names;	/* stay for ever once seen: there are few */
	uint32_t n, room, free;		/* the first free place + 1 */
	struct inverted_value *values;
	bool unsorted;			/* between inverted_begin and inverted_end */
};

void inverted_fini(struct inverted *inverted);
/* Many labels come: they are put in order at the end. 0 or -ENOMEM: then no look at the order is right. */
void inverted_begin(struct inverted *inverted);
int inverted_end(struct inverted *inverted);

uint64_t label_hash(const struct label *label);
uint32_t inverted_find_name(const struct inverted *inverted, const char *name, uint32_t size);	/* MAP_NONE: not there */
uint32_t inverted_find(const struct inverted *inverted, const struct label *label);		/* MAP_NONE */
/* There already, or made, without series. MAP_NONE: out of memory. `hash` is the label's. */
uint32_t inverted_get(struct inverted *inverted, const struct label *label, uint64_t hash);
/* The label goes if it has no series. */
void inverted_let_go(struct inverted *inverted, uint32_t id);
struct label inverted_label(const struct inverted *inverted, uint32_t id);

/* The series has these labels; 0 or -ENOMEM: as before. */
int inverted_add(struct inverted *inverted, const uint32_t *ids, uint32_t n, series_ref ref);
/* 0 or -ENOMEM. Not needed for the series that was added last. */
int inverted_prepare_remove(struct inverted *inverted, const uint32_t *ids, uint32_t n, series_ref ref);
/* Labels that have no series any more go. */
void inverted_remove(struct inverted *inverted, const uint32_t *ids, uint32_t n, series_ref ref);

struct inverted_size {
	uint64_t postings, labels, texts;	/* bytes of memory */
};
struct inverted_size inverted_size(const struct inverted *inverted);

#endif
