/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/sections.h"

#include "events/body.h"
#include "events/grammar.h"
#include "events/keys.h"
#include "events/listing.h"
#include "events/scan.h"
#include "events/stretch.h"
#include "events/strings.h"
#include "events/table.h"

#include "base/memory.h"

#include <stdlib.h>

struct place {
	size_t offset;
	int64_t line;
};

/* A line that may begin a section, if the next line says so. */
struct pending {
	const struct event_format *format; /* NULL: none */
	struct place place;
	enum key key;
};

struct finder {
	struct sections *sections;
	const struct event_format *format; /* of the section that is open */
	struct table_finder *tables;
	struct line_reader lines;
	struct pending pending;
	bool in_quotes; /* in a row, an odd number of quotation marks so far */
	bool in_event;  /* between <Event> and </Event> */
	bool copied;    /* below "Event Xml:", where an event stands that was described above */
	bool blank;     /* the line before is */
	size_t length;
	uint8_t text[LINE_SIZE]; /* a line with spaces for tabs */
};

static struct section *last_section(struct sections *sections)
{
	return &sections->at[sections->count - 1];
}

static void add_section(struct sections *sections, const struct section *section)
{
	sections->at = memory_grow(sections->at, sections->count, &sections->room, sizeof(*sections->at));
	sections->at[sections->count++] = *section;
}

/* A form begins at place. What is before the first one of a stretch belongs to it. */
static void begin(struct finder *finder, const struct event_format *format, struct place place, bool again)
{
	struct section *last = last_section(finder->sections);

	finder->in_quotes = false;
	if (format != &format_table)
		table_finder_forget(finder->tables);
	if (finder->format == format && !again)
		return;
	if (finder->format != NULL && finder->sections->count < SECTIONS_MAX) {
		struct section section = *last;
		last->to = place.offset;
		section.from = place.offset;
		section.lines_before = place.line - 1;
		add_section(finder->sections, &section);
		last = last_section(finder->sections);
	}
	if (finder->format == NULL || finder->sections->count < SECTIONS_MAX)
		last->format = format;
	finder->format = format;
}

static struct place here(const struct finder *finder)
{
	return (struct place){(size_t)finder->lines.offset, finder->lines.line};
}

/* What only the MTA's own log has: a header, or a thread and a time. */
static bool is_of_log(struct cursor line)
{
	struct header header;
	struct where where;
	struct cursor probe = line;
	int64_t seconds = 0;

	if (grammar_header(&probe, &header))
		return true;
	probe = line;
	return grammar_where(&probe, &where) && where.known && grammar_time(&probe, &seconds) == TIME_READ;
}

/* Words with which a description that somebody pasted begins. */
static bool is_description(struct cursor line)
{
	return body_is_opening(line) || strings_description_begins(line);
}

static void count_quotes(struct finder *finder, struct cursor line)
{
	while (cursor_readable(&line) > 0)
		finder->in_quotes ^= cursor_u8(&line) == '"';
}

/* Follows the tags of events in a line; true: one begins in it. */
static bool follow_xml(struct finder *finder, struct cursor line)
{
	bool began = false;

	while (cursor_readable(&line) > 0) {
		if (cursor_peek(&line) != '<') {
			cursor_skip(&line, 1);
			continue;
		}
		if (xml_event_begins(line)) {
			finder->in_event = true;
			began = true;
		} else if (xml_event_ends(line)) {
			finder->in_event = false;
		}
		cursor_skip(&line, 1);
	}
	return began;
}

/* Two keys of Event Viewer, a line each, are a block; one alone may be part of anything. */
static bool look_for_block(struct finder *finder, struct cursor line)
{
	struct key_value found = {.key = KEY_OTHER};
	struct cursor words = line;
	bool keys = keys_next(&line, &found);
	struct pending pending = finder->pending;

	finder->pending.format = NULL;
	if (!keys)
		return false;
	if (pending.format == &format_text && pending.key != found.key) {
		begin(finder, &format_text, pending.place, false);
		return true;
	}
	/* Those of wevtutil stand below its first line. */
	bool first = found.key != KEY_OTHER || scan_words(&words, "Log Name");
	if ((finder->format != &format_listing || finder->blank) && first)
		finder->pending = (struct pending){&format_text, here(finder), found.key};
	return false;
}

