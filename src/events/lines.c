/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/lines.h"

#include "events/scan.h"
#include "events/unicode.h"

/* Beyond what Unicode has, so that no byte decodes to it. */
#define END_OF_LOG UINT32_MAX

/* From here on a space ends a piece of an overlong line, so that pieces are cut between words where there are any. */
enum { LINE_SOFT_SIZE = LINE_SIZE - 1024, SNIFF_SIZE = 4096 };

/* Windows-1252's 80h to 9Fh; the five bytes it leaves open are no characters. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
};

/*
 * The OEM code page of Western Europe, 850, from 80h on: what a console program writes to a file. Every letter that
 * CP437, its American sister, has stands at the same byte here, Greek apart, which no event has.
 */
static const uint16_t oem_850[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF, 0x00EE,
    0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9, 0x00FF, 0x00D6,
    0x00DC, 0x00F8, 0x00A3, 0x00D8, 0x00D7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA,
    0x00BA, 0x00BF, 0x00AE, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x00C1, 0x00C2, 0x00C0, 0x00A9, 0x2563, 0x2551, 0x2557, 0x255D, 0x00A2, 0x00A5, 0x2510, 0x2514,
    0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x00E3, 0x00C3, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256C, 0x00A4, 0x00F0, 0x00D0, 0x00CA, 0x00CB, 0x00C8, 0x0131, 0x00CD, 0x00CE, 0x00CF, 0x2518, 0x250C,
    0x2588, 0x2584, 0x00A6, 0x00CC, 0x2580, 0x00D3, 0x00DF, 0x00D4, 0x00D2, 0x00F5, 0x00D5, 0x00B5, 0x00FE,
    0x00DE, 0x00DA, 0x00DB, 0x00D9, 0x00FD, 0x00DD, 0x00AF, 0x00B4, 0x00AD, 0x00B1, 0x2017, 0x00BE, 0x00B6,
    0x00A7, 0x00F7, 0x00B8, 0x00B0, 0x00A8, 0x00B7, 0x00B9, 0x00B3, 0x00B2, 0x25A0, 0x00A0,
};

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
		return unicode_utf_16(&reader->bytes, true);
	case LINES_UTF_16BE:
		return unicode_utf_16(&reader->bytes, false);
	case LINES_UTF_8:
		return unicode_utf_8(&reader->bytes);
	default:
		break;
	}
	/* Pages of single bytes have hardly ever what makes up a character of UTF-8; a log that grew may have both. */
	struct cursor probe = reader->bytes;
	if (cursor_peek(&probe) >= 0xC2) {
		uint32_t character = unicode_utf_8(&probe);
		if (character != NO_CHARACTER) {
			reader->bytes = probe;
			return character;
		}
	}
	uint8_t byte = cursor_u8(&reader->bytes);
	if (reader->encoding == LINES_OEM)
		return byte >= 0x80 ? oem_850[byte - 0x80] : byte;
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
	return LINES_NARROW;
}

static bool all_utf_8(struct cursor bytes)
{
	while (cursor_readable(&bytes) > 0)
		if (cursor_peek(&bytes) < 0x80)
			cursor_skip(&bytes, 1);
		else if (unicode_utf_8(&bytes) == NO_CHARACTER)
			return false;
	return true;
}

/* Of ASCII; digits do not count, as signs of any kind stand beside them. */
static bool is_letter(uint8_t byte)
{
	return scan_is_alnum(byte) && !scan_is_digit(byte);
}

/*
 * Single bytes that are not UTF-8: where does a byte that touches a letter make a letter itself? The accented letters
 * of the OEM code pages are at 80h to A5h, where Windows-1252 has signs, and those of Windows-1252 from C0h on, where
 * the OEM pages have mostly frames. What both could be, as 92h in "don't", has no vote, and a tie is Windows-1252, as
 * the MTA's own log is.
 */
static enum line_encoding sniff_single(struct cursor bytes)
{
	size_t oem = 0;
	size_t windows = 0;
	uint8_t before = 0;

	while (cursor_readable(&bytes) > 0) {
		struct cursor probe = bytes;
		if (cursor_peek(&probe) >= 0xC2 && unicode_utf_8(&probe) != NO_CHARACTER) {
			bytes = probe;
			before = 0x80;
			continue;
		}
		uint8_t byte = cursor_u8(&bytes);
		uint8_t after = cursor_peek(&bytes);
		/* Two such bytes in a row are two letters, not a letter and a quotation mark. */
		bool within = (is_letter(before) || before >= 0x80) && (is_letter(after) || after >= 0x80);
		bool beside = is_letter(before) || is_letter(after);
		bool quote = byte >= 0x91 && byte <= 0x97;
		before = byte;
		if (byte < 0x80 || byte == 0x85 || byte == 0x92 || byte == 0xE1)
			continue;
		if (byte >= 0xC0)
			windows += beside;
		else if (byte <= 0x9A || (byte >= 0xA0 && byte <= 0xA5))
			oem += quote || byte == 0xA0 ? within : beside;
	}
	return oem > windows ? LINES_OEM : LINES_WINDOWS_1252;
}

static enum line_encoding narrow(struct cursor bytes)
{
	return all_utf_8(bytes) ? LINES_UTF_8 : sniff_single(bytes);
}

enum line_encoding lines_page(const uint8_t *data, size_t length)
{
	return narrow(cursor_over(data, length));
}

