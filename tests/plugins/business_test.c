/* SPDX-License-Identifier: MIT */
/* business_test.c - the collector, and the parts that count users. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../plugins/business/loglog.h"
#include "../../plugins/business/siphash.h"
#include "../../plugins/business/users.h"

#define START 1700000000000

/* ---- The collector ---- */

static void counts_what_events_say(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);

	(void)state;
	assert_int_equal(harness_run(h), 0);
	harness_collect(h);
	assert_string_equal(harness_text(h),
		"business.gateway.checks 0\n"
		"business.violations 0\n"
		"business.retrospectives 0\n"
		"business.patterns.matched 0\n"
		"business.users.active 0\n");
	harness_event(h, "business.gateway_check", 1, "violated", "false", NULL);
	harness_event(h, "business.gateway_check", 1, "violated", "true", NULL);
	harness_event(h, "business.gateway_check", 1, NULL);
	harness_event(h, "business.gateway_check", 1, "violated", "false", NULL);
	harness_event(h, "business.retrospective", 1, NULL);
	harness_event(h, "business.pattern_match", 1, NULL);
	harness_event(h, "business.pattern_match", 1, NULL);
	harness_event(h, "business.active_user", 1, "user", "ann", NULL);
	harness_event(h, "business.active_user", 1, "user", "bob", NULL);
	harness_event(h, "business.active_user", 1, "user", "ann", NULL);
	assert_false(harness_event(h, "business.other", 1, NULL));
	harness_collect(h);
	assert_string_equal(harness_text(h),
		"business.gateway.checks 4\n"
		"business.violations 1\n"
		"business.violation.rate 0.25\n"
		"business.retrospectives 1\n"
		"business.patterns.matched 2\n"
		"business.users.active 2\n");
	harness_reset(h);
	harness_collect(h);
	assert_true(harness_value(h, "business.gateway.checks") == 0);
	assert_true(harness_value(h, "business.users.active") == 0);
	assert_string_equal(harness_logged(h), "");
	harness_close(h);
}

static void a_user_needs_a_name(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);

	(void)state;
	assert_int_equal(harness_run(h), 0);
	harness_event(h, "business.active_user", 1, NULL);
	harness_event(h, "business.active_user", 1, "user", "", NULL);
	harness_collect(h);
	assert_true(harness_value(h, "business.users.active") == 0);
	assert_string_equal(harness_logged(h), "warn: business.active_user without the label user is left out\n");
	harness_close(h);
}

static void users_leave_the_window(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);

	(void)state;
	harness_set(h, "window", "10s");
	assert_int_equal(harness_run(h), 0);
	harness_event(h, "business.active_user", 1, "user", "ann", NULL);
	harness_event(h, "business.active_user", 1, "user", "bob", NULL);
	harness_collect(h);
	harness_set_now(h, START + 6000);
	harness_event(h, "business.active_user", 1, "user", "ann", NULL);
	harness_collect(h);
	assert_true(harness_value(h, "business.users.active") == 2);
	harness_set_now(h, START + 10000);
	harness_collect(h);
	assert_true(harness_value(h, "business.users.active") == 1);
	harness_set(h, "window", "3s");
	assert_int_equal(harness_reconfigure(h), 0);
	harness_collect(h);
	assert_true(harness_value(h, "business.users.active") == 0);
	harness_close(h);
}

/* ---- Users ---- */

static struct users *users_start(kymo_ms window)
{
	struct users *users = NULL;

	assert_int_equal(users_create(window, START, &users), 0);
	return users;
}

static void see_range(struct users *users, int first, int last, kymo_ms now)
{
	char id[32];

	for (int i = first; i < last; i++) {
		snprintf(id, sizeof id, "user-%d", i);
		users_see(users, id, now, now);
	}
}

static void when_counts_not_when_it_is_told(void **state)
{
	struct users *users = users_start(10000);

	(void)state;
	users_see(users, "late", START - 4000, START);
	users_see(users, "too late", START - 10000, START);
	users_see(users, "future", START + 3600000, START);
	assert_true(users_count(users, START) == 2);
	assert_true(users_count(users, START + 7000) == 1);
	assert_true(users_count(users, START + 10100) == 0);
	users_destroy(users);
}

static void a_clock_that_goes_back_keeps_users_for_a_window(void **state)
{
	struct users *users = users_start(10000);

	(void)state;
	users_see(users, "a", START + 5000, START + 5000);
	assert_true(users_count(users, START - 3600000) == 1);
	users_see(users, "b", START - 3600000, START - 3600000);
	assert_true(users_count(users, START - 3600000 + 9900) == 2);
	assert_true(users_count(users, START - 3600000 + 10100) == 0);
	users_destroy(users);
}

