/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events and connections of earlier runs, so that everything can be lined up anew. */
#include "case/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_COLUMNS                                                                                                  \
	"id, log, line, record_number, number, severity, thread, process, t_local, utc, lpi_locality, lpi_partner,"    \
	" lpi_index, cb, error_code, socket_error, peer, component, thread_name, class_name, message_type, peer_name," \
	" text"

/* In the order of EVENT_COLUMNS. */
enum column {
	COLUMN_ID,
	COLUMN_LOG,
	COLUMN_LINE,
	COLUMN_RECORD_NUMBER,
	COLUMN_NUMBER,
	COLUMN_SEVERITY,
	COLUMN_THREAD,
	COLUMN_PROCESS,
	COLUMN_T_LOCAL,
	COLUMN_UTC,
	COLUMN_LPI_LOCALITY,
	COLUMN_LPI_PARTNER,
	COLUMN_LPI_INDEX,
	COLUMN_CB,
	COLUMN_ERROR_CODE,
	COLUMN_SOCKET_ERROR,
	COLUMN_PEER,
	COLUMN_COMPONENT,
	COLUMN_THREAD_NAME,
	COLUMN_CLASS_NAME,
	COLUMN_MESSAGE_TYPE,
	COLUMN_PEER_NAME,
	COLUMN_TEXT
};

/* ---- Out of the case ---- */

static int64_t number_at(sqlite3_stmt *row, enum column column)
{
	return sqlite3_column_type(row, (int)column) == SQLITE_NULL ? EVENT_LACKS
								    : sqlite3_column_int64(row, (int)column);
}

static const char *text_at(sqlite3_stmt *row, enum column column)
{
	return (const char *)sqlite3_column_text(row, (int)column);
}

static struct event event_of(sqlite3_stmt *row)
{
	struct event event = {.source = (uint32_t)(number_at(row, COLUMN_LOG) - 1),
			      .line = number_at(row, COLUMN_LINE),
			      .record_number = number_at(row, COLUMN_RECORD_NUMBER),
			      .number = (int32_t)number_at(row, COLUMN_NUMBER),
			      .severity = (int32_t)number_at(row, COLUMN_SEVERITY),
			      .thread = (int32_t)number_at(row, COLUMN_THREAD),
			      .process = (int32_t)number_at(row, COLUMN_PROCESS),
			      .t_local = sqlite3_column_type(row, COLUMN_T_LOCAL) == SQLITE_NULL
					     ? INT64_MIN
					     : sqlite3_column_int64(row, COLUMN_T_LOCAL),
			      .utc = sqlite3_column_int(row, COLUMN_UTC) != 0,
			      .has_lpi = sqlite3_column_type(row, COLUMN_LPI_LOCALITY) != SQLITE_NULL,
			      .cb = (int32_t)number_at(row, COLUMN_CB),
			      .error_code = (int32_t)number_at(row, COLUMN_ERROR_CODE),
			      .socket_error = (int32_t)number_at(row, COLUMN_SOCKET_ERROR),
			      .component = text_at(row, COLUMN_COMPONENT),
			      .thread_name = text_at(row, COLUMN_THREAD_NAME),
			      .class_name = text_at(row, COLUMN_CLASS_NAME),
			      .message_type = text_at(row, COLUMN_MESSAGE_TYPE),
			      .peer_name = text_at(row, COLUMN_PEER_NAME),
			      .text = text_at(row, COLUMN_TEXT)};
	const char *peer = text_at(row, COLUMN_PEER);

	if (event.has_lpi)
		event.lpi = (struct lpi){(uint32_t)sqlite3_column_int64(row, COLUMN_LPI_LOCALITY),
					 (uint32_t)sqlite3_column_int64(row, COLUMN_LPI_PARTNER),
					 (uint32_t)sqlite3_column_int64(row, COLUMN_LPI_INDEX)};
	if (peer != NULL)
		address_parse(peer, &event.peer);
	return event;
}

void case_restore_events(struct case_file *file, struct event_log *log)
{
	sqlite3_stmt *logs = case_prepare(file, "SELECT name FROM log ORDER BY id");
	sqlite3_stmt *events = case_prepare(file, "SELECT " EVENT_COLUMNS " FROM event ORDER BY id");

	while (logs != NULL && sqlite3_step(logs) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(logs, 0);
		event_log_add_source(log, name == NULL ? "" : name);
	}
	while (events != NULL && sqlite3_step(events) == SQLITE_ROW) {
		struct event event = event_of(events);
		if (event.source < log->source_count)
			event_log_add(log, &event);
	}
	sqlite3_finalize(logs);
	sqlite3_finalize(events);
	file->logs = log->source_count;
	file->events = log->event_count;
}

/* ---- Into it ---- */

static void bind_number(sqlite3_stmt *statement, enum column column, int64_t number)
{
	if (number == EVENT_LACKS)
		sqlite3_bind_null(statement, (int)column + 1);
	else
		sqlite3_bind_int64(statement, (int)column + 1, number);
}

static void bind_text(sqlite3_stmt *statement, enum column column, const char *text)
{
	sqlite3_bind_text(statement, (int)column + 1, text, -1, SQLITE_TRANSIENT);
}

