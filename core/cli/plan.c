/* SPDX-License-Identifier: MIT */
/*
 * plan.c - `kymo plan FILE`: what a configuration would change. The running daemon
 * reads the file, because only it knows what runs; so it gets the absolute path.
 */
#include "cli/changes.h"
#include "cli/cli.h"

#include "util/file.h"
#include "util/json.h"

#include <errno.h>
#include <stdio.h>

static const struct command command = {
	.name = "plan", .arguments = "FILE", .least = 1, .most = 1, .client = true, .json = true,
	.summary = "What a configuration file would change in the running daemon, without changing anything.",
	.more = "The daemon itself reads FILE: its user must be able to.",
};

/* As the user names it: a link stays the link that messages speak of. */
static char *absolute(const char *file)
{
	AUTO_FREE char *folder = NULL;

	if (file[0] == '/')
		return strdup(file);
	folder = getcwd(NULL, 0);
	return folder ? path_join(folder, strncmp(file, "./", 2) ? file : file + 2) : NULL;
}

int cli_plan(int argc, char **argv)
{
	AUTO_FREE char *file = NULL;
	AUTO_BUF body = { 0 };
	struct json json = json_to(&body);
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	if (r != WORDS_GO)
		return r;
	file = absolute(words.arguments[0]);
	if (!file) {
		fprintf(stderr, "kymo: %s: %s\n", words.arguments[0], error_name(-errno));
		return 1;
	}
	json_object(&json);
	json_put_text(&json, "file", file);
	json_end(&json);
	return client_run(&words, "POST", "/kymo/v1/plan", &body, changes_show);
}
