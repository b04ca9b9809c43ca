/* SPDX-License-Identifier: MIT */
/* host_test.c - events, and the check of a configuration, while the nth allocation fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault/fault.h"
#include "host/event.h"
#include "host/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { CALLS_MOST = 5000 };

static void events_are_taken_whole_or_not(void **state)
{
	static const char text[] = "[{\"name\":\"a\",\"labels\":{\"k\":\"v\"}},{\"name\":\"b\"}]";
	bool failed = true;

	(void)state;
	for (unsigned n = 1; failed && n < CALLS_MOST; n++) {
		struct events events = { 0 };
		int r;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		r = events_parse(&events, text, sizeof text - 1, 1, NULL);
		failed = fault_off();
		assert_int_equal(r, failed ? -ENOMEM : 0);
		assert_int_equal(events.n, failed ? 0 : 2);
		events_fini(&events);
	}
	assert_false(failed);
}

static void a_configuration_is_checked_or_not(void **state)
{
	static const char text[] = "plugins:\n- {plugin: " BAD_PLUGINS "/good.so, name: a, labels: {k: v}}\n";
	AUTO(settings) settings = settings_parse("t", text, sizeof text - 1, NULL);
	bool failed = true;

	(void)state;
	assert_non_null(settings);
	for (unsigned n = 1; failed && n < CALLS_MOST; n++) {
		struct error err = { 0 };
		int r;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		r = host_check(settings, &err);
		failed = fault_off();
		if (!failed)
			assert_int_equal(r, 0);
		error_clear(&err);
	}
	assert_false(failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_taken_whole_or_not), cmocka_unit_test(a_configuration_is_checked_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
