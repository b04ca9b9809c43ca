/* SPDX-License-Identifier: MIT */
/*
 * sink.c - a batch leaves the queue when the sink has taken it, or has failed for
 * good. -EAGAIN waits longer each time, up to 10 s; what comes meanwhile waits in
 * the queue, as long as that has room.
 */
#include "host/sink.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#define NS_PER_MS INT64_C(1000000)
#define BACKOFF_LEAST (100 * NS_PER_MS)
#define BACKOFF_MOST (10000 * NS_PER_MS)
#define FLUSH_EVERY (10000 * NS_PER_MS)
#define DRAIN_MOST (3000 * NS_PER_MS)
#define BATCHES_A_TURN 64		/* then calls from others have their chance */

struct measure {
	int64_t wall, cpu;
};

static struct measure measure_begin(void)
{
	return (struct measure){ clock_mono_ns(), clock_thread_cpu_ns() };
}

static void measure_end(struct instance *instance, struct measure begin)
{
	int64_t took = clock_mono_ns() - begin.wall;

	atomic_store_explicit(&instance->counters.last_ns, took, memory_order_relaxed);
	atomic_fetch_add_explicit(&instance->counters.total_ns, took, memory_order_relaxed);
	atomic_fetch_add_explicit(&instance->counters.cpu_ns, clock_thread_cpu_ns() - begin.cpu, memory_order_relaxed);
}

static void failed(struct instance *instance, const char *what, int result)
{
	uint64_t unsaid;

	instance_failed(instance, "%s: %s", what, error_name(result));
	if (log_due(&instance->error_log, &unsaid))
		log_warn(LOG_HOST, "%s: %s: %s", instance->is.name, what, error_name(result));
}

static void flush(struct instance *instance)
{
	int r = instance->runner->flush(instance->runner);

	instance->flush_at = INT64_MAX;
	if (r < 0)
		failed(instance, "flush", r);
}

static void written(struct instance *instance, const struct points *points, int64_t now)
{
	atomic_fetch_add_explicit(&instance->counters.batches, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&instance->counters.samples, points->n, memory_order_relaxed);
	if (instance->flush_at == INT64_MAX)
		instance->flush_at = now + FLUSH_EVERY;
}

/* Given up on while the plugin hung? */
static bool abandoned(struct instance *instance)
{
	LOCK(&instance->guard);
	return instance->abandoned;
}

/* 0: it is out of the queue; -EAGAIN: it stays; -ENOENT: the queue is empty. */
static int write_one(struct instance *instance)
{
	struct points *points = abandoned(instance) ? NULL : sink_queue_peek(instance->queue);
	struct kymo_batch view = { .points = points };
	struct measure begin;
	int r;

	if (!points)
		return -ENOENT;
	begin = measure_begin();
	r = instance->runner->write(instance->runner, &view);
	measure_end(instance, begin);
	if (r == -EAGAIN)
		return r;
	if (r < 0)
		failed(instance, "write: a batch is lost", r);
	else
		written(instance, points, begin.wall);
	atomic_store_explicit(&instance->counters.last_at, clock_now(&clock_system), memory_order_relaxed);
	sink_queue_pop(instance->queue);
	return 0;
}

static void wait_longer(struct instance *instance)
{
	instance->backoff = instance->backoff ? 2 * instance->backoff : BACKOFF_LEAST;
	if (instance->backoff > BACKOFF_MOST)
		instance->backoff = BACKOFF_MOST;
	instance->retry_at = clock_mono_ns() + instance->backoff;
}

/* Some batches. 0: there may be more; else why it stopped. */
static int write_some(struct instance *instance)
{
	int r = 0;

	for (int i = 0; i < BATCHES_A_TURN && r == 0; i++) {
		r = write_one(instance);
		if (r == 0)
			instance->backoff = 0;
	}
	if (r == -EAGAIN)
		wait_longer(instance);
	return r;
}

int64_t sink_turn(void *data)
{
	struct instance *instance = data;
	int64_t now = clock_mono_ns();
	int r = -EAGAIN;

	if (!instance->active)
		return INT64_MAX;
	if (!instance->backoff || now >= instance->retry_at)
		r = write_some(instance);
	if (now >= instance->flush_at)
		flush(instance);
	if (r == 0)
		return 0;
	return r == -EAGAIN && instance->retry_at < instance->flush_at ? instance->retry_at : instance->flush_at;
}

static void drain(struct instance *instance)
{
	static const struct timespec pause = { 0, BACKOFF_LEAST };
	int64_t until = clock_mono_ns() + DRAIN_MOST;
	uint32_t left;
	int r = 0;

	while (r != -ENOENT && clock_mono_ns() < until) {
		if (r == -EAGAIN)
			nanosleep(&pause, NULL);
		r = write_one(instance);
	}
	left = sink_queue_depth(instance->queue);
	if (left)
		log_warn(LOG_HOST, "%s: %u batches are lost: the sink did not take them in time", instance->is.name, left);
}

void sink_last(struct instance *instance, bool all)
{
	if (all)
		drain(instance);
	flush(instance);
}
