/* SPDX-License-Identifier: MIT */
/* pool_test.c - jobs are done in turn, refused when too many wait, dropped at the end. */
#include "http/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct noted {
	struct job job;			/* first */
	int number;
};

static _Atomic bool held;
static _Atomic int begun, done, dropped, last;

static void rest(void)
{
	nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

static void run(struct job *job)
{
	begun++;
	while (held)
		rest();
	if (((struct noted *)job)->number > last)
		last = ((struct noted *)job)->number;
	else
		last = -1000;
	done++;
}

static void drop(struct job *job)
{
	(void)job;
	dropped++;
}

static struct noted jobs[8];

static int begin(void **state)
{
	(void)state;
	held = false;
	begun = done = dropped = last = 0;
	for (int i = 0; i < 8; i++)
		jobs[i] = (struct noted){ { run, drop, NULL }, i + 1 };
	return 0;
}

static void does_one_after_the_other(void **state)
{
	struct pool *pool = NULL;

	(void)state;
	assert_int_equal(pool_create("test", 1, 8, &pool), 0);
	for (int i = 0; i < 8; i++)
		assert_true(pool_put(pool, &jobs[i].job));
	while (done < 8)
		rest();
	assert_int_equal(last, 8);
	pool_destroy(pool);
	assert_int_equal(dropped, 0);
}

static void refuses_what_has_no_room_and_drops_what_waits(void **state)
{
	struct pool *pool = NULL;

	(void)state;
	held = true;
	assert_int_equal(pool_create("test", 2, 3, &pool), 0);
	for (int i = 0; i < 2; i++) {
		assert_true(pool_put(pool, &jobs[i].job));
		while (begun != i + 1)
			rest();
	}
	for (int i = 2; i < 5; i++)
		assert_true(pool_put(pool, &jobs[i].job));
	assert_false(pool_put(pool, &jobs[5].job));
	pool_destroy(NULL);
	held = false;
	while (done < 2)
		rest();
	pool_destroy(pool);
	assert_int_equal(done + dropped, 5);
}

static void what_a_thread_is_free_for_does_not_wait(void **state)
{
	struct pool *pool = NULL;

	(void)state;
	held = true;
	assert_int_equal(pool_create("test", 2, 0, &pool), 0);
	assert_true(pool_put(pool, &jobs[0].job));
	assert_true(pool_put(pool, &jobs[1].job));	/* whether the first has begun or not */
	assert_false(pool_put(pool, &jobs[2].job));
	held = false;
	while (done < 2)
		rest();
	pool_destroy(pool);
}

static void what_goes_on_comes_first_and_needs_no_room(void **state)
{
	struct pool *pool = NULL;

	(void)state;
	held = true;
	assert_int_equal(pool_create("test", 1, 1, &pool), 0);
	assert_true(pool_put(pool, &jobs[0].job));
	while (begun != 1)
		rest();
	assert_true(pool_put(pool, &jobs[2].job));
	assert_false(pool_put(pool, &jobs[3].job));
	assert_true(pool_go_on(pool, &jobs[1].job));
	held = false;
	while (done < 3)
		rest();
	assert_int_equal(last, 3);	/* in order of their numbers */
	pool_destroy(pool);
}

static _Atomic int expired;
static _Atomic bool of_no_use;

static bool is_due(struct job *job)
{
	return of_no_use && ((struct noted *)job)->number % 2;
}

static void expire(struct job *job)
{
	(void)job;
	expired++;
}

/* Of those that wait one and the last go. */
static void what_is_of_no_use_does_not_wait(void **state)
{
	struct pool *pool = NULL;

	(void)state;
	held = true;
	expired = 0;
	of_no_use = false;
	assert_int_equal(pool_create("test", 1, 8, &pool), 0);
	for (int i = 0; i < 5; i++) {
		jobs[i].job.is_due = is_due;
		jobs[i].job.expire = expire;
		assert_true(pool_put(pool, &jobs[i].job));
		while (begun != 1)
			rest();
	}
	of_no_use = true;
	while (expired != 2)
		rest();
	jobs[5].job.is_due = is_due;
	assert_true(pool_put(pool, &jobs[5].job));	/* behind the last that is left */
	held = false;
	while (done < 4)
		rest();
	assert_int_equal(last, 6);
	of_no_use = false;
	held = true;
	assert_true(pool_put(pool, &jobs[6].job));
	while (begun != 5)
		rest();
	jobs[7].job.is_due = is_due;
	assert_true(pool_put(pool, &jobs[7].job));
	held = false;
	pool_destroy(pool);
	assert_int_equal(expired, 2);
	assert_int_equal(done + dropped, 6);
}

static void more_or_fewer_may_run(void **state)
{
	struct pool *pool = NULL;

	(void)state;
	held = true;
	assert_int_equal(pool_create("test", 1, 8, &pool), 0);
	for (int i = 0; i < 4; i++)
		assert_true(pool_put(pool, &jobs[i].job));
	assert_int_equal(pool_configure(pool, 3, 1), 0);
	while (begun != 3)
		rest();
	assert_false(pool_put(pool, &jobs[4].job));	/* one waits, and there is room for one */
	assert_int_equal(pool_configure(pool, 1, 8), 0);
	held = false;
	while (done < 4)
		rest();
	held = true;
	for (int i = 4; i < 8; i++)
		assert_true(pool_put(pool, &jobs[i].job));
	while (begun != 5)
		rest();
	for (int i = 0; i < 20; i++)
		rest();
	assert_int_equal(begun, 5);	/* one at a time again */
	held = false;
	while (done < 8)
		rest();
	pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(does_one_after_the_other, begin),
		cmocka_unit_test_setup(refuses_what_has_no_room_and_drops_what_waits, begin),
		cmocka_unit_test_setup(what_a_thread_is_free_for_does_not_wait, begin),
		cmocka_unit_test_setup(what_goes_on_comes_first_and_needs_no_room, begin),
		cmocka_unit_test_setup(what_is_of_no_use_does_not_wait, begin),
		cmocka_unit_test_setup(more_or_fewer_may_run, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
