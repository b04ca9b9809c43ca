/* SPDX-License-Identifier: MIT */
/*
 * event.h - tell kymo what your program does. C11 or C++11, Linux; this header
 * is all there is, nothing is linked but libc.
 *
 *	#include <kymo/event.h>
 *
 *	kymo_record_api_request("/login", 200, 12.5);
 *	kymo_event_with("queue.depth", depth, "queue", "mail");
 *
 * Packing   Each thread packs its events into one datagram of at most 60 KiB.
 *           The pack is sent when it is full, when an event comes more than
 *           50 ms after the last sending (so a lone event goes out at once),
 *           on kymo_event_flush(), when the thread ends, and for the thread
 *           that calls exit(), at exit. A thread that falls silent after a
 *           burst should flush: nobody else sends its pack.
 * Loss      Nothing here ever blocks. While the daemon is busy a pack waits as
 *           long as it has room; what the kernel refuses for good is counted,
 *           and the count travels in the next datagram that gets through, as
 *           the event "kymo.events.dropped".
 * Socket    $KYMO_EVENTS; without it $XDG_RUNTIME_DIR/kymo/events and then
 *           /run/kymo/events. The variables are read at the first event. A
 *           daemon that restarts is found again by itself.
 * Results   0, or a negative errno value. They may be ignored: whatever is
 *           lost is counted. errno stays as it was.
 * Threads   Everything may be called from any thread, nothing from a signal
 *           handler. After fork() the child starts with an empty pack.
 * Strings   End in NUL and are copied. What is not UTF-8 in them becomes U+FFFD.
 * Cost      About 0.3 us of the caller's CPU for an event with two labels
 *           (tests/bench/event_client.c).
 *
 * Any number of files of a program may include this header; they share the
 * packs, the socket and the count (weak, hidden symbols).
 */
#ifndef KYMO_EVENT_H
#define KYMO_EVENT_H

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KYMO_EVENT_DATAGRAM 61440	/* bytes of a datagram at most */
#define KYMO_EVENT_AGE	    50		/* milliseconds after which an event sends the pack */
#define KYMO_EVENT_LABELS   32		/* labels that kymo_event_with() takes */

struct kymo_event_label {
	const char *name, *value;	/* value NULL: the label is left out */
};

/*
 * Record an event that happens now. Its value is any finite number; where
 * there is nothing to measure, 1.
 *
 * -EINVAL: no name, or a value that is no finite number. -EMSGSIZE: the event
 * does not fit a datagram. -ENOMEM: no memory for the thread's pack.
 */
static inline int kymo_event(const char *name, double value, size_t n_labels,
			     const struct kymo_event_label *labels);

/* The same for another time, in milliseconds since 1970-01-01T00:00:00Z. */
static inline int kymo_event_at(int64_t at, const char *name, double value, size_t n_labels,
				const struct kymo_event_label *labels);

/*
 * The same with the labels in the call, names and values by turns:
 *
 *	kymo_event_with("queue.depth", 7, "queue", "mail", "host", host);
 *
 * -E2BIG: more than KYMO_EVENT_LABELS labels.
 */
#define kymo_event_with(...) kymo_event_pairs_(__VA_ARGS__, (const char *)0)

/*
 * Send what this thread has packed. -EAGAIN, -ENOBUFS: the daemon is busy, the
 * pack waits. Another error: nobody listens, the pack is lost and counted.
 */
static inline int kymo_event_flush(void);

/* Events that this process has lost so far. */
static inline uint64_t kymo_event_dropped(void);

/* ---- The events that kymo's own collectors understand ---- */

enum kymo_ws_direction { KYMO_WS_SENT, KYMO_WS_RECEIVED };

