/* SPDX-License-Identifier: MIT */
/*
 * rollup_property.c - a store that lives through hours of samples in order, late,
 * old, repeated, marked stale, NaN, with resets and gaps, through flushes, merges,
 * expiry, restarts and crashes; and a list of what it has accepted. Whenever they
 * are compared, every column of every tier is what the list says.
 */
#include "answers.h"
#include "model/sample.h"
#include "random.h"
#include "rollup_model.h"
#include "store/rollup.h"
#include "util/check.h"

#include <math.h>

#define M INT64_C(60000)
#define H (60 * M)

enum { GAUGE, DECIMAL, COUNTER, UNTYPED_TOTAL, SPARSE, OLD, DISTRIBUTION, SERIES };

static const struct kymo_metric metrics[SERIES] = {
	[GAUGE] = { "gauge", KYMO_GAUGE, 0, "", "", NULL },
	[DECIMAL] = { "decimal", KYMO_GAUGE, 0, "", "", NULL },
	[COUNTER] = { "counter", KYMO_COUNTER, 0, "", "", NULL },
	[UNTYPED_TOTAL] = { "untyped_total", KYMO_UNTYPED, KYMO_SKETCH, "", "", NULL },
	[SPARSE] = { "sparse", KYMO_GAUGE, KYMO_NOISE, "", "", NULL },
	[OLD] = { "old", KYMO_GAUGE, 0, "", "", NULL },
	[DISTRIBUTION] = { "distribution", KYMO_HISTOGRAM, 0, "", "", NULL },
};

struct life {
	struct folder folder;
	struct random random;
	struct model_series series[SERIES];
	series_ref ref[SERIES];
	kymo_ms now;
	double counter[SERIES];
	bool at_the_border;		/* samples come as late as raw retention allows */
	int step;
};

static struct life life;

/* ---- what happens to it ---- */

static void open_store(void)
{
	struct error err = { 0 };

	folder_open(&life.folder);
	for (int i = 0; i < SERIES; i++) {
		assert_int_equal(store_metric(life.folder.store, &metrics[i], &err), 0);
		life.ref[i] = series_of(life.folder.store, metrics[i].name, "x");
	}
}

static double next_value(int series)
{
	struct random *random = &life.random;

	if (random_below(random, 40) == 0)
		return series == COUNTER ? 0 : NAN;
	switch (series) {
	case GAUGE:
		return random_below(random, 3) ? 50 : (double)random_below(random, 100) - 20;
	case DECIMAL:
		return rint(random_unit(random) * 10000 - 3000) / 100;
	case COUNTER:
	case UNTYPED_TOTAL:
		life.counter[series] = random_below(random, 60) ? life.counter[series] + random_below(random, 9) : 1;
		return life.counter[series];
	case SPARSE:
		return exp(random_unit(random) * 50 - 25) * (random_below(random, 2) ? 1 : -1);
	default:
		return random_unit(random);
	}
}

static void put_value(int series, kymo_ms at, double value)
{
	struct store_appended done;

	assert_int_equal(put(life.folder.store, life.ref[series], at, value, &done), 0);
	if (done.refused[REFUSED_UNKNOWN]) {	/* it has expired before it had a sample */
		assert_int_equal(life.series[series].n, 0);
		life.ref[series] = series_of(life.folder.store, metrics[series].name, "x");
		put_value(series, at, value);
	} else if (done.stored) {
		model_add(&life.series[series], at, value);
	} else {
		assert_int_equal(done.repeated + done.refused[REFUSED_LATE] + done.refused[REFUSED_CONFLICT], 1);
	}
}

static void put_observations(kymo_ms at)
{
	struct store_distribution distribution = { life.ref[DISTRIBUTION], at, NULL };
	struct store_batch batch = { .n_distributions = 1, .distributions = &distribution };
	struct store_appended done;
	struct window window;
	uint32_t n = random_below(&life.random, 5);

	window_init(&window, at - 10000, at, 5);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(window_observe(&window, rint(random_unit(&life.random) * 1000) / 8, 1 + i % 2), 0);
	window.ended = n == 0;
	window_settle(&window, KIND_DISTRIBUTION);
	distribution.window = &window;
	assert_int_equal(store_append(life.folder.store, &batch, &done), 0);
	if (done.stored)
		model_add_window(&life.series[DISTRIBUTION], at, &window);
	window_fini(&window);
}

