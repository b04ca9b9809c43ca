/* SPDX-License-Identifier: MIT */
/*
 * arena.c - pages are aligned to their size, so that a piece finds its page by
 * its address. What is larger than a quarter of a page has one of its own, of
 * the size it takes, and still begins in the first PAGE bytes of it.
 */
#include "index/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGE = 16384,
	BETWEEN = 32	/* for malloc's own words: else the next page could not begin right behind */
};

struct arena_page {
	struct arena_page *before, *after;
	size_t room, used;
	uint32_t pieces;
	bool own;		/* made for one large piece */
	uint8_t data[];
};

static struct arena_page *page_create(struct arena *arena, size_t need)
{
	size_t size = sizeof(struct arena_page) + need;
	struct arena_page *page;
	void *memory;

	if (size < PAGE - BETWEEN)
		size = PAGE - BETWEEN;
	if (posix_memalign(&memory, PAGE, size) != 0)
		return NULL;
	page = memory;
	*page = (struct arena_page){ .room = size - sizeof *page };
	arena->bytes += size;
	return page;
}

static void page_link(struct arena *arena, struct arena_page *page, struct arena_page *before)
{
	page->before = before;
	page->after = before ? before->after : arena->pages;
	if (page->after)
		page->after->before = page;
	*(before ? &before->after : &arena->pages) = page;
}

static void page_destroy(struct arena *arena, struct arena_page *page)
{
	*(page->before ? &page->before->after : &arena->pages) = page->after;
	if (page->after)
		page->after->before = page->before;
	arena->bytes -= page->room + sizeof *page;
	free(page);
}

void arena_fini(struct arena *arena)
{
	while (arena->pages)
		page_destroy(arena, arena->pages);
	*arena = (struct arena){ 0 };
}

/* A large piece's page goes behind the first, which still has room for others. */
static struct arena_page *page_for(struct arena *arena, size_t n)
{
	struct arena_page *first = arena->pages, *page;
	bool own = n > PAGE / 4;

	if (first && !first->own && !own && n <= first->room - first->used)
		return first;
	page = page_create(arena, n);
	if (!page)
		return NULL;
	page->own = own;
	page_link(arena, page, own ? first : NULL);
	return page;
}

void *arena_add(struct arena *arena, const void *data, size_t n)
{
	struct arena_page *page = page_for(arena, n);
	uint8_t *to;

	if (!page)
		return NULL;
	to = page->data + page->used;
	if (n)
		memcpy(to, data, n);
	page->used += n ? n : 1;	/* every piece has an address of its own */
	page->pieces++;
	return to;
}

void arena_remove(struct arena *arena, const void *data)
{
	struct arena_page *page = (struct arena_page *)((uintptr_t)data & ~(uintptr_t)(PAGE - 1));

	if (data && !--page->pieces)
		page_destroy(arena, page);
}
