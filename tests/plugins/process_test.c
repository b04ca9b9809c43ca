/* SPDX-License-Identifier: MIT */
/*
 * process_test.c - the process collector on recorded trees, on trees that are
 * broken or change under it, and on this very process.
 */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kymo/ext/requests.h>

#define RECORDED GOLDEN "/process/"

/* The recorded tree: kymo is 100, bash is 200, sleep under a long name is 201 and 202. */
struct machine {
	struct tree proc;
	struct harness *harness;
};

static struct machine machine_create(void)
{
	struct machine m = { .proc = tree_create(), .harness = harness_open(&kymo_plugin) };

	tree_copy(&m.proc, RECORDED "before");
	harness_set(m.harness, "root", m.proc.path);
	return m;
}

/* With bash alone. */
static struct machine machine_small(void)
{
	struct machine m = { .proc = tree_create(), .harness = harness_open(&kymo_plugin) };

	tree_copy_to(&m.proc, RECORDED "before/200", "200");
	tree_write(&m.proc, "uptime", "1394.58 2621.68\n");
	harness_set(m.harness, "root", m.proc.path);
	return m;
}

static struct machine machine_match(const char *names)
{
	struct machine m = machine_small();

	harness_set(m.harness, "match", names);
	harness_set(m.harness, "each", "true");
	assert_int_equal(harness_run(m.harness), 0);
	return m;
}

/* Another instance on the same machine. */
static void machine_again(struct machine *m)
{
	harness_close(m->harness);
	m->harness = harness_open(&kymo_plugin);
	harness_set(m->harness, "root", m->proc.path);
}

static void machine_destroy(struct machine *m)
{
	harness_close(m->harness);
	tree_remove(&m->proc);
}

static void set_uptime(struct machine *m, double seconds)
{
	char text[64];

	snprintf(text, sizeof text, "%.2f 1.00\n", seconds);
	tree_write(&m->proc, "uptime", text);
}

/* A process with nothing but a stat file and a name. */
static void add_process(struct machine *m, int pid, const char *name, int ticks, int start)
{
	char path[64], text[512];

	snprintf(path, sizeof path, "%d/stat", pid);
	snprintf(text, sizeof text, "%d (%s) S 1 1 1 0 -1 0 0 0 0 0 %d 0 0 0 20 0 1 0 %d 4096 10 0\n",
		 pid, name, ticks, start);
	tree_write(&m->proc, path, text);
	snprintf(path, sizeof path, "%d/comm", pid);
	snprintf(text, sizeof text, "%s\n", name);
	tree_write(&m->proc, path, text);
}

static void move_on(struct machine *m)
{
	tree_copy(&m->proc, RECORDED "after");
	tree_unlink(&m->proc, "201");
}

static void check_both(struct machine *m, const char *name)
{
	char path[256];

	assert_int_equal(harness_run(m->harness), 0);
	assert_int_equal(harness_collect(m->harness), 0);
	snprintf(path, sizeof path, RECORDED "%s-before.txt", name);
	assert_true(harness_golden(m->harness, path));
	move_on(m);
	assert_int_equal(harness_collect(m->harness), 0);
	snprintf(path, sizeof path, RECORDED "%s-after.txt", name);
	assert_true(harness_golden(m->harness, path));
}

static void measures_itself(void **state)
{
	struct machine m = machine_create();

	(void)state;
	check_both(&m, "self");
	machine_destroy(&m);
}

static void adds_up_what_has_the_name(void **state)
{
	struct machine m = machine_create();

	(void)state;
	harness_set(m.harness, "match", "[frontend-with-a-long-name, bash]");
	check_both(&m, "sum");
	machine_destroy(&m);
}

static void gives_each_by_its_pid(void **state)
{
	struct machine m = machine_create();

	(void)state;
	harness_set(m.harness, "match", "[frontend-with-a-long-name, bash]");
	harness_set(m.harness, "each", "true");
	check_both(&m, "each");
	machine_destroy(&m);
}

