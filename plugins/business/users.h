/* SPDX-License-Identifier: MIT */
/*
 * users.h - how many distinct users were active in a sliding window: exact to
 * 100,000, an estimate beyond (loglog.h). Times are kept to 100 ms.
 *
 * No id is kept, only hashes with a random key that is as old as the instance.
 */
#ifndef BUSINESS_USERS_H
#define BUSINESS_USERS_H

#include <kymo/abi.h>

#define USERS_EXACT 100000

struct users;

int users_create(kymo_ms window, kymo_ms now, struct users **out);	/* 0 or a negative errno */
void users_destroy(struct users *users);				/* NULL is fine */
void users_clear(struct users *users, kymo_ms now);
void users_set_window(struct users *users, kymo_ms window);

/* A user was active at a time. In the future: now. Before the window: ignored. */
void users_see(struct users *users, const char *id, kymo_ms at, kymo_ms now);
/* Users of the window that ends now. Counts as a moment at which the way of counting may change. */
double users_count(struct users *users, kymo_ms now);
bool users_exact(const struct users *users);

#endif
