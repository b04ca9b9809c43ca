/* SPDX-License-Identifier: MIT */
/* line.c - the members in a fixed order, so that lines compare and compress well. */
#include "line.h"

static void add_time(struct text *text, const char *key, kymo_ms at)
{
	text_put(text, key);
	text_integer(text, at);
}

static void add_number(struct text *text, const char *key, double value)
{
	text_put(text, key);
	text_number(text, value);
}

static void add_series(struct text *text, const struct kymo_point *point)
{
	text_put(text, ",\"name\":");
	text_string(text, point->metric->name);
	text_put(text, ",\"labels\":{");
	for (uint32_t i = 0; i < point->n_labels; i++) {
		if (i)
			text_put(text, ",");
		text_string(text, point->labels[i].name);
		text_put(text, ":");
		text_string(text, point->labels[i].value);
	}
	text_put(text, "}");
}

static void add_sample(struct text *text, const struct kymo_point *point)
{
	add_time(text, "{\"at\":", point->at);
	add_series(text, point);
	if (point->flags & KYMO_STALE)
		text_put(text, ",\"value\":null,\"stale\":true");
	else
		add_number(text, ",\"value\":", point->value);
	if (point->flags & KYMO_RESET)
		text_put(text, ",\"reset\":true");
}

static bool is_infinite(int32_t index)
{
	return index == INT32_MAX || index == INT32_MIN;
}

/* The buckets of one sign, rising with the size of the value. */
static void add_buckets(struct text *text, const char *key, const struct kymo_window *window, int sign)
{
	const char *comma = "";

	text_put(text, key);
	for (uint32_t n = 0; n < window->n; n++) {
		uint32_t at = sign > 0 ? n : window->n - 1 - n;
		int32_t index = window->index[at];

		if (is_infinite(index) || (index > 0) != (sign > 0))
			continue;
		text_put(text, comma);
		text_put(text, "[");
		text_integer(text, (int64_t)sign * index - KYMO_BUCKET_BASE);
		text_put(text, ",");
		text_count(text, window->counts[at]);
		text_put(text, "]");
		comma = ",";
	}
	text_put(text, "]");
}

static void add_infinite(struct text *text, const struct kymo_window *window)
{
	for (uint32_t n = 0; n < window->n; n++) {
		if (!is_infinite(window->index[n]))
			continue;
		text_put(text, window->index[n] > 0 ? ",\"+Inf\":" : ",\"-Inf\":");
		text_count(text, window->counts[n]);
	}
}

static void add_sketch(struct text *text, const struct kymo_window *window)
{
	text_put(text, ",\"sketch\":{\"schema\":");
	text_integer(text, window->schema);
	text_put(text, ",\"zeros\":");
	text_count(text, window->zeros);
	text_put(text, ",\"nans\":");
	text_count(text, KYMO_HAS(window, nans) ? window->nans : 0);
	add_buckets(text, ",\"positive\":[", window, 1);
	add_buckets(text, ",\"negative\":[", window, -1);
	add_infinite(text, window);
	text_put(text, "}");
}

static void add_window(struct text *text, const struct kymo_point *point)
{
	const struct kymo_window *window = point->window;

	add_time(text, "{\"start\":", window->start);
	add_time(text, ",\"end\":", window->end);
	add_series(text, point);
	text_put(text, ",\"count\":");
	text_count(text, window->count);
	add_number(text, ",\"sum\":", window->sum);
	add_number(text, ",\"min\":", window->min);
	add_number(text, ",\"max\":", window->max);
	add_number(text, ",\"first\":", window->first);
	add_number(text, ",\"last\":", window->last);
	add_number(text, ",\"correction\":", window->correction);
	add_time(text, ",\"first_at\":", window->first_at);
	add_time(text, ",\"last_at\":", window->last_at);
	if (window->flags & KYMO_WINDOW_ENDED)
		text_put(text, ",\"ended\":true");
	if (window->flags & KYMO_WINDOW_SKETCH)
		add_sketch(text, window);
}

void line_add(struct text *text, const struct kymo_point *point)
{
	if (point->window && !(point->flags & KYMO_STALE))
		add_window(text, point);
	else
		add_sample(text, point);
	text_put(text, "}\n");
}
