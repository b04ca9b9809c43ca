/* SPDX-License-Identifier: MIT */
/*
 * log.c - the levels and the writer are the only state of the process that is
 * not in a struct: a failure has to be sayable from anywhere. A line is made on
 * the stack and goes out in one write(2), so lines of threads do not mix.
 */
#include "util/log.h"
#include "util/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT_NS 10000000000
enum { TEXT_MOST = 4096 };

static const char *const topic_names[LOG_TOPICS] = {
	[LOG_MAIN] = "main", [LOG_CONF] = "conf", [LOG_STORE] = "store", [LOG_QUERY] = "query",
	[LOG_HOST] = "host", [LOG_PLUGIN] = "plugin", [LOG_HTTP] = "http",
};

static const struct {
	const char *name, *priority;	/* the latter as in syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", "<3>" },
	[LOG_LEVEL_WARN]  = { "warn",  "<4>" },
	[LOG_LEVEL_INFO]  = { "info",  "<6>" },
	[LOG_LEVEL_DEBUG] = { "debug", "<7>" },
};

static _Atomic uint8_t level_of[LOG_TOPICS] = {
	LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_INFO,
	LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_INFO,
};

static struct {
	void (*write)(void *data, enum log_level, enum log_topic, const char *text);
	void *data;
} writer;

const char *log_topic_name(enum log_topic topic) { return topic_names[topic]; }
const char *log_level_name(enum log_level level) { return levels[level].name; }

void log_set_level(enum log_topic topic, enum log_level level)
{
	atomic_store_explicit(&level_of[topic], (uint8_t)level, memory_order_relaxed);
}

bool log_enabled(enum log_topic topic, enum log_level level)
{
	return level <= atomic_load_explicit(&level_of[topic], memory_order_relaxed);
}

void log_set_writer(void (*write)(void *, enum log_level, enum log_topic, const char *), void *data)
{
	writer.write = write;
	writer.data = data;
}

/* systemd.exec(5): the journal reads stderr if JOURNAL_STREAM is its device:inode. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

static bool journal;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void look_for_journal(void)
{
	journal = is_journal();
}

/* Copy as one line; what is too long ends in "...". */
static void copy_escaped(char *to, size_t room, const char *from)
{
	static const char digits[] = "0123456789abcdef";
	char *end = to + room - sizeof "\\xNN...";

	for (; *from && to < end; from++) {
		unsigned char c = (unsigned char)*from;

		if (c >= 0x20 && c != 0x7f) {
			*to++ = (char)c;
			continue;
		}
		*to++ = '\\';
		*to++ = 'x';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	for (int i = 0; i < 3 && ((unsigned char)*from & 0xc0) == 0x80; i++, from--)
		to--;			/* not within a character */
	strcpy(to, *from ? "..." : "");
}

static void write_all(const char *data, size_t n)
{
	while (n) {
		ssize_t r = write(STDERR_FILENO, data, n);

		if (r < 0 && errno != EINTR)
			return;		/* nowhere left to say so */
		if (r > 0) {
			data += r;
			n -= (size_t)r;
		}
	}
}

static void write_stderr(enum log_topic topic, enum log_level level, const char *text)
{
	char line[TEXT_MOST + 64], time[TIME_TEXT];
	int n;

	pthread_once(&once, look_for_journal);
	if (journal)
		n = snprintf(line, sizeof line, "%s%s: %s\n", levels[level].priority,
			     topic_names[topic], text);
	else
		n = snprintf(line, sizeof line, "%s %-5s %s: %s\n",
			     time_format(clock_now(&clock_system), time), levels[level].name,
			     topic_names[topic], text);
	if (n > 0)
		write_all(line, (size_t)n);
}

void log_write(enum log_topic topic, enum log_level level, const char *format, ...)
{
	char raw[TEXT_MOST], text[TEXT_MOST];
	int errno_before = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof raw, format, args);
	va_end(args);
	copy_escaped(text, sizeof text, raw);
	if (writer.write)
		writer.write(writer.data, level, topic, text);
	else
		write_stderr(topic, level, text);
	errno = errno_before;
}

bool log_due(struct log_limit *limit, uint64_t *suppressed)
{
	int64_t now = clock_mono_ns(), last = limit->last;

	if ((last && now - last < LIMIT_NS) ||
	    !atomic_compare_exchange_strong(&limit->last, &last, now)) {
		limit->suppressed++;
		return false;
	}
	*suppressed = atomic_exchange(&limit->suppressed, 0);
	return true;
}
