/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/scan.h"

bool scan_is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n';
}

bool scan_is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

bool scan_is_upper(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

bool scan_is_alnum(uint8_t byte)
{
	return scan_is_digit(byte) || scan_is_upper(byte) || (byte >= 'a' && byte <= 'z');
}

uint8_t scan_lower(uint8_t byte)
{
	return scan_is_upper(byte) ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

int scan_hex(uint8_t byte)
{
	uint8_t lower = scan_lower(byte);

	if (scan_is_digit(byte))
		return byte - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

uint8_t scan_ahead(const struct cursor *text, size_t ahead)
{
	struct cursor probe = *text;

	if (cursor_readable(&probe) <= ahead)
		return 0;
	cursor_skip(&probe, ahead);
	return cursor_peek(&probe);
}

void scan_spaces(struct cursor *text)
{
	while (scan_is_space(cursor_peek(text)))
		cursor_skip(text, 1);
}

bool scan_byte(struct cursor *text, uint8_t byte)
{
	if (cursor_readable(text) == 0 || cursor_peek(text) != byte)
		return false;
	cursor_skip(text, 1);
	return true;
}

bool scan_words(struct cursor *text, const char *words)
{
	struct cursor probe = *text;

	for (const char *c = words; *c != '\0'; c++) {
		if (*c == ' ') {
			if (!scan_is_space(cursor_peek(&probe)))
				return false;
			scan_spaces(&probe);
		} else {
			if (scan_lower(cursor_peek(&probe)) != scan_lower((uint8_t)*c))
				return false;
			cursor_skip(&probe, 1);
		}
	}
	*text = probe;
	return true;
}

bool scan_whole_words(struct cursor *text, const char *words)
{
	struct cursor probe = *text;

	if (!scan_words(&probe, words) || scan_is_alnum(cursor_peek(&probe)))
		return false;
	*text = probe;
	return true;
}

bool scan_number(struct cursor *text, uint32_t max, uint32_t *number)
{
	struct cursor probe = *text;
	uint64_t value = 0;

	if (!scan_is_digit(cursor_peek(&probe)))
		return false;
	while (scan_is_digit(cursor_peek(&probe))) {
		value = value * 10 + (uint64_t)(cursor_u8(&probe) - '0');
		if (value > max)
			return false;
	}
	*number = (uint32_t)value;
	*text = probe;
	return true;
}

void scan_separator(struct cursor *text)
{
	while (scan_is_space(cursor_peek(text)) || cursor_peek(text) == '=' || cursor_peek(text) == ':')
		cursor_skip(text, 1);
}

bool scan_past(struct cursor *text, const char *words)
{
	struct cursor probe = *text;

	while (cursor_readable(&probe) > 0) {
		if (scan_words(&probe, words)) {
			*text = probe;
			return true;
		}
		cursor_skip(&probe, 1);
	}
	return false;
}

struct cursor scan_trimmed(struct cursor text)
{
	size_t length;

	scan_spaces(&text);
	length = cursor_readable(&text);
	while (length > 0 && scan_is_space(scan_ahead(&text, length - 1)))
		length--;
	return cursor_sub(&text, length);
}

struct cursor scan_between(const struct cursor *from, const struct cursor *text)
{
	struct cursor start = *from;

	return cursor_sub(&start, text->position - from->position);
}
