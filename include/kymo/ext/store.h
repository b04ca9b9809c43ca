/* SPDX-License-Identifier: MIT */
/*
 * store.h - extension "kymo.store/1" of the host: where its store lies. For
 * collectors that measure kymo itself.
 */
#ifndef KYMO_EXT_STORE_H
#define KYMO_EXT_STORE_H

#include <kymo/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KYMO_STORE_1 "kymo.store/1"

struct kymo_store {
	uint32_t size;		/* sizeof(struct kymo_store) */
	/*
	 * The folder that holds wal/, raw/, 1m/, 5m/ and 1h/, absolute; NULL:
	 * there is none on a disk. Lives as long as the instance. Any thread.
	 */
	const char *(*path)(const struct kymo_host *);
};

#ifdef __cplusplus
}
#endif
#endif
