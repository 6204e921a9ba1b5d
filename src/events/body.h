/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an event says in words, whichever rendering: the same names of fields occur in the text log's lines (`cb 12`,
 * `Bad LPI 1-15-12`) and in the Application log's sentences (`Control block index = 1`). From the texts quoted in KB
 * Q319936, Q266792, Q188040, Q232602, Q225206, Q193380, Q170056 and others.
 */
#ifndef MTASCOPE_EVENTS_BODY_H
#define MTASCOPE_EVENTS_BODY_H

#include "base/cursor.h"
#include "events/event.h"

#include <stdbool.h>
#include <stdint.h>

/* Longer than any host name that DNS allows. */
enum { PEER_NAME_SIZE = 256 };

struct body {
	bool has_lpi;
	struct lpi lpi;
	int32_t cb; /* this and the next two: EVENT_LACKS where not named */
	int32_t error_code;
	int32_t socket_error;
	struct address peer;        /* family 0: none */
	struct cursor message_type; /* a part of the text read from; empty: none */
	size_t peer_name_length;
	char peer_name[PEER_NAME_SIZE];
};

/* Everything lacking. */
void body_clear(struct body *body);

/* The address of a caller, hexadecimal as 9301 has it, at the front of text. */
void body_read_address(struct cursor text, struct body *body);

/* Reads every field that text names; of one named twice, the first. Lines are separated by line feeds. */
void body_read(struct cursor text, struct body *body);

/* The number of the event whose words these are, for a record that lost its own; EVENT_LACKS: they do not tell. */
int32_t body_number(struct cursor text);

/* Whether text begins as one of the fields does that an MTA writes on lines of their own. */
bool body_is_field(struct cursor text);

/* Whether text begins as a description of one of the events that matter most: whatever stood before it is not its. */
bool body_is_opening(struct cursor text);

/* What an event of this number always has and body lacks, as the end of a sentence; NULL: nothing. */
const char *body_lacks(const struct body *body, int32_t number);

/* Whether events of this number tell about connections even where they name no LPI and no control block. */
bool body_tells_of_connections(int32_t number);

#endif
