/* SPDX-License-Identifier: MIT */
/*
 * loader.c - copy, check, dlopen the copy, copy its table. The descriptor of a
 * copy stays open as long as the library is loaded: its number is in the name
 * that dlopen remembers, and must not come to mean another file meanwhile.
 */
#include "host/loader.h"
#include "host/elf_note.h"
#include "host/plugin_file.h"
#include "host/plugin_table.h"
#include "util/thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

/* The list knows libraries without holding them; a library holds the list. */
struct loader {
	_Atomic uint32_t holders;
	pthread_mutex_t mutex;
	struct library *first;
};

struct library {
	uint32_t holders;		/* under the lock of its loader */
	struct loader *loader;		/* held; compiled in: one of its own */
	struct library *next;
	char *path;
	struct plugin_copy copy;
	struct file_identity identity;	/* of the file it was taken from */
	void *handle;
	struct kymo_plugin *plugin;
};

struct loader *loader_create(void)
{
	struct loader *loader = calloc(1, sizeof *loader);

	if (!loader)
		return NULL;
	atomic_init(&loader->holders, 1);
	pthread_mutex_init(&loader->mutex, NULL);
	return loader;
}

static void loader_release(struct loader *loader)
{
	if (atomic_fetch_sub(&loader->holders, 1) != 1)
		return;
	pthread_mutex_destroy(&loader->mutex);
	free(loader);
}

void loader_destroy(struct loader *loader)
{
	if (loader)
		loader_release(loader);
}

static void library_free(struct library *library)
{
	plugin_table_free(library->plugin);
	if (library->handle)
		dlclose(library->handle);
	plugin_copy_fini(&library->copy);
	free(library->path);
	free(library);
}

static struct library *library_create(const char *path)
{
	struct library *library = calloc(1, sizeof *library);

	if (!library)
		return NULL;
	library->holders = 1;
	library->copy.fd = -1;
	library->path = strdup(path);
	if (!library->path) {
		free(library);
		return NULL;
	}
	return library;
}

/* ---- loading ---- */

/* dlerror() names the copy, which means nothing to anybody; what follows is the reason. */
static int refuse_dlopen(const char *path, const char *copy, struct error *err)
{
	const char *why = dlerror();
	size_t n = strlen(copy);

	if (why && !strncmp(why, copy, n) && why[n] == ':')
		why += n + 1 + strspn(why + n + 1, " ");
	return error_set(err, -ENOEXEC, "%s: cannot be loaded: %s", path, why ? why : "no reason given");
}

static int open_copy(struct library *library, struct error *err)
{
	char name[64];
	const struct kymo_plugin *theirs;

	snprintf(name, sizeof name, "/proc/self/fd/%d", library->copy.fd);
	library->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!library->handle)
		return refuse_dlopen(library->path, name, err);
	theirs = dlsym(library->handle, "kymo_plugin");
	if (!theirs)
		return error_set(err, -ENOEXEC, "%s: exports no symbol kymo_plugin (KYMO_PLUGIN of <kymo/plugin.h> makes one)",
				 library->path);
	return plugin_table_copy(theirs, library->path, &library->plugin, err);
}

static int check_copy(const struct library *library, struct error *err)
{
	struct elf_note note;
	int r = elf_note_read(library->copy.data, library->copy.size, library->path, &note, err);

	return r < 0 ? r : elf_note_check(&note, library->path, err);
}

/* A loaded library with that identity, or NULL. Under the lock. */
static struct library *find_identity(struct loader *loader, const char *path, const struct file_identity *identity)
{
	for (struct library *library = loader->first; library; library = library->next)
		if (file_identity_equal(&library->identity, identity) && !strcmp(library->path, path))
			return library;
	return NULL;
}

/* The same with those bytes: a file that was only touched or copied over itself is no other version. */
static struct library *find_bytes(struct loader *loader, const char *path, const struct plugin_copy *copy)
{
	for (struct library *library = loader->first; library; library = library->next)
		if (!strcmp(library->path, path) && library->copy.size == copy->size &&
		    !memcmp(library->copy.data, copy->data, copy->size))
			return library;
	return NULL;
}

static void loader_add(struct loader *loader, struct library *library)
{
	atomic_fetch_add(&loader->holders, 1);
	library->loader = loader;
	library->next = loader->first;
	loader->first = library;
}

/* From the copy to the plugin; under the lock. On success the copy is the library's. */
static int load_copy(struct loader *loader, const char *path, struct plugin_copy *copy, struct library **out,
		     struct error *err)
{
	struct library *library = library_create(path);
	int r;

	if (!library)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	library->copy = *copy;
	*copy = (struct plugin_copy){ .fd = -1 };
	if ((r = check_copy(library, err)) < 0 || (r = open_copy(library, err)) < 0) {
		library_free(library);
		return r;
	}
	loader_add(loader, library);
	*out = library;
	return 0;
}

/* An open file that no loaded library was taken from; under the lock. */
static int load_file(struct loader *loader, int fd, const char *path, struct library **out, struct error *err)
{
	struct plugin_copy copy;
	int r = plugin_copy_make(fd, path, &copy, err);

	if (r < 0)
		return r;
	*out = find_bytes(loader, path, &copy);
	if (*out)
		(*out)->holders++;
	else
		r = load_copy(loader, path, &copy, out, err);
	plugin_copy_fini(&copy);
	return r;
}

int loader_load(struct loader *loader, const char *path, struct library **out, struct error *err)
{
	struct file_identity identity;
	AUTO_CLOSE int fd = plugin_file_open(path, &identity, err);
	int r = 0;
	LOCK(&loader->mutex);

	if (fd < 0)
		return fd;
	*out = find_identity(loader, path, &identity);
	if (*out)
		(*out)->holders++;
	else
		r = load_file(loader, fd, path, out, err);
	if (r == 0)
		(*out)->identity = identity;
	return r;
}

int loader_compiled_in(const struct kymo_plugin *plugin, const char *name, struct library **out, struct error *err)
{
	struct library *library = library_create("");
	int r;

	if (!library)
		return error_set(err, -ENOMEM, "%s: out of memory", name);
	library->loader = loader_create();	/* of its own: for the lock alone */
	r = library->loader ? plugin_table_copy(plugin, name, &library->plugin, err) :
			      error_set(err, -ENOMEM, "%s: out of memory", name);
	if (r < 0) {
		loader_destroy(library->loader);
		library_free(library);
		return r;
	}
	*out = library;
	return 0;
}

/* ---- holding ---- */

struct library *library_hold(struct library *library)
{
	LOCK(&library->loader->mutex);
	library->holders++;
	return library;
}

static void unlink_library(struct loader *loader, struct library *library)
{
	struct library **at = &loader->first;

	while (*at && *at != library)
		at = &(*at)->next;
	if (*at)
		*at = library->next;
}

static bool library_was_last(struct library *library)
{
	LOCK(&library->loader->mutex);
	if (--library->holders)
		return false;
	unlink_library(library->loader, library);
	return true;
}

void library_release(struct library *library)
{
	struct loader *loader;

	if (!library || !library_was_last(library))
		return;
	loader = library->loader;
	library_free(library);
	loader_release(loader);
}

const struct kymo_plugin *library_plugin(const struct library *library) { return library->plugin; }
const char *library_path(const struct library *library) { return library->path; }
