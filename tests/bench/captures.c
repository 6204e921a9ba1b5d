/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The captures that speed is measured on, and their truth, from a seed:
 *
 *     bench-captures KIND CONNECTIONS SEED PREFIX       writes PREFIX.pcap and PREFIX.truth.tsv
 *
 * So many connections are alive at a time; when one ends, the next begins. PREFIX.truth.tsv has a line for each, in the
 * order in which they end: number, outcome, close by and how, segments that each side sent again, and microseconds from
 * the capture's base time to each milestone ("-": none).
 */
#include "tests/bench/script.h"
#include "tests/bench/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2002-02-26T19:40:00Z */
#define BASE_US (INT64_C(1014752400) * 1000000)

enum { PORT = 102, NOISE_FLOWS = 400, NOISE_BYTES = 4096 };

struct kind {
	const char *name;
	uint32_t clients, servers;
	uint32_t at_once; /* 0: as many as there are */
	int64_t pace_us;
	uint32_t weights[PLOTS];
	uint32_t noise_permille; /* packets of other traffic for 1000 of a connection's */
};

/* Three in a hundred fail. */
#define FAILURES                                                                                                       \
	[PLOT_SYN_REFUSED] = 5, [PLOT_SYN_UNANSWERED] = 5, [PLOT_NO_REQUEST] = 5, [PLOT_NO_OK] = 5,                    \
	[PLOT_CLOSED_AFTER_OK] = 5, [PLOT_REFUSED] = 5

static const struct kind kinds[] = {
    {"mta-mix", 200, 20, 2000, 12000000, {[PLOT_MESSAGES] = 970, FAILURES}, 0},
    {"needle", 100, 10, 200, 4000000, {[PLOT_MESSAGES] = 970, FAILURES}, 13286},
    {"syn-heavy", 1000, 20, 1000, 1000000, {[PLOT_PROBE] = 510, [PLOT_PROBE_RESET] = 460, FAILURES}, 0},
    {"open-idle", 1000, 20, 0, 0, {[PLOT_OPEN_IDLE] = 1}, 0},
    {"open-data", 1000, 20, 0, 0, {[PLOT_OPEN_DATA] = 1}, 0},
};

/* One place for a connection that is alive. */
struct slot {
	struct script *script; /* NULL: none any more */
	size_t next;
	int64_t time_us; /* of the next step */
	uint32_t id;     /* 0: its first packet is still to come */
	struct wire_host host[2];
	uint16_t ip_id[2];
	int64_t reached[MILESTONES];
};

struct noise_flow {
	struct wire_host host[2];
	uint32_t seq[2];
	uint16_t ip_id[2];
	unsigned unacknowledged;
	bool begun;
};

struct world {
	const struct kind *kind;
	uint32_t wanted, begun, named;
	struct chance chance;
	struct wire wire;
	FILE *truth;
	struct slot *slots;
	struct slot **heap;
	size_t heap_count;
	int64_t now_us;
	struct noise_flow noise[NOISE_FLOWS];
	uint8_t noise_bytes[NOISE_BYTES];
	uint32_t noise_due; /* in thousandths */
};

/* ---- The heap: the slot whose next step is the earliest first ---- */

static bool goes_before(const struct slot *a, const struct slot *b)
{
	return a->time_us != b->time_us ? a->time_us < b->time_us : a < b;
}

static void sift_down(struct world *world, size_t place)
{
	struct slot *moved = world->heap[place];

	for (size_t child = 2 * place + 1; child < world->heap_count; child = 2 * place + 1) {
		if (child + 1 < world->heap_count && goes_before(world->heap[child + 1], world->heap[child]))
			child++;
		if (!goes_before(world->heap[child], moved))
			break;
		world->heap[place] = world->heap[child];
		place = child;
	}
	world->heap[place] = moved;
}

/* ---- Connections ---- */

