/* SPDX-License-Identifier: MIT */
/*
 * cache.c - entries in the order of their last use, found by comparing keys: there
 * are tens of them, each worth a query. An entry is one piece of memory that does
 * not change; who reads it copies under the lock.
 */
#include "eval/cache.h"
#include "util/hash.h"

#include <pthread.h>

#define SHARE_MOST 16			/* no answer takes more than that part of the cache */

struct entry {
	struct entry *next;		/* used less lately */
	uint64_t hash, changes, bytes;
	char *text;
	kymo_ms step, phase, lookback;
	uint32_t tier;
	struct steps steps;		/* the points that are kept */
	uint32_t n;
	struct column *columns;		/* of steps.n values */
	struct buf warnings, infos;	/* texts, each with a NUL */
};

struct cache {
	struct store *store;
	pthread_mutex_t guard;
	uint64_t room;
	struct entry *newest;
	struct cache_stats stats;
};

static void entry_destroy(struct entry *entry)
{
	if (!entry)
		return;
	for (uint32_t i = 0; i < entry->n; i++)
		free(entry->columns[i].values);
	free(entry->columns);
	free(entry->text);
	buf_fini(&entry->warnings);
	buf_fini(&entry->infos);
	free(entry);
}

struct cache *cache_create(struct store *store, uint64_t bytes)
{
	struct cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		return NULL;
	cache->store = store;
	cache->room = bytes;
	pthread_mutex_init(&cache->guard, NULL);
	return cache;
}

/* The least lately used go until the rest fits. */
static void shrink(struct cache *cache)
{
	struct entry **at = &cache->newest;
	uint64_t bytes = 0;

	while (*at && bytes + (*at)->bytes <= cache->room) {
		bytes += (*at)->bytes;
		at = &(*at)->next;
	}
	while (*at) {
		struct entry *gone = *at;

		*at = gone->next;
		cache->stats.entries--;
		entry_destroy(gone);
	}
	cache->stats.bytes = bytes;
}

void cache_resize(struct cache *cache, uint64_t bytes)
{
	pthread_mutex_lock(&cache->guard);
	cache->room = bytes;
	shrink(cache);
	pthread_mutex_unlock(&cache->guard);
}

void cache_destroy(struct cache *cache)
{
	if (!cache)
		return;
	cache_resize(cache, 0);
	pthread_mutex_destroy(&cache->guard);
	free(cache);
}

void cache_stats(struct cache *cache, struct cache_stats *stats)
{
	pthread_mutex_lock(&cache->guard);
	*stats = cache->stats;
	pthread_mutex_unlock(&cache->guard);
}

uint64_t cache_watch(struct cache *cache, kymo_ms now)
{
	store_watch_past(cache->store, now - CACHE_FRESH);
	return store_past_changes(cache->store);
}

/* ---- what can be kept ---- */

static bool is_fixed(const struct shift *shift)
{
	return shift->at != AT_NONE || shift->offset < 0;
}

/* What is kept is for queries that begin and end elsewhere. */
static bool tells_the_query(enum function_id id)
{
	return id == FN_START || id == FN_END || id == FN_RANGE;
}

static bool takes_all(const struct node *const *nodes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!cache_takes(nodes[i]))
			return false;
	return true;
}

/* Depth: that of the tree, which the parser limits. */
bool cache_takes(const struct node *root)
{
	switch (root->kind) {
	case NODE_NUMBER:
	case NODE_STRING:
		return true;
	case NODE_PAREN:
		return cache_takes(root->inner);
	case NODE_SELECTOR:
		return !is_fixed(&root->selector.shift) && root->selector.extent != EXTENT_SMOOTHED;	/* which looks ahead */
	case NODE_SUBQUERY:
		return !is_fixed(&root->subquery.shift) && cache_takes(root->subquery.inner);
	case NODE_UNARY:
		return cache_takes(root->unary.inner);
	case NODE_BINARY:
		return cache_takes(root->binary.left) && cache_takes(root->binary.right);
	case NODE_AGGREGATE:
		return cache_takes(root->aggregate.inner) && (!root->aggregate.param || cache_takes(root->aggregate.param));
	case NODE_CALL:
		return !tells_the_query(root->call.function->id) && takes_all(root->call.args, root->call.n_args);
	}
	return false;
}

/* ---- finding ---- */

static uint64_t key_hash(const struct cache_key *key)
{
	return hash_bytes(key->text, strlen(key->text)) ^ (uint64_t)key->step * 3 ^ (uint64_t)key->phase * 5 ^ (uint64_t)key->lookback * 7 ^ key->tier;
}

static bool is_of(const struct entry *entry, const struct cache_key *key, uint64_t hash)
{
	return entry->hash == hash && entry->step == key->step && entry->phase == key->phase && entry->lookback == key->lookback &&
	       entry->tier == key->tier && !strcmp(entry->text, key->text);
}

/* Taken out of the list; NULL: there is none. */
static struct entry *take(struct cache *cache, const struct cache_key *key)
{
	uint64_t hash = key_hash(key);

	for (struct entry **at = &cache->newest; *at; at = &(*at)->next)
		if (is_of(*at, key, hash)) {
			struct entry *found = *at;

			*at = found->next;
			cache->stats.entries--;
			cache->stats.bytes -= found->bytes;
			return found;
		}
	return NULL;
}

