/* SPDX-License-Identifier: MIT */
/*
 * walk.h - the pieces of one series, in order of time, cut at the borders of a
 * grid: for each point the entries that it covers are folded and handed out.
 *
 * Points that cover nothing but staleness marks are passed over. A record
 * belongs to the point that covers its end.
 */
#ifndef PLAIN_WALK_H
#define PLAIN_WALK_H

#include "plain/grid.h"
#include "query/trail.h"

/* A point that has something; the fold is cleared afterwards. 0, or what the walk is to end with. */
typedef int walk_point(void *data, kymo_ms at, struct fold *fold);

struct walk {
	const struct grid *grid;	/* with points */
	struct fold *fold;
	struct trail *trail;		/* for grids with a window; else it may be NULL */
	walk_point *point;
	void *data;
	uint64_t work_most;		/* entries that may be folded; 0: no limit */

	uint32_t i;			/* the point that is being filled */
	uint64_t work;			/* entries folded */
};

void walk_begin(struct walk *walk);	/* at the first point; work goes on counting */
/* 0; -ENOMEM; -E2BIG: over work_most; or what point() gave. */
int walk_piece(struct walk *walk, const struct piece *piece);
/* May entries from first to last come as one record? Where all of them go into one point, and nothing wants them alone. */
bool walk_takes_whole(const struct walk *walk, kymo_ms first, kymo_ms last);
int walk_end(struct walk *walk);	/* hands out what is left */

#endif
