/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What two MTAs say to each other (X.411; of 1984 in X.410 mode): the bind, and the envelopes of messages, probes and
 * reports. Credentials are stepped over, never copied; so are recipients, originators and content.
 */
#ifndef MTASCOPE_DISSECTORS_P1_H
#define MTASCOPE_DISSECTORS_P1_H

#include "dissectors/ber.h"

enum {
	P1_NAME_SIZE = 65, /* twice ub-mta-name-length, and a NUL */
	P1_ID_SIZE = 65,   /* twice ub-local-id-length, and a NUL */
	P1_DOMAIN_SIZE = 64, /* "/C=…/A=…/P=…/": 3, 16 and 16 characters (ub-…-name-length) and a NUL, with room */
};

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

/* The tag of the CHOICE MTS-APDU (MPDU in 1984), and one more. */
enum p1_apdu_kind { P1_APDU_NONE, P1_MESSAGE, P1_REPORT, P1_PROBE, P1_APDU_KINDS };

/* The MTS identifier (MPDU identifier in 1984), as printable ASCII; empty: none. */
struct p1_identifier {
	char domain[P1_DOMAIN_SIZE]; /* "/C=US/A= /P=CORP/" */
	char local[P1_ID_SIZE];
};

/* An envelope, as far as it was there. */
struct p1_apdu {
	enum p1_apdu_kind kind;
	bool complete;              /* the end of the envelope was there; else what is missing may be anything */
	size_t length;              /* of the whole APDU in bytes; 0: its length is indefinite */
	size_t needed;              /* bytes from the APDU's start to the envelope's end; 0: not known yet */
	struct p1_identifier id;    /* of the message, probe or report */
	int32_t priority;           /* message: 0 normal, 1 non-urgent, 2 urgent; -1: not known */
	int32_t content_type;       /* message, probe: the built-in one; -1: none */
	struct ber_oid content_oid; /* the extended one */
	uint32_t remarks;
};

/*
 * Reads the envelope of an MTS-APDU (X.411 12.2.1, ASN.1 MTS-APDU), of which data may hold the first bytes only: it is
 * declared as long as the APDU may be. subject gets the identifier of what a report reports on; both its texts are
 * empty where there is none. False, with a remark, when data does not begin with one.
 */
bool p1_parse_apdu(struct cursor data, struct p1_apdu *out, struct p1_identifier *subject);

static inline bool p1_identified(const struct p1_identifier *id)
{
	return id->domain[0] != '\0' || id->local[0] != '\0';
}

/* "message", "report", "probe"; NULL for P1_APDU_NONE. "Message", "Report", "Probe", as X.411 has them. Static. */
const char *p1_apdu_name(enum p1_apdu_kind kind);
const char *p1_apdu_title(enum p1_apdu_kind kind);

/* Names of X.411's Priority and built-in ContentType; NULL: not in the standard. Static. */
const char *p1_priority_name(int32_t priority);
const char *p1_content_type_name(int32_t type);

/* Name of X.411's MTABindError; NULL: not in the standard. Static. */
const char *p1_bind_error_name(int32_t error);

#endif
