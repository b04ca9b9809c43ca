/* SPDX-License-Identifier: MIT */
/*
 * kymo.h - the whole service inside a C program: cc app.c $(pkg-config --cflags --libs kymo)
 *
 *	struct kymo *kymo;
 *	struct kymo_error error;
 *
 *	if (kymo_open(&(struct kymo_config){ sizeof(struct kymo_config), .file = "app.yaml" }, &kymo, &error) < 0)
 *		errx(1, "%s", error.text);
 *	...
 *	kymo_close(kymo);
 *
 * Threads   Any thread may call anything but open and close of the same service.
 * Results   0 or a count, or a negative errno; then error->text says why (error
 *           may be NULL). Codes that a caller may want to tell apart are named.
 * Memory    What a call hands out is freed by kymo_free() on it, whichever it is.
 *
 * The service opens no port: `http:` of the configuration is for the daemon.
 */
#ifndef KYMO_KYMO_H
#define KYMO_KYMO_H

#include <kymo/plugin.h>
#include <kymo/query.h>

#ifdef __cplusplus
extern "C" {
#endif

struct kymo;

struct kymo_error {
	int code;			/* negative errno */
	char text[4096];		/* one or more lines, the last without newline */
};

struct kymo_config {
	uint32_t size;			/* sizeof(struct kymo_config) */
	const char *file;		/* a YAML file; or NULL: */
	const char *yaml;		/* its text; both NULL: presets */
	/* Where log lines go; NULL: stderr. From any thread. For the whole process. */
	void (*log)(void *data, uint32_t level /* enum kymo_log_level */, const char *topic, const char *text);
	void *log_data;
};

/* -EBUSY: another process has the store. -EINVAL: the configuration, all that is wrong with it. */
KYMO_EXPORT int kymo_open(const struct kymo_config *config, struct kymo **out, struct kymo_error *error);
/* Last collects, sinks flushed, store synced. NULL is fine. */
KYMO_EXPORT void kymo_close(struct kymo *kymo);
/* Read the file again (NULL: the one of kymo_open) and apply what changed, or nothing. */
KYMO_EXPORT int kymo_reload(struct kymo *kymo, const char *file, struct kymo_error *error);

KYMO_EXPORT int kymo_query(struct kymo *kymo, const struct kymo_query *query, struct kymo_answer **out,
			   struct kymo_error *error);
/* Newest values of the series whose name matches one of the patterns (n 0: all). */
KYMO_EXPORT int kymo_latest(struct kymo *kymo, const char *const *names, uint32_t n, struct kymo_latest_list **out,
			    struct kymo_error *error);
KYMO_EXPORT int kymo_summary(struct kymo *kymo, const char *name, const struct kymo_filter *filters, uint32_t n_filters,
			     kymo_ms start, kymo_ms end, struct kymo_summary_answer **out, struct kymo_error *error);
KYMO_EXPORT int kymo_list(struct kymo *kymo, const char *pattern /* NULL: all */, struct kymo_metric_list **out,
			  struct kymo_error *error);

/* The latest values in the groups of the shipped collectors, all else under custom. */
enum kymo_group {
	KYMO_GROUP_SYSTEM, KYMO_GROUP_PROCESS, KYMO_GROUP_API, KYMO_GROUP_WEBSOCKET, KYMO_GROUP_BUSINESS,
	KYMO_GROUP_DATA, KYMO_GROUP_CUSTOM, KYMO_GROUPS
};
struct kymo_snapshot {
	kymo_ms at;
	struct {
		const char *name;
		uint32_t n;
		const struct kymo_latest *items;
	} group[KYMO_GROUPS];
	void *memory;
};
KYMO_EXPORT int kymo_snapshot(struct kymo *kymo, struct kymo_snapshot **out, struct kymo_error *error);

/* How the service itself is doing. */
struct kymo_service_stats {
	uint32_t size;
	uint32_t collectors, sinks, series, metrics;
	kymo_ms uptime;
	uint64_t collections, errors, samples, missed;	/* of all instances since the start */
	uint64_t stored, late, refused;			/* samples, by the store */
	uint64_t events, events_unclaimed, events_dropped;
	struct {
		uint64_t bytes, samples;
		uint32_t files;
		kymo_ms oldest, newest;			/* oldest > newest: nothing */
	} tier[4];					/* enum kymo_tier */
	uint64_t wal_bytes, index_bytes, head_samples, head_bytes;
	uint32_t event_queue, sink_queue;		/* entries waiting, all instances */
};
KYMO_EXPORT int kymo_stats(struct kymo *kymo, struct kymo_service_stats *stats /* size set */);

/* What maintenance did. */
struct kymo_maintained {
	uint32_t size;
	uint32_t blocks_written, blocks_merged, blocks_expired, series_expired;
	uint64_t flushed_samples, closed_windows, recomputed_windows, bytes_written, bytes_freed;
	kymo_ms took;
};
enum kymo_maintenance { KYMO_FLUSH_HEAD = 1, KYMO_CLOSE_WINDOWS = 2, KYMO_MERGE = 4, KYMO_EXPIRE = 8 };
KYMO_EXPORT int kymo_maintain(struct kymo *kymo, uint32_t what /* 0: all */, struct kymo_maintained *done /* size set */,
			      struct kymo_error *error);

/*
 * One collector or sink more, until it is removed or the service closes. `yaml` is
 * one entry as under `plugins:` ("plugin: /opt/queue.so\nname: q\n"); with
 * `compiled_in` the plugin is that one and `plugin:` only names it. -EEXIST.
 */
KYMO_EXPORT int kymo_add(struct kymo *kymo, const char *yaml, const struct kymo_plugin *compiled_in,
			 struct kymo_error *error);
KYMO_EXPORT int kymo_remove(struct kymo *kymo, const char *name, struct kymo_error *error);	/* -ENOENT */
KYMO_EXPORT int kymo_reset(struct kymo *kymo, const char *name, struct kymo_error *error);	/* -ENOENT, -ENOTSUP */

/* Record events: what event.h does over a socket, inside. Never blocks. Gives how many were taken by a collector. */
KYMO_EXPORT int kymo_record(struct kymo *kymo, const struct kymo_event *const *events, uint32_t n);

/* Any answer, list or snapshot of the above; NULL is fine. */
KYMO_EXPORT void kymo_free(void *answer);

#ifdef __cplusplus
}
#endif
#endif
