/* SPDX-License-Identifier: MIT */
/* elf_note_fuzz.c - any bytes as a plugin's file: refused with one reason that begins with its path, or a note read. */
#include "driver.h"
#include "host/elf_note.h"
#include "util/check.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_note note = { 0 };
	struct error err = { 0 };
	/* A copy that ends where it ends, so that a sanitizer sees every byte too far. */
	uint8_t *file = malloc(size ? size : 1);
	int r;

	CHECK(file, "size=%zu", size);
	if (size)
		memcpy(file, data, size);
	r = elf_note_read(file, size, "p.so", &note, &err);
	CHECK(r == 0 || r == -ENOEXEC, "r=%d", r);
	CHECK(err.count == (r < 0), "%u reasons", err.count);
	CHECK(r == 0 || !strncmp(error_text(&err), "p.so: ", 6), "%s", error_text(&err));
	if (r == 0)
		elf_note_check(&note, "p.so", &err);
	error_clear(&err);
	free(file);
	return 0;
}
