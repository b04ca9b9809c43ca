/* SPDX-License-Identifier: MIT */
/* error_test.c - messages collect, one a line; the code is that of the first. */
#include "util/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static const struct place nowhere, line14 = { "kymo.yaml", 14, 15 };

static void is_empty_at_first(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_string_equal(error_text(&err), "");
	error_clear(&err);
}

static void keeps_every_message(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error_set(&err, -ENOENT, "%s: %s", "a", error_name(-ENOENT)), -ENOENT);
	assert_int_equal(error_at(&err, line14, "no %d", 2), -EINVAL);
	assert_int_equal(err.code, -ENOENT);
	assert_int_equal(err.count, 2);
	assert_string_equal(error_text(&err), "a: No such file or directory\nkymo.yaml:14:15: no 2");
	assert_int_equal(err.len, strlen(error_text(&err)));
	error_clear(&err);
	assert_int_equal(err.code, 0);
	assert_string_equal(error_text(&err), "");
}

static void tells_the_place_as_far_as_known(void **state)
{
	static const struct { struct place at; const char *text; } rows[] = {
		{ { "f", 3, 4 }, "f:3:4: x" },
		{ { "f", 3, 0 }, "f:3: x" },
		{ { "f", 0, 0 }, "f: x" },
		{ { NULL, 3, 4 }, "x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error err = { 0 };

		error_at(&err, rows[i].at, "x");
		assert_string_equal(error_text(&err), rows[i].text);
		error_clear(&err);
	}
}

static void counts_what_it_does_not_keep(void **state)
{
	struct error err = { 0 };
	unsigned lines = 1;

	(void)state;
	for (int i = 0; i < ERROR_MOST + 5; i++)
		error_at(&err, nowhere, "message %d", i);
	assert_int_equal(err.count, ERROR_MOST + 5);
	for (const char *at = error_text(&err); (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, ERROR_MOST);
	error_clear(&err);
}

static void takes_a_long_path(void **state)
{
	char path[5000];
	struct error err = { 0 };

	(void)state;
	memset(path, 'p', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	error_at(&err, (struct place){ path, 1, 1 }, "bad");
	assert_non_null(strstr(error_text(&err), "bad"));
	error_set(&err, -EIO, "%s: bad", path);
	assert_true(err.len > 2 * 4096);
	error_clear(&err);
}

static void is_optional(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, -ENOMEM, "x"), -ENOMEM);
	assert_int_equal(error_at(NULL, nowhere, "x"), -EINVAL);
}

static void names_codes(void **state)
{
	(void)state;
	assert_string_equal(error_name(-ENOSPC), "No space left on device");
	assert_string_equal(error_name(ENOSPC), "No space left on device");
	assert_string_equal(error_name(-99999), "Unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_empty_at_first),
		cmocka_unit_test(keeps_every_message),
		cmocka_unit_test(tells_the_place_as_far_as_known),
		cmocka_unit_test(counts_what_it_does_not_keep),
		cmocka_unit_test(takes_a_long_path),
		cmocka_unit_test(is_optional),
		cmocka_unit_test(names_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
