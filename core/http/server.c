/* SPDX-License-Identifier: MIT */
/*
 * server.c - the set of listeners, the thread that accepts from them, and how a
 * reload changes both. Everything that can fail happens in prepare: addresses that
 * are new are bound and listen, but nobody accepts. commit puts the new set in the
 * place of the old. Connections that are open stay so, whatever they came by.
 */
#include "http/server.h"

#include "http/engine.h"
#include "http/listener.h"
#include "util/file.h"
#include "util/thread.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#define LISTENERS_MOST 32

struct listeners {
	uint32_t n;
	struct listener *item[LISTENERS_MOST];	/* the control socket first */
};

struct http_server {
	struct kymo *kymo;		/* NULL: not started, as is engine */
	struct engine *engine;
	char *control_path;
	struct listeners next;		/* of a reload that is being prepared */
	struct rules *next_rules;
	pthread_mutex_t guard;		/* of current: the accepting thread looks while a reload may change it */
	struct listeners current;
	int epoll, wake;		/* wake: an eventfd that ends the thread */
	pthread_t accepting;
	bool accepts;
};

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
static void close_others(struct http_server *server, const struct listeners *set, const struct listeners *kept)
{
	for (uint32_t i = 0; i < set->n; i++) {
		if (contains(kept, set->item[i]))
			continue;
		epoll_ctl(server->epoll, EPOLL_CTL_DEL, set->item[i]->fd, NULL);
		listener_close(set->item[i]);
	}
}

/* ---- accepting ---- */

/* A new connection of a listener, or -1. Under the lock, because a reload may close the listener. */
static int accept_from(struct http_server *server, const struct listener *listener, bool *control)
{
	int fd;
	LOCK(&server->guard);

	if (!contains(&server->current, listener)) {
		errno = EAGAIN;
		return -1;
	}
	fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	*control = listener->control;
	return fd;
}

/* The connection waits on; so must we, or we would turn in a circle. */
static void out_of_descriptors(struct log_limit *limit)
{
	const struct timespec nap = { .tv_nsec = 100000000 };
	uint64_t suppressed;
	int code = -errno;

	if (log_due(limit, &suppressed))
		log_error(LOG_HTTP, "a connection cannot be accepted: %s", error_name(code));
	nanosleep(&nap, NULL);
}

static void *accept_connections(void *data)
{
	struct http_server *server = data;
	struct log_limit limit = { 0 };
	struct epoll_event event;
	bool control = false;
	int fd;

	for (;;) {
		if (epoll_wait(server->epoll, &event, 1, -1) != 1)
			continue;
		if (!event.data.ptr)
			return NULL;
		fd = accept_from(server, event.data.ptr, &control);
		if (fd >= 0)
			engine_add(server->engine, fd, control);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			out_of_descriptors(&limit);
	}
}

static int watch(struct http_server *server, int fd, struct listener *listener)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = listener };

	return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void wake_up(const struct http_server *server)
{
	const uint64_t one = 1;

	while (write(server->wake, &one, sizeof one) < 0 && errno == EINTR)
		;
}

static int start_accepting(struct http_server *server, struct error *err)
{
	int r = 0;

	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->epoll < 0 || server->wake < 0)
		r = -errno;
	if (r == 0)
		r = watch(server, server->wake, NULL);
	if (r == 0)
		r = thread_start(&server->accepting, "kymo-accept", accept_connections, server);
	server->accepts = r == 0;
	return r < 0 ? error_set(err, r, "the HTTP server does not start: %s", error_name(r)) : 0;
}

static void stop_accepting(struct http_server *server)
{
	if (server->accepts) {
		wake_up(server);
		pthread_join(server->accepting, NULL);
	}
	if (server->epoll >= 0)
		close(server->epoll);
	if (server->wake >= 0)
		close(server->wake);
	server->epoll = server->wake = -1;
}

/* ---- reload ---- */

/* Reloads come one after another, so this stays true for one of them. */
static struct listeners current_now(struct http_server *server)
{
	LOCK(&server->guard);
	return server->current;
}

static struct listener *open_new(struct http_server *server, const char *configured, const struct listeners *current,
				 struct error *err)
{
	if (configured == server->control_path)
		return listener_open_control(configured, err);
	return listener_open_tcp(configured, current->item, current->n, err);
}

/* The one that there is, or a new one, on which nobody accepts yet. */
static int add(struct http_server *server, const char *configured, struct error *err)
{
	const struct listeners current = current_now(server);
	struct listeners *next = &server->next;
	struct listener *listener = find(&current, configured);

	if (find(next, configured))
		return error_set(err, -EINVAL, "http.listen: %s is there twice", configured);
	if (next->n == LISTENERS_MOST)
		return error_set(err, -E2BIG, "http.listen: at most %d addresses", LISTENERS_MOST - 1);
	if (!listener)
		listener = open_new(server, configured, &current, err);
	if (!listener)
		return err->code ? err->code : -EIO;
	next->item[next->n++] = listener;
	return 0;
}

