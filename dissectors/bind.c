/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/bind.h"

#include "dissectors/acse.h"
#include "dissectors/rtse.h"

#include <string.h>

const char *service_name(enum service service)
{
	static const char *const names[SERVICES] = {NULL, "x400", "mms", "tase2", "s7", "rdp", "h323"};

	return (unsigned)service < SERVICES ? names[service] : NULL;
}

/* 2.6 is message handling as a whole, 1.0.9506 is MMS. */
static enum service service_of(const struct ber_oid *oid)
{
	static const uint8_t mhs[] = {0x56};
	static const uint8_t mms[] = {0x28, 0xca, 0x22};

	if (ber_oid_starts(oid, mhs, sizeof mhs))
		return SERVICE_X400;
	return ber_oid_starts(oid, mms, sizeof mms) ? SERVICE_MMS : SERVICE_UNKNOWN;
}

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

/* The first value of the user data that is an ACSE APDU: there is one, and it comes first but for odd stacks. */
static bool find_acse(const struct presentation_ppdu *ppdu, struct acse_apdu *apdu, struct layer_remarks *remarks)
{
	struct ber list = ber_over(ppdu->user_data);
	struct presentation_pdv pdv;
	bool found = false;

	for (int i = 0; i < PRESENTATION_CONTEXTS && !found && presentation_next(&list, &pdv); i++)
		found = acse_parse(pdv.value, apdu);
	remarks->bits[LAYER_PRESENTATION] |= list.remarks;
	if (present(&ppdu->user_data))
		remarks->bits[LAYER_ACSE] |= apdu->remarks;
	return found;
}

static bool read_bind(struct cursor data, enum p1_bind_kind kind, struct p1_bind *bind, struct layer_remarks *remarks)
{
	if (!present(&data))
		return false;
	bool good = p1_parse_bind(data, kind, bind);
	remarks->bits[LAYER_P1] |= bind->remarks;
	return good;
}

static bool read_terms(const struct rtse_apdu *rts, struct association_details *details, struct layer_remarks *remarks)
{
	struct p1_bind bind;

	remarks->bits[LAYER_RTSE] |= rts->remarks;
	if (rts->kind == RTSE_RTORQ) {
		details->checkpoint_asked = rts->checkpoint_size;
		details->window_asked = rts->window_size;
		details->dialogue_mode = rts->dialogue_mode;
		details->recover = rts->recover;
		if (!read_bind(rts->user_data, P1_BIND_ARGUMENT, &bind, remarks))
			return false;
		memcpy(details->initiator, bind.name, sizeof details->initiator);
		return true;
	}
	if (rts->kind != RTSE_RTOAC)
		return false;
	details->checkpoint_agreed = rts->checkpoint_size;
	details->window_agreed = rts->window_size;
	if (!read_bind(rts->user_data, P1_BIND_RESULT, &bind, remarks))
		return false;
	memcpy(details->responder, bind.name, sizeof details->responder);
	return true;
}

static void request_x410(const struct presentation_ppdu *cp, struct association_details *details, enum service *service,
			 struct layer_remarks *remarks)
{
	struct rtse_apdu rts;

	rtse_parse_x410(cp->x410, RTSE_RTORQ, &rts);
	bool bound = read_terms(&rts, details, remarks);
	/* Only an RTS connection makes it X.400: an empty set in this mode does not. */
	if (bound || (rts.application_protocol == 1 && (rts.open || rts.recover)))
		*service = SERVICE_X400;
}

void bind_request(const struct session_spdu *cn, struct association_details *details, enum service *service,
		  struct layer_remarks *remarks)
{
	struct presentation_ppdu cp;
	struct acse_apdu aarq;
	struct rtse_apdu rts;

