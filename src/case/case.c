/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case/case.h"

#include "base/memory.h"
#include "base/path.h"
#include "case/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const unsigned char case_schema[];

/* "MTSc", so that file(1) and this program know a case; and the schema's version. */
enum { APPLICATION = 0x4d545363, VERSION = 1 };

/* ---- SQLite ---- */

bool case_good(struct case_file *file, int code)
{
	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return true;
	if (file->error != SQLITE_OK)
		return false;
	file->error = code;
	snprintf(file->says, sizeof file->says, "%s", sqlite3_errmsg(file->database));
	return false;
}

void case_run(struct case_file *file, const char *sql)
{
	if (file->error == SQLITE_OK)
		case_good(file, sqlite3_exec(file->database, sql, NULL, NULL, NULL));
}

sqlite3_stmt *case_prepare(struct case_file *file, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (file->error == SQLITE_OK)
		case_good(file, sqlite3_prepare_v2(file->database, sql, -1, &statement, NULL));
	return statement;
}

void case_step(struct case_file *file, sqlite3_stmt *statement)
{
	if (file->error == SQLITE_OK)
		case_good(file, sqlite3_step(statement));
	sqlite3_reset(statement);
}

int64_t case_number(struct case_file *file, const char *sql, int64_t otherwise)
{
	sqlite3_stmt *statement = case_prepare(file, sql);
	int64_t number = otherwise;

	if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW &&
	    sqlite3_column_type(statement, 0) != SQLITE_NULL)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* ---- Opening ---- */

static void set_up(struct case_file *file)
{
	char pragmas[128];

	snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION, VERSION);
	case_run(file, (const char *)case_schema);
	case_run(file, pragmas);
}

/* An empty file is a case that nothing has been put into. */
static bool is_case(struct case_file *file)
{
	int64_t tables = case_number(file, "SELECT count(*) FROM sqlite_schema", -1);
	int64_t application = case_number(file, "PRAGMA application_id", 0);
	int64_t version = case_number(file, "PRAGMA user_version", 0);
	/* A case that somebody else sent must not act by itself. */
	int64_t triggers = case_number(file, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'", 0);

	if (file->error != SQLITE_OK)
		return false;
	if (tables == 0) {
		set_up(file);
		return file->error == SQLITE_OK;
	}
	if (application == APPLICATION && version == VERSION && triggers == 0)
		return true;
	file->error = SQLITE_NOTADB;
	snprintf(file->says, sizeof file->says,
		 triggers > 0                 ? "has triggers, which no case has"
		 : application == APPLICATION ? "is a case of another version of mtascope"
					      : "is a database, but no case; give a case or the name of a new one");
	return false;
}

static char *text_of(struct case_file *file, const char *sql)
{
	sqlite3_stmt *statement = case_prepare(file, sql);
	char *text = NULL;

	if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW) {
		const char *found = (const char *)sqlite3_column_text(statement, 0);
		text = found == NULL ? NULL : memory_text(found, strlen(found));
	}
	sqlite3_finalize(statement);
	return text;
}

static void take_over(struct case_file *file, struct case_settings *settings)
{
	if (settings->zone == NULL)
		settings->zone = file->zone =
		    text_of(file, "SELECT zone FROM run WHERE zone IS NOT NULL ORDER BY id DESC");
	if (settings->mtas == NULL)
		settings->mtas = file->mtas =
		    text_of(file, "SELECT mtas FROM run WHERE mtas IS NOT NULL ORDER BY id DESC");
	char *offset = settings->has_offset
			   ? NULL
			   : text_of(file, "SELECT clock_offset_s FROM run WHERE clock_offset_s IS NOT NULL "
					   "ORDER BY id DESC");
	if (offset == NULL)
		return;
	settings->has_offset = true;
	settings->offset_s = strtod(offset, NULL);
	free(offset);
}

static void look_at_past(struct case_file *file)
{
	file->past = (struct case_past){
	    .captures = (size_t)case_number(file, "SELECT count(*) FROM capture", 0),
	    .last_connection = (uint32_t)case_number(file, "SELECT max(id) FROM connection", 0),
	    .first = case_number(file, "SELECT min(first_ns) FROM run", TIME_NONE),
	    .last = case_number(file, "SELECT max(last_ns) FROM run", TIME_NONE),
	    .local_clock =
		case_number(file, "SELECT max(json_extract(record, '$.clock') = 'local') FROM capture", 0) > 0,
	    /* Of 2002-02-26T19:43:19.100200Z, what stands between the point and the Z. */
	    .digits = (unsigned)case_number(file, "SELECT max(length(first) - 21) FROM capture", 6)};
}

