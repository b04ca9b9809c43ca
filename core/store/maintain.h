/* SPDX-License-Identifier: MIT */
/*
 * maintain.h - the thread that does the store's work in the background: close
 * windows, sync, flush, merge, expire. store_maintain() is here too.
 */
#ifndef STORE_MAINTAIN_H
#define STORE_MAINTAIN_H

#include "store/state.h"

/* Last step of store_open, unless the store is manual; first step of store_close. */
int maintain_start(struct store *store, struct error *err);
void maintain_stop(struct store *store);	/* not started: fine */

#endif
