/* SPDX-License-Identifier: MIT */
/*
 * schema_scalar.c - one text becomes one value: strict about how it is written,
 * and helpful about how it should have been.
 */
#include "conf/schema_read.h"
#include "conf/tree.h"
#include "conf/words.h"
#include "util/check.h"
#include "util/duration.h"
#include "util/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what a type is called, and how it is written ---- */

static const struct {
	uint32_t type;
	const char *noun, *hint;
} types[] = {
	{ KYMO_FLAG, "a boolean", "write true or false; yes, no, on and off do too" },
	{ KYMO_INTEGER, "an integer", "write 42 or -3" },
	{ KYMO_NUMBER, "a number", "write 42, 0.5 or 1e-3" },
	{ KYMO_STRING, "text", "write text" },
	{ KYMO_DURATION, "a duration", "write 500ms, 10s or 5m" },
	{ KYMO_SIZE, "a size", "write 512, 4KiB or 10MB" },
	{ KYMO_STRINGS, "a list of texts", "write [one, two], or one text" },
	{ KYMO_ROWS, "a list of mappings", "write [{key: value}, ...], or [] for none" },
	{ OPTION_LIFETIME, "a duration", "write 24h, 30d or forever" },
	{ OPTION_SECTION, "a mapping", "write {key: value}" },
	{ OPTION_LABELS, "a mapping", "write {name: value}" },
	{ OPTION_NODE, "anything", "" },
};

const char *type_noun(uint32_t type)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (types[i].type == type)
			return types[i].noun;
	return "of an unknown type";
}

const char *type_hint(uint32_t type)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (types[i].type == type)
			return types[i].hint;
	return "";
}

const char *choice_at(const void *choices, size_t n)
{
	return ((const char *const *)choices)[n];
}

/* A bound as it would stand in the file. */
static void bound_text(uint32_t type, double v, char *room, size_t size)
{
	static const struct { const char *name; double size; } units[] = {
		{ "TiB", 1099511627776.0 }, { "GiB", 1073741824.0 }, { "MiB", 1048576.0 }, { "KiB", 1024.0 },
	};
	char text[DURATION_TEXT], number[NUMBER_TEXT];

	if ((type == KYMO_DURATION || type == OPTION_LIFETIME) && fabs(v) < 9e18) {
		snprintf(room, size, "%s", duration_format((kymo_ms)v, text));
		return;
	}
	for (size_t i = 0; type == KYMO_SIZE && i < COUNT_OF(units); i++)
		if (v >= units[i].size && fmod(v, units[i].size) == 0) {
			snprintf(room, size, "%s%s", number_format(v / units[i].size, number), units[i].name);
			return;
		}
	snprintf(room, size, "%s%s", number_format(v, number), type == KYMO_SIZE ? "B" : "");
}

const char *bounds_text(const struct kymo_option *option, char room[BOUNDS_TEXT])
{
	char min[64], max[64];

	room[0] = '\0';
	if (option->min == 0 && option->max == 0)
		return room;
	bound_text(option->type, option->min, min, sizeof min);
	bound_text(option->type, option->max, max, sizeof max);
	if (isinf(option->min) && isinf(option->max))
		return room;
	if (isinf(option->max))
		snprintf(room, BOUNDS_TEXT, "at least %s", min);
	else if (isinf(option->min))
		snprintf(room, BOUNDS_TEXT, "at most %s", max);
	else
		snprintf(room, BOUNDS_TEXT, "%s to %s", min, max);
	return room;
}

/* ---- what can be wrong ---- */

int wrong_kind(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node)
{
	if (tree_is_null(node))
		return error_at(reading->err, node->at, "%s: has no value (%s)", option->key,
				type_hint(option->type));
	return error_at(reading->err, node->at, "%s: is %s, not %s (%s)", option->key, yaml_kind_name(node->kind),
			type_noun(option->type), type_hint(option->type));
}

/* The text as messages show it, with its quotes; of a secret, nothing. */
static const char *quoted(const struct kymo_option *option, const char *text, char room[SHOWN + 2])
{
	char inner[SHOWN];

	if (option->flags & KYMO_SECRET)
		return "the value (hidden)";
	snprintf(room, SHOWN + 2, "\"%s\"", shown(text, inner));
	return room;
}

static int wrong_text(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
		      int why)
{
	char room[SHOWN + 2], bounds[BOUNDS_TEXT];
	const char *text = quoted(option, node->text, room);

	if (why == -ERANGE && bounds_text(option, bounds)[0])
		return error_at(reading->err, node->at, "%s: %s is out of range (%s)", option->key, text, bounds);
	if (why == -ERANGE)
		return error_at(reading->err, node->at, "%s: %s is out of range", option->key, text);
	return error_at(reading->err, node->at, "%s: %s is not %s (%s)", option->key, text,
			type_noun(option->type), type_hint(option->type));
}

static int check_bounds(struct reading *reading, const struct kymo_option *option,
			const struct yaml_node *node, double v)
{
	if ((option->min == 0 && option->max == 0) || (v >= option->min && v <= option->max))
		return 0;
	return wrong_text(reading, option, node, -ERANGE);
}

