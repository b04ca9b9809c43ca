/* SPDX-License-Identifier: MIT */
/* event_client_other.c - a second file that includes event.h, as strict C11. */
#include <kymo/event.h>

#include "event_client.h"

void record_from_another_file(void)
{
	kymo_event_with("other.file", 2, "language", "c");
}
