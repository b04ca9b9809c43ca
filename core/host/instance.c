/* SPDX-License-Identifier: MIT */
/*
 * instance.c - the life of an instance. Each step that enters the plugin is a call
 * on its thread; what a caller learns is whether the plugin came back in time.
 */
#include "host/collector.h"
#include "host/services.h"
#include "host/sink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#define NS_PER_MS INT64_C(1000000)
#define OBSERVE_WITHIN (80 * NS_PER_MS)	/* of the first event; the contract says 100 ms */
#define PATIENCE_LEAST 2000

static const struct kymo_plugin *plugin_of(const struct instance *instance)
{
	return library_plugin(instance->is.code);
}

kymo_ms instance_timeout(struct instance *instance)
{
	LOCK(&instance->text);
	return instance->is.timeout;
}

int64_t instance_patience(struct instance *instance)
{
	kymo_ms timeout = instance_timeout(instance);

	return timeout > PATIENCE_LEAST ? timeout : PATIENCE_LEAST;
}

void instance_failed(struct instance *instance, const char *format, ...)
{
	va_list args;

	atomic_fetch_add_explicit(&instance->counters.errors, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&instance->shared->errors, 1, memory_order_relaxed);
	LOCK(&instance->text);
	va_start(args, format);
	vsnprintf(instance->last_error, sizeof instance->last_error, format, args);
	va_end(args);
	instance->last_error_at = clock_now(&clock_system);
}

/* ---- create and destroy ---- */

static void instance_free(struct instance *instance)
{
	if (instance->runner)
		instance->runner->destroy(instance->runner);
	services_destroy(instance->services);
	ingest_destroy(instance->ingest);
	metrics_destroy(instance->metrics);
	batch_fini(&instance->batch);
	event_queue_destroy(instance->events);
	sink_queue_destroy(instance->queue);
	blueprint_fini(&instance->is);
	if (instance->unfinished)
		blueprint_fini(instance->unfinished);
	free(instance->unfinished);
	pthread_mutex_destroy(&instance->guard);
	pthread_mutex_destroy(&instance->text);
	free(instance);
}

static struct instance *instance_alloc(struct shared *shared, struct blueprint *blueprint)
{
	struct instance *instance = calloc(1, sizeof *instance);

	if (!instance)
		return NULL;
	pthread_mutex_init(&instance->guard, NULL);
	pthread_mutex_init(&instance->text, NULL);
	instance->shared = shared;
	instance->number = atomic_fetch_add(&shared->numbers, 1) + 1;
	instance->is = *blueprint;
	*blueprint = (struct blueprint){ .n_labels = 0 };
	instance->not_before = instance->last_tick = INT64_MIN;
	instance->flush_at = INT64_MAX;
	atomic_init(&instance->counters.last_at, INT64_MIN);
	atomic_init(&instance->counters.started_at, INT64_MIN);
	batch_init(&instance->batch, atomic_load(&shared->ingest.value_most), BATCH_BYTES);
	return instance;
}

/* What a collector needs, or a sink. */
static bool make_parts(struct instance *instance)
{
	instance->services = services_create(instance);
	instance->metrics = metrics_create(plugin_of(instance));
	instance->runner = runner_inside(plugin_of(instance));
	if (!instance->services || !instance->metrics || !instance->runner)
		return false;
	if (instance->is.sink)
		return (instance->queue = sink_queue_create(instance->is.queue, instance->is.tiers));
	instance->ingest = ingest_create(&instance->shared->ingest, instance->number, instance->metrics,
					 instance->is.labels, instance->is.n_labels);
	instance->events = event_queue_create(instance->is.queue);
	return instance->ingest && instance->events;
}

/* A refusal of the plugin's with all it has said, else what the errno says. */
static int say_refusal(const struct blueprint *is, int result, struct error *why, struct error *err)
{
	if (!why->count)
		error_at(why, is->at, "%s: the plugin refuses to be created: %s", is->name, error_name(result < 0 ? result : -EINVAL));
	return error_set(err, result < 0 ? result : -EINVAL, "%s", error_text(why));
}