static int check_choice(struct reading *reading, const struct kymo_option *option, struct place at,
			const char *text)
{
	char room[SHOWN + 2], choices[256];

	if (!option->choices)
		return 0;
	for (const char *const *choice = option->choices; *choice; choice++)
		if (!strcmp(*choice, text))
			return 0;
	list_words(choices, sizeof choices, " or ", choice_at, option->choices);
	return error_at(reading->err, at, "%s: %s is not allowed (%s)", option->key, quoted(option, text, room),
			choices);
}

/* ---- numbers ---- */

static int parse_flag(const char *text, bool *flag)
{
	static const char *const words[2][9] = {
		{ "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF" },
		{ "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON" },
	};

	for (size_t v = 0; v < 2; v++)
		for (size_t i = 0; i < COUNT_OF(words[v]); i++)
			if (!strcmp(text, words[v][i])) {
				*flag = v == 1;
				return 0;
			}
	return -EINVAL;
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* Decimal only: 010 is 8 to some and 10 to others, so it is nothing here. */
static int parse_integer(const char *text, int64_t *out)
{
	bool negative = *text == '-';
	const char *at = text + (negative || *text == '+');
	size_t n = digits(at);
	int64_t v = 0;

	if (!n || at[n] || (n > 1 && *at == '0'))
		return -EINVAL;
	for (; *at; at++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    (negative ? __builtin_sub_overflow(v, *at - '0', &v)
			      : __builtin_add_overflow(v, *at - '0', &v)))
			return -ERANGE;
	*out = v;
	return 0;
}

/* [sign] digits [. digits] [e [sign] digits] */
static bool is_number(const char *at)
{
	size_t n;

	at += *at == '-' || *at == '+';
	n = digits(at);
	if (!n)
		return false;
	at += n;
	if (*at == '.') {
		n = digits(++at);
		if (!n)
			return false;
		at += n;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '-' || *at == '+';
		n = digits(at);
		if (!n)
			return false;
		at += n;
	}
	return !*at;
}

/* strtod as in the C locale: that of the program may want a comma. */
static int parse_number(const char *text, double *out)
{
	locale_t plain;

	if (!is_number(text))
		return -EINVAL;
	plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!plain)
		return -ENOMEM;
	*out = strtod_l(text, NULL, plain);
	freelocale(plain);
	return isfinite(*out) ? 0 : -ERANGE;
}

static int parse_lifetime(const char *text, kymo_ms *out)
{
	if (strcmp(text, "forever") != 0)
		return duration_parse(text, out);
	*out = INT64_MAX;
	return 0;
}

/* The parsed value, and as a number for the bounds. */
static int parse(uint32_t type, const char *text, struct kymo_value *value, double *number)
{
	int r = -EINVAL;

	switch (type) {
	case KYMO_FLAG:
		return parse_flag(text, &value->flag);
	case KYMO_INTEGER:
		r = parse_integer(text, &value->integer);
		*number = (double)value->integer;
		break;
	case KYMO_NUMBER:
		r = parse_number(text, &value->number);
		*number = value->number;
		break;
	case KYMO_DURATION:
		r = duration_parse(text, &value->duration);
		*number = (double)value->duration;
		break;
	case OPTION_LIFETIME:
		r = parse_lifetime(text, &value->duration);
		*number = (double)value->duration;
		break;
	case KYMO_SIZE:
		r = size_parse(text, &value->size);
		*number = (double)value->size;
		break;
	default:
		break;
	}
	return r;
}

/* Quotes make text of what else would be a boolean or a number. */
static bool quotes_matter(uint32_t type)
{
	return type == KYMO_FLAG || type == KYMO_INTEGER || type == KYMO_NUMBER;
}

int read_scalar(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
		struct kymo_value *value)
{
	char room[SHOWN + 2];
	double number = 0;
	int r;

	if (node->kind != YAML_SCALAR || tree_is_null(node))
		return wrong_kind(reading, option, node);
	r = parse(option->type, node->text, value, &number);
	if (r == 0 && node->quoted && quotes_matter(option->type))
		return error_at(reading->err, node->at, "%s: %s in quotes is text, not %s (leave the quotes out)",
				option->key, quoted(option, node->text, room), type_noun(option->type));
	if (r == -ENOMEM)
		return no_room(reading);
	if (r < 0)
		return wrong_text(reading, option, node, r);
	/* What is kept forever is longer than any bound, and meant so. */
	if (option->type == KYMO_FLAG || (option->type == OPTION_LIFETIME && value->duration == INT64_MAX))
		return 0;
	return check_bounds(reading, option, node, number);
}

/* ---- text ---- */

static int keep_text(struct reading *reading, const struct kymo_option *option, struct place at,
		     const char *text, struct kymo_value *value)
{
	size_t n = strlen(text);
	int r = check_choice(reading, option, at, text);

	if (r < 0)
		return r;
	value->string = bump_copy(&reading->memory->bump, text, n);
	value->n = (uint32_t)n;
	return value->string ? 0 : no_room(reading);
}

int read_text(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
	      struct kymo_value *value)
{
	AUTO_FREE char *secret = NULL;
	int r;

	if (node->kind == YAML_SCALAR && !tree_is_null(node))
		return keep_text(reading, option, node->at, node->text, value);
	if (node->kind != YAML_MAPPING || !(option->flags & KYMO_SECRET))
		return wrong_kind(reading, option, node);
	r = read_secret(reading, option, node, &secret);
	return r < 0 ? r : keep_text(reading, option, node->at, secret, value);
}
