/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tap saw, and which outcome that is by the contract's table: the wire alone, not what the hosts know. */
#include "tests/generator/sim.h"

static void note(struct sim *sim, struct seen *seen)
{
	if (seen->frame != 0)
		return;
	seen->time = sim->now;
	seen->frame = sim->capfile.frames;
}

static void closes(struct sim *sim, struct view *view, const struct packet *packet, enum close_how how)
{
	if (view->close.frame != 0)
		return;
	note(sim, &view->close);
	view->how = how;
	view->by = packet->injected ? MIDDLEBOX : packet->to_client ? SERVER : CLIENT;
}

static void whole_pdu(struct sim *sim, struct view *view, const struct packet *packet, enum mark mark)
{
	switch (mark) {
	case MARK_CR:
		note(sim, &view->request);
		break;
	case MARK_CC:
		note(sim, &view->ok);
		break;
	case MARK_DR:
		note(sim, &view->refused);
		closes(sim, view, packet, HOW_DR);
		break;
	case MARK_CONNECT:
		note(sim, &view->bind_request);
		break;
	case MARK_ACCEPT:
		note(sim, &view->bind_result);
		note(sim, &view->settled);
		break;
	case MARK_S7_ANSWER:
		note(sim, &view->settled);
		break;
	case MARK_REFUSE:
		note(sim, &view->bind_result);
		note(sim, &view->refused);
		break;
	case MARK_ABORT:
		note(sim, &view->refused);
		closes(sim, view, packet, HOW_ABORT);
		break;
	case MARK_DATA_STARTS:
		note(sim, &view->data);
		break;
	default:
		break;
	}
}

/* The range of a side's bytes that one kind of PDU takes; end 0: there is none yet. */
static struct range range_of(const struct tcp_end *end, enum mark mark)
{
	uint64_t start = 1;

	for (size_t i = 0; i < end->boundaries; i++) {
		if (end->boundary[i].mark == mark)
			return (struct range){start, end->boundary[i].end};
		start = end->boundary[i].end;
	}
	return (struct range){0, 0};
}

static void view_data(struct sim *sim, struct view *view, const struct packet *packet)
{
	const struct conn *conn = packet->conn;
	enum side side = packet->to_client ? SERVER : CLIENT;
	const struct tcp_end *end = &conn->end[side];

	if (packet->length == 0)
		return;
	if (side == SERVER && view->ok.frame != 0 && view->close.frame == 0) {
		struct range ok = range_of(end, MARK_CC);
		if (packet->offset < ok.end && packet->offset + packet->length > ok.start)
			view->ok_again = true;
	}
	coverage_add(&view->bytes[side], packet->offset, packet->offset + packet->length);
	while (view->next_boundary[side] < end->boundaries &&
	       end->boundary[view->next_boundary[side]].end <= view->bytes[side].prefix)
		whole_pdu(sim, view, packet, end->boundary[view->next_boundary[side]++].mark);
}

static void view_acknowledgement(struct sim *sim, struct view *view, const struct packet *packet)
{
	const struct conn *conn = packet->conn;
	uint8_t flags = packet->segment.flags;

	if ((flags & FLAG_ACK) == 0 || packet->injected)
		return;
	if (packet->to_client) {
		struct range request = range_of(&conn->end[CLIENT], MARK_CR);
		if (request.end != 0 && packet->acknowledges >= request.end)
			view->request_acked = true;
		return;
	}
	if (view->synack.frame != 0 && (flags & FLAG_RST) == 0 && packet->acknowledges >= 1)
		note(sim, &view->established);
	struct range ok = range_of(&conn->end[SERVER], MARK_CC);
	if (view->ok.frame != 0 && view->close.frame == 0 && packet->acknowledges >= ok.end)
		view->ok_acked = true;
}

static void view_refusal(struct sim *sim, struct view *view, const struct packet *packet)
{
	view->refusals++;
	view->last_refusal = (struct seen){sim->now, sim->capfile.frames};
	view->how = packet->segment.icmp ? HOW_ICMP : HOW_RST;
	/* An ICMP message comes from a router, whoever speaks TCP for the server. */
	view->by = packet->injected || packet->segment.icmp ? MIDDLEBOX : SERVER;
	if (view->refusals == 1)
		view->first_refusal = view->last_refusal;
}

void view_packet(struct sim *sim, struct view *view, const struct packet *packet)
{
	uint8_t flags = packet->segment.flags;
	enum side side = packet->to_client ? SERVER : CLIENT;
	bool syn = (flags & FLAG_SYN) != 0 && !packet->segment.icmp;
	if (view->frames++ == 0 && !(syn && side == CLIENT))
		view->start_missing = true;
	note(sim, &view->first);
	view->last = (struct seen){sim->now, sim->capfile.frames};
	if (packet->injected)
		view->seen_injected[side] = true;
	else if ((flags & FLAG_RST) == 0 && !packet->segment.icmp)
		view->spoke[side] = view->last;
	if (packet->segment.icmp || (side == SERVER && (flags & FLAG_RST) != 0 && view->synack.frame == 0)) {
		view_refusal(sim, view, packet);
		return;
	}
	if (syn) {
		note(sim, side == CLIENT ? &view->syn : &view->synack);
		view->syns += side == CLIENT;
		view->synacks += side == SERVER;
	} else if (packet->offset > view->highest[side] && !packet->injected) {
		view->highest[side] = packet->offset;
	}
	view_acknowledgement(sim, view, packet);
	view_data(sim, view, packet);
	if ((flags & (FLAG_FIN | FLAG_RST)) != 0)
		closes(sim, view, packet, (flags & FLAG_RST) != 0 ? HOW_RST : HOW_FIN);
}

static bool before(const struct seen *a, const struct seen *b)
{
	return a->frame != 0 && (b->frame == 0 || a->frame < b->frame);
}

static enum outcome established_outcome(const struct view *view)
{
	bool closed = view->close.frame != 0;

	if (closed && !before(&view->request, &view->close) && view->request.frame != view->close.frame)
		return OUT_NO_REQUEST;
	if (view->refused.frame != 0)
		return OUT_REFUSED;
	if (closed && view->ok.frame != 0 && before(&view->close, &view->ok))
		return OUT_LATE_OK;
	if (closed && view->ok.frame != 0 && view->ok_again && !view->ok_acked)
		return OUT_OK_LOST;
	if (closed && view->ok.frame == 0)
		return OUT_NO_OK;
	if (closed && !before(&view->settled, &view->close))
		return OUT_CLOSED_AFTER_OK;
	if (!closed && view->settled.frame == 0)
		return OUT_PENDING;
	return OUT_OK;
}

enum outcome view_outcome(const struct view *view)
{
	if (view->frames == 0)
		return OUT_NONE;
	if (view->start_missing)
		return OUT_PARTIAL;
	if (view->synack.frame == 0)
		return view->refusals > 0 ? OUT_SYN_REFUSED : OUT_SYN_UNANSWERED;
	if (view->established.frame == 0)
		return OUT_HANDSHAKE_UNFINISHED;
	return established_outcome(view);
}