static int run_create(struct instance *instance, struct error *err)
{
	struct error why = { 0 };
	int r;

	services_judge(instance->services, instance->is.values, &why);
	r = instance->runner->create(instance->runner, services_table(instance->services), instance->is.values->values);
	services_judge(instance->services, NULL, NULL);
	if (r < 0 || why.count)
		r = say_refusal(&instance->is, r, &why, err);
	error_clear(&why);
	return r;
}

int instance_create(struct shared *shared, struct blueprint *blueprint, struct instance **out, struct error *err)
{
	struct instance *instance = instance_alloc(shared, blueprint);
	int r;

	if (!instance) {
		blueprint_fini(blueprint);
		return error_set(err, -ENOMEM, "out of memory");
	}
	r = make_parts(instance) ? run_create(instance, err) : error_set(err, -ENOMEM, "out of memory");
	if (r < 0) {
		instance_free(instance);
		return r;
	}
	*out = instance;
	return 0;
}

/* Its thread came back after all. The host may be gone; what is the instance's own is not. */
static void instance_left(void *data)
{
	struct instance *instance = data;

	log_warn(LOG_HOST, "%s: the plugin has come back at last, and is destroyed", instance->is.name);
	if (instance->started)
		instance->runner->stop(instance->runner);
	instance_free(instance);
}

/* No thread is inside of what is cut off here: the guard says so. */
static void cut_off(struct instance *instance)
{
	struct shared *shared = instance->shared;

	if (instance->events)
		event_router_remove(shared->router, instance->events);
	if (instance->events)
		event_queue_listen(instance->events, NULL, NULL);
	if (instance->queue) {
		fanout_remove(shared->ingest.fanout, instance->queue);
		sink_queue_listen(instance->queue, NULL, NULL);
	}
}

static void abandon(struct instance *instance)
{
	LOCK(&instance->guard);

	if (instance->ingest)
		ingest_detach(instance->ingest);
	instance->abandoned = true;
}

void instance_end(struct instance *instance, int64_t wait_ms)
{
	if (!instance)
		return;
	if (instance->worker) {
		cut_off(instance);
		if (!worker_end(instance->worker, wait_ms)) {
			log_error(LOG_HOST, "%s: the plugin does not come back; it is left alone, and destroyed if it ever does",
				  instance->is.name);
			abandon(instance);
			if (!worker_leave(instance->worker, instance_left))
				return;
		}
	}
	instance_free(instance);
}

/* ---- steps on its thread ---- */

static int64_t turn(void *data)
{
	struct instance *instance = data;

	return instance->is.sink ? sink_turn(instance) : collector_turn(instance);
}

static int call(struct instance *instance, int (*step)(void *, void *), void *argument)
{
	return worker_call(instance->worker, step, argument, instance_patience(instance));
}

static int step_start(void *data, void *argument)
{
	struct instance *instance = data;
	int r = instance->runner->start(instance->runner);

	(void)argument;
	instance->started = r >= 0;
	return r < 0 ? r : 0;
}

static int start_plugin(struct instance *instance, struct error *err)
{
	int r = call(instance, step_start, NULL);

	if (r < 0)
		error_at(err, instance->is.at, "%s: the plugin's start failed: %s", instance->is.name, error_name(r));
	return r;
}

int instance_start(struct instance *instance, struct error *err)
{
	int r = 0;

	if (!instance->worker)
		r = worker_start(&instance->worker, instance->is.name, turn, instance);
	if (r < 0)
		return error_set(err, r, "%s: no thread: %s", instance->is.name, error_name(r));
	return start_plugin(instance, err);
}

