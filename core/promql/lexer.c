/* SPDX-License-Identifier: MIT */
/*
 * lexer.c - the words are those of Prometheus, with one more: a name with points,
 * system.load.1m. A point belongs to a name if a letter, a digit, _ or : follows
 * it; but "and.5" stays an operator and a number.
 */
#include "promql/lexer.h"
#include "util/check.h"
#include "util/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct { const char *text; enum token_kind kind; } keywords[] = {
	{ "and", TOKEN_AND }, { "or", TOKEN_OR }, { "unless", TOKEN_UNLESS }, { "atan2", TOKEN_ATAN2 },
	{ "bool", TOKEN_BOOL }, { "offset", TOKEN_OFFSET },
	{ "by", TOKEN_BY }, { "group_left", TOKEN_GROUP_LEFT }, { "group_right", TOKEN_GROUP_RIGHT },
	{ "ignoring", TOKEN_IGNORING }, { "on", TOKEN_ON }, { "without", TOKEN_WITHOUT },
	{ "sum", TOKEN_SUM }, { "avg", TOKEN_AVG }, { "min", TOKEN_MIN }, { "max", TOKEN_MAX }, { "count", TOKEN_COUNT },
	{ "group", TOKEN_GROUP }, { "stddev", TOKEN_STDDEV }, { "stdvar", TOKEN_STDVAR }, { "topk", TOKEN_TOPK },
	{ "bottomk", TOKEN_BOTTOMK }, { "quantile", TOKEN_QUANTILE }, { "count_values", TOKEN_COUNT_VALUES },
	{ "limitk", TOKEN_LIMITK }, { "limit_ratio", TOKEN_LIMIT_RATIO },
	{ "inf", TOKEN_NUMBER }, { "nan", TOKEN_NUMBER },
};
enum { BEFORE_NUMBERS = 6 };		/* of these keywords a number may follow at once */

static const struct { const char *text; enum token_kind kind; } signs[] = {
	/* the longer ones first */
	{ "==", TOKEN_EQL }, { "!=", TOKEN_NEQ }, { ">=", TOKEN_GTE }, { "<=", TOKEN_LTE },
	{ "=~", TOKEN_MATCH }, { "!~", TOKEN_NO_MATCH },
	{ "=", TOKEN_ASSIGN }, { ">", TOKEN_GTR }, { "<", TOKEN_LSS },
	{ "+", TOKEN_ADD }, { "-", TOKEN_SUB }, { "*", TOKEN_MUL }, { "/", TOKEN_DIV }, { "%", TOKEN_MOD }, { "^", TOKEN_POW },
	{ "(", TOKEN_LEFT_PAREN }, { ")", TOKEN_RIGHT_PAREN }, { "{", TOKEN_LEFT_BRACE }, { "}", TOKEN_RIGHT_BRACE },
	{ "[", TOKEN_LEFT_BRACKET }, { "]", TOKEN_RIGHT_BRACKET }, { ",", TOKEN_COMMA }, { "@", TOKEN_AT },
	{ ":", TOKEN_COLON },
};

const char *token_text(enum token_kind kind)
{
	if (kind == TOKEN_NUMBER)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(keywords); i++)
		if (keywords[i].kind == kind)
			return keywords[i].text;
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (signs[i].kind == kind)
			return signs[i].text;
	return NULL;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }
static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void lexer_init(struct lexer *lexer, const char *text, uint32_t size)
{
	*lexer = (struct lexer){ .text = text, .size = size };
}

/* NUL past the end; a NUL in the text is refused where it stands. */
static char peek(const struct lexer *lexer, uint32_t at)
{
	return at < lexer->size ? lexer->text[at] : '\0';
}

static struct token token_to(struct lexer *lexer, enum token_kind kind, uint32_t end)
{
	struct token token = { kind, lexer->at, end };

	lexer->at = end;
	return token;
}

