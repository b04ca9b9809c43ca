/* SPDX-License-Identifier: MIT */
/*
 * promqltest_script.c - lines to commands. A line that begins with no command
 * belongs to the one before; # begins a comment. A command that is not understood
 * is kept with the reason, so that it is counted.
 */
#include "promqltest.h"

#include <ctype.h>
#include <string.h>

static char *trim(char *text)
{
	size_t n;

	while (isspace((unsigned char)*text))
		text++;
	for (n = strlen(text); n && isspace((unsigned char)text[n - 1]);)
		text[--n] = '\0';
	return text;
}

/* Past the word and the blanks behind it. */
static bool take(const char **at, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*at, word, n) != 0 || ((*at)[n] && !isspace((unsigned char)(*at)[n])))
		return false;
	for (*at += n; isspace((unsigned char)**at);)
		++*at;
	return true;
}

static bool take_duration(const char **at, kymo_ms *ms)
{
	size_t n = strcspn(*at, " \t");

	if (duration_of(*at, n, ms))
		return false;
	for (*at += n; isspace((unsigned char)**at);)
		++*at;
	return true;
}

static void refuse(struct command *command, const char *why)
{
	if (!command->wrong)
		command->wrong = strdup(why);
}

static void set_fail(struct command *command, const char *text, bool is_regex)
{
	command->fails = true;
	free(command->fail_text);
	command->fail_text = text ? strdup(text) : NULL;
	command->fail_is_regex = is_regex;
}

static void add_expectation(struct command *command, enum remark remark, const char *text, bool is_regex)
{
	struct expectation *more = realloc(command->expectations, (command->n_expectations + 1) * sizeof *more);

	if (!more)
		abort();
	command->expectations = more;
	more[command->n_expectations++] = (struct expectation){ remark, text ? strdup(text) : NULL, is_regex };
}

/* "msg: text" or "regex: text", or nothing. false: something else. */
static bool take_message(const char *at, const char **text, bool *is_regex)
{
	*text = NULL;
	*is_regex = !strncmp(at, "regex:", 6);
	if (!*at)
		return true;
	if (!*is_regex && strncmp(at, "msg:", 4) != 0)
		return false;
	*text = at + (*is_regex ? 6 : 4);
	*text += strspn(*text, " \t");
	return true;
}

static char *unquoted(const char *text)
{
	AUTO(expr) expr = NULL;

	if (expr_parse(text, strlen(text), &PARSE_LIMITS, &expr, NULL) < 0 || expr_root(expr)->kind != NODE_STRING)
		return strdup(text);
	return strdup(expr_root(expr)->string.text);
}

static void parse_times(struct command *command, const char *at)
{
	kymo_ms end;

	command->has_times = true;
	if (!take(&at, "from") || !take_duration(&at, &command->times_start) || !take(&at, "to") || !take_duration(&at, &end) ||
	    !take(&at, "step") || !take_duration(&at, &command->times_step))
		refuse(command, "times that are not understood");
}

static void parse_expect(struct command *command, const char *at)
{
	const char *text;
	bool is_regex;

	if (take(&at, "string")) {
		command->has_string = true;
		command->string = unquoted(at);
	} else if (take(&at, "range")) {
		take(&at, "vector");
		parse_times(command, at);
	} else if (take(&at, "ordered")) {
		command->ordered = true;
	} else if (take(&at, "no_warn")) {
		command->no_warn = true;
	} else if (take(&at, "no_info")) {
		command->no_info = true;
	} else if (take(&at, "fail") && take_message(at, &text, &is_regex)) {
		set_fail(command, text, is_regex);
	} else if (take(&at, "warn") && take_message(at, &text, &is_regex)) {
		add_expectation(command, REMARK_WARN, text, is_regex);
	} else if (take(&at, "info") && take_message(at, &text, &is_regex)) {
		add_expectation(command, REMARK_INFO, text, is_regex);
	} else {
		refuse(command, "an expectation that is not understood");
	}
}

