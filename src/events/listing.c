/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event logs as lists of `name: value` lines, one paragraph or more an event: what evtexport and evtxexport of libevt
 * and libevtx print (strings, UTC), `wevtutil qe LOG /f:text` and psloglist without -s (descriptions, local time). Each
 * begins an event in its own way, so that a file may hold several kinds.
 */
#include "events/listing.h"

#include "events/dates.h"
#include "events/entry.h"
#include "events/lines.h"
#include "events/scan.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_SIZE = 65536, PROBE_LINES = 40 };

enum kind { KIND_NONE, KIND_EXPORT, KIND_WEVTUTIL, KIND_PSLOGLIST };

struct listing {
	const struct log_input *input;
	struct line_reader lines;
	struct dates *dates;
	bool taking; /* otherwise only the dates are looked at */
	enum kind kind;
	struct entry entry;
	bool in_message;
	bool in_string;
	bool created; /* the time is the one of creation */
	size_t message_from;
	size_t string_from;
	size_t kept_length;
	uint8_t kept[KEPT_SIZE]; /* what the entry's cursors are parts of */
};

static struct cursor kept_from(const struct listing *listing, size_t from)
{
	return cursor_over(listing->kept + from, listing->kept_length - from);
}

static struct cursor keep(struct listing *listing, struct cursor text)
{
	size_t from = listing->kept_length;

	while (cursor_readable(&text) > 0 && listing->kept_length < KEPT_SIZE)
		listing->kept[listing->kept_length++] = cursor_u8(&text);
	return kept_from(listing, from);
}

static void end_string(struct listing *listing)
{
	if (listing->in_string)
		strings_add(&listing->entry.strings, kept_from(listing, listing->string_from));
	listing->in_string = false;
}

static void flush(struct listing *listing)
{
	end_string(listing);
	if (listing->in_message)
		listing->entry.message = scan_trimmed(kept_from(listing, listing->message_from));
	if (listing->kind != KIND_NONE && listing->taking)
		entry_take(listing->input, &listing->entry);
	listing->kind = KIND_NONE;
	listing->in_message = false;
}

static void start(struct listing *listing, enum kind kind, int64_t record_number)
{
	flush(listing);
	listing->kind = kind;
	listing->kept_length = 0;
	listing->created = false;
	entry_clear(&listing->entry);
	listing->entry.line = listing->lines.line;
	listing->entry.offset = listing->lines.offset;
	listing->entry.record_number = record_number;
}

/* `Creation time : ` and the like: the name, and whatever white space and colons are behind it. */
static bool named(struct cursor *line, const char *name)
{
	struct cursor probe = *line;

	if (!scan_whole_words(&probe, name))
		return false;
	scan_spaces(&probe);
	if (!scan_byte(&probe, ':'))
		return false;
	scan_spaces(&probe);
	*line = probe;
	return true;
}

static bool export_begins(struct cursor line, uint32_t *number)
{
	return named(&line, "Event number") && scan_number(&line, UINT32_MAX, number) && cursor_readable(&line) == 0;
}

static bool wevtutil_begins(struct cursor line, uint32_t *number)
{
	if (!scan_words(&line, "Event[") || !scan_number(&line, UINT32_MAX, number) || !scan_byte(&line, ']'))
		return false;
	scan_byte(&line, ':');
	return cursor_readable(&line) == 0;
}

/* `[1383] MSExchangeMTA`: psloglist's record number and source. */
static bool psloglist_begins(struct cursor *line, uint32_t *number)
{
	struct cursor probe = *line;

	if (!scan_byte(&probe, '[') || !scan_number(&probe, UINT32_MAX, number) || !scan_byte(&probe, ']') ||
	    !scan_is_space(cursor_peek(&probe)))
		return false;
	*line = scan_trimmed(probe);
	return cursor_readable(line) > 0;
}

static void take_time(struct listing *listing, struct cursor value)
{
	struct entry *entry = &listing->entry;
	int64_t of_day = 0;

	if (!listing->taking)
		dates_see(listing->dates, value);
	if (grammar_month_name_time(&value, &entry->t)) {
		scan_spaces(&value);
		entry->utc = scan_whole_words(&value, "UTC");
	} else if (!entry_iso_time(&value, &entry->t, &entry->utc)) {
		entry->bad_time =
		    !regional_date(&value, &listing->input->orders, &entry->t) || !regional_clock(&value, &of_day);
		entry->t = entry->bad_time ? INT64_MIN : entry->t + of_day;
	}
}

/* The lines of evtexport and evtxexport. A string goes on until the next name. */
static bool take_export(struct listing *listing, struct cursor line)
{
	uint32_t number;

	if (named(&line, "String") && scan_number(&line, UINT32_MAX, &number)) {
		end_string(listing);
		scan_separator(&line);
		listing->in_string = true;
		listing->string_from = listing->kept_length;
		keep(listing, line);
		return true;
	}
	if (named(&line, "Creation time") || (!listing->created && named(&line, "Written time"))) {
		take_time(listing, line);
		listing->created = true;
	} else if (named(&line, "Source name")) {
		listing->entry.source = keep(listing, line);
	} else if (named(&line, "Event identifier")) {
		entry_number(line, &listing->entry.number);
	} else if (!named(&line, "Computer name") && !named(&line, "Number of strings") &&
		   !named(&line, "Event category") && !named(&line, "Event type") && !named(&line, "Event level") &&
		   !named(&line, "Written time") && !named(&line, "User security identifier")) {
		return false;
	}
	end_string(listing);
	return true;
}

