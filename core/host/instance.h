/* SPDX-License-Identifier: MIT */
/*
 * instance.h - one configured use of a plugin: its values, its runner, its thread,
 * and what the host keeps of it.
 *
 *	create ─▶ start ─▶ begin ─▶ (ticks, batches) ─▶ last ─▶ stop ─▶ end
 *	                     ▲                                    │
 *	                     └─────────── again ◀─────────────────┘
 *
 * Threads   create and end on any; everything between runs on the thread of
 *           the instance (worker_call), whoever asks for it.
 */
#ifndef HOST_INSTANCE_H
#define HOST_INSTANCE_H

#include "conf/settings.h"
#include "host/event_queue.h"
#include "host/event_router.h"
#include "host/host.h"
#include "host/ingest.h"
#include "host/loader.h"
#include "host/runner.h"
#include "host/schedule.h"
#include "host/worker.h"
#include "util/thread.h"

/* What the instances of a host share. */
struct shared {
	struct ingest_shared ingest;
	const struct clock *clock;
	const _Atomic uint32_t *requests;	/* NULL: nobody counts them */
	struct event_router *router;
	char *store_path;			/* absolute; NULL: none */
	struct host *host;			/* for the instance that is built in */
	/* Of all instances, also of those that are gone. */
	_Atomic uint64_t collections, errors, samples, missed, refused[BATCH_REFUSALS];
	_Atomic uint32_t numbers;		/* the last that was given to an instance */
};

/* What an instance is to be: from the settings and the plugin, with presets filled in. Owns its strings. */
struct blueprint {
	struct place at;
	char name[64];
	char *plugin;			/* as written */
	bool sink, builtin;
	char *entry;			/* added at run time: what with, a document of its own; else NULL */
	kymo_ms interval, timeout;
	uint32_t tiers, queue;
	uint32_t n_labels;
	struct setting_label *labels;	/* all of them, sorted by name */
	struct library *code;	/* held */
	struct schema_values *values;
};
/* Labels: those of the instance win over those of the settings; a set name is one more. 0 or -ENOMEM. */
int blueprint_init(struct blueprint *blueprint, const struct settings *settings, const struct instance_setting *setting,
		   struct library *library);
void blueprint_fini(struct blueprint *blueprint);

struct services;

struct instance_counters {
	_Atomic uint64_t collections, errors, missed, samples, refused, batches;
	_Atomic int64_t last_ns, total_ns, cpu_ns;
	_Atomic kymo_ms last_at, started_at;
	_Atomic int64_t inside_since;	/* monotonic ns of the collect that is running; 0: none */
};

struct instance {
	struct shared *shared;
	uint32_t number;
	struct blueprint is;
	struct runner *runner;
	struct services *services;
	struct metrics *metrics;
	struct worker *worker;

	/* On its thread alone. */
	bool started, active;
	struct schedule schedule;
	struct kymo_batch batch;
	kymo_ms not_before, last_tick;	/* times of batches rise, also across a replacement */
	bool overran;			/* said already */
	int64_t retry_at, backoff;	/* of a sink; ns */
	int64_t flush_at;		/* INT64_MAX: nothing to flush */

	struct ingest *ingest;		/* of a collector */
	struct event_queue *events;
	struct sink_queue *queue;	/* of a sink */
	struct blueprint *unfinished;	/* of a reconfigure that has not come back */
	bool halted;			/* stands still; for those who change it */
	uint64_t events_before, events_dropped_before, batches_dropped_before;	/* counted under its predecessor */

	pthread_mutex_t guard;		/* between a thread that comes back late and those who gave up on it */
	bool abandoned;

	struct instance_counters counters;
	pthread_mutex_t text;
	char last_error[256];
	kymo_ms last_error_at;
	struct log_limit error_log, refused_log;
};

/*
 * Takes over the blueprint, also when it fails. Runs the plugin's create, nothing
 * else. 0 or a negative errno with every reason, with its place in the file.
 */
int instance_create(struct shared *shared, struct blueprint *blueprint, struct instance **out, struct error *err);
/*
 * Ends its thread, if it has one, and destroys it; should have been stopped. A thread
 * that does not come back in time is left to itself, and its instance with it. NULL is fine.
 */
void instance_end(struct instance *instance, int64_t wait_ms);

/* A thread of its own, and the plugin's start on it. */
int instance_start(struct instance *instance, struct error *err);
/* From now on it is scheduled and routed to. 0 or -ENOMEM. */
int instance_begin(struct instance *instance, struct error *err);
/* A last collect of what is there, a flush; then neither ticks nor batches. -ETIMEDOUT: it does not answer. */
int instance_last(struct instance *instance, bool drain);
int instance_stop(struct instance *instance);
/*
 * The two one after the other, and between them, if `ended`, the end of its series.
 * false: it does not answer, and was not asked twice; only instance_end may follow.
 */
bool instance_halt(struct instance *instance, bool drain, bool ended);
/* Start again what was stopped, and go on. */
int instance_again(struct instance *instance, struct error *err);
/*
 * Other values, another interval and so on. On success *next holds what it was
 * before, so that the same call undoes it. -ENOTSUP: it must be replaced.
 */
int instance_reconfigure(struct instance *instance, struct blueprint *next, struct error *err);
int instance_reset(struct instance *instance);
/* Its series have ended. */
void instance_end_series(struct instance *instance);

/*
 * Queues, series and times of the old one go to the new, which has not begun; and
 * back, while it has not. Until one of them begins, the queues just fill.
 */
int instance_succeed(struct instance *to, struct instance *from);
void instance_give_back(struct instance *to, struct instance *from);

void instance_failed(struct instance *instance, const char *format, ...) __attribute__((format(printf, 2, 3)));
void instance_stats(struct instance *instance, struct instance_stats *stats);

/* How long others wait for its thread. */
int64_t instance_patience(struct instance *instance);	/* ms */
kymo_ms instance_timeout(struct instance *instance);

#endif
