/* SPDX-License-Identifier: MIT */
/*
 * year_property.c - a year with the retention that is preset, by a clock that the
 * test sets: samples in order and late, gaps, staleness marks, restarts of counters,
 * restarts of the store; flushes, merges and expiry now and then. At any time every
 * record that a tier keeps is that of the naive model, and none is missing.
 *
 * A sample every so many seconds of $YEAR_INTERVAL; the preset keeps it short.
 */
#include "answers.h"
#include "model/sample.h"
#include "random.h"
#include "rollup_model.h"
#include "store/rollup.h"

#include <math.h>

#define M INT64_C(60000)
#define H (60 * M)
#define DAY (24 * H)

enum { GAUGE, COUNTER, STEADY, SERIES, INTERVAL = 170 };

static const struct kymo_metric metrics[SERIES] = {
	[GAUGE] = { "gauge", KYMO_GAUGE, 0, "", "", NULL },
	[COUNTER] = { "counter", KYMO_COUNTER, 0, "", "", NULL },
	[STEADY] = { "steady", KYMO_GAUGE, 0, "", "", NULL },
};

static struct {
	struct folder folder;
	struct random random;
	struct model_series series[SERIES];
	series_ref ref[SERIES];
	double counter;
	kymo_ms now, interval;
} life;

static void open_store(void)
{
	folder_open(&life.folder);
	for (int i = 0; i < SERIES; i++) {
		assert_int_equal(store_metric(life.folder.store, &metrics[i], NULL), 0);
		life.ref[i] = series_of(life.folder.store, metrics[i].name, "x");
	}
}

static double value_of(int series)
{
	struct random *random = &life.random;
	double day = (double)(life.now % DAY) / (double)DAY;

	if (series == COUNTER)
		return life.counter = random_below(random, 2000) ? life.counter + random_below(random, 500) : 0;
	if (series == STEADY)
		return random_below(random, 500) ? 4096 : 8192;
	return rint((50 + 40 * sin(6.283185307 * day) + 5 * random_unit(random)) * 100) / 100;
}

/* Now and then a sample comes up to nine minutes late, or is the last for a while. */
static void collect(void)
{
	struct random *random = &life.random;
	kymo_ms at[SERIES];
	double value[SERIES];
	struct store_batch batch = { .n = SERIES, .refs = life.ref, .values = value, .times = at };
	struct store_appended done;

	for (int i = 0; i < SERIES; i++) {
		at[i] = life.now - (random_below(random, 200) ? 0 : random_below(random, 9 * M));
		value[i] = random_below(random, 1000) ? value_of(i) : value_stale();
	}
	assert_int_equal(store_append(life.folder.store, &batch, &done), 0);
	if (done.stored == SERIES)
		for (int i = 0; i < SERIES; i++)
			model_add(&life.series[i], at[i], value[i]);
	else	/* a late one at a known time: one by one says which */
		fail_msg("%u of %d stored", done.stored, SERIES);
}

static void check_tier(int series, enum kymo_tier tier)
{
	kymo_ms width = tier_width(tier), horizon = life.now - life.folder.options.retention[tier];
	kymo_ms begin = horizon > T0 ? horizon : T0;
	struct answers got = { 0 };
	uint32_t at = 0;

	ask(life.folder.store, life.ref[series], tier, T0 - H, life.now, WANT_ALL | WANT_ENDS, &got);
	for (kymo_ms end = window_floor(begin, width) + width; end <= life.now; end += width) {
		struct model_window expected;
		const struct answer *answer = at < got.n ? &got.of[at] : NULL;

		model_window(&life.series[series], end - width, end, &expected);
		if (expected.count || expected.ended) {
			if (!answer || !model_same(&life.series[series], &expected, &answer->record.window))
				fail_msg("day %lld, %s, %s: the window of now - %lld min is not right", (long long)((life.now - T0) / DAY),
					 metrics[series].name, tier_name(tier), (long long)((life.now - end) / M));
			if (expected.count)
				model_check_sketch(&expected, rollup_schema(life.series[series].kind, 0, tier), answer);
			at++;
		}
		sketch_fini(&expected.sketch);
	}
	assert_int_equal(at, got.n);
	answers_fini(&got);
}

static void check_all(void)
{
	for (int series = 0; series < SERIES; series++)
		for (int tier = KYMO_1M; tier < TIERS; tier++)
			check_tier(series, (enum kymo_tier)tier);
}

static void a_day(void)
{
	for (kymo_ms end = life.now + DAY; life.now < end;) {
		kymo_ms before = life.now;

		/* No two samples of a series at one time: late ones have odd milliseconds. */
		life.now += life.interval + (random_below(&life.random, 3000) ? 0 : random_below(&life.random, 5 * H) / 1000 * 1000);
		atomic_store(&life.folder.clock.now, life.now);
		collect();
		if (before / (6 * H) != life.now / (6 * H))
			maintain(life.folder.store, MAINTAIN_CLOSE);
		if (before / (12 * H) != life.now / (12 * H))
			maintain(life.folder.store, MAINTAIN_FLUSH);
	}
}

static void a_year_is_what_the_model_says(void **state)
{
	const char *interval = getenv("YEAR_INTERVAL");

	(void)state;
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	life.random = random_seed(2026);
	life.now = T0;
	life.interval = 1000 * (interval ? atoll(interval) : INTERVAL);
	folder_make(&life.folder);
	for (int i = 0; i < SERIES; i++)
		model_init(&life.series[i], series_kind_of(metrics[i].type, metrics[i].name, strlen(metrics[i].name)));
	open_store();
	for (int day = 1; day <= 365; day++) {
		a_day();
		if (day % 3 == 0)
			maintain(life.folder.store, MAINTAIN_CLOSE | MAINTAIN_MERGE | MAINTAIN_EXPIRE);
		if (day % 61 == 0) {
			folder_close(&life.folder);
			open_store();
		}
		if (day % 73 == 0)
			check_all();
	}
	maintain(life.folder.store, 0);
	check_all();
	for (int i = 0; i < SERIES; i++)
		model_fini(&life.series[i]);
	folder_remove(&life.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_year_is_what_the_model_says) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
