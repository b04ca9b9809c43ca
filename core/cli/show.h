/* SPDX-License-Identifier: MIT */
/*
 * show.h - members of the daemon's JSON as text for people. What is missing or of
 * another type (the daemon may be of another version) adds nothing.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/text.h"

#include <cjson/cJSON.h>

const cJSON *show_find(const cJSON *object, const char *path);	/* "store.head.bytes"; NULL: none */
const char *show_word(const cJSON *object, const char *path);	/* a text, as it is; "" */
double show_number(const cJSON *object, const char *path);	/* 0 */

typedef void show_add(struct buf *out, const cJSON *item);
show_add show_text;		/* made safe */
show_add show_value;		/* the shortest number; or "NaN" */
show_add show_time;		/* of milliseconds since 1970 */
show_add show_span;		/* "1h30m" of milliseconds */
show_add show_ns;		/* "1.24 ms" of nanoseconds */
show_add show_size;		/* "1.42 MiB" of bytes */
show_add show_list;		/* "a,b" of texts */
show_add show_series;		/* name{a="b"} of an object with name and labels */
show_add show_unit;		/* of an object with unit and value: "bytes (1.42 MiB)" where the number is hard to read */

/* What served which part of the range, what is missing, and warnings, a line each. */
void show_remarks(const cJSON *answer, struct buf *out);

#endif
