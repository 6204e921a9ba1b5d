/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/grammar.h"

#include "base/moment.h"
#include "events/event.h"
#include "events/scan.h"

/* Longest first where one begins another. From a search through all articles that quote MTA events. */
static const char *const components[] = {"BASE IL",  "BASE", "DB Server", "RD Server",
					 "PLATFORM", "POP4", "XAPI",      "MTA"};

static const char *const threads[] = {
    "POP4 UP",     "POP4 DOWN",    "KERNEL",      "RTSE",         "TCP/IP DRVR",  "TCP/IP ASYNC",
    "TP4 DRIVER",  "EICON RESULT", "PIPE RAS",    "INCOMING RPC", "EICON WORKER", "MAIN BASE",
    "TIMER",       "XFER-IN",      "TRANSFER",    "SUBMIT",       "DELIVER",      "DISP:ROUTER",
    "DISP:FANOUT", "DISP:RESULT",  "DISP FANOUT", "OPERATOR",     "GATEWAY",      "APPLICATION",
};

/* Longer than any bracket or parenthesis that an MTA writes; a search for one's start looks no further back. */
enum { WHERE_SIZE = 400, NAMES_SIZE = 80, WHERE_NUMBER_MAX = 99999 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool digits(struct cursor *text, unsigned least, unsigned most, int32_t *number)
{
	struct cursor probe = *text;
	uint32_t value = 0;

	if (!scan_number(&probe, WHERE_NUMBER_MAX, &value))
		return false;
	size_t length = probe.position - text->position;
	if (length < least || length > most)
		return false;
	*number = (int32_t)value;
	*text = probe;
	return true;
}

static bool in_class_name(uint8_t byte)
{
	return scan_is_alnum(byte) || byte == ' ' || byte == '.' || byte == '-' || byte == '/';
}

/* `Interface Event, severity 14`, or a line feed for the space where it was folded. */
static bool class_and_severity(struct cursor *text, struct header *header)
{
	struct cursor probe = *text;
	struct cursor from;
	uint32_t severity = 0;

	scan_spaces(&probe);
	from = probe;
	while (in_class_name(cursor_peek(&probe)))
		cursor_skip(&probe, 1);
	struct cursor name = scan_trimmed(scan_between(&from, &probe));
	if (!scan_byte(&probe, ',') && !scan_byte(&probe, ';'))
		return false;
	scan_spaces(&probe);
	if (!scan_whole_words(&probe, "severity"))
		return false;
	scan_separator(&probe);
	if (!scan_number(&probe, 99, &severity))
		return false;
	header->class_name = name;
	header->severity = (int32_t)severity;
	*text = probe;
	return true;
}

bool grammar_header(struct cursor *text, struct header *header)
{
	struct cursor probe = *text;
	bool message;
	bool event;

	message = scan_whole_words(&probe, "message");
	scan_spaces(&probe);
	event = !message && scan_whole_words(&probe, "Event");
	scan_spaces(&probe);
	if (!scan_words(&probe, "NMI") && !event)
		return false;
	if (!digits(&probe, event ? 1 : 4, 5, &header->number))
		return false;
	header->severity = EVENT_LACKS;
	header->class_name = cursor_over(NULL, 0);
	scan_spaces(&probe);
	bool colon = scan_byte(&probe, ':') || scan_byte(&probe, ';');
	if (!colon && (event || !message || cursor_readable(&probe) > 0))
		return false;
	if (!class_and_severity(&probe, header) && event)
		return false;
	*text = probe;
	return true;
}

bool grammar_class(struct cursor *text, struct header *header)
{
	struct cursor probe = *text;

	header->number = EVENT_LACKS;
	if (cursor_readable(&probe) > 80 || !class_and_severity(&probe, header) || cursor_readable(&probe) > 0)
		return false;
	*text = probe;
	return true;
}

static bool one_of(struct cursor *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct cursor probe = *text;
		/* "DOWN4": the space before the number may be lost (Q152897), so only letters must not follow. */
		if (scan_words(&probe, list[i]) &&
		    (!scan_is_alnum(cursor_peek(&probe)) || scan_is_digit(cursor_peek(&probe)))) {
			*text = probe;
			return true;
		}
	}
	return false;
}

