/* SPDX-License-Identifier: MIT */
/*
 * select.h - reading: matchers, a time range and a tier give series; a cursor on
 * a series gives columns of times and values, or of records, in pieces that
 * stay in cache.
 *
 * A select is a snapshot: it sees what was appended before it was opened, whole
 * and in order of time, whatever is flushed, merged or expired meanwhile. It
 * blocks no writer. One thread uses it. What is past the retention of the tier is
 * not seen, though a file may still hold it: so an answer does not depend on how
 * files were cut.
 *
 *	select_open(store, &request, &select, err);
 *	for (uint32_t i = 0; i < select_count(select); i++) {
 *		cursor_open(select, i, &cursor);
 *		while ((r = cursor_next(cursor, &piece)) > 0)
 *			...
 *		cursor_close(cursor);
 *	}
 */
#ifndef STORE_SELECT_H
#define STORE_SELECT_H

#include "store/store.h"

/* Columns of a record that the caller reads; others may be left NULL. */
enum want {
	WANT_COUNT = 1, WANT_SUM = 2, WANT_MIN = 4, WANT_MAX = 8, WANT_FIRST = 16, WANT_LAST = 32,
	WANT_CORRECTION = 64, WANT_SKETCH = 128, WANT_ALL = 255,
	/*
	 * Also windows of a tier in which there is nothing but a staleness mark: count 0,
	 * RECORD_ENDED, the values NaN. Who looks for the newest record wants them.
	 */
	WANT_ENDS = 256
};

struct select_request {
	struct matcher *const *matchers;
	uint32_t n_matchers;
	enum kymo_tier tier;
	kymo_ms start, end;		/* (start, end]; of a record counts its end */
	uint32_t wants;			/* enum want; raw samples come whole */
	uint32_t series_most;		/* more is -E2BIG; 0: no limit */
};

#define PIECE_ROOM 1024

enum record_flags {
	RECORD_ENDED = 1,		/* a staleness mark is the last entry */
	RECORD_CONSTANT = 2,		/* all its values are `min`: stands for a sketch */
	RECORD_OPEN = 4			/* the window has not closed: computed from raw, may still grow */
};

/*
 * At most PIECE_ROOM entries in order of time, no time twice. `values` for
 * samples (NaN and staleness marks among them); else `values` is NULL and the
 * record columns are set: in the tiers, and for distributions in raw, where
 * `at` is the time of the sample and start is the collect before.
 * Valid until the next call on the cursor.
 */
struct piece {
	uint32_t n;
	const kymo_ms *at;		/* time of the sample; end of the window */
	const double *values;

	const kymo_ms *start;
	const uint64_t *count;
	const double *sum, *min, *max, *first, *last, *correction;
	const kymo_ms *first_at, *last_at;
	const uint8_t *flags;		/* enum record_flags */
	const struct sketch *const *sketch;	/* NULL entries: none, or RECORD_CONSTANT */
};

struct select;
struct cursor;

int select_open(struct store *store, const struct select_request *request, struct select **out, struct error *err);
void select_close(struct select *select);
DEFINE_AUTO(select, select_close)
uint32_t select_count(const struct select *select);
/* In order of labels (bytes); none without data in the range. Valid as long as the select. */
const struct series_view *select_series(const struct select *select, uint32_t i);

/* 0 or -ENOMEM. Any number at a time. */
int cursor_open(struct select *select, uint32_t i, struct cursor **out);
/* 1: a piece; 0: the end; negative: out of memory. Damaged parts are skipped and counted. */
int cursor_next(struct cursor *cursor, struct piece *piece);
/*
 * Is the next thing in raw a whole chunk of samples, as it stands in a block? Then
 * its first and last time. Who only wants count, sum, min, max, first, last and
 * correction gets it with cursor_fold() as a piece of one record: nothing is
 * decoded to memory, and a chunk of equal values costs nothing. 1, and how many
 * samples it stands for; 0: it was damaged, and left out; -ENOMEM.
 */
bool cursor_whole(struct cursor *cursor, kymo_ms *first, kymo_ms *last);
int cursor_fold(struct cursor *cursor, struct piece *piece, uint32_t *n);
/* Or leaves it out, if nobody wants what lies there. */
void cursor_pass(struct cursor *cursor);
void cursor_close(struct cursor *cursor);
DEFINE_AUTO(cursor, cursor_close)

/* The sketch of entry i of a piece of records: stored, or made of a constant. 0; -ENODATA: it has none; -ENOMEM. */
int piece_sketch(const struct piece *piece, uint32_t i, int32_t schema, struct sketch *out);

struct select_stats {
	uint64_t samples;		/* samples and records handed out */
	uint32_t blocks, chunks;	/* touched */
	uint32_t quarantined;		/* damaged parts left out */
};
void select_stats(const struct select *select, struct select_stats *stats);

#endif
