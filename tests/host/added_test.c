/* SPDX-License-Identifier: MIT */
/* added_test.c - instances that come and go at run time, and what is stored of them meanwhile. */
#include "model/sample.h"
#include "stand.h"

#include <stdatomic.h>

/* What the plugin below does, and what was done with it. */
static struct {
	_Atomic int fail_create, fail_start, fail_collect, quiet;
	_Atomic int creates, starts, stops, destroys, resets, observed;
	_Atomic bool undeclared, not_utf8, too_long, ahead, stale;
} probe;

enum { VALUE, SOMETIMES, COUNT, TIME, NAMED };

static const char *const named_labels[] = { "name", NULL };

static const struct kymo_metric metrics[] = {
	[VALUE]     = { "probe.value", KYMO_GAUGE, 0, "", "Always 5.", NULL },
	[SOMETIMES] = { "probe.sometimes", KYMO_GAUGE, 0, "", "Not there while quiet.", NULL },
	[COUNT]     = { "probe.count", KYMO_COUNTER, KYMO_FROM_ZERO, "", "Collects.", NULL },
	[TIME]	    = { "probe.time", KYMO_HISTOGRAM, 0, "seconds", "1, 2 and 3.", NULL },
	[NAMED]	    = { "probe.named", KYMO_GAUGE, 0, "", "With a label.", named_labels },
};

static const struct kymo_option options[] = {
	{ "value", KYMO_NUMBER, 0, "5", "Of probe.value.", NULL, 0, 10, NULL, 0 },
};

struct self {
	const struct kymo_host *host;
	double value;
	double collects;
};

static int create(const struct kymo_host *host, const struct kymo_value *config, void **instance)
{
	struct self *self;

	if (probe.fail_create)
		return host->reject(host, &config[0], "not this value");
	self = calloc(1, sizeof *self);
	if (!self)
		return -ENOMEM;
	self->host = host;
	self->value = config[0].number;
	*instance = self;
	probe.creates++;
	return 0;
}

static int start(void *instance)
{
	(void)instance;
	probe.starts++;
	return probe.fail_start;
}

static void stop(void *instance)
{
	(void)instance;
	probe.stops++;
}

static void destroy(void *instance)
{
	free(instance);
	probe.destroys++;
}

static const char *long_text(void)
{
	static char text[5000];

	memset(text, 'x', sizeof text - 1);
	return text;
}

static void emit_bad_ones(const struct self *self, struct kymo_batch *batch)
{
	if (probe.undeclared)
		self->host->emit(batch, 99, NULL, 1, 0);
	if (probe.not_utf8)
		self->host->emit(batch, NAMED, (const char *const[]){ "\xff" }, 1, 0);
	if (probe.too_long)
		self->host->emit(batch, NAMED, (const char *const[]){ long_text() }, 1, 0);
	if (probe.ahead)
		self->host->emit(batch, VALUE, NULL, 1, self->host->now(self->host) + 3600000);
	if (probe.stale)
		self->host->emit(batch, NAMED, (const char *const[]){ "stale" }, value_stale(), 0);
}

static int collect(void *instance, struct kymo_batch *batch)
{
	struct self *self = instance;

	kymo_emit(self->host, batch, VALUE, self->value);
	if (!probe.quiet)
		kymo_emit(self->host, batch, SOMETIMES, 1);
	kymo_emit(self->host, batch, COUNT, ++self->collects);
	for (int i = 1; i <= 3; i++)
		kymo_emit(self->host, batch, TIME, i);
	emit_bad_ones(self, batch);
	return probe.fail_collect;
}

static void observe(void *instance, const struct kymo_event *const *events, uint32_t n)
{
	(void)instance, (void)events;
	probe.observed += (int)n;
}

static void reset(void *instance)
{
	((struct self *)instance)->collects = 0;
	probe.resets++;
}

#define PROBE \
	KYMO_PLUGIN_HEAD, .name = "probe", .version = "1", .summary = "For tests.", KYMO_METRICS(metrics), KYMO_OPTIONS(options), \
	.events = (const char *const[]){ "probe.*", NULL }, .create = create, .start = start, .stop = stop, .destroy = destroy, \
	.collect = collect, .observe = observe

static const struct kymo_plugin plugin = { PROBE, .reset = reset };
static const struct kymo_plugin without_reset = { PROBE };

static int open_stand(void **state)
{
	memset((void *)&probe, 0, sizeof probe);
	return stand_open(state);
}

