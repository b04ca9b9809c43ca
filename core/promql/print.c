/* SPDX-License-Identifier: MIT */
/* print.c - a tree as text on one line. */
#include "promql/lexer.h"
#include "promql/literal.h"
#include "promql/print.h"
#include "util/duration.h"
#include "util/number.h"

#include <math.h>
#include <stdlib.h>

static void print_duration(kymo_ms ms, struct buf *out)
{
	char text[DURATION_TEXT];

	buf_add_text(out, ms ? duration_format(ms, text) : "0s");
}

static void print_number(const struct node *node, struct buf *out)
{
	char text[NUMBER_TEXT];

	if (node->is_duration)
		print_duration((kymo_ms)round(node->number * 1000), out);
	else if (node->number == INFINITY)
		buf_add_text(out, "Inf");		/* +Inf ^ 2 would be +(Inf ^ 2) */
	else
		buf_add_text(out, number_format(node->number, text));
}

static bool is_bare(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* Can a label stand without quotes? */
static bool label_is_bare(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!is_bare(*c, c == name))
			return false;
	return *name;
}

static void print_label(const char *name, struct buf *out)
{
	if (label_is_bare(name))
		buf_add_text(out, name);
	else
		literal_quote(name, strlen(name), out);
}

/* Can a metric stand without braces? The lexer knows which words it takes for one. */
static bool metric_is_bare(const char *name)
{
	struct lexer lexer;
	struct token token;
	size_t n = strlen(name);

	if (!is_bare(name[0], true) && name[0] != ':')
		return false;
	lexer_init(&lexer, name, (uint32_t)n);
	token = lexer_next(&lexer);
	return token_names_metric(token.kind) && token.end == n;
}

static void print_labels(const char *const *labels, uint32_t n, struct buf *out)
{
	buf_add_u8(out, '(');
	for (uint32_t i = 0; i < n; i++) {
		buf_add_text(out, i ? ", " : "");
		print_label(labels[i], out);
	}
	buf_add_u8(out, ')');
}

static void print_matcher(const struct matcher *matcher, struct buf *out)
{
	static const char *const ops[] = { "=", "!=", "=~", "!~" };
	const char *value = matcher_value(matcher);

	print_label(matcher_name(matcher), out);
	buf_add_text(out, ops[matcher_op(matcher)]);
	literal_quote(value, strlen(value), out);
}

