/* SPDX-License-Identifier: MIT */
/*
 * listener.h - one place where the server listens: a TCP address or the control
 * socket, with the libmicrohttpd daemon that serves it.
 */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include "service/service.h"

/* What of the configuration a listener goes by; copied, so that a reload can change it. */
struct listener_rules {
	bool admin;
	uint32_t n_hosts;
	char **hosts;
	uint32_t connections;
	uint64_t body;
};

struct listener {
	struct kymo *kymo;
	struct listener_rules rules;
	bool control;
	char *configured;		/* "127.0.0.1:0", or the path of the control socket */
	char address[64];		/* as bound; "" for the control socket */
	int fd;
	struct MHD_Daemon *daemon;
	_Atomic uint32_t requests;	/* in progress here */
};

/* Binds and begins to serve. NULL with the reason: "127.0.0.1:9465: Address already in use". */
struct listener *listener_open_tcp(struct kymo *kymo, const char *address, const struct settings *settings, struct error *err);
struct listener *listener_open_control(struct kymo *kymo, const char *path, const struct settings *settings, struct error *err);
/* A second one on the socket of `old`, with other rules. */
struct listener *listener_open_again(const struct listener *old, const struct settings *settings, struct error *err);
/* Takes no new connection, waits up to 5 s for what is in progress, closes. NULL is fine. */
void listener_close(struct listener *listener);

/* exchange.c: begins to serve on listener->fd. 0 or a negative errno. */
int listener_serve(struct listener *listener);

#endif
