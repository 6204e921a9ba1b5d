/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of log formats have in common: a log to read, and where its events and problems go. */
#ifndef MTASCOPE_EVENTS_LOG_H
#define MTASCOPE_EVENTS_LOG_H

#include "base/cursor.h"
#include "events/event.h"

/* One log as given, and the event_log that it is read into. */
struct log_input {
	struct event_log *log;
	uint32_t source;
	const uint8_t *data; /* the caller's */
	size_t length;
};

/* One log format: a file of its own and a line in the table of log.c, where the first whose probe is true reads. */
struct event_format {
	const char *name;
	bool (*probe)(const struct log_input *input);
	void (*read)(const struct log_input *input);
};

extern const struct event_format format_evt;
extern const struct event_format format_evtx;
extern const struct event_format format_foreign;
extern const struct event_format format_listing;
extern const struct event_format format_table;
extern const struct event_format format_text;
extern const struct event_format format_xml;

/* A copy of text that the log owns, with its NUL. */
const char *log_keep(struct event_log *log, struct cursor text);

/* A new event with its id and source, everything else lacking. Valid until the next one. */
struct event *log_append(const struct log_input *input);

/* Files a problem, or counts it where there are too many. says is copied. */
void log_problem(const struct log_input *input, int64_t line, uint64_t offset, const char *says);

#endif
