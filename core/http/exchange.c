/* SPDX-License-Identifier: MIT */
/*
 * exchange.c - between libmicrohttpd and the routes: a request is gathered (size
 * limits first), guarded, routed, answered. While a pool works on an answer its
 * connection is suspended: nobody else touches the exchange then.
 */
#include "http/answer.h"
#include "http/engine.h"
#include "http/guard.h"
#include "http/prom_param.h"
#include "http/route.h"

#include "util/clock.h"
#include "util/utf8.h"

#include <errno.h>
#include <microhttpd.h>
#include <stddef.h>
#include <strings.h>
#include <stdio.h>
#include <sys/socket.h>

#define HEADERS_MOST (32 << 10)		/* memory of a connection: request line and headers */
#define IDLE_SECONDS 30			/* between requests */
#define SILENT_SECONDS 10		/* within one, and before the first: of clients that stop half way */
#define REFUSED_SECONDS 2		/* for a connection too many to ask for its 503 */
#define DRAINED_MOST 16			/* times the limit of a body: so much of a larger one is read and dropped */
#define EXPECTED_LEAST 4096		/* bodies of such sizes get their memory at once */
#define EXPECTED_MOST (1 << 20)
#define RETRY_SECONDS 1			/* after so long there may be room in flight again */

/* What libmicrohttpd keeps for us with a connection: a pointer to one of these. */
enum way { OVER_TCP, OVER_CONTROL, OVER_TCP_REFUSED, OVER_CONTROL_REFUSED, WAYS };
static const char ways[WAYS];

/* One request while its body arrives. */
struct exchange {
	struct rules *rules;
	bool control, refused;
	struct request request;
	struct response response;
	struct engine *engine;
	uint64_t held;			/* bytes of the body that the engine has counted */
	uint64_t dropped;		/* bytes of the body, when it is over the limit, or too much is in flight */
	bool busy;			/* it is that */
	bool out_of_memory, not_text;
	struct MHD_Connection *connection;	/* while it is suspended */
	const struct route *route;
	enum coding coding;		/* that the client wants */
	struct job job;
	int64_t deadline_ns;		/* of one that waits for a thread; 0: not looked at yet */
	bool answered;			/* by a pool */
};