/* A request was answered: the route it matched (not the raw path), the HTTP status, milliseconds. */
static inline int kymo_record_api_request(const char *endpoint, int status, double ms);
/* A WebSocket was opened; closed; a message of so many bytes went over it. */
static inline int kymo_record_ws_connect(void);
static inline int kymo_record_ws_disconnect(void);
static inline int kymo_record_ws_message(enum kymo_ws_direction direction, size_t bytes);
/* A gateway checked something, and found a violation or none. */
static inline int kymo_record_gateway_check(bool violated);
/* A retrospective was held; a pattern was matched. */
static inline int kymo_record_retrospective(void);
static inline int kymo_record_pattern_match(void);
/* A user did something. The daemon keeps a keyed hash of the id, never the id. */
static inline int kymo_record_active_user(const char *user);

/* ---- How it works. Names that end in _ are not for you. ---- */

/*
 * One definition for the whole program, however many files include this. The
 * version in the names keeps files apart that were built with another layout.
 */
#define KYMO_EVENT_ONE_ __attribute__((weak, visibility("hidden")))
#define kymo_event_once_   kymo_event_once_v1_
#define kymo_event_shared_ kymo_event_shared_v1_
#define kymo_event_mine_   kymo_event_mine_v1_

struct kymo_event_process_ {
	int fd_plus_1;			/* the socket; 0: none is open */
	unsigned n_places;
	struct sockaddr_un places[2];	/* where a daemon may listen, in order */
	uint64_t dropped;		/* events lost since the start */
	uint64_t unreported;		/* those the daemon does not know of */
	pthread_key_t key;		/* sends and frees the pack of a thread that ends */
};

struct kymo_event_pack_ {
	int64_t sent_at;		/* the last try to send */
	size_t used;
	uint64_t events;
	char text[KYMO_EVENT_DATAGRAM];
};

extern KYMO_EVENT_ONE_ pthread_once_t kymo_event_once_;
extern KYMO_EVENT_ONE_ struct kymo_event_process_ kymo_event_shared_;
extern KYMO_EVENT_ONE_ __thread struct kymo_event_pack_ *kymo_event_mine_;

pthread_once_t kymo_event_once_ = PTHREAD_ONCE_INIT;
struct kymo_event_process_ kymo_event_shared_;
__thread struct kymo_event_pack_ *kymo_event_mine_;

/*
 * The coarse clock costs a quarter of the exact one, and its 1 to 10 ms are
 * enough here. Strict C11 hides it.
 */
