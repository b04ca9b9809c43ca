/* SPDX-License-Identifier: MIT */
/*
 * host.h - the plugin host: loads plugins, runs their instances on schedule,
 * carries samples into the store and to the sinks, and events to whoever takes
 * them; changes all of that while it runs.
 *
 * Threads   Any thread may call anything. Changes (apply, add, remove, reset)
 *           come one after another.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "conf/settings.h"
#include "store/store.h"

#include <kymo/plugin.h>

struct host;

/* What others wrote into the store, as whoever took it counts it. */
struct host_written {
	uint64_t requests, requests_refused;	/* refused: nothing of them was stored */
	uint64_t samples, refused_labels, refused_limit, refused_owner;	/* what the store refuses is in its own statistics */
	uint64_t exemplars, histograms;		/* not stored */
};

/* What others did that the host knows nothing of. */
struct host_outside {
	struct host_written remote, imported;	/* by remote write, and as text */
	struct {
		uint64_t asked, failed, samples;	/* PromQL; samples and records read */
		uint64_t cache_hits, cache_misses, cache_bytes;
	} queries;
};

struct host_options {
	struct store *store;
	const struct clock *clock;	/* NULL: clock_system. The schedule itself runs on the monotonic clock */
	const _Atomic uint32_t *requests;	/* requests in progress, for extension kymo.requests/1; or NULL */
	void (*outside)(void *data, struct host_outside *outside);	/* for the daemon's own metrics; or NULL */
	void *outside_data;
};

int host_create(const struct host_options *options, struct host **out, struct error *err);
/* Ends in order: collectors (a last observe and collect of what events are queued), then sinks, drained and flushed. */
void host_destroy(struct host *host);		/* NULL is fine */
DEFINE_AUTO(host, host_destroy)

/* What a change does, or would do, to one instance. */
enum host_action { HOST_KEEP, HOST_RECONFIGURE, HOST_START, HOST_REPLACE, HOST_STOP };
struct host_change {
	enum host_action action;
	char name[64], plugin[64];
	char why[128];			/* "interval: 1s to 5s", "plugin file changed", "" */
};
struct host_changes {
	uint32_t n;
	struct host_change *items;	/* freed by host_changes_fini */
};
void host_changes_fini(struct host_changes *changes);
const char *host_action_name(enum host_action action);	/* "keep" */

/*
 * Make the instances be those of `settings`, as one transaction: on any error
 * everything stays as it was, and *err says all that is wrong. Takes over the
 * settings on success (they are freed when no instance needs them any more). The
 * first call starts everything. Also takes the limits, labels and log levels.
 * *changes may be NULL.
 */
int host_apply(struct host *host, struct settings *settings, struct host_changes *changes, struct error *err);
/* The same up to the point where something would change. Does not take over the settings. */
int host_plan(struct host *host, const struct settings *settings, struct host_changes *changes, struct error *err);
/* Without a host: every plugin loads, every option is right, every create succeeds. For `kymo check`. */
int host_check(const struct settings *settings, struct error *err);
/* settings_load() for who would run them: where the file is refused, what its plugins object to is said with the rest. */
struct settings *host_settings(const char *path, struct error *err);
/* A plugin's tables as text for people (`kymo describe PLUGIN`): name or path. */
int host_describe(const struct settings *settings_or_null, const char *plugin, struct buf *out, struct error *err);
/* Each plugin that a name can find: name, file, version and summary, or why it cannot be loaded. */
int host_list_plugins(const struct settings *settings_or_null,
		      int (*each)(void *data, const char *name, const char *file, const struct kymo_plugin *plugin,
				  const char *problem), void *data);

/*
 * One instance more, until it is removed or the daemon ends; it survives a
 * reload. `yaml` is one entry as it would stand under `plugins:` (a mapping) and
 * may name a .so; with `compiled_in` the plugin is that one. -EEXIST: the name is taken.
 */
int host_add(struct host *host, const char *yaml, size_t n, const struct kymo_plugin *compiled_in, struct error *err);
int host_remove(struct host *host, const char *name, struct error *err);	/* -ENOENT */
int host_reset(struct host *host, const char *name, struct error *err);	/* -ENOENT; -ENOTSUP: it has no reset */

/*
 * Hand events to the instances that take them. Never blocks. Gives the number
 * that at least one took; the others are counted as unclaimed or dropped.
 */
uint32_t host_events(struct host *host, const struct kymo_event *const *events, uint32_t n);

/* What is known of an instance with no help from it. */
struct instance_stats {
	const char *name, *plugin, *version, *file;	/* file: "" when compiled in */
	bool sink, added;		/* added: by host_add */
	kymo_ms interval;
	uint64_t collections, errors, missed, samples, refused;
	uint64_t events, events_dropped;
	uint64_t batches, batches_dropped;	/* of a sink */
	uint32_t series, queue;		/* live series; entries waiting (events or batches) */
	int64_t last_ns, total_ns, cpu_ns;	/* time inside the plugin */
	kymo_ms last_at, started_at;	/* INT64_MIN: not yet */
	char last_error[256];		/* "" if none */
	kymo_ms last_error_at;
};
/* In order of name; strings valid inside the call; stops when non-zero, and gives that. */
int host_each_instance(struct host *host, int (*each)(void *data, const struct instance_stats *stats), void *data);

/* Is it a series of an instance of this host, the daemon's own among them? Those of others come from outside. */
bool host_owns(struct host *host, series_ref ref);

struct host_stats {
	uint32_t collectors, sinks;
	uint64_t collections, errors, samples, missed;
	uint64_t events, events_unclaimed, events_dropped;
	uint64_t reloads, reload_failures;
	uint64_t refused_limit, refused_invalid, refused_owner, refused_undeclared, refused_type;	/* samples, by reason */
};
void host_stats(struct host *host, struct host_stats *stats);

#endif
