/* SPDX-License-Identifier: MIT */
/* usage.c - proc(5): stat, schedstat, smaps, fd/ and task/ of a process. */
#include "usage.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "../entries.h"
#include "../proc.h"

static double clock_seconds(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		return NAN;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void place_init(struct place *place, int root)
{
	char self[16] = "";

	place->root = root;
	place->ticks = (double)sysconf(_SC_CLK_TCK);
	place->page = (double)sysconf(_SC_PAGESIZE);
	place->live = readlinkat(root, "self", self, sizeof self - 1) > 0 && atoi(self) == getpid();
}

static ssize_t read_at(int folder, const char *path, char *text, size_t size)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = proc_read(fd, text, size);
	close(fd);
	return len;
}

double place_now(const struct place *place)
{
	char text[64];
	const char *at = text;
	int64_t mantissa;
	int32_t places;
	ssize_t len;

	if (place->live)
		return clock_seconds(CLOCK_BOOTTIME);
	if ((len = read_at(place->root, "uptime", text, sizeof text)) < 0)
		return (double)len;
	if (!proc_decimal(&at, &mantissa, &places))
		return -EBADMSG;
	return (double)mantissa / pow(10, places);
}

int place_open(const struct place *place, pid_t pid, const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "%d/%s", (int)pid, name);
	fd = openat(place->root, path, flags | O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

ssize_t place_read(const struct place *place, pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof path, "%d/%s", (int)pid, name);
	return read_at(place->root, path, text, size);
}

/* "pid (name) S ..." where the name may hold anything, also ") R". Returns the state's place. */
static const char *stat_state(const char *text)
{
	const char *at = strrchr(text, ')');

	return at && at[1] == ' ' && at[2] ? at + 2 : NULL;
}

/* Words are counted as in proc(5), where the state is field 3. */
static bool stat_field(const char *state, int field, uint64_t *number)
{
	const char *at = state;

	return proc_skip(&at, field - 3) && proc_number(&at, number);
}

/* The kernel knows the nanoseconds; the ticks in stat are for other namespaces and recorded trees. */
static double cpu_seconds(const struct place *place, pid_t pid, double ticks)
{
	clockid_t clock;

	if (place->live && clock_getcpuclockid(pid, &clock) == 0) {
		double seconds = clock_seconds(clock);

		if (!isnan(seconds))
			return seconds;
	}
	return ticks / place->ticks;
}

int usage_read(const struct place *place, pid_t pid, struct usage *usage)
{
	enum { UTIME = 14, STIME, THREADS = 20, START = 22, RSS = 24 };
	uint64_t utime, stime, threads, start, rss;
	const char *state;
	char text[768];	/* field 24 ends before byte 600 */
	ssize_t len = place_read(place, pid, "stat", text, sizeof text);

	if (len < 0)
		return (int)len;
	state = stat_state(text);
	if (!state || !stat_field(state, UTIME, &utime) || !stat_field(state, STIME, &stime) ||
	    !stat_field(state, THREADS, &threads) || !stat_field(state, START, &start) ||
	    !stat_field(state, RSS, &rss))
		return -EBADMSG;
	*usage = (struct usage){
		.pid = pid, .start = start, .state = *state,
		.threads = threads < UINT32_MAX ? (uint32_t)threads : UINT32_MAX,
		.cpu = cpu_seconds(place, pid, (double)utime + (double)stime),
		.rss = (double)rss * place->page,
		.main = NAN, .heap_total = NAN, .heap_used = NAN, .handles = NAN, .busy = NAN,
		.cpu_share = NAN, .main_share = NAN,
	};
	return 0;
}

/* "nanoseconds on a processor, nanoseconds waiting for one, time slices" */
void usage_read_main(const struct place *place, struct usage *usage)
{
	char text[128];
	const char *at = text;
	uint64_t ns;

	if (place_read(place, usage->pid, "schedstat", text, sizeof text) > 0 && proc_number(&at, &ns))
		usage->main = (double)ns / 1e9;
}

static double count_entries(int fd)
{
	struct entries list = { .fd = fd };
	double n = 0;

	while (entries_next(&list))
		n++;
	return list.len < 0 ? NAN : n;
}

/* Linux 6.2 and later tell the number of open files as the size of fd/. */
void usage_read_handles(const struct place *place, struct usage *usage)
{
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof path, "%d/fd", (int)usage->pid);
	if (place->live && fstatat(place->root, path, &st, 0) == 0 && st.st_size > 0) {
		usage->handles = (double)st.st_size;
		return;
	}
	if ((fd = place_open(place, usage->pid, "fd", O_DIRECTORY)) < 0)
		return;
	usage->handles = count_entries(fd);
	if (place->live && usage->pid == getpid())
		usage->handles--;	/* the one that counts */
	close(fd);
}