static inline int64_t kymo_event_now_(void)
{
	struct timespec t;

#ifdef CLOCK_REALTIME_COARSE
	clock_gettime(CLOCK_REALTIME_COARSE, &t);
#else
	timespec_get(&t, TIME_UTC);
#endif
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline int kymo_event_lost_(uint64_t n, int why)
{
	__atomic_fetch_add(&kymo_event_shared_.dropped, n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&kymo_event_shared_.unreported, n, __ATOMIC_RELAXED);
	return why;
}

/* ---- Writing JSON ---- */

static inline char *kymo_event_digits_(char *out, uint64_t v)
{
	static const char pairs[] = "00010203040506070809" "10111213141516171819"
				    "20212223242526272829" "30313233343536373839"
				    "40414243444546474849" "50515253545556575859"
				    "60616263646566676869" "70717273747576777879"
				    "80818283848586878889" "90919293949596979899";
	char text[20], *at = text + sizeof text;
	size_t n;

	for (; v >= 100; v /= 100)
		memcpy(at -= 2, pairs + v % 100 * 2, 2);
	if (v >= 10)
		memcpy(at -= 2, pairs + v * 2, 2);
	else
		*--at = (char)('0' + v);
	n = (size_t)(text + sizeof text - at);
	memcpy(out, at, n);
	return out + n;
}

/*
 * units / 10^decimals without trailing zeros. `decimals` is the number of
 * digits that stand behind the point.
 */
static inline char *kymo_event_decimal_(char *out, uint64_t units, uint64_t scale, int decimals)
{
	uint64_t rest = units % scale;

	out = kymo_event_digits_(out, units / scale);
	*out++ = '.';
	for (int i = decimals - 1; i >= 0; i--, rest /= 10)
		out[i] = (char)('0' + rest % 10);
	out += decimals;
	while (out[-1] == '0')
		out--;
	return out;
}

/* printf writes the decimal point of the locale, in one byte or more. */
static inline char *kymo_event_printed_(char *out, double v)
{
	char text[40];
	bool foreign = false;

	snprintf(text, sizeof text, "%.17g", v);
	for (const char *c = text; *c; c++) {
		bool known = (*c >= '0' && *c <= '9') || *c == '-' || *c == '+' || *c == 'e';

		if (known)
			*out++ = *c;
		else if (!foreign)
			*out++ = '.';
		foreign = !known;
	}
	return out;
}

/*
 * A finite number, so that reading it gives the same bits. Whole numbers and
 * short decimals (up to 9 digits behind the point) are written by hand: a
 * quotient of two integers below 2^53 is rounded correctly, just as the
 * reader rounds the text, so where it gives v the text does too.
 */
static inline char *kymo_event_number_(char *out, double v)
{
	double size = v < 0 ? -v : v;

	if (__builtin_signbit(v))
		*out++ = '-';
	if (size < 9007199254740992.0 && (double)(uint64_t)size == size)
		return kymo_event_digits_(out, (uint64_t)size);
	if (size < 9.0e6) {
		uint64_t units = (uint64_t)(size * 1e9 + 0.5);

		if ((double)units / 1e9 == size)
			return kymo_event_decimal_(out, units, 1000000000, 9);
	} else if (size < 9.0e9) {
		uint64_t units = (uint64_t)(size * 1e6 + 0.5);

		if ((double)units / 1e6 == size)
			return kymo_event_decimal_(out, units, 1000000, 6);
	}
	return kymo_event_printed_(out, size);
}

/* The length of the UTF-8 sequence (RFC 3629) of two bytes or more at s; 0: there is none. */
static inline size_t kymo_event_utf8_(const unsigned char *s)
{
	unsigned char low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;

	if (s[0] < 0xc2 || s[0] > 0xf4 || s[1] < low || s[1] > high)
		return 0;
	if (s[0] < 0xe0)
		return 2;
	if ((s[2] & 0xc0) != 0x80)
		return 0;
	if (s[0] < 0xf0)
		return 3;
	return (s[3] & 0xc0) == 0x80 ? 4 : 0;
}

/* The byte or sequence at *s that cannot stand in a JSON string as it is; at most 6 bytes. */
static inline char *kymo_event_escape_(char *out, const unsigned char **s)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = **s;
	size_t n = 1;

	if (c >= 0x80) {
		if ((n = kymo_event_utf8_(*s)))
			memcpy(out, *s, n);
		else
			memcpy(out, "\xef\xbf\xbd", 3);
		*s += n ? n : 1;
		return out + (n ? n : 3);
	}
	*s += 1;
	*out++ = '\\';
	if (c >= 0x20) {	/* a quote or a backslash */
		*out++ = (char)c;
		return out;
	}
	memcpy(out, "u00", 3);
	out[3] = hex[c >> 4];
	out[4] = hex[c & 15];
	return out + 5;
}

/* A string in quotes. NULL: no room; also when `out` is NULL already. */
static inline char *kymo_event_string_(char *out, const char *end, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	if (!out || end - out < 2)
		return NULL;
	*out++ = '"';
	while (*s) {
		if (end - out < 7)
			return NULL;
		if (*s >= 0x20 && *s < 0x80 && *s != '"' && *s != '\\')
			*out++ = (char)*s++;
		else
			out = kymo_event_escape_(out, &s);
	}
	if (out == end)
		return NULL;
	*out++ = '"';
	return out;
}

static inline char *kymo_event_raw_(char *out, const char *end, const char *text, size_t n)
{
	if (!out || (size_t)(end - out) < n)
		return NULL;
	memcpy(out, text, n);
	return out + n;
}

