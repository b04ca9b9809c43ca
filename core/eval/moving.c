/* SPDX-License-Identifier: MIT */
/*
 * moving.c - two arrays whose used part wanders from left to right. Drops, which
 * counters hardly ever have, are kept beside them, so that an increase over a
 * window looks at its ends alone.
 */
#include "eval/moving.h"
#include "eval/lanes.h"
#include "model/rising.h"

#include <errno.h>

enum { ROOM_FIRST = 2048 };

void moving_fini(struct moving *moving)
{
	eval_release(moving->eval, moving->room * (sizeof *moving->at + sizeof *moving->values) +
			moving->drops_room * sizeof *moving->drops + moving->scratch_room * sizeof *moving->scratch);
	free(moving->at);
	free(moving->values);
	free(moving->drops);
	free(moving->scratch);
	moving->at = NULL;
	moving->values = moving->scratch = NULL;
	moving->drops = NULL;
	moving->room = moving->drops_room = moving->scratch_room = 0;
}

void moving_begin(struct moving *moving)
{
	moving->i = 0;
	moving->head = moving->n = 0;
	moving->drops_head = moving->n_drops = 0;
}

/* ---- where windows begin ---- */

static kymo_ms window_start(const struct moving *moving, uint32_t i)
{
	return steps_at(&moving->moved, i) - moving->range;
}

kymo_ms moving_wants_from(const struct moving *moving)
{
	return moving->i < moving->points.n ? window_start(moving, moving->i) : INT64_MAX;
}

static size_t first_behind(const struct moving *moving, size_t from, kymo_ms t)
{
	return rising_behind(moving->at, from, moving->n, t);
}

/* ---- room ---- */

static int grow(struct moving *moving, void **array, size_t size, size_t from, size_t to)
{
	void *grown;

	if (eval_hold(moving->eval, (to - from) * size) < 0)
		return moving->eval->err->code;
	grown = realloc(*array, to * size);
	if (!grown) {
		eval_release(moving->eval, (to - from) * size);
		return eval_no_memory(moving->eval);
	}
	*array = grown;
	return 0;
}

static int grow_samples(struct moving *moving, size_t room)
{
	void *at = moving->at, *values = moving->values;
	int r = grow(moving, &at, sizeof *moving->at, moving->room, room);

	moving->at = at;
	if (r < 0)
		return r;
	r = grow(moving, &values, sizeof *moving->values, moving->room, room);
	moving->values = values;
	if (r < 0)
		eval_release(moving->eval, (room - moving->room) * sizeof *moving->at);
	else
		moving->room = room;
	return r;
}

/* What is wanted no more makes room: all but the last sample before the window, which some functions look at. */
static void move_to_front(struct moving *moving)
{
	size_t drop = moving->head ? moving->head - 1 : 0, left = moving->n - drop;

	if (!drop)
		return;
	while (moving->drops_head < moving->n_drops && moving->drops[moving->drops_head].at <= drop)
		moving->drops_head++;
	memmove(moving->at, moving->at + drop, left * sizeof *moving->at);
	memmove(moving->values, moving->values + drop, left * sizeof *moving->values);
	moving->n -= drop;
	moving->head -= drop;
	memmove(moving->drops, moving->drops + moving->drops_head, (moving->n_drops - moving->drops_head) * sizeof *moving->drops);
	moving->n_drops -= moving->drops_head;
	moving->drops_head = 0;
	for (size_t k = 0; k < moving->n_drops; k++)
		moving->drops[k].at -= drop;
}

static int reserve(struct moving *moving, size_t n)
{
	size_t room = moving->room ? moving->room : ROOM_FIRST;

	if (moving->n + n <= moving->room)
		return 0;
	moving->head = first_behind(moving, moving->head, moving_wants_from(moving));
	if (moving->head > moving->n / 2)
		move_to_front(moving);
	while (room < moving->n + n)
		room *= 2;
	return room > moving->room ? grow_samples(moving, room) : 0;
}

/* ---- points out ---- */

static int need_scratch(struct moving *moving, size_t n)
{
	void *scratch = moving->scratch;
	int r;

	if (!moving->spec->wants_scratch || n <= moving->scratch_room)
		return 0;
	r = grow(moving, &scratch, sizeof *moving->scratch, moving->scratch_room, n + n / 2);
	moving->scratch = scratch;
	if (r == 0)
		moving->scratch_room = n + n / 2;
	return r;
}

