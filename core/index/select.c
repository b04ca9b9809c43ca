/* SPDX-License-Identifier: MIT */
/*
 * select.c - from matchers to series. For each matcher that does not take the
 * empty value, the labels it takes are listed, as long as that is less work than to
 * test the series that are left: of literals at once; of an expression, of what
 * begins as it does, in order. The one with the fewest series is the start, and the
 * rest of the matchers sieve it: a few lists are asked for each ref, many are joined
 * first, and else the label of each series is looked at. A matcher that takes the
 * empty value takes series without the label, so it can only sieve.
 */
#include "index/state.h"
#include "util/cleanup.h"

#include <errno.h>
#include <stdlib.h>

void refs_fini(struct refs *refs)
{
	free(refs->ref);
	*refs = (struct refs){ 0 };
}

static int refs_reserve(struct refs *refs, uint32_t more)
{
	uint32_t room = refs->room ? refs->room : 16;
	series_ref *ref;

	if (more <= refs->room - refs->n)
		return 0;
	while (room - refs->n < more)
		room *= 2;
	ref = realloc(refs->ref, room * sizeof *ref);
	if (!ref)
		return -ENOMEM;
	refs->ref = ref;
	refs->room = room;
	return 0;
}

int refs_add(struct refs *refs, series_ref ref)
{
	if (refs_reserve(refs, 1) < 0)
		return -ENOMEM;
	refs->ref[refs->n++] = ref;
	return 0;
}

int refs_add_list(struct refs *refs, const struct postings *list)
{
	if (refs_reserve(refs, list->count) < 0)
		return -ENOMEM;
	postings_copy(list, refs->ref + refs->n);
	refs->n += list->count;
	return 0;
}

/* ---- sorting ---- */

static int by_ref(const void *a, const void *b)
{
	series_ref x = *(const series_ref *)a, y = *(const series_ref *)b;

	return (x > y) - (x < y);
}

/* Many that are not far apart: as bits. */
static int sort_as_bits(struct refs *refs, series_ref last)
{
	uint64_t *bits = calloc(last / 64 + 1, sizeof *bits);
	uint32_t n = 0;

	if (!bits)
		return -ENOMEM;
	for (uint32_t i = 0; i < refs->n; i++)
		bits[refs->ref[i] / 64] |= UINT64_C(1) << refs->ref[i] % 64;
	for (uint32_t word = 0; word <= last / 64; word++)
		for (uint64_t left = bits[word]; left; left &= left - 1)
			refs->ref[n++] = word * 64 + (uint32_t)__builtin_ctzll(left);
	free(bits);
	return 0;
}

/* No ref is there twice. */
static int sort(struct refs *refs, series_ref last)
{
	if (refs->n > 1024 && refs->n > last / 256)
		return sort_as_bits(refs, last);
	if (refs->n)
		qsort(refs->ref, refs->n, sizeof *refs->ref, by_ref);
	return 0;
}

/* ---- the labels that a matcher takes ---- */

struct sieve {
	const struct matcher *matcher;
	uint32_t name;			/* MAP_NONE: no series has had it */
	uint32_t in_range;		/* values that begin as its matches do */
	struct order_place from;	/* of these */
	bool listed, excludes;		/* `labels` are all that it takes; all that it does not take */
	struct refs labels;		/* numbers */
	uint64_t n_series;		/* of `labels` */
};

static int list_label(const struct index *index, struct sieve *sieve, uint32_t id)
{
	sieve->n_series += index->inverted.values[id].series.count;
	return refs_add(&sieve->labels, id);
}

static int list_literal(const struct index *index, struct sieve *sieve, const char *value)
{
	const char *name = matcher_name(sieve->matcher);
	struct label label = { name, value, (uint32_t)strlen(name), (uint32_t)strlen(value) };
	uint32_t id = inverted_find(&index->inverted, &label);

	return id == MAP_NONE ? 0 : list_label(index, sieve, id);
}

static int list_literals(const struct index *index, struct sieve *sieve)
{
	uint32_t n;
	const char *const *literals = matcher_literals(sieve->matcher, &n);
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++)
		r = list_literal(index, sieve, literals[i]);
	return r;
}

