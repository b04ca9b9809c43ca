/* SPDX-License-Identifier: MIT */
/*
 * event.h - events as bytes: JSON from datagrams, HTTP and the command line to
 * struct kymo_event.
 *
 * One object or an array of {name, value = 1, at = now, labels = {}}; in
 * datagrams such objects one a line. Unknown keys, wrong types, names that are
 * not UTF-8, more than 64 labels, nesting: an error that names place and key.
 */
#ifndef HOST_EVENT_H
#define HOST_EVENT_H

#include "util/buf.h"
#include "util/error.h"

#include <kymo/host.h>

/* Events and all they point to. */
struct events {
	uint32_t n;
	const struct kymo_event *const *items;
	struct event_memory *memory;	/* reused by the next parse */
};

void events_fini(struct events *events);
/* An object or an array (HTTP). Nothing of a bad text is taken. `now` fills in a missing `at`. */
int events_parse(struct events *events, const char *text, size_t n, kymo_ms now, struct error *err);
/* Lines (a datagram): good lines are taken, *bad counts the others, *err has the first reason. */
int events_parse_lines(struct events *events, const char *text, size_t n, kymo_ms now, uint32_t *bad, struct error *err);

#endif
