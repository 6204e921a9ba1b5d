/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Characters in and out of UTF-8 and UTF-16. */
#ifndef MTASCOPE_EVENTS_UNICODE_H
#define MTASCOPE_EVENTS_UNICODE_H

#include "base/cursor.h"

#include <stddef.h>
#include <stdint.h>

/* What stands for bytes that are no character. */
#define NO_CHARACTER UINT32_C(0xFFFD)

/* The longest character of UTF-8, in bytes. */
enum { UTF_8_MAX = 4 };

/* The next character; at least one byte is passed. Bytes that are none give NO_CHARACTER. */
uint32_t unicode_utf_8(struct cursor *bytes);

/* The same of UTF-16. A last odd byte is half a character, the cut end of the text, and passed as if it were whole. */
uint32_t unicode_utf_16(struct cursor *bytes, bool little);

/* Writes character as UTF-8 to text, which has room for UTF_8_MAX bytes; returns how many it took. */
size_t unicode_put(uint8_t *text, uint32_t character);

#endif
