/* SPDX-License-Identifier: MIT */
/*
 * guard.h - which series take nothing from outside: those of instances of this
 * host, whose samples would be mixed with others. Who has them is not known here,
 * so it is asked.
 */
#ifndef REMOTE_GUARD_H
#define REMOTE_GUARD_H

#include "model/labels.h"

struct guard {
	bool (*owned)(void *data, series_ref ref);	/* NULL: nobody has any. Called for every series, from any thread */
	void *data;
};

static inline bool guard_refuses(const struct guard *guard, series_ref ref)
{
	return guard->owned && guard->owned(guard->data, ref);
}

#endif
