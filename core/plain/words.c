/* SPDX-License-Identifier: MIT */
/* words.c - the words of a request, as HTTP and the command line take them. */
#include "plain/plain.h"
#include "util/check.h"

#include <errno.h>

struct word {
	const char *text;
	uint32_t number;
};

static const struct word functions[] = {
	{ "values", KYMO_VALUES }, { "sum", KYMO_SUM }, { "avg", KYMO_AVG }, { "min", KYMO_MIN }, { "max", KYMO_MAX },
	{ "count", KYMO_COUNT },   { "p50", KYMO_P50 }, { "p95", KYMO_P95 }, { "p99", KYMO_P99 },
};
static const struct word granularities[] = {
	{ "auto", KYMO_AUTO }, { "raw", KYMO_RAW }, { "1m", KYMO_1M }, { "5m", KYMO_5M }, { "1h", KYMO_1H },
};
static const struct word ops[] = {
	{ "=", KYMO_EQUAL }, { "!=", KYMO_NOT_EQUAL }, { "=~", KYMO_REGEX }, { "!~", KYMO_NOT_REGEX }, { "like", KYMO_LIKE },
};

static int refuse(const char *what, const char *given, const struct word *words, size_t n, struct error *err)
{
	AUTO_BUF list = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_printf(&list, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", words[i].text);
	return error_set(err, -EINVAL, "%s \"%.64s\" is not known: %s", what, given, buf_text(&list) ? buf_text(&list) : "");
}

static int find(const char *what, const char *given, const struct word *words, size_t n, uint32_t *number, struct error *err)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(words[i].text, given)) {
			*number = words[i].number;
			return 0;
		}
	return refuse(what, given, words, n, err);
}

int plain_parse_function(const char *word, uint32_t *function, struct error *err)
{
	return find("function", word, functions, COUNT_OF(functions), function, err);
}

int plain_parse_granularity(const char *word, uint32_t *granularity, struct error *err)
{
	return find("granularity", word, granularities, COUNT_OF(granularities), granularity, err);
}

int plain_parse_op(const char *word, uint32_t *op, struct error *err)
{
	return find("operator", word, ops, COUNT_OF(ops), op, err);
}

const char *plain_function_name(uint32_t function)
{
	return function < COUNT_OF(functions) ? functions[function].text : "?";
}
