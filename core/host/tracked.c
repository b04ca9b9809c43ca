/* SPDX-License-Identifier: MIT */
/* tracked.c - an array of series, a map from keys into it, and the slots. */
#include "host/tracked.h"
#include "host/histogram.h"

#include <errno.h>

void tracked_set_init(struct tracked_set *set)
{
	*set = (struct tracked_set){ 0 };
}

static void tracked_free(struct tracked *tracked)
{
	histogram_destroy(tracked->histogram);
	shared_series_release(tracked->shown);
	shared_metric_release(tracked->metric);
	free(tracked);
}

void tracked_set_fini(struct tracked_set *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		tracked_free(set->items[i]);
	map_fini(&set->map);
	free(set->items);
	free(set->slots);
	free(set->keys);
	tracked_set_init(set);
}

struct key {
	const uint8_t *data;
	size_t len;
};

static bool has_key(const void *owner, uint32_t item, const void *wanted)
{
	const struct tracked *tracked = ((const struct tracked_set *)owner)->items[item];
	const struct key *key = wanted;

	return tracked->key_len == key->len && !memcmp(tracked->bytes, key->data, key->len);
}

struct tracked *tracked_find(const struct tracked_set *set, const uint8_t *key, size_t key_len, uint64_t hash)
{
	uint32_t item = map_find(&set->map, hash, &(struct key){ key, key_len }, has_key, set);

	return item == MAP_NONE ? NULL : set->items[item];
}

static struct tracked *tracked_create(struct shared_metric *metric, struct labels labels, const uint8_t *key, size_t key_len)
{
	struct tracked *tracked = malloc(sizeof *tracked + key_len + labels.size);

	if (!tracked)
		return NULL;
	*tracked = (struct tracked){
		.metric = shared_metric_hold(metric), .key_len = (uint32_t)key_len,
		.labels = { tracked->bytes + key_len, labels.size },
	};
	if (key_len)
		memcpy(tracked->bytes, key, key_len);
	memcpy(tracked->bytes + key_len, labels.data, labels.size);
	return tracked;
}

static bool grow(struct tracked_set *set)
{
	uint32_t room = set->room ? 2 * set->room : 16;
	struct tracked **items = realloc(set->items, room * sizeof *items);

	if (!items)
		return false;
	set->items = items;
	set->room = room;
	return true;
}

struct tracked *tracked_add(struct tracked_set *set, series_ref ref, struct shared_metric *metric, struct labels labels,
			    const uint8_t *key, size_t key_len, uint64_t hash)
{
	struct tracked *tracked;

	if (set->n == set->room && !grow(set))
		return NULL;
	tracked = tracked_create(metric, labels, key, key_len);
	if (!tracked)
		return NULL;
	tracked->ref = ref;
	tracked->hash = hash;
	set->items[set->n] = tracked;
	if (key_len && map_add(&set->map, hash, set->n) < 0) {
		tracked_free(tracked);
		return NULL;
	}
	set->n++;
	return tracked;
}

/* The last one moves to the free place. What can fail, telling the map, comes first. */
static void remove_at(struct tracked_set *set, uint32_t at)
{
	struct tracked *gone = set->items[at], *last = set->items[set->n - 1];

	if (gone != last && last->key_len && map_add(&set->map, last->hash, at) < 0)
		return;		/* it stays until the next time */
	if (gone->key_len)
		map_remove(&set->map, gone->hash, at);
	if (gone != last && last->key_len)
		map_remove(&set->map, last->hash, set->n - 1);
	set->items[at] = last;
	set->n--;
	tracked_set_live(set, gone, false);
	tracked_free(gone);
}

static void forget_slots(struct tracked_set *set)
{
	set->n_slots = 0;
	set->keys_len = 0;
}

void tracked_drop(struct tracked_set *set, bool (*gone)(void *, struct tracked *), void *data)
{
	forget_slots(set);
	for (uint32_t i = set->n; i-- > 0;)
		if (gone(data, set->items[i]))
			remove_at(set, i);
}

bool tracked_same_keys(const struct tracked_set *set, const struct kymo_batch *batch)
{
	return set->n_slots == batch->n && set->keys_len == batch->keys_len &&
	       (!batch->n || !memcmp(set->keys, batch->keys, batch->keys_len));
}

static bool room_for(struct tracked_set *set, const struct kymo_batch *batch)
{
	if (set->keys_room < batch->keys_len) {
		uint8_t *keys = realloc(set->keys, batch->keys_len);

		if (!keys)
			return false;
		set->keys = keys;
		set->keys_room = batch->keys_len;
	}
	if (set->slots_room < batch->n) {
		struct tracked **slots = realloc(set->slots, batch->n * sizeof *slots);

		if (!slots)
			return false;
		set->slots = slots;
		set->slots_room = batch->n;
	}
	return true;
}

int tracked_keep_keys(struct tracked_set *set, const struct kymo_batch *batch, struct tracked *const *slots)
{
	forget_slots(set);
	if (!batch->n)
		return 0;
	if (!room_for(set, batch))
		return -ENOMEM;
	memcpy(set->keys, batch->keys, batch->keys_len);
	memcpy(set->slots, slots, batch->n * sizeof *slots);
	set->keys_len = batch->keys_len;
	set->n_slots = batch->n;
	return 0;
}

struct shared_series *tracked_shown(struct tracked *tracked)
{
	if (!tracked->shown)
		tracked->shown = shared_series_create(tracked->metric, tracked->labels);
	return tracked->shown;
}
