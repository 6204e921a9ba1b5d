/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first byte chooses a link type; then come packets, so that fragments meet: two bytes of length, of which the top
 * bit says that the packet was longer on the wire than what was captured, one byte of time in eighths of a second since
 * the packet before, and the bytes. A result must not depend on the packets before it but for fragments, and each is
 * read as far as it says that it goes.
 */
#include "base/cursor.h"
#include "capture/bystander.h"
#include "capture/decode.h"

#include <pcap/dlt.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only to be added to at the end: the corpus chooses by position. */
static const int links[] = {
    DLT_EN10MB,       DLT_RAW,
    DLT_NULL,         DLT_LOOP,
    DLT_LINUX_SLL,    DLT_LINUX_SLL2,
    DLT_PPP,          DLT_PPP_SERIAL,
    DLT_PPP_ETHER,    DLT_PPP_PPPD,
    DLT_PPP_WITH_DIR, DLT_C_HDLC,
    DLT_IEEE802,      DLT_FDDI,
    DLT_IEEE802_11,   DLT_IEEE802_11_RADIO,
    DLT_PRISM_HEADER, DLT_IEEE802_11_RADIO_AVS,
    DLT_PPI,          DLT_MPLS,
    DLT_NFLOG,        DLT_ARCNET,
    DLT_ARCNET_LINUX, DLT_IPNET,
    DLT_ENC,          DLT_PFLOG,
    DLT_PKTAP,        DLT_ATM_RFC1483,
    DLT_USER0,
};

static void check(const struct decode *decode, const struct packet *packet)
{
	const struct segment *segment = &decode->segment;
	static volatile uint8_t read;

	if (decode->kind >= DECODED_KINDS)
		abort();
	if (decode->kind == DECODED_ICMP && (decode->icmp.source.ip.family == 0 || decode->icmp.from.family == 0))
		abort();
	if (decode->kind != DECODED_SEGMENT)
		return;
	if (segment->payload_captured > segment->payload_length || segment->vlan.count > VLAN_TAGS ||
	    segment->source.ip.family == 0 || segment->source.ip.family != segment->destination.ip.family ||
	    segment->moment.frame != packet->moment.frame || segment->payload_length > UINT16_MAX * 2U)
		abort();
	for (uint32_t i = 0; i < segment->payload_captured; i++)
		read = segment->payload[i];
	(void)read;
}

static bool same(const struct decode *a, const struct decode *b)
{
	return a->kind == b->kind &&
	       (a->kind != DECODED_SEGMENT ||
		(a->segment.seq == b->segment.seq && a->segment.payload_length == b->segment.payload_length));
}

/* A packet without fragments means the same to a decoder that has seen nothing. */
static void check_alone(const struct packet *packet, const struct decode *seen)
{
	struct decoder *fresh = decoder_new();
	struct decode alone;

	decode_packet(fresh, packet, &alone);
	if (decoder_counts(fresh).fragments == 0 && !same(&alone, seen))
		abort();
	decoder_free(fresh);
}

/* What is passed over, decoding would have found to concern nobody. */
static void check_bystander(const struct packet *packet, const struct decode *decode)
{
	static struct bystanders bystanders;
	static uint32_t syns[PORT_NUMBERS];

	bystanders.syns = syns;
	bystanders.watched[102] = true;
	bystanders.from = INT64_MIN;
	bystanders.until = INT64_MAX;
	if (!bystanders_take(&bystanders, packet))
		return;
	if (decode->kind == DECODED_SEGMENT
		? decode->segment.source.port == 102 || decode->segment.destination.port == 102
		: decode->kind != DECODED_NOTHING)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = cursor_over(data, size);
	struct packet packet = {.link_type = links[cursor_u8(&in) % (sizeof links / sizeof *links)]};
	struct decoder *decoder = decoder_new();
	struct decode decode;

	while (cursor_readable(&in) > 3) {
		uint16_t length = cursor_be16(&in);
		packet.moment.time += cursor_u8(&in) * (NS_PER_S / 8);
		packet.moment.frame++;
		packet.captured = length & 0x7fff;
		if (packet.captured > cursor_readable(&in))
			packet.captured = (uint32_t)cursor_readable(&in);
		packet.length = packet.captured + ((length & 0x8000) != 0 ? 100 : 0);
		/* Exactly as large as the packet, so that a sanitizer sees the first byte read past it. */
		uint8_t *copy = malloc(packet.captured + 1U);
		if (copy == NULL)
			abort();
		if (packet.captured > 0)
			memcpy(copy, cursor_take(&in, packet.captured), packet.captured);
		uint8_t *exact = realloc(copy, packet.captured == 0 ? 1 : packet.captured);
		packet.data = exact;
		decode_packet(decoder, &packet, &decode);
		check(&decode, &packet);
		check_alone(&packet, &decode);
		check_bystander(&packet, &decode);
		free(exact);
	}
	struct decode_counts counts = decoder_counts(decoder);
	uint64_t sum = 0;
	for (unsigned kind = 0; kind < DECODED_KINDS; kind++)
		sum += counts.packets[kind];
	if (sum != packet.moment.frame)
		abort();
	decoder_free(decoder);
	return 0;
}
