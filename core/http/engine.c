/* SPDX-License-Identifier: MIT */
/* engine.c - see engine.h. How a request is read and answered is exchange.c. */
#include "http/engine.h"

#include "util/thread.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

#define WORKERS 2
#define DRAIN_MS 5000
#define DROPPED_MS 500			/* and so long until those that waited in vain have been told so */
#define CONTROL_CONNECTIONS 32		/* beside those over TCP: who administers always gets in */
#define REFUSED_AT_ONCE 64		/* so many get to know that they are too many; more are just closed */

#define MEMORY_KEPT 4			/* of bodies that are neither small nor large */
#define MEMORY_LEAST (16 << 10)
#define MEMORY_MOST (1 << 20)

struct engine {
	struct kymo *kymo;
	struct worker worker[WORKERS];
	struct left_out left_out;
	_Atomic uint32_t connections[2];	/* over TCP, over the control socket */
	_Atomic uint32_t turn;
	_Atomic uint64_t held;			/* bytes of bodies */
	_Atomic uint32_t streams;		/* answers that pools make piece by piece */
	pthread_mutex_t guard;			/* of what follows */
	struct rules *rules;
	struct buf memory[MEMORY_KEPT];		/* of bodies, to be used again */
	uint32_t n_memory;
	struct pool *pools[LANES];
};

/*
 * Writes are work for the CPU, changes mostly wait: for each other, for plugins,
 * for the disk. How many queries there may be says the configuration.
 */
static const struct {
	const char *name;
	uint32_t threads, room;
} lanes[LANES] = {
	[LANE_QUERIES] = { "kymo-query", 1, 0 },
	[LANE_WRITES] = { "kymo-write", 2, 64 },
	[LANE_CHANGES] = { "kymo-change", 2, 32 },
};

struct rules *engine_hold_rules(struct engine *engine)
{
	LOCK(&engine->guard);
	return rules_hold(engine->rules);
}

struct kymo *engine_kymo(struct engine *engine)
{
	return engine->kymo;
}

struct left_out *engine_left_out(struct engine *engine)
{
	return &engine->left_out;
}

bool engine_hold_bytes(struct engine *engine, uint64_t n, uint64_t own, uint64_t most)
{
	uint64_t held = atomic_fetch_add_explicit(&engine->held, n, memory_order_relaxed);

	if (held + n <= most || held == own)
		return true;
	engine_release_bytes(engine, n);
	return false;
}

void engine_release_bytes(struct engine *engine, uint64_t n)
{
	atomic_fetch_sub_explicit(&engine->held, n, memory_order_relaxed);
}

struct buf engine_take_memory(struct engine *engine)
{
	LOCK(&engine->guard);
	return engine->n_memory ? engine->memory[--engine->n_memory] : (struct buf){ 0 };
}

void engine_give_memory(struct engine *engine, struct buf *body)
{
	LOCK(&engine->guard);
	if (engine->n_memory < MEMORY_KEPT && body->room >= MEMORY_LEAST && body->room <= MEMORY_MOST) {
		buf_clear(body);
		engine->memory[engine->n_memory++] = *body;
		*body = (struct buf){ 0 };
	}
	buf_fini(body);
}

static bool has_room(struct engine *engine, enum lane lane)
{
	LOCK(&engine->guard);
	return lane != LANE_QUERIES || engine->streams < engine->rules->concurrent + engine->rules->queue;
}

bool engine_put(struct engine *engine, enum lane lane, struct job *job)
{
	return has_room(engine, lane) && pool_put(engine->pools[lane], job);
}

bool engine_go_on(struct engine *engine, enum lane lane, struct job *job)
{
	return pool_go_on(engine->pools[lane], job);
}

void engine_stream_begun(struct engine *engine)
{
	engine->streams++;
}

void engine_stream_ended(struct engine *engine)
{
	engine->streams--;
}

static uint32_t most_connections(struct engine *engine, bool control)
{
	LOCK(&engine->guard);
	return control ? CONTROL_CONNECTIONS : engine->rules->connections;
}

bool engine_enter(struct engine *engine, bool control)
{
	return ++engine->connections[control] <= most_connections(engine, control);
}

