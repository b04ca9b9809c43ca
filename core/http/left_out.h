/* SPDX-License-Identifier: MIT */
/*
 * left_out.h - names of metrics that /metrics could not show, because another
 * one escapes alike: each is logged once, not at every scrape. Any thread.
 */
#ifndef HTTP_LEFT_OUT_H
#define HTTP_LEFT_OUT_H

#include <pthread.h>
#include <stdint.h>

#define LEFT_OUT_NAMES 64	/* that many are remembered and logged; the others are only counted */

struct left_out {
	pthread_mutex_t guard;
	uint32_t n;
	uint64_t names[LEFT_OUT_NAMES];	/* hashes */
};

void left_out_init(struct left_out *left_out);
void left_out_fini(struct left_out *left_out);
void left_out_note(struct left_out *left_out, const char *name, const char *escaped);

#endif