static void events_came(void *data, bool half_full)
{
	struct instance *instance = data;

	worker_poke_at(instance->worker, half_full ? 0 : clock_mono_ns() + OBSERVE_WITHIN);
}

static void batch_came(void *data)
{
	struct instance *instance = data;

	worker_poke(instance->worker);
}

/* Keeps what its predecessor's patterns let in only as far as its own do. */
static bool is_wanted(void *data, const struct kymo_event *event)
{
	return event_patterns_match(data, event->name);
}

static int listen_to_events(struct instance *instance)
{
	const char *const *patterns = instance->runner->patterns(instance->runner);
	int r = event_router_set(instance->shared->router, instance->events, patterns);

	if (r == 0) {
		event_queue_filter(instance->events, is_wanted, (void *)(uintptr_t)patterns);
		event_queue_listen(instance->events, events_came, instance);
	}
	return r;
}

static int listen_to_batches(struct instance *instance)
{
	struct fanout *fanout = instance->shared->ingest.fanout;
	int r = fanout_add(fanout, instance->queue);

	if (r == 0)
		sink_queue_listen(instance->queue, batch_came, instance);
	return r;
}

static int step_begin(void *data, void *argument)
{
	struct instance *instance = data;
	kymo_ms now = clock_now(instance->shared->clock);
	int r = instance->is.sink ? listen_to_batches(instance) : listen_to_events(instance);

	(void)argument;
	if (r < 0)
		return r;
	if (!instance->schedule.interval)
		schedule_init(&instance->schedule, instance->is.interval, now, clock_mono_ns());
	if (atomic_load(&instance->counters.started_at) == INT64_MIN)
		atomic_store(&instance->counters.started_at, now);
	instance->active = true;
	return 0;
}

int instance_begin(struct instance *instance, struct error *err)
{
	int r = call(instance, step_begin, NULL);

	if (r < 0)
		return error_set(err, r, "%s: cannot begin: %s", instance->is.name, error_name(r));
	worker_poke(instance->worker);
	return 0;
}

static int step_last(void *data, void *argument)
{
	struct instance *instance = data;

	if (!instance->active)
		return 0;
	if (instance->is.sink) {
		sink_last(instance, argument != NULL);
	} else {
		collector_last(instance);
		instance->runner->flush(instance->runner);
	}
	instance->active = false;
	return 0;
}

int instance_last(struct instance *instance, bool drain)
{
	return call(instance, step_last, drain ? instance : NULL);
}

static int step_stop(void *data, void *argument)
{
	struct instance *instance = data;

	(void)argument;
	if (instance->started)
		instance->runner->stop(instance->runner);
	instance->started = false;
	instance->active = false;
	return 0;
}

int instance_stop(struct instance *instance)
{
	return call(instance, step_stop, NULL);
}

static bool is_hung(int result)
{
	return result == -ETIMEDOUT || result == -EINPROGRESS;
}

bool instance_halt(struct instance *instance, bool drain, bool ended)
{
	if (is_hung(instance_last(instance, drain)))
		return false;
	if (ended)
		instance_end_series(instance);
	instance->halted = !is_hung(instance_stop(instance));
	return instance->halted;
}

/* Only its routes are left to it while it stands still; step_begin is for them, too. */
int instance_again(struct instance *instance, struct error *err)
{
	int r = start_plugin(instance, err);

	instance->halted = false;
	return r < 0 ? r : instance_begin(instance, err);
}

/* ---- other values ---- */

/*
 * What others read of it (name, plugin, library) stays as it is; the plugin keeps
 * its values unless it has been shown the new ones.
 */