static inline char *kymo_event_labels_(char *out, const char *end, size_t n,
				       const struct kymo_event_label *labels)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (!labels[i].name || !labels[i].value)
			continue;
		out = any ? kymo_event_raw_(out, end, ",", 1) : kymo_event_raw_(out, end, ",\"labels\":{", 11);
		out = kymo_event_string_(out, end, labels[i].name);
		out = kymo_event_raw_(out, end, ":", 1);
		out = kymo_event_string_(out, end, labels[i].value);
		any = true;
	}
	return any ? kymo_event_raw_(out, end, "}", 1) : out;
}

/* One event, one line. Returns its end, or NULL: no room. */
static inline char *kymo_event_line_(char *out, const char *end, int64_t at, const char *name, double value,
				     size_t n_labels, const struct kymo_event_label *labels)
{
	out = kymo_event_raw_(out, end, "{\"name\":", 8);
	out = kymo_event_string_(out, end, name);
	if (!out || end - out < 96)	/* the two numbers and their keys */
		return NULL;
	memcpy(out, ",\"value\":", 9);
	out = kymo_event_number_(out + 9, value);
	memcpy(out, ",\"at\":", 6);
	out += 6;
	if (at < 0)
		*out++ = '-';
	out = kymo_event_digits_(out, at < 0 ? 0 - (uint64_t)at : (uint64_t)at);
	out = kymo_event_labels_(out, end, n_labels, labels);
	return kymo_event_raw_(out, end, "}\n", 2);
}

/* ---- Sending ---- */

#define KYMO_EVENT_REPORT_ 64	/* bytes kept free in each pack for the line below */

static inline size_t kymo_event_report_(char *out, uint64_t lost)
{
	static const char head[] = "{\"name\":\"kymo.events.dropped\",\"value\":";
	char *end = out + sizeof head - 1;

	memcpy(out, head, sizeof head - 1);
	end = kymo_event_digits_(end, lost);
	memcpy(end, "}\n", 2);
	return (size_t)(end + 2 - out);
}

/*
 * The socket is not connected, each datagram names its place: that finds a
 * daemon that has restarted. The queue of the daemon may hold no more than ten
 * datagrams (net.unix.max_dgram_qlen), so they are big and may all be on their
 * way at once.
 */
