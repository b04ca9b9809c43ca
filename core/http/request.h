/* SPDX-License-Identifier: MIT */
/*
 * request.h - one request on its way through the server, and its answer.
 *
 * A handler reads the request and fills the response; it knows nothing of
 * libmicrohttpd. Handlers run on the server's threads, several at a time.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "http/coding.h"
#include "http/left_out.h"
#include "http/rules.h"
#include "service/service.h"
#include "util/json.h"

#define REQUEST_PARAMETERS 64		/* in a query string; more is a bad request */

struct parameter {
	const char *name, *value;	/* decoded; value "" when there is none */
};

struct request {
	struct kymo *kymo;
	const char *method, *path;
	const char *rest;		/* what stands for * in the route, decoded; or NULL */
	uint32_t rest_len;
	bool trusted;			/* by the control socket, or http.admin is on */
	struct parameter parameters[REQUEST_PARAMETERS];
	uint32_t n_parameters;
	struct buf body;
	const char *content_type, *content_encoding;	/* as the client says; NULL: it does not */
	const char *write_version;	/* X-Prometheus-Remote-Write-Version; or NULL */
	bool write;			/* remote write is on */
	const struct rules *rules;	/* that hold for it; NULL: none, and no limits (tests) */
	struct left_out *left_out;	/* names that /metrics could not show; NULL: nobody keeps them */
	int client;			/* its socket, for request_is_gone(); -1: none */
	int64_t came_ns;		/* when it was put to those that wait, on the monotonic clock; 0: it did not wait */
};
/* Has who sent it gone away? *client is its socket. As promql_request.is_cancelled wants it. */
bool request_is_gone(void *client);

/*
 * An answer that is made piece by piece while it is sent, by the lane that ran the
 * handler: one thread at a time, but not always the same.
 */
struct response_stream {
	int (*next)(void *data, struct buf *piece);	/* into an empty buf; empty after it: that was all. Negative errno: it breaks off */
	void (*end)(void *data);
	void *data;
};

struct response {
	unsigned status;		/* preset 200 */
	const char *content_type;	/* preset application/json */
	const char *allow;		/* of a 405 and OPTIONS; or NULL */
	unsigned retry_after;		/* seconds; 0: not said */
	bool close;			/* the connection ends with it */
	bool prometheus;		/* errors as those of its API: {"status":"error","errorType":...} */
	bool shared;			/* web pages of other origins may read it */
	const char *error_type;		/* of such an error, where the status does not say it: "canceled" */
	struct buf body;
	enum coding coding;		/* of the body */
	struct response_stream stream;	/* what follows the body; next NULL: nothing */
};
/* Ends a stream that nobody sends. */
void response_drop_stream(struct response *response);

/* The first value of a parameter, or NULL. */
const char *request_parameter(const struct request *request, const char *name);
/*
 * Refuse parameters that are not among the NULL-ended names, and those that stand
 * twice but are not in `repeated` (NULL: none is). 0 or -EINVAL.
 */
int request_check_parameters(const struct request *request, const char *const *allowed, const char *const *repeated,
			     struct error *err);

/* What stands for * in the route, to be freed. NULL with the reason: out of memory, not UTF-8. */
char *request_rest(const struct request *request, struct error *err);

/* {"error": text, "status": status}, or as Prometheus says it, in place of what the body holds and of a stream. */
void response_error(struct response *response, unsigned status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same from a failed call: its code chooses the status (EINVAL 400, ENOENT 404, EEXIST 409, E2BIG 422 ...). */
void response_failure(struct response *response, int code, const struct error *err);

/*
 * A time: RFC 3339, unix seconds, `now`, or a span before now ("-1h", "now-90s").
 * 0 or -EINVAL with the reason, `what` in front.
 */
int request_time(const char *text, kymo_ms now, const char *what, kymo_ms *at, struct error *err);

#endif
