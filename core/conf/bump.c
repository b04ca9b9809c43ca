/* SPDX-License-Identifier: MIT */
/*
 * bump.c - chunks of 4 KiB and doubling, filled from the front; what is larger
 * than a chunk gets one of its own.
 */
#include "conf/bump.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHUNK ((size_t)4096)
#define LARGEST_CHUNK ((size_t)256 * 1024)

struct bump_chunk {
	struct bump_chunk *next;
	size_t used, room;
	alignas(max_align_t) char data[];
};

static struct bump_chunk *add_chunk(struct bump *bump, size_t n)
{
	size_t room = bump->chunks ? 2 * bump->chunks->room : FIRST_CHUNK;
	struct bump_chunk *chunk;

	if (room > LARGEST_CHUNK)
		room = LARGEST_CHUNK;
	if (room < n)
		room = n;
	chunk = calloc(1, sizeof *chunk + room);
	if (!chunk)
		return NULL;
	chunk->room = room;
	chunk->next = bump->chunks;
	bump->chunks = chunk;
	return chunk;
}

void *bump_alloc(struct bump *bump, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct bump_chunk *chunk = bump->chunks;
	void *memory;

	if (n > SIZE_MAX / 4)
		return NULL;
	n = (n + align - 1) / align * align;
	if (!chunk || chunk->room - chunk->used < n)
		chunk = add_chunk(bump, n);
	if (!chunk)
		return NULL;
	memory = chunk->data + chunk->used;
	chunk->used += n;
	return memory;
}

void *bump_array(struct bump *bump, size_t n, size_t item)
{
	size_t size;

	if (__builtin_mul_overflow(n, item, &size))
		return NULL;
	return bump_alloc(bump, size);
}

char *bump_copy(struct bump *bump, const char *text, size_t n)
{
	char *copy = n < SIZE_MAX ? bump_alloc(bump, n + 1) : NULL;

	if (copy && n)
		memcpy(copy, text, n);
	return copy;
}

void bump_fini(struct bump *bump)
{
	while (bump->chunks) {
		struct bump_chunk *next = bump->chunks->next;

		free(bump->chunks);
		bump->chunks = next;
	}
}
