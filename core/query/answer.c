/* SPDX-License-Identifier: MIT */
/*
 * answer.c - a list of slabs that grow as the answer does. A head stands before
 * the struct that the caller sees.
 */
#include "query/answer.h"

#include <errno.h>
#include <stdlib.h>

enum { ALIGN = 16, SLAB_FIRST = 1024, SLAB_MOST = 1 << 20 };

struct slab {
	struct slab *next;
	size_t used, room;
	size_t unused_;			/* keeps what follows aligned */
};

struct head {
	struct slab *slabs;		/* the first is the one being filled */
	size_t unused_;
};

_Static_assert(sizeof(struct slab) % ALIGN == 0 && sizeof(struct head) % ALIGN == 0, "what follows is aligned");

static struct head *head_of(void *answer)
{
	return (struct head *)answer - 1;
}

void *answer_create(size_t size)
{
	struct head *head = calloc(1, sizeof *head + size);

	return head ? head + 1 : NULL;
}

void answer_free(void *answer)
{
	struct slab *next;

	if (!answer)
		return;
	for (struct slab *slab = head_of(answer)->slabs; slab; slab = next) {
		next = slab->next;
		free(slab);
	}
	free(head_of(answer));
}

/* What is large gets a slab to itself, behind the one that is being filled. */
static struct slab *add_slab(struct head *head, size_t size)
{
	struct slab *first = head->slabs, *slab;
	size_t room = first ? first->room * 2 : SLAB_FIRST;
	bool alone;

	if (room > SLAB_MOST)
		room = SLAB_MOST;
	alone = size > room / 2;
	if (alone)
		room = size;
	slab = malloc(sizeof *slab + room);
	if (!slab)
		return NULL;
	*slab = (struct slab){ .room = room };
	if (alone && first) {
		slab->next = first->next;
		first->next = slab;
	} else {
		slab->next = first;
		head->slabs = slab;
	}
	return slab;
}

void *answer_alloc(void *answer, size_t size)
{
	struct head *head = head_of(answer);
	struct slab *slab = head->slabs;
	void *at;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!slab || size > slab->room - slab->used)
		slab = add_slab(head, size);
	if (!slab)
		return NULL;
	at = (uint8_t *)(slab + 1) + slab->used;
	slab->used += size;
	return at;
}

void *answer_copy(void *answer, const void *data, size_t size)
{
	void *copy = answer_alloc(answer, size);

	if (copy && size)
		memcpy(copy, data, size);
	return copy;
}

char *answer_text(void *answer, const char *text, size_t n)
{
	char *copy = answer_alloc(answer, n + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, n);
	copy[n] = '\0';
	return copy;
}

/* Every text with its NUL in one piece: the bytes, each length in a byte or more, have room for that. */
static char *put(char **room, const char *text, uint32_t n)
{
	char *at = *room;

	memcpy(at, text, n);
	at[n] = '\0';
	*room += n + 1;
	return at;
}

int answer_labels(void *answer, struct labels labels, const char **name, const struct kymo_label **items, uint32_t *n)
{
	struct kymo_label *array = answer_alloc(answer, labels_count(labels) * sizeof *array);
	char *room = answer_alloc(answer, (size_t)labels.size + 1);
	struct label label;
	uint32_t at = 0;

	if (!array || !room)
		return -ENOMEM;
	*room++ = '\0';
	*name = room - 1;		/* "": without a name */
	*items = array;
	for (*n = 0; labels_next(labels, &at, &label);) {
		if (text_equal(label.name, label.name_len, LABEL_NAME)) {
			*name = put(&room, label.value, label.value_len);
			continue;
		}
		array[*n].name = put(&room, label.name, label.name_len);
		array[(*n)++].value = put(&room, label.value, label.value_len);
	}
	return 0;
}
