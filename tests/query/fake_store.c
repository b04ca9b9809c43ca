/* SPDX-License-Identifier: MIT */
/* fake_store.c - nothing is remembered between calls but the samples. */
#include "query/fake_store.h"
#include "util/check.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

void fake_init(struct store *store, kymo_ms now)
{
	*store = (struct store){ .now = now, .piece = 7, .retention = { FOREVER, FOREVER, FOREVER, FOREVER } };
}

void fake_fini(struct store *store)
{
	for (uint32_t i = 0; i < store->n; i++)
		made_fini(&store->series[i]);
	free(store->series);
}

uint32_t fake_series(struct store *store, uint32_t type, uint32_t flags, const char *name, const char *labels)
{
	store->series = realloc(store->series, (store->n + 1) * sizeof *store->series);
	CHECK(store->series, "n=%u", store->n);
	made_init(&store->series[store->n], type, flags, name, labels);
	return store->n++;
}

static kymo_ms horizon(const struct store *store, int tier)
{
	return store->retention[tier] == FOREVER ? INT64_MIN : store->now - store->retention[tier];
}

static void cover(const struct store *store, int tier, const struct made_series *series, kymo_ms *oldest, kymo_ms *newest)
{
	kymo_ms width = tier_width((enum kymo_tier)tier);

	for (uint32_t i = 0; i < series->n; i++) {
		kymo_ms at = width ? window_end_of(series->at[i], width) : series->at[i];

		if (at <= horizon(store, tier) || (width && at > store->now))
			continue;
		*oldest = at < *oldest ? at : *oldest;
		*newest = at > *newest ? at : *newest;
	}
}

void store_coverage(struct store *store, struct store_coverage *coverage)
{
	for (int tier = 0; tier < TIERS; tier++) {
		kymo_ms oldest = INT64_MAX, newest = INT64_MIN;

		for (uint32_t i = 0; i < store->n; i++)
			cover(store, tier, &store->series[i], &oldest, &newest);
		coverage->tier[tier].oldest = oldest;
		coverage->tier[tier].newest = newest;
		coverage->tier[tier].horizon = horizon(store, tier);
	}
}

void store_coverage_of(struct store *store, struct matcher *const *matchers, uint32_t n, struct store_coverage *coverage)
{
	(void)matchers, (void)n;
	store_coverage(store, coverage);
}

static struct series_view view_of(const struct made_series *series)
{
	bool any = series->n > 0;

	return (struct series_view){
		.labels = made_labels(series), .metric = series->metric, .kind = series->kind,
		.first_at = any ? series->at[0] : INT64_MIN, .last_at = any ? series->at[series->n - 1] : INT64_MIN,
		.last = any ? series->v[series->n - 1] : NAN,
	};
}

int store_each_series(struct store *store, struct matcher *const *matchers, uint32_t n,
		      int (*each)(void *data, const struct series_view *view), void *data)
{
	for (uint32_t i = 0; i < store->n; i++) {
		struct series_view view = view_of(&store->series[i]);
		int r = matchers_test(matchers, n, view.labels) ? each(data, &view) : 0;

		if (r)
			return r;
	}
	return 0;
}

int store_each_metric(struct store *store, int (*each)(void *data, const struct metric *metric, uint32_t n_series,
						       kymo_ms first_at, kymo_ms last_at), void *data)
{
	for (uint32_t i = 0; i < store->n; i++) {
		int r = each(data, store->series[i].metric, 1, 0, 0);

		if (r)
			return r;
	}
	return 0;
}

bool store_metric_kind(struct store *store, const char *name, uint32_t size, enum series_kind *kind)
{
	for (uint32_t i = 0; i < store->n; i++) {
		struct label of = labels_metric(made_labels(&store->series[i]));

		if (of.value_len != size || memcmp(of.value, name, size))
			continue;
		*kind = store->series[i].kind;
		return true;
	}
	return false;
}

struct select {
	struct store *store;
	struct select_request request;
	uint32_t n;
	struct series_view *views;
	const struct made_series **series;
	uint64_t samples;
};

static int compare(struct labels a, struct labels b)
{
	int r = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);

	return r ? r : (int)a.size - (int)b.size;
}

static void insert(struct select *select, const struct made_series *series)
{
	uint32_t at = select->n++;

	for (; at > 0 && compare(select->views[at - 1].labels, made_labels(series)) > 0; at--) {
		select->views[at] = select->views[at - 1];
		select->series[at] = select->series[at - 1];
	}
	select->views[at] = view_of(series);
	select->series[at] = series;
}

