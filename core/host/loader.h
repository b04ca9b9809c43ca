/* SPDX-License-Identifier: MIT */
/*
 * loader.h - plugins in memory. A library is one version of one file, shared by
 * all instances of it and gone with the last; a file that has changed in between
 * is another library, and both may be there at a time.
 *
 * Threads   any.
 */
#ifndef HOST_LOADER_H
#define HOST_LOADER_H

#include "util/cleanup.h"
#include "util/error.h"

#include <kymo/plugin.h>

struct loader;
struct library;

struct loader *loader_create(void);	/* NULL: out of memory */
void loader_destroy(struct loader *loader);	/* libraries that are held stay usable */
DEFINE_AUTO(loader, loader_destroy)

/*
 * The library of that file, held for the caller. One that is loaded is given as
 * long as the file is the same, in identity or at least in every byte. Every
 * refusal is one sentence that begins with the path.
 */
int loader_load(struct loader *loader, const char *path, struct library **out, struct error *err);
/* A plugin that is part of this program; `name` is for messages. */
int loader_compiled_in(const struct kymo_plugin *plugin, const char *name, struct library **out, struct error *err);

struct library *library_hold(struct library *library);
void library_release(struct library *library);	/* NULL is fine */
DEFINE_AUTO(library, library_release)
const struct kymo_plugin *library_plugin(const struct library *library);
const char *library_path(const struct library *library);	/* "" when compiled in */

#endif
