/* SPDX-License-Identifier: MIT */
/*
 * fanout.h - from the collectors to the sinks: each sink has a bounded queue of
 * batches, and a full queue loses what comes, counted. Nobody ever waits.
 *
 * Threads   any.
 */
#ifndef HOST_FANOUT_H
#define HOST_FANOUT_H

#include "host/points.h"

struct fanout;
struct sink_queue;

struct fanout *fanout_create(void);	/* NULL: out of memory */
void fanout_destroy(struct fanout *fanout);	/* no queue is in it any more; NULL is fine */

/* Does any sink take this tier? Cheap. */
bool fanout_wants(struct fanout *fanout, enum kymo_tier tier);
/* To every sink that takes its tier. Each holds it; the caller keeps its own hold. */
void fanout_push(struct fanout *fanout, struct points *points);

/* Room for so many batches of these tiers (bits of 1 << enum kymo_tier). */
struct sink_queue *sink_queue_create(uint32_t room, uint32_t tiers);	/* NULL: out of memory */
void sink_queue_destroy(struct sink_queue *queue);	/* drops what is in it; NULL is fine */
/* `came` is called after each batch, from any thread. */
void sink_queue_listen(struct sink_queue *queue, void (*came)(void *data), void *data);	/* NULL: nobody */
int fanout_add(struct fanout *fanout, struct sink_queue *queue);	/* 0, also if it is in already; -ENOMEM */
void fanout_remove(struct fanout *fanout, struct sink_queue *queue);
/* Another room, other tiers, for what comes from now on. */
void fanout_set(struct fanout *fanout, struct sink_queue *queue, uint32_t room, uint32_t tiers);

/* The oldest; it stays until it is popped, by the one reader. NULL: empty. */
struct points *sink_queue_peek(struct sink_queue *queue);
void sink_queue_pop(struct sink_queue *queue);		/* and releases it */
uint32_t sink_queue_depth(struct sink_queue *queue);
uint64_t sink_queue_dropped(struct sink_queue *queue);

#endif
