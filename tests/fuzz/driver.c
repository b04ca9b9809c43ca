/* SPDX-License-Identifier: MIT */
/*
 * driver.c - runs a fuzz target without libFuzzer: over every file of its
 * corpus and over mutations of each, so that any compiler and any sanitizer
 * can, in a second or two.
 *
 *	NAME_fuzz [-n MUTATIONS] [-s SEED] FILE-OR-FOLDER...
 *
 * The same corpus, count and seed give the same inputs, on every machine. An
 * input that kills the target is left behind in the file fuzz-crash of the
 * working folder, to be run again by its name.
 */
#include "driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CRASH_FILE "fuzz-crash"
#define INPUT_MOST (1u << 20)		/* bytes of one corpus file */

struct input {
	char *path;
	uint8_t *data;
	size_t size;
};

struct corpus {
	struct input *items;
	size_t count, room;
};

/* What is being run, for the handlers that have no other way to know. */
static const uint8_t *running;
static size_t running_size;

static void die(const char *what, const char *path)
{
	fprintf(stderr, "%s: %s: %s\n", path, what, strerror(errno));
	exit(2);
}

static void *must(void *memory)
{
	if (!memory)
		die("out of memory", "driver");
	return memory;
}

/* ---- the corpus ---- */

static void corpus_add_file(struct corpus *corpus, const char *path)
{
	struct input input = { .path = must(strdup(path)), .data = must(malloc(INPUT_MOST)) };
	FILE *file = fopen(path, "rb");

	if (!file)
		die("cannot open", path);
	input.size = fread(input.data, 1, INPUT_MOST, file);
	fclose(file);
	input.data = must(realloc(input.data, input.size ? input.size : 1));

	if (corpus->count == corpus->room) {
		corpus->room = corpus->room ? 2 * corpus->room : 16;
		corpus->items = must(realloc(corpus->items, corpus->room * sizeof *corpus->items));
	}
	corpus->items[corpus->count++] = input;
}

static void corpus_add(struct corpus *corpus, const char *path)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (stat(path, &st) < 0)
		die("cannot find", path);
	if (!S_ISDIR(st.st_mode)) {
		corpus_add_file(corpus, path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	if (n < 0)
		die("cannot read", path);
	for (int i = 0; i < n; i++) {
		char *inner = NULL;

		if (names[i]->d_name[0] != '.') {
			if (asprintf(&inner, "%s/%s", path, names[i]->d_name) < 0)
				die("out of memory", path);
			corpus_add(corpus, inner);
		}
		free(inner);
		free(names[i]);
	}
	free(names);
}

static void corpus_fini(struct corpus *corpus)
{
	for (size_t i = 0; i < corpus->count; i++) {
		free(corpus->items[i].path);
		free(corpus->items[i].data);
	}
	free(corpus->items);
}

/* ---- a crash ---- */

/* Async-signal-safe; a second crash in here ends the process. */
static void keep_input(void)
{
	int fd = open(CRASH_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	static const char text[] = "\nthe input is kept in the file " CRASH_FILE "\n";
	ssize_t done = 0;

	while (fd >= 0 && (size_t)done < running_size) {
		ssize_t n = write(fd, running + done, running_size - (size_t)done);

		if (n <= 0)
			break;
		done += n;
	}
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(2);
}

static void on_signal(int number)
{
	signal(number, SIG_DFL);
	keep_input();
	raise(number);
}

/* Of the sanitizers, where one is linked in; it prints first, then calls back. */
extern void __sanitizer_set_death_callback(void (*call)(void)) __attribute__((weak));

static void watch_for_crashes(void)
{
	static const int signals[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };

	if (__sanitizer_set_death_callback) {
		__sanitizer_set_death_callback(keep_input);
		signal(SIGABRT, on_signal);
		return;
	}
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], on_signal);
}

/* ---- mutations ---- */

/* splitmix64 (Steele, Lea, Flood 2014): small, and the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n)
{
	return n ? (size_t)(next_random(state) % n) : 0;
}

/* Room for any number of the growing steps below on two corpus files. */
struct mutant {
	uint8_t *data;
	size_t size, room;
};

static void flip_bit(struct mutant *m, uint64_t *state)
{
	if (m->size)
		m->data[below(state, m->size)] ^= (uint8_t)(1u << below(state, 8));
}

