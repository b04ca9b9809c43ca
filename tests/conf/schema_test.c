/* SPDX-License-Identifier: MIT */
/* schema_test.c - a mapping against a table: values, presets, places, and every error there is. */
#include "conf/schema.h"
#include "util/check.h"
#include "util/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAG, INTEGER, NUMBER, TEXT, SPAN, SIZE, TEXTS, ROWS, SECRET, CHOICE, N_OPTIONS };
enum { ROW_NAME, ROW_COUNT, N_FIELDS };

static const char *const colours[] = { "red", "green", "blue", NULL };

static const struct kymo_option fields[N_FIELDS] = {
	[ROW_NAME] = { .key = "name", .type = KYMO_STRING, .flags = KYMO_REQUIRED },
	[ROW_COUNT] = { .key = "count", .type = KYMO_INTEGER, .preset = "7", .min = 1, .max = INFINITY },
};

static const struct kymo_option options[N_OPTIONS] = {
	[FLAG] = { .key = "flag", .type = KYMO_FLAG, .preset = "yes", .help = "On or off." },
	[INTEGER] = { .key = "integer", .type = KYMO_INTEGER, .preset = "42", .min = -10, .max = 100 },
	[NUMBER] = { .key = "number", .type = KYMO_NUMBER, .preset = "0.5", .min = -INFINITY, .max = 1e6 },
	[TEXT] = { .key = "text", .type = KYMO_STRING, .preset = "\"a: b\"" },
	[SPAN] = { .key = "span", .type = KYMO_DURATION, .preset = "60s", .min = 100, .max = 86400000 },
	[SIZE] = { .key = "size", .type = KYMO_SIZE, .preset = "4KiB", .min = 0, .max = 1048576 },
	[TEXTS] = { .key = "texts", .type = KYMO_STRINGS, .preset = "[a, b]" },
	[ROWS] = { .key = "rows", .type = KYMO_ROWS, .fields = fields, .n_fields = N_FIELDS,
		   .preset = "[{name: first, count: 1}, {name: second}]" },
	[SECRET] = { .key = "secret", .type = KYMO_STRING, .flags = KYMO_SECRET },
	[CHOICE] = { .key = "choice", .type = KYMO_STRINGS, .choices = colours },
};

static const struct schema schema = { "plugin test", options, N_OPTIONS };

/* ---- values as text ---- */

static void dump_texts(const struct kymo_value *value, struct buf *out)
{
	for (uint32_t i = 0; i < value->n; i++)
		buf_printf(out, "%s%s", i ? "," : "", value->items[i].string);
}

static void dump_value(uint32_t i, const struct kymo_value *value, struct buf *out)
{
	switch (options[i].type) {
	case KYMO_FLAG:
		buf_add_text(out, value->flag ? "true" : "false");
		break;
	case KYMO_NUMBER:
		buf_printf(out, "%.17g", value->number);
		break;
	case KYMO_STRING:
		buf_printf(out, "%s/%u", value->string ? value->string : "NULL", value->n);
		break;
	case KYMO_STRINGS:
		dump_texts(value, out);
		break;
	case KYMO_ROWS:
		for (uint32_t row = 0; row < value->n; row++)
			buf_printf(out, "%s%s*%lld", row ? "," : "", value->items[row].items[ROW_NAME].string,
				   (long long)value->items[row].items[ROW_COUNT].integer);
		break;
	default:
		buf_printf(out, "%lld", (long long)value->integer);
	}
}

/* Of the given only. */
static void dump(const struct schema_values *values, struct buf *out)
{
	for (uint32_t i = 0; i < N_OPTIONS; i++) {
		if (!(values->values[i].flags & KYMO_GIVEN))
			continue;
		buf_printf(out, "%s%s=", out->len ? " " : "", options[i].key);
		dump_value(i, &values->values[i], out);
	}
}

static struct schema_values *apply(const struct yaml *yaml, struct error *err)
{
	return schema_apply(&schema, yaml->root, (struct place){ "t", 0, 0 }, err);
}

