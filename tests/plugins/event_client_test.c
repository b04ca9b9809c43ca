/* SPDX-License-Identifier: MIT */
/*
 * event_client_test.c - what a program that includes event.h puts on the
 * socket. The test is the daemon: a datagram socket that it reads when it
 * likes. Where the age of a pack matters the time is given.
 */
#include "test.h"

#include <kymo/event.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/wait.h>

#include "event_client.h"

static struct {
	char folder[64], path[96];
	int fd;
	char text[1 << 21];		/* what was received last */
	size_t datagrams, longest;
} server = { .fd = -1 };

static void server_open(void)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };

	memcpy(place.sun_path, server.path, strlen(server.path));
	server.fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_true(server.fd >= 0);
	assert_int_equal(bind(server.fd, (struct sockaddr *)&place, sizeof place), 0);
}

static void server_close(void)
{
	close(server.fd);
	unlink(server.path);
}

/* Everything that waits, one datagram behind the other. */
static const char *received(void)
{
	size_t used = 0;
	ssize_t n;

	server.datagrams = server.longest = 0;
	while ((n = recv(server.fd, server.text + used, sizeof server.text - used - 1, MSG_DONTWAIT)) >= 0) {
		used += (size_t)n;
		server.datagrams++;
		server.longest = (size_t)n > server.longest ? (size_t)n : server.longest;
	}
	server.text[used] = 0;
	return server.text;
}

