/* SPDX-License-Identifier: MIT */
/*
 * workers.c - the schedstat of each thread stays open, so that a collect costs
 * one pread a thread. Threads are looked for every few seconds, once the workers
 * are known once a minute, and when one has ended.
 */
#include "workers.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../entries.h"
#include "../proc.h"

enum { MOST = 64 };
static const double every = 5, every_named = 60;	/* seconds */

static void forget(struct workers *workers, size_t i)
{
	close(workers->list[i].fd);
	workers->list[i] = workers->list[--workers->n];
	if (!workers->n)
		workers->named = false;
}

static bool is_known(const struct workers *workers, pid_t tid)
{
	for (size_t i = 0; i < workers->n; i++)
		if (workers->list[i].tid == tid)
			return true;
	return false;
}

static void add(struct workers *workers, const struct place *place, pid_t pid, pid_t tid)
{
	char name[64];
	int fd;

	if (workers->n == MOST || is_known(workers, tid))
		return;
	if (workers->n == workers->room) {
		struct worker *list = realloc(workers->list, (workers->room + 8) * sizeof *list);

		if (!list)
			return;
		workers->list = list;
		workers->room += 8;
	}
	snprintf(name, sizeof name, "task/%d/schedstat", (int)tid);
	if ((fd = place_open(place, pid, name, 0)) >= 0)
		workers->list[workers->n++] = (struct worker){ .tid = tid, .fd = fd, .seconds = NAN };
}

/* The threads that answer HTTP: "MHD-single" and "MHD-worker" as libmicrohttpd names them, and those for queries
 * and writes. */
static bool is_worker(const struct place *place, pid_t pid, pid_t tid)
{
	char name[64], text[32];

	snprintf(name, sizeof name, "task/%d/comm", (int)tid);
	if (place_read(place, pid, name, text, sizeof text) <= 0)
		return false;
	return strstr(text, "worker") || !strncmp(text, "MHD-", 4) || !strncmp(text, "kymo-query", 10) ||
	       !strncmp(text, "kymo-write", 10);
}

/* Once there are threads with the name, the others do not count any more. */
static void consider(struct workers *workers, const struct place *place, pid_t pid, pid_t tid)
{
	bool named = is_worker(place, pid, tid);

	if (named && !workers->named) {
		while (workers->n)
			forget(workers, 0);
		workers->named = true;
	}
	if (named || !workers->named)
		add(workers, place, pid, tid);
}

static void look(struct workers *workers, const struct place *place, pid_t pid)
{
	const struct dirent64 *entry;
	struct entries list = { .fd = place_open(place, pid, "task", O_DIRECTORY) };

	if (list.fd < 0)
		return;
	while ((entry = entries_next(&list)))
		consider(workers, place, pid, (pid_t)atoi(entry->d_name));
	close(list.fd);
}

static bool read_seconds(int fd, double *seconds)
{
	char text[128];
	const char *at = text;
	uint64_t ns;

	if (proc_read(fd, text, sizeof text) <= 0 || !proc_number(&at, &ns))
		return false;
	*seconds = (double)ns / 1e9;
	return true;
}

double workers_share(struct workers *workers, const struct place *place, pid_t pid, double now, double elapsed)
{
	double busy = 0, seconds;
	size_t counted = 0;

	if (now >= workers->due) {
		look(workers, place, pid);
		workers->due = now + (workers->named ? every_named : every);
	}
	for (size_t i = 0; i < workers->n;) {
		struct worker *worker = &workers->list[i];

		if (!read_seconds(worker->fd, &seconds)) {
			forget(workers, i);
			workers->due = now;
			continue;
		}
		if (!isnan(worker->seconds) && seconds >= worker->seconds) {
			busy += seconds - worker->seconds;
			counted++;
		}
		worker->seconds = seconds;
		i++;
	}
	if (!(elapsed > 0))
		return NAN;
	if (counted)
		workers->share = fmin(busy / (elapsed * (double)counted), 1);
	else if (!workers->shared || !workers->n)
		return NAN;
	workers->shared = true;
	return workers->share;
}

void workers_close(struct workers *workers)
{
	while (workers->n)
		forget(workers, 0);
	free(workers->list);
	*workers = (struct workers){ 0 };
}
