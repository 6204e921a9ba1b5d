/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stretches of a log in which a character has the same width: what a program appended in UTF-16 to a file in bytes, or
 * the other way round. Which page of bytes a stretch is in is for lines.h to find out.
 */
#ifndef MTASCOPE_EVENTS_STRETCH_H
#define MTASCOPE_EVENTS_STRETCH_H

#include "events/lines.h"

#include <stddef.h>
#include <stdint.h>

struct stretch {
	size_t from, to;
	enum line_encoding encoding; /* LINES_NARROW, or one of UTF-16 */
};

/*
 * The stretch that begins at from, which is less than length. A byte order mark at its beginning is left out: its from
 * is behind it.
 */
struct stretch stretch_at(const uint8_t *data, size_t length, size_t from);

#endif
