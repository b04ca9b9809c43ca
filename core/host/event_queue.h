/* SPDX-License-Identifier: MIT */
/*
 * event_queue.h - events on their way to an instance. They are copied once, into
 * a block that all takers share; each taker's queue has parcels, which say
 * which events of a block are for it. A full queue loses what comes, counted.
 *
 * Threads   any; one takes.
 */
#ifndef HOST_EVENT_QUEUE_H
#define HOST_EVENT_QUEUE_H

#include <kymo/host.h>

/* Copies of events, counted and immutable. */
struct event_block {
	_Atomic uint32_t holders;
	uint32_t n;
	size_t bytes;
	struct kymo_event events[];	/* labels and strings behind them */
};

/* Of n events: those whose `take` is set. NULL: out of memory. */
struct event_block *event_block_create(const struct kymo_event *const *events, const uint8_t *take, uint32_t n);
void event_block_release(struct event_block *block);	/* NULL is fine */

struct event_parcel {
	struct event_parcel *next;
	struct event_block *block;	/* held */
	uint32_t n;
	const struct kymo_event *items[];
};

/* Room for n, none yet. NULL: out of memory. */
struct event_parcel *event_parcel_create(struct event_block *block, uint32_t n);
void event_parcel_free(struct event_parcel *parcel);	/* NULL is fine */

struct event_queue;

#define EVENT_QUEUE_BYTES ((size_t)32 << 20)	/* beside the number of events */

struct event_queue *event_queue_create(uint32_t room);	/* NULL: out of memory */
void event_queue_destroy(struct event_queue *queue);	/* NULL is fine */
void event_queue_set_room(struct event_queue *queue, uint32_t room);
/* `came` is called, from any thread, when the first event comes to an empty queue, and when it is half full. */
void event_queue_listen(struct event_queue *queue, void (*came)(void *data, bool half_full), void *data);

/* Takes over the parcel. Gives how many of its first events found room. */
uint32_t event_queue_push(struct event_queue *queue, struct event_parcel *parcel);
/* All that is in it, oldest first, as a list. */
struct event_parcel *event_queue_take(struct event_queue *queue);
/* Drop what `keep` does not want. */
void event_queue_filter(struct event_queue *queue, bool (*keep)(void *data, const struct kymo_event *event), void *data);

struct event_queue_stats {
	uint64_t events, dropped;	/* those that came; and of those, lost */
	uint32_t depth;
};
void event_queue_stats(struct event_queue *queue, struct event_queue_stats *stats);

#endif
