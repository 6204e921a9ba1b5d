/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TCP that does what the traces show: SYN schedules, the retry after a RST, SYN/ACK repeats, doubling data timers,
 * delayed acknowledgements, RST to what arrives after a close. No congestion control: the messages are short.
 */
#include "tests/generator/sim.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static struct host *host_of(const struct conn *conn, enum side side)
{
	return side == CLIENT ? conn->plan.client : conn->plan.server;
}

static enum side other(enum side side)
{
	return side == CLIENT ? SERVER : CLIENT;
}

static uint64_t end_of_data(const struct tcp_end *end)
{
	return 1 + end->out_length;
}

static uint16_t next_ip_id(struct sim *sim, struct host *host, struct tcp_end *end, bool bare)
{
	switch (host->stack->ip_id) {
	case ID_GLOBAL:
		host->ip_id = (uint16_t)(host->ip_id + 1 + (chance_ppm(&sim->chance, 100000) ? 1 : 0));
		return host->ip_id;
	case ID_SWAPPED:
		host->ip_id = (uint16_t)(host->ip_id + 1 + (chance_ppm(&sim->chance, 100000) ? 1 : 0));
		return (uint16_t)(host->ip_id << 8 | host->ip_id >> 8);
	case ID_CONNECTION:
		return bare ? 0 : end->ip_id++;
	case ID_RANDOM:
		return (uint16_t)chance_bits(&sim->chance);
	case ID_ZERO:
		break;
	}
	return 0;
}

/* Fills in what the host puts on each of its packets. bare: outside of a connection's state, as a RST to a SYN is. */
static void fill(struct sim *sim, struct packet *packet, enum side side, bool bare)
{
	struct conn *conn = packet->conn;
	struct host *host = host_of(conn, side);
	struct tcp_end *end = &conn->end[side];
	const struct stack *stack = host->stack;
	bool syn = (packet->segment.flags & FLAG_SYN) != 0;
	bool both_stamp = conn->plan.client->stack->stamps && conn->plan.server->stack->stamps;
	bool first_syn = syn && side == CLIENT;

	packet->segment.ttl = (uint8_t)(stack->ttl - host->hops);
	packet->segment.ip_id =
	    next_ip_id(sim, host, end, bare || (syn && side == SERVER && stack->ip_id == ID_CONNECTION));
	packet->segment.dont_fragment = stack->ip_id != ID_RANDOM;
	packet->segment.window =
	    (packet->segment.flags & FLAG_RST) != 0 || (side == SERVER && conn->shut) ? 0 : stack->window;
	packet->segment.stamp = !bare && (first_syn ? stack->stamps : both_stamp);
	packet->segment.stamp_value = host->stamp_start + (uint32_t)(sim->now / (NS_PER_MS * 10) & 0xffffffff);
	packet->segment.stamp_echo = end->peer_stamp;
	if (syn) {
		packet->segment.mss = 1460;
		packet->segment.sack = stack->sack && (side == CLIENT || conn->plan.client->stack->sack);
		if (side == CLIENT || conn->plan.client->stack->scale != 255)
			packet->segment.scale = stack->scale;
	}
}

static void emit(struct sim *sim, struct conn *conn, enum side side, unsigned flags, uint64_t offset, size_t length)
{
	struct tcp_end *end = &conn->end[side], *peer = &conn->end[other(side)];
	struct packet *packet = sim_packet(conn, side == SERVER, length);

	packet->offset = offset;
	packet->segment.flags = (uint8_t)flags;
	packet->segment.seq = end->iss + (uint32_t)offset;
	if ((flags & FLAG_ACK) != 0) {
		packet->acknowledges = end->arrived.prefix + (end->fin_arrived ? 1 : 0);
		packet->segment.ack = peer->iss + (uint32_t)packet->acknowledges;
		end->ack_owed = false;
		end->ack_round++;
	}
	if (length > 0)
		memcpy(packet->payload, end->out + offset - 1, length);
	fill(sim, packet, side, false);
	sim_send(sim, packet);
}

