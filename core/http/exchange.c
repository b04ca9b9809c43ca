/* SPDX-License-Identifier: MIT */
/*
 * exchange.c - between libmicrohttpd and the routes: a request is gathered (size
 * limits first), guarded, routed, answered.
 */
#include "http/guard.h"
#include "http/listener.h"
#include "http/route.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>

#define HEADERS_MOST (32 << 10)		/* memory of a connection: request line and headers */
#define IDLE_SECONDS 30

/* One request while its body arrives. */
struct exchange {
	struct request request;
	bool too_large, out_of_memory;
};

static enum MHD_Result take_parameter(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct exchange *exchange = data;
	struct request *request = &exchange->request;

	(void)kind;
	if (request->n_parameters < REQUEST_PARAMETERS)
		request->parameters[request->n_parameters] = (struct parameter){ name, value ? value : "" };
	request->n_parameters++;
	return MHD_YES;
}

static enum MHD_Result respond(struct MHD_Connection *connection, struct response *response)
{
	struct MHD_Response *answer;
	enum MHD_Result sent;

	if (buf_failed(&response->body)) {
		buf_fini(&response->body);
		response_error(response, 503, "the answer does not fit into memory");
	}
	answer = MHD_create_response_from_buffer(response->body.len, response->body.data ? (void *)response->body.data : (void *)"",
						 response->body.data ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (!answer) {
		buf_fini(&response->body);
		return MHD_NO;
	}
	response->body = (struct buf){ 0 };
	MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE,
				response->content_type ? response->content_type : "application/json");
	MHD_add_response_header(answer, "X-Content-Type-Options", "nosniff");
	if (response->allow)
		MHD_add_response_header(answer, MHD_HTTP_HEADER_ALLOW, response->allow);
	sent = MHD_queue_response(connection, response->status, answer);
	MHD_destroy_response(answer);
	return sent;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool changes_something(const char *method)
{
	return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 && strcmp(method, "OPTIONS") != 0;
}

static bool is_trusted(const struct listener *listener, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info;

	if (!listener->control)
		return listener->rules.admin;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	return info && guard_peer(info->connect_fd);
}

/* May this be answered at all? Fills the refusal. */
static bool admit(const struct listener *listener, struct MHD_Connection *connection, struct exchange *exchange,
		  struct response *response)
{
	struct request *request = &exchange->request;
	const char *host = header(connection, MHD_HTTP_HEADER_HOST);

	if (!listener->control && !guard_host(host, (const char *const *)listener->rules.hosts, listener->rules.n_hosts)) {
		response_error(response, 421, "Host \"%.100s\" is not a name of this server (`http: {hosts: [...]}` adds one)", host);
		return false;
	}
	if (changes_something(request->method) && !guard_origin(header(connection, MHD_HTTP_HEADER_ORIGIN), host)) {
		response_error(response, 403, "requests from pages of other origins are refused");
		return false;
	}
	if (exchange->too_large) {
		response_error(response, 413, "the body is larger than %llu bytes (`http: {body: ...}`)",
			       (unsigned long long)listener->rules.body);
		return false;
	}
	if (exchange->out_of_memory) {
		response_error(response, 503, "out of memory");
		return false;
	}
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_parameter, exchange);
	if (request->n_parameters > REQUEST_PARAMETERS) {
		response_error(response, 400, "%u parameters, at most %d are read", request->n_parameters, REQUEST_PARAMETERS);
		return false;
	}
	return true;
}

static enum MHD_Result answer(struct listener *listener, struct MHD_Connection *connection, struct exchange *exchange)
{
	struct response response = { .status = 200 };

	if (admit(listener, connection, exchange, &response)) {
		exchange->request.trusted = is_trusted(listener, connection);
		route_request(&exchange->request, &response);
	}
	return respond(connection, &response);
}

static struct exchange *begin(struct listener *listener, const char *path, const char *method)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);

	if (!exchange)
		return NULL;
	exchange->request = (struct request){ .kymo = listener->kymo, .method = method, .path = path };
	listener->requests++;
	(*service_requests(listener->kymo))++;
	return exchange;
}

/* Part of a body. What is over the limit is read and dropped, so that the client gets to see the answer. */
static void take_body(const struct listener *listener, struct exchange *exchange, const char *data, size_t n)
{
	struct buf *body = &exchange->request.body;

	if (exchange->too_large || body->len + n > listener->rules.body) {
		exchange->too_large = true;
		buf_fini(body);
		return;
	}
	buf_add(body, data, n);
	exchange->out_of_memory = buf_failed(body);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path, const char *method,
				  const char *version, const char *body, size_t *n, void **state)
{
	struct listener *listener = data;
	struct exchange *exchange = *state;

	(void)version;
	if (!exchange) {
		*state = begin(listener, path, method);
		return *state ? MHD_YES : MHD_NO;
	}
	if (*n) {
		take_body(listener, exchange, body, *n);
		*n = 0;
		return MHD_YES;
	}
	return answer(listener, connection, exchange);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode how)
{
	struct listener *listener = data;
	struct exchange *exchange = *state;

	(void)connection;
	(void)how;
	if (!exchange)
		return;
	buf_fini(&exchange->request.body);
	free(exchange);
	*state = NULL;
	(*service_requests(listener->kymo))--;
	listener->requests--;
}

static void on_log(void *data, const char *format, va_list arguments)
{
	char text[512];

	(void)data;
	vsnprintf(text, sizeof text, format, arguments);
	text[strcspn(text, "\n")] = '\0';
	log_debug(LOG_HTTP, "%s", text);
}

int listener_serve(struct listener *listener)
{
	listener->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, listener,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, listener->fd,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, listener,
		MHD_OPTION_CONNECTION_LIMIT, listener->rules.connections,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MOST,
		MHD_OPTION_THREAD_POOL_SIZE, listener->control ? 0u : 2u,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)(256 << 10), MHD_OPTION_END);
	return listener->daemon ? 0 : errno ? -errno : -EINVAL;
}
