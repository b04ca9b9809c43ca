/* SPDX-License-Identifier: MIT */
/* tree.c - plain calls and nftw; a test has no errors to handle, only to show. */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static _Noreturn void fail(const char *what, const char *path)
{
	fprintf(stderr, "tree: %s %s: %s\n", what, path, strerror(errno));
	abort();
}

struct tree tree_create(void)
{
	const char *tmp = getenv("TMPDIR");
	struct tree tree;

	snprintf(tree.path, sizeof tree.path, "%s/kymo-test-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(tree.path))
		fail("mkdtemp", tree.path);
	return tree;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void tree_remove(const struct tree *tree)
{
	if (nftw(tree->path, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0)
		fail("remove", tree->path);
}

const char *tree_path(const struct tree *tree, const char *path)
{
	static char answers[8][8192];
	static unsigned turn;
	char *answer = answers[turn++ % 8];

	snprintf(answer, sizeof answers[0], "%s%s%s", tree->path, *path ? "/" : "", path);
	return answer;
}

static void make_parents(const struct tree *tree, const char *path)
{
	char *copy = strdup(tree_path(tree, path));

	for (char *slash = copy + strlen(tree->path) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			fail("mkdir", copy);
	}
	free(copy);
}

void tree_folder(const struct tree *tree, const char *path)
{
	make_parents(tree, path);
	if (mkdir(tree_path(tree, path), 0755) < 0 && errno != EEXIST)
		fail("mkdir", path);
}

void tree_write(const struct tree *tree, const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd;

	make_parents(tree, path);
	fd = open(tree_path(tree, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) < 0)
		fail("write", path);
}

void tree_link(const struct tree *tree, const char *target, const char *path)
{
	make_parents(tree, path);
	unlink(tree_path(tree, path));
	if (symlink(target, tree_path(tree, path)) < 0)
		fail("symlink", path);
}

void tree_unlink(const struct tree *tree, const char *path)
{
	if (nftw(tree_path(tree, path), remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0)
		fail("remove", path);
}

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, 0, file) < 0 && text)
		text[0] = 0;
	fclose(file);
	return text;
}

/* A link is copied as a link: fd/ of a process is full of them. */
static void copy_one(const struct tree *tree, const char *from, const char *to)
{
	char target[4096];
	struct stat st;
	char *text;

	if (lstat(from, &st) < 0)
		fail("lstat", from);
	if (S_ISLNK(st.st_mode)) {
		ssize_t len = readlink(from, target, sizeof target - 1);

		target[len > 0 ? len : 0] = 0;
		tree_link(tree, target, to);
		return;
	}
	text = read_all(from);
	tree_write(tree, to, text ? text : "");
	free(text);
}

static void copy_folder(const struct tree *tree, const char *from, const char *to)
{
	DIR *dir = opendir(from);
	struct dirent *entry;

	if (!dir)
		fail("opendir", from);
	while ((entry = readdir(dir))) {
		char source[4096], place[4096];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
		snprintf(place, sizeof place, "%s%s%s", to, *to ? "/" : "", entry->d_name);
		if (entry->d_type == DT_DIR) {
			tree_folder(tree, place);
			copy_folder(tree, source, place);
		} else {
			copy_one(tree, source, place);
		}
	}
	closedir(dir);
}

void tree_copy(const struct tree *tree, const char *from)
{
	copy_folder(tree, from, "");
}

void tree_copy_to(const struct tree *tree, const char *from, const char *path)
{
	tree_folder(tree, path);
	copy_folder(tree, from, path);
}

char *tree_read(const struct tree *tree, const char *path)
{
	return read_all(tree_path(tree, path));
}

bool tree_has(const struct tree *tree, const char *path)
{
	return access(tree_path(tree, path), F_OK) == 0;
}

static void list_folder(FILE *out, const char *path, size_t prefix)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char below[8192];

		snprintf(below, sizeof below, "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_type != DT_DIR)
			fprintf(out, "%s\n", below + prefix);
		else if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
			list_folder(out, below, prefix);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

char *tree_list(const struct tree *tree, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		fail("list", path);
	list_folder(out, tree_path(tree, path), strlen(tree->path) + 1);
	fclose(out);
	return text;
}