/* A RST from a host that knows nothing (any more) of the connection. */
static void emit_bare_reset(struct sim *sim, const struct packet *about, enum side side)
{
	struct conn *conn = about->conn;
	struct packet *packet = sim_packet(conn, side == SERVER, 0);

	if ((about->segment.flags & FLAG_ACK) != 0) {
		packet->segment.flags = FLAG_RST;
		packet->segment.seq = about->segment.ack;
		packet->offset = about->acknowledges;
	} else {
		packet->segment.flags = FLAG_RST | FLAG_ACK;
		packet->segment.ack = about->segment.seq + 1 + (uint32_t)about->length;
		packet->acknowledges = 1;
		packet->offset = 0;
	}
	fill(sim, packet, side, true);
	sim_send(sim, packet);
}

void tcp_forget(struct conn *conn, enum side side)
{
	free(conn->end[side].out);
	free(conn->end[side].boundary);
	conn->end[side].out = NULL;
	conn->end[side].boundary = NULL;
	conn->end[side].boundaries = 0;
}

static void ended(struct conn *conn, enum side side, enum end_state state)
{
	struct tcp_end *end = &conn->end[side];

	end->state = state;
	end->rto_round++;
	end->ack_round++;
	end->application_round++;
	free(end->out);
	end->out = NULL;
	end->out_capacity = 0;
	if (side == SERVER && conn->cb > 0 && !conn->closed_in_log)
		conn->plan.server->cb_used[conn->cb] = 0;
}

static void start_timer(struct sim *sim, struct conn *conn, enum side side, time_ns wait)
{
	sim_at(sim, sim->now + wait, EVENT_RTO, conn, 0, side, ++conn->end[side].rto_round);
}

static size_t segment_size(const struct conn *conn, enum side side, uint64_t offset)
{
	size_t most = conn->plan.chop[side] != 0 ? conn->plan.chop[side] : 1448;
	uint64_t left = end_of_data(&conn->end[side]) - offset;

	return left < most ? (size_t)left : most;
}

static void emit_data(struct sim *sim, struct conn *conn, enum side side, uint64_t offset, size_t length)
{
	bool last = offset + length == end_of_data(&conn->end[side]);

	emit(sim, conn, side, FLAG_ACK | (last ? FLAG_PSH : 0u), offset, length);
}

void tcp_push(struct sim *sim, struct conn *conn, enum side side)
{
	struct tcp_end *end = &conn->end[side];
	bool idle = end->acked == end->next;

	if (end->state != END_OPEN || end->fin_sent)
		return;
	while (end->next < end_of_data(end) && end->next - end->acked < 8 * 1448) {
		size_t length = segment_size(conn, side, end->next);
		emit_data(sim, conn, side, end->next, length);
		end->next += length;
	}
	if (end->fin_wanted && end->next == end_of_data(end)) {
		emit(sim, conn, side, FLAG_FIN | FLAG_ACK, end->next, 0);
		end->fin_sent = true;
		end->next++;
	}
	if (idle && end->acked < end->next)
		start_timer(sim, conn, side, end->rto);
}

void tcp_write(struct sim *sim, struct conn *conn, enum side side, const struct bytes *bytes, enum mark mark)
{
	struct tcp_end *end = &conn->end[side];

	(void)sim;
	if (end->state != END_OPEN || end->fin_wanted)
		return;
	while (end->out_length + bytes->length > end->out_capacity) {
		end->out_capacity = end->out_capacity == 0 ? 512 : end->out_capacity * 2;
		end->out = memory_resize(end->out, end->out_capacity);
	}
	memcpy(end->out + end->out_length, bytes->data, bytes->length);
	end->out_length += bytes->length;
	end->boundary = memory_grow(end->boundary, end->boundaries, &end->boundary_capacity, sizeof *end->boundary);
	end->boundary[end->boundaries++] = (struct boundary){end_of_data(end), mark};
}

