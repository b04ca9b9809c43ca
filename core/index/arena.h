/* SPDX-License-Identifier: MIT */
/*
 * arena.h - many small pieces of bytes that stay where they are: in pages, with
 * no cost per piece. A page goes when its last piece does. Nothing here locks.
 */
#ifndef INDEX_ARENA_H
#define INDEX_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
	struct arena_page *pages;	/* the first one takes what comes */
	uint64_t bytes;			/* of all pages */
};

void arena_fini(struct arena *arena);
void *arena_add(struct arena *arena, const void *data, size_t n);	/* a copy; NULL: out of memory */
void arena_remove(struct arena *arena, const void *data);		/* as arena_add gave it; NULL is fine */

#endif