static void put(struct cache *cache, struct entry *entry)
{
	entry->next = cache->newest;
	cache->newest = entry;
	cache->stats.entries++;
	cache->stats.bytes += entry->bytes;
	shrink(cache);
}

static void add_notes(const struct buf *texts, struct notes *notes)
{
	const char *at = (const char *)texts->data;

	for (size_t done = 0; done < texts->len; done += strlen(at + done) + 1)
		notes_add(notes, "%s", at + done);
}

static int copy_column(const struct column *from, uint32_t skip, uint32_t n, struct matrix *held)
{
	struct column *to = matrix_add_empty(held, from->labels);

	if (!to)
		return -1;
	memcpy(to->values, from->values + skip, n * sizeof *to->values);
	return 0;
}

/* How many points of the entry stand at the front of those. */
static uint32_t overlap(const struct entry *entry, const struct steps *steps, uint32_t *skip)
{
	kymo_ms last = steps_end(&entry->steps), before = steps->start - entry->steps.start;
	uint64_t n;

	if (before < 0 || steps->start > last)
		return 0;
	*skip = (uint32_t)(before / entry->step);
	n = (uint64_t)(last - steps->start) / (uint64_t)entry->step + 1;
	return n < steps->n ? (uint32_t)n : steps->n;
}

static uint32_t copy_points(const struct entry *entry, const struct steps *steps, struct eval *eval, struct matrix *held)
{
	uint32_t skip = 0, n = overlap(entry, steps, &skip);

	for (uint32_t i = 0; i < entry->n && n; i++)
		if (copy_column(&entry->columns[i], skip, n, held) < 0)
			return 0;
	if (n) {
		add_notes(&entry->warnings, &eval->warnings);
		add_notes(&entry->infos, &eval->infos);
	}
	return n;
}

uint32_t cache_find(struct cache *cache, const struct cache_key *key, const struct steps *steps, struct eval *eval, struct matrix *held)
{
	struct entry *entry;
	uint32_t n = 0;

	pthread_mutex_lock(&cache->guard);
	entry = take(cache, key);
	if (entry && entry->changes != store_past_changes(cache->store)) {
		entry_destroy(entry);
		entry = NULL;
	}
	if (entry) {
		n = copy_points(entry, steps, eval, held);
		put(cache, entry);
	}
	cache->stats.hits += n > 0;
	cache->stats.misses += n == 0;
	pthread_mutex_unlock(&cache->guard);
	return n;
}

/* ---- keeping ---- */

static bool is_empty(const double *values, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!is_absent(values[i]))
			return false;
	return true;
}

/* Values, then labels, in one piece, as in a matrix. */
static bool keep_column(struct entry *entry, const struct column *from)
{
	size_t values = entry->steps.n * sizeof(double);
	uint8_t *memory;

	if (is_empty(from->values, entry->steps.n))
		return true;
	memory = malloc(values + from->labels.size);
	if (!memory)
		return false;
	memcpy(memory, from->values, values);
	if (from->labels.size)
		memcpy(memory + values, from->labels.data, from->labels.size);
	entry->columns[entry->n++] = (struct column){ { memory + values, from->labels.size }, (double *)(void *)memory };
	entry->bytes += values + from->labels.size + sizeof(struct column);
	return true;
}

static bool keep_all(struct entry *entry, const struct eval *eval, const struct matrix *matrix)
{
	entry->columns = calloc((size_t)matrix->n + 1, sizeof *entry->columns);
	if (!entry->text || !entry->columns)
		return false;
	for (uint32_t i = 0; i < matrix->n; i++)
		if (!keep_column(entry, &matrix->columns[i]))
			return false;
	buf_add(&entry->warnings, eval->warnings.text.data, eval->warnings.text.len);
	buf_add(&entry->infos, eval->infos.text.data, eval->infos.text.len);
	entry->bytes += sizeof *entry + strlen(entry->text) + entry->warnings.len + entry->infos.len;
	return !buf_failed(&entry->warnings) && !buf_failed(&entry->infos);
}

void cache_keep(struct cache *cache, const struct cache_key *key, const struct steps *steps, uint64_t changes, kymo_ms now,
		const struct eval *eval, const struct matrix *matrix)
{
	kymo_ms until = now - CACHE_FRESH;
	struct entry *entry;
	uint64_t n;

	if (until < steps->start || steps->n < 2)
		return;
	n = (uint64_t)(until - steps->start) / (uint64_t)steps->step + 1;
	entry = calloc(1, sizeof *entry);
	if (!entry)
		return;
	*entry = (struct entry){ .hash = key_hash(key), .changes = changes, .text = strdup(key->text), .step = key->step, .phase = key->phase,
				 .lookback = key->lookback, .tier = key->tier, .steps = *steps };
	entry->steps.n = n < steps->n ? (uint32_t)n : steps->n;
	if (!keep_all(entry, eval, matrix)) {
		entry_destroy(entry);
		return;
	}
	pthread_mutex_lock(&cache->guard);
	entry_destroy(take(cache, key));
	if (entry->bytes <= cache->room / SHARE_MOST)
		put(cache, entry);
	else
		entry_destroy(entry);
	pthread_mutex_unlock(&cache->guard);
}
