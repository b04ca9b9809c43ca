/* SPDX-License-Identifier: MIT */
/*
 * server_test.c - the server on real sockets, over a service that is not there:
 * limits, Host and Origin, the control socket, and reloads while connections are open.
 */
#include "fake_service.h"
#include "http/server.h"
#include "util/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <zlib.h>

static struct kymo fake;
static struct http_server *server;
static char folder[64];

/* http: is what the test gives; sockets in a folder of its own. */
static struct settings *settings_of(const char *http)
{
	AUTO_BUF text = { 0 };
	struct error err = { 0 };
	struct settings *settings;

	buf_printf(&text, "sockets: \"%s\"\nplugins: []\nquery: {concurrent: 2}\nhttp: %s\n", folder, http);
	settings = settings_parse("test.yaml", buf_text(&text), text.len, &err);
	if (!settings)
		fail_msg("%s", error_text(&err));
	return settings;
}

static void start(const char *http)
{
	AUTO(settings) settings = NULL;
	struct error err = { 0 };

	memset(&fake, 0, sizeof fake);
	snprintf(folder, sizeof folder, "/tmp/kymo-server-XXXXXX");
	assert_non_null(mkdtemp(folder));
	settings = settings_of(http);
	if (http_server_open(settings, &server, &err) < 0 || http_server_start(server, &fake, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void stop(void)
{
	http_server_close(server);
	assert_int_equal(rmdir(folder), 0);	/* the control socket has gone */
	assert_null(fake.listener.prepare);
	assert_int_equal(fake.requests, 0);
}

static int reload(const char *http, char *reason, size_t size)
{
	AUTO(settings) settings = settings_of(http);
	struct error err = { 0 };
	int r = fake.listener.prepare(fake.listener.data, settings, &err);

	if (r == 0)
		fake.listener.commit(fake.listener.data);
	if (reason)
		snprintf(reason, size, "%s", error_text(&err));
	error_clear(&err);
	return r;
}

static int port_of(const char *address)
{
	return atoi(strrchr(address, ':') + 1);
}

static int dial_tcp(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port_of(address)) };
	char host[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(host, sizeof host, "%.*s", (int)strcspn(address, ":"), address);
	inet_pton(AF_INET, host, &to.sin_addr);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

static int dial_control(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof to.sun_path, "%s", http_server_control_path(server));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent < 0)
			return;		/* what comes back tells why */
		text += sent;
		n -= (size_t)sent;
	}
}

/* One answer with its Content-Length; "" when the connection ends before one comes. */
static const char *hear(int fd, struct buf *text)
{
	buf_clear(text);
	for (;;) {
		const char *so_far = text->len ? buf_text(text) : "", *body = strstr(so_far, "\r\n\r\n"), *length;
		char piece[4096];
		ssize_t n;

		length = body ? strcasestr(so_far, "Content-Length: ") : NULL;
		if (body && length && (size_t)((char *)text->data + text->len - body - 4) >= (size_t)atol(length + 16))
			return so_far;
		n = recv(fd, piece, sizeof piece, 0);
		if (n <= 0)
			return text->len ? buf_text(text) : "";
		buf_add(text, piece, (size_t)n);
	}
}

static void expect_answer(int fd, const char *request, const char *status, const char *words)
{
	AUTO_BUF text = { 0 };
	const char *answer;

	say(fd, request);
	answer = hear(fd, &text);
	if (!strstr(answer, status) || !strstr(answer, words))
		fail_msg("%s\ngot: %s\ninstead of %s and %s", request, answer, status, words);
}

/* The same on a connection of its own. */
static void expect(const char *request, const char *status, const char *words)
{
	int fd = dial_tcp(http_server_address(server, 0));

	assert_true(fd >= 0);
	expect_answer(fd, request, status, words);
	close(fd);
}

/* And not these words. */
static void expect_without(const char *request, const char *status, const char *words)
{
	AUTO_BUF text = { 0 };
	int fd = dial_tcp(http_server_address(server, 0));
	const char *answer;

	say(fd, request);
	answer = hear(fd, &text);
	if (!strstr(answer, status) || strstr(answer, words))
		fail_msg("%s\ngot: %s\ninstead of %s without %s", request, answer, status, words);
	close(fd);
}

#define LOCAL "Host: localhost\r\n"

