/* SPDX-License-Identifier: MIT */
/* changes.h - what a reload did, or would do, as a table. */
#ifndef CLI_CHANGES_H
#define CLI_CHANGES_H

#include "cli/client.h"

void changes_show(const cJSON *answer, struct output *output);

#endif
