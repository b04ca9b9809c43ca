/* SPDX-License-Identifier: MIT */
/*
 * naive_promql.c - a value for a node and a point in time; vectors are lists of
 * labels with a number, and everything is looked for from the front.
 */
#include "query/naive_promql.h"
#include "query/naive_select.h"
#include "util/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- memory: all of it is forgotten at once ---- */

static void **pieces;
static size_t n_pieces, room_pieces;

void *naive_alloc(size_t size)
{
	if (n_pieces == room_pieces) {
		room_pieces = room_pieces ? room_pieces * 2 : 1024;
		pieces = realloc(pieces, room_pieces * sizeof *pieces);
		CHECK(pieces, "n=%zu", n_pieces);
	}
	pieces[n_pieces] = calloc(1, size + 1);
	CHECK(pieces[n_pieces], "size=%zu", size);
	return pieces[n_pieces++];
}

void naive_forget(void)
{
	while (n_pieces)
		free(pieces[--n_pieces]);
	free(pieces);
	pieces = NULL;
	room_pieces = 0;
}

static void push(struct naive_vector *vector, struct naive_value value)
{
	struct naive_value *more = naive_alloc((vector->n + 1) * sizeof *more);

	if (vector->n)
		memcpy(more, vector->values, vector->n * sizeof *more);
	more[vector->n++] = value;
	vector->values = more;
}

/* ---- labels ---- */

