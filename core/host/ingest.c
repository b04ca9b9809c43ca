/* SPDX-License-Identifier: MIT */
/*
 * ingest.c - mostly a collect emits what the last one did: then its series are
 * known by one comparison of bytes, and the columns of the last one are filled
 * with new values. Else each sample is looked at by itself.
 */
#include "host/ingest_state.h"
#include "model/sample.h"
#include "util/hash.h"

#include <errno.h>

#define FUTURE_MOST (10 * 60 * 1000)	/* how far a plugin's time may be ahead of its collect */
#define DEAD_MOST 1024			/* ended series that are remembered beside as many as live */
#define DEAD_COUNTER (24 * 3600 * 1000)	/* and how long a counter is that would begin again at zero */

struct label_limits ingest_limits(const struct ingest_shared *shared)
{
	return (struct label_limits){
		.labels = atomic_load(&shared->labels_most), .name = atomic_load(&shared->name_most),
		.value = atomic_load(&shared->value_most),
	};
}

struct ingest *ingest_create(struct ingest_shared *shared, uint32_t instance, struct metrics *metrics,
			     const struct setting_label *labels, uint32_t n_labels)
{
	struct ingest *ingest = calloc(1, sizeof *ingest);

	if (!ingest)
		return NULL;
	ingest->shared = shared;
	ingest->instance = instance;
	ingest->metrics = metrics;
	ingest->collected_at = INT64_MIN;
	atomic_init(&ingest->last_at, INT64_MIN);
	tracked_set_init(&ingest->set);
	tracked_set_init(&ingest->inherited);
	window_init(&ingest->ended, 0, 0, SKETCH_NONE);
	ingest->ended.ended = true;
	if (series_maker_init(&ingest->maker, shared, instance, labels, n_labels) < 0) {
		ingest_destroy(ingest);
		return NULL;
	}
	return ingest;
}

static void let_go(struct ingest *ingest, const struct tracked_set *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		owners_release(ingest->shared->owners, set->items[i]->ref, ingest->instance);
}

void ingest_detach(struct ingest *ingest)
{
	let_go(ingest, &ingest->set);
	let_go(ingest, &ingest->inherited);
	ingest->shared = NULL;
}

void ingest_destroy(struct ingest *ingest)
{
	if (!ingest)
		return;
	if (ingest->shared)
		ingest_detach(ingest);
	for (uint32_t i = 0; i < ingest->n_derived; i++) {
		shared_metric_release(ingest->derived[i].count);
		shared_metric_release(ingest->derived[i].sum);
		shared_metric_release(ingest->derived[i].bucket);
	}
	free(ingest->derived);
	tracked_set_fini(&ingest->set);
	tracked_set_fini(&ingest->inherited);
	series_maker_fini(&ingest->maker);
	outgoing_fini(&ingest->out);
	free(ingest->slots);
	free(ingest);
}

uint32_t ingest_live(const struct ingest *ingest) { return atomic_load_explicit(&ingest->live, memory_order_relaxed); }
kymo_ms ingest_last_at(const struct ingest *ingest) { return atomic_load_explicit(&ingest->last_at, memory_order_relaxed); }

/* ---- one sample ---- */

int ingest_put(struct ingest *ingest, struct tracked *tracked, double before, double value, kymo_ms at, kymo_ms batch_at)
{
	int r = 0;

	if (!tracked->begun && tracked->from_zero)
		r = outgoing_add(&ingest->out, tracked, before, at - 1, before == 0 ? KYMO_RESET : 0, batch_at);
	if (r == 0)
		r = outgoing_add(&ingest->out, tracked, value, at, 0, batch_at);
	if (r < 0)
		return r;
	tracked->begun = true;
	tracked->seen = ingest->collect;
	tracked->last_at = at;
	tracked_set_live(&ingest->set, tracked, true);
	return 0;
}

/* The staleness mark is the host's to set; a plugin's NaN is a plain one. */
static double plain_value(double v)
{
	return value_is_stale(v) ? value_of_bits(NAN_BITS) : v;
}

static bool time_is_good(struct kymo_batch *batch, const struct tracked *tracked, kymo_ms at)
{
	if (at > 0 && at <= batch->at + FUTURE_MOST)
		return true;
	batch_refuse(batch, BATCH_INVALID, "metric %.64s: its time %lld is %s", tracked->metric->metric->name, (long long)at,
		     at > 0 ? "more than 10 minutes ahead" : "before 1970");
	return false;
}

