/* SPDX-License-Identifier: MIT */
/*
 * postings.c - a list is a run (first and count) as long as its refs have no gap;
 * then an array, up to LIST_MOST; then pieces, one for each 65536 refs that have
 * any, and each of these is again a run, an array of the low halves, or a bitmap
 * (as in Roaring bitmaps, arxiv.org/abs/1603.06549). So a series costs a byte or
 * two in each of its lists, a change touches at most 8 KiB, and whether a ref is
 * in a bitmap or a run is seen at once.
 *
 * A list that has come to another form keeps it, until it is empty.
 */
#include "index/postings.h"

#include <errno.h>
#include <stdlib.h>

#define POSTINGS_PIECES UINT32_MAX	/* as `room` */

enum {
	LIST_MOST = 256,
	LOW_MOST = 4096,		/* more of them need more memory than a bitmap */
	BITMAP = UINT16_MAX,		/* as the room of a piece */
	BITMAP_WORDS = 65536 / 64
};

struct piece {
	uint16_t key;			/* the upper halves of its refs */
	uint16_t room;			/* 0: a run; BITMAP; else of `low` */
	uint32_t count;
	union {
		uint32_t first;
		uint16_t *low;
		uint64_t *bits;
	};
};

struct pieces {
	uint32_t n, room;
	struct piece piece[];
};

/* The first place from `from` on whose ref is not below, doubling the step. */
#define GALLOP(items, n, from, wanted, place)                                          \
	do {                                                                           \
		uint32_t low_ = (from), step_ = 1, high_ = (from);                     \
		while (high_ < (n) && (items)[high_] < (wanted)) {                     \
			low_ = high_ + 1;                                              \
			high_ += step_;                                                \
			step_ *= 2;                                                    \
		}                                                                      \
		if (high_ > (n))                                                       \
			high_ = (n);                                                   \
		while (low_ < high_) {                                                 \
			uint32_t middle_ = low_ + (high_ - low_) / 2;                  \
			if ((items)[middle_] < (wanted))                               \
				low_ = middle_ + 1;                                    \
			else                                                           \
				high_ = middle_;                                       \
		}                                                                      \
		(place) = low_;                                                        \
	} while (0)

static uint32_t place_of_ref(const series_ref *refs, uint32_t n, uint32_t from, series_ref ref)
{
	uint32_t place;

	if (n && refs[n - 1] < ref)
		return n;
	GALLOP(refs, n, from, ref, place);
	return place;
}

static uint32_t place_of_low(const uint16_t *lows, uint32_t n, uint32_t from, uint16_t low)
{
	uint32_t place;

	if (n && lows[n - 1] < low)
		return n;
	GALLOP(lows, n, from, low, place);
	return place;
}

/* ---- one piece ---- */

static bool bit_is_set(const uint64_t *bits, uint16_t low)
{
	return bits[low / 64] >> low % 64 & 1;
}

static void piece_fini(struct piece *piece)
{
	if (piece->room)
		free(piece->room == BITMAP ? (void *)piece->bits : piece->low);
}

static bool piece_has(const struct piece *piece, uint16_t low, uint32_t *at)
{
	if (!piece->room)
		return low >= piece->first && low - piece->first < piece->count;
	if (piece->room == BITMAP)
		return bit_is_set(piece->bits, low);
	*at = place_of_low(piece->low, piece->count, *at, low);
	return *at < piece->count && piece->low[*at] == low;
}

static void piece_copy(const struct piece *piece, series_ref *out)
{
	series_ref high = (series_ref)piece->key << 16;

	if (piece->room && piece->room != BITMAP) {
		for (uint32_t i = 0; i < piece->count; i++)
			out[i] = high | piece->low[i];
	} else if (!piece->room) {
		for (uint32_t i = 0; i < piece->count; i++)
			out[i] = high | (piece->first + i);
	} else {
		for (uint32_t word = 0; word < BITMAP_WORDS; word++)
			for (uint64_t bits = piece->bits[word]; bits; bits &= bits - 1)
				*out++ = high | (word * 64 + (uint32_t)__builtin_ctzll(bits));
	}
}

