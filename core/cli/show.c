/* SPDX-License-Identifier: MIT */
/* show.c - see show.h. */
#include "cli/show.h"

#include "util/clock.h"
#include "util/duration.h"
#include "util/number.h"

#include <math.h>
#include <stdio.h>

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

const char *show_text(const cJSON *object, const char *path)
{
	const char *text = cJSON_GetStringValue(show_find(object, path));

	return text ? text : "-";
}

double show_number(const cJSON *object, const char *path)
{
	const cJSON *item = show_find(object, path);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

const char *show_value(const cJSON *object, const char *path, char text[SHOW_TEXT])
{
	const cJSON *item = show_find(object, path);
	char number[NUMBER_TEXT];

	snprintf(text, SHOW_TEXT, "%s", cJSON_IsString(item) ? item->valuestring :
		 cJSON_IsNumber(item) ? number_format(item->valuedouble, number) : "-");
	return text;
}

const char *show_count(const cJSON *object, const char *path, char text[SHOW_TEXT])
{
	snprintf(text, SHOW_TEXT, "%.0f", show_number(object, path));
	return text;
}

static bool whole(const cJSON *item, int64_t *n)
{
	if (!cJSON_IsNumber(item) || fabs(item->valuedouble) > 9e15)
		return false;
	*n = (int64_t)item->valuedouble;
	return true;
}

const char *show_time(const cJSON *object, const char *path, char text[SHOW_TEXT])
{
	char time[TIME_TEXT];
	int64_t at;

	snprintf(text, SHOW_TEXT, "%s", whole(show_find(object, path), &at) ? time_format(at, time) : "-");
	return text;
}

const char *show_span(const cJSON *object, const char *path, char text[SHOW_TEXT])
{
	char span[DURATION_TEXT];
	int64_t ms;

	snprintf(text, SHOW_TEXT, "%s", whole(show_find(object, path), &ms) && ms >= 0 ? duration_format(ms, span) : "-");
	return text;
}

const char *show_size(const cJSON *object, const char *path, char text[SHOW_TEXT])
{
	char size[DURATION_TEXT];
	int64_t bytes;

	snprintf(text, SHOW_TEXT, "%s",
		 whole(show_find(object, path), &bytes) && bytes >= 0 ? size_format((uint64_t)bytes, size) : "-");
	return text;
}

/* Nothing in a name or a label is to steer the terminal. */
static void add_visible(struct buf *out, const char *text, const char *escaped)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else if (strchr(escaped, c))
			buf_printf(out, "\\%c", c);
		else
			buf_add_u8(out, c);
	}
}

void show_series(const cJSON *object, struct buf *out)
{
	const cJSON *labels = show_find(object, "labels"), *label;
	bool any = false;

	add_visible(out, show_text(object, "name"), "");
	cJSON_ArrayForEach(label, labels) {
		buf_add_u8(out, any ? ',' : '{');
		add_visible(out, label->string ? label->string : "", "");
		buf_add_text(out, "=\"");
		add_visible(out, cJSON_IsString(label) ? label->valuestring : "", "\"\\");
		buf_add_u8(out, '"');
		any = true;
	}
	if (any)
		buf_add_u8(out, '}');
}

void show_remarks(const cJSON *answer)
{
	const cJSON *item;
	char start[SHOW_TEXT], end[SHOW_TEXT];

	cJSON_ArrayForEach(item, show_find(answer, "parts")) {
		if (cJSON_IsTrue(show_find(item, "missing")))
			fprintf(stderr, "missing: %s to %s: %s\n", show_time(item, "start", start),
				show_time(item, "end", end), show_text(item, "reason"));
	}
	cJSON_ArrayForEach(item, show_find(answer, "warnings")) {
		if (cJSON_IsString(item))
			fprintf(stderr, "warning: %s\n", item->valuestring);
	}
}
