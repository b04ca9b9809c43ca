/* SPDX-License-Identifier: MIT */
/* maintain.c - `kymo maintain`: the store's work, now. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/table.h"

#include "util/json.h"

static const struct command command = {
	.name = "maintain", .arguments = "[flush] [close] [merge] [expire]", .most = 8, .client = true, .json = true,
	.summary = "Do at once what the store does in the background; without a word, all of it.",
	.more = "flush   samples in memory become blocks\n"
		"close   windows that have ended go into the tiers\n"
		"merge   small blocks become larger ones\n"
		"expire  what is older than its retention goes",
};

static void show(const cJSON *answer)
{
	static const struct { const char *key, *text; } rows[] = {
		{ "flushed_samples", "samples flushed" },   { "closed_windows", "windows closed" },
		{ "recomputed_windows", "windows recomputed" }, { "blocks_written", "blocks written" },
		{ "blocks_merged", "blocks merged" },	    { "blocks_expired", "blocks expired" },
		{ "series_expired", "series expired" },	    { "wal_removed", "log files removed" },
	};
	struct table table;
	char text[SHOW_TEXT];

	table_init(&table, "DONE|>HOW MUCH");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		table_cell(&table, rows[i].text);
		table_cell(&table, show_count(answer, rows[i].key, text));
	}
	table_cell(&table, "written");
	table_cell(&table, show_size(answer, "bytes_written", text));
	table_cell(&table, "freed");
	table_cell(&table, show_size(answer, "bytes_freed", text));
	table_cell(&table, "took");
	table_cell(&table, show_span(answer, "took", text));
	table_end(&table);
}

int cli_maintain(int argc, char **argv)
{
	AUTO_BUF body = { 0 };
	struct json json = json_to(&body);
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	json_object(&json);
	json_key(&json, "do");
	json_array(&json);
	for (uint32_t i = 0; i < words.n_arguments; i++)
		json_text(&json, words.arguments[i]);
	json_end(&json);
	json_end(&json);
	return client_run(&words, "POST", "/kymo/v1/maintain", buf_text(&body), show);
}
