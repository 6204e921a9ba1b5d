/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes for tests, written as hexadecimal text in which spaces do not count. */
#ifndef MTASCOPE_TESTS_HEX_H
#define MTASCOPE_TESTS_HEX_H

#include "base/cursor.h"

#include <stdint.h>
#include <string.h>

struct hex {
	uint8_t bytes[1024];
	size_t length;
};

static inline struct hex hex(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	struct hex out = {.length = 0};
	unsigned high = 16;

	for (; *text != '\0'; text++) {
		const char *digit = *text == ' ' ? NULL : strchr(digits, *text);
		if (digit == NULL)
			continue;
		unsigned value = (unsigned)(digit - digits);
		if (high == 16) {
			high = value;
		} else if (out.length < sizeof out.bytes) {
			out.bytes[out.length++] = (uint8_t)(high << 4 | value);
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
