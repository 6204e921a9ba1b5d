/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/decode.h"

#include "base/cursor.h"

#include <pcap/dlt.h>
#include <string.h>

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_ICMPV6 = 58,
	LLC_SNAP = 0xaa,
};

static void decode_ip(struct cursor *in, struct decode *result);

static enum decoded failure(const struct cursor *in)
{
	return in->error == CURSOR_TRUNCATED ? DECODED_CUT : DECODED_BAD;
}

static void note_vlan(struct decode *result, uint16_t id)
{
	if (result->segment.vlan.count < VLAN_TAGS)
		result->segment.vlan.id[result->segment.vlan.count++] = id;
}

/* IEEE 802.3 Clause 3 and 802.1Q: an EtherType, or a length with LLC (SNAP carries an EtherType again). */
static void decode_ethertype(struct cursor *in, uint16_t type, struct decode *result)
{
	for (unsigned tags = 0; tags < 8; tags++) {
		if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ && type != ETHERTYPE_QINQ_OLD)
			break;
		note_vlan(result, cursor_be16(in) & 0x0fff);
		type = cursor_be16(in);
	}
	if (type < 0x0600) {
		uint8_t dsap = cursor_u8(in);
		cursor_skip(in, 5); /* SSAP, control, organisation code */
		if (cursor_good(in) && dsap != LLC_SNAP)
			return;
		type = cursor_be16(in);
	}
	if (!cursor_good(in))
		result->kind = failure(in);
	else if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6)
		decode_ip(in, result);
}

/* RFC 793 3.1; the options only for the timestamp (RFC 7323 3.2). */
static void decode_options(struct cursor options, struct segment *segment)
{
	while (cursor_left(&options) > 0) {
		uint8_t kind = cursor_u8(&options);
		if (kind == 0)
			return;
		if (kind == 1)
			continue;
		uint8_t length = cursor_u8(&options);
		if (!cursor_good(&options) || length < 2)
			return;
		struct cursor value = cursor_sub(&options, length - 2u);
		if (kind == 8 && length == 10) {
			uint32_t timestamp = cursor_be32(&value);
			segment->has_timestamp = cursor_good(&value);
			segment->timestamp = timestamp;
		}
	}
}

static void decode_tcp(struct cursor *in, struct decode *result)
{
	struct segment *segment = &result->segment;

	segment->source.port = cursor_be16(in);
	segment->destination.port = cursor_be16(in);
	segment->seq = cursor_be32(in);
	segment->ack = cursor_be32(in);
	uint16_t offset_and_flags = cursor_be16(in);
	segment->flags = offset_and_flags & 0x01ff;
	segment->window = cursor_be16(in);
	segment->checksum = cursor_be16(in);
	cursor_skip(in, 2);
	unsigned header = (unsigned)(offset_and_flags >> 12) * 4;
	if (cursor_good(in) && header < 20)
		cursor_fail(in, CURSOR_MALFORMED);
	struct cursor options = cursor_sub(in, header < 20 ? 0 : header - 20);
	if (!cursor_good(in)) {
		result->kind = failure(in);
		return;
	}
	segment->has_timestamp = false;
	decode_options(options, segment);
	segment->payload_length = (uint32_t)cursor_left(in);
	segment->payload_captured = (uint32_t)cursor_readable(in);
	segment->payload = cursor_take(in, segment->payload_captured);
	result->kind = DECODED_SEGMENT;
}

/* Ports and sequence number of the segment that an ICMP error quotes: the first eight bytes are always there. */
static void decode_quoted(struct cursor *in, struct icmp_error *icmp, struct decode *result)
{
	icmp->source.port = cursor_be16(in);
	icmp->destination.port = cursor_be16(in);
	icmp->seq = cursor_be32(in);
	if (cursor_good(in))
		result->kind = DECODED_ICMP;
}

static void read_address(struct cursor *in, uint8_t family, struct address *address)
{
	size_t length = family == 4 ? 4 : 16;
	const uint8_t *bytes = cursor_take(in, length);

	memset(address, 0, sizeof *address);
	if (bytes != NULL) {
		address->family = family;
		memcpy(address->bytes, bytes, length);
	}
}

static void decode_icmp(struct cursor *in, struct decode *result)
{
	struct icmp_error *icmp = &result->icmp;

	icmp->version = 4;
	icmp->type = cursor_u8(in);
	icmp->code = cursor_u8(in);
	cursor_skip(in, 6);
	if (!cursor_good(in) || icmp->type != 3)
		return;
	uint8_t first = cursor_u8(in);
	cursor_skip(in, 8);
	uint8_t protocol = cursor_u8(in);
	cursor_skip(in, 2);
	read_address(in, 4, &icmp->source.ip);
	read_address(in, 4, &icmp->destination.ip);
	unsigned header = (unsigned)(first & 0x0f) * 4;
	if (!cursor_good(in) || first >> 4 != 4 || header < 20 || protocol != PROTOCOL_TCP)
		return;
	cursor_skip(in, header - 20);
	decode_quoted(in, icmp, result);
}

static void decode_icmpv6(struct cursor *in, struct decode *result)
{
	struct icmp_error *icmp = &result->icmp;

	icmp->version = 6;
	icmp->type = cursor_u8(in);
	icmp->code = cursor_u8(in);
	cursor_skip(in, 6);
	if (!cursor_good(in) || icmp->type != 1)
		return;
	cursor_skip(in, 6);
	uint8_t next_header = cursor_u8(in);
	cursor_skip(in, 1);
	read_address(in, 6, &icmp->source.ip);
	read_address(in, 6, &icmp->destination.ip);
	if (!cursor_good(in) || next_header != PROTOCOL_TCP)
		return;
	decode_quoted(in, icmp, result);
}

