/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records into the case, as the writer of JSON makes them. */
#include "case/store.h"

#include <stdio.h>
#include <string.h>

/* ?1 is the record, ?2 the run. Ids of records are bound where they are known, or taken out of the record. */
static const struct {
	const char *name;
	const char *sql;
} kinds[CASE_RECORDS] = {
    [CASE_RUN] = {"run", "UPDATE run SET record = ?1 WHERE id = ?2"},
    [CASE_CONNECTION] = {"connection", "INSERT INTO connection(record, run, id, first_ns, last_ns, close_ns)"
				       " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"},
    [CASE_CAPTURE] = {"capture", "INSERT INTO capture(record, run) VALUES(?1, ?2)"},
    [CASE_EVENT] = {"event", "UPDATE event SET record = ?1 WHERE id = (json_extract(?1, '$.id')) AND record IS NULL"},
    [CASE_CLOCK] = {"clock", "INSERT INTO clock(record) VALUES(?1)"},
    [CASE_INCIDENT] = {"incident", "INSERT INTO incident(record, id) VALUES(?1, json_extract(?1, '$.id'))"},
    [CASE_FINDING] = {"finding", "INSERT INTO finding(record, run) VALUES(?1, ?2)"},
    [CASE_SUMMARY] = {"summary", "INSERT INTO summary(record, run) VALUES(?1, ?2)"},
};

/* Every record begins with its kind. */
static enum case_record kind_of(const char *text, size_t length)
{
	static const char begin[] = "{\"record\":\"";
	size_t at = sizeof begin - 1;

	if (length < at || memcmp(text, begin, at) != 0)
		return CASE_RECORDS;
	for (unsigned i = 0; i < CASE_RECORDS; i++) {
		size_t name = strlen(kinds[i].name);
		if (length > at + name && memcmp(text + at, kinds[i].name, name) == 0 && text[at + name] == '"')
			return (enum case_record)i;
	}
	return CASE_RECORDS;
}

static void bind_connection(sqlite3_stmt *statement, const struct connection *connection)
{
	const struct moment *close = &connection->milestones[MILESTONE_CLOSE];

	sqlite3_bind_int64(statement, 3, connection->id);
	sqlite3_bind_int64(statement, 4, connection->first.time);
	sqlite3_bind_int64(statement, 5, connection->last.time);
	if (moment_seen(close))
		sqlite3_bind_int64(statement, 6, close->time);
	else
		sqlite3_bind_null(statement, 6);
}

/* The same packets twice would be the same connections twice, and every match ambiguous. */
static void look_for_twin(struct case_file *file)
{
	int64_t twin = case_number(file,
				   "SELECT EXISTS(SELECT 1 FROM capture a JOIN capture b ON b.run < a.run AND "
				   "b.packets = a.packets AND b.first = a.first AND b.last = a.last "
				   "WHERE a.id = (SELECT max(id) FROM capture) AND a.packets > 0)",
				   0);

	if (twin == 0 || file->is_there)
		return;
	file->is_there = true;
	snprintf(file->says, sizeof file->says,
		 "a capture with the same packets is in the case already, which was left as it was; to put another log "
		 "into it, give the log alone");
}

void case_connection(void *user, const struct connection *connection)
{
	struct case_file *file = user;

	file->connection = connection;
}

void case_line(void *user, const char *text, size_t length)
{
	struct case_file *file = user;
	enum case_record kind = kind_of(text, length);

	/* A run without captures has nothing to sum up: it changes what the runs with captures say. */
	if (kind == CASE_RECORDS || file->error != SQLITE_OK || (kind == CASE_SUMMARY && file->captures == 0))
		return;
	if (file->keep[kind] == NULL)
		file->keep[kind] = case_prepare(file, kinds[kind].sql);
	sqlite3_stmt *statement = file->keep[kind];
	sqlite3_bind_text(statement, 1, text, (int)length, SQLITE_STATIC);
	if (sqlite3_bind_parameter_count(statement) > 1)
		sqlite3_bind_int64(statement, 2, file->run);
	if (kind == CASE_CONNECTION && file->connection != NULL)
		bind_connection(statement, file->connection);
	case_step(file, statement);
	if (kind == CASE_CAPTURE) {
		file->captures++;
		look_for_twin(file);
	}
}
