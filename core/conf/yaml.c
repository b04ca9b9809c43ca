/* SPDX-License-Identifier: MIT */
/*
 * yaml.c - from a file, with all that it includes, to one tree.
 *
 * A file is known by its device and inode, so that the same one by another name
 * is not read twice and a cycle ends.
 */
#include "conf/tree.h"
#include "conf/words.h"
#include "util/file.h"
#include "util/utf8.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A file that is read, or was. */
struct seen {
	dev_t dev;
	ino_t ino;
	struct place included;		/* where it was asked for */
	bool open;			/* being read: what it includes is in it */
};

struct loader {
	struct yaml_memory *memory;
	struct error *err;
	struct seen files[TREE_FILES_MOST];
	unsigned n_files;
};

static struct yaml_node *no_memory(struct loader *loader, const char *file)
{
	error_set(loader->err, -ENOMEM, "%s: out of memory", file);
	return NULL;
}

/* ---- one text ---- */

static int count_bytes(struct loader *loader, const char *file, size_t n)
{
	struct yaml_memory *memory = loader->memory;

	if (n > TREE_FILE_MOST)
		return error_set(loader->err, -EFBIG, "%s: larger than %zu MiB", file, TREE_FILE_MOST >> 20);
	if (memory->bytes + n > TREE_BYTES_MOST)
		return error_set(loader->err, -EFBIG, "%s: with it the configuration is larger than %zu MiB", file,
				 TREE_BYTES_MOST >> 20);
	memory->bytes += n;
	return 0;
}

/* Bytes of the character that begins here; 0: it is none. */
static size_t character(const char *text, size_t left)
{
	for (size_t n = 1; n <= 4 && n <= left; n++)
		if (utf8_valid(text, n))
			return n;
	return 0;
}

/* Where it stops being UTF-8. */
static struct place bad_byte(const char *file, const char *text, size_t n)
{
	struct place at = { file, 1, 1 };
	size_t step;

	for (size_t i = 0; i < n && (step = character(text + i, n - i)); i += step) {
		at.column += (unsigned)step;
		if (text[i] == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return at;
}

/* The tree of a text whose include, if it has one, is still in it. */
static struct yaml_node *read_text(struct loader *loader, const char *file, const char *text, size_t n)
{
	if (count_bytes(loader, file, n) < 0)
		return NULL;
	if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {	/* a byte order mark */
		text += 3;
		n -= 3;
	}
	if (!utf8_valid(text, n)) {
		error_at(loader->err, bad_byte(file, text, n), "not UTF-8 text");
		return NULL;
	}
	return tree_read(loader->memory, file, text, n, loader->err);
}

/* ---- include ---- */

static struct yaml_node *load_file(struct loader *loader, const char *path, struct place included);

/* Take a key out of a mapping; its value, or NULL. */
static const struct yaml_node *take(struct yaml_node *mapping, const char *key)
{
	const struct yaml_node *value;

	for (size_t i = 0; i < mapping->n; i++) {
		if (strcmp(mapping->keys[i]->text, key) != 0)
			continue;
		value = mapping->items[i];
		mapping->n--;
		memmove(mapping->keys + i, mapping->keys + i + 1, (mapping->n - i) * sizeof *mapping->keys);
		memmove(mapping->items + i, mapping->items + i + 1, (mapping->n - i) * sizeof *mapping->items);
		return value;
	}
	return NULL;
}

char *path_beside(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	AUTO_FREE char *dir = NULL;

	if (name[0] == '/' || !slash)
		return strdup(name);
	dir = strndup(file, (size_t)(slash - file) + 1);
	return dir ? path_join(dir, name) : NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Read one file and join it in. Its errors do not keep the next one from being read. */
static int include_file(struct loader *loader, struct yaml_node **root, const char *path, struct place at)
{
	struct yaml_node *from = load_file(loader, path, at);

	if (!from)
		return 0;
	*root = tree_merge(loader->memory, *root, from, loader->err);
	return *root ? 0 : -ENOMEM;
}

static int include_glob(struct loader *loader, struct yaml_node **root, const char *pattern, struct place at)
{
	glob_t found = { 0 };
	char room[SHOWN];
	int r = glob(pattern, GLOB_ERR | GLOB_NOSORT, NULL, &found);

	if (r == GLOB_NOSPACE)
		return -ENOMEM;
	if (r == GLOB_ABORTED)
		error_at(loader->err, at, "include: %s: the folder cannot be read", shown(pattern, room));
	if (r != 0) {
		globfree(&found);
		return 0;
	}
	qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_name);
	for (size_t i = 0; i < found.gl_pathc && r == 0; i++)
		r = include_file(loader, root, found.gl_pathv[i], at);
	globfree(&found);
	return r;
}

static int include_one(struct loader *loader, struct yaml_node **root, const struct yaml_node *name)
{
	AUTO_FREE char *path = NULL;

	if (name->kind != YAML_SCALAR || tree_is_null(name) || !*name->text) {
		error_at(loader->err, name->at, "include: is %s (write a file name, or a pattern such as conf.d/*.yaml)",
			 name->kind == YAML_SCALAR ? "empty" : yaml_kind_name(name->kind));
		return 0;
	}
	path = path_beside(name->at.file, name->text);
	if (!path)
		return -ENOMEM;
	return strpbrk(name->text, "*?[") ? include_glob(loader, root, path, name->at)
					  : include_file(loader, root, path, name->at);
}

/* Bring in what the root's `include` names. NULL: out of memory. */
static struct yaml_node *include_all(struct loader *loader, struct yaml_node *root, const char *file)
{
	const struct yaml_node *include = take(root, "include");
	int r = 0;

	if (!include)
		return root;
	if (include->kind != YAML_SEQUENCE)
		r = include_one(loader, &root, include);
	else
		for (size_t i = 0; i < include->n && r == 0; i++)
			r = include_one(loader, &root, include->items[i]);
	return r == 0 ? root : no_memory(loader, file);
}

/* ---- files ---- */

/* Enter the file in the list; its number, or < 0 with the reason in *err. */
static int open_seen(struct loader *loader, const char *path, const struct stat *st, struct place included)
{
	char place[SHOWN_PLACE];

	for (unsigned i = 0; i < loader->n_files; i++) {
		const struct seen *seen = &loader->files[i];

		if (seen->dev != st->st_dev || seen->ino != st->st_ino)
			continue;
		if (seen->open)
			return error_at(loader->err, included, "include: %s includes itself (a cycle)", path);
		return error_at(loader->err, included, "include: %s is included twice (the first at %s)", path,
				shown_place(seen->included, place));
	}
	if (loader->n_files == TREE_FILES_MOST)
		return error_at(loader->err, included, "include: more than %u files", TREE_FILES_MOST);
	loader->files[loader->n_files] = (struct seen){ st->st_dev, st->st_ino, included, true };
	return (int)loader->n_files++;
}

/* Found, a file, and not read before? Its number in the list, or < 0. */
static int check_file(struct loader *loader, const char *path, struct place included)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return included.line ? error_at(loader->err, included, "include: %s: %s", path, error_name(-errno))
				     : error_set(loader->err, -errno, "%s: %s", path, error_name(-errno));
	if (included.line && !S_ISREG(st.st_mode))
		return error_at(loader->err, included, "include: %s is not a file", path);
	return open_seen(loader, path, &st, included);
}

static struct yaml_node *load_file(struct loader *loader, const char *path, struct place included)
{
	int number = check_file(loader, path, included);
	struct yaml_node *root;
	AUTO_BUF text = { 0 };
	const char *file;

