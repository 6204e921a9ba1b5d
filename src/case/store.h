/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder have in common. */
#ifndef MTASCOPE_CASE_STORE_H
#define MTASCOPE_CASE_STORE_H

#include "case/case.h"

#include <sqlite3.h>

enum case_record {
	CASE_RUN,
	CASE_CONNECTION,
	CASE_CAPTURE,
	CASE_EVENT,
	CASE_CLOCK,
	CASE_INCIDENT,
	CASE_FINDING,
	CASE_SUMMARY,
	CASE_RECORDS
};

struct case_file {
	sqlite3 *database;
	int64_t run;
	struct case_past past;
	size_t events, logs; /* restored */
	size_t captures;     /* of this run */
	sqlite3_stmt *keep[CASE_RECORDS];
	sqlite3_stmt *next;
	bool next_ended;
	const struct connection *connection; /* whose record comes next */
	char *zone, *mtas;
	int error; /* the first that SQLite gave, SQLITE_OK */
	char says[256];
	bool is_there;
};

/* Notes the first error. Returns whether code is none. */
bool case_good(struct case_file *file, int code);

/* Runs SQL without results. */
void case_run(struct case_file *file, const char *sql);

/* A statement; NULL after an error, which every sqlite3 function that is given it answers with another. */
sqlite3_stmt *case_prepare(struct case_file *file, const char *sql);

/* Runs a statement that gives no rows, for the next time too. */
void case_step(struct case_file *file, sqlite3_stmt *statement);

/* A number of a query that gives one row; otherwise where that is NULL. */
int64_t case_number(struct case_file *file, const char *sql, int64_t otherwise);

#endif
