/* SPDX-License-Identifier: MIT */
#include "host/event_queue.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

static struct event_queue *queue;

static int make(void **state)
{
	(void)state;
	return (queue = event_queue_create(10)) ? 0 : -1;
}

static int unmake(void **state)
{
	(void)state;
	event_queue_destroy(queue);
	return 0;
}

/* n events "e0", "e1", ... with one label. Gives how many found room. */
static uint32_t push(uint32_t n)
{
	static char names[64][8];
	static const struct kymo_label label = { "k", "v" };
	struct kymo_event events[64];
	const struct kymo_event *pointers[64];
	uint8_t take[64];
	struct event_block *block;
	struct event_parcel *parcel;
	uint32_t fit;

	for (uint32_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof names[i], "e%u", i);
		events[i] = (struct kymo_event){ sizeof events[i], 1, 5, names[i], i, &label };
		pointers[i] = &events[i];
		take[i] = 1;
	}
	block = event_block_create(pointers, take, n);
	parcel = event_parcel_create(block, n);
	while (parcel->n < n) {
		parcel->items[parcel->n] = &block->events[parcel->n];
		parcel->n++;
	}
	fit = event_queue_push(queue, parcel);
	event_block_release(block);
	memset(names, 0, sizeof names);		/* they were copied */
	return fit;
}

/* The numbers of what is taken, in one string. */
static const char *take_all(void)
{
	static char text[512];
	size_t at = 0;

	text[0] = 0;
	for (struct event_parcel *parcel = event_queue_take(queue), *next; parcel; parcel = next) {
		for (uint32_t i = 0; i < parcel->n; i++) {
			assert_string_equal(parcel->items[i]->labels[0].value, "v");
			at += (size_t)snprintf(text + at, sizeof text - at, "%s ", parcel->items[i]->name);
		}
		next = parcel->next;
		event_parcel_free(parcel);
	}
	return text;
}

static void gives_the_oldest_first(void **state)
{
	(void)state;
	assert_int_equal(push(2), 2);
	assert_int_equal(push(1), 1);
	assert_string_equal(take_all(), "e0 e1 e0 ");
	assert_null(event_queue_take(queue));
}

static void loses_what_comes_when_full(void **state)
{
	struct event_queue_stats stats;

	(void)state;
	assert_int_equal(push(8), 8);
	assert_int_equal(push(4), 2);
	assert_int_equal(push(3), 0);
	event_queue_stats(queue, &stats);
	assert_int_equal(stats.events, 15);
	assert_int_equal(stats.dropped, 5);
	assert_int_equal(stats.depth, 10);
	assert_string_equal(take_all(), "e0 e1 e2 e3 e4 e5 e6 e7 e0 e1 ");
	assert_int_equal(push(1), 1);
}

static void has_another_room_from_now_on(void **state)
{
	(void)state;
	push(8);
	event_queue_set_room(queue, 4);
	assert_int_equal(push(1), 0);
	event_queue_set_room(queue, 9);
	assert_int_equal(push(2), 1);
	assert_string_equal(take_all(), "e0 e1 e2 e3 e4 e5 e6 e7 e0 ");
}

static bool is_even(void *data, const struct kymo_event *event)
{
	(void)data;
	return ((int)event->value & 1) == 0;
}

static void filters(void **state)
{
	struct event_queue_stats stats;

	(void)state;
	push(5);
	event_queue_filter(queue, is_even, NULL);
	event_queue_stats(queue, &stats);
	assert_int_equal(stats.depth, 3);
	assert_string_equal(take_all(), "e0 e2 e4 ");
	event_queue_stats(queue, &stats);
	assert_int_equal(stats.depth, 0);
}

struct heard {
	int first, half_full;
};

static void came(void *data, bool half_full)
{
	struct heard *heard = data;

	heard->first += !half_full;
	heard->half_full += half_full;
}

static void tells_of_the_first_and_of_the_half(void **state)
{
	struct heard heard = { 0, 0 };

	(void)state;
	event_queue_listen(queue, came, &heard);
	push(1);
	push(1);
	assert_int_equal(heard.first, 1);
	assert_int_equal(heard.half_full, 0);
	push(5);
	assert_true(heard.half_full >= 1);
	take_all();
	push(1);
	assert_int_equal(heard.first, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gives_the_oldest_first), TEST(loses_what_comes_when_full), TEST(has_another_room_from_now_on), TEST(filters),
		TEST(tells_of_the_first_and_of_the_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
