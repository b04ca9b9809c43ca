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

static int stored_open(struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
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
static bool below_reaches(struct pass *pass, enum kymo_tier tier, kymo_ms start)
{
	kymo_ms retention, horizon;

	if (tier == KYMO_1M)
		return false;
	retention = store_settings(pass->store).retention[tier - 1];
	return retention == FOREVER || __builtin_sub_overflow(store_now(pass->store), retention, &horizon) || start >= horizon;
}

/* 0; 1: some of it cannot be read now, the mark is to stay; -ENOMEM. The same from those that call it. */
static int recompute_range(struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
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
static int recompute_span(struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, struct span span,
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

/* ---- long stretches ---- */

enum { HOURS_AT_ONCE = 4 };		/* no more minutes than there are in a chunk */

static int make_minutes(struct pass *pass, const struct rollup_series *series, kymo_ms start, kymo_ms end)
{
	struct record_list *list = &pass->made[KYMO_1M];
	struct making making = { .insists = true };
	struct record *next = NULL;
	int r = make_from_raw(pass, KYMO_1M, series, start, end, &making);

	list->n = 0;
	while (r >= 0 && (next = record_list_next(list)) && (r = rollup_next(making.rollup, next)) > 0)
		list->n++;
	making_fini(&making);
	return next || r < 0 ? r : -ENOMEM;
}

static int make_coarser(struct pass *pass, const struct rollup_series *series, enum kymo_tier tier)
{
	const struct record_list *from = &pass->made[tier - 1];
	struct record_list *list = &pass->made[tier];
	struct record *next;
	uint32_t at = 0;
	int r = 1;

	list->n = 0;
	while ((next = record_list_next(list)) && (r = rollup_list(series, tier, from->record, from->n, &at, next)) > 0)
		list->n++;
	return next ? r : -ENOMEM;
}

/* Those that are not stored as they are. */
static int keep_changed(struct pass *pass, const struct rollup_series *series, enum kymo_tier tier, kymo_ms start, kymo_ms end)
{
	const struct record *record = pass->made[tier].record;
	uint32_t n = pass->made[tier].n, changed = 0;
	bool same[HOURS_AT_ONCE * 60] = { false };
	struct stored stored;
	int r = stored_open(pass, tier, series, start, end, &stored);

	while (n && record[n - 1].at > end)		/* not closed */
		n--;
	for (uint32_t i = 0; i < n && r >= 0; i++) {
		r = stored_has(&stored, &record[i]);
		same[i] = r > 0;
		changed += r == 0;
	}
	tier_close(stored.reader);
	if (r >= 0)
		r = changed == n ? pass_keep_many(pass, tier, series, record, n) : 0;
	for (uint32_t i = 0; i < n && r == 0 && changed < n; i++)
		r = same[i] ? 0 : pass_keep(pass, tier, series, &record[i]);
	pass->done->recomputed_windows += changed;
	atomic_fetch_add(&pass->store->counters.windows_recomputed, changed);
	return r;
}

/* All tiers of whole hours, from samples that are read once. As recompute_range. */
static int recompute_hours(struct pass *pass, const struct rollup_series *series, kymo_ms start, kymo_ms end)
{
	const kymo_ms *done = pass->d->done;
	int r = make_minutes(pass, series, start, end < done[KYMO_1M] ? end : done[KYMO_1M]);

	for (enum kymo_tier tier = KYMO_1M; tier < TIERS && r >= 0; tier++) {
		if (tier > KYMO_1M)
			r = make_coarser(pass, series, tier);
		if (r >= 0 && done[tier] > start)
			r = keep_changed(pass, series, tier, start, end < done[tier] ? end : done[tier]);
	}
	return r == -EIO ? 1 : r < 0 ? r : 0;
}

static int recompute_long(struct pass *pass, const struct rollup_series *series, struct span span, struct error *err)
{
	kymo_ms part = tier_width(KYMO_1H) * HOURS_AT_ONCE;
	int r = 0, left = 0;

	while (span.start < span.end && r >= 0) {
		kymo_ms end = span.end - span.start > part ? span.start + part : span.end;

		r = recompute_hours(pass, series, span.start, end);
		left |= r > 0;
		span.start = end;
		if (r >= 0)
			r = tiers_write_full(pass->store, pass->done, err);
	}
	return r < 0 ? r : left;
}

/* Hours of which every minute is marked. */
static void find_hours(struct pass *pass, series_ref ref, struct spans *hours)
{
	struct downsample *d = pass->d;
	kymo_ms hour = tier_width(KYMO_1H);
	struct spans spans;
	LOCK(&d->lock);

	hours->n = 0;
	dirty_spans(&d->dirty, ref, tier_width(KYMO_1M), d->done[KYMO_1M], &spans);
	for (uint32_t i = 0; i < spans.n; i++) {
		struct span whole = { window_end_of(spans.span[i].start, hour), window_floor(spans.span[i].end, hour) };

		if (whole.start < whole.end)
			hours->span[hours->n++] = whole;
	}
}

static int recompute_all_hours(struct pass *pass, const struct rollup_series *series, const struct spans *hours, struct error *err)
{
	int r = 0, left = 0;

	for (uint32_t i = 0; i < hours->n && r >= 0; i++) {
		r = recompute_long(pass, series, hours->span[i], err);
		left |= r > 0;
	}
	return r < 0 ? r : left;
}

/* ---- series ---- */

/* A span but for the hours that are done. */
static int recompute_rest(struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, struct span span,
			  const struct spans *hours, struct error *err)
{
	int r = 0, left = 0;

	for (uint32_t i = 0; i <= hours->n && r >= 0; i++) {
		struct span before = { span.start, i < hours->n && hours->span[i].start < span.end ? hours->span[i].start : span.end };

		if (before.start < before.end)
			r = recompute_span(pass, tier, series, before, err);
		left |= r > 0;
		if (i < hours->n && hours->span[i].end > span.start)
			span.start = hours->span[i].end;
	}
	return r < 0 ? r : left;
}

static int recompute_tier(struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, const struct spans *hours,
			  struct error *err)
{
	struct downsample *d = pass->d;
	struct spans spans;
	int r = 0, left = 0;

	pthread_mutex_lock(&d->lock);
	dirty_spans(&d->dirty, series->ref, tier_width(tier), d->done[tier], &spans);
	pthread_mutex_unlock(&d->lock);
	for (uint32_t i = 0; i < spans.n && r >= 0; i++) {
		r = recompute_rest(pass, tier, series, spans.span[i], hours, err);
		left |= r > 0;
	}
	return r < 0 ? r : left;
}

static int recompute_series(struct pass *pass, series_ref ref, struct error *err)
{
	struct rollup_series series;
	struct spans hours;
	int r, left;

	if (!pass_find(pass, &ref, 1, INT64_MIN, INT64_MAX, &series))
		return 0;
	find_hours(pass, ref, &hours);
	r = left = recompute_all_hours(pass, &series, &hours, err);
	for (int tier = KYMO_1M; tier < TIERS && r >= 0; tier++) {
		r = recompute_tier(pass, (enum kymo_tier)tier, &series, &hours, err);
		left |= r > 0;
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
static int recompute_marked(struct pass *pass, struct error *err)
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

static int recompute_everyone(struct pass *pass, struct error *err)
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
