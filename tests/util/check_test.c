/* SPDX-License-Identifier: MIT */
/* check_test.c - a failed check tells its place, condition and state, and ends the process. */
#include "util/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child says that checks n <= 2, and how it ends. */
static int run_child(int n, char *text, size_t size)
{
	int ends[2], status;
	size_t len = 0;
	ssize_t r;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		CHECK(n <= 2, "n=%d", n);
		_exit(0);
	}
	close(ends[1]);
	while ((r = read(ends[0], text + len, size - 1 - len)) > 0)
		len += (size_t)r;
	text[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void passes_what_is_so(void **state)
{
	char text[200];
	int status = run_child(2, text, sizeof text);

	(void)state;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_string_equal(text, "");
}

static void aborts_with_the_state(void **state)
{
	char text[2000];
	int status = run_child(3, text, sizeof text);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(text, "check_test.c:"));
	assert_non_null(strstr(text, "not (n <= 2): n=3\n"));
}

static void counts_an_array(void **state)
{
	int array[7];

	(void)state;
	assert_int_equal(COUNT_OF(array), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_what_is_so),
		cmocka_unit_test(aborts_with_the_state),
		cmocka_unit_test(counts_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
