/* SPDX-License-Identifier: MIT */
/*
 * loglog.h - how many distinct hashes were seen lately, estimated in 2 MiB
 * however many there are: HyperLogLog with 2^14 registers, standard error 0.8 %.
 *
 * Times are numbers above 0 that rise, in whatever unit.
 */
#ifndef BUSINESS_LOGLOG_H
#define BUSINESS_LOGLOG_H

#include <stdint.h>

struct loglog;

struct loglog *loglog_create(void);		/* NULL: out of memory */
void loglog_destroy(struct loglog *loglog);	/* NULL is fine */
void loglog_add(struct loglog *loglog, uint64_t hash, uint32_t time);
/* Distinct hashes with a time above `after`. */
double loglog_estimate(const struct loglog *loglog, uint32_t after);

#endif
