/* SPDX-License-Identifier: MIT */
/*
 * gorilla.h - the reference that the codec is measured against: chunks as
 * Prometheus writes them (Pelkonen et al., Gorilla, 2015): times by delta of
 * delta, values by XOR, bits from the highest down.
 */
#ifndef BENCH_GORILLA_H
#define BENCH_GORILLA_H

#include <kymo/abi.h>
#include <stddef.h>

/* Values alone; room for 10 * n + 16 bytes. Gives the size. */
size_t gorilla_encode(const double *v, uint32_t n, uint8_t *out);
/* Reads up to 8 bytes behind the end. */
void gorilla_decode(const uint8_t *in, uint32_t n, double *v);
/* How many bytes the times of a chunk take. */
size_t gorilla_times_size(const kymo_ms *at, uint32_t n);

#endif
