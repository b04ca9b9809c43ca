/* SPDX-License-Identifier: MIT */
/*
 * prom_json.h - answers of the Prometheus API, byte by byte as its clients are used
 * to: times in seconds, with three digits behind the point or none; values as texts.
 */
#ifndef HTTP_PROM_JSON_H
#define HTTP_PROM_JSON_H

#include "model/labels.h"
#include "util/json.h"

#define PROM_TRUNCATED "results truncated due to limit"

void prom_text(struct buf *out, const char *text, size_t n);	/* "text" */
void prom_time_text(struct buf *out, kymo_ms at);		/* 1700000000.250 */
void prom_point(struct buf *out, kymo_ms at, double value);	/* [1700000000,"1.5"] */
void prom_points(struct buf *out, const kymo_ms *at, const double *values, uint32_t n);	/* [[...],[...]] */
void prom_labels(struct buf *out, struct labels labels);	/* {"__name__":"up","job":"a"} */
/*
 * ,"warnings":["..."] or nothing: `first` (unless NULL) and at most ten of the others,
 * and one that says how many more there are. `kind`: "warning", "info".
 */
void prom_notes(struct buf *out, const char *kind, const char *first, const char *const *notes, uint32_t n);

/* {"status":"success","data": in front, and } behind it; with one warning or NULL. */
void prom_begin(struct buf *out);
void prom_end(struct buf *out, const char *warning);

#endif
