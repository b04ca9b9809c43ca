/* SPDX-License-Identifier: MIT */
#include "model/tier.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void names_and_widths(void **state)
{
	static const struct { const char *name; kymo_ms width; } rows[TIERS] = {
		{ "raw", 0 }, { "1m", 60000 }, { "5m", 300000 }, { "1h", 3600000 },
	};
	enum kymo_tier tier;

	(void)state;
	for (int i = 0; i < TIERS; i++) {
		assert_string_equal(tier_name((enum kymo_tier)i), rows[i].name);
		assert_int_equal(tier_width((enum kymo_tier)i), rows[i].width);
		assert_int_equal(tier_parse(rows[i].name, &tier), 0);
		assert_int_equal(tier, i);
	}
	assert_int_equal(tier_parse("2m", &tier), -EINVAL);
	assert_int_equal(tier_parse("", &tier), -EINVAL);
}

static const struct { kymo_ms t, width, end, floor; } edges[] = {
	{ 0, 60, 0, 0 },
	{ 1, 60, 60, 0 },
	{ 59, 60, 60, 0 },
	{ 60, 60, 60, 60 },
	{ 61, 60, 120, 60 },
	{ -1, 60, 0, -60 },
	{ -59, 60, 0, -60 },
	{ -60, 60, -60, -60 },
	{ -61, 60, -60, -120 },
};

/* A window is open at its start and closed at its end, on both sides of 1970. */
static void windows_hold_their_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		kymo_ms end = window_end_of(edges[i].t, edges[i].width);
		kymo_ms floor = window_floor(edges[i].t, edges[i].width);

		if (end != edges[i].end || floor != edges[i].floor)
			fail_msg("%lld: got %lld, %lld", (long long)edges[i].t, (long long)end, (long long)floor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_widths),
		cmocka_unit_test(windows_hold_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
