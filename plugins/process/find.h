/* SPDX-License-Identifier: MIT */
/*
 * find.h - which processes an instance measures: itself, one by number, one by
 * the file that holds its number, or all of some names.
 */
#ifndef PROCESS_FIND_H
#define PROCESS_FIND_H

#include <kymo/option.h>

#include "usage.h"

struct finder {
	/* one of these; none: itself */
	pid_t pid;
	const char *pidfile;
	const struct kymo_value *names;
	uint32_t n_names;

	pid_t *pids;	/* what was found, rising */
	size_t n, room;
};

/* Look again. 0, or -errno: then what was found before stands. */
int finder_scan(struct finder *finder, const struct place *place);
void finder_fini(struct finder *finder);

#endif
