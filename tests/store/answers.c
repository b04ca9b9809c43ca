/* SPDX-License-Identifier: MIT */
#include "answers.h"

#include <math.h>

void answers_fini(struct answers *answers)
{
	for (uint32_t i = 0; i < answers->n; i++)
		window_fini(&answers->of[i].record.window);
	free(answers->of);
	*answers = (struct answers){ 0 };
}

static struct answer *add(struct answers *answers)
{
	if (answers->n == answers->room) {
		answers->room = answers->room ? answers->room * 2 : 64;
		answers->of = realloc(answers->of, answers->room * sizeof *answers->of);
		assert_non_null(answers->of);
	}
	answers->of[answers->n] = (struct answer){ .value = 0 };
	return &answers->of[answers->n++];
}

static void copy_record(const struct piece *piece, uint32_t i, struct answer *to)
{
	struct window *w = &to->record.window;
	struct sketch sketch;

	window_init(w, piece->start[i], piece->at[i], SKETCH_NONE);
	w->count = piece->count[i];
	w->sum = piece->sum ? piece->sum[i] : NAN;
	w->min = piece->min ? piece->min[i] : NAN;
	w->max = piece->max ? piece->max[i] : NAN;
	w->first = piece->first ? piece->first[i] : NAN;
	w->last = piece->last ? piece->last[i] : NAN;
	w->correction = piece->correction ? piece->correction[i] : NAN;
	w->first_at = piece->first_at[i];
	w->last_at = piece->last_at[i];
	w->ended = piece->flags[i] & RECORD_ENDED;
	to->flags = piece->flags[i];
	sketch_init(&sketch, 5);
	if (piece_sketch(piece, i, 5, &sketch) == 0) {
		w->sketch = sketch;
		w->has_sketch = true;
	} else {
		sketch_fini(&sketch);
	}
}

static void copy_piece(const struct piece *piece, kymo_ms start, kymo_ms end, struct answers *out)
{
	assert_true(piece->n > 0 && piece->n <= PIECE_ROOM);
	for (uint32_t i = 0; i < piece->n; i++) {
		struct answer *answer = add(out);

		answer->record.at = piece->at[i];
		assert_true(piece->at[i] > start && piece->at[i] <= end);
		if (out->n > 1)
			assert_true(out->of[out->n - 2].record.at < piece->at[i]);
		if (piece->values)
			answer->value = piece->values[i];
		else
			copy_record(piece, i, answer);
	}
}

void ask(struct store *store, series_ref ref, enum kymo_tier tier, kymo_ms start, kymo_ms end, uint32_t wants,
	 struct answers *out)
{
	struct select_request request = { .tier = tier, .start = start, .end = end, .wants = wants };
	AUTO(select) select = NULL;
	struct error err = { 0 };

	answers_fini(out);
	assert_int_equal(select_open(store, &request, &select, &err), 0);
	for (uint32_t i = 0; i < select_count(select); i++) {
		AUTO(cursor) cursor = NULL;
		struct piece piece;
		int r;

		if (select_series(select, i)->ref != ref)
			continue;
		assert_int_equal(cursor_open(select, i, &cursor), 0);
		while ((r = cursor_next(cursor, &piece)) > 0)
			copy_piece(&piece, start, end, out);
		assert_int_equal(r, 0);
	}
}

struct store_maintained maintain(struct store *store, unsigned what)
{
	struct store_maintained done;
	struct error err = { 0 };

	if (store_maintain(store, what, &done, &err) < 0)
		fail_msg("%s", error_text(&err));
	return done;
}

void pass_time(struct folder *folder, kymo_ms now)
{
	atomic_store(&folder->clock.now, now);
	maintain(folder->store, MAINTAIN_CLOSE);
}
