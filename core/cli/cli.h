/* SPDX-License-Identifier: MIT */
/*
 * cli.h - the subcommands of `kymo`. Each has a file of its own and gets its
 * arguments with its own name as argv[0]. Exit codes: 0 done; 1 it failed, the
 * reason on stderr; 2 wrong usage, with the usage on stderr.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "service/service.h"

/*
 * The way in that `kymo serve` opens beside the service: main.c hands in the HTTP
 * server. open binds (before the store is touched), start begins to answer.
 */
struct cli_front {
	int (*open)(const struct settings *settings, void **front, struct error *err);
	int (*start)(void *front, struct kymo *kymo, struct error *err);
	void (*close)(void *front);
};

int cli_main(int argc, char **argv, const struct cli_front *front);

int cli_serve(int argc, char **argv, const struct cli_front *front);
int cli_check(int argc, char **argv);
int cli_describe(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_reload(int argc, char **argv);
int cli_maintain(int argc, char **argv);
int cli_query(int argc, char **argv);
int cli_list(int argc, char **argv);
int cli_latest(int argc, char **argv);
int cli_stats(int argc, char **argv);
int cli_snapshot(int argc, char **argv);
int cli_record(int argc, char **argv);
int cli_delete(int argc, char **argv);
int cli_fsck(int argc, char **argv);
int cli_plugin(int argc, char **argv);

#endif
