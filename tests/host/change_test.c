/* SPDX-License-Identifier: MIT */
/* change_test.c - from one configuration to the next, as one transaction. CHANGEABLE is the .so of changeable.c. */
#include "model/sample.h"
#include "stand.h"

#define A "  - {plugin: " CHANGEABLE ", name: a, interval: 100ms"
#define B "  - {plugin: " CHANGEABLE ", name: b, interval: 100ms"
#define C "  - {plugin: " CHANGEABLE ", name: c, interval: 100ms"

static const char one[] = "plugins:\n" A "}\n";

/* "a: keep, b: start" of what a change does or would do. */
static const char *summary(const struct host_changes *changes)
{
	static char text[512];
	size_t at = 0;

	text[0] = 0;
	for (uint32_t i = 0; i < changes->n; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%s: %s", i ? ", " : "", changes->items[i].name,
				       host_action_name(changes->items[i].action));
	return text;
}

static void applies(struct stand *stand, const char *yaml, const char *expected, const char *why)
{
	struct host_changes changes;
	struct error err = { 0 };

	if (stand_apply(stand, yaml, &changes, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_string_equal(summary(&changes), expected);
	if (why)
		assert_string_equal(changes.items[0].why, why);
	host_changes_fini(&changes);
}

/* Nothing changes, and the message has that in it. */
static void is_refused(struct stand *stand, const char *yaml, const char *message)
{
	struct host_changes changes = { 0 };
	struct error err = { 0 };

	assert_true(stand_apply(stand, yaml, &changes, &err) < 0);
	if (!strstr(error_text(&err), message))
		fail_msg("expected \"%s\", got \"%s\"", message, error_text(&err));
	assert_int_equal(changes.n, 0);
	error_clear(&err);
}

static kymo_ms started_at(struct stand *stand, const char *name)
{
	struct instance_stats stats;

	WAIT_UNTIL(stand_stats(stand, name, &stats) && stats.started_at != INT64_MIN);
	return stats.started_at;
}

static bool is_there(struct stand *stand, const char *name)
{
	struct instance_stats stats;

	return stand_stats(stand, name, &stats);
}

static double newest_of(const struct samples *samples)
{
	return samples->n ? samples->value[samples->n - 1] : -1;
}

static double newest(struct stand *stand, const char *name, const char *instance)
{
	return newest_of(stand_samples(stand, name, "instance", instance));
}

static bool never_falls(const struct samples *samples)
{
	for (uint32_t i = 1; i < samples->n; i++)
		if (!(samples->value[i] >= samples->value[i - 1]))
			return false;
	return true;
}

/* How often it has ended, and begun again at zero. */
static uint32_t count_ends_of(const struct samples *samples)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < samples->n; i++)
		n += value_is_stale(samples->value[i]);
	return n;
}

static uint32_t count_ends(struct stand *stand, const char *name, const char *instance)
{
	return count_ends_of(stand_samples(stand, name, "instance", instance));
}

static uint32_t count_zeros(struct stand *stand, const char *name, const char *instance)
{
	const struct samples *samples = stand_samples(stand, name, "instance", instance);
	uint32_t n = 0;

	for (uint32_t i = 0; i < samples->n; i++)
		n += samples->value[i] == 0;
	return n;
}

static void starts_keeps_and_stops(void **state)
{
	struct stand *stand = *state;
	kymo_ms began;

	applies(stand, one, "a: start", "");
	began = started_at(stand, "a");
	stand_wait_for_collects(stand, "a", 1);
	applies(stand, "plugins:\n" A "}\n" B "}\n", "a: keep, b: start", "");
	stand_wait_for_collects(stand, "b", 1);
	assert_int_equal(started_at(stand, "a"), began);
	applies(stand, "plugins:\n" B "}\n", "a: stop, b: keep", "");
	assert_false(is_there(stand, "a"));
	assert_int_equal(count_ends(stand, "change.value", "a"), 1);
	assert_true(value_is_stale(newest(stand, "change.value", "a")));
	assert_int_equal(count_ends(stand, "change.value", "b"), 0);
	applies(stand, one, "a: start, b: stop", "");
	WAIT_UNTIL(newest(stand, "change.value", "a") == 1);
}

