/* SPDX-License-Identifier: MIT */
/* hash.h - XXH3 (xxhash.com), inlined: hashes for maps, checksums for files. */
#ifndef UTIL_HASH_H
#define UTIL_HASH_H

#define XXH_INLINE_ALL
#include <xxhash.h>

static inline uint64_t hash_bytes(const void *data, size_t n)
{
	return XXH3_64bits(data, n);
}

/* The checksum in files: the low 32 bits. */
static inline uint32_t checksum(const void *data, size_t n)
{
	return (uint32_t)XXH3_64bits(data, n);
}

#endif
