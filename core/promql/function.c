/* SPDX-License-Identifier: MIT */
/* function.c - the table of functions. */
#include "promql/function.h"

const char *value_type_name(enum value_type type)
{
	static const char *const names[] = { "scalar", "instant vector", "range vector", "string" };

	return names[type];
}

const char *value_type_word(enum value_type type)
{
	static const char *const words[] = { "scalar", "vector", "matrix", "string" };

	return words[type];
}
