/* SPDX-License-Identifier: MIT */
/* natural.c - run by run, of digits or of anything else. */
#include "eval/natural.h"

#include <stdbool.h>
#include <string.h>

struct run {
	const char *text;
	uint32_t n;
	bool is_number;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct run run_at(const char *text, uint32_t n)
{
	struct run run = { text, 1, is_digit(text[0]) };

	while (run.n < n && is_digit(text[run.n]) == run.is_number)
		run.n++;
	return run;
}

static int compare_texts(struct run a, struct run b)
{
	int r = memcmp(a.text, b.text, a.n < b.n ? a.n : b.n);

	return r ? r : (a.n > b.n) - (a.n < b.n);
}

static struct run without_zeros(struct run run)
{
	while (run.n > 1 && *run.text == '0') {
		run.text++;
		run.n--;
	}
	return run;
}

static int compare_runs(struct run a, struct run b)
{
	if (!a.is_number || !b.is_number)
		return compare_texts(a, b);
	a = without_zeros(a);
	b = without_zeros(b);
	return a.n != b.n ? (a.n > b.n) - (a.n < b.n) : memcmp(a.text, b.text, a.n);
}

int natural_compare(const char *a, uint32_t n_a, const char *b, uint32_t n_b)
{
	while (n_a && n_b) {
		struct run x = run_at(a, n_a), y = run_at(b, n_b);
		int r = compare_runs(x, y);

		if (r)
			return r;
		a += x.n;
		n_a -= x.n;
		b += y.n;
		n_b -= y.n;
	}
	return (n_a > 0) - (n_b > 0);
}
