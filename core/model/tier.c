/* SPDX-License-Identifier: MIT */
/* tier.c - a table of names and widths. */
#include "model/tier.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	kymo_ms width;
} tiers[TIERS] = {
	[KYMO_RAW] = { "raw", 0 },
	[KYMO_1M] = { "1m", 60 * 1000 },
	[KYMO_5M] = { "5m", 5 * 60 * 1000 },
	[KYMO_1H] = { "1h", 60 * 60 * 1000 },
};

const char *tier_name(enum kymo_tier tier)
{
	return tiers[tier].name;
}

kymo_ms tier_width(enum kymo_tier tier)
{
	return tiers[tier].width;
}

int tier_parse(const char *name, enum kymo_tier *tier)
{
	for (int i = 0; i < TIERS; i++)
		if (!strcmp(tiers[i].name, name)) {
			*tier = (enum kymo_tier)i;
			return 0;
		}
	return -EINVAL;
}
