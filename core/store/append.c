/* SPDX-License-Identifier: MIT */
/*
 * append.c - the one way in. Samples go to the head first, rows of groups
 * (append_rows.c) and single ones, and what was stored makes one write to the WAL.
 * What the WAL cannot take stays in the head and is flushed to a block as soon as
 * the disk takes writes again.
 */
#include "store/append_rows.h"
#include "head/touched.h"
#include "store/downsample.h"
#include "store/policies.h"
#include "store/raw.h"
#include "tier/record.h"
#include "model/sample.h"

#include <errno.h>
#include <stdlib.h>

void append_scratch_destroy(struct append_scratch *scratch)
{
	if (!scratch)
		return;
	free(scratch->refs);
	free(scratch->times);
	free(scratch->values);
	free(scratch->distributions);
	free(scratch->offsets);
	buf_fini(&scratch->bytes);
	append_rows_fini(scratch);
	free(scratch);
}

static int grow_samples(struct append_scratch *scratch, uint32_t n)
{
	series_ref *refs;
	kymo_ms *times;
	double *values;

	if (n <= scratch->room)
		return 0;
	if ((refs = realloc(scratch->refs, n * sizeof *refs)))
		scratch->refs = refs;
	if ((times = realloc(scratch->times, n * sizeof *times)))
		scratch->times = times;
	if ((values = realloc(scratch->values, n * sizeof *values)))
		scratch->values = values;
	if (!refs || !times || !values)
		return -ENOMEM;
	scratch->room = n;
	return 0;
}

static int grow_distributions(struct append_scratch *scratch, uint32_t n)
{
	struct wal_distribution *distributions;
	size_t *offsets;

	if (n <= scratch->room_distributions)
		return 0;
	if ((distributions = realloc(scratch->distributions, n * sizeof *distributions)))
		scratch->distributions = distributions;
	if ((offsets = realloc(scratch->offsets, n * sizeof *offsets)))
		scratch->offsets = offsets;
	if (!distributions || !offsets)
		return -ENOMEM;
	scratch->room_distributions = n;
	return 0;
}

static struct append_scratch *scratch_begin(struct store *store, const struct store_batch *batch)
{
	struct append_scratch *scratch = store->scratch;

	if (!scratch)
		scratch = store->scratch = calloc(1, sizeof *scratch);
	if (!scratch || grow_samples(scratch, batch->n) < 0 || grow_distributions(scratch, batch->n_distributions) < 0)
		return NULL;
	scratch->batch = (struct wal_batch){ .at = batch->at, .refs = scratch->refs, .values = scratch->values,
					     .times = batch->times ? scratch->times : NULL,
					     .distributions = scratch->distributions };
	buf_clear(&scratch->bytes);
	return scratch;
}

/* ---- what is there already ---- */

/* The one entry at a time, from wherever it is. 1: there; 0: not; -ENOMEM. The reader is to be closed. */
static int look_up(struct store *store, series_ref ref, kymo_ms at, struct raw_reader **reader, struct piece *piece)
{
	int r = raw_open(store, NULL, ref, at - 1, at, reader);

	return r < 0 ? r : raw_next(*reader, piece);
}

static int sample_there(struct store *store, series_ref ref, const struct head_last *last, kymo_ms at, double value)
{
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	int r;

	if (at == last->at && last->known)
		return last->bits == value_bits(value) ? REPEATED : CONFLICT;
	r = look_up(store, ref, at, &reader, &piece);
	if (r <= 0)
		return r < 0 ? r : STORED;
	return value_bits(piece.values[0]) == value_bits(value) ? REPEATED : CONFLICT;
}

static int distribution_there(struct store *store, series_ref ref, kymo_ms at, const struct window *window)
{
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	int r = look_up(store, ref, at, &reader, &piece);

	if (r <= 0)
		return r < 0 ? r : STORED;
	return piece.count[0] == window->count && piece.sum[0] == window_sum(window) &&
	       value_bits(piece.min[0]) == value_bits(window->min) &&
	       value_bits(piece.max[0]) == value_bits(window->max) ? REPEATED : CONFLICT;
}

/* ---- one sample ---- */

