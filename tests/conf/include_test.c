/* SPDX-License-Identifier: MIT */
/* include_test.c - several files as one: what joins, what clashes, what is no file at all. */
#include "conf/settings.h"
#include "folder.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Load kymo.yaml of the folder; its errors, with the folder's name left out. */
static struct settings *load(char *wrong, size_t size)
{
	struct error err = { 0 };
	struct settings *settings;
	char path[300];
	size_t n = strlen(folder) + 1, len = 0;

	snprintf(path, sizeof path, "%s/kymo.yaml", folder);
	settings = settings_load(path, &err);
	for (const char *at = error_text(&err); *at && len + 1 < size; at++) {
		if (!strncmp(at, folder, n - 1) && at[n - 1] == '/')
			at += n;
		wrong[len++] = *at;
	}
	wrong[len] = '\0';
	error_clear(&err);
	return settings;
}

static void assert_refused(const char *why)
{
	char wrong[4096];
	AUTO(settings) settings = load(wrong, sizeof wrong);

	if (settings || strcmp(wrong, why) != 0)
		fail_msg("got  %s\nwant %s", wrong, why);
}

static struct settings *assert_loaded(void)
{
	char wrong[4096];
	struct settings *settings = load(wrong, sizeof wrong);

	if (!settings)
		fail_msg("%s", wrong);
	return settings;
}

static void lists_are_joined_and_mappings_merged(void **state)
{
	(void)state;
	folder_sub("conf.d");
	folder_write("kymo.yaml", "include: conf.d/*.yaml\nstore: {path: /a}\nlabels:\nplugins: [{plugin: one}]\n");
	folder_write("conf.d/b.yaml", "plugins: [{plugin: three}]\nlabels: {x: y}\n");
	folder_write("conf.d/a.yaml", "plugins: [{plugin: two}]\nstore: {sync: 2s, retention: {raw: 2d}}\n");
	folder_write("conf.d/c.txt", "nonsense");
	{
		AUTO(settings) settings = assert_loaded();

		assert_int_equal(settings->n_instances, 3);
		assert_string_equal(settings->instances[0].plugin, "one");
		assert_string_equal(settings->instances[1].plugin, "two");	/* sorted: a before b */
		assert_string_equal(settings->instances[2].plugin, "three");
		assert_non_null(strstr(settings->instances[2].at.file, "/conf.d/b.yaml"));
		assert_int_equal(settings->instances[2].at.column, 11);
		assert_string_equal(settings->store.path, "/a");
		assert_int_equal(settings->store.sync, 2000);
		assert_int_equal(settings->n_labels, 1);
	}
}

static void includes_nest_relative_to_their_file(void **state)
{
	(void)state;
	folder_sub("sub");
	folder_write("kymo.yaml", "include: [sub/one.yaml]\n");
	folder_write("sub/one.yaml", "include: [two.yaml, none*.yaml]\nplugins: []\n");
	folder_write("sub/two.yaml", "store: {path: /two}\n");
	{
		AUTO(settings) settings = assert_loaded();

		assert_string_equal(settings->store.path, "/two");
		assert_int_equal(settings->n_instances, 0);
	}
}

static void an_alias_is_not_changed_by_a_merge(void **state)
{
	(void)state;
	folder_write("kymo.yaml", "include: b.yaml\nlabels: &l {a: b}\nplugins: [{plugin: x, labels: *l}]\n");
	folder_write("b.yaml", "labels: {c: d}\n");
	{
		AUTO(settings) settings = assert_loaded();

		assert_int_equal(settings->n_labels, 2);
		assert_int_equal(settings->instances[0].n_labels, 1);
	}
}

static void what_stands_twice_is_refused(void **state)
{
	(void)state;
	folder_write("kymo.yaml", "include: [b.yaml]\nstore: {path: /a, sync: 1s}\nplugins: [{plugin: x}]\nlog: {level: info}\n");
	folder_write("b.yaml", "store: {path: /b}\nplugins: [{plugin: x}]\nlog: []\nfoo: 1\n");
	assert_refused("b.yaml:1:9: \"path\" stands twice (the first at kymo.yaml:2:9; only lists and mappings are joined)\n"
		       "b.yaml:3:1: \"log\" stands twice (the first at kymo.yaml:4:1; only lists and mappings are joined)\n"
		       "b.yaml:4:1: unknown key \"foo\" in the configuration (it has store, defaults, labels, plugin_path, "
		       "plugins, sinks, http, query, limits, sockets, log and include)\n"
		       "b.yaml:2:11: a second instance is named \"x\" (the first at kymo.yaml:3:11; set name: on one of them)");
}