static void begin_message(struct listing *listing, struct cursor text)
{
	listing->in_message = true;
	listing->message_from = listing->kept_length;
	keep(listing, text);
}

static bool take_wevtutil(struct listing *listing, struct cursor line)
{
	if (named(&line, "Source"))
		listing->entry.source = keep(listing, line);
	else if (named(&line, "Date"))
		take_time(listing, line);
	else if (named(&line, "Event ID"))
		listing->entry.number =
		    entry_number(line, &listing->entry.number) ? listing->entry.number : EVENT_LACKS;
	else if (named(&line, "Task"))
		listing->entry.category = keep(listing, line);
	else if (named(&line, "Description"))
		begin_message(listing, line);
	else
		return false;
	return true;
}

/* `Time:     9/23/2005 3:12:29 PM   ID:       7036`, with the description below it. */
static bool take_psloglist(struct listing *listing, struct cursor line)
{
	if (named(&line, "Type") || named(&line, "Computer") || named(&line, "User"))
		return true;
	if (!named(&line, "Time"))
		return false;
	take_time(listing, line);
	if (scan_past(&line, "ID:"))
		entry_number(line, &listing->entry.number);
	begin_message(listing, cursor_over(NULL, 0));
	return true;
}

static void go_on(struct listing *listing, struct cursor line)
{
	static const uint8_t feed = '\n';

	if (!listing->in_message && !listing->in_string)
		return;
	keep(listing, cursor_over(&feed, 1));
	keep(listing, line);
}

/* A source in brackets begins an event only where one may end: psloglist leaves a line blank between them. */
static bool begins(struct listing *listing, struct cursor line, bool after_blank)
{
	uint32_t number = 0;

	if (export_begins(line, &number)) {
		start(listing, KIND_EXPORT, number);
	} else if (wevtutil_begins(line, &number)) {
		start(listing, KIND_WEVTUTIL, EVENT_LACKS);
	} else if ((after_blank || listing->kind != KIND_PSLOGLIST) && psloglist_begins(&line, &number)) {
		start(listing, KIND_PSLOGLIST, number);
		listing->entry.source = keep(listing, line);
	} else {
		return false;
	}
	return true;
}

static void take_line(struct listing *listing, struct cursor line, bool after_blank)
{
	bool taken = false;

	if (begins(listing, line, after_blank))
		return;
	if (listing->kind == KIND_EXPORT)
		taken = take_export(listing, line);
	else if (listing->kind == KIND_WEVTUTIL && !listing->in_message)
		taken = take_wevtutil(listing, line);
	else if (listing->kind == KIND_PSLOGLIST && !listing->in_message)
		taken = take_psloglist(listing, line);
	if (!taken)
		go_on(listing, line);
}

static void go_through(struct listing *listing, bool taking)
{
	struct cursor line;
	bool blank = true;

	log_lines(listing->input, &listing->lines);
	listing->taking = taking;
	listing->kind = KIND_NONE;
	listing->in_message = false;
	listing->in_string = false;
	listing->kept_length = 0;
	while (lines_next(&listing->lines, &line)) {
		take_line(listing, line, blank);
		/* Below the line that names the computer is the first event. */
		blank = cursor_readable(&line) == 0 || scan_past(&line, " log on \\\\");
	}
	flush(listing);
}

bool listing_begins(struct cursor line)
{
	uint32_t number = 0;

	return export_begins(line, &number) || wevtutil_begins(line, &number);
}

bool listing_may_begin(struct cursor line)
{
	uint32_t number = 0;

	return psloglist_begins(&line, &number);
}

bool listing_goes_on(struct cursor line)
{
	return named(&line, "Type");
}

static bool is_listing(const struct log_input *input)
{
	struct line_reader *lines = memory_get(sizeof(*lines));
	struct cursor line;
	bool bracket = false;
	bool found = false;

	log_lines(input, lines);
	for (unsigned seen = 0; !found && seen < PROBE_LINES && lines_next(lines, &line);) {
		if (cursor_readable(&line) == 0)
			continue;
		seen++;
		found = listing_begins(line) || (bracket && listing_goes_on(line));
		bracket = listing_may_begin(line);
	}
	free(lines);
	return found;
}

static void see_listing(const struct log_input *input, struct dates *dates)
{
	struct listing *listing = memory_get(sizeof(*listing));

	listing->input = input;
	listing->dates = dates;
	go_through(listing, false);
	free(listing);
}

static void read_listing(const struct log_input *input)
{
	struct listing *listing = memory_get(sizeof(*listing));
	size_t before = entry_count(input->log);

	listing->input = input;
	listing->dates = NULL;
	go_through(listing, true);
	entry_end(input, before);
	free(listing);
}

const struct event_format format_listing = {"listing of events", is_listing, read_listing, see_listing};
