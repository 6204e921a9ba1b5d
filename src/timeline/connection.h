/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of one TCP connection attempt: the struct that leaves the timeline and that align, origin and report
 * read. The words are those of docs/records.md.
 */
#ifndef MTASCOPE_TIMELINE_CONNECTION_H
#define MTASCOPE_TIMELINE_CONNECTION_H

#include "base/address.h"
#include "base/moment.h"

#include <stddef.h>

enum side { SIDE_NONE, SIDE_CLIENT, SIDE_SERVER, SIDE_MIDDLEBOX };

enum close_kind { CLOSE_NONE, CLOSE_FIN, CLOSE_RST, CLOSE_DR, CLOSE_ABORT, CLOSE_ICMP };

enum milestone {
	MILESTONE_SYN,
	MILESTONE_SYNACK,
	MILESTONE_ESTABLISHED,
	MILESTONE_REQUEST,
	MILESTONE_OK,
	MILESTONE_BIND_REQUEST,
	MILESTONE_BIND_RESULT,
	MILESTONE_FIRST_DATA,
	MILESTONE_CLOSE,
	MILESTONES
};

/* In the order of the table in docs/records.md: the first that fits is the outcome. */
enum outcome {
	OUTCOME_PARTIAL,
	OUTCOME_SYN_REFUSED,
	OUTCOME_SYN_UNANSWERED,
	OUTCOME_HANDSHAKE_UNFINISHED,
	OUTCOME_NO_REQUEST,
	OUTCOME_REFUSED,
	OUTCOME_LATE_OK,
	OUTCOME_OK_LOST,
	OUTCOME_NO_OK,
	OUTCOME_CLOSED_AFTER_OK,
	OUTCOME_PENDING,
	OUTCOME_OK,
	OUTCOMES
};

enum origin {
	ORIGIN_NONE, /* null: nothing failed, or it is not known to have */
	ORIGIN_SERVER_APPLICATION,
	ORIGIN_SERVER_TCP,
	ORIGIN_PATH_TO_SERVER,
	ORIGIN_PATH_TO_CLIENT,
	ORIGIN_CLIENT,
	ORIGIN_MIDDLEBOX,
	ORIGIN_UNDETERMINED,
	ORIGINS
};

/* The words of the records for the enumerations above; NULL for SIDE_NONE, CLOSE_NONE and ORIGIN_NONE. */
const char *side_name(enum side side);
const char *close_kind_name(enum close_kind kind);
const char *milestone_name(enum milestone milestone);
const char *outcome_name(enum outcome outcome);
const char *origin_name(enum origin origin);

#endif
