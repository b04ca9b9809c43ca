/* SPDX-License-Identifier: MIT */
#include "host/event.h"
#include "host/event_router.h"

#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reads_an_event(void **state)
{
	static const char text[] = " [{\"name\":\"a\\u00e9\\ud83d\\ude00\",\"value\":-12.5e1,\"at\":1700000000123,"
				   "\"labels\":{\"k\":\"v\\n\"}} , {\"name\":\"b\"}] ";
	struct events events = { 0 };

	(void)state;
	assert_int_equal(events_parse(&events, text, strlen(text), 77, NULL), 0);
	assert_int_equal(events.n, 2);
	assert_string_equal(events.items[0]->name, "a\xc3\xa9\xf0\x9f\x98\x80");
	assert_true(events.items[0]->value == -125);
	assert_int_equal(events.items[0]->at, 1700000000123);
	assert_int_equal(events.items[0]->n_labels, 1);
	assert_string_equal(events.items[0]->labels[0].value, "v\n");
	assert_int_equal(events.items[1]->at, 77);
	assert_true(events.items[1]->value == 1);
	events_fini(&events);
}

/* Escapes are a spelling: any JSON writer may use them, in keys too. */
static void reads_keys_in_any_spelling(void **state)
{
	static const char text[] = "{\"\\u006eame\":\"a\",\"\\u0076\\u0061lue\":2,\"a\\u0074\":5,\"label\\u0073\":{\"\\u006b\":\"v\"}}";
	static const char twice[] = "{\"name\":\"a\",\"nam\\u0065\":\"b\"}", other[] = "{\"nam\\u0066\":\"a\"}";
	struct events events = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(events_parse(&events, text, strlen(text), 77, NULL), 0);
	assert_string_equal(events.items[0]->name, "a");
	assert_true(events.items[0]->value == 2);
	assert_int_equal(events.items[0]->at, 5);
	assert_string_equal(events.items[0]->labels[0].name, "k");
	assert_int_equal(events_parse(&events, twice, strlen(twice), 77, &err), -EINVAL);
	assert_string_equal(error_text(&err), "byte 24: key \"name\" is there twice");
	error_clear(&err);
	assert_int_equal(events_parse(&events, other, strlen(other), 77, &err), -EINVAL);
	assert_string_equal(error_text(&err), "byte 13: key \"namf\" is not known; name, value, at and labels are");
	error_clear(&err);
	events_fini(&events);
}

static void reads_numbers_to_the_bit(void **state)
{
	static const char *const rows[] = { "0", "-0", "0.1", "1e-7", "123456789.123456789", "9007199254740993", "1e22", "1e23",
					    "12345678901234567890123", "4.9e-324", "1.7976931348623157e308", "0.30000000000000004" };
	struct events events = { 0 };
	char text[80];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double expected = strtod(rows[i], NULL);

		snprintf(text, sizeof text, "{\"name\":\"a\",\"value\":%s}", rows[i]);
		assert_int_equal(events_parse(&events, text, strlen(text), 1, NULL), 0);
		if (memcmp(&events.items[0]->value, &expected, sizeof expected))
			fail_msg("%s: got %.17g", rows[i], events.items[0]->value);
	}
	events_fini(&events);
}