/* A tuple of its own, as long as there are fewer than 60,000 connections a client. */
static void begin(struct world *world, struct slot *slot, int64_t time_us)
{
	const struct kind *kind = world->kind;
	uint32_t n = world->begun++;

	script_write(slot->script, (enum plot)chance_weighted(&world->chance, kind->weights, PLOTS), kind->pace_us,
		     &world->chance);
	slot->next = 0;
	slot->id = 0;
	slot->time_us = time_us;
	slot->host[CLIENT] = (struct wire_host){UINT32_C(0x0a140000) + 256 + n % kind->clients,
						(uint16_t)(1024 + n / kind->clients % 60000)};
	slot->host[SERVER] = (struct wire_host){
	    UINT32_C(0x0a1e0001) + (uint32_t)chance_between(&world->chance, 0, kind->servers - 1), PORT};
	slot->ip_id[CLIENT] = (uint16_t)chance_bits(&world->chance);
	slot->ip_id[SERVER] = (uint16_t)chance_bits(&world->chance);
	for (int i = 0; i < MILESTONES; i++)
		slot->reached[i] = -1;
}

static void write_truth(const struct world *world, const struct slot *slot)
{
	const struct script *script = slot->script;

	fprintf(world->truth, "%" PRIu32 "\t%s\t%s\t%s\t%" PRIu32 "\t%" PRIu32, slot->id, script->outcome,
		script->close_by == NULL ? "-" : script->close_by, script->close_how == NULL ? "-" : script->close_how,
		script->retransmissions[CLIENT], script->retransmissions[SERVER]);
	for (int i = 0; i < MILESTONES; i++) {
		if (slot->reached[i] < 0)
			fputs("\t-", world->truth);
		else
			fprintf(world->truth, "\t%" PRId64, slot->reached[i]);
	}
	fputc('\n', world->truth);
}

static void send_step(struct world *world, struct slot *slot)
{
	const struct step *step = &slot->script->steps[slot->next++];
	unsigned side = step->side;
	struct wire_segment segment = {.from = slot->host[side],
				       .to = slot->host[!side],
				       .seq = step->seq,
				       .ack = step->ack,
				       .ip_id = slot->ip_id[side]++,
				       .flags = step->flags,
				       .payload = step->payload,
				       .length = step->length};

	if (slot->id == 0)
		slot->id = ++world->named;
	if (step->reaches != MILESTONE_NONE)
		slot->reached[step->reaches] = slot->time_us;
	wire_tcp(&world->wire, BASE_US + slot->time_us, &segment);
	world->now_us = slot->time_us;
}

/* The slot's next step; a new connection when that was the last; the end of the slot when all have begun. */
static void advance(struct world *world)
{
	struct slot *slot = world->heap[0];

	if (slot->next < slot->script->count) {
		slot->time_us += slot->script->steps[slot->next].after_us;
	} else {
		write_truth(world, slot);
		if (world->begun < world->wanted)
			begin(world, slot, slot->time_us + 1 + chance_exponential(&world->chance, 20000));
		else
			world->heap[0] = world->heap[--world->heap_count];
	}
	if (world->heap_count > 0)
		sift_down(world, 0);
}

/* ---- Other traffic ---- */

static void noise_begin(struct world *world)
{
	static const uint16_t ports[] = {80, 445, 25, 139, 1433, 3389};

	for (size_t i = 0; i < NOISE_BYTES; i++)
		world->noise_bytes[i] = (uint8_t)chance_bits(&world->chance);
	for (size_t i = 0; i < NOISE_FLOWS; i++)
		world->noise[i] = (struct noise_flow){
		    .host = {{UINT32_C(0x0a280000) + (uint32_t)i, (uint16_t)(2000 + i)},
			     {UINT32_C(0x0a320001) + (uint32_t)i % 30, ports[i % (sizeof ports / sizeof *ports)]}},
		    .seq = {(uint32_t)chance_bits(&world->chance), (uint32_t)chance_bits(&world->chance)}};
}

