/* SPDX-License-Identifier: MIT */
/*
 * shipped_test.c - config/kymo.yaml and docs/configuration.md say what the
 * tables say. Run with the source folder as argument.
 */
#include "conf/schema_read.h"
#include "conf/settings.h"
#include "conf/settings_table.h"
#include "util/check.h"
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static const char *source;

static void read_source(const char *name, struct buf *out)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", source, name);
	if (file_read_all(path, 1 << 20, out, NULL) < 0 || !buf_text(out))
		fail_msg("%s: cannot be read", path);
}

/* ---- config/kymo.yaml ---- */

static struct schema_values *values_of(const char *text)
{
	struct error err = { 0 };
	AUTO(yaml) yaml = yaml_parse("kymo.yaml", text, strlen(text), &err);
	struct schema_values *values =
		yaml ? schema_apply(&settings_schema, yaml->root, (struct place){ "kymo.yaml", 0, 0 }, &err) : NULL;

	if (!values)
		fail_msg("%s\n%s", error_text(&err), text);
	return values;
}

static void shipped_values_are_the_presets(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	unsetenv("KYMO_STORE");
	read_source("config/kymo.yaml", &text);
	{
		AUTO(schema_values) shipped = values_of(buf_text(&text));
		AUTO(schema_values) presets = values_of("");
		const char *difference = schema_difference(&settings_schema, shipped, presets);

		/* Presets of plugins differ in nothing but that they are written out. */
		if (difference)
			fail_msg("%s differs", difference);
		assert_true(shipped->values[ROOT_PLUGINS].flags & KYMO_GIVEN);
	}
}

/* These remarks show an example, since the preset is nothing. */
static bool is_example(const char *key, size_t n)
{
	static const char *const keys[] = { "labels", "sockets", "include", "sinks" };

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (strlen(keys[i]) == n && !memcmp(keys[i], key, n))
			return true;
	return false;
}

/* "# key: value" and "  # key: value", but not what is indented further behind the #. */
static bool is_remark(const char *line, size_t *indent)
{
	size_t n;

	*indent = strspn(line, " ");
	if (strncmp(line + *indent, "# ", 2) != 0)
		return false;
	line += *indent + 2;
	n = strspn(line, "abcdefghijklmnopqrstuvwxyz_");
	return n > 0 && line[n] == ':' && line[n + 1] == ' ' && !is_example(line, n);
}

static void remarks_show_the_presets(void **state)
{
	AUTO_BUF text = { 0 };
	AUTO_BUF bare = { 0 };
	unsigned remarks = 0;

	(void)state;
	read_source("config/kymo.yaml", &text);
	for (char *line = strtok((char *)text.data, "\n"); line; line = strtok(NULL, "\n")) {
		size_t indent;

		if (is_remark(line, &indent)) {
			buf_printf(&bare, "%*s%s\n", (int)indent, "", line + indent + 2);
			remarks++;
		} else {
			buf_printf(&bare, "%s\n", line);
		}
	}
	assert_true(remarks >= 14);
	{
		AUTO(schema_values) shown = values_of(buf_text(&bare));
		AUTO(schema_values) presets = values_of("");
		const char *difference = schema_difference(&settings_schema, shown, presets);

		if (difference)
			fail_msg("%s is not the preset in\n%s", difference, buf_text(&bare));
	}
}

/* Every key as a word in the text. */
static void find_keys(const struct kymo_option *options, uint32_t n, const char *text)
{
	for (uint32_t i = 0; i < n; i++) {
		char key[80];

		snprintf(key, sizeof key, "%s:", options[i].key);
		/* Topics are named in a list; isolation is yet to come. */
		if (!strstr(text, key) && strcmp(options[i].key, "isolate") != 0 && options[i].preset)
			fail_msg("%s is not in config/kymo.yaml", options[i].key);
		find_keys(options[i].fields, options[i].n_fields, text);
	}
}

static void every_key_with_a_preset_is_shipped(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	read_source("config/kymo.yaml", &text);
	find_keys(settings_schema.options, settings_schema.n_options, buf_text(&text));
}

/* ---- docs/configuration.md ---- */

static bool is_row_of(const char *row, size_t n, const struct kymo_option *option)
{
	char line[1024], key[80], preset[600];

	if (n >= sizeof line)
		return false;
	memcpy(line, row, n);
	line[n] = '\0';
	snprintf(key, sizeof key, "| `%s` |", option->key);
	snprintf(preset, sizeof preset, "| `%s` |", option->preset ? option->preset : "");
	return !strncmp(line, key, strlen(key)) && (!option->preset || strstr(line, preset));
}

/* Bounds as the table has them: "100ms to 1d" is `100ms` to `1d` or `100ms to 1d`, "at least 3m" is at least `3m`. */
static bool has_bounds(const char *row, size_t n, const struct kymo_option *option)
{
	char bounds[BOUNDS_TEXT], line[1024], *to = line;

	bounds_text(option, bounds);
	for (size_t i = 0; i < n && to < line + sizeof line - 1; i++)
		if (row[i] != '`')
			*to++ = row[i];
	*to = '\0';
	return strstr(line, bounds) != NULL;
}

static void find_rows(const struct kymo_option *options, uint32_t n, const char *text)
{
	for (uint32_t i = 0; i < n; i++) {
		bool section = options[i].type >= OPTION_SECTION && options[i].fields;
		bool found = section && strcmp(options[i].key, "retention") != 0;	/* it has a heading */

		for (const char *row = text; *row && !found; row += strcspn(row, "\n") + (row[strcspn(row, "\n")] != '\0')) {
			size_t len = strcspn(row, "\n");

			found = is_row_of(row, len, &options[i]) && has_bounds(row, len, &options[i]);
		}
		if (!found)
			fail_msg("%s, with its preset and bounds, is not in docs/configuration.md", options[i].key);
		find_rows(options[i].fields, options[i].n_fields, text);
	}
}

static void every_key_is_documented_with_preset_and_bounds(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	read_source("docs/configuration.md", &text);
	find_rows(settings_schema.options, settings_schema.n_options, buf_text(&text));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_values_are_the_presets),
		cmocka_unit_test(remarks_show_the_presets),
		cmocka_unit_test(every_key_with_a_preset_is_shipped),
		cmocka_unit_test(every_key_is_documented_with_preset_and_bounds),
	};

	source = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
