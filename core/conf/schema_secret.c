/* SPDX-License-Identifier: MIT */
/*
 * schema_secret.c - a secret that stands in a file of its own. One newline at
 * its end belongs to the editor, not to the secret. Only regular files: a pipe
 * could make the reader wait for ever.
 */
#include "conf/schema_read.h"
#include "conf/tree.h"
#include "conf/words.h"
#include "util/file.h"
#include "util/log.h"
#include "util/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SECRET_MOST ((size_t)64 << 10)
/* The limit, and a byte more that shows it is passed. */
#define SECRET_ROOM (SECRET_MOST + 1)

struct secret {
	struct reading *reading;
	const char *key, *path;
	struct place at;
};

static int refuse(const struct secret *secret, const char *why)
{
	return error_at(secret->reading->err, secret->at, "%s: the secret file %s %s", secret->key, secret->path,
			why);
}

static int refuse_errno(const struct secret *secret, int code)
{
	return error_at(secret->reading->err, secret->at, "%s: the secret file %s: %s", secret->key, secret->path,
			error_name(code));
}

static int check_mode(const struct secret *secret, int fd)
{
	char place[SHOWN_PLACE];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return refuse_errno(secret, -errno);
	if (!S_ISREG(st.st_mode))
		return refuse(secret, "is not a regular file");
	if (st.st_mode & S_IROTH)
		log_warn(LOG_CONF, "%s: %s: everyone can read the secret file %s (chmod o-r)",
			 shown_place(secret->at, place), secret->key, secret->path);
	return 0;
}

static size_t without_newline(const char *text, size_t n)
{
	if (!n || text[n - 1] != '\n')
		return n;
	n--;
	return n && text[n - 1] == '\r' ? n - 1 : n;
}

static int read_file(const struct secret *secret, int fd, char *text)
{
	ssize_t n = file_pread(fd, text, SECRET_ROOM, 0);

	if (n < 0)
		return refuse_errno(secret, (int)n);
	if ((size_t)n > SECRET_MOST)
		return refuse(secret, "is larger than 64 KiB");
	n = (ssize_t)without_newline(text, (size_t)n);
	text[n] = '\0';
	if (!n)
		return refuse(secret, "is empty");
	if (!utf8_valid(text, (size_t)n))
		return refuse(secret, "is not UTF-8 text");
	return 0;
}

static int open_and_read(const struct secret *secret, char **text)
{
	AUTO_FREE char *room = malloc(SECRET_ROOM);
	AUTO_CLOSE int fd = room ? file_open(secret->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, NULL) : -ENOMEM;
	int r;

	if (!room)
		return no_room(secret->reading);
	if (fd < 0)
		return refuse_errno(secret, fd);
	r = check_mode(secret, fd);
	if (r == 0)
		r = read_file(secret, fd, room);
	if (r == 0)
		*text = TAKE(room);
	return r;
}

int read_secret(struct reading *reading, const struct kymo_option *option, const struct yaml_node *node,
		char **text)
{
	const struct yaml_node *file = yaml_find(node, "file");
	AUTO_FREE char *path = NULL;

	if (node->n != 1 || !file || file->kind != YAML_SCALAR || tree_is_null(file) || !*file->text)
		return error_at(reading->err, node->at, "%s: is a mapping (write text, or {file: PATH})",
				option->key);
	path = path_beside(file->at.file, file->text);
	if (!path)
		return no_room(reading);
	return open_and_read(&(struct secret){ reading, option->key, path, file->at }, text);
}
