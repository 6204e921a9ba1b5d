/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MTA events as text: the MTA's own EV*.LOG and what people paste out of the Application log. Both occur in one file
 * (an article, a mail, a case's notes), so one reader takes both: a line that can only begin a record begins one,
 * whatever came before, and every other line belongs to the record that is open. That is also what makes it go on after
 * a damaged record.
 */
#include "events/body.h"
#include "events/entry.h"
#include "events/foreign.h"
#include "events/grammar.h"
#include "events/keys.h"
#include "events/lines.h"
#include "events/log.h"
#include "events/scan.h"
#include "events/strings.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	KIND_NONE,
	KIND_LOG,   /* a header, a where line, a body: EV*.LOG */
	KIND_BLOCK, /* keys, then a description: the Application log */
	KIND_LOOSE, /* a paragraph that is an event's description if it ends in an event's bracket */
};

/* A longer body is cut: what an event's fields need stands in its first lines. */
enum { BODY_SIZE = 16384 };

/* A longer line below a key is no value of it. */
enum { VALUE_MOST = 60 };

struct record {
	enum kind kind;
	int64_t line;
	uint64_t offset;
	bool has_header;
	bool has_where;
	bool described; /* a `Description:` was seen */
	bool complete;  /* the description's bracket and severity were seen */
	bool blank;     /* a blank line came after the body began */
	bool of_mta;
	bool of_other;    /* the source is another service */
	bool unrendered;  /* the description is the words for a missing message file, and strings */
	size_t looked_at; /* bytes of the body when strings were looked for in it */
	bool bad_date;
	bool waits; /* a key's value is to stand on the next line */
	enum key waits_for;
	unsigned keys;       /* a bit for each key seen */
	unsigned keys_above; /* those of them that stand above the description */
	int32_t number;
	int32_t severity;
	int32_t thread;
	int32_t process;
	enum time_state time;
	int64_t t_local;
	int64_t date; /* INT64_MIN: none */
	int64_t of_day;
	const char *class_name;
	const char *component;
	const char *thread_name;
	const char *strings; /* instead of the body's words */
};

struct reader {
	const struct log_input *input;
	struct line_reader lines;
	struct record record;
	uint64_t found;   /* events, appended or counted */
	bool ends_within; /* all lines are read, and the last has no end */
	size_t body_length;
	uint8_t body[BODY_SIZE];
};

static struct cursor body_of(const struct reader *reader)
{
	return cursor_over(reader->body, reader->body_length);
}

static void record_clear(struct reader *reader)
{
	reader->record = (struct record){
	    .number = EVENT_LACKS,
	    .severity = EVENT_LACKS,
	    .thread = EVENT_LACKS,
	    .process = EVENT_LACKS,
	    .t_local = INT64_MIN,
	    .date = INT64_MIN,
	};
	reader->body_length = 0;
}

static void body_add(struct reader *reader, struct cursor text)
{
	size_t length = cursor_readable(&text);
	size_t room = BODY_SIZE - reader->body_length;

	if (length == 0 || room < 2)
		return;
	if (reader->body_length > 0)
		reader->body[reader->body_length++] = '\n';
	room = BODY_SIZE - reader->body_length;
	if (length > room) {
		length = room;
		/* Not within a character of several bytes. */
		while (length > 0 && (scan_ahead(&text, length) & 0xC0) == 0x80)
			length--;
	}
	if (length > 0)
		memcpy(reader->body + reader->body_length, cursor_take(&text, length), length);
	reader->body_length += length;
}

static bool has_room(const struct reader *reader, struct cursor text)
{
	return cursor_readable(&text) + 1 < BODY_SIZE - reader->body_length;
}

static void keep_where(struct reader *reader, const struct where *where)
{
	struct record *record = &reader->record;
	struct event_log *log = reader->input->log;

	record->thread = where->thread;
	record->process = where->process;
	if (cursor_readable(&where->component) > 0)
		record->component = log_keep_words(log, where->component);
	if (cursor_readable(&where->thread_name) > 0)
		record->thread_name = log_keep_words(log, where->thread_name);
}

static bool contains(struct cursor text, const char *words)
{
	return scan_past(&text, words);
}

