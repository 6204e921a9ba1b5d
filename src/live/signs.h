/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What deserves a warning while connections pass: a SYN without a SYN/ACK, an early close, a timer that fires again and
 * again, an OK that takes longer and longer. All of it from milestones, as they are reached: nothing waits until a
 * connection is judged.
 */
#ifndef MTASCOPE_LIVE_SIGNS_H
#define MTASCOPE_LIVE_SIGNS_H

#include "live/warn.h"
#include "timeline/timeline.h"

struct signs;

/* any_port: what is watched need not be RFC 1006, so that only who asked for a connection is told of. */
struct signs *signs_new(struct warnings *warnings, bool any_port);
void signs_free(struct signs *signs);

/* As timeline_handlers has it. */
void signs_reached(void *signs, const struct live *live, enum milestone milestone, const struct moment *moment);

void signs_refused(void *signs, const struct live *live, const struct moment *moment);

/* Packet time has come so far: a SYN/ACK or an OK that does not come is longer overdue. */
void signs_time(struct signs *signs, time_ns now);

/* How long that connection has waited for its OK that has waited longest; 0: none, or it is watched by any port. */
time_ns signs_longest(const struct signs *signs, time_ns now);

/* Closes without an OK so far. */
uint64_t signs_early_closes(const struct signs *signs);

#endif
