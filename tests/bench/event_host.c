/* SPDX-License-Identifier: MIT */
/*
 * event_host.c - events all the way: the client's header, the socket `events`, its
 * thread, the router, the api collector on its thread, the store.
 *
 *	bench-event-host [SECONDS]	3 if not said
 *
 * "paced" records 100,000 events a second, and none may be lost. "as they come" sends
 * datagrams of 100 events and waits while the socket is full. Costs are the CPU time of
 * all threads but the one that sends.
 */
#include "host/event_socket.h"
#include "util/clock.h"

#include <kymo/event.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { A_SECOND = 100000, BURST = 100, DATAGRAMS = 5000 };

struct daemon {
	char dir[64], path[96];
	struct store *store;
	struct host *host;
	struct event_socket *socket;
};

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void daemon_start(struct daemon *daemon)
{
	static const char nothing[] = "plugins: []\nhttp: off\nlog: {level: warn}\n", api[] = "{plugin: api, interval: 1s}";
	struct error err = { 0 };
	struct store_options options;
	struct settings *settings;

	strcpy(daemon->dir, "/tmp/kymo-bench-XXXXXX");
	if (!mkdtemp(daemon->dir))
		fail("mkdtemp");
	snprintf(daemon->path, sizeof daemon->path, "%s/events", daemon->dir);
	setenv("KYMO_EVENTS", daemon->path, 1);
	options = store_options_preset(daemon->dir);
	settings = settings_parse("bench", nothing, strlen(nothing), &err);
	if (!settings || store_open(&options, &daemon->store, &err) < 0 ||
	    host_create(&(struct host_options){ .store = daemon->store }, &daemon->host, &err) < 0 ||
	    host_apply(daemon->host, settings, NULL, &err) < 0 ||
	    host_add(daemon->host, api, strlen(api), &kymo_plugin, &err) < 0 ||
	    event_socket_open(daemon->path, daemon->host, &daemon->socket, &err) < 0)
		fail(error_text(&err));
}

static void daemon_stop(struct daemon *daemon)
{
	char *command;

	event_socket_close(daemon->socket);
	host_destroy(daemon->host);
	store_close(daemon->store);
	if (asprintf(&command, "rm -rf %s", daemon->dir) < 0 || system(command) != 0)
		fail("cannot remove the folder");
	free(command);
}

/* ---- measuring ---- */

struct measure {
	int64_t cpu;
	uint64_t events, dropped;
};

/* What was sent and is still in the socket or in the queue gets its time. */
static struct measure measure(struct daemon *daemon, uint64_t expected)
{
	static const struct timespec pause = { 0, 20000000 };
	struct host_stats stats;

	for (int i = 0; i < 50; i++) {
		host_stats(daemon->host, &stats);
		if (stats.events >= expected && i > 10)
			break;
		nanosleep(&pause, NULL);
	}
	return (struct measure){ clock_process_cpu_ns() - clock_thread_cpu_ns(), stats.events, stats.events_dropped };
}

static uint64_t report(const char *name, struct measure begin, struct measure end, uint64_t sent)
{
	uint64_t events = end.events - begin.events, lost = sent - events + end.dropped - begin.dropped;
	double ns = (double)(end.cpu - begin.cpu) / (double)events;

	printf("%-14s %8llu events %8.1f ns CPU, %.0f events/s by one core (goal: at least 200000), %llu lost\n", name,
	       (unsigned long long)events, ns, 1e9 / ns, (unsigned long long)lost);
	return lost;
}

/* ---- sending ---- */

static void wait_a_millisecond(struct timespec *next)
{
	next->tv_nsec += 1000000;
	if (next->tv_nsec >= 1000000000) {
		next->tv_nsec -= 1000000000;
		next->tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

static uint64_t paced(struct daemon *daemon, int seconds)
{
	struct measure begin = measure(daemon, 0);
	long events = 0, all = (long)seconds * A_SECOND;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	while (events < all) {
		for (long end = events + BURST; events < end; events++)
			kymo_record_api_request("/api/v1/orders/:id", 200 + (int)(events & 3), 12.345 + (double)(events & 1023) / 1000);
		wait_a_millisecond(&next);
	}
	kymo_event_flush();
	return report("paced", begin, measure(daemon, begin.events + (uint64_t)all), (uint64_t)all);
}

static size_t make_datagram(char *text, size_t room)
{
	size_t n = 0;

	for (int i = 0; i < BURST; i++)
		n += (size_t)snprintf(text + n, room - n, "{\"name\":\"api.request\",\"value\":%d.5,"
				      "\"labels\":{\"endpoint\":\"/orders/:id\",\"status\":\"200\"}}\n", i);
	return n;
}

static void as_they_come(struct daemon *daemon)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct measure begin = measure(daemon, 0);
	uint64_t all = (uint64_t)DATAGRAMS * BURST;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	static char text[65536];
	size_t n = make_datagram(text, sizeof text);

	strcpy(address.sun_path, daemon->path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		fail("connect");
	for (int i = 0; i < DATAGRAMS; i++)
		if (send(fd, text, n, 0) < 0)
			fail("send");
	close(fd);
	report("as they come", begin, measure(daemon, begin.events + all), all);
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 3;
	struct daemon daemon;
	uint64_t lost;

	daemon_start(&daemon);
	lost = paced(&daemon, seconds);
	as_they_come(&daemon);
	daemon_stop(&daemon);
	return lost != 0;
}
