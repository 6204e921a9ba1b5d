/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the session SPDUs that open, refuse and abort an association carry, all the way in: presentation, association
 * control, reliable transfer and the P1 bind; or X.410's sets in the older mode.
 */
#ifndef MTASCOPE_DISSECTORS_BIND_H
#define MTASCOPE_DISSECTORS_BIND_H

#include "dissectors/p1.h"
#include "dissectors/pdu.h"
#include "dissectors/presentation.h"
#include "dissectors/refusal.h"
#include "dissectors/session.h"

/* What speaks above COTP. */
enum service {
	SERVICE_UNKNOWN,
	SERVICE_X400,
	SERVICE_MMS,
	SERVICE_TASE2,
	SERVICE_S7,
	SERVICE_RDP,
	SERVICE_H323,
	SERVICES
};

/* "x400", "mms", "tase2", "s7", "rdp", "h323"; NULL for SERVICE_UNKNOWN. Static. */
const char *service_name(enum service service);

/* What two MTAs agreed on, as far as it was seen. Sizes in the units of X.228; -1: not told. */
struct association_details {
	enum presentation_mode mode;
	bool recover;              /* the request wants to go on with an interrupted association */
	bool session_selector;     /* the CONNECT has one, of either side's */
	int32_t dialogue_mode;     /* 0 monologue, 1 two-way-alternate (rtse_dialogue_name) */
	int32_t checkpoint_asked;  /* units of 1024 bytes; 0: no checkpoints */
	int32_t checkpoint_agreed; /* in the answer */
	int32_t window_asked;      /* checkpoints */
	int32_t window_agreed;
	char initiator[P1_NAME_SIZE]; /* MTA names; empty: none */
	char responder[P1_NAME_SIZE];
	char application_context[BER_OID_TEXT_SIZE]; /* dotted; empty: none, as in X.410 mode */
};

/*
 * A CONNECT (X.225 CN, X.226 CP, X.227 AARQ, X.228 RTORQ or X.410 PConnect, X.411 bind argument): starts details and
 * the set of presentation contexts anew and raises service when an OID or the mode tells. Notes are added to.
 */
void bind_request(const struct session_spdu *cn, struct association_details *details, struct presentation_set *set,
		  enum service *service, struct layer_notes *notes);

/*
 * An ACCEPT or REFUSE (AC, CPA, AARE, RTOAC, bind result; or RF, CPR, AARE, RTORJ, bind error). Returns true when some
 * layer says no; refusal then holds every layer's word, and its own is the innermost's. details may be incomplete when
 * the request was not seen.
 */
bool bind_answer(const struct session_spdu *answer, struct association_details *details, struct presentation_set *set,
		 enum service *service, struct refusal *refusal, struct layer_notes *notes);

/* An ABORT (AB, ARU or ARP, ABRT, RTAB or X.410 PAbort): the innermost layer's reason. */
void bind_abort(const struct session_spdu *abort, const struct presentation_set *set, struct refusal *refusal,
		struct layer_notes *notes);

/*
 * The user data of an orderly release (FINISH, DISCONNECT, NOT FINISHED: X.227 RLRQ and RLRE), or of any SPDU of an
 * open association in normal mode, for the notes only. Nothing in it changes anything.
 */
void bind_release(const struct session_spdu *spdu, const struct presentation_set *set, struct layer_notes *notes);

#endif
