/* SPDX-License-Identifier: MIT */
/*
 * matcher.h - a condition on one label: = != =~ !~, and a wildcard pattern.
 *
 * Regular expressions are anchored at both ends, `.` matches a newline, look-
 * around and backreferences are refused (the RE2 subset, run by PCRE2 with a
 * bounded effort). A label that is absent is an empty value.
 */
#ifndef MODEL_MATCHER_H
#define MODEL_MATCHER_H

#include "model/labels.h"
#include "util/cleanup.h"

enum matcher_op { MATCH_EQUAL, MATCH_NOT_EQUAL, MATCH_REGEX, MATCH_NOT_REGEX, MATCH_PATTERN };

struct matcher;

/* NULL with the reason in *err. Strings are copied. */
struct matcher *matcher_create(enum matcher_op op, const char *name, const char *value, struct error *err);
void matcher_destroy(struct matcher *matcher);
DEFINE_AUTO(matcher, matcher_destroy)

enum matcher_op matcher_op(const struct matcher *matcher);
const char *matcher_name(const struct matcher *matcher);
const char *matcher_value(const struct matcher *matcher);
/* Any thread. An expression whose effort runs out does not match. */
bool matcher_test(const struct matcher *matcher, const char *value, uint32_t n);
/* Does it match the empty value, that is, series without the label? */
bool matcher_takes_empty(const struct matcher *matcher);
/*
 * The only values that it can match, sorted, none twice: of =, of a regular
 * expression such as a|b|c, and of a pattern without wildcards. NULL: it may
 * match others too, or is negative. Valid as long as the matcher.
 */
const char *const *matcher_literals(const struct matcher *matcher, uint32_t *n);
/* What every value that it matches begins with; n 0: nothing is known. Not NUL-ended. */
const char *matcher_prefix(const struct matcher *matcher, uint32_t *n);
bool matchers_test(struct matcher *const *matchers, uint32_t n, struct labels labels);

#endif
