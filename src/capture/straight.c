/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nearly all packets are, in one look: Ethernet without tags, IPv4 without options or fragments, TCP with all of
 * its header captured. Whatever differs is left to the layers.
 */
#include "capture/layer.h"

enum { ETHERNET_HEADER = 14, IPV4_HEADER = 20, TCP_HEADER = 20, IPV4_PLAIN = 0x45, PROTOCOL_TCP = 6 };

bool straight_segment(const struct packet *packet, struct segment *segment)
{
	struct cursor in = cursor_cut(packet->data, packet->captured, packet->length);
	const uint8_t *ethernet = cursor_header(&in, ETHERNET_HEADER);
	size_t most = cursor_left(&in);
	const uint8_t *ip = cursor_header(&in, IPV4_HEADER);
	const uint8_t *tcp = cursor_header(&in, TCP_HEADER);

	if (tcp == NULL || bytes_be16(ethernet + 12) != ETHERTYPE_IPV4 || ip[0] != IPV4_PLAIN ||
	    ip[9] != PROTOCOL_TCP || (bytes_be16(ip + 6) & 0x3fff) != 0)
		return false;
	size_t total = bytes_be16(ip + 2);
	size_t header = (size_t)(tcp[12] >> 4) * 4;
	if (header < TCP_HEADER || total < IPV4_HEADER + header || total > most)
		return false;
	layer_ipv4_fields(ip, segment);
	layer_tcp_fields(tcp, segment);
	if (header > TCP_HEADER) {
		segment->options_length = (uint8_t)(header - TCP_HEADER);
		segment->options = cursor_header(&in, segment->options_length);
		if (segment->options == NULL)
			return false;
		layer_tcp_options(cursor_over(segment->options, segment->options_length), segment);
	}
	size_t length = total - IPV4_HEADER - header, readable = cursor_readable(&in);
	segment->payload_length = (uint32_t)length;
	segment->payload_captured = (uint32_t)(readable < length ? readable : length);
	segment->payload = cursor_take(&in, segment->payload_captured);
	return true;
}