static bool look_for_listing(struct finder *finder, struct cursor line)
{
	struct pending pending = finder->pending;

	if (listing_begins(line)) {
		begin(finder, &format_listing, here(finder), false);
		return true;
	}
	if (pending.format == &format_listing && listing_goes_on(line)) {
		finder->pending.format = NULL;
		begin(finder, &format_listing, pending.place, false);
		return true;
	}
	if (!listing_may_begin(line))
		return false;
	finder->pending = (struct pending){&format_listing, here(finder), KEY_OTHER};
	return true;
}

static bool look_for_table(struct finder *finder, struct cursor verbatim)
{
	enum table_line row = table_finder_look(finder->tables, verbatim);

	if (row == TABLE_NO_ROW)
		return false;
	begin(finder, &format_table, here(finder), row == TABLE_BEGINS);
	count_quotes(finder, verbatim);
	finder->pending.format = NULL;
	return true;
}

/* The line as readers of text have it. */
static struct cursor plain(struct finder *finder, struct cursor line)
{
	finder->length = 0;
	while (cursor_readable(&line) > 0 && finder->length < LINE_SIZE) {
		uint8_t byte = cursor_u8(&line);
		finder->text[finder->length++] = byte == '\t' ? ' ' : byte;
	}
	return lines_cleaned(cursor_over(finder->text, finder->length));
}

static void look(struct finder *finder, struct cursor verbatim)
{
	struct cursor line = plain(finder, verbatim);
	struct cursor words = line;
	bool table = finder->format == &format_table;
	bool xml = finder->format == &format_xml;

	if (is_of_log(line)) {
		begin(finder, &format_text, here(finder), false);
		finder->in_event = finder->copied = false;
		return;
	}
	finder->copied = finder->copied || (!xml && scan_words(&words, "Event Xml:"));
	if (cursor_peek(&line) == '<' || finder->in_event) {
		if (follow_xml(finder, line) && !finder->copied)
			begin(finder, &format_xml, here(finder), false);
		finder->copied = finder->copied && finder->in_event;
		return;
	}
	if (look_for_table(finder, verbatim) || look_for_listing(finder, line))
		return;
	if (table)
		count_quotes(finder, verbatim);
	if (finder->in_quotes || look_for_block(finder, line))
		return;
	/* In a listing the description of an event stands below its keys, without a blank line. */
	bool may = table || xml || finder->format == NULL || (finder->format == &format_listing && finder->blank);
	if (may && is_description(line))
		begin(finder, &format_text, here(finder), false);
}

static void read_stretch(struct finder *finder, const uint8_t *data, const struct stretch *stretch, int64_t *lines)
{
	struct cursor line;
	bool ended = true;

	add_section(finder->sections, &(struct section){NULL, stretch->from, stretch->to, *lines, stretch->encoding});
	finder->format = NULL;
	finder->pending.format = NULL;
	finder->in_quotes = finder->in_event = finder->copied = false;
	finder->blank = true;
	table_finder_forget(finder->tables);
	/* Which page of bytes it is makes no difference to where a form begins. */
	lines_open(&finder->lines, data + stretch->from, stretch->to - stretch->from,
		   stretch->encoding == LINES_NARROW ? LINES_WINDOWS_1252 : stretch->encoding);
	finder->lines.verbatim = true;
	finder->lines.next_line = *lines + 1;
	finder->lines.base = stretch->from;
	while (lines_next(&finder->lines, &line)) {
		struct cursor text = lines_cleaned(line);
		bool blank = cursor_readable(&text) == 0;
		/* Overlong lines come in pieces. */
		if (!blank && ended)
			look(finder, line);
		ended = finder->lines.ended;
		finder->blank = blank;
	}
	*lines = finder->lines.next_line - 1;
}

void sections_find(struct sections *sections, const uint8_t *data, size_t length)
{
	struct finder *finder = memory_get_zeroed(1, sizeof(*finder));
	int64_t lines = 0;

	*sections = (struct sections){0};
	finder->sections = sections;
	finder->tables = table_finder_new();
	for (size_t at = 0; at < length && sections->count < SECTIONS_MAX;) {
		struct stretch stretch = stretch_at(data, length, at);
		read_stretch(finder, data, &stretch, &lines);
		at = stretch.to;
	}
	if (sections->count == 0)
		add_section(sections, &(struct section){.encoding = LINES_NARROW});
	/* Too many to tell apart: what is left is read as the last one is. */
	last_section(sections)->to = length;
	table_finder_free(finder->tables);
	free(finder);
}

void sections_free(struct sections *sections)
{
	free(sections->at);
	*sections = (struct sections){0};
}
