/* SPDX-License-Identifier: MIT */
#include "query/random_promql.h"
#include "util/check.h"

#include <math.h>
#include <stdio.h>

/* ---- series ---- */

enum { INTERVAL = 15000, MOST_SAMPLES = 4000 };

/* Fractions tell series apart, so that no two are equal by chance; all sums are exact. */
static double next_value(bool is_counter, double before, uint32_t s)
{
	double own = (s + 1) / 64.0;

	if (random_below(80) == 0)
		return value_stale();
	if (is_counter)
		return isnan(before) || random_below(60) == 0 ? own + random_below(5) : before + random_below(4) * random_below(30);
	if (s % 4 == 3 && random_below(40) == 0)
		return random_below(2) ? NAN : INFINITY;
	return (double)random_below(2000) - 800 + own;
}

static void fill(struct store *store, uint32_t series, bool is_counter, kymo_ms first, kymo_ms last)
{
	kymo_ms at = first + random_below(INTERVAL), interval = random_below(3) ? INTERVAL : INTERVAL * (1 + (kymo_ms)random_below(8));
	double before = NAN;
	bool ended = false;

	for (int i = 0; i < MOST_SAMPLES && at <= last; i++) {
		double v = next_value(is_counter, before, series);

		if (!value_is_stale(v) || !ended)
			fake_add(store, series, at, v);
		ended = value_is_stale(v);
		before = ended || !isfinite(v) ? before : v;
		at += interval + (random_below(4) ? 0 : (kymo_ms)random_below(2000)) +
		      (random_below(50) ? 0 : interval * (kymo_ms)random_below(60));
	}
}

static void add(struct store *store, uint32_t type, const char *name, const char *labels, kymo_ms first, kymo_ms last)
{
	uint32_t series = fake_series(store, type, 0, name, labels);

	fill(store, series, type == KYMO_COUNTER, first, last);
}

/* Cumulative over the bounds, at the same times. */
static void add_histogram(struct store *store, const char *g, kymo_ms first, kymo_ms last)
{
	static const char *const bounds[] = { "0.5", "1", "2.5", "10", "+Inf" };
	double counts[COUNT_OF(bounds)] = { 0 };
	uint32_t series[COUNT_OF(bounds)];
	char labels[64];

	for (uint32_t i = 0; i < COUNT_OF(bounds); i++) {
		snprintf(labels, sizeof labels, "g=%s,le=%s", g, bounds[i]);
		series[i] = fake_series(store, KYMO_COUNTER, 0, "h_bucket", labels);
	}
	for (kymo_ms at = first + 5000; at <= last; at += 4 * INTERVAL) {
		double added = 0;

		for (uint32_t i = 0; i < COUNT_OF(bounds); i++) {
			added += random_below(4);
			counts[i] += added;
			fake_add(store, series[i], at, counts[i]);
		}
	}
}

void random_series(struct store *store, kymo_ms first, kymo_ms last)
{
	static const char *const labels[] = { "g=a,x=1", "g=a,x=2", "g=b,x=1", "g=b,x=3", "x=1" };

	for (uint32_t i = 0; i < COUNT_OF(labels); i++)
		add(store, KYMO_COUNTER, "c_total", labels[i], first, last);
	for (uint32_t i = 0; i < COUNT_OF(labels); i++)
		add(store, KYMO_GAUGE, "m", labels[i], first, last);
	add(store, KYMO_GAUGE, "n", "g=a", first, last);
	add(store, KYMO_GAUGE, "n", "g=b", first, last);
	add_histogram(store, "a", first, last);
	add_histogram(store, "b", first, last);
}

/* ---- queries ---- */

struct random_query {
	struct buf *out;
	bool raw;
	kymo_ms first, last;
};

#define ONE_OF(...) one_of((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static const char *one_of(const char *const *items, size_t n)
{
	return items[random_below((uint32_t)n)];
}

static void text(struct random_query *query, const char *words) { buf_add_text(query->out, words); }

static void shift(struct random_query *query)
{
	uint64_t span = (uint64_t)(query->last - query->first) / 1000;

	if (random_below(6) == 0)
		buf_printf(query->out, " offset %s%us", random_below(4) ? "" : "-", 1 + random_below(900));
	if (random_below(12) == 0)
		buf_printf(query->out, " @ %lld", (long long)(query->first / 1000 + random_below((uint32_t)span)));
	else if (random_below(20) == 0)
		text(query, random_below(2) ? " @ start()" : " @ end()");
}

static void matchers(struct random_query *query)
{
	text(query, ONE_OF("", "", "{g=\"a\"}", "{g!=\"a\"}", "{x=~\"1|2\"}", "{x=\"1\"}", "{g=\"\"}", "{x=\"none\"}"));
}

static const char *range(void)
{
	return ONE_OF("15s", "30s", "1m", "2m", "5m", "5m", "7m13s", "10m", "17m", "1h", "2h");
}

static void vector(struct random_query *query, int depth);
static void exact(struct random_query *query, int depth);