static void answers_over_tcp_and_the_control_socket(void **state)
{
	int fd;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "{\"status\":\"healthy\"}");
	expect("GET http://localhost/-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "{\"status\":\"healthy\"}");
	expect("GET http://localhost HTTP/1.1\r\n" LOCAL "\r\n", "404 Not Found", "there is no / ");
	expect("GET /kymo/v1/latest?name=a%2Ab&name=c+d HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "application/json");
	assert_string_equal(fake.asked, "a*b,c d");
	expect("GET /kymo/v1/metrics/caf%C3%A9%2fx/stats HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "a.b");
	assert_string_equal(fake.asked, "caf\xc3\xa9/x");
	expect("POST /-/reload HTTP/1.1\r\n" LOCAL "Content-Length: 0\r\n\r\n", "403 Forbidden", "control socket");
	fd = dial_control();
	expect_answer(fd, "POST /-/reload HTTP/1.1\r\nHost: anything\r\nContent-Length: 0\r\n\r\n", "200 OK", "\"changes\"");
	expect_answer(fd, "GET /-/healthy HTTP/1.1\r\nHost: again\r\n\r\n", "200 OK", "healthy");
	close(fd);
	stop();
}

static void a_head_has_no_body_and_options_tell_the_methods(void **state)
{
	AUTO_BUF text = { 0 };
	int fd;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fd = dial_tcp(http_server_address(server, 0));
	say(fd, "HEAD /-/healthy HTTP/1.1\r\n" LOCAL "Connection: close\r\n\r\n");
	assert_null(strstr(hear(fd, &text), "healthy"));
	close(fd);
	expect("OPTIONS /kymo/v1/query HTTP/1.1\r\n" LOCAL "Connection: close\r\n\r\n", "204", "Allow: GET, HEAD, POST, OPTIONS");
	stop();
}

static void who_sends_no_more_is_not_waited_for(void **state)
{
	const int one = 1;
	AUTO_BUF text = { 0 };
	int fd;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fd = dial_tcp(http_server_address(server, 0));
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &one, sizeof one);	/* one segment: it arrives with its end */
	say(fd, "GET /metrics HTTP/1.1\r\n" LOCAL "\r\n");
	shutdown(fd, SHUT_WR);
	hear(fd, &text);
	assert_non_null(strstr(buf_text(&text), "kymo_exposition_left_out 0"));
	assert_non_null(strstr(buf_text(&text), "Connection: close"));
	close(fd);
	stop();
}

static void strangers_are_refused(void **state)
{
	(void)state;
	start("{listen: \"127.0.0.1:0\", hosts: [kymo.example.org]}");
	expect("GET /-/healthy HTTP/1.1\r\nHost: kymo.example.org:80\r\n\r\n", "200 OK", "healthy");
	expect("GET /-/healthy HTTP/1.1\r\nHost: evil.example.org\r\n\r\n", "421", "is not a name of this server");
	expect("POST /kymo/v1/maintain HTTP/1.1\r\n" LOCAL "Origin: http://evil.example.org\r\nContent-Length: 0\r\n\r\n", "403",
	       "other origins");
	expect("POST /kymo/v1/maintain HTTP/1.1\r\n" LOCAL "Origin: http://localhost\r\nContent-Length: 0\r\n\r\n", "200 OK", "took");
	expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "Origin: http://evil.example.org\r\n\r\n", "200 OK", "healthy");
	expect("GET /kymo/v1/latest?name=%FF HTTP/1.1\r\n" LOCAL "\r\n", "400", "not UTF-8");
	expect("GET /kymo/v1/latest?name=a%00b HTTP/1.1\r\n" LOCAL "\r\n", "400", "not UTF-8");
	stop();
}

