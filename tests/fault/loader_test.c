/* SPDX-License-Identifier: MIT */
/* loader_test.c - whichever call fails while a plugin is loaded: the code, one sentence, nothing kept. GOOD is its file. */
#include "fault/fault.h"
#include "host/loader.h"
#include "host/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[128];

/* A copy of its own, so that the modes of the build folder do not matter. */
static int copy_plugin(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char command[768];

	(void)state;
	snprintf(dir, sizeof dir, "%s/kymo-fault-XXXXXX", tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/good.so", dir);
	snprintf(command, sizeof command, "cp '%s' '%s'", GOOD, path);
	return system(command) || chmod(path, 0644) ? -1 : 0;
}

static int remove_plugin(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static unsigned count_fds(void)
{
	DIR *fds = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(fds))
		n++;
	closedir(fds);
	return n;
}

static void fails_whole(unsigned calls, int error)
{
	AUTO(loader) loader = loader_create();
	unsigned fds = count_fds();

	assert_non_null(loader);
	for (unsigned n = 1;; n++) {
		struct library *library = NULL;
		struct error err = { 0 };
		int r;

		fault_at(calls, n, error);
		r = loader_load(loader, path, &library, &err);
		if (!fault_off()) {
			assert_int_equal(r, 0);
			library_release(library);
			break;
		}
		if (r == 0) {		/* it was not needed */
			library_release(library);
		} else {
			assert_int_equal(r, -error);
			assert_int_equal(err.code, r);
		}
		error_clear(&err);
		assert_int_equal(count_fds(), fds);
	}
}

static void without_memory(void **state)
{
	(void)state;
	fails_whole(FAULT_MEMORY, ENOMEM);
}

static void on_a_bad_disk(void **state)
{
	(void)state;
	fails_whole(FAULT_OPEN, EMFILE);
	fails_whole(FAULT_READ, EIO);
	fails_whole(FAULT_WRITE, ENOSPC);
	fails_whole(FAULT_MMAP, ENOMEM);
}

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	(void)host, (void)config, (void)instance;
	return -ENOTSUP;
}

static void destroy(void *instance) { (void)instance; }

static int collect(void *instance, struct kymo_batch *batch)
{
	(void)instance, (void)batch;
	return -ENOTSUP;
}

static const struct kymo_metric metrics[] = { { "m", KYMO_GAUGE, 0, "", "", NULL } };
static const struct kymo_plugin plugin = {
	KYMO_PLUGIN_HEAD, .name = "inside", .version = "1", .summary = "", KYMO_METRICS(metrics),
	.create = create, .destroy = destroy, .collect = collect,
};

static void compiled_in_without_memory(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct library *library = NULL;
		struct error err = { 0 };
		int r;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		r = loader_compiled_in(&plugin, "inside", &library, &err);
		if (!fault_off()) {
			assert_int_equal(r, 0);
			library_release(library);
			return;
		}
		if (r == 0)
			library_release(library);
		else
			assert_int_equal(r, -ENOMEM);
		error_clear(&err);
	}
}

/* 40 metrics, so that the lists grow; a metric that failed can be declared again. */
static void declares_without_memory(void **state)
{
	static const struct label_limits limits = { .labels = 4, .name = 40, .value = 40 };

	(void)state;
	for (unsigned n = 1, failed = 1; failed; n++) {
		struct metrics *list = metrics_create(&plugin);
		unsigned refused = 0;

		assert_non_null(list);
		fault_at(FAULT_MEMORY, n, ENOMEM);
		for (unsigned i = 0; i < 40; i++) {
			char name[16];
			const struct kymo_metric metric = { name, KYMO_GAUGE, 0, "", "", NULL };
			uint32_t id;
			int r;

			snprintf(name, sizeof name, "m%u", i);
			r = metrics_declare(list, &metric, &limits, &id, NULL);
			if (r < 0) {
				refused++;
				assert_int_equal(r, -ENOMEM);
				assert_int_equal(metrics_declare(list, &metric, &limits, &id, NULL), 0);
			}
			assert_int_equal(id, i + 1);
		}
		failed = fault_off();
		assert_true(refused <= 1);
		metrics_destroy(list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory), cmocka_unit_test(on_a_bad_disk), cmocka_unit_test(compiled_in_without_memory),
		cmocka_unit_test(declares_without_memory),
	};

	return cmocka_run_group_tests(tests, copy_plugin, remove_plugin);
}
