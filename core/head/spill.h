/* SPDX-License-Identifier: MIT */
/*
 * spill.h - sealed rows leave memory for a file until they are in blocks, so that
 * the head takes as much memory after two hours as after two minutes.
 *
 * The file is PATH/head.tmp for the moment between its making and its unlinking: it
 * has no name, and is gone when the store is, however that comes about. All it holds
 * is in the WAL, so it is never synced, and what cannot be read of it any more comes
 * back with the next open. Of what is in it, readers hold the file: after a flush
 * there is a new one, and the old goes with the last who needs it.
 */
#ifndef HEAD_SPILL_H
#define HEAD_SPILL_H

#include "head/rows.h"
#include "util/buf.h"

struct spill_file;

struct spill {
	char *path;			/* NULL: nothing is spilled */
	struct spill_file *file;	/* NULL: none yet */
	bool failed;			/* a write did: not tried again before the next file */
	_Atomic bool renew;		/* before the next write */
	_Atomic uint64_t written;	/* bytes, since it began */
};

#define SPILL_SLICE 64			/* members that are read at once */

/* Where sealed rows went: a slice for each SPILL_SLICE members. */
struct spilled {
	struct spill_file *file;	/* held */
	uint64_t at;
	kymo_ms first, last;
	uint32_t n_rows, samples;
	uint32_t end[];			/* of each slice, counted from `at` */
};

static inline uint32_t spill_slices(uint32_t members) { return (members + SPILL_SLICE - 1) / SPILL_SLICE; }

int spill_init(struct spill *spill, const char *folder);	/* 0 or -ENOMEM */
void spill_fini(struct spill *spill);
/* What is written from now on is to be in another file, and failures are forgotten. From any thread. */
void spill_renew(struct spill *spill);
/* Is a write worth trying? This and writing are for one thread at a time. */
bool spill_ready(struct spill *spill);
/* *out has room for all its ends; give it back with spilled_fini(). 0; or a negative errno: nothing is there. */
int spill_put(struct spill *spill, const struct sealed *sealed, struct buf *scratch, struct spilled *out);
void spilled_fini(struct spilled *spilled);

/* One slice, where a reader wants it. */
struct spill_place {
	struct spill_file *file;	/* held; NULL: none */
	uint64_t at;
	uint32_t size;
};
struct spill_place spill_place(const struct spilled *spilled, uint32_t slot);
void spill_place_fini(struct spill_place *place);
/* The rows of that slice, in *scratch. 0; -EBADMSG, or an error of the disk; -ENOMEM. */
int spill_read(const struct spill_place *place, struct buf *scratch, const struct sealed **out);

#endif
