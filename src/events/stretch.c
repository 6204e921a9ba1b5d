/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/stretch.h"

#include <stdbool.h>

/*
 * How many characters in a row must look alike before the width is another. Of Chinese, whose UTF-16 may be two
 * printable bytes, so many never do; wide characters with a zero byte cannot be anything else.
 */
enum { WIDE_LEAST = 6, NARROW_LEAST = 12 };

static bool is_text(uint8_t byte)
{
	return (byte >= ' ' && byte < 0x7F) || byte == '\n' || byte == '\r' || byte == '\t';
}

/* Whether pairs of bytes from here on are characters with the zero behind (little) or before them. */
static bool are_wide(const uint8_t *data, size_t length, size_t at, bool little)
{
	for (unsigned i = 0; i < WIDE_LEAST; i++, at += 2)
		if (at + 2 > length || !is_text(data[at + !little]) || data[at + little] != 0)
			return false;
	return true;
}

static bool are_narrow(const uint8_t *data, size_t length, size_t at)
{
	if (at + 2 * (size_t)NARROW_LEAST > length)
		return false;
	for (size_t i = 0; i < 2 * (size_t)NARROW_LEAST; i++)
		if (!is_text(data[at + i]))
			return false;
	return true;
}

/* Which order of bytes a mark has; 0: there is none. */
static unsigned mark_at(const uint8_t *data, size_t length, size_t at)
{
	if (length - at < 2)
		return 0;
	return (unsigned)(data[at] << 8 | data[at + 1]);
}

/* With text behind it: in UTF-16 the three bytes would be no characters that anybody writes. */
static bool is_utf_8_mark(const uint8_t *data, size_t length, size_t at)
{
	if (length - at < 7 || data[at] != 0xEF || data[at + 1] != 0xBB || data[at + 2] != 0xBF)
		return false;
	return is_text(data[at + 3]) && is_text(data[at + 4]) && is_text(data[at + 5]) && is_text(data[at + 6]);
}

static enum line_encoding begins(const uint8_t *data, size_t length, size_t from, size_t *mark)
{
	unsigned bytes = mark_at(data, length, from);

	*mark = 2;
	/* What follows is looked at first: a mark may have been written before bytes of another kind. */
	if (bytes == 0xFFFE || bytes == 0xFEFF) {
		if (are_wide(data, length, from + 2, true))
			return LINES_UTF_16LE;
		if (are_wide(data, length, from + 2, false))
			return LINES_UTF_16BE;
		if (are_narrow(data, length, from + 2))
			return LINES_NARROW;
		return bytes == 0xFFFE ? LINES_UTF_16LE : LINES_UTF_16BE;
	}
	if (is_utf_8_mark(data, length, from)) {
		*mark = 3;
		return LINES_NARROW;
	}
	*mark = 0;
	/* A log in another alphabet has few zeros; its beginning is no other encoding than its first pages. */
	if (from == 0 && length >= 2 && !(is_text(data[0]) && is_text(data[1])))
		if (lines_width(data, length) != LINES_NARROW)
			return lines_width(data, length);
	if (are_wide(data, length, from, true))
		return LINES_UTF_16LE;
	if (are_wide(data, length, from, false))
		return LINES_UTF_16BE;
	return LINES_NARROW;
}

/*
 * A line end in a byte, and then characters with the zero before them, look like characters with the zero behind. The
 * line end is more often the last of what stood there before.
 */
static bool is_line_end(const uint8_t *data, size_t length, size_t at)
{
	return (data[at] == '\n' || data[at] == '\r') && are_wide(data, length, at + 1, false);
}

static size_t end_of_narrow(const uint8_t *data, size_t length, size_t at)
{
	for (; at + 2 <= length; at++) {
		unsigned bytes = mark_at(data, length, at);
		bool marked = (bytes == 0xFFFE && are_wide(data, length, at + 2, true)) ||
			      (bytes == 0xFEFF && are_wide(data, length, at + 2, false));
		if (marked || are_wide(data, length, at, true) || are_wide(data, length, at, false))
			return marked || !is_line_end(data, length, at) ? at : at + 1;
	}
	return length;
}

static size_t end_of_wide(const uint8_t *data, size_t length, size_t at, bool little)
{
	size_t from = at;

	for (; at + 2 <= length; at += 2) {
		unsigned bytes = mark_at(data, length, at);
		if (at > from && (bytes == 0xFFFE || bytes == 0xFEFF))
			return at;
		if (are_narrow(data, length, at) || is_utf_8_mark(data, length, at))
			return at;
		/* A byte is lost, or the order of bytes is another from here on. */
		if (are_wide(data, length, at, !little))
			return at;
	}
	return length;
}

struct stretch stretch_at(const uint8_t *data, size_t length, size_t from)
{
	size_t mark = 0;
	struct stretch stretch = {.encoding = begins(data, length, from, &mark)};

	stretch.from = from + mark;
	stretch.to = stretch.encoding == LINES_NARROW
			 ? end_of_narrow(data, length, stretch.from)
			 : end_of_wide(data, length, stretch.from, stretch.encoding == LINES_UTF_16LE);
	/*
	 * Half a file that was cut within a character: what seems to have its zeros before the bytes is the usual order
	 * without its first byte.
	 */
	if (stretch.encoding == LINES_UTF_16BE && mark == 0 && stretch.to == length && (length - from) % 2 == 1) {
		stretch.encoding = LINES_UTF_16LE;
		stretch.from++;
	}
	/* One byte less than a character is a stretch too, so that there is an end. */
	if (stretch.to <= from)
		stretch.to = from + 1;
	return stretch;
}