static void server_abort(void *data)
{
	struct http_server *server = data;
	const struct listeners current = current_now(server);

	close_others(server, &server->next, &current);
	server->next.n = 0;
	rules_release(TAKE(server->next_rules));
}

static int server_prepare(void *data, const struct settings *settings, struct error *err)
{
	struct http_server *server = data;
	int r = 0;

	server->next_rules = rules_create(settings);
	if (!server->next_rules)
		return error_set(err, -ENOMEM, "out of memory");
	r = add(server, server->control_path, err);
	for (uint32_t i = 0; r == 0 && i < settings->http.n_listen; i++)
		r = add(server, settings->http.listen[i], err);
	if (r < 0)
		server_abort(server);
	return r;
}

static void log_listening(const struct listener *listener)
{
	if (listener->control)
		log_info(LOG_HTTP, "listening on %s (control socket)", listener->configured);
	else
		log_info(LOG_HTTP, "listening on http://%s", listener->address);
}

/* What watch() needs is there since the start, but for memory of the kernel. */
static void watch_new(struct http_server *server, struct listener *listener)
{
	int r = watch(server, listener->fd, listener);

	if (r < 0)
		log_error(LOG_HTTP, "%s: nobody can connect: %s", listener->configured, error_name(r));
	else
		log_listening(listener);
}

/* Who has connected to an address that goes away, but was not accepted yet, is not to be cut off. */
static void accept_last(struct http_server *server, const struct listeners *old, const struct listeners *kept)
{
	for (uint32_t i = 0; i < old->n; i++) {
		struct listener *listener = old->item[i];
		int fd;

		if (contains(kept, listener))
			continue;
		while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
			engine_add(server->engine, fd, listener->control);
	}
}

static void server_commit(void *data)
{
	struct http_server *server = data;
	const struct listeners old = current_now(server), next = server->next;

	struct host_stats stats;

	server->next.n = 0;
	host_stats(service_host(server->kymo), &stats);
	server->next_rules->failures_before = stats.reload_failures;
	engine_set_rules(server->engine, TAKE(server->next_rules));
	pthread_mutex_lock(&server->guard);
	server->current = next;
	accept_last(server, &old, &server->current);
	close_others(server, &old, &server->current);
	pthread_mutex_unlock(&server->guard);
	/* From the first of these on, requests may come, and ask for the next reload. */
	for (uint32_t i = 0; i < next.n; i++)
		if (!contains(&old, next.item[i]))
			watch_new(server, next.item[i]);
}

/* ---- all of it ---- */

/* A folder of somebody else (in /tmp, say) would hand our socket to them. */
static int check_owner(const char *dir, struct error *err)
{
	struct stat status;

	if (stat(dir, &status) < 0)
		return error_set(err, -errno, "%s: %s", dir, error_name(-errno));
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return error_set(err, -EPERM, "%s: belongs to another user (`sockets:` names another folder)", dir);
	if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX))
		return error_set(err, -EPERM, "%s: anybody may write to it (`sockets:` names another folder)", dir);
	return 0;
}

static char *make_control_path(const char *run_dir, struct error *err)
{
	char *path = NULL;

	if (dir_make(run_dir, 0755, err) < 0 || check_owner(run_dir, err) < 0)
		return NULL;
	path = path_join(run_dir, "control");
	if (!path)
		error_set(err, -ENOMEM, "out of memory");
	return path;
}

int http_server_open(const struct settings *settings, struct http_server **out, struct error *err)
{
	struct http_server *server = calloc(1, sizeof *server);
	int r;

	if (!server)
		return error_set(err, -ENOMEM, "out of memory");
	server->epoll = server->wake = -1;
	pthread_mutex_init(&server->guard, NULL);
	server->control_path = make_control_path(settings->run_dir, err);
	r = server->control_path ? server_prepare(server, settings, err) : err->code;
	if (r < 0)
		http_server_close(server);
	else
		*out = server;
	return r;
}

int http_server_start(struct http_server *server, struct kymo *kymo, struct error *err)
{
	int r = engine_start(kymo, rules_hold(server->next_rules), &server->engine, err);

	if (r == 0)
		r = start_accepting(server, err);
	if (r < 0)
		return r;
	server->kymo = kymo;
	service_listen(kymo, &(struct service_listener){ server_prepare, server_commit, server_abort, server });
	return 0;
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	if (server->kymo)
		service_listen(server->kymo, NULL);
	stop_accepting(server);
	server_abort(server);		/* what was opened, but not started */
	close_others(server, &server->current, &(struct listeners){ 0 });
	engine_stop(server->engine);
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
