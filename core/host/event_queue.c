/* SPDX-License-Identifier: MIT */
/* event_queue.c - a list of parcels under a lock. */
#include "host/event_queue.h"
#include "util/thread.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- blocks ---- */

static size_t text_size(const struct kymo_event *event)
{
	size_t size = strlen(event->name) + 1;

	for (uint32_t i = 0; i < event->n_labels; i++)
		size += strlen(event->labels[i].name) + strlen(event->labels[i].value) + 2;
	return size;
}

static const char *put_text(char **to, const char *text)
{
	size_t size = strlen(text) + 1;
	char *begin = memcpy(*to, text, size);

	*to += size;
	return begin;
}

static void copy_event(const struct kymo_event *from, struct kymo_event *to, struct kymo_label **labels, char **text)
{
	*to = *from;
	to->size = sizeof *to;
	to->name = put_text(text, from->name);
	to->labels = *labels;
	for (uint32_t i = 0; i < from->n_labels; i++)
		(*labels)[i] = (struct kymo_label){ put_text(text, from->labels[i].name), put_text(text, from->labels[i].value) };
	*labels += from->n_labels;
}

struct event_block *event_block_create(const struct kymo_event *const *events, const uint8_t *take, uint32_t n)
{
	size_t count = 0, n_labels = 0, text = 0, bytes;
	struct event_block *block;
	struct kymo_label *labels;
	char *to;

	for (uint32_t i = 0; i < n; i++)
		if (take[i]) {
			count++;
			n_labels += events[i]->n_labels;
			text += text_size(events[i]);
		}
	bytes = sizeof *block + count * sizeof *block->events + n_labels * sizeof *labels + text;
	block = malloc(bytes);
	if (!block)
		return NULL;
	atomic_init(&block->holders, 1);
	block->n = 0;
	block->bytes = bytes;
	labels = (struct kymo_label *)(void *)(block->events + count);
	to = (char *)(labels + n_labels);
	for (uint32_t i = 0; i < n; i++)
		if (take[i])
			copy_event(events[i], &block->events[block->n++], &labels, &to);
	return block;
}

void event_block_release(struct event_block *block)
{
	if (block && atomic_fetch_sub_explicit(&block->holders, 1, memory_order_acq_rel) == 1)
		free(block);
}

struct event_parcel *event_parcel_create(struct event_block *block, uint32_t n)
{
	struct event_parcel *parcel = malloc(sizeof *parcel + n * sizeof *parcel->items);

	if (!parcel)
		return NULL;
	atomic_fetch_add_explicit(&block->holders, 1, memory_order_relaxed);
	parcel->next = NULL;
	parcel->block = block;
	parcel->n = 0;
	return parcel;
}

void event_parcel_free(struct event_parcel *parcel)
{
	if (!parcel)
		return;
	event_block_release(parcel->block);
	free(parcel);
}

/* ---- the queue ---- */

struct event_queue {
	pthread_mutex_t mutex;
	uint32_t room;
	struct event_parcel *first, **end;
	uint32_t depth;
	size_t bytes;			/* of blocks; one that several share counts for each */
	uint64_t events, dropped;
	void (*came)(void *data, bool half_full);
	void *data;
};

struct event_queue *event_queue_create(uint32_t room)
{
	struct event_queue *queue = calloc(1, sizeof *queue);

	if (!queue)
		return NULL;
	pthread_mutex_init(&queue->mutex, NULL);
	queue->room = room;
	queue->end = &queue->first;
	return queue;
}

static void free_list(struct event_parcel *parcel)
{
	while (parcel) {
		struct event_parcel *next = parcel->next;

		event_parcel_free(parcel);
		parcel = next;
	}
}

void event_queue_destroy(struct event_queue *queue)
{
	if (!queue)
		return;
	free_list(queue->first);
	pthread_mutex_destroy(&queue->mutex);
	free(queue);
}

void event_queue_set_room(struct event_queue *queue, uint32_t room)
{
	LOCK(&queue->mutex);
	queue->room = room;
}

void event_queue_listen(struct event_queue *queue, void (*came)(void *, bool), void *data)
{
	LOCK(&queue->mutex);
	queue->came = came;
	queue->data = data;
	if (came && queue->depth)
		came(data, false);
}

/* With the lock: how many of the parcel's events there is room for. */
static uint32_t fitting(const struct event_queue *queue, const struct event_parcel *parcel)
{
	uint32_t room = queue->room > queue->depth ? queue->room - queue->depth : 0;

	if (queue->depth && queue->bytes + parcel->block->bytes > EVENT_QUEUE_BYTES)
		return 0;
	return parcel->n < room ? parcel->n : room;
}

static void append(struct event_queue *queue, struct event_parcel *parcel)
{
	bool was_empty = !queue->depth, was_half = queue->depth >= queue->room / 2;

	*queue->end = parcel;
	queue->end = &parcel->next;
	queue->depth += parcel->n;
	queue->bytes += parcel->block->bytes;
	if (queue->came && (was_empty || (!was_half && queue->depth >= queue->room / 2)))
		queue->came(queue->data, queue->depth >= queue->room / 2);
}

uint32_t event_queue_push(struct event_queue *queue, struct event_parcel *parcel)
{
	uint32_t fit;
	LOCK(&queue->mutex);

	fit = fitting(queue, parcel);
	queue->events += parcel->n;
	queue->dropped += parcel->n - fit;
	parcel->n = fit;
	if (fit)
		append(queue, parcel);
	else
		event_parcel_free(parcel);
	return fit;
}

struct event_parcel *event_queue_take(struct event_queue *queue)
{
	struct event_parcel *list;
	LOCK(&queue->mutex);

	list = queue->first;
	queue->first = NULL;
	queue->end = &queue->first;
	queue->depth = 0;
	queue->bytes = 0;
	return list;
}

void event_queue_filter(struct event_queue *queue, bool (*keep)(void *, const struct kymo_event *), void *data)
{
	LOCK(&queue->mutex);

	queue->depth = 0;
	for (struct event_parcel *parcel = queue->first; parcel; parcel = parcel->next) {
		uint32_t kept = 0;

		for (uint32_t i = 0; i < parcel->n; i++)
			if (keep(data, parcel->items[i]))
				parcel->items[kept++] = parcel->items[i];
		queue->dropped += parcel->n - kept;
		parcel->n = kept;
		queue->depth += kept;
	}
}

void event_queue_stats(struct event_queue *queue, struct event_queue_stats *stats)
{
	LOCK(&queue->mutex);
	*stats = (struct event_queue_stats){ queue->events, queue->dropped, queue->depth };
}