static bool is_busy(char state)
{
	return state == 'R' || state == 'D';
}

static bool task_is_busy(int tasks, const char *tid)
{
	char path[300], text[256];
	const char *state;

	snprintf(path, sizeof path, "%s/stat", tid);
	if (read_at(tasks, path, text, sizeof text) <= 0 || !(state = stat_state(text)))
		return false;	/* it ended */
	return is_busy(*state);
}

void usage_read_busy(const struct place *place, struct usage *usage)
{
	const struct dirent64 *entry;
	struct entries list = { 0 };
	double n = 0;

	if (usage->threads <= 1) {
		usage->busy = is_busy(usage->state);
		return;
	}
	if ((list.fd = place_open(place, usage->pid, "task", O_DIRECTORY)) < 0)
		return;
	while ((entry = entries_next(&list)))
		n += task_is_busy(list.fd, entry->d_name);
	usage->busy = list.len < 0 ? NAN : n;
	close(list.fd);
}

/*
 * smaps: for each mapping a line with addresses and name, then lines of
 * "Key: value kB". The heap follows the program itself, so it is among the
 * first mappings or there is none; what lies behind is not read.
 */
struct smaps {
	int state;	/* BEFORE, INSIDE, BEHIND */
	uint64_t size, rss;
};

enum { BEFORE, INSIDE, BEHIND };

static bool is_mapping(const char *line, size_t len)
{
	size_t hex = strspn(line, "0123456789abcdef");

	return hex && hex < len && line[hex] == '-';
}

static void smaps_line(struct smaps *smaps, const char *line, size_t len)
{
	uint64_t kib;

	if (is_mapping(line, len)) {
		if (len > 6 && !memcmp(line + len - 6, "[heap]", 6))
			smaps->state = INSIDE;
		else if (smaps->state == INSIDE)
			smaps->state = BEHIND;
	} else if (smaps->state == INSIDE) {
		const char *at = line + strcspn(line, ":") + 1;

		if (!strncmp(line, "Size:", 5) && proc_number(&at, &kib))
			smaps->size += kib;
		else if (!strncmp(line, "Rss:", 4) && proc_number(&at, &kib))
			smaps->rss += kib;
	}
}

/* Takes the whole lines of a text; the rest moves to its front. Returns its length. */
static size_t smaps_lines(struct smaps *smaps, char *text, size_t len)
{
	char *line = text, *end;

	text[len] = 0;
	while (smaps->state != BEHIND && (end = memchr(line, '\n', len - (size_t)(line - text)))) {
		smaps_line(smaps, line, (size_t)(end - line));
		line = end + 1;
	}
	len -= (size_t)(line - text);
	memmove(text, line, len);
	return len;
}

/* True: the values are known. */
static bool smaps_read(int fd, struct smaps *smaps)
{
	enum { FAR = 64 * 1024 };
	char text[4097];
	size_t have = 0, all = 0;

	while (smaps->state != BEHIND && all < FAR) {
		ssize_t len = read(fd, text + have, sizeof text - 1 - have);

		if (len < 0)
			return false;
		if (len == 0)
			return all > 0;	/* kernel threads have no mappings at all */
		all += (size_t)len;
		have = smaps_lines(smaps, text, have + (size_t)len);
		if (have == sizeof text - 1)
			have = 0;	/* no line is that long */
	}
	return smaps->state != BEFORE;
}

void usage_read_heap(const struct place *place, double now, const struct usage *last, struct usage *usage)
{
	struct smaps smaps = { 0 };
	double begin;
	int fd;

	if (last && last->heap_due > now) {
		usage->heap_total = last->heap_total;
		usage->heap_used = last->heap_used;
		usage->heap_due = last->heap_due;
		return;
	}
	begin = clock_seconds(CLOCK_MONOTONIC);
	if ((fd = place_open(place, usage->pid, "smaps", 0)) < 0)
		return;
	if (smaps_read(fd, &smaps)) {
		usage->heap_total = (double)smaps.size * 1024;
		usage->heap_used = (double)smaps.rss * 1024;
	}
	close(fd);
	usage->heap_due = now + 1000 * (clock_seconds(CLOCK_MONOTONIC) - begin);
}
