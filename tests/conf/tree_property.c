/* SPDX-License-Identifier: MIT */
/*
 * tree_property.c - a random tree, written in a random style, is read back as it
 * was, and every scalar's place is where it was written. Random tokens give a
 * tree or an error, never anything else.
 */
#include "conf/settings.h"
#include "property/random.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define TREES 400
#define SOUPS 3000
#define SCALARS 4000u

/* What was written, in the order in which it stands there. */
struct written {
	struct buf text;
	struct random random;
	struct { struct place at; char value[64]; bool quoted; } scalars[SCALARS];
	uint32_t n;
	unsigned keys;
};

static struct place here(const struct written *w)
{
	struct place at = { "t", 1, 1 };

	for (size_t i = 0; i < w->text.len; i++) {
		at.column++;
		if (w->text.data[i] == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return at;
}

/* ---- scalars ---- */

static void random_value(struct written *w, char *out, bool simple)
{
	static const char *const simple_parts[] = { "a", "b9", "_", "x-y", "/", "Z", "." };
	static const char *const parts[] = { "a", " ", ": ", "#", "\"", "'", "\\", "\n", "\t", "{", "]", "&", "*",
					     "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "${", "$", "}", "\x01",
					     "- ", ",", "!!", "~" };
	uint32_t n = random_below(&w->random, 8);

	strcpy(out, simple ? "k" : "");
	for (uint32_t i = 0; i < n; i++)
		strcat(out, simple ? simple_parts[random_below(&w->random, COUNT_OF(simple_parts))]
				   : parts[random_below(&w->random, COUNT_OF(parts))]);
}

/* ${ would be a variable: $${ is the plain text. */
static void write_double(struct written *w, const char *value)
{
	buf_add_text(&w->text, "\"");
	for (const char *c = value; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (!strncmp(c, "${", 2))
			buf_add_text(&w->text, "$$");
		else if (byte < 0x20)
			buf_printf(&w->text, "\\x%02x", byte);
		else if (byte == '"' || byte == '\\')
			buf_printf(&w->text, "\\%c", byte);
		else
			buf_add(&w->text, c, 1);
	}
	buf_add_text(&w->text, "\"");
}

static void write_single(struct written *w, const char *value)
{
	buf_add_text(&w->text, "'");
	for (const char *c = value; *c; c++)
		buf_add(&w->text, *c == '\'' ? "''" : c, *c == '\'' ? 2 : 1);
	buf_add_text(&w->text, "'");
}

/* "$" before "${" would make "$$${": which of the dollars is meant is not to be guessed. */
static bool is_ambiguous(const char *value)
{
	return strstr(value, "$${") != NULL;
}

static void note(struct written *w, struct place at, const char *value, bool quoted)
{
	CHECK(w->n < SCALARS, "n=%u", w->n);
	w->scalars[w->n].at = at;
	w->scalars[w->n].quoted = quoted;
	strcpy(w->scalars[w->n++].value, value);
}

static void write_scalar(struct written *w)
{
	struct place at = here(w);
	uint32_t style = random_below(&w->random, 3);
	char value[64];

	do
		random_value(w, value, style == 0);
	while (is_ambiguous(value));
	if (style == 0)
		buf_add_text(&w->text, value);
	else if (style == 1 && !strpbrk(value, "\n\t\x01"))
		write_single(w, value);
	else
		write_double(w, value);
	/* What had a variable in it counts as plain; a plain ${ counts as one. */
	note(w, at, value, style != 0 && (!strstr(value, "${") || w->text.data[w->text.len - 1] == '\''));
}

/* Keys must differ. */
static void write_key(struct written *w)
{
	struct place at = here(w);
	char value[64];

	snprintf(value, sizeof value, "key%u", w->keys++);
	buf_add_text(&w->text, value);
	note(w, at, value, false);
}

/* ---- collections ---- */

static void write_node(struct written *w, unsigned depth, unsigned indent);

static void write_flow(struct written *w, unsigned depth)
{
	bool mapping = random_below(&w->random, 2);
	uint32_t n = depth > 4 ? 0 : random_below(&w->random, 4);

	if (depth > 1 && random_below(&w->random, 2)) {
		write_scalar(w);
		return;
	}
	buf_add_text(&w->text, mapping ? "{" : "[");
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_add_text(&w->text, ", ");
		if (mapping) {
			write_key(w);
			buf_add_text(&w->text, ": ");
		}
		write_flow(w, depth + 1);
	}
	buf_add_text(&w->text, mapping ? "}" : "]");
}

static void write_block(struct written *w, bool mapping, unsigned depth, unsigned indent)
{
	uint32_t n = 1 + random_below(&w->random, 4);

	for (uint32_t i = 0; i < n; i++) {
		if (random_below(&w->random, 4) == 0)
			buf_printf(&w->text, "%*s# a remark: [\n", (int)indent, "");
		buf_printf(&w->text, "%*s", (int)indent, "");
		if (mapping)
			write_key(w);
		buf_add_text(&w->text, mapping ? ":" : "-");
		write_node(w, depth + 1, indent + 2);
	}
}

/* Behind "key:" or "-". */
static void write_node(struct written *w, unsigned depth, unsigned indent)
{
	if (depth < 6 && random_below(&w->random, 2)) {
		buf_add_text(&w->text, "\n");
		write_block(w, random_below(&w->random, 2), depth, indent);
		return;
	}
	buf_add_text(&w->text, " ");
	if (random_below(&w->random, 2))
		write_flow(w, depth);
	else
		write_scalar(w);
	buf_add_text(&w->text, "\n");
}

/* ---- reading back ---- */

static void check_scalar(const struct written *w, const struct yaml_node *node, uint32_t i)
{
	if (node->at.line != w->scalars[i].at.line || node->at.column != w->scalars[i].at.column ||
	    strcmp(node->text, w->scalars[i].value) != 0 || node->quoted != w->scalars[i].quoted)
		fail_msg("\"%s\" at %u:%u (quoted %d), not \"%s\" at %u:%u (quoted %d), in\n%.*s", node->text,
			 node->at.line, node->at.column, node->quoted, w->scalars[i].value,
			 w->scalars[i].at.line, w->scalars[i].at.column, w->scalars[i].quoted,
			 (int)w->text.len, (const char *)w->text.data);
}

static void check_node(const struct written *w, const struct yaml_node *node, uint32_t *i)
{
	if (node->kind == YAML_SCALAR) {
		check_scalar(w, node, (*i)++);
		return;
	}
	for (size_t k = 0; k < node->n; k++) {
		if (node->kind == YAML_MAPPING)
			check_scalar(w, node->keys[k], (*i)++);
		check_node(w, node->items[k], i);
	}
}

static void any_tree_is_read_as_it_was_written(void **state)
{
	static struct written w;

	(void)state;
	for (uint64_t seed = 1; seed <= TREES; seed++) {
		struct error err = { 0 };
		uint32_t i = 0;

		w.random = random_seed(seed);
		w.n = w.keys = 0;
		buf_clear(&w.text);
		write_block(&w, true, 1, 0);
		{
			AUTO(yaml) yaml = yaml_parse("t", (const char *)w.text.data, w.text.len, &err);

			if (!yaml)
				fail_msg("seed %u: %s in\n%.*s", (unsigned)seed, error_text(&err),
					 (int)w.text.len, (const char *)w.text.data);
			check_node(&w, yaml->root, &i);
			assert_int_equal(i, w.n);
		}
	}
	buf_fini(&w.text);
}

/* ---- anything at all ---- */

static void any_tokens_give_settings_or_errors(void **state)
{
	static const char *const tokens[] = {
		"store", "plugins", "sinks", "http", "labels", "log", "limits", "path", "plugin", "name", "with", "listen",
		"retention", "interval", "raw", "tiers", ": ", ": ", ": ", ":", "- ", "- ", "\n", "\n", "\n  ", "\n  ", "\n    ",
		"[", "]", "{", "}", ", ", ", ", "\"", "'", "#", "|\n", ">\n", "&a ", "*a", "<<", "${", "${X}", "${X:-y}", "$${",
		"!!str ", "!x ", "? ", "---\n", "...\n", "%YAML 1.1\n", "~", "true", "off", "10s", "24h", "forever", "4KiB", "-1",
		"\t", "\r\n", "\xc3\xa4", "\xff", "\x01", "\\", "@", "`", "include", "x.yaml",
	};

	(void)state;
	for (uint64_t seed = 1; seed <= SOUPS; seed++) {
		struct random random = random_seed(seed);
		uint32_t n = random_below(&random, 60);
		struct error err = { 0 };
		AUTO_BUF text = { 0 };

		for (uint32_t i = 0; i < n; i++)
			buf_add_text(&text, tokens[random_below(&random, COUNT_OF(tokens))]);
		{
			AUTO(settings) settings = settings_parse("/dev/null/t", (const char *)text.data, text.len, &err);

			if (!settings != (err.count > 0))
				fail_msg("seed %u: %u errors", (unsigned)seed, err.count);
		}
		error_clear(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_tree_is_read_as_it_was_written),
		cmocka_unit_test(any_tokens_give_settings_or_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