static void finds_names(void **state)
{
	static const struct { const char *names; size_t found; } rows[] = {
		{ "[sleep]", 2 },			/* as the kernel calls it */
		{ "[frontend-with-a-long-name]", 2 },	/* as its first argument ends */
		{ "[frontend-with-a]", 0 },
		{ "[lib]", 0 },
		{ "[kymo, bash, sleep]", 4 },
		{ "[serve]", 0 },
		{ "login", 1 },				/* argument "-login" */
		{ "[\"a) R 1 (b\"]", 1 },
	};

	struct machine m = machine_create();

	(void)state;
	add_process(&m, 300, "sh", 0, 1);
	tree_write(&m.proc, "300/cmdline", "-login");
	add_process(&m, 301, "a) R 1 (b", 0, 1);
	tree_write(&m.proc, "no-process/comm", "bash\n");
	tree_write(&m.proc, "99999999/comm", "bash\n");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t pids = 0;

		machine_again(&m);
		harness_set(m.harness, "match", rows[i].names);
		harness_set(m.harness, "each", "true");
		assert_int_equal(harness_run(m.harness), 0);
		assert_int_equal(harness_collect(m.harness), 0);
		for (const char *at = harness_text(m.harness); (at = strstr(at, "process.pid{")); at++)
			pids++;
		if (pids != rows[i].found)
			fail_msg("%s: found %zu, not %zu", rows[i].names, pids, rows[i].found);
	}
	machine_destroy(&m);
}

static void takes_a_pid_or_a_file_with_one(void **state)
{
	static const struct { const char *text; double pid; } rows[] = {
		{ "200", 200 }, { " 201\n", 201 }, { "202 more\n", 202 },
		{ "", NAN }, { "x", NAN }, { "0", NAN }, { "-200", NAN }, { "200x", NAN },
		{ "999999999999999999999999", NAN }, { "77", NAN },
	};
	struct machine m = machine_create();

	(void)state;
	harness_set(m.harness, "pid", "200");
	assert_int_equal(harness_run(m.harness), 0);
	assert_int_equal(harness_collect(m.harness), 0);
	assert_true(harness_value(m.harness, "process.pid") == 200);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double pid;

		machine_again(&m);
		tree_write(&m.proc, "run/app.pid", rows[i].text);
		harness_set(m.harness, "pidfile", tree_path(&m.proc, "run/app.pid"));
		assert_int_equal(harness_run(m.harness), 0);
		assert_int_equal(harness_collect(m.harness), 0);
		pid = harness_value(m.harness, "process.pid");
		if (pid != rows[i].pid && !(isnan(pid) && isnan(rows[i].pid)))
			fail_msg("\"%s\": got %g", rows[i].text, pid);
	}
	machine_destroy(&m);
}

