/* SPDX-License-Identifier: MIT */
/* system_test.c - the system collector on recorded trees and on broken ones. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#define RECORDED GOLDEN "/system/"

struct machine {
	struct tree proc;
	struct harness *harness;
};

static struct machine machine_start(void)
{
	struct machine m = { .proc = tree_create(), .harness = harness_open(&kymo_plugin) };

	tree_copy(&m.proc, RECORDED "before");
	harness_set(m.harness, "root", m.proc.path);
	assert_int_equal(harness_run(m.harness), 0);
	return m;
}

static void machine_stop(struct machine *m)
{
	harness_close(m->harness);
	tree_remove(&m->proc);
}

static void gives_what_was_recorded(void **state)
{
	struct machine m = machine_start();

	(void)state;
	assert_int_equal(harness_collect(m.harness), 0);
	assert_true(harness_golden(m.harness, RECORDED "before.txt"));
	tree_copy(&m.proc, RECORDED "after");
	assert_int_equal(harness_collect(m.harness), 0);
	assert_true(harness_golden(m.harness, RECORDED "after.txt"));
	assert_string_equal(harness_logged(m.harness), "");
	machine_stop(&m);
}

static void processor_use_counts_from_the_last_collect(void **state)
{
	static const struct { const char *before, *after; double usage; } rows[] = {
		/*       user nice system idle iowait irq softirq steal guest */
		{ "cpu  100 0 100 1000 0 0 0 0 0 0\n", "cpu  150 0 100 1050 0 0 0 0 0 0\n", 50 },
		{ "cpu  100 0 100 1000 0 0 0 0 0 0\n", "cpu  110 10 110 1010 10 10 10 10 99 0\n", 75 },
		{ "cpu  100 0 100 1000 0 0 0 0 0 0\n", "cpu  100 0 100 1100 0 0 0 0 0 0\n", 0 },
		{ "cpu  100 0 100 1000 0 0 0 0 0 0\n", "cpu  200 0 100 1000 0 0 0 0 0 0\n", 100 },
		/* iowait fell */
		{ "cpu  100 0 100 1000 50 0 0 0 0 0\n", "cpu  200 0 100 1000 40 0 0 0 0 0\n", 100 },
		/* an old kernel */
		{ "cpu  100 0 100 1000\n", "cpu  130 0 100 1070\n", 30 },
		/* no time went by; a processor was taken away */
		{ "cpu  100 0 100 1000 0 0 0 0 0 0\n", "cpu  100 0 100 1000 0 0 0 0 0 0\n", NAN },
		{ "cpu  100 0 100 1000 0 0 0 0 0 0\n", "cpu  50 0 50 500 0 0 0 0 0 0\n", NAN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct machine m = machine_start();
		double usage;

		tree_write(&m.proc, "stat", rows[i].before);
		harness_collect(m.harness);
		assert_true(isnan(harness_value(m.harness, "system.cpu.usage")));
		tree_write(&m.proc, "stat", rows[i].after);
		harness_collect(m.harness);
		usage = harness_value(m.harness, "system.cpu.usage");
		if (usage != rows[i].usage && !(isnan(usage) && isnan(rows[i].usage)))
			fail_msg("row %zu: got %g, not %g", i, usage, rows[i].usage);
		machine_stop(&m);
	}
}

static void reset_forgets_the_last_collect(void **state)
{
	struct machine m = machine_start();

	(void)state;
	harness_collect(m.harness);
	harness_reset(m.harness);
	tree_copy(&m.proc, RECORDED "after");
	harness_collect(m.harness);
	assert_true(isnan(harness_value(m.harness, "system.cpu.usage")));
	machine_stop(&m);
}

