/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as XML: `wevtutil qe LOG /f:xml` (no root element, or several events a line), Event Viewer's "save as XML" (a
 * root Events), and what Event Viewer shows of one event. The schema is that of
 * http://schemas.microsoft.com/win/2004/08/events/event. Only what stands between <Event …> and </Event> is looked at.
 */
#include "events/entry.h"
#include "events/lines.h"
#include "events/scan.h"
#include "events/unicode.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* An event that is longer is not read: Windows writes at most 64 KiB of it. */
enum { EVENT_SIZE = 1 << 18, PROBE_LINES = 40, TAG_SIZE = 64 };

struct xml {
	const struct log_input *input;
	struct line_reader lines;
	int64_t line; /* where the event begins */
	uint64_t offset;
	bool open; /* between <Event and </Event> */
	bool cut;  /* the event is longer than EVENT_SIZE */
	bool in_tag;
	size_t tag_length;
	uint8_t tag[TAG_SIZE]; /* the name of the tag that begins, as far as it has come */
	size_t length;
	uint8_t event[EVENT_SIZE];
	size_t kept_length;
	uint8_t kept[EVENT_SIZE]; /* texts with their references replaced: never longer than they were */
};

/* `&lt;`, `&#13;`, `&#x41;`: one character, or the ampersand itself where it is no reference. */
static uint32_t reference(struct cursor *text)
{
	static const struct {
		const char *words;
		uint8_t byte;
	} entities[] = {{"lt;", '<'}, {"gt;", '>'}, {"amp;", '&'}, {"quot;", '"'}, {"apos;", '\''}};
	struct cursor probe = *text;
	uint32_t character = 0;

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (scan_words(text, entities[i].words))
			return entities[i].byte;
	if (!scan_byte(&probe, '#'))
		return '&';
	if (scan_byte(&probe, 'x')) {
		for (unsigned i = 0; i < 6 && scan_hex(cursor_peek(&probe)) >= 0; i++)
			character = character << 4 | (uint32_t)scan_hex(cursor_u8(&probe));
	} else if (!scan_number(&probe, 0x10FFFF, &character)) {
		return '&';
	}
	if (!scan_byte(&probe, ';') || character > 0x10FFFF)
		return '&';
	*text = probe;
	if (character >= 0xD800 && character <= 0xDFFF)
		return NO_CHARACTER;
	return character < ' ' && character != '\n' ? ' ' : character;
}

static struct cursor decoded(struct xml *xml, struct cursor text)
{
	size_t from = xml->kept_length;

	while (cursor_readable(&text) > 0 && xml->kept_length <= EVENT_SIZE - UTF_8_MAX) {
		uint8_t byte = cursor_u8(&text);
		if (byte == '&')
			xml->kept_length += unicode_put(xml->kept + xml->kept_length, reference(&text));
		else
			xml->kept[xml->kept_length++] = byte == '\t' ? ' ' : byte;
	}
	return scan_trimmed(cursor_over(xml->kept + from, xml->kept_length - from));
}

/* A tag at the front of text, whose '<' was passed: its name without a prefix, and its attributes. */
struct tag {
	struct cursor name;
	struct cursor attributes;
	bool closes; /* </name> */
	bool empty;  /* <name/> */
};

static bool is_name(uint8_t byte)
{
	return scan_is_alnum(byte) || byte == '_' || byte == '-' || byte == '.';
}

static bool read_tag(struct cursor *text, struct tag *tag)
{
	struct cursor from;
	uint8_t quote = 0;

	tag->closes = scan_byte(text, '/');
	from = *text;
	while (is_name(cursor_peek(text)) || cursor_peek(text) == ':')
		if (cursor_u8(text) == ':')
			from = *text;
	tag->name = scan_between(&from, text);
	from = *text;
	tag->empty = false;
	while (cursor_readable(text) > 0) {
		struct cursor end = *text;
		uint8_t byte = cursor_u8(text);
		if (quote == 0 && byte == '>') {
			tag->attributes = scan_between(&from, &end);
			return true;
		}
		tag->empty = byte == '/';
		if (quote == 0 && (byte == '"' || byte == '\''))
			quote = byte;
		else if (byte == quote)
			quote = 0;
	}
	return false;
}

