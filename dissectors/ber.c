/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/ber.h"

#include <stdio.h>
#include <string.h>

struct header {
	size_t length;
	uint32_t tag;
	uint8_t ber_class;
	bool constructed;
	bool indefinite;
};

/* The low-tag form, or as many septets as four bytes of tag number may take; larger tags have no use here. */
static uint32_t read_tag(struct cursor *cursor, uint8_t first)
{
	if ((first & 0x1f) != 0x1f)
		return first & 0x1f;
	uint32_t tag = 0;
	for (unsigned i = 0; i < 5; i++) {
		uint8_t septet = cursor_u8(cursor);
		if (tag > UINT32_MAX >> 7)
			break;
		tag = tag << 7 | (septet & 0x7f);
		if ((septet & 0x80) == 0)
			return tag;
	}
	cursor_fail(cursor, CURSOR_MALFORMED);
	return 0;
}

static void read_length(struct cursor *cursor, struct header *header)
{
	uint8_t first = cursor_u8(cursor);
	unsigned count = first & 0x7f;

	header->indefinite = first == 0x80;
	if ((first & 0x80) == 0) {
		header->length = first;
		return;
	}
	uint64_t length = 0;
	for (unsigned i = 0; i < count && cursor_good(cursor); i++) {
		if (length > UINT32_MAX >> 8)
			cursor_fail(cursor, CURSOR_MALFORMED);
		length = length << 8 | cursor_u8(cursor);
	}
	header->length = (size_t)length;
	if (header->indefinite && !header->constructed)
		cursor_fail(cursor, CURSOR_MALFORMED);
}

/* A tag of one byte and a length of one to three: what holds an envelope or a content, as a rule. */
static bool read_plain_header(struct cursor *cursor, struct header *header)
{
	const uint8_t *bytes = cursor_look(cursor, 4);

	if (bytes == NULL || (bytes[0] & 0x1f) == 0x1f || bytes[1] == 0x80 || bytes[1] > 0x82)
		return false;
	*header = (struct header){.length = bytes[1] < 0x80    ? bytes[1]
					    : bytes[1] == 0x81 ? bytes[2]
							       : bytes_be16(bytes + 2),
				  .tag = bytes[0] & 0x1f,
				  .ber_class = bytes[0] >> 6,
				  .constructed = (bytes[0] & 0x20) != 0};
	cursor_skip(cursor, bytes[1] < 0x80 ? 2 : bytes[1] == 0x81 ? 3 : 4);
	return true;
}

static bool read_header(struct cursor *cursor, struct header *header)
{
	if (read_plain_header(cursor, header))
		return true;
	*header = (struct header){0};
	uint8_t first = cursor_u8(cursor);

	header->ber_class = first >> 6;
	header->constructed = (first & 0x20) != 0;
	header->tag = read_tag(cursor, first);
	read_length(cursor, header);
	return cursor_good(cursor);
}

static bool is_end(const struct header *header)
{
	return header->ber_class == BER_UNIVERSAL && header->tag == 0 && !header->constructed && header->length == 0;
}

/*
 * How many bytes lie before the end-of-contents that closes the indefinite length whose content begins here. The
 * counter stands in for recursion. SIZE_MAX: there is no end in what was captured.
 */
static size_t indefinite_length(struct ber *ber)
{
	struct cursor scan = ber->cursor;
	struct header header;
	unsigned open = 1;

	while (cursor_left(&scan) > 0) {
		size_t before = scan.position;
		if (!read_header(&scan, &header))
			break;
		if (is_end(&header) && --open == 0)
			return before - ber->cursor.position;
		if (header.indefinite && ++open > BER_DEPTH) {
			ber->remarks |= remark_bit(REMARK_BER_TOO_DEEP);
			return SIZE_MAX;
		}
		cursor_skip(&scan, header.length);
	}
	if (scan.error != CURSOR_TRUNCATED)
		ber->remarks |= remark_bit(REMARK_BER_UNTERMINATED);
	return SIZE_MAX;
}

static bool read_content(struct ber *ber, const struct header *header, struct ber_element *element)
{
	size_t length = header->length;
	bool ended = true;

	if (header->indefinite) {
		length = indefinite_length(ber);
		ended = length != SIZE_MAX;
		if (!ended)
			length = cursor_left(&ber->cursor);
	}
	element->content = cursor_sub(&ber->cursor, length);
	if (header->indefinite && ended)
		cursor_skip(&ber->cursor, 2);
	return cursor_good(&ber->cursor);
}

