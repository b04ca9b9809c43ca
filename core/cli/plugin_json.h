/* SPDX-License-Identifier: MIT */
/* plugin_json.h - a plugin's tables as JSON. */
#ifndef CLI_PLUGIN_JSON_H
#define CLI_PLUGIN_JSON_H

#include "util/json.h"

#include <kymo/plugin.h>

/* Members of an object that is open: version, summary, kind, events, options, metrics ... */
void plugin_json(struct json *json, const struct kymo_plugin *plugin);

#endif
