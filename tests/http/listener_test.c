/* SPDX-License-Identifier: MIT */
/* listener_test.c - addresses that can be bound, and those that cannot. */
#include "http/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static struct listener *open_good(const char *address, struct listener *const *own, uint32_t n)
{
	struct error err = { 0 };
	struct listener *listener = listener_open_tcp(address, own, n, &err);

	if (!listener)
		fail_msg("%s: %s", address, error_text(&err));
	return listener;
}

static void expect_refused(const char *address, struct listener *const *own, uint32_t n, const char *words)
{
	struct error err = { 0 };
	struct listener *listener = listener_open_tcp(address, own, n, &err);

	if (listener || !strstr(error_text(&err), words))
		fail_msg("%s: \"%s\" instead of \"%s\"", address, error_text(&err), words);
	error_clear(&err);
}

static void a_port_that_the_kernel_chose(void **state)
{
	AUTO(listener) listener = open_good("127.0.0.1:0", NULL, 0);
	int port;

	(void)state;
	assert_int_equal(sscanf(listener->address, "127.0.0.1:%d", &port), 1);
	assert_true(port > 0);
	assert_string_equal(listener->configured, "127.0.0.1:0");
	assert_false(listener->control);
}

static void a_port_that_is_taken(void **state)
{
	AUTO(listener) listener = open_good("127.0.0.1:0", NULL, 0);
	char words[128];

	(void)state;
	snprintf(words, sizeof words, "%s: Address already in use", listener->address);
	expect_refused(listener->address, NULL, 0, words);
}

static void an_address_beside_our_own(void **state)
{
	AUTO(listener) first = open_good("127.0.0.1:0", NULL, 0);
	AUTO(listener) other = NULL;
	char address[64];

	(void)state;
	snprintf(address, sizeof address, "0.0.0.0:%s", strrchr(first->address, ':') + 1);
	expect_refused(address, NULL, 0, "Address already in use");
	other = open_good(address, (struct listener *const[]){ first }, 1);
	/* A stranger does not get in between. */
	expect_refused(first->address, NULL, 0, "Address already in use");
	expect_refused(address, NULL, 0, "Address already in use");
}

static void what_is_no_address(void **state)
{
	(void)state;
	expect_refused("127.0.0.1", NULL, 0, "not an address");
	expect_refused("999.0.0.1:80", NULL, 0, "999.0.0.1:80: ");
	expect_refused("192.0.2.1:1", NULL, 0, "192.0.2.1:1: Cannot assign requested address");
}

static char folder[64], path[80];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/kymo-listener-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/control", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void the_control_socket_is_ours_alone(void **state)
{
	struct error err = { 0 };
	struct listener *listener = listener_open_control(path, &err);
	struct stat status;
	char words[64];

	(void)state;
	assert_non_null(listener);
	assert_true(listener->control);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_null(listener_open_control(path, &err));
	snprintf(words, sizeof words, "another kymo, process %ld, listens there", (long)getpid());
	assert_non_null(strstr(error_text(&err), words));
	error_clear(&err);
	listener_close(listener);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_socket_that_was_left_behind_is_replaced(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct error err = { 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	close(fd);
	AUTO(listener) listener = listener_open_control(path, &err);
	if (!listener)
		fail_msg("%s", error_text(&err));
}

static void paths_that_cannot_be(void **state)
{
	struct error err = { 0 };
	char longer[256];

	(void)state;
	memset(longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_null(listener_open_control(longer, &err));
	assert_non_null(strstr(error_text(&err), "at most 107 bytes"));
	error_clear(&err);
	assert_null(listener_open_control("/nonesuch/control", &err));
	assert_string_equal(error_text(&err), "/nonesuch/control: No such file or directory");
	error_clear(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_the_kernel_chose),
		cmocka_unit_test(a_port_that_is_taken),
		cmocka_unit_test(an_address_beside_our_own),
		cmocka_unit_test(what_is_no_address),
		cmocka_unit_test_setup_teardown(the_control_socket_is_ours_alone, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_socket_that_was_left_behind_is_replaced, make_folder, remove_folder),
		cmocka_unit_test(paths_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
