/* SPDX-License-Identifier: MIT */
#include "crash_model.h"
#include "model/sample.h"
#include "util/cleanup.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- series and their values ---- */

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t hash(uint32_t slot, kymo_ms at)
{
	return mix(mix((uint64_t)at) + slot);
}

static double awkward(uint64_t bits)
{
	static const double some[] = { NAN, INFINITY, -INFINITY, -0.0, 5e-324 };

	if (bits % 40 < 5)
		return some[bits % 40];
	return bits % 40 == 5 ? value_stale() : value_of_bits((bits & UINT64_C(0x800fffffffffffff)) | UINT64_C(0x3fe) << 52);
}

double crash_value(uint32_t slot, kymo_ms at)
{
	uint64_t bits = hash(slot, at);

	switch (slot % 6) {
	case 0:
		return 5.5 + slot;
	case SLOT_COUNTER:
		return (double)(at / 1000 % 100000);
	case 2:
		return (double)(at / 17000 % 3);
	case 3:
		return (double)(bits % 10000) / 100;
	default:
		return awkward(bits);
	}
}

int crash_window(uint32_t slot, kymo_ms at, struct window *out)
{
	uint64_t bits = hash(slot, at);
	int r = 0;

	window_init(out, at - 1000, at, 5);
	for (uint32_t i = 0; i < 1 + bits % 4 && r == 0; i++)
		r = window_observe(out, (double)((bits >> 8 * i & 255) + 1) / 8, 1 + i % 2);
	window_settle(out, KIND_DISTRIBUTION);
	return r;
}

static const char *name_of(uint32_t slot)
{
	return slot % 6 == SLOT_COUNTER ? "crash_total" : slot % 6 == SLOT_SPREAD ? "crash_spread" : "crash";
}

enum series_kind crash_kind(uint32_t slot)
{
	return slot % 6 == SLOT_COUNTER ? KIND_COUNTER : slot % 6 == SLOT_SPREAD ? KIND_DISTRIBUTION : KIND_GAUGE;
}

int crash_labels(uint32_t slot, struct buf *out)
{
	const char *name = name_of(slot);
	char text[16];
	int n = snprintf(text, sizeof text, "%u", slot);
	struct label items[] = { { LABEL_NAME, name, sizeof LABEL_NAME - 1, (uint32_t)strlen(name) },
				 { "slot", text, 4, (uint32_t)n } };

	return labels_encode(items, 2, out);
}

/* ---- the list ---- */

void crash_fail(struct crash *crash, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(crash->failure, sizeof crash->failure, format, args);
	va_end(args);
	_exit(1);
}

void times_add(struct times *times, kymo_ms at)
{
	uint32_t i = times->n;

	while (i > 0 && times->at[i - 1] > at)
		i--;
	if (i > 0 && times->at[i - 1] == at)
		return;
	if (times->n == TIMES_MOST)
		abort();
	memmove(times->at + i + 1, times->at + i, (times->n - i) * sizeof *times->at);
	times->at[i] = at;
	times->n++;
}

static void times_remove(struct times *times, kymo_ms start, kymo_ms end)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < times->n; i++)
		if (times->at[i] <= start || times->at[i] > end)
			times->at[kept++] = times->at[i];
	times->n = kept;
}

void model_copy(struct model *to, const struct model *from)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		to->slot[slot].n = from->slot[slot].n;
		memcpy(to->slot[slot].at, from->slot[slot].at, from->slot[slot].n * sizeof(kymo_ms));
	}
}

void model_absorb(struct model *model, const struct notes *notes)
{
	for (uint32_t i = 0; i < notes->n; i++) {
		const struct note *note = &notes->note[i];

		if (note->state == REFUSED)
			continue;
		if (note->slot < SLOTS)
			times_add(&model->slot[note->slot], note->at);
		for (uint32_t slot = 0; note->slot == SLOTS && slot < SLOTS; slot++)
			if (note->slots >> slot & 1)
				times_remove(&model->slot[slot], note->at, note->end);
	}
}

