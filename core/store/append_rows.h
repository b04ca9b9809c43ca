/* SPDX-License-Identifier: MIT */
/*
 * append_rows.h - from a batch to rows of groups. Inside, the parts of an append
 * share what is here.
 */
#ifndef STORE_APPEND_ROWS_H
#define STORE_APPEND_ROWS_H

#include "store/append_log.h"
#include "store/state.h"

#define REPEATS 8			/* requests that are remembered */

/* What decides how late is too late; `replay`: nothing is. */
struct rules {
	bool replay;
	kymo_ms oldest, out_of_order;
};

/* Of one group those that are in a run. */
struct gathered {
	struct group *group;		/* NULL: retired meanwhile */
	bool few;			/* too few for a row */
	uint32_t count, room;
	double *values;
	uint64_t *present;
};

/* Memory that appends use again and again, and what they remember of each other. */
struct append_scratch {
	uint32_t room, room_distributions;
	struct wal_batch batch;		/* what was stored and is in no row, and so is logged as samples */
	series_ref *refs;
	kymo_ms *times;
	double *values;
	struct wal_distribution *distributions;
	size_t *offsets;		/* of their bytes, while these still grow */
	struct buf bytes;

	uint32_t n_gathered, room_gathered;
	struct gathered *gathered;
	uint32_t n_fresh, n_late, room_run;
	uint32_t *fresh, *late;		/* of the run: newer than all their series have; the rest */
	series_ref *run_refs;
	double *run_values;

	struct buf sort;		/* append_times.c */
	struct {
		uint64_t hash;
		uint32_t times;
	} repeat[REPEATS];
	uint32_t next_repeat;
};

struct appending {
	struct store *store;
	struct append_scratch *scratch;
	struct rules rules;
	struct store_appended *done;
	bool logging;			/* rows go into the WAL's record */
	series_ref lost;		/* the highest one that nobody knows; 0: none */
};

/* Samples of one time. */
struct run {
	kymo_ms at;
	uint32_t n;
	const series_ref *refs;
	const double *values;
};

/*
 * Put a run; with the index's read lock, and without the head's. What is late is
 * judged and put at its end, one by one. 0 or -ENOMEM: some of it may be stored.
 */
int append_run(struct appending *a, const struct run *run);
/* Of several times: a run for each, in order of time. */
int append_times(struct appending *a, const struct store_batch *batch);
void append_rows_fini(struct append_scratch *scratch);

/* ---- append.c ---- */

enum verdict { STORED, REPEATED, LATE, CONFLICT, UNKNOWN };
/* One that is not newer than all its series has. enum verdict or -ENOMEM. */
int append_late(struct appending *a, series_ref ref, struct series *series, kymo_ms at, double value);
void append_count(struct appending *a, int verdict);
/* A sample that is stored, but in no row. */
void append_loose(struct appending *a, series_ref ref, kymo_ms at, double value);

#endif
