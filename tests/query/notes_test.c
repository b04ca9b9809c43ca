/* SPDX-License-Identifier: MIT */
#include "query/notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void each_is_there_once(void **state)
{
	AUTO_ANSWER struct kymo_answer *answer = answer_create(sizeof *answer);
	struct notes notes = { 0 };

	(void)state;
	notes_add(&notes, "a %d", 1);
	notes_add(&notes, "b");
	notes_add(&notes, "a %d", 1);
	assert_int_equal(notes_give(&notes, answer, &answer->warnings, &answer->n_warnings), 0);
	notes_fini(&notes);
	assert_int_equal(answer->n_warnings, 2);
	assert_string_equal(answer->warnings[0], "a 1");
	assert_string_equal(answer->warnings[1], "b");
}

static void too_many_are_counted(void **state)
{
	AUTO_ANSWER struct kymo_answer *answer = answer_create(sizeof *answer);
	struct notes notes = { 0 };

	(void)state;
	for (unsigned i = 0; i < NOTES_MOST + 5; i++)
		notes_add(&notes, "note %u", i);
	assert_int_equal(notes_give(&notes, answer, &answer->warnings, &answer->n_warnings), 0);
	notes_fini(&notes);
	assert_int_equal(answer->n_warnings, NOTES_MOST + 1);
	assert_string_equal(answer->warnings[NOTES_MOST], "and 5 more warnings of this kind");
}

static void none_is_an_empty_list(void **state)
{
	AUTO_ANSWER struct kymo_answer *answer = answer_create(sizeof *answer);
	struct notes notes = { 0 };

	(void)state;
	assert_int_equal(notes_give(&notes, answer, &answer->warnings, &answer->n_warnings), 0);
	assert_int_equal(answer->n_warnings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_there_once),
		cmocka_unit_test(too_many_are_counted),
		cmocka_unit_test(none_is_an_empty_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
