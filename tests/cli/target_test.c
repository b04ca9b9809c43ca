/* SPDX-License-Identifier: MIT */
/* target_test.c - where the daemon is looked for. */
#include "cli/target.h"

#include "util/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void expect(const char *socket, const char *url, int result, const char *at, const char *base)
{
	struct target target;
	struct error err = { 0 };
	int r = target_find(&target, socket, url, &err);

	if (r != result)
		fail_msg("%s %s: %d, %s", socket ? socket : "", url ? url : "", r, error_text(&err));
	if (r == 0) {
		assert_string_equal(target_name(&target), at);
		assert_string_equal(target.url, base);
		assert_false(target.found);
	} else {
		assert_non_null(strstr(error_text(&err), at));
	}
	target_fini(&target);
	error_clear(&err);
}

static void reads_addresses(void **state)
{
	static const struct { const char *url; int result; const char *at, *base; } rows[] = {
		{ "http://127.0.0.1:9465", 0, "http://127.0.0.1:9465", "http://127.0.0.1:9465" },
		{ "http://[::1]:80//", 0, "http://[::1]:80", "http://[::1]:80" },
		{ "https://metrics.example/kymo/", 0, "https://metrics.example/kymo", "https://metrics.example/kymo" },
		{ "localhost:9465", 0, "http://localhost:9465", "http://localhost:9465" },
		{ "/run/k/control", 0, "/run/k/control", "http://localhost" },
		{ "unix:control", 0, "control", "http://localhost" },
		{ "unix:/a/control", 0, "/a/control", "http://localhost" },
		{ "unix:///a/control", 0, "/a/control", "http://localhost" },
		{ "", -EINVAL, "--url: \"\" is not an address", "" },
		{ "http://", -EINVAL, "is not an address", "" },
		{ "http:///x", -EINVAL, "is not an address", "" },
		{ "ftp://host", -EINVAL, "\"ftp://host\" is not an address", "" },
		{ "http://a b", -EINVAL, "is not an address", "" },
		{ "http://a?b=c", -EINVAL, "is not an address", "" },
		{ "http://a/\r\nX: y", -EINVAL, "is not an address", "" },
		{ "unix:", -EINVAL, "path of the socket is empty", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		expect(NULL, rows[i].url, rows[i].result, rows[i].at, rows[i].base);
	expect("s", NULL, 0, "s", "http://localhost");
	expect("", NULL, -EINVAL, "--socket", "");
}

static void the_user_comes_before_the_environment(void **state)
{
	(void)state;
	setenv("KYMO_URL", "http://env:1", 1);
	expect(NULL, NULL, 0, "http://env:1", "http://env:1");
	expect(NULL, "http://user:2", 0, "http://user:2", "http://user:2");
	expect("/s", NULL, 0, "/s", "http://localhost");
	setenv("KYMO_URL", "gopher://", 1);
	expect(NULL, NULL, -EINVAL, "$KYMO_URL: \"gopher://\"", "");
	unsetenv("KYMO_URL");
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(strlen(path) < sizeof at.sun_path);
	strcpy(at.sun_path, path);
	assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof at), errno);
	return fd;
}

static void the_preset_socket_is_taken_if_it_is_there(void **state)
{
	char folder[] = "/tmp/kymo-target-XXXXXX", run[64], control[128], events[128], room[TARGET_PATH];
	struct error err = { 0 };
	struct target target;
	AUTO_CLOSE int fd = -1;
	AUTO_CLOSE int other = -1;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(run, sizeof run, "%s/kymo", folder);
	snprintf(control, sizeof control, "%s/control", run);
	snprintf(events, sizeof events, "%s/events", run);
	assert_return_code(mkdir(run, 0700), errno);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	unsetenv("KYMO_EVENTS");
	fd = listen_at(control);
	other = listen_at(events);
	assert_int_equal(target_find(&target, NULL, NULL, &err), 0);
	assert_string_equal(target_name(&target), control);
	assert_true(target.found);
	assert_int_equal(target_turn_to_preset(&target, &err), 0);
	assert_string_equal(target_name(&target), TARGET_PRESET);
	target_fini(&target);
	assert_string_equal(target_events_path(NULL, room), events);
	assert_return_code(unlink(control), errno);
	assert_return_code(unlink(events), errno);
	assert_return_code(rmdir(run), errno);
	assert_return_code(rmdir(folder), errno);
}

static void events_go_beside_the_control_socket(void **state)
{
	char room[TARGET_PATH];

	(void)state;
	setenv("KYMO_EVENTS", "/e/events", 1);
	assert_string_equal(target_events_path(NULL, room), "/e/events");
	assert_string_equal(target_events_path("/r/control", room), "/r/events");
	assert_string_equal(target_events_path("control", room), "events");
	unsetenv("KYMO_EVENTS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_addresses),
		cmocka_unit_test(the_user_comes_before_the_environment),
		cmocka_unit_test(the_preset_socket_is_taken_if_it_is_there),
		cmocka_unit_test(events_go_beside_the_control_socket),
	};

	return cmocka_run_group_tests_name("cli/target", tests, NULL, NULL);
}
