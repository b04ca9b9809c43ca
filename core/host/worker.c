/* SPDX-License-Identifier: MIT */
/*
 * worker.c - one mutex guards the mailbox: at most one call waits, an end, a poke.
 * The thread sleeps on a monotonic condition variable until the next turn.
 */
#include "host/worker.h"
#include "util/clock.h"
#include "util/thread.h"

#include <errno.h>
#include <stdlib.h>

enum call_state { CALL_NONE, CALL_WAITS, CALL_RUNS, CALL_DONE };

struct worker {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;		/* of the thread */
	pthread_cond_t changed;		/* of those who wait for it */

	worker_turn *turn;
	void *data;
	int64_t next;			/* of the turns, ns */

	pthread_mutex_t callers;	/* one call at a time */
	enum call_state state;
	int (*call)(void *data, void *argument);
	void *argument;
	int result;

	bool ending, ended;
	void (*left)(void *data);	/* set: nobody waits for the end any more */
};

static void worker_free(struct worker *worker)
{
	pthread_cond_destroy(&worker->wake);
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->mutex);
	pthread_mutex_destroy(&worker->callers);
	free(worker);
}

/* ---- on the thread, with the mutex held ---- */

static void run_call(struct worker *worker)
{
	int result;

	worker->state = CALL_RUNS;
	pthread_mutex_unlock(&worker->mutex);
	result = worker->call(worker->data, worker->argument);
	pthread_mutex_lock(&worker->mutex);
	worker->result = result;
	worker->state = CALL_DONE;
	pthread_cond_broadcast(&worker->changed);
}

static void run_turn(struct worker *worker)
{
	int64_t next;

	worker->next = INT64_MAX;	/* a poke that comes during the turn counts */
	pthread_mutex_unlock(&worker->mutex);
	next = worker->turn(worker->data);
	pthread_mutex_lock(&worker->mutex);
	if (next < worker->next)
		worker->next = next;
}

static void wait_for_work(struct worker *worker)
{
	if (worker->next == INT64_MAX)
		pthread_cond_wait(&worker->wake, &worker->mutex);
	else
		cond_wait_until(&worker->wake, &worker->mutex, worker->next);
}

static void work(struct worker *worker)
{
	while (!worker->ending) {
		if (worker->state == CALL_WAITS)
			run_call(worker);
		else if (worker->next <= clock_mono_ns())
			run_turn(worker);
		else
			wait_for_work(worker);
	}
}

static void *run(void *argument)
{
	struct worker *worker = argument;
	void (*left)(void *data);

	pthread_mutex_lock(&worker->mutex);
	work(worker);
	worker->ended = true;
	left = worker->left;
	pthread_cond_broadcast(&worker->changed);
	pthread_mutex_unlock(&worker->mutex);
	if (left) {
		left(worker->data);
		worker_free(worker);
	}
	return NULL;
}

/* ---- for others ---- */

int worker_start(struct worker **out, const char *name, worker_turn *turn, void *data)
{
	struct worker *worker = calloc(1, sizeof *worker);
	int r;

	if (!worker)
		return -ENOMEM;
	pthread_mutex_init(&worker->mutex, NULL);
	pthread_mutex_init(&worker->callers, NULL);
	cond_init(&worker->wake);
	cond_init(&worker->changed);
	worker->turn = turn;
	worker->data = data;
	*out = worker;
	r = thread_start(&worker->thread, name, run, worker);
	if (r < 0) {
		*out = NULL;
		worker_free(worker);
	}
	return r;
}

void worker_poke_at(struct worker *worker, int64_t mono_ns)
{
	LOCK(&worker->mutex);
	if (mono_ns >= worker->next)
		return;
	worker->next = mono_ns;
	pthread_cond_signal(&worker->wake);
}

void worker_poke(struct worker *worker)
{
	worker_poke_at(worker, 0);
}

static int64_t deadline_of(int64_t wait_ms)
{
	int64_t now = clock_mono_ns();

	return wait_ms < 0 || wait_ms > (INT64_MAX - now) / 1000000 ? INT64_MAX : now + wait_ms * 1000000;
}

/* With the mutex: until the call is done, or the time is over. */
static int wait_result(struct worker *worker, int64_t deadline)
{
	while (worker->state != CALL_DONE)
		if (cond_wait_until(&worker->changed, &worker->mutex, deadline) < 0)
			break;
	switch (worker->state) {
	case CALL_DONE:
		worker->state = CALL_NONE;
		return worker->result;
	case CALL_WAITS:
		worker->state = CALL_NONE;	/* taken back */
		return -ETIMEDOUT;
	default:
		return -EINPROGRESS;
	}
}

int worker_call(struct worker *worker, int (*call)(void *, void *), void *argument, int64_t wait_ms)
{
	int64_t deadline = deadline_of(wait_ms);
	LOCK(&worker->callers);
	LOCK(&worker->mutex);

	if (worker->state == CALL_RUNS)		/* that of one who has given up waiting */
		return -ETIMEDOUT;
	worker->call = call;
	worker->argument = argument;
	worker->state = CALL_WAITS;
	pthread_cond_signal(&worker->wake);
	return wait_result(worker, deadline);
}

/* With the mutex. */
static bool wait_end(struct worker *worker, int64_t deadline)
{
	while (!worker->ended)
		if (cond_wait_until(&worker->changed, &worker->mutex, deadline) < 0)
			break;
	return worker->ended;
}

static void join(struct worker *worker)
{
	pthread_join(worker->thread, NULL);
	worker_free(worker);
}

bool worker_end(struct worker *worker, int64_t wait_ms)
{
	int64_t deadline = deadline_of(wait_ms);
	bool ended;

	if (!worker)
		return true;
	pthread_mutex_lock(&worker->mutex);
	worker->ending = true;
	pthread_cond_signal(&worker->wake);
	ended = wait_end(worker, deadline);
	pthread_mutex_unlock(&worker->mutex);
	if (ended)
		join(worker);
	return ended;
}

bool worker_leave(struct worker *worker, void (*left)(void *data))
{
	bool ended;

	pthread_mutex_lock(&worker->mutex);
	ended = worker->ended;
	if (!ended) {
		pthread_detach(worker->thread);
		worker->left = left;
	}
	pthread_mutex_unlock(&worker->mutex);
	if (ended)
		join(worker);
	return ended;
}
