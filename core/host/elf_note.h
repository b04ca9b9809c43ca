/* SPDX-License-Identifier: MIT */
/*
 * elf_note.h - what a plugin's file says of itself, read from its bytes before
 * any of its code is loaded: is it a whole shared object for this machine, and
 * which version of the contract does its note name?
 */
#ifndef HOST_ELF_NOTE_H
#define HOST_ELF_NOTE_H

#include "util/error.h"

#include <kymo/plugin.h>

struct elf_note {
	uint32_t abi;		/* KYMO_ABI of the plugin */
	uint32_t size;		/* of its struct kymo_plugin */
};

/* 0; -ENOEXEC with the reason behind "path: ". Any bytes are fine. */
int elf_note_read(const void *file, size_t size, const char *path, struct elf_note *note, struct error *err);
/* Does this kymo take plugins of that version? 0 or -EPROTONOSUPPORT. */
int elf_note_check(const struct elf_note *note, const char *path, struct error *err);

#endif
