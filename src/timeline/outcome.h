/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From milestones to the outcome of one connection: the table of docs/records.md, the first row that fits. */
#ifndef MTASCOPE_TIMELINE_OUTCOME_H
#define MTASCOPE_TIMELINE_OUTCOME_H

#include "timeline/connection.h"

/* Sets outcome, early_close and wait_us from everything else in connection. */
void outcome_decide(struct connection *connection);

/*
 * Whether the server said no before the close, or before its own FIN, behind which no word of its stands: later it is
 * no answer to what was asked.
 */
bool outcome_refused_in_time(const struct connection *connection);

#endif
