/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each PDU of each layer in a capture, a line for one: frame, layer, name. For tests/differential/layers.py. */
#include "capture/decode.h"
#include "capture/source.h"
#include "dissectors/association.h"
#include "tcp/stream.h"
#include "tcp/tracker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD = 64 };

/*
 * Once an association is open, a TSDU in several TPDUs is traced with its first. tshark shows it where it is complete:
 * what was traced waits for the TPDU that is the last.
 */
struct stack {
	struct tcp_upper upper;
	struct association association;
	bool more[PDU_DIRECTIONS];
	struct {
		enum layer layer;
		const char *name;
	} held[PDU_DIRECTIONS][HELD];
	unsigned held_count[PDU_DIRECTIONS];
};

static void print(uint64_t frame, enum layer layer, const char *name)
{
	printf("%" PRIu64 "\t%s\t%s\n", frame, layer_name(layer), name);
}

static void on_trace(void *user, const struct pdu_trace *pdu)
{
	struct stack *stack = user;
	unsigned d = pdu->direction;

	if (pdu->layer == LAYER_COTP) {
		stack->more[d] = pdu->detail != NULL && strstr(pdu->detail, "more follow") != NULL;
		print(pdu->moment.frame, pdu->layer, pdu->name);
		for (unsigned i = 0; !stack->more[d] && i < stack->held_count[d]; i++)
			print(pdu->moment.frame, stack->held[d][i].layer, stack->held[d][i].name);
		if (!stack->more[d])
			stack->held_count[d] = 0;
		return;
	}
	if (!stack->more[d]) {
		print(pdu->moment.frame, pdu->layer, pdu->name);
	} else if (stack->held_count[d] < HELD) {
		stack->held[d][stack->held_count[d]].layer = pdu->layer;
		stack->held[d][stack->held_count[d]++].name = pdu->name;
	}
}

static void on_event(void *user, const struct pdu_event *event)
{
	(void)user;
	(void)event;
}

static const struct association_sink sink = {.event = on_event, .trace = on_trace};

static struct stack *stack_of(struct tcp_connection *tcp)
{
	if (tcp->upper == NULL) {
		struct stack *stack = calloc(1, sizeof *stack);
		if (stack == NULL)
			abort();
		association_init(&stack->association, &sink, stack, tcp->mid_stream);
		tcp->upper = &stack->upper;
	}
	return (struct stack *)tcp->upper;
}

static void on_opened(void *user, struct tcp_connection *tcp)
{
	(void)user;
	tcp->upper = NULL;
}

static void on_data(void *user, struct tcp_connection *tcp, enum direction direction, const uint8_t *data,
		    size_t length, const struct moment *moment)
{
	(void)user;
	association_feed(&stack_of(tcp)->association, direction == FROM_CLIENT ? PDU_FROM_CLIENT : PDU_FROM_SERVER,
			 data, length, moment);
}

static void on_gap(void *user, struct tcp_connection *tcp, enum direction direction, size_t length,
		   const struct moment *moment)
{
	(void)user;
	association_gap(&stack_of(tcp)->association, direction == FROM_CLIENT ? PDU_FROM_CLIENT : PDU_FROM_SERVER,
			length, moment);
}

static void on_moved(void *user, struct tcp_connection *tcp, enum tcp_step step, const struct moment *moment)
{
	(void)user;
	(void)tcp;
	(void)step;
	(void)moment;
}

static void on_finished(void *user, struct tcp_connection *tcp, bool at_end)
{
	(void)user;
	(void)at_end;
	if (tcp->upper == NULL)
		return;
	struct stack *stack = (struct stack *)tcp->upper;
	association_free(&stack->association);
	free(stack->upper.repeats);
	free(stack);
}

int main(int argc, char **argv)
{
	const struct tcp_handlers handlers = {
	    .opened = on_opened, .data = on_data, .gap = on_gap, .moved = on_moved, .finished = on_finished};
	const struct tracker_options options = {.ports = {.list = {102}, .count = 1}, .engine = stream_nids()};
	char *error = NULL;

	if (argc != 2) {
		fprintf(stderr, "usage: layers CAPTURE\n");
		return 2;
	}
	struct capture_set *captures = capture_set_open((const char *const *)argv + 1, 1, NULL, &error);
	if (captures == NULL) {
		fprintf(stderr, "layers: %s\n", error);
		return 1;
	}
	struct decoder *decoder = decoder_new();
	struct tracker *tracker = tracker_new(&options, &handlers);
	struct packet packet;
	struct decode decode;
	while (capture_set_next(captures, &packet)) {
		decode_packet(decoder, &packet, &decode);
		if (decode.kind == DECODED_SEGMENT)
			tracker_segment(tracker, &decode.segment);
		tracker_time(tracker, packet.moment.time);
	}
	tracker_end(tracker);
	tracker_free(tracker);
	decoder_free(decoder);
	capture_set_close(captures);
	return 0;
}
