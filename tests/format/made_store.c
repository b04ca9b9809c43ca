/* SPDX-License-Identifier: MIT */
/*
 * made_store.c - makes a store at a path with everything that its files can have,
 * prints all that a select gives of it, and ends as if it were killed. What the
 * reader in Python is compared with.
 */
#include "property/random.h"
#include "store/select.h"
#include "model/sample.h"
#include "util/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#define M INT64_C(60000)
#define START INT64_C(1700002800000)
enum { SERIES = 40, MINUTES = 200 };

static struct store *store;
static struct test_clock ticks;
static struct random chance;

static series_ref series_of(const char *name, int i)
{
	char text[16];
	struct label items[] = { { LABEL_NAME, name, sizeof LABEL_NAME - 1, (uint32_t)strlen(name) }, { "n", text, 1, 0 } };
	AUTO_BUF bytes = { 0 };
	series_ref ref = 0;

	items[1].value_len = (uint32_t)snprintf(text, sizeof text, "%d", i);
	CHECK(labels_encode(items, 2, &bytes) == 0, "%s", name);
	CHECK(store_series(store, (struct labels){ bytes.data, (uint32_t)bytes.len }, &ref) == 0, "%s", name);
	return ref;
}

static double value_of(int series, int step)
{
	double unit = random_unit(&chance);

	switch (series % 10) {
	case 0:
		return 12.5 + series;
	case 1:
		return step * 3 + series;
	case 2:
		return rint(unit * 10000) / 100;
	case 3:
		return series < 10 ? step / 50 : (1000 + step / 7) * 4096.0;
	case 4:
		return unit;
	case 5:
		return random_below(&chance, 20) ? rint(unit * 100) / 1024 : NAN;
	case 6:
		return random_below(&chance, 30) ? 1e15 + rint(unit * 1e6) : -0.0;
	case 7:
		return random_below(&chance, 40) ? 20.25 + rint(sin(step / 40.0) * 1000) / 1000 : value_stale();
	case 8:
		return exp(unit * 200 - 100);
	default:
		return (random_below(&chance, 50) ? 0 : 1) + (step / 300 % 2 ? INFINITY : 7);
	}
}

static void append(kymo_ms at, int step, const series_ref *refs)
{
	series_ref some[SERIES];
	double values[SERIES];
	struct store_batch batch = { .refs = some, .values = values, .at = at };

	for (int i = 0; i < SERIES; i++)
		if (random_below(&chance, 40)) {
			some[batch.n] = refs[i];
			values[batch.n++] = value_of(i, step);
		}
	CHECK(store_append(store, &batch, NULL) == 0, "step=%d", step);
}

static void append_distribution(kymo_ms at, series_ref ref)
{
	struct window window;
	struct store_distribution one = { ref, at, &window };
	struct store_batch batch = { .n_distributions = 1, .distributions = &one };

	window_init(&window, at - 10000, at, random_below(&chance, 200) ? 5 : 4);
	for (uint32_t i = random_below(&chance, 4); i; i--)
		CHECK(window_observe(&window, rint(random_unit(&chance) * 1000) / 8, i) == 0, "i=%u", i);
	window_settle(&window, KIND_DISTRIBUTION);
	CHECK(store_append(store, &batch, NULL) == 0, "at=%" PRId64, at);
	window_fini(&window);
}

/* Each at a time of its own, in one append. */
static void append_timed(kymo_ms at, const series_ref *refs)
{
	kymo_ms times[3] = { at + 1, at + 2, at + 1 };
	double values[3] = { 1, 2.5, random_unit(&chance) };
	struct store_batch batch = { .n = 3, .refs = refs, .values = values, .times = times };

	CHECK(store_append(store, &batch, NULL) == 0, "at=%" PRId64, at);
}

static void append_late(kymo_ms at, series_ref ref)
{
	double value = random_unit(&chance);
	struct store_batch batch = { .n = 1, .refs = &ref, .values = &value, .at = at };

	CHECK(store_append(store, &batch, NULL) == 0, "at=%" PRId64, at);
}

static void do_delete(const char *n, kymo_ms start, kymo_ms end)
{
	struct matcher *matcher = matcher_create(MATCH_EQUAL, "n", n, NULL);
	uint32_t series;

	CHECK(matcher && store_delete(store, &matcher, 1, start, end, &series, NULL) == 0, "n=%s", n);
	matcher_destroy(matcher);
}

static void maintain(unsigned what)
{
	struct error err = { 0 };

	CHECK(store_maintain(store, what, NULL, &err) == 0, "%s", error_text(&err));
}

