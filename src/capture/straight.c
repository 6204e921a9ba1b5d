/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/straight.h"

bool straight_segment(const struct packet *packet, struct segment *segment)
{
	struct straight straight;

	if (!straight_begins(packet, &straight) || straight.protocol != PROTOCOL_TCP)
		return false;
	struct cursor in = straight.in;
	const uint8_t *tcp = cursor_header(&in, STRAIGHT_TCP);
	size_t header = tcp == NULL ? 0 : straight_tcp_header(&straight, tcp);
	if (header == 0)
		return false;
	layer_ipv4_fields(straight.ip, segment);
	layer_tcp_fields(tcp, segment);
	if (header > STRAIGHT_TCP) {
		segment->options_length = (uint8_t)(header - STRAIGHT_TCP);
		segment->options = cursor_header(&in, segment->options_length);
		if (segment->options == NULL)
			return false;
		layer_tcp_options(cursor_over(segment->options, segment->options_length), segment);
	}
	size_t length = straight.total - STRAIGHT_IPV4 - header, readable = cursor_readable(&in);
	segment->payload_length = (uint32_t)length;
	segment->payload_captured = (uint32_t)(readable < length ? readable : length);
	segment->payload = cursor_take(&in, segment->payload_captured);
	return true;
}
