/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log that was put together out of several: an export, below it what somebody pasted, and what another program
 * appended in another encoding. Each part is read by the reader of its form.
 */
#ifndef MTASCOPE_EVENTS_SECTIONS_H
#define MTASCOPE_EVENTS_SECTIONS_H

#include "events/log.h"

/* More are not told apart: the last one goes on to the log's end. */
enum { SECTIONS_MAX = 4096 };

struct section {
	const struct event_format *format; /* NULL: nothing in it begins an event for certain */
	size_t from, to;
	int64_t lines_before;
	enum line_encoding encoding;
};

struct sections {
	struct section *at; /* at least one, in order and without gaps but for marks of the byte order */
	size_t count, room;
};

/* Cuts text in any encodings where another form begins. Free with sections_free. */
void sections_find(struct sections *sections, const uint8_t *data, size_t length);
void sections_free(struct sections *sections);

#endif