static struct tracked *make_tracked(struct ingest *ingest, struct kymo_batch *batch, const struct batch_entry *entry,
				    uint64_t hash)
{
	struct shared_metric *metric = metrics_get(ingest->metrics, entry->metric);
	struct tracked *tracked = series_maker_make(&ingest->maker, &ingest->set, metric, entry, NULL, true, hash, batch);

	if (tracked)
		tracked->from_zero = metric->metric->type == KYMO_COUNTER && metric->metric->flags & KYMO_FROM_ZERO;
	return tracked;
}

/* Its series: that of the same place in the last collect, if its key is the same, else by the key. */
static struct tracked *find_tracked(struct ingest *ingest, struct kymo_batch *batch, const struct batch_entry *entry,
				    struct tracked *likely)
{
	struct tracked *found;
	uint64_t hash;

	if (likely && likely->key_len == entry->key_len && !memcmp(likely->bytes, entry->key, entry->key_len))
		return likely;
	hash = hash_bytes(entry->key, entry->key_len);
	found = tracked_find(&ingest->set, entry->key, entry->key_len, hash);
	return found ? found : make_tracked(ingest, batch, entry, hash);
}

/* Only when it is new: the store remembers. */
static void tell_decimals(const struct ingest *ingest, struct tracked *tracked, uint8_t decimals)
{
	if (decimals <= tracked->decimals)
		return;
	tracked->decimals = decimals;
	store_hint_decimals(ingest->shared->store, tracked->ref, decimals);
}

static void take_sample(struct ingest *ingest, struct kymo_batch *batch, const struct batch_entry *entry,
			struct tracked *tracked)
{
	tell_decimals(ingest, tracked, entry->decimals);
	if (tracked->metric->metric->type == KYMO_HISTOGRAM)
		ingest_observe(ingest, tracked, entry->value, batch);
	else if (time_is_good(batch, tracked, entry->at) &&
		 ingest_put(ingest, tracked, 0, plain_value(entry->value), entry->at, batch->at) < 0)
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
}

static bool room_for_slots(struct ingest *ingest, uint32_t n)
{
	struct tracked **slots;

	if (n <= ingest->slots_room)
		return true;
	slots = realloc(ingest->slots, n * sizeof *slots);
	if (!slots)
		return false;
	ingest->slots = slots;
	ingest->slots_room = n;
	return true;
}

/* A row of samples is often of one series (observations), so the one before is likely too. */
static struct tracked *likely_of(const struct ingest *ingest, uint32_t i, const struct batch_entry *entry)
{
	const struct tracked *before = i ? ingest->slots[i - 1] : NULL;

	if (before && before->histogram && before->key_len == entry->key_len)
		return ingest->slots[i - 1];
	return i < ingest->set.n_slots ? ingest->set.slots[i] : NULL;
}

static void take_samples(struct ingest *ingest, struct kymo_batch *batch)
{
	struct batch_cursor cursor = { 0 };
	struct batch_entry entry;

	if (!room_for_slots(ingest, batch->n)) {
		batch_refuse(batch, BATCH_LIMIT, "out of memory");
		return;
	}
	for (uint32_t i = 0; batch_next(batch, &cursor, &entry); i++) {
		ingest->slots[i] = find_tracked(ingest, batch, &entry, likely_of(ingest, i, &entry));
		if (ingest->slots[i])
			take_sample(ingest, batch, &entry, ingest->slots[i]);
	}
	tracked_keep_keys(&ingest->set, batch, ingest->slots);
}

/* ---- what has ended ---- */

static void put_end(struct ingest *ingest, struct tracked *tracked, kymo_ms at, kymo_ms batch_at)
{
	if (at <= tracked->last_at)
		at = tracked->last_at + 1;
	if (tracked->metric->metric->type == KYMO_HISTOGRAM)
		outgoing_add_window(&ingest->out, tracked, at, &ingest->ended);
	else
		outgoing_add(&ingest->out, tracked, value_stale(), at, KYMO_STALE, batch_at);
	tracked->last_at = at;
}

/* Live series that this collect did not have. */
static void put_ends(struct ingest *ingest, kymo_ms at)
{
	ingest->ended.start = ingest->ended.end = ingest->ended.first_at = ingest->ended.last_at = at;
	for (uint32_t i = 0; i < ingest->set.n; i++) {
		struct tracked *tracked = ingest->set.items[i];

		if (!tracked->live || tracked->seen == ingest->collect)
			continue;
		put_end(ingest, tracked, at, at);
		tracked_set_live(&ingest->set, tracked, false);
	}
}

