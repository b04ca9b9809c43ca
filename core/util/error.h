/* SPDX-License-Identifier: MIT */
/*
 * error.h - a failure that a person should read: filled where it is
 * understood, passed up unchanged, printed once.
 *
 * It may hold several messages, one a line, so that everything wrong with a
 * file is said at once. Where an error is optional, NULL is fine.
 */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

#include <stddef.h>

/* Where in a file; line 0: the file as a whole. Columns count from 1, in bytes. */
struct place {
	const char *file;	/* NULL: no file */
	unsigned line, column;
};

#define ERROR_MOST 100		/* messages kept; later ones are only counted */

struct error {
	int code;		/* of the first message: a negative errno; 0: no error */
	unsigned count;		/* messages, also those that were not kept */
	char *text;		/* lines without a final newline; ours; may be NULL */
	size_t len;
};

/* Add a message. Both give the code, so `return error_set(err, -ENOMEM, ...)`. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same behind "file:line:column: "; gives -EINVAL. */
int error_at(struct error *err, struct place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Never NULL; "" without an error. Valid until the next call on this error. */
const char *error_text(const struct error *err);

/* Forget everything; the error can be used again. */
void error_clear(struct error *err);

/* "No such file or directory" for -ENOENT; thread-safe, static. */
const char *error_name(int code);

#endif