static bool is_called(struct cursor name, const char *words)
{
	return scan_words(&name, words) && cursor_readable(&name) == 0;
}

/* An attribute's value; empty where there is none of that name. */
static struct cursor attribute(struct xml *xml, struct cursor attributes, const char *name)
{
	while (cursor_readable(&attributes) > 0) {
		scan_spaces(&attributes);
		struct cursor from = attributes;
		while (is_name(cursor_peek(&attributes)) || cursor_peek(&attributes) == ':')
			cursor_skip(&attributes, 1);
		struct cursor found = scan_between(&from, &attributes);
		scan_spaces(&attributes);
		if (!scan_byte(&attributes, '=')) {
			cursor_skip(&attributes, cursor_readable(&attributes) > 0 ? 1 : 0);
			continue;
		}
		scan_spaces(&attributes);
		uint8_t quote = cursor_u8(&attributes);
		from = attributes;
		while (cursor_readable(&attributes) > 0 && cursor_peek(&attributes) != quote)
			cursor_skip(&attributes, 1);
		struct cursor value = scan_between(&from, &attributes);
		scan_byte(&attributes, quote);
		if (is_called(found, name))
			return decoded(xml, value);
	}
	return cursor_over(NULL, 0);
}

/* The text behind a tag: up to the next one, a CDATA section as it stands. */
static struct cursor text_behind(struct xml *xml, struct cursor *text)
{
	struct cursor from;

	if (scan_words(text, "<![CDATA[")) {
		from = *text;
		struct cursor end = *text;
		while (cursor_readable(text) > 0 && !scan_words(text, "]]>")) {
			cursor_skip(text, 1);
			end = *text;
		}
		return scan_trimmed(scan_between(&from, &end));
	}
	from = *text;
	while (cursor_readable(text) > 0 && cursor_peek(text) != '<')
		cursor_skip(text, 1);
	return decoded(xml, scan_between(&from, text));
}

static void take_tag(struct xml *xml, const struct tag *tag, struct cursor *text, struct entry *entry)
{
	struct cursor value;
	uint32_t number = 0;
	bool utc = false;

	if (tag->closes)
		return;
	if (is_called(tag->name, "Provider")) {
		entry->source = attribute(xml, tag->attributes, "Name");
	} else if (is_called(tag->name, "TimeCreated")) {
		value = attribute(xml, tag->attributes, "SystemTime");
		entry->bad_time = !entry_iso_time(&value, &entry->t, &utc);
		/* SystemTime is UTC, whether it says so or not. */
		entry->utc = true;
	} else if (is_called(tag->name, "EventID")) {
		entry_number(text_behind(xml, text), &entry->number);
	} else if (is_called(tag->name, "EventRecordID")) {
		value = text_behind(xml, text);
		if (scan_number(&value, UINT32_MAX, &number))
			entry->record_number = number;
	} else if (is_called(tag->name, "Data")) {
		strings_add(&entry->strings, tag->empty ? cursor_over(NULL, 0) : text_behind(xml, text));
	} else if (is_called(tag->name, "Message") && !tag->empty) {
		entry->message = text_behind(xml, text);
	} else if (is_called(tag->name, "Task") && !tag->empty) {
		value = text_behind(xml, text);
		if (!scan_is_digit(cursor_peek(&value)))
			entry->category = value;
	}
}

static void take_event(struct xml *xml)
{
	struct cursor text = cursor_over(xml->event, xml->length);
	struct entry entry;
	struct tag tag;

	entry_clear(&entry);
	entry.line = xml->line;
	entry.offset = xml->offset;
	xml->kept_length = 0;
	while (cursor_readable(&text) > 0)
		if (cursor_u8(&text) == '<' && read_tag(&text, &tag))
			take_tag(xml, &tag, &text, &entry);
	entry_take(xml->input, &entry);
}

