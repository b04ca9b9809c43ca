/* SPDX-License-Identifier: MIT */
/* event_client_cxx.cc - a file in C++11 that includes event.h. */
#include <kymo/event.h>

#include "event_client.h"

void record_from_cxx(void)
{
	kymo_event_with("other.file", 3, "language", "c++");
}
