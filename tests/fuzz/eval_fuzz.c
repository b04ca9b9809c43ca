/* SPDX-License-Identifier: MIT */
/*
 * eval_fuzz.c - any text as a query, over a small store and with small limits: it
 * ends, and gives back what it held. The first bytes say when and from which tier.
 */
#include "driver.h"
#include "eval/promql.h"
#include "query/fake_store.h"
#include "query/random_promql.h"
#include "util/check.h"

#define MINUTE INT64_C(60000)
#define T0 INT64_C(1700000000000)

enum { POINTS_MOST = 12 };

static struct store store;
static struct promql *engine;

/* Raw samples of the last half hour, windows of the time before. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct promql_options options = promql_options_preset();

	(void)argc, (void)argv;
	random_seed(7);
	fake_init(&store, T0 + 120 * MINUTE);
	random_series(&store, T0, T0 + 120 * MINUTE);
	store.retention[KYMO_RAW] = 30 * MINUTE;
	store.retention[KYMO_1M] = 60 * MINUTE;
	options.limits = (struct eval_limits){ .samples = 200000, .memory = 4 << 20, .series = 100, .points = 100 };
	options.parse.depth = 60;
	CHECK(promql_create(&store, &options, &engine) == 0, "n=%u", store.n);
	return 0;
}

static void read_all(struct promql_run *run)
{
	struct promql_series series;
	struct promql_report report;
	struct error err = { 0 };
	AUTO_BUF json = { 0 };
	int r;

	if (promql_type(run) == TYPE_STRING)
		CHECK(promql_text(run), "type=%d", promql_type(run));
	while ((r = promql_next(run, &series, &err)) > 0)
		for (uint32_t i = 0; i < series.n; i++)
			CHECK(!value_is_stale(series.values[i]) && (!i || series.at[i] > series.at[i - 1]), "i=%u", i);
	CHECK((r < 0) == (err.code < 0), "r=%d, code=%d", r, err.code);
	promql_report(run, &report);
	CHECK(report.memory <= 4 << 20, "memory=%llu", (unsigned long long)report.memory);
	promql_explain(run, &json);
	error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const kymo_ms steps[] = { 1, 15000, MINUTE, 7 * MINUTE };
	struct fuzz_input in = fuzz_input_of(data, size);
	uint8_t how = fuzz_u8(&in), when = fuzz_u8(&in);
	struct promql_request request = { .instant = how & 1, .explain = how & 2, .tier = how & 4 ? how >> 3 & 3 : KYMO_AUTO,
					  .start = T0 + when * MINUTE / 2, .step = steps[how >> 5 & 3], .now = store.now };
	struct promql_run *run = NULL;
	struct error err = { 0 };
	bool is_execution;
	int r;

	request.end = request.start + request.step * (when % POINTS_MOST);
	request.query = (const char *)in.at;
	request.n = fuzz_left(&in);
	r = promql_open(engine, &request, &run, &is_execution, &err);
	CHECK(r <= 0 && (r < 0) == (err.code < 0) && (r < 0) == !run, "r=%d, code=%d", r, err.code);
	if (run)
		read_all(run);
	promql_close(run);
	error_clear(&err);
	return 0;
}