/* RFC 791 3.1 */
static void decode_ipv4(struct cursor *in, struct decode *result)
{
	struct segment *segment = &result->segment;
	size_t frame_left = cursor_left(in);
	unsigned header = (unsigned)(cursor_u8(in) & 0x0f) * 4;

	cursor_skip(in, 1);
	size_t total = cursor_be16(in);
	segment->has_ip_id = true;
	segment->ip_id = cursor_be16(in);
	uint16_t fragment = cursor_be16(in);
	segment->hop_limit = cursor_u8(in);
	uint8_t protocol = cursor_u8(in);
	cursor_skip(in, 2);
	read_address(in, 4, &segment->source.ip);
	read_address(in, 4, &segment->destination.ip);
	if (total == 0)
		total = frame_left;
	if (cursor_good(in) && (header < 20 || total < header || total > frame_left))
		cursor_fail(in, CURSOR_MALFORMED);
	cursor_skip(in, header < 20 ? 0 : header - 20);
	/* What the frame holds beyond the IP length is Ethernet padding. */
	struct cursor body = cursor_sub(in, cursor_good(in) ? total - header : 0);
	if (!cursor_good(in)) {
		result->kind = failure(in);
	} else if ((fragment & 0x1fff) != 0) {
		result->kind = protocol == PROTOCOL_TCP ? DECODED_FRAGMENT : DECODED_NOTHING;
	} else if (protocol == PROTOCOL_TCP) {
		result->first_fragment = (fragment & 0x2000) != 0;
		decode_tcp(&body, result);
	} else if (protocol == PROTOCOL_ICMP) {
		result->icmp.from = segment->source.ip;
		decode_icmp(&body, result);
	}
}

/* RFC 8200 4: walks the extension headers to what they carry. Returns the protocol, or -1 for a later fragment. */
static int skip_extensions(struct cursor *in, uint8_t next, bool *first_fragment)
{
	for (unsigned headers = 0; headers < 16; headers++) {
		if (next == 44) {
			next = cursor_u8(in);
			cursor_skip(in, 1);
			uint16_t offset = cursor_be16(in);
			cursor_skip(in, 4);
			if ((offset & 0xfff8) != 0)
				return -1;
			*first_fragment = (offset & 1) != 0;
		} else if (next == 0 || next == 43 || next == 60 || next == 135) {
			next = cursor_u8(in);
			unsigned length = cursor_u8(in);
			cursor_skip(in, 6 + length * 8);
		} else if (next == 51) {
			next = cursor_u8(in);
			unsigned length = cursor_u8(in);
			cursor_skip(in, (length + 2) * 4 - 2);
		} else {
			return next;
		}
	}
	cursor_fail(in, CURSOR_MALFORMED);
	return 0;
}

/* RFC 8200 3 */
static void decode_ipv6(struct cursor *in, struct decode *result)
{
	struct segment *segment = &result->segment;

	cursor_skip(in, 4);
	size_t total = cursor_be16(in);
	uint8_t next = cursor_u8(in);
	segment->has_ip_id = false;
	segment->ip_id = 0;
	segment->hop_limit = cursor_u8(in);
	read_address(in, 6, &segment->source.ip);
	read_address(in, 6, &segment->destination.ip);
	if (total == 0)
		total = cursor_left(in);
	struct cursor body = cursor_sub(in, total);
	int protocol = skip_extensions(&body, next, &result->first_fragment);
	if (!cursor_good(in) || !cursor_good(&body)) {
		result->kind = cursor_good(in) ? failure(&body) : failure(in);
	} else if (protocol < 0) {
		result->kind = DECODED_FRAGMENT;
	} else if (protocol == PROTOCOL_TCP) {
		decode_tcp(&body, result);
	} else if (protocol == PROTOCOL_ICMPV6) {
		result->icmp.from = segment->source.ip;
		decode_icmpv6(&body, result);
	}
}

static void decode_ip(struct cursor *in, struct decode *result)
{
	switch (cursor_peek(in) >> 4) {
	case 4:
		decode_ipv4(in, result);
		break;
	case 6:
		decode_ipv6(in, result);
		break;
	default:
		result->kind = cursor_readable(in) == 0 && cursor_left(in) > 0 ? DECODED_CUT : DECODED_BAD;
	}
}

bool decode_knows_link(int link_type)
{
	switch (link_type) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
		return true;
	default:
		return false;
	}
}

void decode_packet(const struct packet *packet, struct decode *result)
{
	struct cursor in = cursor_cut(packet->data, packet->captured, packet->length);

	result->kind = DECODED_NOTHING;
	result->first_fragment = false;
	result->segment.vlan.count = 0;
	result->segment.moment = packet->moment;
	result->icmp.moment = packet->moment;
	switch (packet->link_type) {
	case DLT_EN10MB:
		cursor_skip(&in, 12);
		decode_ethertype(&in, cursor_be16(&in), result);
		break;
	case DLT_LINUX_SLL:
		cursor_skip(&in, 14);
		decode_ethertype(&in, cursor_be16(&in), result);
		break;
	case DLT_LINUX_SLL2: {
		uint16_t type = cursor_be16(&in);
		cursor_skip(&in, 18);
		decode_ethertype(&in, type, result);
		break;
	}
	case DLT_NULL:
	case DLT_LOOP:
		/* The address family is the capturing machine's own number in its own byte order; IP tells itself. */
		cursor_skip(&in, 4);
		decode_ip(&in, result);
		break;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		decode_ip(&in, result);
		break;
	default:
		break;
	}
}
