/* SPDX-License-Identifier: MIT */
/*
 * notify.h - tell the service manager how it is going: sd_notify(3) as a plain
 * datagram to $NOTIFY_SOCKET; nothing without it.
 */
#ifndef CLI_NOTIFY_H
#define CLI_NOTIFY_H

void notify_ready(void);
void notify_reloading(void);	/* until notify_ready */
void notify_stopping(void);

#endif
