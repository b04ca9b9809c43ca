/* SPDX-License-Identifier: MIT */
/*
 * events.c - what the daemon's side of an event costs: from the datagram in the
 * kernel to the collectors that take it, by CPU time of the thread that reads.
 * Sender and reader alternate on one thread, so the sender's time can be left out.
 */
#include "bench.h"
#include "host/event.h"
#include "host/event_router.h"
#include "util/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS = 21, DATAGRAMS = 100, EVENTS = 100 };

static size_t make_datagram(char *text, size_t room)
{
	size_t n = 0;

	for (int i = 0; i < EVENTS; i++)
		n += (size_t)snprintf(text + n, room - n, "{\"name\":\"api.request\",\"value\":%d.5,\"at\":1700000000%03d,"
				      "\"labels\":{\"endpoint\":\"/orders/:id\",\"status\":\"200\"}}\n", i, i);
	return n;
}

static uint32_t read_one(int fd, char *room, struct events *events, struct event_router *router)
{
	ssize_t n = recv(fd, room, 65536, 0);
	uint32_t bad;

	if (n < 0 || events_parse_lines(events, room, (size_t)n, 1, &bad, NULL) < 0)
		exit(1);
	return event_router_route(router, events->items, events->n);
}

static void drop(struct event_queue *queue)
{
	for (struct event_parcel *parcel = event_queue_take(queue), *next; parcel; parcel = next) {
		next = parcel->next;
		event_parcel_free(parcel);
	}
}

int main(void)
{
	static char text[65536], room[65536];
	struct event_queue *queue = event_queue_create(1 << 20);
	struct event_router *router = event_router_create();
	size_t n = make_datagram(text, sizeof text);
	struct events events = { 0 };
	double ns[ROUNDS];
	int fds[2];

	if (!queue || !router || socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) < 0)
		return 1;
	event_router_set(router, queue, (const char *const[]){ "api.*", NULL });
	for (int r = 0; r < ROUNDS; r++) {
		int64_t spent = 0;

		for (int d = 0; d < DATAGRAMS; d++) {
			int64_t begin;

			if (send(fds[0], text, n, 0) < 0)
				return 1;
			begin = clock_thread_cpu_ns();
			if (read_one(fds[1], room, &events, router) != EVENTS)
				return 1;
			drop(queue);
			spent += clock_thread_cpu_ns() - begin;
		}
		ns[r] = (double)spent / (DATAGRAMS * EVENTS);
	}
	qsort(ns, ROUNDS, sizeof *ns, bench_by_value);
	printf("event, socket to queue %7.1f ns CPU, %.0f events/s by one core (goal: at least 200000)\n", ns[ROUNDS / 2],
	       1e9 / ns[ROUNDS / 2]);
	events_fini(&events);
	event_router_destroy(router);
	event_queue_destroy(queue);
	close(fds[0]);
	close(fds[1]);
	return 0;
}