void tcp_close(struct sim *sim, struct conn *conn, enum side side, bool reset)
{
	struct tcp_end *end = &conn->end[side];

	if (end->state == END_SYN_SENT) {
		ended(conn, side, END_GONE);
		return;
	}
	if (end->state != END_OPEN)
		return;
	end->closed_by_application = true;
	if (reset) {
		emit(sim, conn, side, FLAG_RST | FLAG_ACK, end->next, 0);
		ended(conn, side, END_GONE);
		return;
	}
	end->fin_wanted = true;
	tcp_push(sim, conn, side);
}

void tcp_connect(struct sim *sim, struct conn *conn)
{
	struct tcp_end *end = &conn->end[CLIENT];

	end->state = END_SYN_SENT;
	end->syns = 1;
	end->next = 1;
	emit(sim, conn, CLIENT, FLAG_SYN, 0, 0);
	if (conn->plan.way == WAY_VANISHES_SYN) {
		conn->facts.client_gone = true;
		return;
	}
	const struct stack *stack = conn->plan.client->stack;
	uint32_t wait = stack->syn_at[0] != 0 ? stack->syn_at[0] : stack->syn_fails;
	start_timer(sim, conn, CLIENT, wait * NS_PER_MS + chance_between(&sim->chance, -8, 8) * NS_PER_MS);
	app_connecting(sim, conn);
}

static void syn_timer(struct sim *sim, struct conn *conn)
{
	struct tcp_end *end = &conn->end[CLIENT];
	const struct stack *stack = conn->plan.client->stack;
	uint32_t at = stack->syn_at[end->syns - 1];

	if (end->refusals > 0) {
		/* The repeat after a RST: the same ISN, and the schedule starts anew. */
		emit(sim, conn, CLIENT, FLAG_SYN, 0, 0);
		start_timer(sim, conn, CLIENT, stack->syn_at[0] * NS_PER_MS);
		return;
	}
	if (at == 0) {
		ended(conn, CLIENT, END_GONE);
		app_failed(sim, conn, CLIENT);
		return;
	}
	emit(sim, conn, CLIENT, FLAG_SYN, 0, 0);
	uint32_t next = stack->syn_at[end->syns] != 0 ? stack->syn_at[end->syns] : stack->syn_fails;
	end->syns++;
	start_timer(sim, conn, CLIENT, (next - at) * NS_PER_MS + chance_between(&sim->chance, -8, 8) * NS_PER_MS);
}

static void synack_timer(struct sim *sim, struct conn *conn)
{
	struct tcp_end *end = &conn->end[SERVER];
	const struct stack *stack = conn->plan.server->stack;

	if (++end->tries > stack->synack_times) {
		ended(conn, SERVER, END_GONE);
		return;
	}
	emit(sim, conn, SERVER, FLAG_SYN | FLAG_ACK, 0, 0);
	start_timer(sim, conn, SERVER, (time_ns)stack->synack_first * NS_PER_MS << end->tries);
}

static void send_again(struct sim *sim, struct conn *conn, enum side side)
{
	struct tcp_end *end = &conn->end[side];

	if (end->acked < end_of_data(end)) {
		size_t length = segment_size(conn, side, end->acked);
		if (end->acked + length > end->next)
			length = (size_t)(end->next - end->acked);
		emit_data(sim, conn, side, end->acked, length);
	} else if (end->fin_sent && !end->fin_acked) {
		emit(sim, conn, side, FLAG_FIN | FLAG_ACK, end->acked, 0);
	}
}

