/* SPDX-License-Identifier: MIT */
/*
 * yaml_fuzz.c - any bytes as a configuration: settings, or errors that say why
 * not; and the same tree against a table with every type that plugins have.
 *
 * The name is one that no file can have, so that includes are refused; secrets
 * are left out of the table, since they would open files.
 */
#include "conf/schema.h"
#include "conf/settings.h"
#include "driver.h"
#include "util/check.h"
#include "util/utf8.h"

#include <math.h>
#include <string.h>

#define NAME "/dev/null/fuzz"

static const char *const choices[] = { "red", "green", NULL };
static const struct kymo_option fields[] = {
	{ .key = "name", .type = KYMO_STRING, .flags = KYMO_REQUIRED },
	{ .key = "count", .type = KYMO_INTEGER, .preset = "1", .min = 0, .max = INFINITY },
};
static const struct kymo_option options[] = {
	{ .key = "flag", .type = KYMO_FLAG, .preset = "yes" },
	{ .key = "integer", .type = KYMO_INTEGER, .preset = "1" },
	{ .key = "number", .type = KYMO_NUMBER, .preset = "0.5" },
	{ .key = "path", .type = KYMO_STRING },
	{ .key = "store", .type = KYMO_STRINGS, .choices = choices },
	{ .key = "interval", .type = KYMO_DURATION, .min = 100, .max = 1000 },
	{ .key = "size", .type = KYMO_SIZE },
	{ .key = "plugins", .type = KYMO_ROWS, .fields = fields, .n_fields = COUNT_OF(fields),
	  .preset = "[{name: a}]" },
};

/* An error, and text for people behind it; or none. */
static void check_error(struct error *err, bool failed)
{
	const char *text = error_text(err);

	CHECK((err->count > 0) == failed, "count=%u", err->count);
	CHECK(utf8_valid(text, strlen(text)), "len=%zu", err->len);
	error_clear(err);
}

static void read_settings(const char *text, size_t n)
{
	struct error err = { 0 };
	AUTO(settings) settings = settings_parse(NAME, text, n, &err);

	check_error(&err, !settings);
	if (settings)
		CHECK(settings->interval >= 100 && settings->store.path[0], "interval=%lld",
		      (long long)settings->interval);
}

static void read_options(const char *text, size_t n)
{
	static const struct schema schema = { "plugin fuzz", options, COUNT_OF(options) };
	struct error err = { 0 };
	AUTO(yaml) yaml = yaml_parse(NAME, text, n, &err);
	AUTO(schema_values) values = NULL;

	check_error(&err, !yaml);
	if (!yaml)
		return;
	values = schema_apply(&schema, yaml->root, yaml->root->at, &err);
	check_error(&err, !values);
	if (values)
		CHECK(schema_equal(&schema, values, values), "n=%zu", n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_settings((const char *)data, size);
	read_options((const char *)data, size);
	return 0;
}