static const struct { const char *text, *result; } rows[] = {
	{ "", "" },
	{ "flag: true", "flag=true" }, { "flag: Yes", "flag=true" }, { "flag: ON", "flag=true" },
	{ "flag: False", "flag=false" }, { "flag: no", "flag=false" }, { "flag: off", "flag=false" },
	{ "flag: maybe", "t:1:7: flag: \"maybe\" is not a boolean (write true or false; yes, no, on and off do too)" },
	{ "flag: tRUE", "t:1:7: flag: \"tRUE\" is not a boolean (write true or false; yes, no, on and off do too)" },
	{ "flag: 1", "t:1:7: flag: \"1\" is not a boolean (write true or false; yes, no, on and off do too)" },
	{ "flag: 'true'", "t:1:7: flag: \"true\" in quotes is text, not a boolean (leave the quotes out)" },
	{ "flag:", "t:1:6: flag: has no value (write true or false; yes, no, on and off do too)" },
	{ "flag: [true]", "t:1:7: flag: is a list, not a boolean (write true or false; yes, no, on and off do too)" },

	{ "integer: -10", "integer=-10" }, { "integer: +5", "integer=5" }, { "integer: 0", "integer=0" },
	{ "integer: 101", "t:1:10: integer: \"101\" is out of range (-10 to 100)" },
	{ "integer: -11", "t:1:10: integer: \"-11\" is out of range (-10 to 100)" },
	{ "integer: 9223372036854775808", "t:1:10: integer: \"9223372036854775808\" is out of range (-10 to 100)" },
	{ "integer: -9223372036854775808", "t:1:10: integer: \"-9223372036854775808\" is out of range (-10 to 100)" },
	{ "integer: 010", "t:1:10: integer: \"010\" is not an integer (write 42 or -3)" },
	{ "integer: 0x10", "t:1:10: integer: \"0x10\" is not an integer (write 42 or -3)" },
	{ "integer: 1_000", "t:1:10: integer: \"1_000\" is not an integer (write 42 or -3)" },
	{ "integer: 1.0", "t:1:10: integer: \"1.0\" is not an integer (write 42 or -3)" },
	{ "integer: --1", "t:1:10: integer: \"--1\" is not an integer (write 42 or -3)" },
	{ "integer: \"5\"", "t:1:10: integer: \"5\" in quotes is text, not an integer (leave the quotes out)" },
	{ "integer: \"${SCHEMA_FIVE}\"", "integer=5" },
	{ "rows: [{name: a, count: 9223372036854775807}]", "rows=a*9223372036854775807" },
	{ "rows: [{name: a, count: 9223372036854775808}]",
	  "t:1:25: count: \"9223372036854775808\" is out of range (at least 1)" },

	{ "number: -1.5e3", "number=-1500" }, { "number: 1000000", "number=1000000" },
	{ "number: 1e7", "t:1:9: number: \"1e7\" is out of range (at most 1000000)" },
	{ "number: 1e999", "t:1:9: number: \"1e999\" is out of range (at most 1000000)" },
	{ "number: nan", "t:1:9: number: \"nan\" is not a number (write 42, 0.5 or 1e-3)" },
	{ "number: .5", "t:1:9: number: \".5\" is not a number (write 42, 0.5 or 1e-3)" },
	{ "number: 1.", "t:1:9: number: \"1.\" is not a number (write 42, 0.5 or 1e-3)" },
	{ "number: 1e", "t:1:9: number: \"1e\" is not a number (write 42, 0.5 or 1e-3)" },
	{ "number: 1,5", "t:1:9: number: \"1,5\" is not a number (write 42, 0.5 or 1e-3)" },

	{ "text: a b", "text=a b/3" }, { "text: 5", "text=5/1" }, { "text: ''", "text=/0" },
	{ "text: \"null\"", "text=null/4" },
	{ "text: null", "t:1:7: text: has no value (write text)" },
	{ "text: {a: b}", "t:1:7: text: is a mapping, not text (write text)" },
	{ "text: {file: x}", "t:1:7: text: is a mapping, not text (write text)" },

	{ "span: 1h30m", "span=5400000" }, { "span: \"500ms\"", "span=500" }, { "span: 100ms", "span=100" },
	{ "span: 10x", "t:1:7: span: \"10x\" is not a duration (write 500ms, 10s or 5m)" },
	{ "span: 10", "t:1:7: span: \"10\" is not a duration (write 500ms, 10s or 5m)" },
	{ "span: -1s", "t:1:7: span: \"-1s\" is not a duration (write 500ms, 10s or 5m)" },
	{ "span: forever", "t:1:7: span: \"forever\" is not a duration (write 500ms, 10s or 5m)" },
	{ "span: 99ms", "t:1:7: span: \"99ms\" is out of range (100ms to 1d)" },
	{ "span: 9999999999999h", "t:1:7: span: \"9999999999999h\" is out of range (100ms to 1d)" },

	{ "size: 512", "size=512" }, { "size: 1MiB", "size=1048576" }, { "size: 0", "size=0" },
	{ "size: 4Kb", "t:1:7: size: \"4Kb\" is not a size (write 512, 4KiB or 10MB)" },
	{ "size: 2MiB", "t:1:7: size: \"2MiB\" is out of range (0B to 1MiB)" },

	{ "texts: []", "texts=" }, { "texts: [x, 'y', 5]", "texts=x,y,5" }, { "texts: one", "texts=one" },
	{ "texts: [x, ~, {y: z}]", "t:1:12: texts: has no value (write [one, two], or one text)\n"
	  "t:1:15: texts: is a mapping, not a list of texts (write [one, two], or one text)" },
	{ "texts:", "t:1:7: texts: has no value (write [one, two], or one text)" },
	{ "texts: {a: b}", "t:1:8: texts: is a mapping, not a list of texts (write [one, two], or one text)" },

	{ "choice: [red, blue]", "choice=red,blue" }, { "choice: green", "choice=green" },
	{ "choice: [red, pink]", "t:1:15: choice: \"pink\" is not allowed (red, green or blue)" },

	{ "rows: []", "rows=" }, { "rows: [{name: a}, {name: b, count: 2}]", "rows=a*7,b*2" },
	{ "rows: [{count: 2}]", "t:1:8: rows: \"name\" is missing (it must be given)" },
	{ "rows: [~]", "t:1:8: rows: \"name\" is missing (it must be given)" },
	{ "rows: [a]", "t:1:8: rows: is text, not a mapping (write {key: value})" },
	{ "rows: {name: a}", "t:1:7: rows: is a mapping, not a list of mappings (write [{key: value}, ...], or [] for none)" },
	{ "rows: [{name: a, count: 0, cuont: 3}]", "t:1:25: count: \"0\" is out of range (at least 1)\n"
	  "t:1:28: unknown key \"cuont\" in rows (did you mean count?)" },

	{ "secret: s3cret", "secret=s3cret/6" },
	{ "secret: [s3cret]", "t:1:9: secret: is a list, not text (write text)" },
	{ "secret: {fil: x}", "t:1:9: secret: is a mapping (write text, or {file: PATH})" },
	{ "secret: {file: x, a: b}", "t:1:9: secret: is a mapping (write text, or {file: PATH})" },
	{ "secret: {file: /none}", "t:1:16: secret: the secret file /none: No such file or directory" },
	{ "secret: {file: /dev/zero}", "t:1:16: secret: the secret file /dev/zero is not a regular file" },

	{ "txet: a", "t:1:1: unknown key \"txet\" in plugin test (did you mean text?)" },
	{ "Text: a", "t:1:1: unknown key \"Text\" in plugin test (did you mean text?)" },
	{ "colour: a", "t:1:1: unknown key \"colour\" in plugin test (it has flag, integer, number, text, span, size, "
	  "texts, rows, secret and choice)" },
	{ "\"a\\n\\x01b\": a", "t:1:1: unknown key \"a\\x0a\\x01b\" in plugin test (it has flag, integer, number, text, "
	  "span, size, texts, rows, secret and choice)" },
	{ "text: a\nflag: 2\nspan: x\nfoo: 1",
	  "t:2:7: flag: \"2\" is not a boolean (write true or false; yes, no, on and off do too)\n"
	  "t:3:7: span: \"x\" is not a duration (write 500ms, 10s or 5m)\n"
	  "t:4:1: unknown key \"foo\" in plugin test (it has flag, integer, number, text, span, size, "
	  "texts, rows, secret and choice)" },
};

