/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/strings.h"

#include "events/scan.h"

enum { PART_MAX = 65535, ERROR_FIRST = 8400, ERROR_LAST = 8700, NUMBER_MAX = 999999999, SOCKETS_FIRST = 10000 };

/* The words before the strings. Vista's list is one of lines. */
static const struct {
	const char *words;
	bool lines;
} markers[] = {
    {"insertion string(s):", false},
    {"insertion strings:", false},
    {"part of the event:", false},
    {"with the event:", true},
};

void strings_add(struct strings *strings, struct cursor string)
{
	if (strings->count < STRINGS_MAX)
		strings->at[strings->count++] = scan_trimmed(string);
}

static bool is_mark(uint8_t byte, bool lines)
{
	return lines ? byte == '\n' : byte == ',' || byte == ';';
}

/* Empty strings count, but for those between the lines of Vista's list. */
static void split(struct cursor text, bool lines, struct strings *strings)
{
	struct cursor from = text;

	while (cursor_readable(&text) > 0) {
		struct cursor end = text;
		if (!is_mark(cursor_u8(&text), lines))
			continue;
		struct cursor part = scan_trimmed(scan_between(&from, &end));
		if (!lines || cursor_readable(&part) > 0)
			strings_add(strings, part);
		from = text;
	}
	struct cursor last = scan_trimmed(scan_between(&from, &text));
	/* The sentence that the strings are part of has a full stop. */
	size_t length = cursor_readable(&last);
	if (length > 1 && scan_ahead(&last, length - 1) == '.')
		last = cursor_sub(&last, length - 1);
	if (cursor_readable(&last) > 0)
		strings_add(strings, last);
}

static bool skip_word(struct cursor *text)
{
	while (cursor_readable(text) > 0 && !scan_is_space(cursor_peek(text)))
		cursor_skip(text, 1);
	scan_spaces(text);
	return cursor_readable(text) > 0;
}

/* Numbers are strings of their own, words between numbers make up one. */
static void split_words(struct cursor text, struct strings *strings)
{
	scan_spaces(&text);
	while (cursor_readable(&text) > 0) {
		struct cursor from = text;
		bool number = scan_is_digit(cursor_peek(&text));
		do {
			skip_word(&text);
		} while (!number && cursor_readable(&text) > 0 && !scan_is_digit(cursor_peek(&text)));
		strings_add(strings, scan_between(&from, &text));
	}
}

/* "12 1 15 12 Close Request POP4 POP4 UP 7 228": the component tells where the words before it end. */
static void split_spaces(struct cursor text, struct strings *strings)
{
	struct cursor from = scan_trimmed(text);
	struct cursor at = from;
	struct where where;

	do {
		struct cursor after = at;
		if (!grammar_thread(&after, &where))
			continue;
		split_words(scan_between(&from, &at), strings);
		strings_add(strings, where.component);
		strings_add(strings, where.thread_name);
		split_words(after, strings);
		return;
	} while (skip_word(&at));
	split_words(from, strings);
}

static bool has_mark(struct cursor text)
{
	while (cursor_readable(&text) > 0)
		if (is_mark(cursor_u8(&text), false))
			return true;
	return false;
}

void strings_of_list(struct cursor text, struct strings *strings)
{
	strings->count = 0;
	if (has_mark(text))
		split(text, false, strings);
	else
		split_spaces(text, strings);
}

static bool is_number(struct cursor string, uint32_t max, uint32_t *number)
{
	return scan_number(&string, max, number) && cursor_readable(&string) == 0;
}

/* The position of the component; count where there is none. */
static size_t component_at(const struct strings *strings)
{
	uint32_t number;

	for (size_t i = 0; i < strings->count; i++) {
		struct where where = {0};
		struct cursor name = strings->at[i];
		if (!grammar_component(&name, &where) || cursor_readable(&name) > 0)
			continue;
		if (i + 1 < strings->count && grammar_is_thread(strings->at[i + 1]))
			return i;
		/* A thread that no article names, if the numbers behind it are there. */
		if (i + 3 < strings->count && !is_number(strings->at[i + 1], NUMBER_MAX, &number) &&
		    is_number(strings->at[i + 2], PART_MAX, &number) &&
		    is_number(strings->at[i + 3], PART_MAX, &number))
			return i;
	}
	return strings->count;
}

bool strings_description_begins(struct cursor text)
{
	scan_byte(&text, '"');
	return scan_words(&text, "The description for Event ID");
}

/* Past the last ": ": where the strings begin in a language that is not known here. */
static struct cursor after_last_colon(struct cursor text)
{
	struct cursor rest = text;

	while (cursor_readable(&text) > 0)
		if (cursor_u8(&text) == ':' && scan_is_space(cursor_peek(&text)))
			rest = text;
	return rest;
}

bool strings_of_description(struct cursor text, struct strings *strings)
{
	struct cursor list = text;

	strings->count = 0;
	for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
		if (!strings_description_begins(text) || !scan_past(&list, markers[i].words))
			continue;
		list = scan_trimmed(list);
		split(list, markers[i].lines, strings);
		/* Folded into one line, as a table may do. */
		if (component_at(strings) == strings->count && markers[i].lines)
			strings_of_list(list, strings);
		/* Vista says below the strings why there are no words. */
		size_t end = component_at(strings) + 4;
		if (markers[i].lines && strings->count > end)
			strings->count = end;
		return true;
	}
	if (strings_description_begins(text))
		return true;
	list = after_last_colon(text);
	if (!has_mark(list))
		return false;
	split(list, false, strings);
	return component_at(strings) < strings->count;
}

