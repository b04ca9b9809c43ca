/* SPDX-License-Identifier: MIT */
/*
 * fault.h - let the nth call of malloc, write, fsync and their like fail.
 *
 * The calls are caught at link time (ld --wrap), in the test and in every
 * static library of core/, but not inside the C library. Give the executable
 * `fault_dep`. What to write in a test:
 *
 *	for (unsigned n = 1;; n++) {
 *		fault_at(FAULT_MEMORY, n, ENOMEM);
 *		r = thing_make(&thing);
 *		if (!fault_off())
 *			break;			there is no nth call: all were tried
 *		assert_int_equal(r, -ENOMEM);
 *	}
 *
 * One fault at a time, for all threads of the process.
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stdbool.h>

enum fault_call {
	FAULT_MALLOC = 1 << 0,		/* also strdup, strndup, asprintf, vasprintf */
	FAULT_CALLOC = 1 << 1,
	FAULT_REALLOC = 1 << 2,
	FAULT_OPEN = 1 << 3,
	FAULT_READ = 1 << 4,		/* also pread */
	FAULT_WRITE = 1 << 5,
	FAULT_PWRITE = 1 << 6,		/* also pwritev and writev */
	FAULT_FDATASYNC = 1 << 7,
	FAULT_FSYNC = 1 << 8,
	FAULT_RENAME = 1 << 9,
	FAULT_TRUNCATE = 1 << 10,	/* ftruncate, fallocate */
	FAULT_MMAP = 1 << 11,
	FAULT_MKDIR = 1 << 12,
	FAULT_THREAD = 1 << 13,		/* pthread_create, which gives the error */
	FAULT_UNLINK = 1 << 14,
	FAULT_STAT = 1 << 15,		/* fstat */
	FAULT_DIR = 1 << 16,		/* opendir, readdir */
	FAULT_LINK = 1 << 17,

	FAULT_MEMORY = FAULT_MALLOC | FAULT_CALLOC | FAULT_REALLOC,
	FAULT_WRITES = FAULT_WRITE | FAULT_PWRITE,
	FAULT_SYNCS = FAULT_FDATASYNC | FAULT_FSYNC,
	FAULT_DISK = FAULT_OPEN | FAULT_WRITES | FAULT_SYNCS | FAULT_RENAME | FAULT_TRUNCATE |
		     FAULT_MMAP | FAULT_MKDIR,
};

/* The nth of these calls from now on (1: the next) fails with that errno, once. */
void fault_at(unsigned calls, unsigned n, int error);

/* The nth and all after it: a disk that is full stays full. */
void fault_from(unsigned calls, unsigned n, int error);

/* The nth of these reads or writes stops after one byte, and says so. */
void fault_short(unsigned calls, unsigned n);

/*
 * In the nth of these calls the process ends by SIGKILL. What the call has done by
 * then: `part` of 256 of the bytes of a write; of other calls nothing.
 */
void fault_kill(unsigned calls, unsigned n, unsigned part);

/* fsync and fdatasync do nothing: for tests that lose no power. */
void fault_unsynced(bool unsynced);

/* No more faults. Was there one? */
bool fault_off(void);

/* How many of these calls there have been since the fault was set. */
unsigned fault_calls(void);

#endif
