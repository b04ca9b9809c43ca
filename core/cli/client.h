/* SPDX-License-Identifier: MIT */
/* client.h - ask the daemon (target.h: where it is), and print what it says. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "cli/words.h"
#include "util/buf.h"

#include <cjson/cJSON.h>

/* What a subcommand prints: the answer on stdout, remarks about it on stderr behind it. */
struct output {
	struct buf text, remarks;
};

/*
 * One request. With --json the answer is printed as it is; else `show` makes text
 * of it. Gives the exit code: 1 with the reason on stderr where nobody answers, or
 * the daemon's own words where it refuses. `path` is encoded, `body` NULL: none.
 */
int client_run(const struct words *words, const char *method, const char *path, const struct buf *body,
	       void (*show)(const cJSON *answer, struct output *output));

/* Append "?name=value" or "&name=value", percent-encoded; a part of a path with client_escape. */
void client_parameter(struct buf *path, const char *name, const char *value);
void client_escape(struct buf *path, const char *text);

#endif
