/* SPDX-License-Identifier: MIT */
/* maintain.c - `kymo maintain`: the store's work, now. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"
#include "cli/table.h"

#include "util/check.h"
#include "util/json.h"

static const struct command command = {
	.name = "maintain", .arguments = "[flush] [close] [merge] [expire]", .most = 8, .client = true, .json = true,
	.summary = "Do at once what the store does in the background; without a word, all of it.",
	.more = "flush   samples in memory become blocks\n"
		"close   windows that have ended go into the tiers\n"
		"merge   small blocks become larger ones\n"
		"expire  what is older than its retention goes",
};

static const char *const works[] = { "flush", "close", "merge", "expire", NULL };

static const struct column columns[] = { { NULL }, { .right = true } };

static const struct { const char *key, *text; show_add *add; } rows[] = {
	{ "flushed_samples",	"samples flushed",    show_value },
	{ "closed_windows",	"windows closed",     show_value },
	{ "recomputed_windows", "windows recomputed", show_value },
	{ "blocks_written",	"blocks written",     show_value },
	{ "blocks_merged",	"blocks merged",      show_value },
	{ "blocks_expired",	"blocks expired",     show_value },
	{ "series_expired",	"series expired",     show_value },
	{ "wal_removed",	"log files removed",  show_value },
	{ "bytes_written",	"written",	      show_size },
	{ "bytes_freed",	"freed",	      show_size },
	{ "took",		"took",		      show_span },
};

static void show(const cJSON *answer, struct output *output)
{
	struct table table = table_of(columns);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_add_text(table_cell(&table), rows[i].text);
		rows[i].add(table_cell(&table), show_find(answer, rows[i].key));
	}
	table_print(&table, &output->text);
}

static bool is_work(const char *word)
{
	for (size_t i = 0; works[i]; i++)
		if (!strcmp(works[i], word))
			return true;
	return false;
}

/* Without a word: all of it, which is what the daemon does without a list. */
static void put_works(struct buf *body, const struct words *words)
{
	struct json json = json_to(body);

	json_object(&json);
	if (words->n_arguments) {
		json_key(&json, "do");
		json_array(&json);
		for (uint32_t i = 0; i < words->n_arguments; i++)
			json_text(&json, words->arguments[i]);
		json_end(&json);
	}
	json_end(&json);
}

int cli_maintain(int argc, char **argv)
{
	AUTO_BUF body = { 0 };
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	for (uint32_t i = 0; i < words.n_arguments; i++)
		if (!is_work(words.arguments[i]))
			return words_wrong(&command, "there is no work \"%s\"", words.arguments[i]);
	put_works(&body, &words);
	return client_run(&words, "POST", "/kymo/v1/maintain", &body, show);
}