static struct token refuse(struct lexer *lexer, uint32_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static struct token refuse(struct lexer *lexer, uint32_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(lexer->message, sizeof lexer->message, format, args);
	va_end(args);
	lexer->at = at;
	return (struct token){ TOKEN_ERROR, at, at };
}

/* "unexpected character: 'x'" about the one at `at`. */
static struct token refuse_character(struct lexer *lexer, uint32_t start, uint32_t at, const char *what)
{
	uint32_t left = lexer->size - at;
	size_t n = utf8_step(lexer->text + at, left);
	uint8_t c = (uint8_t)peek(lexer, at);

	if (!left)
		return refuse(lexer, start, "%s end of input", what);
	if (!n)
		return refuse(lexer, start, "invalid UTF-8 rune");
	if (c == '\n' || c == '\t' || c == '\r' || c == '\'' || c == '\\')
		return refuse(lexer, start, "%s '\\%c'", what, c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : c);
	if (c < 0x20 || c == 0x7f)
		return refuse(lexer, start, "%s '\\x%02x'", what, c);
	return refuse(lexer, start, "%s '%.*s'", what, (int)n, lexer->text + at);
}

/* White space and comments. */
static void skip_blank(struct lexer *lexer)
{
	for (;;) {
		char c = peek(lexer, lexer->at);

		if (c == '#') {
			const char *end = memchr(lexer->text + lexer->at, '\n', lexer->size - lexer->at);

			lexer->at = end ? (uint32_t)(end - lexer->text) : lexer->size;
		} else if (is_space(c)) {
			lexer->at++;
		} else {
			return;
		}
	}
}

static enum token_kind find_keyword(const char *text, uint32_t n, size_t among)
{
	for (size_t i = 0; i < among; i++)
		if (strlen(keywords[i].text) == n && !strncasecmp(keywords[i].text, text, n))
			return keywords[i].kind;
	return TOKEN_IDENTIFIER;
}

/* Does the point at `at` belong to the word from `start` on? */
static bool point_in_word(const struct lexer *lexer, uint32_t start, uint32_t at)
{
	char next = peek(lexer, at + 1);

	if (is_digit(next))
		return find_keyword(lexer->text + start, at - start, BEFORE_NUMBERS) == TOKEN_IDENTIFIER;
	return is_alpha(next) || (next == ':' && !lexer->in_braces);
}

static struct token next_word(struct lexer *lexer)
{
	uint32_t start = lexer->at, end = start;
	bool is_metric = false;

	for (;; end++) {
		char c = peek(lexer, end);

		if ((c == ':' && !lexer->in_braces && !lexer->in_brackets) || (c == '.' && !lexer->in_brackets && point_in_word(lexer, start, end)))
			is_metric = true;
		else if (!is_alnum(c))
			break;
	}
	if (is_metric || lexer->in_braces)
		return token_to(lexer, is_metric && !lexer->in_braces ? TOKEN_METRIC : TOKEN_IDENTIFIER, end);
	return token_to(lexer, find_keyword(lexer->text + start, end - start, COUNT_OF(keywords)), end);
}

static uint32_t skip_digits(const struct lexer *lexer, uint32_t at)
{
	while (is_digit(peek(lexer, at)) || peek(lexer, at) == '_')
		at++;
	return at;
}

/* Past what may be a number; literal.c looks closer. */
static uint32_t skip_number(const struct lexer *lexer, uint32_t at)
{
	char second = peek(lexer, at + 1);

	if (peek(lexer, at) == '0' && (second == 'x' || second == 'X')) {
		for (at += 2; is_hex(peek(lexer, at)) || peek(lexer, at) == '_';)
			at++;
		return at;
	}
	at = skip_digits(lexer, at);
	if (peek(lexer, at) == '.')
		at = skip_digits(lexer, at + 1);
	if ((peek(lexer, at) | 0x20) == 'e') {
		uint32_t digits = at + 1 + (peek(lexer, at + 1) == '+' || peek(lexer, at + 1) == '-');

		if (is_digit(peek(lexer, digits)))
			at = skip_digits(lexer, digits);
	}
	return at;
}

/* Past units and further numbers; *whole: nothing but these, else past what is wrong. */
static uint32_t skip_units(const struct lexer *lexer, uint32_t at, bool *whole)
{
	*whole = false;
	do {
		while (is_digit(peek(lexer, at)))
			at++;
		if (!peek(lexer, at) || !strchr("smhdwy", peek(lexer, at)))
			return at + is_alnum(peek(lexer, at));
		at++;
		at += peek(lexer, at) == 's';
	} while (is_digit(peek(lexer, at)));
	*whole = !is_alnum(peek(lexer, at));
	return at + !*whole;
}

static struct token next_number(struct lexer *lexer)
{
	uint32_t end = skip_number(lexer, lexer->at);
	bool whole;

	if (!is_alnum(peek(lexer, end)))
		return token_to(lexer, TOKEN_NUMBER, end);
	end = skip_units(lexer, end, &whole);
	if (whole)
		return token_to(lexer, TOKEN_DURATION, end);
	return refuse(lexer, lexer->at, "bad number or duration syntax: \"%.*s\"",
		      end - lexer->at > 64 ? 64 : (int)(end - lexer->at), lexer->text + lexer->at);
}

static struct token next_string(struct lexer *lexer, char quote)
{
	uint32_t at = lexer->at + 1;

	for (;;) {
		size_t step = utf8_step(lexer->text + at, lexer->size - at);

		if (at >= lexer->size || (lexer->text[at] == '\n' && quote != '`'))
			return refuse(lexer, lexer->at, quote == '`' ? "unterminated raw string" : "unterminated quoted string");
		if (!step || !lexer->text[at])
			return refuse(lexer, lexer->at, step ? "a string must not hold a NUL" : "invalid UTF-8 rune");
		if (lexer->text[at] == quote)
			return token_to(lexer, TOKEN_STRING, at + 1);
		if (lexer->text[at] == '\\' && quote != '`' && at + 1 == lexer->size)
			return refuse(lexer, lexer->at, "escape sequence not terminated");
		if (lexer->text[at] == '\\' && quote != '`' && lexer->text[at + 1] != '\n')
			at += 1 + (uint32_t)(lexer->text[at + 1] == quote || lexer->text[at + 1] == '\\');
		else
			at += (uint32_t)step;
	}
}

static struct token next_end(struct lexer *lexer)
{
	if (lexer->in_braces)
		return refuse(lexer, lexer->at, "unexpected end of input inside braces");
	if (lexer->in_brackets)
		return refuse(lexer, lexer->at, "unclosed left bracket");
	if (lexer->parens)
		return refuse(lexer, lexer->at, "unclosed left parenthesis");
	return (struct token){ TOKEN_END, lexer->size, lexer->size };
}

/* The sign that stands here, as far as it may. */
static enum token_kind find_sign(const struct lexer *lexer, uint32_t *n)
{
	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		*n = (uint32_t)strlen(signs[i].text);
		if (lexer->in_braces && signs[i].kind == TOKEN_EQL)
			continue;
		if (lexer->size - lexer->at >= *n && !memcmp(lexer->text + lexer->at, signs[i].text, *n))
			return signs[i].kind;
	}
	return TOKEN_ERROR;
}