static inline int kymo_event_open_(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20, none = 0;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	if (__atomic_compare_exchange_n(&kymo_event_shared_.fd_plus_1, &none, fd + 1, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fd;
	close(fd);		/* another thread was faster */
	return none - 1;
}

/*
 * One datagram to one place. A program that closes all its descriptors (to
 * become a daemon) closes ours too; the number may even be another file's by
 * now, so it is forgotten and not closed.
 */
static inline int kymo_event_send_to_(const struct sockaddr_un *place, const char *text, size_t n)
{
	for (int tries = 0; tries < 2; tries++) {
		int fd = __atomic_load_n(&kymo_event_shared_.fd_plus_1, __ATOMIC_ACQUIRE) - 1;

		if (fd < 0 && (fd = kymo_event_open_()) < 0)
			return -errno;
		if (sendto(fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)place,
			   sizeof *place) >= 0)
			return 0;
		if (errno != EBADF && errno != ENOTSOCK && errno != EISCONN && errno != EOPNOTSUPP &&
		    errno != EAFNOSUPPORT)
			return -errno;
		__atomic_store_n(&kymo_event_shared_.fd_plus_1, 0, __ATOMIC_RELEASE);
	}
	return -EBADF;
}

static inline bool kymo_event_busy_(int result)
{
	return result == -EAGAIN || result == -ENOBUFS || result == -ENOMEM;
}

static inline int kymo_event_put_(const char *text, size_t n)
{
	int saved = errno, result = -ENOENT;

	for (unsigned i = 0; i < kymo_event_shared_.n_places; i++) {
		result = kymo_event_send_to_(&kymo_event_shared_.places[i], text, n);
		if (result == 0 || kymo_event_busy_(result))
			break;
	}
	errno = saved;
	return result;
}

/*
 * Send the pack with the count of what was lost before. Refused by a busy
 * daemon it stays, unless this was its last chance; refused otherwise it is lost.
 */
static inline int kymo_event_send_(struct kymo_event_pack_ *pack, int64_t now, bool last_chance)
{
	uint64_t lost = 0;
	size_t n = pack->used;
	int result;

	if (__atomic_load_n(&kymo_event_shared_.unreported, __ATOMIC_RELAXED))
		lost = __atomic_exchange_n(&kymo_event_shared_.unreported, 0, __ATOMIC_RELAXED);
	if (lost)
		n += kymo_event_report_(pack->text + pack->used, lost);
	pack->sent_at = now;
	if (n == 0)
		return 0;
	result = kymo_event_put_(pack->text, n);
	if (result < 0 && lost)
		__atomic_fetch_add(&kymo_event_shared_.unreported, lost, __ATOMIC_RELAXED);
	if (kymo_event_busy_(result) && !last_chance)
		return result;
	if (result < 0)
		kymo_event_lost_(pack->events, result);
	pack->used = 0;
	pack->events = 0;
	return result;
}

/* ---- The life of a pack ---- */

static inline void kymo_event_thread_end_(void *mine)
{
	struct kymo_event_pack_ *pack = (struct kymo_event_pack_ *)mine;

	kymo_event_send_(pack, 0, true);
	kymo_event_mine_ = NULL;
	free(pack);
}

/* At exit(), or when the shared object that this is in gets unloaded. */
static inline void kymo_event_exit_(void)
{
	if (kymo_event_mine_)
		kymo_event_thread_end_(kymo_event_mine_);
	pthread_key_delete(kymo_event_shared_.key);
}

/* What was packed and lost before the fork is the parent's to send and to tell. */
static inline void kymo_event_child_(void)
{
	kymo_event_shared_.dropped = 0;
	kymo_event_shared_.unreported = 0;
	if (kymo_event_mine_) {
		kymo_event_mine_->used = 0;
		kymo_event_mine_->events = 0;
	}
}

/* Too long a path is no place. */
static inline void kymo_event_place_(const char *folder, const char *file)
{
	struct sockaddr_un *place = &kymo_event_shared_.places[kymo_event_shared_.n_places];

	if (strlen(folder) + strlen(file) >= sizeof place->sun_path)
		return;
	place->sun_family = AF_UNIX;
	memcpy(place->sun_path, folder, strlen(folder));
	memcpy(place->sun_path + strlen(folder), file, strlen(file) + 1);
	kymo_event_shared_.n_places++;
}

static inline void kymo_event_init_(void)
{
	const char *set = getenv("KYMO_EVENTS"), *run = getenv("XDG_RUNTIME_DIR");

	if (set && *set) {
		kymo_event_place_(set, "");
	} else {
		if (run && *run)
			kymo_event_place_(run, "/kymo/events");
		kymo_event_place_("/run", "/kymo/events");
	}
	if (pthread_key_create(&kymo_event_shared_.key, kymo_event_thread_end_) == 0)
		atexit(kymo_event_exit_);
	pthread_atfork(NULL, NULL, kymo_event_child_);
}

/* On the heap: 60 KiB of thread-local storage would come out of every thread's stack. */
static inline struct kymo_event_pack_ *kymo_event_make_(void)
{
	struct kymo_event_pack_ *pack;

	pthread_once(&kymo_event_once_, kymo_event_init_);
	pack = (struct kymo_event_pack_ *)malloc(sizeof *pack);
	if (!pack)
		return NULL;
	pack->sent_at = 0;
	pack->used = 0;
	pack->events = 0;
	pthread_setspecific(kymo_event_shared_.key, pack);
	kymo_event_mine_ = pack;
	return pack;
}

static inline int kymo_event_add_(int64_t now, int64_t at, const char *name, double value, size_t n_labels,
				  const struct kymo_event_label *labels)
{
	struct kymo_event_pack_ *pack = kymo_event_mine_ ? kymo_event_mine_ : kymo_event_make_();
	const char *end;
	char *line;

	if (!pack)
		return kymo_event_lost_(1, -ENOMEM);
	if (!name || !(value - value == 0))	/* NaN and infinities */
		return kymo_event_lost_(1, -EINVAL);
	end = pack->text + sizeof pack->text - KYMO_EVENT_REPORT_;
	line = kymo_event_line_(pack->text + pack->used, end, at, name, value, n_labels, labels);
	if (!line && pack->used) {
		kymo_event_send_(pack, now, true);
		line = kymo_event_line_(pack->text, end, at, name, value, n_labels, labels);
	}
	if (!line)
		return kymo_event_lost_(1, -EMSGSIZE);
	pack->used = (size_t)(line - pack->text);
	pack->events++;
	if ((uint64_t)(now - pack->sent_at) > KYMO_EVENT_AGE)	/* also when the clock went back */
		kymo_event_send_(pack, now, false);
	return 0;
}

static inline int kymo_event(const char *name, double value, size_t n_labels,
			     const struct kymo_event_label *labels)
{
	int64_t now = kymo_event_now_();

	return kymo_event_add_(now, now, name, value, n_labels, labels);
}

static inline int kymo_event_at(int64_t at, const char *name, double value, size_t n_labels,
				const struct kymo_event_label *labels)
{
	return kymo_event_add_(kymo_event_now_(), at, name, value, n_labels, labels);
}

__attribute__((sentinel, unused)) static int kymo_event_pairs_(const char *name, double value, ...)
{
	struct kymo_event_label labels[KYMO_EVENT_LABELS];
	size_t n = 0;
	const char *key;
	va_list pairs;

	va_start(pairs, value);
	while ((key = va_arg(pairs, const char *)) && n < KYMO_EVENT_LABELS) {
		labels[n].name = key;
		labels[n++].value = va_arg(pairs, const char *);
	}
	va_end(pairs);
	if (key)
		return kymo_event_lost_(1, -E2BIG);
	return kymo_event(name, value, n, labels);
}

static inline int kymo_event_flush(void)
{
	struct kymo_event_pack_ *pack = kymo_event_mine_;

	return pack ? kymo_event_send_(pack, kymo_event_now_(), false) : 0;
}

static inline uint64_t kymo_event_dropped(void)
{
	return __atomic_load_n(&kymo_event_shared_.dropped, __ATOMIC_RELAXED);
}

/* ---- The named ones ---- */

static inline int kymo_event_labelled_(const char *event, double value, const char *name, const char *label)
{
	struct kymo_event_label one;

	one.name = name;
	one.value = label;
	return kymo_event(event, value, 1, &one);
}

static inline int kymo_record_api_request(const char *endpoint, int status, double ms)
{
	char text[16];
	struct kymo_event_label labels[2];

	*kymo_event_number_(text, status) = 0;
	labels[0].name = "endpoint";
	labels[0].value = endpoint;
	labels[1].name = "status";
	labels[1].value = text;
	return kymo_event("api.request", ms, 2, labels);
}

static inline int kymo_record_ws_connect(void)
{
	return kymo_event("websocket.connect", 1, 0, NULL);
}

static inline int kymo_record_ws_disconnect(void)
{
	return kymo_event("websocket.disconnect", 1, 0, NULL);
}

static inline int kymo_record_ws_message(enum kymo_ws_direction direction, size_t bytes)
{
	return kymo_event_labelled_("websocket.message", (double)bytes, "direction",
				    direction == KYMO_WS_SENT ? "sent" : "received");
}

static inline int kymo_record_gateway_check(bool violated)
{
	return kymo_event_labelled_("business.gateway_check", 1, "violated", violated ? "true" : "false");
}

static inline int kymo_record_retrospective(void)
{
	return kymo_event("business.retrospective", 1, 0, NULL);
}

static inline int kymo_record_pattern_match(void)
{
	return kymo_event("business.pattern_match", 1, 0, NULL);
}

static inline int kymo_record_active_user(const char *user)
{
	return kymo_event_labelled_("business.active_user", 1, "user", user);
}

#ifdef __cplusplus
}
#endif
#endif
