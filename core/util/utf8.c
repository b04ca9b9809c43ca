/* SPDX-License-Identifier: MIT */
/* utf8.c - table 3-7 of the Unicode standard: what may follow each first byte. */
#include "util/utf8.h"

#include <stdint.h>
#include <string.h>

static bool follows(uint8_t byte, uint8_t low, uint8_t high)
{
	return byte >= low && byte <= high;
}

size_t utf8_step(const char *text, size_t n)
{
	const uint8_t *s = (const uint8_t *)text;
	uint8_t low = 0x80, high = 0xbf;
	size_t len;

	if (!n)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;		/* else overlong */
	else if (s[0] == 0xed)
		high = 0x9f;		/* else a surrogate */
	else if (s[0] == 0xf0)
		low = 0x90;		/* else overlong */
	else if (s[0] == 0xf4)
		high = 0x8f;		/* else above U+10FFFF */
	if (n < len || !follows(s[1], low, high))
		return 0;
	for (size_t i = 2; i < len; i++)
		if (!follows(s[i], 0x80, 0xbf))
			return 0;
	return len;
}

/* Eight bytes, none of them NUL and none above 0x7f. */
static bool plain8(const char *text)
{
	uint64_t v;

	memcpy(&v, text, sizeof v);
	return !(((v - 0x0101010101010101u) | v) & 0x8080808080808080u);
}

bool utf8_valid(const char *text, size_t n)
{
	while (n) {
		size_t step = n >= 8 && plain8(text) ? 8 : *text ? utf8_step(text, n) : 0;

		if (!step)
			return false;
		text += step;
		n -= step;
	}
	return true;
}
