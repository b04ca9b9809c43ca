/* SPDX-License-Identifier: MIT */
/*
 * target.h - where the daemon is: --socket or --url, else $KYMO_URL, else the
 * control socket of a daemon that runs as shipped, else http://127.0.0.1:9465.
 *
 * An address is http://HOST:PORT (https, and a path in front of kymo's own, are
 * fine), HOST:PORT, or a Unix socket as unix:PATH or an absolute path.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "util/error.h"

#include <stdbool.h>

#define TARGET_PRESET "http://127.0.0.1:9465"

struct target {
	char *socket;		/* NULL: TCP */
	char *url;		/* what paths are put behind: "http://127.0.0.1:9465" */
	bool found;		/* a socket that nobody named: may be one that a killed daemon left behind */
};

/* `socket` and `url` as the user gave them, or NULL. 0; -EINVAL: not an address; -ENOMEM. To be ended in any case. */
int target_find(struct target *target, const char *socket, const char *url, struct error *err);
void target_fini(struct target *target);
/* To TARGET_PRESET in place of a found socket where nobody answers. 0 or -ENOMEM. */
int target_turn_to_preset(struct target *target, struct error *err);

/*
 * Where events go: beside the control socket that the user gave, else $KYMO_EVENTS, else
 * the preset folder or /run/kymo, whichever has a socket.
 */
#define TARGET_PATH 4352
const char *target_events_path(const char *socket, char room[TARGET_PATH]);

/* For messages: the path of the socket, or the address. */
const char *target_name(const struct target *target);

#endif
