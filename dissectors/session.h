/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SPDUs in a TSDU (X.225, ISO 8327). */
#ifndef MTASCOPE_DISSECTORS_SESSION_H
#define MTASCOPE_DISSECTORS_SESSION_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stdint.h>

/* What an SPDU is: the SI alone does not tell, for 1, 2, 25, 26, 41 and 42 are used twice. */
enum session_kind {
	SESSION_UNKNOWN,
	SESSION_CN,
	SESSION_OA,
	SESSION_CDO,
	SESSION_AC,
	SESSION_RF,
	SESSION_FN,
	SESSION_DN,
	SESSION_NF,
	SESSION_AB,
	SESSION_AA,
	SESSION_DT,
	SESSION_EX,
	SESSION_TD,
	SESSION_CD,
	SESSION_CDA,
	SESSION_GT,
	SESSION_PT,
	SESSION_GTC,
	SESSION_GTA,
	SESSION_MIP,
	SESSION_MIA,
	SESSION_MAP,
	SESSION_MAA,
	SESSION_RS,
	SESSION_RA,
	SESSION_PR,
	SESSION_ER,
	SESSION_ED,
	SESSION_AS,
	SESSION_AR,
	SESSION_AI,
	SESSION_AIA,
	SESSION_AD,
	SESSION_ADA,
	SESSION_AE,
	SESSION_AEA,
	SESSION_KINDS
};

/* Bits of the transport disconnect parameter (PI 17) in RF, FN, AB. */
enum session_disconnect {
	SESSION_RELEASED = 0x01,
	SESSION_USER_ABORT = 0x02,
	SESSION_PROTOCOL_ERROR = 0x04,
	SESSION_NO_REASON = 0x08,
	SESSION_IMPLEMENTATION_RESTRICTION = 0x10,
};

/* One SPDU. What has_… denies is zero. */
struct session_spdu {
	enum session_kind kind;
	uint8_t si;
	uint32_t length; /* of the parameters, as LI says */
	bool has_disconnect;
	uint8_t disconnect; /* enum session_disconnect */
	bool has_reason;
	uint8_t reason; /* PI 50; in RF the rest of that parameter is user_data */
	bool has_functional_units;
	uint16_t functional_units; /* PI 20 */
	uint8_t options;           /* PI 19 */
	uint8_t versions;          /* PI 22 */
	bool more;                 /* CN: PI 60 says that CDO SPDUs follow with the rest of the user data */
	uint32_t remarks;          /* remark_bit()s */
	struct cursor calling_ssel, called_ssel;
	struct cursor user_data; /* PI 193 or 194, RF's reason, or for DT, EX and TD what follows the parameters */
};

/* Walks a TSDU. activity_open says whether an activity is open on the connection: it tells AE from MAP and AI from AB.
 */
struct session_reader {
	struct cursor tsdu;
	uint32_t remarks;
	bool after_category_0; /* a GT or PT came first, so that what follows is of category 2 */
	bool activity_open;
};

/* Starts at the cursor's position. The bytes stay the caller's and must outlive the SPDUs. */
struct session_reader session_over(struct cursor tsdu, bool activity_open);

/*
 * Reads the next SPDU of the TSDU, concatenation included (X.225 8.2 and the concatenation rules). False at the end,
 * and where an SI or LI is not there. Parameters that overrun or were not captured are a remark; what was read before
 * them stands.
 */
bool session_next(struct session_reader *reader, struct session_spdu *spdu);

/* "CONNECT", "CN" and "CN CONNECT" as X.225 8.3 has them; "?" and "? ?" for SESSION_UNKNOWN. Static. */
const char *session_name(enum session_kind kind);
const char *session_short_name(enum session_kind kind);
const char *session_title(enum session_kind kind);

/* The words of X.225 8.3, REFUSE SPDU, for a reason code; NULL: not in the standard. Static. */
const char *session_refuse_name(int32_t reason);

/* The words for the reason code of ED, AI and AD (X.225 8.3, PI 50); NULL: not in the standard. Static. */
const char *session_exception_name(int32_t reason);

/*
 * Why an ABORT SPDU ended the connection, from its transport disconnect bits (X.225 8.3, PI 17); a bit that gives a
 * reason goes before the bit for none; -1, no such parameter, is no reason. Static.
 */
const char *session_abort_name(int32_t disconnect);

#endif
