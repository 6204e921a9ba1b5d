/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes for tests, written as hexadecimal text in which spaces do not count. "30{0500}" stands for 30 02 05 00: braces
 * put a length byte before what they hold. "0300(02f080)" does the same with a TPKT's two bytes, which count the
 * header.
 */
#ifndef MTASCOPE_TESTS_HEX_H
#define MTASCOPE_TESTS_HEX_H

#include "base/cursor.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct hex {
	uint8_t bytes[1024];
	size_t length;
};

static inline void hex_close(struct hex *out, size_t open, char bracket)
{
	size_t length = out->length - open - 1;

	if (bracket == '}') {
		if (length > 254)
			abort();
		out->bytes[open] = (uint8_t)length;
		return;
	}
	length = out->length - open + 2;
	out->bytes[open] = (uint8_t)(length >> 8);
	out->bytes[open + 1] = (uint8_t)length;
}

static inline struct hex hex(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	struct hex out = {.length = 0};
	size_t open[40];
	size_t depth = 0;
	unsigned high = 16;

	for (; *text != '\0'; text++) {
		const char *digit = *text == ' ' ? NULL : strchr(digits, *text);
		if (out.length + 2 > sizeof out.bytes)
			abort();
		if (*text == '{' || *text == '(') {
			open[depth++] = out.length;
			out.length += *text == '{' ? 1 : 2;
		} else if (*text == '}' || *text == ')') {
			hex_close(&out, open[--depth], *text);
		} else if (digit != NULL && high == 16) {
			high = (unsigned)(digit - digits);
		} else if (digit != NULL) {
			out.bytes[out.length++] = (uint8_t)(high << 4 | (unsigned)(digit - digits));
			high = 16;
		}
	}
	return out;
}

static inline struct cursor hex_cursor(const struct hex *hex)
{
	return cursor_over(hex->bytes, hex->length);
}

#endif