static void problem(const struct reader *reader, const char *says)
{
	char sentence[256];
	const struct record *record = &reader->record;

	if (record->number == EVENT_LACKS)
		snprintf(sentence, sizeof(sentence), "the event record here %s", says);
	else
		snprintf(sentence, sizeof(sentence), "the record of event %d here %s", (int)record->number, says);
	log_problem(reader->input, record->line, record->offset, sentence);
}

/* The body as the event's text: its lines joined, which makes at most one more byte of each line's end. */
static const char *joined(struct reader *reader, struct cursor body, bool fields)
{
	size_t length = 0;
	uint8_t *text = memory_get(2 * cursor_readable(&body) + 1);

	while (cursor_readable(&body) > 0) {
		uint8_t byte = cursor_u8(&body);
		if (byte == '\n' && fields)
			text[length++] = ';';
		text[length++] = byte == '\n' ? ' ' : byte;
	}
	const char *kept = log_keep(reader->input->log, cursor_over(text, length));
	free(text);
	return kept;
}

/*
 * The strings that a description has in place of words. What their event's name and source are stands before them.
 * False: it has words.
 */
static bool take_strings(struct reader *reader, struct body *body)
{
	struct record *record = &reader->record;
	struct cursor text = body_of(reader);
	struct strings strings;
	struct where where;
	uint32_t number = 0;

	if (!strings_of_description(text, &strings) ||
	    (!record->unrendered && (record->kind != KIND_BLOCK || !record->of_mta)))
		return false;
	if (!scan_past(&text, "Event ID"))
		scan_past(&text, "(");
	while (scan_is_space(cursor_peek(&text)) || cursor_peek(&text) == '(')
		cursor_skip(&text, 1);
	if (record->number == EVENT_LACKS && scan_number(&text, UINT32_MAX, &number))
		record->number = (int32_t)(number & 0xFFFF);
	record->of_mta = record->of_mta || contains(text, "MSExchangeMTA");
	if (strings_read(&strings, record->number, body, &where)) {
		record->of_mta = true;
		keep_where(reader, &where);
	}
	record->strings = entry_keep_strings(reader->input->log, &strings);
	return true;
}

/* What the words at the end of a description tell of the thread: the bracket, or else `(…(6) Proc 62)` within it. */
static bool take_trailer(struct reader *reader, struct cursor *body)
{
	struct record *record = &reader->record;
	struct trailer trailer;
	struct where where;
	struct cursor probe = *body;

	if (record->has_where)
		return true;
	if (grammar_trailer(&probe, &trailer) &&
	    (trailer.where.known || (trailer.placeholders && record->number > 0))) {
		if (trailer.where.known)
			keep_where(reader, &trailer.where);
		record->severity = trailer.severity;
		*body = probe;
		return true;
	}
	for (probe = *body; cursor_readable(&probe) > 0; cursor_skip(&probe, 1)) {
		struct cursor at = probe;
		if (cursor_peek(&probe) == '(' && grammar_where(&at, &where) && where.known) {
			keep_where(reader, &where);
			return true;
		}
	}
	return false;
}

/* Whether the description that has been gathered is whole: it ends in an MTA's bracket and a severity. */
static bool is_whole(const struct reader *reader)
{
	struct trailer trailer;
	struct cursor body = body_of(reader);

	return grammar_trailer(&body, &trailer) && trailer.severity != EVENT_LACKS &&
	       (trailer.where.known || (trailer.placeholders && reader->record.kind == KIND_BLOCK));
}

static struct event *fill(struct reader *reader, struct event *event, const struct body *body, struct cursor text)
{
	struct event_log *log = reader->input->log;
	const struct record *record = &reader->record;