bool xml_event_begins(struct cursor text)
{
	if (!scan_byte(&text, '<'))
		return false;
	struct cursor probe = text;
	while (is_name(cursor_peek(&probe)))
		cursor_skip(&probe, 1);
	if (scan_byte(&probe, ':'))
		text = probe;
	return scan_words(&text, "Event") && !is_name(cursor_peek(&text)) && cursor_peek(&text) != ':';
}

bool xml_event_ends(struct cursor text)
{
	if (!scan_words(&text, "</"))
		return false;
	struct cursor name = text;
	while (is_name(cursor_peek(&text)) || cursor_peek(&text) == ':')
		if (cursor_u8(&text) == ':')
			name = text;
	return scan_words(&name, "Event>");
}

static void open_event(struct xml *xml)
{
	if (xml->open)
		log_problem(xml->input, xml->line, xml->offset, "the event here is cut: its XML does not end");
	xml->open = true;
	xml->cut = false;
	xml->length = 0;
	xml->line = xml->lines.line;
	xml->offset = xml->lines.offset;
}

static void close_event(struct xml *xml)
{
	if (xml->open && xml->cut)
		log_problem(xml->input, xml->line, xml->offset, "the event here is longer than any of an MTA");
	else if (xml->open)
		take_event(xml);
	xml->open = false;
}

static void take_byte(struct xml *xml, uint8_t byte)
{
	if (!xml->open)
		return;
	if (xml->length < EVENT_SIZE)
		xml->event[xml->length++] = byte;
	else
		xml->cut = true;
}

/* Whether the tag's name that has been gathered is this one, with or without a prefix. */
static bool tag_is(const struct xml *xml, bool closing)
{
	struct cursor name = cursor_over(xml->tag, xml->tag_length);
	struct cursor probe;

	if (scan_byte(&name, '/') != closing)
		return false;
	probe = name;
	while (is_name(cursor_peek(&probe)))
		cursor_skip(&probe, 1);
	if (scan_byte(&probe, ':'))
		name = probe;
	return is_called(name, "Event");
}

/* A line may come in pieces, cut anywhere. */
static void take_piece(struct xml *xml, struct cursor text)
{
	while (cursor_readable(&text) > 0) {
		uint8_t byte = cursor_u8(&text);
		if (byte == '<') {
			xml->in_tag = true;
			xml->tag_length = 0;
		} else if (xml->in_tag && (is_name(byte) || byte == ':' || byte == '/')) {
			if (xml->tag_length < TAG_SIZE)
				xml->tag[xml->tag_length++] = byte;
		} else if (xml->in_tag) {
			xml->in_tag = false;
			if (tag_is(xml, false))
				open_event(xml);
			else if (tag_is(xml, true))
				close_event(xml);
		}
		take_byte(xml, byte);
	}
	if (xml->lines.ended)
		take_byte(xml, '\n');
}

static bool is_xml(const struct log_input *input)
{
	struct line_reader *lines = memory_get(sizeof(*lines));
	struct cursor line;
	bool found = false;
	bool other = false;

	log_lines(input, lines);
	for (unsigned seen = 0; !found && !other && seen < PROBE_LINES && lines_next(lines, &line);) {
		if (cursor_readable(&line) == 0)
			continue;
		seen++;
		/* Text with one event's XML below its description is what Event Viewer copies: not this reader's. */
		other = cursor_peek(&line) != '<' && seen == 1;
		while (!other && !found && cursor_readable(&line) > 0) {
			found = cursor_peek(&line) == '<' && xml_event_begins(line);
			cursor_skip(&line, 1);
		}
	}
	free(lines);
	return found;
}

static void read_xml(const struct log_input *input)
{
	struct xml *xml = memory_get(sizeof(*xml));
	struct cursor line;
	size_t before = entry_count(input->log);

	xml->input = input;
	xml->open = false;
	xml->in_tag = false;
	log_lines(input, &xml->lines);
	xml->lines.verbatim = true;
	while (lines_next(&xml->lines, &line))
		take_piece(xml, line);
	if (xml->open)
		log_problem(input, xml->line, xml->offset, "the event here is cut: the log ends within its XML");
	entry_end(input, before);
	free(xml);
}

const struct event_format format_xml = {"XML events", is_xml, read_xml, NULL};