static bool is_its_name(const struct selector *selector, const struct matcher *matcher)
{
	return selector->name && !strcmp(matcher_name(matcher), LABEL_NAME);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order of their texts, as Prometheus prints them; so many stand before them. How many there are. */
static uint32_t print_matchers(const struct selector *selector, uint32_t before, struct buf *out)
{
	AUTO_FREE const char **texts = malloc((selector->n_matchers + 1) * sizeof *texts);
	AUTO_BUF all = { 0 };
	uint32_t n = 0;
	const char *at;

	for (uint32_t i = 0; i < selector->n_matchers; i++) {
		if (is_its_name(selector, selector->matchers[i]))
			continue;
		print_matcher(selector->matchers[i], &all);
		buf_add_u8(&all, '\0');
		n++;
	}
	at = buf_text(&all);
	if (!texts || !at) {
		out->failed = true;
		return n;
	}
	for (uint32_t i = 0; i < n; i++, at += strlen(at) + 1)
		texts[i] = at;
	qsort(texts, n, sizeof *texts, by_text);
	for (uint32_t i = 0; i < n; i++) {
		buf_add_u8(out, before + i ? ',' : '{');
		buf_add_text(out, texts[i]);
	}
	return n;
}

static void print_shift(const struct shift *shift, struct buf *out)
{
	uint64_t ms = shift->at_time < 0 ? -(uint64_t)shift->at_time : (uint64_t)shift->at_time;

	if (shift->at == AT_TIME)
		buf_printf(out, " @ %s%llu.%03u", shift->at_time < 0 ? "-" : "", (unsigned long long)(ms / 1000), (unsigned)(ms % 1000));
	else if (shift->at != AT_NONE)
		buf_add_text(out, shift->at == AT_START ? " @ start()" : " @ end()");
	if (!shift->offset)
		return;
	buf_add_text(out, " offset ");
	print_duration(shift->offset, out);
}

static void print_selector(const struct selector *selector, struct buf *out)
{
	bool bare = selector->name && metric_is_bare(selector->name);
	uint32_t n = 0;

	if (bare)
		buf_add_text(out, selector->name);
	if (selector->name && !bare) {
		buf_add_u8(out, '{');
		literal_quote(selector->name, strlen(selector->name), out);
		n++;
	}
	n += print_matchers(selector, n, out);
	buf_add_text(out, n ? "}" : bare ? "" : "{}");
	if (selector->range) {
		buf_add_u8(out, '[');
		print_duration(selector->range, out);
		buf_add_u8(out, ']');
	}
	if (selector->extent)
		buf_add_text(out, selector->extent == EXTENT_ANCHORED ? " anchored" : " smoothed");
	print_shift(&selector->shift, out);
}

void print_subquery_suffix(const struct subquery *subquery, struct buf *out)
{
	buf_add_u8(out, '[');
	print_duration(subquery->range, out);
	buf_add_u8(out, ':');
	if (subquery->step)
		print_duration(subquery->step, out);
	buf_add_u8(out, ']');
	print_shift(&subquery->shift, out);
}

static void print_fill(const char *word, const struct fill *fill, struct buf *out)
{
	char text[NUMBER_TEXT];

	if (fill->is_set)
		buf_printf(out, " %s (%s)", word, number_format(fill->value, text));
}

static void print_fills(const struct matching *matching, struct buf *out)
{
	const struct fill *left = &matching->fill_left, *right = &matching->fill_right;

	if (left->is_set && right->is_set && !memcmp(&left->value, &right->value, sizeof left->value)) {
		print_fill("fill", left, out);
		return;
	}
	print_fill("fill_left", left, out);
	print_fill("fill_right", right, out);
}

static void print_matching(const struct matching *matching, struct buf *out)
{
	if (!matching->written)
		return;
	buf_add_text(out, matching->on ? " on " : " ignoring ");
	print_labels(matching->written, matching->n_written, out);
	if (matching->card != MANY_TO_ONE && matching->card != ONE_TO_MANY)
		return;
	buf_add_text(out, matching->card == MANY_TO_ONE ? " group_left " : " group_right ");
	print_labels(matching->include, matching->n_include, out);
}

void print_operator(const struct binary *binary, struct buf *out)
{
	buf_add_text(out, token_text((enum token_kind)(TOKEN_ADD + binary->op)));
	if (binary->returns_bool)
		buf_add_text(out, " bool");
	print_matching(&binary->matching, out);
	print_fills(&binary->matching, out);
}

void print_aggregator(const struct aggregate *aggregate, struct buf *out)
{
	buf_add_text(out, token_text((enum token_kind)(TOKEN_SUM + aggregate->op)));
	if (!aggregate->written)
		return;
	buf_add_text(out, aggregate->without ? " without " : " by ");
	print_labels(aggregate->written, aggregate->n_written, out);
	buf_add_u8(out, ' ');
}

static void print_list(const struct node *const *nodes, uint32_t n, struct buf *out)
{
	buf_add_u8(out, '(');
	for (uint32_t i = 0; i < n; i++) {
		buf_add_text(out, i ? ", " : "");
		node_print(nodes[i], out);
	}
	buf_add_u8(out, ')');
}

static void print_aggregate(const struct aggregate *aggregate, struct buf *out)
{
	const struct node *args[] = { aggregate->param, aggregate->inner };

	print_aggregator(aggregate, out);
	print_list(aggregate->param ? args : args + 1, aggregate->param ? 2 : 1, out);
}

static void print_binary(const struct binary *binary, struct buf *out)
{
	node_print(binary->left, out);
	buf_add_u8(out, ' ');
	print_operator(binary, out);
	buf_add_u8(out, ' ');
	node_print(binary->right, out);
}

void node_print(const struct node *node, struct buf *out)
{
	switch (node->kind) {
	case NODE_NUMBER:
		print_number(node, out);
		return;
	case NODE_STRING:
		literal_quote(node->string.text, node->string.n, out);
		return;
	case NODE_PAREN:
		print_list(&node->inner, 1, out);
		return;
	case NODE_SELECTOR:
		print_selector(&node->selector, out);
		return;
	case NODE_SUBQUERY:
		node_print(node->subquery.inner, out);
		print_subquery_suffix(&node->subquery, out);
		return;
	case NODE_UNARY:
		buf_add_u8(out, node->unary.op == UNARY_MINUS ? '-' : '+');
		node_print(node->unary.inner, out);
		return;
	case NODE_BINARY:
		print_binary(&node->binary, out);
		return;
	case NODE_AGGREGATE:
		print_aggregate(&node->aggregate, out);
		return;
	case NODE_CALL:
		buf_add_text(out, node->call.function->name);
		print_list(node->call.args, node->call.n_args, out);
		return;
	}
}
