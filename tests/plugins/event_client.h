/* SPDX-License-Identifier: MIT */
/* event_client.h - what other files of a program that records events do. */
#ifndef EVENT_CLIENT_H
#define EVENT_CLIENT_H

#ifdef __cplusplus
extern "C" {
#endif

void record_from_another_file(void);
void record_from_cxx(void);

#ifdef __cplusplus
}
#endif
#endif