void tcp_timer(struct sim *sim, const struct happening *event)
{
	struct conn *conn = event->thing;
	enum side side = event->side;
	struct tcp_end *end = &conn->end[side];

	if (event->round != end->rto_round || (side == CLIENT && conn->facts.client_gone))
		return;
	if (end->state == END_SYN_SENT) {
		syn_timer(sim, conn);
		return;
	}
	if (end->state == END_SYN_RECEIVED) {
		synack_timer(sim, conn);
		return;
	}
	if (end->state != END_OPEN || end->acked >= end->next)
		return;
	if (++end->tries > host_of(conn, side)->stack->rto_times) {
		ended(conn, side, END_GONE);
		app_failed(sim, conn, side);
		return;
	}
	send_again(sim, conn, side);
	start_timer(sim, conn, side, end->rto << (end->tries < 10 ? end->tries : 10));
}

void tcp_ack_timer(struct sim *sim, const struct happening *event)
{
	struct conn *conn = event->thing;
	struct tcp_end *end = &conn->end[event->side];

	if (event->round != end->ack_round || end->state != END_OPEN || !end->ack_owed ||
	    (event->side == CLIENT && conn->facts.client_gone))
		return;
	emit(sim, conn, event->side, FLAG_ACK, end->next, 0);
}

static void opened(struct sim *sim, struct conn *conn, enum side side)
{
	struct tcp_end *end = &conn->end[side];
	time_ns trip = 2 * (conn->plan.client->latency + conn->plan.server->latency);
	time_ns least = host_of(conn, side)->stack->rto_least * NS_PER_MS;

	end->state = END_OPEN;
	end->acked = 1;
	end->next = 1;
	end->tries = 0;
	end->rto = 3 * trip > least ? 3 * trip : least;
	end->rto_round++;
	(void)sim;
}

static void syn_at_server(struct sim *sim, struct conn *conn, const struct packet *packet)
{
	struct tcp_end *end = &conn->end[SERVER];
	enum syn_policy policy = conn->plan.syn_policy;

	conn->facts.syn_arrived = sim->now;
	if (policy == SYN_BOX_RESET) {
		box_trigger(sim, conn, DROP_SYN);
		conn->facts.syn_arrived = 0;
		return;
	}
	if (conn->plan.syn_policy_times > 0 && policy != SYN_ACCEPT_QUEUE_FULL && --conn->plan.syn_policy_times == 0)
		conn->plan.syn_policy = SYN_ACCEPT;
	if (policy == SYN_RESET) {
		emit_bare_reset(sim, packet, SERVER);
	} else if (policy == SYN_UNREACHABLE) {
		struct packet *icmp = sim_packet(conn, true, 0);
		icmp->segment = packet->segment;
		icmp->segment.icmp = true;
		icmp->segment.icmp_code = conn->plan.icmp_code;
		icmp->segment.icmp_from = conn->address[SERVER];
		icmp->segment.icmp_from.ip.bytes[conn->plan.six ? 15 : 3] = 254;
		icmp->segment.icmp_ttl = (uint8_t)(255 - conn->plan.server->hops);
		icmp->segment.ip_id = (uint16_t)chance_bits(&sim->chance);
		sim_send(sim, icmp);
	} else if (policy == SYN_ACCEPT || policy == SYN_ACCEPT_QUEUE_FULL) {
		if (end->state == END_IDLE) {
			end->state = END_SYN_RECEIVED;
			end->next = 1;
			end->peer_stamp = packet->segment.stamp_value;
			start_timer(sim, conn, SERVER, conn->plan.server->stack->synack_first * NS_PER_MS);
		}
		end->syns++;
		emit(sim, conn, SERVER, FLAG_SYN | FLAG_ACK, 0, 0);
	}
}