static void put_one(int series, kymo_ms at)
{
	if (series == DISTRIBUTION)
		put_observations(at);
	else
		put_value(series, at, random_below(&life.random, 50) ? next_value(series) : value_stale());
}

static void collect(void)
{
	struct random *random = &life.random;

	for (int series = 0; series < SERIES; series++) {
		kymo_ms at = life.now;

		if (series == SPARSE && random_below(random, 30))
			continue;
		if (series == OLD)
			at -= 90 * M;
		if (random_below(random, 25) == 0)
			at -= random_below(random, 20 * M);
		if (random_below(random, 300) == 0)
			at -= random_below(random, 3 * H);
		if (random_below(random, 3) == 0)
			at -= random_below(random, 1000);
		if (life.at_the_border && random_below(random, 8) == 0)
			at = life.now - life.folder.options.retention[KYMO_RAW] + random_below(random, 2 * M);
		put_one(series, at);
	}
}

static void crash(void)
{
	struct folder *folder = &life.folder;
	char copy[sizeof folder->path + 8];

	snprintf(copy, sizeof copy, "%s.copy", folder->path);
	model_copy_folder(folder->path, copy);
	folder_remove(folder);
	assert_int_equal(rename(copy, folder->path), 0);
	open_store();
}

static void something_happens(void)
{
	switch (random_below(&life.random, 60)) {
	case 0:
		folder_close(&life.folder);
		open_store();
		break;
	case 1:
		crash();
		break;
	case 2:
	case 3:
		maintain(life.folder.store, MAINTAIN_FLUSH);
		break;
	case 4:
		maintain(life.folder.store, MAINTAIN_FLUSH | MAINTAIN_MERGE);
		break;
	case 5:
		maintain(life.folder.store, MAINTAIN_CLOSE | MAINTAIN_EXPIRE);
		break;
	default:
		if (random_below(&life.random, 3) == 0)
			maintain(life.folder.store, MAINTAIN_CLOSE);
	}
}

/* ---- is it right? ---- */

static void check_tier(int series, enum kymo_tier tier, kymo_ms start, kymo_ms end)
{
	kymo_ms width = tier_width(tier), horizon = life.now - life.folder.options.retention[tier];
	kymo_ms from = start > horizon ? start : horizon;
	struct answers got = { 0 };
	uint32_t at = 0;

	ask(life.folder.store, life.ref[series], tier, start, end, WANT_ALL | WANT_ENDS, &got);
	for (kymo_ms window = window_floor(from, width) + width; window <= end; window += width) {
		struct model_window expected;
		const struct answer *answer = at < got.n ? &got.of[at] : NULL;

		model_window(&life.series[series], window - width, window, &expected);
		if (expected.count || expected.ended) {
			if (!answer || !model_same(&life.series[series], &expected, &answer->record.window))
				fail_msg("step %d, %s, %s, window of %lld (now - %lld): got one of %lld, count %llu, not %llu; sum %.17g, not %.17g",
					 life.step, metrics[series].name, tier_name(tier), (long long)window,
					 (long long)(life.now - window), answer ? (long long)answer->record.at : 0,
					 answer ? (unsigned long long)answer->record.window.count : 0,
					 (unsigned long long)expected.count,
					 answer ? answer->record.window.sum : NAN, expected.sum);
			if (expected.count)
				model_check_sketch(&expected, rollup_schema(life.series[series].kind, metrics[series].flags, tier), answer);
			at++;
		}
		sketch_fini(&expected.sketch);
	}
	if (at != got.n)
		fail_msg("step %d, %s, %s: %u records too many", life.step, metrics[series].name, tier_name(tier), got.n - at);
	answers_fini(&got);
}

static void check_raw(int series, kymo_ms start, kymo_ms end)
{
	kymo_ms horizon = life.now - life.folder.options.retention[KYMO_RAW];
	const struct model_series *model = &life.series[series];
	struct answers got = { 0 };
	uint32_t at = 0;

	ask(life.folder.store, life.ref[series], KYMO_RAW, start, end, WANT_ALL, &got);
	for (uint32_t i = 0; i < model->n; i++) {
		if (model->at[i] <= start || model->at[i] <= horizon || model->at[i] > end)
			continue;
		assert_true(at < got.n && got.of[at].record.at == model->at[i]);
		if (!model->windows)
			assert_true(value_bits(got.of[at].value) == value_bits(model->value[i]));
		at++;
	}
	assert_int_equal(at, got.n);
	answers_fini(&got);
}

