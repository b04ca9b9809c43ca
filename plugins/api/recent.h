/* SPDX-License-Identifier: MIT */
/*
 * recent.h - the requests of a sliding window, with a sketch of their response
 * times (base-2 exponential buckets of schema 5, see <kymo/metric.h>: 1.1 %
 * relative error).
 *
 * The window slides by slots, which end at a collect: it holds every slot that
 * has not ended before it. A slot is at least a 600th of the window long.
 */
#ifndef API_RECENT_H
#define API_RECENT_H

#include <kymo/abi.h>

struct recent;

struct recent_summary {
	uint64_t requests, failed;
	uint64_t timed;			/* those with a response time; the rest is about them */
	double sum, min, max;
	kymo_ms span;			/* the time that all this comes from */
};

struct recent *recent_create(kymo_ms window, kymo_ms now);	/* NULL: out of memory */
void recent_destroy(struct recent *recent);			/* NULL is fine */
void recent_clear(struct recent *recent, kymo_ms now);
void recent_set_window(struct recent *recent, kymo_ms window);

/* One request; ms is a finite number of at least 0, or NaN: it has no response time. */
void recent_add(struct recent *recent, bool failed, double ms);

/* Let the window end at `now`. A clock that went back empties it. */
void recent_slide(struct recent *recent, kymo_ms now);
struct recent_summary recent_summarize(const struct recent *recent, kymo_ms now);

/*
 * The estimates at the two ranks around q * (timed - 1), interpolated, clamped
 * to min and max. NaN if no request was timed.
 */
double recent_quantile(const struct recent *recent, const struct recent_summary *summary, double q);

#endif
