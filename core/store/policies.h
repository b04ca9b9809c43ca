/* SPDX-License-Identifier: MIT */
/*
 * policies.h - which policy holds for a metric, and what that means for samples
 * and for retention.
 *
 * Policies are taken over as a whole by a reload. Those before stay in memory until
 * the store closes, so that who still looks at one needs no lock; reloads are rare.
 */
#ifndef STORE_POLICIES_H
#define STORE_POLICIES_H

#include "store/state.h"

struct policies;

/* A copy of the options' policies takes the place of those before. 0 or -ENOMEM: the ones before stay. */
int policies_take(struct store *store, const struct policy *policies, uint32_t n);
void policies_destroy(struct store *store);

/* NULL: none. Valid until the store closes. */
const struct policy *policy_of(struct store *store, const char *name, size_t n);

/* How long a tier keeps what that policy (or NULL) holds for. */
kymo_ms policy_retention(const struct policy *policy, const struct store_options *options, enum kymo_tier tier);
/* The shortest of a tier, and the longest that a series of a block has. */
kymo_ms policies_shortest(struct store *store, const struct store_options *options, enum kymo_tier tier);
kymo_ms policies_block_retention(struct store *store, struct block *block, const struct store_options *options);

/* policies_trim.c, with the maintain lock. Up to here a merge leaves out what this series has; INT64_MIN: nothing. */
kymo_ms policies_horizon(struct store *store, series_ref ref, enum kymo_tier tier);
/* Write those blocks anew of which enough is past what their policies keep. */
int policies_trim(struct store *store, struct store_maintained *done, struct error *err);

/*
 * What of a batch is to be stored: without dropped metrics, and with at most one
 * sample in each span of a resolution. The same batch if no policy says anything
 * of it. With the append lock; *out is valid until it is let go. 0 or -ENOMEM.
 */
int policies_filter(struct store *store, const struct store_batch *batch, struct store_batch *out, struct store_appended *done);

#endif
