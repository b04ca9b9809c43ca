/* SPDX-License-Identifier: MIT */
/*
 * binary_side.h - the one side of an operator between vectors, which is held: at
 * each point at most one series of a group may have a value. Over time a group may
 * have several series, one after the other.
 */
#ifndef EVAL_BINARY_SIDE_H
#define EVAL_BINARY_SIDE_H

#include "eval/grouping.h"
#include "eval/matrix.h"

struct one_side {
	struct eval *eval;
	uint32_t points;
	struct grouping groups;
	struct matrix series;
	uint32_t *next;			/* of each series: the next of its group, or GROUP_NONE */
	struct one_group {
		uint32_t first, last;	/* series */
		double *values;		/* all of the group's series in one; of a single one its own */
		uint8_t *matched;	/* points that the other side has used; NULL: none yet */
	} *of;				/* of each group */
	uint32_t *twice;		/* points where a group has two values: its number plus 1; NULL: there is none */
	uint32_t room, groups_room;
	bool is_right;			/* for messages */
};

void one_side_init(struct one_side *side, struct eval *eval, const struct matching *matching, uint32_t points, bool is_right);
void one_side_fini(struct one_side *side);
/* Everything that a stream has. 0 or an error. */
int one_side_read(struct one_side *side, struct stream *stream);
/* -EINVAL, if a series has a value where the one side is twice. 0 else. */
int one_side_check(struct one_side *side, const double *values);
/* Which points of a group another series has. 0 or an error. */
int one_side_see(struct one_side *side, uint32_t group, const double *values);
/* Which points of a series find a partner, once only. 0; -EINVAL: another series has found it. */
int one_side_match(struct one_side *side, uint32_t group, const double *values);

#endif
