/* SPDX-License-Identifier: MIT */
/* expire.c - goes down the tiers, the metrics and the folders that long names go on in. */
#include "expire.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../entries.h"
#include "name.h"

enum { DEPTH = 32 };

static uint64_t expire_folder(int fd, kymo_ms start, int depth);

/* A folder that loses its last file goes too. */
static uint64_t expire_below(int above, const char *name, kymo_ms start, int depth)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	uint64_t removed;

	if (fd < 0)
		return 0;	/* not a folder, or a link */
	removed = expire_folder(fd, start, depth);
	close(fd);
	if (removed)
		unlinkat(above, name, AT_REMOVEDIR);
	return removed;
}

static bool is_old(const char *name, kymo_ms start)
{
	kymo_ms begin;

	return name_file_start(name, &begin) && begin < start;
}

static uint64_t expire_folder(int fd, kymo_ms start, int depth)
{
	struct entries *list = calloc(1, sizeof *list);
	const struct dirent64 *entry;
	uint64_t removed = 0;

	if (!list)
		return 0;
	list->fd = fd;
	while ((entry = entries_next(list))) {
		if (entry->d_type != DT_DIR && is_old(entry->d_name, start))
			removed += unlinkat(fd, entry->d_name, 0) == 0;
		else if ((entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) && depth < DEPTH)
			removed += expire_below(fd, entry->d_name, start, depth + 1);
	}
	free(list);
	return removed;
}

uint64_t expire_before(int root, kymo_ms start)
{
	static const char *const tiers[] = { "raw", "1m", "5m", "1h" };
	uint64_t removed = 0;

	for (size_t t = 0; t < sizeof tiers / sizeof *tiers; t++)
		removed += expire_below(root, tiers[t], start, 0);
	return removed;
}
