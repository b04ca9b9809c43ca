/* SPDX-License-Identifier: MIT */
/*
 * answer.h - the memory of one answer: a struct of <kymo/query.h> and all that
 * it points to, freed as one through the pointer to the struct.
 *
 *	struct kymo_answer *answer = answer_create(sizeof *answer);
 *	answer->warnings = answer_alloc(answer, n * sizeof *answer->warnings);
 *	answer_free(answer);
 *
 * Whatever a front end is handed by plain.h or the service is made this way,
 * so one function frees it all. One thread at a time builds an answer.
 */
#ifndef QUERY_ANSWER_H
#define QUERY_ANSWER_H

#include "model/labels.h"

#include <kymo/query.h>

/* Zeroed. NULL: out of memory, as for all of these. */
void *answer_create(size_t size);
void answer_free(void *answer);		/* NULL is fine */

void *answer_alloc(void *answer, size_t size);	/* aligned for anything; not zeroed; size 0 is fine */
void *answer_copy(void *answer, const void *data, size_t size);
char *answer_text(void *answer, const char *text, size_t n);	/* with a NUL behind it */

/* The metric's name and the labels beside it; their order is that of the bytes: by name. 0 or -ENOMEM. */
int answer_labels(void *answer, struct labels labels, const char **name, const struct kymo_label **items, uint32_t *n);

/* For what is being built and ends with its scope when something fails. */
static inline void answer_auto(void *p) { answer_free(*(void **)p); }
#define AUTO_ANSWER __attribute__((cleanup(answer_auto)))

#endif
