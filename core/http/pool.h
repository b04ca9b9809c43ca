/* SPDX-License-Identifier: MIT */
/*
 * pool.h - threads for what may take long, so that what does not never waits for
 * it: queries in one pool, changes of the configuration in another, and the
 * threads of libmicrohttpd for everything else.
 */
#ifndef HTTP_POOL_H
#define HTTP_POOL_H

#include <stdbool.h>
#include <stdint.h>

#define POOL_THREADS 256

struct pool;

/* Something to be done once; whoever puts it in owns its memory. */
struct job {
	void (*run)(struct job *job);
	void (*drop)(struct job *job);	/* instead: the pool ends before its turn came */
	struct job *next;
	/*
	 * NULL, or asked now and then, from any thread, while it waits because all threads
	 * are at work: is it of no use any more? Then expire() in place of run(), soon.
	 */
	bool (*is_due)(struct job *job);
	void (*expire)(struct job *job);
};

/* So many threads of that name (at most 15 bytes; POOL_THREADS), and room for so many jobs that wait while all of them work. 0 or a negative errno. */
int pool_create(const char *name, uint32_t threads, uint32_t room, struct pool **out);
/* What runs is waited for, what waits is dropped, what comes is refused. NULL is fine. */
void pool_end(struct pool *pool);
/* The same; no call may follow. NULL is fine. */
void pool_destroy(struct pool *pool);

/* From now on so many run at a time and wait. 0 or a negative errno: fewer run than asked for. */
int pool_configure(struct pool *pool, uint32_t threads, uint32_t room);

/* Any thread. false: there is no room. */
bool pool_put(struct pool *pool, struct job *job);
/* The next part of what had its turn before: in front of what waits, and there is always room. false: the pool ends. */
bool pool_go_on(struct pool *pool, struct job *job);

#endif
