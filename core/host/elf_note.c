/* SPDX-License-Identifier: MIT */
/*
 * elf_note.c - by hand, with a bound check before each read (elf(5), gabi
 * chapter 5, "Note Section"). Our own program header says which machine this is.
 */
#include "host/elf_note.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <link.h>
#include <string.h>

/* Laid down by the linker at the beginning of the object that this is in. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

struct image {
	const uint8_t *data;
	size_t size;
	const char *path;
};

static int refuse(const struct image *image, struct error *err, const char *why)
{
	return error_set(err, -ENOEXEC, "%s: %s", image->path, why);
}

static const char *machine_name(unsigned machine, char room[32])
{
	static const struct { unsigned machine; const char *name; } names[] = {
		{ EM_386, "x86 (32 bit)" }, { EM_X86_64, "x86-64" }, { EM_ARM, "arm (32 bit)" }, { EM_AARCH64, "aarch64" },
		{ EM_RISCV, "riscv" }, { EM_PPC64, "ppc64" }, { EM_S390, "s390" }, { EM_MIPS, "mips" }, { EM_SPARCV9, "sparc" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].machine == machine)
			return names[i].name;
	snprintf(room, 32, "machine %u", machine);
	return room;
}

/* Of another class or byte order the fields stand elsewhere; e_machine does not, up to its byte order. */
static int refuse_machine(const struct image *image, struct error *err)
{
	bool big = image->data[EI_DATA] == ELFDATA2MSB;
	unsigned machine = (unsigned)image->data[18 + big] | (unsigned)image->data[19 - big] << 8;
	char theirs[32], ours[32];

	return error_set(err, -ENOEXEC, "%s: built for another machine: %s, this is %s", image->path,
			 machine_name(machine, theirs), machine_name(__ehdr_start.e_machine, ours));
}

static int check_header(const struct image *image, ElfW(Ehdr) *header, struct error *err)
{
	const unsigned char *own = __ehdr_start.e_ident;

	if (image->size < SELFMAG || memcmp(image->data, ELFMAG, SELFMAG) != 0)
		return refuse(image, err, "not an ELF file (a plugin is a shared object, .so)");
	if (image->size < sizeof *header)
		return refuse(image, err, "truncated: the ELF header is not whole");
	memcpy(header, image->data, sizeof *header);
	if (header->e_ident[EI_CLASS] != own[EI_CLASS] || header->e_ident[EI_DATA] != own[EI_DATA] ||
	    header->e_machine != __ehdr_start.e_machine)
		return refuse_machine(image, err);
	if (header->e_type != ET_DYN)
		return refuse(image, err, "an ELF file, but not a shared object (link it with -shared)");
	return 0;
}

static bool inside(const struct image *image, uint64_t at, uint64_t size)
{
	return at <= image->size && size <= image->size - at;
}

static int program_header(const struct image *image, const ElfW(Ehdr) *header, unsigned i, ElfW(Phdr) *out,
			  struct error *err)
{
	uint64_t at = header->e_phoff + (uint64_t)i * header->e_phentsize;

	if (header->e_phentsize < sizeof *out || header->e_phoff > image->size || !inside(image, at, sizeof *out))
		return refuse(image, err, "truncated: its program headers are not whole");
	memcpy(out, image->data + at, sizeof *out);
	return 0;
}

static uint64_t rounded_up(uint64_t n, uint64_t align)
{
	return (n + align - 1) / align * align;
}

/* One note of a segment: true if it is ours, and then well made. */
static bool note_is_ours(const uint8_t *name, const ElfW(Nhdr) *head)
{
	return head->n_type == KYMO_NOTE_TYPE && head->n_namesz == 5 && !memcmp(name, "kymo", 5);
}

/* Walk the notes of a segment; each is padded to the segment's alignment, 8 or else 4. */
static bool find_note(const struct image *image, const ElfW(Phdr) *segment, struct elf_note *note)
{
	uint64_t align = segment->p_align == 8 ? 8 : 4, left = segment->p_filesz;
	const uint8_t *at = image->data + segment->p_offset;
	ElfW(Nhdr) head;

	while (left >= sizeof head) {
		uint64_t desc, whole;

		memcpy(&head, at, sizeof head);
		desc = rounded_up(sizeof head + head.n_namesz, align);
		whole = rounded_up(desc + head.n_descsz, align);
		if (desc + head.n_descsz > left)
			return false;
		if (note_is_ours(at + sizeof head, &head) && head.n_descsz >= 8) {
			memcpy(&note->abi, at + desc, sizeof note->abi);
			memcpy(&note->size, at + desc + sizeof note->abi, sizeof note->size);
			return true;
		}
		if (whole >= left)
			return false;
		at += whole;
		left -= whole;
	}
	return false;
}

int elf_note_read(const void *file, size_t size, const char *path, struct elf_note *note, struct error *err)
{
	struct image image = { file, size, path };
	bool found = false;
	ElfW(Ehdr) header;
	int r;

	if ((r = check_header(&image, &header, err)) < 0)
		return r;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		ElfW(Phdr) segment;

		if ((r = program_header(&image, &header, i, &segment, err)) < 0)
			return r;
		if ((segment.p_type == PT_LOAD || segment.p_type == PT_NOTE || segment.p_type == PT_DYNAMIC) &&
		    !inside(&image, segment.p_offset, segment.p_filesz))
			return refuse(&image, err, "truncated: it ends before what its headers promise");
		if (segment.p_type == PT_NOTE && !found)
			found = find_note(&image, &segment, note);
	}
	if (!found)
		return refuse(&image, err, "no kymo note: not a kymo plugin (KYMO_PLUGIN of <kymo/plugin.h> makes one)");
	return 0;
}

int elf_note_check(const struct elf_note *note, const char *path, struct error *err)
{
	if (note->abi >> 16 != KYMO_ABI_MAJOR)
		return error_set(err, -EPROTONOSUPPORT, "%s: made for plugin ABI %u.%u, this kymo has %u.%u", path,
				 note->abi >> 16, note->abi & 0xffff, KYMO_ABI_MAJOR, KYMO_ABI_MINOR);
	return 0;
}
