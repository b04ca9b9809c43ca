/* SPDX-License-Identifier: MIT */
/*
 * regex.c - PCRE2 without its JIT, which wants memory that is writable and
 * executable. The code is read-only and shared by all threads; the memory of
 * one match is kept for the next: who finds it taken makes his own.
 */
#include "model/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <stdatomic.h>
#include <string.h>

enum {
	STEPS_MOST = 1000000,	/* some 10 ms at the worst */
	HEAP_MOST = 8192,	/* KiB of backtracking */
	NESTING_MOST = 200
};

struct regex {
	pcre2_code *code;
	pcre2_match_context *limits;
	uint32_t groups;		/* that it keeps */
	_Atomic(pcre2_match_data *) spare;
};

static pcre2_code *compile(const char *text, uint32_t more, struct error *err)
{
	uint32_t options = PCRE2_UTF | PCRE2_DOTALL | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
			   PCRE2_NEVER_BACKSLASH_C | more;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *code = NULL;
	int number = PCRE2_ERROR_NOMEMORY;
	PCRE2_UCHAR reason[256] = "out of memory";
	PCRE2_SIZE at = 0;

	if (context) {
		pcre2_set_parens_nest_limit(context, NESTING_MOST);
		code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &number, &at, context);
		pcre2_compile_context_free(context);
	}
	if (code)
		return code;
	if (context)
		pcre2_get_error_message(number, reason, sizeof reason);
	error_set(err, !context || number == PCRE2_ERROR_HEAP_FAILED ? -ENOMEM : -EINVAL,
		  "regular expression \"%.64s\": %s at byte %zu", text, (const char *)reason, (size_t)at);
	return NULL;
}

static struct regex *create(const char *text, uint32_t more, struct error *err)
{
	AUTO(regex) regex = NULL;

	if (strlen(text) > REGEX_LENGTH_MOST) {
		error_set(err, -E2BIG, "a regular expression has %zu bytes, the limit is %d", strlen(text), REGEX_LENGTH_MOST);
		return NULL;
	}
	if (regex_check(text, err) < 0)
		return NULL;
	if (!(regex = calloc(1, sizeof *regex)) || !(regex->limits = pcre2_match_context_create(NULL))) {
		error_set(err, -ENOMEM, "regular expression: out of memory");
		return NULL;
	}
	pcre2_set_match_limit(regex->limits, STEPS_MOST);
	pcre2_set_heap_limit(regex->limits, HEAP_MOST);
	if (!(regex->code = compile(text, more, err)))
		return NULL;
	return TAKE(regex);
}

struct regex *regex_create(const char *text, struct error *err)
{
	return create(text, PCRE2_NO_AUTO_CAPTURE, err);
}

struct regex *regex_create_capturing(const char *text, struct error *err)
{
	struct regex *regex = create(text, 0, err);

	if (regex)
		pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->groups);
	return regex;
}

void regex_destroy(struct regex *regex)
{
	if (!regex)
		return;
	pcre2_match_data_free(atomic_load(&regex->spare));
	pcre2_match_context_free(regex->limits);
	pcre2_code_free(regex->code);
	free(regex);
}

static pcre2_match_data *take_memory(struct regex *regex)
{
	pcre2_match_data *memory = atomic_exchange(&regex->spare, NULL);

	return memory ? memory : pcre2_match_data_create(regex->groups + 1, NULL);
}

static void give_memory(struct regex *regex, pcre2_match_data *memory)
{
	pcre2_match_data *none = NULL;

	if (!atomic_compare_exchange_strong(&regex->spare, &none, memory))
		pcre2_match_data_free(memory);
}

static int result_of(int r)
{
	switch (r) {
	case PCRE2_ERROR_NOMATCH:
		return 0;
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
		return -E2BIG;
	case PCRE2_ERROR_NOMEMORY:
		return -ENOMEM;
	default:
		return r >= 0 ? 1 : -EINVAL;
	}
}

int regex_test(struct regex *regex, const char *text, size_t n)
{
	pcre2_match_data *memory = take_memory(regex);
	int r;

	if (!memory)
		return -ENOMEM;
	r = pcre2_match(regex->code, (PCRE2_SPTR)text, n, 0, 0, memory, regex->limits);
	give_memory(regex, memory);
	return result_of(r);
}

/* ---- groups ---- */

uint32_t regex_groups(const struct regex *regex)
{
	return regex->groups;
}

uint32_t regex_group(const struct regex *regex, const char *name, size_t n)
{
	uint32_t names = 0, size = 0;
	PCRE2_SPTR table = NULL;

	pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, &names);
	pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
	for (uint32_t i = 0; i < names; i++, table += size)	/* the number in two bytes, then the name */
		if (strlen((const char *)table + 2) == n && !memcmp(table + 2, name, n))
			return (uint32_t)table[0] << 8 | table[1];
	return UINT32_MAX;
}

int regex_match(struct regex *regex, const char *text, size_t n, struct regex_span *spans, uint32_t n_spans)
{
	pcre2_match_data *memory = take_memory(regex);
	const PCRE2_SIZE *found;
	int r;

	if (!memory)
		return -ENOMEM;
	r = pcre2_match(regex->code, (PCRE2_SPTR)text, n, 0, 0, memory, regex->limits);
	found = pcre2_get_ovector_pointer(memory);
	for (uint32_t i = 0; r > 0 && i < n_spans; i++) {
		bool is = (int)i < r && found[2 * i] != PCRE2_UNSET;

		spans[i] = is ? (struct regex_span){ found[2 * i], found[2 * i + 1] - found[2 * i] } : (struct regex_span){ 0, 0 };
	}
	give_memory(regex, memory);
	return result_of(r);
}