	event->line = record->line;
	event->number = record->number;
	event->severity = record->severity;
	event->thread = record->thread;
	event->process = record->process;
	event->t_local = record->t_local;
	event->has_lpi = body->has_lpi;
	event->lpi = body->lpi;
	event->cb = body->cb;
	event->error_code = body->error_code;
	/* Other events cite sockets errors too, but only those of the driver are one. */
	event->socket_error =
	    record->number == EVENT_LACKS || record->number / 100 == 92 ? body->socket_error : EVENT_LACKS;
	event->peer = body->peer;
	event->component = record->component;
	event->thread_name = record->thread_name;
	event->class_name = record->class_name;
	if (cursor_readable(&body->message_type) > 0)
		event->message_type = log_keep_words(log, body->message_type);
	if (body->peer_name_length > 0)
		event->peer_name = log_keep(log, cursor_over(body->peer_name, body->peer_name_length));
	event->text = record->strings != NULL ? record->strings : joined(reader, text, record->kind == KIND_LOG);
	return event;
}

/* What was cut off a record that is an event, as the end of a sentence; NULL: nothing. */
static const char *what_is_cut(const struct reader *reader, const struct body *body)
{
	const struct record *record = &reader->record;

	if (record->kind == KIND_LOG && record->has_header && !record->has_where)
		return "the line with its thread and time is missing";
	if (record->kind == KIND_LOG && record->time == TIME_ABSENT &&
	    (record->has_header || record->process == EVENT_LACKS))
		return "its time is missing";
	if (record->kind != KIND_LOG && reader->ends_within && !record->complete && record->thread == EVENT_LACKS &&
	    body_is_opening(body_of(reader)))
		return "the log ends within its description";
	return body_lacks(body, record->number);
}

/* Tells what could not be read of a record that is an event; true: something of it was cut off. */
static bool check(const struct reader *reader, const struct body *body)
{
	const struct record *record = &reader->record;
	const char *cut = what_is_cut(reader, body);
	char says[96];

	if (record->kind == KIND_LOG && record->time == TIME_WRONG)
		problem(reader, "has a date or time that cannot be");
	else if (record->bad_date)
		problem(reader, "has a date or time that cannot be read");
	if (cut != NULL) {
		snprintf(says, sizeof(says), "is cut: %s", cut);
		problem(reader, says);
		return true;
	}
	if (record->kind == KIND_LOOSE && body_is_field(body_of(reader))) {
		problem(reader, "has lost its beginning");
		return true;
	}
	return false;
}

/* Keys and a description become an event when something says that they are the MTA's. */
static bool is_mta_event(struct reader *reader, struct cursor *text, const struct body *body)
{
	struct record *record = &reader->record;

	switch (record->kind) {
	case KIND_LOG:
		return true;
	case KIND_BLOCK: {
		bool trailer = take_trailer(reader, text);
		if (record->of_other)
			return false;
		return trailer || body->has_lpi || (record->of_mta && record->number != EVENT_LACKS);
	}
	case KIND_LOOSE:
		if (take_trailer(reader, text) &&
		    (record->complete || record->has_where || body_number(*text) != EVENT_LACKS))
			return true;
		return body->has_lpi && (body_is_field(*text) || body_number(*text) != EVENT_LACKS);
	default:
		return false;
	}
}

/* A paragraph copied out of a list begins with the date, time and source in columns (Q166308). */
static void take_leading_date(struct reader *reader, struct cursor text)
{
	struct record *record = &reader->record;

	if (regional_date(&text, &reader->input->orders, &record->date) && !regional_clock(&text, &record->of_day))
		record->date = INT64_MIN;
}

static void place_in_time(struct reader *reader)
{
	struct record *record = &reader->record;

	if (record->kind == KIND_LOOSE)
		take_leading_date(reader, body_of(reader));
	if (record->t_local == INT64_MIN && record->date != INT64_MIN && !record->bad_date &&
	    (record->keys & 1U << KEY_TIME || record->kind == KIND_LOOSE))
		record->t_local = record->date + record->of_day;
}

/* Rows in quotes whose heading is missing: which of their cells is what cannot be known. */
static bool is_rows(const struct reader *reader)
{
	struct cursor text = body_of(reader);

	return reader->record.kind == KIND_LOOSE && contains(text, "\",\"") && contains(text, "MSExchangeMTA");
}

