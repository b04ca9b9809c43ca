/* SPDX-License-Identifier: MIT */
/*
 * rig.h - a host over a store in a folder of its own, on the real clock: what a
 * test waits for is a condition, never a time.
 */
#ifndef TESTS_HOST_RIG_H
#define TESTS_HOST_RIG_H

#include "host/host.h"
#include "store/select.h"

#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rig {
	char dir[128];
	struct store *store;
	struct host *host;
};

int rig_open(void **state);		/* *state: the rig, with no instances */
int rig_close(void **state);

/* 0, or what the host said; then *err has why. */
int rig_apply(struct rig *rig, const char *yaml, struct host_changes *changes, struct error *err);
void rig_must_apply(struct rig *rig, const char *yaml);
int rig_add(struct rig *rig, const char *yaml, const struct kymo_plugin *plugin, struct error *err);
void rig_must_add(struct rig *rig, const char *yaml, const struct kymo_plugin *plugin);

/* The samples of NAME{label="value"} (label NULL: of the one series of that name), staleness marks among them. */
enum { SAMPLES_MOST = 10000 };
struct samples {
	uint32_t n_series, n;
	kymo_ms at[SAMPLES_MOST];
	double value[SAMPLES_MOST];
	uint64_t count[SAMPLES_MOST];	/* of a distribution */
};
const struct samples *rig_samples(struct rig *rig, const char *name, const char *label, const char *value);
bool rig_has_ended(struct rig *rig, const char *name);	/* a staleness mark is its last sample */

/* Numbers of an instance; false: there is none of that name. Its strings are not to be used. */
bool rig_stats(struct rig *rig, const char *name, struct instance_stats *stats);

#define WAIT_UNTIL(condition)		\
	do {				\
		while (!(condition))	\
			rig_rest();	\
	} while (0)
void rig_rest(void);
void rig_wait_for_collects(struct rig *rig, const char *name, uint64_t more);

#endif