static void checks_values_against_the_table(void **state)
{
	(void)state;
	setenv("SCHEMA_FIVE", "5", 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct error err = { 0 };
		AUTO_BUF out = { 0 };
		AUTO(yaml) yaml = yaml_parse("t", rows[i].text, strlen(rows[i].text), &err);
		AUTO(schema_values) values = yaml ? apply(yaml, &err) : NULL;

		if (values)
			dump(values, &out);
		else
			buf_add_text(&out, error_text(&err));
		if (strcmp(buf_text(&out), rows[i].result) != 0)
			fail_msg("%s\ngot  %s\nwant %s", rows[i].text, buf_text(&out), rows[i].result);
		error_clear(&err);
	}
}

static void fills_in_presets(void **state)
{
	AUTO(schema_values) values = schema_apply(&schema, NULL, (struct place){ "t", 3, 5 }, NULL);
	const struct kymo_value *v = values->values;

	(void)state;
	assert_true(v[FLAG].flag);
	assert_int_equal(v[INTEGER].integer, 42);
	assert_true(v[NUMBER].number == 0.5);
	assert_string_equal(v[TEXT].string, "a: b");
	assert_int_equal(v[TEXT].n, 4);
	assert_int_equal(v[SPAN].duration, 60000);
	assert_int_equal(v[SIZE].size, 4096);
	assert_int_equal(v[TEXTS].n, 2);
	assert_string_equal(v[TEXTS].items[1].string, "b");
	assert_int_equal(v[ROWS].n, 2);
	assert_int_equal(v[ROWS].items[1].items[ROW_COUNT].integer, 7);
	assert_null(v[SECRET].string);
	assert_int_equal(v[CHOICE].n, 0);
	for (uint32_t i = 0; i < N_OPTIONS; i++)
		assert_int_equal(v[i].flags & KYMO_GIVEN, 0);
	assert_int_equal(schema_place(values, &v[ROWS].items[1].items[ROW_COUNT]).line, 3);
	assert_int_equal(schema_place(values, &v[FLAG]).column, 5);
}