static void fill(void)
{
	series_ref refs[SERIES], spread = series_of("spread", 0);

	for (int i = 0; i < SERIES; i++)
		refs[i] = series_of(i % 10 == 1 ? "made_total" : "made", i);
	for (int step = 1; step <= MINUTES * 6; step++) {
		kymo_ms at = START + step * 10000 + (step % 500 == 0 ? 7 : 0);

		ticks.now = at;
		append(at, step, refs);
		append_distribution(at, spread);
		if (step % 17 == 0)
			append_late(at - random_below(&chance, 300000) - 1, refs[random_below(&chance, SERIES)]);
		if (step % 250 == 0)
			maintain(MAINTAIN_CLOSE | MAINTAIN_FLUSH);
		if (step == 800)
			maintain(MAINTAIN_MERGE);
		if (step == 900)
			do_delete("12", START + 30 * M + 5000, START + 50 * M);
	}
	maintain(MAINTAIN_CLOSE | MAINTAIN_SYNC);
	do_delete("14", START + 100 * M, START + 103 * M + 1);
	for (int i = 0; i < 60; i++) {
		ticks.now += 3000;
		append(ticks.now, i, refs);
	}
	for (int i = 0; i < SERIES; i += 7)
		append_late(ticks.now - 50000 - i, refs[i]);
	append_distribution(ticks.now, spread);
	append_timed(ticks.now, refs);
}

static uint64_t bits(double v)
{
	return value_bits(v);
}

/* " schema:zeros:nans:index=count,...", or what stands for it. */
static void print_sketch(const struct piece *p, uint32_t i)
{
	const struct sketch *sketch = p->sketch[i];

	if (!sketch) {
		printf(p->flags[i] & RECORD_CONSTANT ? " constant" : " -");
		return;
	}
	printf(" %d:%" PRIu64 ":%" PRIu64 ":", sketch->schema, sketch->zeros, sketch->nans);
	for (uint32_t k = 0; k < sketch->n; k++)
		printf("%d=%" PRIu64 ",", sketch->index[k], sketch->counts[k]);
}

static void print_entry(enum kymo_tier tier, const char *name, const struct piece *p, uint32_t i)
{
	if (p->values) {
		printf("%s %s %" PRId64 " %" PRIx64 "\n", tier_name(tier), name, p->at[i], bits(p->values[i]));
		return;
	}
	if (!p->count[i] || p->flags[i] & RECORD_OPEN)
		return;
	printf("%s %s %" PRId64 " %" PRIu64 " %d %" PRIx64 " %" PRIx64 " %" PRIx64, tier_name(tier), name, p->at[i], p->count[i],
	       p->flags[i] & RECORD_ENDED, bits(p->sum[i]), bits(p->min[i]), bits(p->max[i]));
	if (tier != KYMO_RAW)
		printf(" %" PRIx64 " %" PRIx64 " %" PRIx64, bits(p->first[i]), bits(p->last[i]), bits(p->correction[i]));
	print_sketch(p, i);
	printf("\n");
}

static int print_metric(void *data, const struct metric *metric, uint32_t n_series, kymo_ms first_at, kymo_ms last_at)
{
	(void)data, (void)n_series, (void)first_at, (void)last_at;
	printf("metric %s %u %u %s|%s|", metric->name, metric->type, metric->flags, metric->unit, metric->help);
	for (uint32_t i = 0; i < metric->n_labels; i++)
		printf("%s%s", i ? "," : "", metric->labels[i]);
	printf("\n");
	return 0;
}

static void print_tier(enum kymo_tier tier)
{
	struct select_request request = { .tier = tier, .start = INT64_MIN, .end = INT64_MAX, .wants = WANT_ALL };
	AUTO(select) select = NULL;

	CHECK(select_open(store, &request, &select, NULL) == 0, "tier=%d", tier);
	for (uint32_t i = 0; i < select_count(select); i++) {
		const struct series_view *view = select_series(select, i);
		struct label metric = labels_metric(view->labels), n;
		AUTO(cursor) cursor = NULL;
		struct piece piece;
		char name[64];

		labels_find(view->labels, "n", &n);
		snprintf(name, sizeof name, "%.*s,n=%.*s", (int)metric.value_len, metric.value, (int)n.value_len, n.value);
		CHECK(cursor_open(select, i, &cursor) == 0, "i=%u", i);
		while (cursor_next(cursor, &piece) > 0)
			for (uint32_t k = 0; k < piece.n; k++)
				print_entry(tier, name, &piece, k);
	}
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "n", NULL };
	static const struct kymo_metric spread = { "spread", KYMO_HISTOGRAM, 0, "seconds", "How far it goes.", names };
	struct error err = { 0 };
	struct store_options options;

	CHECK(argc == 2, "argc=%d", argc);
	options = store_options_preset(argv[1]);
	test_clock_init(&ticks, START);
	options.clock = &ticks.clock;
	options.manual = true;
	chance = random_seed(3);
	CHECK(store_open(&options, &store, &err) == 0, "%s", error_text(&err));
	CHECK(store_metric(store, &spread, &err) == 0, "%s", error_text(&err));
	fill();
	store_each_metric(store, print_metric, NULL);
	for (int tier = 0; tier < TIERS; tier++)
		print_tier((enum kymo_tier)tier);
	fflush(stdout);
	_exit(0);
}