/* Against a plain array of the times each was seen last. */
static void counts_as_a_plain_array_does(void **state)
{
	enum { PEOPLE = 500, STEPS = 20000, WINDOW = 30000 };
	static kymo_ms last[PEOPLE];
	struct users *users = users_start(WINDOW);
	kymo_ms now = START;
	uint64_t seed = 7;
	char id[16];

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		uint32_t live = 0;
		int who;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		who = (int)((seed >> 33) % PEOPLE);
		now += 100 * (kymo_ms)(seed >> 60);
		last[who] = now;
		snprintf(id, sizeof id, "%d", who);
		users_see(users, id, now, now);
		if (step % 100)
			continue;
		for (int i = 0; i < PEOPLE; i++)
			live += last[i] > now - WINDOW;
		assert_int_equal(users_count(users, now), live);
	}
	users_destroy(users);
}

static void many_come_and_go(void **state)
{
	struct users *users = users_start(1000);
	kymo_ms now = START;

	(void)state;
	for (int round = 0; round < 50; round++, now += 1000) {
		see_range(users, round * 1000, round * 1000 + 1000, now);
		assert_true(users_count(users, now) == 1000);
	}
	assert_true(users_count(users, now + 1000) == 0);
	users_destroy(users);
}

/* Six standard errors. */
static void assert_about(double got, double exact)
{
	if (!(fabs(got - exact) <= 0.05 * exact))
		fail_msg("got %g, exactly %g", got, exact);
}

static void is_exact_to_a_limit_and_estimates_beyond(void **state)
{
	struct users *users = users_start(10000);

	(void)state;
	see_range(users, 0, USERS_EXACT, START);
	assert_true(users_count(users, START) == USERS_EXACT);
	see_range(users, 0, 250000, START + 2000);
	assert_about(users_count(users, START + 2000), 250000);
	assert_false(users_exact(users));
	/* those leave, fewer come: estimated until a table has seen a whole window */
	see_range(users, 300000, 310000, START + 12000);
	assert_about(users_count(users, START + 12000), 10000);
	assert_false(users_exact(users));
	see_range(users, 305000, 310000, START + 15000);
	assert_about(users_count(users, START + 15000), 10000);
	assert_true(users_count(users, START + 22000) == 5000);
	assert_true(users_exact(users));
	users_destroy(users);
}

static void a_second_crowd_while_going_back_is_estimated(void **state)
{
	struct users *users = users_start(10000);

	(void)state;
	see_range(users, 0, 200000, START);
	assert_about(users_count(users, START), 200000);
	assert_about(users_count(users, START + 10000) + 1000, 1000);
	see_range(users, 0, 200000, START + 11000);
	assert_about(users_count(users, START + 11000), 200000);
	assert_about(users_count(users, START + 20000), 200000);
	assert_false(users_exact(users));
	users_destroy(users);
}

/* ---- The parts ---- */

/* The test vector of the paper, and two more of the reference implementation. */
static void siphash_is_siphash(void **state)
{
	static const struct { size_t n; uint64_t hash; } rows[] = {
		{ 0, 0x726fdb47dd0e0e31 }, { 8, 0x93f5f5799a932462 }, { 15, 0xa129ca6149be45e5 },
	};
	const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t text[16];

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_true(siphash(key, text, rows[i].n) == rows[i].hash);
}

static uint64_t mixed(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static void estimates_every_size(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 10, 1000, 20000, 50000, 200000, 1000000 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct loglog *loglog = loglog_create();
		double got;

		assert_non_null(loglog);
		for (uint32_t n = 0; n < sizes[i]; n++)
			loglog_add(loglog, mixed(n + 1), n % 2 ? 5 : 7);
		got = loglog_estimate(loglog, 0);
		if (!(fabs(got - sizes[i]) <= 0.02 * sizes[i]))
			fail_msg("%u: got %g", sizes[i], got);
		got = loglog_estimate(loglog, 5);
		if (!(fabs(got - (sizes[i] + 1) / 2) <= 0.02 * sizes[i]))
			fail_msg("half of %u: got %g", sizes[i], got);
		assert_true(loglog_estimate(loglog, 7) == 0);
		loglog_destroy(loglog);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_events_say),
		cmocka_unit_test(a_user_needs_a_name),
		cmocka_unit_test(users_leave_the_window),
		cmocka_unit_test(when_counts_not_when_it_is_told),
		cmocka_unit_test(a_clock_that_goes_back_keeps_users_for_a_window),
		cmocka_unit_test(counts_as_a_plain_array_does),
		cmocka_unit_test(many_come_and_go),
		cmocka_unit_test(is_exact_to_a_limit_and_estimates_beyond),
		cmocka_unit_test(a_second_crowd_while_going_back_is_estimated),
		cmocka_unit_test(siphash_is_siphash),
		cmocka_unit_test(estimates_every_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
