/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/keys.h"

#include "events/regional.h"
#include "events/scan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *name;
	enum key key;
	bool within_line; /* may follow another key's value in one line (Q155027, Q170056, Q266383) */
} names[] = {
    {"Event Source", KEY_SOURCE, true},
    {"Event Type", KEY_TYPE, true},
    {"Event Category", KEY_CATEGORY, true},
    {"Event ID", KEY_ID, true},
    {"EventID", KEY_ID, true},
    {"Event", KEY_ID, false},
    {"Source", KEY_SOURCE, true},
    {"Type", KEY_TYPE, true},
    {"Category", KEY_CATEGORY, true},
    {"Catergory", KEY_CATEGORY, true},
    {"Description", KEY_DESCRIPTION, true},
    {"Date", KEY_DATE, false},
    {"Time", KEY_TIME, true},
    {"Log Name", KEY_OTHER, false},
    {"Task Category", KEY_CATEGORY, false},
    {"Level", KEY_TYPE, false},
    {"Keywords", KEY_OTHER, false},
    {"User", KEY_OTHER, false},
    {"Computer", KEY_OTHER, true},
};

/* A name and the ':' or '=' after it. */
static bool named(struct cursor *line, bool within_line, enum key *key)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		struct cursor probe = *line;
		if ((within_line && !names[i].within_line) || !scan_whole_words(&probe, names[i].name))
			continue;
		scan_spaces(&probe);
		if (!scan_byte(&probe, ':') && !scan_byte(&probe, '='))
			continue;
		scan_spaces(&probe);
		*key = names[i].key;
		*line = probe;
		return true;
	}
	return false;
}

/* The value at the front of line: up to the next key in it, or to its end. */
static struct cursor value_of(struct cursor *line)
{
	struct cursor from = *line;
	enum key key;

	while (cursor_readable(line) > 0) {
		struct cursor probe = *line;
		if (named(&probe, true, &key))
			break;
		while (cursor_readable(line) > 0 && !scan_is_space(cursor_peek(line)))
			cursor_skip(line, 1);
		scan_spaces(line);
	}
	return scan_trimmed(scan_between(&from, line));
}

/* "4283", "1001:", "137, Source: …", "270 (MTA)", each followed by what may be the description. */
static bool number_of(struct cursor *line, bool after_colon, int32_t *number)
{
	struct cursor probe = *line;
	uint32_t value = 0;

	/* Identifiers are 32 bits wide, with the severity on top; most tools show the lower half. */
	if (!scan_number(&probe, UINT32_MAX, &value) || (value > 0xFFFF && value >> 30 == 0))
		return false;
	uint8_t mark = cursor_peek(&probe);
	scan_spaces(&probe);
	uint8_t next = cursor_peek(&probe);
	/* Without a colon only what cannot be prose: nothing more, punctuation, or a sentence's beginning. */
	if (!after_colon && next != 0 && mark != ':' && next != '(' && !(scan_is_space(mark) && scan_is_upper(next)))
		return false;
	if (after_colon && scan_is_alnum(mark))
		return false;
	if (!scan_byte(&probe, ':'))
		scan_byte(&probe, ',');
	if (scan_byte(&probe, '('))
		while (cursor_readable(&probe) > 0 && cursor_u8(&probe) != ')')
			continue;
	scan_spaces(&probe);
	*number = (int32_t)(value & 0xFFFF);
	*line = probe;
	return true;
}

/* `MSExchangeMTA Event ID: 37`, `Event ID 4282`, `Event 9202`, `ID 4287 Category X.400 Service`. */
static bool bare_number(struct cursor *line, struct key_value *found)
{
	struct cursor probe = *line;
	enum key key;

	found->of_mta = scan_words(&probe, "MSExchangeMTA");
	scan_spaces(&probe);
	struct cursor colon = probe;
	if (found->of_mta && named(&colon, false, &key) && key == KEY_ID && number_of(&colon, true, &found->number)) {
		*line = colon;
		return true;
	}
	if (cursor_peek(&probe) != 'E' && cursor_peek(&probe) != 'I')
		return false;
	bool id = scan_whole_words(&probe, "ID");
	if (!id && !scan_whole_words(&probe, "Event ID") && !scan_whole_words(&probe, "EventID") &&
	    !scan_whole_words(&probe, "Event"))
		return false;
	scan_spaces(&probe);
	if (!number_of(&probe, false, &found->number))
		return false;
	struct cursor after = probe;
	if (id && !scan_whole_words(&after, "Category") && !scan_whole_words(&after, "Source"))
		return false;
	if (scan_whole_words(&probe, "MSExchangeMTA"))
		found->of_mta = true;
	/* What follows names the category, without a colon (Q169113, Q175354). */
	if (found->of_mta || id)
		cursor_skip(&probe, cursor_readable(&probe));
	*line = probe;
	return true;
}

/* `Date 2/26/2002` and `Time 2:43:50 PM`, cells of a page's table, with nothing behind them. */
static bool bare_time(struct cursor *line, struct key_value *found)
{
	struct cursor probe = *line;
	struct regional_date date;
	int64_t seconds = 0;

	if (scan_whole_words(&probe, "Date")) {
		found->key = KEY_DATE;
		scan_spaces(&probe);
		found->value = probe;
		if (!regional_parse(&probe, &date))
			return false;
		regional_clock(&probe, &seconds);
	} else if (scan_whole_words(&probe, "Time")) {
		found->key = KEY_TIME;
		scan_spaces(&probe);
		found->value = probe;
		if (!regional_clock(&probe, &seconds))
			return false;
	} else {
		return false;
	}
	if (cursor_readable(&probe) > 0)
		return false;
	*line = probe;
	return true;
}

bool keys_next(struct cursor *line, struct key_value *found)
{
	struct cursor probe = *line;

	*found = (struct key_value){.key = KEY_ID};
	if (named(&probe, false, &found->key)) {
		if (found->key == KEY_ID) {
			struct cursor name = *line;
			found->number = KEY_NO_NUMBER;
			bool alone = cursor_readable(&probe) == 0 && !scan_words(&name, "Event:");
			if (!alone && !number_of(&probe, true, &found->number))
				return false;
		} else if (found->key == KEY_DESCRIPTION) {
			found->value = probe;
			cursor_skip(&probe, cursor_readable(&probe));
		} else {
			found->value = value_of(&probe);
		}
		*line = probe;
		return true;
	}
	if (bare_number(&probe, found)) {
		*line = probe;
		return true;
	}
	if (bare_time(&probe, found)) {
		*line = probe;
		return true;
	}
	/* "Source MSExchangeMTA" (Q169715). */
	found->key = KEY_SOURCE;
	probe = *line;
	if (scan_words(&probe, "Source MSExchange")) {
		found->value = *line;
		cursor_skip(line, cursor_readable(line));
		return true;
	}
	return false;
}