/* Ends the record that is open, if one is, and makes an event of it. */
static void flush(struct reader *reader)
{
	struct record *record = &reader->record;
	struct cursor text = body_of(reader);
	struct body body;

	if (is_rows(reader)) {
		log_problem(reader->input, record->line, record->offset,
			    "these seem to be rows of a table, but the line that names its columns is missing");
	} else if (record->kind != KIND_NONE) {
		bool strings = take_strings(reader, &body);
		if (!strings)
			body_read(text, &body);
		if (strings ? record->of_mta && !record->of_other : is_mta_event(reader, &text, &body)) {
			place_in_time(reader);
			if (record->number == EVENT_LACKS)
				record->number = body_number(text);
			/* The trailer is no part of the message type, whichever way the words before it were cut. */
			if (!strings)
				body_read(text, &body);
			reader->found++;
			bool cut = check(reader, &body);
			if (body.has_lpi || body.cb != EVENT_LACKS || body_tells_of_connections(record->number))
				fill(reader, log_append(reader->input), &body, text)->cut = cut;
			else
				reader->input->log->other_event_count++;
		}
	}
	record_clear(reader);
}

static void start(struct reader *reader, enum kind kind)
{
	flush(reader);
	reader->record.kind = kind;
	reader->record.line = reader->lines.line;
	reader->record.offset = reader->lines.offset;
}

static void take_text(struct reader *reader, struct cursor text);

static void take_header(struct reader *reader, const struct header *header)
{
	start(reader, KIND_LOG);
	reader->record.has_header = true;
	reader->record.number = header->number;
	reader->record.severity = header->severity;
	if (cursor_readable(&header->class_name) > 0)
		reader->record.class_name = log_keep_words(reader->input->log, header->class_name);
}

/* Whether a paragraph that no bracket ends has the words of an event that this program knows. */
static bool is_description(struct cursor text)
{
	struct body body;

	body_read(text, &body);
	return body.has_lpi || body_number(text) != EVENT_LACKS;
}

/* A where line completes the record that lacks one, and otherwise begins one (Q153188 has no header lines). */
static void take_where(struct reader *reader, const struct where *where, struct cursor rest)
{
	struct record *record = &reader->record;
	int64_t seconds = INT64_MIN;
	enum time_state time = grammar_time(&rest, &seconds);
	bool ends_loose = record->kind == KIND_LOOSE && time == TIME_ABSENT && is_description(body_of(reader));
	bool completes = (record->kind == KIND_LOG && record->has_header && !record->has_where) ||
			 (record->kind == KIND_BLOCK && !record->has_where && !record->complete &&
			  (reader->body_length == 0 || time == TIME_ABSENT));

	if (completes && record->kind == KIND_LOG)
		reader->body_length = 0;
	if (!completes && !ends_loose)
		start(reader, KIND_LOG);
	record->has_where = true;
	record->time = time;
	if (time == TIME_READ)
		record->t_local = seconds;
	keep_where(reader, where);
	if (ends_loose)
		flush(reader);
	else if (cursor_readable(&rest) > 0)
		take_text(reader, scan_trimmed(rest));
}

/* A key without its value, which a page that was made text has on the next line. */
static bool lacks_value(const struct key_value *found)
{
	if (found->key == KEY_ID)
		return found->number == KEY_NO_NUMBER;
	return found->key != KEY_DESCRIPTION && cursor_readable(&found->value) == 0;
}

static void take_value(struct reader *reader, const struct key_value *found)
{
	struct record *record = &reader->record;
	struct cursor value = found->value;

	switch (found->key) {
	case KEY_ID:
		record->number = found->number;
		record->of_mta = record->of_mta || found->of_mta;
		break;
	case KEY_SOURCE:
		record->of_mta = contains(value, "MSExchangeMTA");
		record->of_other = !record->of_mta && cursor_readable(&value) > 0;
		break;
	case KEY_CATEGORY:
		record->class_name = entry_keep_category(reader->input->log, value);
		break;
	case KEY_DESCRIPTION:
		record->described = true;
		record->keys_above = record->keys & ~(1U << KEY_DESCRIPTION);
		reader->body_length = 0;
		take_text(reader, scan_trimmed(value));
		break;
	case KEY_DATE:
		if (!regional_date(&value, &reader->input->orders, &record->date))
			record->bad_date = true;
		/* Later versions of Event Viewer write the time behind it. */
		else if (regional_clock(&value, &record->of_day))
			record->keys |= 1U << KEY_TIME;
		break;
	case KEY_TIME:
		if (!regional_clock(&value, &record->of_day))
			record->bad_date = true;
		break;
	default:
		break;
	}
}

