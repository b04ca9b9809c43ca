/* SPDX-License-Identifier: MIT */
/*
 * siphash.h - SipHash-2-4 (Aumasson, Bernstein 2012): a 64-bit hash with a key.
 * Without the key nobody can tell which text a hash is of, nor make collisions.
 */
#ifndef BUSINESS_SIPHASH_H
#define BUSINESS_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *data, size_t n);

#endif
