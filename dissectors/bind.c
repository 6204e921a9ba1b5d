/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/bind.h"

#include "dissectors/acse.h"
#include "dissectors/note.h"
#include "dissectors/rtse.h"

#include <string.h>

const char *service_name(enum service service)
{
	static const char *const names[SERVICES] = {NULL, "x400", "mms", "tase2", "s7", "rdp", "h323"};

	return (unsigned)service < SERVICES ? names[service] : NULL;
}

static enum service service_of(const struct ber_oid *oid)
{
	switch (presentation_syntax(oid)) {
	case PRESENTATION_SYNTAX_X400:
		return SERVICE_X400;
	case PRESENTATION_SYNTAX_MMS:
		return SERVICE_MMS;
	default:
		return SERVICE_UNKNOWN;
	}
}

enum { OVERFLOW_MAX = 65536 };

static void raise_service(enum service *service, enum service told)
{
	if (told != SERVICE_UNKNOWN)
		*service = told;
}

static void start_details(struct association_details *details)
{
	*details = (struct association_details){
	    .dialogue_mode = -1,
	    .checkpoint_asked = -1,
	    .checkpoint_agreed = -1,
	    .window_asked = -1,
	    .window_agreed = -1,
	};
}

static bool present(const struct cursor *cursor)
{
	return cursor_left(cursor) > 0;
}

/* Whether a value is ACSE's. Where the contexts were not seen, or none is ACSE's, its form must tell. */
static bool is_acse(const struct presentation_set *set, int32_t context)
{
	enum presentation_syntax syntax;
	bool known = false;

	for (unsigned i = 0; i < set->count; i++)
		known = known || set->syntaxes[i] == PRESENTATION_SYNTAX_ACSE;
	return !known || !presentation_lookup(set, context, &syntax) || syntax == PRESENTATION_SYNTAX_ACSE;
}

/* The first value that is an ACSE APDU: there is one, and it comes first but for odd stacks. */
static bool find_acse(struct ber list, const struct presentation_set *set, struct acse_apdu *apdu,
		      struct layer_notes *notes)
{
	struct presentation_pdv pdv;
	bool found = false;
	uint32_t remarks = 0;

	for (int i = 0; i < PRESENTATION_CONTEXTS && !found && presentation_next(&list, &pdv); i++) {
		if (!is_acse(set, pdv.context))
			continue;
		found = acse_parse(pdv.value, apdu);
		remarks = apdu->remarks;
	}
	notes->remarks[LAYER_PRESENTATION] |= list.remarks;
	notes->remarks[LAYER_ACSE] |= remarks;
	if (found)
		note_acse(apdu, notes);
	return found;
}

static bool read_bind(struct cursor data, enum p1_bind_kind kind, struct p1_bind *bind, struct layer_notes *notes)
{
	if (!present(&data))
		return false;
	bool good = p1_parse_bind(data, kind, bind);
	if (good)
		note_bind(bind, notes);
	else
		notes->remarks[LAYER_P1] |= bind->remarks;
	return good;
}

static bool read_terms(const struct rtse_apdu *rts, struct association_details *details, struct layer_notes *notes)
{
	struct p1_bind bind;

	note_rtse(rts, notes);
	if (rts->kind == RTSE_RTORQ) {
		details->checkpoint_asked = rts->checkpoint_size;
		details->window_asked = rts->window_size;
		details->dialogue_mode = rts->dialogue_mode;
		details->recover = rts->recover;
		if (!read_bind(rts->user_data, P1_BIND_ARGUMENT, &bind, notes))
			return false;
		memcpy(details->initiator, bind.name, sizeof details->initiator);
		return true;
	}
	if (rts->kind != RTSE_RTOAC)
		return false;
	details->checkpoint_agreed = rts->checkpoint_size;
	details->window_agreed = rts->window_size;
	if (!read_bind(rts->user_data, P1_BIND_RESULT, &bind, notes))
		return false;
	memcpy(details->responder, bind.name, sizeof details->responder);
	return true;
}

static void request_x410(const struct presentation_ppdu *cp, struct association_details *details, enum service *service,
			 struct layer_notes *notes)
{
	struct rtse_apdu rts;

	rtse_parse_x410(cp->x410, RTSE_RTORQ, &rts);
	bool bound = read_terms(&rts, details, notes);
	/* Only an RTS connection makes it X.400: an empty set in this mode does not. */
	if (bound || (rts.application_protocol == 1 && (rts.open || rts.recover)))
		*service = SERVICE_X400;
}

