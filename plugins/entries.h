/* SPDX-License-Identifier: MIT */
/*
 * entries.h - the entries of an open folder, without "." and "..", read in
 * pieces into memory of the caller. Begins at the position of the descriptor.
 *
 *	struct entries list = { .fd = fd };
 *
 *	while ((entry = entries_next(&list)))
 *		...
 */
#ifndef ENTRIES_H
#define ENTRIES_H

#include <dirent.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

struct entries {
	int fd;
	ssize_t len;		/* of what is in the buffer; negative: reading failed */
	ssize_t at;
	_Alignas(struct dirent64) char buffer[4096];
};

static inline bool entries_is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* NULL: no more, or an error (then len is negative and errno set). */
static inline const struct dirent64 *entries_next(struct entries *list)
{
	const struct dirent64 *entry;

	do {
		if (list->at >= list->len) {
			list->at = 0;
			list->len = getdents64(list->fd, list->buffer, sizeof list->buffer);
			if (list->len <= 0)
				return NULL;
		}
		entry = (const void *)(list->buffer + list->at);
		list->at += entry->d_reclen;
	} while (entries_is_dots(entry->d_name));
	return entry;
}

#endif
