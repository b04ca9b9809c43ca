/* SPDX-License-Identifier: MIT */
/*
 * windows_groups.c - a minute of a group: 64 members at a time come as columns, and
 * each column is a window. That goes for members of which all there is in that
 * minute is in rows of their group; others are left to who reads one by one. A
 * member that is the same all the minute is done without a look at its samples.
 */
#include "store/windows_pass.h"
#include "store/policies.h"

#include <errno.h>
#include <stdlib.h>

struct closing {
	struct pass *pass;
	const struct live_group *group;
	const series_ref *refs;		/* of the members */
	struct refs *rest;
	uint64_t *closed;
	struct group_columns *columns;
	/* Of 64 members: */
	uint32_t n;
	uint64_t whole;			/* those of which columns are all there is */
	struct rollup_series series[COLUMNS_MEMBERS];
	struct record record[COLUMNS_MEMBERS];
};

/* ---- which members ---- */

/* Has this member rows of that minute in a group that it was in before? */
static bool has_older(const struct head *head, const struct group *group, uint32_t slot, kymo_ms start)
{
	const struct group *older = group->older && group->older[slot].group ? head->groups[group->older[slot].group] : NULL;

	return older && older->newest > start;
}

/* What is neither in the rows of the group nor gone. */
static bool is_whole(const struct head *head, const struct group *group, const struct series *series, uint32_t slot,
		     kymo_ms start, kymo_ms end)
{
	return series->group == group->id && series->slot == slot && !head_has_own(series, start, end) &&
	       !has_older(head, group, slot, start);
}

static void take_series(struct closing *c, uint32_t i, series_ref ref, const struct series *series)
{
	const struct metric *metric = series->metric->metric;

	c->series[i] = (struct rollup_series){ ref, (enum series_kind)series->kind, metric->flags,
					       policy_of(c->pass->store, metric->name, metric->name_len) };
}

/* With both locks. -ESTALE: the group is another by now. */
static int begin_word(struct closing *c, uint32_t word, kymo_ms start, kymo_ms end)
{
	struct store *store = c->pass->store;
	const struct group *group = c->group->id < store->head.room_groups ? store->head.groups[c->group->id] : NULL;
	uint32_t first = word * COLUMNS_MEMBERS;

	if (!group || group->n != c->group->n || memcmp(group->refs + first, c->refs + first, c->n * sizeof *c->refs) != 0)
		return -ESTALE;
	for (uint32_t i = 0; i < c->n; i++) {
		const struct series *series = index_series(store->index, c->refs[first + i]);

		c->series[i].ref = 0;
		if (!series)
			continue;
		take_series(c, i, c->refs[first + i], series);
		c->whole |= (uint64_t)is_whole(&store->head, group, series, first + i, start, end) << i;
	}
	return group_columns_begin(c->columns, group, word, start, end);
}

static int read_word(struct closing *c, uint32_t word, kymo_ms start, kymo_ms end)
{
	struct store *store = c->pass->store;
	int r;

	c->whole = 0;
	index_lock(store->index);
	pthread_mutex_lock(&store->head.lock);
	r = begin_word(c, word, start, end);
	pthread_mutex_unlock(&store->head.lock);
	index_unlock(store->index);
	return r < 0 ? r : group_columns_read(c->columns);
}

/* ---- windows ---- */

/* 1: it is one; 0: there is nothing. */
static int make_window(struct closing *c, uint32_t i, kymo_ms start, kymo_ms end)
{
	struct group_column column = group_column_of(c->columns, i);
	const struct rollup_series *series = &c->series[i];
	struct window *window = &c->record[i].window;

	if (!column.n)
		return 0;
	c->record[i].at = end;
	window_reset(window, start, end, rollup_schema_of(series, KYMO_1M));
	if (column.same && window_add_same(window, column.at, column.values[0], column.n))
		return 1;
	return rollup_column(series, column.at, group_column_values(c->columns, i), column.n, window);
}

