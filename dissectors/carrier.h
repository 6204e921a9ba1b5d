/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An open association at work: the SPDUs that start, checkpoint and end activities, and the data between them, through
 * presentation and reliable transfer down to the APDU's own bytes. What mode and which presentation contexts those are
 * read with is what the bind agreed on.
 */
#ifndef MTASCOPE_DISSECTORS_CARRIER_H
#define MTASCOPE_DISSECTORS_CARRIER_H

#include "dissectors/presentation.h"
#include "dissectors/session.h"
#include "dissectors/transfer.h"

struct carrier {
	struct transfers transfers;
	struct presentation_set contexts;
	enum presentation_mode mode; /* NONE: the bind was not seen, and the data's form must tell */
	size_t left[PDU_DIRECTIONS]; /* bytes of the segment in hand that come in later TPDUs of its TSDU */
};

/* A TPDU's share of a TSDU: where its bytes begin, and how many there were of them on the wire. */
struct carrier_piece {
	enum pdu_direction direction;
	const uint8_t *bytes;
	size_t length;
	const struct moment *moment;
};

void carrier_free(struct carrier *carrier);

/*
 * An SPDU of the open association, whose user data reaches past the piece where its TSDU goes on in further TPDUs.
 * SPDUs that are neither an activity's nor data are only noted.
 */
void carrier_spdu(struct carrier *carrier, const struct session_spdu *spdu, const struct carrier_piece *piece,
		  struct layer_notes *notes);

/* The next TPDU of the TSDU that began with the last DT in this direction. */
void carrier_more(struct carrier *carrier, enum pdu_direction direction, struct cursor data, struct layer_notes *notes);

/* The same where nothing of this direction is read (carrier_reads): its length is enough. */
void carrier_pass(struct carrier *carrier, enum pdu_direction direction, size_t length);

/* Bytes of this direction were lost. */
void carrier_lost(struct carrier *carrier, enum pdu_direction direction);

/* Whether the TPDUs of this direction are wanted whole. */
static inline bool carrier_reads(const struct carrier *carrier, enum pdu_direction direction)
{
	const struct transfers *transfers = &carrier->transfers;

	return transfers->reading && transfers->open && transfers_last(transfers)->direction == direction;
}

#endif
