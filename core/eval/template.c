/* SPDX-License-Identifier: MIT */
/* template.c - the template is cut into parts once, with its groups by number; an expansion copies. */
#include "eval/template.h"

#include <ctype.h>
#include <errno.h>

/* A letter of any script is one, so every byte beyond ASCII is taken for part of one. */
static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The name that begins behind a dollar, and how many bytes it takes with its braces; 0: there is none. */
static size_t read_name(const char *text, const char **name, size_t *n)
{
	bool in_braces = text[0] == '{';

	*name = text + in_braces;
	for (*n = 0; is_of_name((*name)[*n]); (*n)++)
		;
	if (*n == 0 || (in_braces && (*name)[*n] != '}'))
		return 0;
	return *n + 2 * (size_t)in_braces;
}

static bool is_number(const char *name, size_t n)
{
	if (n > 1 && name[0] == '0')
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] < '0' || name[i] > '9')
			return false;
	return n < 9;
}

/* UINT32_MAX: there is no such group. */
static uint32_t group_of(const struct regex *regex, const char *name, size_t n)
{
	uint32_t group = 0;

	if (!is_number(name, n))
		return regex_group(regex, name, n);
	for (size_t i = 0; i < n; i++)
		group = group * 10 + (uint32_t)(name[i] - '0');
	return group;
}

static void add_text(struct template *template, const char *text, size_t n)
{
	if (n)
		template->parts[template->n++] = (struct template_part){ text, (uint32_t)n };
}

int template_parse(struct template *template, const char *text, const struct regex *regex)
{
	/* Each dollar ends a text and gives at most one part. */
	size_t room = 1, n_name;
	const char *name;

	for (const char *at = text; *at; at++)
		room += *at == '$' ? 2 : 0;
	*template = (struct template){ .n_spans = regex_groups(regex) + 1 };
	template->parts = calloc(room, sizeof *template->parts);
	template->spans = calloc(template->n_spans, sizeof *template->spans);
	if (!template->parts || !template->spans)
		return -ENOMEM;
	for (;;) {
		const char *dollar = strchrnul(text, '$');
		size_t taken;

		add_text(template, text, (size_t)(dollar - text));
		if (!*dollar)
			return 0;
		text = dollar + 1;
		if (*text == '$') {
			add_text(template, text++, 1);
		} else if ((taken = read_name(text, &name, &n_name)) > 0) {
			template->parts[template->n++] = (struct template_part){ NULL, group_of(regex, name, n_name) };
			text += taken;
		} else {
			add_text(template, dollar, 1);
		}
	}
}

void template_fini(struct template *template)
{
	free(template->parts);
	free(template->spans);
	*template = (struct template){ 0 };
}

int template_expand(struct template *template, struct regex *regex, const char *text, size_t n, struct buf *out)
{
	int r = regex_match(regex, text, n, template->spans, template->n_spans);

	if (r <= 0)
		return r;
	for (uint32_t i = 0; i < template->n; i++) {
		const struct template_part *part = &template->parts[i];

		if (part->text)
			buf_add(out, part->text, part->n);
		else if (part->n < template->n_spans && template->spans[part->n].n)
			buf_add(out, text + template->spans[part->n].at, template->spans[part->n].n);
	}
	return buf_failed(out) ? -ENOMEM : 1;
}
