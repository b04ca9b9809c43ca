/* SPDX-License-Identifier: MIT */
/*
 * policies.c - a name is matched against the patterns once and then found in a map.
 *
 * Raw resolution is kept on the way in, not in files: a sample that is not taken is
 * in no record either, so every tier says the same of a window, whenever and from
 * what it is computed.
 */
#include "store/policies.h"
#include "store/raw.h"
#include "model/pattern.h"
#include "util/hash.h"
#include "util/map.h"

#include <errno.h>
#include <stdlib.h>

/* A name that was asked for. */
struct known {
	const struct policy *policy;
	uint32_t name, len;		/* in `names` */
};

struct policies {
	struct policies *before;
	uint32_t n;
	bool sifts;			/* one of them drops or thins out */
	struct policy *policy;

	pthread_mutex_t lock;		/* of what follows */
	struct map map;
	uint32_t n_known, room_known;
	struct known *known;
	struct buf names;

	/* With the append lock. */
	uint32_t room, room_distributions;
	series_ref *refs;
	kymo_ms *times;
	double *values;
	struct store_distribution *distributions;
};

/* ---- taking over ---- */

static void match_free(const struct policy *policy)
{
	for (uint32_t i = 0; policy->match && i < policy->n_match; i++)
		free((void *)(uintptr_t)policy->match[i]);
	free((void *)(uintptr_t)policy->match);
}

