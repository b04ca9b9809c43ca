/* SPDX-License-Identifier: MIT */
/*
 * matcher.c - most expressions in use are literals, a|b|c, or a literal with .* or
 * .+ before it, behind it, or both: these need no engine. What remains is given to
 * regex.c.
 */
#include "model/matcher.h"
#include "model/pattern.h"
#include "model/regex.h"
#include "util/utf8.h"

#include <errno.h>

/* How a value is tested; the op may turn the answer round. */
enum way { WAY_LITERALS, WAY_ANY, WAY_FILLED, WAY_AROUND, WAY_PATTERN, WAY_REGEX };

/* What may be, or must be, on one side of a literal. */
enum side { SIDE_NOTHING, SIDE_ANY, SIDE_FILLED };

struct matcher {
	enum matcher_op op;
	enum way way;
	bool negative, takes_empty;
	char *name, *value;
	struct regex *regex;
	const char **literals;		/* sorted, none twice; point into text */
	uint32_t n_literals;
	struct buf text;
	enum side before, behind;	/* WAY_AROUND: of the literal in `text`, which is not empty */
	struct buf prefix;
};

void matcher_destroy(struct matcher *matcher)
{
	if (!matcher)
		return;
	regex_destroy(matcher->regex);
	buf_fini(&matcher->text);
	buf_fini(&matcher->prefix);
	free(matcher->literals);
	free(matcher->name);
	free(matcher->value);
	free(matcher);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Point at the n texts, sort them, drop what is there twice. */
static int index_literals(struct matcher *matcher, uint32_t n)
{
	const char *at = (const char *)matcher->text.data;
	uint32_t kept = 0;

	matcher->literals = malloc(n * sizeof *matcher->literals);
	if (!matcher->literals)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++, at += strlen(at) + 1)
		matcher->literals[i] = at;
	qsort(matcher->literals, n, sizeof *matcher->literals, compare);
	for (uint32_t i = 0; i < n; i++)
		if (!i || strcmp(matcher->literals[kept - 1], matcher->literals[i]))
			matcher->literals[kept++] = matcher->literals[i];
	matcher->n_literals = kept;
	matcher->way = WAY_LITERALS;
	return 0;
}

static int prepare_literal(struct matcher *matcher)
{
	buf_add(&matcher->text, matcher->value, strlen(matcher->value) + 1);
	return buf_failed(&matcher->text) ? -ENOMEM : index_literals(matcher, 1);
}

static enum side side_of(const char *at)
{
	return strncmp(at, ".*", 2) == 0 ? SIDE_ANY : strncmp(at, ".+", 2) == 0 ? SIDE_FILLED : SIDE_NOTHING;
}

/* Is it a literal with something around it? 1; 0; -ENOMEM. */
static int prepare_around(struct matcher *matcher)
{
	const char *at = matcher->value;
	enum side before = side_of(at), behind;
	int n;

	at += before ? 2 : 0;
	n = regex_prefix(at, &matcher->text);
	if (n <= 0 || !matcher->text.len || *at == '^')
		return n < 0 ? n : 0;
	behind = side_of(at + n);
	if (at[n + (behind ? 2 : 0)])
		return 0;
	matcher->before = before;
	matcher->behind = behind;
	matcher->way = WAY_AROUND;
	return 1;
}

static int prepare_regex(struct matcher *matcher, struct error *err)
{
	int n = regex_literals(matcher->value, &matcher->text);

	if (n != 0)
		return n < 0 ? n : index_literals(matcher, (uint32_t)n);
	buf_fini(&matcher->text);
	if (!strcmp(matcher->value, ".*") || !strcmp(matcher->value, ".+")) {
		matcher->way = matcher->value[1] == '*' ? WAY_ANY : WAY_FILLED;
		return 0;
	}
	matcher->way = WAY_REGEX;
	matcher->regex = regex_create(matcher->value, err);	/* also says what is wrong with it */
	if (!matcher->regex)
		return err && err->code ? err->code : -EINVAL;
	n = prepare_around(matcher);
	if (n < 0)
		return n;
	if (n) {
		regex_destroy(matcher->regex);
		matcher->regex = NULL;
	}
	if (n == 0 || !matcher->before)
		n = regex_prefix(matcher->value, &matcher->prefix);
	return n < 0 ? n : 0;
}

static int prepare(struct matcher *matcher, struct error *err)
{
	matcher->negative = matcher->op == MATCH_NOT_EQUAL || matcher->op == MATCH_NOT_REGEX;
	switch (matcher->op) {
	case MATCH_EQUAL:
	case MATCH_NOT_EQUAL:
		return prepare_literal(matcher);
	case MATCH_REGEX:
	case MATCH_NOT_REGEX:
		return prepare_regex(matcher, err);
	case MATCH_PATTERN:
		if (pattern_is_plain(matcher->value))
			return prepare_literal(matcher);
		matcher->way = WAY_PATTERN;
		buf_add(&matcher->prefix, matcher->value, strcspn(matcher->value, "*?\\"));
		return buf_failed(&matcher->prefix) ? -ENOMEM : 0;
	}
	return error_set(err, -EINVAL, "matcher operator %d is not known", (int)matcher->op);
}

