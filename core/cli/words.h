/* SPDX-License-Identifier: MIT */
/*
 * words.h - the words of a command line, read by a table: options ("--name VALUE",
 * "--name=VALUE", flags) anywhere among the arguments; "--" ends them. Usage and
 * help are printed from the same table.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define WORDS_MOST 512

struct option_row {
	const char *name;		/* "last": --last */
	const char *value;		/* "SPAN"; NULL: a flag */
	const char *help;
	bool repeated;
};

struct command {
	const char *name;
	const char *arguments;		/* "[NAME...]", for the usage */
	const char *summary;
	uint32_t least, most;		/* arguments; most UINT32_MAX: any number */
	const struct option_row *options;	/* up to a row without name; may be NULL */
	bool client;			/* asks a daemon: also takes --url and --socket */
	bool json;			/* also takes --json */
	const char *more;		/* further lines of help; or NULL */
};

struct given {
	const struct option_row *row;
	const char *value;		/* NULL: a flag */
};

struct words {
	const struct command *command;
	uint32_t n_arguments, n_given;
	const char *arguments[WORDS_MOST];
	struct given given[WORDS_MOST];
};

#define WORDS_GO (-1)
/* WORDS_GO; or the exit code: 0 after --help, 2 after wrong usage, which has been printed. */
int words_read(const struct command *command, int argc, char **argv, struct words *words);

/* The last value of an option, "" for a flag, NULL if it was not given. */
const char *words_get(const struct words *words, const char *name);
static inline bool words_json(const struct words *words) { return words_get(words, "json"); }

/* Print the problem and the usage; gives 2. */
int words_wrong(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
