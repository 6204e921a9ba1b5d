/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/decode.h"

#include "base/memory.h"
#include "capture/straight.h"

#include <stdlib.h>

struct decoder {
	struct fragments *fragments;
	uint64_t packets[DECODED_KINDS];
	/* The last packet's link: most captures have but one. */
	int link_type;
	layer *link;
};

struct decoder *decoder_new(void)
{
	struct decoder *decoder = memory_get_zeroed(1, sizeof *decoder);

	decoder->fragments = fragments_new();
	decoder->link = link_layer(decoder->link_type);
	return decoder;
}

void decoder_free(struct decoder *decoder)
{
	if (decoder == NULL)
		return;
	fragments_free(decoder->fragments);
	free(decoder);
}

bool decode_knows_link(int link_type)
{
	return link_layer(link_type) != NULL;
}

static void by_layers(struct decoder *decoder, const struct packet *packet, struct decode *result)
{
	struct cursor in = cursor_cut(packet->data, packet->captured, packet->length);
	struct walk walk = {.fragments = decoder->fragments, .result = result};

	result->icmp.moment = packet->moment;
	if (decoder->link == NULL)
		result->kind = DECODED_UNKNOWN_LINK;
	else
		decoder->link(&in, &walk);
}

static void decode_here(struct decoder *decoder, const struct packet *packet, struct decode *result)
{
	if (packet->link_type != decoder->link_type) {
		decoder->link_type = packet->link_type;
		decoder->link = link_layer(packet->link_type);
	}
	fragments_next_packet(decoder->fragments);
	result->kind = DECODED_NOTHING;
	result->part_count = 0;
	result->segment.vlan.count = 0;
	result->segment.moment = packet->moment;
	if (decoder->link == layer_ethernet && straight_segment(packet, &result->segment))
		result->kind = DECODED_SEGMENT;
	else if (packet->captured > 0)
		by_layers(decoder, packet, result);
}

const struct decode *decode_take(struct decoder *decoder, const struct packet *packet, struct decode *room)
{
	const struct decode *result = packet->decoded;

	if (result == NULL) {
		decode_here(decoder, packet, room);
		result = room;
	}
	decoder->packets[result->kind]++;
	return result;
}

void decode_packet(struct decoder *decoder, const struct packet *packet, struct decode *result)
{
	const struct decode *taken = decode_take(decoder, packet, result);

	if (taken == result)
		return;
	result->kind = taken->kind;
	result->part_count = 0;
	if (taken->kind == DECODED_SEGMENT)
		result->segment = taken->segment;
}

bool decode_alone(struct decoder *decoder, const struct packet *packet, struct decode *result)
{
	uint64_t fragments = fragments_counts(decoder->fragments).fragments;

	decode_packet(decoder, packet, result);
	return fragments_counts(decoder->fragments).fragments == fragments;
}

void decoder_count(struct decoder *decoder, enum decoded kind, uint64_t packets)
{
	decoder->packets[kind] += packets;
}

struct decode_counts decoder_counts(const struct decoder *decoder)
{
	struct fragment_counts fragments = fragments_counts(decoder->fragments);
	struct decode_counts counts = {.fragments = fragments.fragments,
				       .fragments_overlapping = fragments.overlapping,
				       .datagrams_incomplete = fragments.incomplete};

	for (unsigned i = 0; i < DECODED_KINDS; i++)
		counts.packets[i] = decoder->packets[i];
	return counts;
}
