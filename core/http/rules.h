/* SPDX-License-Identifier: MIT */
/*
 * rules.h - what of the configuration requests go by. A reload puts new rules in
 * the place of the old; requests that have begun keep those they began with.
 */
#ifndef HTTP_RULES_H
#define HTTP_RULES_H

#include "conf/settings.h"

struct rules {
	_Atomic uint32_t holders;
	bool admin;			/* admin routes over TCP too */
	uint32_t connections;		/* over TCP, at a time */
	uint64_t body;			/* bytes of a request's body */
	uint64_t in_flight;		/* bytes of all bodies at a time */
	bool write;			/* remote write is on */
	uint32_t n_hosts;
	char **hosts;			/* names allowed in Host */
	uint32_t n_origins;
	char **origins;			/* of web pages that may read the Prometheus API; "*": any */
	uint32_t concurrent, queue;	/* queries at work, and waiting */
	kymo_ms timeout;		/* of one query, its waiting counted; 0: none */
	uint64_t memory;		/* bytes of one query */
	uint32_t points;		/* steps of a range query */
	char *yaml, *flags;		/* the configuration, as the Prometheus API shows it */
	kymo_ms loaded_at;
	uint64_t failures_before;	/* reloads that had failed until then */
};

struct rules *rules_create(const struct settings *settings);	/* NULL: out of memory */
struct rules *rules_hold(struct rules *rules);
void rules_release(struct rules *rules);	/* NULL is fine */

#endif
