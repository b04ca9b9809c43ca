/* SPDX-License-Identifier: MIT */
/*
 * proc.h - reading the small texts of /proc, for the plugins that do. Files
 * stay open and are read anew with pread into a buffer of the caller; a reader
 * is a pointer that moves over the text.
 *
 * A text may be cut off at the end of the buffer, so a number that nothing
 * follows is not taken.
 */
#ifndef PROC_H
#define PROC_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* The text from the beginning of the file, NUL-ended: its length or -errno. */
static inline ssize_t proc_read(int fd, char *text, size_t size)
{
	ssize_t len = pread(fd, text, size - 1, 0);

	if (len < 0)
		return -errno;
	text[len] = 0;
	return len;
}

static inline void proc_blanks(const char **at)
{
	while (**at == ' ' || **at == '\t')
		++*at;
}

/* Digits: adds them to *number, and says how many there were; -1: too big. */
static inline int proc_digits(const char **at, uint64_t *number)
{
	const char *begin = *at;
	uint64_t n = *number;

	for (unsigned digit; (digit = (unsigned)**at - '0') <= 9; ++*at)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n))
			return -1;
	*number = n;
	return (int)(*at - begin);
}

/* Blanks, then a whole number. */
static inline bool proc_number(const char **at, uint64_t *number)
{
	proc_blanks(at);
	*number = 0;
	return proc_digits(at, number) > 0 && **at;
}

/* Blanks, then a number with a fraction: mantissa * 10^-places. */
static inline bool proc_decimal(const char **at, int64_t *mantissa, int32_t *places)
{
	uint64_t number = 0;

	proc_blanks(at);
	*places = 0;
	if (proc_digits(at, &number) <= 0)
		return false;
	if (**at == '.') {
		++*at;
		*places = proc_digits(at, &number);
	}
	*mantissa = (int64_t)number;
	return *places >= 0 && number <= INT64_MAX && **at;
}

/* Moves past the blanks and words before word `n`, counted from 0. */
static inline bool proc_skip(const char **at, int n)
{
	proc_blanks(at);
	for (; n > 0; n--) {
		while (**at && **at != ' ' && **at != '\n')
			++*at;
		proc_blanks(at);
	}
	return **at && **at != '\n';
}

/* The text behind `key`, which stands at the begin of a line; or NULL. */
static inline const char *proc_key(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text && strncmp(text, key, len) != 0) {
		text = strchr(text, '\n');
		text = text && text[1] ? text + 1 : NULL;
	}
	return text ? text + len : NULL;
}

#endif
