/* SPDX-License-Identifier: MIT */
/*
 * json.h - write JSON (RFC 8259) into a buf, without a tree in between. Commas
 * and colons come by themselves:
 *
 *	json_object(&json);
 *	json_key(&json, "name");  json_string(&json, "cpu", 3);
 *	json_end(&json);
 *
 * Strings that are not UTF-8 have their bad bytes replaced by U+FFFD. A failure
 * sticks in the buf. To read JSON, use cJSON.
 */
#ifndef UTIL_JSON_H
#define UTIL_JSON_H

#include "util/buf.h"
#include "util/number.h"

#include <kymo/abi.h>

#define JSON_DEPTH 32

struct json {
	struct buf *out;
	uint8_t depth;
	bool after_key;
	struct { char close; bool any; } level[JSON_DEPTH];
};

static inline struct json json_to(struct buf *out) { return (struct json){ .out = out }; }
void json_object(struct json *json);
void json_array(struct json *json);
void json_end(struct json *json);
void json_key(struct json *json, const char *key);
void json_string(struct json *json, const char *text, size_t n);
void json_text(struct json *json, const char *text);	/* NULL: null */
void json_number(struct json *json, double v);		/* the shortest that reads back; NaN and infinities: null */
void json_integer(struct json *json, int64_t v);
void json_unsigned(struct json *json, uint64_t v);
void json_bool(struct json *json, bool v);
void json_null(struct json *json);

/* json_key and a value in one. */
void json_put_text(struct json *json, const char *key, const char *text);
void json_put_number(struct json *json, const char *key, double v);
void json_put_integer(struct json *json, const char *key, int64_t v);
void json_put_unsigned(struct json *json, const char *key, uint64_t v);
void json_put_bool(struct json *json, const char *key, bool v);

#endif
