/* SPDX-License-Identifier: MIT */
/* folder.h - a temporary folder of a test, with files put into it. */
#ifndef TESTS_CONF_FOLDER_H
#define TESTS_CONF_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];
static char folder_files[80][300];
static unsigned n_folder_files;

static int folder_make(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	n_folder_files = 0;
	snprintf(folder, sizeof folder, "%s/kymo-conf-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

/* In the order of their making, last first: a folder was made before what is in it. */
static int folder_remove(void **state)
{
	(void)state;
	while (n_folder_files > 0)
		remove(folder_files[--n_folder_files]);
	return rmdir(folder);
}

/* The path of a name in the folder; it is removed at the end. */
static const char *folder_path(const char *name)
{
	char *path = folder_files[n_folder_files++];

	snprintf(path, sizeof folder_files[0], "%s/%s", folder, name);
	return path;
}

static inline void folder_write(const char *name, const char *text)
{
	FILE *file = fopen(folder_path(name), "w");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static inline void folder_sub(const char *name)
{
	if (mkdir(folder_path(name), 0755) < 0)
		abort();
}

#endif
