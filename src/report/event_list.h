/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of MTA logs as a table for a person, without any capture. */
#ifndef MTASCOPE_REPORT_EVENT_LIST_H
#define MTASCOPE_REPORT_EVENT_LIST_H

#include "events/event.h"
#include "report/text.h"

#include <stdio.h>

/* Which events are told; what is false or EVENT_LACKS asks for nothing. */
struct event_choice {
	int32_t number;
	bool has_lpi;
	struct lpi lpi;
};

bool event_chosen(const struct event *event, const struct event_choice *choice);

/*
 * Writes what log holds, grouped already, to out: what was read, a row for each chosen event in reading order, and how
 * many incidents they make. verbose also tells each event's words.
 */
void event_list_write(FILE *out, const struct event_log *log, const struct event_choice *choice,
		      const struct text_form *form, bool verbose);

#endif