enum line_encoding lines_width(const uint8_t *data, size_t length)
{
	return sniff(cursor_over(data, length));
}

void lines_open(struct line_reader *reader, const uint8_t *data, size_t length, enum line_encoding encoding)
{
	reader->bytes = cursor_over(data, length);
	reader->next_line = 1;
	reader->line = 0;
	reader->base = 0;
	reader->offset = 0;
	reader->held_back = 0;
	reader->length = 0;
	reader->verbatim = false;
	uint32_t mark = length < 2 ? 0 : (uint32_t)scan_ahead(&reader->bytes, 0) << 8 | scan_ahead(&reader->bytes, 1);
	if (encoding >= LINES_WINDOWS_1252) {
		reader->encoding = encoding;
	} else if (encoding == LINES_UNKNOWN && (mark == 0xFFFE || mark == 0xFEFF)) {
		reader->encoding = mark == 0xFFFE ? LINES_UTF_16LE : LINES_UTF_16BE;
		cursor_skip(&reader->bytes, 2);
	} else if (mark == 0xEFBB && scan_ahead(&reader->bytes, 2) == 0xBF) {
		cursor_skip(&reader->bytes, 3);
		reader->encoding = narrow(reader->bytes);
	} else {
		reader->encoding = encoding == LINES_UNKNOWN ? sniff(reader->bytes) : LINES_NARROW;
		if (reader->encoding == LINES_NARROW)
			reader->encoding = narrow(reader->bytes);
	}
}

/* A mark of UTF-16 that was written before bytes, as some programs do, at a line's beginning. */
static void pass_mark(struct line_reader *reader)
{
	uint8_t first = cursor_peek(&reader->bytes);

	if (reader->encoding < LINES_UTF_16LE && first >= 0xFE &&
	    (first ^ scan_ahead(&reader->bytes, 1)) == (0xFE ^ 0xFF))
		cursor_skip(&reader->bytes, 2);
}

/* The character behind one that may end a line. */
static uint32_t look_behind(struct line_reader *reader)
{
	pass_mark(reader);
	reader->held_at = reader->bytes.position;
	return next_character(reader);
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
		next = look_behind(reader);
		reader->held_back = next == '\n' || next == END_OF_LOG ? 0 : next;
		reader->next_line++;
		return true;
	case 0:
		next = look_behind(reader);
		if (next != 0) {
			reader->held_back = next == END_OF_LOG ? 0 : next;
			return false;
		}
		while (next == 0)
			next = look_behind(reader);
		reader->held_back = next == END_OF_LOG ? 0 : next;
		return true;
	default:
		return false;
	}
}

static bool is_blank(uint32_t character)
{
	return character == '\t' || character == '\v' || character == '\f' || character == 0xA0 ||
	       (character >= 0x2000 && character <= 0x200A) || character == 0x202F || character == 0x3000;
}

static bool is_control(uint32_t character)
{
	return character < 0x20 || character == 0x7F || (character >= 0x80 && character < 0xA0) ||
	       character == 0xFEFF || character == 0x200E || character == 0x200F;
}

/* White space at the ends, and "> > " or "| " before it as mail programs quote. */
struct cursor lines_cleaned(struct cursor text)
{
	while (scan_is_space(cursor_peek(&text)) || cursor_peek(&text) == '\t' || cursor_peek(&text) == '>' ||
	       cursor_peek(&text) == '|')
		cursor_skip(&text, 1);
	return scan_trimmed(text);
}

/* The rows of a table that a mail quotes; no row begins with the mark itself. */
static struct cursor unquoted(struct cursor text)
{
	while (cursor_peek(&text) == '>') {
		cursor_skip(&text, 1);
		scan_byte(&text, ' ');
	}
	return text;
}

/* Takes over what is the same in all encodings in bytes and needs no look: most of a log. */
static void take_plain(struct line_reader *reader)
{
	struct cursor bytes = reader->bytes;
	size_t length = reader->length;

	if (reader->held_back != 0 || reader->encoding == LINES_UTF_16LE || reader->encoding == LINES_UTF_16BE)
		return;
	for (; length < LINE_SOFT_SIZE && cursor_peek(&bytes) >= 0x20 && cursor_peek(&bytes) < 0x7F; length++)
		reader->text[length] = cursor_u8(&bytes);
	reader->bytes = bytes;
	reader->length = length;
}

bool lines_next(struct line_reader *reader, struct cursor *text)
{
	uint32_t character = 0;

	if (cursor_readable(&reader->bytes) == 0 && reader->held_back == 0)
		return false;
	reader->line = reader->next_line;
	if (reader->held_back == 0)
		pass_mark(reader);
	reader->offset = reader->base + (reader->held_back != 0 ? reader->held_at : reader->bytes.position);
	reader->length = 0;
	reader->ended = false;
	while (reader->length <= LINE_SIZE - UTF_8_MAX) {
		take_plain(reader);
		character = next_character(reader);
		reader->ended = character == END_OF_LOG || ends_line(reader, character);
		if (reader->ended)
			break;
		if (is_blank(character) && !(reader->verbatim && character == '\t'))
			character = ' ';
		if (!is_control(character) || character == '\t')
			reader->length += unicode_put(reader->text + reader->length, character);
		if (character == ' ' && reader->length > LINE_SOFT_SIZE)
			break;
	}
	*text = cursor_over(reader->text, reader->length);
	*text = reader->verbatim ? unquoted(*text) : lines_cleaned(*text);
	return true;
}