static void pages_of_elsewhere_read_the_prometheus_api(void **state)
{
	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	expect("GET /api/v1/nonesuch HTTP/1.1\r\n" LOCAL "Origin: http://a.example\r\n\r\n", "404",
	       "Access-Control-Allow-Headers: Accept, Authorization, Content-Type, Origin\r\n"
	       "Access-Control-Allow-Methods: GET, POST, OPTIONS\r\nAccess-Control-Allow-Origin: *\r\n"
	       "Access-Control-Expose-Headers: Date\r\n");
	expect("GET /api/v1/nonesuch HTTP/1.1\r\n" LOCAL "\r\n", "404", "Vary: Origin, Accept-Encoding");
	/* None of what only kymo has, and nothing that changes something. */
	expect_without("GET /kymo/v1/stats HTTP/1.1\r\n" LOCAL "Origin: http://a.example\r\n\r\n", "200", "Access-Control");
	expect_without("POST /api/v1/write HTTP/1.1\r\n" LOCAL "Origin: http://a.example\r\nContent-Length: 0\r\n\r\n", "403",
		       "Access-Control");
	assert_int_equal(reload("{listen: \"127.0.0.1:0\", origins: [\"https://b.example\"]}", NULL, 0), 0);
	expect_without("GET /api/v1/nonesuch HTTP/1.1\r\n" LOCAL "Origin: http://b.example\r\n\r\n", "404", "Access-Control");
	expect("OPTIONS /api/v1/nonesuch HTTP/1.1\r\n" LOCAL "Origin: https://b.example\r\nConnection: close\r\n\r\n", "204",
	       "Access-Control-Allow-Origin: https://b.example\r\n");
	assert_int_equal(reload("{listen: \"127.0.0.1:0\", origins: []}", NULL, 0), 0);
	expect_without("GET /api/v1/nonesuch HTTP/1.1\r\n" LOCAL "Origin: http://a.example\r\n\r\n", "404", "Access-Control");
	stop();
}

static void the_prometheus_api_has_errors_of_its_own(void **state)
{
	(void)state;
	start("{listen: \"127.0.0.1:0\", body: 1KiB}");
	expect("GET /api/v1/nonesuch HTTP/1.1\r\n" LOCAL "\r\n", "404",
	       "{\"status\":\"error\",\"errorType\":\"not_found\",\"error\":\"there is no /api/v1/nonesuch");
	expect("GET /api/v1/nonesuch?a=%FF HTTP/1.1\r\n" LOCAL "\r\n", "400",
	       "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"a parameter is not UTF-8\"}");
	expect("POST /api/v1/nonesuch HTTP/1.1\r\n" LOCAL "Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n", "413",
	       "\"errorType\":\"bad_data\"");
	expect("POST /api/v1/write HTTP/1.1\r\n" LOCAL "Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n", "413", "\"status\":413");
	stop();
}

/* The body of an answer, unpacked with zlib, has these words. */
static void expect_gzip(const char *request, const char *words)
{
	AUTO_BUF text = { 0 };
	int fd = dial_tcp(http_server_address(server, 0));
	static char plain[1 << 20];
	z_stream gzip = { .next_out = (Bytef *)plain, .avail_out = sizeof plain - 1 };
	const char *body;

	say(fd, request);
	hear(fd, &text);
	body = strstr(buf_text(&text), "\r\n\r\n");
	assert_non_null(strstr(buf_text(&text), "Content-Encoding: gzip\r\n"));
	gzip.next_in = (Bytef *)(uintptr_t)body + 4;
	gzip.avail_in = (uInt)((char *)text.data + text.len - body - 4);
	assert_int_equal(inflateInit2(&gzip, 15 + 16), Z_OK);
	assert_int_equal(inflate(&gzip, Z_FINISH), Z_STREAM_END);
	plain[gzip.total_out] = '\0';
	inflateEnd(&gzip);
	if (!strstr(plain, words))
		fail_msg("%s\ngot: %s\ninstead of %s", request, plain, words);
	close(fd);
}

static void what_is_long_is_packed(void **state)
{
	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	expect_gzip("GET /kymo/v1/stats HTTP/1.1\r\n" LOCAL "Accept-Encoding: deflate, gzip\r\n\r\n", "\"remote_write\"");
	expect("GET /kymo/v1/stats HTTP/1.1\r\n" LOCAL "Accept-Encoding: gzip;q=0.5, zstd\r\n\r\n", "200", "Content-Encoding: zstd\r\n");
	expect_without("GET /kymo/v1/stats HTTP/1.1\r\n" LOCAL "Accept-Encoding: br\r\n\r\n", "200", "Content-Encoding");
	expect_without("GET /-/healthy HTTP/1.1\r\n" LOCAL "Accept-Encoding: gzip\r\n\r\n", "200", "Content-Encoding");
	stop();
}

#define RANGE "GET /api/v1/query_range?query=a&start=1&end=2&step=1 HTTP/1.1\r\n" LOCAL