/* The next point gets what the function makes of those samples. What is known beside them stands in *window. */
static int give_point(struct moving *moving, const struct samples *samples, struct range_window *window)
{
	uint32_t i = moving->i++;
	int r;

	moving->out[i] = absent();
	if (!samples->n)
		return 0;
	window->end = steps_at(&moving->moved, i);
	window->start = window->end - moving->range;
	window->at = steps_at(&moving->points, i);
	for (int k = 0; k < 2; k++)
		window->args[k] = moving->args[k] ? moving->args[k][i] : 0;
	if ((r = need_scratch(moving, samples->n)) < 0)
		return r;
	window->scratch = moving->scratch;
	if (!moving->spec->samples(samples, window, &moving->out[i]))
		moving->out[i] = absent();
	return eval_check(moving->eval, 0);
}

/* What was lost in the drops of samples first + 1 .. end. */
static double drops_between(struct moving *moving, size_t first, size_t end)
{
	double sum = 0;

	while (moving->drops_head < moving->n_drops && moving->drops[moving->drops_head].at <= first)
		moving->drops_head++;
	for (size_t k = moving->drops_head; k < moving->n_drops && moving->drops[k].at < end; k++)
		sum += moving->drops[k].before;
	return sum;
}

static int finish_point(struct moving *moving)
{
	kymo_ms end = steps_at(&moving->moved, moving->i);
	size_t first = first_behind(moving, moving->head, window_start(moving, moving->i)), last = first_behind(moving, first, end);
	struct range_window window = { .has_drops = moving->spec->wants_drops };
	struct samples samples = { 0 };

	moving->head = first;
	if (first < last)
		samples = (struct samples){ (uint32_t)(last - first), moving->at + first, moving->values + first };
	if (samples.n && window.has_drops)
		window.drops = drops_between(moving, first, last);
	if (moving->spec->wants_before && first > 0) {
		window.has_before = true;
		window.before = moving->values[first - 1];
		window.before_at = moving->at[first - 1];
	}
	return give_point(moving, &samples, &window);
}

int moving_finish_before(struct moving *moving, kymo_ms t)
{
	int r = 0;

	while (r == 0 && moving->i < moving->points.n && steps_at(&moving->moved, moving->i) < t)
		r = finish_point(moving);
	return r;
}

int moving_end(struct moving *moving)
{
	int r = 0;

	while (r == 0 && moving->i < moving->points.n)
		r = finish_point(moving);
	return r;
}

/* ---- samples in ---- */

static int add_drop(struct moving *moving, size_t at, double before)
{
	if (moving->n_drops == moving->drops_room) {
		size_t room = moving->drops_room ? moving->drops_room * 2 : 64;
		void *drops = moving->drops;
		int r = grow(moving, &drops, sizeof *moving->drops, moving->drops_room, room);

		moving->drops = drops;
		if (r < 0)
			return r;
		moving->drops_room = room;
	}
	moving->drops[moving->n_drops++] = (struct drop){ at, before };
	return 0;
}

/* Any drop among values from..n? One pass without a branch for the usual case: none. */
LANE_INLINE void any_drop_body(const double *v, size_t from, size_t n, uint64_t *found)
{
	uint64_t drops = 0;

	for (size_t k = from; k < n; k++)
		drops |= v[k] < v[k - 1];
	*found = drops;
}
DEFINE_LOOP(any_drop, (const double *v, size_t from, size_t n, uint64_t *found), (v, from, n, found))

static bool has_drop(const double *v, size_t from, size_t n)
{
	uint64_t found;

	any_drop(v, from, n, &found);
	return found;
}

static int find_drops(struct moving *moving, size_t from)
{
	const double *v = moving->values;

	from = from ? from : 1;
	if (!moving->spec->wants_drops || !has_drop(v, from, moving->n))
		return 0;
	for (size_t k = from; k < moving->n; k++)
		if (v[k] < v[k - 1] && add_drop(moving, k, v[k - 1]) < 0)
			return moving->eval->err->code;
	return 0;
}

LANE_INLINE void any_nan_body(const double *v, uint32_t n, uint64_t *found)
{
	uint64_t nans = 0;	/* as wide as what is compared, so that it runs in lanes */

	for (uint32_t i = 0; i < n; i++)
		nans |= v[i] != v[i];
	*found = nans;
}
DEFINE_LOOP(any_nan, (const double *v, uint32_t n, uint64_t *found), (v, n, found))

