/* SPDX-License-Identifier: MIT */
/* parser.c - line by line: read, check, hand over. */
#include "text/parser.h"

#include "text/rules.h"
#include "util/utf8.h"

#include <errno.h>
#include <stdlib.h>

struct text_parser {
	enum text_format format;
	struct label_limits limits;
	struct rules rules;
	struct text_counts counts;
	struct text_line line;
	struct buf texts;		/* of the last text_metadata */
};

struct text_parser *text_parser_create(enum text_format format, const struct label_limits *limits)
{
	struct text_parser *parser = calloc(1, sizeof *parser);

	if (!parser)
		return NULL;
	parser->format = format;
	parser->limits = *limits;
	if (rules_init(&parser->rules, format) == 0)
		return parser;
	free(parser);
	return NULL;
}

void text_parser_destroy(struct text_parser *parser)
{
	if (!parser)
		return;
	rules_fini(&parser->rules);
	buf_fini(&parser->texts);
	free(parser);
}

/* The first byte that is no UTF-8. */
static int not_utf8(const struct text_parser *parser, const char *text, size_t n, struct error *err)
{
	struct line_place at = { (uint32_t)parser->counts.lines + 1, 1 };
	size_t step;

	while (n && *text && (step = utf8_step(text, n))) {
		at.column += (uint32_t)step;
		if (*text == '\n')
			at = (struct line_place){ at.line + 1, 1 };
		text += step;
		n -= step;
	}
	return text_wrong(err, at, "the byte 0x%02x is not UTF-8 text", n ? (unsigned char)*text : 0);
}

static int take_line(struct text_parser *parser, const char *text, size_t n, text_each *each, void *data, struct error *err)
{
	struct text_line *line = &parser->line;
	struct text_sample sample;
	bool keep;
	int r;

	if (parser->rules.ended)
		return text_wrong(err, (struct line_place){ (uint32_t)parser->counts.lines, 1 }, "a line behind # EOF");
	r = text_line_read(line, parser->format, &parser->limits, (uint32_t)parser->counts.lines, text, n, err);
	if (r == 0)
		r = rules_take(&parser->rules, line, &keep, err);
	if (r < 0)
		return r == -ENOMEM ? error_set(err, r, "out of memory") : r;
	parser->counts.exemplars += line->exemplar_at != NULL;
	if (!keep)
		return 0;
	parser->counts.samples++;
	sample = (struct text_sample){ line->series, line->series_n, line->time_at, line->time.ms, line->value };
	return each(data, &sample);
}

int text_parser_feed(struct text_parser *parser, const char *text, size_t n, text_each *each, void *data, struct error *err)
{
	const char *end;
	int r = 0;

	if (!n)
		return 0;
	if (n > UINT32_MAX || parser->counts.lines > UINT32_MAX - n)
		return error_set(err, -E2BIG, "a text of more than %u lines", UINT32_MAX);
	if (!utf8_valid(text, n))
		return not_utf8(parser, text, n, err);
	end = text + n;
	while (r == 0 && text < end) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));

		parser->counts.lines++;
		r = take_line(parser, text, (size_t)((feed ? feed : end) - text), each, data, err);
		text = feed ? feed + 1 : end;
	}
	return r;
}

int text_parser_end(struct text_parser *parser, struct error *err)
{
	return rules_end(&parser->rules, (uint32_t)parser->counts.lines + 1, err);
}

struct text_counts text_parser_counts(const struct text_parser *parser)
{
	struct text_counts counts = parser->counts;

	counts.left_out = parser->rules.left_out;
	return counts;
}

uint32_t text_parser_families(const struct text_parser *parser)
{
	return parser->rules.families.n;
}

/* Each with its NUL; where it begins. */
static size_t add_text(struct text_parser *parser, struct text_slice slice)
{
	size_t at = parser->texts.len;

	buf_add(&parser->texts, family_text(&parser->rules.families, slice), slice.n);
	buf_add_u8(&parser->texts, 0);
	return at;
}

int text_parser_family(struct text_parser *parser, uint32_t i, struct text_metadata *metadata)
{
	const struct family *family = &parser->rules.families.items[i];
	size_t name, help, unit;

	buf_clear(&parser->texts);
	name = add_text(parser, family->name);
	help = add_text(parser, family->help);
	unit = add_text(parser, family->unit);
	if (buf_failed(&parser->texts))
		return -ENOMEM;
	*metadata = (struct text_metadata){
		.type = family->type, .parts = family->parts, .told = family->has_help || family->has_type || family->has_unit,
		.name = (char *)parser->texts.data + name, .help = (char *)parser->texts.data + help,
		.unit = (char *)parser->texts.data + unit,
	};
	return 0;
}
