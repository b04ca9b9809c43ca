/* SPDX-License-Identifier: MIT */
/*
 * prom_param.h - what parameters of the Prometheus API mean: times, spans, limits,
 * selectors; with the words that its clients know.
 */
#ifndef HTTP_PROM_PARAM_H
#define HTTP_PROM_PARAM_H

#include "http/params.h"
#include "promql/parse.h"

/* All that a client can mean by "the beginning" and "the end" of time; sums of them and of spans stay in range. */
#define PROM_EARLIEST (-(INT64_C(1) << 61))
#define PROM_LATEST (INT64_C(1) << 61)

/* All give 0, or -EINVAL with `invalid parameter "NAME": ...`. */

/* Unix seconds or RFC 3339. Required; or `otherwise` where it is not given. */
int prom_time(const struct params *params, const char *name, kymo_ms *at, struct error *err);
int prom_time_or(const struct params *params, const char *name, kymo_ms otherwise, kymo_ms *at, struct error *err);
/*
 * Seconds or "1h30m", the latter without fractions. Negative ones (NaN is one) and
 * zero are the caller's business. `text` is "": -EINVAL. No parameter is named.
 */
int prom_span(const char *text, kymo_ms *span, struct error *err);
/*
 * So long from when a request came it may take to be answered: `timeout`, or what
 * the configuration allows where that is less; 0: any time; negative: none at all.
 */
int prom_timeout(const struct request *request, const struct params *params, kymo_ms *timeout, struct error *err);
/* 0: none. */
int prom_limit(const struct params *params, uint64_t *limit, struct error *err);
/* A whole number or, with "NAME must be a number", -EINVAL; -1 where it is not given. */
int prom_number(const struct params *params, const char *name, int64_t *number, struct error *err);

/* The selectors of match[]: series fit that fit one of them. */
struct prom_matches {
	uint32_t n;
	struct expr **exprs;
};
/* None is fine here. `named`: errors begin with `invalid parameter "match[]"`. Then also to be ended. */
int prom_matches_read(struct prom_matches *matches, const struct params *params, bool named, struct error *err);
void prom_matches_fini(struct prom_matches *matches);
#define AUTO_MATCHES __attribute__((cleanup(prom_matches_fini))) struct prom_matches
struct matcher *const *prom_matches_at(const struct prom_matches *matches, uint32_t i, uint32_t *n);

/* -EINVAL, `invalid parameter "NAME": what it says`. */
int prom_invalid(struct error *err, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same in front of what is in *why, which is cleared. Gives `code`. */
int prom_invalid_why(struct error *err, int code, const char *name, struct error *why);

#endif
