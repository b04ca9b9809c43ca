/* SPDX-License-Identifier: MIT */
/*
 * files.h - the files of a sink: TIER/METRIC/START.jsonl below one folder.
 *
 * Lines are gathered per file, then committed together: after an error every
 * file ends where it did before. At most max_open of them are open at a time;
 * the one that was not used for longest is closed.
 *
 * One thread uses it. A lock in the folder keeps other processes out.
 */
#ifndef JSONL_FILES_H
#define JSONL_FILES_H

#include <kymo/abi.h>

#include "text.h"

struct file;

struct files {
	/* set by the owner before files_open */
	const char *path;
	kymo_ms rotate;		/* width of the window of a file */
	uint64_t rotate_size;	/* bytes after which the window goes on in another; 0: never */
	size_t max_open;

	int root, lock;
	struct file **chains;	/* all known files, by hash */
	size_t n_files;
	struct file **open;	/* max_open places */
	size_t n_open;
	struct file **gathered;	/* those with lines */
	size_t n_gathered, room_gathered;
	uint64_t turn;		/* counts uses */
	bool sync_all;		/* a file was made, or closed before it was synced */
	const char *failed;	/* what the last error was about: a path below the folder, or "" */
	char failed_path[512];
};

/* Makes the folder if it is not there. 0 or -errno; -EBUSY: another process has it. */
int files_open(struct files *files);
void files_close(struct files *files);

/* Where to add the lines of a metric at a time; NULL: no memory. */
struct text *files_gather(struct files *files, const char *tier, const char *metric, kymo_ms at);

/*
 * Write what was gathered, all or nothing; nothing stays gathered. 0 or -errno;
 * -ERANGE: a time that no file can be named after.
 */
int files_commit(struct files *files);
void files_discard(struct files *files);

/* 0 or -errno: what was committed is on the disk. */
int files_sync(struct files *files);

/* Close the files whose window begins before `start`. */
void files_retire(struct files *files, kymo_ms start);

#endif
