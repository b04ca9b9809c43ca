/* SPDX-License-Identifier: MIT */
#include "answers.h"
#include "folder.h"
#include "store/policies.h"
#include "store/rollup.h"

#include <errno.h>
#include <math.h>

#define HOUR INT64_C(3600000)
#define START (T0 - T0 % HOUR + HOUR)
#define USUAL { SKETCH_USUAL, SKETCH_USUAL, SKETCH_USUAL, SKETCH_USUAL }

static struct folder folder;
static struct got got;

static const char *const debug[] = { "debug.*" }, *const noisy[] = { "noisy", "*.fast" }, *const dear[] = { "dear" },
		  *const everything[] = { "*" };

static int make(void **state)
{
	(void)state;
	folder_make(&folder);
	log_set_level(LOG_STORE, LOG_LEVEL_ERROR);
	folder.clock.now = START;
	return 0;
}

static int clean(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static void open_with(const struct policy *policies, uint32_t n)
{
	folder.options.policies = policies;
	folder.options.n_policies = n;
	folder_open(&folder);
}

static void configure(const struct policy *policies, uint32_t n)
{
	folder.options.policies = policies;
	folder.options.n_policies = n;
	store_configure(folder.store, &folder.options);
}

static struct store_maintained maintain_all(unsigned what)
{
	struct store_maintained done;
	struct error err = { 0 };

	if (store_maintain(folder.store, what, &done, &err) < 0)
		fail_msg("%s", error_text(&err));
	return done;
}

static int find_series(const char *name, series_ref *ref)
{
	struct label item = { LABEL_NAME, name, sizeof LABEL_NAME - 1, (uint32_t)strlen(name) };
	AUTO_BUF bytes = { 0 };

	assert_int_equal(labels_encode(&item, 1, &bytes), 0);
	return store_series(folder.store, (struct labels){ bytes.data, (uint32_t)bytes.len }, ref);
}

static const struct policy *policy_for(const char *name)
{
	return policy_of(folder.store, name, strlen(name));
}

static void the_first_that_matches_holds(void **state)
{
	const struct policy policies[] = {
		{ .n_match = 1, .match = debug, .schema = USUAL, .drop = true },
		{ .n_match = 2, .match = noisy, .schema = USUAL, .resolution = 10000 },
		{ .n_match = 1, .match = everything, .schema = USUAL, .retention = { 2 * HOUR } },
	};

	(void)state;
	open_with(policies, 3);
	for (int twice = 0; twice < 2; twice++) {
		assert_true(policy_for("debug.x")->drop);
		assert_int_equal(policy_for("noisy")->resolution, 10000);
		assert_int_equal(policy_for("really.fast")->resolution, 10000);
		assert_int_equal(policy_for("noisy.not")->retention[KYMO_RAW], 2 * HOUR);
		assert_int_equal(policy_for("")->retention[KYMO_RAW], 2 * HOUR);
	}
	configure(policies, 2);
	assert_null(policy_for("noisy.not"));
	configure(NULL, 0);
	assert_null(policy_for("debug.x"));
}

static void what_is_dropped_is_counted(void **state)
{
	const struct policy policies[] = { { .n_match = 1, .match = debug, .schema = USUAL, .drop = true } };
	series_ref old, kept, ref;
	struct store_appended done;
	struct store_stats stats;

	(void)state;
	open_with(NULL, 0);
	old = series_of(folder.store, "debug.old", NULL);
	kept = series_of(folder.store, "kept", NULL);
	must_put(folder.store, old, START, 1);
	configure(policies, 1);
	assert_int_equal(find_series("debug.new", &ref), -EPERM);
	store_count_dropped(folder.store, 3);
	{
		const series_ref refs[] = { old, kept, old };
		const double values[] = { 2, 3, 4 };
		const kymo_ms times[] = { START + 1, START + 1, START + 2 };
		const struct store_batch batch = { .n = 3, .refs = refs, .values = values, .times = times };

		assert_int_equal(store_append(folder.store, &batch, &done), 0);
	}
	assert_int_equal(done.stored, 1);
	assert_int_equal(done.dropped, 2);
	get(folder.store, old, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 1);
	get(folder.store, kept, 0, INT64_MAX, &got);
	assert_true(got.n == 1 && got.value[0] == 3);
	store_stats(folder.store, &stats);
	assert_int_equal(stats.dropped, 5);
	configure(NULL, 0);
	must_put(folder.store, old, START + 3, 5);
	assert_int_equal(find_series("debug.new", &ref), 0);
}

/* One sample in (k * 10 s, (k + 1) * 10 s], the first, also for late ones and several in a batch; marks always. */
static void a_resolution_takes_the_first_of_each_span(void **state)
{
	const struct policy policies[] = { { .n_match = 2, .match = noisy, .schema = USUAL, .resolution = 10000 } };
	struct store_appended done;
	struct answers answers = { 0 };
	series_ref ref, other;
	struct store_stats stats;

	(void)state;
	open_with(policies, 1);
	ref = series_of(folder.store, "noisy", NULL);
	other = series_of(folder.store, "other", NULL);
	for (int s = 1; s <= 120; s++) {
		const series_ref refs[] = { ref, other };
		const double values[] = { s, s };

		if (s > 40 && s <= 50)
			continue;
		assert_int_equal(store_append(folder.store, &(struct store_batch){ .n = 2, .refs = refs, .values = values,
							.at = START + s * 1000 }, &done), 0);
		assert_int_equal(done.stored + done.thinned, 2);
	}
	{
		const series_ref refs[] = { ref, ref, ref, ref };
		const double values[] = { 45, 46, 47, value_stale() };
		const kymo_ms times[] = { START + 45000, START + 46000, START + 22000, START + 121000 };

		assert_int_equal(store_append(folder.store, &(struct store_batch){ .n = 4, .refs = refs, .values = values,
							.times = times }, &done), 0);
	}
	assert_int_equal(done.stored, 2);
	assert_int_equal(done.thinned, 2);
	get(folder.store, ref, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 13);
	for (uint32_t i = 0; i < 12; i++)
		assert_int_equal(got.at[i], START + (i == 4 ? 45 : i * 10 + 1) * 1000);
	get(folder.store, other, 0, INT64_MAX, &got);
	assert_int_equal(got.n, 110);
	store_stats(folder.store, &stats);
	assert_int_equal(stats.thinned, 99 + 2);

	/* A record is made of what was taken. */
	folder.clock.now = START + 200000;
	maintain_all(MAINTAIN_CLOSE);
	ask(folder.store, ref, KYMO_1M, START, START + 60000, WANT_ALL, &answers);
	assert_int_equal(answers.n, 1);
	assert_int_equal(answers.of[0].record.window.count, 6);
	assert_true(answers.of[0].record.window.sum == 1 + 11 + 21 + 31 + 45 + 51);
	answers_fini(&answers);
}

static void sketches_are_as_the_policy_says(void **state)
{
	static const struct {
		enum series_kind kind;
		int32_t said[TIERS], schema[TIERS];
	} rows[] = {
		{ KIND_GAUGE, USUAL, { 5, 5, 4, 3 } },
		{ KIND_GAUGE, { SKETCH_USUAL, 4, 4, 4 }, { 5, 4, 4, 4 } },
		{ KIND_COUNTER, { SKETCH_USUAL, 5, 5, 5 }, { SKETCH_NONE, 5, 5, 5 } },
		{ KIND_COUNTER, { SKETCH_USUAL, SKETCH_USUAL, SKETCH_USUAL, 3 }, { SKETCH_NONE, SKETCH_NONE, SKETCH_NONE, SKETCH_NONE } },
		{ KIND_GAUGE, { SKETCH_USUAL, 3, SKETCH_USUAL, SKETCH_USUAL }, { 5, 3, 3, 3 } },
		{ KIND_DISTRIBUTION, { SKETCH_USUAL, SKETCH_USUAL, SKETCH_NONE, SKETCH_USUAL }, { 5, 5, SKETCH_NONE, SKETCH_NONE } },
	};

	(void)state;
	open_with(NULL, 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy policy = { 0 };
		struct rollup_series series = { 1, rows[i].kind, 0, &policy };

		memcpy(policy.schema, rows[i].said, sizeof policy.schema);
		for (int tier = KYMO_1M; tier < TIERS; tier++)
			if (rollup_schema_of(&series, (enum kymo_tier)tier) != rows[i].schema[tier])
				fail_msg("row %zu, %s: %d", i, tier_name((enum kymo_tier)tier),
					 rollup_schema_of(&series, (enum kymo_tier)tier));
	}
}

/* Three series, a sample a minute; flushed every two hours. */
static void live(const series_ref *refs, int hours)
{
	for (int i = 1; i <= hours * 60; i++) {
		folder.clock.now += 60000;
		for (int s = 0; s < 3; s++)
			must_put(folder.store, refs[s], folder.clock.now, i * (s + 1));
		if (i % 120 == 0)
			maintain_all(MAINTAIN_CLOSE | MAINTAIN_FLUSH);
	}
}

static uint64_t raw_samples(void)
{
	struct store_stats stats;

	store_stats(folder.store, &stats);
	return stats.tier[KYMO_RAW].samples;
}

static kymo_ms oldest_of(series_ref ref)
{
	struct answers answers = { 0 };
	kymo_ms at;

	ask(folder.store, ref, KYMO_RAW, 0, INT64_MAX, WANT_ALL, &answers);
	assert_true(answers.n > 0);
	at = answers.of[0].record.at;
	answers_fini(&answers);
	return at;
}

static kymo_ms raw_horizon(enum matcher_op op, const char *name)
{
	struct store_coverage coverage;
	AUTO(matcher) matcher = matcher_create(op, LABEL_NAME, name, NULL);

	assert_non_null(matcher);
	store_coverage_of(folder.store, &matcher, 1, &coverage);
	return coverage.tier[KYMO_RAW].horizon;
}

static void each_series_is_kept_as_long_as_its_policy_says(void **state)
{
	const struct policy policies[] = {
		{ .n_match = 2, .match = noisy, .schema = USUAL, .retention = { 2 * HOUR } },
		{ .n_match = 1, .match = dear, .schema = USUAL, .retention = { FOREVER } },
	};
	series_ref refs[3];
	uint64_t before;

	(void)state;
	folder.options.retention[KYMO_RAW] = 6 * HOUR;
	open_with(policies, 2);
	refs[0] = series_of(folder.store, "usual", NULL);
	refs[1] = series_of(folder.store, "noisy", NULL);
	refs[2] = series_of(folder.store, "dear", NULL);
	live(refs, 10);
	/* Seen is what the policy keeps, whatever is in files. */
	assert_true(oldest_of(refs[0]) == START + 4 * HOUR + 60000);
	assert_true(oldest_of(refs[1]) == START + 8 * HOUR + 60000);
	assert_true(oldest_of(refs[2]) == START + 60000);
	assert_int_equal(raw_horizon(MATCH_EQUAL, "noisy"), START + 8 * HOUR);
	assert_true(raw_horizon(MATCH_EQUAL, "dear") == INT64_MIN);
	assert_int_equal(raw_horizon(MATCH_REGEX, "dear|usual"), START + 4 * HOUR);
	assert_int_equal(raw_horizon(MATCH_REGEX, "noisy.*"), START + 4 * HOUR);
	/* The dear one holds the files; the others are taken out of them. */
	before = raw_samples();
	assert_int_equal(before, 3 * 600);
	maintain_all(MAINTAIN_EXPIRE);
	assert_in_range(raw_samples(), 600 + 2 * 60, before - 420);
	assert_true(oldest_of(refs[2]) == START + 60000);
	assert_true(oldest_of(refs[1]) == START + 8 * HOUR + 60000);
	/* Without that policy they go as a whole. */
	configure(policies, 1);
	maintain_all(MAINTAIN_EXPIRE);
	assert_true(oldest_of(refs[2]) == START + 4 * HOUR + 60000);
	assert_in_range(raw_samples(), 1, 3 * 360);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_that_matches_holds, make, clean),
		cmocka_unit_test_setup_teardown(what_is_dropped_is_counted, make, clean),
		cmocka_unit_test_setup_teardown(a_resolution_takes_the_first_of_each_span, make, clean),
		cmocka_unit_test_setup_teardown(sketches_are_as_the_policy_says, make, clean),
		cmocka_unit_test_setup_teardown(each_series_is_kept_as_long_as_its_policy_says, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