static bool contains(const struct times *times, kymo_ms at)
{
	uint32_t low = 0, high = times->n;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (times->at[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < times->n && times->at[low] == at;
}

/* ---- comparing ---- */

struct checking {
	struct crash *crash;
	struct model *model;
	struct store *store;
	kymo_ms horizon;
};

static kymo_ms horizon_of(const struct crash *crash, kymo_ms retention)
{
	return retention == FOREVER ? INT64_MIN : crash->now - retention;
}

static uint32_t slot_of(struct crash *crash, const struct series_view *view)
{
	struct label label;
	char text[16] = "";
	uint32_t slot;

	if (!labels_find(view->labels, "slot", &label) || label.value_len >= sizeof text)
		crash_fail(crash, "a series that was never made");
	memcpy(text, label.value, label.value_len);
	slot = (uint32_t)strtoul(text, NULL, 10);
	if (slot >= SLOTS)
		crash_fail(crash, "slot %s was never made", text);
	return slot;
}

static void check_value(const struct checking *checking, uint32_t slot, const struct piece *piece, uint32_t i)
{
	kymo_ms at = piece->at[i];
	struct window window;
	bool same;

	if (crash_kind(slot) != KIND_DISTRIBUTION) {
		if (!piece->values || value_bits(piece->values[i]) != value_bits(crash_value(slot, at)))
			crash_fail(checking->crash, "slot %u has %a at %lld, not %a", slot, piece->values ? piece->values[i] : NAN,
				   (long long)at, crash_value(slot, at));
		return;
	}
	crash_window(slot, at, &window);
	same = !piece->values && piece->count[i] == window.count && piece->sum[i] == window_sum(&window) &&
	       piece->min[i] == window.min && piece->max[i] == window.max && piece->start[i] == window.start;
	window_fini(&window);
	if (!same)
		crash_fail(checking->crash, "slot %u has another distribution at %lld", slot, (long long)at);
}

static struct select *open_select(const struct checking *checking, enum kymo_tier tier)
{
	struct select_request request = { .tier = tier, .start = INT64_MIN, .end = INT64_MAX, .wants = WANT_ALL | WANT_ENDS };
	struct select *select;
	struct error err = { 0 };

	if (select_open(checking->store, &request, &select, &err) < 0)
		crash_fail(checking->crash, "select: %s", error_text(&err));
	return select;
}

static void close_select(const struct checking *checking, struct select *select)
{
	struct select_stats stats;

	select_stats(select, &stats);
	if (stats.quarantined)
		crash_fail(checking->crash, "%u parts are damaged", stats.quarantined);
	select_close(select);
}

static int next_piece(const struct checking *checking, struct cursor *cursor, struct piece *piece)
{
	int r = cursor_next(cursor, piece);

	if (r < 0)
		crash_fail(checking->crash, "cursor: %d", r);
	return r;
}

/* All raw samples of all series into *got, with their values compared. */
static void read_raw(const struct checking *checking, struct model *got)
{
	struct select *select = open_select(checking, KYMO_RAW);

	for (uint32_t i = 0; i < SLOTS; i++)
		got->slot[i].n = 0;
	for (uint32_t i = 0; i < select_count(select); i++) {
		uint32_t slot = slot_of(checking->crash, select_series(select, i));
		AUTO(cursor) cursor = NULL;
		struct piece piece;

		if (got->slot[slot].n)
			crash_fail(checking->crash, "slot %u is there twice", slot);
		if (cursor_open(select, i, &cursor) < 0)
			crash_fail(checking->crash, "slot %u: no cursor", slot);
		while (next_piece(checking, cursor, &piece) > 0)
			for (uint32_t k = 0; k < piece.n; k++) {
				check_value(checking, slot, &piece, k);
				times_add(&got->slot[slot], piece.at[k]);
			}
	}
	close_select(checking, select);
}

/* Nothing of what a deletion takes is there: it was the last that was sent, so nothing can have come since. */
static bool is_deleted(const struct model *got, const struct note *note)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		for (uint32_t i = 0; note->slots >> slot & 1 && i < got->slot[slot].n; i++)
			if (got->slot[slot].at[i] > note->at && got->slot[slot].at[i] <= note->end)
				return false;
	return true;
}

/* What was in doubt is decided. */
static void decide(const struct model *got, struct notes *notes)
{
	for (uint32_t i = 0; i < notes->n; i++) {
		struct note *note = &notes->note[i];

		if (note->state == SENT && note->slot == SLOTS)
			note->state = is_deleted(got, note) ? TAKEN : REFUSED;
		else if (note->state == SENT)
			note->state = contains(&got->slot[note->slot], note->at) ? TAKEN : REFUSED;
	}
}

static void check_raw(const struct checking *checking, const struct model *got)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		const struct times *must = &checking->model->slot[slot], *has = &got->slot[slot];
		uint32_t at = 0;

		for (uint32_t i = 0; i < must->n; i++) {
			if (must->at[i] <= checking->horizon)
				continue;
			if (at < has->n && has->at[at] < must->at[i])
				crash_fail(checking->crash, "slot %u: nobody sent a sample at %lld", slot, (long long)has->at[at]);
			if (at == has->n || has->at[at] != must->at[i])
				crash_fail(checking->crash, "slot %u: the sample at %lld (now - %lld) is missing; there are %u of %u",
					   slot, (long long)must->at[i], (long long)(checking->crash->now - must->at[i]), has->n, must->n);
			at++;
		}
		if (at < has->n)
			crash_fail(checking->crash, "slot %u: nobody sent a sample at %lld", slot, (long long)has->at[at]);
	}
}

/* ---- tiers ---- */