void bind_request(const struct session_spdu *cn, struct association_details *details, struct presentation_set *set,
		  enum service *service, struct layer_notes *notes)
{
	struct presentation_ppdu cp;
	struct acse_apdu aarq;
	struct rtse_apdu rts;

	start_details(details);
	details->session_selector = cn->has_rare && (present(&cn->calling_ssel) || present(&cn->called_ssel));
	*set = (struct presentation_set){0};
	if (!present(&cn->user_data))
		return;
	struct cursor data = cn->user_data;
	/* Until the rest has come in CONNECT DATA OVERFLOW it is as if it had not been captured. */
	if (cn->more)
		data.declared += OVERFLOW_MAX;
	bool good = presentation_parse(data, PRESENTATION_CP, &cp);
	note_ppdu(&cp, good, notes);
	if (!good)
		return;
	details->mode = cp.mode;
	if (cp.mode == PRESENTATION_X410_1984) {
		request_x410(&cp, details, service, notes);
		return;
	}
	for (unsigned i = 0; i < cp.context_count; i++)
		raise_service(service, service_of(&cp.contexts[i].abstract_syntax));
	presentation_propose(set, &cp);
	if (!find_acse(ber_over(cp.user_data), set, &aarq, notes) || aarq.kind != ACSE_AARQ)
		return;
	ber_oid_format(&aarq.application_context, details->application_context, sizeof details->application_context);
	raise_service(service, service_of(&aarq.application_context));
	if (*service == SERVICE_X400 && present(&aarq.user_information)) {
		rtse_parse(aarq.user_information, &rts);
		read_terms(&rts, details, notes);
	}
}

/* RTORJ or PRefuse, and the bind error in it. */
static void refused_by_rts(const struct rtse_apdu *rts, enum refusal_table table, struct refusal *refusal,
			   struct layer_notes *notes)
{
	struct p1_bind bind;

	refusal_add(refusal, table, rts->reason);
	if (read_bind(rts->user_data, P1_BIND_ERROR, &bind, notes) && bind.kind == P1_BIND_ERROR)
		refusal_add(refusal, REFUSAL_P1_BIND, bind.error);
}

static bool refused_by_acse(const struct acse_apdu *aare, struct refusal *refusal)
{
	if (aare->result <= 0)
		return false;
	refusal_add(refusal, REFUSAL_ACSE_RESULT, aare->result);
	/* "null" and no diagnostic at all say less than the result does. */
	if (aare->diagnostic > 0)
		refusal_add(refusal, aare->source == ACSE_SOURCE_PROVIDER ? REFUSAL_ACSE_PROVIDER : REFUSAL_ACSE_USER,
			    aare->diagnostic);
	return true;
}

static bool answer_normal(const struct presentation_ppdu *ppdu, struct association_details *details,
			  struct presentation_set *set, enum service *service, struct refusal *refusal,
			  struct layer_notes *notes)
{
	struct acse_apdu aare = {0};
	struct rtse_apdu rts;
	bool refused = false;

	if (ppdu->kind == PRESENTATION_CPA)
		presentation_settle(set, ppdu);
	if (ppdu->provider_reason >= 0) {
		refusal_add(refusal, REFUSAL_PRESENTATION_PROVIDER, ppdu->provider_reason);
		refused = true;
	}
	if (!find_acse(ber_over(ppdu->user_data), set, &aare, notes) || aare.kind != ACSE_AARE)
		return refused;
	raise_service(service, service_of(&aare.application_context));
	if (details->application_context[0] == '\0')
		ber_oid_format(&aare.application_context, details->application_context,
			       sizeof details->application_context);
	refused = refused_by_acse(&aare, refusal) || refused;
	if (*service != SERVICE_X400 || !present(&aare.user_information))
		return refused;
	rtse_parse(aare.user_information, &rts);
	read_terms(&rts, details, notes);
	if (rts.kind != RTSE_RTORJ)
		return refused;
	refused_by_rts(&rts, REFUSAL_RTSE_REFUSE, refusal, notes);
	return true;
}

static bool answer_x410(const struct presentation_ppdu *ppdu, struct association_details *details,
			struct refusal *refusal, struct layer_notes *notes)
{
	struct rtse_apdu rts;