/* Four numbers that can be an LPI and one of POP4's error codes; where all is cut off behind them, the three. */
static void read_bad_lpi(const struct strings *strings, size_t count, struct body *body)
{
	uint32_t error = 0;

	for (size_t i = 0; i + 4 <= count; i++) {
		struct lpi lpi;
		if (!is_number(strings->at[i], PART_MAX, &lpi.locality) ||
		    !is_number(strings->at[i + 1], PART_MAX, &lpi.partner) ||
		    !is_number(strings->at[i + 2], PART_MAX, &lpi.index) ||
		    !is_number(strings->at[i + 3], NUMBER_MAX, &error) || error < ERROR_FIRST || error > ERROR_LAST)
			continue;
		body->has_lpi = true;
		body->lpi = lpi;
		body->error_code = (int32_t)error;
		return;
	}
	struct lpi lpi;
	if (count == 3 && strings->count == 3 && is_number(strings->at[0], PART_MAX, &lpi.locality) &&
	    is_number(strings->at[1], PART_MAX, &lpi.partner) && is_number(strings->at[2], PART_MAX, &lpi.index)) {
		body->has_lpi = true;
		body->lpi = lpi;
	}
}

/*
 * A command at an interface: cb, LPI, message type. No template of it has been seen; but an LPI's index is its control
 * block's number, which shows whether cb stands before it or after.
 */
static void read_command(const struct strings *strings, size_t count, struct body *body)
{
	uint32_t numbers[4];

	for (size_t i = 0; i + 4 <= count; i++) {
		bool all = true;
		for (size_t k = 0; k < 4; k++)
			all = all && is_number(strings->at[i + k], PART_MAX, &numbers[k]);
		bool first = all && numbers[0] == numbers[3];
		if (!all || (!first && numbers[2] != numbers[3]))
			continue;
		const uint32_t *parts = first ? numbers + 1 : numbers;
		body->has_lpi = true;
		body->lpi = (struct lpi){parts[0], parts[1], parts[2]};
		body->cb = (int32_t)numbers[3];
		if (i + 4 < count)
			body->message_type = strings->at[i + 4];
		return;
	}
}

/* An error code of POP4, and behind it, in later builds, a control block (KB Q254818). */
static void read_error(const struct strings *strings, size_t count, struct body *body)
{
	uint32_t number = 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_number(strings->at[i], NUMBER_MAX, &number) || number < ERROR_FIRST || number > ERROR_LAST)
			continue;
		body->error_code = (int32_t)number;
		if (i + 1 < count && is_number(strings->at[i + 1], PART_MAX, &number))
			body->cb = (int32_t)number;
		return;
	}
}

/*
 * The driver's: a control block and the error, or the error alone. No template has been seen; but control blocks are
 * few, and the errors of Windows Sockets begin at 10000.
 */
static void read_socket(const struct strings *strings, size_t count, struct body *body)
{
	uint32_t numbers[2] = {0};

	if (count >= 2 && is_number(strings->at[0], NUMBER_MAX, &numbers[0]) &&
	    is_number(strings->at[1], NUMBER_MAX, &numbers[1])) {
		bool error_first = numbers[0] >= SOCKETS_FIRST && numbers[1] < SOCKETS_FIRST;
		body->cb = (int32_t)numbers[error_first];
		body->socket_error = (int32_t)numbers[!error_first];
	} else if (count == 1 && is_number(strings->at[0], NUMBER_MAX, &numbers[0])) {
		body->socket_error = (int32_t)numbers[0];
	}
}

/* `association to %1 … provider is %2 and the reason is %3. Control block index %4. Type %5` (KB Q196381). */
static void read_refusal(const struct strings *strings, size_t count, struct body *body)
{
	uint32_t number = 0;

	if (count < 5)
		return;
	for (size_t i = 1; i < 5; i++)
		if (!is_number(strings->at[i], PART_MAX, &number))
			return;
	is_number(strings->at[3], PART_MAX, &number);
	body->cb = (int32_t)number;
}

static void read_parameters(const struct strings *strings, size_t count, int32_t number, struct body *body)
{
	switch (number) {
	case 4283:
		read_bad_lpi(strings, count, body);
		break;
	case 4256:
	case 4257:
	case 4258:
	case 4259:
		read_command(strings, count, body);
		break;
	case 4282:
	case 4284:
	case 4287:
		read_error(strings, count, body);
		break;
	case 9202:
	case 9215:
	case 9221:
	case 9224:
	case 9234:
		read_socket(strings, count, body);
		break;
	case 1290:
	case 1293:
		read_refusal(strings, count, body);
		break;
	case 9301:
		if (count > 0)
			body_read_address(strings->at[0], body);
		break;
	default:
		break;
	}
}

bool strings_read(const struct strings *strings, int32_t number, struct body *body, struct where *where)
{
	size_t at = component_at(strings);
	uint32_t value = 0;

	body_clear(body);
	*where = (struct where){.thread = EVENT_LACKS, .process = EVENT_LACKS};
	read_parameters(strings, at, number, body);
	if (at == strings->count)
		return false;
	where->known = true;
	where->component = strings->at[at];
	where->thread_name = strings->at[at + 1];
	if (at + 2 < strings->count && is_number(strings->at[at + 2], PART_MAX, &value))
		where->thread = (int32_t)value;
	/* Behind the last string may stand what another wrote below it. */
	if (at + 3 < strings->count) {
		struct cursor last = strings->at[at + 3];
		if (scan_number(&last, PART_MAX, &value) && !scan_is_alnum(cursor_peek(&last)))
			where->process = (int32_t)value;
	}
	return true;
}