static const char *flushed(void)
{
	assert_int_equal(kymo_event_flush(), 0);
	return received();
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* The sum of the losses that the text reports. */
static uint64_t reported(const char *text)
{
	static const char report[] = "{\"name\":\"kymo.events.dropped\",\"value\":";
	uint64_t sum = 0;

	for (; (text = strstr(text, report)); text += sizeof report - 1)
		sum += strtoull(text + sizeof report - 1, NULL, 10);
	return sum;
}

static int clean(void **state)
{
	(void)state;
	kymo_event("clean", 1, 0, NULL);
	kymo_event_flush();
	received();
	return 0;
}

/* ---- What a line holds ---- */

static void an_event_is_a_line_of_json(void **state)
{
	const struct kymo_event_label labels[] = { { "queue", "mail" }, { "gone", NULL }, { "host", "a" } };

	(void)state;
	assert_int_equal(kymo_event_at(1700000000123, "queue.depth", 12.5, 3, labels), 0);
	assert_int_equal(kymo_event_at(-5, "old", -3, 0, NULL), 0);
	assert_string_equal(flushed(),
		"{\"name\":\"queue.depth\",\"value\":12.5,\"at\":1700000000123,"
		"\"labels\":{\"queue\":\"mail\",\"host\":\"a\"}}\n"
		"{\"name\":\"old\",\"value\":-3,\"at\":-5}\n");
}

static void the_time_is_now(void **state)
{
	int64_t before = kymo_event_now_();
	long long at;

	(void)state;
	kymo_event("a", 1, 0, NULL);
	assert_int_equal(sscanf(flushed(), "{\"name\":\"a\",\"value\":1,\"at\":%lld}", &at), 1);
	assert_true(at >= before && at <= kymo_event_now_());
}

static void writes_each_number(void **state)
{
	static const struct { double v; const char *text; } rows[] = {
		{ 0, "0" }, { -0.0, "-0" }, { 1, "1" }, { 10, "10" }, { 99, "99" }, { 100, "100" },
		{ -12345, "-12345" }, { 9007199254740991, "9007199254740991" },
		{ 0.5, "0.5" }, { -0.25, "-0.25" }, { 0.1, "0.1" }, { 12.345, "12.345" }, { 3.000001, "3.000001" },
		{ 0.000000001, "0.000000001" }, { 8999999.123456, "8999999.123456" },
		{ 123456789.125, "123456789.125" }, { 9007199254740992, "9007199254740992" },
		{ 1.0 / 3, "0.33333333333333331" }, { 1e300, "1.0000000000000001e+300" }, { 5e-324, "4.9406564584124654e-324" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[64];

		*kymo_event_number_(text, rows[i].v) = 0;
		if (strcmp(text, rows[i].text))
			fail_msg("%.17g: got %s", rows[i].v, text);
	}
}

static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Any bits; and decimals of every length. */
static void a_number_reads_back_to_the_same_bits(void **state)
{
	uint64_t seed = 88172645463325252;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t bits = random_next(&seed);
		char text[64];
		double v, back;

		memcpy(&v, &bits, sizeof v);
		if (i & 1)
			v = (double)(int64_t)(bits >> (bits & 31)) / pow(10, (double)(bits >> 60));
		if (!isfinite(v))
			continue;
		*kymo_event_number_(text, v) = 0;
		back = strtod(text, NULL);
		if (memcmp(&v, &back, sizeof v))
			fail_msg("%.17g: got %s", v, text);
	}
}

static void escapes_what_json_does_not_take(void **state)
{
	static const struct { const char *text, *json; } rows[] = {
		{ "", "\"\"" },
		{ "say \"\\\"", "\"say \\\"\\\\\\\"\"" },
		{ "a\nb\t\x01\x7f", "\"a\\u000ab\\u0009\\u0001\x7f\"" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		/* a lone byte; overlong; a surrogate; above U+10FFFF; cut off */
		{ "\xff|", "\"\xef\xbf\xbd|\"" },
		{ "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "x\xe2\x82", "\"x\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[128], *end = kymo_event_string_(out, out + sizeof out, rows[i].text);

		assert_non_null(end);
		*end = 0;
		if (strcmp(out, rows[i].json))
			fail_msg("row %zu: got %s", i, out);
	}
}

static void never_writes_past_its_room(void **state)
{
	const struct kymo_event_label label = { "\x01\"label", "\xff value" };
	char whole[256], *end = kymo_event_line_(whole, whole + sizeof whole, 7, "name", 0.1, 1, &label);
	size_t n = (size_t)(end - whole);

	(void)state;
	for (size_t room = 0; room < n + 16; room++) {
		char *small = malloc(room ? room : 1);

		end = kymo_event_line_(small, small + room, 7, "name", 0.1, 1, &label);
		if (end)
			assert_int_equal(end - small, n);
		else
			assert_true(room < n + 96);
		free(small);
	}
}

static void the_named_ones_record_what_the_collectors_take(void **state)
{
	static const char *const lines[] = {
		"{\"name\":\"api.request\",\"value\":12.5,\"labels\":{\"endpoint\":\"/login\",\"status\":\"404\"}}",
		"{\"name\":\"websocket.connect\",\"value\":1}",
		"{\"name\":\"websocket.disconnect\",\"value\":1}",
		"{\"name\":\"websocket.message\",\"value\":512,\"labels\":{\"direction\":\"sent\"}}",
		"{\"name\":\"websocket.message\",\"value\":0,\"labels\":{\"direction\":\"received\"}}",
		"{\"name\":\"business.gateway_check\",\"value\":1,\"labels\":{\"violated\":\"true\"}}",
		"{\"name\":\"business.gateway_check\",\"value\":1,\"labels\":{\"violated\":\"false\"}}",
		"{\"name\":\"business.retrospective\",\"value\":1}",
		"{\"name\":\"business.pattern_match\",\"value\":1}",
		"{\"name\":\"business.active_user\",\"value\":1,\"labels\":{\"user\":\"u1\"}}",
	};
	char *line, *next, *text;

	(void)state;
	kymo_record_api_request("/login", 404, 12.5);
	kymo_record_ws_connect();
	kymo_record_ws_disconnect();
	kymo_record_ws_message(KYMO_WS_SENT, 512);
	kymo_record_ws_message(KYMO_WS_RECEIVED, 0);
	kymo_record_gateway_check(true);
	kymo_record_gateway_check(false);
	kymo_record_retrospective();
	kymo_record_pattern_match();
	kymo_record_active_user("u1");
	flushed();
	text = server.text;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char *at;

		line = strtok_r(text, "\n", &next);
		text = NULL;
		assert_non_null(line);
		at = strstr(line, ",\"at\":");		/* cut the time out */
		assert_non_null(at);
		memmove(at, at + strcspn(at + 1, ",}") + 1, strlen(at + strcspn(at + 1, ",}") + 1) + 1);
		assert_string_equal(line, lines[i]);
	}
	assert_null(strtok_r(NULL, "\n", &next));
}

static void refuses_what_cannot_be_sent(void **state)
{
	uint64_t before = kymo_event_dropped();
	char *huge = malloc(70000);

	(void)state;
	memset(huge, 'x', 69999);
	huge[69999] = 0;
	assert_int_equal(kymo_event(NULL, 1, 0, NULL), -EINVAL);
	assert_int_equal(kymo_event("a", NAN, 0, NULL), -EINVAL);
	assert_int_equal(kymo_event("a", -INFINITY, 0, NULL), -EINVAL);
	assert_int_equal(kymo_event(huge, 1, 0, NULL), -EMSGSIZE);
	assert_int_equal(kymo_event_with("a", 1, "huge", huge), -EMSGSIZE);
	assert_int_equal(kymo_event_with("a", 1,
		"1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "",
		"1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "",
		"1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", "", "1", ""),
		-E2BIG);
	assert_int_equal(kymo_event_dropped() - before, 6);
	assert_int_equal(reported(flushed()), 6);
	free(huge);
}

/* ---- When it is sent ---- */

static void a_lone_event_goes_at_once_and_a_burst_is_packed(void **state)
{
	int64_t now = kymo_event_now_() + 1000;

	(void)state;
	kymo_event_add_(now, 1, "first", 1, 0, NULL);
	assert_int_equal(count(received(), "first"), 1);
	kymo_event_add_(now + 1, 1, "burst", 1, 0, NULL);
	kymo_event_add_(now + 50, 1, "burst", 1, 0, NULL);
	assert_string_equal(received(), "");
	kymo_event_add_(now + 51, 1, "burst", 1, 0, NULL);
	assert_int_equal(count(received(), "burst"), 3);
	assert_int_equal(server.datagrams, 1);
	/* the clock went back */
	kymo_event_add_(now - 5000, 1, "back", 1, 0, NULL);
	assert_int_equal(count(received(), "back"), 1);
}

static void a_full_pack_is_sent(void **state)
{
	int64_t now = kymo_event_now_() + 1000;
	size_t events = 0, seen = 0;

	(void)state;
	kymo_event_add_(now, 1, "full", 1, 0, NULL);
	received();
	while (seen == 0 && events < 10000) {
		kymo_event_add_(now, 1, "full", 1, 0, NULL);
		events++;
		seen = count(received(), "full");
	}
	assert_int_equal(seen, events - 1);
	assert_in_range(server.longest, 60000, KYMO_EVENT_DATAGRAM);
	assert_int_equal(count(flushed(), "full"), 1);
}

static void *record_three(void *unused)
{
	(void)unused;
	for (int i = 0; i < 3; i++)
		kymo_event("thread", 1, 0, NULL);
	return NULL;
}

static void the_end_of_a_thread_sends_its_pack(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, record_three, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(count(received(), "thread"), 3);
}

static void *record_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2000; i++)
		kymo_event_with("many", i, "of", "them");
	return NULL;
}

