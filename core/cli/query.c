/* SPDX-License-Identifier: MIT */
/* query.c - `kymo query`: a plain query, as docs/queries.md tells it. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/table.h"

#include "util/json.h"

static const struct option_row options[] = {
	{ "name", "NAME", "A metric; * and ? are wildcards. May be repeated.", true },
	{ "label", "FILTER", "a=b, a!=b, a=~regex, a!~regex, or \"a like b*\". May be repeated: all must hold.", true },
	{ "last", "SPAN", "So long until now or --end: 30m, 6h, 7d. Preset 1h.", false },
	{ "start", "TIME", "2026-01-31T12:00:00Z, unix seconds, now or -1h.", false },
	{ "end", "TIME", "The same; preset now.", false },
	{ "function", "NAME", "sum avg min max count p50 p95 p99; without it the values themselves.", false },
	{ "step", "SPAN", "Distance of the points; without it one for the whole range.", false },
	{ "window", "SPAN", "What each point covers; preset the step.", false },
	{ "points", "N", "At most so many points a series, by a longer step.", false },
	{ "granularity", "TIER", "auto raw 1m 5m 1h; preset auto.", false },
	{ 0 },
};

static const struct command command = {
	.name = "query", .arguments = "[NAME...]", .options = options, .most = 200, .client = true, .json = true,
	.summary = "Values over time.",
	.more = "kymo query --name system.cpu.usage --last 5m --function avg --step 30s",
};

static const struct column columns[] = { { "AT" }, { "VALUE", .right = true } };

static void put_list(struct json *json, const char *key, const struct words *words, const char *option)
{
	json_key(json, key);
	json_array(json);
	for (uint32_t i = 0; i < words->n_given; i++)
		if (!strcmp(words->given[i].row->name, option))
			json_text(json, words->given[i].value);
	for (uint32_t i = 0; !strcmp(key, "names") && i < words->n_arguments; i++)
		json_text(json, words->arguments[i]);
	json_end(json);
}

/* Words go to the daemon as they are: it knows what they mean and says what is wrong with them. */
static void put_query(struct buf *out, const struct words *words)
{
	static const char *const keys[] = { "last", "start", "end", "function", "step", "window", "points", "granularity", NULL };
	struct json json = json_to(out);

	json_object(&json);
	put_list(&json, "names", words, "name");
	put_list(&json, "filters", words, "label");
	for (size_t i = 0; keys[i]; i++)
		if (words_get(words, keys[i]))
			json_put_text(&json, keys[i], words_get(words, keys[i]));
	json_end(&json);
}

static void show_points(const cJSON *points, struct buf *out)
{
	struct table table = table_of(columns);
	const cJSON *point;

	cJSON_ArrayForEach(point, points) {
		show_time(table_cell(&table), cJSON_GetArrayItem(point, 0));
		show_value(table_cell(&table), cJSON_GetArrayItem(point, 1));
	}
	table_print(&table, out);
}

static void show(const cJSON *answer, struct output *output)
{
	struct buf *out = &output->text;
	const cJSON *series;

	cJSON_ArrayForEach(series, show_find(answer, "series")) {
		buf_add_text(out, out->len ? "\n" : "");
		show_series(out, series);
		buf_add_text(out, "\n");
		show_points(show_find(series, "points"), out);
	}
	if (!out->len)
		buf_add_text(&output->remarks, "nothing in this range\n");
	show_remarks(answer, &output->remarks);
}

int cli_query(int argc, char **argv)
{
	AUTO_BUF body = { 0 };
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	if (!words.n_arguments && !words_get(&words, "name"))
		return words_wrong(&command, "the name of a metric is missing");
	put_query(&body, &words);
	return client_run(&words, "POST", "/kymo/v1/query", &body, show);
}
