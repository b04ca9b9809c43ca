/* SPDX-License-Identifier: MIT */
/*
 * harness.h - a host for one plugin inside a test. It gives the plugin values
 * for its options, a clock that stands still until the test moves it, and
 * records what the plugin emits, logs and rejects.
 *
 *	struct harness *h = harness_open(&kymo_plugin);
 *
 *	harness_set(h, "root", GOLDEN "/proc");
 *	assert_int_equal(harness_run(h), 0);
 *	assert_int_equal(harness_collect(h), 0);
 *	assert_string_equal(harness_text(h), "system.uptime 12.5\n");
 *	harness_close(h);
 *
 * Misuse of the harness, and a plugin that breaks the contract where the host
 * could not go on (emit outside collect, a metric id that nobody declared, a
 * value for an option that does not exist), print a line and abort.
 *
 * Threads   The plugin may log, declare, reject and ask for the time from any
 *           thread; everything else is for the thread of the test.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <kymo/plugin.h>

struct harness;

/* A plugin that is linked into the test, or a .so file. Never NULL. */
struct harness *harness_open(const struct kymo_plugin *plugin);
struct harness *harness_load(const char *path);
/* Stop and destroy what still runs. NULL is fine. */
void harness_close(struct harness *h);

/*
 * Before create or reconfigure: the value of an option, written as it would
 * stand in the file: `5s`, `4KiB`, `true`, `[a, "b c"]`, and for rows
 * `[{name: a, labels: [x, y]}, {name: b}]`. What is not set has its preset.
 */
void harness_set(struct harness *h, const char *key, const char *text);
void harness_unset(struct harness *h, const char *key);

/* The wall clock of the host; it begins at 1700000000000. */
void harness_set_now(struct harness *h, kymo_ms now);
kymo_ms harness_now(const struct harness *h);

/* What extension(host, id) answers; at most 8. The table stays with the caller. */
void harness_offer(struct harness *h, const char *id, const void *table);

/*
 * The life of the instance. A result is that of the plugin; a step that the
 * plugin leaves out gives 0. Without a value for a required option, create is
 * -EINVAL, as it would be in the host. run is create, then start.
 */
int harness_create(struct harness *h);
int harness_start(struct harness *h);
int harness_run(struct harness *h);
int harness_reconfigure(struct harness *h);
void harness_reset(struct harness *h);
void harness_stop(struct harness *h);

/* Deliver the queued events, then collect. Each collect begins a new record. */
int harness_collect(struct harness *h);

/* A sink: these points as one batch; sizes and tiers as the test set them. */
int harness_write(struct harness *h, const struct kymo_point *points, size_t n);
int harness_flush(struct harness *h);

/*
 * Queue an event at the time of the clock; labels are name, value, ..., NULL.
 * The plugin gets it at the next observe or collect if it takes events of that
 * name (the patterns of the plugin, or of its "kymo.events/1" table, `*` at the
 * end matches anything); false: it does not, and the event is gone.
 */
bool harness_event(struct harness *h, const char *name, double value, ...) __attribute__((sentinel));
void harness_observe(struct harness *h);

/*
 * What the last collect emitted, a sample a line, in order:
 *	name value
 *	name{label="value",other="x"} value @time
 * with the time only where the plugin gave one, and without empty labels.
 */
const char *harness_text(const struct harness *h);
size_t harness_count(const struct harness *h);
/* The last value of "name" or of "name{label=\"value\"}"; NaN if there is none. */
double harness_value(const struct harness *h, const char *series);

/*
 * Is harness_text() what the file holds? If not, both are printed. With
 * KYMO_GOLDEN=write in the environment the file is written anew instead.
 */
bool harness_golden(const struct harness *h, const char *path);

/*
 * "key: text" of each reject, "level: text" of each log line, a line each. What
 * harness_logged gives lives until it is called again.
 */
const char *harness_rejected(const struct harness *h);
const char *harness_logged(struct harness *h);

/* For tests that want to go between: the host that the plugin sees, and its instance. */
struct kymo_host *harness_host(struct harness *h);
void *harness_instance(const struct harness *h);

#endif
