/* SPDX-License-Identifier: MIT */
/* number.c - whole numbers are written as such; others by trying how many digits it takes. */
#include "util/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *number_format(double v, char text[NUMBER_TEXT])
{
	if (isnan(v))
		return "NaN";
	if (isinf(v))
		return v > 0 ? "+Inf" : "-Inf";
	if (fabs(v) < 1e15 && v == (double)(long long)v && !(v == 0 && signbit(v))) {
		snprintf(text, NUMBER_TEXT, "%lld", (long long)v);
		return text;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, NUMBER_TEXT, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	return text;
}
