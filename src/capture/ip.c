/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 and IPv6, their fragments, and what they carry. */
#include "capture/layer.h"

enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_ESP = 50,
	PROTOCOL_AH = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_ETHERIP = 97,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_MPLS = 137,
	EXTENSIONS_MAX = 16,
	IPV4_HEADER = 20,
};

static void protocol_or_extension(struct cursor *in, struct walk *walk, uint8_t protocol);

static void carried(struct cursor *in, struct walk *walk, uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		layer_tcp(in, walk);
		break;
	case PROTOCOL_UDP:
		layer_udp(in, walk);
		break;
	case PROTOCOL_ICMP:
		walk->result->icmp.from = walk->result->segment.source.ip;
		layer_icmp(in, walk);
		break;
	case PROTOCOL_ICMPV6:
		walk->result->icmp.from = walk->result->segment.source.ip;
		layer_icmpv6(in, walk);
		break;
	case PROTOCOL_IPV4: /* RFC 2003 */
	case PROTOCOL_IPV6: /* RFC 4213, RFC 2473 */
		if (layer_enter(walk))
			layer_ip(in, walk);
		break;
	case PROTOCOL_GRE:
		layer_gre(in, walk);
		break;
	case PROTOCOL_ETHERIP:
		layer_etherip(in, walk);
		break;
	case PROTOCOL_MPLS: /* RFC 4023 3 */
		layer_mpls(in, walk);
		break;
	case PROTOCOL_ESP:
		walk->result->kind = DECODED_PROTECTED;
		break;
	default:
		break;
	}
}

/* Whether a fragment's datagram may lead to TCP. Of UDP only the first fragment has the ports that tell. */
static bool may_carry_tcp(const struct fragment *fragment)
{
	switch (fragment->protocol) {
	case PROTOCOL_TCP:
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
	case PROTOCOL_GRE:
	case PROTOCOL_ETHERIP:
	case PROTOCOL_MPLS:
		return true;
	case PROTOCOL_UDP:
		return fragment->offset == 0 && udp_may_carry(fragment->body);
	default:
		return false;
	}
}

/* The caller has filled in identification, place and body. */
static void fragmented(struct fragment *fragment, struct walk *walk)
{
	struct decode *result = walk->result;
	struct datagram whole;

	fragment->source = result->segment.source.ip;
	fragment->destination = result->segment.destination.ip;
	fragment->moment = result->segment.moment;
	fragment->earlier = result->parts;
	fragment->earlier_count = result->part_count;
	fragment->matters = may_carry_tcp(fragment);
	result->kind = DECODED_FRAGMENT;
	switch (fragments_add(walk->fragments, fragment, &whole)) {
	case FRAGMENT_COMPLETE:
		result->kind = DECODED_NOTHING;
		result->parts = whole.parts;
		result->part_count = whole.part_count;
		/* Fragments can be cut into fragments, in IPv6 without another IP header. */
		if (layer_enter(walk))
			protocol_or_extension(&whole.body, walk, whole.protocol);
		break;
	case FRAGMENT_BAD:
		result->kind = DECODED_BAD;
		break;
	case FRAGMENT_WAITS:
		break;
	}
}

/* RFC 791 3.1 */
static void ipv4(struct cursor *in, struct walk *walk)
{
	struct segment *segment = &walk->result->segment;
	size_t frame_left = cursor_left(in);
	const uint8_t *bytes = cursor_header(in, IPV4_HEADER);

	if (bytes == NULL) {
		layer_failed(in, walk);
		return;
	}
	unsigned header = (bytes[0] & 0x0fU) * 4;
	size_t total = bytes_be16(bytes + 2);
	uint16_t flags_and_offset = bytes_be16(bytes + 6);
	uint8_t protocol = bytes[9];
	layer_ipv4_fields(bytes, segment);
	if (total == 0)
		total = frame_left;
	if (header < IPV4_HEADER || total < header || total > frame_left)
		cursor_fail(in, CURSOR_MALFORMED);
	cursor_skip(in, header < IPV4_HEADER ? 0 : header - IPV4_HEADER);
	/* What the frame holds beyond the IP length is Ethernet padding. */
	struct cursor body = cursor_sub(in, cursor_good(in) ? total - header : 0);
	if (!cursor_good(in)) {
		layer_failed(in, walk);
	} else if (protocol == PROTOCOL_TCP && (flags_and_offset & 0x3fff) == 0) {
		layer_tcp(&body, walk); /* nearly all packets */
	} else if ((flags_and_offset & 0x3fff) != 0) {
		struct fragment fragment = {.id = segment->ip_id,
					    .protocol = protocol,
					    .offset = (flags_and_offset & 0x1fffU) * 8,
					    .more = (flags_and_offset & 0x2000) != 0,
					    .body = body};
		fragmented(&fragment, walk);
	} else {
		protocol_or_extension(&body, walk, protocol);
	}
}

