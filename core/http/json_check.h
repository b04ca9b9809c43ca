/* SPDX-License-Identifier: MIT */
/*
 * json_check.h - is this JSON (RFC 8259) to the letter, and of a size that a tree
 * may be made of? Reading it into a tree can then neither fail by its form nor
 * take more memory than the limits allow.
 *
 * Beside the form: UTF-8, no character NUL in a string (it would cut the C
 * string), no lone surrogate.
 */
#ifndef HTTP_JSON_CHECK_H
#define HTTP_JSON_CHECK_H

#include "util/error.h"

#include <stddef.h>
#include <stdint.h>

struct json_limits {
	uint32_t depth;		/* lists and objects within each other; at most 64 */
	uint32_t values;	/* of any kind */
};

/* 0, or -EINVAL: "line 2, column 7: a comma or ] is missing". */
int json_check(const char *text, size_t n, const struct json_limits *limits, struct error *err);

#endif
