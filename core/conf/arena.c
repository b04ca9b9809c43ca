/* SPDX-License-Identifier: MIT */
/*
 * arena.c - chunks of 4 KiB and doubling, filled from the front; what is larger
 * than a chunk gets one of its own.
 */
#include "conf/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHUNK ((size_t)4096)
#define LARGEST_CHUNK ((size_t)256 * 1024)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, room;
	alignas(max_align_t) char data[];
};

static struct arena_chunk *add_chunk(struct arena *arena, size_t n)
{
	size_t room = arena->chunks ? 2 * arena->chunks->room : FIRST_CHUNK;
	struct arena_chunk *chunk;

	if (room > LARGEST_CHUNK)
		room = LARGEST_CHUNK;
	if (room < n)
		room = n;
	chunk = calloc(1, sizeof *chunk + room);
	if (!chunk)
		return NULL;
	chunk->room = room;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *chunk = arena->chunks;
	void *memory;

	if (n > SIZE_MAX / 4)
		return NULL;
	n = (n + align - 1) / align * align;
	if (!chunk || chunk->room - chunk->used < n)
		chunk = add_chunk(arena, n);
	if (!chunk)
		return NULL;
	memory = chunk->data + chunk->used;
	chunk->used += n;
	return memory;
}

void *arena_array(struct arena *arena, size_t n, size_t item)
{
	size_t size;

	if (__builtin_mul_overflow(n, item, &size))
		return NULL;
	return arena_alloc(arena, size);
}

char *arena_copy(struct arena *arena, const char *text, size_t n)
{
	char *copy = n < SIZE_MAX ? arena_alloc(arena, n + 1) : NULL;

	if (copy && n)
		memcpy(copy, text, n);
	return copy;
}

void arena_fini(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
}
