/* SPDX-License-Identifier: MIT */
/* eval.c - what an evaluation may cost, and what it says beside its answer. */
#include "eval/eval.h"
#include "util/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { CHECKS_A_CLOCK = 256 /* of some microseconds each */, LONGEST_NOTE = 512 };

static int check_clock(struct eval *eval)
{
	if (eval->is_cancelled && eval->is_cancelled(eval->cancel_data))
		return error_set(eval->err, -ECANCELED, "query was canceled: nobody waits for its answer any more");
	if (eval->deadline != INT64_MAX && clock_mono_ns() >= eval->deadline)
		return error_set(eval->err, -ETIMEDOUT, "query timed out in expression evaluation (query.timeout, or what the request asks for)");
	return 0;
}

int eval_check(struct eval *eval, uint64_t samples)
{
	eval->samples += samples;
	if (eval->limits.samples && eval->samples > eval->limits.samples)
		return error_set(eval->err, -E2BIG, "query processing would load too many samples: more than %" PRIu64
				 " (query.samples): ask for a shorter range or fewer series", eval->limits.samples);
	if (samples < 10000 && ++eval->checks < CHECKS_A_CLOCK)
		return 0;
	eval->checks = 0;
	return check_clock(eval);
}

int eval_hold(struct eval *eval, uint64_t bytes)
{
	if (eval->limits.memory && eval->held + bytes > eval->limits.memory)
		return error_set(eval->err, -E2BIG, "the query needs more than %" PRIu64
				 " bytes of memory (query.memory): ask for fewer series or points", eval->limits.memory);
	eval->held += bytes;
	if (eval->held > eval->held_most)
		eval->held_most = eval->held;
	return 0;
}

void eval_release(struct eval *eval, uint64_t bytes)
{
	eval->held -= bytes;
}

int eval_no_memory(struct eval *eval)
{
	return error_set(eval->err, -ENOMEM, "out of memory");
}

void *eval_alloc(struct eval *eval, size_t n, size_t size)
{
	void *memory;
	uint64_t bytes;

	if (__builtin_mul_overflow((uint64_t)n, (uint64_t)size, &bytes)) {
		eval_no_memory(eval);
		return NULL;
	}
	if (eval_hold(eval, bytes) < 0)
		return NULL;
	memory = calloc(n ? n : 1, size);
	if (!memory) {
		eval_release(eval, bytes);
		eval_no_memory(eval);
	}
	return memory;
}

void eval_free(struct eval *eval, void *memory, size_t n, size_t size)
{
	if (memory)
		eval_release(eval, (uint64_t)n * size);
	free(memory);
}

/* "1:14": line and column, in characters, of a node. */
static void place_of(const struct eval *eval, const struct node *node, uint32_t *line, uint32_t *column)
{
	const char *text = expr_text(eval->expr);

	*line = *column = 1;
	for (uint32_t i = 0; i < node->start; i++) {
		if (text[i] == '\n') {
			(*line)++;
			*column = 1;
		} else if (((uint8_t)text[i] & 0xc0) != 0x80) {
			(*column)++;
		}
	}
}

static void add_note(struct eval *eval, struct notes *notes, const char *kind, const struct node *node, const char *format, va_list args)
{
	char text[LONGEST_NOTE];
	uint32_t line, column;

	vsnprintf(text, sizeof text, format, args);
	place_of(eval, node, &line, &column);
	notes_add(notes, "PromQL %s: %s (%" PRIu32 ":%" PRIu32 ")", kind, text, line, column);
}

void eval_warn(struct eval *eval, const struct node *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(eval, &eval->warnings, "warning", node, format, args);
	va_end(args);
}

void eval_inform(struct eval *eval, const struct node *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_note(eval, &eval->infos, "info", node, format, args);
	va_end(args);
}

const char *eval_string(const struct node *node)
{
	while (node->kind == NODE_PAREN)
		node = node->inner;
	return node->string.text;
}
