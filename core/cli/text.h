/* SPDX-License-Identifier: MIT */
/*
 * text.h - values as people read them, added to a buf.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "util/buf.h"

#include <kymo/abi.h>

/*
 * What a terminal shows and does not act on: control characters, those that turn
 * the direction of writing and those that hide become \n, \t, \xNN or \u{NNNN},
 * bytes that are not UTF-8 \xNN. The characters in `also` get a backslash.
 */
void text_add_safe(struct buf *out, const char *text, const char *also);
/* The same, but lines stay lines. */
void text_add_lines(struct buf *out, const char *text);

/* Local time as ISO 8601, milliseconds only where there are some: "2026-01-31T13:00:00.250+01:00". --start takes it. */
void text_add_time(struct buf *out, kymo_ms at);
void text_add_duration(struct buf *out, kymo_ms ms);	/* "1h30m" */
void text_add_size(struct buf *out, double bytes);	/* "1.42 MiB" */
void text_add_number(struct buf *out, double value);	/* the shortest that reads back */
void text_add_ns(struct buf *out, double ns);		/* three digits and a unit: "1.24 ms" */

/* Columns that the n bytes take on a terminal, wide and combining characters counted as such where LC_CTYPE is UTF-8. */
size_t text_width(const char *text, size_t n);

#endif