static void assert_place(struct place at, unsigned line, unsigned column)
{
	assert_string_equal(at.file, "t");
	assert_int_equal(at.line, line);
	assert_int_equal(at.column, column);
}

static void values_outlive_the_tree_and_know_their_places(void **state)
{
	static const char text[] = "text: a\ntexts: [b, c]\nrows:\n  - name: d\n  - count: 3\n    name: e\n";
	struct error err = { 0 };
	struct yaml *yaml = yaml_parse("t", text, sizeof text - 1, &err);
	AUTO(schema_values) values = schema_apply(&schema, yaml->root, (struct place){ "t", 0, 0 }, &err);
	const struct kymo_value *v = values->values;

	(void)state;
	yaml_release(yaml);
	assert_string_equal(v[TEXT].string, "a");
	assert_place(schema_place(values, &v[TEXT]), 1, 7);
	assert_place(schema_place(values, &v[TEXTS]), 2, 8);
	assert_place(schema_place(values, &v[TEXTS].items[1]), 2, 12);
	assert_place(schema_place(values, &v[ROWS].items[1]), 5, 5);
	assert_place(schema_place(values, &v[ROWS].items[1].items[ROW_COUNT]), 5, 12);
	assert_place(schema_place(values, &v[ROWS].items[0].items[ROW_COUNT]), 4, 5);	/* a preset: the row */
	assert_place(schema_place(values, &v[FLAG]), 0, 0);
}

