/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h - what ends with its scope says so, and every early return is safe.
 *
 *	DEFINE_AUTO(block, block_close)		once, beside the type
 *	AUTO(block) block = block_create();	closed at the end of the scope
 *	*out = TAKE(block);			ours no longer
 */
#ifndef UTIL_CLEANUP_H
#define UTIL_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define DEFINE_AUTO(name, end) \
	static inline void name##_auto(struct name **p) \
	{ \
		if (*p) \
			end(*p); \
	}
#define AUTO(name) __attribute__((cleanup(name##_auto))) struct name *

#define TAKE(pointer) \
	__extension__({ \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL; \
		taken_; \
	})

static inline void free_auto(void *p)
{
	free(*(void **)p);
}
#define AUTO_FREE __attribute__((cleanup(free_auto)))

static inline void close_auto(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define AUTO_CLOSE __attribute__((cleanup(close_auto)))

#endif