static void fill_window(uint32_t slot, const struct times *times, uint32_t *at, kymo_ms end, kymo_ms width, struct window *out)
{
	enum series_kind kind = crash_kind(slot);

	window_init(out, end - width, end, SKETCH_NONE);
	for (; *at < times->n && times->at[*at] <= end; ++*at) {
		struct window one;

		if (kind != KIND_DISTRIBUTION) {
			window_add(out, kind, times->at[*at], crash_value(slot, times->at[*at]));
			continue;
		}
		crash_window(slot, times->at[*at], &one);
		window_merge(out, kind, &one);
		window_fini(&one);
	}
	window_settle(out, kind);
}

static void check_record(const struct checking *checking, uint32_t slot, enum kymo_tier tier, const struct window *w,
			 const struct piece *piece, uint32_t i)
{
	bool ended = piece->flags[i] & RECORD_ENDED;
	bool same = piece->at[i] == w->end && piece->count[i] == w->count && ended == w->ended;

	if (same && w->count)
		same = value_bits(piece->min[i]) == value_bits(w->min) && value_bits(piece->max[i]) == value_bits(w->max) &&
		       (crash_kind(slot) == KIND_DISTRIBUTION || value_bits(piece->last[i]) == value_bits(w->last));
	if (!same)
		crash_fail(checking->crash, "slot %u, %s: window of %lld (now - %lld) has %llu samples, of %lld were expected %llu", slot,
			   tier_name(tier), (long long)piece->at[i], (long long)(checking->crash->now - piece->at[i]),
			   (unsigned long long)piece->count[i], (long long)w->end, (unsigned long long)w->count);
}

/* The windows of one series in order: each that the model has, and no other. */
struct walk {
	uint32_t slot, at;
	kymo_ms width;
	const struct times *times;
};

static bool walk_next(struct walk *walk, struct window *out)
{
	if (walk->at == walk->times->n)
		return false;
	fill_window(walk->slot, walk->times, &walk->at, window_end_of(walk->times->at[walk->at], walk->width), walk->width, out);
	return true;
}

static void check_series_tier(const struct checking *checking, struct select *select, uint32_t i, enum kymo_tier tier, bool *seen)
{
	uint32_t slot = slot_of(checking->crash, select_series(select, i));
	struct walk walk = { .slot = slot, .width = tier_width(tier), .times = &checking->model->slot[slot] };
	AUTO(cursor) cursor = NULL;
	struct piece piece;
	struct window window;

	while (walk.at < walk.times->n && window_end_of(walk.times->at[walk.at], walk.width) <= checking->horizon)
		walk.at++;
	if (cursor_open(select, i, &cursor) < 0)
		crash_fail(checking->crash, "slot %u: no cursor", slot);
	while (next_piece(checking, cursor, &piece) > 0)
		for (uint32_t k = 0; k < piece.n; k++) {
			if (!walk_next(&walk, &window))
				crash_fail(checking->crash, "slot %u, %s: a window too many, of %lld", slot, tier_name(tier),
					   (long long)piece.at[k]);
			check_record(checking, slot, tier, &window, &piece, k);
			window_fini(&window);
		}
	if (walk.at < walk.times->n)
		crash_fail(checking->crash, "slot %u, %s: the window of %lld is missing", slot, tier_name(tier),
			   (long long)walk.times->at[walk.at]);
	*seen = true;
}

static void check_tier(struct checking *checking, enum kymo_tier tier, kymo_ms retention)
{
	bool seen[SLOTS] = { false };
	struct select *select;

	checking->horizon = horizon_of(checking->crash, retention);
	select = open_select(checking, tier);
	for (uint32_t i = 0; i < select_count(select); i++)
		check_series_tier(checking, select, i, tier, &seen[slot_of(checking->crash, select_series(select, i))]);
	close_select(checking, select);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		const struct times *times = &checking->model->slot[slot];

		if (!seen[slot] && times->n && window_end_of(times->at[times->n - 1], tier_width(tier)) > checking->horizon)
			crash_fail(checking->crash, "slot %u is missing in %s", slot, tier_name(tier));
	}
}

static void check_stats(const struct checking *checking)
{
	struct store_stats stats;

	store_stats(checking->store, &stats);
	if (stats.quarantined)
		crash_fail(checking->crash, "%llu parts are damaged", (unsigned long long)stats.quarantined);
}

void model_check(struct crash *crash, struct model *model, struct notes *notes, struct store *store,
		 const struct store_options *options)
{
	static struct model got;
	struct checking checking = { crash, model, store, horizon_of(crash, options->retention[KYMO_RAW]) };

	read_raw(&checking, &got);
	decide(&got, notes);
	model_absorb(model, notes);
	check_raw(&checking, &got);
	for (int tier = KYMO_1M; tier < TIERS; tier++)
		check_tier(&checking, (enum kymo_tier)tier, options->retention[tier]);
	check_stats(&checking);
}
