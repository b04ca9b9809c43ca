/* SPDX-License-Identifier: MIT */
/*
 * driver.h - what a fuzz target offers, and a way to take values out of the
 * bytes that it is given.
 *
 * A target is NAME_fuzz.c with the function below; its corpus is the folder
 * corpus/NAME. It must take any bytes, never crash, never leak, never touch a
 * file that it did not make. With the meson option `fuzzer` (clang) it becomes
 * a libFuzzer program; else driver.c runs it over the corpus and mutations.
 */
#ifndef FUZZ_DRIVER_H
#define FUZZ_DRIVER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);	/* gives 0 */

/* Called once before the first input, where a target has it. Gives 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

/* Bytes to take values from; past the end everything is zero. */
struct fuzz_input {
	const uint8_t *at, *end;
};

static inline struct fuzz_input fuzz_input_of(const uint8_t *data, size_t size)
{
	return (struct fuzz_input){ data, data ? data + size : data };
}

static inline size_t fuzz_left(const struct fuzz_input *in)
{
	return (size_t)(in->end - in->at);
}

static inline void fuzz_take(struct fuzz_input *in, void *out, size_t n)
{
	size_t there = n < fuzz_left(in) ? n : fuzz_left(in);

	memset(out, 0, n);
	if (there > 0)
		memcpy(out, in->at, there);
	in->at += there;
}

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
	uint8_t v;

	fuzz_take(in, &v, sizeof v);
	return v;
}

static inline uint32_t fuzz_u32(struct fuzz_input *in)
{
	uint32_t v;

	fuzz_take(in, &v, sizeof v);
	return v;
}

static inline uint64_t fuzz_u64(struct fuzz_input *in)
{
	uint64_t v;

	fuzz_take(in, &v, sizeof v);
	return v;
}

static inline double fuzz_f64(struct fuzz_input *in)
{
	double v;

	fuzz_take(in, &v, sizeof v);
	return v;
}

#endif
