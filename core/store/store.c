/* SPDX-License-Identifier: MIT */
/*
 * store.c - the facade: opening, closing, options, and what there is in numbers.
 * append.c, series_view.c and maintain.c have the rest of store.h.
 */
#include "store/downsample.h"
#include "store/maintain.h"
#include "store/retention.h"
#include "store/policies.h"
#include "store/sizes.h"
#include "util/file.h"

#include <errno.h>
#include <stdlib.h>

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

struct store_options store_options_preset(const char *path)
{
	return (struct store_options){
		.path = path,
		.retention = { DAY, 7 * DAY, 30 * DAY, 365 * DAY },
		.out_of_order = 600000,
		.cleanup = HOUR, .sync = 1000, .flush = 2 * HOUR,
		.series = 1000000, .series_per_metric = 20000,
	};
}

struct store_options store_settings(struct store *store)
{
	LOCK(&store->options_lock);

	return store->options;
}

static void take_options(struct store *store, const struct store_options *options)
{
	LOCK(&store->append_lock);
	LOCK(&store->options_lock);

	store->options = *options;
	store->options.path = store->path;
	store->options.clock = store->clock;
	store->options.manual = store->manual;
	store->options.policies = NULL;	/* policies.c has them */
	store->options.n_policies = 0;
}

void store_watch_past(struct store *store, kymo_ms until)
{
	kymo_ms now = atomic_load(&store->past_until);

	while (until > now && !atomic_compare_exchange_weak(&store->past_until, &now, until))
		;
}

uint64_t store_past_changes(const struct store *store)
{
	return atomic_load(&store->past_changes);
}

void store_configure(struct store *store, const struct store_options *options)
{
	if (policies_take(store, options->policies, options->n_policies) < 0)
		log_error(LOG_STORE, "%s: out of memory: the policies stay as they were", store->path);
	take_options(store, options);
	atomic_fetch_add(&store->past_changes, 1);
}

const char *store_path(const struct store *store)
{
	return store->path;
}

/* ---- opening and closing ---- */

static struct store *store_create(const struct store_options *options)
{
	struct store *store = calloc(1, sizeof *store);

	if (!store)
		return NULL;
	store->lock_fd = -1;
	store->clock = options->clock ? options->clock : &clock_system;
	store->manual = options->manual;
	pthread_mutex_init(&store->options_lock, NULL);
	pthread_mutex_init(&store->maintain_lock, NULL);
	pthread_mutex_init(&store->tell_lock, NULL);
	pthread_mutex_init(&store->append_lock, NULL);
	pthread_mutex_init(&store->lists_lock, NULL);
	head_init(&store->head);
	atomic_init(&store->sequence, SEQUENCE_STEP);
	atomic_init(&store->closed_until, INT64_MIN);
	atomic_init(&store->past_until, INT64_MIN);
	atomic_init(&store->raw_from, INT64_MIN);
	atomic_init(&store->counters.last_flush, INT64_MIN);
	atomic_init(&store->counters.last_cleanup, INT64_MIN);
	store->opened_at = store_now(store);
	store->files = block_files_create();
	store->largest = largest_create();
	store->path = strdup(options->path);
	return store;
}

static int empty_lists(struct store *store)
{
	for (int tier = 0; tier < TIERS; tier++)
		if (store_replace_blocks(store, (enum kymo_tier)tier, NULL, 0, NULL, 0, NULL) < 0)
			return -ENOMEM;
	return 0;
}

/* The newest data is the time that expiry believes in to begin with. */
static void set_guards(struct store *store)
{
	struct store_coverage coverage;
	kymo_ms newest = INT64_MIN;

	store_coverage(store, &coverage);
	for (int tier = 0; tier < TIERS; tier++)
		if (coverage.tier[tier].oldest <= coverage.tier[tier].newest && coverage.tier[tier].newest > newest)
			newest = coverage.tier[tier].newest;
	for (int tier = 0; tier < TIERS; tier++)
		store->guard[tier] = (struct expiry_guard){ newest, INT64_MIN };
}

static int open_all(struct store *store, const struct store_options *options, struct error *err)
{
	int r;

	if (!store->path || !store->files || !store->largest || empty_lists(store) < 0)
		return error_set(err, -ENOMEM, "%s: out of memory", options->path);
	if (policies_take(store, options->policies, options->n_policies) < 0)
		return error_set(err, -ENOMEM, "%s: out of memory", options->path);
	take_options(store, options);
	if (spill_init(&store->head.spill, store->path) < 0)
		return error_set(err, -ENOMEM, "%s: out of memory", options->path);
	r = dir_make(store->path, 0750, err);
	if (r == 0)
		r = store->lock_fd = store_lock(store->path, err);
	if (r >= 0)
		r = store_recover(store, err);
	if (r < 0)
		return r;
	set_guards(store);
	retention_open(store);
	return store->manual ? 0 : maintain_start(store, err);
}

