/* SPDX-License-Identifier: MIT */
/* left_out.c - see left_out.h. */
#include "http/left_out.h"

#include "util/hash.h"
#include "util/log.h"
#include "util/thread.h"

#include <stdbool.h>
#include <string.h>

void left_out_init(struct left_out *left_out)
{
	*left_out = (struct left_out){ 0 };
	pthread_mutex_init(&left_out->guard, NULL);
}

void left_out_fini(struct left_out *left_out)
{
	pthread_mutex_destroy(&left_out->guard);
}

static bool is_new(struct left_out *left_out, uint64_t hash)
{
	LOCK(&left_out->guard);

	for (uint32_t i = 0; i < left_out->n; i++)
		if (left_out->names[i] == hash)
			return false;
	if (left_out->n == LEFT_OUT_NAMES)
		return false;
	left_out->names[left_out->n++] = hash;
	return true;
}

void left_out_note(struct left_out *left_out, const char *name, const char *escaped)
{
	if (is_new(left_out, hash_bytes(name, strlen(name))))
		log_warn(LOG_HTTP, "/metrics leaves out %s: another metric is called %s there already", name, escaped);
}
