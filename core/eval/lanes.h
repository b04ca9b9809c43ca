/* SPDX-License-Identifier: MIT */
/*
 * lanes.h - four values at a time. The loops over columns are written with the
 * vectors of the compiler, which it makes of whatever the machine has; each loop is
 * compiled twice on x86-64, for machines with and without AVX2. All give the same bits.
 *
 * A value that is absent is left out by masks, never by branches: presence differs
 * from point to point.
 */
#ifndef EVAL_LANES_H
#define EVAL_LANES_H

#include "eval/absent.h"

#define LANES 4u
typedef double lanes __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t masks __attribute__((vector_size(32), aligned(8), may_alias));

#define LANE_INLINE static inline __attribute__((always_inline))

/*
 * DEFINE_LOOP(name, (declarations of the arguments), (their names)): name##_body, which is always inlined, as a
 * function for the machine at hand.
 */
#if defined(__x86_64__)
#define DEFINE_LOOP(name, parameters, arguments) \
	__attribute__((target("avx2"))) static void name##_avx2 parameters { name##_body arguments; } \
	static void name##_plain parameters { name##_body arguments; } \
	static void name parameters \
	{ \
		if (__builtin_cpu_supports("avx2")) \
			name##_avx2 arguments; \
		else \
			name##_plain arguments; \
	}
#else
#define DEFINE_LOOP(name, parameters, arguments) \
	static void name parameters { name##_body arguments; }
#endif

#define LANES_ALL(x) ((lanes){ x, x, x, x })
#define MASKS_ALL(x) ((masks){ x, x, x, x })
#define AS_MASKS(v) ((masks)(v))
#define AS_LANES(m) ((lanes)(m))

#define LANES_ABSENT(v) ((masks)(AS_MASKS(v) == MASKS_ALL((int64_t)STALE_BITS)))
/* a where the mask is set, b elsewhere. */
#define LANES_CHOOSE(mask, a, b) AS_LANES((AS_MASKS(a) & (mask)) | (AS_MASKS(b) & ~(mask)))
#define LANES_NULL_WHERE(mask, a) AS_LANES(AS_MASKS(a) & ~(mask))
#define LANES_INFINITE(v) ((masks)((AS_MASKS(v) & MASKS_ALL(INT64_MAX)) == MASKS_ALL(INT64_C(0x7ff0000000000000))))
#define MASKS_ANY(m) (((m)[0] | (m)[1] | (m)[2] | (m)[3]) != 0)

#endif
