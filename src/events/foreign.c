/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events/foreign.h"

#include "events/lines.h"
#include "events/scan.h"

#include "base/memory.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define INSTEAD      "give the MTA's text log EV0.LOG, or a text file with the events copied out of Event Viewer"

struct signature {
	size_t offset;
	size_t length;
	const char *bytes;
	const char *says;
};

#define CAPTURE "this is a packet capture, not an event log: give it where captures are expected"

static const struct signature signatures[] = {
    {0, 4, "\xd4\xc3\xb2\xa1", CAPTURE},
    {0, 4, "\xa1\xb2\xc3\xd4", CAPTURE},
    {0, 4, "\x4d\x3c\xb2\xa1", CAPTURE},
    {0, 4, "\xa1\xb2\x3c\x4d", CAPTURE},
    {0, 4, "\x34\xcd\xb2\xa1", CAPTURE},
    {0, 4, "\x0a\x0d\x0d\x0a", CAPTURE " (pcapng)"},
    {0, 8, "snoop\0\0\0", CAPTURE " (snoop)"},
    {0, 4, "GMBU", CAPTURE " (Network Monitor)"},
    {0, 4, "RTSS", CAPTURE " (Network Monitor)"},
    {0, 8, "iptrace ", CAPTURE " (iptrace)"},
    {0, 4, "TRSN", CAPTURE " (Sniffer)"},
    {0, 2, "\x1f\x8b", "this is a gzip file: unpack it first"},
    {0, 4, "PK\x03\x04", "this is a zip archive: unpack it first"},
    {0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is a Microsoft Office document: " INSTEAD},
    {0, 5, "%PDF-", "this is a PDF document: " INSTEAD},
    {0, 5, "{\\rtf", "this is a rich-text document: save it as plain text first"},
};

/* What the first line of an export starts with. */
static const struct {
	const char *words;
	const char *says;
} openings[] = {
    {"<!DOCTYPE", "this is a web page: save it as plain text first"},
    {"<html", "this is a web page: save it as plain text first"},
};

/* Lines that only other files of the MTA hold (Q153188, Q163321, Q163324). */
static const struct {
	const char *words;
	const char *says;
} marks[] = {
    {"XAPI message:", "this is an interoperability log (AP0.LOG), which holds no events: give EV0.LOG"},
    {"NSI message:", "this is an interoperability log (AP0.LOG), which holds no events: give EV0.LOG"},
    {"TSI message:", "this is an interoperability log (AP0.LOG), which holds no events: give EV0.LOG"},
    {"[00000] ", "this is an interoperability log (AP0.LOG), which holds no events: give EV0.LOG"},
    {"[ 0]", "this is an APDU log (BF0.LOG), which holds no events: give EV0.LOG"},
};

static bool has_signature(const struct log_input *input, const struct signature *signature)
{
	struct cursor bytes = cursor_over(input->data, input->length);

	cursor_skip(&bytes, signature->offset);
	if (cursor_readable(&bytes) < signature->length)
		return false;
	for (size_t i = 0; i < signature->length; i++)
		if (cursor_u8(&bytes) != (uint8_t)signature->bytes[i])
			return false;
	return true;
}

/* The first line that is not blank; false in a log without one. */
static bool first_line(struct line_reader *lines, const struct log_input *input, struct cursor *line)
{
	log_lines(input, lines);
	while (lines_next(lines, line))
		if (cursor_readable(line) > 0)
			return true;
	return false;
}

static const char *told_by_text(const struct log_input *input)
{
	struct line_reader *lines = memory_get(sizeof(*lines));
	struct cursor line;
	const char *says = NULL;

	if (first_line(lines, input, &line)) {
		for (size_t i = 0; i < COUNT(openings) && says == NULL; i++) {
			struct cursor probe = line;
			if (scan_words(&probe, openings[i].words))
				says = openings[i].says;
		}
	}
	free(lines);
	return says;
}

static const char *recognise(const struct log_input *input)
{
	for (size_t i = 0; i < COUNT(signatures); i++)
		if (has_signature(input, &signatures[i]))
			return signatures[i].says;
	return told_by_text(input);
}

static bool probe(const struct log_input *input)
{
	return recognise(input) != NULL;
}

static void read_none(const struct log_input *input)
{
	const char *says = recognise(input);

	if (says != NULL)
		log_problem(input, 1, 0, says);
}

const struct event_format format_foreign = {"foreign", probe, read_none, NULL};

/* Bytes that no text has, apart from the NULs of UTF-16 and of holes. */
static bool is_binary(const struct log_input *input)
{
	struct cursor bytes = cursor_over(input->data, input->length);
	size_t control = 0;
	size_t seen = 0;

	for (; cursor_readable(&bytes) > 0 && seen < 65536; seen++) {
		uint8_t byte = cursor_u8(&bytes);
		control += byte != 0 && byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f';
	}
	return control * 50 > seen;
}

static bool is_all_zero(const struct log_input *input)
{
	struct cursor bytes = cursor_over(input->data, input->length);

	while (cursor_readable(&bytes) > 0)
		if (cursor_u8(&bytes) != 0)
			return false;
	return true;
}

const char *foreign_explain(const struct log_input *input)
{
	const char *says = "this text holds no event of a message transfer agent: " INSTEAD;

	if (input->length == 0)
		return "this log is empty; a restarted MTA begins EV0.LOG anew, and EV1.LOG holds what was before";
	if (is_all_zero(input))
		return "this file holds nothing but zeros: " INSTEAD;
	if (is_binary(input))
		return "this is a binary file of an unknown kind, not an event log: " INSTEAD;
	struct line_reader *lines = memory_get(sizeof(*lines));
	struct cursor line;
	log_lines(input, lines);
	bool found = false;
	while (!found && lines_next(lines, &line)) {
		for (size_t i = 0; i < COUNT(marks) && !found; i++) {
			struct cursor probe_line = line;
			found = scan_words(&probe_line, marks[i].words);
			if (found)
				says = marks[i].says;
		}
	}
	free(lines);
	return says;
}
