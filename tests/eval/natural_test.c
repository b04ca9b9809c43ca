/* SPDX-License-Identifier: MIT */
#include "eval/natural.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* Rising; those in one line are alike. */
static const char *const rising[][2] = {
	{ "" }, { "0" }, { "1", "001" }, { "2" }, { "10" }, { "10a" }, { "99999999999999999999998" }, { "99999999999999999999999" },
	{ "a" }, { "a1" }, { "a2" }, { "a2b" }, { "a2b10" }, { "a10" }, { "a10b2" }, { "ab" }, { "b1", "b01" }, { "ä2" }, { "ä10" },
};

static int compare(const char *a, const char *b)
{
	int r = natural_compare(a, (uint32_t)strlen(a), b, (uint32_t)strlen(b));

	return (r > 0) - (r < 0);
}

static void numbers_in_names_count(void **state)
{
	enum { N = sizeof rising / sizeof *rising };

	(void)state;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			if (compare(rising[i][0], rising[j][0]) != (i > j) - (i < j))
				fail_msg("\"%s\" and \"%s\"", rising[i][0], rising[j][0]);
	for (int i = 0; i < N; i++)
		if (rising[i][1])
			assert_int_equal(compare(rising[i][0], rising[i][1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_names_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
