/* SPDX-License-Identifier: MIT */
/* queue_test.c - first in, first out; a full queue refuses; a close wakes all. */
#include "util/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/thread.h"

static int items[1000];

static void first_in_first_out(void **state)
{
	struct queue *queue = queue_create(3);

	(void)state;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 3; i++)
			assert_true(queue_push(queue, &items[i]));
		assert_false(queue_push(queue, &items[3]));
		assert_int_equal(queue_depth(queue), 3);
		assert_ptr_equal(queue_peek(queue, 0), &items[0]);
		for (int i = 0; i < 3; i++)
			assert_ptr_equal(queue_pop(queue, 0), &items[i]);
		assert_null(queue_pop(queue, 0));
		assert_null(queue_peek(queue, 0));
	}
	queue_destroy(queue);
	queue_destroy(NULL);
}

static void without_room_it_refuses(void **state)
{
	struct queue *queue = queue_create(0);

	(void)state;
	assert_false(queue_push(queue, &items[0]));
	assert_null(queue_pop(queue, 0));
	queue_destroy(queue);
	assert_null(queue_create(SIZE_MAX / 2));
}

static void gives_up_after_the_time(void **state)
{
	struct queue *queue = queue_create(1);
	int64_t before = clock_mono_ns();

	(void)state;
	assert_null(queue_pop(queue, 5));
	assert_true(clock_mono_ns() - before >= 5000000);
	assert_null(queue_peek(queue, 1));
	queue_destroy(queue);
}

static void a_closed_queue_is_emptied_and_takes_nothing(void **state)
{
	struct queue *queue = queue_create(2);

	(void)state;
	assert_true(queue_push(queue, &items[0]));
	queue_close(queue);
	assert_false(queue_push(queue, &items[1]));
	assert_ptr_equal(queue_pop(queue, -1), &items[0]);
	assert_null(queue_pop(queue, -1));
	assert_null(queue_peek(queue, INT64_MAX));
	queue_destroy(queue);
}

static void *pop_one(void *queue) { return queue_pop(queue, -1); }
static void *pop_soon(void *queue) { return queue_pop(queue, INT64_MAX); }
static void *peek_one(void *queue) { return queue_peek(queue, -1); }

static void a_close_wakes_every_waiter(void **state)
{
	struct queue *queue = queue_create(1);
	void *(*const run[])(void *) = { pop_one, pop_soon, peek_one };
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(thread_start(&threads[i], "wait", run[i], queue), 0);
	queue_close(queue);
	for (int i = 0; i < 3; i++) {
		void *item = queue;

		pthread_join(threads[i], &item);
		assert_null(item);
	}
	queue_destroy(queue);
}

/* Two that look and one that takes, all asleep; one item must serve them. */
static void who_only_looks_leaves_it_to_others(void **state)
{
	struct queue *queue = queue_create(1);
	pthread_t look, take;
	void *item;

	(void)state;
	assert_int_equal(thread_start(&look, "look", peek_one, queue), 0);
	assert_true(queue_push(queue, &items[5]));
	pthread_join(look, &item);
	assert_ptr_equal(item, &items[5]);
	assert_int_equal(thread_start(&take, "take", pop_one, queue), 0);
	pthread_join(take, &item);
	assert_ptr_equal(item, &items[5]);
	queue_destroy(queue);
}

enum { PRODUCERS = 3, CONSUMERS = 2, EACH = 1000 };
static _Atomic int taken[EACH];

static void *produce(void *queue)
{
	for (int i = 0; i < EACH; i++)
		while (!queue_push(queue, &items[i]))
			sched_yield();
	return NULL;
}

static void *consume(void *queue)
{
	int *item;

	while ((item = queue_pop(queue, -1)))
		taken[item - items]++;
	return NULL;
}

static void every_item_comes_out_once(void **state)
{
	struct queue *queue = queue_create(16);
	pthread_t producers[PRODUCERS], consumers[CONSUMERS];

	(void)state;
	for (int i = 0; i < CONSUMERS; i++)
		assert_int_equal(thread_start(&consumers[i], "consume", consume, queue), 0);
	for (int i = 0; i < PRODUCERS; i++)
		assert_int_equal(thread_start(&producers[i], "produce", produce, queue), 0);
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(producers[i], NULL);
	queue_close(queue);
	for (int i = 0; i < CONSUMERS; i++)
		pthread_join(consumers[i], NULL);
	for (int i = 0; i < EACH; i++)
		assert_int_equal(taken[i], PRODUCERS);
	queue_destroy(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(without_room_it_refuses),
		cmocka_unit_test(gives_up_after_the_time),
		cmocka_unit_test(a_closed_queue_is_emptied_and_takes_nothing),
		cmocka_unit_test(a_close_wakes_every_waiter),
		cmocka_unit_test(who_only_looks_leaves_it_to_others),
		cmocka_unit_test(every_item_comes_out_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
