/* SPDX-License-Identifier: MIT */
/* place.h - "1:14: parse error: ...", where byte `at` of the text stands: line and column from 1, in characters. */
#ifndef PROMQL_PLACE_H
#define PROMQL_PLACE_H

#include "util/error.h"

#include <stdarg.h>
#include <stdint.h>

struct place place_of(const char *text, uint32_t at);
/* Gives the code. */
int place_fail(struct error *err, int code, const char *text, uint32_t at, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
int place_vfail(struct error *err, int code, const char *text, uint32_t at, const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

#endif
