/* SPDX-License-Identifier: MIT */
/*
 * pool.c - a list of jobs, first in, first out, and threads that take from it.
 * Threads never end before the pool does: where fewer are wanted, fewer work. One
 * more, which begins when it is first wanted, takes out what has waited too long.
 */
#include "http/pool.h"

#include "util/clock.h"
#include "util/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SWEEP_NS INT64_C(50000000)	/* so often it is looked for what has waited too long */

struct pool {
	pthread_mutex_t mutex;
	pthread_cond_t came;
	struct job *first, **last;
	uint32_t waiting, room;
	uint32_t at_work, most;		/* jobs that run now, and at most */
	bool ending;
	char name[16];
	uint32_t n;
	pthread_t threads[POOL_THREADS];
	pthread_t sweeper;
	pthread_cond_t crowded;
	bool has_sweeper, sweeper_rests;
};

/* The next in turn; waits for one. NULL: the pool ends. */
static struct job *take(struct pool *pool, bool after_another)
{
	struct job *job;
	LOCK(&pool->mutex);

	pool->at_work -= after_another;
	while ((!pool->first || pool->at_work >= pool->most) && !pool->ending)
		pthread_cond_wait(&pool->came, &pool->mutex);
	if (pool->ending)
		return NULL;
	pool->at_work++;
	job = pool->first;
	pool->first = job->next;
	if (!pool->first)
		pool->last = &pool->first;
	pool->waiting--;
	return job;
}

static void *work(void *data)
{
	struct pool *pool = data;
	struct job *job;

	for (bool after_another = false; (job = take(pool, after_another)); after_another = true)
		job->run(job);
	return NULL;
}

/* What a thread is free for does not wait, though it has not taken it yet. */
static bool is_full(const struct pool *pool)
{
	return (uint64_t)pool->waiting + pool->at_work >= (uint64_t)pool->room + pool->most;
}

/* ---- what waits too long ---- */

static bool is_crowded(const struct pool *pool)
{
	return (uint64_t)pool->waiting + pool->at_work > pool->most;
}

/* Those that are of no use any more, taken out. */
static struct job *take_due(struct pool *pool)
{
	struct job *due = NULL, **at = &pool->first;

	while (*at) {
		struct job *job = *at;

		if (!job->is_due || !job->is_due(job)) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		job->next = due;
		due = job;
		pool->waiting--;
	}
	pool->last = at;
	return due;
}

/* A while after the pool has become crowded, and again as long as it is. NULL: none, or the pool ends. */
static struct job *await_due(struct pool *pool, bool *ending)
{
	LOCK(&pool->mutex);

	pool->sweeper_rests = true;
	while (!is_crowded(pool) && !pool->ending)
		pthread_cond_wait(&pool->crowded, &pool->mutex);
	pool->sweeper_rests = false;
	for (int64_t until = clock_mono_ns() + SWEEP_NS; !pool->ending && cond_wait_until(&pool->crowded, &pool->mutex, until) == 0;)
		;
	*ending = pool->ending;
	return *ending ? NULL : take_due(pool);
}

static void *sweep(void *data)
{
	struct pool *pool = data;
	bool ending = false;

	while (!ending) {
		struct job *next;

		for (struct job *job = await_due(pool, &ending); job; job = next) {
			next = job->next;
			job->expire(job);
		}
	}
	return NULL;
}

/* Without a thread for it everything just waits for its turn. */
static void see_to_waiting(struct pool *pool)
{
	if (!pool->has_sweeper)
		pool->has_sweeper = thread_start(&pool->sweeper, pool->name, sweep, pool) == 0;
	else if (pool->sweeper_rests)
		pthread_cond_signal(&pool->crowded);
}

bool pool_put(struct pool *pool, struct job *job)
{
	LOCK(&pool->mutex);

	if (is_full(pool) || pool->ending)
		return false;
	job->next = NULL;
	*pool->last = job;
	pool->last = &job->next;
	pool->waiting++;
	pthread_cond_signal(&pool->came);
	if (job->is_due && is_crowded(pool))
		see_to_waiting(pool);
	return true;
}

bool pool_go_on(struct pool *pool, struct job *job)
{
	LOCK(&pool->mutex);

	if (pool->ending)
		return false;
	job->next = pool->first;
	pool->first = job;
	if (!job->next)
		pool->last = &job->next;
	pool->waiting++;
	pthread_cond_signal(&pool->came);
	return true;
}

static void end_threads(struct pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	pool->ending = true;
	pthread_cond_broadcast(&pool->came);
	pthread_cond_broadcast(&pool->crowded);
	pthread_mutex_unlock(&pool->mutex);
	if (pool->has_sweeper)
		pthread_join(pool->sweeper, NULL);
	pool->has_sweeper = false;
	for (uint32_t i = 0; i < pool->n; i++)
		pthread_join(pool->threads[i], NULL);
	pool->n = 0;
}

void pool_end(struct pool *pool)
{
	struct job *job, *next;

	if (!pool)
		return;
	end_threads(pool);
	for (job = pool->first, pool->first = NULL; job; job = next) {
		next = job->next;
		job->drop(job);
	}
}

void pool_destroy(struct pool *pool)
{
	if (!pool)
		return;
	pool_end(pool);
	pthread_cond_destroy(&pool->came);
	pthread_cond_destroy(&pool->crowded);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

/* One thread at a time changes a pool. */
int pool_configure(struct pool *pool, uint32_t threads, uint32_t room)
{
	int r = 0;

	threads = threads < POOL_THREADS ? threads : POOL_THREADS;
	while (r == 0 && pool->n < threads) {
		r = thread_start(&pool->threads[pool->n], pool->name, work, pool);
		pool->n += r == 0;
	}
	LOCK(&pool->mutex);
	pool->most = threads < pool->n ? threads : pool->n;
	pool->room = room;
	pthread_cond_broadcast(&pool->came);
	return r;
}

int pool_create(const char *name, uint32_t threads, uint32_t room, struct pool **out)
{
	struct pool *pool = calloc(1, sizeof *pool);
	int r;

	if (!pool)
		return -ENOMEM;
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->came, NULL);
	cond_init(&pool->crowded);
	pool->last = &pool->first;
	snprintf(pool->name, sizeof pool->name, "%s", name);
	r = pool_configure(pool, threads, room);
	if (r < 0) {
		pool_destroy(pool);
		return r;
	}
	*out = pool;
	return 0;
}
