/* SPDX-License-Identifier: MIT */
/*
 * collector.c - time inside the plugin is measured around each call. What comes
 * after a collect, the ingest, happens under the guard of the instance: those who
 * gave up on it while the plugin hung know that nothing of it is stored any more.
 */
#include "host/collector.h"

#include <errno.h>
#include <stdatomic.h>

#define NS_PER_MS INT64_C(1000000)

struct measure {
	int64_t wall, cpu;
};

static struct measure measure_begin(struct instance *instance)
{
	struct measure begin = { clock_mono_ns(), clock_thread_cpu_ns() };

	atomic_store_explicit(&instance->counters.inside_since, begin.wall, memory_order_relaxed);
	return begin;
}

static int64_t measure_end(struct instance *instance, struct measure begin)
{
	struct instance_counters *counters = &instance->counters;
	int64_t took = clock_mono_ns() - begin.wall;

	atomic_store_explicit(&counters->inside_since, 0, memory_order_relaxed);
	atomic_fetch_add_explicit(&counters->total_ns, took, memory_order_relaxed);
	atomic_fetch_add_explicit(&counters->cpu_ns, clock_thread_cpu_ns() - begin.cpu, memory_order_relaxed);
	return took;
}

static void observe(struct instance *instance)
{
	struct event_parcel *parcel = instance->events ? event_queue_take(instance->events) : NULL;
	struct measure begin;

	if (!parcel)
		return;
	begin = measure_begin(instance);
	while (parcel) {
		struct event_parcel *next = parcel->next;

		if (parcel->n)
			instance->runner->observe(instance->runner, parcel->items, parcel->n);
		event_parcel_free(parcel);
		parcel = next;
	}
	measure_end(instance, begin);
}

static void check_duration(struct instance *instance, int64_t took)
{
	bool over = took > instance->is.timeout * NS_PER_MS;

	if (over && !instance->overran)
		log_warn(LOG_HOST, "%s: a collect took %.1f s, its timeout is %.1f s (said once, until it keeps to it again)",
			 instance->is.name, (double)took / 1e9, (double)instance->is.timeout / 1e3);
	if (over)
		instance_failed(instance, "a collect took %.1f s, its timeout is %.1f s", (double)took / 1e9,
				(double)instance->is.timeout / 1e3);
	instance->overran = over;
}

/* The plugin has declared metrics in the middle of a collect. */
static void more_metrics(void *data, const uint16_t **n_labels, uint32_t *n)
{
	metrics_n_labels(data, n_labels, n);
}

static void begin_batch(struct instance *instance, kymo_ms at)
{
	const uint16_t *n_labels;
	uint32_t n;

	metrics_n_labels(instance->metrics, &n_labels, &n);
	instance->batch.value_most = atomic_load(&instance->shared->ingest.value_most);
	batch_begin(&instance->batch, at, n_labels, n);
	instance->batch.more = more_metrics;
	instance->batch.data = instance->metrics;
}

static void count_refusals(struct instance *instance, const struct ingested *done)
{
	struct kymo_batch *batch = &instance->batch;
	uint64_t refused = batch_refused(batch), unsaid;

	for (int i = 0; i < BATCH_REFUSALS; i++)
		atomic_fetch_add_explicit(&instance->shared->refused[i], batch->refused[i], memory_order_relaxed);
	atomic_fetch_add_explicit(&instance->counters.refused, refused + done->refused, memory_order_relaxed);
	if (refused && log_due(&instance->refused_log, &unsaid))
		log_warn(LOG_HOST, "%s: %llu of %llu samples refused: %s", instance->is.name, (unsigned long long)refused,
			 (unsigned long long)(refused + batch->n), batch->reason);
}

static void take_batch(struct instance *instance, int result)
{
	struct ingested done = { 0 };
	uint64_t unsaid;

	if (result < 0) {
		instance_failed(instance, "collect: %s", error_name(result));
		if (log_due(&instance->error_log, &unsaid))
			log_warn(LOG_HOST, "%s: collect: %s", instance->is.name, error_name(result));
		ingest_end(instance->ingest, instance->batch.at, &done);
	} else {
		ingest_batch(instance->ingest, &instance->batch, &done);
	}
	atomic_fetch_add_explicit(&instance->counters.samples, done.stored, memory_order_relaxed);
	atomic_fetch_add_explicit(&instance->shared->samples, done.stored, memory_order_relaxed);
	count_refusals(instance, &done);
}

static void collect(struct instance *instance, kymo_ms at)
{
	struct measure begin;
	int64_t took;
	int r;

	begin_batch(instance, at);
	begin = measure_begin(instance);
	r = instance->runner->collect(instance->runner, &instance->batch);
	took = measure_end(instance, begin);
	batch_end(&instance->batch);
	LOCK(&instance->guard);
	if (instance->abandoned)
		return;
	atomic_store_explicit(&instance->counters.last_ns, took, memory_order_relaxed);
	atomic_store_explicit(&instance->counters.last_at, at, memory_order_relaxed);
	check_duration(instance, took);
	take_batch(instance, r);
	/* Last: who sees the count finds the samples. */
	atomic_fetch_add_explicit(&instance->counters.collections, 1, memory_order_release);
	atomic_fetch_add_explicit(&instance->shared->collections, 1, memory_order_release);
}

/* The first one after another instance had the series comes after its samples, with room for a reset mark. */
static kymo_ms time_of(struct instance *instance, kymo_ms tick)
{
	kymo_ms at = tick < instance->not_before ? instance->not_before : tick;

	instance->not_before = INT64_MIN;
	instance->last_tick = at;
	return at;
}

static void tick(struct instance *instance, kymo_ms at, uint64_t missed)
{
	if (missed) {
		atomic_fetch_add_explicit(&instance->counters.missed, missed, memory_order_relaxed);
		atomic_fetch_add_explicit(&instance->shared->missed, missed, memory_order_relaxed);
	}
	collect(instance, time_of(instance, at));
}

/* false: it was given up on, and the host with its clock may be gone. */
static bool wall_now(struct instance *instance, kymo_ms *wall)
{
	LOCK(&instance->guard);

	if (instance->abandoned)
		return false;
	*wall = clock_now(instance->shared->clock);
	return true;
}

int64_t collector_turn(void *data)
{
	struct instance *instance = data;
	uint64_t missed;
	kymo_ms wall, at;

	if (!instance->active)
		return INT64_MAX;
	observe(instance);
	if (!wall_now(instance, &wall))
		return INT64_MAX;
	if (schedule_take(&instance->schedule, wall, clock_mono_ns(), &at, &missed))
		tick(instance, at, missed);
	return instance->schedule.due;
}

void collector_last(struct instance *instance)
{
	kymo_ms now = clock_now(instance->shared->clock);

	observe(instance);
	if (now <= instance->last_tick)
		now = instance->last_tick + 1;
	collect(instance, time_of(instance, now));
}

void collector_watch(struct instance *instance)
{
	int64_t since = atomic_load(&instance->counters.inside_since);
	int64_t timeout = instance_timeout(instance) * NS_PER_MS, took = clock_mono_ns() - since;
	uint64_t unsaid;

	if (since && took > timeout && log_due(&instance->error_log, &unsaid))
		log_warn(LOG_HOST, "%s: the plugin has not come back for %.0f s, its timeout is %.1f s", instance->is.name,
			 (double)took / 1e9, (double)timeout / 1e9);
}
