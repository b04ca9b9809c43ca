/* SPDX-License-Identifier: MIT */
/* reload.c - `kymo reload`: what SIGHUP does, with an answer. */
#include "cli/changes.h"
#include "cli/cli.h"
#include "cli/client.h"

static const struct command command = {
	.name = "reload", .arguments = "", .client = true, .json = true,
	.summary = "Let the daemon read its configuration again and apply what changed, or say why nothing is applied.",
};

int cli_reload(int argc, char **argv)
{
	struct words words;
	int r = words_read(&command, argc, argv, &words);

	return r != WORDS_GO ? r : client_run(&words, "POST", "/-/reload", NULL, changes_show);
}
