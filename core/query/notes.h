/* SPDX-License-Identifier: MIT */
/*
 * notes.h - the warnings of an answer: sentences, each once, not too many.
 * Running out of memory sticks and comes out at notes_give().
 */
#ifndef QUERY_NOTES_H
#define QUERY_NOTES_H

#include "query/answer.h"

#define NOTES_MOST 20u			/* further ones are only counted */

struct notes {
	struct buf text;		/* each with a NUL */
	uint32_t n, more;
};

static inline void notes_fini(struct notes *notes) { buf_fini(&notes->text); }
void notes_add(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Into the answer's memory. 0 or -ENOMEM. */
int notes_give(struct notes *notes, void *answer, const char *const **out, uint32_t *n);

#endif