static bool listed(const char *name, const char *const *names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static const char *get(const struct naive_value *value, const char *name)
{
	for (uint32_t i = 0; i < value->n_pairs; i++)
		if (!strcmp(value->pairs[i].name, name))
			return value->pairs[i].value;
	return "";
}

/* Only / all but the listed; the name goes too if asked. */
static struct naive_value choose(const struct naive_value *value, const char *const *names, uint32_t n, bool keep, bool drop_name)
{
	struct naive_value out = { 0, naive_alloc((value->n_pairs + 1) * sizeof *out.pairs), value->v };

	for (uint32_t i = 0; i < value->n_pairs; i++)
		if (listed(value->pairs[i].name, names, n) == keep && !(drop_name && !strcmp(value->pairs[i].name, LABEL_NAME)))
			out.pairs[out.n_pairs++] = value->pairs[i];
	return out;
}

static struct naive_value nameless(const struct naive_value *value)
{
	return choose(value, NULL, 0, false, true);
}

/* What a node that takes names away gives: where a node above asks for them, or does not care, that is left to it. */
static struct naive_value given(const struct node *node, const struct naive_value *value)
{
	return node->late_name ? *value : nameless(value);
}

static struct naive_value set(const struct naive_value *value, const char *name, const char *text)
{
	struct naive_value out = choose(value, &name, 1, false, false);
	uint32_t at = out.n_pairs;

	if (!*text)
		return out;
	for (; at && strcmp(out.pairs[at - 1].name, name) > 0; at--)
		out.pairs[at] = out.pairs[at - 1];
	out.pairs[at] = (struct naive_pair){ name, text };
	out.n_pairs++;
	return out;
}

static bool same(const struct naive_value *a, const struct naive_value *b)
{
	if (a->n_pairs != b->n_pairs)
		return false;
	for (uint32_t i = 0; i < a->n_pairs; i++)
		if (strcmp(a->pairs[i].name, b->pairs[i].name) || strcmp(a->pairs[i].value, b->pairs[i].value))
			return false;
	return true;
}

static struct naive_value *find(const struct naive_vector *vector, const struct naive_value *labels)
{
	for (uint32_t i = 0; i < vector->n; i++)
		if (same(&vector->values[i], labels))
			return &vector->values[i];
	return NULL;
}

static const char *add_unique(struct naive_vector *out, struct naive_value value)
{
	if (find(out, &value))
		return "vector cannot contain metrics with the same labelset";
	push(out, value);
	return NULL;
}

/* ---- operators ---- */

/* The value, or false where a comparison does not hold. kept: what a comparison gives. */
static bool operate(const struct binary *binary, double a, double b, double kept, double *out)
{
	bool holds;

	switch (binary->op) {
	case BINARY_ADD: *out = a + b; return true;
	case BINARY_SUB: *out = a - b; return true;
	case BINARY_MUL: *out = a * b; return true;
	case BINARY_DIV: *out = a / b; return true;
	case BINARY_MOD: *out = fmod(a, b); return true;
	case BINARY_POW: *out = pow(a, b); return true;
	case BINARY_ATAN2: *out = atan2(a, b); return true;
	case BINARY_EQL: holds = a == b; break;
	case BINARY_NEQ: holds = a != b; break;
	case BINARY_GTR: holds = a > b; break;
	case BINARY_LSS: holds = a < b; break;
	case BINARY_GTE: holds = a >= b; break;
	default: holds = a <= b; break;
	}
	*out = binary->returns_bool ? holds : kept;
	return holds || binary->returns_bool;
}

static bool drops_name(const struct binary *binary)
{
	return binary->op < BINARY_EQL || binary->returns_bool;
}

static struct naive_value signature(const struct matching *matching, const struct naive_value *value)
{
	return choose(value, matching->labels, matching->n_labels, matching->on, !matching->on);
}

static struct naive_vector signatures(const struct matching *matching, const struct naive_vector *vector)
{
	struct naive_vector out = { 0 };

	for (uint32_t i = 0; i < vector->n; i++)
		push(&out, signature(matching, &vector->values[i]));
	return out;
}

static void set_operate(const struct binary *binary, const struct naive_vector *left, const struct naive_vector *right, struct naive_vector *out)
{
	struct naive_vector l = signatures(&binary->matching, left), r = signatures(&binary->matching, right);

	for (uint32_t i = 0; i < left->n; i++)
		if (binary->op == BINARY_OR || !!find(&r, &l.values[i]) == (binary->op == BINARY_AND))
			push(out, left->values[i]);
	for (uint32_t i = 0; i < right->n && binary->op == BINARY_OR; i++)
		if (!find(&l, &r.values[i]))
			push(out, right->values[i]);
}

static struct naive_value result_labels(const struct binary *binary, const struct naive_value *many, const struct naive_value *one)
{
	const struct matching *matching = &binary->matching;
	struct naive_value out = *many;

	if (drops_name(binary))
		out = nameless(&out);
	if (matching->card == ONE_TO_ONE)
		out = choose(&out, matching->labels, matching->n_labels, matching->on, false);
	for (uint32_t i = 0; i < matching->n_include; i++)
		out = set(&out, matching->include[i], get(one, matching->include[i]));
	return out;
}

static const char *match(const struct binary *binary, const struct naive_vector *left, const struct naive_vector *right,
			 struct naive_vector *out)
{
	const struct matching *matching = &binary->matching;
	bool swapped = matching->card == ONE_TO_MANY;
	const struct naive_vector *many = swapped ? right : left, *one = swapped ? left : right;
	struct naive_vector m = signatures(matching, many), o = signatures(matching, one), used = { 0 }, results = { 0 };
	const char *error = NULL;

	for (uint32_t i = 0; i < o.n && many->n; i++)
		if (find(&o, &o.values[i]) != &o.values[i])
			return "found duplicate series";
	for (uint32_t i = 0; i < many->n && !error; i++) {
		const struct naive_value *partner = find(&o, &m.values[i]), *other;
		struct naive_value result;
		bool there;

		if (!partner)
			continue;
		other = &one->values[partner - o.values];
		result = result_labels(binary, &many->values[i], other);
		there = operate(binary, swapped ? other->v : many->values[i].v, swapped ? many->values[i].v : other->v,
				swapped ? other->v : many->values[i].v, &result.v);
		if (matching->card == ONE_TO_ONE && find(&used, &m.values[i]))
			return "multiple matches for labels: many-to-one";
		push(&used, m.values[i]);
		if (matching->card != ONE_TO_ONE)
			for (uint32_t k = 0; k + 1 < used.n; k++)
				if (same(&used.values[k], &m.values[i]) && same(&results.values[k], &result))
					return "multiple matches for labels: grouping labels";
		push(&results, result);
		if (there)
			error = add_unique(out, result);
	}
	return error;
}

static const char *with_scalar(const struct node *node, const struct naive_vector *vector, double scalar, bool is_left,
			       struct naive_vector *out)
{
	const struct binary *binary = &node->binary;
	const char *error = NULL;

	for (uint32_t i = 0; i < vector->n && !error; i++) {
		struct naive_value value = vector->values[i];

		if (!operate(binary, is_left ? scalar : value.v, is_left ? value.v : scalar, value.v, &value.v))
			continue;
		error = add_unique(out, drops_name(binary) ? given(node, &value) : value);
	}
	return error;
}

/* ---- aggregators ---- */

static const char *as_text(double v)
{
	char *text = naive_alloc(400);

	if (isnan(v) || isinf(v))
		snprintf(text, 400, "%s", isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
	for (int digits = 0; digits < 30 && isfinite(v); digits++) {
		snprintf(text, 400, "%.*f", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	return text;
}

static double fold(enum aggregate_op op, const double *v, uint32_t n, double q)
{
	struct naive_samples samples = { n, NULL, (double *)v, false, 0 };
	double args[2] = { q, 0 }, out = 0;
	static const enum function_id like[] = {
		[AGGREGATE_SUM] = FN_SUM_OVER_TIME, [AGGREGATE_AVG] = FN_AVG_OVER_TIME, [AGGREGATE_MIN] = FN_MIN_OVER_TIME,
		[AGGREGATE_MAX] = FN_MAX_OVER_TIME, [AGGREGATE_COUNT] = FN_COUNT_OVER_TIME, [AGGREGATE_GROUP] = FN_PRESENT_OVER_TIME,
		[AGGREGATE_STDDEV] = FN_STDDEV_OVER_TIME, [AGGREGATE_STDVAR] = FN_STDVAR_OVER_TIME,
		[AGGREGATE_QUANTILE] = FN_QUANTILE_OVER_TIME, [AGGREGATE_COUNT_VALUES] = FN_COUNT_OVER_TIME,
	};

	naive_range(like[op], &samples, 0, 0, 0, args, &out);
	return out;
}

/* Which ones is not for a test to say, but how many. */
static void limit(double k, const struct naive_vector *keys, const struct naive_vector *in, struct naive_vector *out)
{
	for (uint32_t i = 0; i < in->n; i++) {
		double before = 0;

		for (uint32_t j = 0; j < i; j++)
			before += same(&keys->values[i], &keys->values[j]);
		if (before + 1 <= k)
			push(out, in->values[i]);
	}
}

/* Does a stand before b? NaN is the last of all. */
static bool better(enum aggregate_op op, double a, double b)
{
	if (isnan(a) || isnan(b))
		return !isnan(a);
	return op == AGGREGATE_TOPK ? a > b : a < b;
}

static void top(const struct aggregate *aggregate, double k, const struct naive_vector *keys, const struct naive_vector *in,
		struct naive_vector *out)
{
	for (uint32_t i = 0; i < in->n; i++) {
		double before = 0;

		for (uint32_t j = 0; j < in->n; j++)
			if (j != i && same(&keys->values[i], &keys->values[j]))
				before += better(aggregate->op, in->values[j].v, in->values[i].v) && !(isnan(in->values[j].v) && isnan(in->values[i].v));
		if (before + 1 <= k)
			push(out, in->values[i]);
	}
}

static struct naive_value group_of(const struct aggregate *aggregate, const char *label, const struct naive_value *value)
{
	struct naive_value counted = label ? set(value, label, as_text(value->v)) : *value, kept;

	if (aggregate->without)
		return choose(&counted, aggregate->labels, aggregate->n_labels, false, true);
	kept = choose(&counted, aggregate->labels, aggregate->n_labels, true, false);
	return label ? set(&kept, label, get(&counted, label)) : kept;
}

static void aggregate_all(const struct aggregate *aggregate, double param, const char *label, const struct naive_vector *in,
			  struct naive_vector *out)
{
	struct naive_vector keys = { 0 };
	double *v = naive_alloc(in->n * sizeof *v);

	for (uint32_t i = 0; i < in->n; i++)
		push(&keys, group_of(aggregate, label, &in->values[i]));
	if (aggregate->op == AGGREGATE_TOPK || aggregate->op == AGGREGATE_BOTTOMK) {
		top(aggregate, param, &keys, in, out);
		return;
	}
	if (aggregate->op == AGGREGATE_LIMITK) {
		limit(param, &keys, in, out);
		return;
	}
	for (uint32_t i = 0; i < in->n; i++) {
		uint32_t n = 0;

		if (find(&keys, &keys.values[i]) != &keys.values[i])
			continue;
		for (uint32_t j = i; j < in->n; j++)
			if (same(&keys.values[i], &keys.values[j]))
				v[n++] = in->values[j].v;
		push(out, keys.values[i]);
		out->values[out->n - 1].v = fold(aggregate->op, v, n, param);
	}
}

/* ---- functions ---- */

static double of_number(enum function_id id, double v)
{
	switch (id) {
	case FN_ABS: return fabs(v);
	case FN_CEIL: return ceil(v);
	case FN_FLOOR: return floor(v);
	case FN_EXP: return exp(v);
	case FN_SQRT: return sqrt(v);
	case FN_LN: return log(v);
	case FN_SGN: return v > 0 ? 1 : v < 0 ? -1 : v;
	case FN_SIN: return sin(v);
	case FN_DEG: return v * 180 / M_PI;
	case FN_HOUR: return (double)((int64_t)v / 3600 % 24);
	case FN_MINUTE: return (double)((int64_t)v / 60 % 60);
	case FN_DAY_OF_WEEK: return (double)(((int64_t)v / 86400 + 4) % 7);
	default: return v;
	}
}

static bool of_numbers(enum function_id id, double v, const double args[3], double *out)
{
	switch (id) {
	case FN_ROUND:
		*out = floor(v / args[1] + 0.5) * args[1];
		return true;
	case FN_CLAMP:
		*out = fmax(args[1], fmin(args[2], v));
		break;
	case FN_CLAMP_MIN:
		*out = fmax(args[1], v);
		break;
	case FN_CLAMP_MAX:
		*out = fmin(args[1], v);
		break;
	default:
		*out = of_number(id, v);
		return true;
	}
	if (isnan(v))
		*out = v;
	return id != FN_CLAMP || args[1] <= args[2];
}

struct bound {
	double le, count;
};

static int by_bound(const void *a, const void *b)
{
	double x = ((const struct bound *)a)->le, y = ((const struct bound *)b)->le;

	return (x > y) - (x < y);
}

static double of_bounds(double q, struct bound *bounds, uint32_t n)
{
	uint32_t i = 0;
	double total, rank, from, before;

	qsort(bounds, n, sizeof *bounds, by_bound);
	if (isnan(q) || q < 0 || q > 1)
		return isnan(q) ? NAN : q < 0 ? -INFINITY : INFINITY;
	for (uint32_t k = 1; k < n; k++)
		bounds[k].count = fmax(bounds[k].count, bounds[k - 1].count);
	total = bounds[n - 1].count;
	if (n < 2 || !isinf(bounds[n - 1].le) || total == 0)
		return NAN;
	rank = q * total;
	while (i < n - 1 && !(bounds[i].count >= rank))
		i++;
	if (i == n - 1)
		return bounds[n - 2].le;
	from = i ? bounds[i - 1].le : 0;
	before = i ? bounds[i - 1].count : 0;
	return from + (bounds[i].le - from) * ((rank - before) / (bounds[i].count - before));
}

static const char *histogram(double q, const struct naive_vector *in, struct naive_vector *out)
{
	static const char *const le[] = { "le" };
	struct naive_vector keys = { 0 };
	struct bound *bounds = naive_alloc(in->n * sizeof *bounds);
	const char *error = NULL;

	for (uint32_t i = 0; i < in->n; i++)
		push(&keys, choose(&in->values[i], le, 1, false, false));
	for (uint32_t i = 0; i < in->n && !error; i++) {
		uint32_t n = 0;
		struct naive_value value;

		if (find(&keys, &keys.values[i]) != &keys.values[i])
			continue;
		for (uint32_t j = i; j < in->n; j++)
			if (same(&keys.values[i], &keys.values[j]) && *get(&in->values[j], "le"))
				bounds[n++] = (struct bound){ strtod(get(&in->values[j], "le"), NULL), in->values[j].v };
		if (!n)
			continue;
		value = nameless(&keys.values[i]);
		value.v = of_bounds(q, bounds, n);
		error = add_unique(out, value);
	}
	return error;
}

/* ---- the tree ---- */

struct spot {			/* where in the query */
	const struct naive_world *world;
	kymo_ms first, last, t;	/* the points of this part of the tree; the one that is asked for */
};

static const char *eval(struct spot place, const struct node *node, struct naive_vector *out);

static const struct node *unwrap(const struct node *node)
{
	while (node->kind == NODE_PAREN)
		node = node->inner;
	return node;
}

static const char *scalar(struct spot place, const struct node *node, double *out)
{
	struct naive_vector vector = { 0 };
	const char *error = eval(place, node, &vector);

	*out = vector.n == 1 ? vector.values[0].v : NAN;
	return error;
}

static void push_scalar(struct naive_vector *out, double v)
{
	push(out, (struct naive_value){ 0, NULL, v });
}

static struct spot shifted(struct spot place, const struct shift *shift)
{
	if (shift->at != AT_NONE) {
		kymo_ms at = shift->at == AT_TIME ? shift->at_time : shift->at == AT_START ? place.world->start : place.world->end;

		place.first = place.last = place.t = at;
	}
	place.first -= shift->offset;
	place.last -= shift->offset;
	place.t -= shift->offset;
	return place;
}

/* The runs of samples of a subquery, by series. */
static const char *run_subquery(struct spot place, const struct subquery *subquery, struct naive_runs *runs)
{
	kymo_ms step = subquery->step ? subquery->step : place.world->subquery_step;
	kymo_ms begin = window_floor(place.t - subquery->range, step) + step;
	struct spot inner = { place.world, window_floor(place.first - subquery->range, step) + step, window_floor(place.last, step), 0 };

	for (inner.t = begin; inner.t <= place.t; inner.t += step) {
		struct naive_vector vector = { 0 };
		const char *error = eval(inner, subquery->inner, &vector);

		if (error)
			return error;
		for (uint32_t i = 0; i < vector.n; i++) {
			uint32_t k = 0;

			while (k < runs->n && !same(&runs->runs[k].labels, &vector.values[i]))
				k++;
			naive_run_add(runs, k, vector.values[i], inner.t);
		}
	}
	return NULL;
}

static const char *range_call(struct spot place, const struct node *node, struct naive_vector *out)
{
	const struct call *call = &node->call;
	enum function_id id = call->function->id;
	const struct node *arg = NULL;
	struct naive_runs runs = { 0 };
	double args[2] = { 0 };
	const char *error = NULL;
	uint32_t n = 0;
	struct spot moved;

	for (uint32_t i = 0; i < call->n_args && !error; i++)
		if (call->args[i]->type == TYPE_MATRIX)
			arg = unwrap(call->args[i]);
		else
			error = scalar(place, call->args[i], &args[n++]);
	if (error)
		return error;
	moved = shifted(place, arg->kind == NODE_SUBQUERY ? &arg->subquery.shift : &arg->selector.shift);
	if (arg->kind == NODE_SUBQUERY) {
		error = run_subquery(moved, &arg->subquery, &runs);
		for (uint32_t i = 0; i < runs.n; i++) {
			runs.runs[i].start = moved.t - arg->subquery.range;
			runs.runs[i].end = moved.t;
		}
	} else {
		naive_select_runs(place.world, id, &arg->selector, moved.first, moved.last, moved.t, &runs);
	}
	for (uint32_t i = 0; i < runs.n && !error; i++) {
		const struct naive_run *run = &runs.runs[i];
		struct naive_value value = run->labels;

		if (!naive_range(id, &run->samples, run->start, run->end, place.t, args, &value.v))
			continue;
		error = add_unique(out, id == FN_LAST_OVER_TIME || id == FN_FIRST_OVER_TIME ? value : given(node, &value));
	}
	return error;
}

static void absent_labels(const struct node *arg, struct naive_vector *out)
{
	struct naive_value value = { 0, NULL, 1 };

	arg = unwrap(arg);
	for (uint32_t i = 0; arg->kind == NODE_SELECTOR && i < arg->selector.n_matchers; i++) {
		const struct matcher *matcher = arg->selector.matchers[i];

		if (strcmp(matcher_name(matcher), LABEL_NAME) && matcher_op(matcher) == MATCH_EQUAL)
			value = set(&value, matcher_name(matcher), matcher_value(matcher));
	}
	push(out, value);
}

static const char *absent_over_time(struct spot place, const struct node *node, struct naive_vector *out)
{
	struct node last = *node;
	struct naive_vector some = { 0 };
	const char *error;

	last.call.function = function_find("present_over_time", strlen("present_over_time"));
	error = range_call(place, &last, &some);
	if (!error && !some.n)
		absent_labels(node->call.args[0], out);
	return error;
}

static const char *join_labels(const struct call *call, const struct naive_vector *in, struct naive_vector *out)
{
	const char *error = NULL;

	for (uint32_t i = 0; i < in->n && !error; i++) {
		char *text = naive_alloc(1000);

		for (uint32_t k = 3; k < call->n_args; k++) {
			if (k > 3)
				strcat(text, unwrap(call->args[2])->string.text);
			strcat(text, get(&in->values[i], unwrap(call->args[k])->string.text));
		}
		error = add_unique(out, set(&in->values[i], unwrap(call->args[1])->string.text, text));
	}
	return error;
}

static const char *timestamp(struct spot place, const struct node *node, struct naive_vector *out)
{
	const struct node *arg = node->call.args[0];
	struct naive_vector in = { 0 };
	const char *error = NULL;

	if (unwrap(arg)->kind == NODE_SELECTOR) {
		struct spot moved = shifted(place, &unwrap(arg)->selector.shift);

		naive_select(place.world, &unwrap(arg)->selector, moved.first, moved.last, moved.t, true, &in);
	} else {
		error = eval(place, arg, &in);
	}
	for (uint32_t i = 0; i < in.n && !error; i++) {
		struct naive_value value = given(node, &in.values[i]);

		if (unwrap(arg)->kind != NODE_SELECTOR)
			value.v = (double)place.t / 1000;
		error = add_unique(out, value);
	}
	return error;
}

static const char *map(struct spot place, const struct node *node, struct naive_vector *out)
{
	const struct call *call = &node->call;
	struct naive_vector in = { 0 };
	double args[3] = { 0, 1, 0 };
	const char *error = eval(place, call->args[0], &in);

	for (uint32_t i = 1; i < call->n_args && !error; i++)
		error = scalar(place, call->args[i], &args[i]);
	for (uint32_t i = 0; i < in.n && !error; i++) {
		struct naive_value value = given(node, &in.values[i]);

		if (of_numbers(call->function->id, value.v, args, &value.v))
			error = add_unique(out, value);
	}
	return error;
}

static const char *eval_call(struct spot place, const struct node *node, struct naive_vector *out)
{
	const struct call *call = &node->call;
	enum function_id id = call->function->id;
	struct naive_vector in = { 0 };
	const char *error;
	double v;

	if (id == FN_ABSENT_OVER_TIME)
		return absent_over_time(place, node, out);
	if (id <= FN_P99_OVER_TIME)
		return range_call(place, node, out);
	switch (id) {
	case FN_TIME:
		push_scalar(out, (double)place.t / 1000);
		return NULL;
	case FN_PI:
		push_scalar(out, M_PI);
		return NULL;
	case FN_SCALAR:
	case FN_VECTOR:
		error = scalar(place, call->args[0], &v);
		push_scalar(out, v);
		return error;
	case FN_ABSENT:
		error = eval(place, call->args[0], &in);
		if (!error && !in.n)
			absent_labels(call->args[0], out);
		return error;
	case FN_TIMESTAMP:
		return timestamp(place, node, out);
	case FN_LABEL_JOIN:
		error = eval(place, call->args[0], &in);
		return error ? error : join_labels(call, &in, out);
	case FN_HISTOGRAM_QUANTILE:
		error = scalar(place, call->args[0], &v);
		if (!error)
			error = eval(place, call->args[1], &in);
		return error ? error : histogram(v, &in, out);
	default:
		return map(place, node, out);
	}
}

static const char *eval_aggregate(struct spot place, const struct aggregate *aggregate, struct naive_vector *out)
{
	bool counts = aggregate->op == AGGREGATE_COUNT_VALUES;
	struct naive_vector in = { 0 };
	double param = 0;
	const char *error = aggregate->param && !counts ? scalar(place, aggregate->param, &param) : NULL;

	if (!error)
		error = eval(place, aggregate->inner, &in);
	if (!error)
		aggregate_all(aggregate, param, counts ? unwrap(aggregate->param)->string.text : NULL, &in, out);
	return error;
}

static const char *eval_binary(struct spot place, const struct node *node, struct naive_vector *out)
{
	const struct binary *binary = &node->binary;
	struct naive_vector left = { 0 }, right = { 0 };
	const char *error = eval(place, binary->left, &left);
	bool left_scalar = binary->left->type == TYPE_SCALAR, right_scalar = binary->right->type == TYPE_SCALAR;

	if (!error)
		error = eval(place, binary->right, &right);
	if (error)
		return error;
	if (left_scalar)
		return with_scalar(node, &right, left.values[0].v, true, out);
	if (right_scalar)
		return with_scalar(node, &left, right.values[0].v, false, out);
	if (binary->op < BINARY_AND)
		return match(binary, &left, &right, out);
	set_operate(binary, &left, &right, out);
	return NULL;
}

static const char *eval_unary(struct spot place, const struct node *node, struct naive_vector *out)
{
	struct naive_vector in = { 0 };
	const char *error = eval(place, node->unary.inner, &in);

	for (uint32_t i = 0; i < in.n && !error; i++) {
		struct naive_value value = in.values[i];

		if (node->unary.op == UNARY_MINUS) {
			value = given(node, &value);
			value.v = -value.v;
		}
		error = add_unique(out, value);
	}
	return error;
}

static const char *eval(struct spot place, const struct node *node, struct naive_vector *out)
{
	struct spot moved;

	switch (node->kind) {
	case NODE_NUMBER:
		push_scalar(out, node->number);
		return NULL;
	case NODE_PAREN:
		return eval(place, node->inner, out);
	case NODE_SELECTOR:
		moved = shifted(place, &node->selector.shift);
		naive_select(place.world, &node->selector, moved.first, moved.last, moved.t, false, out);
		return NULL;
	case NODE_UNARY:
		return eval_unary(place, node, out);
	case NODE_BINARY:
		return eval_binary(place, node, out);
	case NODE_AGGREGATE:
		return eval_aggregate(place, &node->aggregate, out);
	case NODE_CALL:
		return eval_call(place, node, out);
	default:
		return "no such node here";
	}
}

const char *naive_promql(const struct naive_world *world, const struct node *node, kymo_ms first, kymo_ms last, kymo_ms t,
			 struct naive_vector *out)
{
	*out = (struct naive_vector){ 0 };
	return eval((struct spot){ world, first, last, t }, node, out);
}
