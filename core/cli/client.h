/* SPDX-License-Identifier: MIT */
/*
 * client.h - ask the daemon: over --url or --socket, else $KYMO_URL, else the
 * control socket in the preset folder if it is there for us, else
 * http://127.0.0.1:9465.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "cli/words.h"
#include "util/buf.h"
#include "util/error.h"

#include <cjson/cJSON.h>

/*
 * One request. 0 with what the daemon said; or a negative errno with the reason: nobody
 * answers there, or the daemon's own error. `body` NULL: none.
 */
int client_call(const struct words *words, const char *method, const char *path, const char *body, struct buf *answer,
		struct error *err);

/*
 * The same for a subcommand: prints the answer as it is with --json, else hands
 * the tree to `show`. Gives the exit code; what went wrong has been printed.
 */
int client_run(const struct words *words, const char *method, const char *path, const char *body,
	       void (*show)(const cJSON *answer));

/* Append "?name=value" or "&name=value", percent-encoded; a path part with client_escape. */
void client_parameter(struct buf *path, const char *name, const char *value);
void client_escape(struct buf *path, const char *text);

/* The events socket that belongs to the words and the environment, for `kymo record`. NULL: as <kymo/event.h> finds it. */
const char *client_events_path(const struct words *words, char *room, size_t size);

#endif