static enum MHD_Result take_parameter(void *data, enum MHD_ValueKind kind, const char *name, size_t name_len,
				      const char *value, size_t value_len)
{
	struct exchange *exchange = data;
	struct request *request = &exchange->request;

	(void)kind;
	/* %00 would cut the text. */
	if (!utf8_valid(name, name_len) || (value && !utf8_valid(value, value_len)))
		exchange->not_text = true;
	if (request->n_parameters < REQUEST_PARAMETERS)
		request->parameters[request->n_parameters] = (struct parameter){ name, value ? value : "" };
	request->n_parameters++;
	return MHD_YES;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool changes_something(const struct exchange *exchange)
{
	const char *method = exchange->request.method;

	return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 && strcmp(method, "OPTIONS") != 0 &&
	       !exchange->response.shared;
}

/* Which pages of elsewhere may read what is shared: the Origin of this one, "*" for all, or NULL. */
static const char *admitted_origin(const struct exchange *exchange, const char *origin)
{
	for (uint32_t i = 0; origin && i < exchange->rules->n_origins; i++) {
		if (!strcmp(exchange->rules->origins[i], "*"))
			return "*";
		if (!strcasecmp(exchange->rules->origins[i], origin))
			return origin;
	}
	return NULL;
}

static enum MHD_Result respond(struct MHD_Connection *connection, struct exchange *exchange)
{
	struct answering answering = { .engine = exchange->engine, .coding = exchange->coding };

	if (exchange->route)
		answering.lane = exchange->route->lane;
	if (exchange->response.shared)
		answering.origin = admitted_origin(exchange, header(connection, MHD_HTTP_HEADER_ORIGIN));
	return answer_send(connection, &exchange->response, &answering);
}

static bool is_trusted(const struct exchange *exchange, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info;

	if (!exchange->control)
		return exchange->rules->admin;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	return info && guard_peer(info->connect_fd);
}

/* Is it meant for us, and not sent by a foreign web page? Fills the refusal. */
static bool admit_sender(const struct exchange *exchange, struct MHD_Connection *connection, struct response *response)
{
	const char *host = header(connection, MHD_HTTP_HEADER_HOST);

	if (!exchange->control &&
	    !guard_host(host, (const char *const *)exchange->rules->hosts, exchange->rules->n_hosts)) {
		response_error(response, 421, "Host \"%.100s\" is not a name of this server (`http: {hosts: [...]}` adds one)",
			       host);
		return false;
	}
	if (changes_something(exchange) && !guard_origin(header(connection, MHD_HTTP_HEADER_ORIGIN), host)) {
		response_error(response, 403, "requests from pages of other origins are refused");
		return false;
	}
	return true;
}

static void refuse_busy(const struct exchange *exchange, struct response *response)
{
	response_error(response, 429, "bodies of more than %llu bytes are in flight (`http: {in_flight: ...}`); try again",
		       (unsigned long long)exchange->rules->in_flight);
	response->retry_after = RETRY_SECONDS;
}

static bool admit_size(const struct exchange *exchange, struct response *response)
{
	if (exchange->busy)
		refuse_busy(exchange, response);
	else if (exchange->dropped)
		response_error(response, 413, "the body is larger than %llu bytes (`http: {body: ...}`)",
			       (unsigned long long)exchange->rules->body);
	else if (exchange->out_of_memory)
		response_error(response, 503, "out of memory");
	else if (exchange->request.n_parameters > REQUEST_PARAMETERS)
		response_error(response, 400, "%u parameters, at most %d are read", exchange->request.n_parameters,
			       REQUEST_PARAMETERS);
	else if (exchange->not_text)
		response_error(response, 400, "a parameter is not UTF-8");
	else
		return true;
	return false;
}

static void take_headers(struct exchange *exchange, struct MHD_Connection *connection)
{
	struct request *request = &exchange->request;

	request->content_type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
	request->content_encoding = header(connection, MHD_HTTP_HEADER_CONTENT_ENCODING);
	request->write_version = header(connection, "X-Prometheus-Remote-Write-Version");
	request->write = exchange->rules->write;
	request->rules = exchange->rules;
	exchange->coding = coding_choose(header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
}

static int socket_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

/* ---- on a thread of a pool ---- */

static void resume(struct exchange *exchange)
{
	exchange->answered = true;
	MHD_resume_connection(exchange->connection);
}

static struct exchange *of_job(struct job *job)
{
	return (struct exchange *)((char *)job - offsetof(struct exchange, job));
}

static void run_job(struct job *job)
{
	struct exchange *exchange = of_job(job);

	route_run(exchange->route, &exchange->request, &exchange->response);
	answer_pack(&exchange->response, exchange->coding);
	resume(exchange);
}

static void drop_job(struct job *job)
{
	struct exchange *exchange = of_job(job);

	response_error(&exchange->response, 503, "the daemon ends");
	resume(exchange);
}

static void refuse_queue(struct exchange *exchange)
{
	static const char *const names[LANES] = {
		[LANE_QUERIES] = "queries", [LANE_WRITES] = "writes", [LANE_CHANGES] = "changes",
	};

	response_error(&exchange->response, 503, "too many %s wait already%s; try again", names[exchange->route->lane],
		       exchange->route->lane == LANE_QUERIES ? " (query.queue)" : "");
	exchange->response.retry_after = RETRY_SECONDS;
}

/* ---- while it waits for a thread ---- */

/* When its time is over, on the monotonic clock. */
static int64_t deadline_of(const struct exchange *exchange)
{
	AUTO_PARAMS params = { 0 };
	struct error err = { 0 };
	kymo_ms timeout = 0;

	if (!exchange->response.prometheus)
		return INT64_MAX;
	if (params_read(&params, &exchange->request, &err) == 0)
		prom_timeout(&exchange->request, &params, &timeout, &err);
	error_clear(&err);
	return timeout > 0 ? exchange->request.came_ns + timeout * 1000000 : INT64_MAX;	/* what else it is its handler says */
}

static bool is_overdue(struct exchange *exchange)
{
	if (!exchange->deadline_ns)
		exchange->deadline_ns = deadline_of(exchange);
	return clock_mono_ns() >= exchange->deadline_ns;
}

static bool is_due(struct job *job)
{
	struct exchange *exchange = of_job(job);

	return request_is_gone(&exchange->request.client) || is_overdue(exchange);
}

static void expire_job(struct job *job)
{
	struct exchange *exchange = of_job(job);
	bool overdue = is_overdue(exchange);

	exchange->response.error_type = overdue ? "timeout" : "canceled";
	response_error(&exchange->response, 503, overdue ? "query timed out in query queue" :
		       "query was canceled: nobody waits for its answer any more");
	resume(exchange);
}

/* From here on until it is resumed the connection is the pool's. */
static void hand_over(struct exchange *exchange, struct MHD_Connection *connection)
{
	exchange->connection = connection;
	exchange->job = (struct job){ .run = run_job, .drop = drop_job };
	if (exchange->route->lane == LANE_QUERIES) {
		exchange->request.came_ns = clock_mono_ns();
		exchange->job.is_due = is_due;
		exchange->job.expire = expire_job;
	}
	MHD_suspend_connection(connection);
	if (engine_put(exchange->engine, exchange->route->lane, &exchange->job))
		return;
	refuse_queue(exchange);
	resume(exchange);
}

/* ---- one request ---- */

/* False: it is being answered. */
static bool make_response(struct exchange *exchange, struct MHD_Connection *connection)
{
	exchange->route = route_find(&exchange->request, &exchange->response);
	if (exchange->route && exchange->route->lane != LANE_AT_ONCE) {
		hand_over(exchange, connection);
		return false;
	}
	if (exchange->route)
		route_run(exchange->route, &exchange->request, &exchange->response);
	return true;
}

static enum MHD_Result answer(struct MHD_Connection *connection, struct exchange *exchange)
{
	struct response *response = &exchange->response;

	MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, take_parameter, exchange);
	if (exchange->refused) {
		response->close = true;
		response_error(response, 503, "too many connections: %u at a time (`http: {connections: ...}`)",
			       exchange->rules->connections);
	} else if (admit_sender(exchange, connection, response) && admit_size(exchange, response)) {
		exchange->request.trusted = is_trusted(exchange, connection);
		exchange->request.client = socket_of(connection);
		take_headers(exchange, connection);
		if (!make_response(exchange, connection))
			return MHD_YES;
	}
	return respond(connection, exchange);
}

/* Who asks as one asks a proxy gives the whole address: "http://host/path". */
static const char *path_of(const char *target)
{
	const char *path;

	if (strncasecmp(target, "http://", 7) != 0)
		return target;
	path = strchr(target + 7, '/');
	return path ? path : "/";
}

static struct exchange *begin(struct worker *worker, enum way way, const char *path, const char *method)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);

	if (!exchange)
		return NULL;
	exchange->control = way == OVER_CONTROL || way == OVER_CONTROL_REFUSED;
	exchange->refused = way == OVER_TCP_REFUSED || way == OVER_CONTROL_REFUSED;
	exchange->engine = worker->engine;
	exchange->rules = engine_hold_rules(worker->engine);
	exchange->response.status = 200;
	exchange->response.prometheus = route_is_prometheus(path);
	exchange->response.shared = route_is_shared(path);
	exchange->request = (struct request){
		.kymo = engine_kymo(worker->engine),
		.method = method,
		.path = path,
		.left_out = engine_left_out(worker->engine),
	};
	worker->requests++;
	(*service_requests(exchange->request.kymo))++;
	return exchange;
}

