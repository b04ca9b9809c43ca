/* SPDX-License-Identifier: MIT */
/*
 * series_view.c - series as they stand now: names from the index, the newest
 * value from the head. A series that has had no sample since the store was opened
 * gets its newest value from a block when somebody asks for it.
 *
 * Walks gather refs first and then look at one series at a time, so that nobody
 * waits for a slow reader.
 */
#include "store/raw.h"
#include "tier/record.h"
#include "store/state.h"
#include "model/sample.h"

#include <errno.h>

/* ---- the newest value ---- */

static double mean_of(double sum, uint64_t count, bool ended)
{
	return count ? sum / (double)count : ended ? value_stale() : value_of_bits(NAN_BITS);
}

/* 1: found; 0: it is not there; negative: it cannot be read now. */
static int last_in_raw(struct store *store, series_ref ref, struct head_last *last)
{
	AUTO(raw_reader) reader = NULL;
	struct piece piece;
	double value;
	int r = raw_open(store, NULL, ref, last->at - 1, last->at, &reader);

	if (r < 0)
		return r;
	raw_insist(reader);
	r = raw_next(reader, &piece);
	if (r <= 0)
		return r;
	value = piece.values ? piece.values[0] :
			       mean_of(piece.sum[0], piece.count[0], piece.flags[0] & RECORD_ENDED);
	last->bits = value_bits(value);
	return 1;
}

static int records_of(struct block *block, const struct block_chunk *chunk, struct record *records)
{
	AUTO_BUF bytes = { 0 };
	int r = block_read_records(block, chunk, 0, NULL, &bytes);

	if (r < 0)
		return r;
	return records_count(bytes.data, bytes.len) == chunk->n ? records_decode_plain(bytes.data, bytes.len, records, chunk->n) :
								  -EBADMSG;
}

/* The last record of a chunk. */
static int last_of_chunk(struct block *block, const struct block_chunk *chunk, enum series_kind kind, struct head_last *last)
{
	struct record *records = calloc(chunk->n, sizeof *records);
	int r = records ? records_of(block, chunk, records) : -ENOMEM;

	if (r == 0) {
		const struct window *w = &records[chunk->n - 1].window;

		last->at = w->count ? w->last_at : records[chunk->n - 1].at;	/* nothing but marks: when is not known */
		last->bits = value_bits(w->ended ? value_stale() :
				       kind == KIND_DISTRIBUTION ? mean_of(window_sum(w), w->count, false) : w->last);
	}
	if (records)
		records_fini(records, chunk->n);
	free(records);
	return r == 0 ? 1 : r == -EBADMSG ? 0 : r;
}

/* Raw has expired: the window that ends where the series does. */
static int last_in_tier(const struct store_view *view, enum kymo_tier tier, series_ref ref, enum series_kind kind,
			 struct head_last *last)
{
	uint32_t n;
	struct block *const *blocks = blocks_of(view, tier, &n);
	int r = 0;

	while (r == 0 && n--) {
		struct block_chunks chunks = { 0 };

		r = block_find(blocks[n], ref, last->at - 1, last->at, &chunks, NULL);
		if (r > 0)
			r = chunks.n && chunks.chunk[chunks.n - 1].last == last->at ?
			    last_of_chunk(blocks[n], &chunks.chunk[chunks.n - 1], kind, last) : 0;
		else if (r == -EBADMSG)
			r = 0;
		block_chunks_fini(&chunks);
	}
	return r;
}

/* The last entry of a tier that is not later than `last`; it stays when there is none, or it cannot be read. */
static void narrow_to(const struct store_view *view, enum kymo_tier tier, series_ref ref, kymo_ms end, struct head_last *last)
{
	uint32_t n;
	struct block *const *blocks = blocks_of(view, tier, &n);

	for (uint32_t i = 0; i < n; i++) {
		struct block_series series;

		if (block_find_series(blocks[i], ref, &series) > 0 && series.last > last->at && series.last <= end)
			last->at = series.last;
	}
}

