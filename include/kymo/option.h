/* SPDX-License-Identifier: MIT */
/*
 * option.h - the options of a plugin, and their values.
 *
 * A plugin lists its options; the host checks the configuration against the
 * list, names file, line and column of what does not fit, fills in the presets
 * and hands the values over in the order of the list.
 */
#ifndef KYMO_OPTION_H
#define KYMO_OPTION_H

#include <kymo/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kymo_option_type {
	KYMO_FLAG,	/* true, false			-> flag */
	KYMO_INTEGER,	/* -3, 42			-> integer */
	KYMO_NUMBER,	/* 0.5				-> number */
	KYMO_STRING,	/* text				-> string */
	KYMO_DURATION,	/* 500ms, 10s, 1h30m		-> duration, milliseconds */
	KYMO_SIZE,	/* 512, 4KiB, 10MB		-> size, bytes */
	KYMO_STRINGS,	/* [a, b], or one string	-> items[n].string */
	KYMO_ROWS	/* [{field: value}, ...]	-> items[row].items[field] */
};

enum kymo_option_flags {
	KYMO_REQUIRED = 1,
	KYMO_SECRET   = 2,	/* never printed; `file:` beside it reads it from a file */
	KYMO_READS    = 4,	/* a path that the plugin reads (feeds the sandbox) */
	KYMO_WRITES   = 8	/* a path that the plugin writes */
};

struct kymo_option {
	const char *key;
	uint32_t type;			/* enum kymo_option_type */
	uint32_t flags;			/* enum kymo_option_flags */
	const char *preset;		/* as it would stand in the file ("60s", "[a, b]"); NULL: none */
	const char *help;		/* one sentence */
	const char *const *choices;	/* strings: what is allowed, NULL-ended; or NULL: anything */
	double min, max;		/* numbers, milliseconds, bytes; both 0: no bounds */
	const struct kymo_option *fields; /* of a row */
	uint32_t n_fields;
};

enum kymo_value_flags {
	KYMO_GIVEN = 1		/* it stands in the configuration; else it is the preset */
};

/* Without value and preset: all zero, string NULL, n 0. */
struct kymo_value {
	union {
		bool flag;
		int64_t integer;
		double number;
		const char *string;
		kymo_ms duration;
		uint64_t size;
		const struct kymo_value *items;
	};
	uint32_t n;			/* items; for a string its length in bytes */
	uint32_t flags;			/* enum kymo_value_flags */
};

#ifdef __cplusplus
}
#endif
#endif