	rtse_parse_x410(ppdu->x410, ppdu->kind == PRESENTATION_CPA ? RTSE_RTOAC : RTSE_RTORJ, &rts);
	read_terms(&rts, details, notes);
	if (rts.kind != RTSE_RTORJ)
		return false;
	refused_by_rts(&rts, REFUSAL_X410_REFUSE, refusal, notes);
	return true;
}

bool bind_answer(const struct session_spdu *answer, struct association_details *details, struct presentation_set *set,
		 enum service *service, struct refusal *refusal, struct layer_notes *notes)
{
	struct presentation_ppdu ppdu;
	bool refused = answer->kind == SESSION_RF;

	refusal_begin(refusal);
	if (refused)
		refusal_add(refusal, REFUSAL_SESSION_RF, answer->has_reason ? answer->reason : -1);
	/* Reasons other than 2 have no user data of the layers above. */
	if (!present(&answer->user_data) || (refused && answer->reason != 2))
		return refused;
	bool good = presentation_parse(answer->user_data, refused ? PRESENTATION_CPR : PRESENTATION_CPA, &ppdu);
	note_ppdu(&ppdu, good, notes);
	if (!good)
		return refused;
	if (details->mode == PRESENTATION_MODE_NONE)
		details->mode = ppdu.mode;
	if (ppdu.mode == PRESENTATION_X410_1984)
		return answer_x410(&ppdu, details, refusal, notes) || refused;
	return answer_normal(&ppdu, details, set, service, refusal, notes) || refused;
}

static void aborted_by_rts(const struct rtse_apdu *rts, enum refusal_table table, struct refusal *refusal,
			   struct layer_notes *notes)
{
	note_rtse(rts, notes);
	if (rts->kind == RTSE_RTAB && rts->reason >= 0)
		refusal_add(refusal, table, rts->reason);
}

static void aborted_by_user(const struct presentation_ppdu *aru, const struct presentation_set *set,
			    struct refusal *refusal, struct layer_notes *notes)
{
	struct acse_apdu abrt = {0};
	struct rtse_apdu rts;

	if (!find_acse(ber_over(aru->user_data), set, &abrt, notes) || abrt.kind != ACSE_ABRT)
		return;
	refusal_add(refusal, REFUSAL_ACSE_ABORT_SOURCE, abrt.source);
	if (abrt.diagnostic >= 0)
		refusal_add(refusal, REFUSAL_ACSE_ABORT_DIAGNOSTIC, abrt.diagnostic);
	/* Other users of ACSE have other things here, so only an RTAB is believed to be one. */
	if (present(&abrt.user_information) && rtse_parse(abrt.user_information, &rts))
		aborted_by_rts(&rts, REFUSAL_RTSE_ABORT, refusal, notes);
}

void bind_abort(const struct session_spdu *abort, const struct presentation_set *set, struct refusal *refusal,
		struct layer_notes *notes)
{
	struct presentation_ppdu ppdu;
	struct rtse_apdu rts;

	refusal_begin(refusal);
	refusal_add(refusal, REFUSAL_SESSION_AB, abort->has_disconnect ? abort->disconnect : -1);
	if (!present(&abort->user_data))
		return;
	bool good = presentation_parse(abort->user_data, PRESENTATION_ARU, &ppdu);
	note_ppdu(&ppdu, good, notes);
	if (!good)
		return;
	if (ppdu.kind == PRESENTATION_ARP) {
		refusal_add(refusal, REFUSAL_PRESENTATION_ABORT, ppdu.abort_reason);
	} else if (ppdu.mode == PRESENTATION_X410_1984) {
		rtse_parse_x410(ppdu.x410, RTSE_RTAB, &rts);
		aborted_by_rts(&rts, REFUSAL_X410_ABORT, refusal, notes);
	} else {
		aborted_by_user(&ppdu, set, refusal, notes);
	}
}

void bind_release(const struct session_spdu *spdu, const struct presentation_set *set, struct layer_notes *notes)
{
	struct acse_apdu apdu;
	struct ber list;

	if (notes->pdu == NULL || !present(&spdu->user_data))
		return;
	if (!presentation_user_data(spdu->user_data, &list))
		return;
	note_pdu(notes, LAYER_PRESENTATION, "User-data", NULL);
	find_acse(list, set, &apdu, notes);
}