bool grammar_component(struct cursor *text, struct where *where)
{
	struct cursor from = *text;

	if (!one_of(text, components, COUNT(components)))
		return false;
	where->component = scan_between(&from, text);
	return true;
}

bool grammar_is_thread(struct cursor text)
{
	return one_of(&text, threads, COUNT(threads)) && cursor_readable(&text) == 0;
}

bool grammar_thread(struct cursor *text, struct where *where)
{
	struct cursor probe = *text;

	if (!grammar_component(&probe, where) || !scan_is_space(cursor_peek(&probe)))
		return false;
	scan_spaces(&probe);
	struct cursor from = probe;
	if (!one_of(&probe, threads, COUNT(threads)))
		return false;
	where->thread_name = scan_between(&from, &probe);
	*text = probe;
	return true;
}

/* A component at the front of text, then the thread, which ends where text does. */
static bool split_here(struct cursor text, struct where *where, bool known_thread)
{
	if (!grammar_component(&text, where))
		return false;
	if (cursor_readable(&text) > 0 && !scan_is_space(cursor_peek(&text)))
		return false;
	text = scan_trimmed(text);
	where->thread_name = text;
	if (known_thread && cursor_readable(&text) > 0) {
		one_of(&text, threads, COUNT(threads));
		if (cursor_readable(&text) > 0)
			return false;
	}
	return true;
}

/*
 * "BASE IL TCP/IP DRVR" into component and thread. Parameters for which a template has no words may stand before it
 * (Q254818), so that a component with a known thread is looked for from every word's start first.
 */
static void split_names(struct cursor text, struct where *where)
{
	struct cursor word = scan_trimmed(text);

	text = word;
	where->known = true;
	while (cursor_readable(&word) > 0) {
		if (split_here(word, where, true))
			return;
		while (cursor_readable(&word) > 0 && !scan_is_space(cursor_peek(&word)))
			cursor_skip(&word, 1);
		scan_spaces(&word);
	}
	if (split_here(text, where, false))
		return;
	where->known = false;
	struct cursor from = text;
	while (cursor_readable(&text) > 0 && !scan_is_space(cursor_peek(&text)))
		cursor_skip(&text, 1);
	where->component = scan_between(&from, &text);
	where->thread_name = scan_trimmed(text);
}

/* Takes the number that text ends with off it. */
static bool last_number(struct cursor *text, bool glued, int32_t *number)
{
	struct cursor trimmed = scan_trimmed(*text);
	size_t length = cursor_readable(&trimmed);
	size_t start = length;

	while (start > 0 && length - start < 5 && scan_is_digit(scan_ahead(&trimmed, start - 1)))
		start--;
	if (start == length || (start > 0 && !glued && !scan_is_space(scan_ahead(&trimmed, start - 1))))
		return false;
	struct cursor rest = trimmed;
	struct cursor before = cursor_sub(&rest, start);
	if (!digits(&rest, 1, 5, number))
		return false;
	*text = scan_trimmed(before);
	return true;
}

static void where_clear(struct where *where)
{
	*where = (struct where){.thread = EVENT_LACKS, .process = EVENT_LACKS};
}

static bool in_names(uint8_t byte)
{
	return scan_is_alnum(byte) || scan_is_space(byte) || byte == '-' || byte == ':' || byte == '/' || byte == '_';
}

bool grammar_rest_of_where(struct cursor *text, int32_t *process)
{
	struct cursor probe = *text;

	scan_spaces(&probe);
	if (!scan_words(&probe, "Proc ") || !digits(&probe, 1, 5, process))
		return false;
	scan_spaces(&probe);
	scan_byte(&probe, ')');
	*text = probe;
	return true;
}