bool ber_next_long(struct ber *ber, struct ber_element *element)
{
	struct header header;
	bool good = false;

	*element = (struct ber_element){0};
	if (read_header(&ber->cursor, &header)) {
		if (is_end(&header)) {
			ber->cursor.position = ber->cursor.declared;
			return false;
		}
		element->tag = header.tag;
		element->ber_class = header.ber_class;
		element->constructed = header.constructed;
		element->indefinite = header.indefinite;
		element->depth = ber->depth;
		good = read_content(ber, &header, element);
	}
	if (!good && ber->cursor.error == CURSOR_MALFORMED)
		ber->remarks |= remark_bit(REMARK_BER_MALFORMED);
	return good;
}

bool ber_integer(const struct ber_element *element, int32_t *value)
{
	struct cursor content = element->content;

	if (element->constructed) {
		struct ber inside = ber_inside(element);
		struct ber_element inner;
		if (!ber_next(&inside, &inner) || inner.constructed)
			return false;
		content = inner.content;
	}
	size_t length = cursor_left(&content);
	if (length == 0 || length > 4)
		return false;
	uint32_t bits = (cursor_peek(&content) & 0x80) != 0 ? UINT32_MAX : 0;
	for (size_t i = 0; i < length; i++)
		bits = bits << 8 | cursor_u8(&content);
	if (!cursor_good(&content))
		return false;
	*value = bits <= INT32_MAX ? (int32_t)bits : -(int32_t)(UINT32_MAX - bits) - 1;
	return true;
}

bool ber_oid(const struct ber_element *element, struct ber_oid *oid)
{
	struct cursor content = element->content;
	size_t length = cursor_left(&content);

	*oid = (struct ber_oid){0};
	if (element->constructed || length == 0 || length > BER_OID_KEPT)
		return false;
	const uint8_t *bytes = cursor_take(&content, length);
	if (bytes == NULL)
		return false;
	memcpy(oid->bytes, bytes, length);
	oid->length = (uint8_t)length;
	return true;
}

bool ber_oid_starts(const struct ber_oid *oid, const void *prefix, size_t length)
{
	return length > 0 && length <= oid->length && memcmp(oid->bytes, prefix, length) == 0 &&
	       (oid->bytes[length - 1] & 0x80) == 0;
}

/* Appends one component; false when it does not fit beside the dots that would say so. */
static bool put_component(char *text, size_t size, size_t *length, uint32_t value)
{
	char digits[12];
	int count = snprintf(digits, sizeof digits, *length == 0 ? "%u" : ".%u", value);

	if (count < 0 || *length + (size_t)count + sizeof "..." > size)
		return false;
	memcpy(text + *length, digits, (size_t)count + 1);
	*length += (size_t)count;
	return true;
}

size_t ber_oid_format(const struct ber_oid *oid, char *text, size_t size)
{
	struct cursor content = cursor_over(oid->bytes, oid->length);
	size_t length = 0;
	bool good = true;

	if (size == 0)
		return 0;
	text[0] = '\0';
	while (good && cursor_left(&content) > 0) {
		uint32_t value = read_tag(&content, 0x1f);
		good = cursor_good(&content);
		if (good && length == 0) {
			uint32_t root = value < 80 ? value / 40 : 2;
			good = put_component(text, size, &length, root);
			value -= root * 40;
		}
		good = good && put_component(text, size, &length, value);
	}
	if (!good && length + sizeof "..." <= size) {
		memcpy(text + length, "...", sizeof "...");
		length += 3;
	}
	return length;
}

/* Adds a segment behind length characters. The room that is left is more than a NUL. */
static inline size_t put_text(const struct cursor *content, char *text, size_t size, size_t length)
{
	size_t room = size - 1 - length;
	size_t count = cursor_readable(content) < room ? cursor_readable(content) : room;
	const uint8_t *bytes = count == 0 ? NULL : cursor_look(content, count);

	if (bytes == NULL)
		return length;
	for (size_t i = 0; i < count; i++)
		text[length + i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '?';
	return length + count;
}

size_t ber_text(const struct ber_element *element, char *text, size_t size)
{
	size_t length = 0;

	if (size == 0)
		return 0;
	if (!element->constructed) {
		length = put_text(&element->content, text, size, 0);
	} else {
		struct ber inside = ber_inside(element);
		struct ber_element segment;
		while (ber_next(&inside, &segment))
			if (!segment.constructed)
				length = put_text(&segment.content, text, size, length);
	}
	text[length] = '\0';
	return length;
}
