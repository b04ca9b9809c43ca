/* SPDX-License-Identifier: MIT */
/* literal.h - what numbers, durations and strings of the language stand for. */
#ifndef PROMQL_LITERAL_H
#define PROMQL_LITERAL_H

#include "util/buf.h"

#include <kymo/abi.h>

/* 1e3, 0x1F, 017 (octal), 1_000, .5, Inf, NaN; no sign. 0; -EINVAL; -ERANGE: more than a double holds; -ENOMEM. */
int literal_number(const char *text, uint32_t n, double *out);
/* 1h30m. 0; -EINVAL; -ERANGE: over 292 years. */
int literal_duration(const char *text, uint32_t n, kymo_ms *out);
/* Seconds to milliseconds. 0; -ERANGE: no number, or over 292 years. */
int literal_seconds(double seconds, kymo_ms *out);
/*
 * What is between the quotes, escapes resolved, appended to *out, without a NUL;
 * escapes may have made it something else than UTF-8.
 * NULL, or what is wrong; out of memory is seen at the buffer.
 */
const char *literal_unquote(const char *text, uint32_t n, struct buf *out, char message[96]);
/* In double quotes; what is not UTF-8 as \x bytes. */
void literal_quote(const char *text, size_t n, struct buf *out);

#endif
