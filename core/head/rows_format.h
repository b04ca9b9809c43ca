/* SPDX-License-Identifier: MIT */
/* rows_format.h - where the parts of a row lie; for rows.c and rows_seal.c. */
#ifndef HEAD_ROWS_FORMAT_H
#define HEAD_ROWS_FORMAT_H

#include "head/rows.h"
#include "codec/token.h"

/* Bytes before the tokens. */
static inline size_t row_head(const struct rows *rows, bool partial)
{
	return ((size_t)rows->words * (partial ? 20 : 12) + 7) & ~(size_t)7;
}

/* `present` is right behind it. */
static inline uint64_t *row_changed(const struct rows *rows, size_t offset)
{
	return (uint64_t *)(void *)(rows->bytes + offset);
}

static inline uint32_t *row_begins(const struct rows *rows, size_t offset, bool partial)
{
	return (uint32_t *)(void *)(rows->bytes + offset + (size_t)rows->words * (partial ? 16 : 8));
}

static inline uint8_t *row_tokens(const struct rows *rows, size_t offset, bool partial)
{
	return rows->bytes + offset + row_head(rows, partial);
}

static inline bool row_has(const struct rows *rows, const struct row *row, uint32_t slot)
{
	return row->count == rows->n || row_changed(rows, row->offset)[rows->words + slot / 64] >> slot % 64 & 1;
}

#endif