/* What was gathered is of no use any more. */
static void give_up(struct exchange *exchange)
{
	struct buf *body = &exchange->request.body;

	exchange->dropped += body->len;
	buf_fini(body);
	engine_release_bytes(exchange->engine, exchange->held);
	exchange->held = 0;
}

static bool is_wanted(struct exchange *exchange, size_t n)
{
	if (exchange->dropped || exchange->request.body.len + n > exchange->rules->body)
		return false;
	exchange->busy = !engine_hold_bytes(exchange->engine, n, exchange->held, exchange->rules->in_flight);
	return !exchange->busy;
}

/*
 * Part of a body. What is over the limit is read and dropped, so that the client
 * gets to see the answer; of what is far over it nothing more is read.
 */
static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t n)
{
	struct buf *body = &exchange->request.body;

	if (!is_wanted(exchange, n)) {
		if (!exchange->dropped)
			give_up(exchange);
		exchange->dropped += n;
		return exchange->dropped / DRAINED_MOST > exchange->rules->body ? MHD_NO : MHD_YES;
	}
	exchange->held += n;
	buf_add(body, data, n);
	exchange->out_of_memory = buf_failed(body);
	return MHD_YES;
}

/* The size that a client tells is taken at its word up to the limit, so that the body is not moved as it grows. */
static void expect_body(struct MHD_Connection *connection, struct exchange *exchange)
{
	const char *text = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	unsigned long long n = text ? strtoull(text, NULL, 10) : 0;

	if (n <= EXPECTED_LEAST || n > EXPECTED_MOST || n > exchange->rules->body)
		return;
	exchange->request.body = engine_take_memory(exchange->engine);
	buf_reserve(&exchange->request.body, (size_t)n);
}

