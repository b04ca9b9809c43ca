/* SPDX-License-Identifier: MIT */
#include "eval/range_arg.h"
#include "eval/moving_records.h"

#include <errno.h>

#define HOUR INT64_C(3600000)

/* ---- tiers ---- */

static bool fits(const struct selector *selector, const struct steps *moved, kymo_ms width)
{
	return selector->range % width == 0 && moved->start % width == 0 && moved->step % width == 0;
}

/* As plain queries choose (store/plan.h): up to an hour raw, to 6 h 1m, to a day 5m, beyond 1h. */
static enum kymo_tier coarsest_by_length(kymo_ms length)
{
	return length <= HOUR ? KYMO_RAW : length <= 6 * HOUR ? KYMO_1M : length <= 24 * HOUR ? KYMO_5M : KYMO_1H;
}

/* Is what the tier knows of those series enough? Of gauges it does not know the drops. */
static bool knows_enough(const struct eval *eval, const struct range_spec *spec, const struct selector *selector)
{
	enum series_kind kind;

	if (!spec->folds_counters_only)
		return true;
	for (uint32_t i = 0; i < selector->n_matchers; i++) {
		const struct matcher *matcher = selector->matchers[i];

		if (matcher_op(matcher) == MATCH_EQUAL && !strcmp(matcher_name(matcher), LABEL_NAME))
			return store_metric_kind(eval->store, matcher_value(matcher), (uint32_t)strlen(matcher_value(matcher)), &kind) &&
			       kind == KIND_COUNTER;
	}
	return false;
}

/*
 * A record of a minute takes as long as a few samples, so it must stand for its window
 * alone or among others, not in several. Those that are in no block yet are dearer than
 * samples are: a long range has few of them.
 */
#define LONG_FOR_MINUTES (4 * HOUR)

static bool is_worth_reading(enum kymo_tier tier, const struct range_spec *spec, const struct selector *selector,
			     const struct steps *moved)
{
	return tier != KYMO_1M || (records_answer(spec->id) && moved->step >= selector->range &&
				   steps_end(moved) - moved->start >= LONG_FOR_MINUTES);
}

static bool is_own_percentile(enum function_id id)
{
	return id == FN_P50_OVER_TIME || id == FN_P95_OVER_TIME || id == FN_P99_OVER_TIME;
}

enum kymo_tier range_preferred_tier(const struct eval *eval, const struct range_spec *spec, const struct selector *selector,
				    const struct steps *moved)
{
	enum kymo_tier tier = KYMO_1H;

	if (!spec->fold || !knows_enough(eval, spec, selector))
		return KYMO_RAW;
	if (is_own_percentile(spec->id))
		tier = coarsest_by_length(steps_end(moved) - moved->start + selector->range);
	else if (spec->fold_wants & (FOLD_SPREAD | FOLD_MOMENTS))
		return KYMO_RAW;
	while (tier > KYMO_RAW && !fits(selector, moved, tier_width(tier)))
		tier--;
	return is_own_percentile(spec->id) || is_worth_reading(tier, spec, selector, moved) ? tier : KYMO_RAW;
}

/* ---- subqueries ---- */

/* Multiples of the step in (start of the first window, end of the last]. */
static int inner_steps(struct eval *eval, const struct subquery *subquery, const struct steps *moved, struct steps *steps)
{
	kymo_ms step = subquery->step ? subquery->step : eval->subquery_step, from, end = steps_end(moved);
	uint64_t n;

	if (__builtin_sub_overflow(moved->start, subquery->range, &from))
		return error_set(eval->err, -EINVAL, "the range of the subquery goes back too far");
	*steps = (struct steps){ window_floor(from, step) + step, step, 0 };
	if (end < steps->start)
		return 0;
	n = (uint64_t)(end - steps->start) / (uint64_t)step + 1;
	if (n > UINT32_MAX / 2)
		return error_set(eval->err, -E2BIG, "the subquery has too many points: ask for a longer step");
	steps->n = (uint32_t)n;
	if (n == 1)
		steps->step = 0;
	return 0;
}

int subquery_open(struct eval *eval, const struct node *node, const struct steps *moved, struct subquery_source *source)
{
	const struct node *inner = node->subquery.inner;
	int r;

	*source = (struct subquery_source){ .eval = eval };
	r = inner_steps(eval, &node->subquery, moved, &source->steps);
	if (r < 0 || !source->steps.n)
		return r;
	source->at = eval_alloc(eval, source->steps.n, sizeof *source->at);
	if (!source->at)
		return eval->err->code;
	for (uint32_t i = 0; i < source->steps.n; i++)
		source->at[i] = steps_at(&source->steps, i);
	if (inner->type == TYPE_VECTOR)
		return stream_open(eval, inner, &source->steps, &source->stream);
	source->scalar = eval_alloc(eval, source->steps.n, sizeof *source->scalar);
	return source->scalar ? eval_scalar(eval, inner, &source->steps, source->scalar) : eval->err->code;
}

void subquery_close(struct subquery_source *source)
{
	if (!source->eval)
		return;
	stream_close(source->stream);
	eval_free(source->eval, source->at, source->steps.n, sizeof *source->at);
	eval_free(source->eval, source->scalar, source->steps.n, sizeof *source->scalar);
	*source = (struct subquery_source){ 0 };
}

int subquery_next(struct subquery_source *source, struct labels *labels, const double **values)
{
	struct column column;
	int r;

	if (!source->steps.n)
		return 0;
	if (!source->stream) {
		*labels = (struct labels){ NULL, 0 };
		*values = source->scalar;
		r = source->done ? 0 : 1;
		source->done = true;
		return r;
	}
	r = stream_next(source->stream, &column);
	if (r > 0 && (r = eval_check(source->eval, source->steps.n)) == 0) {
		*labels = column.labels;
		*values = column.values;
		r = 1;
	}
	return r;
}
