/* SPDX-License-Identifier: MIT */
/* equal.c - are two trees the same but for where they stood? */
#include "promql/parse.h"

#include <math.h>

static bool text_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool names_same(const char *const *a, uint32_t n, const char *const *b, uint32_t m)
{
	if (n != m)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

static bool shift_same(const struct shift *a, const struct shift *b)
{
	return a->offset == b->offset && a->at == b->at && a->at_time == b->at_time;
}

static bool number_same(double a, double b)
{
	return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
}

static bool fill_same(const struct fill *a, const struct fill *b)
{
	return a->is_set == b->is_set && (!a->is_set || number_same(a->value, b->value));
}

static bool matcher_same(const struct matcher *a, const struct matcher *b)
{
	return matcher_op(a) == matcher_op(b) && !strcmp(matcher_name(a), matcher_name(b)) &&
	       !strcmp(matcher_value(a), matcher_value(b));
}

static bool has_matcher(const struct selector *selector, const struct matcher *matcher)
{
	for (uint32_t i = 0; i < selector->n_matchers; i++)
		if (matcher_same(selector->matchers[i], matcher))
			return true;
	return false;
}

/* Their order means nothing. */
static bool selector_same(const struct selector *a, const struct selector *b)
{
	if (!text_same(a->name, b->name) || a->n_matchers != b->n_matchers || a->range != b->range || a->extent != b->extent || !shift_same(&a->shift, &b->shift))
		return false;
	for (uint32_t i = 0; i < a->n_matchers; i++)
		if (!has_matcher(b, a->matchers[i]) || !has_matcher(a, b->matchers[i]))
			return false;
	return true;
}

static bool subquery_same(const struct subquery *a, const struct subquery *b)
{
	return a->range == b->range && a->step == b->step && shift_same(&a->shift, &b->shift) && node_equal(a->inner, b->inner);
}

static bool binary_same(const struct binary *a, const struct binary *b)
{
	const struct matching *m = &a->matching, *n = &b->matching;

	return a->op == b->op && a->returns_bool == b->returns_bool && m->card == n->card && m->on == n->on &&
	       !m->written == !n->written && names_same(m->written, m->n_written, n->written, n->n_written) &&
	       names_same(m->include, m->n_include, n->include, n->n_include) &&
	       fill_same(&m->fill_left, &n->fill_left) && fill_same(&m->fill_right, &n->fill_right) &&
	       node_equal(a->left, b->left) && node_equal(a->right, b->right);
}

static bool aggregate_same(const struct aggregate *a, const struct aggregate *b)
{
	return a->op == b->op && a->without == b->without && !a->written == !b->written &&
	       names_same(a->written, a->n_written, b->written, b->n_written) &&
	       !a->param == !b->param && (!a->param || node_equal(a->param, b->param)) && node_equal(a->inner, b->inner);
}

static bool call_same(const struct call *a, const struct call *b)
{
	if (a->function != b->function || a->n_args != b->n_args)
		return false;
	for (uint32_t i = 0; i < a->n_args; i++)
		if (!node_equal(a->args[i], b->args[i]))
			return false;
	return true;
}

bool node_equal(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->type != b->type)
		return false;
	switch (a->kind) {
	case NODE_NUMBER: return a->is_duration == b->is_duration && number_same(a->number, b->number);
	case NODE_STRING: return a->string.n == b->string.n && !memcmp(a->string.text, b->string.text, a->string.n);
	case NODE_PAREN: return node_equal(a->inner, b->inner);
	case NODE_SELECTOR: return selector_same(&a->selector, &b->selector);
	case NODE_SUBQUERY: return subquery_same(&a->subquery, &b->subquery);
	case NODE_UNARY: return a->unary.op == b->unary.op && node_equal(a->unary.inner, b->unary.inner);
	case NODE_BINARY: return binary_same(&a->binary, &b->binary);
	case NODE_AGGREGATE: return aggregate_same(&a->aggregate, &b->aggregate);
	case NODE_CALL: return call_same(&a->call, &b->call);
	}
	return false;
}
