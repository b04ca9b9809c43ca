/* SPDX-License-Identifier: MIT */
/*
 * json.c - each level knows the sign that closes it and whether a value is in
 * it already: that is where the commas come from.
 */
#include "util/json.h"
#include "util/check.h"
#include "util/utf8.h"

#include <math.h>

/* What stands before a value: nothing behind its key, else a comma between two. */
static void before_value(struct json *json)
{
	bool after_key = json->after_key;

	json->after_key = false;
	if (after_key || !json->depth)
		return;
	if (json->level[json->depth - 1].any)
		buf_add_u8(json->out, ',');
	json->level[json->depth - 1].any = true;
}

static void begin(struct json *json, char open, char close)
{
	CHECK(json->depth < JSON_DEPTH, "depth=%u", json->depth);
	before_value(json);
	buf_add_u8(json->out, (uint8_t)open);
	json->level[json->depth].close = close;
	json->level[json->depth].any = false;
	json->depth++;
}

void json_object(struct json *json) { begin(json, '{', '}'); }
void json_array(struct json *json) { begin(json, '[', ']'); }

void json_end(struct json *json)
{
	CHECK(json->depth && !json->after_key, "depth=%u", json->depth);
	buf_add_u8(json->out, (uint8_t)json->level[--json->depth].close);
}

static void escape(struct buf *out, uint8_t c)
{
	static const char *const escapes[] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t",
		['\b'] = "\\b", ['\f'] = "\\f",
	};

	if (c < COUNT_OF(escapes) && escapes[c])
		buf_add_text(out, escapes[c]);
	else
		buf_printf(out, "\\u%04x", c);
}

static bool needs_escape(uint8_t c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

/* How many bytes from here on stand for themselves. */
static size_t plain(const char *text, size_t n)
{
	size_t at = 0, step = 1;

	for (; at < n && step && !needs_escape((uint8_t)text[at]); at += step)
		step = (uint8_t)text[at] < 0x80 ? 1 : utf8_step(text + at, n - at);
	return at;
}

static void quote(struct buf *out, const char *text, size_t n)
{
	buf_add_u8(out, '"');
	while (n) {
		size_t run = plain(text, n);

		buf_add(out, text, run);
		text += run;
		n -= run;
		if (!n)
			break;
		if ((uint8_t)*text < 0x80)
			escape(out, (uint8_t)*text);
		else
			buf_add_text(out, "\xef\xbf\xbd");
		text++;
		n--;
	}
	buf_add_u8(out, '"');
}

void json_key(struct json *json, const char *key)
{
	CHECK(json->depth && json->level[json->depth - 1].close == '}' && !json->after_key,
	      "depth=%u key=%s", json->depth, key);
	before_value(json);
	quote(json->out, key, strlen(key));
	buf_add_u8(json->out, ':');
	json->after_key = true;
}

void json_string(struct json *json, const char *text, size_t n)
{
	before_value(json);
	quote(json->out, text, n);
}

void json_text(struct json *json, const char *text)
{
	if (text)
		json_string(json, text, strlen(text));
	else
		json_null(json);
}

static void literal(struct json *json, const char *text)
{
	before_value(json);
	buf_add_text(json->out, text);
}

void json_number(struct json *json, double v)
{
	char text[NUMBER_TEXT];

	literal(json, isfinite(v) ? number_format(v, text) : "null");
}

void json_integer(struct json *json, int64_t v)
{
	char text[NUMBER_TEXT];

	literal(json, number_format_integer(v, text));
}

void json_unsigned(struct json *json, uint64_t v)
{
	char text[NUMBER_TEXT];

	literal(json, number_format_unsigned(v, text));
}

void json_bool(struct json *json, bool v) { literal(json, v ? "true" : "false"); }
void json_null(struct json *json) { literal(json, "null"); }

void json_put_text(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	json_text(json, text);
}

void json_put_number(struct json *json, const char *key, double v)
{
	json_key(json, key);
	json_number(json, v);
}

void json_put_integer(struct json *json, const char *key, int64_t v)
{
	json_key(json, key);
	json_integer(json, v);
}

void json_put_unsigned(struct json *json, const char *key, uint64_t v)
{
	json_key(json, key);
	json_unsigned(json, v);
}

void json_put_bool(struct json *json, const char *key, bool v)
{
	json_key(json, key);
	json_bool(json, v);
}
