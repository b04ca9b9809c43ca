/* SPDX-License-Identifier: MIT */
/* text_set.h - different texts, in the end in order of their bytes. */
#ifndef HTTP_TEXT_SET_H
#define HTTP_TEXT_SET_H

#include "util/buf.h"
#include "util/map.h"

/* All zero: empty. */
struct text_set {
	struct buf texts;		/* NUL-ended, one behind the other */
	struct buf places;		/* struct text_place; of a text in `texts` */
	struct map map;
	uint32_t n;
};

struct text_place {
	size_t at;
	uint32_t n;
};

/* There already, or added. 0 or -ENOMEM. */
int text_set_add(struct text_set *set, const char *text, uint32_t n);
void text_set_sort(struct text_set *set);	/* nothing can be added any more */
const char *text_set_at(const struct text_set *set, uint32_t i, uint32_t *n);
void text_set_fini(struct text_set *set);
#define AUTO_TEXT_SET __attribute__((cleanup(text_set_fini))) struct text_set

#endif