static int close_stand(void **state)
{
	stand_close(state);
	assert_int_equal(probe.creates, probe.destroys);
	return 0;
}

static const char entry[] = "{plugin: probe, interval: 100ms}";

/* ---- tests ---- */

static void stores_each_tick(void **state)
{
	struct stand *stand = *state;
	const struct samples *samples;
	struct instance_stats stats;

	stand_must_add(stand, entry, &plugin);
	stand_wait_for_collects(stand, "probe", 4);
	samples = stand_samples(stand, "probe.value", NULL, NULL);
	assert_int_equal(samples->n_series, 1);
	assert_true(samples->n >= 4);
	for (uint32_t i = 0; i < samples->n; i++) {
		assert_true(samples->value[i] == 5);
		assert_true(i == 0 || samples->at[i] > samples->at[i - 1]);
		assert_true(i == 0 || samples->at[i] % 100 == 0);	/* the first is at once */
	}
	assert_true(stand_stats(stand, "probe", &stats));
	assert_int_equal(stats.errors, 0);
	assert_int_equal(stats.refused, 0);
	assert_true(stats.added && !stats.sink);
	assert_int_equal(stats.interval, 100);
}

static void marks_the_end_of_what_is_removed(void **state)
{
	struct stand *stand = *state;
	struct instance_stats stats;
	struct error err = { 0 };
	uint32_t n;

	stand_must_add(stand, entry, &plugin);
	stand_wait_for_collects(stand, "probe", 2);
	assert_int_equal(host_remove(stand->host, "probe", &err), 0);
	assert_false(stand_stats(stand, "probe", &stats));
	assert_int_equal(probe.stops, 1);
	assert_int_equal(probe.destroys, 1);
	assert_true(stand_has_ended(stand, "probe.value"));
	assert_true(stand_has_ended(stand, "probe.count"));
	assert_true(stand_has_ended(stand, "probe.time_count"));
	n = stand_samples(stand, "probe.value", NULL, NULL)->n;
	assert_false(value_is_stale(stand_samples(stand, "probe.value", NULL, NULL)->value[n - 2]));
	assert_int_equal(host_remove(stand->host, "probe", &err), -ENOENT);
	error_clear(&err);
}

static void gives_a_series_to_one_instance(void **state)
{
	struct stand *stand = *state;
	struct instance_stats first, second;
	struct host_stats stats;
	struct error err = { 0 };

	stand_must_add(stand, "{plugin: probe, interval: 100ms, labels: {instance: b}}", &plugin);
	stand_wait_for_collects(stand, "probe", 1);
	stand_must_add(stand, "{plugin: probe, name: b, interval: 100ms, with: {value: 7}}", &plugin);
	stand_wait_for_collects(stand, "b", 2);
	assert_true(stand_stats(stand, "probe", &first) && stand_stats(stand, "b", &second));
	assert_int_equal(first.refused, 0);
	assert_true(second.refused > 0);
	assert_int_equal(second.samples, 0);
	host_stats(stand->host, &stats);
	assert_true(stats.refused_owner >= second.refused);
	assert_int_equal(stand_samples(stand, "probe.value", NULL, NULL)->n_series, 1);
	assert_int_equal(host_remove(stand->host, "probe", &err), 0);
	WAIT_UNTIL(stand_stats(stand, "b", &second) && second.samples > 0);	/* it is free now */
	assert_false(stand_has_ended(stand, "probe.value"));
}

static void an_instance_with_a_name_has_series_of_its_own(void **state)
{
	struct stand *stand = *state;
	const struct samples *samples;

	stand_must_add(stand, entry, &plugin);
	stand_must_add(stand, "{plugin: probe, name: other, interval: 100ms, with: {value: 7}}", &plugin);
	stand_wait_for_collects(stand, "other", 1);
	samples = stand_samples(stand, "probe.value", "instance", "other");
	assert_true(samples->n > 0 && samples->value[0] == 7);
	samples = stand_samples(stand, "probe.value", "instance", "");
	assert_true(samples->n > 0 && samples->value[0] == 5);
}

static void a_failed_collect_ends_its_series_until_the_next(void **state)
{
	struct stand *stand = *state;
	struct instance_stats stats;

	stand_must_add(stand, entry, &plugin);
	stand_wait_for_collects(stand, "probe", 2);
	probe.fail_collect = -EIO;
	WAIT_UNTIL(stand_stats(stand, "probe", &stats) && stats.errors >= 2);
	assert_string_equal(stats.last_error, "collect: Input/output error");
	assert_int_equal(stats.series, 0);
	assert_true(stand_has_ended(stand, "probe.value"));
	probe.fail_collect = 0;
	WAIT_UNTIL(!stand_has_ended(stand, "probe.value"));
	assert_true(stand_stats(stand, "probe", &stats));
	assert_true(stats.series > 0);
}

