/* SPDX-License-Identifier: MIT */
/* range_functions_trend.c - where values go: lines through them, and smoothing with a trend. */
#include "eval/range_functions.h"
#include "eval/statistics.h"

struct line {
	double slope;			/* a second */
	double level;			/* at `origin` */
};

static bool all_equal(const double *v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (v[i] != v[0])
			return false;
	return true;
}

/* By least squares; times count from `origin`, which is near, so that their squares keep their digits. */
static struct line line_through(const struct samples *samples, kymo_ms origin)
{
	double x_sum = 0, x_low = 0, y_sum = 0, y_low = 0, xy_sum = 0, xy_low = 0, xx_sum = 0, xx_low = 0;
	double n = samples->n, slope;

	if (all_equal(samples->values, samples->n))
		return isinf(samples->values[0]) ? (struct line){ NAN, NAN } : (struct line){ 0, samples->values[0] };
	for (uint32_t i = 0; i < samples->n; i++) {
		double x = (double)(samples->at[i] - origin) / 1000, y = samples->values[i];

		sum_add(x, &x_sum, &x_low);
		sum_add(y, &y_sum, &y_low);
		sum_add(x * y, &xy_sum, &xy_low);
		sum_add(x * x, &xx_sum, &xx_low);
	}
	x_sum += x_low;
	y_sum += y_low;
	slope = (xy_sum + xy_low - x_sum * y_sum / n) / (xx_sum + xx_low - x_sum * x_sum / n);
	return (struct line){ slope, y_sum / n - slope * x_sum / n };
}

bool range_deriv(const struct samples *samples, const struct range_window *window, double *out)
{
	(void)window;
	if (samples->n < 2)
		return false;
	*out = line_through(samples, samples->at[0]).slope;
	return true;
}

/* So many seconds from the time of the query on, wherever offset and @ have moved the window to. */
bool range_predict_linear(const struct samples *samples, const struct range_window *window, double *out)
{
	struct line line;

	if (samples->n < 2)
		return false;
	line = line_through(samples, window->at);
	*out = line.slope * window->args[0] + line.level;
	return true;
}

/* Holt's linear method. The factors were checked by range_annotate. */
bool range_double_exponential_smoothing(const struct samples *samples, const struct range_window *window, double *out)
{
	const double *v = samples->values, smoothing = window->args[0], weight = window->args[1];
	double level, trend;

	if (samples->n < 2)
		return false;
	level = v[0];
	trend = v[1] - v[0];
	for (uint32_t i = 1; i < samples->n; i++) {
		double next = smoothing * v[i] + (1 - smoothing) * (level + trend);

		trend = weight * (next - level) + (1 - weight) * trend;
		level = next;
	}
	*out = level;
	return true;
}