static void take_key(struct reader *reader, const struct key_value *found)
{
	struct record *record = &reader->record;
	bool described = record->complete || record->described;

	/* A description first and its number below it is one block; with a number it was one before this key. */
	bool again = found->key != KEY_OTHER && (record->keys & 1U << found->key) != 0;
	bool had_keys = described && (record->keys_above & ~(1U << KEY_SOURCE)) != 0;
	if (record->kind != KIND_BLOCK || again || had_keys || (described && record->number != EVENT_LACKS))
		start(reader, KIND_BLOCK);
	reader->record.keys |= 1U << found->key;
	reader->record.waits = lacks_value(found);
	reader->record.waits_for = found->key;
	if (!reader->record.waits)
		take_value(reader, found);
}

static void take_text_of_log(struct reader *reader, struct cursor text)
{
	struct record *record = &reader->record;
	struct header header;

	struct cursor probe = text;
	if ((scan_whole_words(&probe, "later") && cursor_readable(&probe) == 0) ||
	    (record->blank && !body_is_field(text))) {
		start(reader, KIND_LOOSE);
		take_text(reader, text);
		return;
	}
	body_add(reader, text);
	struct cursor body = body_of(reader);
	if (record->has_header && !record->has_where && grammar_class(&body, &header)) {
		record->severity = header.severity;
		record->class_name = log_keep_words(reader->input->log, header.class_name);
		reader->body_length = 0;
	}
}

static void take_text(struct reader *reader, struct cursor text)
{
	struct record *record = &reader->record;
	struct header header;
	struct cursor probe = text;

	if (cursor_readable(&text) == 0)
		return;
	if (record->kind == KIND_LOG) {
		take_text_of_log(reader, text);
		return;
	}
	if (record->kind == KIND_BLOCK && reader->body_length == 0 && grammar_class(&probe, &header)) {
		/* The text log's form below an Application-log header (Q235534). */
		record->severity = header.severity;
		record->class_name = log_keep_words(reader->input->log, header.class_name);
		return;
	}
	if (record->kind == KIND_NONE || record->complete ||
	    (record->kind == KIND_LOOSE &&
	     (body_is_opening(text) || strings_description_begins(text) || !has_room(reader, text))))
		start(reader, KIND_LOOSE);
	record->unrendered = record->unrendered || strings_description_begins(text);
	body_add(reader, text);
	if (!is_whole(reader))
		return;
	record->complete = true;
	if (record->kind == KIND_LOOSE)
		flush(reader);
}

/*
 * Whether the strings that stand for a description are all there. Vista's words have blank lines before them. Looked
 * for only where the body has grown, since blank lines may go on for ever.
 */
static bool has_strings(struct reader *reader)
{
	struct strings strings;
	struct body body;
	struct where where;

	if (reader->record.looked_at == reader->body_length)
		return false;
	reader->record.looked_at = reader->body_length;
	return strings_of_description(body_of(reader), &strings) && strings.count > 0 &&
	       strings_read(&strings, reader->record.number, &body, &where);
}

static void take_blank(struct reader *reader)
{
	struct record *record = &reader->record;

	if (record->kind == KIND_LOG)
		record->blank = record->has_where && reader->body_length > 0;
	else if (reader->body_length > 0 && (!record->unrendered || has_strings(reader)))
		flush(reader);
}

static void take_keys(struct reader *reader, struct cursor text, struct key_value *found)
{
	do
		take_key(reader, found);
	while (keys_next(&text, found));
	take_text(reader, scan_trimmed(text));
}

/* `Message` at a line's end and `type = Close Request` on the next. */
static bool goes_on(const struct reader *reader, struct cursor text)
{
	static const char last[] = "Message";
	struct cursor body = body_of(reader);
	size_t length = cursor_readable(&body);

	if (length < sizeof(last) - 1 || !scan_whole_words(&text, "type"))
		return false;
	cursor_skip(&body, length - (sizeof(last) - 1));
	return scan_whole_words(&body, last);
}

