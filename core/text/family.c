/* SPDX-License-Identifier: MIT */
/* family.c - see family.h. */
#include "text/family.h"

#include "util/hash.h"

#include <errno.h>
#include <stdlib.h>

void families_fini(struct families *families)
{
	free(families->items);
	buf_fini(&families->texts);
	buf_fini(&families->scratch);
	map_fini(&families->names);
}

struct text_slice family_keep(struct families *families, struct text_word word)
{
	struct text_slice slice = { (uint32_t)families->texts.len, 0 };

	if (word.n > UINT32_MAX - families->texts.len || !buf_reserve(&families->texts, word.n + 1)) {
		families->texts.failed = true;
		return slice;
	}
	slice.n = text_unescape(word, (char *)families->texts.data + slice.at);
	families->texts.len += slice.n;
	return slice;
}

int family_add(struct families *families, struct text_word name, uint32_t line)
{
	if (families->n == FAMILIES_MOST)
		return -E2BIG;
	if (families->n == families->room) {
		uint32_t room = families->room ? families->room * 2 : 64;
		struct family *items = realloc(families->items, room * sizeof *items);

		if (!items)
			return -ENOMEM;
		families->items = items;
		families->room = room;
	}
	families->items[families->n] = (struct family){ .name = family_keep(families, name), .line = line };
	if (buf_failed(&families->texts))
		return -ENOMEM;
	families->n++;
	return 0;
}

/* ---- names ---- */

struct whole_name {
	const char *at;
	size_t n;
};

static bool item_equal(const void *data, uint32_t item, const void *key)
{
	const struct families *families = data;
	struct text_slice name = families->items[item / PARTS].name;
	const char *suffix = text_part_suffix(item % PARTS);
	const struct whole_name *wanted = key;
	size_t n = strlen(suffix);

	return wanted->n == name.n + n && !memcmp(wanted->at, family_text(families, name), name.n) &&
	       !memcmp(wanted->at + name.n, suffix, n);
}

static struct owner find(const struct families *families, struct whole_name name)
{
	uint32_t item = map_find(&families->names, hash_bytes(name.at, name.n), &name, item_equal, families);

	if (item == MAP_NONE)
		return (struct owner){ MAP_NONE, PART_SELF };
	return (struct owner){ item / PARTS, (enum text_part)(item % PARTS) };
}

int family_own(struct families *families, uint32_t family, enum text_part part, struct owner *owner)
{
	struct text_slice own = families->items[family].name;
	struct whole_name name;

	buf_clear(&families->scratch);
	buf_add(&families->scratch, family_text(families, own), own.n);
	buf_add_text(&families->scratch, text_part_suffix(part));
	if (buf_failed(&families->scratch))
		return -ENOMEM;
	name = (struct whole_name){ (const char *)families->scratch.data, families->scratch.len };
	*owner = find(families, name);
	if (owner->family != MAP_NONE)
		return 1;
	return map_add(&families->names, hash_bytes(name.at, name.n), family * PARTS + part);
}

/* As it is meant: the word itself, or scratch memory. n 0: out of memory. */
static struct whole_name plain(struct families *families, struct text_word word)
{
	if (!word.escaped)
		return (struct whole_name){ word.at, word.n };
	buf_clear(&families->scratch);
	if (!buf_reserve(&families->scratch, word.n))
		return (struct whole_name){ "", 0 };
	return (struct whole_name){ (const char *)families->scratch.data, text_unescape(word, (char *)families->scratch.data) };
}

struct owner family_owner(struct families *families, struct text_word name)
{
	return find(families, plain(families, name));
}

struct owner family_of_part(struct families *families, struct text_word word, enum text_part part)
{
	struct whole_name name = plain(families, word);
	size_t n = strlen(text_part_suffix(part));

	if (name.n <= n || memcmp(name.at + name.n - n, text_part_suffix(part), n) != 0)
		return (struct owner){ MAP_NONE, PART_SELF };
	name.n -= n;
	return find(families, name);
}

bool family_has_name(const struct families *families, uint32_t family, struct text_word word, unsigned parts, enum text_part *part)
{
	struct text_slice own = families->items[family].name;
	struct text_word front = { word.at, own.n, false }, own_word = { family_text(families, own), own.n, false };
	struct text_word back;

	if (word.escaped) {			/* rare: the name as a whole, with each suffix */
		for (unsigned i = 0; i < PARTS; i++) {
			const char *suffix = text_part_suffix(i);
			uint32_t n = (uint32_t)strlen(suffix);

			front = (struct text_word){ word.at, word.n - (n < word.n ? n : 0), true };
			if ((parts & PART_BIT(i)) && n < word.n && text_words_equal(front, own_word) &&
			    !memcmp(word.at + word.n - n, suffix, n))
				return *part = (enum text_part)i, true;
		}
		return false;
	}
	if (word.n < own.n || !text_words_equal(front, own_word))
		return false;
	back = (struct text_word){ word.at + own.n, word.n - own.n, false };
	for (unsigned i = 0; i < PARTS; i++)
		if ((parts & PART_BIT(i)) && text_word_is(back, text_part_suffix(i)))
			return *part = (enum text_part)i, true;
	return false;
}
