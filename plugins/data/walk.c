/* SPDX-License-Identifier: MIT */
/*
 * walk.c - a stack of open folders, the deepest on top. Folders are told apart
 * by device and inode: that is how a part is known when the walk comes to it,
 * and how a folder that is mounted into itself is noticed.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../entries.h"

struct level {
	dev_t dev;
	ino_t ino;
	enum part part;
	const char *name;	/* of the folder: a path for the lowest level */
	char own_name[NAME_MAX + 1];
	struct entries entries;
};

struct stack {
	struct walk *walk;
	struct totals *totals;
	struct level *levels[WALK_DEPTH];
	size_t depth;
};

static void complain(const struct stack *stack, const char *name, const char *why)
{
	char path[1024];
	size_t at = 0;

	path[0] = 0;
	for (size_t i = 0; i < stack->depth && at < sizeof path; i++)
		at += (size_t)snprintf(path + at, sizeof path - at, "%s/", stack->levels[i]->name);
	if (at < sizeof path)
		snprintf(path + at, sizeof path - at, "%s", name);
	stack->walk->complain(stack->walk->data, path, why);
}

/* A file that is gone since its folder was read is no reason to complain. */
static void complain_errno(const struct stack *stack, const char *name)
{
	if (errno != ENOENT)
		complain(stack, name, strerror(errno));
}

static struct portion *portion_find(const struct walk *walk, const struct stat *st)
{
	for (size_t i = 0; i < walk->n_portions; i++) {
		struct portion *portion = &walk->portions[i];

		if (portion->there && portion->ino == st->st_ino && portion->dev == st->st_dev)
			return portion;
	}
	return NULL;
}

static bool is_open_already(const struct stack *stack, const struct stat *st)
{
	for (size_t i = 0; i < stack->depth; i++)
		if (stack->levels[i]->ino == st->st_ino && stack->levels[i]->dev == st->st_dev)
			return true;
	return false;
}

/* Which part this belongs to. False: it was counted already. */
static bool part_of(const struct stack *stack, const struct stat *st, enum part above, enum part *part)
{
	struct portion *portion = portion_find(stack->walk, st);

	*part = portion ? portion->part : above;
	if (!portion)
		return true;
	if (portion->done)
		return false;
	portion->done = true;
	return true;
}

static void count_file(struct stack *stack, const struct stat *st, enum part above)
{
	enum part part;

	if (!S_ISREG(st->st_mode) || !part_of(stack, st, above, &part))
		return;
	stack->totals->files[part]++;
	stack->totals->bytes[part] += (uint64_t)st->st_size;
}

static void pop(struct stack *stack)
{
	struct level *level = stack->levels[--stack->depth];

	close(level->entries.fd);
	free(level);
}

static int push(struct stack *stack, int fd, const struct stat *st, const char *name, enum part part)
{
	struct level *level = malloc(sizeof *level);

	if (!level) {
		close(fd);
		return -ENOMEM;
	}
	level->dev = st->st_dev;
	level->ino = st->st_ino;
	level->part = part;
	snprintf(level->own_name, sizeof level->own_name, "%s", name);
	level->name = level->own_name;
	level->entries.fd = fd;
	level->entries.len = level->entries.at = 0;
	stack->levels[stack->depth++] = level;
	return 0;
}

static int enter(struct stack *stack, int above_fd, const char *name, enum part above)
{
	enum part part;
	struct stat st;
	int fd;

	if (stack->depth == WALK_DEPTH) {
		complain(stack, name, "too deep, not counted");
		return 0;
	}
	fd = openat(above_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		complain_errno(stack, name);
	} else if (is_open_already(stack, &st)) {
		complain(stack, name, "is a folder that it lies in, not counted again");
	} else if (part_of(stack, &st, above, &part)) {
		return push(stack, fd, &st, name, part);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

static int visit(struct stack *stack, struct level *level, const struct dirent64 *entry)
{
	struct stat st;

	if (entry->d_type == DT_DIR)
		return enter(stack, level->entries.fd, entry->d_name, level->part);
	if (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN)
		return 0;
	if (fstatat(level->entries.fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		complain_errno(stack, entry->d_name);
	else if (S_ISDIR(st.st_mode))
		return enter(stack, level->entries.fd, entry->d_name, level->part);
	else
		count_file(stack, &st, level->part);
	return 0;
}

static int walk_down(struct stack *stack)
{
	const struct dirent64 *entry;
	struct level *level;
	int r = 0;

	while (r == 0 && stack->depth) {
		level = stack->levels[stack->depth - 1];
		if (atomic_load_explicit(&stack->walk->stop, memory_order_relaxed)) {
			r = -ECANCELED;
		} else if ((entry = entries_next(&level->entries))) {
			r = visit(stack, level, entry);
		} else {
			if (level->entries.len < 0)
				complain(stack, "", strerror(errno));
			pop(stack);
		}
	}
	while (stack->depth)
		pop(stack);
	return r;
}

static int walk_root(struct walk *walk, struct totals *totals)
{
	struct stack stack = { .walk = walk, .totals = totals };
	int fd = open(walk->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum part part;
	struct stat st;
	int r;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	part_of(&stack, &st, OTHER, &part);
	if ((r = push(&stack, fd, &st, "", part)) < 0)
		return r;
	stack.levels[0]->name = walk->root;
	return walk_down(&stack);
}

static int walk_portion(struct walk *walk, const struct portion *portion, struct totals *totals)
{
	struct stack stack = { .walk = walk, .totals = totals };
	struct stat st;
	int r;

	if (lstat(portion->path, &st) < 0) {
		complain_errno(&stack, portion->path);
		return 0;
	}
	if (!S_ISDIR(st.st_mode)) {
		count_file(&stack, &st, portion->part);
		return 0;
	}
	r = enter(&stack, AT_FDCWD, portion->path, portion->part);
	if (r < 0 || !stack.depth)
		return r;
	stack.levels[0]->name = portion->path;
	return walk_down(&stack);
}

static void identify(const struct walk *walk, struct portion *portion)
{
	struct stat st;

	portion->done = false;
	portion->there = lstat(portion->path, &st) == 0;
	if (!portion->there)
		return;	/* a part that does not exist is empty */
	portion->dev = st.st_dev;
	portion->ino = st.st_ino;
	if (S_ISLNK(st.st_mode)) {
		walk->complain(walk->data, portion->path, "is a link, not followed");
		portion->there = false;
	}
}

int walk_run(struct walk *walk, struct totals *totals)
{
	int r;

	*totals = (struct totals){ 0 };
	for (size_t i = 0; i < walk->n_portions; i++)
		identify(walk, &walk->portions[i]);
	r = walk_root(walk, totals);
	for (size_t i = 0; r == 0 && i < walk->n_portions; i++)
		if (walk->portions[i].there && !walk->portions[i].done)
			r = walk_portion(walk, &walk->portions[i], totals);
	return r;
}