static struct token next_in_braces(struct lexer *lexer)
{
	uint32_t n;
	enum token_kind kind = find_sign(lexer, &n);

	switch (kind) {
	case TOKEN_RIGHT_BRACE:
		lexer->in_braces = false;
		return token_to(lexer, kind, lexer->at + n);
	case TOKEN_COMMA: case TOKEN_ASSIGN: case TOKEN_NEQ: case TOKEN_MATCH: case TOKEN_NO_MATCH:
		return token_to(lexer, kind, lexer->at + n);
	case TOKEN_LEFT_BRACE:
		return refuse_character(lexer, lexer->at, lexer->at, "unexpected left brace");
	default:
		if (peek(lexer, lexer->at) == '!')
			return refuse_character(lexer, lexer->at, lexer->at + 1, "unexpected character after '!' inside braces:");
		return refuse_character(lexer, lexer->at, lexer->at, "unexpected character inside braces:");
	}
}

/* Which brackets are open; NULL, or what is wrong with one that comes. */
static const char *bracket(struct lexer *lexer, enum token_kind kind)
{
	switch (kind) {
	case TOKEN_LEFT_PAREN:
		lexer->parens++;
		return NULL;
	case TOKEN_RIGHT_PAREN:
		if (!lexer->parens)
			return "unexpected right parenthesis";
		lexer->parens--;
		return NULL;
	case TOKEN_LEFT_BRACE:
		lexer->in_braces = true;
		return NULL;
	case TOKEN_RIGHT_BRACE:
		return "unexpected character:";
	case TOKEN_LEFT_BRACKET:
		if (lexer->in_brackets)
			return "unexpected left bracket";
		lexer->in_brackets = true;
		lexer->had_colon = false;
		return NULL;
	case TOKEN_RIGHT_BRACKET:
		if (!lexer->in_brackets)
			return "unexpected right bracket";
		lexer->in_brackets = false;
		return NULL;
	case TOKEN_COLON:
		if (!lexer->in_brackets || lexer->had_colon)
			return "unexpected colon";
		lexer->had_colon = true;
		return NULL;
	default:
		return NULL;
	}
}

