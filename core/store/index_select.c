/* SPDX-License-Identifier: MIT */
/*
 * index_select.c - from matchers to series. The shortest list that an `=` gives
 * is the start; without one, the union over the values of a name that some other
 * matcher takes; without that, all. The rest is tested label by label. A matcher
 * that takes the empty value also takes series without the label, so it can only
 * be tested.
 */
#include "store/index_state.h"

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

static int refs_add_list(struct refs *refs, const struct postings *list)
{
	if (refs_reserve(refs, list->count) < 0)
		return -ENOMEM;
	if (list->count)
		memcpy(refs->ref + refs->n, postings_refs(list), list->count * sizeof *refs->ref);
	refs->n += list->count;
	return 0;
}

/* ---- the start ---- */

static int all_series(const struct index *index, struct refs *out)
{
	for (uint32_t page = 0; page < index->n_pages; page++)
		for (uint32_t i = 0; index->pages[page] && i < SERIES_PAGE; i++)
			if (index->pages[page]->series[i].labels.data && refs_add(out, page * SERIES_PAGE + i) < 0)
				return -ENOMEM;
	return 0;
}

static const struct postings *list_of_equal(const struct index *index, const struct matcher *matcher)
{
	static const struct postings none;
	const char *name = matcher_name(matcher), *value = matcher_value(matcher);
	const struct postings *list = inverted_find(&index->inverted, name, (uint32_t)strlen(name), value,
						    (uint32_t)strlen(value));

	return list ? list : &none;
}

static int by_ref(const void *a, const void *b)
{
	series_ref x = *(const series_ref *)a, y = *(const series_ref *)b;

	return (x > y) - (x < y);
}

/* A series has a name once, so no ref comes twice. */
static int union_of_values(const struct index *index, const struct matcher *matcher, struct refs *out)
{
	const char *text = matcher_name(matcher);
	const struct inverted_name *name = inverted_find_name(&index->inverted, text, (uint32_t)strlen(text));

	for (uint32_t i = 0; name && i < name->n; i++) {
		const struct inverted_value *value = &name->values[i];

		if (value->text && matcher_test(matcher, value->text, value->size) &&
		    refs_add_list(out, &value->series) < 0)
			return -ENOMEM;
	}
	if (out->n)
		qsort(out->ref, out->n, sizeof *out->ref, by_ref);
	return 0;
}

/* *done: the matcher that the start has taken care of. */
static int start(const struct index *index, struct matcher *const *matchers, uint32_t n, struct refs *out, uint32_t *done)
{
	const struct postings *shortest = NULL;
	uint32_t other = n;

	*done = n;
	for (uint32_t i = 0; i < n; i++) {
		if (matcher_takes_empty(matchers[i]))
			continue;
		if (matcher_op(matchers[i]) == MATCH_EQUAL) {
			const struct postings *list = list_of_equal(index, matchers[i]);

			if (!shortest || list->count < shortest->count) {
				shortest = list;
				*done = i;
			}
		} else if (other == n) {
			other = i;
		}
	}
	if (shortest)
		return refs_add_list(out, shortest);
	*done = other;
	return other < n ? union_of_values(index, matchers[other], out) : all_series(index, out);
}

static bool takes(const struct index *index, struct matcher *const *matchers, uint32_t n, uint32_t done, series_ref ref)
{
	struct labels labels = index_series(index, ref)->labels;

	return matchers_test(matchers, done < n ? done : n, labels) &&
	       (done >= n || matchers_test(matchers + done + 1, n - done - 1, labels));
}

static int select_locked(const struct index *index, struct matcher *const *matchers, uint32_t n, struct refs *out)
{
	uint32_t done, kept = 0;

	out->n = 0;
	if (start(index, matchers, n, out, &done) < 0)
		return -ENOMEM;
	if (done >= n && !n)
		return 0;
	for (uint32_t i = 0; i < out->n; i++)
		if (takes(index, matchers, n, done, out->ref[i]))
			out->ref[kept++] = out->ref[i];
	out->n = kept;
	return 0;
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
		const struct metric *metric = index->metrics[index->order[i]].box->metric;
		const struct postings *list = inverted_find(&index->inverted, LABEL_NAME, sizeof LABEL_NAME - 1,
							    metric->name, metric->name_len);

		if (list && refs_add_list(out, list) < 0)
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
