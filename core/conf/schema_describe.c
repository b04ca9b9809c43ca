/* SPDX-License-Identifier: MIT */
/* schema_describe.c - a table as text for people: key, type, preset, what is allowed, help. */
#include "conf/schema_read.h"
#include "conf/words.h"

#include <string.h>

#define INDENT 4

static const char *type_name(const struct kymo_option *option)
{
	switch (option->type) {
	case KYMO_FLAG:
		return "true or false";
	case KYMO_INTEGER:
		return "integer";
	case KYMO_NUMBER:
		return "number";
	case KYMO_STRING:
		return "text";
	case KYMO_DURATION:
		return "duration";
	case KYMO_SIZE:
		return "size";
	case KYMO_STRINGS:
		return "list of texts";
	case KYMO_ROWS:
		return "list of mappings";
	case OPTION_LIFETIME:
		return "duration or forever";
	case OPTION_SECTION:
		return option->flags & OPTION_OFF ? "mapping, or off" : "mapping";
	case OPTION_LABELS:
		return "mapping of names to texts";
	default:
		return "anything";
	}
}

static void indent(struct buf *out, unsigned level)
{
	buf_printf(out, "%*s", (int)level * INDENT, "");
}

static void describe_limits(const struct kymo_option *option, struct buf *out)
{
	char bounds[BOUNDS_TEXT], choices[512];

	if (option->flags & KYMO_REQUIRED)
		buf_add_text(out, ", required");
	if (option->flags & KYMO_SECRET)
		buf_add_text(out, " or {file: PATH}, secret");
	if (option->preset)
		buf_printf(out, ", preset %s", *option->preset ? option->preset : "\"\"");
	if (bounds_text(option, bounds)[0])
		buf_printf(out, ", %s", bounds);
	if (!option->choices)
		return;
	list_words(choices, sizeof choices, " or ", choice_at, option->choices);
	buf_printf(out, ", one of %s", choices);
}

static void describe_table(const struct kymo_option *options, uint32_t n, unsigned level, struct buf *out)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct kymo_option *option = &options[i];

		indent(out, level);
		buf_printf(out, "%s: %s", option->key, type_name(option));
		describe_limits(option, out);
		buf_add_text(out, "\n");
		if (option->help && *option->help) {
			indent(out, level + 1);
			buf_printf(out, "%s\n", option->help);
		}
		describe_table(option->fields, option->n_fields, level + 1, out);
	}
}

void schema_describe(const struct schema *schema, struct buf *out)
{
	describe_table(schema->options, schema->n_options, 0, out);
}
