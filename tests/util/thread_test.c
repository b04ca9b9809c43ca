/* SPDX-License-Identifier: MIT */
/* thread_test.c - a new thread has its name, no signals and a small stack; waits end in time. */
#include "util/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

struct seen {
	char name[32];
	sigset_t blocked;
	size_t stack;
};

static void *look(void *data)
{
	struct seen *seen = data;
	pthread_attr_t attr;

	pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
	pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstacksize(&attr, &seen->stack);
	pthread_attr_destroy(&attr);
	return data;
}

static void has_a_name_and_no_signals(void **state)
{
	struct seen seen = { "" };
	sigset_t mine;
	pthread_t thread;
	void *result;

	(void)state;
	assert_int_equal(thread_start(&thread, "a-name-that-is-cut", look, &seen), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &seen);
	assert_string_equal(seen.name, "a-name-that-is-");
	assert_true(sigismember(&seen.blocked, SIGTERM));
	assert_true(sigismember(&seen.blocked, SIGHUP));
	assert_in_range(seen.stack, 256 * 1024, 1024 * 1024);
	pthread_sigmask(SIG_SETMASK, NULL, &mine);
	assert_false(sigismember(&mine, SIGTERM));
}

static void waits_until_then(void **state)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond;
	int64_t until = clock_mono_ns() + 3000000;

	(void)state;
	cond_init(&cond);
	{
		LOCK(&mutex);
		assert_int_equal(cond_wait_until(&cond, &mutex, -5), -ETIMEDOUT);
		assert_int_equal(cond_wait_until(&cond, &mutex, 0), -ETIMEDOUT);
		while (cond_wait_until(&cond, &mutex, until) == 0)
			;
	}
	assert_true(clock_mono_ns() >= until);
	pthread_cond_destroy(&cond);
}

struct flag {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool up;
};

static void *raise_flag(void *data)
{
	struct flag *flag = data;

	LOCK(&flag->mutex);
	flag->up = true;
	pthread_cond_signal(&flag->cond);
	return NULL;
}

static void is_woken(void **state)
{
	struct flag flag = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	pthread_t thread;

	(void)state;
	cond_init(&flag.cond);
	assert_int_equal(thread_start(&thread, "raise", raise_flag, &flag), 0);
	{
		LOCK(&flag.mutex);
		while (!flag.up)
			assert_int_equal(cond_wait_until(&flag.cond, &flag.mutex, INT64_MAX), 0);
	}
	pthread_join(thread, NULL);
	pthread_cond_destroy(&flag.cond);
}

static int leave_early(pthread_mutex_t *mutex)
{
	LOCK(mutex);
	return pthread_mutex_trylock(mutex);
}

static void a_lock_ends_with_its_scope(void **state)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	(void)state;
	assert_int_equal(leave_early(&mutex), EBUSY);
	assert_int_equal(pthread_mutex_trylock(&mutex), 0);
	pthread_mutex_unlock(&mutex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_a_name_and_no_signals),
		cmocka_unit_test(waits_until_then),
		cmocka_unit_test(is_woken),
		cmocka_unit_test(a_lock_ends_with_its_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
