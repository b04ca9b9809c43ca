/* SPDX-License-Identifier: MIT */
/* parser.c - the tools of the parser. */
#include "promql/parser.h"
#include "promql/literal.h"
#include "promql/place.h"
#include "util/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

enum { SHOWN_MOST = 160 };		/* bytes of a word in a message */

void parser_advance(struct parser *p)
{
	p->end = p->token.end;
	p->token = p->has_ahead ? p->ahead : lexer_next(&p->lexer);
	p->has_ahead = false;
}

enum token_kind parser_ahead(struct parser *p)
{
	if (!p->has_ahead)
		p->ahead = lexer_next(&p->lexer);
	p->has_ahead = true;
	return p->ahead.kind;
}

bool parser_take(struct parser *p, enum token_kind kind)
{
	if (p->token.kind != kind)
		return false;
	parser_advance(p);
	return true;
}

bool parser_at_word(const struct parser *p, const char *word)
{
	uint32_t n = p->token.end - p->token.start;

	return p->token.kind == TOKEN_IDENTIFIER && strlen(word) == n && !strncasecmp(p->expr->text + p->token.start, word, n);
}

int parser_fail(struct parser *p, uint32_t at, const char *format, ...)
{
	va_list args;

	if (p->code)
		return p->code;
	va_start(args, format);
	p->code = place_vfail(p->err, -EINVAL, p->expr->text, at, format, args);
	va_end(args);
	return p->code;
}

int parser_unexpected(struct parser *p, const char *context, const char *expected)
{
	char word[SHOWN_MOST];

	if (p->token.kind == TOKEN_ERROR)
		return parser_fail(p, p->token.start, "%s", p->lexer.message);
	token_describe(p->token, p->expr->text, word, sizeof word);
	return parser_fail(p, p->token.start, "unexpected %s%s%s%s%s", word, context ? " in " : "", context ? context : "",
			   expected ? ", expected " : "", expected ? expected : "");
}

int parser_no_memory(struct parser *p)
{
	if (!p->code)
		p->code = error_set(p->err, -ENOMEM, "out of memory");
	return p->code;
}

struct node *parser_node(struct parser *p, enum node_kind kind, uint32_t start)
{
	struct node *node;

	if (p->nodes++ >= p->limits->nodes) {
		p->code = place_fail(p->err, -E2BIG, p->expr->text, start, "the expression has more than %u parts", p->limits->nodes);
		return NULL;
	}
	node = expr_alloc(p->expr, sizeof *node);
	if (!node) {
		parser_no_memory(p);
		return NULL;
	}
	node->kind = kind;
	node->start = start;
	node->depth = 1;
	return node;
}

struct node *parser_done(struct parser *p, struct node *node, uint32_t below)
{
	node->end = p->end;
	node->depth = below + 1;
	if (node->depth <= p->limits->depth)
		return node;
	p->code = place_fail(p->err, -E2BIG, p->expr->text, node->start, "the expression is more than %u levels deep (query.depth)", p->limits->depth);
	return NULL;
}

const char *parser_string(struct parser *p, uint32_t *n, bool must_be_utf8)
{
	AUTO_BUF text = { 0 };
	char message[96];
	const char *wrong = literal_unquote(p->expr->text + p->token.start, p->token.end - p->token.start, &text, message);
	const char *copy;

	if (!wrong && must_be_utf8 && !utf8_valid((const char *)text.data, text.len))
		wrong = "a string is not UTF-8";
	if (wrong) {
		parser_fail(p, p->token.start, "%s", wrong);
		return NULL;
	}
	copy = buf_failed(&text) ? NULL : expr_copy(p->expr, (const char *)text.data, text.len);
	if (!copy) {
		parser_no_memory(p);
		return NULL;
	}
	*n = (uint32_t)text.len;
	parser_advance(p);
	return copy;
}

static int number_failed(struct parser *p, int code)
{
	uint32_t at = p->token.start, n = p->token.end - at;
	const char *text = p->expr->text + at;
	int shown = n > SHOWN_MOST ? SHOWN_MOST : (int)n;

	if (code == -ENOMEM)
		return parser_no_memory(p);
	if (p->token.kind == TOKEN_DURATION)
		return code == -ERANGE ? parser_fail(p, at, "duration out of range")
				       : parser_fail(p, at, "not a valid duration string: \"%.*s\"", shown, text);
	return parser_fail(p, at, "error parsing number: \"%.*s\" is %s", shown, text, code == -ERANGE ? "out of range" : "no number");
}

int parser_number(struct parser *p, double *out, bool *is_duration)
{
	const char *text = p->expr->text + p->token.start;
	uint32_t n = p->token.end - p->token.start;
	kymo_ms ms = 0;
	int r;

	*is_duration = p->token.kind == TOKEN_DURATION;
	if (*is_duration) {
		r = literal_duration(text, n, &ms);
		*out = (double)ms / 1000;
	} else {
		r = literal_number(text, n, out);
	}
	if (r < 0)
		return number_failed(p, r);
	parser_advance(p);
	return 0;
}

int items_add(struct parser *p, struct items *items, const void *item)
{
	if (items->n == items->room) {
		uint32_t room = items->room ? items->room * 2 : 8;
		const void **more = realloc(items->data, room * sizeof *more);

		if (!more)
			return parser_no_memory(p);
		items->data = more;
		items->room = room;
	}
	items->data[items->n++] = item;
	return 0;
}

const void *items_keep(struct parser *p, const struct items *items)
{
	void *kept = expr_alloc(p->expr, (items->n + 1) * sizeof *items->data);

	if (!kept)
		parser_no_memory(p);
	else if (items->n)
		memcpy(kept, items->data, items->n * sizeof *items->data);
	return kept;
}
