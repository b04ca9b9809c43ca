/* SPDX-License-Identifier: MIT */
/* pretty.c - a tree over several lines: what does not fit on one is opened at its outermost brackets and operators. */
#include "promql/print.h"

enum { LINE_MOST = 100 };		/* characters, indent not counted */

static void pretty(const struct node *node, uint32_t level, struct buf *out);

static void indent(uint32_t level, struct buf *out)
{
	for (uint32_t i = 0; i < level; i++)
		buf_add_text(out, "  ");
}

static bool fits(const struct node *node)
{
	AUTO_BUF line = { .limit = LINE_MOST };

	node_print(node, &line);
	return !buf_failed(&line);
}

/* In brackets, each on lines of its own. */
static void open_list(const struct node *const *nodes, uint32_t n, uint32_t level, struct buf *out)
{
	buf_add_text(out, "(\n");
	for (uint32_t i = 0; i < n; i++) {
		indent(level + 1, out);
		pretty(nodes[i], level + 1, out);
		buf_add_text(out, i + 1 < n ? ",\n" : "\n");
	}
	indent(level, out);
	buf_add_u8(out, ')');
}

static void open_aggregate(const struct aggregate *aggregate, uint32_t level, struct buf *out)
{
	const struct node *args[] = { aggregate->param, aggregate->inner };

	print_aggregator(aggregate, out);
	open_list(aggregate->param ? args : args + 1, aggregate->param ? 2 : 1, level, out);
}

static void open_binary(const struct binary *binary, uint32_t level, struct buf *out)
{
	buf_add_text(out, "  ");
	pretty(binary->left, level + 1, out);
	buf_add_u8(out, '\n');
	indent(level, out);
	print_operator(binary, out);
	buf_add_u8(out, '\n');
	indent(level + 1, out);
	pretty(binary->right, level + 1, out);
}

/* Its first line is indented already. */
static void pretty(const struct node *node, uint32_t level, struct buf *out)
{
	if (fits(node)) {
		node_print(node, out);
		return;
	}
	switch (node->kind) {
	case NODE_PAREN:
		open_list(&node->inner, 1, level, out);
		return;
	case NODE_SUBQUERY:
		pretty(node->subquery.inner, level, out);
		print_subquery_suffix(&node->subquery, out);
		return;
	case NODE_UNARY:
		buf_add_u8(out, node->unary.op == UNARY_MINUS ? '-' : '+');
		pretty(node->unary.inner, level, out);
		return;
	case NODE_BINARY:
		open_binary(&node->binary, level, out);
		return;
	case NODE_AGGREGATE:
		open_aggregate(&node->aggregate, level, out);
		return;
	case NODE_CALL:
		buf_add_text(out, node->call.function->name);
		open_list(node->call.args, node->call.n_args, level, out);
		return;
	default:
		node_print(node, out);
		return;
	}
}

void node_pretty(const struct node *node, struct buf *out)
{
	pretty(node, 0, out);
}