static bool check(const char *name, const char *value, struct error *err)
{
	if (!*name || !utf8_valid(name, strlen(name)))
		error_set(err, -EINVAL, "the label name of a matcher is %s", *name ? "not UTF-8" : "empty");
	else if (!utf8_valid(value, strlen(value)))
		error_set(err, -EINVAL, "the value of the matcher for %.64s is not UTF-8", name);
	else
		return true;
	return false;
}

/* What a match of the engine needs is then there: only the first test can run out of memory. */
static int try_empty(struct matcher *matcher)
{
	if (matcher->regex && regex_test(matcher->regex, "", 0) == -ENOMEM)
		return -ENOMEM;
	matcher->takes_empty = matcher_test(matcher, "", 0);
	return 0;
}

struct matcher *matcher_create(enum matcher_op op, const char *name, const char *value, struct error *err)
{
	AUTO(matcher) matcher = NULL;
	int r;

	if (!check(name, value, err))
		return NULL;
	matcher = calloc(1, sizeof *matcher);
	if (!matcher || !(matcher->name = strdup(name)) || !(matcher->value = strdup(value))) {
		error_set(err, -ENOMEM, "matcher for %.64s: out of memory", name);
		return NULL;
	}
	matcher->op = op;
	if ((r = prepare(matcher, err)) < 0 || (r = try_empty(matcher)) < 0) {
		if (r == -ENOMEM && err && !err->code)
			error_set(err, r, "matcher for %.64s: out of memory", name);
		return NULL;
	}
	return TAKE(matcher);
}

enum matcher_op matcher_op(const struct matcher *matcher) { return matcher->op; }
const char *matcher_name(const struct matcher *matcher) { return matcher->name; }
const char *matcher_value(const struct matcher *matcher) { return matcher->value; }
bool matcher_takes_empty(const struct matcher *matcher) { return matcher->takes_empty; }

const char *const *matcher_literals(const struct matcher *matcher, uint32_t *n)
{
	bool known = matcher->way == WAY_LITERALS && !matcher->negative;

	*n = known ? matcher->n_literals : 0;
	return known ? matcher->literals : NULL;
}

const char *matcher_prefix(const struct matcher *matcher, uint32_t *n)
{
	*n = matcher->negative ? 0 : (uint32_t)matcher->prefix.len;
	return *n ? (const char *)matcher->prefix.data : "";
}

/* As strcmp, of a text that has no NUL. */
static int compare_value(const char *literal, const char *value, uint32_t n)
{
	int r = strncmp(literal, value, n);

	return r ? r : literal[n] != '\0';
}

static bool among(const struct matcher *matcher, const char *value, uint32_t n)
{
	uint32_t low = 0, high = matcher->n_literals;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare_value(matcher->literals[middle], value, n);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* The first place of the literal is the best one, whatever must be behind it. */
static bool around(const struct matcher *matcher, const char *value, uint32_t n)
{
	uint32_t size = (uint32_t)matcher->text.len, least = matcher->before == SIDE_FILLED, most;
	const char *at;

	if (n < size + least + (matcher->behind == SIDE_FILLED))
		return false;
	most = n - size - (matcher->behind == SIDE_FILLED);	/* where the literal may begin */
	if (!matcher->before)
		return !memcmp(value, matcher->text.data, size) && (matcher->behind || n == size);
	if (!matcher->behind)
		return !memcmp(value + n - size, matcher->text.data, size);
	at = memmem(value + least, n - least, matcher->text.data, size);
	return at && (uint32_t)(at - value) <= most;
}

/* 1, 0, or negative: it cannot be told. */
static int holds(const struct matcher *matcher, const char *value, uint32_t n)
{
	switch (matcher->way) {
	case WAY_ANY:
		return 1;
	case WAY_FILLED:
		return n > 0;
	case WAY_AROUND:
		return around(matcher, value, n);
	case WAY_PATTERN:
		return pattern_match(matcher->value, value, n);
	case WAY_REGEX:
		return regex_test(matcher->regex, value, n);
	case WAY_LITERALS:
		break;
	}
	return among(matcher, value, n);
}

bool matcher_test(const struct matcher *matcher, const char *value, uint32_t n)
{
	int r = holds(matcher, value, n);

	return r >= 0 && (r > 0) != matcher->negative;
}

bool matchers_test(struct matcher *const *matchers, uint32_t n, struct labels labels)
{
	for (uint32_t i = 0; i < n; i++) {
		struct label label;

		labels_find(labels, matchers[i]->name, &label);
		if (!matcher_test(matchers[i], label.value, label.value_len))
			return false;
	}
	return true;
}
