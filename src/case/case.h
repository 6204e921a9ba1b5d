/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A case: an SQLite file that keeps the records of several runs, so that logs and captures can come in one after the
 * other. src/case/schema.sql is what stands in it. A run is one transaction: whatever ends the program before
 * case_keep, the case is what it was before.
 */
#ifndef MTASCOPE_CASE_CASE_H
#define MTASCOPE_CASE_CASE_H

#include "events/event.h"
#include "timeline/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct case_file;

/* What decides how logs are lined up. A run that is not told takes over what the last one was told. */
struct case_settings {
	const char *zone; /* NULL: not told */
	bool has_offset;
	double offset_s;
	const char *mtas; /* as given, separated by spaces; NULL: not told */
	int64_t run;      /* one that was kept before, and goes on; 0: a new one begins */
	bool hurried;     /* a case that another program holds is not waited for: it is tried again later */
};

/* What the case holds already. */
struct case_past {
	size_t captures;
	uint32_t last_connection; /* the highest id */
	time_ns first, last;      /* of all captures' packets; TIME_NONE: none */
	bool local_clock;         /* a capture's clock is no UTC */
	unsigned digits;          /* of the captures' times */
};

/*
 * Opens the case, or makes one, and begins a run. Everything that is to be opened is open afterwards. Where settings
 * are not told they become the case's, valid until it is closed. Returns NULL, with *error set to a sentence that the
 * caller frees, where path is no case or can't be written.
 */
struct case_file *case_open(const char *path, struct case_settings *settings, char **error);
const struct case_past *case_past(const struct case_file *file);

/* The number of the run, by which it can go on another time (case_settings). */
int64_t case_number_of_run(const struct case_file *file);

/* Puts the logs of earlier runs into an empty log, and keeps the events that were read since. Before any record. */
void case_restore_events(struct case_file *file, struct event_log *log);
void case_keep_events(struct case_file *file, const struct event_log *log);

/*
 * The next connection of earlier runs that a log may tell of: its id, ends, first and last packet's time, close,
 * SYN attempts and outcome, the rest empty. Returns false at the end. user is a struct case_file.
 */
bool case_next(void *user, struct connection *connection);

/* Keeps a record, as struct json hands it on; before a connection's, case_connection. user is a struct case_file. */
void case_line(void *user, const char *text, size_t length);
void case_connection(void *user, const struct connection *connection);

/*
 * Ends the run, whose captures' packets lie between first and last (TIME_NONE: none). Returns NULL, or why the case is
 * what it was before, valid until it is closed; *is_there is true where that is because a capture is in it already.
 */
const char *case_keep(struct case_file *file, time_ns first, time_ns last, bool *is_there);

/* Closes; what was not kept is gone. file may be NULL. */
void case_close(struct case_file *file);

#endif
