/* SPDX-License-Identifier: MIT */
/*
 * windows.c - windows close tier by tier: 1m from raw, 5m from 1m, 1h from 5m. A
 * step does a bounded number of them for all series and only then moves `done`
 * on; so a step that fails is as if it had not been, and what a flush finds in
 * memory behind `done` is left out by it.
 *
 * Nobody who appends waits for that: closed_until moves first, so whatever comes
 * for these windows from then on is marked, whether or not it is still read here.
 */
#include "store/downsample_state.h"
#include "store/policies.h"
#include "store/tier_read.h"

#include <errno.h>
#include <stdlib.h>

enum {
	STEP_RECORDS = 100000,		/* about so many at a time */
	STEP_WINDOWS = 1440,		/* and never more windows than that */
};

struct pass {
	struct store *store;
	struct downsample *d;
	struct store_view *view;
	struct refs refs;
	struct store_maintained *done;
	struct record_list list;	/* memory that series use one after another */
	struct record record;
};

static int pass_init(struct pass *pass, struct store *store, struct store_maintained *done)
{
	*pass = (struct pass){ .store = store, .d = store->downsample, .done = done };
	if (store_view_open(store, &pass->view) < 0)
		return -ENOMEM;
	return index_select(store->index, NULL, 0, &pass->refs);
}

static void pass_fini(struct pass *pass)
{
	refs_fini(&pass->refs);
	record_list_fini(&pass->list);
	window_fini(&pass->record.window);
	store_view_close(pass->view);
}

/* false: it has gone, or its samples cannot be in that range. */
static bool find_series(const struct pass *pass, series_ref ref, kymo_ms start, kymo_ms end, struct rollup_series *out)
{
	struct index *index = pass->store->index;
	struct head *head = &pass->store->head;
	const struct series *series;
	bool found = false;

	index_lock(index);
	series = index_series(index, ref);
	if (series) {
		*out = (struct rollup_series){ ref, (enum series_kind)series->kind, series->metric->metric->flags,
						policy_of(pass->store, series->metric->metric->name, series->metric->metric->name_len) };
		found = head_last(head, series).at > start && head_first(head, series) <= end;
	}
	index_unlock(index);
	return found;
}

/* ---- records ---- */

static int tell(struct downsample *d, struct store *store, enum kymo_tier tier, series_ref ref, const struct window *window)
{
	if (!d->watcher.closed || window->count == 0)
		return 0;
	if (!d->news)
		d->news = news_create(store, d->watcher);
	return d->news ? news_add(d->news, tier, ref, window) : -ENOMEM;
}

static int keep(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, const struct record *record)
{
	struct downsample *d = pass->d;
	int r;

	pthread_mutex_lock(&d->lock);
	r = tier_head_add(&d->head[tier], series->ref, series->kind, record);
	pthread_mutex_unlock(&d->lock);
	return r < 0 ? r : tell(d, pass->store, tier, series->ref, &record->window);
}

/* ---- sources ---- */

/*
 * Records of a tier over (start, end], from the tier below it or from raw. What the
 * disk does not give now: a window that closes is made without it and marked, so
 * that it is made again; one that is made again stays as it is, and marked.
 */
struct making {
	bool insists;			/* as raw_insist */
	struct tier_reader *below;
	struct rollup *rollup;
};

static int next_below(void *from, struct piece *piece)
{
	return tier_next(from, piece);
}

static int make_from_below(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
			   kymo_ms end, struct making *making)
{
	struct tier_request request = {
		.store = pass->store, .view = pass->view, .tier = tier - 1, .series = *series,
		.start = start, .end = end, .with_ends = true, .insists = making->insists,
	};
	int r = tier_open(&request, &making->below);

	if (r < 0)
		return r;
	return rollup_open((struct rollup_source){ next_below, making->below }, series, tier - 1, tier, &making->rollup);
}

static int make_from_raw(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
			 kymo_ms end, struct making *making)
{
	int r = rollup_open_raw(pass->store, pass->view, series, tier, start, end, &making->rollup);

	if (r == 0 && making->insists)
		rollup_insist(making->rollup);
	return r;
}

