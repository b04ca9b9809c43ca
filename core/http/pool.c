/* SPDX-License-Identifier: MIT */
/*
 * pool.c - a list of jobs, first in, first out, and threads that take from it.
 * Threads never end before the pool does: where fewer are wanted, fewer work.
 */
#include "http/pool.h"

#include "util/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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
	pthread_mutex_unlock(&pool->mutex);
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
