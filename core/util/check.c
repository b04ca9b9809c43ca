/* SPDX-License-Identifier: MIT */
/* check.c - one write(2), so that lines of threads that fail together stay whole. */
#include "util/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void check_failed(const char *file, int line, const char *condition, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n = snprintf(text, sizeof text, "%s:%d: this cannot be: not (%s): ", file, line, condition);

	if (n < 0 || (size_t)n >= sizeof text)
		n = 0;
	va_start(args, format);
	vsnprintf(text + n, sizeof text - (size_t)n, format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "%s\n", text);
	abort();
}