static void bind_event(sqlite3_stmt *statement, const struct event *event)
{
	char peer[ADDRESS_TEXT_SIZE];

	sqlite3_clear_bindings(statement);
	bind_number(statement, COLUMN_ID, event->id);
	bind_number(statement, COLUMN_LOG, (int64_t)event->source + 1);
	bind_number(statement, COLUMN_LINE, event->line);
	bind_number(statement, COLUMN_RECORD_NUMBER, event->record_number);
	bind_number(statement, COLUMN_NUMBER, event->number);
	bind_number(statement, COLUMN_SEVERITY, event->severity);
	bind_number(statement, COLUMN_THREAD, event->thread);
	bind_number(statement, COLUMN_PROCESS, event->process);
	if (event->t_local != INT64_MIN)
		sqlite3_bind_int64(statement, COLUMN_T_LOCAL + 1, event->t_local);
	sqlite3_bind_int(statement, COLUMN_UTC + 1, event->utc);
	if (event->has_lpi) {
		sqlite3_bind_int64(statement, COLUMN_LPI_LOCALITY + 1, event->lpi.locality);
		sqlite3_bind_int64(statement, COLUMN_LPI_PARTNER + 1, event->lpi.partner);
		sqlite3_bind_int64(statement, COLUMN_LPI_INDEX + 1, event->lpi.index);
	}
	bind_number(statement, COLUMN_CB, event->cb);
	bind_number(statement, COLUMN_ERROR_CODE, event->error_code);
	bind_number(statement, COLUMN_SOCKET_ERROR, event->socket_error);
	if (event->peer.family != 0) {
		address_format(&event->peer, peer);
		bind_text(statement, COLUMN_PEER, peer);
	}
	bind_text(statement, COLUMN_COMPONENT, event->component);
	bind_text(statement, COLUMN_THREAD_NAME, event->thread_name);
	bind_text(statement, COLUMN_CLASS_NAME, event->class_name);
	bind_text(statement, COLUMN_MESSAGE_TYPE, event->message_type);
	bind_text(statement, COLUMN_PEER_NAME, event->peer_name);
	bind_text(statement, COLUMN_TEXT, event->text);
}

void case_keep_events(struct case_file *file, const struct event_log *log)
{
	sqlite3_stmt *source = case_prepare(file, "INSERT INTO log(run, name) VALUES(?1, ?2)");
	sqlite3_stmt *event =
	    case_prepare(file, "INSERT INTO event(" EVENT_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?,"
			       " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	for (size_t i = file->logs; i < log->source_count; i++) {
		sqlite3_bind_int64(source, 1, file->run);
		sqlite3_bind_text(source, 2, log->sources[i], -1, SQLITE_STATIC);
		case_step(file, source);
	}
	for (size_t i = file->events; i < log->event_count; i++) {
		bind_event(event, &log->events[i]);
		case_step(file, event);
	}
	sqlite3_finalize(source);
	sqlite3_finalize(event);
	/* What is said of all of them is said anew. */
	case_run(file, "DELETE FROM clock; DELETE FROM incident");
}

/* ---- Connections ---- */

static const char connections[] = "SELECT id, client, client_port, server, server_port, first_ns, last_ns, close_ns, "
				  "closed_how, syn_attempts, outcome"
				  " FROM connection WHERE run < ?1 AND (outcome NOT IN ('ok', 'partial', 'pending') OR "
				  "closed_how = 'rst') ORDER BY id";

static struct endpoint endpoint_at(sqlite3_stmt *row, int column)
{
	struct endpoint endpoint = {.port = (uint16_t)sqlite3_column_int(row, column + 1)};
	const char *address = (const char *)sqlite3_column_text(row, column);

	if (address != NULL)
		address_parse(address, &endpoint.ip);
	return endpoint;
}

static bool is_word(sqlite3_stmt *row, int column, const char *word)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text != NULL && word != NULL && strcmp(text, word) == 0;
}

bool case_next(void *user, struct connection *connection)
{
	struct case_file *file = user;

	if (file->next == NULL && !file->next_ended) {
		file->next = case_prepare(file, connections);
		sqlite3_bind_int64(file->next, 1, file->run);
	}
	if (file->next == NULL || file->next_ended || sqlite3_step(file->next) != SQLITE_ROW) {
		file->next_ended = true;
		sqlite3_reset(file->next);
		return false;
	}
	sqlite3_stmt *row = file->next;
	*connection = (struct connection){.id = (uint32_t)sqlite3_column_int64(row, 0),
					  .client = endpoint_at(row, 1),
					  .server = endpoint_at(row, 3),
					  .first = moment_at(sqlite3_column_int64(row, 5), 0, 0),
					  .last = moment_at(sqlite3_column_int64(row, 6), 0, 0),
					  .syn_attempts = (uint32_t)sqlite3_column_int64(row, 9)};
	for (unsigned i = 0; i < MILESTONES; i++)
		connection->milestones[i] = MOMENT_NONE;
	if (sqlite3_column_type(row, 7) != SQLITE_NULL)
		connection->milestones[MILESTONE_CLOSE] = moment_at(sqlite3_column_int64(row, 7), 0, 0);
	for (unsigned i = 0; i <= CLOSE_ICMP; i++)
		if (is_word(row, 8, close_kind_name((enum close_kind)i)))
			connection->close_how = (enum close_kind)i;
	for (unsigned i = 0; i < OUTCOMES; i++)
		if (is_word(row, 10, outcome_name((enum outcome)i)))
			connection->outcome = (enum outcome)i;
	return true;
}