static void a_series_that_is_absent_has_ended(void **state)
{
	struct stand *stand = *state;

	stand_must_add(stand, entry, &plugin);
	stand_wait_for_collects(stand, "probe", 2);
	probe.quiet = true;
	WAIT_UNTIL(stand_has_ended(stand, "probe.sometimes"));
	assert_false(stand_has_ended(stand, "probe.value"));
	stand_wait_for_collects(stand, "probe", 2);
	assert_true(stand_has_ended(stand, "probe.sometimes"));
	probe.quiet = false;
	WAIT_UNTIL(!stand_has_ended(stand, "probe.sometimes"));
}

static void a_counter_from_zero_begins_there(void **state)
{
	struct stand *stand = *state;
	const struct samples *samples;

	stand_must_add(stand, entry, &plugin);
	stand_wait_for_collects(stand, "probe", 2);
	samples = stand_samples(stand, "probe.count", NULL, NULL);
	assert_true(samples->n >= 3);
	assert_true(samples->value[0] == 0 && samples->value[1] == 1 && samples->value[2] == 2);
	assert_int_equal(samples->at[0], samples->at[1] - 1);
}

static void observations_become_a_distribution_and_counters(void **state)
{
	struct stand *stand = *state;
	const struct samples *samples;
	struct error err = { 0 };
	double count;

	stand_must_add(stand, entry, &plugin);
	stand_wait_for_collects(stand, "probe", 3);
	samples = stand_samples(stand, "probe.time", NULL, NULL);
	assert_true(samples->n >= 3);
	for (uint32_t i = 0; i < samples->n; i++)
		assert_true(samples->count[i] == 3 && samples->value[i] == 6);
	host_remove(stand->host, "probe", &err);
	samples = stand_samples(stand, "probe.time_count", NULL, NULL);
	count = samples->value[samples->n - 2];		/* the last before the mark */
	assert_true(samples->value[0] == 0 && count >= 9);
	samples = stand_samples(stand, "probe.time_sum", NULL, NULL);
	assert_true(samples->value[samples->n - 2] == 2 * count);
	samples = stand_samples(stand, "probe.time_bucket", "le", "+Inf");
	assert_true(samples->value[samples->n - 2] == count);
	samples = stand_samples(stand, "probe.time_bucket", "le", "2");
	assert_int_equal(samples->n_series, 1);
	assert_true(samples->value[samples->n - 2] == count / 3 * 2);
}

static void refuses_bad_samples_alone(void **state)
{
	struct stand *stand = *state;
	struct host_stats stats;
	struct instance_stats instance;

	stand_must_add(stand, entry, &plugin);
	probe.undeclared = probe.not_utf8 = probe.too_long = probe.ahead = true;
	WAIT_UNTIL((host_stats(stand->host, &stats), stats.refused_undeclared >= 2 && stats.refused_invalid >= 6));
	assert_int_equal(stats.refused_limit + stats.refused_owner + stats.refused_type, 0);
	assert_true(stand_stats(stand, "probe", &instance));
	assert_int_equal(instance.errors, 0);
	assert_true(stand_samples(stand, "probe.value", NULL, NULL)->n >= 2);
	assert_int_equal(stand_samples(stand, "probe.named", NULL, NULL)->n_series, 0);
}

static double last_of(struct stand *stand, const char *name)
{
	const struct samples *samples = stand_samples(stand, name, NULL, NULL);

	return samples->n ? samples->value[samples->n - 1] : 0;
}

static void the_staleness_mark_of_a_plugin_is_plain_nan(void **state)
{
	struct stand *stand = *state;

	probe.stale = true;
	stand_must_add(stand, entry, &plugin);
	stand_wait_for_collects(stand, "probe", 2);
	assert_int_equal(value_bits(last_of(stand, "probe.named")), NAN_BITS);
}

static void resets(void **state)
{
	struct stand *stand = *state;
	struct error err = { 0 };

	stand_must_add(stand, entry, &plugin);
	stand_must_add(stand, "{plugin: probe, name: fixed}", &without_reset);
	assert_int_equal(host_reset(stand->host, "probe", &err), 0);
	assert_int_equal(probe.resets, 1);
	assert_int_equal(host_reset(stand->host, "nobody", &err), -ENOENT);
	error_clear(&err);
	assert_int_equal(host_reset(stand->host, "fixed", &err), -ENOTSUP);
	assert_string_equal(error_text(&err), "fixed: its plugin has nothing to reset");
	error_clear(&err);
}

