/* SPDX-License-Identifier: MIT */
/*
 * nearest.h - of many names the one that somebody most likely meant: the fewest
 * letters to add, drop, change or swap.
 */
#ifndef PLAIN_NEAREST_H
#define PLAIN_NEAREST_H

#include <stdint.h>

#define NEAREST_NAME 256		/* longer names are not considered */

struct nearest {
	const char *wanted;
	uint32_t distance;		/* UINT32_MAX: nothing is near enough so far */
	char name[NEAREST_NAME + 1];
};

void nearest_begin(struct nearest *nearest, const char *wanted);
void nearest_offer(struct nearest *nearest, const char *name);

#endif