static int piece_to_bitmap(struct piece *piece)
{
	uint64_t *bits = calloc(BITMAP_WORDS, sizeof *bits);

	if (!bits)
		return -ENOMEM;
	for (uint32_t i = 0; i < piece->count; i++) {
		uint32_t low = piece->room ? piece->low[i] : piece->first + i;

		bits[low / 64] |= UINT64_C(1) << low % 64;
	}
	piece_fini(piece);
	piece->bits = bits;
	piece->room = BITMAP;
	return 0;
}

/* From a run; room for one more. */
static int piece_to_lows(struct piece *piece)
{
	uint32_t room = piece->count + piece->count / 2 + 2;
	uint16_t *low = malloc(room * sizeof *low);
	uint32_t first = piece->first;

	if (!low)
		return -ENOMEM;
	for (uint32_t i = 0; i < piece->count; i++)
		low[i] = (uint16_t)(first + i);
	piece->low = low;
	piece->room = (uint16_t)room;
	return 0;
}

static int piece_loosen(struct piece *piece)
{
	return piece->count < LOW_MOST ? piece_to_lows(piece) : piece_to_bitmap(piece);
}

static int lows_grow(struct piece *piece)
{
	uint32_t room = piece->room + piece->room / 2u + 2;
	uint16_t *low;

	if (room > LOW_MOST)
		room = LOW_MOST;
	low = realloc(piece->low, room * sizeof *low);
	if (!low)
		return -ENOMEM;
	piece->low = low;
	piece->room = (uint16_t)room;
	return 0;
}

/* One that it has not. */
static int lows_add(struct piece *piece, uint16_t low)
{
	uint32_t at = place_of_low(piece->low, piece->count, 0, low);

	if (piece->count == piece->room && lows_grow(piece) < 0)
		return -ENOMEM;
	memmove(piece->low + at + 1, piece->low + at, (piece->count - at) * sizeof *piece->low);
	piece->low[at] = low;
	piece->count++;
	return 0;
}

static bool run_takes(struct piece *piece, uint16_t low)
{
	if (low + 1u == piece->first)
		piece->first--;
	else if (low != piece->first + piece->count)
		return false;
	piece->count++;
	return true;
}

/* One that it has not. */
static int piece_add(struct piece *piece, uint16_t low)
{
	if (!piece->room) {
		if (run_takes(piece, low))
			return 0;
		if (piece_loosen(piece) < 0)
			return -ENOMEM;
	}
	if (piece->room != BITMAP && piece->count >= LOW_MOST && piece_to_bitmap(piece) < 0)
		return -ENOMEM;
	if (piece->room != BITMAP)
		return lows_add(piece, low);
	piece->bits[low / 64] |= UINT64_C(1) << low % 64;
	piece->count++;
	return 0;
}

/* One that it has. A run loses one at an end. */
static void piece_remove(struct piece *piece, uint16_t low)
{
	piece->count--;
	if (!piece->room) {
		piece->first += low == piece->first;
	} else if (piece->room == BITMAP) {
		piece->bits[low / 64] &= ~(UINT64_C(1) << low % 64);
	} else {
		uint32_t at = place_of_low(piece->low, piece->count + 1, 0, low);

		memmove(piece->low + at, piece->low + at + 1, (piece->count - at) * sizeof *piece->low);
	}
}

static bool inside(uint32_t first, uint32_t count, uint32_t ref)
{
	return ref > first && ref - first < count - 1;
}

/* ---- pieces ---- */

