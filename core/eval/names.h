/* SPDX-License-Identifier: MIT */
/*
 * names.h - the metric names that the series of a node can have, as far as the
 * expression alone tells. Where there are several, taking the names away can make
 * series equal, so that they must all be seen (matrix_unite); else they may pass
 * one by one.
 */
#ifndef EVAL_NAMES_H
#define EVAL_NAMES_H

#include "promql/ast.h"

enum names_kind { NAMES_NONE /* none of them has one */, NAMES_ONE, NAMES_MANY };

struct names {
	enum names_kind kind;
	const char *name;	/* NAMES_ONE; as long as the tree */
};

/* Of an instant or range vector. */
struct names node_names(const struct node *node);
/* Are the names of its series only there because a node above asks for them (late_name)? */
bool node_name_is_late(const struct node *node);
/* Does an aggregator by (__name__) take away what is there late, because nobody above it asks for it? Some of its groups may lose it all the same (struct column). */
bool aggregate_drops_name(const struct node *node);
static inline bool node_has_many_names(const struct node *node) { return node_names(node).kind == NAMES_MANY; }
/* Can a series of one have the labels of a series of the other? */
bool names_can_meet(struct names a, struct names b);

#endif
