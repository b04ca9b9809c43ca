/* SPDX-License-Identifier: MIT */
/*
 * walk.h - adds up the regular files of a folder and of its parts. Each file
 * counts once, for the innermost part that it lies in, with the size that it
 * says.
 *
 * A link is never followed, but for the path of the root itself. One walk has
 * at most WALK_DEPTH folders open; what lies deeper is left out. It runs on one
 * thread; another may ask it to stop.
 */
#ifndef DATA_WALK_H
#define DATA_WALK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { WALK_DEPTH = 64 };
enum part { HOT, WARM, COLD, OTHER, N_PARTS };

struct totals {
	uint64_t bytes[N_PARTS], files[N_PARTS];
};

/* One path of a part; inside the root or elsewhere. */
struct portion {
	const char *path;	/* absolute */
	enum part part;
	/* of the walk: */
	bool there, done;
	dev_t dev;
	ino_t ino;
};

struct walk {
	const char *root;
	struct portion *portions;
	size_t n_portions;
	atomic_bool stop;
	/* Told of what could not be read; may be called often. */
	void (*complain)(void *data, const char *path, const char *why);
	void *data;
};

/* 0; -ECANCELED: was asked to stop; else -errno: the root cannot be read. */
int walk_run(struct walk *walk, struct totals *totals);

#endif
