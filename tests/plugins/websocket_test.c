/* SPDX-License-Identifier: MIT */
/* websocket_test.c - connections and messages in, counts out. */
#include "test.h"

#include <math.h>

static struct harness *websocket_start(void)
{
	struct harness *h = harness_open(&kymo_plugin);

	assert_int_equal(harness_run(h), 0);
	return h;
}

static void message(struct harness *h, const char *direction, double bytes)
{
	assert_true(harness_event(h, "websocket.message", bytes, "direction", direction, NULL));
}

static void counts_connections_and_messages(void **state)
{
	struct harness *h = websocket_start();

	(void)state;
	harness_collect(h);
	assert_string_equal(harness_text(h),
		"websocket.connections.total 0\n"
		"websocket.connections.active 0\n"
		"websocket.messages.sent 0\n"
		"websocket.messages.received 0\n"
		"websocket.bytes.sent 0\n"
		"websocket.bytes.received 0\n");
	harness_event(h, "websocket.connect", 1, NULL);
	harness_event(h, "websocket.connect", 1, NULL);
	harness_event(h, "websocket.connect", 1, NULL);
	harness_event(h, "websocket.disconnect", 1, NULL);
	message(h, "sent", 100);
	message(h, "sent", 50);
	message(h, "received", 0);
	harness_collect(h);
	assert_string_equal(harness_text(h),
		"websocket.connections.total 3\n"
		"websocket.connections.active 2\n"
		"websocket.messages.sent 2\n"
		"websocket.messages.received 1\n"
		"websocket.bytes.sent 150\n"
		"websocket.bytes.received 0\n"
		"websocket.message.avg_size 50\n");
	assert_string_equal(harness_logged(h), "");
	harness_close(h);
}

static void open_connections_never_go_below_zero(void **state)
{
	struct harness *h = websocket_start();

	(void)state;
	harness_event(h, "websocket.disconnect", 1, NULL);
	harness_event(h, "websocket.disconnect", 1, NULL);
	harness_event(h, "websocket.connect", 1, NULL);
	harness_collect(h);
	assert_true(harness_value(h, "websocket.connections.active") == 1);
	harness_close(h);
}

static void leaves_out_what_makes_no_sense(void **state)
{
	struct harness *h = websocket_start();

	(void)state;
	message(h, "sideways", 1);
	message(h, "sent", -1);
	message(h, "sent", INFINITY);
	harness_event(h, "websocket.message", 1, NULL);
	assert_false(harness_event(h, "websocket.close", 1, NULL));
	harness_collect(h);
	assert_true(harness_value(h, "websocket.messages.sent") == 0);
	assert_true(isnan(harness_value(h, "websocket.message.avg_size")));
	assert_string_equal(harness_logged(h), "warn: a message that is neither \"sent\" nor \"received\", "
			    "or of less than no bytes, is left out\n");
	harness_close(h);
}

static void reset_forgets_counts_but_not_what_is_open(void **state)
{
	struct harness *h = websocket_start();

	(void)state;
	harness_event(h, "websocket.connect", 1, NULL);
	message(h, "sent", 1);
	harness_collect(h);
	harness_reset(h);
	assert_int_equal(harness_reconfigure(h), 0);
	harness_collect(h);
	assert_string_equal(harness_text(h),
		"websocket.connections.total 0\n"
		"websocket.connections.active 1\n"
		"websocket.messages.sent 0\n"
		"websocket.messages.received 0\n"
		"websocket.bytes.sent 0\n"
		"websocket.bytes.received 0\n");
	harness_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_connections_and_messages),
		cmocka_unit_test(open_connections_never_go_below_zero),
		cmocka_unit_test(leaves_out_what_makes_no_sense),
		cmocka_unit_test(reset_forgets_counts_but_not_what_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
