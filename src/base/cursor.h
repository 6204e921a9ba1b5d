/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to read bytes that somebody else wrote. A cursor remembers its first error: every read after it returns
 * zero and moves nothing, so that a parser reads straight down and asks once at the end. What was captured and what was
 * declared are kept apart: running past the captured bytes is truncation (the capture's fault), running past the
 * declared ones is malformation (the sender's).
 */
#ifndef MTASCOPE_BASE_CURSOR_H
#define MTASCOPE_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cursor_error {
	CURSOR_OK,
	CURSOR_TRUNCATED, /* within what was declared, beyond what was captured */
	CURSOR_MALFORMED, /* beyond what was declared */
};

struct cursor {
	const uint8_t *data;
	size_t captured; /* readable bytes in data */
	size_t declared; /* bytes there were; at least captured */
	size_t position;
	enum cursor_error error;
};

/* A cursor over length bytes, all of them captured. The bytes stay the caller's and must outlive the cursor. */
static inline struct cursor cursor_over(const void *data, size_t length)
{
	return (struct cursor){.data = data, .captured = length, .declared = length};
}

/* A cursor over captured bytes of a unit that was declared long. A declared length below captured cuts captured. */
static inline struct cursor cursor_cut(const void *data, size_t captured, size_t declared)
{
	return (struct cursor){
	    .data = data, .captured = captured < declared ? captured : declared, .declared = declared};
}

static inline bool cursor_good(const struct cursor *cursor)
{
	return cursor->error == CURSOR_OK;
}

/* Declared bytes not yet passed; 0 after an error. */
static inline size_t cursor_left(const struct cursor *cursor)
{
	return cursor->error != CURSOR_OK ? 0 : cursor->declared - cursor->position;
}

/* Captured bytes not yet passed; 0 after an error. */
static inline size_t cursor_readable(const struct cursor *cursor)
{
	return cursor->error != CURSOR_OK || cursor->position >= cursor->captured ? 0
										  : cursor->captured - cursor->position;
}

static inline void cursor_fail(struct cursor *cursor, enum cursor_error error)
{
	if (cursor->error == CURSOR_OK)
		cursor->error = error;
}

/*
 * Passes length bytes and returns their address, or NULL with the error set. The address is valid for length bytes; for
 * length 0 it may be NULL.
 */
static inline const uint8_t *cursor_take(struct cursor *cursor, size_t length)
{
	if (cursor->error != CURSOR_OK)
		return NULL;
	if (length > cursor->declared - cursor->position) {
		cursor->error = CURSOR_MALFORMED;
		return NULL;
	}
	if (cursor->position > cursor->captured || length > cursor->captured - cursor->position) {
		cursor->error = CURSOR_TRUNCATED;
		return NULL;
	}
	const uint8_t *bytes = cursor->data == NULL ? NULL : cursor->data + cursor->position;
	cursor->position += length;
	return bytes;
}

/*
 * A header of a fixed length in one step: the address of length bytes, or NULL with the error set. Where the captured
 * bytes end first, it was cut off, whatever was declared.
 */
static inline const uint8_t *cursor_header(struct cursor *cursor, size_t length)
{
	if (cursor->error != CURSOR_OK)
		return NULL;
	if (cursor->position > cursor->captured || length > cursor->captured - cursor->position) {
		cursor->error = cursor->captured < cursor->declared ? CURSOR_TRUNCATED : CURSOR_MALFORMED;
		return NULL;
	}
	const uint8_t *bytes = cursor->data + cursor->position;
	cursor->position += length;
	return bytes;
}

/*
 * The address of the next length bytes without passing them, or NULL (and no error) where fewer were captured, or for
 * length 0.
 */
static inline const uint8_t *cursor_look(const struct cursor *cursor, size_t length)
{
	if (length == 0 || cursor->error != CURSOR_OK || cursor->position > cursor->captured ||
	    length > cursor->captured - cursor->position)
		return NULL;
	return cursor->data + cursor->position;
}

/* The address of length captured bytes from place on, wherever the cursor stands; NULL: they are not all there. */
static inline const uint8_t *cursor_stretch(const struct cursor *cursor, size_t place, size_t length)
{
	bool there = cursor->data != NULL && place <= cursor->captured && length <= cursor->captured - place;

	return there ? cursor->data + place : NULL;
}

/* Numbers within what cursor_header, cursor_look or cursor_take returned. */
static inline uint16_t bytes_be16(const uint8_t *bytes)
{
	return (uint16_t)((unsigned)bytes[0] << 8 | bytes[1]);
}

static inline uint32_t bytes_be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint32_t bytes_le32(const uint8_t *bytes)
{
	return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

/* Passes length declared bytes without reading them; they need not have been captured. */
static inline void cursor_skip(struct cursor *cursor, size_t length)
{
	if (cursor->error != CURSOR_OK)
		return;
	if (length > cursor->declared - cursor->position)
		cursor->error = CURSOR_MALFORMED;
	else
		cursor->position += length;
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
	const uint8_t *bytes = cursor_take(cursor, 1);

	return bytes == NULL ? 0 : bytes[0];
}

static inline uint16_t cursor_be16(struct cursor *cursor)
{
	const uint8_t *bytes = cursor_take(cursor, 2);

	return bytes == NULL ? 0 : (uint16_t)((unsigned)bytes[0] << 8 | bytes[1]);
}

static inline uint32_t cursor_be32(struct cursor *cursor)
{
	const uint8_t *bytes = cursor_take(cursor, 4);

	return bytes == NULL ? 0
			     : (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The same in little-endian order, and in the order that a file's header named. */
static inline uint16_t cursor_le16(struct cursor *cursor)
{
	const uint8_t *bytes = cursor_take(cursor, 2);

	return bytes == NULL ? 0 : (uint16_t)((unsigned)bytes[1] << 8 | bytes[0]);
}

static inline uint32_t cursor_le32(struct cursor *cursor)
{
	const uint8_t *bytes = cursor_take(cursor, 4);

	return bytes == NULL ? 0
			     : (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static inline uint16_t cursor_u16(struct cursor *cursor, bool big_endian)
{
	return big_endian ? cursor_be16(cursor) : cursor_le16(cursor);
}

static inline uint32_t cursor_u32(struct cursor *cursor, bool big_endian)
{
	return big_endian ? cursor_be32(cursor) : cursor_le32(cursor);
}

/* The next byte without passing it; 0 (and no error) where there is none. */
static inline uint8_t cursor_peek(const struct cursor *cursor)
{
	return cursor_readable(cursor) == 0 ? 0 : cursor->data[cursor->position];
}

/*
 * Passes length declared bytes and returns a cursor over just them, which may be partly captured. If they reach past
 * what was declared, both cursors carry CURSOR_MALFORMED.
 */
static inline struct cursor cursor_sub(struct cursor *cursor, size_t length)
{
	struct cursor sub = {.error = cursor->error};

	if (cursor->error != CURSOR_OK)
		return sub;
	if (length > cursor->declared - cursor->position) {
		cursor->error = CURSOR_MALFORMED;
		sub.error = CURSOR_MALFORMED;
		return sub;
	}
	size_t readable = cursor->position >= cursor->captured ? 0 : cursor->captured - cursor->position;
	sub.data = cursor->data == NULL || readable == 0 ? NULL : cursor->data + cursor->position;
	sub.captured = readable < length ? readable : length;
	sub.declared = length;
	cursor->position += length;
	return sub;
}

#endif
