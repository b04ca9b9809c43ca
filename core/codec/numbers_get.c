/* SPDX-License-Identifier: MIT */
/* numbers_get.c - integers back from their bytes, whichever form they have. */
#include "codec/numbers.h"

bool numbers_head(struct cursor *in, uint8_t tag, uint32_t n, struct numbers_head *head)
{
	head->form = tag & TAG_FORM;
	head->order = tag / TAG_ORDER & 3;
	head->first = take_zigzag(in);
	head->gcd = tag & TAG_GCD ? take_varint(in) : 1;
	head->base = head->order < 2 ? take_zigzag(in) : 0;
	if (in->bad || head->order > 2)
		return false;
	if (head->form == FORM_LINE)
		return head->order == 0 && head->gcd == 1;
	return n <= VALUES_MOST && (head->form == FORM_BLOCKS || head->form == FORM_CODED || head->order == 1);
}

/* ---- those that are not the usual one ---- */

static bool spread_bitmap(const uint8_t *bitmap, const uint64_t *some, uint32_t changes, uint64_t *z, uint32_t n)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t bit = bitmap[i / 8] >> i % 8 & 1;

		if (k + bit > changes)
			return false;
		z[i] = bit ? some[k] + 1 : 0;
		k += bit;
	}
	return k == changes;
}

static bool spread_places(struct cursor *places, const uint64_t *some, uint32_t changes, uint64_t *z, uint32_t n)
{
	uint64_t place = 0;

	memset(z, 0, n * sizeof *z);
	for (uint32_t k = 0; k < changes; k++, place++) {
		uint64_t gap = take_varint(places);

		if (gap >= n - place)
			return false;
		place += gap;
		z[place] = some[k] + 1;
	}
	return true;
}

/* Varints that were not looked at yet: over as many as there are. */
static bool skip_varints(struct cursor *in, uint32_t n)
{
	for (uint32_t i = 0; i < n && !in->bad; i++)
		take_varint(in);
	return !in->bad;
}

bool sparse_find(struct cursor *in, enum form form, uint32_t n, struct sparse *sparse)
{
	uint64_t changes = take_varint(in);

	sparse->places = *in;
	sparse->changes = (uint32_t)changes;
	if (in->bad || changes > n)
		return false;
	if (form == FORM_BITMAP ? !take_bytes(in, (n + 7) / 8) : !skip_varints(in, sparse->changes))
		return false;
	return blocks_find(in, sparse->changes, &sparse->blocks);
}

static bool sparse_body(struct cursor *in, enum form form, uint32_t n, uint64_t *z)
{
	uint64_t some[VALUES_MOST];
	struct sparse sparse;

	if (!sparse_find(in, form, n, &sparse))
		return false;
	blocks_get(&sparse.blocks, some);
	return form == FORM_BITMAP ? spread_bitmap(sparse.places.at, some, sparse.changes, z, n)
				   : spread_places(&sparse.places, some, sparse.changes, z, n);
}

bool numbers_body(struct cursor *in, enum form form, uint32_t n, uint64_t *z)
{
	struct blocks blocks;

	if (form == FORM_BITMAP || form == FORM_PLACES)
		return sparse_body(in, form, n, z);
	if (form == FORM_CODED)
		return coded_get(in, n, z);
	if (form != FORM_BLOCKS || !blocks_find(in, n, &blocks))
		return false;
	blocks_get(&blocks, z);
	return true;
}

/* ---- integers ---- */

void numbers_restore(const struct numbers_head *head, const uint64_t *z, uint32_t n, uint64_t *integers)
{
	uint64_t sum = head->first, difference = 0, g = head->gcd, base = head->base;

	for (uint32_t i = 0; i < n && head->order == 0; i++)
		integers[i] = sum + (base + z[i]) * g;
	for (uint32_t i = 0; i < n && head->order == 1; i++)
		integers[i] = sum += (base + unzigzag(z[i])) * g;
	for (uint32_t i = 0; i < n && head->order == 2; i++)
		integers[i] = sum += (difference += unzigzag(z[i])) * g;
}

bool numbers_get(struct cursor *in, uint8_t tag, uint32_t n, uint64_t *integers)
{
	struct numbers_head head;

	if (!numbers_head(in, tag, n, &head))
		return false;
	integers[0] = head.first;
	if (head.form != FORM_LINE) {
		if (!numbers_body(in, head.form, n - 1, integers + 1))
			return false;
		numbers_restore(&head, integers + 1, n - 1, integers + 1);
		return true;
	}
	for (uint32_t i = 1; i < n; i++)
		integers[i] = integers[i - 1] + head.base;
	return true;
}
