/* SPDX-License-Identifier: MIT */
/*
 * family.h - the metric families of a text, and to which of them a name belongs.
 * Texts are copied: the lines may be gone.
 */
#ifndef TEXT_FAMILY_H
#define TEXT_FAMILY_H

#include "text/type.h"
#include "util/buf.h"
#include "util/map.h"

#define FAMILIES_MOST (UINT32_C(1) << 20)

struct text_slice {
	uint32_t at, n;			/* of the table's texts */
};

struct family {
	struct text_slice name, help, unit;
	enum text_type type;
	bool has_help, has_type, has_unit;
	unsigned parts;			/* PART_BITs that have samples */
	uint32_t line, sample_line;	/* where it was first; where its first sample is, 0: none */
	struct line_place unit_at;
};

struct families {
	enum text_format format;
	struct family *items;
	uint32_t n, room;
	struct buf texts, scratch;
	struct map names;		/* family * PARTS + part */
};

/* Whose name it is; family MAP_NONE: nobody's. */
struct owner {
	uint32_t family;
	enum text_part part;
};

void families_fini(struct families *families);

static inline const char *family_text(const struct families *families, struct text_slice slice)
{
	return (const char *)families->texts.data + slice.at;
}
struct text_slice family_keep(struct families *families, struct text_word word);

/* One more, which owns no name yet. 0; -ENOMEM; -E2BIG: too many, or too much text. */
int family_add(struct families *families, struct text_word name, uint32_t line);
/* Its name with the suffix of the part is its own. 0; 1: it is so already, or another's, which *owner tells; -ENOMEM. */
int family_own(struct families *families, uint32_t family, enum text_part part, struct owner *owner);

struct owner family_owner(struct families *families, struct text_word name);
/* Whose name it would be without the suffix of a part; another part than PART_SELF. */
struct owner family_of_part(struct families *families, struct text_word name, enum text_part part);

/* Is `name` the one of this family with the suffix of one of its parts? */
bool family_has_name(const struct families *families, uint32_t family, struct text_word name, unsigned parts, enum text_part *part);

#endif
