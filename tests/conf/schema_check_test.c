/* SPDX-License-Identifier: MIT */
/* schema_check_test.c - tables that somebody else wrote are looked at before they are used. */
#include "conf/schema.h"
#include "conf/schema_read.h"
#include "conf/settings_table.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const none[] = { NULL };
static const char *const two[] = { "a", "b", NULL };
static const char *const ugly[] = { "a", "\xff", NULL };
static const char *many[1002];
static char long_text[5000], long_key[65];

static const struct kymo_option field[] = { { .key = "a", .type = KYMO_STRING } };
static const struct kymo_option bad_field[] = { { .key = "A", .type = KYMO_STRING } };
static const struct kymo_option deep[] = {
	{ .key = "deep", .type = KYMO_ROWS, .fields = deep, .n_fields = 1 },	/* without end */
};

static const struct { struct kymo_option option; const char *result; } rows[] = {
	{ { .key = "a", .type = KYMO_STRING }, "" },
	{ { .key = "a_1", .type = KYMO_ROWS, .fields = field, .n_fields = 1, .preset = "[{a: b}]" }, "" },
	{ { .key = "a", .type = KYMO_STRING, .choices = two, .preset = "a" }, "" },
	{ { .key = "a", .type = KYMO_STRING, .preset = "" }, "" },
	{ { .key = "a", .type = KYMO_STRINGS, .preset = "" }, "" },
	{ { .key = "a", .type = KYMO_NUMBER, .min = -INFINITY, .max = INFINITY, .preset = "-1e300" }, "" },
	{ { .key = "a", .type = KYMO_DURATION, .flags = 1u << 30 }, "" },	/* a flag of a later minor version */

	{ { .type = KYMO_STRING }, "p: option 0 has no key of a-z, 0-9 and _" },
	{ { .key = "", .type = KYMO_STRING }, "p: option 0 has no key of a-z, 0-9 and _" },
	{ { .key = "a-b", .type = KYMO_STRING }, "p: option 0 has no key of a-z, 0-9 and _" },
	{ { .key = "\xff", .type = KYMO_STRING }, "p: option 0 has no key of a-z, 0-9 and _" },
	{ { .key = long_key, .type = KYMO_STRING }, "p: option 0 has no key of a-z, 0-9 and _" },
	{ { .key = "a", .type = 8 }, "p: option 0 (a) has a type that this kymo does not know" },
	{ { .key = "a", .type = OPTION_NODE }, "p: option 0 (a) has a type that this kymo does not know" },
	{ { .key = "a", .type = UINT32_MAX }, "p: option 0 (a) has a type that this kymo does not know" },
	{ { .key = "a", .type = KYMO_SIZE, .flags = KYMO_SECRET }, "p: option 0 (a) is secret, but no text" },
	{ { .key = "a", .type = KYMO_STRING, .flags = KYMO_REQUIRED, .preset = "x" },
	  "p: option 0 (a) is required and has a preset" },
	{ { .key = "a", .type = KYMO_STRING, .help = "\xff" },
	  "p: option 0 (a) has a help that is too long or not UTF-8" },
	{ { .key = "a", .type = KYMO_STRING, .preset = long_text },
	  "p: option 0 (a) has a preset that is too long or not UTF-8" },
	{ { .key = "a", .type = KYMO_STRING, .choices = none }, "p: option 0 (a) has an empty list of choices" },
	{ { .key = "a", .type = KYMO_STRING, .choices = ugly },
	  "p: option 0 (a) has a choice that is too long or not UTF-8" },
	{ { .key = "a", .type = KYMO_STRING, .choices = many },
	  "p: option 0 (a) has more than 1000 choices (is the NULL at the end missing?)" },
	{ { .key = "a", .type = KYMO_FLAG, .choices = two }, "p: option 0 (a) has choices, but is no text" },
	{ { .key = "a", .type = KYMO_STRING, .max = 5 }, "p: option 0 (a) has bounds, but is no number, duration or size" },
	{ { .key = "a", .type = KYMO_SIZE, .min = NAN }, "p: option 0 (a) has NaN as a bound" },
	{ { .key = "a", .type = KYMO_SIZE, .min = 5 },
	  "p: option 0 (a) has a min above its max (both 0: no bounds; INFINITY: none on that side)" },
	{ { .key = "a", .type = KYMO_STRING, .n_fields = 1 }, "p: option 0 (a) has fields, but is no list of rows" },
	{ { .key = "a", .type = KYMO_ROWS, .n_fields = 1 }, "p: option 0 (a) has rows without fields" },
	{ { .key = "a", .type = KYMO_ROWS, .fields = field }, "p: option 0 (a) has rows without fields" },
	{ { .key = "a", .type = KYMO_ROWS, .fields = field, .n_fields = 1000000 },
	  "p: option 0 (a) has more than 1000 fields" },
	{ { .key = "a", .type = KYMO_ROWS, .fields = bad_field, .n_fields = 1 },
	  "p: option 0 has no key of a-z, 0-9 and _" },
	{ { .key = "a", .type = KYMO_ROWS, .fields = deep, .n_fields = 1 },
	  "p: option 0 (deep) has rows in rows in rows, too deep" },
	{ { .key = "a", .type = KYMO_DURATION, .preset = "10x" },
	  "p: a: the preset \"10x\" does not fit: preset:1:9: a: \"10x\" is not a duration (write 500ms, 10s or 5m)" },
	{ { .key = "a", .type = KYMO_DURATION, .preset = "1s", .min = 1, .max = 999 },
	  "p: a: the preset \"1s\" does not fit: preset:1:9: a: \"1s\" is out of range (1ms to 999ms)" },
	{ { .key = "a", .type = KYMO_STRING, .preset = "c", .choices = two },
	  "p: a: the preset \"c\" does not fit: preset:1:9: a: \"c\" is not allowed (a or b)" },
	{ { .key = "a", .type = KYMO_ROWS, .fields = field, .n_fields = 1, .preset = "[{b: 1}]" },
	  "p: a: the preset \"[{b: 1}]\" does not fit: preset:1:11: unknown key \"b\" in a (it has a)" },
	{ { .key = "a", .type = KYMO_STRING, .preset = "b\nc: d" },
	  "p: a: the preset \"b\\x0ac: d\" does not fit: it is more than one value" },
	{ { .key = "a", .type = KYMO_STRING, .preset = "[" },
	  "p: a: the preset \"[\" does not fit: preset:1:10: did not find expected node content, "
	  "while parsing a flow node" },
};

