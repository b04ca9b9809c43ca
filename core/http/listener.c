/* SPDX-License-Identifier: MIT */
/*
 * listener.c - binding. A control socket file that nobody listens on any more is
 * replaced; one that is in use belongs to another daemon and is an error.
 */
#include "http/listener.h"

#include "util/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#define DRAIN_MS 5000

static int copy_rules(struct listener_rules *rules, const struct settings *settings)
{
	rules->admin = settings->http.admin;
	rules->connections = settings->http.connections;
	rules->body = settings->http.body;
	rules->hosts = calloc(settings->http.n_hosts + 1, sizeof *rules->hosts);
	if (!rules->hosts)
		return -ENOMEM;
	for (; rules->n_hosts < settings->http.n_hosts; rules->n_hosts++) {
		rules->hosts[rules->n_hosts] = strdup(settings->http.hosts[rules->n_hosts]);
		if (!rules->hosts[rules->n_hosts])
			return -ENOMEM;
	}
	return 0;
}

static struct listener *create(struct kymo *kymo, const char *configured, const struct settings *settings)
{
	struct listener *listener = calloc(1, sizeof *listener);

	if (!listener)
		return NULL;
	listener->kymo = kymo;
	listener->fd = -1;
	listener->configured = strdup(configured);
	if (!listener->configured || copy_rules(&listener->rules, settings) < 0) {
		listener_close(listener);
		return NULL;
	}
	return listener;
}

/* "host:port" or "[v6]:port" into its parts; the configuration has checked the form. */
static int resolve(const char *address, struct addrinfo **found, struct error *err)
{
	char host[256];
	const char *colon = strrchr(address, ':');
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	size_t n = colon ? (size_t)(colon - address) : 0;
	int r;

	if (!colon || n >= sizeof host)
		return error_set(err, -EINVAL, "%s: not an address (write 127.0.0.1:9465 or [::1]:9465)", address);
	memcpy(host, address, n);
	host[n] = '\0';
	if (host[0] == '[' && n > 1 && host[n - 1] == ']') {
		host[n - 1] = '\0';
		memmove(host, host + 1, n - 1);
	}
	r = getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, found);
	return r == 0 ? 0 : error_set(err, -EINVAL, "%s: %s", address, gai_strerror(r));
}

static int bind_tcp(const char *address, struct error *err)
{
	struct addrinfo *found = NULL;
	int fd, one = 1, r = resolve(address, &found, err);

	if (r < 0)
		return r;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		if (found->ai_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	}
	if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, 128) < 0) {
		r = error_set(err, -errno, "%s: %s", address, error_name(-errno));
		if (fd >= 0)
			close(fd);
		fd = r;
	}
	freeaddrinfo(found);
	return fd;
}

static void name_address(struct listener *listener)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof bound;
	char host[INET6_ADDRSTRLEN + 1], port[8];

	if (getsockname(listener->fd, (struct sockaddr *)&bound, &size) < 0 ||
	    getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	snprintf(listener->address, sizeof listener->address, bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static struct listener *serve(struct listener *listener, struct error *err)
{
	int r = listener_serve(listener);

	if (r == 0)
		return listener;
	error_set(err, r, "%s: the HTTP server does not start: %s", listener->configured, error_name(r));
	listener_close(listener);
	return NULL;
}

struct listener *listener_open_tcp(struct kymo *kymo, const char *address, const struct settings *settings, struct error *err)
{
	struct listener *listener = create(kymo, address, settings);

	if (!listener) {
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	listener->fd = bind_tcp(address, err);
	if (listener->fd < 0) {
		listener_close(listener);
		return NULL;
	}
	name_address(listener);
	return serve(listener, err);
}

static int unix_address(const char *path, struct sockaddr_un *address, struct error *err)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address->sun_path)
		return error_set(err, -ENAMETOOLONG, "%s: the path of a socket is at most %zu bytes long", path,
				 sizeof address->sun_path - 1);
	strcpy(address->sun_path, path);
	return 0;
}

/* Does a daemon still answer there? */
static bool in_use(const struct sockaddr_un *address)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
}

static int bind_control(const char *path, struct error *err)
{
	struct sockaddr_un address;
	int fd, r = unix_address(path, &address, err);

	if (r < 0)
		return r;
	if (in_use(&address))
		return error_set(err, -EADDRINUSE, "%s: another kymo listens there (`sockets:` gives this one a folder of its own)",
				 path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		fchmod(fd, 0600);	/* before bind: the file is never open to others */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0600) < 0 || listen(fd, 128) < 0) {
		r = error_set(err, -errno, "%s: %s", path, error_name(-errno));
		if (fd >= 0)
			close(fd);
		return r;
	}
	return fd;
}

struct listener *listener_open_control(struct kymo *kymo, const char *path, const struct settings *settings, struct error *err)
{
	struct listener *listener = create(kymo, path, settings);

	if (!listener) {
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	listener->fd = bind_control(path, err);
	if (listener->fd < 0) {
		listener_close(listener);
		return NULL;
	}
	listener->control = true;
	return serve(listener, err);
}

struct listener *listener_open_again(const struct listener *old, const struct settings *settings, struct error *err)
{
	struct listener *listener = create(old->kymo, old->configured, settings);

	if (!listener) {
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	listener->control = old->control;
	memcpy(listener->address, old->address, sizeof listener->address);
	listener->fd = fcntl(old->fd, F_DUPFD_CLOEXEC, 0);
	if (listener->fd < 0) {
		error_set(err, -errno, "%s: %s", old->configured, error_name(-errno));
		listener_close(listener);
		return NULL;
	}
	return serve(listener, err);
}

static void drain(struct listener *listener)
{
	const struct timespec nap = { .tv_nsec = 10000000 };

	for (int64_t end = clock_mono_ns() + DRAIN_MS * INT64_C(1000000); listener->requests && clock_mono_ns() < end;)
		nanosleep(&nap, NULL);
}

void listener_close(struct listener *listener)
{
	if (!listener)
		return;
	if (listener->daemon) {
		MHD_quiesce_daemon(listener->daemon);
		drain(listener);
		MHD_stop_daemon(listener->daemon);
	}
	if (listener->fd >= 0)
		close(listener->fd);
	for (uint32_t i = 0; i < listener->rules.n_hosts; i++)
		free(listener->rules.hosts[i]);
	free(listener->rules.hosts);
	free(listener->configured);
	free(listener);
}
