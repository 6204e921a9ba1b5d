/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that hold no events this program reads: what they are, and what to give instead. */
#ifndef MTASCOPE_EVENTS_FOREIGN_H
#define MTASCOPE_EVENTS_FOREIGN_H

#include "events/log.h"

/* A sentence about a log in which no event was found. */
const char *foreign_explain(const struct log_input *input);

#endif
