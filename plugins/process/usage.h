/* SPDX-License-Identifier: MIT */
/*
 * usage.h - what one process uses, read from its folder in /proc.
 *
 * Nothing stays open, so a process may vanish between any two reads; each
 * function then fails with -ESRCH or leaves its value NaN.
 */
#ifndef PROCESS_USAGE_H
#define PROCESS_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The folder that is read as /proc. */
struct place {
	int root;		/* O_PATH */
	bool live;		/* it shows the processes of this very kernel and PID namespace */
	double ticks, page;	/* clock ticks a second, bytes a page */
};

/* Everything but pid and start may be NaN: not to be had. */
struct usage {
	pid_t pid;
	uint64_t start;		/* ticks since the machine started; with the pid it names the process */
	uint32_t threads;
	char state;
	double cpu;		/* seconds of all threads, since start */
	double main;		/* seconds of the main thread on a processor */
	double rss;		/* bytes */
	double heap_total, heap_used;
	double heap_due;	/* time from which the heap may be read again */
	double handles;
	double busy;		/* threads that run or wait for a disk */
	double cpu_share, main_share;	/* since the last collect */
};

/* root must be open; tells whether it is live. */
void place_init(struct place *place, int root);

/* Seconds since the machine started; negative: -errno. */
double place_now(const struct place *place);

/* The text of /proc/PID/NAME, NUL-ended: its length or -errno. */
ssize_t place_read(const struct place *place, pid_t pid, const char *name, char *text, size_t size);
int place_open(const struct place *place, pid_t pid, const char *name, int flags);

/* pid, start, threads, state, cpu, rss; all else NaN. 0 or -errno. */
int usage_read(const struct place *place, pid_t pid, struct usage *usage);

void usage_read_main(const struct place *place, struct usage *usage);
void usage_read_handles(const struct place *place, struct usage *usage);
void usage_read_busy(const struct place *place, struct usage *usage);

/*
 * The kernel walks the page tables of the heap for this, so what it took
 * decides when it may be done again: a thousandth of the time at most. Until
 * then the values of `last` stand; NULL: there are none.
 */
void usage_read_heap(const struct place *place, double now, const struct usage *last, struct usage *usage);

#endif
