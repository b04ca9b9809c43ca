/* SPDX-License-Identifier: MIT */
/*
 * fault_test.c - whichever piece of memory is refused, or whichever open or
 * read fails: the settings, or an error; never a crash, never a leak.
 */
#include "conf/settings.h"
#include "fault/fault.h"
#include "folder.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

static const char text[] =
	"store: {path: \"${FAULT_PATH:-/data}\", retention: {raw: forever}}\n"
	"labels: &l {b: c, a: d}\n"
	"plugins:\n"
	"  - &p {plugin: one, labels: *l, with: {x: [1, 2]}}\n"
	"  - {<<: *p, name: two}\n"
	"sinks: [{plugin: jsonl, tiers: [raw, 1h]}]\n"
	"http: {listen: [\"a:1\", \"b:2\"], hosts: [c]}\n";

static const char wrong[] =
	"stroe: 1\n"
	"store: {path: [], sync: 1x, sync: 1s}\n"
	"plugins: [{plugin: a}, {plugin: a}, {plugin: b.so}]\n"
	"http: {listen: 9465}\n";

static const struct kymo_option options[] = {
	{ .key = "secret", .type = KYMO_STRING, .flags = KYMO_SECRET },
	{ .key = "number", .type = KYMO_NUMBER, .preset = "0.5" },
	{ .key = "texts", .type = KYMO_STRINGS, .preset = "[a, b, c]" },
};
static const struct schema schema = { "plugin test", options, COUNT_OF(options) };

/* With the nth call refused: an error, that of no memory if it is the first. */
static void assert_error(struct error *err, unsigned n)
{
	if (!err->count || !err->code)
		fail_msg("call %u failed, and there is no error", n);
	error_clear(err);
}

static void without_memory_settings_are_an_error(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		struct error err = { 0 };
		struct settings *settings;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		settings = settings_parse("t", text, sizeof text - 1, &err);
		if (!fault_off()) {
			assert_non_null(settings);
			settings_free(settings);
			break;
		}
		if (!settings)
			assert_error(&err, n);
		settings_free(settings);
		error_clear(&err);
	}
	assert_true(n > 50);
}

static void without_memory_errors_stay_errors(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		struct error err = { 0 };

		fault_at(FAULT_MEMORY, n, ENOMEM);
		assert_null(settings_parse("t", wrong, sizeof wrong - 1, &err));
		assert_error(&err, n);
		if (!fault_off())
			break;
	}
	assert_true(n > 20);
}

/* Either settings or an error comes out. */
static void load_all(struct error *err)
{
	struct settings *settings;
	char path[300];

	snprintf(path, sizeof path, "%s/kymo.yaml", folder);
	settings = settings_load(path, err);
	assert_true(!settings == (err->count > 0));
	settings_free(settings);
}

static void files_that_fail_are_errors(void **state)
{
	static const unsigned calls[] = { FAULT_MEMORY, FAULT_OPEN | FAULT_READ };

	(void)state;
	folder_sub("d");
	folder_write("kymo.yaml", "include: [d/*.yaml]\nplugins: [{plugin: a}]\nlabels: {a: b}\n");
	folder_write("d/a.yaml", "plugins: [{plugin: b}]\nlabels: {c: d}\n");
	folder_write("d/b.yaml", "store: {path: /x}\nlabels: {e: f}\n");
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		for (unsigned n = 1;; n++) {
			struct error err = { 0 };

			fault_at(calls[i], n, calls[i] == FAULT_MEMORY ? ENOMEM : EIO);
			load_all(&err);
			if (!fault_off()) {
				assert_int_equal(err.count, 0);
				break;
			}
			error_clear(&err);
		}
}

static void secrets_that_cannot_be_read_are_errors(void **state)
{
	static const char given[] = "secret: {file: secret}\n";
	static const unsigned calls[] = { FAULT_MEMORY, FAULT_OPEN | FAULT_READ };
	char name[300];

	(void)state;
	folder_write("secret", "s3cret\n");
	assert_int_equal(chmod(folder_files[0], 0600), 0);
	snprintf(name, sizeof name, "%s/none", folder);
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		for (unsigned n = 1;; n++) {
			struct error err = { 0 };
			AUTO(yaml) yaml = yaml_parse(name, given, sizeof given - 1, &err);
			AUTO(schema_values) values = NULL;

			assert_non_null(yaml);
			fault_at(calls[i], n, calls[i] == FAULT_MEMORY ? ENOMEM : EIO);
			values = schema_apply(&schema, yaml->root, yaml->root->at, &err);
			if (!fault_off()) {
				assert_non_null(values);
				assert_string_equal(values->values[0].string, "s3cret");
				break;
			}
			if (!values)
				assert_error(&err, n);
			error_clear(&err);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_settings_are_an_error),
		cmocka_unit_test(without_memory_errors_stay_errors),
		cmocka_unit_test_setup_teardown(files_that_fail_are_errors, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(secrets_that_cannot_be_read_are_errors, folder_make, folder_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