static void memory_adds_up(void **state)
{
	static const struct { const char *meminfo; double used, free; } rows[] = {
		{ "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n", 614400, 409600 },
		/* before Linux 3.14 */
		{ "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 250 kB\n", 614400, 409600 },
		{ "MemTotal: 1000 kB\nMemFree: 1100 kB\nMemAvailable: 1200 kB\n", 0, 1024000 },
		{ "MemTotal: 1000 kB\nMemFree: 100 kB\n", NAN, NAN },
		{ "MemTotal: 0 kB\nMemFree: 0 kB\nMemAvailable: 0 kB\n", NAN, NAN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct machine m = machine_start();
		double used, free;

		tree_write(&m.proc, "meminfo", rows[i].meminfo);
		assert_int_equal(harness_collect(m.harness), 0);
		used = harness_value(m.harness, "system.memory.used");
		free = harness_value(m.harness, "system.memory.free");
		if (isnan(rows[i].used) ? !isnan(used) : used != rows[i].used || free != rows[i].free)
			fail_msg("row %zu: got used %g, free %g", i, used, free);
		machine_stop(&m);
	}
}

/* Nothing of a broken text is emitted, the other sources go on, and it is said once. */
static void a_broken_source_leaves_its_metrics_out(void **state)
{
	static const struct { const char *file, *text, *metric; } rows[] = {
		{ "stat", "", "system.cpu.usage" },
		{ "stat", "garbage\n", "system.cpu.usage" },
		{ "stat", "cpu", "system.cpu.usage" },
		{ "stat", "cpu  1 2 x 4\n", "system.cpu.usage" },
		{ "stat", "cpu  1 2 3 4", "system.cpu.usage" },
		{ "stat", "cpu  99999999999999999999999 2 3 4 5\n", "system.cpu.usage" },
		{ "meminfo", "", "system.memory.total" },
		{ "meminfo", "MemTotal: -5 kB\nMemAvailable: 3 kB\n", "system.memory.total" },
		{ "meminfo", "MemTotal: 99999999999999999999999 kB\nMemAvailable: 3 kB\n", "system.memory.total" },
		{ "meminfo", "MemTotal: 1000 kB\nMemAvailable: 3", "system.memory.total" },
		{ "loadavg", "", "system.load.1m" },
		{ "loadavg", "one two three\n", "system.load.1m" },
		{ "loadavg", "0.5", "system.load.1m" },
		{ "loadavg", "0.99999999999999999999999999 0 0\n", "system.load.1m" },
		{ "uptime", "\n", "system.uptime" },
		{ "uptime", ".5 1\n", "system.uptime" },
		{ "uptime", "9223372036854775808 1\n", "system.uptime" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct machine m = machine_start();
		char log[8192];

		harness_collect(m.harness);
		tree_copy(&m.proc, RECORDED "after");
		tree_write(&m.proc, rows[i].file, rows[i].text);
		assert_int_equal(harness_collect(m.harness), 0);
		assert_int_equal(harness_collect(m.harness), 0);
		if (!isnan(harness_value(m.harness, rows[i].metric)))
			fail_msg("row %zu: %s has a value", i, rows[i].metric);
		assert_in_range(harness_count(m.harness), 4, 8);
		snprintf(log, sizeof log, "warn: %.128s/%s: not the text that is expected\n", m.proc.path,
			 rows[i].file);
		assert_string_equal(harness_logged(m.harness), log);
		machine_stop(&m);
	}
}

static void takes_numbers_up_to_the_largest(void **state)
{
	struct machine m = machine_start();

	(void)state;
	tree_write(&m.proc, "uptime", "92233720368547758.07 1\n");
	tree_write(&m.proc, "loadavg", "0 00.00 123456.789 1/1 1\n");
	tree_write(&m.proc, "stat", "cpu 18446744073709551615 18446744073709551615 0 1 0 0 0 0\n");
	harness_collect(m.harness);
	assert_true(harness_value(m.harness, "system.uptime") == 92233720368547758.07);
	assert_true(harness_value(m.harness, "system.load.1m") == 0);
	assert_true(harness_value(m.harness, "system.load.5m") == 0);
	assert_true(harness_value(m.harness, "system.load.15m") == 123456.789);
	machine_stop(&m);
}

static void a_file_that_comes_later_is_taken_up(void **state)
{
	struct machine m = { .proc = tree_create(), .harness = harness_open(&kymo_plugin) };

	(void)state;
	harness_set(m.harness, "root", m.proc.path);
	assert_int_equal(harness_run(m.harness), 0);
	assert_int_equal(harness_collect(m.harness), -ENOENT);
	assert_int_equal(harness_count(m.harness), 0);
	tree_write(&m.proc, "uptime", "12.5 1\n");
	assert_int_equal(harness_collect(m.harness), 0);
	assert_string_equal(harness_text(m.harness), "system.uptime 12.5\n");
	machine_stop(&m);
}

static void needs_a_root(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);

	(void)state;
	harness_set(h, "root", "\"\"");
	assert_int_equal(harness_create(h), -EINVAL);
	assert_string_equal(harness_rejected(h), "root: needs a folder such as /proc\n");
	harness_close(h);
}

static int lowest_free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static void stop_gives_the_files_back(void **state)
{
	int before = lowest_free_fd();
	struct machine m = machine_start();

	(void)state;
	assert_int_not_equal(lowest_free_fd(), before);
	harness_stop(m.harness);
	assert_int_equal(lowest_free_fd(), before);
	assert_int_equal(harness_start(m.harness), 0);
	assert_int_equal(harness_collect(m.harness), 0);
	machine_stop(&m);
}

static void reads_this_machine(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);
	double total, used, free;

	(void)state;
	assert_int_equal(harness_run(h), 0);
	assert_int_equal(harness_collect(h), 0);
	total = harness_value(h, "system.memory.total");
	used = harness_value(h, "system.memory.used");
	free = harness_value(h, "system.memory.free");
	assert_true(total > 0 && used > 0 && free > 0 && used + free == total);
	assert_true(harness_value(h, "system.uptime") > 0);
	assert_true(harness_value(h, "system.load.15m") >= 0);
	harness_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_was_recorded),
		cmocka_unit_test(processor_use_counts_from_the_last_collect),
		cmocka_unit_test(reset_forgets_the_last_collect),
		cmocka_unit_test(memory_adds_up),
		cmocka_unit_test(a_broken_source_leaves_its_metrics_out),
		cmocka_unit_test(takes_numbers_up_to_the_largest),
		cmocka_unit_test(a_file_that_comes_later_is_taken_up),
		cmocka_unit_test(needs_a_root),
		cmocka_unit_test(stop_gives_the_files_back),
		cmocka_unit_test(reads_this_machine),
	};

	return cmocka_run_group_tests_name("plugins/system", tests, NULL, NULL);
}
