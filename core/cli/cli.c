/* SPDX-License-Identifier: MIT */
/* cli.c - the table of subcommands, and finding one in it. */
#include "cli/cli.h"

#include "conf/words.h"
#include "util/check.h"

#include <stdio.h>

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);	/* NULL: serve, which gets the front */
	const char *summary;
} subcommands[] = {
	{ "serve",    NULL,	    "Run the daemon." },
	{ "check",    cli_check,    "Say what is wrong with a configuration file." },
	{ "describe", cli_describe, "What can stand in the configuration, or a plugin's options and metrics." },
	{ "plan",     cli_plan,     "What a configuration file would change in the running daemon." },
	{ "reload",   cli_reload,   "Read the configuration again and apply what changed." },
	{ "query",    cli_query,    "Values over time: ranges, functions, steps." },
	{ "latest",   cli_latest,   "The newest values." },
	{ "list",     cli_list,     "The metrics that there are." },
	{ "stats",    cli_stats,    "How the daemon is doing; or one metric summed up." },
	{ "snapshot", cli_snapshot, "The newest values of everything, in groups." },
	{ "record",   cli_record,   "Record an event." },
	{ "maintain", cli_maintain, "Flush, close windows, merge and expire now." },
	{ "delete",   cli_delete,   "Delete what series have in a range of time." },
	{ "fsck",     cli_fsck,     "Look for damage in a store that is not running; repair it." },
	{ "plugin",   cli_plugin,   "The plugins that there are." },
};

static void print_usage(FILE *to)
{
	fputs("usage: kymo COMMAND [ARGUMENT...] [OPTION...]\n\n", to);
	for (size_t i = 0; i < COUNT_OF(subcommands); i++)
		fprintf(to, "  %-8s  %s\n", subcommands[i].name, subcommands[i].summary);
	fputs("\nkymo COMMAND --help tells more; kymo --version, which one this is.\n", to);
}

static const char *name_at(const void *words, size_t i)
{
	(void)words;
	return i < COUNT_OF(subcommands) ? subcommands[i].name : NULL;
}

static int unknown(const char *word)
{
	const char *near = nearest_word(word, name_at, NULL);
	char room[SHOWN];

	fprintf(stderr, "kymo: there is no command \"%s\"", shown(word, room));
	if (near)
		fprintf(stderr, "; did you mean \"%s\"?", near);
	fputs("\n", stderr);
	print_usage(stderr);
	return 2;
}

static bool is_any(const char *word, const char *a, const char *b, const char *c)
{
	return !strcmp(word, a) || !strcmp(word, b) || !strcmp(word, c);
}

int cli_main(int argc, char **argv, const struct cli_front *front)
{
	if (argc < 2) {
		print_usage(stderr);
		return 2;
	}
	if (is_any(argv[1], "--help", "-h", "help")) {
		print_usage(stdout);
		return 0;
	}
	if (is_any(argv[1], "--version", "-V", "version")) {
		puts("kymo " KYMO_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COUNT_OF(subcommands); i++)
		if (!strcmp(subcommands[i].name, argv[1]))
			return subcommands[i].run ? subcommands[i].run(argc - 1, argv + 1) :
						    cli_serve(argc - 1, argv + 1, front);
	return unknown(argv[1]);
}