static void says_once_that_there_is_none(void **state)
{
	struct machine m = machine_small();

	(void)state;
	harness_set(m.harness, "pidfile", tree_path(&m.proc, "app.pid"));
	assert_int_equal(harness_run(m.harness), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(harness_collect(m.harness), 0);
	assert_int_equal(harness_count(m.harness), 0);
	assert_string_equal(harness_logged(m.harness), "info: there is no such process now\n");
	machine_destroy(&m);
}

static void a_new_process_is_found_within_seconds(void **state)
{
	struct machine m = machine_match("app");

	(void)state;
	set_uptime(&m, 1000);
	harness_collect(m.harness);
	add_process(&m, 400, "app", 0, 99990);
	set_uptime(&m, 1004);
	harness_collect(m.harness);
	assert_int_equal(harness_count(m.harness), 0);
	set_uptime(&m, 1005);
	harness_collect(m.harness);
	assert_true(harness_value(m.harness, "process.pid{pid=\"400\"}") == 400);
	machine_destroy(&m);
}

static void one_that_ended_makes_it_look_at_once(void **state)
{
	struct machine m = machine_match("app");

	(void)state;
	add_process(&m, 400, "app", 0, 1);
	set_uptime(&m, 1000);
	harness_collect(m.harness);
	tree_unlink(&m.proc, "400");
	add_process(&m, 401, "app", 0, 99990);
	set_uptime(&m, 1001);
	harness_collect(m.harness);
	assert_true(isnan(harness_value(m.harness, "process.pid{pid=\"400\"}")));
	assert_true(harness_value(m.harness, "process.pid{pid=\"401\"}") == 401);
	machine_destroy(&m);
}

static void a_pid_that_came_back_begins_anew(void **state)
{
	struct machine m = machine_match("app");
	const char *usage = "process.cpu.usage{pid=\"400\"}";

	(void)state;
	add_process(&m, 400, "app", 500, 1000);
	set_uptime(&m, 1000);
	harness_collect(m.harness);
	add_process(&m, 400, "app", 550, 1000);
	set_uptime(&m, 1001);
	harness_collect(m.harness);
	assert_true(fabs(harness_value(m.harness, usage) - 50) < 1e-9);
	add_process(&m, 400, "app", 600, 100150);
	set_uptime(&m, 1002);
	harness_collect(m.harness);
	assert_true(isnan(harness_value(m.harness, usage)));
	assert_true(harness_value(m.harness, "process.uptime{pid=\"400\"}") == 0.5);
	add_process(&m, 400, "app", 610, 100150);
	set_uptime(&m, 1003);
	harness_collect(m.harness);
	assert_true(fabs(harness_value(m.harness, usage) - 10) < 1e-9);
	/* and another program with the number is not taken at all */
	add_process(&m, 400, "other", 620, 100390);
	set_uptime(&m, 1004);
	harness_collect(m.harness);
	assert_int_equal(harness_count(m.harness), 0);
	machine_destroy(&m);
}

static void a_new_one_does_not_hide_the_sum(void **state)
{
	struct machine m = machine_small();

	(void)state;
	harness_set(m.harness, "match", "app");
	assert_int_equal(harness_run(m.harness), 0);
	add_process(&m, 400, "app", 500, 1000);
	set_uptime(&m, 1000);
	harness_collect(m.harness);
	assert_true(isnan(harness_value(m.harness, "process.cpu.usage")));
	add_process(&m, 400, "app", 700, 1000);
	add_process(&m, 401, "app", 90000, 99000);
	set_uptime(&m, 1010);
	harness_collect(m.harness);
	assert_true(fabs(harness_value(m.harness, "process.cpu.usage") - 20) < 1e-9);
	assert_true(harness_value(m.harness, "process.pid") == 400);
	assert_true(harness_value(m.harness, "process.uptime") == 1000);
	machine_destroy(&m);
}

static void zombies_do_not_count(void **state)
{
	struct machine m = machine_match("app");

	(void)state;
	add_process(&m, 400, "app", 0, 1);
	tree_write(&m.proc, "400/stat", "400 (app) Z 1 1 1 0 -1 0 0 0 0 0 5 0 0 0 20 0 1 0 1 0 0 0\n");
	assert_int_equal(harness_collect(m.harness), 0);
	assert_int_equal(harness_count(m.harness), 0);
	machine_destroy(&m);
}

static void broken_texts_leave_their_values_out(void **state)
{
	static const struct { const char *file, *text, *gone; } rows[] = {
		{ "200/stat", "", "process.pid" },
		{ "200/stat", "200 (bash", "process.pid" },
		{ "200/stat", "200 (bash)", "process.pid" },
		{ "200/stat", "200 (bash) ", "process.pid" },
		{ "200/stat", "200 (bash) S 1 1 1\n", "process.pid" },
		{ "200/stat", "200 (bash) S 1 1 1 0 -1 0 0 0 0 0 x 0 0 0 20 0 1 0 1 4096 10 0\n", "process.pid" },
		{ "200/stat", "200 (bash) S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 1 4096 10", "process.pid" },
		{ "200/stat", "200 (bash) S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 99999999999999999999999 0 1 0\n",
		  "process.pid" },
		{ "200/schedstat", "", "process.eventloop.utilization" },
		{ "200/schedstat", "x\n", "process.eventloop.utilization" },
		{ "200/smaps", "", "process.memory.heap_total" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct machine m = machine_small();

		harness_set(m.harness, "match", "bash");
		assert_int_equal(harness_run(m.harness), 0);
		assert_int_equal(harness_collect(m.harness), 0);
		tree_write(&m.proc, rows[i].file, rows[i].text);
		set_uptime(&m, 2000);
		assert_int_equal(harness_collect(m.harness), 0);
		if (!isnan(harness_value(m.harness, rows[i].gone)))
			fail_msg("row %zu: %s has a value", i, rows[i].gone);
		machine_destroy(&m);
	}
}

static void huge_values_stay_numbers(void **state)
{
	struct machine m = machine_match("app");

	(void)state;
	add_process(&m, 400, "app", 0, 1);
	tree_write(&m.proc, "400/stat",
		   "400 (app) S 1 1 1 0 -1 0 0 0 0 0 18446744073709551615 18446744073709551615 0 0 20 0 "
		   "18446744073709551615 0 18446744073709551615 4096 18446744073709551615 0\n");
	assert_int_equal(harness_collect(m.harness), 0);
	assert_true(harness_value(m.harness, "process.memory.rss{pid=\"400\"}") > 1e22);
	assert_true(harness_value(m.harness, "process.uptime{pid=\"400\"}") == 0);
	machine_destroy(&m);
}

/* A sum over what only some of them tell would be a wrong number. */
static void a_sum_needs_all(void **state)
{
	struct machine m = machine_create();

	(void)state;
	tree_unlink(&m.proc, "201/fd");
	tree_unlink(&m.proc, "201/smaps");
	harness_set(m.harness, "match", "sleep");
	assert_int_equal(harness_run(m.harness), 0);
	assert_int_equal(harness_collect(m.harness), 0);
	assert_true(harness_value(m.harness, "process.memory.rss") > 0);
	assert_true(isnan(harness_value(m.harness, "process.handles.active")));
	assert_true(isnan(harness_value(m.harness, "process.memory.heap_used")));
	assert_true(isnan(harness_value(m.harness, "process.memory.external")));
	machine_destroy(&m);
}

static void the_heap_is_found_across_pieces(void **state)
{
	struct machine m = machine_small();
	char *text, *kept = tree_read(&m.proc, "200/smaps");
	size_t size;
	FILE *out = open_memstream(&text, &size);
	double used, total;

	(void)state;
	for (int i = 0; i < 60; i++)
		fprintf(out, "%08x-%08x r--p 00000000 00:00 0 /a/mapping/before/the/heap/%0*d\nSize: 4 kB\nRss: 4 kB\n",
			i, i + 1, i, 0);
	fputs(kept, out);
	fclose(out);
	harness_set(m.harness, "pid", "200");
	assert_int_equal(harness_run(m.harness), 0);
	harness_collect(m.harness);
	total = harness_value(m.harness, "process.memory.heap_total");
	used = harness_value(m.harness, "process.memory.heap_used");
	assert_true(total > 0);
	tree_write(&m.proc, "200/smaps", text);
	set_uptime(&m, 5000);
	harness_collect(m.harness);
	assert_true(harness_value(m.harness, "process.memory.heap_total") == total);
	assert_true(harness_value(m.harness, "process.memory.heap_used") == used);
	free(text);
	free(kept);
	machine_destroy(&m);
}

static void threads_that_run_or_wait_for_a_disk_are_counted(void **state)
{
	struct machine m = machine_small();

	(void)state;
	tree_write(&m.proc, "200/stat", "200 (bash) S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 5 0 1 4096 10 0\n");
	tree_write(&m.proc, "200/task/200/stat", "200 (R D) S 1\n");
	tree_write(&m.proc, "200/task/210/stat", "210 (x) R 1\n");
	tree_write(&m.proc, "200/task/211/stat", "211 (x) D 1\n");
	tree_write(&m.proc, "200/task/212/stat", "");
	tree_folder(&m.proc, "200/task/213");
	harness_set(m.harness, "pid", "200");
	assert_int_equal(harness_run(m.harness), 0);
	harness_collect(m.harness);
	assert_true(harness_value(m.harness, "process.requests.active") == 2);
	machine_destroy(&m);
}

static uint32_t seven(const struct kymo_host *host)
{
	(void)host;
	return 7;
}

static void the_host_tells_its_requests(void **state)
{
	static const struct kymo_requests requests = { sizeof requests, seven };
	static const struct kymo_requests older = { 4, NULL };
	struct machine m = machine_create();

	(void)state;
	harness_offer(m.harness, KYMO_REQUESTS_1, &requests);
	assert_int_equal(harness_run(m.harness), 0);
	harness_collect(m.harness);
	assert_true(harness_value(m.harness, "process.requests.active") == 7);
	machine_destroy(&m);
	m = machine_create();
	harness_offer(m.harness, KYMO_REQUESTS_1, &older);
	assert_int_equal(harness_run(m.harness), 0);
	harness_collect(m.harness);
	assert_true(harness_value(m.harness, "process.requests.active") == 0);
	machine_destroy(&m);
}

static void set_busy(struct machine *m, int tid, double seconds)
{
	char path[64], text[64];

	snprintf(path, sizeof path, "100/task/%d/schedstat", tid);
	snprintf(text, sizeof text, "%.0f 0 1\n", seconds * 1e9);
	tree_write(&m->proc, path, text);
}

static void set_name(struct machine *m, int tid, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "100/task/%d/comm", tid);
	tree_write(&m->proc, path, name);
}

static void workers_are_those_with_the_name_or_all(void **state)
{
	const char *utilization = "process.eventloop.utilization";
	struct machine m = machine_create();

	(void)state;
	set_name(&m, 101, "other\n");
	set_name(&m, 102, "other\n");
	for (int tid = 100; tid <= 102; tid++)
		set_busy(&m, tid, 10);
	set_uptime(&m, 1000);
	assert_int_equal(harness_run(m.harness), 0);
	harness_collect(m.harness);
	assert_true(isnan(harness_value(m.harness, utilization)));
	set_busy(&m, 100, 10.75);
	set_uptime(&m, 1001);
	harness_collect(m.harness);
	assert_true(fabs(harness_value(m.harness, utilization) - 0.25) < 1e-9);
	/* the others do not count once there is a worker */
	set_name(&m, 103, "MHD-single\n");
	set_busy(&m, 103, 5);
	set_uptime(&m, 1006);
	harness_collect(m.harness);
	assert_true(fabs(harness_value(m.harness, utilization) - 0.25) < 1e-9);	/* no gap until it was read twice */
	set_busy(&m, 100, 1e6);
	set_busy(&m, 103, 5.5);
	set_uptime(&m, 1007);
	harness_collect(m.harness);
	assert_true(fabs(harness_value(m.harness, utilization) - 0.5) < 1e-9);
	set_name(&m, 104, "kymo-worker-0\n");
	set_busy(&m, 104, 0);
	set_uptime(&m, 1067);
	harness_collect(m.harness);
	set_busy(&m, 104, 1);
	set_uptime(&m, 1068);
	harness_collect(m.harness);
	assert_true(fabs(harness_value(m.harness, utilization) - 0.5) < 1e-9);
	machine_destroy(&m);
}

static void refuses_what_makes_no_sense(void **state)
{
	static const struct { const char *key, *value, *other, *text; } rows[] = {
		{ "pid", "5", "match", "pid: only one of match, pid and pidfile may be set\n" },
		{ "pidfile", "/run/x", "match", "pidfile: only one of match, pid and pidfile may be set\n" },
		{ "match", "[]", NULL, "match: needs a name; leave it out to measure kymo itself\n" },
		{ "match", "[a, \"\"]", NULL, "match: must be the name of a program, without a folder\n" },
		{ "match", "/usr/bin/x", NULL, "match: must be the name of a program, without a folder\n" },
		{ "pidfile", "\"\"", NULL, "pidfile: needs the path of a file\n" },
		{ "root", "\"\"", NULL, "root: needs a folder such as /proc\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct harness *h = harness_open(&kymo_plugin);

		if (rows[i].other)
			harness_set(h, rows[i].other, "a");
		harness_set(h, rows[i].key, rows[i].value);
		assert_int_equal(harness_create(h), -EINVAL);
		assert_string_equal(harness_rejected(h), rows[i].text);
		harness_close(h);
	}
}

static void a_missing_root_is_named(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);

	(void)state;
	harness_set(h, "root", "/nowhere/proc");
	assert_int_equal(harness_run(h), -ENOENT);
	assert_string_equal(harness_logged(h), "error: /nowhere/proc: No such file or directory\n");
	harness_close(h);
}

static void a_machine_without_a_clock_is_an_error(void **state)
{
	struct machine m = machine_create();

	(void)state;
	assert_int_equal(harness_run(m.harness), 0);
	tree_write(&m.proc, "uptime", "garbage");
	assert_int_equal(harness_collect(m.harness), -EBADMSG);
	tree_unlink(&m.proc, "uptime");
	assert_int_equal(harness_collect(m.harness), -ENOENT);
	machine_destroy(&m);
}

/* From here on: this kernel, this process. */

static double open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	double n = -3;	/* ".", ".." and the one that reads */

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void reads_this_process(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);
	double rss, usage;

	(void)state;
	assert_int_equal(harness_run(h), 0);
	assert_int_equal(harness_collect(h), 0);
	assert_int_equal(harness_collect(h), 0);
	assert_true(harness_value(h, "process.pid") == getpid());
	assert_true(harness_value(h, "process.handles.active") == open_files());
	rss = harness_value(h, "process.memory.rss");
	assert_true(rss > 0 && harness_value(h, "process.memory.heap_used") <=
				       harness_value(h, "process.memory.heap_total"));
	usage = harness_value(h, "process.cpu.usage");
	assert_true(usage >= 0 && harness_value(h, "process.uptime") >= 0);
	harness_close(h);
}

