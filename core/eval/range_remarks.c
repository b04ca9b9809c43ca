/* SPDX-License-Identifier: MIT */
/* range_remarks.c - what functions over range vectors say of their arguments. */
#include "eval/range.h"
#include "eval/remarks.h"

#include <errno.h>

static bool ends_in(const char *text, size_t n, const char *ending)
{
	size_t n_ending = strlen(ending);

	return n >= n_ending && !memcmp(text + n - n_ending, ending, n_ending);
}

static bool is_named_as_counter(const char *name, size_t n)
{
	return ends_in(name, n, "_total") || ends_in(name, n, "_sum") || ends_in(name, n, "_count") || ends_in(name, n, "_bucket");
}

void range_doubt(struct eval *eval, const struct node *call, const struct range_spec *spec, struct labels labels,
		 const struct metric *metric)
{
	struct label name = labels_metric(labels);

	if (spec->id != FN_RATE && spec->id != FN_INCREASE && spec->id != FN_INCREASE_EXACT)
		return;
	if (!name.value_len || is_named_as_counter(name.value, name.value_len))
		return;
	if (metric && (metric->type == KYMO_COUNTER || metric->type == KYMO_HISTOGRAM))
		return;
	eval_inform(eval, call->call.args[0], "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"%.*s\"",
		    (int)name.value_len, name.value);
}

/* As in Prometheus, NaN passes. */
static int check_factor(struct eval *eval, const char *which, const char *sign, double factor)
{
	if (!(factor <= 0 || factor >= 1))
		return 0;
	return error_set(eval->err, -EINVAL, "invalid %s factor. Expected: 0 < %s < 1, got: %f", which, sign, factor);
}

int range_annotate(struct eval *eval, const struct node *call, const struct range_spec *spec, const double args[2])
{
	int r;

	switch (spec->id) {
	case FN_QUANTILE_OVER_TIME:
		remark_quantile(eval, call->call.args[0], args[0]);
		return 0;
	case FN_DOUBLE_EXPONENTIAL_SMOOTHING:
		if ((r = check_factor(eval, "smoothing", "sf", args[0])) < 0)
			return r;
		return check_factor(eval, "trend", "tf", args[1]);
	default:
		return 0;
	}
}
