/* SPDX-License-Identifier: MIT */
/*
 * event_socket.h - the Unix datagram socket `events`: one thread reads, parses
 * and hands events to the host. Mode 0666 in a folder that the operator guards.
 */
#ifndef HOST_EVENT_SOCKET_H
#define HOST_EVENT_SOCKET_H

#include "host/host.h"

struct event_socket;

/* A socket file that nobody listens on is replaced; one in use is -EADDRINUSE. */
int event_socket_open(const char *path, struct host *host, struct event_socket **out, struct error *err);
void event_socket_close(struct event_socket *socket);	/* removes the file; what has arrived is handed on first */

struct event_socket_stats {
	uint64_t datagrams, events, malformed, oversized;
};
void event_socket_stats(const struct event_socket *socket, struct event_socket_stats *stats);

#endif
