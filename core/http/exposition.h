/* SPDX-License-Identifier: MIT */
/*
 * exposition.h - series as Prometheus text (format 0.0.4): names with underscores,
 * HELP and TYPE, no times, histograms put together from NAME_bucket, NAME_sum and
 * NAME_count. Pure: series go in one by one, a metric after the other and parts of a
 * histogram anywhere after it; text comes out, of all that went in since it last did.
 *
 * Of two names that escape alike the later one is left out, counted and told to
 * struct left_out. A series of which two labels escape alike is left out too.
 */
#ifndef HTTP_EXPOSITION_H
#define HTTP_EXPOSITION_H

#include "http/left_out.h"
#include "store/store.h"

struct exposition;

struct exposition *exposition_create(struct left_out *left_out /* may be NULL */);	/* NULL: out of memory */
void exposition_destroy(struct exposition *exposition);
DEFINE_AUTO(exposition, exposition_destroy)

/*
 * A series with its newest value; one that has ended (staleness mark), has no
 * sample, or none since `since` is skipped. 0 or -ENOMEM.
 */
int exposition_add(struct exposition *exposition, const struct series_view *view, kymo_ms since);
uint32_t exposition_left_out(const struct exposition *exposition);	/* series */
/* Whole families; those that have been written stay known by their names alone. */
void exposition_write(struct exposition *exposition, struct buf *out);

/* Every byte but [a-zA-Z0-9_:] (no digit in front) as _, one for each character. Labels have no colon either. */
void exposition_escape(const char *name, size_t n, bool label, struct buf *out);

#endif
