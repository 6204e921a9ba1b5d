/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/note.h"

#include <stdio.h>

/* Appends a transport selector as people write it: its letters, or its bytes in hex. */
static size_t put_tsap(char *text, size_t size, const char *label, const struct cotp_tsap *tsap)
{
	size_t kept = tsap->length < COTP_TSAP_KEPT ? tsap->length : COTP_TSAP_KEPT;
	bool letters = kept > 0;

	if (!tsap->present || size < 16 + 2 * sizeof tsap->bytes)
		return 0;
	for (size_t i = 0; i < kept; i++)
		letters = letters && tsap->bytes[i] > 0x20 && tsap->bytes[i] < 0x7f;
	size_t length = (size_t)snprintf(text, size, "%s ", label);
	for (size_t i = 0; i < kept; i++)
		length += (size_t)snprintf(text + length, size - length, letters ? "%c" : "%02x", tsap->bytes[i]);
	length += (size_t)snprintf(text + length, size - length, kept == 0 ? "empty, " : ", ");
	return length;
}

void note_tpdu(const struct cotp_tpdu *tpdu, struct layer_notes *notes)
{
	const char *name = cotp_code_name(tpdu->code);
	char tsaps[200] = "";
	const char *reason;
	size_t length;

	if (notes->pdu == NULL)
		return;
	switch (tpdu->code) {
	case COTP_CR:
	case COTP_CC:
		length = put_tsap(tsaps, sizeof tsaps, "called", &tpdu->called);
		put_tsap(tsaps + length, sizeof tsaps - length, "calling", &tpdu->calling);
		note_pdu(notes, LAYER_COTP, name, "%sclass %u, TPDU size %u", tsaps, tpdu->class_option >> 4,
			 tpdu->tpdu_size == 0 ? 128 : (unsigned)tpdu->tpdu_size);
		break;
	case COTP_DR:
	case COTP_ER:
		reason = tpdu->code == COTP_DR ? cotp_reason_name(tpdu->reason) : cotp_cause_name(tpdu->reason);
		note_pdu(notes, LAYER_COTP, name, "%u%s%s", tpdu->reason, reason == NULL ? "" : " ",
			 reason == NULL ? "" : reason);
		break;
	default:
		note_pdu(notes, LAYER_COTP, name, NULL);
		break;
	}
}

void note_spdu(const struct session_spdu *spdu, struct layer_notes *notes)
{
	const char *reason = NULL;

	if (notes->pdu == NULL)
		return;
	if (spdu->kind == SESSION_RF && spdu->has_reason)
		reason = session_refuse_name(spdu->reason);
	else if (spdu->kind == SESSION_AB && spdu->has_disconnect)
		reason = session_abort_name(spdu->disconnect);
	else if (spdu->has_reason)
		reason = session_exception_name(spdu->reason);
	note_pdu(notes, LAYER_SESSION, session_title(spdu->kind), reason == NULL ? NULL : "%s", reason);
}

/* A name of a table, or nothing, for a detail. */
static const char *word(const char *name)
{
	return name == NULL ? "" : name;
}

void note_ppdu(const struct presentation_ppdu *ppdu, bool good, struct layer_notes *notes)
{
	notes->remarks[LAYER_PRESENTATION] |= ppdu->remarks;
	if (notes->pdu == NULL || !good)
		return;
	const char *name = presentation_name(ppdu->kind);
	if (ppdu->kind == PRESENTATION_CPR && ppdu->provider_reason >= 0)
		note_pdu(notes, LAYER_PRESENTATION, name, "%s",
			 word(presentation_provider_reason_name(ppdu->provider_reason)));
	else if (ppdu->kind == PRESENTATION_ARP)
		note_pdu(notes, LAYER_PRESENTATION, name, "%s",
			 word(presentation_abort_reason_name(ppdu->abort_reason)));
	else if (ppdu->context_count > 0)
		note_pdu(notes, LAYER_PRESENTATION, name, "%s mode, %u contexts",
			 word(presentation_mode_name(ppdu->mode)), ppdu->context_count);
	else
		note_pdu(notes, LAYER_PRESENTATION, name, "%s mode", word(presentation_mode_name(ppdu->mode)));
}

void note_acse(const struct acse_apdu *apdu, struct layer_notes *notes)
{
	char context[BER_OID_TEXT_SIZE];

	if (notes->pdu == NULL)
		return;
	ber_oid_format(&apdu->application_context, context, sizeof context);
	switch (apdu->kind) {
	case ACSE_AARQ:
		note_pdu(notes, LAYER_ACSE, "AARQ", "application context %s", context);
		break;
	case ACSE_AARE:
		note_pdu(notes, LAYER_ACSE, "AARE", "%s%s%s", word(acse_result_name(apdu->result)),
			 apdu->diagnostic > 0 ? ", " : "",
			 apdu->diagnostic > 0 ? word(acse_diagnostic_name(apdu->source, apdu->diagnostic)) : "");
		break;
	case ACSE_ABRT:
		note_pdu(notes, LAYER_ACSE, "ABRT", "%s%s%s", word(acse_abort_source_name(apdu->source)),
			 apdu->diagnostic >= 0 ? ", " : "", word(acse_abort_diagnostic_name(apdu->diagnostic)));
		break;
	default:
		note_pdu(notes, LAYER_ACSE, acse_name(apdu->kind), NULL);
		break;
	}
}

void note_rtse(const struct rtse_apdu *rts, struct layer_notes *notes)
{
	notes->remarks[LAYER_RTSE] |= rts->remarks;
	if (notes->pdu == NULL || rts->kind == RTSE_NONE)
		return;
	const char *name = rtse_name(rts->kind);
	if (rts->kind == RTSE_RTORQ)
		note_pdu(notes, LAYER_RTSE, name, "%s, checkpoint %d, window %d, %s",
			 rts->recover ? "recovery" : "new association", (int)rts->checkpoint_size,
			 (int)rts->window_size, word(rtse_dialogue_name(rts->dialogue_mode)));
	else if (rts->kind == RTSE_RTOAC)
		note_pdu(notes, LAYER_RTSE, name, "checkpoint %d, window %d", (int)rts->checkpoint_size,
			 (int)rts->window_size);
	else if (rts->kind == RTSE_RTORJ)
		note_pdu(notes, LAYER_RTSE, name, "%s", word(rtse_refuse_name(rts->reason)));
	else if (rts->kind == RTSE_RTAB)
		note_pdu(notes, LAYER_RTSE, name, "%s", word(rtse_abort_name(rts->reason)));
	else
		note_pdu(notes, LAYER_RTSE, name, NULL);
}

void note_bind(const struct p1_bind *bind, struct layer_notes *notes)
{
	notes->remarks[LAYER_P1] |= bind->remarks;
	if (bind->kind == P1_BIND_ERROR)
		note_pdu(notes, LAYER_P1, "MTABindError", "%s", word(p1_bind_error_name(bind->error)));
	else
		note_pdu(notes, LAYER_P1, bind->kind == P1_BIND_RESULT ? "MTABindResult" : "MTABindArgument", "%s",
			 bind->authenticated ? bind->name : "unauthenticated");
}