	if (number < 0 || file_read_all(path, TREE_FILE_MOST, &text, loader->err) < 0)
		return NULL;
	file = bump_copy(&loader->memory->bump, path, strlen(path));
	if (!file)
		return no_memory(loader, path);
	root = read_text(loader, file, text.data ? (const char *)text.data : "", text.len);
	if (root)
		root = include_all(loader, root, file);
	loader->files[number].open = false;
	return root;
}

static struct yaml_node *load_text(struct loader *loader, const char *name, const char *text, size_t n)
{
	const char *file = bump_copy(&loader->memory->bump, name, strlen(name));
	const struct yaml_node *include;
	struct yaml_node *root;
	struct stat st;

	if (!file)
		return no_memory(loader, name);
	root = read_text(loader, file, text, n);
	if (!root)
		return NULL;
	if (stat(name, &st) == 0 && S_ISREG(st.st_mode))
		return include_all(loader, root, file);
	include = take(root, "include");
	if (include)
		error_at(loader->err, include->at, "include: works in files only, and this is none");
	return root;
}

/* ---- the tree ---- */

static struct yaml *yaml_create(void)
{
	struct yaml *yaml = calloc(1, sizeof *yaml);

	if (!yaml)
		return NULL;
	yaml->memory = calloc(1, sizeof *yaml->memory);
	if (!yaml->memory) {
		free(yaml);
		return NULL;
	}
	return yaml;
}

void yaml_release(struct yaml *yaml)
{
	if (!yaml)
		return;
	bump_fini(&yaml->memory->bump);
	free(yaml->memory);
	free(yaml);
}

struct yaml *tree_load(const char *name, const char *text, size_t n, struct error *err)
{
	AUTO(yaml) yaml = yaml_create();
	struct loader loader = { .err = err };

	if (!yaml) {
		error_set(err, -ENOMEM, "%s: out of memory", name);
		return NULL;
	}
	loader.memory = yaml->memory;
	yaml->root = text ? load_text(&loader, name, text, n) : load_file(&loader, name, (struct place){ name, 0, 0 });
	return yaml->root ? TAKE(yaml) : NULL;
}

struct yaml *yaml_parse(const char *name, const char *text, size_t n, struct error *err)
{
	struct error ours = { 0 }, *to = err ? err : &ours;	/* errors are counted even if nobody reads them */
	unsigned before = to->count;
	AUTO(yaml) yaml = tree_load(name, text ? text : "", text ? n : 0, to);
	bool good = to->count == before;

	error_clear(&ours);
	return good ? TAKE(yaml) : NULL;
}

const struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key)
{
	if (mapping->kind != YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i < mapping->n; i++)
		if (!strcmp(mapping->keys[i]->text, key))
			return mapping->items[i];
	return NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
	static const char *const names[] = { [YAML_SCALAR] = "text", [YAML_SEQUENCE] = "a list",
					     [YAML_MAPPING] = "a mapping" };

	return names[kind];
}
