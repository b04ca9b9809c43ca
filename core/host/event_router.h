/* SPDX-License-Identifier: MIT */
/*
 * event_router.h - which instances take an event, by the patterns they have
 * given; and the counts of what came and what nobody wanted.
 *
 * Threads   any. Routes change under the same lock that routing holds, so no
 *           event falls between an old and a new route.
 */
#ifndef HOST_EVENT_ROUTER_H
#define HOST_EVENT_ROUTER_H

#include "host/event_queue.h"

/* By this event a client tells how many it has lost (see <kymo/event.h>). */
#define EVENT_DROPPED "kymo.events.dropped"

struct event_router;

struct event_router *event_router_create(void);	/* NULL: out of memory */
void event_router_destroy(struct event_router *router);	/* NULL is fine */

/* A route, or other patterns for one that is there. No patterns: none any more. 0 or -ENOMEM. */
int event_router_set(struct event_router *router, struct event_queue *queue, const char *const *patterns);
void event_router_remove(struct event_router *router, struct event_queue *queue);
bool event_patterns_match(const char *const *patterns, const char *name);

/* Gives how many at least one queue took. */
uint32_t event_router_route(struct event_router *router, const struct kymo_event *const *events, uint32_t n);

struct event_router_stats {
	uint64_t events;	/* that came */
	uint64_t unclaimed;	/* that no instance takes */
	uint64_t dropped;	/* for which a queue was full, or that were no events; a taker counts each */
	uint64_t lost_outside;	/* what clients say they have lost */
};
void event_router_stats(struct event_router *router, struct event_router_stats *stats);

#endif
