/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "model/sample.h"
#include "probe.h"
#include "stand.h"
#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct stand *stand;
static char so[192];

static int begin(void **state)
{
	(void)state;
	orders = (struct probe_orders){ .labels = 1 };
	stand_open((void **)&stand);
	stand_change(stand, "plugins: []\n", NULL);
	snprintf(so, sizeof so, "%s/probe.so", stand->dir);
	return 0;
}

static int end(void **state)
{
	(void)state;
	orders.start_result = 0;
	stand_close((void **)&stand);
	assert_int_equal(orders.created, orders.destroyed);
	return 0;
}

static void put_plugin(const char *kind)
{
	AUTO_BUF bytes = { 0 };
	char from[512];

	snprintf(from, sizeof from, "%s/%s.so", BAD_PLUGINS, kind);
	assert_int_equal(file_read_all(from, 16 << 20, &bytes, NULL), 0);
	assert_int_equal(file_write_atomic(so, bytes.data, bytes.len, NULL), 0);
	assert_int_equal(chmod(so, 0644), 0);
}

/* {a} with this interval, and this many others. */
static const char *with(const char *interval, int others)
{
	static char yaml[2048];
	int n = snprintf(yaml, sizeof yaml, "plugins:\n- {plugin: %s, name: a, interval: %s}\n", so, interval);

	for (int i = 0; i < others; i++)
		n += snprintf(yaml + n, sizeof yaml - (size_t)n, "- {plugin: %s, name: b%d, interval: 100ms}\n", so, i);
	return yaml;
}

static int count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void misses_nothing_in_200_reloads(void **state)
{
	struct instance_stats before, after;
	int fds, threads;

	(void)state;
	put_plugin("good");
	stand_change(stand, with("100ms", 2), NULL);
	WAIT_UNTIL(stand_numbers(stand, "a").collections > 2);
	before = stand_numbers(stand, "a");
	fds = count_entries("/proc/self/fd");
	threads = count_entries("/proc/self/task");
	for (int i = 1; i <= 200; i++) {
		stand_change(stand, with("100ms", 1 + i % 3), NULL);
		after = stand_numbers(stand, "a");
		assert_int_equal(after.started_at, before.started_at);	/* the same one, all the time */
		assert_true(after.collections >= before.collections);
	}
	stand_change(stand, with("100ms", 2), NULL);
	WAIT_UNTIL(stand_numbers(stand, "a").collections > before.collections + 2);
	after = stand_numbers(stand, "a");
	/* From the first tick on the grid to the last: every one was run or counted. */
	assert_in_range(after.collections + after.missed - before.collections - before.missed,
			(after.last_at - before.last_at) / 100, (after.last_at - before.last_at) / 100 + 1);
	assert_int_equal(count_entries("/proc/self/fd"), fds);
	assert_int_equal(count_entries("/proc/self/task"), threads);
}

static void changes_nothing_when_something_is_wrong(void **state)
{
	struct instance_stats before;
	char text[512], yaml[1024];

	(void)state;
	put_plugin("good");
	stand_change(stand, with("100ms", 1), NULL);
	before = stand_numbers(stand, "a");
	snprintf(yaml, sizeof yaml, "plugins:\n- plugin: %s\n  with: {wait: 10x}\n- plugin: nonesuch\n- {plugin: %s, name: kymo}\n", so, so);
	assert_true(stand_change(stand, yaml, text) < 0);
	assert_non_null(strstr(text, "test.yaml:5:16: wait: \"10x\" is not a duration"));
	assert_non_null(strstr(text, "plugin nonesuch: not found in"));
	assert_non_null(strstr(text, "\"kymo\" is the daemon's own"));
	assert_int_equal(stand_numbers(stand, "a").started_at, before.started_at);
	assert_non_null(stand_numbers(stand, "b0").name);
	put_plugin("no_create");
	assert_true(stand_change(stand, with("1s", 1), text) < 0);
	assert_non_null(strstr(text, "lacks create"));
	assert_int_equal(stand_numbers(stand, "a").interval, 100);
	WAIT_UNTIL(stand_numbers(stand, "a").collections > before.collections);
}