/* Those of a word whose windows hold something, as bits. */
static int make_word(struct closing *c, kymo_ms start, kymo_ms end, uint64_t *made)
{
	*made = 0;
	for (uint64_t left = c->whole; left; left &= left - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);
		int r = make_window(c, i, start, end);

		if (r < 0)
			return r;
		*made |= (uint64_t)r << i;
	}
	return 0;
}

/* ---- records ---- */

static int keep_word(struct closing *c, uint64_t made)
{
	int r = 0;

	pthread_mutex_lock(&c->pass->d->lock);
	for (uint64_t left = made; left && r == 0; left &= left - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);

		r = tier_head_add(&c->pass->d->head[KYMO_1M], c->series[i].ref, c->series[i].kind, &c->record[i]);
	}
	pthread_mutex_unlock(&c->pass->d->lock);
	for (uint64_t left = made; left && r == 0; left &= left - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);

		r = pass_tell(c->pass, KYMO_1M, c->series[i].ref, &c->record[i].window);
		*c->closed += c->record[i].window.count != 0;
	}
	return r;
}

static int leave_to_others(struct closing *c, const series_ref *refs)
{
	int r = 0;

	for (uint32_t i = 0; i < c->n && r == 0; i++)
		if (!(c->whole >> i & 1))
			r = refs_add(c->rest, refs[i]);
	return r;
}

/* The minutes of one word, as long as its columns can be had. */
static int close_word(struct closing *c, uint32_t word, kymo_ms start, kymo_ms end)
{
	const series_ref *refs = c->refs + word * COLUMNS_MEMBERS;
	uint64_t made;
	int r;

	c->n = c->group->n - word * COLUMNS_MEMBERS < COLUMNS_MEMBERS ? c->group->n - word * COLUMNS_MEMBERS : COLUMNS_MEMBERS;
	r = read_word(c, word, start, end);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		c->whole = 0;
	r = make_word(c, start, end, &made);
	if (r == 0)
		r = keep_word(c, made);
	return r < 0 ? r : leave_to_others(c, refs);
}

static int close_group(struct closing *c, kymo_ms start, kymo_ms end)
{
	int r = 0;

	for (uint32_t word = 0; word * COLUMNS_MEMBERS < c->group->n && r == 0; word++)
		r = close_word(c, word, start, end);
	return r;
}

/* Are there samples of that time in blocks? They are not looked for here. */
static bool is_in_blocks(const struct pass *pass, kymo_ms start, kymo_ms end)
{
	const struct block_list *list = pass->view->list[KYMO_RAW];

	for (uint32_t i = 0; i < list->n; i++)
		if (block_end(list->block[i]) > start && block_start(list->block[i]) < end)
			return true;
	return false;
}

static int leave_all(const struct live *live, struct refs *rest)
{
	int r = 0;

	for (uint32_t i = 0; i < live->members.n && r == 0; i++)
		r = refs_add(rest, live->members.ref[i]);
	return r;
}

static int close_all(struct closing *c, const struct live *live, kymo_ms start, kymo_ms end)
{
	int r = 0;

	c->columns = group_columns_create();
	if (!c->columns)
		return -ENOMEM;
	for (uint32_t i = 0; i < live->n_groups && r == 0; i++) {
		c->group = &live->groups[i];
		c->refs = live->members.ref + c->group->begin;
		r = close_group(c, start, end);
	}
	for (uint32_t i = 0; i < COLUMNS_MEMBERS; i++)
		window_fini(&c->record[i].window);
	group_columns_destroy(c->columns);
	return r;
}

int groups_close(struct pass *pass, const struct live *live, kymo_ms start, kymo_ms end, struct refs *rest, uint64_t *closed)
{
	struct closing *c;
	int r;

	if (end - start != tier_width(KYMO_1M) || is_in_blocks(pass, start, end))
		return leave_all(live, rest);
	if (!live->n_groups)
		return 0;
	c = calloc(1, sizeof *c);
	if (!c)
		return -ENOMEM;
	c->pass = pass;
	c->rest = rest;
	c->closed = closed;
	r = close_all(c, live, start, end);
	free(c);
	return r;
}
