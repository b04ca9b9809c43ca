/* SPDX-License-Identifier: MIT */
/*
 * duration.h - "1h30m" and "4KiB" to numbers, and back.
 *
 * Durations: numbers with a unit out of ms s m h d w y, largest first, no unit
 * twice ("1d12h", "90s", "1.5h"; y is 365 d); bare "0". Sizes: a number with B,
 * kB MB GB TB (thousands) or KiB MiB GiB TiB, or without a unit (bytes).
 */
#ifndef UTIL_DURATION_H
#define UTIL_DURATION_H

#include <kymo/abi.h>

#define DURATION_TEXT 32

int duration_parse(const char *text, kymo_ms *ms);	/* 0, -EINVAL, -ERANGE; never negative */
/* The shortest that reads back: 5400000 is "1h30m". */
const char *duration_format(kymo_ms ms, char text[DURATION_TEXT]);

int size_parse(const char *text, uint64_t *bytes);	/* 0, -EINVAL, -ERANGE */
/* For people: three digits and a binary unit, "1.42 MiB". */
const char *size_format(uint64_t bytes, char text[DURATION_TEXT]);

#endif
