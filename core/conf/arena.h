/* SPDX-License-Identifier: MIT */
/*
 * arena.h - memory that is freed as a whole: nodes of a tree, checked values
 * and their texts live and die together. Zeroed is ready. Nothing here locks.
 */
#ifndef CONF_ARENA_H
#define CONF_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_chunk *chunks;	/* the newest first */
};

void *arena_alloc(struct arena *arena, size_t n);	/* zeroed, for any type; NULL: out of memory */
void *arena_array(struct arena *arena, size_t n, size_t item);	/* the same, n * item checked */
char *arena_copy(struct arena *arena, const char *text, size_t n);	/* and a NUL behind it; NULL: out of memory */
void arena_fini(struct arena *arena);

#endif