/* Bytes that formats give a meaning to, and the ends of number ranges. */
static void set_byte(struct mutant *m, uint64_t *state)
{
	static const uint8_t bytes[] = "\0\x01\x7f\x80\xff\xc0\xfe 0129-+.eE\n\r\t:,[]{}\"'\\#&*!|>%@`~/$";

	if (m->size)
		m->data[below(state, m->size)] = bytes[below(state, sizeof bytes)];
}

/* A little-endian number of 2, 4 or 8 bytes at an edge of its range. */
static void set_number(struct mutant *m, uint64_t *state)
{
	static const uint64_t edges[] = { 0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000u, 0xffffffffu,
					  INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX };
	size_t width = (size_t)2 << below(state, 3);
	uint64_t v = edges[below(state, sizeof edges / sizeof *edges)];

	if (m->size < width)
		return;
	for (size_t i = 0, at = below(state, m->size - width + 1); i < width; i++)
		m->data[at + i] = (uint8_t)(v >> (8 * i));
}

static void cut_end(struct mutant *m, uint64_t *state)
{
	m->size = below(state, m->size);
}

static void remove_range(struct mutant *m, uint64_t *state)
{
	size_t from = below(state, m->size), n = below(state, m->size - from < 64 ? m->size - from : 64);

	if (!n)
		return;
	memmove(m->data + from, m->data + from + n, m->size - from - n);
	m->size -= n;
}

static void repeat_range(struct mutant *m, uint64_t *state)
{
	size_t from = below(state, m->size), n = below(state, m->size - from < 64 ? m->size - from : 64);

	if (!n || m->room - m->size < n)
		return;
	memmove(m->data + from + n, m->data + from, m->size - from);
	m->size += n;
}

/* From some place on, the bytes of another file of the corpus. */
static void splice_in(struct mutant *m, uint64_t *state, const struct corpus *corpus)
{
	const struct input *other = &corpus->items[below(state, corpus->count)];
	size_t at = below(state, m->size + 1), from = below(state, other->size);
	size_t n = other->size - from;

	if (n > m->room - at)
		n = m->room - at;
	memcpy(m->data + at, other->data + from, n);
	m->size = at + n;
}

static void mutate(struct mutant *m, uint64_t *state, const struct corpus *corpus)
{
	for (size_t steps = 1 + below(state, 4); steps > 0; steps--)
		switch (below(state, 8)) {
		case 0:
		case 1:
			flip_bit(m, state);
			break;
		case 2:
			set_byte(m, state);
			break;
		case 3:
			set_number(m, state);
			break;
		case 4:
			cut_end(m, state);
			break;
		case 5:
			remove_range(m, state);
			break;
		case 6:
			repeat_range(m, state);
			break;
		default:
			splice_in(m, state, corpus);
		}
}

/* ---- running ---- */

/* From a block of exactly that size, so that a sanitizer sees a read past it. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = must(malloc(size ? size : 1));

	if (size)
		memcpy(copy, data, size);
	running = copy;
	running_size = size;
	LLVMFuzzerTestOneInput(copy, size);
	running_size = 0;
	free(copy);
}

static void run_mutations(const struct corpus *corpus, size_t which, unsigned long count, uint64_t seed)
{
	const struct input *input = &corpus->items[which];
	struct mutant m = { .room = input->size + INPUT_MOST };
	uint64_t state = seed + which;

	m.data = must(malloc(m.room));
	for (unsigned long i = 0; i < count; i++) {
		memcpy(m.data, input->data, input->size);
		m.size = input->size;
		mutate(&m, &state, corpus);
		run(m.data, m.size);
	}
	free(m.data);
}

static unsigned long number_of(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text) {
		fprintf(stderr, "\"%s\" is not a number\n", text);
		exit(2);
	}
	return n;
}

int main(int argc, char **argv)
{
	struct corpus corpus = { 0 };
	unsigned long mutations = 200, seed = 1;
	int c;

	while ((c = getopt(argc, argv, "n:s:")) != -1) {
		if (c == '?')
			return 2;
		*(c == 'n' ? &mutations : &seed) = number_of(optarg);
	}
	for (int i = optind; i < argc; i++)
		corpus_add(&corpus, argv[i]);
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	watch_for_crashes();

	run(NULL, 0);
	for (size_t i = 0; i < corpus.count; i++) {
		run(corpus.items[i].data, corpus.items[i].size);
		run_mutations(&corpus, i, mutations, seed);
	}
	printf("%zu files, %lu mutations of each: no crash\n", corpus.count, mutations);
	corpus_fini(&corpus);
	return 0;
}