static void run_of(struct random_query *query, const char *metric, int depth)
{
	if (depth > 1 && random_below(4) == 0) {
		text(query, "(");
		exact(query, depth - 2);
		buf_printf(query->out, ")[%s:%s]", range(), ONE_OF("", "10s", "30s", "1m", "7m"));
	} else {
		text(query, metric);
		matchers(query);
		buf_printf(query->out, "[%s]", range());
	}
	shift(query);
}

static void over_time(struct random_query *query, const char *function, const char *metric, int depth)
{
	buf_printf(query->out, "%s(", function);
	run_of(query, metric, depth);
	text(query, ")");
}

/* A few bits of an answer may depend on the way. */
static void rough_over_time(struct random_query *query, int depth)
{
	const char *metric = ONE_OF("c_total", "c_total", "m", "n");

	switch (random_below(query->raw ? 8 : 4)) {
	case 0:
	case 1:
		over_time(query, ONE_OF("rate", "increase"), "c_total", depth);
		break;
	case 2:
		over_time(query, ONE_OF("avg_over_time", "delta", "rate", "increase"), metric, depth);
		break;
	case 3:
		over_time(query, ONE_OF("irate", "deriv", "idelta", "mad_over_time"), metric, depth);
		break;
	case 4:
		over_time(query, ONE_OF("stddev_over_time", "stdvar_over_time", "p50_over_time", "p95_over_time"), metric, depth);
		break;
	case 5:
		buf_printf(query->out, "quantile_over_time(%s, ", ONE_OF("0", "0.3", "0.9", "1", "-1", "2", "NaN"));
		run_of(query, metric, depth);
		text(query, ")");
		break;
	case 6:
		text(query, "predict_linear(");
		run_of(query, "n", depth);
		text(query, ONE_OF(", 60)", ", -600)", ", 3600)"));
		break;
	default:
		text(query, "double_exponential_smoothing(");
		run_of(query, "m", depth);
		text(query, ONE_OF(", 0.5, 0.1)", ", 0.3, 0.9)"));
		break;
	}
}

static void exact_over_time(struct random_query *query, int depth)
{
	if (random_below(12) == 0) {	/* of counters alone: of NaN the order of adding shows */
		text(query, "increase_exact(c_total");
		matchers(query);
		buf_printf(query->out, "[%s]", range());
		shift(query);
		text(query, ")");
		return;
	}
	over_time(query, ONE_OF("min_over_time", "max_over_time", "count_over_time", "last_over_time", "first_over_time", "sum_over_time",
				"present_over_time", "changes", "resets", "ts_of_first_over_time", "ts_of_last_over_time",
				"ts_of_min_over_time", "ts_of_max_over_time", "absent_over_time"), ONE_OF("c_total", "m", "n"), depth);
}

static void by(struct random_query *query)
{
	text(query, ONE_OF("", "", " by (g)", " by (x)", " by (g, x)", " without (x)", " without (g)", " by (le)", " by ()", " without ()"));
}

static void aggregated(struct random_query *query, const char *op, void (*inner)(struct random_query *, int), int depth)
{
	text(query, op);
	by(query);
	text(query, " (");
	inner(query, depth - 1);
	text(query, ")");
}

static void with_param(struct random_query *query, int depth)
{
	switch (random_below(4)) {
	case 0:
		text(query, ONE_OF("topk", "bottomk"));
		by(query);
		buf_printf(query->out, " (%s, ", ONE_OF("0", "1", "2", "3", "100"));
		text(query, ONE_OF("m", "c_total", "m"));
		matchers(query);
		break;
	case 1:
		text(query, "quantile");
		by(query);
		buf_printf(query->out, " (%s, ", ONE_OF("0", "0.25", "0.5", "1", "2", "-0.1", "NaN"));
		exact(query, depth - 1);
		break;
	case 2:
		text(query, "count_values");
		by(query);
		text(query, ONE_OF(" (\"v\", ", " (\"g\", "));
		exact(query, depth - 1);
		break;
	default:
		text(query, "count(limitk");
		by(query);
		text(query, " (2, m");
		matchers(query);
		text(query, ")");
		break;
	}
	text(query, ")");
}

static void matching(struct random_query *query, bool groups)
{
	static const struct { const char *words, *include; } rows[] = {
		{ " ", NULL }, { " ", NULL }, { " on (g) ", "x" }, { " on (g, x) ", "le" }, { " ignoring (x) ", "x" }, { " ignoring (le) ", "g" },
		{ " on (x) ", "g" }, { " on () ", "g" },
	};
	uint32_t row = random_below(COUNT_OF(rows));

	text(query, rows[row].words);
	if (!groups || !rows[row].include || random_below(2))
		return;
	text(query, ONE_OF("group_left", "group_right"));
	if (random_below(2))
		buf_printf(query->out, "(%s) ", rows[row].include);
	else
		text(query, "() ");
}

static void between(struct random_query *query, const char *op, bool groups, void (*inner)(struct random_query *, int), int depth)
{
	text(query, "(");
	inner(query, depth - 1);
	buf_printf(query->out, " %s", op);
	matching(query, groups);
	inner(query, depth - 1);
	text(query, ")");
}

