/* SPDX-License-Identifier: MIT */
/*
 * split.h - doubles that are no decimals but of a size: the top bits by a short
 * dictionary, the rest as it is (Afroozeh et al., ALP, 2023, for real doubles).
 *
 *	u8	p: top bits, 8..16
 *	u8	k: entries of the dictionary, 1..8
 *	u16	k entries, p bits each
 *	bits	n codes of 0..3 bits, as many as k needs; up to the end of a byte
 *	bits	n times the 64 - p bits below; up to the end of a byte
 *	varint	exceptions, each a varint of values left out and u16 top bits
 */
#ifndef CODEC_SPLIT_H
#define CODEC_SPLIT_H

#include "codec/bits.h"

enum { SPLIT_ENTRIES = 8 };

struct split {
	uint32_t top, entries, exceptions;
	uint16_t dictionary[SPLIT_ENTRIES];
	size_t size;
};

/* The best way to split these (1..VALUES_MOST), and its exact size. */
void split_plan(struct split *split, const double *v, uint32_t n);
/* Writes split->size bytes; there must be room for 8 more. */
uint8_t *split_put(const struct split *split, const double *v, uint32_t n, uint8_t *to);
bool split_get(struct cursor *in, uint32_t n, double *v);	/* false: -EBADMSG */

#endif