/* A client that asks first (Expect: 100-continue) need not send what is too large. */
static bool announces_too_much(struct MHD_Connection *connection, struct exchange *exchange)
{
	const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (!header(connection, MHD_HTTP_HEADER_EXPECT) || !length)
		return false;
	exchange->dropped = strtoull(length, NULL, 10) > exchange->rules->body;
	return exchange->dropped;
}

/* What on_connection has found. */
static enum way way_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info && info->socket_context ? (enum way)((const char *)info->socket_context - ways) : OVER_TCP;
}

static void set_timeout(struct MHD_Connection *connection, unsigned seconds)
{
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *path, const char *method,
				  const char *version, const char *body, size_t *n, void **state)
{
	struct exchange *exchange = *state;

	(void)version;
	if (!exchange) {
		*state = exchange = begin(data, way_of(connection), path_of(path), method);
		if (!exchange)
			return MHD_NO;
		set_timeout(connection, SILENT_SECONDS);
		expect_body(connection, exchange);
		return exchange->refused || announces_too_much(connection, exchange) ? answer(connection, exchange) : MHD_YES;
	}
	if (exchange->answered)
		return respond(connection, exchange);
	if (*n) {
		enum MHD_Result more = take_body(exchange, body, *n);

		*n = 0;
		return more;
	}
	return answer(connection, exchange);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode how)
{
	struct worker *worker = data;
	struct exchange *exchange = *state;

	(void)how;
	if (!exchange)
		return;
	set_timeout(connection, exchange->refused ? REFUSED_SECONDS : IDLE_SECONDS);
	*state = NULL;
	engine_give_memory(exchange->engine, &exchange->request.body);
	buf_fini(&exchange->response.body);
	response_drop_stream(&exchange->response);
	engine_release_bytes(exchange->engine, exchange->held);
	rules_release(exchange->rules);
	(*service_requests(exchange->request.kymo))--;
	worker->requests--;
	free(exchange);
}

static bool is_unix(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr_storage own;
	socklen_t size = sizeof own;

	return info && getsockname(info->connect_fd, (struct sockaddr *)&own, &size) == 0 && own.ss_family == AF_UNIX;
}

static void on_connection(void *data, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct worker *worker = data;
	enum way way;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		way = is_unix(connection) ? OVER_CONTROL : OVER_TCP;
		if (!engine_enter(worker->engine, way == OVER_CONTROL)) {
			way = way == OVER_CONTROL ? OVER_CONTROL_REFUSED : OVER_TCP_REFUSED;
			set_timeout(connection, REFUSED_SECONDS);
		}
		*context = (void *)(uintptr_t)&ways[way];
	} else {
		way = (enum way)((const char *)*context - ways);
		engine_leave(worker->engine, way == OVER_CONTROL || way == OVER_CONTROL_REFUSED);
	}
}

static void on_log(void *data, const char *format, va_list arguments)
{
	char text[512];

	(void)data;
	vsnprintf(text, sizeof text, format, arguments);
	text[strcspn(text, "\n")] = '\0';
	log_debug(LOG_HTTP, "%s", text);
}

int exchange_start(struct worker *worker)
{
	errno = 0;
	worker->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_request, worker,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, worker,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, worker,
		MHD_OPTION_CONNECTION_LIMIT, 100000u,	/* the engine keeps the limit of the configuration */
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MOST,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)(256 << 10), MHD_OPTION_END);
	return worker->daemon ? 0 : errno ? -errno : -EINVAL;
}
