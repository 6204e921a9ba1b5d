/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/unicode.h"

uint32_t unicode_utf_8(struct cursor *bytes)
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
	uint8_t second = cursor_readable(bytes) == 0 ? 0 : cursor_u8(bytes);

	return (uint16_t)(little ? second << 8 | first : first << 8 | second);
}

uint32_t unicode_utf_16(struct cursor *bytes, bool little)
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

size_t unicode_put(uint8_t *text, uint32_t character)
{
	size_t length = 0;

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
	return length;
}
