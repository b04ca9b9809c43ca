/* SPDX-License-Identifier: MIT */
/* append_log.h - what the WAL is told of groups and their rows. */
#ifndef STORE_APPEND_LOG_H
#define STORE_APPEND_LOG_H

#include "head/group.h"
#include "wal/wal.h"

/* Before a row: the group as it is now, if the WAL does not know it or has not been told for long. */
void log_group(struct wal *wal, struct group *group);
void log_row(struct wal *wal, struct group *group, kymo_ms at, const struct row_view *row);

#endif
