/* SPDX-License-Identifier: MIT */
/*
 * thread.h - pthreads with what we always want: a name, all signals blocked,
 * a small stack, and condition variables on the monotonic clock.
 */
#ifndef UTIL_THREAD_H
#define UTIL_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* Stack 256 KiB; the name is cut to 15 bytes. 0 or a negative errno. */
int thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *data);

void cond_init(pthread_cond_t *cond);		/* CLOCK_MONOTONIC */
/* Wait until clock_mono_ns() is that. 0, or -ETIMEDOUT. */
int cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t mono_ns);

/* Locks for a scope: LOCK(&store->mutex); unlocks at its end. */
static inline void unlock_auto(pthread_mutex_t **mutex) { if (*mutex) pthread_mutex_unlock(*mutex); }
#define LOCK_NAME2(line) lock_##line
#define LOCK_NAME(line) LOCK_NAME2(line)
#define LOCK(mutex) \
	__attribute__((cleanup(unlock_auto), unused)) pthread_mutex_t *LOCK_NAME(__LINE__) = (mutex); \
	pthread_mutex_lock(LOCK_NAME(__LINE__))

#endif
