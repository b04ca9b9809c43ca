/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the time. What decides by the wall clock takes a struct clock, so
 * that a test can set it.
 */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <kymo/abi.h>

struct clock {
	kymo_ms (*wall)(const struct clock *clock);
};

extern const struct clock clock_system;

static inline kymo_ms clock_now(const struct clock *clock) { return clock->wall(clock); }

int64_t clock_mono_ns(void);
int64_t clock_thread_cpu_ns(void);
int64_t clock_process_cpu_ns(void);

/* A clock that stands where it is put. */
struct test_clock {
	struct clock clock;
	_Atomic kymo_ms now;
};
void test_clock_init(struct test_clock *clock, kymo_ms now);

/* RFC 3339, UTC, to the millisecond: "2026-01-31T12:00:00.000Z". */
#define TIME_TEXT 32
const char *time_format(kymo_ms at, char text[TIME_TEXT]);
/* RFC 3339 ("2026-01-31T12:00:00Z", "+02:00", fractions), or unix seconds ("1769860800.5"). 0 or -EINVAL, -ERANGE. */
int time_parse(const char *text, kymo_ms *at);

#endif
