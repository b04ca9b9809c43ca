/* SPDX-License-Identifier: MIT */
/*
 * times.c - what lies beside a grid, or what differs from step to step: numbers.h
 * chooses, once with the times themselves and once with the grid taken off.
 *
 *	u8	bits 0-3: form (numbers.h); bits 4-5: order, bit 6: gcd; bit 7: these
 *		are beside the grid
 *	varint	if bit 7, the step of the grid: (place in the column) * step is added
 *		to each integer
 *	...	the integers, see numbers.h
 */
#include "codec/times.h"
#include "codec/numbers.h"
#include "util/check.h"

#include <errno.h>

enum { TAG_GRID = 128, SLACK = 16 };

_Static_assert(TIMES_MOST <= VALUES_MOST, "times are numbers");

int times_encode_grid(kymo_ms first, kymo_ms step, uint32_t n, struct buf *out)
{
	CHECK(n >= 1 && (n == 1 || step >= 1), "n=%u step=%lld", n, (long long)step);
	buf_add_u8(out, FORM_LINE);
	buf_add_zigzag(out, first);
	buf_add_zigzag(out, n > 1 ? step : 0);
	return buf_failed(out) ? -ENOMEM : 0;
}

static void take_grid_off(const kymo_ms *at, uint32_t n, uint64_t step, int64_t *beside)
{
	for (uint32_t i = 0; i < n; i++)
		beside[i] = (int64_t)((uint64_t)at[i] - i * step);
}

static int put(struct numbers *numbers, uint64_t grid, struct buf *out)
{
	size_t size = 1 + (grid ? varint_bytes(grid) : 0) + numbers->size;
	uint8_t *to = buf_reserve(out, size + SLACK);

	if (!to)
		return -ENOMEM;
	*to++ = (uint8_t)(numbers_tag(numbers) | (grid ? TAG_GRID : 0));
	if (grid)
		to = put_varint(to, grid);
	numbers_put(numbers, to);
	out->len += size;
	return 0;
}

int times_encode(const kymo_ms *at, uint32_t n, struct buf *out)
{
	struct numbers numbers;
	int64_t beside[TIMES_MOST];
	uint64_t step;
	size_t plain;

	CHECK(n >= 1 && n <= TIMES_MOST, "n=%u", n);
	numbers_plan(&numbers, at, n, VALUES_SEAL);
	if (numbers.form == FORM_LINE)
		return put(&numbers, 0, out);
	plain = numbers.size;
	step = ((uint64_t)at[n - 1] - (uint64_t)at[0] + (n - 1) / 2) / (n - 1);
	take_grid_off(at, n, step, beside);
	numbers_plan(&numbers, beside, n, VALUES_SEAL);
	if (step && varint_bytes(step) + numbers.size < plain)
		return put(&numbers, step, out);
	numbers_plan(&numbers, at, n, VALUES_SEAL);
	return put(&numbers, 0, out);
}

static bool get_line(struct cursor *in, uint32_t n, kymo_ms *at)
{
	struct numbers_head head;

	if (!numbers_head(in, FORM_LINE, n, &head))
		return false;
	for (uint32_t i = 0; i < n; i++)
		at[i] = (kymo_ms)(head.first + i * head.base);
	return true;
}

static bool get(struct cursor *in, uint32_t n, kymo_ms *at)
{
	uint8_t tag = take_u8(in);
	uint64_t grid = tag & TAG_GRID ? take_varint(in) : 0, integers[TIMES_MOST];

	if (tag == FORM_LINE)
		return get_line(in, n, at);
	if (n > TIMES_MOST || !numbers_get(in, tag, n, integers))
		return false;
	for (uint32_t i = 0; i < n; i++)
		at[i] = (kymo_ms)(integers[i] + i * grid);
	return true;
}

int times_decode(const uint8_t *data, size_t size, kymo_ms *at, uint32_t n)
{
	struct cursor in = { data, data + size, false };

	if (n == 0 || !get(&in, n, at) || in.bad || in.at != in.end)
		return -EBADMSG;
	for (uint32_t i = 1; i < n; i++)
		if (at[i] <= at[i - 1])
			return -EBADMSG;
	return 0;
}
