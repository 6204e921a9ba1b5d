/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells who started the program, and asked for it with NOTIFY_SOCKET, that packets are captured from now on: the
 * protocol of sd_notify(3), by which systemd starts what comes after a unit of Type=notify, or calls its start a
 * failure.
 */
#ifndef MTASCOPE_LIVE_READY_H
#define MTASCOPE_LIVE_READY_H

/*
 * A socket to what the environment names, while that may still be made; -1: nobody asks, or does not listen. The caller
 * has it until ready_tell.
 */
int ready_open(void);

/* Says READY=1 and closes the socket; nothing with -1. Who does not take it does without. */
void ready_tell(int descriptor);

#endif
