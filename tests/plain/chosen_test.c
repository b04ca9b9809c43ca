/* SPDX-License-Identifier: MIT */
#include "plain/chosen.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>

static const char *const plain[] = { "a.b", "c" }, *const wild[] = { "sys*.cpu", "a?c", "x\\*y", "(z)" };

static const struct { const char *const *names; uint32_t n; const char *metric; bool match; } rows[] = {
	{ plain, 1, "a.b", true },
	{ plain, 1, "axb", false },
	{ plain, 2, "c", true },
	{ plain, 2, "axb", false },
	{ wild, 1, "system.cpu", true },
	{ wild, 1, "system.cpux", false },
	{ wild, 4, "system.cpu", true },
	{ wild, 4, "systemxcpu", false },
	{ wild, 4, "aüc", true },
	{ wild, 4, "ac", false },
	{ wild, 4, "x*y", true },
	{ wild, 4, "xyy", false },
	{ wild, 4, "(z)", true },
	{ wild, 4, "z", false },
	{ NULL, 0, "anything", true },
};

static void a_series_matches_one_of_the_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct label item = { LABEL_NAME, rows[i].metric, 8, (uint32_t)strlen(rows[i].metric) };
		AUTO_BUF bytes = { 0 };
		AUTO_CHOSEN chosen;

		assert_int_equal(chosen_init(&chosen, rows[i].names, rows[i].n, NULL, 0, NULL), 0);
		assert_int_equal(labels_encode(&item, 1, &bytes), 0);
		if (matchers_test(chosen.matchers, chosen.n_matchers,
				  (struct labels){ bytes.data, (uint32_t)bytes.len }) != rows[i].match)
			fail_msg("row %zu: %s", i, rows[i].metric);
	}
}

static void filters_must_all_hold(void **state)
{
	static const struct kymo_filter filters[] = { { "a", "1", KYMO_EQUAL }, { "b", "x*", KYMO_LIKE }, { "c", "q.+", KYMO_NOT_REGEX } };
	struct label items[] = { { LABEL_NAME, "m", 8, 1 }, { "a", "1", 1, 1 }, { "b", "xyz", 1, 3 } };
	AUTO_BUF bytes = { 0 };
	AUTO_CHOSEN chosen;

	(void)state;
	assert_int_equal(chosen_init(&chosen, NULL, 0, filters, 3, NULL), 0);
	assert_int_equal(chosen.n_matchers, 3);
	assert_int_equal(labels_encode(items, 3, &bytes), 0);
	assert_true(matchers_test(chosen.matchers, 3, (struct labels){ bytes.data, (uint32_t)bytes.len }));
	bytes.len = 0;
	items[1].value = "2";
	assert_int_equal(labels_encode(items, 3, &bytes), 0);
	assert_false(matchers_test(chosen.matchers, 3, (struct labels){ bytes.data, (uint32_t)bytes.len }));
}

static const char *const empty[] = { "a", "" }, *const broken[] = { "\xff" };

static const struct {
	const char *const *names; uint32_t n; struct kymo_filter filter; const char *text;
} refused[] = {
	{ empty, 2, { "a", "b", KYMO_EQUAL }, "a name is empty: write a metric name, with * and ? as wildcards" },
	{ broken, 1, { "a", "b", KYMO_EQUAL }, "the value of the matcher for __name__ is not UTF-8" },
	{ plain, 1, { "", "b", KYMO_EQUAL }, "a filter lacks its label or value" },
	{ plain, 1, { NULL, "b", KYMO_EQUAL }, "a filter lacks its label or value" },
	{ plain, 1, { "a", NULL, KYMO_EQUAL }, "a filter lacks its label or value" },
	{ plain, 1, { "a", "b", 77 }, "filter on a: operator 77 is not known (=, !=, =~, !~ or like)" },
	{ plain, 1, { "a", "(", KYMO_REGEX }, "regular expression \"(\": missing closing parenthesis at byte 1" },
};

static void nonsense_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct error err = { 0 };
		AUTO_CHOSEN chosen;

		assert_int_equal(chosen_init(&chosen, refused[i].names, refused[i].n, &refused[i].filter, 1, &err), -EINVAL);
		assert_string_equal(error_text(&err), refused[i].text);
		error_clear(&err);
	}
}

static void knows_which_names_were_seen(void **state)
{
	AUTO_CHOSEN chosen;

	(void)state;
	assert_int_equal(chosen_init(&chosen, wild, 4, NULL, 0, NULL), 0);
	chosen_see(&chosen, "abc", 3);
	assert_false(chosen.seen[0]);
	assert_true(chosen.seen[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_series_matches_one_of_the_names),
		cmocka_unit_test(filters_must_all_hold),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(knows_which_names_were_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
