/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bind between two MTAs (X.411 MTABind; X.411 of 1984 for X.410 mode). Credentials are stepped over, never copied.
 */
#ifndef MTASCOPE_DISSECTORS_P1_H
#define MTASCOPE_DISSECTORS_P1_H

#include "dissectors/ber.h"

enum { P1_NAME_SIZE = 65 }; /* twice ub-mta-name-length, and a NUL */

enum p1_bind_kind { P1_BIND_ARGUMENT, P1_BIND_RESULT, P1_BIND_ERROR };

struct p1_bind {
	enum p1_bind_kind kind;
	bool authenticated;      /* false: the NULL of an unauthenticated bind */
	bool has_credentials;    /* some were there; which is nobody's business */
	char name[P1_NAME_SIZE]; /* the initiator's or responder's MTA name, printable ASCII; empty: none */
	int32_t error;           /* -1: none */
	uint32_t remarks;
};

/*
 * Reads a bind argument, result or error (X.411 12.1.1, ASN.1 MTABind), with the remote operations wrapper of normal
 * mode
 * ([16], [17], [18], which then decides the kind) or without it, as the user data of X.410 mode has it (kind decides).
 * False, with a remark, when data is none.
 */
bool p1_parse_bind(struct cursor data, enum p1_bind_kind kind, struct p1_bind *out);

/* Name of X.411's MTABindError; NULL: not in the standard. Static. */
const char *p1_bind_error_name(int32_t error);

#endif
