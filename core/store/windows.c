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
#include "store/windows_pass.h"

#include <errno.h>

enum {
	STEP_RECORDS = 100000,		/* about so many at a time */
	FOUND = 64,			/* series */
};

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
		r = pass_keep(pass, tier, series, &pass->record);
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
		r = pass_keep(pass, tier, series, &pass->record);
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

static int close_some_series(struct pass *pass, enum kymo_tier tier, const series_ref *refs, uint32_t n, kymo_ms start,
			     kymo_ms end, uint64_t *closed)
{
	struct rollup_series series[FOUND];
	uint32_t found = pass_find(pass, refs, n, start, end, series);
	int r = 0;

	for (uint32_t i = 0; i < found && r == 0; i++)
		r = close_series(pass, tier, &series[i], start, end, closed);
	return r;
}

static int close_each(struct pass *pass, enum kymo_tier tier, const struct refs *refs, kymo_ms start, kymo_ms end, uint64_t *closed)
{
	int r = 0;

	for (uint32_t at = 0; at < refs->n && r == 0; at += FOUND)
		r = close_some_series(pass, tier, refs->ref + at, refs->n - at < FOUND ? refs->n - at : FOUND, start, end, closed);
	return r;
}

static int close_minutes(struct pass *pass, const struct live *live, kymo_ms start, kymo_ms end, uint64_t *closed)
{
	struct refs rest = { 0 };
	int r;

	mark_until(pass->store, end);
	r = groups_close(pass, live, start, end, &rest, closed);
	if (r == 0)
		r = close_each(pass, KYMO_1M, &rest, start, end, closed);
	refs_fini(&rest);
	return r;
}

static int close_for_all(struct pass *pass, enum kymo_tier tier, const struct live *live, kymo_ms start, kymo_ms end)
{
	uint64_t closed = 0;
	int r;

	if (tier == KYMO_1M)
		r = close_minutes(pass, live, start, end, &closed);
	else
		r = close_each(pass, tier, &live->members, start, end, &closed);
	if (r == 0)
		r = close_each(pass, tier, &live->loose, start, end, &closed);
	if (r < 0)
		return r;
	move_done(pass->d, tier, end);
	live_closed(pass->store, tier, end);
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

static kymo_ms step_of(const struct live *live, enum kymo_tier tier)
{
	uint64_t series = (uint64_t)live->members.n + live->loose.n;
	uint64_t windows = series ? STEP_RECORDS / series : STEP_WINDOWS;

	return tier_width(tier) * (kymo_ms)(windows < 1 ? 1 : windows > STEP_WINDOWS ? STEP_WINDOWS : windows);
}

/* 1: there is more; 0: this tier is up to date. */
static int close_some(struct pass *pass, enum kymo_tier tier)
{
	kymo_ms target = target_of(pass, tier), start = pass->d->done[tier], end, step;
	struct live live = { 0 };
	int r;

	if (start >= target)
		return 0;
	if (start == INT64_MIN)
		start = first_start(pass, tier);
	if (start > target)
		start = target;
	r = live_find(pass, tier, start, &live);
	step = step_of(&live, tier);
	end = target - start > step ? start + step : target;
	if (r == 0)
		r = close_for_all(pass, tier, &live, start, end);
	live_fini(&live);
	return r < 0 ? r : end < target;
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
		r = tiers_write_full(store, done, err);
	if (r < 0)
		return windows_failed(store, r, err);
	return more ? 1 : windows_recompute(store, done, err);
}
