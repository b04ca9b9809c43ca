/* SPDX-License-Identifier: MIT */
/*
 * thread.c - signals are blocked in the parent while the thread is made, so
 * that there is no moment at which it could take one.
 */
#include "util/thread.h"
#include "util/check.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { STACK = 256 * 1024 };

struct start {
	void *(*run)(void *);
	void *data;
	char name[16];		/* what the kernel keeps */
};

static void *begin(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	pthread_setname_np(pthread_self(), start.name);
	return start.run(start.data);
}

static int create(pthread_t *thread, struct start *start)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(thread, &attr, begin, start);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -r;
}

int thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *data)
{
	struct start *start = calloc(1, sizeof *start);
	int r;

	if (!start)
		return -ENOMEM;
	start->run = run;
	start->data = data;
	memcpy(start->name, name, strnlen(name, sizeof start->name - 1));
	r = create(thread, start);
	if (r < 0)
		free(start);
	return r;
}

void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int r;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	r = pthread_cond_init(cond, &attr);
	CHECK(r == 0, "r=%d", r);
	pthread_condattr_destroy(&attr);
}

int cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t mono_ns)
{
	struct timespec until = { mono_ns / 1000000000, mono_ns % 1000000000 };
	int r;

	if (mono_ns < 0)
		until = (struct timespec){ 0 };
	r = pthread_cond_timedwait(cond, mutex, &until);
	CHECK(r == 0 || r == ETIMEDOUT, "r=%d mono_ns=%lld", r, (long long)mono_ns);
	return -r;
}