static void takes_other_numbers_and_values_in_place(void **state)
{
	struct stand *stand = *state;
	struct instance_stats stats;
	kymo_ms began;

	applies(stand, one, "a: start", "");
	began = started_at(stand, "a");
	stand_wait_for_collects(stand, "a", 1);
	applies(stand, "plugins:\n  - {plugin: " CHANGEABLE ", name: a, interval: 200ms}\n", "a: reconfigure",
		"interval: 100ms to 200ms");
	assert_true(stand_stats(stand, "a", &stats));
	assert_int_equal(stats.interval, 200);
	applies(stand, "plugins:\n" A ", with: {value: 4}}\n", "a: reconfigure", "with.value changed");
	WAIT_UNTIL(newest(stand, "change.value", "a") == 4);
	assert_int_equal(started_at(stand, "a"), began);
	assert_int_equal(count_zeros(stand, "change.collects", "a"), 1);	/* it goes on counting */
	assert_int_equal(count_ends(stand, "change.collects", "a"), 0);
}

static void replaces_what_cannot_take_them(void **state)
{
	struct stand *stand = *state;

	applies(stand, one, "a: start", "");
	stand_wait_for_collects(stand, "a", 2);
	applies(stand, "plugins:\n" A ", with: {fixed: 1, value: 3}}\n", "a: replace", "with.value changed");
	WAIT_UNTIL(newest(stand, "change.value", "a") == 3);
	assert_int_equal(count_zeros(stand, "change.collects", "a"), 2);	/* a reset mark: it counts anew */
	assert_int_equal(count_ends(stand, "change.collects", "a"), 0);	/* the series goes on */
}

static void other_labels_are_other_series(void **state)
{
	struct stand *stand = *state;

	applies(stand, one, "a: start", "");
	stand_wait_for_collects(stand, "a", 1);
	applies(stand, "labels: {site: x}\nplugins:\n" A "}\n", "a: replace", "labels changed");
	stand_wait_for_collects(stand, "a", 1);
	assert_true(stand_samples(stand, "change.value", "site", "x")->n > 0);
	assert_int_equal(count_ends_of(stand_samples(stand, "change.value", "site", "")), 1);
}

static void a_failed_start_undoes_everything(void **state)
{
	struct stand *stand = *state;
	struct host_stats stats;

	applies(stand, "plugins:\n" A "}\n" B "}\n", "a: start, b: start", "");
	stand_wait_for_collects(stand, "a", 1);
	stand_wait_for_collects(stand, "b", 1);
	/* a is replaced and b stopped before c fails. */
	is_refused(stand, "plugins:\n" A ", with: {fixed: 1, value: 2}}\n" C ", with: {fail: start}}\n",
		   "test.yaml:3:5: c: the plugin's start failed: Address already in use");
	assert_false(is_there(stand, "c"));
	stand_wait_for_collects(stand, "a", 2);
	stand_wait_for_collects(stand, "b", 2);
	WAIT_UNTIL(newest(stand, "change.value", "a") == 1);
	WAIT_UNTIL(newest(stand, "change.value", "b") == 1);
	host_stats(stand->host, &stats);
	assert_int_equal(stats.reload_failures, 1);
	applies(stand, "plugins:\n" A "}\n" B "}\n", "a: keep, b: keep", "");
}

/* What is stored cannot be undone, so nothing of a replacement is before all is certain. */
static void what_is_undone_has_left_no_trace(void **state)
{
	struct stand *stand = *state;

	applies(stand, one, "a: start", "");
	stand_wait_for_collects(stand, "a", 2);
	is_refused(stand, "plugins:\n" A ", with: {fixed: 1, value: 2}}\n" C ", with: {fail: start}}\n",
		   "c: the plugin's start failed");
	stand_wait_for_collects(stand, "a", 2);
	assert_int_equal(count_zeros(stand, "change.collects", "a"), 1);
	assert_true(never_falls(stand_samples(stand, "change.collects", "instance", "a")));
	assert_int_equal(stand_samples(stand, "change.fixed", NULL, NULL)->n_series, 0);
}

