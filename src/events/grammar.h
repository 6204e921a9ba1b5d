/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fixed parts of an MTA event in its two renderings: the text log's header and `where` line, and the bracket at the
 * end of an Application-log description. From the samples in KB Q319936, Q151626, Q153188, Q159566 and others.
 */
#ifndef MTASCOPE_EVENTS_GRAMMAR_H
#define MTASCOPE_EVENTS_GRAMMAR_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stdint.h>

/* `message NMI4283: Interface Event, severity 14` */
struct header {
	int32_t number;
	int32_t severity;         /* EVENT_LACKS: the line ends before it */
	struct cursor class_name; /* "Interface Event"; a part of the text read from */
};

/* Which thread logged, and in which procedure; the cursors are parts of the text read from. */
struct where {
	bool known;              /* the component is one that an MTA has */
	struct cursor component; /* "POP4" */
	struct cursor thread_name;
	int32_t thread;  /* EVENT_LACKS */
	int32_t process; /* EVENT_LACKS */
};

enum time_state {
	TIME_ABSENT,
	TIME_PLACEHOLDER, /* mm-dd-yy, as an article prints it */
	TIME_READ,
	TIME_WRONG, /* a date or time that there cannot be */
};

/*
 * A header at the front of text. `Event 210: X.400 Service Event, severity 14` (Q179837) is one too. One cut off after
 * its number is a header without class and severity.
 */
bool grammar_header(struct cursor *text, struct header *header);

/* `Internal Processing Error, severity 14` alone, as Q235534 has it below `Description:`. number is left lacking. */
bool grammar_class(struct cursor *text, struct header *header);

/*
 * `(POP4 POP4 UP(7) Proc 228)` at the front of text. What is missing at its end is tolerated where the component is a
 * known one, since records get cut.
 */
bool grammar_where(struct cursor *text, struct where *where);

/* `Proc 228)`, where a line was folded before it. */
bool grammar_rest_of_where(struct cursor *text, int32_t *process);

/* A component's name at the front of text, set in where: `BASE IL`. */
bool grammar_component(struct cursor *text, struct where *where);

/* Whether text is the name of a thread that an MTA has, and nothing more. */
bool grammar_is_thread(struct cursor text);

/* A component and a thread of an MTA at the front of text, set in where: `POP4 POP4 UP`. */
bool grammar_thread(struct cursor *text, struct where *where);

/*
 * `02-26-02 02:43:50pm` at the front of text, as seconds on the log's clock. Years below 70 are 20xx. The text log is
 * never localized: the month comes first (Q163325, Q196852).
 */
enum time_state grammar_time(struct cursor *text, int64_t *seconds);

/* `Feb 26, 2002 19:43:50` at the front of text, as seconds. A fraction behind it is passed. */
bool grammar_month_name_time(struct cursor *text, int64_t *seconds);

/* `[POP4 POP4 UP 6 228] (14)` at the very end of text, which is cut off before it. */
struct trailer {
	struct where where;
	int32_t severity;  /* EVENT_LACKS: there is no number after the bracket */
	bool placeholders; /* [%7 %8 %9 %10] */
};
bool grammar_trailer(struct cursor *text, struct trailer *trailer);

/* The first header or dated where line after text's first byte: its position in text, or 0 if there is none. */
size_t grammar_next_record(struct cursor text);

#endif
