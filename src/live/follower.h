/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * follow.h in a thread of its own: a share that does not answer holds up whoever reads from it, and that must not be
 * who takes the packets.
 */
#ifndef MTASCOPE_LIVE_FOLLOWER_H
#define MTASCOPE_LIVE_FOLLOWER_H

#include "live/follow.h"

struct follower;

/* Begins to follow; paths must stay valid. NULL with errno where there is no thread to be had. */
struct follower *follower_start(const char *const *paths, size_t count, size_t limit);

/*
 * Tells what happened since the last call, and takes the events over if there are other ones: *log, which is then freed
 * first, becomes what follow_read gave. Returns whether it did. It never waits.
 */
bool follower_take(struct follower *follower, struct event_log *log, follow_told *told, void *user);

/* Ends it; with a last look at the logs, for which it waits two seconds at most. Then follower_take, and free. */
void follower_stop(struct follower *follower);
void follower_free(struct follower *follower);

#endif
