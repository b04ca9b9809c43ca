/* SPDX-License-Identifier: MIT */
/*
 * aggregate_param.c - what k, q and the ratio may be. Some values are errors, some
 * give a warning and mean something all the same; the texts are those of Prometheus.
 */
#include "eval/aggregate.h"
#include "eval/remarks.h"
#include "util/number.h"

#include <errno.h>
#include <math.h>

struct bounds {
	double least, most;
	bool has_nan;
};

static struct bounds bounds_of(const double *values, uint32_t n)
{
	struct bounds bounds = { values[0], values[0], false };

	for (uint32_t i = 0; i < n; i++) {
		bounds.has_nan |= isnan(values[i]);
		bounds.least = fmin(bounds.least, values[i]);
		bounds.most = fmax(bounds.most, values[i]);
	}
	return bounds;
}

static int check_k(struct aggregation *aggregation, struct bounds bounds)
{
	struct error *err = aggregation->stream.eval->err;
	char text[NUMBER_TEXT];

	if (bounds.has_nan)
		return error_set(err, -EINVAL, "Parameter value is NaN");
	if (bounds.most < 1)
		return 1;
	if (bounds.least <= -0x1p63)
		return error_set(err, -EINVAL, "Scalar value %s underflows int64", number_in_words(bounds.least, text));
	if (bounds.most >= 0x1p63)
		return error_set(err, -EINVAL, "Scalar value %s overflows int64", number_in_words(bounds.most, text));
	return 0;
}

static void warn_ratio(struct aggregation *aggregation, double ratio, double bound)
{
	char text[NUMBER_TEXT];

	eval_warn(aggregation->stream.eval, aggregation->stream.node->aggregate.param,
		  "ratio value should be between -1 and 1, got %s, capping to %g", number_in_words(ratio, text), bound);
}

static int check_ratio(struct aggregation *aggregation, struct bounds bounds)
{
	if (bounds.has_nan)
		return error_set(aggregation->stream.eval->err, -EINVAL, "Ratio value is NaN");
	if (bounds.least == 0 && bounds.most == 0)
		return 1;
	if (bounds.most > 1)
		warn_ratio(aggregation, bounds.most, 1);
	if (bounds.least < -1)
		warn_ratio(aggregation, bounds.least, -1);
	return 0;
}

static int check_quantile(struct aggregation *aggregation, struct bounds bounds)
{
	struct eval *eval = aggregation->stream.eval;
	const struct node *param = aggregation->stream.node->aggregate.param;

	if (bounds.has_nan)
		remark_quantile(eval, param, (double)NAN);
	if (bounds.most > 1)
		remark_quantile(eval, param, bounds.most);
	if (bounds.least < 0)
		remark_quantile(eval, param, bounds.least);
	return 0;
}

int aggregation_is_empty(struct aggregation *aggregation)
{
	struct bounds bounds = bounds_of(aggregation->param, aggregation->stream.steps.n);

	if (aggregation->op == AGGREGATE_LIMIT_RATIO)
		return check_ratio(aggregation, bounds);
	return aggregation->op == AGGREGATE_QUANTILE ? check_quantile(aggregation, bounds) : check_k(aggregation, bounds);
}