static void threads_do_not_mix(void **state)
{
	enum { THREADS = 4, EVENTS = 2000 };
	pthread_t threads[THREADS];
	uint64_t lost = kymo_event_dropped();

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, record_many, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	lost = kymo_event_dropped() - lost;
	assert_int_equal(count(received(), "{\"name\":\"many\""), THREADS * EVENTS - lost);
}

static void all_files_of_a_program_share_one_pack(void **state)
{
	(void)state;
	record_from_another_file();
#if OTHER_FILES > 1
	record_from_cxx();
#endif
	assert_int_equal(count(flushed(), "other.file"), OTHER_FILES);
}

/* ---- Fork and exit ---- */

static void wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_child_does_not_send_again_what_its_parent_packed(void **state)
{
	pid_t pid;

	(void)state;
	kymo_event_add_(kymo_event_mine_->sent_at, 1, "parent", 1, 0, NULL);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		kymo_event("child", 1, 0, NULL);
		_exit(kymo_event_flush() != 0);
	}
	wait_for(pid);
	assert_int_equal(count(received(), "child"), 1);
	assert_int_equal(count(server.text, "parent"), 0);
	assert_int_equal(count(flushed(), "parent"), 1);
}

static void exit_sends_the_pack(void **state)
{
	pid_t pid;

	(void)state;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 3; i++)
			kymo_event("leaving", 1, 0, NULL);
		exit(0);
	}
	wait_for(pid);
	assert_int_equal(count(received(), "leaving"), 3);
}

/* ---- Refused ---- */

static void without_a_daemon_events_are_counted_and_reported_later(void **state)
{
	uint64_t before = kymo_event_dropped();

	(void)state;
	server_close();
	kymo_event("lost", 1, 0, NULL);
	kymo_event("lost", 2, 0, NULL);
	kymo_event_flush();
	assert_int_equal(kymo_event_dropped() - before, 2);
	server_open();
	kymo_event("kept", 1, 0, NULL);
	flushed();
	assert_int_equal(count(server.text, "kept"), 1);
	assert_int_equal(count(server.text, "lost"), 0);
	assert_int_equal(reported(server.text), 2);
	kymo_event("kept", 1, 0, NULL);
	assert_int_equal(reported(flushed()), 0);
}

