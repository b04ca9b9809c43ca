/* SPDX-License-Identifier: MIT */
/*
 * host.h - what the host does for one instance of a plugin.
 *
 * Threads   log, now, reject and declare from any thread. emit and
 *           emit_decimal only inside collect(), next only inside write(), on
 *           the thread that was called.
 * Memory    every string is copied before the call returns.
 */
#ifndef KYMO_HOST_H
#define KYMO_HOST_H

#include <kymo/metric.h>
#include <kymo/option.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kymo_log_level { KYMO_LOG_ERROR, KYMO_LOG_WARN, KYMO_LOG_INFO, KYMO_LOG_DEBUG };

/* Something that an application did: "api.request", 12.5 (ms), {endpoint, status}. */
struct kymo_event {
	uint32_t size;			/* sizeof(struct kymo_event) */
	uint32_t n_labels;
	kymo_ms at;
	const char *name;
	double value;
	const struct kymo_label *labels; /* in the order they came */
};

struct kymo_host {
	uint32_t abi;			/* KYMO_ABI of the host */
	uint32_t size;			/* sizeof(struct kymo_host) of the host */

	/*
	 * Add one sample. `metric` counts in the plugin's table, or comes from
	 * declare(). `labels` holds a value for each label of the metric, in
	 * its order; NULL without labels; a NULL value is an empty one, that
	 * is, the label is absent. at 0: the time of the batch. On a histogram
	 * metric one emit is one observation. Never fails for the caller: the
	 * host refuses a bad sample alone, counts it and keeps the first reason.
	 */
	void (*emit)(struct kymo_batch *, uint32_t metric, const char *const labels[],
		     double value, kymo_ms at);
	/*
	 * The value mantissa * 10^exponent, as the double next to it. For
	 * what is a decimal at its source: the store then knows its unit.
	 */
	void (*emit_decimal)(struct kymo_batch *, uint32_t metric, const char *const labels[],
			     int64_t mantissa, int32_t exponent, kymo_ms at);

	/*
	 * Walk a batch: set *cursor to 0, call until false. The point's size
	 * must be set; what it points to lives until write() returns.
	 */
	bool (*next)(const struct kymo_batch *, uint64_t *cursor, struct kymo_point *);

	/*
	 * A metric found at run time. The same again gives the same id; the
	 * same name with another type or labels is -EEXIST. Copied.
	 */
	int (*declare)(const struct kymo_host *, const struct kymo_metric *, uint32_t *id);

	void (*log)(const struct kymo_host *, uint32_t level, const char *text);

	/*
	 * Say what is wrong with a value of the configuration, in create() or
	 * reconfigure(); the host adds file, line and column. Gives -EINVAL, so
	 * `return host->reject(host, &config[PATH], "must be absolute");`
	 */
	int (*reject)(const struct kymo_host *, const struct kymo_value *, const char *text);

	kymo_ms (*now)(const struct kymo_host *);	/* wall clock of the host */

	/* A table such as "kymo.watch/1", or NULL: this host has none. */
	const void *(*extension)(const struct kymo_host *, const char *id);
};

static inline void kymo_emit(const struct kymo_host *host, struct kymo_batch *batch,
			     uint32_t metric, double value)
{
	host->emit(batch, metric, NULL, value, 0);
}

static inline void kymo_emit_labels(const struct kymo_host *host, struct kymo_batch *batch,
				    uint32_t metric, const char *const labels[], double value)
{
	host->emit(batch, metric, labels, value, 0);
}

#ifdef __cplusplus
}
#endif
#endif
