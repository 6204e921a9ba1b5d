/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/lines.h"

#include "events/scan.h"

/* Beyond what Unicode has, so that no byte decodes to it. */
#define END_OF_LOG   UINT32_MAX
#define NO_CHARACTER UINT32_C(0xFFFD)

/* From here on a space ends a piece of an overlong line, so that pieces are cut between words where there are any. */
enum { LINE_SOFT_SIZE = LINE_SIZE - 1024, SNIFF_SIZE = 4096 };

/* Windows-1252's 80h to 9Fh; the five bytes it leaves open are no characters. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
};

static uint32_t next_utf_8(struct cursor *bytes)
{
	uint8_t first = cursor_u8(bytes);
	unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
	uint32_t character = first & (0x3FU >> more);

	if (first < 0x80)
		return first;
	if (first < 0xC2 || first > 0xF4)
		return NO_CHARACTER;
	for (unsigned i = 0; i < more; i++) {
		if ((cursor_peek(bytes) & 0xC0) != 0x80)
			return NO_CHARACTER;
		character = character << 6 | (cursor_u8(bytes) & 0x3F);
	}
	if ((more == 2 && character < 0x800) || (more == 3 && character < 0x10000) || character > 0x10FFFF ||
	    (character >= 0xD800 && character <= 0xDFFF))
		return NO_CHARACTER;
	return character;
}

static uint16_t next_unit(struct cursor *bytes, bool little)
{
	uint8_t first = cursor_u8(bytes);
	/* A last odd byte is half a character: the cut end of the log. */
	uint8_t second = cursor_readable(bytes) == 0 ? 0 : cursor_u8(bytes);

	return (uint16_t)(little ? second << 8 | first : first << 8 | second);
}

static uint32_t next_utf_16(struct cursor *bytes, bool little)
{
	uint16_t high = next_unit(bytes, little);
	struct cursor after = *bytes;

	if (high < 0xD800 || high > 0xDFFF)
		return high;
	if (high > 0xDBFF || cursor_readable(bytes) < 2)
		return NO_CHARACTER;
	uint16_t low = next_unit(&after, little);
	if (low < 0xDC00 || low > 0xDFFF)
		return NO_CHARACTER;
	*bytes = after;
	return 0x10000 + ((uint32_t)(high & 0x3FF) << 10 | (low & 0x3FF));
}

static uint32_t next_character(struct line_reader *reader)
{
	uint32_t held = reader->held_back;

	reader->held_back = 0;
	if (held != 0)
		return held;
	if (cursor_readable(&reader->bytes) == 0)
		return END_OF_LOG;
	switch (reader->encoding) {
	case LINES_UTF_16LE:
		return next_utf_16(&reader->bytes, true);
	case LINES_UTF_16BE:
		return next_utf_16(&reader->bytes, false);
	case LINES_UTF_8:
		return next_utf_8(&reader->bytes);
	default:
		break;
	}
	uint8_t byte = cursor_u8(&reader->bytes);
	return byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte;
}

/*
 * Without a byte order mark: every second byte of UTF-16 that holds a log is zero. Holes of NULs are in both bytes of
 * a pair and count for neither.
 */
static enum line_encoding sniff(struct cursor bytes)
{
	size_t first_zero = 0;
	size_t second_zero = 0;
	size_t pairs = 0;

	for (; pairs < SNIFF_SIZE / 2 && cursor_readable(&bytes) >= 2; pairs++) {
		uint8_t first = cursor_u8(&bytes);
		uint8_t second = cursor_u8(&bytes);
		first_zero += first == 0 && second != 0;
		second_zero += second == 0 && first != 0;
	}
	if (second_zero > pairs / 4 && second_zero > 8 * first_zero)
		return LINES_UTF_16LE;
	if (first_zero > pairs / 4 && first_zero > 8 * second_zero)
		return LINES_UTF_16BE;
	return LINES_WINDOWS_1252;
}

static bool all_utf_8(struct cursor bytes)
{
	while (cursor_readable(&bytes) > 0)
		if (next_utf_8(&bytes) == NO_CHARACTER)
			return false;
	return true;
}

