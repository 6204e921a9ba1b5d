/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PPDUs that open, refuse and abort a presentation connection (X.226, ISO 8823), and the values in user data. */
#ifndef MTASCOPE_DISSECTORS_PRESENTATION_H
#define MTASCOPE_DISSECTORS_PRESENTATION_H

#include "dissectors/ber.h"

enum { PRESENTATION_CONTEXTS = 16 };

enum presentation_mode { PRESENTATION_MODE_NONE, PRESENTATION_X410_1984, PRESENTATION_NORMAL };

/* Which session user data it was found in says which PPDU it can be. */
enum presentation_kind {
	PRESENTATION_CP,  /* CN */
	PRESENTATION_CPA, /* AC */
	PRESENTATION_CPR, /* RF */
	PRESENTATION_ARU, /* AB, by the user */
	PRESENTATION_ARP, /* AB, by the provider */
	PRESENTATION_KINDS
};

struct presentation_context {
	int32_t id;
	struct ber_oid abstract_syntax;
};

/* The abstract syntaxes that matter here. */
enum presentation_syntax {
	PRESENTATION_SYNTAX_OTHER,
	PRESENTATION_SYNTAX_ACSE, /* 2.2.1.0.1 */
	PRESENTATION_SYNTAX_RTSE, /* 2.3.2, reliable transfer by itself */
	PRESENTATION_SYNTAX_X400, /* 2.6…: the MTAs' bind and reliable transfer, message transfer, access protocols */
	PRESENTATION_SYNTAX_MMS,  /* 1.0.9506… */
};

/* What the two sides agreed that a context identifier stands for: CP's proposals, less those that CPA turned down. */
struct presentation_set {
	int32_t ids[PRESENTATION_CONTEXTS];
	uint8_t syntaxes[PRESENTATION_CONTEXTS]; /* enum presentation_syntax */
	uint16_t refused;                        /* by bits */
	uint8_t count;
};

/* One PPDU; codes that were not there are -1. */
struct presentation_ppdu {
	enum presentation_kind kind;
	enum presentation_mode mode;
	struct presentation_context contexts[PRESENTATION_CONTEXTS]; /* CP's definition list */
	uint8_t context_count;
	int8_t results[PRESENTATION_CONTEXTS]; /* CPA and CPR: of each context in the CP's order */
	uint8_t result_count;
	int32_t provider_reason; /* CPR */
	int32_t abort_reason;    /* ARP */
	int32_t event_id;        /* ARP */
	uint32_t remarks;
	struct cursor x410;      /* x410-1984 mode: what stands in the place of the parameters, an RTS set's content */
	struct cursor user_data; /* normal mode: the fully encoded data's content, for presentation_next */
};

/* One presentation data value of fully encoded data. */
struct presentation_pdv {
	int32_t context;
	uint32_t encoding;   /* 0 single ASN.1 type, 1 octet-aligned, 2 arbitrary */
	struct cursor value; /* the octets, or the ASN.1 value's element */
};

/*
 * Reads a CP, CPA or CPR, or, for PRESENTATION_ARU and PRESENTATION_ARP alike, whichever abort it is (X.226 8). False,
 * with a remark, when it is none of them. The cursors point into the caller's bytes.
 */
bool presentation_parse(struct cursor data, enum presentation_kind kind, struct presentation_ppdu *out);

/* Which of the known abstract syntaxes an identifier is. */
enum presentation_syntax presentation_syntax(const struct ber_oid *oid);

/* Begins a set with a CP's proposals (X.226 6.2), or takes from it what a CPA or CPR turned down. */
void presentation_propose(struct presentation_set *set, const struct presentation_ppdu *cp);
void presentation_settle(struct presentation_set *set, const struct presentation_ppdu *answer);

/*
 * What a context stands for. False: it was not proposed, or was turned down, or no proposal was seen (count is 0).
 */
bool presentation_lookup(const struct presentation_set *set, int32_t id, enum presentation_syntax *syntax);

/*
 * User data as it stands alone in DT, TD, FN, DN and the activities' SPDUs (X.226 8.4): fully encoded data, whose list
 * then is ready for presentation_next; false, with a remark in list, when it is none. Simply encoded data has no list:
 * true, and list is empty.
 */
bool presentation_user_data(struct cursor data, struct ber *list);

/* The next PDV-list of fully encoded data (X.226 8.4.2); false at the end. */
bool presentation_next(struct ber *list, struct presentation_pdv *pdv);

/* "CP", "CPA" …; "?" for none. Static. */
const char *presentation_name(enum presentation_kind kind);

/* "x410-1984", "normal"; NULL for PRESENTATION_MODE_NONE. Static. */
const char *presentation_mode_name(enum presentation_mode mode);

/* Names of X.226's Provider-reason (CPR), Abort-reason (ARP) and Result; NULL: not in the standard. Static. */
const char *presentation_provider_reason_name(int32_t reason);
const char *presentation_abort_reason_name(int32_t reason);
const char *presentation_result_name(int32_t result);

#endif
