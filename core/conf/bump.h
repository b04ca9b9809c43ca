/* SPDX-License-Identifier: MIT */
/*
 * bump.h - memory that is freed as a whole: nodes of a tree, checked values
 * and their texts live and die together. Zeroed is ready. Nothing here locks.
 */
#ifndef CONF_BUMP_H
#define CONF_BUMP_H

#include <stddef.h>

struct bump {
	struct bump_chunk *chunks;	/* the newest first */
};

void *bump_alloc(struct bump *bump, size_t n);	/* zeroed, for any type; NULL: out of memory */
void *bump_array(struct bump *bump, size_t n, size_t item);	/* the same, n * item checked */
char *bump_copy(struct bump *bump, const char *text, size_t n);	/* and a NUL behind it; NULL: out of memory */
void bump_fini(struct bump *bump);

#endif
