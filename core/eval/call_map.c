/* SPDX-License-Identifier: MIT */
/*
 * call_map.c - functions of each value by itself. Series pass one by one, their
 * values change in place, and their names are taken away.
 */
#include "eval/arithmetic.h"
#include "eval/call.h"
#include "eval/names.h"
#include "model/labels_edit.h"

#include <math.h>

#define ARGS_MOST 2		/* scalars beside the vector */

/* out[i] is present and becomes its own function, with args[0][i], args[1][i]. */
typedef void map_values(const struct call *call, double *values, double *const *args, uint32_t n);

struct map_stream {
	struct stream stream;
	struct stream *inner;
	map_values *map;
	double *args[ARGS_MOST];
	uint32_t n_args;
	struct buf labels;
};

/* ---- of one number ---- */

static double sgn(double v) { return v < 0 ? -1 : v > 0 ? 1 : v; }
static double deg(double v) { return v * 180 / M_PI; }
static double rad(double v) { return v * M_PI / 180; }

static double (*function_of(enum function_id id))(double)
{
	static double (*const functions[FUNCTIONS])(double) = {
		[FN_ABS] = fabs, [FN_CEIL] = ceil, [FN_FLOOR] = floor, [FN_EXP] = exp, [FN_LN] = log, [FN_LOG2] = log2, [FN_LOG10] = log10,
		[FN_SQRT] = sqrt, [FN_SGN] = sgn, [FN_ACOS] = acos, [FN_ACOSH] = acosh, [FN_ASIN] = asin, [FN_ASINH] = asinh,
		[FN_ATAN] = atan, [FN_ATANH] = atanh, [FN_COS] = cos, [FN_COSH] = cosh, [FN_SIN] = sin, [FN_SINH] = sinh, [FN_TAN] = tan,
		[FN_TANH] = tanh, [FN_DEG] = deg, [FN_RAD] = rad,
	};

	return functions[id] ? functions[id] : date_function_find(id);
}

static void map_alone(const struct call *call, double *values, double *const *args, uint32_t n)
{
	double (*function)(double) = function_of(call->function->id);

	(void)args;
	for (uint32_t i = 0; i < n; i++)
		if (!is_absent(values[i]))
			values[i] = function(values[i]);
}

/* ---- of several ---- */

/* To the nearest multiple, halves up. */
static void map_round(const struct call *call, double *values, double *const *args, uint32_t n)
{
	(void)call;
	for (uint32_t i = 0; i < n; i++) {
		double inverse = 1 / (args[0] ? args[0][i] : 1);

		if (!is_absent(values[i]))
			values[i] = floor(values[i] * inverse + 0.5) / inverse;
	}
}

/* With bounds the wrong way round there is no value. */
static void map_clamp(const struct call *call, double *values, double *const *args, uint32_t n)
{
	enum function_id id = call->function->id;
	const double *least = id == FN_CLAMP_MAX ? NULL : args[0];
	const double *most = id == FN_CLAMP_MIN ? NULL : id == FN_CLAMP ? args[1] : args[0];

	for (uint32_t i = 0; i < n; i++) {
		double low = least ? least[i] : -INFINITY, high = most ? most[i] : INFINITY;

		if (!is_absent(values[i]))
			values[i] = high < low ? absent() : greater_of(low, lesser_of(high, values[i]));
	}
}

static void map_to_time(const struct call *call, double *values, double *const *args, uint32_t n)
{
	(void)call;
	for (uint32_t i = 0; i < n; i++)
		if (!is_absent(values[i]))
			values[i] = args[0][i];
}

static void map_nothing(const struct call *call, double *values, double *const *args, uint32_t n)
{
	(void)call, (void)values, (void)args, (void)n;
}

/* What is said of native histograms has no value for a number. */
static void map_away(const struct call *call, double *values, double *const *args, uint32_t n)
{
	(void)call, (void)args;
	for (uint32_t i = 0; i < n; i++)
		values[i] = absent();
}

