/* SPDX-License-Identifier: MIT */
/* utf8.h - is it UTF-8 (RFC 3629: no surrogates, no overlong forms, no NUL)? */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool utf8_valid(const char *text, size_t n);

/* The length of the one valid character that text begins with (a NUL is one here); 0: it does not. */
size_t utf8_step(const char *text, size_t n);

#endif