void lines_open(struct line_reader *reader, const uint8_t *data, size_t length)
{
	reader->bytes = cursor_over(data, length);
	reader->next_line = 1;
	reader->line = 0;
	reader->offset = 0;
	reader->held_back = 0;
	reader->length = 0;
	uint32_t mark = length < 2 ? 0 : (uint32_t)scan_ahead(&reader->bytes, 0) << 8 | scan_ahead(&reader->bytes, 1);
	if (mark == 0xFFFE || mark == 0xFEFF) {
		reader->encoding = mark == 0xFFFE ? LINES_UTF_16LE : LINES_UTF_16BE;
		cursor_skip(&reader->bytes, 2);
	} else if (mark == 0xEFBB && scan_ahead(&reader->bytes, 2) == 0xBF) {
		reader->encoding = LINES_UTF_8;
		cursor_skip(&reader->bytes, 3);
	} else {
		reader->encoding = sniff(reader->bytes);
		if (reader->encoding == LINES_WINDOWS_1252 && all_utf_8(reader->bytes))
			reader->encoding = LINES_UTF_8;
	}
}

static void put(struct line_reader *reader, uint32_t character)
{
	uint8_t *text = reader->text;
	size_t length = reader->length;

	if (character < 0x80) {
		text[length++] = (uint8_t)character;
	} else if (character < 0x800) {
		text[length++] = (uint8_t)(0xC0 | character >> 6);
		text[length++] = (uint8_t)(0x80 | (character & 0x3F));
	} else if (character < 0x10000) {
		text[length++] = (uint8_t)(0xE0 | character >> 12);
		text[length++] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
		text[length++] = (uint8_t)(0x80 | (character & 0x3F));
	} else {
		text[length++] = (uint8_t)(0xF0 | character >> 18);
		text[length++] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
		text[length++] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
		text[length++] = (uint8_t)(0x80 | (character & 0x3F));
	}
	reader->length = length;
}

/* Whether character ends the line, having read what belongs to the end. */
static bool ends_line(struct line_reader *reader, uint32_t character)
{
	uint32_t next;

	switch (character) {
	case '\n':
		reader->next_line++;
		return true;
	case '\r':
		next = next_character(reader);
		reader->held_back = next == '\n' || next == END_OF_LOG ? 0 : next;
		reader->next_line++;
		return true;
	case 0:
		next = next_character(reader);
		if (next != 0) {
			reader->held_back = next == END_OF_LOG ? 0 : next;
			return false;
		}
		while (next == 0)
			next = next_character(reader);
		reader->held_back = next == END_OF_LOG ? 0 : next;
		return true;
	default:
		return false;
	}
}

static bool is_blank(uint32_t character)
{
	return character == '\t' || character == '\v' || character == '\f' || character == 0xA0;
}

static bool is_control(uint32_t character)
{
	return character < 0x20 || character == 0x7F || (character >= 0x80 && character < 0xA0) || character == 0xFEFF;
}

/* White space at the ends, and "> > " or "| " before it as mail programs quote. */
static struct cursor cleaned(const struct line_reader *reader)
{
	struct cursor text = cursor_over(reader->text, reader->length);

	while (scan_is_space(cursor_peek(&text)) || cursor_peek(&text) == '>' || cursor_peek(&text) == '|')
		cursor_skip(&text, 1);
	return scan_trimmed(text);
}

bool lines_next(struct line_reader *reader, struct cursor *text)
{
	uint32_t character = 0;
	/* A held-back character was read already; it is the one before where the cursor stands. */
	size_t held = reader->held_back == 0 ? 0 : reader->encoding >= LINES_UTF_16LE ? 2 : 1;

	if (cursor_readable(&reader->bytes) == 0 && held == 0)
		return false;
	reader->line = reader->next_line;
	reader->offset = reader->bytes.position - held;
	reader->length = 0;
	while (reader->length <= LINE_SIZE - 4) {
		character = next_character(reader);
		if (character == END_OF_LOG || ends_line(reader, character))
			break;
		if (is_blank(character))
			character = ' ';
		if (!is_control(character))
			put(reader, character);
		if (character == ' ' && reader->length > LINE_SOFT_SIZE)
			break;
	}
	*text = cleaned(reader);
	return true;
}
