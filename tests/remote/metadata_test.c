/* SPDX-License-Identifier: MIT */
/* metadata_test.c - what a sender says of its metrics, and that nobody on this host is contradicted. */
#include "wire.h"

#include "remote/metadata.h"

#include <errno.h>

static const struct label_limits limits = { 64, 64, 4096 };

struct rig {
	struct folder folder;
	struct ref_cache *cache;
	struct buf body;
};

static int make(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);

	folder_make(&rig->folder);
	folder_open(&rig->folder);
	rig->cache = ref_cache_create();
	*state = rig;
	return 0;
}

static int unmake(void **state)
{
	struct rig *rig = *state;

	folder_remove(&rig->folder);
	ref_cache_destroy(rig->cache);
	buf_fini(&rig->body);
	free(rig);
	return 0;
}

static struct metadata_told tell(struct rig *rig)
{
	struct write_request request = { 0 };
	struct metadata_told told = { 0 };

	assert_int_equal(write_request_read(&request, rig->cache, rig->body.data, rig->body.len, NULL), 0);
	assert_int_equal(metadata_tell(&request, rig->folder.store, &limits, &told), 0);
	write_request_fini(&request);
	buf_clear(&rig->body);
	return told;
}

struct looking {
	const char *name;
	char found[256];
};

static int look(void *data, const struct metric *metric, uint32_t n, kymo_ms first_at, kymo_ms last_at)
{
	struct looking *looking = data;

	(void)n, (void)first_at, (void)last_at;
	if (!strcmp(metric->name, looking->name))
		snprintf(looking->found, sizeof looking->found, "%s|%s|%s|%u", metric_type_name(metric->type), metric->unit,
			 metric->help, metric->flags);
	return 0;
}

/* "type|unit|help|flags" of a metric, for which a series is made: others are not listed. */
static void check(struct rig *rig, const char *name, const char *wanted)
{
	struct looking looking = { .name = name };

	series_of(rig->folder.store, name, NULL);
	store_each_metric(rig->folder.store, look, &looking);
	if (strcmp(looking.found, wanted) != 0)
		fail_msg("%s: %s instead of %s", name, looking.found, wanted);
}

static void each_type_means_what_has_series(void **state)
{
	struct rig *rig = *state;
	struct metadata_told told;

	wire_metadata(&rig->body, 0, "unknown", "U.", "");
	wire_metadata(&rig->body, 1, "requests_total", "Requests.", "");
	wire_metadata(&rig->body, 2, "size_bytes", "Size.", "bytes");
	wire_metadata(&rig->body, 3, "latency", "Latency.", "seconds");
	wire_metadata(&rig->body, 4, "spread", "Spread.", "");
	wire_metadata(&rig->body, 5, "gc", "GC.", "");
	wire_metadata(&rig->body, 6, "build", "Build.", "");
	wire_metadata(&rig->body, 7, "state", "State.", "");
	told = tell(rig);
	assert_true(told.told == 8 && told.refused == 0);
	check(rig, "unknown", "untyped||U.|0");
	check(rig, "requests_total", "counter||Requests.|0");
	check(rig, "size_bytes", "gauge|bytes|Size.|0");
	check(rig, "latency_bucket", "counter|seconds|Latency.|0");
	check(rig, "latency_sum", "counter|seconds|Latency.|0");
	check(rig, "latency_count", "counter|seconds|Latency.|0");
	check(rig, "latency", "untyped|||0");
	check(rig, "spread_gsum", "gauge||Spread.|0");
	check(rig, "gc", "summary||GC.|0");
	check(rig, "gc_count", "counter||GC.|0");
	check(rig, "build_info", "gauge||Build.|0");
	check(rig, "state", "gauge||State.|0");
}

static void also_when_samples_came_first(void **state)
{
	struct rig *rig = *state;

	check(rig, "early", "untyped|||0");
	wire_metadata(&rig->body, 1, "early", "Early.", "");
	tell(rig);
	check(rig, "early", "counter||Early.|0");
	wire_metadata(&rig->body, 1, "early", "Earlier.", "");
	tell(rig);
	check(rig, "early", "counter||Earlier.|0");
}

static void what_this_host_said_stands(void **state)
{
	struct rig *rig = *state;
	const struct kymo_metric own = { "own", KYMO_GAUGE, KYMO_NO_SKETCH, "bytes", "Ours.", NULL };

	assert_int_equal(store_metric(rig->folder.store, &own, NULL), 0);
	wire_metadata(&rig->body, 1, "own", "Theirs.", "");
	tell(rig);
	check(rig, "own", "gauge|bytes|Ours.|4");
}

static void nonsense_is_counted(void **state)
{
	struct rig *rig = *state;
	struct metadata_told told;

	wire_metadata(&rig->body, 8, "a", "", "");
	wire_metadata(&rig->body, 1, "", "", "");
	wire_metadata(&rig->body, 1, "\xff", "", "");
	wire_metadata(&rig->body, 1, "a\xff", "", "");
	wire_bytes(&rig->body, 3, "\xff", 1);
	wire_bytes(&rig->body, 3, "\x10\x01", 2);
	wire_metadata(&rig->body, 1, "a", "\xff", "");
	wire_metadata(&rig->body, 1, "a23456789012345678901234567890123456789012345678901234567890123456789", "", "");
	told = tell(rig);
	assert_true(told.told == 0 && told.refused == 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_type_means_what_has_series),
		TEST(also_when_samples_came_first),
		TEST(what_this_host_said_stands),
		TEST(nonsense_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