static void noise_packet(struct world *world, int64_t time_us)
{
	struct noise_flow *flow = &world->noise[chance_between(&world->chance, 0, NOISE_FLOWS - 1)];
	bool udp = chance_ppm(&world->chance, 100000);
	/* The server sends; the client acknowledges every second segment. */
	unsigned side = !flow->begun || flow->unacknowledged == 2 ? CLIENT : SERVER;
	struct wire_segment segment = {.from = flow->host[side],
				       .to = flow->host[!side],
				       .seq = flow->seq[side],
				       .ack = flow->begun ? flow->seq[!side] : 0,
				       .ip_id = flow->ip_id[side]++,
				       .flags = flow->begun ? WIRE_ACK : WIRE_SYN,
				       .payload = world->noise_bytes + (flow->seq[SERVER] & 1023)};

	if (udp) {
		segment.length = (uint16_t)chance_between(&world->chance, 40, 500);
		segment.from.port = 53;
		wire_udp(&world->wire, BASE_US + time_us, &segment);
		return;
	}
	if (flow->begun && side == SERVER)
		segment.length =
		    (uint16_t)(chance_ppm(&world->chance, 850000) ? WIRE_MSS
								  : chance_between(&world->chance, 100, WIRE_MSS));
	flow->unacknowledged = side == SERVER ? flow->unacknowledged + 1 : 0;
	flow->seq[side] += flow->begun ? segment.length : 1;
	flow->begun = true;
	wire_tcp(&world->wire, BASE_US + time_us, &segment);
}

/* Evenly between the last packet and the next. */
static void make_noise(struct world *world, int64_t until_us)
{
	world->noise_due += world->kind->noise_permille;
	uint32_t count = world->noise_due / 1000;
	int64_t from_us = world->now_us;

	world->noise_due %= 1000;
	for (uint32_t i = 0; i < count; i++)
		noise_packet(world, from_us + (until_us - from_us) * (i + 1) / (count + 1));
}

/* ---- The whole ---- */

static void run(struct world *world)
{
	const struct kind *kind = world->kind;
	uint32_t at_once = kind->at_once == 0 || kind->at_once > world->wanted ? world->wanted : kind->at_once;
	/* The first ones begin over as long as a connection lasts, about. */
	int64_t spread_us = 1000000 + 5 * kind->pace_us;
	struct script *scripts = calloc(at_once, sizeof *scripts);

	world->slots = calloc(at_once, sizeof *world->slots);
	world->heap = calloc(at_once, sizeof(struct slot *));
	if (scripts == NULL || world->slots == NULL || world->heap == NULL)
		abort();
	for (uint32_t i = 0; i < at_once; i++) {
		world->slots[i].script = &scripts[i];
		begin(world, &world->slots[i], spread_us * i / at_once);
		world->heap[world->heap_count++] = &world->slots[i];
	}
	if (kind->noise_permille > 0)
		noise_begin(world);
	/* Slots are filled in the order of their first steps, which is a heap already. */
	while (world->heap_count > 0) {
		if (kind->noise_permille > 0)
			make_noise(world, world->heap[0]->time_us);
		send_step(world, world->heap[0]);
		advance(world);
	}
	free(scripts);
	free(world->slots);
	free(world->heap);
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static struct world world;
	char path[4096];

	if (argc != 5 || (world.kind = find_kind(argv[1])) == NULL || strlen(argv[4]) > sizeof path - 16) {
		fputs("usage: bench-captures mta-mix|needle|syn-heavy|open-idle|open-data CONNECTIONS SEED PREFIX\n",
		      stderr);
		return 2;
	}
	world.wanted = (uint32_t)strtoul(argv[2], NULL, 10);
	world.chance = chance_from(strtoull(argv[3], NULL, 10));
	snprintf(path, sizeof path, "%s.pcap", argv[4]);
	bool good = wire_open(&world.wire, path);
	snprintf(path, sizeof path, "%s.truth.tsv", argv[4]);
	world.truth = good ? fopen(path, "w") : NULL;
	if (world.truth == NULL) {
		perror(path);
		return 1;
	}
	script_prepare();
	run(&world);
	good = wire_close(&world.wire) && ferror(world.truth) == 0;
	good = fclose(world.truth) == 0 && good;
	fprintf(stderr, "%s: %" PRIu32 " connections, %" PRIu64 " packets, %" PRIu64 " bytes\n", argv[4], world.named,
		world.wire.packets, world.wire.bytes);
	if (!good)
		fputs("bench-captures: the files could not be written whole\n", stderr);
	return good ? 0 : 1;
}
