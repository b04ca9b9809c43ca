/* SPDX-License-Identifier: MIT */
#include "plain/reading.h"
#include "util/clock.h"

#include <errno.h>
#include <inttypes.h>

/*
 * Where windows overlap, samples are looked at several times: so many fewer may be
 * read.
 */
static uint64_t most_samples(const struct reading *reading)
{
	const struct grid *grid = &reading->grid;
	uint64_t most = reading->limits->samples, times = 1;

	if (grid->n > 1 && grid->window > grid->step)
		times = (uint64_t)((grid->window + grid->step - 1) / grid->step);
	times = times > grid->n && grid->n ? grid->n : times;
	return most > times ? most / times : most ? 1 : 0;
}

void reading_init(struct reading *reading, struct store *store, const struct plain_limits *limits, kymo_ms now, struct error *err)
{
	*reading = (struct reading){ .store = store, .limits = limits, .err = err ? err : &reading->mine };
	reading->eval = (struct eval){
		.store = store, .now = now, .tier = KYMO_AUTO, .limits.memory = limits->memory, .err = reading->err,
		.deadline = limits->time ? clock_mono_ns() + limits->time * 1000000 : INT64_MAX,
	};
}

void reading_fini(struct reading *reading)
{
	chosen_fini(&reading->chosen);
	notes_fini(&reading->notes);
	error_clear(&reading->mine);
}

int reading_open(struct reading *reading, uint32_t granularity, enum plan_rule rule, uint32_t wants, struct source *source)
{
	struct stitch_request request = {
		.matchers = reading->chosen.matchers, .n_matchers = reading->chosen.n_matchers, .plan = &reading->parts.plan,
		.wants = fold_columns(wants), .series_most = reading->limits->series,
	};
	int r = parts_make(reading->store, &reading->chosen, &reading->grid, granularity, rule, reading->eval.now, &reading->parts, reading->err);

	request.samples_most = reading->samples_most = most_samples(reading);
	return r < 0 ? r : source_open_planned(&reading->eval, &request, source);
}

int reading_tell(struct reading *reading, const struct source *source, int r, const char *less)
{
	const struct plain_limits *limits = reading->limits;

	if (reading->err->code)
		return r;
	if (r == -E2BIG && reading->samples_most && source->stitch && stitch_samples(source->stitch) > reading->samples_most)
		return error_set(reading->err, r, "more than %" PRIu64 " samples would have to be read (limits.samples): ask for %s",
				 limits->samples, less);
	if (r == -E2BIG)
		return error_set(reading->err, r, "more than %" PRIu32 " series match (limits.series): add filters", limits->series);
	return error_set(reading->err, r, "query: %s", r == -ENOMEM ? "out of memory" : error_name(r));
}

int reading_explain(struct reading *reading, const struct source *source, void *answer, const struct kymo_part **parts, uint32_t *n_parts,
		    const char *const **warnings, uint32_t *n_warnings)
{
	uint32_t damaged = stitch_damaged(source->stitch);

	parts_explain(&reading->parts, &reading->grid, &reading->notes);
	if (damaged)
		notes_add(&reading->notes, "%" PRIu32 " damaged parts of the store were left out", damaged);
	chosen_explain(&reading->chosen, reading->store, &reading->notes);
	if (parts_give(&reading->parts, answer, parts, n_parts) < 0)
		return -ENOMEM;
	return notes_give(&reading->notes, answer, warnings, n_warnings);
}