static bool making_missed(const struct making *making)
{
	struct raw_stats stats;

	if (making->below)
		tier_stats(making->below, &stats);
	else
		rollup_stats(making->rollup, &stats);
	return stats.unread;
}

static void making_fini(struct making *making)
{
	rollup_close(making->rollup);
	tier_close(making->below);
}

/* ---- closing ---- */

/* What the tier below has of this range is in memory as it was closed. */
static bool is_in_memory(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start)
{
	struct downsample *d = pass->d;
	LOCK(&d->lock);

	return tier != KYMO_1M && d->in_blocks[tier - 1] <= start && !dirty_has(&d->dirty, series->ref) && !d->dirty.everyone.n;
}

static int close_from_memory(struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
			     kymo_ms end, uint64_t *closed)
{
	struct record_list *list = &pass->list;
	uint32_t at = 0;
	int r;

	list->n = 0;
	r = tier_head_list(&pass->d->head[tier - 1], series->ref, start, end, list);
	while (r >= 0 && (r = rollup_list(series, tier, list->record, list->n, &at, &pass->record)) > 0) {
		r = keep(pass, tier, series, &pass->record);
		*closed += pass->record.window.count != 0;
	}
	return r;
}

static void mark_all(struct store *store, series_ref ref, kymo_ms start, kymo_ms end)
{
	for (kymo_ms at = end; at > start; at -= tier_width(KYMO_1M))
		downsample_mark(store, ref, at);
}

static int close_series(struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start, kymo_ms end,
			uint64_t *closed)
{
	struct making making = { 0 };
	int r;

	if (is_in_memory(pass, tier, series, start))
		return close_from_memory(pass, tier, series, start, end, closed);
	r = tier == KYMO_1M ? make_from_raw(pass, tier, series, start, end, &making) :
			      make_from_below(pass, tier, series, start, end, &making);
	while (r >= 0 && (r = rollup_next(making.rollup, &pass->record)) > 0) {
		r = keep(pass, tier, series, &pass->record);
		*closed += pass->record.window.count != 0;
	}
	if (r == 0 && making_missed(&making))
		mark_all(pass->store, series->ref, start, end);
	making_fini(&making);
	return r;
}

/* From here on what comes for windows up to `end` is marked: all that came before has been stored. */
static void mark_until(struct store *store, kymo_ms end)
{
	LOCK(&store->append_lock);

	atomic_store(&store->closed_until, end);
}

static void move_done(struct downsample *d, enum kymo_tier tier, kymo_ms end)
{
	LOCK(&d->lock);

	d->done[tier] = end;
}

static int close_for_all(struct pass *pass, enum kymo_tier tier, kymo_ms start, kymo_ms end)
{
	uint64_t closed = 0;
	int r = 0;

	if (tier == KYMO_1M)
		mark_until(pass->store, end);
	for (uint32_t i = 0; i < pass->refs.n && r == 0; i++) {
		struct rollup_series series;

		if (find_series(pass, pass->refs.ref[i], start, end, &series))
			r = close_series(pass, tier, &series, start, end, &closed);
	}
	if (r < 0)
		return r;
	move_done(pass->d, tier, end);
	pass->done->closed_windows += closed;
	atomic_fetch_add(&pass->store->counters.windows_closed, closed);
	return 0;
}

/* Nothing was ever closed: behind the oldest thing that it can be made of. INT64_MAX: there is nothing. */
static kymo_ms first_start(const struct pass *pass, enum kymo_tier tier)
{
	struct store_coverage coverage;
	enum kymo_tier below = tier - 1;

	store_coverage(pass->store, &coverage);
	if (coverage.tier[below].oldest > coverage.tier[below].newest)
		return INT64_MAX;
	return window_floor(coverage.tier[below].oldest - 1, tier_width(tier));
}

/* Up to where windows of that tier can close. */
static kymo_ms target_of(const struct pass *pass, enum kymo_tier tier)
{
	kymo_ms ready = tier == KYMO_1M ? store_now(pass->store) - CLOSE_DELAY : pass->d->done[tier - 1];

	return ready == INT64_MIN ? ready : window_floor(ready, tier_width(tier));
}

