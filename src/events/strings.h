/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Insertion strings: what an event log stores of an event, and all that is left of it where the MTA's own message file
 * (mtamsg.dll) is missing, as it is on any machine of today. Their order is that of the text log's body, then
 * component, thread name, thread number, procedure: 1, 15, 12, 8464, POP4, POP4 UP, 7, 228 (from the templates and
 * samples of KB Q240383, Q170006, Q195731 and Q319936). Some builds insert one more, so they are read from the
 * component outwards.
 */
#ifndef MTASCOPE_EVENTS_STRINGS_H
#define MTASCOPE_EVENTS_STRINGS_H

#include "events/body.h"
#include "events/grammar.h"

/* More than any event of an MTA has; the rest is not looked at. */
enum { STRINGS_MAX = 48 };

struct strings {
	struct cursor at[STRINGS_MAX]; /* parts of the text read from, without white space at their ends */
	size_t count;
};

void strings_add(struct strings *strings, struct cursor string);

/*
 * Takes the strings out of a description that no message file was there for, in the wordings of NT 4 ("It contains the
 * following insertion string(s):"), Windows 2000 ("part of the event:") and Vista ("included with the event:", a line
 * each), or in another language if an MTA's component stands among them. False: text is no such description.
 */
bool strings_of_description(struct cursor text, struct strings *strings);

/* Whether text begins as such a description does. */
bool strings_description_begins(struct cursor text);

/* Takes them out of a list: with commas or semicolons between them, or (dumpel) only spaces. */
void strings_of_list(struct cursor text, struct strings *strings);

/*
 * What the strings of event number tell. Fields that the event does not have, or whose order is not known, are left
 * lacking. False: no component of an MTA is among them, so that only the parameters could be read.
 */
bool strings_read(const struct strings *strings, int32_t number, struct body *body, struct where *where);

#endif