/* The line below a key that had no value, if it is no key itself. */
static bool takes_waiting(struct reader *reader, struct cursor text)
{
	struct record *record = &reader->record;
	struct key_value found;
	struct cursor probe = text;
	bool waits = record->kind == KIND_BLOCK && record->waits;

	record->waits = false;
	if (!waits || cursor_readable(&text) > VALUE_MOST || body_is_opening(text) || keys_next(&probe, &found))
		return false;
	found = (struct key_value){.key = record->waits_for, .value = text};
	uint32_t number = 0;
	if (found.key == KEY_ID) {
		probe = text;
		if (!scan_number(&probe, UINT32_MAX, &number) || cursor_readable(&probe) > 0)
			return false;
		found.number = (int32_t)(number & 0xFFFF);
	}
	take_value(reader, &found);
	return true;
}

/* A stretch of a line in which no record begins but at its front. */
static void take_piece(struct reader *reader, struct cursor text)
{
	struct record *record = &reader->record;
	struct header header;
	struct where where;
	struct key_value found;

	if (grammar_header(&text, &header)) {
		take_header(reader, &header);
		take_text(reader, scan_trimmed(text));
		return;
	}
	struct cursor probe = text;
	if (grammar_where(&probe, &where)) {
		take_where(reader, &where, probe);
		return;
	}
	probe = text;
	if (record->kind == KIND_LOG && record->has_where && record->time == TIME_ABSENT && reader->body_length == 0) {
		if (record->process == EVENT_LACKS)
			grammar_rest_of_where(&probe, &record->process);
		record->time = grammar_time(&probe, &record->t_local);
		if (record->time != TIME_ABSENT) {
			take_text(reader, scan_trimmed(probe));
			return;
		}
	}
	if (takes_waiting(reader, text))
		return;
	if (!goes_on(reader, text) && keys_next(&probe, &found))
		take_keys(reader, probe, &found);
	else
		take_text(reader, text);
}

static void take_line(struct reader *reader, struct cursor line)
{
	if (cursor_readable(&line) == 0)
		take_blank(reader);
	while (cursor_readable(&line) > 0) {
		/* A record that was overwritten leaves another's beginning in the middle of its line. */
		size_t length = grammar_next_record(line);
		struct cursor piece = cursor_sub(&line, length == 0 ? cursor_readable(&line) : length);
		take_piece(reader, scan_trimmed(piece));
	}
}

/* Dates stand behind their key, or lead a line that was copied out of a list. */
static void see_text(const struct log_input *input, struct dates *dates)
{
	struct line_reader *lines = memory_get(sizeof(*lines));
	struct cursor line;
	struct key_value found;

	log_lines(input, lines);
	while (lines_next(lines, &line)) {
		if (scan_lower(cursor_peek(&line)) == 'd' && keys_next(&line, &found) && found.key == KEY_DATE)
			dates_see(dates, found.value);
		else if (scan_is_digit(cursor_peek(&line)))
			dates_see(dates, line);
	}
	free(lines);
}

static bool probe_any(const struct log_input *input)
{
	(void)input;
	return true;
}

static bool ends_within_line(const struct log_input *input)
{
	struct cursor bytes = cursor_over(input->data, input->length);
	uint8_t last = 0;

	for (size_t i = 1; i <= 2 && i <= input->length && last == 0; i++)
		last = scan_ahead(&bytes, input->length - i);
	return last != '\n' && last != '\r';
}

static void read_text(const struct log_input *input)
{
	struct reader *reader = memory_get(sizeof(*reader));
	struct cursor line;
	size_t problems = input->log->problem_count;

	reader->input = input;
	reader->found = 0;
	record_clear(reader);
	reader->record.line = 0;
	log_lines(input, &reader->lines);
	reader->ends_within = false;
	while (lines_next(&reader->lines, &line))
		take_line(reader, line);
	reader->ends_within = ends_within_line(input);
	flush(reader);
	if (!input->is_part && reader->found == 0 && input->log->problem_count == problems)
		log_problem(input, 1, 0, foreign_explain(input));
	free(reader);
}

const struct event_format format_text = {"MTA event text", probe_any, read_text, see_text};
