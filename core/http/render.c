/* SPDX-License-Identifier: MIT */
/* render.c - see render.h. */
#include "http/render.h"

#include "model/metric.h"
#include "model/tier.h"

#include <math.h>

void render_value(struct json *json, double value)
{
	char text[NUMBER_TEXT];

	if (isfinite(value))
		json_number(json, value);
	else
		json_text(json, number_format(value, text));
}

void render_put_value(struct json *json, const char *key, double value)
{
	json_key(json, key);
	render_value(json, value);
}

void render_put_time(struct json *json, const char *key, kymo_ms at)
{
	json_key(json, key);
	if (at == INT64_MIN)
		json_null(json);
	else
		json_integer(json, at);
}

void render_put_series(struct json *json, const char *name, const struct kymo_label *labels, uint32_t n)
{
	json_put_text(json, "name", name);
	json_key(json, "labels");
	json_object(json);
	for (uint32_t i = 0; i < n; i++)
		json_put_text(json, labels[i].name, labels[i].value);
	json_end(json);
}

void render_latest(struct json *json, const struct kymo_latest *item)
{
	json_object(json);
	render_put_series(json, item->name, item->labels, item->n_labels);
	json_put_text(json, "type", metric_type_name(item->type));
	json_put_text(json, "unit", item->unit);
	json_put_integer(json, "at", item->at);
	render_put_value(json, "value", item->value);
	json_end(json);
}

static void render_part(struct json *json, const struct kymo_part *part)
{
	json_object(json);
	json_put_text(json, "tier", tier_name(part->tier));
	json_put_integer(json, "start", part->start);
	json_put_integer(json, "end", part->end);
	json_put_bool(json, "missing", part->missing);
	json_put_bool(json, "empty", part->empty);
	json_put_text(json, "reason", part->reason);
	json_end(json);
}

void render_put_parts(struct json *json, const struct kymo_part *parts, uint32_t n)
{
	json_key(json, "parts");
	json_array(json);
	for (uint32_t i = 0; i < n; i++)
		render_part(json, &parts[i]);
	json_end(json);
}

void render_put_warnings(struct json *json, const char *const *warnings, uint32_t n)
{
	json_key(json, "warnings");
	json_array(json);
	for (uint32_t i = 0; i < n; i++)
		json_text(json, warnings[i]);
	json_end(json);
}