/*
 * RFC 8200 4.5. Returns whether the datagram goes on behind the fragment header with *next: one that is whole by itself
 * (RFC 6946) does.
 */
static bool fragment_header(struct cursor *in, struct walk *walk, uint8_t *next)
{
	struct fragment fragment = {.protocol = cursor_u8(in)};

	cursor_skip(in, 1);
	uint16_t offset_and_more = cursor_be16(in);
	fragment.id = cursor_be32(in);
	fragment.offset = offset_and_more & 0xfff8U;
	fragment.more = (offset_and_more & 1) != 0;
	*next = fragment.protocol;
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (fragment.offset == 0 && !fragment.more)
		return true;
	else {
		fragment.body = cursor_sub(in, cursor_left(in));
		fragmented(&fragment, walk);
	}
	return false;
}

/* RFC 8200 4: walks the extension headers to what they carry. The authentication header is IPv4's too (RFC 4302). */
static void extensions(struct cursor *in, struct walk *walk, uint8_t next)
{
	for (unsigned headers = 0; headers < EXTENSIONS_MAX; headers++) {
		unsigned length;
		switch (next) {
		case PROTOCOL_HOP_BY_HOP:
		case PROTOCOL_ROUTING:
		case PROTOCOL_DESTINATION:
		case PROTOCOL_MOBILITY:
			next = cursor_u8(in);
			length = cursor_u8(in);
			cursor_skip(in, 6 + length * 8);
			break;
		case PROTOCOL_AH:
			next = cursor_u8(in);
			length = cursor_u8(in);
			cursor_skip(in, (length + 2) * 4 - 2);
			break;
		case PROTOCOL_FRAGMENT:
			if (!fragment_header(in, walk, &next))
				return;
			break;
		default:
			if (cursor_good(in))
				carried(in, walk, next);
			else
				layer_failed(in, walk);
			return;
		}
	}
	walk->result->kind = DECODED_TOO_DEEP;
}

static void protocol_or_extension(struct cursor *in, struct walk *walk, uint8_t protocol)
{
	if (protocol == PROTOCOL_AH || walk->result->segment.source.ip.family == 6)
		extensions(in, walk, protocol);
	else
		carried(in, walk, protocol);
}

/* RFC 8200 3 */
static void ipv6(struct cursor *in, struct walk *walk)
{
	struct segment *segment = &walk->result->segment;

	cursor_skip(in, 4);
	size_t total = cursor_be16(in);
	uint8_t next = cursor_u8(in);
	segment->has_ip_id = false;
	segment->ip_id = 0;
	segment->hop_limit = cursor_u8(in);
	layer_address(in, 6, &segment->source.ip);
	layer_address(in, 6, &segment->destination.ip);
	if (total == 0)
		total = cursor_left(in);
	struct cursor body = cursor_sub(in, total);
	if (cursor_good(in))
		extensions(&body, walk, next);
	else
		layer_failed(in, walk);
}

void layer_ip(struct cursor *in, struct walk *walk)
{
	switch (cursor_peek(in) >> 4) {
	case 4:
		ipv4(in, walk);
		break;
	case 6:
		ipv6(in, walk);
		break;
	default:
		walk->result->kind = cursor_readable(in) == 0 && cursor_left(in) > 0 ? DECODED_CUT : DECODED_BAD;
	}
}