	start_details(details);
	if (!present(&cn->user_data))
		return;
	bool good = presentation_parse(cn->user_data, PRESENTATION_CP, &cp);
	remarks->bits[LAYER_PRESENTATION] |= cp.remarks;
	if (!good)
		return;
	details->mode = cp.mode;
	if (cp.mode == PRESENTATION_X410_1984) {
		request_x410(&cp, details, service, remarks);
		return;
	}
	for (unsigned i = 0; i < cp.context_count; i++)
		raise_service(service, service_of(&cp.contexts[i].abstract_syntax));
	if (!find_acse(&cp, &aarq, remarks) || aarq.kind != ACSE_AARQ)
		return;
	ber_oid_format(&aarq.application_context, details->application_context, sizeof details->application_context);
	raise_service(service, service_of(&aarq.application_context));
	if (*service == SERVICE_X400 && present(&aarq.user_information)) {
		rtse_parse(aarq.user_information, &rts);
		read_terms(&rts, details, remarks);
	}
}

/* RTORJ or PRefuse, and the bind error in it. */
static void refused_by_rts(const struct rtse_apdu *rts, const char *clause, struct refusal *refusal,
			   struct layer_remarks *remarks)
{
	struct p1_bind bind;

	*refusal = (struct refusal){LAYER_RTSE, rts->reason, rtse_refuse_name(rts->reason), clause};
	if (read_bind(rts->user_data, P1_BIND_ERROR, &bind, remarks) && bind.kind == P1_BIND_ERROR)
		*refusal = (struct refusal){LAYER_P1, bind.error, p1_bind_error_name(bind.error), "X.411 MTABindError"};
}

static bool refused_by_acse(const struct acse_apdu *aare, struct refusal *refusal)
{
	if (aare->result <= 0)
		return false;
	const char *diagnostic = acse_diagnostic_name(aare->source, aare->diagnostic);
	*refusal = (struct refusal){LAYER_ACSE, aare->diagnostic, diagnostic, "X.227 Associate-source-diagnostic"};
	/* "null" and no diagnostic at all say less than the result does. */
	if (aare->diagnostic <= 0)
		*refusal = (struct refusal){LAYER_ACSE, aare->result, acse_result_name(aare->result),
					    "X.227 Associate-result"};
	return true;
}

static bool answer_normal(const struct presentation_ppdu *ppdu, struct association_details *details,
			  enum service *service, struct refusal *refusal, struct layer_remarks *remarks)
{
	struct acse_apdu aare = {0};
	struct rtse_apdu rts;
	bool refused = false;

	if (ppdu->provider_reason >= 0) {
		*refusal =
		    (struct refusal){LAYER_PRESENTATION, ppdu->provider_reason,
				     presentation_provider_reason_name(ppdu->provider_reason), "X.226 Provider-reason"};
		refused = true;
	}
	if (!find_acse(ppdu, &aare, remarks) || aare.kind != ACSE_AARE)
		return refused;
	raise_service(service, service_of(&aare.application_context));
	if (details->application_context[0] == '\0')
		ber_oid_format(&aare.application_context, details->application_context,
			       sizeof details->application_context);
	refused = refused_by_acse(&aare, refusal) || refused;
	if (*service != SERVICE_X400 || !present(&aare.user_information))
		return refused;
	rtse_parse(aare.user_information, &rts);
	read_terms(&rts, details, remarks);
	if (rts.kind != RTSE_RTORJ)
		return refused;
	refused_by_rts(&rts, "X.228 RefuseReason", refusal, remarks);
	return true;
}

static bool answer_x410(const struct presentation_ppdu *ppdu, struct association_details *details,
			struct refusal *refusal, struct layer_remarks *remarks)
{
	struct rtse_apdu rts;

	rtse_parse_x410(ppdu->x410, ppdu->kind == PRESENTATION_CPA ? RTSE_RTOAC : RTSE_RTORJ, &rts);
	read_terms(&rts, details, remarks);
	if (rts.kind != RTSE_RTORJ)
		return false;
	refused_by_rts(&rts, "X.410 RefuseReason", refusal, remarks);
	return true;
}

