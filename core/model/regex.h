/* SPDX-License-Identifier: MIT */
/*
 * regex.h - a regular expression as Prometheus has them: the syntax of RE2,
 * anchored at both ends, `.` matches a newline, UTF-8.
 *
 * PCRE2 runs it. What PCRE2 knows beyond RE2 (look-around, backreferences,
 * recursion, atomic groups, verbs, ...) is refused by name, and the effort of
 * a match is bounded, so a pattern from outside can neither hang nor eat memory.
 */
#ifndef MODEL_REGEX_H
#define MODEL_REGEX_H

#include "util/cleanup.h"
#include "util/error.h"

#include <stdbool.h>
#include <stdint.h>

#define REGEX_LENGTH_MOST 65536		/* bytes of an expression */

struct regex;

/* NULL with the reason in *err: -EINVAL, -E2BIG, -ENOMEM. */
struct regex *regex_create(const char *text, struct error *err);
void regex_destroy(struct regex *regex);
DEFINE_AUTO(regex, regex_destroy)

/* 1: matches; 0: does not; -E2BIG: the effort ran out; -ENOMEM; -EINVAL: not UTF-8. Any thread. */
int regex_test(struct regex *regex, const char *text, size_t n);

/*
 * One whose groups are kept: (...) is one by its number, (?P<name>...) also by its
 * name. Group 0 is the whole text. regex_match() is slower than regex_test().
 */
struct regex *regex_create_capturing(const char *text, struct error *err);
uint32_t regex_groups(const struct regex *regex);	/* without group 0 */
uint32_t regex_group(const struct regex *regex, const char *name, size_t n);	/* UINT32_MAX: none has that name */
struct regex_span {
	size_t at, n;		/* bytes of the text; a group that took no part: n 0 */
};
/* As regex_test(); 1: the first n_spans groups to `spans`. */
int regex_match(struct regex *regex, const char *text, size_t n, struct regex_span *spans, uint32_t n_spans);

/* regex_syntax.c: does RE2 know everything in it? 0, or -EINVAL with the reason and the offset. */
int regex_check(const char *text, struct error *err);
/*
 * Is it a list of literals, a|b|c, perhaps in one pair of brackets? Then they go
 * to `out`, each with a NUL; gives how many, 0: it is not, or -ENOMEM.
 */
struct buf;
int regex_literals(const char *text, struct buf *out);
/*
 * What every text that it matches begins with goes to `out`, perhaps nothing. Gives
 * how many bytes of the expression that takes, or -ENOMEM. For one that regex_check
 * has taken.
 */
int regex_prefix(const char *text, struct buf *out);

#endif
