/* SPDX-License-Identifier: MIT */
/*
 * chosen.h - which series a request means: names with wildcards, of which one
 * must match, and filters, which all must hold, as matchers of the store; and
 * what to say of a name that matches nothing.
 */
#ifndef PLAIN_CHOSEN_H
#define PLAIN_CHOSEN_H

#include "query/notes.h"
#include "store/store.h"

struct chosen {
	const char *const *names;	/* borrowed */
	uint32_t n_names, n_filters;
	struct matcher **matchers;
	uint32_t n_matchers;
	bool *seen;			/* by name: a series was there */
};

/* n_names 0: every name. 0; -EINVAL with the reason; -ENOMEM. Ended by chosen_fini, also when it fails. */
int chosen_init(struct chosen *chosen, const char *const *names, uint32_t n_names, const struct kymo_filter *filters,
		uint32_t n_filters, struct error *err);
void chosen_fini(struct chosen *chosen);
static inline void chosen_auto(struct chosen *chosen) { chosen_fini(chosen); }
#define AUTO_CHOSEN __attribute__((cleanup(chosen_auto))) struct chosen

/* A series of that metric has values in the answer. */
void chosen_see(struct chosen *chosen, const char *metric, size_t n);
/* Each name without values: is there no such metric, and what may be meant, or only nothing in the range? */
void chosen_explain(const struct chosen *chosen, struct store *store, struct notes *notes);

#endif
