/* SPDX-License-Identifier: MIT */
/* pool.c - a list of jobs, first in, first out, and threads that take from it. */
#include "http/pool.h"

#include "util/thread.h"

#include <errno.h>
#include <stdlib.h>

struct pool {
	pthread_mutex_t mutex;
	pthread_cond_t came;
	struct job *first, **last;
	uint32_t waiting, room;
	bool ending;
	uint32_t n;
	pthread_t threads[];
};

/* The next in turn; waits for one. NULL: the pool ends. */
static struct job *take(struct pool *pool)
{
	struct job *job;
	LOCK(&pool->mutex);

	while (!pool->first && !pool->ending)
		pthread_cond_wait(&pool->came, &pool->mutex);
	if (pool->ending)
		return NULL;
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

	while ((job = take(pool)))
		job->run(job);
	return NULL;
}

bool pool_put(struct pool *pool, struct job *job)
{
	LOCK(&pool->mutex);

	if (pool->waiting == pool->room || pool->ending)
		return false;
	job->next = NULL;
	*pool->last = job;
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
}

void pool_destroy(struct pool *pool)
{
	if (!pool)
		return;
	end_threads(pool);
	for (struct job *job = pool->first, *next; job; job = next) {
		next = job->next;
		job->drop(job);
	}
	pthread_cond_destroy(&pool->came);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

int pool_create(const char *name, uint32_t threads, uint32_t room, struct pool **out)
{
	struct pool *pool = calloc(1, sizeof *pool + threads * sizeof *pool->threads);
	int r = 0;

	if (!pool)
		return -ENOMEM;
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->came, NULL);
	pool->last = &pool->first;
	pool->room = room;
	while (r == 0 && pool->n < threads) {
		r = thread_start(&pool->threads[pool->n], name, work, pool);
		pool->n += r == 0;
	}
	if (r < 0) {
		pool_destroy(pool);
		return r;
	}
	*out = pool;
	return 0;
}
