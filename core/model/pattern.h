/* SPDX-License-Identifier: MIT */
/*
 * pattern.h - names with wildcards: * is any run of bytes, also none; ? is one
 * UTF-8 character; \ takes the next one as it is. Takes time in proportion to
 * the product of both lengths at the worst.
 */
#ifndef MODEL_PATTERN_H
#define MODEL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

bool pattern_match(const char *pattern, const char *text, size_t n);
bool pattern_is_plain(const char *pattern);	/* no wildcard in it */

#endif
