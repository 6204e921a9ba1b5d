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

enum { SESSION_SERIAL_NONE = -1 };

/* The SIs of GT and PT, which stand before most others. */
enum { SESSION_SI_GT = 1, SESSION_SI_PT = 2 };

/* Bits of the enclosure item (PI 25): where in a segmented SSDU this SPDU stands. */
enum session_enclosure { SESSION_FIRST_SEGMENT = 0x01, SESSION_LAST_SEGMENT = 0x02 };

/* The connection identifier group (PGI 1), and the one in the linking information (PGI 33) of an AR. */
struct session_references {
	struct cursor called, calling, common, additional; /* PI 9 to 12 */
};

/*
 * One SPDU. What was not there is zero or empty; serial numbers then are SESSION_SERIAL_NONE. Only has_rare tells
 * whether the members behind it are set at all: to clear them for each SPDU would take most of its time.
 */
struct session_spdu {
	enum session_kind kind;
	uint8_t si;
	uint32_t length;     /* of the parameters, as LI says */
	uint32_t parameters; /* how many there were, groups and what they hold */
	bool has_disconnect;
	uint8_t disconnect; /* PI 17, enum session_disconnect */
	bool has_reason;
	uint8_t reason; /* PI 50; in RF the rest of that parameter is user_data */
	bool has_functional_units;
	uint16_t functional_units; /* PI 20, session user requirements */
	bool has_token;
	uint8_t token;         /* PI 16 */
	uint8_t token_setting; /* PI 26 */
	uint8_t options;       /* PI 19 */
	uint8_t versions;      /* PI 22 */
	uint8_t sync_type;     /* PI 15 */
	uint8_t prepare_type;  /* PI 24 */
	uint8_t resync_type;   /* PI 27 */
	uint16_t tsdu_size[2]; /* PI 21: from initiator to responder, and back; 0: no limit */
	bool has_enclosure;
	uint8_t enclosure;      /* PI 25, enum session_enclosure */
	int32_t serial;         /* PI 42 */
	int32_t initial_serial; /* PI 23 */
	int32_t old_serial;     /* PI 42 in AR's linking information */
	/* Symmetric synchronization, where each direction has serial numbers of its own: PI 53 to 56. */
	uint8_t second_resync_type;
	int32_t second_serial, second_initial_serial, upper_limit_serial;
	struct cursor activity;  /* PI 41 */
	bool more;               /* CN: PI 60 says that CDO SPDUs follow with the rest of the user data */
	uint32_t remarks;        /* remark_bit()s */
	struct cursor user_data; /* PI 193 or 194, RF's reason, or for DT, EX and TD what follows the parameters */
	bool has_rare;           /* false: what follows was not there, and is not set */
	struct session_references references, old_references;
	struct cursor old_activity; /* PI 41 in AR's linking information */
	struct cursor calling_ssel, called_ssel;
	struct cursor large_initial_serial, large_second_initial_serial; /* PI 57 and 58, as they came */
	struct cursor reflect;                                           /* PI 49: what was not understood, in AB */
};

/*
 * Walks a TSDU. activity_open says whether an activity is open on the connection, or its end not yet acknowledged: that
 * tells AE from MAP and AI from AB.
 */
struct session_reader {
	struct cursor tsdu;
	uint32_t remarks;
	bool after_category_0; /* a GT or PT came first, so that what follows is of category 2 */
	bool activity_open;
};

/* Starts at the cursor's position. The bytes stay the caller's and must outlive the SPDUs. */
static inline struct session_reader session_over(struct cursor tsdu, bool activity_open)
{
	return (struct session_reader){.tsdu = tsdu, .activity_open = activity_open};
}

/* What session_next does where bytes are left. */
bool session_read(struct session_reader *reader, struct session_spdu *spdu);

/*
 * Reads the next SPDU of the TSDU, concatenation included (X.225 8.2 and the concatenation rules). False at the end,
 * and where an SI or LI is not there. Parameters that overrun or were not captured are a remark; what was read before
 * them stands.
 */
static inline bool session_next(struct session_reader *reader, struct session_spdu *spdu)
{
	return cursor_left(&reader->tsdu) > 0 && session_read(reader, spdu);
}

/*
 * At the start of a TSDU: passes a GT or PT without parameters, as stands before every SPDU of category 2, for less
 * than session_next takes. False: the TSDU begins otherwise.
 */
static inline bool session_pass_token(struct session_reader *reader)
{
	const uint8_t *bytes = cursor_look(&reader->tsdu, 2);

	if (bytes == NULL || (bytes[0] != SESSION_SI_GT && bytes[0] != SESSION_SI_PT) || bytes[1] != 0 ||
	    reader->after_category_0)
		return false;
	cursor_skip(&reader->tsdu, 2);
	reader->after_category_0 = true;
	return true;
}

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