static map_values *map_of(enum function_id id)
{
	switch (id) {
	case FN_ROUND:
		return map_round;
	case FN_CLAMP:
	case FN_CLAMP_MIN:
	case FN_CLAMP_MAX:
		return map_clamp;
	case FN_HISTOGRAM_AVG:
	case FN_HISTOGRAM_COUNT:
	case FN_HISTOGRAM_STDDEV:
	case FN_HISTOGRAM_STDVAR:
	case FN_HISTOGRAM_SUM:
		return map_away;
	default:
		return map_alone;
	}
}

/* ---- the stream ---- */

static int map_next(struct stream *stream, struct column *out)
{
	struct map_stream *map = (struct map_stream *)stream;
	int r = stream_next(map->inner, out);

	if (r <= 0)
		return r;
	map->map(&stream->node->call, out->values, map->args, stream->steps.n);
	if (stream->node->late_name)
		return 1;
	buf_clear(&map->labels);
	labels_without_name(out->labels, &map->labels);
	out->labels = labels_in(&map->labels);
	return buf_failed(&map->labels) ? eval_no_memory(stream->eval) : 1;
}

static void map_close(struct stream *stream)
{
	struct map_stream *map = (struct map_stream *)stream;

	stream_close(map->inner);
	for (uint32_t i = 0; i < ARGS_MOST; i++)
		eval_free(stream->eval, map->args[i], stream->steps.n, sizeof *map->args[i]);
	buf_fini(&map->labels);
	free(map);
}

static struct map_stream *map_create(struct eval *eval, const struct node *node, const struct steps *steps, map_values *values)
{
	struct map_stream *map = calloc(1, sizeof *map);

	if (!map) {
		eval_no_memory(eval);
		return NULL;
	}
	map->stream = (struct stream){ map_next, map_close, eval, node, *steps };
	map->map = values;
	return map;
}

static double *add_arg(struct map_stream *map)
{
	return map->args[map->n_args++] = eval_alloc(map->stream.eval, map->stream.steps.n, sizeof(double));
}

static int read_args(struct map_stream *map, const struct call *call)
{
	struct eval *eval = map->stream.eval;

	for (uint32_t i = 1; i < call->n_args; i++) {
		double *arg = add_arg(map);
		int r = arg ? eval_scalar(eval, call->args[i], &map->stream.steps, arg) : eval->err->code;

		if (r < 0)
			return r;
	}
	return 0;
}

/* Without their names series of several metrics may be the same. r: what became of opening it. */
static int give(struct map_stream *map, int r, struct stream **out)
{
	if (r < 0) {
		map_close(&map->stream);
		return r;
	}
	if (!map->stream.node->late_name && node_has_many_names(map->stream.node->call.args[0]))
		return stream_united(&map->stream, out);
	*out = &map->stream;
	return 0;
}

int stream_open_map(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	struct map_stream *map = map_create(eval, node, steps, map_of(node->call.function->id));
	int r;

	if (!map)
		return eval->err->code;
	if ((r = read_args(map, &node->call)) == 0)
		r = stream_open(eval, node->call.args[0], steps, &map->inner);
	return give(map, r, out);
}

static int open_timed(struct map_stream *map, const struct node *inner)
{
	const struct steps *steps = &map->stream.steps;
	double *times = add_arg(map);

	if (!times)
		return map->stream.eval->err->code;
	for (uint32_t i = 0; i < steps->n; i++)
		times[i] = (double)steps_at(steps, i) / 1000;
	return stream_open(map->stream.eval, inner, steps, &map->inner);
}

/* Of samples that a selector gives: their own times; of what is computed: that of the point. */
int stream_open_timestamp(struct eval *eval, const struct node *node, const struct steps *steps, struct stream **out)
{
	const struct node *inner = node_unwrap(node->call.args[0]);
	bool is_selector = inner->kind == NODE_SELECTOR && !inner->selector.extent;
	struct map_stream *map = map_create(eval, node, steps, is_selector ? map_nothing : map_to_time);

	if (!map)
		return eval->err->code;
	return give(map, is_selector ? stream_open_selector(eval, inner, steps, true, &map->inner) : open_timed(map, inner), out);
}