static kymo_ms step_of(const struct pass *pass, enum kymo_tier tier)
{
	uint32_t windows = pass->refs.n ? STEP_RECORDS / pass->refs.n : STEP_WINDOWS;

	return tier_width(tier) * (windows < 1 ? 1 : windows > STEP_WINDOWS ? STEP_WINDOWS : windows);
}

/* 1: there is more; 0: this tier is up to date. */
static int close_some(struct pass *pass, enum kymo_tier tier)
{
	kymo_ms target = target_of(pass, tier), start = pass->d->done[tier], end;
	int r;

	if (start >= target)
		return 0;
	if (start == INT64_MIN)
		start = first_start(pass, tier);
	if (start > target)
		start = target;
	end = target - start > step_of(pass, tier) ? start + step_of(pass, tier) : target;
	r = close_for_all(pass, tier, start, end);
	return r < 0 ? r : end < target;
}

/* ---- computing again ---- */

/* Walks what is stored beside what is computed. */
struct stored {
	struct tier_reader *reader;
	struct piece piece;
	uint32_t at;
};

static int stored_open(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
		       kymo_ms end, struct stored *stored)
{
	struct tier_request request = {
		.store = pass->store, .view = pass->view, .tier = tier, .series = *series,
		.start = start, .end = end, .with_ends = true, .stored_only = true,
	};

	*stored = (struct stored){ .at = 0 };
	return tier_open(&request, &stored->reader);
}

/* 1: that very record is there already; 0: not; -ENOMEM. */
static int stored_has(struct stored *stored, const struct record *record)
{
	for (;;) {
		int r;

		while (stored->at < stored->piece.n && stored->piece.at[stored->at] < record->at)
			stored->at++;
		if (stored->at < stored->piece.n) {
			struct window window = piece_window(&stored->piece, stored->at);

			return record->at == stored->piece.at[stored->at] && window_same(&window, &record->window);
		}
		stored->at = 0;
		stored->piece.n = 0;
		r = tier_next(stored->reader, &stored->piece);
		if (r <= 0)
			return r;
	}
}

/* Below the horizon of the tier below, records may be gone; raw is there, or the late sample had been refused. */
static bool below_reaches(const struct pass *pass, enum kymo_tier tier, kymo_ms start)
{
	kymo_ms retention, horizon;

	if (tier == KYMO_1M)
		return false;
	retention = store_settings(pass->store).retention[tier - 1];
	return retention == FOREVER || __builtin_sub_overflow(store_now(pass->store), retention, &horizon) || start >= horizon;
}

/* 0; 1: some of it cannot be read now, the mark is to stay; -ENOMEM. The same from those that call it. */
static int recompute_range(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
			   kymo_ms end)
{
	struct making making = { .insists = true };
	struct record record = { 0 };
	struct stored stored;
	uint64_t changed = 0;
	int r = stored_open(pass, tier, series, start, end, &stored);

	if (r == 0)
		r = below_reaches(pass, tier, start) ? make_from_below(pass, tier, series, start, end, &making) :
						       make_from_raw(pass, tier, series, start, end, &making);
	while (r >= 0 && (r = rollup_next(making.rollup, &record)) > 0) {
		r = stored_has(&stored, &record);
		if (r != 0)
			continue;
		r = keep(pass, tier, series, &record);
		changed++;
	}
	tier_close(stored.reader);
	window_fini(&record.window);
	making_fini(&making);
	pass->done->recomputed_windows += changed;
	atomic_fetch_add(&pass->store->counters.windows_recomputed, changed);
	return r == -EIO ? 1 : r;
}

static int write_full(struct store *store, struct store_maintained *done, struct error *err)
{
	unsigned full = tiers_full(store);

	return full ? tiers_write(store, full, done, err) : 0;
}

/* Long spans in parts, so that memory stays small. */
static int recompute_span(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, struct span span,
			  struct error *err)
{
	kymo_ms part = tier_width(tier) * STEP_WINDOWS;
	int r = 0, left = 0;

	while (span.start < span.end && r >= 0) {
		kymo_ms end = span.end - span.start > part ? span.start + part : span.end;

		r = recompute_range(pass, tier, series, span.start, end);
		left |= r > 0;
		span.start = end;
		if (r >= 0)
			r = write_full(pass->store, pass->done, err);
	}
	return r < 0 ? r : left;
}

