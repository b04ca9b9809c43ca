/* SPDX-License-Identifier: MIT */
/*
 * render.h - what several answers have in common, as JSON. Times are integers in
 * milliseconds; values that JSON has no number for are the texts "NaN", "+Inf"
 * and "-Inf".
 */
#ifndef HTTP_RENDER_H
#define HTTP_RENDER_H

#include "util/json.h"

#include <kymo/query.h>

void render_value(struct json *json, double value);
void render_put_value(struct json *json, const char *key, double value);
/* null for a time that was never: INT64_MIN. */
void render_put_time(struct json *json, const char *key, kymo_ms at);
/* "name": ..., "labels": {...} */
void render_put_series(struct json *json, const char *name, const struct kymo_label *labels, uint32_t n);
/* {"name", "labels", "type", "unit", "at", "value"} */
void render_latest(struct json *json, const struct kymo_latest *item);
/* "parts": [{"tier", "start", "end", "missing", "empty", "reason"}], "warnings": [...] */
void render_put_parts(struct json *json, const struct kymo_part *parts, uint32_t n);
void render_put_warnings(struct json *json, const char *const *warnings, uint32_t n);

#endif
