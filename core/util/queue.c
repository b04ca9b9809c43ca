/* SPDX-License-Identifier: MIT */
/* queue.c - a ring under one mutex. */
#include "util/queue.h"
#include "util/check.h"
#include "util/clock.h"
#include "util/thread.h"

#include <stdlib.h>

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t came;	/* an item, or the end */
	size_t room, first, count;
	bool closed;
	void *items[];
};

struct queue *queue_create(size_t room)
{
	struct queue *queue;

	if (room > (SIZE_MAX - sizeof *queue) / sizeof *queue->items)
		return NULL;
	queue = calloc(1, sizeof *queue + room * sizeof *queue->items);
	if (!queue)
		return NULL;
	pthread_mutex_init(&queue->mutex, NULL);
	cond_init(&queue->came);
	queue->room = room;
	return queue;
}

void queue_destroy(struct queue *queue)
{
	if (!queue)
		return;
	pthread_cond_destroy(&queue->came);
	pthread_mutex_destroy(&queue->mutex);
	free(queue);
}

bool queue_push(struct queue *queue, void *item)
{
	LOCK(&queue->mutex);
	CHECK(item, "count=%zu", queue->count);
	if (queue->closed || queue->count == queue->room)
		return false;
	queue->items[(queue->first + queue->count++) % queue->room] = item;
	pthread_cond_signal(&queue->came);
	return true;
}

/* Under the lock: is there an item, now or within the time? */
static bool wait_item(struct queue *queue, int64_t wait_ms)
{
	int64_t now = wait_ms > 0 ? clock_mono_ns() : 0, until = INT64_MAX;

	if (wait_ms < (INT64_MAX - now) / 1000000)
		until = now + wait_ms * 1000000;
	while (!queue->count && !queue->closed && wait_ms) {
		if (wait_ms < 0)
			pthread_cond_wait(&queue->came, &queue->mutex);
		else if (cond_wait_until(&queue->came, &queue->mutex, until) < 0)
			break;
	}
	return queue->count > 0;
}

void *queue_pop(struct queue *queue, int64_t wait_ms)
{
	void *item;

	LOCK(&queue->mutex);
	if (!wait_item(queue, wait_ms))
		return NULL;
	item = queue->items[queue->first];
	queue->first = (queue->first + 1) % queue->room;
	queue->count--;
	return item;
}

void *queue_peek(struct queue *queue, int64_t wait_ms)
{
	LOCK(&queue->mutex);
	if (!wait_item(queue, wait_ms))
		return NULL;
	pthread_cond_signal(&queue->came);	/* it stays: another waiter may have it too */
	return queue->items[queue->first];
}

void queue_close(struct queue *queue)
{
	LOCK(&queue->mutex);
	queue->closed = true;
	pthread_cond_broadcast(&queue->came);
}

size_t queue_depth(struct queue *queue)
{
	LOCK(&queue->mutex);
	return queue->count;
}
