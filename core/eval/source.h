/* SPDX-License-Identifier: MIT */
/*
 * source.h - what a selector reads: the series that match, each with its pieces
 * from the tiers that serve the range (stitch.h), counted and limited.
 */
#ifndef EVAL_SOURCE_H
#define EVAL_SOURCE_H

#include "eval/eval.h"
#include "query/stitch.h"

struct source_request {
	const struct node *node;	/* a selector */
	struct steps steps;		/* the points, where offset and @ have moved them */
	kymo_ms reach;			/* how far back each point looks: lookback or range; (at - reach, at] */
	enum kymo_tier prefer;		/* a tier that gives the same as raw; KYMO_RAW: none does */
	uint32_t wants;			/* enum want, of records */
};

struct source {
	struct eval *eval;
	const struct node *node;
	struct plan plan;
	bool raw_only;			/* no span is of a tier */
	struct stitch *stitch;
	const struct series_view *view;	/* the series that is read */
};

/* 0 or an error, its reason in eval->err. */
int source_open(struct eval *eval, const struct source_request *request, struct source *source);
/*
 * The same for a plan and matchers that are made elsewhere. Without a node nobody is
 * informed of names that are escaped, and what is over the limits of the request is
 * -E2BIG without a reason.
 */
int source_open_planned(struct eval *eval, const struct stitch_request *request, struct source *source);
void source_close(struct source *source);	/* also one that is zero */

/* 1: the next series, in source->view; 0: there is no more; or an error. */
int source_next(struct source *source);
/* 1: its next piece; 0: it has no more; or an error. choice NULL: everything as it is. */
int source_piece(struct source *source, chunk_choice *choice, void *data, struct piece *piece);

/* How far back a point at t looks: the width of the tier there, if that is more than `reach`. */
kymo_ms source_reach(const struct source *source, kymo_ms t, kymo_ms reach);

/* The points where offset and @ move them to. */
struct steps shift_steps(const struct eval *eval, const struct shift *shift, const struct steps *steps);

#endif