static bool has_ref(const void *owner, uint32_t item, const void *key)
{
	return ((const struct tracked_set *)owner)->items[item]->ref == *(const series_ref *)key;
}

/* Inherited series that have come back belong to the set. */
static void mark_returned(struct ingest *ingest)
{
	struct tracked_set *inherited = &ingest->inherited;
	struct map map = { 0 };

	for (uint32_t i = 0; i < inherited->n; i++)
		map_add(&map, hash_bytes(&inherited->items[i]->ref, sizeof(series_ref)), i);
	for (uint32_t i = 0; i < ingest->set.n; i++) {
		const series_ref *ref = &ingest->set.items[i]->ref;
		uint32_t item = map_find(&map, hash_bytes(ref, sizeof *ref), ref, has_ref, inherited);

		if (item != MAP_NONE)
			tracked_set_live(inherited, inherited->items[item], false);
	}
	map_fini(&map);
}

/* Once, in the first collect: those that have not come back have ended. They are let go when that is stored. */
static void put_inherited_ends(struct ingest *ingest, kymo_ms at)
{
	if (!ingest->inherited.n)
		return;
	mark_returned(ingest);
	for (uint32_t i = 0; i < ingest->inherited.n; i++)
		if (ingest->inherited.items[i]->live)
			put_end(ingest, ingest->inherited.items[i], at, at);
}

static void drop_inherited(struct ingest *ingest)
{
	for (uint32_t i = 0; i < ingest->inherited.n; i++)
		if (ingest->inherited.items[i]->live)
			owners_release(ingest->shared->owners, ingest->inherited.items[i]->ref, ingest->instance);
	tracked_set_fini(&ingest->inherited);
}

/*
 * A counter from zero is kept longer: forgotten and come back it would get a reset
 * mark. After a day that counts its value once too often, which is the price of
 * not remembering everything for ever.
 */
static bool is_dead(void *data, struct tracked *tracked)
{
	struct ingest *ingest = data;
	kymo_ms keep = tracked->from_zero ? DEAD_COUNTER : 0;

	if (tracked->live || tracked->histogram || !tracked->key_len || tracked->last_at + keep >= ingest->collected_at)
		return false;
	owners_release(ingest->shared->owners, tracked->ref, ingest->instance);
	return true;
}

static void forget_dead(struct ingest *ingest)
{
	uint32_t dead = ingest->set.n - ingest->set.n_live;

	if (dead <= DEAD_MOST + ingest->set.n_live || ingest->collect % 64)
		return;
	tracked_drop(&ingest->set, is_dead, ingest);
	ingest->plain = false;
}

/* ---- out ---- */

/* The store has let series go that had no samples for long: get them anew. */
static void renew(struct ingest *ingest)
{
	struct outgoing *out = &ingest->out;

	for (uint32_t i = 0; i < out->n; i++) {
		if (!(out->flags[i] & KYMO_STALE))
			series_renew(&ingest->maker, out->from[i]);
		out->refs[i] = out->from[i]->ref;
		if (out->from[i]->decimals)
			store_hint_decimals(ingest->shared->store, out->refs[i], out->from[i]->decimals);
	}
	for (uint32_t i = 0; i < out->n_distributions; i++) {
		if (!out->distributions[i].window->ended)
			series_renew(&ingest->maker, out->distributed[i]);
		out->distributions[i].ref = out->distributed[i]->ref;
	}
}

static uint32_t refused_of(const struct store_appended *appended)
{
	uint32_t sum = 0;

	for (int i = 0; i < REFUSALS; i++)
		sum += appended->refused[i];
	return sum;
}

static void append(struct ingest *ingest, kymo_ms at, struct ingested *done)
{
	struct store_batch batch = outgoing_batch(&ingest->out, at);
	struct store_appended appended = { 0 };

	done->result = store_append(ingest->shared->store, &batch, &appended);
	done->stored = appended.stored;
	if (appended.refused[REFUSED_UNKNOWN]) {
		renew(ingest);
		batch = outgoing_batch(&ingest->out, at);
		memset(&appended, 0, sizeof appended);
		done->result = store_append(ingest->shared->store, &batch, &appended);
		done->stored += appended.stored;
	}
	done->refused = refused_of(&appended);
}