static void take_values(struct instance *instance, struct blueprint *next, bool shown)
{
	struct shared *shared = instance->shared;
	struct blueprint old = instance->is;

	if (next->interval != old.interval && instance->schedule.interval)
		schedule_set(&instance->schedule, next->interval, clock_now(shared->clock), clock_mono_ns());
	if (instance->events)
		event_queue_set_room(instance->events, next->queue);
	if (instance->queue)
		fanout_set(shared->ingest.fanout, instance->queue, next->queue, next->tiers);
	LOCK(&instance->text);
	instance->is.at = next->at;
	instance->is.interval = next->interval;
	instance->is.timeout = next->timeout;
	instance->is.tiers = next->tiers;
	instance->is.queue = next->queue;
	next->at = old.at;
	next->interval = old.interval;
	next->timeout = old.timeout;
	next->tiers = old.tiers;
	next->queue = old.queue;
	if (shown) {
		instance->is.values = next->values;
		next->values = old.values;
	}
}

/* The plugin first: it may refuse. */
static int step_reconfigure(void *data, void *argument)
{
	struct instance *instance = data;
	struct schema schema = { instance->is.name, plugin_of(instance)->options, plugin_of(instance)->n_options };
	struct blueprint *next = argument;
	bool show = !schema_equal(&schema, instance->is.values, next->values);
	int r = show ? instance->runner->reconfigure(instance->runner, next->values->values) : 0;

	if (r < 0)
		return r;
	take_values(instance, next, show);
	if (show && instance->events && instance->active && listen_to_events(instance) < 0)
		log_warn(LOG_HOST, "%s: out of memory: it keeps the events of its old configuration", instance->is.name);
	return 0;
}

/* What is wrong with the new values, as far as the plugin or the wait says it. */
static void say_unchanged(const struct blueprint *next, int result, struct error *why)
{
	if (result == -ETIMEDOUT || result == -EINPROGRESS)
		error_at(why, next->at, "%s: the plugin does not come back, so it cannot be given other values", next->name);
	else if (!why->count)
		error_at(why, next->at, "%s: the plugin refuses other values: %s", next->name, error_name(result));
}

/* One that does not come back may still come to use the values: then they stay with the instance. */
static void take_back_values(struct instance *instance, struct blueprint *moved, int result, struct blueprint *next)
{
	if (result == -EINPROGRESS) {
		instance->unfinished = moved;
		return;
	}
	*next = *moved;
	free(moved);
}

int instance_reconfigure(struct instance *instance, struct blueprint *next, struct error *err)
{
	struct blueprint *moved = instance->unfinished ? NULL : malloc(sizeof *moved);
	struct error why = { 0 };
	int r;

	if (!moved)
		return error_set(err, -ENOMEM, "%s: out of memory, or a change before this one is not done yet", next->name);
	*moved = *next;
	*next = (struct blueprint){ .n_labels = 0 };
	services_judge(instance->services, moved->values, &why);
	r = call(instance, step_reconfigure, moved);
	services_judge(instance->services, NULL, NULL);
	if (r < 0 && r != -ENOTSUP) {
		say_unchanged(moved, r, &why);
		error_set(err, r, "%s", error_text(&why));
	}
	take_back_values(instance, moved, r, next);
	if (r == 0)
		worker_poke(instance->worker);
	error_clear(&why);
	return r;
}

static int step_reset(void *data, void *argument)
{
	struct instance *instance = data;

	(void)argument;
	instance->runner->reset(instance->runner);
	return 0;
}

int instance_reset(struct instance *instance)
{
	return plugin_of(instance)->reset ? call(instance, step_reset, NULL) : -ENOTSUP;
}

static int step_end_series(void *data, void *argument)
{
	struct instance *instance = data;
	kymo_ms at = clock_now(instance->shared->clock);
	struct ingested done;

	(void)argument;
	if (at <= instance->last_tick)
		at = instance->last_tick + 1;
	ingest_end(instance->ingest, at, &done);
	return 0;
}

void instance_end_series(struct instance *instance)
{
	if (instance->ingest)
		call(instance, step_end_series, NULL);
}

/* ---- succession ---- */

