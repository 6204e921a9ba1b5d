/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/carrier.h"

#include "dissectors/rtse.h"

void carrier_free(struct carrier *carrier)
{
	transfers_free(&carrier->transfers);
}

static bool is_running(const struct carrier *carrier, enum pdu_direction direction)
{
	return carrier->transfers.open && transfers_last(&carrier->transfers)->direction == direction;
}

void carrier_lost(struct carrier *carrier, enum pdu_direction direction)
{
	carrier->left[direction] = 0;
	if (is_running(carrier, direction))
		transfers_lost(&carrier->transfers);
}

static void on_bytes(struct carrier *carrier, enum pdu_direction direction, struct cursor data,
		     const struct layer_notes *notes)
{
	if (!is_running(carrier, direction) || !transfers_data(&carrier->transfers, data))
		return;
	const struct p1_apdu *apdu = &transfers_last(&carrier->transfers)->apdu;
	if (apdu->kind != P1_APDU_NONE)
		note_pdu(notes, LAYER_P1, p1_apdu_title(apdu->kind), "%s;%s", apdu->id.domain, apdu->id.local);
}

/* The bytes of content that lie in this piece; what is beyond it is left for the TPDUs to come. */
static void on_segment(struct carrier *carrier, struct cursor content, const struct carrier_piece *piece,
		       const struct layer_notes *notes)
{
	size_t length = cursor_left(&content);
	size_t captured = cursor_readable(&content);
	const uint8_t *bytes = cursor_take(&content, captured);
	size_t before = bytes == NULL ? 0 : (size_t)(bytes - piece->bytes);
	size_t here = before < piece->length ? piece->length - before : 0;

	if (here > length)
		here = length;
	carrier->left[piece->direction] = length - here;
	on_bytes(carrier, piece->direction, cursor_cut(bytes, captured, here), notes);
}

/* RTTR is an OCTET STRING, in one piece or in segments (X.228 9). */
static void on_rttr(struct carrier *carrier, const struct ber_element *string, const struct carrier_piece *piece,
		    const struct layer_notes *notes)
{
	struct ber inside = ber_inside(string);
	struct ber_element segment;

	if (!string->constructed) {
		on_segment(carrier, string->content, piece, notes);
		return;
	}
	while (ber_next(&inside, &segment))
		if (!segment.constructed)
			on_segment(carrier, segment.content, piece, notes);
}

/* A value of the contexts in which the MTAs' reliable transfer speaks. */
static void on_value(struct carrier *carrier, const struct presentation_pdv *pdv, const struct carrier_piece *piece,
		     struct layer_notes *notes)
{
	struct ber ber = ber_over(pdv->value);
	struct ber_element element;

	if (!ber_next(&ber, &element))
		return;
	if (ber_is(&element, BER_UNIVERSAL, BER_OCTET_STRING)) {
		note_pdu(notes, LAYER_RTSE, "RTTR", NULL);
		on_rttr(carrier, &element, piece, notes);
	} else if (ber_is(&element, BER_UNIVERSAL, BER_INTEGER)) {
		note_pdu(notes, LAYER_RTSE, "RTTP", NULL);
	}
}

static const char *syntax_name(enum presentation_syntax syntax)
{
	switch (syntax) {
	case PRESENTATION_SYNTAX_ACSE:
		return "ACSE";
	case PRESENTATION_SYNTAX_RTSE:
		return "RTSE";
	case PRESENTATION_SYNTAX_X400:
		return "X.400";
	case PRESENTATION_SYNTAX_MMS:
		return "MMS";
	default:
		return "another syntax";
	}
}

/* Whether a context is one of those; where the bind was not seen, any may be. */
static bool is_ours(const struct carrier *carrier, int32_t context, enum presentation_syntax *syntax)
{
	*syntax = PRESENTATION_SYNTAX_OTHER;
	if (carrier->contexts.count == 0)
		return true;
	return presentation_lookup(&carrier->contexts, context, syntax) &&
	       (*syntax == PRESENTATION_SYNTAX_X400 || *syntax == PRESENTATION_SYNTAX_RTSE);
}

