/* SPDX-License-Identifier: MIT */
/*
 * check.h - what cannot happen. Stays on in release builds.
 *
 *	CHECK(n <= room, "n=%zu room=%zu", n, room);
 */
#ifndef UTIL_CHECK_H
#define UTIL_CHECK_H

/* Print place, condition and state to stderr, then abort. */
_Noreturn void check_failed(const char *file, int line, const char *condition,
			    const char *format, ...) __attribute__((format(printf, 4, 5)));

#define CHECK(condition, ...) \
	do { \
		if (__builtin_expect(!(condition), 0)) \
			check_failed(__FILE__, __LINE__, #condition, __VA_ARGS__); \
	} while (0)

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif
