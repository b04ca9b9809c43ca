/* SPDX-License-Identifier: MIT */
/* format.h - what stands in a segment; docs/format.md has all of it. */
#ifndef WAL_FORMAT_H
#define WAL_FORMAT_H

#define WAL_MAGIC "KYMO-WAL"
#define WAL_VERSION 1u

enum wal_frame { WAL_RECORD = 1 };

/* The first byte of a part. */
enum wal_part { WAL_SAMPLES = 1, WAL_SAMPLES_TIMED, WAL_GROUP, WAL_ROW, WAL_ROW_OF_SOME };

#define WAL_GROUPS 65536u		/* numbers of groups in a segment */

/* Behind the last record: no frame begins like this, so the end is known from a torn one. */
enum { WAL_END = 8 };			/* bytes, all zero */

#endif
