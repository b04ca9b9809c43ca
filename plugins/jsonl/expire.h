/* SPDX-License-Identifier: MIT */
/* expire.h - removes old files of the sink, and the folders that get empty by it. */
#ifndef JSONL_EXPIRE_H
#define JSONL_EXPIRE_H

#include <kymo/abi.h>

/*
 * Remove the files below the folder whose window begins before `start`.
 * Whatever has another name stays, and no link is followed. Returns how many
 * were removed.
 */
uint64_t expire_before(int root, kymo_ms start);

#endif
