/* SPDX-License-Identifier: MIT */
/*
 * harness_values.c - a cursor walks the text; each option type has a reader.
 * A test with a wrong text is a wrong test, so every error aborts.
 */
#include "harness_values.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
	struct pool *pool;
	const struct kymo_option *option;	/* for messages */
	const char *at;
	int depth;				/* inside brackets: , ] } end a plain scalar */
};

static const struct { const char *unit; double factor; } durations[] = {
	{ "ms", 1 }, { "s", 1e3 }, { "m", 60e3 }, { "h", 3600e3 }, { "d", 86400e3 },
};

static const struct { const char *unit; double factor; } sizes[] = {
	{ "B", 1 }, { "KiB", 1024 }, { "MiB", 1048576 }, { "GiB", 1073741824 },
	{ "kB", 1e3 }, { "KB", 1e3 }, { "MB", 1e6 }, { "GB", 1e9 },
};

void *pool_alloc(struct pool *pool, size_t size)
{
	void *block = calloc(1, size ? size : 1);
	void **blocks = realloc(pool->blocks, (pool->n + 1) * sizeof *blocks);

	if (!block || !blocks)
		abort();
	pool->blocks = blocks;
	pool->blocks[pool->n++] = block;
	return block;
}

void pool_free(struct pool *pool)
{
	for (size_t i = 0; i < pool->n; i++)
		free(pool->blocks[i]);
	free(pool->blocks);
	*pool = (struct pool){ 0 };
}

static _Noreturn void bad(const struct cursor *c, const char *what)
{
	fprintf(stderr, "harness: option %s: %s at \"%s\"\n", c->option->key, what, c->at);
	abort();
}

static void skip(struct cursor *c)
{
	while (isspace((unsigned char)*c->at))
		c->at++;
}

static bool take(struct cursor *c, char wanted)
{
	skip(c);
	if (*c->at != wanted)
		return false;
	c->at++;
	return true;
}

static void want(struct cursor *c, char wanted)
{
	if (!take(c, wanted))
		bad(c, (char[]){ wanted, ' ', 'e', 'x', 'p', 'e', 'c', 't', 'e', 'd', 0 });
}

static char *quoted(struct cursor *c, size_t *len)
{
	char quote = *c->at++, *text = pool_alloc(c->pool, strlen(c->at) + 1);
	size_t n = 0;

	while (*c->at && *c->at != quote) {
		if (quote == '"' && *c->at == '\\' && c->at[1])
			c->at++;
		text[n++] = *c->at++;
	}
	if (!*c->at)
		bad(c, "no closing quote");
	c->at++;
	*len = n;
	return text;
}

/* A scalar: quoted, or everything up to what ends it here. */
static char *scalar(struct cursor *c, const char *ends, size_t *len)
{
	const char *begin;
	char *text;

	skip(c);
	if (*c->at == '"' || *c->at == '\'')
		return quoted(c, len);
	begin = c->at;
	c->at += c->depth ? strcspn(begin, ends) : strlen(begin);
	*len = (size_t)(c->at - begin);
	while (*len && isspace((unsigned char)begin[*len - 1]))
		--*len;
	text = pool_alloc(c->pool, *len + 1);
	memcpy(text, begin, *len);
	return text;
}

static double duration(const struct cursor *c, const char *text)
{
	double ms = 0;

	for (char *end = NULL; *text; text = end) {
		double number = strtod(text, &end);
		size_t len, i, n = sizeof durations / sizeof *durations;

		for (len = 0; isalpha((unsigned char)end[len]); len++)
			;
		for (i = 0; i < n; i++)
			if (strlen(durations[i].unit) == len && !strncmp(durations[i].unit, end, len))
				break;
		if (end == text || i == n)
			bad(c, "not a duration");
		ms += number * durations[i].factor;
		end += len;
	}
	return ms;
}

static double size(const struct cursor *c, const char *text)
{
	char *unit;
	double number = strtod(text, &unit);

	if (unit == text)
		bad(c, "not a size");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		if (!strcmp(sizes[i].unit, unit))
			return number * sizes[i].factor;
	if (*unit)
		bad(c, "not a size");
	return number;
}

static void check_choice(const struct cursor *c, const char *text)
{
	const char *const *choice = c->option->choices;

	while (choice && *choice && strcmp(*choice, text) != 0)
		choice++;
	if (choice && !*choice)
		bad(c, "not among the choices");
}

