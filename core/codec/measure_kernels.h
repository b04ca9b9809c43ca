/* SPDX-License-Identifier: MIT */
/*
 * measure_kernels.h - the loops of measure.h as kernels, for each file of kernels to
 * include: TARGET is what it compiles them for. SUMS_KERNEL and CHANGES_KERNEL name
 * those that it has written itself.
 */
#ifndef TARGET
#define TARGET
#endif

TARGET static void encode_differences(const int64_t *integers, uint32_t n, uint64_t *differences, uint64_t *sums, struct walked *walked)
{
	take_differences(integers, n, differences, sums, walked);
}

#ifndef SUMS_KERNEL
#define SUMS_KERNEL encode_sums
TARGET static void encode_sums(const uint64_t *differences, uint32_t n, uint64_t *sums, struct walked *walked)
{
	take_sums(differences, n, sums, walked);
}
#endif

TARGET static void encode_divide(uint64_t *v, uint32_t n, uint32_t shift, uint64_t inverse)
{
	divide_all(v, n, shift, inverse);
}

TARGET static void encode_measure(const uint64_t *sums, const uint64_t *differences, uint32_t n, uint64_t base, uint64_t usual,
				  struct measured *out)
{
	measure_orders(sums, differences, n, base, usual, out);
}

#ifndef CHANGES_KERNEL
#define CHANGES_KERNEL encode_changes
TARGET static void encode_changes(const uint64_t *differences, uint32_t n, uint64_t usual, uint64_t *changed)
{
	mark_changes(differences, n, usual, changed);
}
#endif

TARGET static uint8_t *encode_pack(uint32_t order, const uint64_t *sums, const uint64_t *differences, uint32_t n, uint64_t base,
				   const uint8_t *widths, uint8_t *to)
{
	if (order == 0)
		return pack_numbers(0, sums, differences, n, base, widths, to);
	if (order == 1)
		return pack_numbers(1, sums, differences, n, base, widths, to);
	return pack_numbers(2, sums, differences, n, base, widths, to);
}

TARGET static bool encode_scale(const struct scale *scale, const double *v, uint32_t n, int64_t *integers)
{
	return scale_all(scale, v, n, integers);
}

#define ENCODE_KERNELS { encode_differences, SUMS_KERNEL, encode_divide, encode_measure, CHANGES_KERNEL, encode_pack, encode_scale }
