/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/sim.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static bool earlier(const struct happening *a, const struct happening *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

void sim_at(struct sim *sim, time_ns time, enum event_kind kind, void *thing, int code, uint32_t side, uint32_t round)
{
	struct happening event = {time, sim->order++, kind, code, round, side, thing};

	sim->heap = memory_grow(sim->heap, sim->heap_count, &sim->heap_capacity, sizeof *sim->heap);
	size_t at = sim->heap_count++;
	while (at > 0 && earlier(&event, &sim->heap[(at - 1) / 2])) {
		sim->heap[at] = sim->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	sim->heap[at] = event;
}

static struct happening take_first(struct sim *sim)
{
	struct happening first = sim->heap[0], last = sim->heap[--sim->heap_count];
	size_t at = 0;

	for (;;) {
		size_t child = at * 2 + 1;
		if (child >= sim->heap_count)
			break;
		if (child + 1 < sim->heap_count && earlier(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!earlier(&sim->heap[child], &last))
			break;
		sim->heap[at] = sim->heap[child];
		at = child;
	}
	sim->heap[at] = last;
	return first;
}

bool host_dead(const struct host *host, time_ns now)
{
	return now >= host->dead_from && now < host->dead_to;
}

/* Joins what touches. Returns whether anything new came. */
bool coverage_add(struct coverage *coverage, uint64_t start, uint64_t end)
{
	bool fresh = end > coverage->prefix;

	for (unsigned i = 0; i < coverage->islands && fresh; i++) {
		if (start >= coverage->island[i].start && end <= coverage->island[i].end)
			fresh = false;
	}
	if (!fresh)
		return false;
	if (coverage->islands == RANGES)
		coverage->islands--;
	coverage->island[coverage->islands++] = (struct range){start, end};
	for (bool moved = true; moved;) {
		moved = false;
		for (unsigned i = 0; i < coverage->islands; i++) {
			struct range *island = &coverage->island[i];
			if (island->start > coverage->prefix)
				continue;
			if (island->end > coverage->prefix)
				coverage->prefix = island->end;
			*island = coverage->island[--coverage->islands];
			moved = true;
			break;
		}
	}
	return true;
}

struct packet *sim_packet(struct conn *conn, bool to_client, size_t length)
{
	struct packet *packet = memory_get_zeroed(1, sizeof *packet + length);
	enum side from = to_client ? SERVER : CLIENT;

	packet->conn = conn;
	packet->to_client = to_client;
	packet->length = length;
	packet->segment.scale = 255;
	packet->segment.from = conn->address[from];
	packet->segment.to = conn->address[from == CLIENT ? SERVER : CLIENT];
	packet->segment.from_right = to_client;
	return packet;
}

static bool carries(const struct packet *packet, const struct tcp_end *end, int what)
{
	uint8_t flags = packet->segment.flags;

	switch (what) {
	case DROP_SYN:
		return (flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN;
	case DROP_SYNACK:
		return (flags & FLAG_SYN) != 0 && (flags & FLAG_ACK) != 0;
	case DROP_HANDSHAKE_ACK:
		return (flags & FLAG_SYN) == 0;
	case DROP_EVERYTHING:
		return true;
	case DROP_AFTER_HANDSHAKE:
		return packet->length > 0 || (flags & (FLAG_FIN | FLAG_RST)) != 0 || packet->acknowledges > 1;
	default:
		break;
	}
	uint64_t start = 1;
	for (size_t i = 0; i < end->boundaries && packet->length > 0; i++) {
		if (end->boundary[i].mark == (enum mark)what && packet->offset < end->boundary[i].end &&
		    packet->offset + packet->length > start)
			return true;
		start = end->boundary[i].end;
	}
	return false;
}

/* 0: it travels on; 1: lost before the tap; 2: lost after it. */
static int planned_loss(struct packet *packet)
{
	struct conn *conn = packet->conn;

	if (conn == NULL || packet->injected)
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		struct drop *drop = &conn->plan.drop[i];
		if (!drop->active || drop->to_client != packet->to_client ||
		    !carries(packet, &conn->end[packet->to_client ? SERVER : CLIENT], drop->what))
			continue;
		if (drop->times > 0 && --drop->times == 0)
			drop->active = false;
		return drop->after_tap ? 2 : 1;
	}
	return 0;
}

static time_ns travel(struct sim *sim, const struct host *host)
{
	return host->latency + chance_exponential(&sim->chance, host->jitter);
}

void sim_send(struct sim *sim, struct packet *packet)
{
	struct conn *conn = packet->conn;
	struct host *from = packet->to_client ? conn->plan.server : conn->plan.client;
	struct host *to = packet->to_client ? conn->plan.client : conn->plan.server;
	int loss = planned_loss(packet);

	if (host_dead(from, sim->now) || loss == 1 || chance_ppm(&sim->chance, from->loss_ppm[0])) {
		free(packet);
		return;
	}
	packet->lost_after = loss == 2 || chance_ppm(&sim->chance, to->loss_ppm[1]);
	time_ns at = sim->now + travel(sim, from);
	/* A path keeps the order, but for the few packets that take another one. */
	if (at <= conn->last_tap[packet->to_client] && !chance_ppm(&sim->chance, sim->reorder_ppm))
		at = conn->last_tap[packet->to_client] + 1200;
	if (chance_ppm(&sim->chance, sim->reorder_ppm))
		at += chance_between(&sim->chance, 100000, 3000000);
	else
		conn->last_tap[packet->to_client] = at;
	sim_at(sim, at, EVENT_TAP, packet, 0, 0, 0);
}

static void capture(struct sim *sim, const struct packet *packet)
{
	struct conn *conn = packet->conn;
	bool missed = sim->gap_ppm > 0 && chance_ppm(&sim->chance, sim->gap_ppm);

	if (!missed) {
		capfile_write(&sim->capfile, sim->now, &packet->segment, packet->payload, packet->length);
		if (sim->capfile.frames == 1)
			sim->capture_first = sim->now;
		sim->capture_last = sim->now;
	}
	if (conn == NULL)
		return;
	conn->missed += missed;
	if (!missed)
		view_packet(sim, &conn->view, packet);
	if (sim->gap_ppm > 0)
		view_packet(sim, &conn->whole, packet);
	if (sim->duplicates && !missed)
		capfile_write(&sim->capfile, sim->now, &packet->segment, packet->payload, packet->length);
}

/* The tap sees it, and it goes on to where it is meant to go. */
static void pass_tap(struct sim *sim, struct packet *packet)
{
	struct conn *conn = packet->conn;

	if (sim->now >= sim->from && sim->now < sim->to)
		capture(sim, packet);
	if (conn == NULL || packet->lost_after) {
		free(packet);
		return;
	}
	struct host *to = packet->to_client ? conn->plan.client : conn->plan.server;
	time_ns at = sim->now + travel(sim, to);
	if (at <= conn->last_arrival[packet->to_client])
		at = conn->last_arrival[packet->to_client] + 1000;
	conn->last_arrival[packet->to_client] = at;
	sim_at(sim, at, EVENT_ARRIVE, packet, 0, 0, 0);
}

static void arrive(struct sim *sim, struct packet *packet)
{
	struct conn *conn = packet->conn;
	const struct host *to = packet->to_client ? conn->plan.client : conn->plan.server;

	if (!host_dead(to, sim->now))
		tcp_arrive(sim, packet);
	free(packet);
}

struct conn *sim_connect(struct sim *sim, const struct plan *plan)
{
	struct conn *conn = memory_get_zeroed(1, sizeof *conn);

	sim->conns = memory_grow(sim->conns, sim->conn_count, &sim->conn_capacity, sizeof *sim->conns);
	conn->id = (uint32_t)sim->conn_count;
	sim->conns[sim->conn_count++] = conn;
	conn->plan = *plan;
	conn->cb = -1;
	if (conn->plan.client_port == 0)
		conn->plan.client_port = plan->client->next_port++;
	if (plan->client->next_port < 1025 || plan->client->next_port > 60000)
		plan->client->next_port = 1025;
	conn->address[CLIENT].ip = plan->six ? plan->client->ip6 : plan->client->ip4;
	conn->address[CLIENT].port = conn->plan.client_port;
	conn->address[SERVER].ip = plan->six ? plan->server->ip6 : plan->server->ip4;
	conn->address[SERVER].port = plan->port;
	for (unsigned side = 0; side < 2; side++) {
		conn->end[side].iss = (uint32_t)chance_bits(&sim->chance);
		conn->end[side].ip_id = (uint16_t)chance_bits(&sim->chance);
		conn->end[side].arrived.prefix = 1;
		conn->view.bytes[side].prefix = 1;
		conn->whole.bytes[side].prefix = 1;
	}
	conn->reference = (uint16_t)chance_between(&sim->chance, 1, 65535);
	sim_at(sim, plan->start, EVENT_START, conn, 0, 0, 0);
	return conn;
}

/* A short exchange on another port, that the analyzer is not asked about. */
void sim_noise(struct sim *sim, struct host *a, struct host *b, time_ns at)
{
	static const uint16_t ports[] = {25, 53, 80, 135, 139};
	uint16_t port = ports[chance_between(&sim->chance, 0, 4)], own = a->next_port++;
	uint32_t seq = (uint32_t)chance_bits(&sim->chance);

	for (unsigned i = 0; i < 6; i++) {
		struct packet *packet = memory_get_zeroed(1, sizeof *packet + 16);
		bool back = i % 2 == 1;
		packet->segment =
		    (struct segment){.from = {.ip = back ? b->ip4 : a->ip4, .port = back ? port : own},
				     .to = {.ip = back ? a->ip4 : b->ip4, .port = back ? own : port},
				     .ttl = (uint8_t)(back ? b->stack->ttl - b->hops : a->stack->ttl - a->hops),
				     .dont_fragment = true,
				     .ip_id = back ? b->ip_id++ : a->ip_id++,
				     .flags = FLAG_ACK | FLAG_PSH,
				     .seq = seq + (back ? 1000 : 0) + i / 2 * 16,
				     .ack = seq + (back ? 0 : 1000) + i / 2 * 16 + (back ? 16 : 0),
				     .window = 8192,
				     .scale = 255,
				     .from_right = back};
		packet->length = 16;
		memcpy(packet->payload, "noise elsewhere\n", 16);
		at += chance_between(&sim->chance, 100000, 30000000);
		sim_at(sim, at, EVENT_TAP, packet, 0, 0, 0);
	}
}

static void happen(struct sim *sim, const struct happening *event)
{
	switch (event->kind) {
	case EVENT_START:
		if (event->thing == NULL)
			sim->next_plan(sim);
		else
			tcp_connect(sim, event->thing);
		break;
	case EVENT_TAP:
		pass_tap(sim, event->thing);
		break;
	case EVENT_ARRIVE:
		arrive(sim, event->thing);
		break;
	case EVENT_RTO:
		tcp_timer(sim, event);
		break;
	case EVENT_ACK:
		tcp_ack_timer(sim, event);
		break;
	case EVENT_CLIENT:
		app_client_event(sim, event);
		break;
	case EVENT_SERVER:
		app_server_event(sim, event);
		break;
	case EVENT_BOX:
		box_event(sim, event);
		break;
	case EVENT_LOG:
		log_event(sim, event);
		break;
	case EVENT_NOISE:
		break;
	}
}

void sim_run(struct sim *sim)
{
	while (sim->heap_count > 0) {
		struct happening event = take_first(sim);
		sim->now = event.time;
		if (sim->now >= sim->to) {
			if (event.kind == EVENT_TAP || event.kind == EVENT_ARRIVE)
				free(event.thing);
			continue;
		}
		happen(sim, &event);
	}
}

void sim_free(struct sim *sim)
{
	for (size_t i = 0; i < sim->conn_count; i++) {
		tcp_forget(sim->conns[i], CLIENT);
		tcp_forget(sim->conns[i], SERVER);
		free(sim->conns[i]);
	}
	free(sim->conns);
	free(sim->heap);
	free(sim->incidents);
	free(sim->hosts);
}
