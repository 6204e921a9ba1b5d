/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of log formats have in common: a log to read, and where its events and problems go. */
#ifndef MTASCOPE_EVENTS_LOG_H
#define MTASCOPE_EVENTS_LOG_H

#include "base/cursor.h"
#include "events/dates.h"
#include "events/event.h"
#include "events/lines.h"

/* One log as given, and the event_log that it is read into. */
struct log_input {
	struct event_log *log;
	uint32_t source;
	const uint8_t *data; /* the caller's */
	size_t length;
	/* Where data is a part of the log; nothing of it need be set where it is the whole. */
	bool is_part;                /* that nothing is found in it says nothing of the log */
	enum line_encoding encoding; /* LINES_UNKNOWN: to be found out */
	int64_t lines_before;
	uint64_t offset; /* of data in the log */
	struct date_orders orders;
};

/* One log format: a file of its own and a line in the table of log.c, where the first whose probe is true reads. */
struct event_format {
	const char *name;
	bool (*probe)(const struct log_input *input);
	void (*read)(const struct log_input *input);
	void (*see)(const struct log_input *input, struct dates *dates); /* the dates before reading; NULL: none */
};

extern const struct event_format format_evt;
extern const struct event_format format_evtx;
extern const struct event_format format_foreign;
extern const struct event_format format_listing;
extern const struct event_format format_table;
extern const struct event_format format_text;
extern const struct event_format format_xml;

/* `<Event>` or `<Event xmlns=…`, but no `<EventID` or `<Events`, at the front of text. */
bool xml_event_begins(struct cursor text);

/* `</Event>`, with a prefix or without; looks no further than the tag's name goes. */
bool xml_event_ends(struct cursor text);

/* Starts at the first line of data; lines and offsets are counted from the log's beginning. */
void log_lines(const struct log_input *input, struct line_reader *lines);

/* A copy of text that the log owns, with its NUL. */
const char *log_keep(struct event_log *log, struct cursor text);

/* The same of a name that may be folded: white space within it is one space. */
const char *log_keep_words(struct event_log *log, struct cursor text);

/* A new event with its id and source, everything else lacking. Valid until the next one. */
struct event *log_append(const struct log_input *input);

/* Files a problem, or counts it where there are too many. says is copied. */
void log_problem(const struct log_input *input, int64_t line, uint64_t offset, const char *says);

#endif