static void a_daemon_that_restarts_is_found_again(void **state)
{
	(void)state;
	kymo_event("before", 1, 0, NULL);
	assert_int_equal(count(flushed(), "before"), 1);
	server_close();
	server_open();
	kymo_event("after", 1, 0, NULL);
	assert_int_equal(count(flushed(), "after"), 1);
}

/* While the queue is full a pack stays as long as it has room; then it is lost and counted. */
static void a_busy_daemon_gets_what_there_was_room_for(void **state)
{
	uint64_t before = kymo_event_dropped();
	size_t events = 0, arrived;
	int result = 0;

	(void)state;
	for (; result == 0 && events < 100000; events++) {
		kymo_event("busy", 1, 0, NULL);
		result = kymo_event_flush();
	}
	assert_int_equal(result, -EAGAIN);
	assert_int_equal(kymo_event_dropped(), before);
	for (int i = 0; i < 5000; i++, events++)
		kymo_event("busy", 1, 0, NULL);
	assert_true(kymo_event_dropped() > before);
	arrived = count(received(), "\"busy\"");
	arrived += count(flushed(), "\"busy\"");
	assert_int_equal(arrived + (kymo_event_dropped() - before), events);
	assert_int_equal(reported(server.text), kymo_event_dropped() - before);
}

static void a_program_may_close_our_socket(void **state)
{
	int fd, other;

	(void)state;
	kymo_event("before", 1, 0, NULL);
	kymo_event_flush();
	fd = kymo_event_shared_.fd_plus_1 - 1;
	close(fd);
	kymo_event("closed", 1, 0, NULL);
	flushed();
	assert_int_equal(count(server.text, "closed"), 1);

	/* now something else has its number */
	fd = kymo_event_shared_.fd_plus_1 - 1;
	other = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(dup2(other, fd), fd);
	kymo_event("taken", 1, 0, NULL);
	flushed();
	assert_int_equal(count(server.text, "taken"), 1);
	assert_int_equal(close(fd), 0);
	close(other);
}

static void leaves_errno_alone(void **state)
{
	(void)state;
	server_close();
	errno = ENOTTY;
	kymo_event("lost", 1, 0, NULL);
	kymo_event_flush();
	assert_int_equal(errno, ENOTTY);
	server_open();
}

static int set_up(void **state)
{
	(void)state;
	snprintf(server.folder, sizeof server.folder, "/tmp/kymo-event-XXXXXX");
	if (!mkdtemp(server.folder))
		return -1;
	snprintf(server.path, sizeof server.path, "%s/events", server.folder);
	setenv("KYMO_EVENTS", server.path, 1);
	server_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	server_close();
	return rmdir(server.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_event_is_a_line_of_json, clean),
		cmocka_unit_test_setup(the_time_is_now, clean),
		cmocka_unit_test(writes_each_number),
		cmocka_unit_test(a_number_reads_back_to_the_same_bits),
		cmocka_unit_test(escapes_what_json_does_not_take),
		cmocka_unit_test(never_writes_past_its_room),
		cmocka_unit_test_setup(the_named_ones_record_what_the_collectors_take, clean),
		cmocka_unit_test_setup(refuses_what_cannot_be_sent, clean),
		cmocka_unit_test_setup(a_lone_event_goes_at_once_and_a_burst_is_packed, clean),
		cmocka_unit_test_setup(a_full_pack_is_sent, clean),
		cmocka_unit_test_setup(the_end_of_a_thread_sends_its_pack, clean),
		cmocka_unit_test_setup(threads_do_not_mix, clean),
		cmocka_unit_test_setup(all_files_of_a_program_share_one_pack, clean),
		cmocka_unit_test_setup(a_child_does_not_send_again_what_its_parent_packed, clean),
		cmocka_unit_test_setup(exit_sends_the_pack, clean),
		cmocka_unit_test_setup(without_a_daemon_events_are_counted_and_reported_later, clean),
		cmocka_unit_test_setup(a_daemon_that_restarts_is_found_again, clean),
		cmocka_unit_test_setup(a_busy_daemon_gets_what_there_was_room_for, clean),
		cmocka_unit_test_setup(a_program_may_close_our_socket, clean),
		cmocka_unit_test_setup(leaves_errno_alone, clean),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
