/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The APDUs of the reliable transfer service (X.228, ISO 9066-2), and X.410's sets of 1984, which X.228 took over. */
#ifndef MTASCOPE_DISSECTORS_RTSE_H
#define MTASCOPE_DISSECTORS_RTSE_H

#include "dissectors/ber.h"

enum rtse_kind {
	RTSE_NONE,
	RTSE_RTORQ, /* and X.410's PConnect */
	RTSE_RTOAC, /* PAccept */
	RTSE_RTORJ, /* PRefuse */
	RTSE_RTAB,  /* PAbort */
	RTSE_RTTP,
	RTSE_RTTR,
	RTSE_KINDS
};

/* One APDU; codes that were not there are -1. */
struct rtse_apdu {
	enum rtse_kind kind;
	int32_t checkpoint_size;      /* units of 1024 bytes; 0, also when left out: no checkpoints */
	int32_t window_size;          /* checkpoints that may be unacknowledged; 3 when left out */
	int32_t dialogue_mode;        /* RTORQ: 0 monologue, also when left out, 1 two-way-alternate */
	int32_t application_protocol; /* PConnect only: 1 is P1 of 1984 */
	int32_t reason;               /* RTORJ refuse reason, RTAB abort reason */
	bool open;                    /* connectionData open: user_data holds the bind */
	bool recover;                 /* connectionData recover */
	struct cursor user_data;      /* of open, of RTORJ and of RTAB */
	uint32_t remarks;
};

/* Reads a whole APDU as normal mode has it (X.228 9). False, with a remark, when data is none. */
bool rtse_parse(struct cursor data, struct rtse_apdu *out);

/*
 * Reads the content of an X.410 set (X.410 4.6, X.228 9) whose kind the SPDU tells: CN RTORQ, AC RTOAC, RF RTORJ, AB
 * RTAB. Remarks say what was malformed; what could be read stands. The cursors point into the caller's bytes.
 */
void rtse_parse_x410(struct cursor content, enum rtse_kind kind, struct rtse_apdu *out);

/* "RTORQ", "RTOAC" …; "?" for RTSE_NONE. Static. */
const char *rtse_name(enum rtse_kind kind);

/* "monologue", "two-way-alternate"; NULL: not in the standard. Static. */
const char *rtse_dialogue_name(int32_t mode);

/* Names of X.228's RefuseReason and AbortReason; NULL: not in the standard. Static. */
const char *rtse_refuse_name(int32_t reason);
const char *rtse_abort_name(int32_t reason);

#endif
