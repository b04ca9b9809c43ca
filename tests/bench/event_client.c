/* SPDX-License-Identifier: MIT */
/*
 * event_client.c - what recording an event costs the program that does it.
 *
 *	bench-event-client [EVENTS [SECONDS]]
 *
 * A child drains the socket as a daemon would, into one buffer, and counts.
 * "full speed" records without pause: more than anyone can drain, so most is
 * lost, and that is counted. "paced" records 100,000 events a second in bursts
 * of 100. Costs are the CPU time of the recording thread, user and kernel.
 */
#include <kymo/event.h>

#include <signal.h>
#include <sys/wait.h>

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- The daemon's side: a child that counts lines ---- */

struct daemon {
	char folder[64], path[96];
	int fd, answer[2];
	pid_t pid;
};

static uint64_t lines(const char *text, size_t n)
{
	uint64_t count = 0;

	for (const char *at = text; (at = memchr(at, '\n', n - (size_t)(at - text))); at++)
		count++;
	return count;
}

/* Until a datagram that is only "end". Reports of losses are lines as well. */
static void drain(const struct daemon *daemon)
{
	static char text[1 << 16];
	uint64_t events = 0;
	ssize_t n;

	while ((n = recv(daemon->fd, text, sizeof text, 0)) > 0) {
		if (n == 3) {
			if (write(daemon->answer[1], &events, sizeof events) < 0)
				_exit(1);
			events = 0;
			continue;
		}
		events += lines(text, (size_t)n);
		if (memmem(text, (size_t)n, "kymo.events.dropped", 19))
			events--;
	}
	_exit(0);
}

static bool daemon_start(struct daemon *daemon)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };

	strcpy(daemon->folder, "/tmp/kymo-bench-XXXXXX");
	if (!mkdtemp(daemon->folder) || pipe(daemon->answer) < 0)
		return false;
	snprintf(daemon->path, sizeof daemon->path, "%s/events", daemon->folder);
	strcpy(place.sun_path, daemon->path);
	daemon->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(daemon->fd, (struct sockaddr *)&place, sizeof place) < 0)
		return false;
	setenv("KYMO_EVENTS", daemon->path, 1);
	daemon->pid = fork();
	if (daemon->pid == 0)
		drain(daemon);
	return daemon->pid > 0;
}

static uint64_t daemon_count(const struct daemon *daemon)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	uint64_t events = 0;

	strcpy(place.sun_path, daemon->path);
	sendto(fd, "end", 3, 0, (struct sockaddr *)&place, sizeof place);
	close(fd);
	return read(daemon->answer[0], &events, sizeof events) == sizeof events ? events : 0;
}

static void daemon_stop(const struct daemon *daemon)
{
	kill(daemon->pid, SIGTERM);
	waitpid(daemon->pid, NULL, 0);
	unlink(daemon->path);
	rmdir(daemon->folder);
}

/* ---- The program's side ---- */

static void record(long i)
{
	kymo_record_api_request("/api/v1/orders/:id", 200 + (int)(i & 3), 12.345 + (double)(i & 1023) / 1000);
}

static void report(const char *name, const struct daemon *daemon, long events, double cpu, uint64_t lost_before)
{
	uint64_t lost, arrived;

	kymo_event_flush();
	lost = kymo_event_dropped() - lost_before;
	arrived = daemon_count(daemon);
	printf("%-10s %9ld events %7.1f ns/event  %8llu arrived  %8llu lost\n", name, events,
	       cpu * 1e9 / (double)events, (unsigned long long)arrived, (unsigned long long)lost);
}

static void full_speed(const struct daemon *daemon, long events)
{
	uint64_t lost = kymo_event_dropped();
	double start = cpu_seconds();

	for (long i = 0; i < events; i++)
		record(i);
	report("full speed", daemon, events, cpu_seconds() - start, lost);
}

static void paced(const struct daemon *daemon, long seconds)
{
	uint64_t lost = kymo_event_dropped();
	long events = 0;
	double recording = 0;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	while (events < seconds * 100000) {
		double start = cpu_seconds();

		for (long end = events + 100; events < end; events++)
			record(events);
		recording += cpu_seconds() - start;
		next.tv_nsec += 1000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	report("paced", daemon, events, recording, lost);
}

int main(int argc, char **argv)
{
	long events = argc > 1 ? atol(argv[1]) : 2000000;
	long seconds = argc > 2 ? atol(argv[2]) : 3;
	struct daemon daemon;

	if (!daemon_start(&daemon)) {
		perror("event_client");
		return 1;
	}
	full_speed(&daemon, events);
	paced(&daemon, seconds);
	daemon_stop(&daemon);
	return 0;
}
