/* SPDX-License-Identifier: MIT */
/*
 * parse_shift.c - what stands behind a selector or a subquery: [5m], [5m:30s],
 * offset 5m, @ 1234, @ start(), anchored, smoothed. All but the brackets may stand
 * in any order.
 */
#include "promql/literal.h"
#include "promql/parser.h"
#include "util/number.h"

#include <math.h>
#include <errno.h>
#include <stdlib.h>

static const char duration_wanted[] = "number or duration";

/* Prometheus has sums and functions in the place of durations, behind a flag: min(5m, 1h), step(), (5m). */
static bool at_duration_expression(struct parser *p)
{
	bool word = parser_at(p, TOKEN_IDENTIFIER) || token_is_aggregator(p->token.kind);

	return parser_at(p, TOKEN_LEFT_PAREN) || (word && parser_ahead(p) == TOKEN_LEFT_PAREN);
}

static int refuse_expression(struct parser *p)
{
	return parser_fail(p, p->token.start, "experimental duration expression is not enabled");
}

/* 5m, or 300 seconds; with a sign where that may be. */
static int parse_duration(struct parser *p, bool may_be_negative, const char *context, const char *wanted, kymo_ms *out)
{
	uint32_t at = p->token.start;
	bool minus = parser_at(p, TOKEN_SUB), is_duration;
	double seconds;
	int r;

	if (minus || parser_at(p, TOKEN_ADD))
		parser_advance(p);
	if (at_duration_expression(p))
		return refuse_expression(p);
	if (!parser_at(p, TOKEN_NUMBER) && !parser_at(p, TOKEN_DURATION))
		return parser_unexpected(p, context, wanted);
	r = parser_number(p, &seconds, &is_duration);
	if (r < 0)
		return r;
	if (!may_be_negative && token_is_operator(p->token.kind))
		return refuse_expression(p);
	if (literal_seconds(minus ? -seconds : seconds, out) < 0)
		return parser_fail(p, at, "duration out of range");
	return may_be_negative || *out > 0 ? 0 : parser_fail(p, at, "duration must be greater than 0");
}

static struct shift *shift_of(struct node *node)
{
	return node->kind == NODE_SELECTOR ? &node->selector.shift : node->kind == NODE_SUBQUERY ? &node->subquery.shift : NULL;
}

static int refuse_shift(struct parser *p, const struct node *node, const char *what)
{
	return parser_fail(p, node->start,
			   "%s modifier must be preceded by an instant vector selector or range vector selector or a subquery", what);
}

static int parse_offset(struct parser *p, struct node *node)
{
	struct shift *shift = shift_of(node);
	kymo_ms offset;
	int r;

	parser_advance(p);
	r = parse_duration(p, true, "offset", duration_wanted, &offset);
	if (r < 0)
		return r;
	if (!shift)
		return refuse_shift(p, node, "offset");
	if (shift->offset)
		return parser_fail(p, node->start, "offset may not be set multiple times");
	shift->offset = offset;
	return 0;
}

/* With a reason as Go prints numbers that are none. */
static int refuse_time(struct parser *p, const struct node *node, double seconds)
{
	char text[NUMBER_TEXT];

	if (isfinite(seconds))
		return parser_fail(p, node->start, "timestamp out of bounds for @ modifier: %f", seconds);
	return parser_fail(p, node->start, "timestamp out of bounds for @ modifier: %s", number_format(seconds, text));
}

static int parse_at_time(struct parser *p, const struct node *node, kymo_ms *out)
{
	bool minus = parser_at(p, TOKEN_SUB), is_duration;
	double seconds;
	int r;

	if (minus || parser_at(p, TOKEN_ADD))
		parser_advance(p);
	if (!parser_at(p, TOKEN_NUMBER) && !parser_at(p, TOKEN_DURATION))
		return parser_unexpected(p, "@", "timestamp");
	r = parser_number(p, &seconds, &is_duration);
	if (r < 0)
		return r;
	seconds = minus ? -seconds : seconds;
	return literal_seconds(seconds, out) < 0 ? refuse_time(p, node, seconds) : 0;
}

/* start() or end(). */
static int parse_at_edge(struct parser *p)
{
	parser_advance(p);
	if (!parser_take(p, TOKEN_LEFT_PAREN) || !parser_take(p, TOKEN_RIGHT_PAREN))
		return parser_unexpected(p, "@", "timestamp");
	return 0;
}