int store_open(const struct store_options *options, struct store **out, struct error *err)
{
	struct store *store = store_create(options);
	int r;

	if (!store)
		return error_set(err, -ENOMEM, "%s: out of memory", options->path);
	r = open_all(store, options, err);
	if (r < 0) {
		store_close(store);
		return r;
	}
	*out = store;
	return 0;
}

/* Series are the index's, their data is the head's. */
static void drop_head(struct store *store)
{
	struct refs refs = { 0 };

	index_lock(store->index);
	head_drop_groups(&store->head);
	index_select(store->index, NULL, 0, &refs);
	for (uint32_t i = 0; i < refs.n; i++)
		head_drop(&store->head, index_series(store->index, refs.ref[i]));
	index_unlock(store->index);
	refs_fini(&refs);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	maintain_stop(store);
	if (store->wal)
		store_sync(store);
	downsample_close_store(store);
	wal_close(store->wal);
	if (store->index)
		drop_head(store);
	index_close(store->index);
	for (int tier = 0; tier < TIERS; tier++)
		block_list_release(store->list[tier]);
	deleted_release(store->deleted);
	block_files_destroy(store->files);
	largest_destroy(store->largest);
	manifest_fini(&store->gone);
	append_scratch_destroy(store->scratch);
	head_fini(&store->head);
	policies_destroy(store);
	pthread_mutex_destroy(&store->options_lock);
	pthread_mutex_destroy(&store->maintain_lock);
	pthread_mutex_destroy(&store->tell_lock);
	pthread_mutex_destroy(&store->append_lock);
	pthread_mutex_destroy(&store->lists_lock);
	file_close(store->lock_fd);
	free(store->path);
	free(store);
}

/* The WAL names series, so their names go first. */
int store_sync(struct store *store)
{
	int index = index_sync(store->index), wal = wal_sync(store->wal);
	int r = index < 0 ? index : wal;

	if (r < 0) {
		atomic_fetch_add(&store->counters.write_errors, 1);
		atomic_store(&store->flush_wanted, true);	/* what the log may have lost is in the head */
	}
	return r;
}

/* ---- series ---- */

int store_metric(struct store *store, const struct kymo_metric *metric, struct error *err)
{
	return index_metric(store->index, metric, err);
}

bool store_metric_kind(struct store *store, const char *name, uint32_t size, enum series_kind *kind)
{
	return index_metric_kind(store->index, name, size, kind);
}

int store_metric_hint(struct store *store, const struct kymo_metric *metric)
{
	return index_metric_hint(store->index, metric);
}

int store_series(struct store *store, struct labels labels, series_ref *ref)
{
	struct store_options options = store_settings(store);
	struct index_limits limits = { options.series, options.series_per_metric };
	const struct policy *policy = NULL;
	struct label name;

	if (atomic_load(&store->policies) && labels_find(labels, LABEL_NAME, &name))
		policy = policy_of(store, name.value, name.value_len);
	if (policy && policy->drop)
		return -EPERM;

	return index_add(store->index, labels, &limits, ref);
}

void store_count_dropped(struct store *store, uint32_t n)
{
	atomic_fetch_add(&store->counters.dropped, n);
}

/* ---- numbers ---- */

static void widen(kymo_ms first, kymo_ms last, kymo_ms *oldest, kymo_ms *newest)
{
	if (first < *oldest)
		*oldest = first;
	if (last > *newest)
		*newest = last;
}

/* Times of entries: a block begins before its first sample, and where the first window of its records does. */
static void cover_blocks(const struct store_view *view, enum kymo_tier tier, kymo_ms *oldest, kymo_ms *newest)
{
	kymo_ms step = tier == KYMO_RAW ? 1 : tier_width(tier);

	*oldest = INT64_MAX;
	*newest = INT64_MIN;
	for (uint32_t i = 0; i < view->list[tier]->n; i++) {
		const struct block *block = view->list[tier]->block[i];

		widen(block_start(block) + step, block_end(block), oldest, newest);
	}
}

void store_coverage(struct store *store, struct store_coverage *coverage)
{
	struct store_options options = store_settings(store);
	AUTO(store_view) view = NULL;
	kymo_ms now = store_now(store);

	*coverage = (struct store_coverage){ 0 };
	if (store_view_open(store, &view) < 0)
		return;
	for (int tier = 0; tier < TIERS; tier++) {
		kymo_ms retention = options.retention[tier], horizon;

		cover_blocks(view, (enum kymo_tier)tier, &coverage->tier[tier].oldest, &coverage->tier[tier].newest);
		if (retention == FOREVER || __builtin_sub_overflow(now, retention, &horizon))
			horizon = INT64_MIN;
		coverage->tier[tier].horizon = horizon;
	}
	widen(atomic_load(&store->head.oldest), atomic_load(&store->head.newest), &coverage->tier[KYMO_RAW].oldest,
	      &coverage->tier[KYMO_RAW].newest);
	downsample_coverage(store, coverage);
}