static bool has_nan_among(const double *values, uint32_t n)
{
	uint64_t found;

	any_nan(values, n, &found);
	return found;
}

static void copy_fresh(struct moving *moving, const kymo_ms *at, const double *values, uint32_t n)
{
	size_t to = moving->n;

	for (uint32_t i = 0; i < n; i++) {
		moving->at[to] = at[i];
		moving->values[to] = values[i];
		to += !value_is_stale(values[i]);
	}
	moving->n = to;
}

/* Does the function look at the samples of one window alone, and no window at those of another? */
static bool stand_apart(const struct moving *moving)
{
	return !moving->spec->wants_before && !moving->spec->wants_drops && moving->moved.step >= moving->range;
}

/*
 * Windows that lie in a piece as a whole are looked at where it stands, without a
 * copy, if nothing is held for them. *taken: what no later window wants.
 */
static int finish_inside(struct moving *moving, const kymo_ms *at, const double *values, uint32_t n, uint32_t *taken)
{
	size_t from = 0;
	int r = 0;

	while (r == 0 && moving->i < moving->points.n && steps_at(&moving->moved, moving->i) < at[n - 1]) {
		size_t first = rising_behind(at, from, n, window_start(moving, moving->i));
		struct range_window window = { 0 };
		struct samples samples = { 0 };

		from = rising_behind(at, first, n, steps_at(&moving->moved, moving->i));
		if (first < from)
			samples = (struct samples){ (uint32_t)(from - first), at + first, values + first };
		r = give_point(moving, &samples, &window);
	}
	*taken = (uint32_t)rising_behind(at, from, n, moving_wants_from(moving));
	return r;
}

static bool holds_nothing(const struct moving *moving)
{
	return first_behind(moving, moving->head, moving_wants_from(moving)) == moving->n;
}

static int keep(struct moving *moving, const kymo_ms *at, const double *values, uint32_t n)
{
	int r = reserve(moving, n);

	if (r < 0)
		return r;
	memcpy(moving->at + moving->n, at, n * sizeof *at);
	memcpy(moving->values + moving->n, values, n * sizeof *values);
	moving->n += n;
	return 0;
}

/* Of a window that began in the piece before, only what belongs to it is copied. *taken as above. */
static int finish_apart(struct moving *moving, const kymo_ms *at, const double *values, uint32_t n, uint32_t *taken)
{
	uint32_t begun = 0;
	int r = 0;

	if (!holds_nothing(moving)) {
		begun = (uint32_t)rising_behind(at, 0, n, steps_at(&moving->moved, moving->i));
		if (begun == n)
			return 0;
		r = keep(moving, at, values, begun);
		if (r == 0)
			r = moving_finish_before(moving, at[begun]);
	}
	if (r == 0)
		r = finish_inside(moving, at + begun, values + begun, n - begun, taken);
	*taken += begun;
	return r;
}

int moving_add(struct moving *moving, const kymo_ms *at, const double *values, uint32_t n)
{
	bool has_nan = has_nan_among(values, n);	/* staleness marks, perhaps */
	uint32_t taken = 0;
	size_t from;
	int r = n ? moving_finish_before(moving, at[0]) : 0;

	if (r == 0 && n && !has_nan && stand_apart(moving))
		r = finish_apart(moving, at, values, n, &taken);
	at += taken;
	values += taken;
	n -= taken;
	if (r < 0 || !n || (r = reserve(moving, n)) < 0)
		return r;
	from = moving->n;
	if (has_nan)
		copy_fresh(moving, at, values, n);
	else if ((r = keep(moving, at, values, n)) < 0)
		return r;
	r = find_drops(moving, from);
	return r < 0 ? r : moving_finish_before(moving, at[n - 1]);
}

/* A record is in no window that ends before it does, though its last sample may be. */
int moving_add_records(struct moving *moving, const struct piece *piece)
{
	int r = reserve(moving, piece->n);

	for (uint32_t i = 0; i < piece->n && r == 0; i++) {
		r = moving_finish_before(moving, piece->at[i]);
		if (r < 0 || !piece->count[i])
			continue;
		moving->at[moving->n] = piece->last_at[i];
		moving->values[moving->n++] = piece->last[i];
		r = find_drops(moving, moving->n - 1);
	}
	return r;
}
