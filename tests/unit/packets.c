/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets.h"

#include "hex.h"

static struct address ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct address){.family = 4, .bytes = {a, b, c, d}};
}

struct talk talk_new(struct wire *wire, uint16_t client_port)
{
	struct talk talk = {.wire = wire};

	talk.side[FROM_CLIENT] = (struct speaker){.at = {ipv4(10, 20, 1, 9), client_port},
						  .isn = 1000 + client_port,
						  .next = 1000 + client_port,
						  .hop_limit = 60,
						  .has_ip_id = true,
						  .ip_id = 100,
						  .timestamp = 5000};
	talk.side[FROM_SERVER] = (struct speaker){.at = {ipv4(10, 20, 0, 1), 102},
						  .isn = 70000,
						  .next = 70000,
						  .hop_limit = 64,
						  .has_ip_id = true,
						  .ip_id = 30000,
						  .timestamp = 90000};
	return talk;
}

/* Stands for the checksum: it need only differ where the contents do. */
static uint16_t digest(const struct segment *segment)
{
	uint32_t sum = segment->seq * 31 + segment->ack * 17 + segment->flags + segment->payload_length;

	for (uint32_t i = 0; i < segment->payload_captured; i++)
		sum = sum * 131 + segment->payload[i];
	return (uint16_t)(sum ^ sum >> 16);
}

struct segment talk_segment(struct talk *talk, enum direction direction, uint16_t flags, const void *payload,
			    size_t length)
{
	struct speaker *self = &talk->side[direction];
	const struct speaker *peer = &talk->side[direction == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT];
	struct segment segment = {.source = self->at,
				  .destination = peer->at,
				  .hop_limit = self->hop_limit,
				  .has_ip_id = self->has_ip_id,
				  .ip_id = self->has_ip_id ? self->ip_id++ : 0,
				  .seq = self->next,
				  .ack = (flags & TCP_ACK) != 0 ? peer->next : 0,
				  .flags = flags,
				  .window = 17520,
				  .has_timestamp = self->has_timestamp,
				  .timestamp = self->has_timestamp ? self->timestamp++ : 0,
				  .payload = payload,
				  .payload_captured = (uint32_t)length,
				  .payload_length = (uint32_t)length};

	segment.checksum = digest(&segment);
	return segment;
}

uint64_t wire_put(struct wire *wire, int64_t us, const struct segment *segment)
{
	struct segment stamped = *segment;

	wire->now = WIRE_START + us * NS_PER_US;
	stamped.moment = moment_at(wire->now, ++wire->frame, 1);
	wire->take(wire->user, &stamped);
	return wire->frame;
}

static uint64_t send(struct talk *talk, int64_t ms, enum direction direction, uint16_t flags, const void *payload,
		     size_t length)
{
	struct segment segment = talk_segment(talk, direction, flags, payload, length);

	talk->side[direction].next += (uint32_t)length + ((flags & TCP_SYN) != 0) + ((flags & TCP_FIN) != 0);
	return wire_put(talk->wire, ms * 1000, &segment);
}

uint64_t talk_say(struct talk *talk, int64_t ms, enum direction direction, uint16_t flags)
{
	return send(talk, ms, direction, flags, NULL, 0);
}

uint64_t talk_bytes(struct talk *talk, int64_t ms, enum direction direction, const void *payload, size_t length)
{
	return send(talk, ms, direction, TCP_ACK | TCP_PSH, payload, length);
}

uint64_t talk_pdu(struct talk *talk, int64_t ms, enum direction direction, const char *text)
{
	struct hex bytes = hex(text);

	return talk_bytes(talk, ms, direction, bytes.bytes, bytes.length);
}

uint64_t talk_handshake(struct talk *talk, int64_t ms)
{
	uint64_t frame = talk_say(talk, ms, FROM_CLIENT, TCP_SYN);

	talk_say(talk, ms + 1, FROM_SERVER, TCP_SYN | TCP_ACK);
	talk_say(talk, ms + 2, FROM_CLIENT, TCP_ACK);
	return frame;
}

void talk_lose(struct talk *talk, enum direction direction, uint32_t length)
{
	talk->side[direction].next += length;
}