static void says_what_is_wrong(void **state)
{
	static const struct { const char *text, *message; } rows[] = {
		{ "", "byte 1: an object is expected" },
		{ "{}", "byte 3: \"name\" is missing" },
		{ "{\"name\":1}", "byte 9: \"name\": a string is expected" },
		{ "{\"name\":\"\"}", "byte 11: \"name\": is empty" },
		{ "{\"name\":\"a\",\"nam\":1}", "byte 18: key \"nam\" is not known; name, value, at and labels are" },
		{ "{\"name\":\"a\",\"name\":\"b\"}", "byte 13: key \"name\" is there twice" },
		{ "{\"name\":\"a\",\"value\":\"1\"}", "byte 21: \"value\": a number is expected" },
		{ "{\"name\":\"a\",\"value\":1e999}", "byte 26: \"value\": 1e999 is beyond what a double holds" },
		{ "{\"name\":\"a\",\"value\":01}", "byte 21: \"value\": a number does not begin with 0" },
		{ "{\"name\":\"a\",\"at\":1.5}", "byte 21: \"at\": whole milliseconds since 1970 are expected" },
		{ "{\"name\":\"a\",\"labels\":[]}", "byte 22: \"labels\": an object of strings is expected" },
		{ "{\"name\":\"a\",\"labels\":{\"k\":{}}}", "byte 27: \"labels\": a string is expected" },
		{ "{\"name\":\"a\",\"labels\":{\"k\":\"1\",\"k\":\"2\"}}", "byte 38: \"labels\": \"k\" is there twice" },
		{ "{\"name\":\"\\ud800\"}", "byte 16: \"name\": half of a surrogate pair" },
		{ "{\"name\":\"\xff\"}", "byte 12: \"name\": not UTF-8" },
		{ "{\"name\":\"a\"", "byte 12: ends too early, '}' is missing" },
		{ "{\"name\":\"a\"} x", "byte 14: nothing is expected behind the event" },
		{ "[[[[[[[[", "byte 2: an object is expected" },
	};
	struct events events = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error err = { 0 };

		assert_int_equal(events_parse(&events, rows[i].text, strlen(rows[i].text), 1, &err), -EINVAL);
		if (strcmp(error_text(&err), rows[i].message) != 0)
			fail_msg("%s: got \"%s\"", rows[i].text, error_text(&err));
		assert_int_equal(events.n, 0);
		error_clear(&err);
	}
	events_fini(&events);
}

static void takes_the_good_lines(void **state)
{
	static const char text[] = "{\"name\":\"a\"}\nnonsense\n\n{\"name\":\"b\"} {\n{\"name\":\"c\"}";
	struct events events = { 0 };
	struct error err = { 0 };
	uint32_t bad;

	(void)state;
	assert_int_equal(events_parse_lines(&events, text, strlen(text), 1, &bad, &err), 0);
	assert_int_equal(events.n, 2);
	assert_string_equal(events.items[1]->name, "c");
	assert_int_equal(bad, 2);
	assert_int_equal(err.count, 1);
	error_clear(&err);
	events_fini(&events);
}

static uint32_t count_and_free(struct event_queue *queue)
{
	uint32_t n = 0;

	for (struct event_parcel *parcel = event_queue_take(queue), *next; parcel; parcel = next) {
		n += parcel->n;
		next = parcel->next;
		event_parcel_free(parcel);
	}
	return n;
}

static void routes_by_pattern_and_counts(void **state)
{
	static const struct kymo_event a = { sizeof a, 0, 1, "api.request", 1, NULL }, b = { sizeof b, 0, 1, "other", 1, NULL },
				       lost = { sizeof lost, 0, 1, EVENT_DROPPED, 5, NULL };
	const struct kymo_event *const events[] = { &a, &b, &a, &lost, &a };
	struct event_queue *one = event_queue_create(100), *two = event_queue_create(2);
	struct event_router *router = event_router_create();
	struct event_router_stats stats;

	(void)state;
	assert_int_equal(event_router_set(router, one, (const char *const[]){ "api.*", NULL }), 0);
	assert_int_equal(event_router_route(router, events, 5), 3);
	assert_int_equal(event_router_set(router, two, (const char *const[]){ "*", NULL }), 0);
	assert_int_equal(event_router_route(router, events, 5), 4);	/* two has room for two: a and b */
	assert_int_equal(count_and_free(one), 6);
	assert_int_equal(count_and_free(two), 2);
	event_router_stats(router, &stats);
	assert_int_equal(stats.events, 10);
	assert_int_equal(stats.unclaimed, 1);
	assert_int_equal(stats.dropped, 3);
	assert_int_equal(stats.lost_outside, 10);
	event_router_remove(router, one);
	event_router_remove(router, two);
	assert_int_equal(event_router_route(router, events, 1), 0);
	event_router_destroy(router);
	event_queue_destroy(one);
	event_queue_destroy(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_an_event), cmocka_unit_test(reads_keys_in_any_spelling),
		cmocka_unit_test(reads_numbers_to_the_bit),
		cmocka_unit_test(says_what_is_wrong), cmocka_unit_test(takes_the_good_lines),
		cmocka_unit_test(routes_by_pattern_and_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
