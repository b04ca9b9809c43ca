/* SPDX-License-Identifier: MIT */
/*
 * plan.c - `kymo plan FILE`: what a configuration would change. The running daemon
 * reads the file, because only it knows what runs; so it gets the absolute path.
 */
#include "cli/changes.h"
#include "cli/cli.h"
#include "cli/client.h"

#include "util/json.h"

#include <errno.h>
#include <stdio.h>

static const struct command command = {
	.name = "plan", .arguments = "FILE", .least = 1, .most = 1, .client = true, .json = true,
	.summary = "What a configuration file would change in the running daemon, without changing anything.",
	.more = "The daemon itself reads FILE: its user must be able to.",
};

int cli_plan(int argc, char **argv)
{
	AUTO_FREE char *file = NULL;
	AUTO_BUF body = { 0 };
	struct json json = json_to(&body);
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	file = realpath(words.arguments[0], NULL);
	if (!file) {
		fprintf(stderr, "%s: %s\n", words.arguments[0], error_name(-errno));
		return 1;
	}
	json_object(&json);
	json_put_text(&json, "file", file);
	json_end(&json);
	return client_run(&words, "POST", "/kymo/v1/plan", buf_text(&body), changes_show);
}