/* All until the connection ends. */
static const char *hear_all(int fd, struct buf *text)
{
	char piece[65536];
	ssize_t n;

	while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
		buf_add(text, piece, (size_t)n);
	return buf_text(text);
}

static void fake_long_answer(void)
{
	fake.type = TYPE_MATRIX;
	fake.n_points = 200;
	fake.n_answer = 2000;
}

static void await_runs(uint32_t n)
{
	while (fake.n_runs != n)
		poll(NULL, 0, 1);
}

static void long_answers_are_made_as_they_are_read(void **state)
{
	AUTO_BUF text = { 0 };
	const char *all;
	size_t n = 0;
	int fd;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fake_long_answer();
	fd = dial_tcp(http_server_address(server, 0));
	say(fd, RANGE "\r\n");
	while (fake.n_given == 0)
		poll(NULL, 0, 1);
	poll(NULL, 0, 50);
	assert_true(fake.n_given < fake.n_answer);	/* nobody reads: not all of it is made */
	expect("GET /api/v1/labels HTTP/1.1\r\n" LOCAL "\r\n", "200", "success");	/* its threads are free */
	say(fd, "GET /-/healthy HTTP/1.1\r\n" LOCAL "Connection: close\r\n\r\n");
	all = hear_all(fd, &text);
	assert_non_null(strstr(all, "Transfer-Encoding: chunked"));
	for (const char *at = all; (at = strstr(at, "{\"metric\"")); at++)
		n++;
	if (n < 1990 || n > 2000)	/* a chunk may begin in one of them */
		fail_msg("%zu series in %zu bytes: ...%s", n, text.len, all + (text.len > 500 ? text.len - 500 : 0));
	assert_non_null(strstr(all, "{\"status\":\"healthy\"}"));	/* the connection goes on */
	close(fd);
	await_runs(0);
	stop();
}

static void what_fails_on_its_way_breaks_off(void **state)
{
	AUTO_BUF text = { 0 };
	const char *all;
	int fd;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fake_long_answer();
	fake.reason = "why";
	fake.fails_then = -EIO;
	fake.fails_after = 1500;
	fd = dial_tcp(http_server_address(server, 0));
	say(fd, RANGE "Accept-Encoding: zstd\r\n\r\n");
	all = hear_all(fd, &text);
	assert_non_null(strstr(all, "200 OK"));
	assert_true(text.len < 5 || memcmp(text.data + text.len - 5, "0\r\n\r\n", 5) != 0);	/* its end is missing */
	close(fd);
	await_runs(0);
	fake.fails_after = 1;		/* in the first part: it has a status */
	expect(RANGE "\r\n", "500", "\"errorType\":\"internal\",\"error\":\"why\"");
	await_runs(0);
	stop();
}

static void who_goes_away_is_not_answered(void **state)
{
	int fd;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fake_long_answer();
	fake.n_answer = UINT32_MAX;	/* it would never end */
	fd = dial_tcp(http_server_address(server, 0));
	say(fd, RANGE "\r\n");
	await_runs(1);
	close(fd);
	await_runs(0);
	stop();
}

static void long_answers_end_with_the_server(void **state)
{
	int fd;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fake_long_answer();
	fd = dial_tcp(http_server_address(server, 0));
	say(fd, RANGE "\r\n");
	await_runs(1);
	stop();				/* waits for a while, and then for nobody */
	assert_int_equal(fake.n_runs, 0);
	close(fd);
}

static void too_many_parameters(void **state)
{
	AUTO_BUF request = { 0 };

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	buf_add_text(&request, "GET /kymo/v1/latest?name=a");
	for (int i = 1; i < 100; i++)
		buf_add_text(&request, "&name=a");
	buf_add_text(&request, " HTTP/1.1\r\n" LOCAL "\r\n");
	expect(buf_text(&request), "400", "100 parameters, at most 64 are read");
	stop();
}