static void a_replaced_one_hands_everything_over(void **state)
{
	struct stand *stand = *state;

	applies(stand, "plugins:\n" A ", with: {fixed: 1}}\n", "a: start", "");
	stand_wait_for_collects(stand, "a", 2);
	applies(stand, "plugins:\n" A ", with: {value: 2}}\n", "a: replace", "with.value changed");
	WAIT_UNTIL(newest(stand, "change.value", "a") == 2);
	assert_true(value_is_stale(newest(stand, "change.fixed", "a")));	/* it does not emit that */
	assert_int_equal(count_ends(stand, "change.value", "a"), 0);
}

/* It had lent them to its replacement for a moment. */
static void what_is_undone_has_its_series_again(void **state)
{
	struct stand *stand = *state;
	struct instance_stats stats;

	applies(stand, one, "a: start", "");
	stand_wait_for_collects(stand, "a", 1);
	is_refused(stand, "plugins:\n" A ", with: {fixed: 1}}\n" C ", with: {fail: start}}\n", "c: the plugin's start failed");
	stand_must_add(stand, "{plugin: " CHANGEABLE ", interval: 100ms, labels: {instance: a}}", NULL);
	stand_wait_for_collects(stand, "changeable", 2);
	assert_true(stand_stats(stand, "changeable", &stats));
	assert_int_equal(stats.samples, 0);
	assert_true(stats.refused >= 4);
	assert_true(stand_stats(stand, "a", &stats));
	assert_int_equal(stats.refused, 0);
	stand_wait_for_collects(stand, "a", 1);
}

static void a_failed_start_gives_values_back(void **state)
{
	struct stand *stand = *state;

	applies(stand, one, "a: start", "");
	stand_wait_for_collects(stand, "a", 1);
	is_refused(stand, "plugins:\n" A ", with: {value: 2}}\n" C ", with: {fail: start}}\n", "c: the plugin's start failed");
	stand_wait_for_collects(stand, "a", 2);
	WAIT_UNTIL(newest(stand, "change.value", "a") == 1);
	applies(stand, one, "a: keep", "");
}

static void a_replacement_that_does_not_start_leaves_the_old(void **state)
{
	struct stand *stand = *state;

	applies(stand, one, "a: start", "");
	stand_wait_for_collects(stand, "a", 1);
	is_refused(stand, "plugins:\n" A ", with: {fixed: 1, fail: start}}\n", "a: the plugin's start failed");
	stand_wait_for_collects(stand, "a", 2);
	assert_int_equal(count_zeros(stand, "change.collects", "a"), 1);	/* the same instance still counts */
}

static void a_refusal_changes_nothing(void **state)
{
	struct stand *stand = *state;
	struct host_stats stats;
	kymo_ms began;

	applies(stand, one, "a: start", "");
	began = started_at(stand, "a");
	is_refused(stand, "plugins:\n" A "}\n" B ", with: {fail: create}}\n", "test.yaml:3:");
	is_refused(stand, "plugins:\n" A ", with: {fail: reconfigure}}\n", "not now");
	is_refused(stand, "plugins:\n" A ", with: {value: x}}\n  - {plugin: nobody}\n", "value");
	is_refused(stand, "plugins:\n" A ", with: {value: x}}\n  - {plugin: nobody}\n", "plugin nobody: not found");
	is_refused(stand, "plugins: []\nsinks:\n  - {plugin: " CHANGEABLE "}\n", "is no sink");
	is_refused(stand, "plugins:\n  - {plugin: " CHANGEABLE ", name: kymo}\n", "the daemon's own");
	assert_int_equal(started_at(stand, "a"), began);
	host_stats(stand->host, &stats);
	assert_int_equal(stats.reload_failures, 6);
	stand_wait_for_collects(stand, "a", 1);
}

static void a_plan_tries_values(void **state)
{
	static const char next[] = "plugins:\n" A ", with: {fail: create}}\n" B "}\n";
	struct stand *stand = *state;
	struct host_changes changes = { 0 };
	struct error err = { 0 };
	AUTO(settings) settings = settings_parse("test.yaml", next, strlen(next), &err);

	assert_non_null(settings);
	applies(stand, one, "a: start", "");
	assert_true(host_plan(stand->host, settings, &changes, &err) < 0);
	if (!strstr(error_text(&err), "test.yaml:2:") || !strstr(error_text(&err), ": fail: as asked"))
		fail_msg("%s", error_text(&err));
	error_clear(&err);
	stand_wait_for_collects(stand, "a", 2);
	WAIT_UNTIL(newest(stand, "change.value", "a") == 1);
}