static void send(struct ingest *ingest, kymo_ms at, struct ingested *done)
{
	struct points *points;

	*done = (struct ingested){ 0 };
	if (!ingest->out.n && !ingest->out.n_distributions)
		return;
	append(ingest, at, done);
	atomic_store_explicit(&ingest->live, ingest->set.n_live, memory_order_relaxed);
	atomic_store_explicit(&ingest->last_at, at, memory_order_relaxed);
	if (!fanout_wants(ingest->shared->fanout, KYMO_RAW))
		return;
	points = outgoing_points(&ingest->out);
	if (points)
		fanout_push(ingest->shared->fanout, points);
	points_release(points);
}

/* ---- a collect ---- */

/* The same keys as last time, and `out` still is what those gave: new values are all there is to do. */
static bool refill(struct ingest *ingest, const struct kymo_batch *batch)
{
	struct outgoing *out = &ingest->out;
	bool wanted = fanout_wants(ingest->shared->fanout, KYMO_RAW);

	if (!ingest->plain || batch->times || !tracked_same_keys(&ingest->set, batch))
		return false;
	for (uint32_t i = 0; i < batch->n; i++)
		out->values[i] = plain_value(batch->values[i]);
	for (uint32_t i = 0; wanted && i < batch->n; i++)
		out->times[i] = batch->at;
	return true;
}

/* One sample for each of the batch, in its order, and nothing else. */
static bool is_plain(const struct ingest *ingest, const struct kymo_batch *batch)
{
	if (ingest->out.n != batch->n || !ingest->out.same_time || ingest->n_histograms || ingest->set.n_slots != batch->n)
		return false;
	for (uint32_t i = 0; i < ingest->out.n; i++)
		if (ingest->out.flags[i])
			return false;
	return true;
}

static void rebuild(struct ingest *ingest, struct kymo_batch *batch)
{
	ingest->collect++;
	outgoing_clear(&ingest->out);
	take_samples(ingest, batch);
	ingest_put_histograms(ingest, batch);
	put_ends(ingest, batch->at);
	put_inherited_ends(ingest, batch->at);
	ingest->plain = is_plain(ingest, batch);
}

void ingest_batch(struct ingest *ingest, struct kymo_batch *batch, struct ingested *done)
{
	if (!refill(ingest, batch))
		rebuild(ingest, batch);
	send(ingest, batch->at, done);
	ingest_settle_histograms(ingest, batch->at);
	drop_inherited(ingest);
	ingest->collected_at = batch->at;
	forget_dead(ingest);
}

void ingest_end(struct ingest *ingest, kymo_ms at, struct ingested *done)
{
	ingest->collect++;
	ingest->plain = false;
	outgoing_clear(&ingest->out);
	put_ends(ingest, at);
	put_inherited_ends(ingest, at);
	send(ingest, at, done);
	drop_inherited(ingest);
	ingest->collected_at = at;
}

/* ---- from one instance to its successor ---- */

static int inherit_set(struct ingest *to, const struct tracked_set *set, uint32_t from)
{
	for (uint32_t i = 0; i < set->n; i++) {
		const struct tracked *old = set->items[i];
		struct tracked *copy;

		if (!old->live)
			continue;
		copy = tracked_add(&to->inherited, old->ref, old->metric, old->labels, NULL, 0, 0);
		if (!copy)
			return -ENOMEM;
		copy->last_at = old->last_at;
		tracked_set_live(&to->inherited, copy, true);
		owners_move(to->shared->owners, old->ref, from, to->instance);
	}
	return 0;
}

int ingest_inherit(struct ingest *to, struct ingest *from)
{
	int r = inherit_set(to, &from->set, from->instance);

	if (r == 0)
		r = inherit_set(to, &from->inherited, from->instance);
	if (r < 0)
		ingest_give_back(to, from);
	return r;
}

static void give_back_set(struct ingest *to, struct ingest *from, const struct tracked_set *set)
{
	for (uint32_t i = 0; i < set->n; i++)
		owners_move(from->shared->owners, set->items[i]->ref, to->instance, from->instance);
}

void ingest_give_back(struct ingest *to, struct ingest *from)
{
	give_back_set(to, from, &from->set);
	give_back_set(to, from, &from->inherited);
	tracked_set_fini(&to->inherited);
}