static bool out_of_order(const struct head_last *last, kymo_ms at)
{
	return last->at != INT64_MIN && at <= last->at;
}

static bool too_late(const struct rules *rules, const struct head_last *last, kymo_ms at)
{
	kymo_ms behind;

	if (at == INT64_MIN)
		return true;
	if (rules->replay || at == last->at)
		return false;
	if (at < rules->oldest)
		return true;
	if (!out_of_order(last, at) || rules->out_of_order == FOREVER)
		return false;
	return __builtin_sub_overflow(last->at, at, &behind) || behind > rules->out_of_order;
}

static void after_storing(struct store *store, series_ref ref, struct series *series, kymo_ms at, bool late)
{
	atomic_store_explicit(&series->idle, false, memory_order_relaxed);
	head_touch(&store->head, ref, series);
	if (late)
		atomic_fetch_add_explicit(&store->counters.late, 1, memory_order_relaxed);
	if (at <= atomic_load_explicit(&store->closed_until, memory_order_relaxed))
		downsample_mark(store, ref, at);
}

int append_late(struct appending *a, series_ref ref, struct series *series, kymo_ms at, double value)
{
	struct store *store = a->store;
	struct head_last last = head_last(&store->head, series);
	bool late = out_of_order(&last, at);
	int r = STORED;

	if (too_late(&a->rules, &last, at))
		return LATE;
	if (late)
		r = sample_there(store, ref, &last, at, value);
	if (r != STORED)
		return r;
	r = head_append(&store->head, series, at, value);
	if (r < 0)
		return r;
	after_storing(store, ref, series, at, late);
	append_loose(a, ref, at, value);
	return STORED;
}

void append_loose(struct appending *a, series_ref ref, kymo_ms at, double value)
{
	struct append_scratch *scratch = a->scratch;
	uint32_t i = scratch->batch.n;

	if (!a->logging)
		return;
	scratch->refs[i] = ref;
	scratch->times[i] = at;
	scratch->values[i] = value;
	scratch->batch.n++;
}

static int put_distribution(struct store *store, const struct rules *rules, const struct wal_distribution *d,
			    const struct window *window)
{
	struct series *series = index_series(store->index, d->ref);
	struct head_last last;
	bool late;
	int r = STORED;

	if (!series || series->kind != KIND_DISTRIBUTION)
		return UNKNOWN;
	last = head_last(&store->head, series);
	if (too_late(rules, &last, d->at))
		return LATE;
	late = out_of_order(&last, d->at);
	if (late)
		r = distribution_there(store, d->ref, d->at, window);
	if (r != STORED)
		return r;
	r = head_append_record(&store->head, series, d->at, d->data, d->size, d->mean);
	if (r == 0)
		after_storing(store, d->ref, series, d->at, late);
	return r < 0 ? r : STORED;
}

void append_count(struct appending *a, int verdict)
{
	struct store_appended *done = a->done;

	switch (verdict) {
	case STORED:
		done->stored++;
		break;
	case REPEATED:
		done->repeated++;
		break;
	case LATE:
		done->refused[REFUSED_LATE]++;
		break;
	case CONFLICT:
		done->refused[REFUSED_CONFLICT]++;
		break;
	default:
		done->refused[REFUSED_UNKNOWN]++;
	}
}

/* ---- a batch ---- */

static int put_samples(struct appending *a, const struct store_batch *batch)
{
	if (!batch->n)
		return 0;
	if (batch->times)
		return append_times(a, batch);
	return append_run(a, &(struct run){ batch->at, batch->n, batch->refs, batch->values });
}

static double mean_of(const struct window *window)
{
	if (window->count)
		return window_sum(window) / (double)window->count;
	return window->ended ? value_stale() : value_of_bits(NAN_BITS);
}