void engine_leave(struct engine *engine, bool control)
{
	engine->connections[control]--;
}

/* Threads that do not start are not there: what there is goes on. */
static void configure_queries(struct engine *engine, const struct rules *rules)
{
	int r = pool_configure(engine->pools[LANE_QUERIES], rules->concurrent, rules->queue);

	if (r < 0)
		log_error(LOG_HTTP, "fewer threads than query.concurrent: %s", error_name(r));
}

void engine_set_rules(struct engine *engine, struct rules *rules)
{
	struct rules *old;

	configure_queries(engine, rules);

	pthread_mutex_lock(&engine->guard);
	old = engine->rules;
	engine->rules = rules;
	pthread_mutex_unlock(&engine->guard);
	rules_release(old);
}

static uint32_t in_progress(const struct engine *engine)
{
	uint32_t n = 0;

	for (int i = 0; i < WORKERS; i++)
		n += engine->worker[i].requests;
	return n;
}

/* For a while. */
static void await_answers(const struct engine *engine, int ms)
{
	const struct timespec nap = { .tv_nsec = 5000000 };

	for (int64_t end = clock_mono_ns() + ms * INT64_C(1000000); in_progress(engine) && clock_mono_ns() < end;)
		nanosleep(&nap, NULL);
}

/* The pools first: libmicrohttpd must not end while one of its connections waits for them. */
static void destroy(struct engine *engine)
{
	for (int lane = 0; lane < LANES; lane++)
		pool_end(engine->pools[lane]);
	await_answers(engine, DROPPED_MS);
	for (int i = 0; i < WORKERS; i++)
		if (engine->worker[i].daemon)
			MHD_stop_daemon(engine->worker[i].daemon);
	for (int lane = 0; lane < LANES; lane++)
		pool_destroy(engine->pools[lane]);
	left_out_fini(&engine->left_out);
	rules_release(engine->rules);
	while (engine->n_memory)
		buf_fini(&engine->memory[--engine->n_memory]);
	pthread_mutex_destroy(&engine->guard);
	free(engine);
}

int engine_start(struct kymo *kymo, struct rules *rules, struct engine **out, struct error *err)
{
	struct engine *engine = calloc(1, sizeof *engine);
	int r = 0;

	if (!engine) {
		rules_release(rules);
		return error_set(err, -ENOMEM, "out of memory");
	}
	engine->kymo = kymo;
	engine->rules = rules;
	pthread_mutex_init(&engine->guard, NULL);
	left_out_init(&engine->left_out);
	for (int lane = 0; r == 0 && lane < LANES; lane++)
		if (lanes[lane].threads)
			r = pool_create(lanes[lane].name, lanes[lane].threads, lanes[lane].room, &engine->pools[lane]);
	if (r == 0)
		r = pool_configure(engine->pools[LANE_QUERIES], rules->concurrent, rules->queue);
	for (int i = 0; r == 0 && i < WORKERS; i++) {
		engine->worker[i].engine = engine;
		r = exchange_start(&engine->worker[i]);
	}
	if (r < 0) {
		destroy(engine);
		return error_set(err, r, "the HTTP server does not start: %s", error_name(r));
	}
	*out = engine;
	return 0;
}

void engine_stop(struct engine *engine)
{
	if (!engine)
		return;
	await_answers(engine, DRAIN_MS);
	destroy(engine);
}

/* The worker with the least to do. */
static struct worker *choose(struct engine *engine)
{
	struct worker *best = &engine->worker[engine->turn++ % WORKERS];

	for (int i = 0; i < WORKERS; i++)
		if (engine->worker[i].requests < best->requests)
			best = &engine->worker[i];
	return best;
}

void engine_add(struct engine *engine, int fd, bool control)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof peer;

	if (engine->connections[control] >= most_connections(engine, control) + REFUSED_AT_ONCE ||
	    getpeername(fd, (struct sockaddr *)&peer, &size) < 0) {
		close(fd);
		return;
	}
	/* Closes the socket itself when it fails. */
	MHD_add_connection(choose(engine)->daemon, fd, (struct sockaddr *)&peer, size);
}
