/* SPDX-License-Identifier: MIT */
/* show.c - see show.h. */
#include "cli/show.h"

#include <math.h>
#include <stdio.h>

#define EXACT 9007199254740992.0	/* whole numbers up to here are exact */

const cJSON *show_find(const cJSON *object, const char *path)
{
	char key[64];

	while (object && *path) {
		size_t n = strcspn(path, ".");

		snprintf(key, sizeof key, "%.*s", (int)n, path);
		object = cJSON_GetObjectItemCaseSensitive(object, key);
		path += n + (path[n] == '.');
	}
	return object;
}

const char *show_word(const cJSON *object, const char *path)
{
	const char *text = cJSON_GetStringValue(show_find(object, path));

	return text ? text : "";
}

double show_number(const cJSON *object, const char *path)
{
	const cJSON *item = show_find(object, path);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

void show_text(struct buf *out, const cJSON *item)
{
	if (cJSON_IsString(item))
		text_add_safe(out, item->valuestring, "");
}

void show_value(struct buf *out, const cJSON *item)
{
	if (cJSON_IsNumber(item))
		text_add_number(out, item->valuedouble);
	else
		show_text(out, item);
}

/* A whole number that fits. */
static bool is_whole(const cJSON *item)
{
	return cJSON_IsNumber(item) && fabs(item->valuedouble) <= EXACT;
}

void show_time(struct buf *out, const cJSON *item)
{
	if (is_whole(item))
		text_add_time(out, (kymo_ms)item->valuedouble);
}

void show_span(struct buf *out, const cJSON *item)
{
	if (is_whole(item))
		text_add_duration(out, (kymo_ms)item->valuedouble);
}

void show_ns(struct buf *out, const cJSON *item)
{
	if (cJSON_IsNumber(item))
		text_add_ns(out, item->valuedouble);
}

void show_size(struct buf *out, const cJSON *item)
{
	if (cJSON_IsNumber(item))
		text_add_size(out, item->valuedouble);
}

void show_list(struct buf *out, const cJSON *items)
{
	const char *before = "";
	const cJSON *item;

	cJSON_ArrayForEach(item, items) {
		buf_add_text(out, before);
		show_text(out, item);
		before = ",";
	}
}

void show_series(struct buf *out, const cJSON *object)
{
	const char *before = "{";
	const cJSON *label;

	show_text(out, show_find(object, "name"));
	cJSON_ArrayForEach(label, show_find(object, "labels")) {
		if (!cJSON_IsString(label) || !label->string)
			continue;
		buf_add_text(out, before);
		text_add_safe(out, label->string, "");
		buf_add_text(out, "=\"");
		text_add_safe(out, label->valuestring, "\"\\");
		buf_add_text(out, "\"");
		before = ",";
	}
	if (*before == ',')
		buf_add_text(out, "}");
}

void show_unit(struct buf *out, const cJSON *object)
{
	const char *unit = show_word(object, "unit");
	double value = show_number(object, "value");

	text_add_safe(out, unit, "");
	if (!strcmp(unit, "bytes") && value >= 1024) {
		buf_add_text(out, " (");
		text_add_size(out, value);
		buf_add_text(out, ")");
	} else if (!strcmp(unit, "seconds") && value >= 60 && value < EXACT / 1000) {
		buf_add_text(out, " (");
		text_add_duration(out, (kymo_ms)value * 1000);
		buf_add_text(out, ")");
	}
}

static void show_part(struct buf *out, const cJSON *part)
{
	if (cJSON_IsTrue(show_find(part, "missing")))
		buf_add_text(out, "missing");
	else if (cJSON_IsTrue(show_find(part, "empty")))
		buf_add_text(out, "nothing");
	else
		show_text(out, show_find(part, "tier"));
	buf_add_text(out, ": ");
	show_time(out, show_find(part, "start"));
	buf_add_text(out, " to ");
	show_time(out, show_find(part, "end"));
	if (*show_word(part, "reason")) {
		buf_add_text(out, ", ");
		show_text(out, show_find(part, "reason"));
	}
	buf_add_text(out, "\n");
}

void show_remarks(const cJSON *answer, struct buf *out)
{
	double error = show_number(answer, "error");
	const cJSON *item;

	cJSON_ArrayForEach(item, show_find(answer, "parts"))
		if (cJSON_IsObject(item))
			show_part(out, item);
	if (error > 0)
		buf_printf(out, "percentiles are within %.2g %%\n", error * 100);
	cJSON_ArrayForEach(item, show_find(answer, "warnings")) {
		buf_add_text(out, "warning: ");
		show_text(out, item);
		buf_add_text(out, "\n");
	}
}