/* ---- comparing ---- */

static const struct { const char *a, *b, *difference; } pairs[] = {
	{ "", "", NULL },
	{ "", "flag: on\ninteger: 42\ntext: 'a: b'\nspan: 1m\nsize: 4096\ntexts: [a, b]", NULL },
	{ "", "rows: [{name: first, count: 1}, {count: 7, name: second}]", NULL },
	{ "flag: on", "flag: off", "flag" },
	{ "integer: 1", "integer: 2", "integer" },
	{ "number: 0.5", "number: 0.25", "number" },
	{ "text: a", "text: b", "text" },
	{ "span: 1s", "span: 2s", "span" },
	{ "size: 1", "size: 2", "size" },
	{ "texts: [a]", "texts: [a, b]", "texts" },
	{ "texts: [a]", "texts: [b]", "texts" },
	{ "rows: []", "", "rows" },
	{ "rows: [{name: a}]", "rows: [{name: b}]", "rows" },
	{ "secret: a", "secret: b", "secret" },
	{ "secret: a", "", "secret" },
	{ "text: b\nsize: 2", "size: 1", "text" },
};

static struct schema_values *values_of(const char *text)
{
	struct error err = { 0 };
	AUTO(yaml) yaml = yaml_parse("t", text, strlen(text), &err);
	struct schema_values *values = apply(yaml, &err);

	assert_non_null(values);
	return values;
}

static void compares_by_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		AUTO(schema_values) a = values_of(pairs[i].a);
		AUTO(schema_values) b = values_of(pairs[i].b);
		const char *difference = schema_difference(&schema, a, b);

		if (schema_equal(&schema, a, b) != !pairs[i].difference ||
		    strcmp(difference ? difference : "", pairs[i].difference ? pairs[i].difference : "") != 0)
			fail_msg("\"%s\" and \"%s\": got %s", pairs[i].a, pairs[i].b, difference);
	}
}

/* ---- secrets ---- */

static char dir[256], path[300];
static unsigned warnings;

static void count_warnings(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data;
	(void)topic;
	warnings += level == LOG_LEVEL_WARN;
	assert_null(strstr(text, "s3cret"));
}

static int make_dir(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(dir, sizeof dir, "%s/kymo-schema-XXXXXX", tmp ? tmp : "/tmp");
	log_set_writer(count_warnings, NULL);
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	log_set_writer(NULL, NULL);
	unlink(path);
	return rmdir(dir);
}

static void write_secret(const char *text, size_t n, mode_t mode)
{
	FILE *file;

	snprintf(path, sizeof path, "%s/secret", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, n, file), n);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

/* What a file that names the secret gives; "" and the error else. */
static void read_secret(char *out, size_t size)
{
	static const char text[] = "secret: {file: secret}";
	struct error err = { 0 };
	char name[300];

	snprintf(name, sizeof name, "%s/kymo.yaml", dir);
	{
		AUTO(yaml) yaml = yaml_parse(name, text, sizeof text - 1, &err);
		AUTO(schema_values) values = apply(yaml, &err);
		const char *what = values ? values->values[SECRET].string : error_text(&err) + strlen(dir);

		snprintf(out, size, "%s", what);
	}
	error_clear(&err);
}