static void number(struct random_query *query)
{
	text(query, ONE_OF("0", "1", "2", "-3", "0.5", "100", "NaN", "Inf", "scalar(n{g=\"a\"})", "1e3", "(1 + 2)"));
}

static const char *compare(void)
{
	return ONE_OF("==", "!=", ">", "<", ">=", "<=", "> bool", "== bool", "<= bool");
}

static void with_number(struct random_query *query, const char *op, void (*inner)(struct random_query *, int), int depth)
{
	bool left = random_below(2);

	text(query, "(");
	if (left)
		number(query);
	else
		inner(query, depth - 1);
	buf_printf(query->out, " %s ", op);
	if (left)
		inner(query, depth - 1);
	else
		number(query);
	text(query, ")");
}

static void instant(struct random_query *query)
{
	text(query, ONE_OF("c_total", "c_total", "m", "m", "n", "h_bucket", "{__name__=~\"m|n\",g=\"a\"}", "nothing"));
	if (((const char *)query->out->data)[query->out->len - 1] != '}')
		matchers(query);
	shift(query);
}

/* Of times, a billion seconds and more, the running variance of Welford keeps too few digits to compare. */
static void plain(struct random_query *query, int depth)
{
	(void)depth;
	instant(query);
}

/* The same series on both sides, some of their points on one. */
static void with_itself(struct random_query *query)
{
	const char *metric = ONE_OF("c_total", "m", "m", "n"), *sign = ONE_OF("", "-", "abs");

	buf_printf(query->out, "(%s(%s %s %d) %s", sign, metric, ONE_OF(">", "<="), (int)random_below(600) - 200, ONE_OF("or", "or", "and", "unless"));
	matching(query, false);
	buf_printf(query->out, "%s(%s", sign, metric);
	matchers(query);
	shift(query);
	text(query, "))");
}

static void exact(struct random_query *query, int depth)
{
	if (depth <= 0) {
		instant(query);
		return;
	}
	switch (random_below(11)) {
	case 10:
		with_itself(query);
		break;
	case 0:
		exact_over_time(query, depth);
		break;
	case 1:
		aggregated(query, ONE_OF("sum", "min", "max", "count", "group"), exact, depth);
		break;
	case 2:
		with_number(query, compare(), exact, depth);
		break;
	case 3:
		with_number(query, ONE_OF("+", "-"), exact, depth);
		break;
	case 4:
		between(query, compare(), true, exact, depth);
		break;
	case 5:
		between(query, ONE_OF("and", "or", "unless"), false, exact, depth);
		break;
	case 6:
		text(query, ONE_OF("abs(", "ceil(", "floor(", "sgn(", "timestamp(", "-(", "+("));
		exact(query, depth - 1);
		text(query, ")");
		break;
	default:
		instant(query);
	}
}

static void vector(struct random_query *query, int depth)
{
	const char *function;

	switch (depth > 0 ? random_below(13) : 12) {
	case 0:
	case 1:
		rough_over_time(query, depth);
		break;
	case 2:
		exact_over_time(query, depth);
		break;
	case 3:
		if (random_below(3))
			aggregated(query, ONE_OF("sum", "avg", "min", "max", "count"), vector, depth);
		else
			aggregated(query, ONE_OF("avg", "stddev", "stdvar"), plain, depth);
		break;
	case 4:
		with_param(query, depth);
		break;
	case 5:
		with_number(query, ONE_OF("+", "-", "*", "/", "%", "^", "atan2"), exact, depth);
		break;
	case 6:
		if (random_below(2))
			between(query, ONE_OF("+", "-", "*"), true, vector, depth);
		else
			between(query, ONE_OF("/", "%", "^", "atan2"), true, exact, depth);
		break;
	case 7:
		between(query, ONE_OF("and", "or", "unless"), false, vector, depth);
		break;
	case 8:
		buf_printf(query->out, "histogram_quantile(%s, ", ONE_OF("0", "0.5", "0.9", "1", "NaN", "2"));
		text(query, ONE_OF("h_bucket)", "sum by (le) (h_bucket))", "increase(h_bucket[10m]))"));
		break;
	case 9:
		function = ONE_OF("absent(", "sqrt(", "hour(timestamp(", "vector(scalar(", "minute(timestamp(");
		text(query, function);
		exact(query, depth - 1);
		text(query, strchr(function, '(') == strrchr(function, '(') ? ")" : "))");
		break;
	case 10:
		text(query, ONE_OF("clamp_min(", "clamp_max(", "round("));
		exact(query, depth - 1);
		text(query, ONE_OF(", 5)", ", 20)", ", 0.5)"));
		break;
	case 11:
		text(query, "label_join(");
		exact(query, depth - 1);
		text(query, ONE_OF(", \"y\", \"-\", \"g\", \"x\")", ", \"x\", \"\", \"g\")", ", \"g\", \"\")"));
		break;
	default:
		exact(query, depth);
	}
}

void random_promql(struct buf *out, bool raw, kymo_ms first, kymo_ms last)
{
	struct random_query query = { out, raw, first, last };

	buf_clear(out);
	vector(&query, (int)random_below(4));
	CHECK(buf_text(out), "len=%zu", out->len);
}
