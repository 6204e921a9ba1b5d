/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From milestones to the outcome of one connection: the table of docs/records.md, the first row that fits. */
#ifndef MTASCOPE_TIMELINE_OUTCOME_H
#define MTASCOPE_TIMELINE_OUTCOME_H

#include "timeline/connection.h"

/* Sets outcome, early_close and wait_us from everything else in connection. */
void outcome_decide(struct connection *connection);

#endif
