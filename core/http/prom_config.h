/* SPDX-License-Identifier: MIT */
/* prom_config.h - the configuration as /api/v1/status/config and flags show it: without what plugins were given, which may be secret. */
#ifndef HTTP_PROM_CONFIG_H
#define HTTP_PROM_CONFIG_H

#include "conf/settings.h"

void prom_config_yaml(const struct settings *settings, struct buf *out);
void prom_config_flags(const struct settings *settings, struct buf *out);	/* a JSON object */

#endif
