/* SPDX-License-Identifier: MIT */
/* promqltest_store.c - a store of its own for a script, which keeps samples of 1970. */
#include "promqltest.h"
#include "util/check.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>

#define NOW INT64_C(1700000000000)

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void bench_open(struct bench *bench)
{
	const char *tmp = getenv("TMPDIR");
	struct store_options options;
	struct promql_options engine = promql_options_preset();
	struct error err = { 0 };

	snprintf(bench->path, sizeof bench->path, "%s/kymo-promql-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(bench->path), "%s", bench->path);
	test_clock_init(&bench->clock, NOW);
	options = store_options_preset(bench->path);
	for (int tier = 0; tier < TIERS; tier++)
		options.retention[tier] = FOREVER;
	options.out_of_order = FOREVER;
	options.clock = &bench->clock.clock;
	options.manual = true;
	engine.cache = 0;
	CHECK(store_open(&options, &bench->store, &err) == 0, "%s", error_text(&err));
	CHECK(promql_create(bench->store, &engine, &bench->engine) == 0, "out of memory");
	bench->is_flushed = true;
}

void bench_close(struct bench *bench)
{
	promql_destroy(bench->engine);
	store_close(bench->store);
	nftw(bench->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	lines_fini(&bench->native);
	bench->engine = NULL;
	bench->store = NULL;
}

static void add_native(struct bench *bench, struct label *items, uint32_t n)
{
	labels_encode(items, n, &lines_add(&bench->native)->labels);
}

static uint32_t labels_list(struct labels labels, struct label *items, uint32_t most)
{
	uint32_t at = 0, n = 0;

	while (n < most && labels_next(labels, &at, &items[n]))
		n++;
	return n;
}

/* What load_with_nhcb makes of NAME_bucket{le}: a native histogram NAME. */
static void add_converted(struct bench *bench, struct labels labels)
{
	struct label items[LABELS_MOST + 1], metric = labels_metric(labels);
	uint32_t n = labels_list(labels, items, LABELS_MOST + 1), kept = 0;

	if (metric.value_len < 7 || memcmp(metric.value + metric.value_len - 7, "_bucket", 7) != 0)
		return;
	for (uint32_t i = 0; i < n; i++) {
		if (text_equal(items[i].name, items[i].name_len, "le"))
			continue;
		items[kept] = items[i];
		if (text_equal(items[i].name, items[i].name_len, LABEL_NAME))
			items[kept].value_len -= 7;
		kept++;
	}
	add_native(bench, items, kept);
}

static const char *load_line(struct bench *bench, const struct line *line, kymo_ms step)
{
	struct labels labels = { line->labels.data, (uint32_t)line->labels.len };
	struct store_appended done;
	series_ref ref;

	if (store_series(bench->store, labels, &ref) < 0)
		return "a series was refused";
	for (uint32_t i = 0; i < line->n; i++) {
		const struct point *point = &line->points[i];
		double value = point->kind == POINT_STALE ? value_stale() : point->value;
		struct store_batch batch = { .n = 1, .refs = &ref, .values = &value, .at = (kymo_ms)i * step };

		if (point->kind != POINT_VALUE && point->kind != POINT_STALE)
			continue;
		if (store_append(bench->store, &batch, &done) < 0 || done.refused[REFUSED_LATE])
			return "a sample was refused";
	}
	return NULL;
}

const char *bench_load(struct bench *bench, struct command *command)
{
	for (uint32_t i = 0; i < command->lines.n; i++) {
		const struct line *line = &command->lines.items[i];
		struct labels labels = { line->labels.data, (uint32_t)line->labels.len };
		struct label items[LABELS_MOST + 1];
		const char *wrong = load_line(bench, line, command->step);

		if (wrong)
			return wrong;
		if (line->is_native)
			add_native(bench, items, labels_list(labels, items, LABELS_MOST + 1));
		if (command->with_buckets)
			add_converted(bench, labels);
	}
	bench->is_flushed = false;
	return NULL;
}
