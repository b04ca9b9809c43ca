/* SPDX-License-Identifier: MIT */
/* changes.h - what a reload did, or would do, as a table. */
#ifndef CLI_CHANGES_H
#define CLI_CHANGES_H

#include <cjson/cJSON.h>

void changes_show(const cJSON *answer);

#endif
