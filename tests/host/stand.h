/* SPDX-License-Identifier: MIT */
/*
 * stand.h - a host over a store in a folder of its own, on the real clock.
 */
#ifndef TESTS_HOST_STAND_H
#define TESTS_HOST_STAND_H

#include "host/host.h"
#include "store/select.h"

#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stand {
	char dir[128];
	struct store *store;
	struct host *host;
};

int stand_open(void **state);		/* *state: the stand, with no instances */
int stand_close(void **state);

/* 0, or what the host said; then *err has why. */
int stand_apply(struct stand *stand, const char *yaml, struct host_changes *changes, struct error *err);
void stand_must_apply(struct stand *stand, const char *yaml);
int stand_add(struct stand *stand, const char *yaml, const struct kymo_plugin *plugin, struct error *err);
void stand_must_add(struct stand *stand, const char *yaml, const struct kymo_plugin *plugin);

/* The same with quiet logs, two lines above the text; what is wrong goes to `text`, or fails the test when that is NULL. */
int stand_change(struct stand *stand, const char *yaml, char text[512]);

/* The newest value of a series, as labels_print writes it; NaN (not the mark): there is none. */
double stand_latest(struct stand *stand, const char *series);

/* The samples of NAME{label="value"} (label NULL: of the one series of that name), staleness marks among them. */
enum { SAMPLES_MOST = 10000 };
struct samples {
	uint32_t n_series, n;
	kymo_ms at[SAMPLES_MOST];
	double value[SAMPLES_MOST];
	uint64_t count[SAMPLES_MOST];	/* of a distribution */
};
const struct samples *stand_samples(struct stand *stand, const char *name, const char *label, const char *value);
bool stand_has_ended(struct stand *stand, const char *name);	/* a staleness mark is its last sample */

/* Numbers of an instance; false: there is none of that name. Its strings are not to be used. */
bool stand_stats(struct stand *stand, const char *name, struct instance_stats *stats);
struct instance_stats stand_numbers(struct stand *stand, const char *name);	/* name NULL: not there */

/* For things to happen, never for an amount of time; what does not happen within minutes has failed. */
#define WAIT_UNTIL(condition)						\
	do {								\
		for (int tries_ = 0; !(condition); tries_++) {		\
			if (tries_ > 60000)				\
				fail_msg("never: %s", #condition);	\
			stand_rest();					\
		}							\
	} while (0)
void stand_rest(void);
void stand_wait_for_collects(struct stand *stand, const char *name, uint64_t more);

#endif