/* The PPDU of a DT or TD SPDU (X.226 8.2: TD, TTD). */
static void on_normal_data(struct carrier *carrier, const struct session_spdu *spdu, const struct carrier_piece *piece,
			   struct layer_notes *notes)
{
	const char *name = spdu->kind == SESSION_TD ? "TTD" : "TD";
	struct presentation_pdv pdv;
	enum presentation_syntax syntax;
	struct ber list;

	bool good = presentation_user_data(spdu->user_data, &list);
	notes->remarks[LAYER_PRESENTATION] |= list.remarks;
	if (!good)
		return;
	for (unsigned i = 0; i < PRESENTATION_CONTEXTS && presentation_next(&list, &pdv); i++) {
		bool ours = is_ours(carrier, pdv.context, &syntax);
		if (i == 0)
			note_pdu(notes, LAYER_PRESENTATION, name, "context %d, %s", (int)pdv.context,
				 syntax_name(syntax));
		if (ours)
			on_value(carrier, &pdv, piece, notes);
	}
	notes->remarks[LAYER_PRESENTATION] |= list.remarks;
}

static void on_data(struct carrier *carrier, const struct session_spdu *spdu, const struct carrier_piece *piece,
		    struct layer_notes *notes)
{
	bool goes_on = spdu->has_enclosure && (spdu->enclosure & SESSION_FIRST_SEGMENT) == 0;
	/* X.410 mode has the APDU's own bytes here, and no APDU of P1 begins with this tag. */
	bool normal = carrier->mode == PRESENTATION_NORMAL ||
		      (carrier->mode == PRESENTATION_MODE_NONE && cursor_peek(&spdu->user_data) == 0x61);

	carrier->left[piece->direction] = 0;
	if (cursor_left(&spdu->user_data) == 0)
		return;
	if (normal && !goes_on)
		on_normal_data(carrier, spdu, piece, notes);
	else
		on_segment(carrier, spdu->user_data, piece, notes);
}

void carrier_spdu(struct carrier *carrier, const struct session_spdu *spdu, const struct carrier_piece *piece,
		  struct layer_notes *notes)
{
	struct transfers *transfers = &carrier->transfers;

	switch (spdu->kind) {
	case SESSION_AS:
		transfers_start(transfers, piece->direction, spdu->activity, false, piece->moment);
		break;
	case SESSION_AR:
		/* The linking information names the activity that goes on, under a new identifier or its own. */
		transfers_start(transfers, piece->direction,
				spdu->has_rare && cursor_left(&spdu->old_activity) > 0 ? spdu->old_activity
										       : spdu->activity,
				true, piece->moment);
		break;
	case SESSION_DT:
	case SESSION_TD:
		on_data(carrier, spdu, piece, notes);
		break;
	case SESSION_MIP:
	case SESSION_MIA:
		transfers_checkpoint(transfers, spdu->kind == SESSION_MIA);
		break;
	case SESSION_AE:
	case SESSION_MAP:
		transfers_end(transfers, piece->moment);
		break;
	case SESSION_AEA:
	case SESSION_MAA:
		transfers_acknowledge(transfers, piece->moment);
		break;
	case SESSION_AI:
	case SESSION_AD:
		transfers_break(transfers, spdu->kind == SESSION_AI ? TRANSFER_INTERRUPTED : TRANSFER_DISCARDED,
				spdu->has_reason ? spdu->reason : -1, piece->moment);
		break;
	default:
		break;
	}
}

/* How many of the next length bytes belong to the segment in hand. */
static inline size_t take_left(struct carrier *carrier, enum pdu_direction direction, size_t length)
{
	size_t *left = &carrier->left[direction];

	if (length > *left)
		length = *left;
	*left -= length;
	return length;
}

void carrier_more(struct carrier *carrier, enum pdu_direction direction, struct cursor data, struct layer_notes *notes)
{
	size_t length = take_left(carrier, direction, cursor_left(&data));

	if (length > 0)
		on_bytes(carrier, direction, cursor_sub(&data, length), notes);
}

void carrier_pass(struct carrier *carrier, enum pdu_direction direction, size_t length)
{
	length = take_left(carrier, direction, length);
	if (is_running(carrier, direction))
		transfers_last(&carrier->transfers)->size += length;
}