static struct token next_sign(struct lexer *lexer)
{
	uint32_t n;
	enum token_kind kind = find_sign(lexer, &n);
	const char *wrong;

	if (kind == TOKEN_ERROR && peek(lexer, lexer->at) == '!')
		return refuse_character(lexer, lexer->at, lexer->at + 1, "unexpected character after '!':");
	if (kind == TOKEN_ERROR)
		return refuse_character(lexer, lexer->at, lexer->at, "unexpected character:");
	if (kind == TOKEN_MATCH || kind == TOKEN_NO_MATCH)
		return refuse(lexer, lexer->at, "unexpected character after '%c': '~'", kind == TOKEN_MATCH ? '=' : '!');
	wrong = bracket(lexer, kind);
	if (wrong)
		return refuse_character(lexer, lexer->at, lexer->at, wrong);
	return token_to(lexer, kind, lexer->at + n);
}

struct token lexer_next(struct lexer *lexer)
{
	char c;

	if (lexer->message[0])
		return (struct token){ TOKEN_ERROR, lexer->at, lexer->at };
	skip_blank(lexer);
	if (lexer->at == lexer->size)
		return next_end(lexer);
	c = lexer->text[lexer->at];
	if (is_alpha(c) || (c == ':' && !lexer->in_brackets && !lexer->in_braces))
		return next_word(lexer);
	if (c == '"' || c == '\'' || c == '`')
		return next_string(lexer, c);
	if (lexer->in_braces)
		return next_in_braces(lexer);
	if (is_digit(c) || (c == '.' && is_digit(peek(lexer, lexer->at + 1))))
		return next_number(lexer);
	return next_sign(lexer);
}

static const char *kind_name(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_IDENTIFIER: return "identifier ";
	case TOKEN_METRIC: return "metric identifier ";
	case TOKEN_STRING: return "string ";
	case TOKEN_NUMBER: return "number ";
	case TOKEN_DURATION: return "duration ";
	default: return "";
	}
}

enum { SHOWN_MOST = 10, NAME_MOST = 64 };	/* characters, bytes */

/* In quotes, those in it escaped. */
static void quote(const char *text, uint32_t n, uint32_t most, char *out, size_t room)
{
	size_t at = 0, used = 0, shown = 0;

	out[used++] = '"';
	while (at < n && shown++ < most && used + 16 < room) {
		size_t step = utf8_step(text + at, n - at);

		if (text[at] == '"' || text[at] == '\\')
			out[used++] = '\\';
		if ((uint8_t)text[at] < 0x20 || text[at] == 0x7f || !step)
			used += (size_t)snprintf(out + used, room - used, "\\x%02x", (uint8_t)text[at]);
		else
			memcpy(out + used, text + at, step), used += step;
		at += step ? step : 1;
	}
	snprintf(out + used, room - used, at < n ? "\"..." : "\"");
}

void token_describe(struct token token, const char *text, char *out, size_t room)
{
	const char *from = text + token.start, *name = kind_name(token.kind);
	uint32_t n = token.end - token.start;
	bool is_name = token.kind == TOKEN_IDENTIFIER || token.kind == TOKEN_METRIC;

	if (token.kind == TOKEN_END)
		snprintf(out, room, "end of input");
	else if (token_is_aggregator(token.kind))
		snprintf(out, room, "<aggr:%.*s>", (int)n, from);
	else if (token_is_operator(token.kind) || token.kind == TOKEN_MATCH || token.kind == TOKEN_NO_MATCH)
		snprintf(out, room, "<op:%.*s>", (int)n, from);
	else if (token.kind >= TOKEN_BOOL)
		snprintf(out, room, "<%.*s>", (int)n, from);
	else {
		snprintf(out, room, "%s", name);
		quote(from, n, is_name ? NAME_MOST : SHOWN_MOST, out + strlen(name), room - strlen(name));
	}
}