static void begin_run(struct case_file *file, const struct case_settings *settings)
{
	sqlite3_stmt *insert = case_prepare(file, "INSERT INTO run(zone, clock_offset_s, mtas) VALUES(?1, ?2, ?3)");

	sqlite3_bind_text(insert, 1, settings->zone, -1, SQLITE_STATIC);
	if (settings->has_offset)
		sqlite3_bind_double(insert, 2, settings->offset_s);
	sqlite3_bind_text(insert, 3, settings->mtas, -1, SQLITE_STATIC);
	case_step(file, insert);
	sqlite3_finalize(insert);
	file->run = sqlite3_last_insert_rowid(file->database);
}

/* The journal's name must outlive a loss of power as its contents do; SQLite could not see to it later. */
static void sync_folder(const char *path)
{
	char *folder = path_folder(path);
	int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (descriptor >= 0) {
		fsync(descriptor);
		close(descriptor);
	}
	free(folder);
}

/* How long a case is waited for that another program holds. */
enum { HURRIED_MS = 100, PATIENT_MS = 2000 };

/*
 * One writer, one journal that is opened once and emptied in the end: a confined program can open and remove nothing.
 */
static void configure(struct case_file *file, bool hurried)
{
	sqlite3_db_config(file->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_timeout(file->database, hurried ? HURRIED_MS : PATIENT_MS);
	case_run(file, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL;"
		       "PRAGMA temp_store = MEMORY; BEGIN EXCLUSIVE");
}

struct case_file *case_open(const char *path, struct case_settings *settings, char **error)
{
	struct case_file *file = memory_get_zeroed(1, sizeof *file);
	struct case_settings told = *settings;

	*error = NULL;
	if (case_good(file, sqlite3_open_v2(path, &file->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL)))
		configure(file, settings->hurried);
	if (file->error == SQLITE_OK && is_case(file)) {
		look_at_past(file);
		take_over(file, settings);
		file->run = settings->run;
		if (file->run == 0)
			begin_run(file, &told);
		sync_folder(path);
	}
	if (file->error == SQLITE_OK)
		return file;
	if (asprintf(error, "%s: %s", path,
		     file->error == SQLITE_BUSY ? "another run is writing this case; wait for its end" : file->says) <
	    0)
		*error = NULL;
	case_close(file);
	return NULL;
}

int64_t case_number_of_run(const struct case_file *file)
{
	return file->run;
}

const struct case_past *case_past(const struct case_file *file)
{
	return &file->past;
}

/* ---- The end ---- */

/* What later logs tell of earlier runs' findings and summaries. */
static const char bring_up_to_date[] =
    "UPDATE finding SET record = json_set(record, '$.incidents', json((SELECT json_group_array(id) FROM ("
    " SELECT id FROM incident WHERE connection IN (SELECT value FROM json_each(finding.record, '$.connections'))"
    " ORDER BY id))));"
    "UPDATE summary SET record = json_set(record, '$.events', (SELECT count(*) FROM event), '$.incidents',"
    " json_object('count', (SELECT count(*) FROM incident),"
    " 'none', (SELECT count(*) FROM incident WHERE confidence = 'none'),"
    " 'ambiguous', (SELECT count(*) FROM incident WHERE confidence = 'ambiguous'),"
    " 'probable', (SELECT count(*) FROM incident WHERE confidence = 'probable'),"
    " 'certain', (SELECT count(*) FROM incident WHERE confidence = 'certain')))";

const char *case_keep(struct case_file *file, time_ns first, time_ns last, bool *is_there)
{
	sqlite3_stmt *update = case_prepare(file, "UPDATE run SET first_ns = ?1, last_ns = ?2 WHERE id = ?3");

	if (first != TIME_NONE) {
		sqlite3_bind_int64(update, 1, first);
		sqlite3_bind_int64(update, 2, last);
	}
	sqlite3_bind_int64(update, 3, file->run);
	case_step(file, update);
	sqlite3_finalize(update);
	case_run(file, bring_up_to_date);
	*is_there = file->is_there;
	if (file->is_there)
		return file->says;
	/* Reads that are under way would keep what they see. */
	sqlite3_reset(file->next);
	case_run(file, "COMMIT");
	return file->error == SQLITE_OK ? NULL : file->says;
}

void case_close(struct case_file *file)
{
	if (file == NULL)
		return;
	for (unsigned i = 0; i < CASE_RECORDS; i++)
		sqlite3_finalize(file->keep[i]);
	sqlite3_finalize(file->next);
	sqlite3_close(file->database);
	free(file->zone);
	free(file->mtas);
	free(file);
}
