/* SPDX-License-Identifier: MIT */
/*
 * plugin.h - what a shared object must offer to be a kymo plugin.
 *
 * It exports one constant, kymo_plugin, and carries an ELF note that the host
 * reads before it loads anything:
 *
 *	KYMO_PLUGIN = {
 *		KYMO_PLUGIN_HEAD,
 *		.name = "queue", .version = "1.0", .summary = "Depth of our queue.",
 *		KYMO_METRICS(metrics), KYMO_OPTIONS(options),
 *		.create = create, .destroy = destroy, .collect = collect,
 *	};
 *
 * C++11 and C++17, which have no designated initialisers, write the members in
 * their order behind KYMO_PLUGIN_HEAD.
 *
 * Threads   An instance is never entered from two threads at a time; two
 *           instances may be.
 * Results   0, or a negative errno value.
 * Memory    Each side frees what it allocated. `config` lives until destroy()
 *           or the next successful reconfigure().
 * Versions  A plugin of another major is refused, by name and number; the same
 *           major always loads, whichever of the two is newer.
 * Process   A plugin cannot tell whether it runs inside the daemon or in a
 *           process of its own. No constructors, no threads before start(), no
 *           exit(), no change of signal handlers, locale or working folder.
 */
#ifndef KYMO_PLUGIN_H
#define KYMO_PLUGIN_H

#include <kymo/host.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kymo_needs_flags {
	KYMO_NEEDS_NETWORK = 1,
	KYMO_NEEDS_EXEC    = 2
};

/* What a sandbox must grant, beside the paths among the options. */
struct kymo_needs {
	const char *const *read, *const *write;	/* paths, NULL-ended; or NULL */
	uint32_t flags;				/* enum kymo_needs_flags */
};

struct kymo_plugin {
	uint32_t abi, size, metric_size, option_size;	/* KYMO_PLUGIN_HEAD */

	const char *name;		/* [a-z0-9_-]+, at most 63 bytes */
	const char *version;
	const char *summary;		/* one sentence */

	const struct kymo_option *options;
	const struct kymo_metric *metrics;
	uint32_t n_options, n_metrics;
	struct kymo_needs needs;

	const char *const *events;	/* patterns of names it takes ("api.*"), NULL-ended; or NULL */
	kymo_ms interval;		/* preset; 0: that of the configuration */

	/* Check and allocate, nothing else: this also runs for `kymo check`. */
	int (*create)(const struct kymo_host *host, const struct kymo_value *config, void **instance);
	/* Take sockets, files, threads; or NULL. */
	int (*start)(void *instance);
	/* Give them back; or NULL. May be followed by start(). */
	void (*stop)(void *instance);
	void (*destroy)(void *instance);

	/* A collector. After an error what was emitted is dropped. */
	int (*collect)(void *instance, struct kymo_batch *batch);

	/*
	 * A sink. Take the whole batch, or none of it: after -EAGAIN the same
	 * batch comes again later, after another error it is dropped. The batch
	 * is valid until the call returns.
	 */
	int (*write)(void *instance, const struct kymo_batch *batch);
	int (*flush)(void *instance);	/* put what was taken where it lasts; or NULL */

	/*
	 * Events that match `events`, at least every 100 ms while there are
	 * any and always before a collect; or NULL. Valid until the call returns.
	 */
	void (*observe)(void *instance, const struct kymo_event *const *events, uint32_t n);

	/*
	 * Take other values without a restart; on error keep the old. -ENOTSUP:
	 * not these, with them it must be replaced; NULL: it always is.
	 */
	int (*reconfigure)(void *instance, const struct kymo_value *config);
	void (*reset)(void *instance);	/* forget counted state; or NULL */

	const void *(*extension)(const char *id);	/* tables of <kymo/ext/>; or NULL */
};

#define KYMO_PLUGIN_HEAD \
	KYMO_ABI, sizeof(struct kymo_plugin), sizeof(struct kymo_metric), sizeof(struct kymo_option)
#define KYMO_METRICS(table) \
	.metrics = (table), .n_metrics = sizeof(table) / sizeof *(table)
#define KYMO_OPTIONS(table) \
	.options = (table), .n_options = sizeof(table) / sizeof *(table)

/* The ELF note: name "kymo", type 1, {abi, size of struct kymo_plugin}. */
struct kymo_note {
	uint32_t name_size, desc_size, type;
	char name[8];
	uint32_t abi, size;
};
#define KYMO_NOTE_TYPE 1u

extern KYMO_EXPORT const struct kymo_plugin kymo_plugin;

#define KYMO_PLUGIN \
	__attribute__((section(".note.kymo"), aligned(4), used)) \
	static const struct kymo_note kymo_note = { \
		5, 8, KYMO_NOTE_TYPE, "kymo", KYMO_ABI, sizeof(struct kymo_plugin) }; \
	const struct kymo_plugin kymo_plugin

#ifdef __cplusplus
}
#endif
#endif
