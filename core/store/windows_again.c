/* SPDX-License-Identifier: MIT */
/*
 * windows_again.c - windows that a late sample has changed are made again, series by
 * series; what comes out as it was stored is not stored once more.
 */
#include "store/windows_pass.h"

#include <errno.h>

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
		r = pass_keep(pass, tier, series, &record);
		changed++;
	}
	tier_close(stored.reader);
	window_fini(&record.window);
	making_fini(&making);
	pass->done->recomputed_windows += changed;
	atomic_fetch_add(&pass->store->counters.windows_recomputed, changed);
	return r == -EIO ? 1 : r;
}

int tiers_write_full(struct store *store, struct store_maintained *done, struct error *err)
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
			r = tiers_write_full(pass->store, pass->done, err);
	}
	return r < 0 ? r : left;
}

static int recompute_series(const struct pass *pass, series_ref ref, struct error *err)
{
	struct downsample *d = pass->d;
	struct rollup_series series;
	int r = 0, left = 0;

	if (!pass_find(pass, &ref, 1, INT64_MIN, INT64_MAX, &series))
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
		d->worked_on++;
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
	struct refs all = { 0 };
	uint64_t changes;
	bool any, left = false;
	int r = 0;

	pthread_mutex_lock(&d->lock);
	d->worked_on++;
	changes = d->dirty.changes;
	any = d->dirty.everyone.n;
	pthread_mutex_unlock(&d->lock);
	if (any)
		r = index_select(pass->store->index, NULL, 0, &all);
	for (uint32_t i = 0; i < all.n && r >= 0; i++) {
		r = recompute_series(pass, all.ref[i], err);
		left |= r > 0;
	}
	refs_fini(&all);
	pthread_mutex_lock(&d->lock);
	if (any && r >= 0 && !left)
		dirty_clean_everyone(&d->dirty, changes);
	pthread_mutex_unlock(&d->lock);
	return r < 0 ? r : 0;
}

int windows_failed(const struct store *store, int r, struct error *err)
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
	return windows_failed(store, r, err);
}