static int list_range(const struct index *index, struct sieve *sieve)
{
	const struct order *order = &index->inverted.names[sieve->name].order;
	struct order_place at = sieve->from;
	uint32_t id;

	sieve->listed = true;
	for (uint32_t i = 0; i < sieve->in_range && order_next(order, &at, &id); i++) {
		const struct inverted_value *value = &index->inverted.values[id];

		if (matcher_test(sieve->matcher, value->text, value->size) && list_label(index, sieve, id) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void find_range(const struct index *index, struct sieve *sieve)
{
	const struct inverted *inverted = &index->inverted;
	const struct order *order = &inverted->names[sieve->name].order;
	uint32_t n;
	const char *prefix = matcher_prefix(sieve->matcher, &n);

	sieve->from = order_from(order, inverted->values, prefix, n);
	sieve->in_range = order_between(order, sieve->from, order_behind(order, inverted->values, prefix, n));
}

/* What is known at once. */
static int sieve_init(const struct index *index, struct sieve *sieve, const struct matcher *matcher)
{
	const char *name = matcher_name(matcher);
	uint32_t n;
	bool literal = matcher_literals(matcher, &n);

	*sieve = (struct sieve){ .matcher = matcher };
	sieve->name = inverted_find_name(&index->inverted, name, (uint32_t)strlen(name));
	sieve->excludes = matcher_op(matcher) == MATCH_NOT_EQUAL && *matcher_value(matcher);
	sieve->listed = !matcher_takes_empty(matcher) && (literal || sieve->name == MAP_NONE);
	if (sieve->excludes)
		return list_literal(index, sieve, matcher_value(matcher));
	if (sieve->listed)
		return list_literals(index, sieve);
	if (!matcher_takes_empty(matcher))
		find_range(index, sieve);
	return 0;
}

/* ---- the start ---- */

static int all_series(const struct index *index, struct refs *out)
{
	for (uint32_t page = 0; page < index->n_pages; page++)
		for (uint32_t i = 0; index->pages[page] && i < SERIES_PAGE; i++)
			if (index->pages[page]->series[i].labels && refs_add(out, page * SERIES_PAGE + i) < 0)
				return -ENOMEM;
	return 0;
}

/* A series has a name once, so no ref comes twice. */
static int join(const struct index *index, const struct sieve *sieve, struct refs *out)
{
	int r = refs_reserve(out, (uint32_t)sieve->n_series);

	for (uint32_t i = 0; i < sieve->labels.n && r == 0; i++)
		r = refs_add_list(out, &index->inverted.values[sieve->labels.ref[i]].series);
	return r == 0 && sieve->labels.n > 1 ? sort(out, index->last) : r;
}

static struct sieve *fewest(struct sieve *sieves, uint32_t n)
{
	struct sieve *best = NULL;

	for (uint32_t i = 0; i < n; i++)
		if (sieves[i].listed && (!best || sieves[i].n_series < best->n_series))
			best = &sieves[i];
	return best;
}

static struct sieve *shortest_range(struct sieve *sieves, uint32_t n)
{
	struct sieve *best = NULL;

	for (uint32_t i = 0; i < n; i++)
		if (!sieves[i].listed && !matcher_takes_empty(sieves[i].matcher) && (!best || sieves[i].in_range < best->in_range))
			best = &sieves[i];
	return best;
}

/* List ranges as long as one could have fewer series than are left. */
static int find_start(const struct index *index, struct sieve *sieves, uint32_t n, struct sieve **start)
{
	struct sieve *range;
	int r = 0;

	*start = fewest(sieves, n);
	while (r == 0 && (range = shortest_range(sieves, n)) && (!*start || range->in_range < (*start)->n_series)) {
		r = list_range(index, range);
		*start = fewest(sieves, n);
	}
	return r;
}

/* ---- sieving ---- */

enum {
	ASKED = 6,		/* lists that are asked for each ref */
	JOIN_AT_MOST = 24,	/* refs to join for each that is left: a look at a label costs two cache misses */
	MEMORY = 256
};

static void sieve_by_lists(const struct index *index, const struct sieve *sieve, struct refs *refs)
{
	struct postings_probe probe[ASKED];
	uint32_t kept = 0;

	for (uint32_t i = 0; i < sieve->labels.n; i++)
		probe[i] = postings_probe(&index->inverted.values[sieve->labels.ref[i]].series);
	for (uint32_t i = 0; i < refs->n; i++) {
		bool has = false;

		for (uint32_t k = 0; k < sieve->labels.n && !has; k++)
			has = postings_has(&probe[k], refs->ref[i]);
		if (has != sieve->excludes)
			refs->ref[kept++] = refs->ref[i];
	}
	refs->n = kept;
}

static int sieve_by_join(const struct index *index, const struct sieve *sieve, struct refs *refs)
{
	struct refs others = { 0 };
	uint32_t kept = 0, at = 0;
	int r = join(index, sieve, &others);

	for (uint32_t i = 0; i < refs->n && r == 0; i++) {
		while (at < others.n && others.ref[at] < refs->ref[i])
			at++;
		if (at < others.n && others.ref[at] == refs->ref[i])
			refs->ref[kept++] = refs->ref[i];
	}
	refs->n = kept;
	refs_fini(&others);
	return r;
}

/* Series often have the same few values: what was found of them is remembered. */
static void sieve_by_labels(const struct index *index, const struct sieve *sieve, struct refs *refs)
{
	const struct inverted *inverted = &index->inverted;
	uint32_t known[MEMORY] = { 0 }, kept = 0;	/* number + 1 */
	bool takes[MEMORY];

	for (uint32_t i = 0; i < refs->n; i++) {
		const struct series *series = index_series(index, refs->ref[i]);
		uint32_t id = label_set_find(inverted, series->labels, sieve->name), at = id % MEMORY;
		bool taken = matcher_takes_empty(sieve->matcher);

		if (id != MAP_NONE && known[at] != id + 1) {
			known[at] = id + 1;
			takes[at] = matcher_test(sieve->matcher, inverted->values[id].text, inverted->values[id].size);
		}
		if (id != MAP_NONE)
			taken = takes[at];
		if (taken)
			refs->ref[kept++] = refs->ref[i];
	}
	refs->n = kept;
}

static int sift(const struct index *index, const struct sieve *sieve, struct refs *refs)
{
	bool lists = sieve->listed || sieve->excludes;

	if (lists && sieve->labels.n <= ASKED)
		sieve_by_lists(index, sieve, refs);
	else if (sieve->listed && sieve->n_series / JOIN_AT_MOST < refs->n)
		return sieve_by_join(index, sieve, refs);
	else
		sieve_by_labels(index, sieve, refs);
	return 0;
}

static int select_by(const struct index *index, struct sieve *sieves, uint32_t n, struct refs *out)
{
	struct sieve *start;
	int r = find_start(index, sieves, n, &start);

	if (r == 0)
		r = start ? join(index, start, out) : all_series(index, out);
	for (int lists = 1; lists >= 0; lists--)	/* what costs least comes first */
		for (uint32_t i = 0; i < n && r == 0; i++)
			if (&sieves[i] != start && sieves[i].listed == lists)
				r = sift(index, &sieves[i], out);
	return r;
}

static int select_locked(const struct index *index, struct matcher *const *matchers, uint32_t n, struct refs *out)
{
	struct sieve *sieves = calloc(n + 1, sizeof *sieves);
	int r = sieves ? 0 : -ENOMEM;

	out->n = 0;
	for (uint32_t i = 0; i < n && r == 0; i++)
		r = sieve_init(index, &sieves[i], matchers[i]);
	if (r == 0)
		r = select_by(index, sieves, n, out);
	for (uint32_t i = 0; sieves && i < n; i++)
		refs_fini(&sieves[i].labels);
	free(sieves);
	return r;
}

int index_select(struct index *index, struct matcher *const *matchers, uint32_t n, struct refs *out)
{
	int r;

	index_lock(index);
	r = select_locked(index, matchers, n, out);
	index_unlock(index);
	return r;
}

/* ---- by metric ---- */

static int all_by_metric(const struct index *index, struct refs *out)
{
	out->n = 0;
	for (uint32_t i = 0; i < index->n_order; i++) {
		const struct metric_entry *entry = &index->metrics[index->order[i]];

		if (entry->n_series && metric_series(index, entry->box->metric, out) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int by_metric(const void *a, const void *b, void *index)
{
	const struct metric_box *x = index_series(index, *(const series_ref *)a)->metric;
	const struct metric_box *y = index_series(index, *(const series_ref *)b)->metric;

	return x == y ? by_ref(a, b) : strcmp(x->metric->name, y->metric->name);
}

int index_select_by_metric(struct index *index, struct matcher *const *matchers, uint32_t n, struct refs *out)
{
	int r;

	index_lock(index);
	r = n ? select_locked(index, matchers, n, out) : all_by_metric(index, out);
	if (r == 0 && n && out->n)
		qsort_r(out->ref, out->n, sizeof *out->ref, by_metric, index);
	index_unlock(index);
	return r;
}