static int put_one_distribution(struct appending *a, const struct store_distribution *from)
{
	struct append_scratch *scratch = a->scratch;
	struct record record = { from->at, *from->window };
	size_t begin = scratch->bytes.len;
	struct wal_distribution *d = &scratch->distributions[scratch->batch.n_distributions];
	int r = records_encode(&record, 1, KIND_DISTRIBUTION, &scratch->bytes);

	if (r < 0)
		return r;
	*d = (struct wal_distribution){ from->ref, from->at, mean_of(from->window), scratch->bytes.data + begin,
					(uint32_t)(scratch->bytes.len - begin) };
	scratch->offsets[scratch->batch.n_distributions] = begin;
	r = put_distribution(a->store, &a->rules, d, from->window);
	if (r < 0)
		return r;
	append_count(a, r);
	if (r == STORED)
		scratch->batch.n_distributions++;
	else
		scratch->bytes.len = begin;
	return 0;
}

static int put_distributions(struct appending *a, const struct store_batch *batch)
{
	struct append_scratch *scratch = a->scratch;
	int r = 0;

	for (uint32_t i = 0; i < batch->n_distributions && r == 0; i++)
		r = put_one_distribution(a, &batch->distributions[i]);
	for (uint32_t i = 0; i < scratch->batch.n_distributions; i++)
		scratch->distributions[i].data = scratch->bytes.data + scratch->offsets[i];
	return r;
}

/* ---- the log ---- */

static void complain(struct store *store, int r)
{
	uint64_t suppressed;

	atomic_fetch_add(&store->counters.write_errors, 1);
	if (log_due(&store->disk_log, &suppressed))
		log_error(LOG_STORE, "%s: cannot write the log: %s; samples are kept in memory until it can be written again",
			  store->path, error_name(r));
}

/* Series that are new come to the index's log before the WAL names them. */
static int write_log(struct appending *a, uint64_t *position)
{
	struct store *store = a->store;
	int r = index_write(store->index);

	if (r < 0) {
		wal_abandon(store->wal);
		return r;
	}
	if (a->scratch->batch.n || a->scratch->batch.n_distributions)
		wal_put_samples(&a->scratch->batch, wal_samples(store->wal));
	return wal_end(store->wal, position);
}

/* `r`: how the record was begun. */
static int log_batch(struct appending *a, int r, uint64_t *position)
{
	struct store *store = a->store;

	if (!a->done->stored)
		return 0;
	if (r == 0)
		r = write_log(a, position);
	if (r < 0) {
		complain(store, r);
		store->unlogged += a->done->stored;
		atomic_fetch_add(&store->counters.unlogged, a->done->stored);
	} else if (store->unlogged) {
		atomic_store(&store->flush_wanted, true);
	}
	return r;
}

static void count_all(struct store *store, const struct store_appended *done)
{
	struct store_counters *counters = &store->counters;

	atomic_fetch_add_explicit(&counters->appended, done->stored, memory_order_relaxed);
	atomic_fetch_add_explicit(&counters->repeated, done->repeated, memory_order_relaxed);
	atomic_fetch_add_explicit(&counters->dropped, done->dropped, memory_order_relaxed);
	atomic_fetch_add_explicit(&counters->thinned, done->thinned, memory_order_relaxed);
	for (int i = 0; i < REFUSALS; i++)
		atomic_fetch_add_explicit(&counters->refused[i], done->refused[i], memory_order_relaxed);
}

static struct rules rules_now(const struct store *store)
{
	kymo_ms retention = store->options.retention[KYMO_RAW], oldest;

	if (retention == FOREVER || __builtin_sub_overflow(store_now(store), retention, &oldest))
		oldest = INT64_MIN;
	if (atomic_load(&store->raw_from) > oldest)
		oldest = atomic_load(&store->raw_from) + 1;
	return (struct rules){ .oldest = oldest, .out_of_order = store->options.out_of_order };
}

/* With the append lock. What was stored before memory ran out is logged. */
static int append_locked(struct store *store, const struct store_batch *batch, struct store_appended *done, uint64_t *position)
{
	struct appending a = { .store = store, .scratch = scratch_begin(store, batch), .rules = rules_now(store), .done = done };
	int r, begun;

	*position = 0;
	if (!a.scratch)
		return -ENOMEM;
	begun = wal_begin(store->wal);
	a.logging = begun == 0;
	index_lock(store->index);
	r = put_samples(&a, batch);
	if (r == 0)
		r = put_distributions(&a, batch);
	index_unlock(store->index);
	begun = log_batch(&a, begun, position);
	head_spill(&store->head);
	return r < 0 ? r : begun;
}

