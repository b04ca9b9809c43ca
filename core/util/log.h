/* SPDX-License-Identifier: MIT */
/*
 * log.h - one line a message, to stderr: time, level, topic, text. When
 * stderr is the systemd journal (JOURNAL_STREAM) the time gives way to the "<6>"
 * priority. What is longer than 4 KiB ends in "...".
 *
 * Each folder is a topic whose level can change while the daemon runs. Control
 * characters in a message are written as \xNN, so a line stays a line.
 * Any thread may log.
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_topic { LOG_MAIN, LOG_CONF, LOG_STORE, LOG_QUERY, LOG_HOST, LOG_PLUGIN, LOG_HTTP, LOG_TOPICS };

const char *log_topic_name(enum log_topic topic);	/* "store" */
const char *log_level_name(enum log_level level);	/* "warn" */

/* Preset: info everywhere. */
void log_set_level(enum log_topic topic, enum log_level level);
bool log_enabled(enum log_topic topic, enum log_level level);
/* The embedder's own way out (NULL: stderr): text without newline. Set before threads start. */
void log_set_writer(void (*write)(void *data, enum log_level, enum log_topic, const char *text), void *data);

void log_write(enum log_topic topic, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define LOG_AT(topic, level, ...) \
	do { \
		if (log_enabled(topic, level)) \
			log_write(topic, level, __VA_ARGS__); \
	} while (0)
#define log_error(topic, ...) LOG_AT(topic, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(topic, ...)  LOG_AT(topic, LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(topic, ...)  LOG_AT(topic, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(topic, ...) LOG_AT(topic, LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * For what may happen a thousand times a second: true at most once in 10 s, and
 * then *suppressed says how many went unsaid. Lock-free; zero-initialised.
 */
struct log_limit {
	_Atomic int64_t last;
	_Atomic uint64_t suppressed;
};
bool log_due(struct log_limit *limit, uint64_t *suppressed);

#endif