static void errors_of_all_files_are_said(void **state)
{
	(void)state;
	folder_write("kymo.yaml", "include: [b.yaml, none.yaml, c.yaml, ., ~, [x], '']\nstore: 1\n");
	folder_write("b.yaml", "a: [\n");
	folder_write("c.yaml", "- x\n");
	assert_refused("b.yaml:2:1: did not find expected node content, while parsing a flow node\n"
		       "kymo.yaml:1:19: include: none.yaml: No such file or directory\n"
		       "c.yaml:1:1: is a list (a file is a mapping: key: value)\n"
		       "kymo.yaml:1:38: include: . is not a file\n"
		       "kymo.yaml:1:41: include: is empty (write a file name, or a pattern such as conf.d/*.yaml)\n"
		       "kymo.yaml:1:44: include: is a list (write a file name, or a pattern such as conf.d/*.yaml)\n"
		       "kymo.yaml:1:49: include: is empty (write a file name, or a pattern such as conf.d/*.yaml)\n"
		       "kymo.yaml:2:8: store: is text, not a mapping (write {key: value})");
}

static void cycles_and_repetitions_are_errors(void **state)
{
	(void)state;
	folder_write("kymo.yaml", "include: [a.yaml, c.yaml, link.yaml]\n");
	folder_write("a.yaml", "include: b.yaml\n");
	folder_write("b.yaml", "include: [kymo.yaml, a.yaml, b.yaml]\n");
	folder_write("c.yaml", "");
	if (symlink("c.yaml", folder_path("link.yaml")) < 0)
		abort();
	assert_refused("b.yaml:1:11: include: kymo.yaml includes itself (a cycle)\n"
		       "b.yaml:1:22: include: a.yaml includes itself (a cycle)\n"
		       "b.yaml:1:30: include: b.yaml includes itself (a cycle)\n"
		       "kymo.yaml:1:27: include: link.yaml is included twice (the first at kymo.yaml:1:19)");
}

static void the_number_of_files_has_a_limit(void **state)
{
	(void)state;
	folder_write("kymo.yaml", "include: x*.yaml\n");
	for (int i = 0; i < 64; i++) {
		char name[16];

		snprintf(name, sizeof name, "x%02d.yaml", i);
		folder_write(name, "plugins: []\n");
	}
	assert_refused("kymo.yaml:1:10: include: more than 64 files");
}

static void large_files_are_refused(void **state)
{
	size_t n = 1024 * 1024 + 2;
	char *text = malloc(n);

	(void)state;
	memset(text, '#', n - 1);
	text[n - 1] = '\0';
	folder_write("kymo.yaml", "include: big.yaml\n");
	folder_write("big.yaml", text);
	assert_refused("big.yaml: larger than 1048576 bytes");
	free(text);
}

static void the_whole_has_a_limit(void **state)
{
	size_t n = 1024 * 1024 - 100;
	char *text = malloc(n);

	(void)state;
	memset(text, '#', n - 1);
	text[n - 1] = '\0';
	folder_write("kymo.yaml", "include: x*.yaml\n");
	for (int i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof name, "x%d.yaml", i);
		folder_write(name, text);
	}
	assert_refused("x4.yaml: with it the configuration is larger than 4 MiB");
	free(text);
}

/* A text that has the name of a file may include; see settings_parse. */
static void a_text_may_stand_for_a_file(void **state)
{
	static const char text[] = "include: b.yaml\n";
	struct error err = { 0 };
	char path[300];

	(void)state;
	folder_write("kymo.yaml", "");
	folder_write("b.yaml", "store: {path: /b}\n");
	snprintf(path, sizeof path, "%s/kymo.yaml", folder);
	{
		AUTO(settings) settings = settings_parse(path, text, sizeof text - 1, &err);

		assert_non_null(settings);
		assert_string_equal(settings->store.path, "/b");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_are_joined_and_mappings_merged, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(includes_nest_relative_to_their_file, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(an_alias_is_not_changed_by_a_merge, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(what_stands_twice_is_refused, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(errors_of_all_files_are_said, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(cycles_and_repetitions_are_errors, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(the_number_of_files_has_a_limit, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(large_files_are_refused, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(the_whole_has_a_limit, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(a_text_may_stand_for_a_file, folder_make, folder_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
