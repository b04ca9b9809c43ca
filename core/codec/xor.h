/* SPDX-License-Identifier: MIT */
/*
 * xor.h - doubles that are no decimals, by what differs from the one before
 * (Pelkonen et al., Gorilla, 2015, with the bits from the lowest up).
 *
 *	u64	the first
 *	bits	0	the same again
 *		1 0	the bits of the XOR in the same window as before
 *		1 1	u6 zero bits at the top, u6 length - 1: a new window; its bits
 *
 * The last byte is filled with zeros.
 */
#ifndef CODEC_XOR_H
#define CODEC_XOR_H

#include "codec/bits.h"

size_t xor_size(const double *v, uint32_t n);
/* Writes xor_size bytes; there must be room for 16 more. */
uint8_t *xor_put(const double *v, uint32_t n, uint8_t *to);
bool xor_get(struct cursor *in, uint32_t n, double *v);	/* false: -EBADMSG */

#endif