static void answer_at_client(struct sim *sim, struct conn *conn, const struct packet *packet)
{
	struct tcp_end *end = &conn->end[CLIENT];
	const struct stack *stack = conn->plan.client->stack;
	uint8_t flags = packet->segment.flags;

	if (packet->segment.icmp || (flags & FLAG_RST) != 0) {
		if (end->refusals++ < stack->refused_again && !packet->segment.icmp) {
			start_timer(sim, conn, CLIENT,
				    stack->refused_gap * NS_PER_MS + chance_between(&sim->chance, -30, 30) * NS_PER_MS);
			return;
		}
		ended(conn, CLIENT, END_GONE);
		app_failed(sim, conn, CLIENT);
		return;
	}
	if ((flags & (FLAG_SYN | FLAG_ACK)) != (FLAG_SYN | FLAG_ACK))
		return;
	conn->facts.synack_arrived = sim->now;
	end->peer_stamp = packet->segment.stamp_value;
	if (conn->plan.way == WAY_RESETS_SYNACK) {
		emit_bare_reset(sim, packet, CLIENT);
		ended(conn, CLIENT, END_GONE);
		return;
	}
	opened(sim, conn, CLIENT);
	emit(sim, conn, CLIENT, FLAG_ACK, 1, 0);
	app_established(sim, conn, CLIENT);
}

static void take_ack(struct sim *sim, struct conn *conn, enum side side, const struct packet *packet)
{
	struct tcp_end *end = &conn->end[side];

	if ((packet->segment.flags & FLAG_ACK) == 0 || packet->acknowledges <= end->acked)
		return;
	bool recovering = end->tries > 0;
	end->acked = packet->acknowledges < end->next ? packet->acknowledges : end->next;
	end->tries = 0;
	if (end->fin_sent && end->acked == end->next)
		end->fin_acked = true;
	if (end->acked == end->next) {
		end->rto_round++;
		return;
	}
	start_timer(sim, conn, side, end->rto);
	if (recovering)
		send_again(sim, conn, side);
}

static void tell_boundaries(struct sim *sim, struct conn *conn, enum side side)
{
	struct tcp_end *end = &conn->end[side], *peer = &conn->end[other(side)];

	while (end->next_boundary < peer->boundaries && peer->boundary[end->next_boundary].end <= end->arrived.prefix) {
		enum mark mark = peer->boundary[end->next_boundary++].mark;
		app_got(sim, conn, side, mark);
		box_trigger(sim, conn, (int)mark);
	}
}

static void owe_ack(struct sim *sim, struct conn *conn, enum side side, bool now)
{
	struct tcp_end *end = &conn->end[side];

	if (end->state != END_OPEN)
		return;
	if (now || end->ack_owed) {
		emit(sim, conn, side, FLAG_ACK, end->next, 0);
		return;
	}
	end->ack_owed = true;
	time_ns wait = host_of(conn, side)->stack->delayed_ack * NS_PER_MS;
	sim_at(sim, sim->now + chance_between(&sim->chance, wait / 2, wait), EVENT_ACK, conn, 0, side,
	       ++end->ack_round);
}

static void take_data(struct sim *sim, struct conn *conn, enum side side, const struct packet *packet)
{
	struct tcp_end *end = &conn->end[side];
	uint64_t before = end->arrived.prefix;
	bool fin = (packet->segment.flags & FLAG_FIN) != 0;

	if (packet->length == 0 && !fin)
		return;
	if (fin)
		end->fin_offset_arrived = packet->offset + packet->length;
	bool fresh = packet->length > 0 && coverage_add(&end->arrived, packet->offset, packet->offset + packet->length);
	if (packet->length > 0 && (!fresh || end->arrived.prefix == before))
		owe_ack(sim, conn, side, true);
	else if (packet->length > 0)
		owe_ack(sim, conn, side, false);
	if (fresh)
		tell_boundaries(sim, conn, side);
	if (end->fin_offset_arrived == 0 || end->state != END_OPEN)
		return;
	bool first = !end->fin_arrived && end->arrived.prefix == end->fin_offset_arrived;
	end->fin_arrived = end->fin_arrived || first;
	if (fin || first)
		owe_ack(sim, conn, side, true);
	if (first)
		app_peer_closed(sim, conn, side, false);
}

