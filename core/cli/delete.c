/* SPDX-License-Identifier: MIT */
/* delete.c - `kymo delete`: what series have in a range of time, for good. */
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/show.h"

#include "util/json.h"

static const struct option_row options[] = {
	{ "label", "FILTER", "a=b, a!=b, a=~regex, a!~regex, or \"a like b*\". May be repeated: all must hold.", true },
	{ "last", "SPAN", "So long until now or --end: 30m, 6h, 7d.", false },
	{ "start", "TIME", "2026-01-31T12:00:00Z, unix seconds, now or -1h; 0: from the very first.", false },
	{ "end", "TIME", "The same; preset now.", false },
	{ 0 },
};

static const struct command command = {
	.name = "delete", .arguments = "NAME...", .options = options, .most = 200, .client = true, .json = true,
	.summary = "Delete what series have in a range of time. It cannot be undone.",
	.more = "kymo delete debug.queue --label host=old --start 0",
};

static void put_range(struct buf *out, const struct words *words)
{
	static const char *const keys[] = { "last", "start", "end", NULL };
	struct json json = json_to(out);

	json_object(&json);
	json_key(&json, "names");
	json_array(&json);
	for (uint32_t i = 0; i < words->n_arguments; i++)
		json_text(&json, words->arguments[i]);
	json_end(&json);
	json_key(&json, "filters");
	json_array(&json);
	for (uint32_t i = 0; i < words->n_given; i++)
		if (!strcmp(words->given[i].row->name, "label"))
			json_text(&json, words->given[i].value);
	json_end(&json);
	for (size_t i = 0; keys[i]; i++)
		if (words_get(words, keys[i]))
			json_put_text(&json, keys[i], words_get(words, keys[i]));
	json_end(&json);
}

static void show(const cJSON *answer, struct output *output)
{
	double n = show_number(answer, "series");

	if (n == 0)
		buf_add_text(&output->text, "no series has anything there\n");
	else
		buf_printf(&output->text, "deleted from %.0f series\n", n);
}

int cli_delete(int argc, char **argv)
{
	AUTO_BUF body = { 0 };
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	if (!words.n_arguments && !words_get(&words, "label"))
		return words_wrong(&command, "the name of a metric, or a --label, is missing");
	if (!words_get(&words, "start") && !words_get(&words, "last"))
		return words_wrong(&command, "from when on? --start or --last is missing");
	put_range(&body, &words);
	return client_run(&words, "POST", "/kymo/v1/delete", &body, show);
}
