/* SPDX-License-Identifier: MIT */
/*
 * owners.h - which instance a series belongs to. Two that emit the same series
 * would mix their samples, so the first has it until it lets go.
 *
 * Threads   any. Whether a series has an owner is answered without a lock, for who
 *           asks it of every series that comes from outside.
 */
#ifndef HOST_OWNERS_H
#define HOST_OWNERS_H

#include "model/labels.h"

struct owners;

struct owners *owners_create(void);	/* NULL: out of memory */
void owners_destroy(struct owners *owners);	/* NULL is fine */

/* 0, also when it is the instance's already; -EBUSY: another has it; -ENOMEM. */
int owners_take(struct owners *owners, series_ref ref, uint32_t instance);
/* Does it belong to an instance at all? */
bool owners_have(const struct owners *owners, series_ref ref);
/* If it is that instance's: no longer. */
void owners_release(struct owners *owners, series_ref ref, uint32_t instance);
/* If it is `from`'s: now `to`'s. */
void owners_move(struct owners *owners, series_ref ref, uint32_t from, uint32_t to);

#endif