bool bind_answer(const struct session_spdu *answer, struct association_details *details, enum service *service,
		 struct refusal *refusal, struct layer_remarks *remarks)
{
	struct presentation_ppdu ppdu;
	bool refused = answer->kind == SESSION_RF;

	if (refused)
		*refusal = (struct refusal){LAYER_SESSION, answer->has_reason ? answer->reason : -1,
					    answer->has_reason ? session_refuse_name(answer->reason) : NULL,
					    "X.225 REFUSE SPDU, reason code"};
	/* Reasons other than 2 have no user data of the layers above. */
	if (!present(&answer->user_data) || (refused && answer->reason != 2))
		return refused;
	bool good = presentation_parse(answer->user_data, refused ? PRESENTATION_CPR : PRESENTATION_CPA, &ppdu);
	remarks->bits[LAYER_PRESENTATION] |= ppdu.remarks;
	if (!good)
		return refused;
	if (details->mode == PRESENTATION_MODE_NONE)
		details->mode = ppdu.mode;
	if (ppdu.mode == PRESENTATION_X410_1984)
		return answer_x410(&ppdu, details, refusal, remarks) || refused;
	return answer_normal(&ppdu, details, service, refusal, remarks) || refused;
}

static void aborted_by_rts(const struct rtse_apdu *rts, const char *clause, struct refusal *refusal,
			   struct layer_remarks *remarks)
{
	remarks->bits[LAYER_RTSE] |= rts->remarks;
	if (rts->kind == RTSE_RTAB && rts->reason >= 0)
		*refusal = (struct refusal){LAYER_RTSE, rts->reason, rtse_abort_name(rts->reason), clause};
}

static void aborted_by_user(const struct presentation_ppdu *aru, struct refusal *refusal, struct layer_remarks *remarks)
{
	struct acse_apdu abrt = {0};
	struct rtse_apdu rts;

	if (!find_acse(aru, &abrt, remarks) || abrt.kind != ACSE_ABRT)
		return;
	if (abrt.diagnostic >= 0)
		*refusal = (struct refusal){LAYER_ACSE, abrt.diagnostic, acse_abort_diagnostic_name(abrt.diagnostic),
					    "X.227 ABRT-diagnostic"};
	else
		*refusal =
		    (struct refusal){LAYER_ACSE, abrt.source, acse_abort_source_name(abrt.source), "X.227 ABRT-source"};
	/* Other users of ACSE have other things here, so only an RTAB is believed to be one. */
	if (present(&abrt.user_information) && rtse_parse(abrt.user_information, &rts))
		aborted_by_rts(&rts, "X.228 AbortReason", refusal, remarks);
}

void bind_abort(const struct session_spdu *abort, struct refusal *refusal, struct layer_remarks *remarks)
{
	struct presentation_ppdu ppdu;
	struct rtse_apdu rts;

	*refusal = (struct refusal){LAYER_SESSION, abort->has_disconnect ? abort->disconnect : -1,
				    session_abort_name(abort->disconnect), "X.225 ABORT SPDU, transport disconnect"};
	if (!present(&abort->user_data))
		return;
	bool good = presentation_parse(abort->user_data, PRESENTATION_ARU, &ppdu);
	remarks->bits[LAYER_PRESENTATION] |= ppdu.remarks;
	if (!good)
		return;
	if (ppdu.kind == PRESENTATION_ARP) {
		*refusal = (struct refusal){LAYER_PRESENTATION, ppdu.abort_reason,
					    presentation_abort_reason_name(ppdu.abort_reason), "X.226 Abort-reason"};
	} else if (ppdu.mode == PRESENTATION_X410_1984) {
		rtse_parse_x410(ppdu.x410, RTSE_RTAB, &rts);
		aborted_by_rts(&rts, "X.410 AbortReason", refusal, remarks);
	} else {
		aborted_by_user(&ppdu, refusal, remarks);
	}
}
