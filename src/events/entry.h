/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of a Windows Application log, in whatever form it came: what the readers of .evt, .evtx, XML, tables and
 * listings fill in, and the one place that makes an MTA's event of it.
 */
#ifndef MTASCOPE_EVENTS_ENTRY_H
#define MTASCOPE_EVENTS_ENTRY_H

#include "events/log.h"
#include "events/strings.h"

struct entry {
	int64_t line;          /* 1-based; EVENT_LACKS in a binary log */
	uint64_t offset;       /* of its first byte */
	int64_t record_number; /* EVENT_LACKS */
	int32_t number;        /* the lower 16 bits of the event's identifier; EVENT_LACKS */
	int64_t t;             /* seconds since 1970 on the log's clock; INT64_MIN: none */
	bool utc;              /* that clock is UTC; otherwise it is the local time of whoever wrote the form */
	bool bad_time;         /* there is a time that cannot be read */
	/* Parts of the reader's own text, UTF-8 with line feeds; empty: lacking. */
	struct cursor source;   /* "MSExchangeMTA" */
	struct cursor category; /* "Interface" */
	struct cursor message;  /* the description, or the words for a missing message file */
	struct strings strings; /* where the form has them */
};

void entry_clear(struct entry *entry);

/* Appends or counts the entry's event, or counts it as another program's; files what it lacks. */
void entry_take(const struct log_input *input, const struct entry *entry);

/*
 * To be called at the end of a log: files a problem when no event of an MTA has come out of it since there were before
 * events in the log, so that a log of another machine does not pass for a quiet one.
 */
void entry_end(const struct log_input *input, size_t before);

/* How many events of an MTA a log holds so far, appended and counted. */
size_t entry_count(const struct event_log *log);

/* The strings as one text that the log owns, for an event without words. */
const char *entry_keep_strings(struct event_log *log, const struct strings *strings);

/* A category by its name, or NULL: without its message file it shows as a number. */
const char *entry_keep_category(struct event_log *log, struct cursor category);

/* An identifier as tools write it (`4283`, `2147487931`, `0x800010bb`, also with the decimal in parentheses). */
bool entry_number(struct cursor text, int32_t *number);

/* `2002-02-26T19:43:50.000Z` or with a space, or without the fraction; *utc is set when it says so itself. */
bool entry_iso_time(struct cursor *text, int64_t *seconds, bool *utc);

#endif
