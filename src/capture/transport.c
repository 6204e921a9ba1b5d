/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What everything here is about: TCP segments, and ICMP errors about them. */
#include "capture/layer.h"

enum { TCP_HEADER = 20, TCP_URGENT = 2 /* a pointer that nobody reads */ };

/* RFC 793 3.1; the options only for the timestamp (RFC 7323 3.2). */
void layer_tcp_options(struct cursor options, struct segment *segment)
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

void layer_tcp(struct cursor *in, struct walk *walk)
{
	struct segment *segment = &walk->result->segment;

	const uint8_t *bytes = cursor_header(in, TCP_HEADER - TCP_URGENT);

	cursor_skip(in, TCP_URGENT);
	if (bytes == NULL || !cursor_good(in)) {
		layer_failed(in, walk);
		return;
	}
	layer_tcp_fields(bytes, segment);
	unsigned header = (unsigned)(bytes[12] >> 4) * 4;
	if (header < TCP_HEADER)
		cursor_fail(in, CURSOR_MALFORMED);
	if (header > TCP_HEADER) {
		struct cursor options = cursor_sub(in, header - TCP_HEADER);
		if (cursor_readable(&options) == header - TCP_HEADER) {
			segment->options = options.data;
			segment->options_length = (uint8_t)(header - TCP_HEADER);
		}
		layer_tcp_options(options, segment);
	}
	if (!cursor_good(in)) {
		layer_failed(in, walk);
		return;
	}
	segment->payload_length = (uint32_t)cursor_left(in);
	segment->payload_captured = (uint32_t)cursor_readable(in);
	segment->payload = cursor_take(in, segment->payload_captured);
	walk->result->kind = DECODED_SEGMENT;
}

/* Ports and sequence number of the segment that an ICMP error quotes: the first eight bytes are always there. */
static void quoted_segment(struct cursor *in, struct decode *result)
{
	result->icmp.source.port = cursor_be16(in);
	result->icmp.destination.port = cursor_be16(in);
	result->icmp.seq = cursor_be32(in);
	if (cursor_good(in))
		result->kind = DECODED_ICMP;
}

/* RFC 792, destination unreachable. */
void layer_icmp(struct cursor *in, struct walk *walk)
{
	struct icmp_error *icmp = &walk->result->icmp;

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
	layer_address(in, 4, &icmp->source.ip);
	layer_address(in, 4, &icmp->destination.ip);
	unsigned header = (unsigned)(first & 0x0f) * 4;
	if (!cursor_good(in) || first >> 4 != 4 || header < 20 || protocol != PROTOCOL_TCP)
		return;
	cursor_skip(in, header - 20);
	quoted_segment(in, walk->result);
}

/* RFC 4443 3.1 */
void layer_icmpv6(struct cursor *in, struct walk *walk)
{
	struct icmp_error *icmp = &walk->result->icmp;

	icmp->version = 6;
	icmp->type = cursor_u8(in);
	icmp->code = cursor_u8(in);
	cursor_skip(in, 6);
	if (!cursor_good(in) || icmp->type != 1)
		return;
	cursor_skip(in, 6);
	uint8_t next_header = cursor_u8(in);
	cursor_skip(in, 1);
	layer_address(in, 6, &icmp->source.ip);
	layer_address(in, 6, &icmp->destination.ip);
	if (!cursor_good(in) || next_header != PROTOCOL_TCP)
		return;
	quoted_segment(in, walk->result);
}
