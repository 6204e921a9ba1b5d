/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/entry.h"

#include "events/regional.h"
#include "events/scan.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void entry_clear(struct entry *entry)
{
	entry->line = EVENT_LACKS;
	entry->offset = 0;
	entry->record_number = EVENT_LACKS;
	entry->number = EVENT_LACKS;
	entry->t = INT64_MIN;
	entry->utc = false;
	entry->bad_time = false;
	entry->source = entry->category = entry->message = cursor_over(NULL, 0);
	entry->strings.count = 0;
}

size_t entry_count(const struct event_log *log)
{
	return log->event_count + log->other_event_count;
}

void entry_end(const struct log_input *input, size_t before)
{
	if (input->is_part || entry_count(input->log) > before)
		return;
	log_problem(input, 1, 0,
		    "no entry of this event log is a message transfer agent's: give the Application log of the server "
		    "that the MTA runs on");
}

bool entry_number(struct cursor text, int32_t *number)
{
	uint32_t value = 0;

	scan_spaces(&text);
	if (scan_words(&text, "0x")) {
		unsigned length = 0;
		for (; length < 8 && scan_hex(cursor_peek(&text)) >= 0; length++)
			value = value << 4 | (uint32_t)scan_hex(cursor_u8(&text));
		if (length == 0)
			return false;
	} else if (!scan_number(&text, UINT32_MAX, &value)) {
		return false;
	}
	if (scan_is_alnum(cursor_peek(&text)))
		return false;
	*number = (int32_t)(value & 0xFFFF);
	return true;
}

bool entry_iso_time(struct cursor *text, int64_t *seconds, bool *utc)
{
	struct cursor probe = *text;
	int64_t day = 0;
	int64_t of_day = 0;
	static const struct date_orders none = {0};

	scan_spaces(&probe);
	/* A year of four digits first, or else it is another form of date. */
	for (size_t i = 0; i < 5; i++)
		if (scan_is_digit(scan_ahead(&probe, i)) != (i < 4))
			return false;
	if (!regional_date(&probe, &none, &day) || (!scan_byte(&probe, 'T') && !scan_byte(&probe, ' ')) ||
	    !regional_clock(&probe, &of_day))
		return false;
	*utc = scan_byte(&probe, 'Z');
	*seconds = day + of_day;
	*text = probe;
	return true;
}

static bool contains(struct cursor text, const char *words)
{
	return scan_past(&text, words);
}

/* Everything that an entry tells, put together before it becomes an event. */
struct reading {
	int32_t number;
	int32_t severity;
	struct body body;
	struct where where;
	struct cursor text;     /* the description without its bracket; empty: there is none */
	struct strings strings; /* those of the entry, or of its description */
};

/*
 * The bracket that ends a description. What stands below it is another's: in a file that several people wrote in, or
 * one that goes on after damage.
 */
static bool take_trailer(struct cursor *text, struct trailer *trailer)
{
	struct cursor end = *text;

	if (grammar_trailer(text, trailer))
		return true;
	while (cursor_readable(&end) > 0) {
		struct cursor part = scan_between(text, &end);
		if (cursor_u8(&end) != '\n' || !grammar_trailer(&part, trailer) || !trailer->where.known ||
		    trailer->severity == EVENT_LACKS)
			continue;
		*text = part;
		return true;
	}
	return false;
}

/* The words of a description: its bracket, then its fields. */
static void read_message(struct reading *reading, struct cursor message)
{
	struct trailer trailer;

	reading->text = scan_trimmed(message);
	if (take_trailer(&reading->text, &trailer) && (trailer.where.known || trailer.placeholders)) {
		if (trailer.where.known)
			reading->where = trailer.where;
		reading->severity = trailer.severity;
	} else {
		reading->text = scan_trimmed(message);
	}
	/* The text log's form below an Application-log header (KB 811406). */
	struct cursor probe = reading->text;
	struct where where;
	if (!reading->where.known && grammar_where(&probe, &where) && where.known) {
		reading->where = where;
		reading->text = scan_trimmed(probe);
	}
	body_read(reading->text, &reading->body);
	if (reading->number == EVENT_LACKS)
		reading->number = body_number(reading->text);
}

static void read_entry(const struct entry *entry, struct reading *reading)
{
	struct body body;
	struct where where;

	*reading = (struct reading){.number = entry->number, .severity = EVENT_LACKS};
	reading->where = (struct where){.thread = EVENT_LACKS, .process = EVENT_LACKS};
	body_clear(&reading->body);
	reading->strings = entry->strings;
	if (cursor_readable(&entry->message) > 0) {
		struct strings found;
		if (!strings_of_description(entry->message, &found))
			read_message(reading, entry->message);
		else if (reading->strings.count == 0)
			reading->strings = found;
	}
	if (reading->strings.count == 0)
		return;
	/* The words are the surer: only what they do not say is taken from the strings. */
	bool known = strings_read(&reading->strings, reading->number, &body, &where);
	if (cursor_readable(&reading->text) == 0 || (!reading->body.has_lpi && body.has_lpi))
		reading->body = body;
	if (known && !reading->where.known)
		reading->where = where;
}

