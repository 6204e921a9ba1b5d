/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MTA events and the incidents they make up: the struct that leaves the log readers. */
#ifndef MTASCOPE_EVENTS_EVENT_H
#define MTASCOPE_EVENTS_EVENT_H

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Locality, partner, index: the address of one end of an internal connection in the MTA's message-passing base. */
struct lpi {
	uint32_t locality, partner, index;
};

/* A number that the log's form may lack. */
#define EVENT_LACKS (-1)

struct event {
	uint32_t id;           /* counts from 1 over all logs, in reading order */
	uint32_t source;       /* index into event_log.sources */
	int64_t line;          /* 1-based line where the event begins; EVENT_LACKS in .evt and .evtx, which have none */
	int64_t record_number; /* of .evt, .evtx, and forms that print it; EVENT_LACKS */
	int32_t number;        /* 4283; EVENT_LACKS: the form lacks it and the body does not tell */
	int32_t severity;
	int32_t thread;  /* POP4 UP(7): 7 */
	int32_t process; /* Proc 228: the logging procedure's number */
	int64_t t_local; /* seconds on the event's own clock, counted as if that were UTC; INT64_MIN: none */
	bool utc; /* that clock is UTC by the log's form (.evt, .evtx, XML), not the local time of a zone unsaid */
	bool cut; /* something that every event of its number says is missing at its end, or its time or thread */
	bool has_lpi;
	struct lpi lpi;
	int32_t cb;            /* control block; EVENT_LACKS: none named */
	int32_t error_code;    /* 8464; EVENT_LACKS */
	int32_t socket_error;  /* 10061, of the 92xx events; EVENT_LACKS. 0 is a value: an accept() may fail with it */
	struct address peer;   /* 9301: the caller's IPv4 address; family 0: none named */
	uint32_t duplicate_of; /* set by event_log_group: id of the same event in a source read earlier; 0: none */
	/* Owned by the event_log; NULL: none. */
	const char *component;    /* "POP4" */
	const char *thread_name;  /* "POP4 UP" */
	const char *class_name;   /* "Interface Event" */
	const char *message_type; /* "Close Request" */
	const char *peer_name;    /* 9301: the caller's host name by reverse lookup, out of its hex form */
	/*
	 * The body in UTF-8 without control characters. The lines of the MTA's own text log are joined by "; ", since
	 * each is a field; those of a description, which are only folded, by a space.
	 */
	const char *text;
};

/* The events about one failure of one LPI: a 4283, with the 4258 Close Request before it where the log has one. */
struct incident {
	uint32_t id; /* counts from 1 in the order of t_local, then of reading */
	struct lpi lpi;
	int32_t cb;         /* EVENT_LACKS: none named */
	uint32_t source;    /* index into event_log.sources: incidents of different sources have different clocks */
	int64_t t_local;    /* of the first event */
	bool utc;           /* that is UTC: the clock's offset is skew alone, whatever zone other logs are in */
	uint32_t events[4]; /* ids */
	uint32_t event_count;
};

enum { EVENT_PROBLEMS_STORED = 1000 };

/* One thing in a log that could not be read. */
struct event_problem {
	uint32_t source;
	int64_t line;     /* 1-based; 0 in a binary log, where only the offset says where */
	uint64_t offset;  /* bytes from the log's start */
	const char *says; /* owned by the event_log; one sentence without the file's name */
};

struct event_log {
	const char **sources; /* names as given */
	size_t source_count;
	struct event *events;
	size_t event_count;
	struct incident *incidents;
	size_t incident_count;
	struct event_problem *problems;
	size_t problem_count;
	size_t problems_left_off; /* found, but not stored: only the first EVENT_PROBLEMS_STORED are */
	const char **unread;      /* of logs that were given and are none of the sources: a sentence with the name */
	size_t unread_count;
	size_t recovered_count;   /* entries read that the system had dropped from the log, of whatever program */
	size_t foreign_count;     /* whole entries of other programs, as an Application log is full of */
	size_t other_event_count; /* whole MTA events that say nothing about a connection: counted, not appended */
	size_t duplicate_count;   /* events whose duplicate_of is set: no incident counts them twice */
	void *owned;              /* private to src/events */
};

/* An empty log. Free with event_log_free, which may also be called on an empty one. */
void event_log_init(struct event_log *log);
void event_log_free(struct event_log *log);

/*
 * Reads one whole log, held in memory, whatever its format (found out by its content), and appends its events. name is
 * copied. Returns true when all of it could be read; otherwise the problems say what could not, and everything readable
 * has been appended all the same. Fails on nothing but memory (which ends the program).
 */
bool event_log_read(struct event_log *log, const char *name, const uint8_t *data, size_t length);

/* A log of that name could not be opened, for that reason. Both are copied. */
void event_log_unread(struct event_log *log, const char *name, const char *reason);

/* Whether logs were given, and nothing at all could be read of any: no event, whole or in part, of whatever program. */
static inline bool event_log_said_nothing(const struct event_log *log)
{
	return (log->unread_count > 0 || log->problem_count > 0) && log->event_count == 0 && log->foreign_count == 0 &&
	       log->other_event_count == 0;
}

/*
 * Events that were read another time: a source of that name, and an event of one of the sources. Name and texts are
 * copied; the event gets the next id, and belongs to no incident yet.
 */
void event_log_add_source(struct event_log *log, const char *name);
void event_log_add(struct event_log *log, const struct event *event);

/*
 * Groups the events read so far into incidents; call once, after the last event_log_read. Every 4283 with an LPI and a
 * time is one, with the 4258 Close Request of the same LPI and source that stands at most 10 s before it, or directly
 * after it; a Close Request alone is none (KB Q319936; group.c says why). Events that another source had before, as in
 * a rotated log given twice or an event log in two forms, get their duplicate_of and make none.
 */
void event_log_group(struct event_log *log);

#endif