bool grammar_where(struct cursor *text, struct where *where)
{
	struct cursor probe = *text;
	struct cursor from;

	where_clear(where);
	if (!scan_byte(&probe, '('))
		return false;
	from = probe;
	while (in_names(cursor_peek(&probe)) && probe.position - from.position < NAMES_SIZE)
		cursor_skip(&probe, 1);
	struct cursor names = scan_between(&from, &probe);
	if (!scan_byte(&probe, '(') || !digits(&probe, 1, 5, &where->thread) || !scan_byte(&probe, ')'))
		return false;
	split_names(names, where);
	if (!grammar_rest_of_where(&probe, &where->process) && !where->known)
		return false;
	*text = probe;
	return true;
}

static bool days_fit(int32_t year, int32_t month, int32_t day)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month < 1 || month > 12 || day < 1)
		return false;
	bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return day <= days[month - 1] + leap;
}

/* `02:43:50pm`, or without am and pm. Midnight is 12am. */
static bool time_of_day(struct cursor *text, int64_t *seconds)
{
	int32_t hour = 0;
	int32_t minute = 0;
	int32_t second = 0;

	if (!digits(text, 1, 2, &hour) || !scan_byte(text, ':') || !digits(text, 2, 2, &minute))
		return false;
	if (scan_byte(text, ':') && !digits(text, 2, 2, &second))
		return false;
	scan_spaces(text);
	bool am = scan_whole_words(text, "am");
	bool pm = !am && scan_whole_words(text, "pm");
	if (minute > 59 || second > 59 || hour > 23 || ((am || pm) && (hour < 1 || hour > 12)))
		return false;
	if (am || pm)
		hour = hour % 12 + (pm ? 12 : 0);
	*seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
	return true;
}

enum time_state grammar_time(struct cursor *text, int64_t *seconds)
{
	struct cursor probe = *text;
	int32_t month = 0;
	int32_t day = 0;
	int32_t year = 0;
	int64_t of_day = 0;

	scan_spaces(&probe);
	if (scan_words(&probe, "mm-dd-yy")) {
		*text = probe;
		return TIME_PLACEHOLDER;
	}
	if (!digits(&probe, 1, 2, &month) || !scan_byte(&probe, '-'))
		return TIME_ABSENT;
	*text = probe;
	if (!digits(&probe, 1, 2, &day) || !scan_byte(&probe, '-') || !digits(&probe, 2, 4, &year))
		return TIME_WRONG;
	if (year < 100)
		year += year < 70 ? 2000 : 1900;
	scan_spaces(&probe);
	if (!time_of_day(&probe, &of_day) || !days_fit(year, month, day))
		return TIME_WRONG;
	*seconds = civil_seconds(year, (unsigned)month, (unsigned)day, 0, 0, 0) + of_day;
	*text = probe;
	return TIME_READ;
}

bool grammar_month_name_time(struct cursor *text, int64_t *seconds)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct cursor probe = *text;
	int32_t day = 0;
	int32_t year = 0;
	int32_t month = 1;
	int64_t of_day = 0;

	while (month <= 12 && !scan_words(&probe, months[month - 1]))
		month++;
	scan_spaces(&probe);
	if (month > 12 || !digits(&probe, 1, 2, &day) || !scan_byte(&probe, ','))
		return false;
	scan_spaces(&probe);
	if (!digits(&probe, 4, 4, &year) || !days_fit(year, month, day))
		return false;
	scan_spaces(&probe);
	if (!time_of_day(&probe, &of_day))
		return false;
	if (scan_byte(&probe, '.'))
		while (scan_is_digit(cursor_peek(&probe)))
			cursor_skip(&probe, 1);
	*seconds = civil_seconds(year, (unsigned)month, (unsigned)day, 0, 0, 0) + of_day;
	*text = probe;
	return true;
}

/* Where the bracket that text ends with opens: its distance from text's end, or 0. */
static size_t bracket_length(struct cursor text)
{
	size_t length = cursor_readable(&text);
	size_t nearest = 0;
	unsigned depth = 0;

	if (length == 0 || scan_ahead(&text, length - 1) != ']')
		return 0;
	for (size_t back = 1; back <= length && back <= WHERE_SIZE; back++) {
		uint8_t byte = scan_ahead(&text, length - back);
		depth += byte == ']';
		if (byte != '[')
			continue;
		if (nearest == 0)
			nearest = back;
		if (--depth == 0)
			return back;
	}
	/* Q231685 prints brackets that do not pair. */
	return nearest;
}

