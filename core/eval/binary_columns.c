/* SPDX-License-Identifier: MIT */
/* binary_columns.c - an operator over two columns: the cheap ones four points at a time (lanes.h), the others one by one. */
#include "eval/arithmetic.h"
#include "eval/binary.h"
#include "eval/lanes.h"

/* Results through pointers: by value, vectors that a machine lacks have no place. */
LANE_INLINE void arithmetic_lanes(enum binary_op op, const lanes *a, const lanes *b, lanes *out)
{
	switch (op) {
	case BINARY_ADD:
		*out = *a + *b;
		break;
	case BINARY_SUB:
		*out = *a - *b;
		break;
	case BINARY_MUL:
		*out = *a * *b;
		break;
	default:
		*out = *a / *b;
		break;
	}
}

LANE_INLINE void comparison_lanes(enum binary_op op, const lanes *a, const lanes *b, masks *out)
{
	switch (op) {
	case BINARY_EQL:
		*out = (masks)(*a == *b);
		break;
	case BINARY_NEQ:
		*out = (masks)(*a != *b);
		break;
	case BINARY_GTR:
		*out = (masks)(*a > *b);
		break;
	case BINARY_LSS:
		*out = (masks)(*a < *b);
		break;
	case BINARY_GTE:
		*out = (masks)(*a >= *b);
		break;
	default:
		*out = (masks)(*a <= *b);
		break;
	}
}

struct sides {
	const double *a, *b, *kept;
	double *out;
	uint32_t n;		/* a multiple of LANES */
};

LANE_INLINE void arithmetic_loop(const struct sides *sides, enum binary_op op)
{
	for (uint32_t i = 0; i < sides->n; i += LANES) {
		const lanes a = *(const lanes *)&sides->a[i], b = *(const lanes *)&sides->b[i];
		masks gone = LANES_ABSENT(a) | LANES_ABSENT(b);
		lanes result;

		arithmetic_lanes(op, &a, &b, &result);
		*(lanes *)&sides->out[i] = LANES_CHOOSE(gone, LANES_ALL(absent()), result);
	}
}

LANE_INLINE void filter_loop(const struct sides *sides, enum binary_op op)
{
	for (uint32_t i = 0; i < sides->n; i += LANES) {
		const lanes a = *(const lanes *)&sides->a[i], b = *(const lanes *)&sides->b[i];
		masks gone = LANES_ABSENT(a) | LANES_ABSENT(b), holds;

		comparison_lanes(op, &a, &b, &holds);
		holds &= ~gone;
		*(lanes *)&sides->out[i] = LANES_CHOOSE(holds, *(const lanes *)&sides->kept[i], LANES_ALL(absent()));
	}
}

LANE_INLINE void bool_loop(const struct sides *sides, enum binary_op op)
{
	for (uint32_t i = 0; i < sides->n; i += LANES) {
		const lanes a = *(const lanes *)&sides->a[i], b = *(const lanes *)&sides->b[i];
		masks gone = LANES_ABSENT(a) | LANES_ABSENT(b), holds;
		lanes result;

		comparison_lanes(op, &a, &b, &holds);
		result = LANES_NULL_WHERE(~holds, LANES_ALL(1.0));
		*(lanes *)&sides->out[i] = LANES_CHOOSE(gone, LANES_ALL(absent()), result);
	}
}

/* One loop for each operator: inside it the operator is a constant. */
LANE_INLINE void arithmetic_all_body(const struct sides *sides, enum binary_op op)
{
	switch (op) {
	case BINARY_ADD:
		arithmetic_loop(sides, BINARY_ADD);
		break;
	case BINARY_SUB:
		arithmetic_loop(sides, BINARY_SUB);
		break;
	case BINARY_MUL:
		arithmetic_loop(sides, BINARY_MUL);
		break;
	default:
		arithmetic_loop(sides, BINARY_DIV);
		break;
	}
}
DEFINE_LOOP(arithmetic_all, (const struct sides *sides, enum binary_op op), (sides, op))

#define EACH_COMPARISON(loop) \
	switch (op) { \
	case BINARY_EQL: loop(sides, BINARY_EQL); break; \
	case BINARY_NEQ: loop(sides, BINARY_NEQ); break; \
	case BINARY_GTR: loop(sides, BINARY_GTR); break; \
	case BINARY_LSS: loop(sides, BINARY_LSS); break; \
	case BINARY_GTE: loop(sides, BINARY_GTE); break; \
	default: loop(sides, BINARY_LTE); break; \
	}

LANE_INLINE void filter_all_body(const struct sides *sides, enum binary_op op) { EACH_COMPARISON(filter_loop) }
LANE_INLINE void bool_all_body(const struct sides *sides, enum binary_op op) { EACH_COMPARISON(bool_loop) }
DEFINE_LOOP(filter_all, (const struct sides *sides, enum binary_op op), (sides, op))
DEFINE_LOOP(bool_all, (const struct sides *sides, enum binary_op op), (sides, op))

static double combine_one(const struct binary *binary, double a, double b, double kept)
{
	if (is_absent(a) || is_absent(b))
		return absent();
	if (!is_comparison(binary->op) || binary->returns_bool)
		return operator_apply(binary->op, a, b);
	return comparison_holds(binary->op, a, b) ? kept : absent();
}

static bool has_loop(enum binary_op op)
{
	return op <= BINARY_DIV || is_comparison(op);
}

void columns_combine(const struct binary *binary, const double *a, const double *b, const double *kept, double *out, uint32_t n)
{
	struct sides sides = { a, b, kept, out, has_loop(binary->op) ? n / LANES * LANES : 0 };

	if (sides.n && !is_comparison(binary->op))
		arithmetic_all(&sides, binary->op);
	else if (sides.n && binary->returns_bool)
		bool_all(&sides, binary->op);
	else if (sides.n)
		filter_all(&sides, binary->op);
	for (uint32_t i = sides.n; i < n; i++)
		out[i] = combine_one(binary, a[i], b[i], kept[i]);
}

bool column_is_empty(const double *values, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!is_absent(values[i]))
			return false;
	return true;
}