static void finds_what_is_wrong_with_an_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(many) - 1; i++)
		many[i] = "x";
	memset(long_text, 'x', sizeof long_text - 1);
	memset(long_key, 'x', sizeof long_key - 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct schema schema = { "p", &rows[i].option, 1 };
		struct error err = { 0 };
		int r = schema_check_table(&schema, &err);

		if (strcmp(error_text(&err), rows[i].result) != 0 || r != (*rows[i].result ? -EINVAL : 0))
			fail_msg("row %zu: got %d, %s\nwant %s", i, r, error_text(&err), rows[i].result);
		error_clear(&err);
	}
}

static void assert_wrong(const struct schema *schema, const char *why)
{
	struct error err = { 0 };

	assert_int_equal(schema_check_table(schema, &err), -EINVAL);
	assert_string_equal(error_text(&err), why);
	error_clear(&err);
}

static void finds_what_is_wrong_with_a_table(void **state)
{
	static const struct kymo_option twice[] = {
		{ .key = "a", .type = KYMO_STRING }, { .key = "b", .type = 99 }, { .key = "a", .type = KYMO_FLAG },
	};

	(void)state;
	assert_wrong(&(struct schema){ "p", twice, 3 }, "p: option 1 (b) has a type that this kymo does not know\n"
							"p: option 2 (a) stands twice");
	assert_wrong(&(struct schema){ "p", NULL, 3 }, "p: 3 options, but no table of them");
	assert_wrong(&(struct schema){ NULL, twice, 4000000000u }, "options: 4000000000 options are more than 1000");
	assert_int_equal(schema_check_table(&(struct schema){ "p", NULL, 0 }, NULL), 0);
}

static void the_tables_of_the_core_are_sound(void **state)
{
	struct error err = { 0 };

	(void)state;
	if (schema_check_ours(&settings_schema, &err) < 0)
		fail_msg("%s", error_text(&err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_wrong_with_an_option),
		cmocka_unit_test(finds_what_is_wrong_with_a_table),
		cmocka_unit_test(the_tables_of_the_core_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
