/* SPDX-License-Identifier: MIT */
/*
 * sink.h - what the thread of a sink does: writes batches in their order, the same
 * one again while the sink says -EAGAIN, and flushes now and then.
 */
#ifndef HOST_SINK_H
#define HOST_SINK_H

#include "host/instance.h"

int64_t sink_turn(void *instance);
/* Write what is queued, for a few seconds at most, if `drain`; flush. */
void sink_last(struct instance *instance, bool drain);

#endif
