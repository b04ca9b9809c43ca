/* SPDX-License-Identifier: MIT */
/* retention.h - what goes: by age (retention.c), by size (retention_size.c). With the maintain lock. */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "store/state.h"

/* What a tier has after this time stays, however old. INT64_MIN: all of it. */
kymo_ms retention_needs(struct store *store, enum kymo_tier tier);
/* Blocks go until the store is within `size`, oldest in proportion to their retention first. */
int retention_fit(struct store *store, struct store_maintained *done, struct error *err);
/* Last step of opening: from when on raw is there. */
void retention_open(struct store *store);

#endif
