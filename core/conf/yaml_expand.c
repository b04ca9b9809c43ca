/* SPDX-License-Identifier: MIT */
/*
 * yaml_expand.c - ${NAME}, ${NAME:-text} and $${ in scalars. As in a shell, the
 * text behind :- also stands in for a variable that is empty. What was put in
 * is not looked at again.
 */
#include "conf/tree.h"
#include "conf/words.h"
#include "util/buf.h"
#include "util/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define NAME_MOST 128u

/* One "${...}": what stands between the braces, taken apart. */
struct variable {
	char name[NAME_MOST];
	const char *otherwise;		/* behind ":-"; NULL: not given */
	size_t otherwise_len;
	const char *end;		/* behind the brace */
};

static bool is_name(const char *text, size_t n)
{
	if (!n || n >= NAME_MOST || isdigit((unsigned char)text[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

/* `at` stands on the dollar. */
static int take_apart(const char *at, struct variable *variable)
{
	const char *brace = strchr(at, '}'), *name = at + 2, *end;

	if (!brace)
		return -EINVAL;
	end = memchr(name, ':', (size_t)(brace - name));
	*variable = (struct variable){ .end = brace + 1 };
	if (end) {
		if (end[1] != '-')
			return -EINVAL;
		variable->otherwise = end + 2;
		variable->otherwise_len = (size_t)(brace - end) - 2;
	}
	if (!end)
		end = brace;
	if (!is_name(name, (size_t)(end - name)))
		return -EINVAL;
	memcpy(variable->name, name, (size_t)(end - name));
	return 0;
}

static int put_in(struct buf *out, const struct variable *variable, struct place at, struct error *err)
{
	const char *value = getenv(variable->name);

	if (variable->otherwise && (!value || !*value)) {
		buf_add(out, variable->otherwise, variable->otherwise_len);
		return 0;
	}
	if (!value)
		return error_at(err, at, "${%s}: the environment variable is not set (${%s:-text} gives a preset)",
				variable->name, variable->name);
	if (!utf8_valid(value, strlen(value)))
		return error_at(err, at, "${%s}: its value is not UTF-8", variable->name);
	buf_add_text(out, value);
	return 0;
}

static int expand_all(const char *text, struct buf *out, struct place at, struct error *err)
{
	const char *dollar;
	struct variable variable;
	char room[SHOWN];
	int result = 0;

	for (; (dollar = strchr(text, '$')); text = variable.end) {
		buf_add(out, text, (size_t)(dollar - text));
		variable.end = dollar + 1;
		if (!strncmp(dollar, "$${", 3)) {
			buf_add_text(out, "${");
			variable.end = dollar + 3;
		} else if (strncmp(dollar, "${", 2) != 0) {
			buf_add_text(out, "$");
		} else if (take_apart(dollar, &variable) < 0) {
			return error_at(err, at, "\"%s\" is not a variable (write ${NAME} or ${NAME:-text}; $${ is a plain ${)",
					shown(dollar, room));
		} else if (put_in(out, &variable, at, err) < 0) {
			result = -EINVAL;
		}
	}
	buf_add_text(out, text);
	return result;
}

int tree_expand(struct yaml_memory *memory, const char **text, struct place at, struct error *err)
{
	size_t used = memory->bytes;
	AUTO_BUF out = { .limit = used < TREE_BYTES_MOST ? TREE_BYTES_MOST - used : 1 };
	const char *copy;
	int r;

	if (!strstr(*text, "${"))
		return 0;
	r = expand_all(*text, &out, at, err);
	if (r < 0)
		return r;
	if (buf_failed(&out))
		return error_at(err, at, "with what its variables hold the text is too long (%zu MiB in all)",
				TREE_BYTES_MOST >> 20);
	copy = bump_copy(&memory->bump, (const char *)out.data, out.len);
	if (!copy)
		return error_set(err, -ENOMEM, "%s: out of memory", at.file);
	memory->bytes += out.len;
	*text = copy;
	return 1;
}