static void parse_result(struct command *command, const char *text)
{
	const char *at = text, *end, *wrong;
	struct line *line;

	if (command->kind == COMMAND_EVAL && take(&at, "expect")) {
		parse_expect(command, at);
		return;
	}
	if (command->kind == COMMAND_EVAL && take(&at, "expected_fail_message")) {
		set_fail(command, at, false);
		return;
	}
	if (command->kind == COMMAND_EVAL && take(&at, "expected_fail_regexp")) {
		set_fail(command, at, true);
		return;
	}
	if (command->kind == COMMAND_EVAL && !number_of(text, &end, &command->number) && !*end) {
		command->has_number = true;
		return;
	}
	if (command->kind == COMMAND_CLEAR) {
		refuse(command, "clear takes nothing");
		return;
	}
	line = lines_add(&command->lines);
	wrong = line_parse(text, line);
	if (wrong)
		refuse(command, wrong);
}

static void parse_eval(struct command *command, const char *at)
{
	bool fine = true;

	command->kind = COMMAND_EVAL;
	if (take(&at, "eval_fail"))
		command->fails = true;
	else if (take(&at, "eval_warn"))
		add_expectation(command, REMARK_WARN, NULL, false);
	else if (take(&at, "eval_info"))
		add_expectation(command, REMARK_INFO, NULL, false);
	else if (take(&at, "eval_ordered"))
		command->ordered = true;
	else
		take(&at, "eval");
	command->is_range = take(&at, "range");
	if (command->is_range)
		fine = take(&at, "from") && take_duration(&at, &command->start) && take(&at, "to") && take_duration(&at, &command->end) &&
		       take(&at, "step") && take_duration(&at, &command->step) && command->step > 0;
	else
		fine = take(&at, "instant") && (!take(&at, "at") || take_duration(&at, &command->end));
	command->query = at;
	if (!fine || !*at)
		refuse(command, "an eval that is not understood");
}

static bool is_command(const char *text)
{
	static const char *const words[] = { "load", "load_with_nhcb", "clear", "eval", "eval_fail", "eval_warn", "eval_info", "eval_ordered" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *at = text;

		if (take(&at, words[i]))
			return true;
	}
	return false;
}

static void add_command(struct script *script, const char *text, uint32_t at)
{
	struct command *command;
	const char *rest;

	if (script->n == script->room) {
		script->room = script->room ? script->room * 2 : 64;
		script->items = realloc(script->items, script->room * sizeof *script->items);
		if (!script->items)
			abort();
	}
	command = &script->items[script->n++];
	*command = (struct command){ .at = at, .text = strdup(text) };
	rest = command->text;
	if (take(&rest, "clear")) {
		command->kind = COMMAND_CLEAR;
	} else if (take(&rest, "load_with_nhcb") || take(&rest, "load")) {
		command->kind = COMMAND_LOAD;
		command->with_buckets = !strncmp(text, "load_with_nhcb", 14);
		if (!take_duration(&rest, &command->step) || *rest)
			refuse(command, "a load that is not understood");
	} else {
		parse_eval(command, rest);
	}
}

int script_read(const char *path, struct script *script, char why[256])
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	uint32_t at = 0;

	*script = (struct script){ 0 };
	if (!file) {
		snprintf(why, 256, "%s: cannot be opened", path);
		return -1;
	}
	while (getline(&line, &room, file) >= 0) {
		char *text = trim(line);

		at++;
		if (!*text || *text == '#')
			continue;
		if (is_command(text))
			add_command(script, text, at);
		else if (script->n)
			parse_result(&script->items[script->n - 1], text);
		else
			add_command(script, text, at), refuse(&script->items[0], "no command");
	}
	free(line);
	fclose(file);
	return 0;
}

static void command_fini(struct command *command)
{
	for (uint32_t i = 0; i < command->n_expectations; i++)
		free(command->expectations[i].text);
	free(command->expectations);
	free(command->text);
	free(command->string);
	free(command->fail_text);
	free(command->wrong);
	lines_fini(&command->lines);
}

void script_fini(struct script *script)
{
	for (uint32_t i = 0; i < script->n; i++)
		command_fini(&script->items[i]);
	free(script->items);
	*script = (struct script){ 0 };
}
