/* SPDX-License-Identifier: MIT */
/*
 * fanout.c - a list of queues under one lock, and in each queue a ring under its
 * own. The union of the wanted tiers is kept beside, so that without sinks a
 * collect costs one load more.
 */
#include "host/fanout.h"
#include "util/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct sink_queue {
	pthread_mutex_t mutex;
	uint32_t room, tiers;
	uint32_t first, n, slots;	/* a ring of `slots`, which grows up to `room` */
	struct points **ring;
	uint64_t dropped;
	void (*came)(void *data);
	void *data;
};

struct fanout {
	pthread_mutex_t mutex;
	uint32_t n, room;
	struct sink_queue **queues;
	_Atomic uint32_t tiers;
};

/* ---- one queue ---- */

struct sink_queue *sink_queue_create(uint32_t room, uint32_t tiers)
{
	struct sink_queue *queue = calloc(1, sizeof *queue);

	if (!queue)
		return NULL;
	pthread_mutex_init(&queue->mutex, NULL);
	queue->room = room;
	queue->tiers = tiers;
	return queue;
}

void sink_queue_destroy(struct sink_queue *queue)
{
	if (!queue)
		return;
	for (uint32_t i = 0; i < queue->n; i++)
		points_release(queue->ring[(queue->first + i) % queue->slots]);
	free(queue->ring);
	pthread_mutex_destroy(&queue->mutex);
	free(queue);
}

void sink_queue_listen(struct sink_queue *queue, void (*came)(void *), void *data)
{
	LOCK(&queue->mutex);
	queue->came = came;
	queue->data = data;
}

static bool grow(struct sink_queue *queue)
{
	uint32_t slots = queue->slots ? 2 * queue->slots : 16;
	struct points **ring = malloc(slots * sizeof *ring);

	if (!ring)
		return false;
	for (uint32_t i = 0; i < queue->n; i++)
		ring[i] = queue->ring[(queue->first + i) % queue->slots];
	free(queue->ring);
	queue->ring = ring;
	queue->slots = slots;
	queue->first = 0;
	return true;
}

/* With the lock; takes over the hold, or drops it. */
static void put(struct sink_queue *queue, struct points *points)
{
	if (queue->n >= queue->room || (queue->n == queue->slots && !grow(queue))) {
		queue->dropped++;
		points_release(points);
		return;
	}
	queue->ring[(queue->first + queue->n++) % queue->slots] = points;
}

static void push(struct sink_queue *queue, struct points *points)
{
	LOCK(&queue->mutex);
	if (!(queue->tiers & 1u << points->tier))
		return;
	put(queue, points_hold(points));
	if (queue->came)
		queue->came(queue->data);
}

struct points *sink_queue_peek(struct sink_queue *queue)
{
	LOCK(&queue->mutex);
	return queue->n ? queue->ring[queue->first] : NULL;
}

static struct points *take(struct sink_queue *queue)
{
	struct points *points;
	LOCK(&queue->mutex);

	if (!queue->n)
		return NULL;
	points = queue->ring[queue->first];
	queue->first = (queue->first + 1) % queue->slots;
	queue->n--;
	return points;
}

void sink_queue_pop(struct sink_queue *queue)
{
	points_release(take(queue));
}

uint32_t sink_queue_depth(struct sink_queue *queue)
{
	LOCK(&queue->mutex);
	return queue->n;
}

uint64_t sink_queue_dropped(struct sink_queue *queue)
{
	LOCK(&queue->mutex);
	return queue->dropped;
}

/* ---- all of them ---- */

struct fanout *fanout_create(void)
{
	struct fanout *fanout = calloc(1, sizeof *fanout);

	if (fanout)
		pthread_mutex_init(&fanout->mutex, NULL);
	return fanout;
}

void fanout_destroy(struct fanout *fanout)
{
	if (!fanout)
		return;
	free(fanout->queues);
	pthread_mutex_destroy(&fanout->mutex);
	free(fanout);
}

/* With the lock of the fan-out. */
static void union_tiers(struct fanout *fanout)
{
	uint32_t tiers = 0;

	for (uint32_t i = 0; i < fanout->n; i++) {
		LOCK(&fanout->queues[i]->mutex);
		tiers |= fanout->queues[i]->tiers;
	}
	atomic_store(&fanout->tiers, tiers);
}

int fanout_add(struct fanout *fanout, struct sink_queue *queue)
{
	LOCK(&fanout->mutex);

	for (uint32_t i = 0; i < fanout->n; i++)
		if (fanout->queues[i] == queue)
			return 0;
	if (fanout->n == fanout->room) {
		uint32_t room = fanout->room ? 2 * fanout->room : 4;
		struct sink_queue **queues = realloc(fanout->queues, room * sizeof *queues);

		if (!queues)
			return -ENOMEM;
		fanout->queues = queues;
		fanout->room = room;
	}
	fanout->queues[fanout->n++] = queue;
	union_tiers(fanout);
	return 0;
}

void fanout_remove(struct fanout *fanout, struct sink_queue *queue)
{
	uint32_t kept = 0;
	LOCK(&fanout->mutex);

	for (uint32_t i = 0; i < fanout->n; i++)
		if (fanout->queues[i] != queue)
			fanout->queues[kept++] = fanout->queues[i];
	fanout->n = kept;
	union_tiers(fanout);
}

void fanout_set(struct fanout *fanout, struct sink_queue *queue, uint32_t room, uint32_t tiers)
{
	LOCK(&fanout->mutex);

	pthread_mutex_lock(&queue->mutex);
	queue->room = room;
	queue->tiers = tiers;
	pthread_mutex_unlock(&queue->mutex);
	union_tiers(fanout);
}

bool fanout_wants(struct fanout *fanout, enum kymo_tier tier)
{
	return atomic_load_explicit(&fanout->tiers, memory_order_relaxed) & 1u << tier;
}

void fanout_push(struct fanout *fanout, struct points *points)
{
	LOCK(&fanout->mutex);
	for (uint32_t i = 0; i < fanout->n; i++)
		push(fanout->queues[i], points);
}
