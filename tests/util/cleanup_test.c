/* SPDX-License-Identifier: MIT */
/* cleanup_test.c - what is ours ends with its scope, what was taken does not. */
#include "util/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

struct thing {
	int *ended;
};

static void thing_end(struct thing *thing)
{
	++*thing->ended;
}
DEFINE_AUTO(thing, thing_end)

static struct thing *make(struct thing *what, int give)
{
	AUTO(thing) thing = what;

	if (give)
		return TAKE(thing);
	return NULL;
}

static void ends_with_the_scope(void **state)
{
	int ended = 0;
	struct thing thing = { &ended };

	(void)state;
	assert_null(make(&thing, 0));
	assert_int_equal(ended, 1);
}

static void leaves_what_was_taken(void **state)
{
	int ended = 0;
	struct thing thing = { &ended };

	(void)state;
	assert_ptr_equal(make(&thing, 1), &thing);
	assert_int_equal(ended, 0);
}

static void nothing_is_fine(void **state)
{
	(void)state;
	assert_null(make(NULL, 0));
	{
		AUTO_FREE char *text = NULL;
		AUTO_CLOSE int fd = -1;

		(void)text;
		(void)fd;
	}
}

static void frees_and_closes(void **state)
{
	int closed;

	(void)state;
	{
		AUTO_FREE char *text = malloc(10);
		AUTO_CLOSE int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		assert_non_null(text);
		assert_true(fd >= 0);
		closed = fd;
	}
	assert_int_equal(fcntl(closed, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_with_the_scope),
		cmocka_unit_test(leaves_what_was_taken),
		cmocka_unit_test(nothing_is_fine),
		cmocka_unit_test(frees_and_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
