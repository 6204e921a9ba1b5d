/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A middlebox that ends connections in the hosts' names, and the small ways in which it gives itself away. */
#include "tests/generator/sim.h"

void box_trigger(struct sim *sim, struct conn *conn, int after)
{
	if (conn->plan.box.active && conn->plan.box.after == after)
		sim_at(sim, sim->now + conn->plan.box.delay, EVENT_BOX, conn, 0, 0, 0);
}

static uint8_t box_ttl(const struct host *claimed, unsigned quirks)
{
	unsigned honest = claimed->stack->ttl - claimed->hops;

	if ((quirks & QUIRK_TTL) == 0)
		return (uint8_t)honest;
	/* The box's own start of 64 or 255, whichever cannot be taken for the host's. */
	return (uint8_t)(honest > 128 ? 64 - 2 : 255 - 3);
}

static uint16_t box_ip_id(struct sim *sim, struct host *claimed, const struct tcp_end *end, unsigned quirks)
{
	uint16_t honest = claimed->stack->ip_id == ID_CONNECTION ? end->ip_id : (uint16_t)(claimed->ip_id + 1);

	if (claimed->stack->ip_id == ID_SWAPPED)
		honest = (uint16_t)(honest << 8 | honest >> 8);
	if (claimed->stack->ip_id == ID_RANDOM)
		return (uint16_t)chance_bits(&sim->chance);
	return (quirks & QUIRK_ID) != 0 ? (uint16_t)(honest ^ 0x5a5a) : honest;
}

static void inject(struct sim *sim, struct conn *conn, bool to_client)
{
	enum side claimed = to_client ? SERVER : CLIENT;
	struct host *host = to_client ? conn->plan.server : conn->plan.client;
	struct tcp_end *end = &conn->end[claimed], *victim = &conn->end[to_client ? CLIENT : SERVER];
	struct packet *packet = sim_packet(conn, to_client, 0);
	unsigned quirks = conn->plan.box.quirks;
	bool at_syn = conn->plan.box.after == DROP_SYN;

	packet->injected = true;
	packet->offset = at_syn ? 0 : victim->arrived.prefix;
	packet->acknowledges = at_syn ? 1 : victim->next;
	if ((quirks & QUIRK_SEQ) != 0 && !at_syn)
		packet->offset += (uint64_t)chance_between(&sim->chance, 700, 4000);
	packet->segment.flags = FLAG_RST | FLAG_ACK;
	packet->segment.seq = at_syn ? 0 : end->iss + (uint32_t)packet->offset;
	packet->segment.ack = victim->iss + (uint32_t)packet->acknowledges;
	packet->segment.ttl = box_ttl(host, quirks);
	packet->segment.ip_id = box_ip_id(sim, host, end, quirks);
	packet->segment.dont_fragment = host->stack->ip_id != ID_RANDOM;
	if (!at_syn && conn->plan.client->stack->stamps && conn->plan.server->stack->stamps) {
		packet->segment.stamp = true;
		packet->segment.stamp_echo = end->peer_stamp;
		packet->segment.stamp_value = host->stamp_start + (uint32_t)(sim->now / (NS_PER_MS * 10));
		if ((quirks & QUIRK_STAMP) != 0)
			packet->segment.stamp_value ^= 0x3c000000;
	}
	enum side place = conn->plan.box.place;
	bool past_tap = place == NOBODY || (place == CLIENT) != to_client;
	time_ns wait = past_tap ? 30000 + (to_client ? 0 : 9000)
				: (to_client ? conn->plan.client->latency : conn->plan.server->latency) / 2 + 20000;
	sim_at(sim, sim->now + wait, past_tap ? EVENT_TAP : EVENT_ARRIVE, packet, 0, 0, 0);
}

void box_event(struct sim *sim, const struct happening *event)
{
	struct conn *conn = event->thing;
	bool over = conn->end[CLIENT].state == END_GONE || conn->end[CLIENT].state == END_FINISHED ||
		    conn->end[CLIENT].fin_sent || conn->end[SERVER].fin_sent || conn->end[SERVER].state == END_GONE;

	if (over)
		return;
	conn->facts.box_fired = true;
	if (conn->facts.first_close == 0 && conn->plan.box.after != DROP_SYN) {
		conn->facts.first_close = sim->now;
		conn->facts.closer = MIDDLEBOX;
	}
	if (conn->plan.box.to_client)
		inject(sim, conn, true);
	if (conn->plan.box.to_server)
		inject(sim, conn, false);
}
