/* SPDX-License-Identifier: MIT */
/*
 * curl.h - one HTTP request, by libcurl, which is loaded when a command asks for
 * it and not linked: the daemon is the same binary, and libcurl with the thirty
 * libraries behind it would cost it 6 MiB of resident memory and 4 ms at every
 * start (measured on Debian 12), for nothing.
 */
#ifndef CLI_CURL_H
#define CLI_CURL_H

#include "cli/target.h"
#include "util/buf.h"

struct request_line {
	const char *method;
	const char *path;	/* begins with /, encoded, with its parameters */
};

struct reply {
	unsigned status;	/* of HTTP */
	struct buf body;
};

/*
 * 0 with any status, or a negative errno with the reason; -ECONNREFUSED: nobody
 * listens there. The reply is the caller's to free in both cases. `body` NULL:
 * none. Never through a proxy, follows no redirect.
 */
int curl_ask(const struct target *target, const struct request_line *line, const struct buf *body, struct reply *reply,
	     struct error *err);

#endif