static void destroy(struct policies *p)
{
	for (uint32_t i = 0; p->policy && i < p->n; i++)
		match_free(&p->policy[i]);
	free(p->policy);
	map_fini(&p->map);
	free(p->known);
	buf_fini(&p->names);
	free(p->refs);
	free(p->times);
	free(p->values);
	free(p->distributions);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static int policy_copy(struct policy *to, const struct policy *from)
{
	const char **match = calloc((size_t)from->n_match + 1, sizeof *match);

	*to = *from;
	to->match = match;
	for (uint32_t i = 0; match && i < from->n_match; i++)
		if (!(match[i] = strdup(from->match[i])))
			return -ENOMEM;
	return match ? 0 : -ENOMEM;
}

static struct policies *create(const struct policy *policies, uint32_t n)
{
	struct policies *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	p->policy = calloc((size_t)n + 1, sizeof *p->policy);
	for (; p->policy && p->n < n; p->n++) {
		if (policy_copy(&p->policy[p->n], &policies[p->n]) < 0) {
			p->n++;
			destroy(p);
			return NULL;
		}
		p->sifts |= policies[p->n].drop || policies[p->n].resolution;
	}
	if (!p->policy) {
		destroy(p);
		return NULL;
	}
	return p;
}

static bool is_same(const struct policy *a, const struct policy *b)
{
	if (a->n_match != b->n_match || a->resolution != b->resolution || a->drop != b->drop)
		return false;
	for (uint32_t i = 0; i < a->n_match; i++)
		if (strcmp(a->match[i], b->match[i]) != 0)
			return false;
	return !memcmp(a->retention, b->retention, sizeof a->retention) && !memcmp(a->schema, b->schema, sizeof a->schema);
}

static bool are_same(const struct policies *p, const struct policy *policies, uint32_t n)
{
	if (!p || p->n != n)
		return !p && n == 0;
	for (uint32_t i = 0; i < n; i++)
		if (!is_same(&p->policy[i], &policies[i]))
			return false;
	return true;
}

int policies_take(struct store *store, const struct policy *policies, uint32_t n)
{
	struct policies *before = atomic_load(&store->policies), *p;

	if (are_same(before, policies, n))
		return 0;
	p = create(policies, n);
	if (!p)
		return -ENOMEM;
	p->before = before;
	atomic_store(&store->policies, p);
	return 0;
}

void policies_destroy(struct store *store)
{
	for (struct policies *p = atomic_load(&store->policies), *before; p; p = before) {
		before = p->before;
		destroy(p);
	}
}

/* ---- looking up ---- */

struct name {
	const char *text;
	size_t n;
};

static bool has_name(const void *owner, uint32_t item, const void *key)
{
	const struct policies *p = owner;
	const struct known *known = &p->known[item];
	const struct name *name = key;

	return known->len == name->n && !memcmp(p->names.data + known->name, name->text, name->n);
}

static const struct policy *match(const struct policies *p, const struct name *name)
{
	for (uint32_t i = 0; i < p->n; i++)
		for (uint32_t j = 0; j < p->policy[i].n_match; j++)
			if (pattern_match(p->policy[i].match[j], name->text, name->n))
				return &p->policy[i];
	return NULL;
}

/* Without the memory for it the name is matched again the next time. */
static void remember(struct policies *p, const struct name *name, uint64_t hash, const struct policy *policy)
{
	if (p->n_known == p->room_known) {
		uint32_t room = p->room_known ? p->room_known * 2 : 64;
		struct known *more = realloc(p->known, room * sizeof *more);

		if (!more)
			return;
		p->known = more;
		p->room_known = room;
	}
	p->known[p->n_known] = (struct known){ policy, (uint32_t)p->names.len, (uint32_t)name->n };
	buf_add(&p->names, name->text, name->n);
	if (buf_failed(&p->names) || map_add(&p->map, hash, p->n_known) < 0) {
		p->names.failed = false;
		p->names.len = p->known[p->n_known].name;
		return;
	}
	p->n_known++;
}

static const struct policy *find(struct policies *p, const char *text, size_t n)
{
	struct name name = { text, n };
	uint64_t hash = hash_bytes(text, n);
	const struct policy *policy;
	LOCK(&p->lock);
	uint32_t at = map_find(&p->map, hash, &name, has_name, p);

	if (at != MAP_NONE)
		return p->known[at].policy;
	policy = match(p, &name);
	remember(p, &name, hash, policy);
	return policy;
}

const struct policy *policy_of(struct store *store, const char *name, size_t n)
{
	struct policies *p = atomic_load(&store->policies);

	return p && p->n ? find(p, name, n) : NULL;
}

/* ---- retention ---- */

kymo_ms policy_retention(const struct policy *policy, const struct store_options *options, enum kymo_tier tier)
{
	return policy && policy->retention[tier] ? policy->retention[tier] : options->retention[tier];
}

kymo_ms policies_shortest(struct store *store, const struct store_options *options, enum kymo_tier tier)
{
	const struct policies *p = atomic_load(&store->policies);
	kymo_ms shortest = options->retention[tier];

	for (uint32_t i = 0; p && i < p->n; i++)
		if (p->policy[i].retention[tier] && p->policy[i].retention[tier] < shortest)
			shortest = p->policy[i].retention[tier];
	return shortest;
}

static bool any_retention(const struct policies *p, enum kymo_tier tier)
{
	for (uint32_t i = 0; p && i < p->n; i++)
		if (p->policy[i].retention[tier])
			return true;
	return false;
}

static kymo_ms retention_of(struct store *store, series_ref ref, const struct store_options *options, enum kymo_tier tier)
{
	const struct series *series = index_series(store->index, ref);
	const struct metric *metric = series ? series->metric->metric : NULL;

	return policy_retention(metric ? policy_of(store, metric->name, metric->name_len) : NULL, options, tier);
}

/* Of series that cannot be read nobody knows: as long as anything is kept. */
kymo_ms policies_block_retention(struct store *store, struct block *block, const struct store_options *options)
{
	enum kymo_tier tier = block_tier(block);
	struct block_walk walk = block_walk_past(block);
	struct block_series series;
	kymo_ms longest = 0;
	int r;

	if (!any_retention(atomic_load(&store->policies), tier))
		return options->retention[tier];
	index_lock(store->index);
	while (longest != FOREVER && (r = block_walk_next(&walk, &series))) {
		kymo_ms retention = r < 0 ? FOREVER : retention_of(store, series.ref, options, tier);

		longest = retention > longest ? retention : longest;
	}
	index_unlock(store->index);
	block_walk_end(&walk);
	return longest;
}

/* ---- what is let in ---- */

static int reserve(struct policies *p, const struct store_batch *batch)
{
	if (batch->n > p->room) {
		free(p->refs);
		free(p->times);
		free(p->values);
		p->refs = malloc(batch->n * sizeof *p->refs);
		p->times = malloc(batch->n * sizeof *p->times);
		p->values = malloc(batch->n * sizeof *p->values);
		p->room = p->refs && p->times && p->values ? batch->n : 0;
	}
	if (batch->n_distributions > p->room_distributions) {
		free(p->distributions);
		p->distributions = malloc(batch->n_distributions * sizeof *p->distributions);
		p->room_distributions = p->distributions ? batch->n_distributions : 0;
	}
	return batch->n > p->room || batch->n_distributions > p->room_distributions ? -ENOMEM : 0;
}

struct sifting {
	struct store *store;
	struct policies *policies;
	struct store_appended *done;
	series_ref ref;			/* the last one whose sample was taken, and when */
	kymo_ms taken;
};

static const struct policy *policy_for(struct sifting *sifting, series_ref ref, const struct series **series)
{
	*series = index_series(sifting->store->index, ref);
	if (!*series)
		return NULL;
	return find(sifting->policies, (*series)->metric->metric->name, (*series)->metric->metric->name_len);
}

/* Is there a sample in the span of `at` already? A late one has to be looked for. 1, 0, -ENOMEM. */
static int span_taken(struct sifting *sifting, series_ref ref, const struct series *series, kymo_ms at, kymo_ms span)
{
	struct store *store = sifting->store;
	kymo_ms last = sifting->ref == ref ? sifting->taken : head_last(&store->head, series).at;
	kymo_ms end = window_end_of(at, span);
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	int r;

	if (last == INT64_MIN || last <= end - span)
		return 0;
	if (last <= end)
		return 1;
	r = raw_open(store, NULL, ref, end - span, end, &reader);
	return r < 0 ? r : raw_next(reader, &piece);
}

/* 1: it is stored; 0: it is not, and counted. -ENOMEM. */
static int sift(struct sifting *sifting, series_ref ref, kymo_ms at, double value)
{
	const struct series *series;
	const struct policy *policy = policy_for(sifting, ref, &series);
	int taken;

	if (policy && policy->drop) {
		sifting->done->dropped++;
		return 0;
	}
	if (policy && policy->resolution && !value_is_stale(value)) {
		taken = span_taken(sifting, ref, series, at, policy->resolution);
		if (taken < 0)
			return taken;
		if (taken) {
			sifting->done->thinned++;
			return 0;
		}
		sifting->ref = ref;
		sifting->taken = at;
	}
	return 1;
}

static int sift_samples(struct sifting *sifting, const struct store_batch *batch, struct store_batch *out)
{
	struct policies *p = sifting->policies;
	uint32_t n = 0;

	for (uint32_t i = 0; i < batch->n; i++) {
		kymo_ms at = batch->times ? batch->times[i] : batch->at;
		int r = sift(sifting, batch->refs[i], at, batch->values[i]);

		if (r < 0)
			return r;
		p->refs[n] = batch->refs[i];
		p->times[n] = at;
		p->values[n] = batch->values[i];
		n += (uint32_t)r;
	}
	if (n == batch->n)
		return 0;
	out->n = n;
	out->refs = p->refs;
	out->values = p->values;
	out->times = batch->times ? p->times : NULL;
	return 0;
}

/* Observations are not thinned out: they are sums over the time between already. */
static void sift_distributions(struct sifting *sifting, const struct store_batch *batch, struct store_batch *out)
{
	struct policies *p = sifting->policies;
	uint32_t n = 0;

	for (uint32_t i = 0; i < batch->n_distributions; i++) {
		const struct series *series;
		const struct policy *policy = policy_for(sifting, batch->distributions[i].ref, &series);
		bool drop = policy && policy->drop;

		p->distributions[n] = batch->distributions[i];
		n += !drop;
		sifting->done->dropped += drop;
	}
	if (n == batch->n_distributions)
		return;
	out->n_distributions = n;
	out->distributions = p->distributions;
}

int policies_filter(struct store *store, const struct store_batch *batch, struct store_batch *out, struct store_appended *done)
{
	struct sifting sifting = { .store = store, .policies = atomic_load(&store->policies), .done = done };
	int r;

	*out = *batch;
	if (!sifting.policies || !sifting.policies->sifts)
		return 0;
	r = reserve(sifting.policies, batch);
	if (r < 0)
		return r;
	index_lock(store->index);
	r = sift_samples(&sifting, batch, out);
	sift_distributions(&sifting, batch, out);
	index_unlock(store->index);
	return r;
}