/* What the log holds, and no words of ours. */
const char *entry_keep_strings(struct event_log *log, const struct strings *strings)
{
	size_t size = 1;

	for (size_t i = 0; i < strings->count; i++)
		size += cursor_readable(&strings->at[i]) + 2;
	uint8_t *text = memory_get(size);
	size_t length = 0;
	for (size_t i = 0; i < strings->count; i++) {
		struct cursor string = strings->at[i];
		if (i > 0) {
			text[length++] = ',';
			text[length++] = ' ';
		}
		while (cursor_readable(&string) > 0) {
			uint8_t byte = cursor_u8(&string);
			text[length++] = byte == '\n' ? ' ' : byte;
		}
	}
	const char *kept = log_keep(log, cursor_over(text, length));
	free(text);
	return kept;
}

static const char *joined_lines(struct event_log *log, struct cursor body)
{
	uint8_t *text = memory_get(cursor_readable(&body) + 1);
	size_t length = 0;

	while (cursor_readable(&body) > 0) {
		uint8_t byte = cursor_u8(&body);
		if (!scan_is_space(byte) || length == 0 || text[length - 1] != ' ')
			text[length++] = scan_is_space(byte) ? ' ' : byte;
	}
	const char *kept = log_keep(log, cursor_over(text, length));
	free(text);
	return kept;
}

static const char *kept(struct event_log *log, struct cursor text)
{
	return cursor_readable(&text) == 0 ? NULL : log_keep_words(log, text);
}

const char *entry_keep_category(struct event_log *log, struct cursor category)
{
	struct cursor none = category;

	if (!scan_is_alnum(cursor_peek(&category)) || scan_is_digit(cursor_peek(&category)) ||
	    (scan_words(&none, "None") && cursor_readable(&none) == 0) || scan_words(&none, "The name for category"))
		return NULL;
	return log_keep(log, category);
}

static void append(const struct log_input *input, const struct entry *entry, const struct reading *reading)
{
	struct event_log *log = input->log;
	const struct body *body = &reading->body;
	struct event *event = log_append(input);

	event->line = entry->line;
	event->record_number = entry->record_number;
	event->number = reading->number;
	event->severity = reading->severity;
	event->thread = reading->where.thread;
	event->process = reading->where.process;
	event->t_local = entry->t;
	event->utc = entry->utc && entry->t != INT64_MIN;
	event->has_lpi = body->has_lpi;
	event->lpi = body->lpi;
	event->cb = body->cb;
	event->error_code = body->error_code;
	event->socket_error = reading->number / 100 == 92 ? body->socket_error : EVENT_LACKS;
	event->peer = body->peer;
	event->cut = body_lacks(body, reading->number) != NULL;
	event->component = kept(log, reading->where.component);
	event->thread_name = kept(log, reading->where.thread_name);
	event->class_name = entry_keep_category(log, entry->category);
	event->message_type = kept(log, body->message_type);
	if (body->peer_name_length > 0)
		event->peer_name = log_keep(log, cursor_over(body->peer_name, body->peer_name_length));
	event->text = cursor_readable(&reading->text) > 0 ? joined_lines(log, reading->text)
							  : entry_keep_strings(log, &reading->strings);
}

static void problem(const struct log_input *input, const struct entry *entry, int32_t number, const char *says)
{
	char sentence[256];
	char record[40] = "here";
	char event[40] = "";

	if (entry->record_number != EVENT_LACKS)
		snprintf(record, sizeof(record), "%" PRId64, entry->record_number);
	if (number != EVENT_LACKS)
		snprintf(event, sizeof(event), " (event %d)", (int)number);
	snprintf(sentence, sizeof(sentence), "record %s%s %s", record, event, says);
	log_problem(input, entry->line == EVENT_LACKS ? 0 : entry->line, entry->offset, sentence);
}

static void check(const struct log_input *input, const struct entry *entry, const struct reading *reading)
{
	int32_t number = reading->number;

	if (entry->bad_time)
		problem(input, entry, number, "has a date or time that cannot be read");
	else if (entry->t == INT64_MIN)
		problem(input, entry, number, "has no date and time");
	const char *lacks = body_lacks(&reading->body, number);
	if (lacks != NULL) {
		char says[96];
		snprintf(says, sizeof(says), "is cut: %s", lacks);
		problem(input, entry, number, says);
	}
}

void entry_take(const struct log_input *input, const struct entry *entry)
{
	struct reading reading;

	if (cursor_readable(&entry->source) > 0 && !contains(entry->source, "MSExchangeMTA")) {
		input->log->foreign_count++;
		return;
	}
	read_entry(entry, &reading);
	/* Without a source the words must show whose event it is. */
	if (cursor_readable(&entry->source) == 0 && !reading.where.known && !reading.body.has_lpi) {
		input->log->foreign_count++;
		return;
	}
	check(input, entry, &reading);
	if (reading.body.has_lpi || reading.body.cb != EVENT_LACKS || body_tells_of_connections(reading.number))
		append(input, entry, &reading);
	else
		input->log->other_event_count++;
}
