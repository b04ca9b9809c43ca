/* SPDX-License-Identifier: MIT */
/*
 * event_socket.c - one thread sleeps in poll, takes what has come with recvmmsg,
 * parses and routes it. An eventfd ends it. Buffers hold the largest datagram that a
 * client of <kymo/event.h> sends, and tell when one was larger.
 */
#include "host/event_socket.h"

#include "host/event.h"
#include "util/thread.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define DATAGRAM_MOST (64 << 10)
#define AT_ONCE 16
#define RECEIVE_BUFFER (8 << 20)

struct event_socket {
	struct host *host;
	char *path;
	int fd, end_fd;
	pthread_t thread;
	bool runs;
	struct events events;
	struct mmsghdr headers[AT_ONCE];
	struct iovec places[AT_ONCE];
	char *room;			/* AT_ONCE datagrams; pages come as they are used */
	struct log_limit log;
	_Atomic uint64_t datagrams, taken, malformed, oversized;
};

static void say_bad(struct event_socket *socket, const char *why)
{
	uint64_t unsaid;

	if (log_due(&socket->log, &unsaid))
		log_warn(LOG_HOST, "%s: an event is refused: %s", socket->path, why);
}

static void take(struct event_socket *socket, const char *text, size_t n)
{
	struct error err = { 0 };
	uint32_t bad = 0;
	int r = events_parse_lines(&socket->events, text, n, clock_now(&clock_system), &bad, &err);

	if (r < 0)
		bad++;
	else
		host_events(socket->host, socket->events.items, socket->events.n);
	atomic_fetch_add_explicit(&socket->taken, r < 0 ? 0 : socket->events.n, memory_order_relaxed);
	atomic_fetch_add_explicit(&socket->malformed, bad, memory_order_relaxed);
	if (bad)
		say_bad(socket, err.count ? error_text(&err) : error_name(r));
	error_clear(&err);
}

static void take_one(struct event_socket *socket, const struct mmsghdr *header)
{
	atomic_fetch_add_explicit(&socket->datagrams, 1, memory_order_relaxed);
	if (header->msg_hdr.msg_flags & MSG_TRUNC) {
		atomic_fetch_add_explicit(&socket->oversized, 1, memory_order_relaxed);
		say_bad(socket, "the datagram is larger than 64 KiB");
		return;
	}
	take(socket, header->msg_hdr.msg_iov->iov_base, header->msg_len);
}

/* What is there now; false: nothing. */
static bool drain(struct event_socket *socket)
{
	int n = recvmmsg(socket->fd, socket->headers, AT_ONCE, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n; i++)
		take_one(socket, &socket->headers[i]);
	return n > 0;
}

static void *run(void *data)
{
	struct event_socket *socket = data;
	struct pollfd waiting[] = { { .fd = socket->fd, .events = POLLIN }, { .fd = socket->end_fd, .events = POLLIN } };

	for (;;) {
		if (poll(waiting, 2, -1) < 0 && errno != EINTR)
			break;
		while (drain(socket) && !(waiting[1].revents & POLLIN))
			;
		if (waiting[1].revents & POLLIN)
			break;
	}
	return NULL;
}

static int address_of(const char *path, struct sockaddr_un *address, struct error *err)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address->sun_path)
		return error_set(err, -ENAMETOOLONG, "%s: the path of a socket is at most %zu bytes long", path,
				 sizeof address->sun_path - 1);
	strcpy(address->sun_path, path);
	return 0;
}

static bool in_use(const struct sockaddr_un *address)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
}

static int bind_path(const char *path, struct error *err)
{
	int room = RECEIVE_BUFFER, fd, r;
	struct sockaddr_un address;

	r = address_of(path, &address, err);
	if (r < 0)
		return r;
	if (in_use(&address))
		return error_set(err, -EADDRINUSE, "%s: another kymo listens there (`sockets:` gives this one a folder of its own)",
				 path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0666) < 0) {
		r = error_set(err, -errno, "%s: %s", path, error_name(-errno));
		if (fd >= 0)
			close(fd);
		return r;
	}
	return fd;
}

static int make_parts(struct event_socket *socket, const char *path)
{
	socket->path = strdup(path);
	socket->end_fd = eventfd(0, EFD_CLOEXEC);
	socket->room = malloc((size_t)AT_ONCE * DATAGRAM_MOST);
	if (!socket->path || !socket->room || socket->end_fd < 0)
		return -ENOMEM;
	for (int i = 0; i < AT_ONCE; i++) {
		socket->places[i] = (struct iovec){ socket->room + (size_t)i * DATAGRAM_MOST, DATAGRAM_MOST };
		socket->headers[i].msg_hdr.msg_iov = &socket->places[i];
		socket->headers[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

int event_socket_open(const char *path, struct host *host, struct event_socket **out, struct error *err)
{
	struct event_socket *socket = calloc(1, sizeof *socket);
	int r;

	if (!socket)
		return error_set(err, -ENOMEM, "out of memory");
	socket->host = host;
	socket->fd = socket->end_fd = -1;
	r = make_parts(socket, path);
	if (r < 0)
		error_set(err, r, "%s: %s", path, error_name(r));
	else
		r = socket->fd = bind_path(path, err);
	if (r >= 0 && (r = thread_start(&socket->thread, "kymo-events", run, socket)) < 0)
		error_set(err, r, "%s: no thread: %s", path, error_name(r));
	if (r < 0) {
		event_socket_close(socket);
		return r;
	}
	socket->runs = true;
	*out = socket;
	return 0;
}

void event_socket_close(struct event_socket *socket)
{
	const uint64_t one = 1;

	if (!socket)
		return;
	if (socket->fd >= 0)
		unlink(socket->path);
	if (socket->runs && write(socket->end_fd, &one, sizeof one) == (ssize_t)sizeof one)
		pthread_join(socket->thread, NULL);
	while (socket->runs && drain(socket))
		;
	if (socket->fd >= 0)
		close(socket->fd);
	if (socket->end_fd >= 0)
		close(socket->end_fd);
	events_fini(&socket->events);
	free(socket->room);
	free(socket->path);
	free(socket);
}

void event_socket_stats(const struct event_socket *socket, struct event_socket_stats *stats)
{
	*stats = (struct event_socket_stats){ socket->datagrams, socket->taken, socket->malformed, socket->oversized };
}
