/* SPDX-License-Identifier: MIT */
/* service_stats.h - how the daemon itself is doing, for `kymo stats` without a metric. */
#ifndef CLI_SERVICE_STATS_H
#define CLI_SERVICE_STATS_H

#include "cli/client.h"

void service_stats_show(const cJSON *answer, struct output *output);
void service_stats_show_sizes(const cJSON *answer, struct output *output);
void service_stats_show_instances(const cJSON *answer, struct output *output);

#endif
