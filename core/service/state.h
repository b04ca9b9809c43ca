/* SPDX-License-Identifier: MIT */
/* state.h - struct kymo; of this folder only. */
#ifndef SERVICE_STATE_H
#define SERVICE_STATE_H

#include "plain/plain.h"
#include "service/service.h"
#include "util/thread.h"

struct kymo {
	const struct clock *clock;
	struct store *store;
	struct host *host;
	struct receiver *receiver;
	struct promql *promql;
	struct event_socket *events;	/* NULL: none */
	char *file;			/* NULL: the configuration came as text */
	char *run_dir;
	kymo_ms started_at;
	_Atomic uint32_t requests;

	pthread_mutex_t change;		/* reloads come one after another */
	struct service_listener listener;

	pthread_mutex_t guard;		/* of what follows */
	struct plain_limits limits;
	kymo_ms retention[TIERS];
};

#endif
