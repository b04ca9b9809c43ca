/* SPDX-License-Identifier: MIT */
#include "plain/nearest.h"
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static const char *const metrics[] = {
	"system.cpu.usage", "system.memory.used", "system.memory.free", "api.requests.total", "up",
};

static const struct { const char *wanted, *nearest; } rows[] = {
	{ "system_cpu_usage", "system.cpu.usage" },
	{ "system.cpu.usgae", "system.cpu.usage" },
	{ "sytem.memory.fre", "system.memory.free" },
	{ "api.request.total", "api.requests.total" },
	{ "pu", "up" },
	{ "database.rows.read", NULL },
	{ "", "up" },
};

static void names_what_was_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct nearest nearest;

		nearest_begin(&nearest, rows[i].wanted);
		for (size_t m = 0; m < COUNT_OF(metrics); m++)
			nearest_offer(&nearest, metrics[m]);
		if (rows[i].nearest ? strcmp(nearest.name, rows[i].nearest) != 0 : nearest.distance != UINT32_MAX)
			fail_msg("%s: got %s", rows[i].wanted, nearest.name);
	}
}

static void long_names_are_passed_over(void **state)
{
	static char name[NEAREST_NAME + 2];
	struct nearest nearest;

	(void)state;
	memset(name, 'a', sizeof name - 1);
	nearest_begin(&nearest, name);
	nearest_offer(&nearest, name);
	assert_int_equal(nearest.distance, UINT32_MAX);
	name[NEAREST_NAME] = '\0';
	nearest_offer(&nearest, name);
	assert_int_equal(nearest.distance, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_was_meant),
		cmocka_unit_test(long_names_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
