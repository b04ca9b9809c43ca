/* SPDX-License-Identifier: MIT */
/*
 * number.h - numbers as text, the same in every locale.
 */
#ifndef UTIL_NUMBER_H
#define UTIL_NUMBER_H

#include <stdint.h>

#define NUMBER_TEXT 32

/*
 * The shortest text that reads back to the same bits, as Prometheus writes it:
 * with an exponent below 1e-6 and from 1e21 on. "NaN", "+Inf", "-Inf" else.
 */
const char *number_format(double v, char text[NUMBER_TEXT]);

const char *number_format_integer(int64_t v, char text[NUMBER_TEXT]);
const char *number_format_unsigned(uint64_t v, char text[NUMBER_TEXT]);

/* strtod(3) as in the "C" locale; *end is where it stopped (`text`: no number here). */
double number_parse(const char *text, char **end);

#endif