/* The last byte of text that is no white space; 0 in a text without. */
static uint8_t last_byte(struct cursor text)
{
	struct cursor trimmed = scan_trimmed(text);
	size_t length = cursor_readable(&trimmed);

	return length == 0 ? 0 : scan_ahead(&trimmed, length - 1);
}

/* `(14)`, `[14]` or, in misprints, `<12)` and `(16) 3` at the end of text, which is cut before it. */
static bool trailing_severity(struct cursor *text, int32_t *severity)
{
	struct cursor rest = scan_trimmed(*text);
	struct cursor without = rest;
	int32_t stray = 0;

	if (last_number(&without, false, &stray) && last_byte(without) == ')')
		rest = without;
	size_t length = cursor_readable(&rest);
	size_t start = length;

	while (start > 0 && length - start < 4 && scan_ahead(&rest, start - 1) != '(' &&
	       scan_ahead(&rest, start - 1) != '[' && scan_ahead(&rest, start - 1) != '<')
		start--;
	if (start == 0 || length - start > 3)
		return false;
	struct cursor before = cursor_sub(&rest, start - 1);
	cursor_skip(&rest, 1);
	if (!digits(&rest, 1, 2, severity) || (cursor_peek(&rest) != ')' && cursor_peek(&rest) != ']'))
		return false;
	if (last_byte(before) != ']')
		return false;
	*text = scan_trimmed(before);
	return true;
}

/* The inside of a bracket: [parameters] component thread [number [procedure]]. */
static void inside_bracket(struct cursor inside, struct trailer *trailer)
{
	int32_t last = EVENT_LACKS;
	int32_t number = EVENT_LACKS;
	struct where *where = &trailer->where;

	trailer->placeholders = scan_ahead(&inside, 0) == '%' && scan_is_digit(scan_ahead(&inside, 1));
	if (last_number(&inside, false, &last)) {
		/* "DOWN4 18": the thread's number may stick to its name, which a number alone may not. */
		where->thread = last;
		if (last_number(&inside, true, &number)) {
			where->thread = number;
			where->process = last;
		}
	}
	int32_t skipped = 0;
	struct cursor probe = inside;
	while (digits(&probe, 1, 5, &skipped) && scan_is_space(cursor_peek(&probe))) {
		scan_spaces(&probe);
		inside = probe;
	}
	split_names(inside, where);
}

bool grammar_trailer(struct cursor *text, struct trailer *trailer)
{
	struct cursor rest = scan_trimmed(*text);

	where_clear(&trailer->where);
	trailer->severity = EVENT_LACKS;
	trailer->placeholders = false;
	trailing_severity(&rest, &trailer->severity);
	rest = scan_trimmed(rest);
	size_t bracket = bracket_length(rest);
	if (bracket < 2)
		return false;
	struct cursor before = cursor_sub(&rest, cursor_readable(&rest) - bracket);
	cursor_skip(&rest, 1);
	inside_bracket(scan_trimmed(cursor_sub(&rest, bracket - 2)), trailer);
	*text = scan_trimmed(before);
	return true;
}

/* A header, or a where line with its date, at the front of text. */
static bool record_begins(struct cursor *text)
{
	struct header header;
	struct where where;
	int64_t seconds;
	uint8_t byte = scan_lower(cursor_peek(text));
	struct cursor probe = *text;

	if (byte == 'm' || byte == 'n') {
		if (!grammar_header(&probe, &header))
			return false;
	} else if (byte != '(' || !grammar_where(&probe, &where) || grammar_time(&probe, &seconds) == TIME_ABSENT) {
		return false;
	}
	*text = probe;
	return true;
}

size_t grammar_next_record(struct cursor text)
{
	size_t start = text.position;

	/* Past the header as a whole, lest "message NMI4283:" be cut before its second word. */
	if (!record_begins(&text) && cursor_readable(&text) > 0)
		cursor_skip(&text, 1);
	while (cursor_readable(&text) > 0) {
		struct cursor probe = text;
		if (record_begins(&probe))
			return text.position - start;
		cursor_skip(&text, 1);
	}
	return 0;
}
