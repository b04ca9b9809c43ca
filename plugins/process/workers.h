/* SPDX-License-Identifier: MIT */
/*
 * workers.h - how busy the threads are that do kymo's work: those that answer
 * HTTP or have "worker" in their name, or all if none is one.
 */
#ifndef PROCESS_WORKERS_H
#define PROCESS_WORKERS_H

#include "usage.h"

struct worker {
	pid_t tid;
	int fd;		/* its schedstat */
	double seconds;	/* on a processor, at the last read; NaN: not read yet */
};

struct workers {
	struct worker *list;
	size_t n, room;
	bool named;	/* the list holds those with the name */
	double due;	/* time of the next look for new ones */
	double share;	/* the last one; stands while all workers are new */
	bool shared;	/* there is one */
};

/*
 * The share of the time since the last call, `elapsed` seconds ago, in which
 * the workers were on a processor, 0 to 1. NaN: not known yet.
 */
double workers_share(struct workers *workers, const struct place *place, pid_t pid, double now, double elapsed);
void workers_close(struct workers *workers);

#endif