static int parse_at(struct parser *p, struct node *node)
{
	struct shift *shift = shift_of(node);
	enum at_kind kind;
	kymo_ms time = 0;
	int r;

	parser_advance(p);
	kind = parser_at_word(p, "start") ? AT_START : parser_at_word(p, "end") ? AT_END : AT_TIME;
	r = kind == AT_TIME ? parse_at_time(p, node, &time) : parse_at_edge(p);
	if (r < 0)
		return r;
	if (!shift)
		return refuse_shift(p, node, "@");
	if (shift->at != AT_NONE)
		return parser_fail(p, node->start, "@ <timestamp> may not be set multiple times");
	shift->at = kind;
	shift->at_time = time;
	return 0;
}

static bool at_extent(const struct parser *p)
{
	return parser_at_word(p, "anchored") || parser_at_word(p, "smoothed");
}

static int parse_extent(struct parser *p, struct node *node)
{
	bool anchored = parser_at_word(p, "anchored");

	if (node->kind != NODE_SELECTOR)
		return parser_fail(p, node->start, "%s modifier must be preceded by an instant vector selector or range vector selector",
				   anchored ? "anchored" : "smoothed");
	if (node->selector.extent)
		return parser_fail(p, node->start, "anchored or smoothed may not be set multiple times");
	parser_advance(p);
	node->selector.extent = anchored ? EXTENT_ANCHORED : EXTENT_SMOOTHED;
	return 0;
}

static struct node *make_range(struct parser *p, struct node *node, uint32_t bracket, kymo_ms range)
{
	const char *wrong = NULL;

	if (node->kind != NODE_SELECTOR || node->selector.range)
		wrong = "ranges only allowed for vector selectors";
	else if (node->selector.shift.offset)
		wrong = "no offset modifiers allowed before range";
	else if (node->selector.shift.at != AT_NONE)
		wrong = "no @ modifiers allowed before range";
	else if (node->selector.extent)
		wrong = "no anchored or smoothed modifiers allowed before range";
	if (wrong) {
		parser_fail(p, bracket, "%s", wrong);
		return NULL;
	}
	node->selector.range = range;
	node->type = TYPE_MATRIX;
	node->end = p->end;
	return node;
}

static struct node *make_subquery(struct parser *p, struct node *inner, kymo_ms range, kymo_ms step)
{
	struct node *node = parser_node(p, NODE_SUBQUERY, inner->start);

	if (!node)
		return NULL;
	node->subquery = (struct subquery){ .inner = inner, .range = range, .step = step };
	node->type = TYPE_MATRIX;
	return parser_done(p, node, inner->depth);
}

static struct node *parse_brackets(struct parser *p, struct node *node)
{
	uint32_t bracket = p->token.start;
	kymo_ms range, step = 0;
	bool is_subquery;

	parser_advance(p);
	if (parse_duration(p, false, "subquery or range selector", duration_wanted, &range) < 0)
		return NULL;
	is_subquery = parser_take(p, TOKEN_COLON);
	if (is_subquery && !parser_at(p, TOKEN_RIGHT_BRACKET) &&
	    parse_duration(p, false, "subquery selector", "number or duration or \"]\"", &step) < 0)
		return NULL;
	if (!parser_take(p, TOKEN_RIGHT_BRACKET)) {
		parser_unexpected(p, is_subquery ? "subquery selector" : "subquery or range", is_subquery ? "\"]\"" : "\":\" or \"]\"");
		return NULL;
	}
	return is_subquery ? make_subquery(p, node, range, step) : make_range(p, node, bracket, range);
}

struct node *parse_shifts(struct parser *p, struct node *node)
{
	while (node) {
		if (parser_at(p, TOKEN_LEFT_BRACKET)) {
			node = parse_brackets(p, node);
			continue;
		}
		if (!parser_at(p, TOKEN_OFFSET) && !parser_at(p, TOKEN_AT) && !at_extent(p))
			return node;
		if ((at_extent(p) ? parse_extent(p, node) : parser_at(p, TOKEN_OFFSET) ? parse_offset(p, node) : parse_at(p, node)) < 0)
			return NULL;
		node->end = p->end;
	}
	return NULL;
}
