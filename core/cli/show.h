/* SPDX-License-Identifier: MIT */
/*
 * show.h - members of the daemon's JSON as text for people. What is missing or of
 * another type (another version of the daemon) is "-" or 0, never a crash.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "util/buf.h"

#include <cjson/cJSON.h>
#include <kymo/abi.h>

const cJSON *show_find(const cJSON *object, const char *path);	/* "store.head.bytes"; NULL */
const char *show_text(const cJSON *object, const char *path);	/* "-" */
double show_number(const cJSON *object, const char *path);	/* 0 */
/* Texts in static memory of the caller: */
#define SHOW_TEXT 64
const char *show_value(const cJSON *object, const char *path, char text[SHOW_TEXT]);	/* a number, or "NaN" */
const char *show_count(const cJSON *object, const char *path, char text[SHOW_TEXT]);	/* a whole number */
const char *show_time(const cJSON *object, const char *path, char text[SHOW_TEXT]);	/* RFC 3339; "-" */
const char *show_span(const cJSON *object, const char *path, char text[SHOW_TEXT]);	/* "1h30m" */
const char *show_size(const cJSON *object, const char *path, char text[SHOW_TEXT]);	/* "1.42 MiB" */
/* name{a="b"} of an object with name and labels. */
void show_series(const cJSON *object, struct buf *out);
/* The daemon's warnings and what of the range is missing, each a line on stderr. */
void show_remarks(const cJSON *answer);

#endif