static void check_bounds(const struct cursor *c, double number)
{
	const struct kymo_option *option = c->option;

	if ((option->min != 0 || option->max != 0) && !(number >= option->min && number <= option->max))
		bad(c, "out of bounds");
}

static void from_scalar(const struct cursor *c, struct kymo_value *value, const char *text, size_t len)
{
	char *end = NULL;

	switch (c->option->type) {
	case KYMO_FLAG:
		value->flag = !strcmp(text, "true");
		if (!value->flag && strcmp(text, "false") != 0)
			bad(c, "not true or false");
		return;
	case KYMO_INTEGER:
		value->integer = strtoll(text, &end, 10);
		check_bounds(c, (double)value->integer);
		break;
	case KYMO_NUMBER:
		value->number = strtod(text, &end);
		check_bounds(c, value->number);
		break;
	case KYMO_DURATION:
		value->duration = (kymo_ms)duration(c, text);
		check_bounds(c, (double)value->duration);
		return;
	case KYMO_SIZE:
		value->size = (uint64_t)size(c, text);
		check_bounds(c, (double)value->size);
		return;
	default:
		check_choice(c, text);
		value->string = text;
		value->n = (uint32_t)len;
		return;
	}
	if (end == text || *end)
		bad(c, "not a number");
}

static struct kymo_value any(struct cursor *c);

static struct kymo_value *grow(struct cursor *c, struct kymo_value *items, uint32_t n)
{
	struct kymo_value *more = pool_alloc(c->pool, (n + 1) * sizeof *more);

	if (n)
		memcpy(more, items, n * sizeof *more);
	return more;
}

static struct kymo_value one_string(struct cursor *c)
{
	struct kymo_value value = { .flags = KYMO_GIVEN };
	size_t len;

	value.string = scalar(c, ",]}", &len);
	value.n = (uint32_t)len;
	check_choice(c, value.string);
	return value;
}

static void fill_row(struct cursor *c, struct kymo_value *fields)
{
	const struct kymo_option *row = c->option;

	while (!take(c, '}')) {
		size_t len;
		uint32_t f = 0;
		const char *key = scalar(c, ":", &len);

		while (f < row->n_fields && strcmp(row->fields[f].key, key) != 0)
			f++;
		if (f == row->n_fields)
			bad(c, "no such field");
		want(c, ':');
		c->option = &row->fields[f];
		fields[f] = any(c);
		c->option = row;
		take(c, ',');
	}
}

static struct kymo_value one_row(struct cursor *c)
{
	const struct kymo_option *row = c->option;
	struct kymo_value *fields = pool_alloc(c->pool, row->n_fields * sizeof *fields);

	for (uint32_t f = 0; f < row->n_fields; f++)
		fields[f] = harness_parse(c->pool, &row->fields[f], row->fields[f].preset);
	for (uint32_t f = 0; f < row->n_fields; f++)
		fields[f].flags = 0;
	want(c, '{');
	fill_row(c, fields);
	return (struct kymo_value){ .items = fields, .n = row->n_fields, .flags = KYMO_GIVEN };
}

static struct kymo_value list(struct cursor *c)
{
	struct kymo_value value = { .flags = KYMO_GIVEN };
	struct kymo_value *items = NULL;

	c->depth++;
	while (!take(c, ']')) {
		items = grow(c, items, value.n);
		items[value.n++] = c->option->type == KYMO_ROWS ? one_row(c) : one_string(c);
		take(c, ',');
	}
	c->depth--;
	value.items = items;
	return value;
}

static struct kymo_value any(struct cursor *c)
{
	struct kymo_value value = { .flags = KYMO_GIVEN };
	bool many = c->option->type == KYMO_STRINGS || c->option->type == KYMO_ROWS;
	const char *text;
	size_t len;

	if (many && take(c, '['))
		return list(c);
	if (c->option->type == KYMO_ROWS)
		bad(c, "rows need [{...}]");
	if (many) {
		struct kymo_value *item = pool_alloc(c->pool, sizeof *item);

		*item = one_string(c);
		value.items = item;
		value.n = 1;
		return value;
	}
	text = scalar(c, ",]}", &len);
	from_scalar(c, &value, text, len);
	return value;
}

struct kymo_value harness_parse(struct pool *pool, const struct kymo_option *option, const char *text)
{
	struct cursor c = { .pool = pool, .option = option, .at = text };
	struct kymo_value value;

	if (!text)
		return (struct kymo_value){ 0 };
	value = any(&c);
	skip(&c);
	if (*c.at)
		bad(&c, "more than one value");
	return value;
}
