/* SPDX-License-Identifier: MIT */
/*
 * series.h - what is kept in memory of every live series: what the index knows,
 * and its end of the head.
 *
 * The index owns it and guards its life: who looks at one holds the index's read
 * lock. Fields of the head change under the head's lock.
 */
#ifndef INDEX_SERIES_H
#define INDEX_SERIES_H

#include "model/labels.h"
#include "model/metric.h"
#include "model/window.h"

#include <stdatomic.h>

/* A metric that outlives its replacement as long as somebody holds it. */
struct metric_box {
	struct metric *metric;
	uint32_t id;			/* the metric's number in the index */
	_Atomic uint32_t holders;
};

struct head_data;		/* head/head.c: samples that are in no block yet */

struct series {
	const uint8_t *labels;		/* owned by the index: index_labels() prints them; NULL: no such series */
	struct metric_box *metric;	/* never NULL */
	uint8_t kind;			/* enum series_kind */

	_Atomic bool idle;		/* found without data at the last cleanup; found so again, it goes */
	bool gathered;			/* append_rows.c: it is in the run that is being put */
	bool last_known;		/* `last` is set: else it is read when it is asked for */
	bool last_is_end;		/* last_at was the end of a window when the store was opened: raw had nothing */
	_Atomic uint8_t decimals;	/* places behind the point that its collector says it has; 0: not known */
	uint16_t slot;			/* in its group */
	uint32_t group;			/* head/group.h: its rows are there; 0: in none. What follows is of the rest */
	uint8_t touched;		/* head/touched.h: lists that it is in */
	kymo_ms first_at, last_at;	/* oldest and newest sample kept, in any tier; INT64_MIN: none */
	uint64_t last;			/* bits of the value at last_at; distribution: of its mean */
	struct head_data *data;		/* newest first; NULL: none */
};

#endif
