/* SPDX-License-Identifier: MIT */
/*
 * listener.c - binding. A control socket file that nobody listens on any more is
 * replaced; one that is in use belongs to another daemon and is an error.
 */
#include "http/listener.h"

#include "util/file.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 128

void listener_close(struct listener *listener)
{
	if (!listener)
		return;
	if (listener->fd >= 0 && listener->control)
		unlink(listener->configured);
	if (listener->fd >= 0)
		close(listener->fd);
	free(listener->configured);
	free(listener);
}

static struct listener *create(const char *configured, struct error *err)
{
	struct listener *listener = calloc(1, sizeof *listener);

	if (listener) {
		listener->fd = -1;
		listener->configured = strdup(configured);
		if (listener->configured)
			return listener;
	}
	listener_close(listener);
	error_set(err, -ENOMEM, "out of memory");
	return NULL;
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

static int fail(int fd)
{
	int r = -errno;

	if (fd >= 0)
		close(fd);
	return r;
}

/* fd, or a negative errno. */
static int bind_to(const struct addrinfo *to, bool beside)
{
	int one = 1, fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (beside)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	if (to->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(fd, to->ai_addr, to->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return fail(fd);
	return fd;
}

static void share_port(struct listener *const *own, uint32_t n, int yes)
{
	for (uint32_t i = 0; i < n; i++)
		if (!own[i]->control)
			setsockopt(own[i]->fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
}

/*
 * Both the kernel's socket that is bound and the one that wants to must agree to
 * share the port. Ours do so for this moment only; those of others never do.
 */
static int bind_beside(const struct addrinfo *to, struct listener *const *own, uint32_t n)
{
	int fd, no = 0;

	share_port(own, n, 1);
	fd = bind_to(to, true);
	share_port(own, n, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &no, sizeof no);
	return fd;
}

static void name_address(struct listener *listener)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof bound;
	char host[NI_MAXHOST], port[8];

	if (getsockname(listener->fd, (struct sockaddr *)&bound, &size) == 0 &&
	    getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(listener->address, sizeof listener->address,
			 bound.ss_family == AF_INET6 ? "[%.48s]:%s" : "%.48s:%s", host, port);
}

struct listener *listener_open_tcp(const char *address, struct listener *const *own, uint32_t n, struct error *err)
{
	AUTO(listener) listener = create(address, err);
	struct addrinfo *found = NULL;

	if (!listener || resolve(address, &found, err) < 0)
		return NULL;
	listener->fd = bind_to(found, false);
	if (listener->fd == -EADDRINUSE && n)
		listener->fd = bind_beside(found, own, n);
	freeaddrinfo(found);
	if (listener->fd < 0) {
		error_set(err, listener->fd, "%s: %s", address, error_name(listener->fd));
		return NULL;
	}
	name_address(listener);
	return TAKE(listener);
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

/* The process that listens there; 0: nobody does, it is a file that a killed daemon left behind. */
static pid_t listening(const struct sockaddr_un *address)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer = { .pid = -1 };
	socklen_t size = sizeof peer;

	if (fd < 0 || (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno != EAGAIN))
		return 0;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	return peer.pid > 0 ? peer.pid : -1;	/* -1: one that we cannot see from here */
}

/* fd, or a negative errno. */
static int bind_control(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	unlink(address->sun_path);
	/* The mode of the socket is that of the file from its first moment on: never open to others. */
	if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ||
	    chmod(address->sun_path, 0600) < 0 || listen(fd, BACKLOG) < 0)
		return fail(fd);
	return fd;
}

struct listener *listener_open_control(const char *path, struct error *err)
{
	AUTO(listener) listener = create(path, err);
	struct sockaddr_un address;
	pid_t other;

	if (!listener || unix_address(path, &address, err) < 0)
		return NULL;
	other = listening(&address);
	if (other) {
		error_set(err, -EADDRINUSE,
			  "%s: another kymo, process %ld, listens there (`sockets:` gives this one a folder of its own)", path,
			  (long)other);
		return NULL;
	}
	listener->control = true;
	listener->fd = bind_control(&address);
	if (listener->fd < 0) {
		error_set(err, listener->fd, "%s: %s", path, error_name(listener->fd));
		return NULL;
	}
	return TAKE(listener);
}