static void hands_on_events_also_the_last(void **state)
{
	struct stand *stand = *state;
	static const struct kymo_event mine = { sizeof mine, 0, 1, "probe.x", 1, NULL }, other = { sizeof other, 0, 1, "y", 1, NULL };
	const struct kymo_event *const events[] = { &mine, &other, &mine };
	struct host_stats stats;
	struct error err = { 0 };

	assert_int_equal(host_events(stand->host, events, 3), 0);
	stand_must_add(stand, "{plugin: probe, interval: 1h}", &plugin);
	assert_int_equal(host_events(stand->host, events, 3), 2);
	WAIT_UNTIL(probe.observed == 2);
	assert_int_equal(host_events(stand->host, events, 3), 2);
	assert_int_equal(host_remove(stand->host, "probe", &err), 0);
	assert_int_equal(probe.observed, 4);
	host_stats(stand->host, &stats);
	assert_int_equal(stats.events, 9);
	assert_int_equal(stats.events_unclaimed, 5);
	assert_int_equal(stats.events_dropped, 0);
}

static void refuses(struct stand *stand, const char *yaml, int code, const char *message)
{
	struct error err = { 0 };
	int r = stand_add(stand, yaml, &plugin, &err);

	if (r != code || !strstr(error_text(&err), message))
		fail_msg("%s: got %d, \"%s\"", yaml, r, error_text(&err));
	error_clear(&err);
}

static void refuses_what_cannot_be(void **state)
{
	struct stand *stand = *state;
	struct instance_stats stats;

	stand_must_add(stand, entry, &plugin);
	refuses(stand, entry, -EEXIST, "probe: there is an instance of that name");
	refuses(stand, "{plugin: probe, name: b, with: {value: 11}}", -EINVAL, "value");
	refuses(stand, "{plugin: probe, name: b, with: {valu: 1}}", -EINVAL, "valu");
	refuses(stand, "{plugin: probe, name: kymo}", -EINVAL, "the daemon's own");
	refuses(stand, "nonsense: [", -EINVAL, "entry:");
	refuses(stand, "", -EINVAL, "");
	probe.fail_create = 1;
	refuses(stand, "{plugin: probe, name: b}", -EINVAL, "not this value");
	probe.fail_create = 0;
	probe.fail_start = -EADDRINUSE;
	refuses(stand, "{plugin: probe, name: b}", -EADDRINUSE, "b: the plugin's start failed: Address already in use");
	probe.fail_start = 0;
	assert_false(stand_stats(stand, "b", &stats));
	stand_wait_for_collects(stand, "probe", 1);
}

static void survives_a_reload(void **state)
{
	struct stand *stand = *state;
	struct host_changes changes;
	struct instance_stats stats;
	struct error err = { 0 };

	stand_must_add(stand, entry, &plugin);
	assert_int_equal(stand_apply(stand, "plugins: []\n", &changes, &err), 0);
	assert_int_equal(changes.n, 1);
	assert_int_equal(changes.items[0].action, HOST_KEEP);
	host_changes_fini(&changes);
	assert_true(stand_stats(stand, "probe", &stats) && stats.added);
	stand_wait_for_collects(stand, "probe", 2);
	assert_int_equal(probe.creates, 1);
	assert_int_equal(stand_apply(stand, "plugins: []\nlabels: {site: a}\n", NULL, &err), 0);
	stand_wait_for_collects(stand, "probe", 1);
	assert_int_equal(probe.creates, 2);
	assert_true(stand_stats(stand, "probe", &stats) && stats.added);
	assert_true(stand_samples(stand, "probe.value", "site", "a")->n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stores_each_tick, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(marks_the_end_of_what_is_removed, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(gives_a_series_to_one_instance, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(an_instance_with_a_name_has_series_of_its_own, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(a_failed_collect_ends_its_series_until_the_next, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(a_series_that_is_absent_has_ended, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(a_counter_from_zero_begins_there, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(observations_become_a_distribution_and_counters, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(refuses_bad_samples_alone, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(the_staleness_mark_of_a_plugin_is_plain_nan, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(resets, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(hands_on_events_also_the_last, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(refuses_what_cannot_be, open_stand, close_stand),
		cmocka_unit_test_setup_teardown(survives_a_reload, open_stand, close_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
