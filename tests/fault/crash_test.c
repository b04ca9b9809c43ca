/* SPDX-License-Identifier: MIT */
/*
 * crash_test.c - a process that works on a store is killed two thousand times. The
 * next one finds all that the store had taken, nothing that nobody sent, and goes
 * on from there; after some lives a new folder is begun.
 *
 * Half of the folders are killed in the middle of a system call, the nth since the
 * process began, which happens again in the same way with the same seed. The
 * others are killed after a random time, and have the threads of the store.
 *
 *	CRASH_KILLS=10000	more, or fewer
 *	CRASH_SEED=N		begin with that folder
 *	CRASH_FOLDERS=1		... and go on with so many
 *	CRASH_KEEP=1		the folder as it was before each life, under PATH.before
 */
#include "crash_life.h"
#include "fault/fault.h"
#include "property/random.h"
#include "property/rollup_model.h"
#include "folder.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

enum { KILLS = 2000, LIVES_MOST = 25, CALLS = FAULT_DISK | FAULT_READ | FAULT_UNLINK };

static struct crash *crash;
static struct random chance;
static uint64_t kills, deeds[DEEDS], torn;

static uint64_t setting(const char *name, uint64_t preset)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : preset;
}

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)topic;
	if (level == LOG_LEVEL_ERROR || getenv("CRASH_LOG"))
		fprintf(stderr, "%s\n", text);
}

/* ---- one life ---- */

/* Now and then soon after the begin, while it opens. */
static unsigned calls_to_live(void)
{
	return 1 + random_below(&chance, random_below(&chance, 4) ? 1500 : 60);
}

static _Noreturn void child(const char *path, bool by_call)
{
	fault_unsynced(true);
	if (by_call)
		fault_kill(CALLS, calls_to_live(), random_below(&chance, 256));
	crash_live(crash, path, !by_call);
}

static void sleep_us(uint32_t us)
{
	struct timespec time = { 0, us * 1000L };

	nanosleep(&time, NULL);
}

/* Most lives end some time after the store was found right, some before. */
static void kill_some_time(pid_t pid)
{
	bool early = random_below(&chance, 6) == 0;
	uint32_t us = random_below(&chance, early ? 4000 : 15000);
	int status;

	for (int ms = 0; !early && !crash->checked && ms < 60000 && waitpid(pid, &status, WNOHANG | WNOWAIT) == 0; ms++)
		sleep_us(1000);
	sleep_us(us);
	kill(pid, SIGKILL);
}

static void keep_folder(const struct folder *folder)
{
	char copy[sizeof folder->path + 8];
	char command[sizeof copy * 2 + 32];

	if (!getenv("CRASH_KEEP"))
		return;
	snprintf(copy, sizeof copy, "%s.before", folder->path);
	snprintf(command, sizeof command, "rm -rf %s", copy);
	assert_int_equal(system(command), 0);
	model_copy_folder(folder->path, copy);
}

static void blame(const struct folder *folder, bool by_call, int status)
{
	fail_msg("seed %llu, life %u, %s, while %s: %s (status %x); the folder is %s", (unsigned long long)crash->seed, crash->life,
		 by_call ? "killed at calls" : "killed at times", crash->doing ? crash->doing : "nothing",
		 crash->failure[0] ? crash->failure : "ended by itself", (unsigned)status, folder->path);
}

/* What the life that has ended did becomes what is known. */
static void take_notes(void)
{
	if (!crash->checked)
		return;
	model_absorb(&crash->model, &crash->before);
	crash->before.n = crash->notes.n;
	memcpy(crash->before.note, crash->notes.note, crash->notes.n * sizeof *crash->notes.note);
	crash->notes.n = 0;
	for (uint32_t i = 0; i < crash->before.n; i++)
		torn += crash->before.note[i].state == SENT;
}

static void live_and_die(const struct folder *folder, bool by_call)
{
	int status;
	pid_t pid;

	keep_folder(folder);
	crash->checked = false;
	crash->notes.n = 0;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child(folder->path, by_call);
	if (!by_call)
		kill_some_time(pid);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		kills++;
	else if (status)
		blame(folder, by_call, status);
	take_notes();
}

/* ---- folders ---- */

static bool room_left(void)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (crash->model.slot[slot].n > TIMES_MOST - NOTES_MOST)
			return false;
	return crash->life < LIVES_MOST;
}

static void one_folder(uint64_t seed, uint64_t kills_wanted)
{
	struct folder folder;

	memset(crash, 0, sizeof *crash);
	crash->seed = seed;
	crash->now = T0;
	chance = random_seed(seed);
	folder_make(&folder);
	for (; room_left() && kills < kills_wanted; crash->life++)
		live_and_die(&folder, seed % 2);
	for (int i = 0; i < DEEDS; i++)
		deeds[i] += crash->done[i];
	folder_remove(&folder);
}

static void what_was_taken_is_there_after_every_kill(void **state)
{
	uint64_t wanted = setting("CRASH_KILLS", KILLS), seed = setting("CRASH_SEED", 1);
	uint64_t folders = setting("CRASH_FOLDERS", UINT64_MAX);

	(void)state;
	log_set_writer(quiet, NULL);
	crash = mmap(NULL, sizeof *crash, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(crash != MAP_FAILED);
	for (; kills < wanted && folders; seed++, folders--)
		one_folder(seed, wanted);
	printf("%llu kills, seeds up to %llu, %llu samples in doubt;", (unsigned long long)kills, (unsigned long long)seed - 1,
	       (unsigned long long)torn);
	for (int i = 0; i < DEEDS; i++)
		printf(" %s %llu", deed_name[i], (unsigned long long)deeds[i]);
	printf("\n");
	munmap(crash, sizeof *crash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_taken_is_there_after_every_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