static uint32_t piece_place(const struct pieces *pieces, uint32_t from, uint16_t key)
{
	uint32_t to = pieces->n;

	if (from < to && pieces->piece[from].key >= key)
		return from;
	if (to && pieces->piece[to - 1].key < key)
		return to;
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (pieces->piece[middle].key < key)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct piece *piece_find(const struct postings *list, series_ref ref)
{
	uint32_t at = piece_place(list->pieces, 0, (uint16_t)(ref >> 16));

	return at < list->pieces->n && list->pieces->piece[at].key == ref >> 16 ? &list->pieces->piece[at] : NULL;
}

static int pieces_grow(struct postings *list)
{
	uint32_t room = list->pieces->room + list->pieces->room / 2 + 1;
	struct pieces *pieces = realloc(list->pieces, sizeof *pieces + room * sizeof pieces->piece[0]);

	if (!pieces)
		return -ENOMEM;
	list->pieces = pieces;
	pieces->room = room;
	return 0;
}

/* A new one, a run of `count` from `first` on. */
static int pieces_insert(struct postings *list, series_ref first, uint32_t count)
{
	uint32_t at = piece_place(list->pieces, 0, (uint16_t)(first >> 16));
	struct piece *piece;

	if (list->pieces->n == list->pieces->room && pieces_grow(list) < 0)
		return -ENOMEM;
	piece = &list->pieces->piece[at];
	memmove(piece + 1, piece, (list->pieces->n - at) * sizeof *piece);
	*piece = (struct piece){ .key = (uint16_t)(first >> 16), .count = count, .first = first & 0xffff };
	list->pieces->n++;
	return 0;
}

/* Behind all that are there, in the last piece. Refs rise, so this is the usual case. */
static bool pieces_append(struct postings *list, series_ref ref)
{
	struct piece *last = &list->pieces->piece[list->pieces->n - 1];
	uint16_t low = (uint16_t)ref;

	if (last->key != ref >> 16 || last->room == BITMAP)
		return false;
	if (!last->room) {
		if (low != last->first + last->count)
			return false;
	} else {
		if (last->count == last->room || last->low[last->count - 1] >= low)
			return false;
		last->low[last->count] = low;
	}
	last->count++;
	list->count++;
	return true;
}

static int pieces_add(struct postings *list, series_ref ref)
{
	struct piece *piece;
	uint32_t at = 0;
	int r;

	if (list->pieces->n && pieces_append(list, ref))
		return 0;
	piece = piece_find(list, ref);
	if (piece && piece_has(piece, (uint16_t)ref, &at))
		return 0;
	r = piece ? piece_add(piece, (uint16_t)ref) : pieces_insert(list, ref, 1);
	if (r == 0)
		list->count++;
	return r;
}

static void pieces_remove(struct postings *list, series_ref ref)
{
	struct pieces *pieces = list->pieces;
	struct piece *piece = piece_find(list, ref);
	uint32_t at = 0;

	if (!piece || !piece_has(piece, (uint16_t)ref, &at))
		return;
	piece_remove(piece, (uint16_t)ref);
	list->count--;
	if (piece->count)
		return;
	piece_fini(piece);
	pieces->n--;
	memmove(piece, piece + 1, (size_t)(pieces->piece + pieces->n - piece) * sizeof *piece);
}

static void pieces_free(struct pieces *pieces)
{
	for (uint32_t i = 0; i < pieces->n; i++)
		piece_fini(&pieces->piece[i]);
	free(pieces);
}

/* ---- from form to form ---- */

static int pieces_of_run(struct postings *to, series_ref first, uint32_t count)
{
	int r = 0;

	while (count && r == 0) {
		uint32_t n = 65536 - (first & 0xffff);

		if (n > count)
			n = count;
		r = pieces_insert(to, first, n);
		to->count += n;
		first += n;
		count -= n;
	}
	return r;
}

static int pieces_of_refs(struct postings *to, const series_ref *refs, uint32_t n)
{
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++)
		r = pieces_add(to, refs[i]);
	return r;
}

static int to_pieces(struct postings *list)
{
	struct postings to = { .room = POSTINGS_PIECES, .pieces = calloc(1, sizeof *to.pieces) };
	int r;

	if (!to.pieces)
		return -ENOMEM;
	r = list->room ? pieces_of_refs(&to, list->refs, list->count) : pieces_of_run(&to, list->first, list->count);
	if (r < 0) {
		pieces_free(to.pieces);
		return r;
	}
	if (list->room)
		free(list->refs);
	*list = to;
	return 0;
}

/* From a run, with room for more. */
static int to_refs(struct postings *list)
{
	uint32_t room = list->count + list->count / 2 + 1, first = list->first;
	series_ref *refs = malloc((room < 4 ? 4 : room) * sizeof *refs);

	if (!refs)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->count; i++)
		refs[i] = first + i;
	list->refs = refs;
	list->room = room < 4 ? 4 : room;
	return 0;
}

static int loosen(struct postings *list)
{
	return list->count < LIST_MOST ? to_refs(list) : to_pieces(list);
}

/* ---- the list ---- */

void postings_fini(struct postings *list)
{
	if (list->room == POSTINGS_PIECES)
		pieces_free(list->pieces);
	else if (list->room)
		free(list->refs);
	*list = (struct postings){ 0 };
}

static bool list_run_takes(struct postings *list, series_ref ref)
{
	if (!list->count || ref + 1 == list->first)
		list->first = ref;
	else if (ref - list->first > list->count || ref < list->first)
		return false;
	else if (ref - list->first < list->count)
		return true;
	list->count++;
	return true;
}