static int make_durable(struct store *store, uint64_t position)
{
	int r = index_sync(store->index);

	if (r == 0)
		r = wal_sync_to(store->wal, position);
	if (r < 0)
		complain(store, r);
	return r;
}

/* Is a sample of the batch at or before that time? */
static bool reaches_back(const struct store_batch *batch, kymo_ms until)
{
	for (uint32_t i = 0; i < batch->n_distributions; i++)
		if (batch->distributions[i].at <= until)
			return true;
	if (!batch->times)
		return batch->n && batch->at <= until;
	for (uint32_t i = 0; i < batch->n; i++)
		if (batch->times[i] <= until)
			return true;
	return false;
}

/* Behind the append: who has read before it has read the number before it too. */
static void tell_of_past(struct store *store, const struct store_batch *batch)
{
	kymo_ms until = atomic_load(&store->past_until);

	if (until != INT64_MIN && reaches_back(batch, until))
		atomic_fetch_add(&store->past_changes, 1);
}

int store_append(struct store *store, const struct store_batch *batch, struct store_appended *done)
{
	struct store_appended mine = { 0 };
	struct store_batch wanted;
	uint64_t position = 0;
	bool strict;
	int r;

	pthread_mutex_lock(&store->append_lock);
	strict = store->options.strict;
	r = policies_filter(store, batch, &wanted, &mine);
	if (r == 0)
		r = append_locked(store, &wanted, &mine, &position);
	pthread_mutex_unlock(&store->append_lock);
	count_all(store, &mine);
	tell_of_past(store, batch);
	if (done)
		*done = mine;
	return r == 0 && strict && position ? make_durable(store, position) : r;
}

void store_hint_decimals(struct store *store, series_ref ref, uint8_t decimals)
{
	struct series *series;

	index_lock(store->index);
	series = index_series(store->index, ref);
	if (series)
		atomic_store_explicit(&series->decimals, decimals, memory_order_relaxed);
	index_unlock(store->index);
}

bool store_logged(struct store *store)
{
	LOCK(&store->append_lock);

	if (store->unlogged)
		atomic_store(&store->flush_wanted, true);
	return !store->unlogged;
}

/* ---- replay ---- */

static int replay_distribution(struct store *store, const struct rules *rules, const struct wal_distribution *d)
{
	struct record record = { 0 };
	int r = records_count(d->data, d->size) == 1 ?
		records_decode(d->data, d->size, KIND_DISTRIBUTION, &record, 1) : -EBADMSG;

	if (r == 0)
		r = put_distribution(store, rules, d, &record.window);
	else if (r == -EBADMSG)
		store_count_damage(store, 1);
	records_fini(&record, 1);
	return r == -EBADMSG ? STORED : r;
}

static int replay_distributions(struct appending *a, const struct wal_batch *batch)
{
	int r = 0;

	for (uint32_t i = 0; i < batch->n_distributions && r >= 0; i++) {
		r = replay_distribution(a->store, &a->rules, &batch->distributions[i]);
		if (r == UNKNOWN) {
			append_count(a, r);
			a->lost = batch->distributions[i].ref > a->lost ? batch->distributions[i].ref : a->lost;
		}
	}
	return r < 0 ? r : 0;
}

/* A ref that the index has lost must not be given to another series. */
int append_replay(void *data, const struct wal_batch *logged)
{
	struct store *store = data;
	struct store_batch batch = { .n = logged->n, .refs = logged->refs, .values = logged->values, .at = logged->at,
				     .times = logged->times };
	struct store_appended done = { 0 };
	struct appending a = { .store = store, .scratch = scratch_begin(store, &batch),
			       .rules = { .replay = true, .oldest = INT64_MIN }, .done = &done };
	int r;

	if (!a.scratch)
		return -ENOMEM;
	index_lock(store->index);
	r = put_samples(&a, &batch);
	if (r == 0)
		r = replay_distributions(&a, logged);
	index_unlock(store->index);
	store->unknown += done.refused[REFUSED_UNKNOWN];
	head_spill(&store->head);
	if (a.lost)
		index_reserve(store->index, a.lost);
	return r;
}