static int recompute_series(const struct pass *pass, series_ref ref, struct error *err)
{
	struct downsample *d = pass->d;
	struct rollup_series series;
	int r = 0, left = 0;

	if (!find_series(pass, ref, INT64_MIN, INT64_MAX, &series))
		return 0;
	for (int tier = KYMO_1M; tier < TIERS && r >= 0; tier++) {
		struct spans spans;

		pthread_mutex_lock(&d->lock);
		dirty_spans(&d->dirty, ref, tier_width((enum kymo_tier)tier), d->done[tier], &spans);
		pthread_mutex_unlock(&d->lock);
		for (uint32_t i = 0; i < spans.n && r >= 0; i++) {
			r = recompute_span(pass, (enum kymo_tier)tier, &series, spans.span[i], err);
			left |= r > 0;
		}
	}
	return r < 0 ? r : left;
}

/* Those that have marks of their own. */
static int marked_series(struct downsample *d, struct refs *out)
{
	LOCK(&d->lock);
	int r = 0;

	for (uint32_t i = 0; i < d->dirty.n && r == 0; i++)
		if (dirty_at(&d->dirty, i))
			r = refs_add(out, dirty_at(&d->dirty, i));
	return r;
}

/* A mark that comes while its series is computed stays for the next time. */
static int recompute_marked(const struct pass *pass, struct error *err)
{
	struct downsample *d = pass->d;
	struct refs refs = { 0 };
	int r = marked_series(d, &refs);

	for (uint32_t i = 0; i < refs.n && r >= 0; i++) {
		uint64_t changes;

		pthread_mutex_lock(&d->lock);
		changes = dirty_changes(&d->dirty, refs.ref[i]);
		pthread_mutex_unlock(&d->lock);
		r = recompute_series(pass, refs.ref[i], err);
		pthread_mutex_lock(&d->lock);
		if (r == 0)
			dirty_clean(&d->dirty, refs.ref[i], changes);
		pthread_mutex_unlock(&d->lock);
	}
	refs_fini(&refs);
	return r < 0 ? r : 0;
}

static int recompute_everyone(const struct pass *pass, struct error *err)
{
	struct downsample *d = pass->d;
	uint64_t changes;
	bool any, left = false;
	int r = 0;

	pthread_mutex_lock(&d->lock);
	changes = d->dirty.changes;
	any = d->dirty.everyone.n;
	pthread_mutex_unlock(&d->lock);
	for (uint32_t i = 0; any && i < pass->refs.n && r >= 0; i++) {
		r = recompute_series(pass, pass->refs.ref[i], err);
		left |= r > 0;
	}
	pthread_mutex_lock(&d->lock);
	if (any && r >= 0 && !left)
		dirty_clean_everyone(&d->dirty, changes);
	pthread_mutex_unlock(&d->lock);
	return r < 0 ? r : 0;
}

static int fail(const struct store *store, int r, struct error *err)
{
	if (r < 0 && (!err || !err->code))
		error_set(err, r, "%s: cannot bring the tiers up to date: %s", store->path, error_name(r));
	return r;
}

static bool is_dirty(struct downsample *d)
{
	LOCK(&d->lock);

	return dirty_any(&d->dirty);
}

int windows_recompute(struct store *store, struct store_maintained *done, struct error *err)
{
	struct pass pass;
	int r = 0;

	if (!is_dirty(store->downsample))
		return 0;
	r = pass_init(&pass, store, done);
	if (r == 0)
		r = recompute_marked(&pass, err);
	if (r == 0)
		r = recompute_everyone(&pass, err);
	pass_fini(&pass);
	return fail(store, r, err);
}

int downsample_step(struct store *store, struct store_maintained *done, struct error *err)
{
	struct pass pass;
	bool more = false;
	int r = pass_init(&pass, store, done);

	for (int tier = KYMO_1M; tier < TIERS && r >= 0; tier++) {
		r = close_some(&pass, (enum kymo_tier)tier);
		more |= r > 0;
	}
	pass_fini(&pass);
	if (r >= 0)
		r = write_full(store, done, err);
	if (r < 0)
		return fail(store, r, err);
	return more ? 1 : windows_recompute(store, done, err);
}
