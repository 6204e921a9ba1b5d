/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input is a script of both directions: a first byte says who sends (bit 7) and whether it is a gap (bit 6), two
 * more how many bytes. What is told must lie within the stream, and memory within its limits.
 */
#include "dissectors/association.h"

#include <stdlib.h>
#include <string.h>

static const struct moment unseen_moment = {.time = TIME_NONE};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct check {
	uint64_t fed[PDU_DIRECTIONS];
};

static void on_event(void *user, const struct pdu_event *event)
{
	const struct check *check = user;
	bool control = event->type <= PDU_ER;

	if (event->start >= event->end || event->end > check->fed[event->direction] ||
	    (event->tpdu != NULL) != control || event->type >= PDU_EVENT_TYPES)
		abort();
	if (event->details != NULL && (memchr(event->details->initiator, '\0', P1_NAME_SIZE) == NULL ||
				       memchr(event->details->responder, '\0', P1_NAME_SIZE) == NULL))
		abort();
	if (event->refusal != NULL && (event->refusal->clause == NULL || event->refusal->layer >= LAYERS))
		abort();
}

static void on_remark(void *user, enum pdu_direction direction, const struct remark *remark)
{
	const struct check *check = user;

	if (remark->stream_offset > check->fed[direction] || remark->id >= REMARKS)
		abort();
}

static void on_trace(void *user, const struct pdu_trace *pdu)
{
	const struct check *check = user;

	if (pdu->start >= pdu->end || pdu->end > check->fed[pdu->direction] || pdu->layer >= LAYERS ||
	    pdu->name[0] == '\0')
		abort();
	for (const char *at = pdu->detail; at != NULL && *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e)
			abort();
}

static void check_transfers(struct association *a)
{
	struct transfers transfers = association_take_transfers(a);

	if (transfers.count > TRANSFERS_KEPT || transfers.count > transfers.total ||
	    transfers.acknowledged > transfers.total)
		abort();
	for (uint32_t i = 0; i < transfers.count; i++) {
		const struct transfer *transfer = transfers.kept[i];
		if (transfer->checkpoints_acked > transfer->checkpoints || transfer->state >= TRANSFER_STATES ||
		    transfer->activity_length > TRANSFER_ACTIVITY)
			abort();
	}
	transfers_free(&transfers);
}

static void run(struct cursor script, bool midstream, bool traced)
{
	static const struct association_sink quiet = {.event = on_event, .remark = on_remark};
	static const struct association_sink loud = {.event = on_event, .remark = on_remark, .trace = on_trace};
	struct moment moment = {.time = 0};
	struct association a;
	struct check check = {{0}};

	association_init(&a, traced ? &loud : &quiet, &check, midstream);
	while (cursor_readable(&script) > 0) {
		uint8_t control = cursor_u8(&script);
		enum pdu_direction direction = (control & 0x80) != 0 ? PDU_FROM_SERVER : PDU_FROM_CLIENT;
		size_t length = cursor_be16(&script);
		if ((control & 0x40) == 0 && length > cursor_readable(&script))
			length = cursor_readable(&script);
		check.fed[direction] += length;
		if ((control & 0x40) != 0)
			association_gap(&a, direction, length, &unseen_moment);
		else
			association_feed(&a, direction, cursor_take(&script, length), length, &moment);
		for (int i = 0; i < PDU_DIRECTIONS; i++) {
			const struct association_tsdu *tsdu = a.sides[i].tsdu;
			if (tsdu != NULL && (tsdu->capacity > ASSOCIATION_TSDU || tsdu->captured > tsdu->capacity))
				abort();
		}
	}
	check_transfers(&a);
	association_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(cursor_over(data, size), false, false);
	run(cursor_over(data, size), true, false);
	run(cursor_over(data, size), false, true);
	run(cursor_over(data, size), true, true);
	return 0;
}
