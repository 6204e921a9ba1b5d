/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/carried.h"

#include "report/phrase.h"

#include <inttypes.h>

enum { ROWS = 5 };

static void add_name(struct text *text, const struct p1_apdu *apdu)
{
	const char *kind = p1_apdu_name(apdu->kind);
	const char *priority = p1_priority_name(apdu->priority);

	text_format(text, STYLE_PLAIN, "%s ", kind == NULL ? "an APDU whose envelope was not seen" : kind);
	if (apdu->id.local[0] != '\0')
		text_add(text, STYLE_STRONG, apdu->id.local);
	if (apdu->id.domain[0] != '\0')
		text_format(text, STYLE_FAINT, " of %s", apdu->id.domain);
	if (priority != NULL && apdu->priority != 0)
		text_format(text, STYLE_PLAIN, ", %s", priority);
}

static void add_progress(struct text *text, const struct transfer *transfer)
{
	text_format(text, STYLE_PLAIN, ", %" PRIu64, transfer->size);
	/* In normal mode the APDU's wrapping makes the size a little more than the APDU says of itself. */
	if (transfer->apdu.length > transfer->size)
		text_format(text, STYLE_PLAIN, " of %zu", transfer->apdu.length);
	text_add(text, STYLE_PLAIN, " bytes");
	if (transfer->gap)
		text_add(text, STYLE_PLAIN, " seen, others not captured");
	if (transfer->checkpoints > 0)
		text_format(text, STYLE_PLAIN, ", %" PRIu32 " of %" PRIu32 " checkpoints acknowledged",
			    transfer->checkpoints_acked, transfer->checkpoints);
	text_add(text, STYLE_BAD, transfer->state == TRANSFER_CUT ? ", cut short" : ", sent whole, not acknowledged");
}

static void draw_row(struct text *text, const struct analysis *analysis, const struct in_flight *row)
{
	const struct transfer *transfer = &row->transfer;
	bool by_client = transfer->direction == PDU_FROM_CLIENT;
	char from[PHRASE_SIZE], to[PHRASE_SIZE], since[PHRASE_SIZE];

	text_format(text, STYLE_PLAIN, "  #%" PRIu32 " ", row->connection);
	text_format(text, STYLE_PLAIN, "%s to %s: ", phrase_endpoint(by_client ? &row->client : &row->server, from),
		    phrase_endpoint(by_client ? &row->server : &row->client, to));
	add_name(text, &transfer->apdu);
	add_progress(text, transfer);
	text_format(text, STYLE_FAINT, ", begun %s (frame %" PRIu64 ")",
		    phrase_since(transfer->start.time, analysis->first, since), (uint64_t)transfer->start.frame);
	text_paragraph(text, 4);
}

void carried_draw(struct text *text, const struct analysis *analysis, bool all)
{
	size_t count = analysis->in_flight_count;
	char transfers[PHRASE_SIZE];

	if (count == 0)
		return;
	text_heading(text, "In flight when the connection ended");
	if (!all && count > ROWS)
		count = ROWS;
	for (size_t i = 0; i < count; i++)
		draw_row(text, analysis, &analysis->in_flight[i]);
	text_format(text, STYLE_PLAIN, "  %" PRIu64 " of %s", analysis->in_flight_total,
		    phrase_count(analysis->transfer_total, "transfer", transfers));
	if (analysis->in_flight_total > count)
		text_format(text, STYLE_FAINT, ", %zu shown; the records have them all", count);
	text_paragraph(text, 4);
}
