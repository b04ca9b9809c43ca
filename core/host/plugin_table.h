/* SPDX-License-Identifier: MIT */
/*
 * plugin_table.h - the constant that a plugin exports, copied into a struct and
 * tables of the size that this kymo knows, whatever size the plugin was built
 * with: what it lacks is zero, what it has beyond is left out. Strings and
 * functions stay the plugin's.
 */
#ifndef HOST_PLUGIN_TABLE_H
#define HOST_PLUGIN_TABLE_H

#include "util/cleanup.h"
#include "util/error.h"

#include <kymo/plugin.h>

#define PLUGIN_METRICS_MOST 10000
#define PLUGIN_OPTIONS_MOST 1000

/* `path` is for messages. 0, or -EINVAL, -EPROTONOSUPPORT with all that is wrong with the tables; -ENOMEM. */
int plugin_table_copy(const struct kymo_plugin *theirs, const char *path, struct kymo_plugin **out, struct error *err);
void plugin_table_free(struct kymo_plugin *plugin);	/* NULL is fine */

#endif
