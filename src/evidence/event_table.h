/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of a log as a table (RFC 4180) that this program and every spreadsheet reads. */
#ifndef MTASCOPE_EVIDENCE_EVENT_TABLE_H
#define MTASCOPE_EVIDENCE_EVENT_TABLE_H

#include "events/event.h"

#include <stdio.h>

/*
 * Changes an event's words before they are written, or NULL. What it returns is freed.
 */
typedef char *event_change(void *user, const char *text);

/*
 * Writes the events of one of the log's sources that have a time, with the record number or the line that each has
 * there.
 */
void event_table_write(FILE *out, const struct event_log *log, uint32_t source, event_change *change, void *user);

#endif
