/* SPDX-License-Identifier: MIT */
/*
 * engine.h - libmicrohttpd: connections go in, requests come out of them, are
 * guarded and routed. Two of its daemons, each with a thread and no socket to
 * listen on: the server accepts, so that addresses come and go without them.
 * What may take long is answered by threads of pools (route.h says what).
 */
#ifndef HTTP_ENGINE_H
#define HTTP_ENGINE_H

#include "http/left_out.h"
#include "http/pool.h"
#include "http/route.h"
#include "http/rules.h"
#include "service/service.h"

struct engine;

/* Takes over the rules, also when it fails. */
int engine_start(struct kymo *kymo, struct rules *rules, struct engine **out, struct error *err);
/* Waits up to 5 s for what is in progress, then closes every connection. NULL is fine. */
void engine_stop(struct engine *engine);

/* From now on; requests that have begun keep the old ones. Takes them over. */
void engine_set_rules(struct engine *engine, struct rules *rules);

/* Serve a connection; it is closed when that cannot be. One too many is answered 503. Any thread. */
void engine_add(struct engine *engine, int fd, bool control);

/* engine.c for exchange.c: what a request needs of it. */
struct MHD_Daemon;
struct worker {
	struct engine *engine;
	struct MHD_Daemon *daemon;
	_Atomic uint32_t requests;	/* in progress */
};

struct rules *engine_hold_rules(struct engine *engine);
struct kymo *engine_kymo(struct engine *engine);
struct left_out *engine_left_out(struct engine *engine);
/*
 * n more bytes of bodies are held. False: they would be more than `most`, and are
 * not counted; a body that has all to itself (`own` bytes so far) is taken whatever its size.
 */
bool engine_hold_bytes(struct engine *engine, uint64_t n, uint64_t own, uint64_t most);
void engine_release_bytes(struct engine *engine, uint64_t n);
/* Memory for a body, empty: some that was used before, where there is. To be given back; *body is empty then. */
struct buf engine_take_memory(struct engine *engine);
void engine_give_memory(struct engine *engine, struct buf *body);
/* Do it on a thread of that lane (not LANE_AT_ONCE). False: too much waits there. */
bool engine_put(struct engine *engine, enum lane lane, struct job *job);
/* The next part of what had its turn; false: the server ends. */
bool engine_go_on(struct engine *engine, enum lane lane, struct job *job);
/* Answers that pools make piece by piece count as queries that wait. */
void engine_stream_begun(struct engine *engine);
void engine_stream_ended(struct engine *engine);
/* A connection begins; false: it is one too many, and is only to be told so. */
bool engine_enter(struct engine *engine, bool control);
void engine_leave(struct engine *engine, bool control);
/* exchange.c: the daemon of a worker, started. */
int exchange_start(struct worker *worker);

#endif
