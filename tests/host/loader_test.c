/* SPDX-License-Identifier: MIT */
#include "host/loader.h"
#include "host/plugin_file.h"
#include "util/file.h"

#include "test.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static char dir[64], path[128];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/kymo-loader-XXXXXX");
	assert_non_null(mkdtemp(dir));
	chmod(dir, 0755);
	snprintf(path, sizeof path, "%s/p.so", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void read_plugin(const char *kind, struct buf *bytes)
{
	char from[512];

	snprintf(from, sizeof from, "%s/%s.so", BAD_PLUGINS, kind);
	assert_int_equal(file_read_all(from, 16 << 20, bytes, NULL), 0);
}

static void put(const void *data, size_t n, mode_t mode)
{
	FILE *file;

	unlink(path);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, n, file), n);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void copy(const char *kind, mode_t mode)
{
	AUTO_BUF bytes = { 0 };

	read_plugin(kind, &bytes);
	put(bytes.data, bytes.len, mode);
}

/* Loading the file gives this message behind its path. */
static void refuses(const char *what)
{
	AUTO(loader) loader = loader_create();
	struct library *library = NULL;
	struct error err = { 0 };
	char expected[512];

	snprintf(expected, sizeof expected, "%s%s", path, what);
	assert_true(loader_load(loader, path, &library, &err) < 0);
	assert_int_equal(err.count, 1);
	if (strncmp(error_text(&err), expected, strlen(expected)) != 0)
		fail_msg("expected \"%s\", got \"%s\"", expected, error_text(&err));
	error_clear(&err);
}

static void refuses_each_bad_plugin(void **state)
{
	static const struct { const char *kind, *message; } rows[] = {
		{ "no_note", ": no kymo note: not a kymo plugin" },
		{ "no_symbol", ": exports no symbol kymo_plugin" },
		{ "other_major", ": made for plugin ABI 7.3, this kymo has 1.0" },
		{ "no_create", ": lacks create" },
		{ "no_collect", ": has neither collect nor write" },
		{ "bad_name", ": \"Bad Name\" is no name of a plugin" },
		{ "twice", ": metric bad.value is in its table twice" },
		{ "bad_metric", ": entry 0 of its metrics: metric \"bad.value\": type 99 is not known" },
		{ "bad_option", ": its options: " },
		{ "undefined", ": cannot be loaded: undefined symbol: nobody_has_this" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		copy(rows[i].kind, 0644);
		refuses(rows[i].message);
	}
}

static void refuses_what_is_no_plugin_file(void **state)
{
	AUTO_BUF bytes = { 0 };
	uint16_t machine = EM_SPARCV9;

	(void)state;
	refuses(": No such file or directory");
	put("", 0, 0644);
	refuses(": an empty file");
	put("#!/bin/sh\n", 10, 0644);
	refuses(": not an ELF file");
	read_plugin("good", &bytes);
	put(bytes.data, 30, 0644);
	refuses(": truncated: the ELF header is not whole");
	put(bytes.data, 80, 0644);
	refuses(": truncated: its program headers are not whole");
	put(bytes.data, 2000, 0644);
	refuses(": truncated: it ends before what its headers promise");
	memcpy(bytes.data + 18, &machine, sizeof machine);
	put(bytes.data, bytes.len, 0644);
	refuses(": built for another machine: sparc, this is ");
}

static void refuses_what_others_can_write(void **state)
{
	(void)state;
	copy("good", 0646);
	refuses(" can be written by everybody (mode 0646): refused");
	copy("good", 0644);
	chmod(dir, 0777);
	refuses(": its folder can be written by everybody (mode 0777): refused");
	chmod(dir, 01777);	/* sticky: others cannot exchange it */
	if (geteuid() == 0) {
		copy("good", 0664);
		refuses(" can be written by its group (mode 0664): refused when running as root");
		copy("good", 0644);
		assert_int_equal(chown(path, 4711, 0), 0);
		refuses(" belongs to user 4711: only root's and this user's (0) plugins are loaded");
	}
	chmod(dir, 0755);
}

/* Every byte of the headers turned, one after another: refused or loaded, never a crash. */
static void survives_damage(void **state)
{
	AUTO(loader) loader = loader_create();
	AUTO_BUF bytes = { 0 };

	(void)state;
	read_plugin("no_note", &bytes);
	for (size_t at = 0; at < 400; at += 3) {
		struct library *library = NULL;

		bytes.data[at] ^= 0x81;
		put(bytes.data, bytes.len, 0644);
		assert_true(loader_load(loader, path, &library, NULL) < 0);
		bytes.data[at] ^= 0x81;
	}
}

static void shares_a_file_and_tells_versions_apart(void **state)
{
	AUTO(loader) loader = loader_create();
	struct library *first, *again, *touched, *newer;

	(void)state;
	copy("good", 0644);
	assert_int_equal(loader_load(loader, path, &first, NULL), 0);
	assert_int_equal(loader_load(loader, path, &again, NULL), 0);
	assert_ptr_equal(first, again);
	assert_string_equal(library_plugin(first)->name, "good");
	assert_string_equal(library_path(first), path);
	copy("good", 0644);
	assert_int_equal(loader_load(loader, path, &touched, NULL), 0);
	assert_ptr_equal(first, touched);	/* the same bytes */
	copy("newer", 0644);
	assert_int_equal(loader_load(loader, path, &newer, NULL), 0);
	assert_ptr_not_equal(first, newer);
	assert_ptr_not_equal(library_plugin(first)->collect, library_plugin(newer)->collect);
	library_release(first);
	library_release(again);
	library_release(touched);
	library_release(newer);
}

static void finds_by_name(void **state)
{
	AUTO(settings) settings = NULL;
	struct error err = { 0 };
	char text[256], *found;

	(void)state;
	copy("good", 0644);
	snprintf(text, sizeof text, "plugins: []\nplugin_path: [%s]\n", dir);
	settings = settings_parse("t", text, strlen(text), &err);
	assert_non_null(settings);
	assert_int_equal(plugin_file_find(settings, "p", &found, &err), 0);
	assert_string_equal(found, path);
	assert_true(plugin_file_is_ours(settings, path));
	assert_false(plugin_file_is_ours(NULL, path));
	free(found);
	assert_int_equal(plugin_file_find(settings, "q", &found, &err), -ENOENT);
	assert_non_null(strstr(error_text(&err), "plugin q: not found in "));
	error_clear(&err);
	assert_int_equal(plugin_file_find(settings, "Q..", &found, &err), -EINVAL);
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refuses_each_bad_plugin, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_plugin_file, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(refuses_what_others_can_write, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(survives_damage, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(shares_a_file_and_tells_versions_apart, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(finds_by_name, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
