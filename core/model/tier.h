/* SPDX-License-Identifier: MIT */
/*
 * tier.h - the four resolutions of the store, and windows on the time axis.
 *
 * Windows are aligned to the epoch, open at the start and closed at the end,
 * (start, end], and are named by their end.
 */
#ifndef MODEL_TIER_H
#define MODEL_TIER_H

#include <kymo/metric.h>

#define TIERS 4				/* indexed by enum kymo_tier */
#define FOREVER INT64_MAX		/* a retention without end */

const char *tier_name(enum kymo_tier tier);		/* "raw", "1m", "5m", "1h" */
int tier_parse(const char *name, enum kymo_tier *tier);	/* 0 or -EINVAL */
kymo_ms tier_width(enum kymo_tier tier);		/* 60000 for 1m; 0 for raw */

/* The end of the window that holds t: the first multiple of width that is >= t. Right for t < 0 too. */
static inline kymo_ms window_end_of(kymo_ms t, kymo_ms width)
{
	kymo_ms r = t % width;

	return r == 0 ? t : r < 0 ? t - r : t - r + width;
}

/* The last window end that is <= t. */
static inline kymo_ms window_floor(kymo_ms t, kymo_ms width)
{
	kymo_ms r = t % width;

	return r < 0 ? t - r - width : t - r;
}

#endif