/* The names of metrics, where a matcher gives them. */
static const char *const *names_of(struct matcher *const *matchers, uint32_t n, uint32_t *n_names)
{
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(matcher_name(matchers[i]), LABEL_NAME))
			return matcher_literals(matchers[i], n_names);
	return NULL;
}

static kymo_ms policy_horizon(struct store *store, const char *name, const struct store_options *options, enum kymo_tier tier,
			      kymo_ms now)
{
	kymo_ms retention = policy_retention(policy_of(store, name, strlen(name)), options, tier), horizon;

	return retention == FOREVER || __builtin_sub_overflow(now, retention, &horizon) ? INT64_MIN : horizon;
}

void store_coverage_of(struct store *store, struct matcher *const *matchers, uint32_t n, struct store_coverage *coverage)
{
	struct store_options options = store_settings(store);
	kymo_ms now = store_now(store);
	uint32_t n_names = 0;
	const char *const *names = names_of(matchers, n, &n_names);

	store_coverage(store, coverage);
	if (!atomic_load(&store->policies) || !names || !n_names)
		return;
	for (int tier = 0; tier < TIERS; tier++) {
		kymo_ms latest = INT64_MIN;

		for (uint32_t i = 0; i < n_names; i++) {
			kymo_ms horizon = policy_horizon(store, names[i], &options, (enum kymo_tier)tier, now);

			latest = horizon > latest ? horizon : latest;
		}
		coverage->tier[tier].horizon = latest;
	}
}

void store_count_damage(struct store *store, uint32_t n)
{
	atomic_fetch_add(&store->counters.quarantined, n);
}

static void tier_stats(struct store *store, struct store_stats *stats)
{
	struct store_coverage coverage;
	AUTO(store_view) view = NULL;

	store_coverage(store, &coverage);
	if (store_view_open(store, &view) < 0)
		return;
	for (int tier = 0; tier < TIERS; tier++) {
		stats->tier[tier].oldest = coverage.tier[tier].oldest;
		stats->tier[tier].newest = coverage.tier[tier].newest;
		stats->tier[tier].files = view->list[tier]->n;
		for (uint32_t i = 0; i < view->list[tier]->n; i++) {
			stats->tier[tier].bytes += block_bytes(view->list[tier]->block[i]);
			stats->tier[tier].samples += block_entries(view->list[tier]->block[i]);
		}
	}
}

static void wal_numbers(struct store *store, struct store_stats *stats)
{
	LOCK(&store->append_lock);
	struct wal_stats wal;

	wal_stats(store->wal, &wal);
	stats->wal_bytes = wal.bytes;
	stats->wal_files = wal.files;
}

static void index_numbers(struct store *store, struct store_stats *stats)
{
	struct index_stats index;

	index_stats(store->index, &index);
	stats->index_bytes = index.bytes;
	stats->series = index.series;
	stats->metrics = index.metrics;
	stats->series_created = index.created;
	stats->series_expired = index.removed;
}

static struct store_work work_of(const struct work_counters *work)
{
	return (struct store_work){ atomic_load(&work->times), atomic_load(&work->last_ns), atomic_load(&work->total_ns) };
}

static void counter_numbers(struct store *store, struct store_stats *stats)
{
	struct store_counters *counters = &store->counters;

	stats->appended = atomic_load(&counters->appended);
	stats->repeated = atomic_load(&counters->repeated);
	for (int i = 0; i < REFUSALS; i++)
		stats->refused[i] = atomic_load(&counters->refused[i]);
	stats->dropped = atomic_load(&counters->dropped);
	stats->thinned = atomic_load(&counters->thinned);
	stats->unlogged = atomic_load(&counters->unlogged);
	stats->late = atomic_load(&counters->late);
	stats->quarantined = atomic_load(&counters->quarantined);
	stats->write_errors = atomic_load(&counters->write_errors);
	stats->read_errors = atomic_load(&counters->read_errors);
	stats->windows_closed = atomic_load(&counters->windows_closed);
	stats->windows_recomputed = atomic_load(&counters->windows_recomputed);
	stats->flush = work_of(&counters->flush);
	stats->merge = work_of(&counters->merge);
	stats->last_flush = atomic_load(&counters->last_flush);
	stats->last_cleanup = atomic_load(&counters->last_cleanup);
}

void store_stats(struct store *store, struct store_stats *stats)
{
	*stats = (struct store_stats){ .opened_at = store->opened_at };
	tier_stats(store, stats);
	wal_numbers(store, stats);
	index_numbers(store, stats);
	counter_numbers(store, stats);
	stats->head_samples = atomic_load(&store->head.samples);
	stats->head_bytes = atomic_load(&store->head.bytes);
	stats->head_spilled = atomic_load(&store->head.spilled);
}
