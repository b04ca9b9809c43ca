/* SPDX-License-Identifier: MIT */
/*
 * ast.h - the tree of a PromQL expression, as parse.h makes it, type-checked.
 *
 * A tree is one piece of memory with its texts and matchers; nodes point down only
 * and are not changed after the parse, so any number of threads may read one.
 * Places are bytes in the text of the query: [start, end).
 */
#ifndef PROMQL_AST_H
#define PROMQL_AST_H

#include "model/matcher.h"
#include "promql/function.h"

#include <kymo/metric.h>

enum node_kind {
	NODE_NUMBER, NODE_STRING, NODE_PAREN,
	NODE_SELECTOR,		/* instant or, with a range, range vector selector */
	NODE_SUBQUERY, NODE_UNARY, NODE_BINARY, NODE_AGGREGATE, NODE_CALL
};

enum at_kind { AT_NONE, AT_TIME, AT_START, AT_END };

/* offset and @, of selectors and subqueries. */
struct shift {
	kymo_ms offset;		/* may be negative */
	enum at_kind at;
	kymo_ms at_time;	/* AT_TIME */
};

/* What a selector takes beside the samples in its range: the one before it; values on the lines between samples. */
enum edge_kind { EXTENT_NONE, EXTENT_ANCHORED, EXTENT_SMOOTHED };

struct selector {
	const char *name;		/* as written in front of the braces or alone in them; NULL: by matchers alone */
	struct matcher *const *matchers;	/* all of them, also the one of the name */
	uint32_t n_matchers;
	kymo_ms range;			/* 0: an instant vector */
	enum edge_kind extent;
	struct shift shift;
};

struct subquery {
	const struct node *inner;	/* an instant vector */
	kymo_ms range, step;		/* step 0: the engine's default */
	struct shift shift;
};

enum unary_op { UNARY_PLUS, UNARY_MINUS };

enum binary_op {
	BINARY_ADD, BINARY_SUB, BINARY_MUL, BINARY_DIV, BINARY_MOD, BINARY_POW, BINARY_ATAN2,
	BINARY_EQL, BINARY_NEQ, BINARY_GTR, BINARY_LSS, BINARY_GTE, BINARY_LTE,
	BINARY_AND, BINARY_OR, BINARY_UNLESS
};

enum cardinality { ONE_TO_ONE, MANY_TO_ONE /* group_left */, ONE_TO_MANY /* group_right */, MANY_TO_MANY /* and or unless */ };

/* fill(0): what stands for a series that the other side has no partner for. */
struct fill {
	bool is_set;
	double value;
};

/* How the sides of an operator between two vectors find each other. */
struct matching {
	enum cardinality card;
	bool on;			/* by `labels` alone; else by all but them (and the name) */
	const char *const *labels;	/* sorted, none twice */
	uint32_t n_labels;
	const char *const *written;	/* as they were written; NULL: neither on nor ignoring was */
	uint32_t n_written;
	const char *const *include;	/* group_left(include): labels of the one side, as written */
	uint32_t n_include;
	struct fill fill_left, fill_right;	/* of that side */
};

struct binary {
	enum binary_op op;
	bool returns_bool;
	const struct node *left, *right;
	uint32_t op_start, op_end;	/* where the operator stands */
	struct matching matching;	/* when both sides are vectors, else empty */
};

enum aggregate_op {
	AGGREGATE_SUM, AGGREGATE_AVG, AGGREGATE_MIN, AGGREGATE_MAX, AGGREGATE_COUNT, AGGREGATE_GROUP, AGGREGATE_STDDEV, AGGREGATE_STDVAR,
	AGGREGATE_TOPK, AGGREGATE_BOTTOMK, AGGREGATE_QUANTILE, AGGREGATE_COUNT_VALUES, AGGREGATE_LIMITK, AGGREGATE_LIMIT_RATIO
};

struct aggregate {
	enum aggregate_op op;
	const struct node *inner;
	const struct node *param;	/* k, q, ratio (scalars), label (string); or NULL */
	bool without;
	const char *const *labels;	/* sorted, none twice */
	uint32_t n_labels;
	const char *const *written;	/* as they were written; NULL: neither by nor without was */
	uint32_t n_written;
};

struct call {
	const struct function *function;
	const struct node *const *args;
	uint32_t n_args;
};

struct node {
	enum node_kind kind;
	enum value_type type;
	bool is_duration;		/* NODE_NUMBER: written as one, 5m; its number is seconds */
	bool late_name;			/* it would take the metric's name away, but a node above asks for it: it goes there (late.c) */
	uint32_t depth;			/* 1: no node below it */
	uint32_t start, end;		/* in the query's text */
	union {
		double number;
		struct { const char *text; uint32_t n; } string;	/* unquoted; NUL-ended */
		const struct node *inner;	/* NODE_PAREN */
		struct selector selector;
		struct subquery subquery;
		struct { enum unary_op op; const struct node *inner; } unary;
		struct binary binary;
		struct aggregate aggregate;
		struct call call;
	};
};

/* Do the groups have names: by (__name__)? late.c */
bool aggregate_has_name(const struct aggregate *aggregate);

#endif
