/* SPDX-License-Identifier: MIT */
/*
 * service.h - the facade of it all: struct kymo of <kymo/kymo.h>, with what the
 * daemon's own front ends (http, cli) need beside the public calls.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "eval/promql.h"
#include "host/event_socket.h"
#include "host/host.h"
#include "remote/receiver.h"
#include "store/store.h"

#include <kymo/kymo.h>

struct service_options {
	bool sockets;			/* open the events socket in settings->run_dir */
	const struct clock *clock;	/* NULL: clock_system */
};

/*
 * Takes over the settings, also when it fails. Store, then host, then the events
 * socket. `file`: what service_reload(NULL) reads again; may be NULL.
 */
int service_open(struct settings *settings, const char *file, const struct service_options *options,
		 struct kymo **out, struct error *err);
void service_close(struct kymo *kymo);

/*
 * Somebody who also changes with the configuration: the HTTP server and its
 * listen addresses. prepare() may refuse; then one of commit() and abort() follows.
 */
struct service_listener {
	int (*prepare)(void *data, const struct settings *settings, struct error *err);
	void (*commit)(void *data);
	void (*abort)(void *data);
	void *data;
};
/* One; NULL: none. What it has prepared takes effect with this call, before any reload: commit() is called. */
void service_listen(struct kymo *kymo, const struct service_listener *listener);

/* All or nothing. *changes may be NULL. Counted; a failure is also logged. */
int service_reload(struct kymo *kymo, const char *file, struct host_changes *changes, struct error *err);
/* What service_reload would do. `settings` may come from another file; they stay the caller's. */
int service_plan(struct kymo *kymo, const struct settings *settings, struct host_changes *changes, struct error *err);

struct store *service_store(struct kymo *kymo);
struct host *service_host(struct kymo *kymo);
struct receiver *service_receiver(struct kymo *kymo);	/* of remote write */
struct promql *service_promql(struct kymo *kymo);
kymo_ms service_now(const struct kymo *kymo);
kymo_ms service_started_at(const struct kymo *kymo);
void service_retention(struct kymo *kymo, kymo_ms retention[TIERS]);	/* as configured; FOREVER */
_Atomic uint32_t *service_requests(struct kymo *kymo);	/* in progress; counted by the server */
/* False without an events socket. */
bool service_event_socket_stats(struct kymo *kymo, struct event_socket_stats *stats);

/* Answers for the front ends, with errors of any length. See <kymo/kymo.h>. */
int service_query(struct kymo *kymo, const struct kymo_query *query, struct kymo_answer **out, struct error *err);
int service_latest(struct kymo *kymo, const char *const *names, uint32_t n, struct kymo_latest_list **out, struct error *err);
int service_summary(struct kymo *kymo, const char *name, const struct kymo_filter *filters, uint32_t n_filters,
		    kymo_ms start, kymo_ms end, struct kymo_summary_answer **out, struct error *err);
int service_list(struct kymo *kymo, const char *pattern, struct kymo_metric_list **out, struct error *err);
int service_snapshot(struct kymo *kymo, struct kymo_snapshot **out, struct error *err);
void service_stats(struct kymo *kymo, struct kymo_service_stats *stats);
/* Names and filters as in a query; (start, end]. *series: how many had something there. See store_delete(). */
int service_delete(struct kymo *kymo, const char *const *names, uint32_t n, const struct kymo_filter *filters,
		   uint32_t n_filters, kymo_ms start, kymo_ms end, uint32_t *series, struct error *err);
/*
 * Answer a remote read request of Prometheus: a snappy block in, one out (appended). 0;
 * -EINVAL: damaged, or it makes no sense; -E2BIG: over `memory`; -ECANCELED; -ENOMEM; with the reason.
 */
struct service_read {
	const uint8_t *body;
	size_t n;
	uint64_t memory;		/* bytes of the answer while it is made; 0: no limit */
	bool (*is_cancelled)(void *data);	/* NULL: never */
	void *cancel_data;
};
int service_remote_read(struct kymo *kymo, const struct service_read *read, struct buf *out, struct error *err);
int service_maintain(struct kymo *kymo, unsigned what, struct store_maintained *done, struct error *err);

#endif
