/* SPDX-License-Identifier: MIT */
/* wal_format.h - what stands at the begin of a segment; docs/format.md has all of it. */
#ifndef STORE_WAL_FORMAT_H
#define STORE_WAL_FORMAT_H

#define WAL_MAGIC "KYMO-WAL"
#define WAL_VERSION 1u

enum wal_frame { WAL_BATCH = 1 };

#endif
