/* SPDX-License-Identifier: MIT */
/* plugin_json.c - see plugin_json.h. The tables are the loader's copies: strides of this ABI. */
#include "cli/plugin_json.h"

#include "model/metric.h"
#include "util/check.h"

static const char *option_type(uint32_t type)
{
	static const char *const names[] = {
		[KYMO_FLAG] = "flag",	      [KYMO_INTEGER] = "integer", [KYMO_NUMBER] = "number",
		[KYMO_STRING] = "text",	      [KYMO_DURATION] = "duration", [KYMO_SIZE] = "size",
		[KYMO_STRINGS] = "texts",     [KYMO_ROWS] = "rows",
	};

	return type < COUNT_OF(names) ? names[type] : "unknown";
}

static void put_texts(struct json *json, const char *key, const char *const *texts)
{
	json_key(json, key);
	json_array(json);
	for (; texts && *texts; texts++)
		json_text(json, *texts);
	json_end(json);
}

static void put_options(struct json *json, const char *key, const struct kymo_option *options, uint32_t n, int depth)
{
	json_key(json, key);
	json_array(json);
	for (uint32_t i = 0; depth < 4 && i < n; i++) {
		const struct kymo_option *option = &options[i];

		json_object(json);
		json_put_text(json, "key", option->key);
		json_put_text(json, "type", option_type(option->type));
		json_put_bool(json, "required", option->flags & KYMO_REQUIRED);
		json_put_text(json, "preset", option->preset);
		json_put_text(json, "help", option->help);
		if (option->choices)
			put_texts(json, "choices", option->choices);
		if (option->min < 0 || option->min > 0 || option->max < 0 || option->max > 0) {
			json_put_number(json, "min", option->min);
			json_put_number(json, "max", option->max);
		}
		if (option->n_fields)
			put_options(json, "fields", option->fields, option->n_fields, depth + 1);
		json_end(json);
	}
	json_end(json);
}

static void put_metrics(struct json *json, const struct kymo_plugin *plugin)
{
	json_key(json, "metrics");
	json_array(json);
	for (uint32_t i = 0; i < plugin->n_metrics; i++) {
		const struct kymo_metric *metric = &plugin->metrics[i];

		json_object(json);
		json_put_text(json, "name", metric->name);
		json_put_text(json, "type", metric_type_name(metric->type));
		json_put_text(json, "unit", metric->unit);
		json_put_text(json, "help", metric->help);
		put_texts(json, "labels", metric->labels);
		json_end(json);
	}
	json_end(json);
}

void plugin_json(struct json *json, const struct kymo_plugin *plugin)
{
	json_put_text(json, "version", plugin->version);
	json_put_text(json, "summary", plugin->summary);
	json_put_text(json, "kind", plugin->write ? "sink" : "collector");
	json_put_integer(json, "interval", plugin->interval);
	put_texts(json, "events", plugin->events);
	put_options(json, "options", plugin->options, plugin->n_options, 0);
	put_metrics(json, plugin);
}