/* It ended with a mark, whose time is not known from this tier but to a window of a finer one. */
static void narrow_end(const struct store_view *view, enum kymo_tier tier, series_ref ref, kymo_ms end, struct head_last *last)
{
	kymo_ms before = last->at;

	for (int finer = KYMO_1M; finer < (int)tier && last->at == before; finer++)
		narrow_to(view, (enum kymo_tier)finer, ref, end, last);
}

static void find_last(struct store *store, series_ref ref, struct series *series)
{
	struct head_last last = head_last(&store->head, series);
	AUTO(store_view) view = NULL;
	kymo_ms newest = last.at;
	int found = last.known || newest == INT64_MIN;

	if (!found)
		found = last_in_raw(store, ref, &last);
	if (!found)
		found = store_view_open(store, &view);
	for (int tier = KYMO_1M; tier < TIERS && !found; tier++) {
		found = last_in_tier(view, (enum kymo_tier)tier, ref, series->kind, &last);
		if (found > 0 && value_is_stale(value_of_bits(last.bits)))
			narrow_end(view, (enum kymo_tier)tier, ref, newest, &last);
	}
	if (found < 0)
		return;			/* another time */
	if (!found)
		last.bits = NAN_BITS;	/* damaged: it is not looked for again */
	head_set_last(&store->head, series, newest, last);
}

int store_series_view(struct store *store, series_ref ref, struct buf *names, struct series_view *out)
{
	struct series *series = index_series(store->index, ref);
	struct head_last last;
	struct labels labels;

	if (!series)
		return -ENOENT;
	if (index_labels(store->index, series, names, &labels) < 0)
		return -ENOMEM;
	last = head_last(&store->head, series);
	if (!last.known && last.at != INT64_MIN) {
		find_last(store, ref, series);
		last = head_last(&store->head, series);
		if (!last.known)
			last.bits = NAN_BITS;
	}
	*out = (struct series_view){ .ref = ref, .labels = labels, .metric = series->metric->metric,
				     .kind = (enum series_kind)series->kind, .last_at = last.at,
				     .last = value_of_bits(last.bits) };
	out->first_at = head_first(&store->head, series);
	return 0;
}

/* ---- walks ---- */

static int each_of(struct store *store, const struct refs *refs, int (*each)(void *data, const struct series_view *view),
		   void *data)
{
	AUTO_BUF names = { 0 };
	struct series_view view;
	int r = 0;

	for (uint32_t i = 0; i < refs->n && r == 0; i++) {
		index_lock(store->index);
		r = store_series_view(store, refs->ref[i], &names, &view);
		r = r == 0 ? each(data, &view) : r == -ENOENT ? 0 : r;
		index_unlock(store->index);
	}
	return r;
}

int store_each_series(struct store *store, struct matcher *const *matchers, uint32_t n,
		      int (*each)(void *data, const struct series_view *view), void *data)
{
	struct refs refs = { 0 };
	int r = index_select_by_metric(store->index, matchers, n, &refs);

	if (r == 0)
		r = each_of(store, &refs, each, data);
	refs_fini(&refs);
	return r;
}

struct metric_walk {
	struct store *store;
	int (*each)(void *data, const struct metric *metric, uint32_t n_series, kymo_ms first_at, kymo_ms last_at);
	void *data;
};

static int each_metric(void *data, struct metric_box *box, const series_ref *refs, uint32_t n)
{
	const struct metric_walk *walk = data;
	kymo_ms first = INT64_MAX, last = INT64_MIN;

	for (uint32_t i = 0; i < n; i++) {
		struct series *series = index_series(walk->store->index, refs[i]);
		kymo_ms series_first = head_first(&walk->store->head, series);
		kymo_ms series_last = head_last(&walk->store->head, series).at;

		if (series_first != INT64_MIN && series_first < first)
			first = series_first;
		if (series_last > last)
			last = series_last;
	}
	return walk->each(walk->data, box->metric, n, first == INT64_MAX ? INT64_MIN : first, last);
}

int store_each_metric(struct store *store,
		      int (*each)(void *data, const struct metric *metric, uint32_t n_series, kymo_ms first_at, kymo_ms last_at),
		      void *data)
{
	struct metric_walk walk = { store, each, data };
	int r;

	index_lock(store->index);
	r = index_each_metric(store->index, each_metric, &walk);
	index_unlock(store->index);
	return r;
}
