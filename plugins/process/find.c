/* SPDX-License-Identifier: MIT */
/*
 * find.c - a process has a name if the kernel calls it so (comm, 15 bytes) or
 * if its first argument ends in it: the first is what a script is called by,
 * the second also holds long names and survives a thread that renames itself.
 */
#include "find.h"

#include <fcntl.h>
#include <stdlib.h>

#include "../entries.h"
#include "../proc.h"

enum { MOST = 4096, PID_LIMIT = 4194304 };	/* of the kernel: 2^22 */

static int found_add(struct finder *finder, pid_t pid)
{
	if (finder->n == MOST)
		return 0;
	if (finder->n == finder->room) {
		size_t room = finder->room ? 2 * finder->room : 16;
		pid_t *pids = realloc(finder->pids, room * sizeof *pids);

		if (!pids)
			return -ENOMEM;
		finder->pids = pids;
		finder->room = room;
	}
	finder->pids[finder->n++] = pid;
	return 0;
}

static bool pid_parse(const char *text, pid_t *pid)
{
	uint64_t number = 0;

	proc_blanks(&text);
	if (proc_digits(&text, &number) <= 0 || !number || number > PID_LIMIT)
		return false;
	*pid = (pid_t)number;
	return !*text || *text == '\n' || *text == ' ';
}

static bool is_name(const struct finder *finder, const char *name)
{
	for (uint32_t i = 0; i < finder->n_names; i++)
		if (!strcmp(finder->names[i].string, name))
			return true;
	return false;
}

/* "/usr/bin/node" and the "-bash" of a login shell. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash)
		return slash + 1;
	return *path == '-' ? path + 1 : path;
}

static bool matches(const struct finder *finder, const struct place *place, pid_t pid)
{
	char text[512];
	ssize_t len = place_read(place, pid, "comm", text, sizeof text);

	if (len <= 0)
		return false;
	text[strcspn(text, "\n")] = 0;
	if (is_name(finder, text))
		return true;
	/* the arguments end in NUL, so text is the first of them */
	len = place_read(place, pid, "cmdline", text, sizeof text);
	return len > 0 && is_name(finder, base_name(text));
}

static int by_number(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

static int scan_names(struct finder *finder, const struct place *place)
{
	const struct dirent64 *entry;
	struct entries list = { .fd = openat(place->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	int r = list.fd < 0 ? -errno : 0;
	pid_t pid;

	finder->n = 0;
	while (r == 0 && (entry = entries_next(&list)))
		if (pid_parse(entry->d_name, &pid) && matches(finder, place, pid))
			r = found_add(finder, pid);
	if (list.fd >= 0)
		close(list.fd);
	if (finder->n)
		qsort(finder->pids, finder->n, sizeof *finder->pids, by_number);
	return r;
}

static int scan_one(struct finder *finder, const struct place *place)
{
	char text[64] = "";
	pid_t pid = finder->pid;
	int fd;

	finder->n = 0;
	if (finder->pidfile) {
		fd = open(finder->pidfile, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (fd < 0 || proc_read(fd, text, sizeof text) < 0)
			text[0] = 0;
		if (fd >= 0)
			close(fd);
	} else if (!pid && readlinkat(place->root, "self", text, sizeof text - 1) < 0) {
		return -errno;
	}
	if (!finder->pid && !pid_parse(text, &pid))
		return 0;	/* a service that is down has no file, or an empty one */
	return found_add(finder, pid);
}

int finder_scan(struct finder *finder, const struct place *place)
{
	return finder->n_names ? scan_names(finder, place) : scan_one(finder, place);
}

void finder_fini(struct finder *finder)
{
	free(finder->pids);
	*finder = (struct finder){ 0 };
}