static void bodies_beyond_the_limit(void **state)
{
	AUTO_BUF request = { 0 };
	AUTO_BUF text = { 0 };
	int fd;

	(void)state;
	start("{listen: \"127.0.0.1:0\", body: 1KiB}");
	buf_add_text(&request, "POST /kymo/v1/query HTTP/1.1\r\n" LOCAL "Content-Length: 2000\r\n\r\n");
	for (int i = 0; i < 2000; i++)
		buf_add_u8(&request, ' ');
	expect(buf_text(&request), "413", "larger than 1024 bytes");
	expect("POST /kymo/v1/query HTTP/1.1\r\n" LOCAL "Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n", "413", "larger than");
	expect("POST /kymo/v1/query HTTP/1.1\r\n" LOCAL "Transfer-Encoding: chunked\r\n\r\n10\r\n{\"names\":[\"abc\"]\r\n1\r\n}\r\n0\r\n\r\n",
	       "200 OK", "series");
	fd = dial_tcp(http_server_address(server, 0));
	say(fd, "POST /kymo/v1/query HTTP/1.1\r\n" LOCAL "Content-Length: 100000000\r\n\r\n");
	for (int i = 0; i < 1000; i++)
		say(fd, buf_text(&request));
	assert_string_equal(hear(fd, &text), "");	/* nobody reads on */
	close(fd);
	stop();
}

static void too_many_connections(void **state)
{
	int fds[2];

	(void)state;
	start("{listen: \"127.0.0.1:0\", connections: 2}");
	for (int i = 0; i < 2; i++) {
		fds[i] = dial_tcp(http_server_address(server, 0));
		expect_answer(fds[i], "GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	}
	expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "503", "too many connections: 2 at a time");
	close(fds[0]);
	close(fds[1]);
	stop();
}

static void rubbish_does_no_harm(void **state)
{
	static const char *const rubbish[] = { "\r\n\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02", "GET / HTTP/9.9\r\n\r\n",
					       "POST /kymo/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n" };

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
		int fd = dial_tcp(http_server_address(server, 0));

		say(fd, rubbish[i]);
		close(fd);
	}
	expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	stop();
}

