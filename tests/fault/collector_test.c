/* SPDX-License-Identifier: MIT */
/*
 * collector_test.c - a collector of events goes on without memory: create and
 * reconfigure say so, everything else loses no more than the events it has no
 * room for, and nothing leaks. Built once for each of them.
 */
#include "fault/fault.h"

#include <kymo/plugin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static kymo_ms clock_now;
static uint32_t declared, emitted;

static void host_emit(struct kymo_batch *batch, uint32_t metric, const char *const labels[], double value, kymo_ms at)
{
	(void)batch;
	(void)metric;
	(void)labels;
	(void)value;
	(void)at;
	emitted++;
}

static int host_declare(const struct kymo_host *host, const struct kymo_metric *metric, uint32_t *id)
{
	(void)host;
	(void)metric;
	*id = declared++;
	return 0;
}

static void host_log(const struct kymo_host *host, uint32_t level, const char *text)
{
	(void)host;
	(void)level;
	(void)text;
}

static int host_reject(const struct kymo_host *host, const struct kymo_value *value, const char *text)
{
	(void)host;
	(void)value;
	fail_msg("rejected: %s", text);
	return -EINVAL;
}

static kymo_ms host_now(const struct kymo_host *host)
{
	(void)host;
	return clock_now;
}

static const struct kymo_host host = {
	.abi = KYMO_ABI, .size = sizeof host, .emit = host_emit, .declare = host_declare,
	.log = host_log, .reject = host_reject, .now = host_now,
};

/* Rows for custom: {name, type, unit, help, labels, event}. */
static const struct kymo_value label_names[] = { { .string = "user" } };
static const struct kymo_value fields[2][6] = {
	{ { .string = "a" }, { .string = "counter" }, { .string = "" }, { .string = "" },
	  { .items = label_names, .n = 1 }, { .string = "event" } },
	{ { .string = "b" }, { .string = "histogram" }, { .string = "" }, { .string = "" }, { .n = 0 },
	  { .string = "event" } },
};
static const struct kymo_value rows[] = { { .items = fields[0], .n = 6 }, { .items = fields[1], .n = 6 } };

static void configure(struct kymo_value config[8])
{
	memset(config, 0, 8 * sizeof *config);
	for (uint32_t i = 0; i < kymo_plugin.n_options; i++) {
		if (kymo_plugin.options[i].type == KYMO_DURATION)
			config[i].duration = 60000;
		else if (kymo_plugin.options[i].type == KYMO_ROWS)
			config[i] = (struct kymo_value){ .items = rows, .n = 2 };
		else
			config[i].integer = 50;
	}
}

/* A hundred users and endpoints; enough to grow every table more than once. */
static void send_events(void *instance)
{
	const char *name = !strcmp(kymo_plugin.name, "api") ? "api.request"
			 : !strcmp(kymo_plugin.name, "business") ? "business.active_user" : "event";
	char text[16];
	const struct kymo_label labels[] = { { "user", text }, { "endpoint", text } };
	const struct kymo_event event = { sizeof event, 2, clock_now, name, 12, labels };
	const struct kymo_event *const list[] = { &event };

	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "%d", i);
		kymo_plugin.observe(instance, list, 1);
	}
}

static void live(const struct kymo_value *config)
{
	void *instance = NULL;
	int r = kymo_plugin.create(&host, config, &instance);

	assert_true(r == 0 || r == -ENOMEM);
	if (r < 0)
		return;
	for (int round = 0; round < 3; round++) {
		send_events(instance);
		clock_now += 1000;
		assert_int_equal(kymo_plugin.collect(instance, NULL), 0);
		r = kymo_plugin.reconfigure(instance, config);
		assert_true(r == 0 || r == -ENOMEM);
		if (round == 1)
			kymo_plugin.reset(instance);
	}
	kymo_plugin.destroy(instance);
}

static void goes_on_without_memory(void **state)
{
	struct kymo_value config[8];
	unsigned n = 1;

	(void)state;
	configure(config);
	for (;; n++) {
		clock_now = 1700000000000;
		emitted = 0;
		fault_at(FAULT_MEMORY, n, ENOMEM);
		live(config);
		if (!fault_off())
			break;
	}
	assert_true(n > 5);
	assert_true(emitted > 0);
}

static void goes_on_when_there_never_is_any_again(void **state)
{
	struct kymo_value config[8];

	(void)state;
	configure(config);
	for (unsigned n = 1;; n++) {
		clock_now = 1700000000000;
		fault_from(FAULT_MEMORY, n, ENOMEM);
		live(config);
		if (!fault_off())
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on_without_memory),
		cmocka_unit_test(goes_on_when_there_never_is_any_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
