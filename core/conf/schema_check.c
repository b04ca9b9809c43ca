/* SPDX-License-Identifier: MIT */
/*
 * schema_check.c - a table may come from a plugin that somebody else built.
 * Nothing can be done about a wild pointer, but everything else is looked at
 * before it is used, with a limit on every count.
 */
#include "conf/schema_read.h"
#include "conf/words.h"
#include "util/utf8.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define OPTIONS_MOST 1000u
#define CHOICES_MOST 1000u
#define KEY_MOST 63u
#define TEXT_MOST 4096u		/* of a help, a preset, a choice */
#define ROWS_DEEP 4u

struct check {
	const char *what;
	struct error *err;
	unsigned depth;
	bool ours;		/* a table of the core: it may use the types of option.h */
};

/* The option as messages name it; its key may be no text at all. */
static int refuse(const struct check *check, uint32_t i, const char *key, const char *why)
{
	if (key)
		return error_set(check->err, -EINVAL, "%s: option %u (%s) %s", check->what, i, key, why);
	return error_set(check->err, -EINVAL, "%s: option %u %s", check->what, i, why);
}

static bool good_text(const char *text, size_t most)
{
	size_t n = strnlen(text, most + 1);

	return n <= most && utf8_valid(text, n);
}

static bool good_key(const char *key)
{
	size_t n = strnlen(key, KEY_MOST + 1);

	return n > 0 && n <= KEY_MOST && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static const char *check_choices(const struct kymo_option *option)
{
	uint32_t n = 0;

	if (!option->choices)
		return NULL;
	if (option->type != KYMO_STRING && option->type != KYMO_STRINGS)
		return "has choices, but is no text";
	for (; option->choices[n]; n++) {
		if (n == CHOICES_MOST)
			return "has more than 1000 choices (is the NULL at the end missing?)";
		if (!good_text(option->choices[n], TEXT_MOST))
			return "has a choice that is too long or not UTF-8";
	}
	return n ? NULL : "has an empty list of choices";
}

static bool has_bounds(uint32_t type)
{
	return type == KYMO_INTEGER || type == KYMO_NUMBER || type == KYMO_DURATION || type == KYMO_SIZE ||
	       type == OPTION_LIFETIME;
}

static const char *check_bounds(const struct kymo_option *option)
{
	if (isnan(option->min) || isnan(option->max))
		return "has NaN as a bound";
	if (option->min > option->max)
		return "has a min above its max (both 0: no bounds; INFINITY: none on that side)";
	if ((option->min != 0 || option->max != 0) && !has_bounds(option->type))
		return "has bounds, but is no number, duration or size";
	return NULL;
}

static bool known_type(uint32_t type, bool ours)
{
	return type <= KYMO_ROWS || (ours && type >= OPTION_LIFETIME && type <= OPTION_NODE);
}

static const char *check_texts(const struct kymo_option *option)
{
	if (option->help && !good_text(option->help, TEXT_MOST))
		return "has a help that is too long or not UTF-8";
	if (!option->preset)
		return NULL;
	if (!good_text(option->preset, TEXT_MOST))
		return "has a preset that is too long or not UTF-8";
	if (option->flags & KYMO_REQUIRED)
		return "is required and has a preset";
	return NULL;
}

static const char *check_fields(const struct kymo_option *option, unsigned depth)
{
	bool has = option->type == KYMO_ROWS || option->type == OPTION_SECTION;

	if (!has && option->n_fields)
		return "has fields, but is no list of rows";
	if (has && (!option->fields || !option->n_fields))
		return "has rows without fields";
	if (has && option->n_fields > OPTIONS_MOST)
		return "has more than 1000 fields";
	if (has && depth >= ROWS_DEEP)
		return "has rows in rows in rows, too deep";
	return NULL;
}

static const char *check_option(const struct check *check, const struct kymo_option *option)
{
	const char *why;

	if (!known_type(option->type, check->ours))
		return "has a type that this kymo does not know";
	if ((option->flags & KYMO_SECRET) && option->type != KYMO_STRING && option->type != KYMO_STRINGS)
		return "is secret, but no text";
	if ((why = check_texts(option)) || (why = check_choices(option)) || (why = check_bounds(option)))
		return why;
	return check_fields(option, check->depth);
}

/* Does what the table says fit the table? Only asked when the rest is sound. */
static int check_preset(const struct check *check, const struct kymo_option *option)
{
	struct kymo_option alone = *option;
	struct schema schema = { check->what, &alone, 1 };
	struct schema_values *values;

	alone.flags &= ~(uint32_t)KYMO_REQUIRED;
	values = schema_apply(&schema, NULL, (struct place){ check->what, 0, 0 }, check->err);
	schema_values_free(values);
	return values ? 0 : -EINVAL;
}

static int check_table(const struct check *check, const struct kymo_option *options, uint32_t n)
{
	struct check inner = { check->what, check->err, check->depth + 1, check->ours };
	int result = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct kymo_option *option = &options[i];
		const char *why;
		int r = 0;

		if (!option->key || !good_key(option->key)) {
			result = refuse(check, i, NULL, "has no key of a-z, 0-9 and _");
			continue;
		}
		why = check_option(check, option);
		for (uint32_t j = 0; j < i && !why; j++)
			if (options[j].key && !strcmp(options[j].key, option->key))
				why = "stands twice";
		if (why)
			r = refuse(check, i, option->key, why);
		else if (option->n_fields)
			r = check_table(&inner, option->fields, option->n_fields);
		if (r == 0 && option->preset)
			r = check_preset(check, option);
		if (r < 0)
			result = r;
	}
	return result;
}

static int check_whole(const struct schema *schema, bool ours, struct error *err)
{
	struct check check = { schema->what ? schema->what : "options", err, 0, ours };

	if (!schema->n_options)
		return 0;
	if (!schema->options)
		return error_set(err, -EINVAL, "%s: %u options, but no table of them", check.what,
				 schema->n_options);
	if (schema->n_options > OPTIONS_MOST)
		return error_set(err, -EINVAL, "%s: %u options are more than %u", check.what, schema->n_options,
				 OPTIONS_MOST);
	return check_table(&check, schema->options, schema->n_options);
}

int schema_check_table(const struct schema *schema, struct error *err)
{
	return check_whole(schema, false, err);
}

int schema_check_ours(const struct schema *schema, struct error *err)
{
	return check_whole(schema, true, err);
}