/* Data that nobody will read any more: the process has closed. */
static bool unwelcome(const struct tcp_end *end, const struct packet *packet)
{
	return end->closed_by_application && packet->length > 0 &&
	       packet->offset + packet->length > end->arrived.prefix;
}

static void open_arrive(struct sim *sim, struct conn *conn, enum side side, struct packet *packet)
{
	struct tcp_end *end = &conn->end[side];
	uint8_t flags = packet->segment.flags;

	if (packet->segment.icmp)
		return;
	if ((flags & FLAG_RST) != 0) {
		if (packet->offset + 1 < end->arrived.prefix || packet->offset > end->arrived.prefix + 8760)
			return;
		ended(conn, side, END_GONE);
		app_peer_closed(sim, conn, side, true);
		return;
	}
	end->peer_stamp = packet->segment.stamp ? packet->segment.stamp_value : end->peer_stamp;
	if ((flags & FLAG_SYN) != 0) {
		emit(sim, conn, side, FLAG_ACK, end->next, 0);
		return;
	}
	take_ack(sim, conn, side, packet);
	if (unwelcome(end, packet)) {
		emit_bare_reset(sim, packet, side);
		ended(conn, side, END_GONE);
		return;
	}
	take_data(sim, conn, side, packet);
	if (end->state == END_OPEN)
		tcp_push(sim, conn, side);
	if (end->state == END_OPEN && end->fin_acked && end->fin_arrived)
		ended(conn, side, END_FINISHED);
}

static bool queue_full_ignores(struct conn *conn)
{
	if (conn->plan.syn_policy != SYN_ACCEPT_QUEUE_FULL)
		return false;
	if (conn->plan.syn_policy_times > 0 && --conn->plan.syn_policy_times == 0)
		conn->plan.syn_policy = SYN_ACCEPT;
	return true;
}

static void server_handshake(struct sim *sim, struct conn *conn, struct packet *packet)
{
	uint8_t flags = packet->segment.flags;

	if ((flags & FLAG_RST) != 0) {
		ended(conn, SERVER, END_GONE);
		return;
	}
	if ((flags & FLAG_SYN) != 0) {
		syn_at_server(sim, conn, packet);
		return;
	}
	if ((flags & FLAG_ACK) == 0 || queue_full_ignores(conn))
		return;
	opened(sim, conn, SERVER);
	conn->facts.handshake_arrived = sim->now;
	app_established(sim, conn, SERVER);
	open_arrive(sim, conn, SERVER, packet);
}

void tcp_arrive(struct sim *sim, struct packet *packet)
{
	struct conn *conn = packet->conn;
	enum side side = packet->to_client ? CLIENT : SERVER;
	struct tcp_end *end = &conn->end[side];
	uint8_t flags = packet->segment.flags;

	if (side == CLIENT && conn->facts.client_gone)
		return;
	if (packet->injected && !conn->facts.box_fired)
		return;
	/* A half-open connection that was given up leaves the listener behind: the next SYN finds it. */
	if (side == SERVER && end->state == END_GONE && conn->facts.handshake_arrived == 0) {
		end->state = END_IDLE;
		end->tries = 0;
	}
	switch (end->state) {
	case END_IDLE:
		if (side == SERVER && (flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == FLAG_SYN)
			syn_at_server(sim, conn, packet);
		break;
	case END_SYN_SENT:
		answer_at_client(sim, conn, packet);
		break;
	case END_SYN_RECEIVED:
		server_handshake(sim, conn, packet);
		break;
	case END_OPEN:
		open_arrive(sim, conn, side, packet);
		break;
	case END_FINISHED:
		if ((flags & FLAG_FIN) != 0)
			emit(sim, conn, side, FLAG_ACK, end->next, 0);
		break;
	case END_GONE:
		if ((flags & FLAG_RST) == 0 && !packet->segment.icmp)
			emit_bare_reset(sim, packet, side);
		break;
	}
}