static void what_was_added_follows_the_settings(void **state)
{
	static const char entry[] = "{plugin: " CHANGEABLE ", name: x, labels: {own: y}}";
	struct stand *stand = *state;
	struct instance_stats stats;

	applies(stand, "plugins: []\ndefaults: {interval: 100ms}\n", "", NULL);
	stand_must_add(stand, entry, NULL);
	stand_wait_for_collects(stand, "x", 1);
	applies(stand, "plugins: []\ndefaults: {interval: 200ms}\n", "x: reconfigure", "interval: 100ms to 200ms");
	assert_true(stand_stats(stand, "x", &stats) && stats.added && stats.interval == 200);
	applies(stand, "plugins: []\ndefaults: {interval: 200ms}\n", "x: keep", "added at run time");
	applies(stand, "plugins: []\nlabels: {site: s}\ndefaults: {interval: 100ms}\n", "x: replace", "labels changed");
	stand_wait_for_collects(stand, "x", 1);
	assert_true(stand_samples(stand, "change.value", "site", "s")->n > 0);
	assert_true(stand_samples(stand, "change.value", "own", "y")->n_series == 2);
	assert_true(stand_stats(stand, "x", &stats) && stats.added && stats.interval == 100);
}

#define SELF "defaults: {interval: 100ms}\n"

/* It is kept where nothing changes for it, and takes part in what is undone. */
static void the_built_in_one_is_part_of_it(void **state)
{
	static const char metric[] = "kymo.collector.collections.total";
	struct stand *stand = *state;

	applies(stand, SELF "plugins:\n" A "}\n", "a: start", "");
	WAIT_UNTIL(newest_of(stand_samples(stand, metric, "collector", "a")) > 1);
	applies(stand, SELF "plugins:\n" A "}\n", "a: keep", "");
	applies(stand, SELF "plugins:\n" A "}\n", "a: keep", "");
	is_refused(stand, SELF "labels: {site: s}\nplugins:\n" C ", with: {fail: start}}\n", "c: the plugin's start failed");
	WAIT_UNTIL(newest_of(stand_samples(stand, "kymo.reloads.failed.total", NULL, NULL)) == 1);
	assert_int_equal(stand_samples(stand, "kymo.reloads.failed.total", "site", "s")->n_series, 0);
	assert_true(never_falls(stand_samples(stand, metric, "collector", "a")));
	applies(stand, SELF "labels: {site: s}\nplugins:\n" A "}\n", "a: replace", "labels changed");
	WAIT_UNTIL(newest_of(stand_samples(stand, "kymo.reloads.total", "site", "s")) == 4);
}

static void a_plan_does_nothing(void **state)
{
	static const char next[] = "plugins:\n" A ", with: {fixed: 3}}\n" B "}\n";
	struct stand *stand = *state;
	struct host_changes changes;
	struct error err = { 0 };
	AUTO(settings) settings = settings_parse("test.yaml", next, strlen(next), &err);

	assert_non_null(settings);
	applies(stand, one, "a: start", "");
	assert_int_equal(host_plan(stand->host, settings, &changes, &err), 0);
	assert_string_equal(summary(&changes), "a: reconfigure, b: start");
	host_changes_fini(&changes);
	assert_false(is_there(stand, "b"));
	applies(stand, one, "a: keep", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stand_open, stand_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(starts_keeps_and_stops), TEST(takes_other_numbers_and_values_in_place),
		TEST(replaces_what_cannot_take_them), TEST(other_labels_are_other_series),
		TEST(a_failed_start_undoes_everything), TEST(a_failed_start_gives_values_back),
		TEST(what_is_undone_has_its_series_again),
		TEST(a_replacement_that_does_not_start_leaves_the_old), TEST(a_refusal_changes_nothing),
		TEST(what_is_undone_has_left_no_trace), TEST(a_replaced_one_hands_everything_over),
		TEST(a_plan_does_nothing), TEST(a_plan_tries_values), TEST(what_was_added_follows_the_settings),
		TEST(the_built_in_one_is_part_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
