/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that reads a log's bytes: out of whatever encoding into lines of UTF-8. The MTA writes single-byte ANSI
 * (KB Q164528 shows byte A7h); editors, mail and Event Viewer make UTF-8 and UTF-16 of it, and what a console program
 * writes to a file is in an OEM code page.
 */
#ifndef MTASCOPE_EVENTS_LINES_H
#define MTASCOPE_EVENTS_LINES_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stdint.h>

/* A line with more bytes than this is handed out in pieces, so that a log that lost its line ends is still read. */
enum { LINE_SIZE = 8192 };

/* UNKNOWN is to be found out; NARROW too, but is known to be one of those in bytes. */
enum line_encoding {
	LINES_UNKNOWN,
	LINES_NARROW,
	LINES_WINDOWS_1252,
	LINES_OEM,
	LINES_UTF_8,
	LINES_UTF_16LE,
	LINES_UTF_16BE,
};

struct line_reader {
	struct cursor bytes;
	enum line_encoding encoding;
	int64_t next_line;  /* 1-based number of the line that bytes stands in */
	int64_t line;       /* of the line handed out last */
	uint64_t base;      /* of the bytes in the log */
	uint64_t offset;    /* of the line's first byte in the log */
	uint32_t held_back; /* a character read one too far; 0: none */
	size_t held_at;     /* where its bytes are */
	bool verbatim;      /* set after lines_open: white space at a line's ends and tabs stay */
	bool ended;         /* the line ends with the piece handed out last */
	size_t length;
	uint8_t text[LINE_SIZE];
};

/* Starts at the first line; finds the encoding out if it is not known. The bytes stay the caller's. */
void lines_open(struct line_reader *reader, const uint8_t *data, size_t length, enum line_encoding encoding);

/* LINES_NARROW, or the UTF-16 without a mark that the first pages are in. */
enum line_encoding lines_width(const uint8_t *data, size_t length);

/* A line that was read verbatim, as lines_next would have made it otherwise. */
struct cursor lines_cleaned(struct cursor line);

/*
 * Reads the next line: ended by CR LF, LF, CR, two NULs or more (a hole in the file; not counted as a line) or the
 * end. *text is it in UTF-8 without white space at its ends, without the marks of quoting mail before it, tabs and
 * other white space as spaces, control characters and lone NULs gone; valid until the next call. False at the end.
 */
bool lines_next(struct line_reader *reader, struct cursor *text);

#endif
