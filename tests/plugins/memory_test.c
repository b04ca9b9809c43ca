/* SPDX-License-Identifier: MIT */
/*
 * memory_test.c - a plugin whose nth allocation fails: it gives -ENOMEM or goes
 * on without, leaks nothing, and works again once there is memory. Built once
 * for each plugin; malloc and its kin are wrapped by the linker.
 */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local bool armed, failed;	/* the thread that walks has its own */
static _Thread_local int countdown;

static bool fails(void)
{
	if (!armed || countdown-- > 0)
		return false;
	failed = true;
	armed = false;		/* one failure at a time */
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* The harness records what is emitted, and must not be the one that fails. */
static void emit_nothing(struct kymo_batch *batch, uint32_t metric, const char *const labels[], double value,
			 kymo_ms at)
{
	(void)batch;
	(void)metric;
	(void)labels;
	(void)value;
	(void)at;
}

static void emit_no_decimal(struct kymo_batch *batch, uint32_t metric, const char *const labels[],
			    int64_t mantissa, int32_t exponent, kymo_ms at)
{
	(void)exponent;
	emit_nothing(batch, metric, labels, (double)mantissa, at);
}

static void log_nothing(const struct kymo_host *host, uint32_t level, const char *text)
{
	(void)host;
	(void)level;
	(void)text;
}

/* The options that the plugins under test need, in the order of their tables. */
static void configure(struct kymo_value config[16], const char *folder)
{
	static struct kymo_value name = { .string = "kymo", .n = 4 };

	for (uint32_t o = 0; o < kymo_plugin.n_options; o++) {
		const char *key = kymo_plugin.options[o].key;

		if (!strcmp(key, "root") || !strcmp(key, "path"))
			config[o] = (struct kymo_value){ .string = folder, .n = (uint32_t)strlen(folder),
							 .flags = KYMO_GIVEN };
		else if (!strcmp(key, "every"))
			config[o].duration = 3600000;
		else if (!strcmp(key, "rotate"))
			config[o].duration = 3600000;
		else if (!strcmp(key, "max_open"))
			config[o].integer = 2;
		else if (!strcmp(key, "match"))
			config[o] = (struct kymo_value){ .items = &name, .n = 1, .flags = KYMO_GIVEN };
	}
}

static int write_some(struct harness *h)
{
	static const struct kymo_metric a = { "a", KYMO_GAUGE, 0, "", "", NULL };
	static const struct kymo_metric b = { "b", KYMO_GAUGE, 0, "", "", NULL };
	const struct kymo_point points[] = {
		{ .size = sizeof *points, .metric = &a, .at = 1700000000000 },
		{ .size = sizeof *points, .metric = &b, .at = 1700000000000 },
		{ .size = sizeof *points, .metric = &a, .at = 1600000000000 },
	};

	return harness_write(h, points, 3);
}

static int collect_some(void *instance)
{
	int r = 0;

	for (int i = 0; r == 0 && kymo_plugin.collect && i < 3; i++)
		r = kymo_plugin.collect(instance, NULL);
	return r;
}

/* A whole life; the harness lends its host. */
static int live(struct harness *h, const char *folder)
{
	struct kymo_value config[16] = { 0 };
	void *instance = NULL;
	int r;

	configure(config, folder);
	if ((r = kymo_plugin.create(harness_host(h), config, &instance)) < 0)
		return r;
	r = kymo_plugin.start(instance);
	if (r == 0) {
		r = collect_some(instance);
		kymo_plugin.stop(instance);
	}
	kymo_plugin.destroy(instance);
	return r;
}

/* Batches come from the harness too, so it owns the instance. */
static int live_sink(struct harness *h, const char *folder)
{
	int r;

	(void)folder;
	if ((r = kymo_plugin.start(harness_instance(h))) < 0)
		return r;
	r = write_some(h);
	kymo_plugin.stop(harness_instance(h));
	return r;
}

static void check_life(int (*life)(struct harness *, const char *), struct harness *h, const char *folder)
{
	for (int n = 0;; n++) {
		int r;

		countdown = n;
		failed = false;
		armed = true;
		r = life(h, folder);
		armed = false;
		if (!failed) {
			assert_int_equal(r, 0);
			return;
		}
		if (r != 0 && r != -ENOMEM)
			fail_msg("allocation %d failed: got %d", n, r);
	}
}

static void survives_every_allocation_that_fails(void **state)
{
	struct tree tree = tree_create();
	struct harness *h = harness_open(&kymo_plugin);
	struct kymo_host *host = harness_host(h);

	(void)state;
	host->emit = emit_nothing;
	host->emit_decimal = emit_no_decimal;
	host->log = log_nothing;
	tree_copy(&tree, GOLDEN "/process/before");
	tree_copy(&tree, GOLDEN "/system/before");
	check_life(live, h, tree.path);
	if (kymo_plugin.write) {
		harness_set(h, "path", tree.path);
		assert_int_equal(harness_create(h), 0);
		check_life(live_sink, h, tree.path);
	}
	harness_close(h);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_every_allocation_that_fails),
	};

	return cmocka_run_group_tests_name("plugins/memory", tests, NULL, NULL);
}