static void a_process_that_ends_is_left_out(void **state)
{
	struct harness *h = harness_open(&kymo_plugin);
	pid_t child = fork();
	char text[16];

	(void)state;
	if (child == 0) {
		for (;;)
			pause();
	}
	snprintf(text, sizeof text, "%d", (int)child);
	harness_set(h, "pid", text);
	assert_int_equal(harness_run(h), 0);
	assert_int_equal(harness_collect(h), 0);
	assert_int_equal(harness_collect(h), 0);
	assert_true(harness_value(h, "process.pid") == child);
	assert_true(harness_value(h, "process.cpu.usage") >= 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(harness_collect(h), 0);
	assert_int_equal(harness_count(h), 0);
	harness_close(h);
}

static void stop_gives_everything_back(void **state)
{
	double before = open_files();
	struct harness *h = harness_open(&kymo_plugin);

	(void)state;
	assert_int_equal(harness_run(h), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(harness_collect(h), 0);
	harness_reset(h);
	assert_int_equal(harness_collect(h), 0);
	harness_stop(h);
	assert_true(open_files() == before);
	assert_int_equal(harness_start(h), 0);
	assert_int_equal(harness_collect(h), 0);
	harness_close(h);
	assert_true(open_files() == before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_itself),
		cmocka_unit_test(adds_up_what_has_the_name),
		cmocka_unit_test(gives_each_by_its_pid),
		cmocka_unit_test(finds_names),
		cmocka_unit_test(takes_a_pid_or_a_file_with_one),
		cmocka_unit_test(says_once_that_there_is_none),
		cmocka_unit_test(a_new_process_is_found_within_seconds),
		cmocka_unit_test(one_that_ended_makes_it_look_at_once),
		cmocka_unit_test(a_pid_that_came_back_begins_anew),
		cmocka_unit_test(a_new_one_does_not_hide_the_sum),
		cmocka_unit_test(zombies_do_not_count),
		cmocka_unit_test(broken_texts_leave_their_values_out),
		cmocka_unit_test(huge_values_stay_numbers),
		cmocka_unit_test(a_sum_needs_all),
		cmocka_unit_test(the_heap_is_found_across_pieces),
		cmocka_unit_test(threads_that_run_or_wait_for_a_disk_are_counted),
		cmocka_unit_test(the_host_tells_its_requests),
		cmocka_unit_test(workers_are_those_with_the_name_or_all),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(a_missing_root_is_named),
		cmocka_unit_test(a_machine_without_a_clock_is_an_error),
		cmocka_unit_test(reads_this_process),
		cmocka_unit_test(a_process_that_ends_is_left_out),
		cmocka_unit_test(stop_gives_everything_back),
	};

	return cmocka_run_group_tests_name("plugins/process", tests, NULL, NULL);
}
