/* SPDX-License-Identifier: MIT */
/*
 * fsck.h - is all of a store as it should be? Every file is read, every checksum
 * looked at, every chunk decoded, and what one part says compared with what others
 * do: the index with the blocks, the tiers with raw where raw is there.
 *
 * Looking changes nothing but PATH/fsck.tmp, which is made and removed: a copy with
 * the blocks as hard links, opened as the daemon would. Repairing sets damaged
 * files aside under NAME.damaged and writes anew what can be read of them, or be
 * made from other parts.
 */
#ifndef STORE_FSCK_H
#define STORE_FSCK_H

#include "store/store.h"

struct fsck_finding {
	const char *file;		/* inside of PATH; of what is about several: the folder */
	uint64_t offset;		/* where in it; FSCK_NOWHERE */
	const char *what, *lost;	/* lost "": nothing */
};
#define FSCK_NOWHERE UINT64_MAX

struct fsck_counts {
	uint32_t files, blocks, segments, series;
	uint64_t bytes, chunks, samples, records;	/* of blocks; `records` of tiers and distributions */
	uint64_t logged;		/* records of the WAL */
	uint64_t windows;		/* of tiers that were compared with raw */
	/*
	 * Of these, those that a tier does not have, and nothing older of their series: they may have expired, which is no
	 * finding. A repair computes them all the same.
	 */
	uint64_t older;
	uint32_t findings, aside;	/* found now; files that are set aside */
	uint64_t torn;			/* bytes at the end of the WAL that were being written when it ended: no damage */
};

struct fsck_request {
	const char *path;
	bool repair;
	/*
	 * What the configuration says of retention, size and policies; and its clock. What has expired by that is not
	 * looked for, and what is missing else is a finding, unless a size lets old blocks go. NULL: nobody knows.
	 */
	const struct store_options *kept;
	void (*found)(void *data, const struct fsck_finding *finding);
	void *data;
};

/* 0: clean, also after a repair that found nothing; 1: something was found; -EBUSY: it is running; or another error. */
int store_fsck(const struct fsck_request *request, struct fsck_counts *counts, struct error *err);

#endif
