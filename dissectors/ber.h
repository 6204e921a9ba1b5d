/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Basic encoding rules (X.690, formerly X.209): one element after the other, on a cursor. Nothing is copied, nothing is
 * allocated, and no function calls itself, so that hostile nesting costs neither stack nor memory. What was not
 * captured stays apart from what is malformed, as in the cursor.
 */
#ifndef MTASCOPE_DISSECTORS_BER_H
#define MTASCOPE_DISSECTORS_BER_H

#include "base/cursor.h"
#include "dissectors/pdu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BER_DEPTH = 32,         /* levels that may be entered, and indefinite lengths open at once */
	BER_OID_KEPT = 30,      /* content bytes of an object identifier that struct ber_oid holds */
	BER_OID_TEXT_SIZE = 64, /* room for the dotted text of any identifier in use here, and its NUL */
};

enum ber_class { BER_UNIVERSAL, BER_APPLICATION, BER_CONTEXT, BER_PRIVATE };

enum ber_universal {
	BER_INTEGER = 2,
	BER_OCTET_STRING = 4,
	BER_NULL = 5,
	BER_OID = 6,
	BER_EXTERNAL = 8,
	BER_SEQUENCE = 16,
	BER_SET = 17
};

/* A place in a row of elements. remarks collects remark_bit()s: malformed, too deep, unterminated. */
struct ber {
	struct cursor cursor;
	uint32_t remarks;
	uint8_t depth;
};

/* One element. content is without tag, length and end-of-contents, and may be captured in part only. */
struct ber_element {
	struct cursor content;
	uint32_t tag;
	uint8_t ber_class; /* enum ber_class */
	uint8_t depth;
	bool constructed;
	bool indefinite;
};

/* An object identifier's content bytes; length 0: none. One that is longer than what is kept counts as none. */
struct ber_oid {
	uint8_t length;
	uint8_t bytes[BER_OID_KEPT];
};

/* Starts reading at the cursor's position; the bytes stay the caller's and must outlive all elements. */
static inline struct ber ber_over(struct cursor cursor)
{
	return (struct ber){.cursor = cursor};
}

/* What ber_next does not do in one look. */
bool ber_next_long(struct ber *ber, struct ber_element *element);

/*
 * Reads the next element (X.690 8.1). False at the end, at an end-of-contents, where the tag or length was not
 * captured, and where it is malformed (then the remarks say so); the reader then stays at its end, and what element
 * holds is undefined. An indefinite length without its end takes everything that is left and is remarked on, so that
 * what it holds can still be read.
 */
static inline bool ber_next(struct ber *ber, struct ber_element *element)
{
	struct cursor *cursor = &ber->cursor;
	const uint8_t *bytes = cursor_look(cursor, 2);

	/* Nearly all elements: a tag of one byte, a length of another, and no end-of-contents. */
	if (bytes == NULL || (bytes[0] & 0x1f) == 0x1f || bytes[1] >= 0x80 || (bytes[0] | bytes[1]) == 0 ||
	    bytes[1] > cursor->declared - cursor->position - 2)
		return cursor_left(cursor) > 0 && ber_next_long(ber, element);
	cursor->position += 2;
	element->content = cursor_sub(cursor, bytes[1]);
	element->tag = bytes[0] & 0x1f;
	element->ber_class = bytes[0] >> 6;
	element->depth = ber->depth;
	element->constructed = (bytes[0] & 0x20) != 0;
	element->indefinite = false;
	return true;
}

/* Starts reading inside a constructed element; an empty reader for a primitive one or beyond BER_DEPTH (remarked). */
static inline struct ber ber_inside(const struct ber_element *element)
{
	struct ber inside = {.depth = (uint8_t)(element->depth + 1)};

	if (element->constructed && element->depth < BER_DEPTH)
		inside.cursor = element->content;
	else if (element->constructed)
		inside.remarks = remark_bit(REMARK_BER_TOO_DEEP);
	return inside;
}

static inline bool ber_is(const struct ber_element *element, enum ber_class ber_class, uint32_t tag)
{
	return element->ber_class == ber_class && element->tag == tag;
}

/* Passes elements up to the next with that class and tag, which is written. False: there is none. */
static inline bool ber_find(struct ber *ber, enum ber_class ber_class, uint32_t tag, struct ber_element *element)
{
	while (ber_next(ber, element))
		if (ber_is(element, ber_class, tag))
			return true;
	return false;
}

/*
 * The value of an INTEGER's (or implicitly tagged integer's) content (X.690 8.3). False, with value untouched, when it
 * is empty, not captured, or beyond 32 bits. A constructed element is entered once: explicit tagging.
 */
bool ber_integer(const struct ber_element *element, int32_t *value);

/* Copies an OBJECT IDENTIFIER's content (X.690 8.19). False, and length 0, when it is not captured or too long. */
bool ber_oid(const struct ber_element *element, struct ber_oid *oid);

/* Does oid begin with the given content bytes? Both ends must fall on a component boundary, or the answer is false. */
bool ber_oid_starts(const struct ber_oid *oid, const void *prefix, size_t length);

/*
 * Writes the dotted text, NUL-terminated, into text of size bytes. A text that would not fit, and an identifier with an
 * unfinished or over-long component, end in "...". Returns the length written.
 */
size_t ber_oid_format(const struct ber_oid *oid, char *text, size_t size);

/*
 * Copies a character string, primitive or in constructed segments (X.690 8.21), into text of size bytes,
 * NUL-terminated. Bytes outside printable ASCII become '?'; what does not fit or was not captured is left out. Returns
 * the length.
 */
size_t ber_text(const struct ber_element *element, char *text, size_t size);

#endif
