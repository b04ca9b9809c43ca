/* SPDX-License-Identifier: MIT */
/* guard_test.c - whose requests are let in. */
#include "http/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

static const char *const names[] = { "metrics.example.org", "KYMO" };

static const struct { const char *host; bool good; } hosts[] = {
	{ NULL, true },
	{ "127.0.0.1", true },		{ "127.0.0.1:9465", true },	{ "10.1.2.3:80", true },
	{ "[::1]", true },		{ "[::1]:9465", true },		{ "[fe80::1]:1", true },
	{ "localhost", true },		{ "LocalHost:9465", true },	{ "metrics.example.org", true },
	{ "Metrics.Example.org:1", true }, { "kymo", true },
	{ "", false },			{ ":9465", false },		{ "evil.example.org", false },
	{ "localhost.evil.org", false }, { "metrics.example.org.evil.org", false },
	{ "127.0.0.1.evil.org", false }, { "127.0.0.1:9465x", false },	{ "127.0.0.1:9465:1", false },
	{ "[::1", false },		{ "[::1]x", false },		{ "[localhost", false },
	{ "::1", false },		{ "localhost@evil.org", false }, { "[]", false },
};

static void hosts_that_mean_this_server(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		if (guard_host(hosts[i].host, names, 2) != hosts[i].good)
			fail_msg("Host \"%s\": %s", hosts[i].host ? hosts[i].host : "(none)", hosts[i].good ? "refused" : "let in");
}

static void a_host_of_any_length(void **state)
{
	static char host[100000];

	(void)state;
	for (size_t i = 0; i < sizeof host - 1; i++)
		host[i] = 'a';
	assert_false(guard_host(host, names, 2));
}

static const struct { const char *origin, *host; bool good; } origins[] = {
	{ NULL, "localhost:9465", true },
	{ "http://localhost:9465", "localhost:9465", true },
	{ "https://Metrics.example.org", "metrics.example.org", true },
	{ "null", "localhost:9465", false },
	{ "", "localhost:9465", false },
	{ "http://evil.org", "localhost:9465", false },
	{ "http://localhost:8080", "localhost:9465", false },
	{ "http://localhost:9465.evil.org", "localhost:9465", false },
	{ "http://localhost:9465", NULL, false },
};

static void origins_that_may_change_something(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof origins / sizeof *origins; i++)
		if (guard_origin(origins[i].origin, origins[i].host) != origins[i].good)
			fail_msg("Origin \"%s\" at \"%s\"", origins[i].origin ? origins[i].origin : "(none)",
				 origins[i].host ? origins[i].host : "(none)");
}

static void our_own_peer(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_true(guard_peer(pair[0]));
	assert_false(guard_peer(-1));
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_that_mean_this_server),
		cmocka_unit_test(a_host_of_any_length),
		cmocka_unit_test(origins_that_may_change_something),
		cmocka_unit_test(our_own_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
