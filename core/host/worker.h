/* SPDX-License-Identifier: MIT */
/*
 * worker.h - the thread of one instance. Whatever enters the instance after its
 * create does so here, so it is never entered twice at a time: turns, which do
 * what is due, and calls from other threads, which run between turns.
 */
#ifndef HOST_WORKER_H
#define HOST_WORKER_H

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* Do what is due; give the monotonic time (ns) of the next turn, INT64_MAX: when poked. */
typedef int64_t worker_turn(void *data);

/* Begins with a turn. 0 or a negative errno. */
int worker_start(struct worker **out, const char *name, worker_turn *turn, void *data);
/* Another turn soon. Any thread; cheap when one is coming anyway. */
void worker_poke(struct worker *worker);
/* The turn should come by that monotonic time at the latest. */
void worker_poke_at(struct worker *worker, int64_t mono_ns);

/*
 * Run `call` on the thread and give its result. -ETIMEDOUT: it was not run, because
 * the thread did not come back from the plugin in time. -EINPROGRESS: it was begun
 * and is still running; `argument` must live as long as the worker.
 */
int worker_call(struct worker *worker, int (*call)(void *data, void *argument), void *argument, int64_t wait_ms);

/*
 * End the thread after what it is doing, and free the worker. false: it did not
 * come back in time; it is still there, and will end when it does. NULL is fine.
 */
bool worker_end(struct worker *worker, int64_t wait_ms);
/*
 * After that: wait no more. When the thread comes back it calls `left` and frees
 * the worker. true: it has just come back, the worker is freed, and `left` is not called.
 */
bool worker_leave(struct worker *worker, void (*left)(void *data));

#endif
