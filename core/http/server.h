/* SPDX-License-Identifier: MIT */
/*
 * server.h - the HTTP server (libmicrohttpd): the configured TCP addresses, and
 * the control socket, which speaks the same HTTP and where the admin routes
 * are always open to root and the daemon's user (SO_PEERCRED).
 *
 * It only translates: requests to calls of the service, answers and errors to
 * JSON. Follows reloads of the service and moves to new addresses without
 * dropping a connection. Logs "listening on http://127.0.0.1:9465" for each.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "service/service.h"

struct http_server;

/*
 * Binds all addresses of `settings` and run_dir/control, or none: "127.0.0.1:9465:
 * Address already in use". Who connects waits until the server is started.
 */
int http_server_open(const struct settings *settings, struct http_server **out, struct error *err);
/* Begins to answer, and to follow reloads of the service, which must outlive the server. */
int http_server_start(struct http_server *server, struct kymo *kymo, struct error *err);
/* Answers what is in progress (up to 5 s), then closes. NULL is fine. */
void http_server_close(struct http_server *server);
DEFINE_AUTO(http_server, http_server_close)

/* "127.0.0.1:9465": the addresses as bound (port 0 resolved). i from 0; NULL: no more. Valid until a reload. */
const char *http_server_address(const struct http_server *server, uint32_t i);
const char *http_server_control_path(const struct http_server *server);

#endif