static void takes_up_a_changed_file(void **state)
{
	kymo_ms started;

	(void)state;
	put_plugin("good");
	stand_change(stand, with("100ms", 0), NULL);
	WAIT_UNTIL(stand_latest(stand, "bad.value{instance=\"a\"}") == 1);
	started = stand_numbers(stand, "a").started_at;
	put_plugin("newer");
	usleep(2000);
	stand_change(stand, with("100ms", 0), NULL);
	WAIT_UNTIL(stand_latest(stand, "bad.value{instance=\"a\"}") == 2);
	assert_true(stand_numbers(stand, "a").started_at > started);
	stand_change(stand, "plugins: []\n", NULL);
	assert_null(stand_numbers(stand, "a").name);
	assert_true(value_is_stale(stand_latest(stand, "bad.value{instance=\"a\"}")));
}

static void gives_other_values_to_those_that_run(void **state)
{
	uint64_t collections;

	(void)state;
	put_plugin("good");
	stand_change(stand, with("100ms", 0), NULL);
	WAIT_UNTIL((collections = stand_numbers(stand, "a").collections) >= 2);
	stand_change(stand, with("1h", 0), NULL);
	assert_int_equal(stand_numbers(stand, "a").interval, 3600000);
	assert_true(stand_numbers(stand, "a").collections >= collections);	/* it goes on counting */
	stand_change(stand, with("100ms", 0), NULL);
	WAIT_UNTIL(stand_numbers(stand, "a").collections > collections + 2);
}

static void keeps_what_was_added_and_says_the_plan(void **state)
{
	struct host_changes changes;
	struct error err = { 0 };
	char text[512];
	AUTO(settings) settings = NULL;

	(void)state;
	put_plugin("good");
	stand_must_add(stand, "{plugin: probe, name: x}", &probe);
	stand_change(stand, with("100ms", 1), NULL);
	assert_true(stand_numbers(stand, "x").added);
	settings = settings_parse("t", with("5s", 0), strlen(with("5s", 0)), &err);
	assert_non_null(settings);
	assert_int_equal(host_plan(stand->host, settings, &changes, &err), 0);
	assert_int_equal(changes.n, 3);
	assert_string_equal(changes.items[0].name, "a");
	assert_int_equal(changes.items[0].action, HOST_RECONFIGURE);
	assert_string_equal(changes.items[0].why, "interval: 100ms to 5s");
	assert_int_equal(changes.items[1].action, HOST_STOP);
	assert_int_equal(changes.items[2].action, HOST_KEEP);
	host_changes_fini(&changes);
	snprintf(text, sizeof text, "plugins:\n- {plugin: %s, name: x}\n", so);
	assert_true(stand_change(stand, text, text) < 0);
	assert_non_null(strstr(text, "was added at run time"));
}

static void goes_back_when_a_start_fails(void **state)
{
	char text[512];
	struct error err = { 0 };

	(void)state;
	orders.start_result = -EADDRINUSE;
	assert_true(host_add(stand->host, "{plugin: probe, name: x}", 24, &probe, &err) < 0);
	assert_non_null(strstr(error_text(&err), "x: the plugin's start failed: Address already in use"));
	error_clear(&err);
	assert_null(stand_numbers(stand, "x").name);
	assert_true(host_add(stand->host, "{plugin: probe, with: {luck: 13}}", 33, &probe, &err) < 0);
	snprintf(text, sizeof text, "%s", error_text(&err));
	assert_non_null(strstr(text, "luck: brings bad luck"));
	error_clear(&err);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(misses_nothing_in_200_reloads), TEST(changes_nothing_when_something_is_wrong),
		TEST(takes_up_a_changed_file), TEST(gives_other_values_to_those_that_run),
		TEST(keeps_what_was_added_and_says_the_plan), TEST(goes_back_when_a_start_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