static void secrets_come_from_files(void **state)
{
	static const struct { const char *text; size_t n; const char *start; } files[] = {
		{ "s3cret", 6, "s3cret" }, { "s3cret\n", 7, "s3cret" }, { "s3cret\r\n", 8, "s3cret" },
		{ "s3cret\n\n", 8, "s3cret\n" }, { " s3cret\r", 8, " s3cret\r" },
		{ "", 0, "/kymo.yaml:1:16: secret: the secret file " }, { "\n", 1, "/kymo.yaml:1:16: secret: the secret file " },
		{ "a\0b", 3, "/kymo.yaml:1:16: secret: the secret file " }, { "\xff", 1, "/kymo.yaml:1:16: secret: the secret file " },
	};
	char got[512];

	(void)state;
	warnings = 0;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		write_secret(files[i].text, files[i].n, 0600);
		read_secret(got, sizeof got);
		if (strncmp(got, files[i].start, strlen(files[i].start)) != 0)
			fail_msg("file %zu: got %s", i, got);
	}
	assert_int_equal(warnings, 0);
	write_secret("s3cret", 6, 0644);
	read_secret(got, sizeof got);
	assert_string_equal(got, "s3cret");
	assert_int_equal(warnings, 1);
}

static void a_secret_has_a_limit(void **state)
{
	static char text[65537];
	char got[512];

	(void)state;
	memset(text, 'x', sizeof text);
	write_secret(text, 65536, 0600);
	read_secret(got, sizeof got);
	assert_memory_equal(got, "xxxxxxxx", 8);
	write_secret(text, 65537, 0600);
	read_secret(got, sizeof got);
	assert_non_null(strstr(got, "is larger than 64 KiB"));
}

static void errors_hide_secrets(void **state)
{
	static const char *const choices[] = { "open", "sesame", NULL };
	static const struct kymo_option table[] = {
		{ .key = "secret", .type = KYMO_STRING, .flags = KYMO_SECRET, .choices = choices },
	};
	static const struct schema one = { "test", table, 1 };
	struct error err = { 0 };
	AUTO(yaml) yaml = yaml_parse("t", "secret: s3cret", 14, &err);

	(void)state;
	assert_null(schema_apply(&one, yaml->root, (struct place){ "t", 0, 0 }, &err));
	assert_string_equal(error_text(&err), "t:1:9: secret: the value (hidden) is not allowed (open or sesame)");
	error_clear(&err);
}

/* ---- describing ---- */

static void describes_itself(void **state)
{
	AUTO_BUF out = { 0 };

	(void)state;
	schema_describe(&schema, &out);
	assert_string_equal(buf_text(&out),
			    "flag: true or false, preset yes\n"
			    "    On or off.\n"
			    "integer: integer, preset 42, -10 to 100\n"
			    "number: number, preset 0.5, at most 1000000\n"
			    "text: text, preset \"a: b\"\n"
			    "span: duration, preset 60s, 100ms to 1d\n"
			    "size: size, preset 4KiB, 0B to 1MiB\n"
			    "texts: list of texts, preset [a, b]\n"
			    "rows: list of mappings, preset [{name: first, count: 1}, {name: second}]\n"
			    "    name: text, required\n"
			    "    count: integer, preset 7, at least 1\n"
			    "secret: text or {file: PATH}, secret\n"
			    "choice: list of texts, one of red, green or blue\n");
}

static void a_table_without_options_takes_none(void **state)
{
	static const struct schema none = { "plugin none", NULL, 0 };
	struct error err = { 0 };
	AUTO(yaml) yaml = yaml_parse("t", "a: b", 4, &err);

	(void)state;
	assert_null(schema_apply(&none, yaml->root, (struct place){ "t", 0, 0 }, &err));
	assert_string_equal(error_text(&err), "t:1:1: unknown key \"a\" in plugin none (it has no options)");
	error_clear(&err);
	schema_values_free(schema_apply(&none, NULL, (struct place){ "t", 0, 0 }, &err));
	assert_int_equal(err.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_values_against_the_table),
		cmocka_unit_test(fills_in_presets),
		cmocka_unit_test(values_outlive_the_tree_and_know_their_places),
		cmocka_unit_test(compares_by_value),
		cmocka_unit_test_setup_teardown(secrets_come_from_files, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_secret_has_a_limit, make_dir, remove_dir),
		cmocka_unit_test(errors_hide_secrets),
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(a_table_without_options_takes_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
