/* SPDX-License-Identifier: MIT */
/*
 * regex_syntax.c - what of PCRE2's syntax is also RE2's, by one walk over the
 * text. Wrong brackets, ranges and the like are left to PCRE2, which says it
 * better. Allowed escapes: https://github.com/google/re2/wiki/Syntax
 */
#include "model/regex.h"
#include "util/buf.h"
#include "util/utf8.h"

#include <errno.h>
#include <string.h>

enum { REPEAT_MOST = 1000 };	/* as in RE2 */

struct scan {
	const char *text, *at;
	struct error *err;
};

static int refuse(const struct scan *scan, const char *at, const char *what)
{
	return error_set(scan->err, -EINVAL, "regular expression \"%.64s\": %s at byte %zu", scan->text, what,
			 (size_t)(at - scan->text));
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* \Q...\E: literals to the \E, or to the end. */
static void skip_quoted(struct scan *scan)
{
	const char *end = strstr(scan->at, "\\E");

	scan->at = end ? end + 2 : scan->at + strlen(scan->at);
}

/* At the backslash. */
static int skip_escape(struct scan *scan, bool in_class)
{
	const char *known = in_class ? "dDsSwWpPaftnrx0" : "dDsSwWpPaftnrx0bBAz";
	char c = scan->at[1];

	if (c == 'Q') {
		scan->at += 2;
		skip_quoted(scan);
		return 0;
	}
	if (c >= '1' && c <= '9')
		return refuse(scan, scan->at, "backreferences are not supported");
	if (c == 'k' || c == 'g')
		return refuse(scan, scan->at, "backreferences and recursion are not supported");
	if (c == 'v')
		return refuse(scan, scan->at, "\\v is not supported (write \\x0b)");
	if (is_alnum(c) && !strchr(known, c))
		return refuse(scan, scan->at, "this escape is not supported");
	scan->at += c ? 2 : 1;		/* PCRE2 tells of a backslash at the end */
	return 0;
}

/* At the [. A ] in first place is a literal, and so is [ unless it begins [:name:]. */
static int skip_class(struct scan *scan)
{
	const char *at = scan->at + 1;

	at += *at == '^';
	scan->at = at + (*at == ']');
	while (*scan->at && *scan->at != ']') {
		if (*scan->at == '\\') {
			int r = skip_escape(scan, true);

			if (r < 0)
				return r;
		} else if (!strncmp(scan->at, "[:", 2)) {
			const char *end = strstr(scan->at, ":]");

			if (!strncmp(scan->at, "[:<", 3) || !strncmp(scan->at, "[:>", 3))
				return refuse(scan, scan->at, "[[:<:]] and [[:>:]] are not supported");
			scan->at = end ? end + 2 : scan->at + 2;
		} else {
			scan->at++;
		}
	}
	scan->at += *scan->at == ']';
	return 0;
}

/* At the "(?": flags that RE2 knows, then ) or : */
static bool skip_flags(struct scan *scan)
{
	const char *at = scan->at + 2;

	at += strspn(at, "imsU");
	if (*at == '-')
		at += 1 + strspn(at + 1, "imsU");
	if (*at != ')' && *at != ':')
		return false;
	scan->at = at + 1;
	return true;
}

/* What follows "(?" and says what the group is; the name for those that are not RE2's. */
static const struct { const char *begin, *what; } groups[] = {
	{ "=", "look-ahead is not supported" }, { "!", "look-ahead is not supported" },
	{ "<=", "look-behind is not supported" }, { "<!", "look-behind is not supported" },
	{ "*", "look-around is not supported" },
	{ "P=", "backreferences are not supported" },
	{ "P>", "recursion is not supported" }, { "&", "recursion is not supported" },
	{ "R", "recursion is not supported" }, { "+", "recursion is not supported" },
	{ "C", "callouts are not supported" },
	{ "(", "conditions are not supported" },
	{ ">", "atomic groups are not supported" },
	{ "|", "branch reset is not supported" },
	{ "#", "comments are not supported" },
};

static int refuse_group(const struct scan *scan)
{
	const char *at = scan->at + 2;

	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (!strncmp(at, groups[i].begin, strlen(groups[i].begin)))
			return refuse(scan, scan->at, groups[i].what);
	if (is_digit(*at) || (*at == '-' && is_digit(at[1])))
		return refuse(scan, scan->at, "recursion is not supported");
	return refuse(scan, scan->at, "this kind of group is not supported");
}

static bool begins_name(const char *at)
{
	return is_alnum(*at) || *at == '_';
}

/* At the bracket. */
static int skip_group(struct scan *scan)
{
	const char *at = scan->at + 1;

	if (*at == '*')
		return refuse(scan, scan->at, "verbs are not supported");
	if (*at != '?') {
		scan->at = at;
		return 0;
	}
	if ((at[1] == '<' && begins_name(at + 2)) || (at[1] == 'P' && at[2] == '<')) {
		scan->at = strchr(at, '<') + 1;
		return 0;
	}
	return skip_flags(scan) ? 0 : refuse_group(scan);
}

/* At a {: behind {2}, {2,} or {2,5}, or NULL, when it is a literal. */
static const char *after_repeat(const char *at, unsigned *most)
{
	unsigned n[2] = { 0, 0 };
	int which = 0;

	if (!is_digit(*++at))
		return NULL;
	for (; *at != '}'; at++) {
		if (is_digit(*at))
			n[which] = n[which] > REPEAT_MOST ? n[which] : n[which] * 10 + (unsigned)(*at - '0');
		else if (*at != ',' || which++)
			return NULL;
	}
	*most = n[0] > n[1] ? n[0] : n[1];
	return at + 1;
}

static int skip_repeat(struct scan *scan)
{
	const char *end = scan->at + 1;
	unsigned most = 0;

	if (*scan->at == '{' && !(end = after_repeat(scan->at, &most))) {
		scan->at++;
		return 0;
	}
	if (most > REPEAT_MOST)
		return refuse(scan, scan->at, "more than 1000 repeats");
	if (*end == '+')
		return refuse(scan, end, "possessive repeats are not supported");
	scan->at = end + (*end == '?');
	return 0;
}

static int skip_one(struct scan *scan)
{
	switch (*scan->at) {
	case '\\':
		return skip_escape(scan, false);
	case '[':
		return skip_class(scan);
	case '(':
		return skip_group(scan);
	case '*':
	case '+':
	case '?':
	case '{':
		return skip_repeat(scan);
	default:
		scan->at++;
		return 0;
	}
}

int regex_check(const char *text, struct error *err)
{
	struct scan scan = { text, text, err };

	while (*scan.at) {
		int r = skip_one(&scan);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The text inside one pair of brackets around it all, if there is one. */
static size_t unwrap(const char **text)
{
	size_t n = strlen(*text);

	if (n < 2 || **text != '(' || (*text)[n - 1] != ')' || (*text)[n - 2] == '\\')
		return n;
	*text += 1;
	n -= 2;
	if (n >= 2 && !strncmp(*text, "?:", 2)) {
		*text += 2;
		n -= 2;
	}
	return n;
}

int regex_literals(const char *text, struct buf *out)
{
	size_t n = unwrap(&text);
	int count = 1;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '|') {
			count++;
			c = '\0';
		} else if (c == '\\') {
			c = ++i < n ? text[i] : '\0';
			if (is_alnum(c) || !c)
				return 0;
		} else if (strchr("^$.*+?()[]{}", c)) {
			return 0;
		}
		buf_add_u8(out, (uint8_t)c);
	}
	buf_add_u8(out, '\0');
	return buf_failed(out) ? -ENOMEM : count;
}

/* Is there a | outside of brackets? What cannot be told for sure counts as one. */
static bool has_branches(const char *text)
{
	struct scan scan = { text, text, NULL };
	int depth = 0;

	while (*scan.at) {
		char c = *scan.at;

		if ((c == '|' && depth <= 0) || (c == '\\' && scan.at[1] == 'Q'))
			return true;
		if (skip_one(&scan) < 0)
			return true;
		depth += (c == '(' && scan.at[-1] != ')') - (c == ')');	/* (?i) is no bracket */
	}
	return false;
}

/* One character that stands for itself, with its size in the expression; 0: it is something else. */
static size_t plain_character(const char *at, const char **literal, size_t *n)
{
	size_t escape = *at == '\\';

	*literal = at + escape;
	if (!**literal || (escape && (is_alnum(**literal) || (unsigned char)**literal >= 0x80)))
		return 0;
	if (!escape && strchr("^$.*+?()[]{}|", *at))
		return 0;
	*n = utf8_step(*literal, strlen(*literal));
	return *n ? *n + escape : 0;
}

/* A character that is repeated may be there not at all. */
int regex_prefix(const char *text, struct buf *out)
{
	const char *at = text + (*text == '^'), *literal;
	size_t size, n;

	if (has_branches(text))
		return 0;
	while ((size = plain_character(at, &literal, &n)) && !(at[size] && strchr("*?{+", at[size]))) {
		buf_add(out, literal, n);
		at += size;
	}
	return buf_failed(out) ? -ENOMEM : (int)(at - text);
}
