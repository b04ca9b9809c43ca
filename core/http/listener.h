/* SPDX-License-Identifier: MIT */
/* listener.h - a socket on which the server listens: a TCP address, or the control socket. */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include "util/cleanup.h"
#include "util/error.h"

#include <stdbool.h>
#include <stdint.h>

struct listener {
	char *configured;		/* "127.0.0.1:0", or the path of the control socket */
	bool control;
	char address[64];		/* as bound: "127.0.0.1:9465"; "" for the control socket */
	int fd;				/* not blocking */
};

/*
 * NULL with the reason: "127.0.0.1:9465: Address already in use". An address that
 * overlaps one of `own` (0.0.0.0:80 where 127.0.0.1:80 is ours) is bound beside it.
 */
struct listener *listener_open_tcp(const char *address, struct listener *const *own, uint32_t n, struct error *err);
/* A socket file that nobody listens on any more is replaced. Closing removes the file. */
struct listener *listener_open_control(const char *path, struct error *err);
void listener_close(struct listener *listener);	/* NULL is fine */
DEFINE_AUTO(listener, listener_close)

#endif
