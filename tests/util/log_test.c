/* SPDX-License-Identifier: MIT */
/* log_test.c - one line a message, levels by topic, and a limit for what comes too often. */
#include "util/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char got[10000];
static int lines;

static void keep(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	snprintf(got, sizeof got, "%s %s %s %s", (char *)data, log_level_name(level),
		 log_topic_name(topic), text);
	lines++;
}

static int take_over(void **state)
{
	(void)state;
	log_set_writer(keep, "to");
	got[0] = '\0';
	lines = 0;
	return 0;
}

static int give_back(void **state)
{
	(void)state;
	log_set_writer(NULL, NULL);
	for (int topic = 0; topic < LOG_TOPICS; topic++)
		log_set_level((enum log_topic)topic, LOG_LEVEL_INFO);
	return 0;
}

static void goes_to_the_writer(void **state)
{
	(void)state;
	errno = ENOSPC;
	log_info(LOG_STORE, "block %d", 7);
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(got, "to info store block 7");
}

static void keeps_a_line_a_line(void **state)
{
	(void)state;
	log_warn(LOG_HTTP, "a\nb\x1b[0m\x7f\xc3\xbc");
	assert_string_equal(got, "to warn http a\\x0ab\\x1b[0m\\x7f\xc3\xbc");
}

static void cuts_what_is_too_long(void **state)
{
	char text[9000];

	(void)state;
	memset(text, '\n', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_error(LOG_MAIN, "%s", text);
	assert_true(strlen(got) < 4200);
	assert_string_equal(got + strlen(got) - 3, "...");
	memset(text, 'x', sizeof text - 1);
	log_error(LOG_MAIN, "%s", text);
	assert_string_equal(got + strlen(got) - 3, "...");
}

static void cuts_between_characters(void **state)
{
	char text[9001];

	(void)state;
	for (size_t i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xbc", 3);
	for (size_t skip = 0; skip < 2; skip++) {
		log_error(LOG_MAIN, "%s%s", skip ? "x" : "", text);
		assert_memory_equal(got + strlen(got) - 5, "\xc3\xbc...", 5);
	}
}

static void each_topic_has_its_level(void **state)
{
	(void)state;
	assert_true(log_enabled(LOG_QUERY, LOG_LEVEL_INFO));
	assert_false(log_enabled(LOG_QUERY, LOG_LEVEL_DEBUG));
	log_debug(LOG_QUERY, "unheard");
	assert_int_equal(lines, 0);
	log_set_level(LOG_QUERY, LOG_LEVEL_DEBUG);
	log_debug(LOG_QUERY, "heard");
	log_debug(LOG_HOST, "unheard");
	assert_int_equal(lines, 1);
	log_set_level(LOG_QUERY, LOG_LEVEL_ERROR);
	log_warn(LOG_QUERY, "unheard");
	log_error(LOG_QUERY, "heard");
	assert_int_equal(lines, 2);
}

static void names_every_topic(void **state)
{
	(void)state;
	for (int topic = 0; topic < LOG_TOPICS; topic++)
		assert_non_null(log_topic_name((enum log_topic)topic));
	assert_string_equal(log_topic_name(LOG_PLUGIN), "plugin");
}

/* What a child process that logs to a pipe writes there. */
static void log_in_child(bool journal, bool elsewhere, char *text, size_t size)
{
	int ends[2], status;
	struct stat st;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fstat(ends[1], &st), 0);
	pid = fork();
	if (!pid) {
		char stream[64];

		snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev,
			 (unsigned long long)st.st_ino + elsewhere);
		if (journal)
			setenv("JOURNAL_STREAM", stream, 1);
		else
			unsetenv("JOURNAL_STREAM");
		dup2(ends[1], STDERR_FILENO);
		log_warn(LOG_STORE, "text");
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	n = read(ends[0], text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	close(ends[0]);
}

static void writes_time_level_topic_text(void **state)
{
	char text[200];
	kymo_ms at;

	(void)state;
	log_in_child(false, false, text, sizeof text);
	assert_string_equal(text + 24, " warn  store: text\n");
	text[24] = '\0';
	assert_int_equal(time_parse(text, &at), 0);
}

static void gives_the_journal_a_priority(void **state)
{
	char text[200];

	(void)state;
	log_in_child(true, false, text, sizeof text);
	assert_string_equal(text, "<4>store: text\n");
}

static void a_redirected_stderr_is_not_the_journal(void **state)
{
	char text[200];

	(void)state;
	log_in_child(true, true, text, sizeof text);
	assert_string_equal(text + 24, " warn  store: text\n");
}

static void says_it_once_and_counts_the_rest(void **state)
{
	struct log_limit limit = { 0 };
	uint64_t suppressed = 7;

	(void)state;
	assert_true(log_due(&limit, &suppressed));
	assert_int_equal(suppressed, 0);
	for (int i = 0; i < 5; i++)
		assert_false(log_due(&limit, &suppressed));
	limit.last -= 10000000001;	/* as if 10 s had passed */
	assert_true(log_due(&limit, &suppressed));
	assert_int_equal(suppressed, 5);
}

enum { THREADS = 4, CALLS = 1000 };
static struct log_limit shared;
static _Atomic uint64_t said;

static void *ask(void *data)
{
	uint64_t suppressed;

	(void)data;
	for (int i = 0; i < CALLS; i++)
		said += log_due(&shared, &suppressed);
	return NULL;
}

static void threads_share_a_limit(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(thread_start(&threads[i], "ask", ask, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(said >= 1);
	assert_true(said + shared.suppressed <= THREADS * CALLS);
}

int main(void)
{
#define WITH_WRITER(test) cmocka_unit_test_setup_teardown(test, take_over, give_back)
	const struct CMUnitTest tests[] = {
		WITH_WRITER(goes_to_the_writer),
		WITH_WRITER(keeps_a_line_a_line),
		WITH_WRITER(cuts_what_is_too_long),
		WITH_WRITER(cuts_between_characters),
		WITH_WRITER(each_topic_has_its_level),
		cmocka_unit_test(names_every_topic),
		cmocka_unit_test(writes_time_level_topic_text),
		cmocka_unit_test(gives_the_journal_a_priority),
		cmocka_unit_test(a_redirected_stderr_is_not_the_journal),
		cmocka_unit_test(says_it_once_and_counts_the_rest),
		cmocka_unit_test(threads_share_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
