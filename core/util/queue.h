/* SPDX-License-Identifier: MIT */
/*
 * queue.h - a bounded queue of pointers between threads. A full queue refuses
 * at once; it never waits for the reader.
 */
#ifndef UTIL_QUEUE_H
#define UTIL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

struct queue *queue_create(size_t room);	/* NULL: out of memory */
void queue_destroy(struct queue *queue);	/* NULL is fine; items are the owner's */
bool queue_push(struct queue *queue, void *item);	/* false: full or closed */
/* Wait up to that long (0: not at all; < 0: for ever). NULL: nothing came, or closed and empty. */
void *queue_pop(struct queue *queue, int64_t wait_ms);
void *queue_peek(struct queue *queue, int64_t wait_ms);	/* the same, and it stays */
void queue_close(struct queue *queue);		/* wakes every waiter; what is in can still be popped */
size_t queue_depth(struct queue *queue);

#endif
