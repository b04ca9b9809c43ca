/* SPDX-License-Identifier: MIT */
/* words.c - see words.h. */
#include "cli/words.h"

#include "cli/text.h"
#include "conf/words.h"
#include "util/check.h"
#include "util/utf8.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct option_row client_rows[] = {
	{ "socket", "PATH", "The daemon's control socket; preset that of a daemon on this machine.", false },
	{ "url", "URL", "Its address instead, http://HOST:PORT; preset $KYMO_URL, then http://127.0.0.1:9465.", false },
};
static const struct option_row json_row = { "json", NULL, "Print JSON, for programs.", false };
static const struct option_row help_row = { "help", NULL, "Print this.", false };

/* The nth option that a command takes: its own, then the common ones. */
static const struct option_row *row_at(const struct command *command, size_t i)
{
	size_t own = 0, common = 0;
	const struct option_row *rows[4];

	while (command->options && command->options[own].name)
		own++;
	if (i < own)
		return &command->options[i];
	for (size_t c = 0; command->client && c < COUNT_OF(client_rows); c++)
		rows[common++] = &client_rows[c];
	if (command->json)
		rows[common++] = &json_row;
	rows[common++] = &help_row;
	return i - own < common ? rows[i - own] : NULL;
}

static const char *row_name_at(const void *command, size_t i)
{
	const struct option_row *row = row_at(command, i);

	return row ? row->name : NULL;
}

static void print_usage(const struct command *command, FILE *to)
{
	fprintf(to, "usage: kymo %s%s%s [OPTION...]\n", command->name, *command->arguments ? " " : "", command->arguments);
}

static void print_row(const struct option_row *row, int width, FILE *to)
{
	char left[64];

	snprintf(left, sizeof left, "--%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
	fprintf(to, "  %-*s  %s\n", width, left, row->help);
}

static void print_rows(const struct command *command, FILE *to)
{
	const struct option_row *row;
	int width = 0;

	for (size_t i = 0; (row = row_at(command, i)); i++) {
		int n = (int)(2 + strlen(row->name) + (row->value ? 1 + strlen(row->value) : 0));

		width = n > width ? n : width;
	}
	for (size_t i = 0; (row = row_at(command, i)); i++)
		print_row(row, width, to);
}

static void print_help(const struct command *command)
{
	print_usage(command, stdout);
	printf("%s\n\n", command->summary);
	print_rows(command, stdout);
	if (command->more)
		printf("\n%s\n", command->more);
}

int words_wrong(const struct command *command, const char *format, ...)
{
	AUTO_BUF safe = { 0 };
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	text_add_safe(&safe, text, "");
	fprintf(stderr, "kymo %s: %s\n", command->name, buf_text(&safe) ? buf_text(&safe) : "out of memory");
	print_usage(command, stderr);
	print_rows(command, stderr);
	return 2;
}

static const struct option_row *find_row(const struct command *command, const char *name, size_t n)
{
	const struct option_row *row;

	for (size_t i = 0; (row = row_at(command, i)); i++)
		if (strlen(row->name) == n && !memcmp(row->name, name, n))
			return row;
	return NULL;
}

static int unknown_option(const struct command *command, const char *word)
{
	char name[64], room[SHOWN];
	const char *near;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
	near = nearest_word(name + strspn(name, "-"), row_name_at, command);
	if (near)
		return words_wrong(command, "there is no option %s; did you mean --%s?", shown(name, room), near);
	return words_wrong(command, "there is no option %s", shown(name, room));
}

/* The option that argv[*i] is; moves on over its value. */
static int read_option(const struct command *command, int argc, char **argv, int *i, struct words *words)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word - 2) : strlen(word + 2);
	const struct option_row *row = find_row(command, word + 2, n);
	const char *value = equals ? equals + 1 : NULL;

	if (!row)
		return unknown_option(command, word);
	if (!row->value && value)
		return words_wrong(command, "--%s takes no value", row->name);
	if (row->value && !value) {
		if (*i + 1 == argc)
			return words_wrong(command, "--%s wants a value: %s", row->name, row->value);
		value = argv[++*i];
	}
	if (!row->repeated && row->value && words_get(words, row->name))
		return words_wrong(command, "--%s is given twice", row->name);
	words->given[words->n_given++] = (struct given){ row, value };
	return WORDS_GO;
}

static int read_all(const struct command *command, int argc, char **argv, struct words *words)
{
	bool ended = false;
	int r = WORDS_GO;

	for (int i = 1; i < argc && r == WORDS_GO; i++) {
		if (words->n_given == WORDS_MOST || words->n_arguments == WORDS_MOST)
			return words_wrong(command, "more than %d words", WORDS_MOST);
		if (!ended && !strcmp(argv[i], "--"))
			ended = true;
		else if (!ended && !strcmp(argv[i], "-h"))
			words->given[words->n_given++] = (struct given){ &help_row, NULL };
		else if (!ended && !strncmp(argv[i], "--", 2))
			r = read_option(command, argc, argv, &i, words);
		else if (!ended && argv[i][0] == '-' && isalpha((unsigned char)argv[i][1]))	/* -5 is a number */
			r = unknown_option(command, argv[i]);
		else
			words->arguments[words->n_arguments++] = argv[i];
	}
	return r;
}

int words_read(const struct command *command, int argc, char **argv, struct words *words)
{
	int r;

	words->command = command;
	words->n_arguments = words->n_given = 0;
	/* What goes to a daemon goes as JSON. */
	for (int i = 1; command->client && i < argc; i++)
		if (!utf8_valid(argv[i], strlen(argv[i])))
			return words_wrong(command, "\"%s\" is not UTF-8", argv[i]);
	r = read_all(command, argc, argv, words);
	if (r != WORDS_GO)
		return r;
	if (words_get(words, "help")) {
		print_help(command);
		return 0;
	}
	if (words->n_arguments < command->least)
		return words_wrong(command, "%s is missing", command->arguments);
	if (words->n_arguments > command->most)
		return words_wrong(command, "\"%s\" is one word too many", words->arguments[command->most]);
	if (command->client && words_get(words, "url") && words_get(words, "socket"))
		return words_wrong(command, "only one of --url and --socket can be given");
	return WORDS_GO;
}

const char *words_get(const struct words *words, const char *name)
{
	for (uint32_t i = words->n_given; i-- > 0;)
		if (!strcmp(words->given[i].row->name, name))
			return words->given[i].value ? words->given[i].value : "";
	return NULL;
}