static void check_all(void)
{
	for (int series = 0; series < SERIES; series++) {
		kymo_ms end = life.now - random_below(&life.random, H) + random_below(&life.random, H);
		kymo_ms start = end - random_below(&life.random, 12 * H);

		check_raw(series, start, end);
		for (int tier = KYMO_1M; tier < TIERS; tier++)
			check_tier(series, (enum kymo_tier)tier, start, end);
	}
}

static void check_everything(void)
{
	for (int series = 0; series < SERIES; series++) {
		check_raw(series, T0 - H, life.now + H);
		for (int tier = KYMO_1M; tier < TIERS; tier++)
			check_tier(series, (enum kymo_tier)tier, T0 - H, life.now + H);
	}
}

static void begin(uint64_t seed)
{
	life = (struct life){ .random = random_seed(seed), .now = T0 };
	folder_make(&life.folder);
	for (int i = 0; i < SERIES; i++)
		model_init(&life.series[i], series_kind_of(metrics[i].type, metrics[i].name, strlen(metrics[i].name)));
}

static void end(void)
{
	check_all();
	for (int i = 0; i < SERIES; i++)
		model_fini(&life.series[i]);
	folder_remove(&life.folder);
}

static void pass(kymo_ms ms)
{
	life.now += ms;
	atomic_store(&life.folder.clock.now, life.now);
}

static void live(uint64_t seed, int steps, bool at_the_border)
{
	struct store_options *options = &life.folder.options;

	begin(seed);
	life.at_the_border = at_the_border;
	options->retention[KYMO_RAW] = 150 * M;
	options->retention[KYMO_1M] = 5 * H;
	options->retention[KYMO_5M] = 9 * H;
	options->retention[KYMO_1H] = 200 * H;
	options->out_of_order = at_the_border ? FOREVER : 30 * M;
	open_store();
	for (life.step = 0; life.step < steps; life.step++) {
		uint32_t gap = random_below(&life.random, 200);

		pass(gap == 0 ? random_below(&life.random, 2 * H) : gap < 10 ? 60000 : 10000);
		collect();
		something_happens();
		if (random_below(&life.random, 40) == 0)
			check_all();
	}
	end();
}

static void tiers_say_what_was_accepted(void **state)
{
	const char *seed = getenv("ROLLUP_SEED");

	(void)state;
	log_set_level(LOG_STORE, LOG_LEVEL_WARN);
	for (uint64_t i = 1; i <= (seed ? 1 : 4); i++)
		live(seed ? strtoull(seed, NULL, 10) : i, 2500, false);
}

/*
 * However late a sample comes, its window is made again of all that was in it: raw
 * samples stay until the whole hour that they are in is past their retention.
 */
static void late_samples_find_their_whole_window(void **state)
{
	const char *seed = getenv("ROLLUP_SEED");

	(void)state;
	log_set_level(LOG_STORE, LOG_LEVEL_WARN);
	live(seed ? strtoull(seed, NULL, 10) : 11, 1000, true);
}

/* A minute is 2 samples; windows close every 5 minutes, the head is flushed every 2 hours. */
static void a_day(void)
{
	for (int step = 0; step < 24 * 120; step++, life.step++) {
		pass(30000);
		collect();
		if (step % 10 == 0)
			maintain(life.folder.store, MAINTAIN_CLOSE);
		if (step % 240 == 0)
			maintain(life.folder.store, 0);
	}
}

static void a_month_with_the_retention_that_is_preset(void **state)
{
	struct store_stats stats;

	(void)state;
	begin(77);
	open_store();
	for (int day = 0; day < 35; day++) {
		a_day();
		if (day == 12)
			crash();
		if (day == 20)
			pass(30 * H);
		if (day % 8 == 7)
			check_everything();
	}
	store_stats(life.folder.store, &stats);
	assert_in_range(stats.tier[KYMO_RAW].files, 4, 30);
	assert_in_range(stats.tier[KYMO_1M].files, 4, 30);
	assert_in_range(stats.tier[KYMO_5M].files, 4, 20);
	assert_in_range(stats.tier[KYMO_1H].files, 1, 20);
	check_everything();
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiers_say_what_was_accepted),
		cmocka_unit_test(late_samples_find_their_whole_window),
		cmocka_unit_test(a_month_with_the_retention_that_is_preset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
