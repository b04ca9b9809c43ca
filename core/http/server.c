/* SPDX-License-Identifier: MIT */
/*
 * server.c - the set of listeners, and how a reload changes it. Everything that
 * can fail happens in prepare: addresses that are new are bound, those that stay
 * with other rules get a second listener on the same socket. commit swaps the
 * sets; a thread then closes what is no longer needed, request by request.
 */
#include "http/server.h"

#include "http/listener.h"
#include "util/file.h"
#include "util/thread.h"

#include <errno.h>

#define LISTENERS_MOST 32

struct listeners {
	uint32_t n;
	struct listener *item[LISTENERS_MOST];	/* the control socket first */
};

struct http_server {
	struct kymo *kymo;
	pthread_mutex_t guard;		/* of current */
	struct listeners current, next, retired;
	char *control_path;
	pthread_t retiring;
	bool retiring_runs;
};

static bool rules_same(const struct listener_rules *rules, const struct settings *settings)
{
	if (rules->admin != settings->http.admin || rules->connections != settings->http.connections ||
	    rules->body != settings->http.body || rules->n_hosts != settings->http.n_hosts)
		return false;
	for (uint32_t i = 0; i < rules->n_hosts; i++)
		if (strcmp(rules->hosts[i], settings->http.hosts[i]) != 0)
			return false;
	return true;
}

static struct listener *find(const struct listeners *set, const char *configured)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (!strcmp(set->item[i]->configured, configured))
			return set->item[i];
	return NULL;
}

static bool contains(const struct listeners *set, const struct listener *listener)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (set->item[i] == listener)
			return true;
	return false;
}

/* Close those of `set` that `kept` does not have. */
static void close_others(struct listeners *set, const struct listeners *kept)
{
	for (uint32_t i = set->n; i-- > 0;)
		if (!contains(kept, set->item[i]))
			listener_close(set->item[i]);
	set->n = 0;
}

/* The one there is, one more on its socket, or a new one. */
static struct listener *obtain(struct http_server *server, const char *configured, const struct settings *settings,
			       struct error *err)
{
	struct listener *now = find(&server->current, configured);

	if (now && rules_same(&now->rules, settings))
		return now;
	if (now)
		return listener_open_again(now, settings, err);
	if (configured == server->control_path)
		return listener_open_control(server->kymo, configured, settings, err);
	return listener_open_tcp(server->kymo, configured, settings, err);
}

static int add(struct http_server *server, const char *configured, const struct settings *settings, struct error *err)
{
	struct listener *listener;

	if (find(&server->next, configured))
		return error_set(err, -EINVAL, "http.listen: %s is there twice", configured);
	if (server->next.n == LISTENERS_MOST)
		return error_set(err, -E2BIG, "http.listen: at most %d addresses", LISTENERS_MOST - 1);
	listener = obtain(server, configured, settings, err);
	if (!listener)
		return err->code ? err->code : -EIO;
	server->next.item[server->next.n++] = listener;
	return 0;
}

static void server_abort(void *data)
{
	struct http_server *server = data;

	close_others(&server->next, &server->current);
}

static int server_prepare(void *data, const struct settings *settings, struct error *err)
{
	struct http_server *server = data;
	int r;

	server->next.n = 0;
	r = add(server, server->control_path, settings, err);
	for (uint32_t i = 0; r == 0 && i < settings->http.n_listen; i++)
		r = add(server, settings->http.listen[i], settings, err);
	if (r < 0)
		server_abort(server);
	return r;
}

static void *retire(void *data)
{
	struct http_server *server = data;

	close_others(&server->retired, &(struct listeners){ 0 });
	return NULL;
}

static void join_retiring(struct http_server *server)
{
	if (server->retiring_runs)
		pthread_join(server->retiring, NULL);
	server->retiring_runs = false;
}

static void server_commit(void *data)
{
	struct http_server *server = data;

	join_retiring(server);
	for (uint32_t i = 0; i < server->current.n; i++)
		if (!contains(&server->next, server->current.item[i]))
			server->retired.item[server->retired.n++] = server->current.item[i];
	pthread_mutex_lock(&server->guard);
	server->current = server->next;
	pthread_mutex_unlock(&server->guard);
	server->next.n = 0;
	if (server->retired.n == 0)
		return;
	server->retiring_runs = thread_start(&server->retiring, "kymo-http-old", retire, server) == 0;
	if (!server->retiring_runs)
		retire(server);
}

static char *control_path(const char *run_dir, struct error *err)
{
	char *path = NULL;

	if (dir_make(run_dir, 0755, err) == 0 && !(path = path_join(run_dir, "control")))
		error_set(err, -ENOMEM, "out of memory");
	return path;
}

int http_server_open(struct kymo *kymo, const struct settings *settings, struct http_server **out, struct error *err)
{
	struct http_server *server = calloc(1, sizeof *server);
	int r;

	if (!server)
		return error_set(err, -ENOMEM, "out of memory");
	server->kymo = kymo;
	pthread_mutex_init(&server->guard, NULL);
	server->control_path = control_path(settings->run_dir, err);
	r = server->control_path ? server_prepare(server, settings, err) : err->code;
	if (r < 0) {
		http_server_close(server);
		return r;
	}
	server_commit(server);
	service_listen(kymo, &(struct service_listener){ server_prepare, server_commit, server_abort, server });
	*out = server;
	return 0;
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	service_listen(server->kymo, NULL);
	join_retiring(server);
	if (find(&server->current, server->control_path ? server->control_path : ""))
		unlink(server->control_path);
	close_others(&server->current, &(struct listeners){ 0 });
	pthread_mutex_destroy(&server->guard);
	free(server->control_path);
	free(server);
}

const char *http_server_address(const struct http_server *server, uint32_t i)
{
	return i + 1 < server->current.n ? server->current.item[i + 1]->address : NULL;
}

const char *http_server_control_path(const struct http_server *server)
{
	return server->control_path;
}
