/* SPDX-License-Identifier: MIT */
/* windows_pass.c - looking up series a few at a time, and the sources of records. */
#include "store/windows_pass.h"
#include "store/policies.h"

#include <errno.h>

int pass_init(struct pass *pass, struct store *store, struct store_maintained *done)
{
	*pass = (struct pass){ .store = store, .d = store->downsample, .done = done };
	return store_view_open(store, &pass->view);
}

void pass_fini(struct pass *pass)
{
	record_list_fini(&pass->list);
	for (int tier = 0; tier < TIERS; tier++)
		record_list_fini(&pass->made[tier]);
	window_fini(&pass->record.window);
	store_view_close(pass->view);
}

/* ---- series ---- */

static const struct policy *find_policy(const struct pass *pass, const struct series *series)
{
	const struct metric *metric = series->metric->metric;

	return policy_of(pass->store, metric->name, metric->name_len);
}

/* With both locks. */
static bool has_samples(struct head *head, const struct series *series, kymo_ms start, kymo_ms end)
{
	return series && head_last_locked(head, series).at > start && series->first_at <= end;
}

uint32_t pass_find(const struct pass *pass, const series_ref *refs, uint32_t n, kymo_ms start, kymo_ms end,
		   struct rollup_series *out)
{
	struct store *store = pass->store;
	const struct metric_box *box = NULL;
	const struct policy *policy = NULL;
	uint32_t found = 0;

	index_lock(store->index);
	pthread_mutex_lock(&store->head.lock);
	for (uint32_t i = 0; i < n; i++) {
		const struct series *series = index_series(store->index, refs[i]);

		if (!has_samples(&store->head, series, start, end))
			continue;
		if (series->metric != box) {
			box = series->metric;
			policy = find_policy(pass, series);
		}
		out[found++] = (struct rollup_series){ refs[i], (enum series_kind)series->kind, box->metric->flags, policy };
	}
	pthread_mutex_unlock(&store->head.lock);
	index_unlock(store->index);
	return found;
}

/* ---- records ---- */

int pass_tell(const struct pass *pass, enum kymo_tier tier, series_ref ref, const struct window *window)
{
	struct downsample *d = pass->d;

	if (!d->watcher.closed || window->count == 0)
		return 0;
	if (!d->news)
		d->news = news_create(pass->store, d->watcher);
	return d->news ? news_add(d->news, tier, ref, window) : -ENOMEM;
}

int pass_keep(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, const struct record *record)
{
	struct downsample *d = pass->d;
	int r;

	pthread_mutex_lock(&d->lock);
	r = tier_head_add(&d->head[tier], series->ref, series->kind, record);
	pthread_mutex_unlock(&d->lock);
	return r < 0 ? r : pass_tell(pass, tier, series->ref, &record->window);
}

int pass_keep_many(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, const struct record *records,
		   uint32_t n)
{
	struct downsample *d = pass->d;
	int r;

	pthread_mutex_lock(&d->lock);
	r = tier_head_add_many(&d->head[tier], series->ref, series->kind, records, n);
	pthread_mutex_unlock(&d->lock);
	for (uint32_t i = 0; i < n && r == 0; i++)
		r = pass_tell(pass, tier, series->ref, &records[i].window);
	return r;
}

/* ---- sources ---- */

static int next_below(void *from, struct piece *piece)
{
	return tier_next(from, piece);
}

int make_from_below(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
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

int make_from_raw(const struct pass *pass, enum kymo_tier tier, const struct rollup_series *series, kymo_ms start,
		  kymo_ms end, struct making *making)
{
	int r = rollup_open_raw(pass->store, pass->view, series, tier, start, end, &making->rollup);

	if (r == 0 && making->insists)
		rollup_insist(making->rollup);
	return r;
}

bool making_missed(const struct making *making)
{
	struct raw_stats stats;

	if (making->below)
		tier_stats(making->below, &stats);
	else
		rollup_stats(making->rollup, &stats);
	return stats.unread;
}

void making_fini(struct making *making)
{
	rollup_close(making->rollup);
	tier_close(making->below);
}