static void swap_queues(struct instance *a, struct instance *b)
{
	struct event_queue *events = a->events;
	struct sink_queue *queue = a->queue;

	a->events = b->events;
	a->queue = b->queue;
	b->events = events;
	b->queue = queue;
}

/* What the queue has counted until now was its predecessor's. */
static void begin_counts(struct instance *instance)
{
	struct event_queue_stats events = { 0 };

	if (instance->events)
		event_queue_stats(instance->events, &events);
	instance->events_before = events.events;
	instance->events_dropped_before = events.dropped;
	instance->batches_dropped_before = instance->queue ? sink_queue_dropped(instance->queue) : 0;
}

static void set_rooms(struct instance *instance)
{
	if (instance->events)
		event_queue_set_room(instance->events, instance->is.queue);
	if (instance->queue)
		fanout_set(instance->shared->ingest.fanout, instance->queue, instance->is.queue, instance->is.tiers);
}

static void listen_no_more(struct instance *instance)
{
	if (instance->events)
		event_queue_listen(instance->events, NULL, NULL);
	if (instance->queue)
		sink_queue_listen(instance->queue, NULL, NULL);
}

/* The queue goes over with its place in the router or the fan-out, so nothing is lost between the two. */
int instance_succeed(struct instance *to, struct instance *from)
{
	kymo_ms last = from->last_tick;
	int r = 0;

	if (to->is.sink != from->is.sink)
		return 0;
	if (to->ingest)
		r = ingest_inherit(to->ingest, from->ingest);
	if (r < 0)
		return r;
	if (to->ingest && ingest_last_at(from->ingest) > last)
		last = ingest_last_at(from->ingest);
	to->not_before = last == INT64_MIN ? last : last + 2;	/* room for a reset mark in between */
	swap_queues(to, from);
	listen_no_more(to);
	set_rooms(to);
	begin_counts(to);
	return 0;
}

void instance_give_back(struct instance *to, struct instance *from)
{
	if (to->is.sink != from->is.sink)
		return;
	if (to->ingest)
		ingest_give_back(to->ingest, from->ingest);
	swap_queues(to, from);
	set_rooms(from);
}

/* ---- what is known of it ---- */

static void queue_stats(struct instance *instance, struct instance_stats *stats)
{
	struct event_queue_stats events;

	if (instance->queue) {
		stats->batches_dropped = sink_queue_dropped(instance->queue) - instance->batches_dropped_before;
		stats->queue = sink_queue_depth(instance->queue);
		return;
	}
	event_queue_stats(instance->events, &events);
	stats->events = events.events - instance->events_before;
	stats->events_dropped = events.dropped - instance->events_dropped_before;
	stats->queue = events.depth;
}

void instance_stats(struct instance *instance, struct instance_stats *stats)
{
	struct instance_counters *counters = &instance->counters;
	LOCK(&instance->text);

	*stats = (struct instance_stats){
		.name = instance->is.name, .plugin = plugin_of(instance)->name, .version = plugin_of(instance)->version,
		.file = library_path(instance->is.code), .sink = instance->is.sink, .added = instance->is.entry != NULL,
		.interval = instance->is.sink ? 0 : instance->is.interval,
		.collections = atomic_load(&counters->collections), .errors = atomic_load(&counters->errors),
		.missed = atomic_load(&counters->missed), .samples = atomic_load(&counters->samples),
		.refused = atomic_load(&counters->refused), .batches = atomic_load(&counters->batches),
		.series = instance->ingest ? ingest_live(instance->ingest) : 0,
		.last_ns = atomic_load(&counters->last_ns), .total_ns = atomic_load(&counters->total_ns),
		.cpu_ns = atomic_load(&counters->cpu_ns), .last_at = atomic_load(&counters->last_at),
		.started_at = atomic_load(&counters->started_at), .last_error_at = instance->last_error_at,
	};
	memcpy(stats->last_error, instance->last_error, sizeof stats->last_error);
	queue_stats(instance, stats);
}