int select_open(struct store *store, const struct select_request *request, struct select **out, struct error *err)
{
	AUTO(select) select = calloc(1, sizeof *select);

	if (store->fails)
		return error_set(err, store->fails, "the fake fails");
	if (!select || !(select->views = calloc(store->n + 1, sizeof *select->views)) ||
	    !(select->series = calloc(store->n + 1, sizeof(void *))))
		return -ENOMEM;
	select->store = store;
	select->request = *request;
	for (uint32_t i = 0; i < store->n; i++)
		if (matchers_test(request->matchers, request->n_matchers, made_labels(&store->series[i])))
			insert(select, &store->series[i]);
	if (request->series_most && select->n > request->series_most)
		return -E2BIG;
	*out = TAKE(select);
	return 0;
}

void select_close(struct select *select)
{
	if (!select)
		return;
	free(select->views);
	free(select->series);
	free(select);
}

uint32_t select_count(const struct select *select) { return select->n; }
const struct series_view *select_series(const struct select *select, uint32_t i) { return &select->views[i]; }

void select_stats(const struct select *select, struct select_stats *stats)
{
	*stats = (struct select_stats){ .samples = select->samples, .quarantined = select->store->quarantined };
}

struct cursor {
	struct select *select;
	const struct made_series *series;
	bool is_records;
	struct columns records;
	kymo_ms *at;
	double *v;
	uint32_t n, next;
};

static bool in_range(const struct select *select, kymo_ms at)
{
	return at > select->request.start && at <= select->request.end &&
	       at > horizon(select->store, select->request.tier);
}

/* Drop the records that are not asked for. */
static void keep_range(struct cursor *cursor)
{
	struct columns *records = &cursor->records;
	uint32_t from = 0, to = records->n;

	while (from < to && !in_range(cursor->select, records->at[from]))
		from++;
	while (to > from && !in_range(cursor->select, records->at[to - 1]))
		to--;
	cursor->next = from;
	cursor->n = to;
}

static int load(struct cursor *cursor)
{
	const struct made_series *series = cursor->series;
	enum kymo_tier tier = cursor->select->request.tier;

	cursor->is_records = tier != KYMO_RAW || series->kind == KIND_DISTRIBUTION;
	if (cursor->is_records) {
		columns_make(&cursor->records, series->kind, series->at, series->v, series->n, tier_width(tier),
			     made_schema(series, tier));
		keep_range(cursor);
		return 0;
	}
	cursor->at = malloc((series->n + 1) * sizeof *cursor->at);
	cursor->v = malloc((series->n + 1) * sizeof *cursor->v);
	if (!cursor->at || !cursor->v)
		return -ENOMEM;
	for (uint32_t i = 0; i < series->n; i++) {
		cursor->at[cursor->n] = series->at[i];
		cursor->v[cursor->n] = series->v[i];
		cursor->n += in_range(cursor->select, series->at[i]);
	}
	return 0;
}

int cursor_open(struct select *select, uint32_t i, struct cursor **out)
{
	AUTO(cursor) cursor = calloc(1, sizeof *cursor);

	if (!cursor)
		return -ENOMEM;
	cursor->select = select;
	cursor->series = select->series[i];
	if (load(cursor) < 0)
		return -ENOMEM;
	*out = TAKE(cursor);
	return 0;
}

bool cursor_whole(struct cursor *cursor, kymo_ms *first, kymo_ms *last)
{
	(void)cursor, (void)first, (void)last;
	return false;
}

void cursor_pass(struct cursor *cursor)
{
	(void)cursor;
}

int cursor_fold(struct cursor *cursor, struct piece *piece, uint32_t *n)
{
	(void)cursor, (void)piece, (void)n;
	return 0;
}

int cursor_next(struct cursor *cursor, struct piece *piece)
{
	uint32_t left = cursor->n - cursor->next, n = left < cursor->select->store->piece ? left : cursor->select->store->piece;

	if (!n)
		return 0;
	*piece = cursor->is_records ? columns_piece(&cursor->records, cursor->next, cursor->next + n) :
				      samples_piece(cursor->at + cursor->next, cursor->v + cursor->next, n);
	cursor->next += n;
	cursor->select->samples += n;
	return 1;
}

void cursor_close(struct cursor *cursor)
{
	if (!cursor)
		return;
	columns_fini(&cursor->records);
	free(cursor->at);
	free(cursor->v);
	free(cursor);
}

/* Nothing of it changes while somebody asks. */
void store_watch_past(struct store *store, kymo_ms until)
{
	(void)store, (void)until;
}

uint64_t store_past_changes(const struct store *store)
{
	(void)store;
	return 0;
}

int store_each_label_value(struct store *store, const char *name, int (*each)(void *data, const char *text, uint32_t n), void *data)
{
	int r = 0;

	for (uint32_t i = 0; i < store->n && r == 0; i++) {
		struct label label;

		if (labels_find(made_labels(&store->series[i]), name, &label))
			r = each(data, label.value, label.value_len);
	}
	return r;
}
