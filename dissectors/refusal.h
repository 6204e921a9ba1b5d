/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who said no and why, through all the layers that wrapped it: the standards' own names, and which of them mean load.
 */
#ifndef MTASCOPE_DISSECTORS_REFUSAL_H
#define MTASCOPE_DISSECTORS_REFUSAL_H

#include "dissectors/pdu.h"

#include <stdbool.h>

/* The standards' tables of codes by which a layer refuses, aborts or gives up. */
enum refusal_table {
	REFUSAL_COTP_DR,               /* X.224, reason of a DISCONNECT REQUEST */
	REFUSAL_COTP_ER,               /* X.224, reject cause of a TPDU ERROR */
	REFUSAL_SESSION_RF,            /* X.225, reason code of a REFUSE */
	REFUSAL_SESSION_AB,            /* X.225, transport disconnect bits of an ABORT */
	REFUSAL_SESSION_EXCEPTION,     /* X.225, reason code of ED, AI and AD */
	REFUSAL_PRESENTATION_PROVIDER, /* X.226, Provider-reason of a CPR */
	REFUSAL_PRESENTATION_CONTEXT,  /* X.226, Result of a presentation context */
	REFUSAL_PRESENTATION_ABORT,    /* X.226, Abort-reason of an ARP */
	REFUSAL_ACSE_RESULT,           /* X.227, Associate-result */
	REFUSAL_ACSE_USER,             /* X.227, Associate-source-diagnostic of the service user */
	REFUSAL_ACSE_PROVIDER,         /* … and of the service provider */
	REFUSAL_ACSE_ABORT_SOURCE,     /* X.227, ABRT-source */
	REFUSAL_ACSE_ABORT_DIAGNOSTIC, /* X.227, ABRT-diagnostic */
	REFUSAL_RTSE_REFUSE,           /* X.228, RefuseReason */
	REFUSAL_RTSE_ABORT,            /* X.228, AbortReason */
	REFUSAL_X410_REFUSE,           /* X.410 of 1984, RefuseReason */
	REFUSAL_X410_ABORT,            /* X.410 of 1984, AbortReason */
	REFUSAL_P1_BIND,               /* X.411, MTABindError */
	REFUSAL_TABLES
};

/* One layer's word. */
struct refusal_step {
	enum layer layer;
	int32_t code;       /* the number on the wire; -1: the layer says no and gives no number */
	const char *reason; /* the standard's own name, static; NULL: it has none for the code */
	const char *clause; /* where the standard defines the code; static */
	bool congestion;    /* the code says that the layer is busy, congested or out of room */
};

enum { REFUSAL_STEPS = 8 };

/*
 * A refusal, or why an association was aborted. Often one layer's wraps another's. The innermost, which is the last of
 * the path, knows best why: layer, code, reason and clause are its.
 */
struct refusal {
	enum layer layer;
	int32_t code;
	const char *reason;
	const char *clause;
	bool congestion; /* of any step */
	uint8_t steps;
	struct refusal_step path[REFUSAL_STEPS]; /* from the outermost in */
};

/* A refusal of no step. */
void refusal_begin(struct refusal *refusal);

/* Adds a layer's word within those before it; beyond REFUSAL_STEPS it replaces the last. */
void refusal_add(struct refusal *refusal, enum refusal_table table, int32_t code);

/* The step that a code of a table makes. */
struct refusal_step refusal_step(enum refusal_table table, int32_t code);

#endif