static int refs_insert(struct postings *list, uint32_t at, series_ref ref)
{
	if (list->count == list->room) {
		uint32_t room = list->room + list->room / 2;
		series_ref *refs = realloc(list->refs, room * sizeof *refs);

		if (!refs)
			return -ENOMEM;
		list->refs = refs;
		list->room = room;
	}
	memmove(list->refs + at + 1, list->refs + at, (list->count - at) * sizeof *list->refs);
	list->refs[at] = ref;
	list->count++;
	return 0;
}

static int list_add(struct postings *list, series_ref ref)
{
	uint32_t at = place_of_ref(list->refs, list->count, 0, ref);

	if (at < list->count && list->refs[at] == ref)
		return 0;
	if (list->count < LIST_MOST)
		return refs_insert(list, at, ref);
	return to_pieces(list) < 0 ? -ENOMEM : pieces_add(list, ref);
}

int postings_add(struct postings *list, series_ref ref)
{
	if (!list->room) {
		if (list_run_takes(list, ref))
			return 0;
		if (loosen(list) < 0)
			return -ENOMEM;
	}
	return list->room == POSTINGS_PIECES ? pieces_add(list, ref) : list_add(list, ref);
}

int postings_prepare_remove(struct postings *list, series_ref ref)
{
	struct piece *piece;

	if (!list->room)
		return inside(list->first, list->count, ref) ? loosen(list) : 0;
	if (list->room != POSTINGS_PIECES)
		return 0;
	piece = piece_find(list, ref);
	return piece && !piece->room && inside(piece->first, piece->count, ref & 0xffff) ? piece_loosen(piece) : 0;
}

static void list_remove(struct postings *list, series_ref ref)
{
	uint32_t at = place_of_ref(list->refs, list->count, 0, ref);

	if (at == list->count || list->refs[at] != ref)
		return;
	list->count--;
	memmove(list->refs + at, list->refs + at + 1, (list->count - at) * sizeof *list->refs);
}

void postings_remove(struct postings *list, series_ref ref)
{
	if (list->room == POSTINGS_PIECES) {
		pieces_remove(list, ref);
	} else if (list->room) {
		list_remove(list, ref);
	} else if (list->count && (ref == list->first || ref == list->first + list->count - 1)) {
		list->first += ref == list->first;
		list->count--;
	}
	if (!list->count)
		postings_fini(list);
}

void postings_copy(const struct postings *list, series_ref *out)
{
	if (!list->room) {
		for (uint32_t i = 0; i < list->count; i++)
			out[i] = list->first + i;
		return;
	}
	if (list->room != POSTINGS_PIECES) {
		memcpy(out, list->refs, list->count * sizeof *out);
		return;
	}
	for (uint32_t i = 0; i < list->pieces->n; i++) {
		piece_copy(&list->pieces->piece[i], out);
		out += list->pieces->piece[i].count;
	}
}

uint64_t postings_bytes(const struct postings *list)
{
	uint64_t bytes;

	if (list->room != POSTINGS_PIECES)
		return list->room * sizeof *list->refs;
	bytes = sizeof *list->pieces + list->pieces->room * sizeof list->pieces->piece[0];
	for (uint32_t i = 0; i < list->pieces->n; i++) {
		uint16_t room = list->pieces->piece[i].room;

		bytes += room == BITMAP ? BITMAP_WORDS * sizeof(uint64_t) : room * sizeof(uint16_t);
	}
	return bytes;
}

bool postings_has(struct postings_probe *probe, series_ref ref)
{
	const struct postings *list = probe->list;
	uint32_t at;

	if (!list->room)
		return ref >= list->first && ref - list->first < list->count;
	if (list->room != POSTINGS_PIECES) {
		probe->at = place_of_ref(list->refs, list->count, probe->at, ref);
		return probe->at < list->count && list->refs[probe->at] == ref;
	}
	at = piece_place(list->pieces, probe->piece, (uint16_t)(ref >> 16));
	if (at != probe->piece) {
		probe->piece = at;
		probe->at = 0;
	}
	return at < list->pieces->n && list->pieces->piece[at].key == ref >> 16 &&
	       piece_has(&list->pieces->piece[at], (uint16_t)ref, &probe->at);
}