static void a_reload_moves_to_another_address(void **state)
{
	char old[64];
	int kept, admin;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	snprintf(old, sizeof old, "%s", http_server_address(server, 0));
	kept = dial_tcp(old);
	admin = dial_control();
	expect_answer(kept, "GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	expect_answer(admin, "GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	assert_int_equal(reload("{listen: \"127.0.0.2:0\", admin: true}", NULL, 0), 0);
	assert_memory_equal(http_server_address(server, 0), "127.0.0.2:", 10);
	assert_null(http_server_address(server, 1));
	assert_int_equal(dial_tcp(old), -1);
	expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	/* What was open stays open, and goes by the new rules. */
	expect_answer(kept, "POST /-/reload HTTP/1.1\r\n" LOCAL "Content-Length: 0\r\n\r\n", "200 OK", "changes");
	expect_answer(admin, "GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	assert_int_equal(reload("{listen: []}", NULL, 0), 0);
	assert_null(http_server_address(server, 0));
	expect_answer(kept, "POST /-/reload HTTP/1.1\r\n" LOCAL "Content-Length: 0\r\n\r\n", "403", "control socket");
	close(kept);
	close(admin);
	stop();
}

static void from_one_address_to_all_and_back(void **state)
{
	char one[64], http[128], port[16];

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	snprintf(port, sizeof port, "%d", port_of(http_server_address(server, 0)));
	snprintf(one, sizeof one, "{listen: \"127.0.0.1:%s\"}", port);
	snprintf(http, sizeof http, "{listen: \"0.0.0.0:%s\"}", port);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(reload(http, NULL, 0), 0);
		expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
		assert_int_equal(reload(one, NULL, 0), 0);
		expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	}
	stop();
}

static void a_refused_reload_changes_nothing(void **state)
{
	char reason[256], address[64], http[128];
	int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof name;

	(void)state;
	assert_int_equal(bind(taken, (struct sockaddr *)&name, size), 0);
	assert_int_equal(listen(taken, 1), 0);
	getsockname(taken, (struct sockaddr *)&name, &size);
	start("{listen: \"127.0.0.1:0\"}");
	snprintf(address, sizeof address, "%s", http_server_address(server, 0));
	snprintf(http, sizeof http, "{listen: [\"127.0.0.3:0\", \"127.0.0.1:%d\"], admin: true}", ntohs(name.sin_port));
	assert_int_equal(reload(http, reason, sizeof reason), -EADDRINUSE);
	assert_non_null(strstr(reason, "Address already in use"));
	assert_string_equal(http_server_address(server, 0), address);
	expect("POST /-/reload HTTP/1.1\r\n" LOCAL "Content-Length: 0\r\n\r\n", "403", "control socket");
	close(taken);
	stop();
}

static _Atomic int dialled;

static void *ask_slowly(void *data)
{
	int fd = dial_tcp(data);

	dialled++;
	expect_answer(fd, "GET /kymo/v1/query?name=a HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "series");
	close(fd);
	return NULL;
}

static void await_requests(uint32_t n)
{
	while (fake.requests != n)
		poll(NULL, 0, 1);
}

static void what_is_being_answered_is_answered(void **state)
{
	char address[64];
	pthread_t asking;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fake.slow = 300;
	snprintf(address, sizeof address, "%s", http_server_address(server, 0));
	pthread_create(&asking, NULL, ask_slowly, address);
	await_requests(1);
	assert_int_equal(reload("{listen: \"127.0.0.2:0\"}", NULL, 0), 0);
	assert_int_equal(fake.requests, 1);	/* the reload did not wait for it */
	/* Others are answered meanwhile, and closing waits for it. */
	expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	stop();
	pthread_join(asking, NULL);
}

enum { QUERIES_MOST = 2 + 64 };		/* at work, and waiting */

static void long_queries_hold_up_nobody(void **state)
{
	static const char query[] = "GET /kymo/v1/query?name=a HTTP/1.1\r\n" LOCAL "\r\n";
	AUTO_BUF text = { 0 };
	int fds[QUERIES_MOST];

	(void)state;
	start("{listen: \"127.0.0.1:0\", admin: true}");
	fake.holds = true;
	for (int i = 0; i < QUERIES_MOST; i++) {
		fds[i] = dial_tcp(http_server_address(server, 0));
		say(fds[i], query);
		while (i < 2 && fake.held != (uint32_t)i + 1)	/* else there would be no room for the last ones */
			poll(NULL, 0, 1);
	}
	await_requests(QUERIES_MOST);
	expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	expect("GET /metrics HTTP/1.1\r\n" LOCAL "Connection: close\r\n\r\n", "200 OK", "kymo_exposition");
	expect("POST /kymo/v1/events HTTP/1.1\r\n" LOCAL "Content-Length: 12\r\n\r\n{\"name\":\"a\"}", "202", "accepted");
	expect("POST /-/reload HTTP/1.1\r\n" LOCAL "Content-Length: 0\r\n\r\n", "200 OK", "changes");
	await_requests(QUERIES_MOST);	/* not one of them is done */
	expect(query, "503", "too many queries wait already");
	fake.holds = false;
	for (int i = 0; i < QUERIES_MOST; i++) {
		buf_clear(&text);
		assert_non_null(strstr(hear(fds[i], &text), "series"));
		close(fds[i]);
	}
	stop();
}

/* Two are at work; of those that wait one has no more time, and nobody waits for the other. */
static void who_waits_in_vain_does_not_wait_long(void **state)
{
	AUTO_BUF text = { 0 };
	int fds[4];

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fake.holds = true;
	for (int i = 0; i < 4; i++) {
		fds[i] = dial_tcp(http_server_address(server, 0));
		say(fds[i], i == 2 ? "GET /api/v1/query?query=a&timeout=10ms HTTP/1.1\r\n" LOCAL "\r\n" :
				     "GET /kymo/v1/query?name=a HTTP/1.1\r\n" LOCAL "\r\n");
		while (i < 2 && fake.held != (uint32_t)i + 1)
			poll(NULL, 0, 1);
	}
	hear(fds[2], &text);
	assert_non_null(strstr(buf_text(&text), "\"errorType\":\"timeout\",\"error\":\"query timed out in query queue\"}"));
	await_requests(3);
	close(fds[3]);
	await_requests(2);
	fake.holds = false;
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	stop();
}

static void long_writes_hold_up_nobody(void **state)
{
	static const char request[] = "POST /api/v1/write HTTP/1.1\r\n" LOCAL "Connection: close\r\nContent-Length: 4\r\n\r\nbody";
	AUTO_BUF text = { 0 };
	int fds[8];

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fake.holds = true;
	for (int i = 0; i < 8; i++) {
		fds[i] = dial_tcp(http_server_address(server, 0));
		say(fds[i], request);
	}
	await_requests(8);
	expect("GET /-/healthy HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "healthy");
	expect("GET /kymo/v1/stats HTTP/1.1\r\n" LOCAL "\r\n", "200 OK", "store");
	await_requests(8);
	fake.holds = false;
	for (int i = 0; i < 8; i++) {
		buf_clear(&text);
		assert_non_null(strstr(hear(fds[i], &text), "204"));
		close(fds[i]);
	}
	stop();
}

/* Two are at work: those are answered; the others are told that there is no more time. */
static void at_the_end_nobody_is_forgotten(void **state)
{
	AUTO_BUF text = { 0 };
	int fds[4], answered = 0, told = 0;

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fake.slow = 6000;		/* longer than the server waits */
	for (int i = 0; i < 4; i++) {
		fds[i] = dial_tcp(http_server_address(server, 0));
		say(fds[i], "GET /kymo/v1/query?name=a HTTP/1.1\r\n" LOCAL "Connection: close\r\n\r\n");
	}
	await_requests(4);
	stop();
	for (int i = 0; i < 4; i++) {
		buf_clear(&text);
		hear(fds[i], &text);
		answered += strstr(buf_text(&text), "\"series\"") != NULL;
		told += strstr(buf_text(&text), "the daemon ends") != NULL;
		close(fds[i]);
	}
	assert_int_equal(answered, 2);
	assert_int_equal(told, 2);
}

static void many_reloads_while_many_ask(void **state)
{
	char address[64];
	pthread_t asking[4];

	(void)state;
	start("{listen: \"127.0.0.1:0\"}");
	fake.slow = 20;
	for (int i = 0; i < 50; i++) {
		if (i % 10 == 0) {
			snprintf(address, sizeof address, "%s", http_server_address(server, 0));
			dialled = 0;
			for (int k = 0; k < 4; k++)
				pthread_create(&asking[k], NULL, ask_slowly, address);
			while (dialled != 4)
				poll(NULL, 0, 1);
		}
		assert_int_equal(reload(i % 2 ? "{listen: \"127.0.0.1:0\"}" : "{listen: \"127.0.0.2:0\", admin: true}", NULL, 0), 0);
		if (i % 10 == 9)
			for (int k = 0; k < 4; k++)
				pthread_join(asking[k], NULL);
	}
	stop();
}

static void a_second_server_is_told_who_is_there(void **state)
{
	AUTO(settings) settings = NULL;
	struct http_server *second = NULL;
	struct error err = { 0 };

	(void)state;
	start("{listen: []}");
	settings = settings_of("{listen: []}");
	assert_int_equal(http_server_open(settings, &second, &err), -EADDRINUSE);
	assert_non_null(strstr(error_text(&err), "another kymo, process "));
	error_clear(&err);
	close(dial_control());		/* the first is still there */
	stop();
}

static int quiet(void **state)
{
	(void)state;
	log_set_level(LOG_HTTP, LOG_LEVEL_ERROR);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_over_tcp_and_the_control_socket),
		cmocka_unit_test(a_head_has_no_body_and_options_tell_the_methods),
		cmocka_unit_test(who_sends_no_more_is_not_waited_for),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(pages_of_elsewhere_read_the_prometheus_api),
		cmocka_unit_test(the_prometheus_api_has_errors_of_its_own),
		cmocka_unit_test(what_is_long_is_packed),
		cmocka_unit_test(long_answers_are_made_as_they_are_read),
		cmocka_unit_test(what_fails_on_its_way_breaks_off),
		cmocka_unit_test(who_goes_away_is_not_answered),
		cmocka_unit_test(long_answers_end_with_the_server),
		cmocka_unit_test(too_many_parameters),
		cmocka_unit_test(bodies_beyond_the_limit),
		cmocka_unit_test(too_many_connections),
		cmocka_unit_test(rubbish_does_no_harm),
		cmocka_unit_test(a_reload_moves_to_another_address),
		cmocka_unit_test(from_one_address_to_all_and_back),
		cmocka_unit_test(a_refused_reload_changes_nothing),
		cmocka_unit_test(what_is_being_answered_is_answered),
		cmocka_unit_test(long_queries_hold_up_nobody),
		cmocka_unit_test(who_waits_in_vain_does_not_wait_long),
		cmocka_unit_test(long_writes_hold_up_nobody),
		cmocka_unit_test(at_the_end_nobody_is_forgotten),
		cmocka_unit_test(many_reloads_while_many_ask),
		cmocka_unit_test(a_second_server_is_told_who_is_there),
	};

	return cmocka_run_group_tests(tests, quiet, NULL);
}
