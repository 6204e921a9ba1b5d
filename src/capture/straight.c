/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nearly all packets are, in one look: Ethernet without tags, IPv4 without options or fragments, TCP with all of
 * its header captured. Whatever differs is left to the layers.
 */
#include "capture/layer.h"

enum { ETHERNET_HEADER = 14, IPV4_HEADER = 20, TCP_HEADER = 20, IPV4_PLAIN = 0x45, PROTOCOL_TCP = 6 };

bool straight_segment(const struct packet *packet, struct segment *segment)
{
	const uint8_t *ip = packet->data + ETHERNET_HEADER;
	const uint8_t *tcp = ip + IPV4_HEADER;
	size_t captured = packet->captured;

	if (captured < ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER || captured > packet->length)
		return false;
	if (bytes_be16(packet->data + 12) != ETHERTYPE_IPV4 || ip[0] != IPV4_PLAIN || ip[9] != PROTOCOL_TCP ||
	    (bytes_be16(ip + 6) & 0x3fff) != 0)
		return false;
	size_t total = bytes_be16(ip + 2);
	size_t header = (size_t)(tcp[12] >> 4) * 4;
	size_t before = ETHERNET_HEADER + IPV4_HEADER + header;
	if (header < TCP_HEADER || captured < before || total < IPV4_HEADER + header ||
	    total > packet->length - ETHERNET_HEADER)
		return false;
	layer_ipv4_fields(ip, segment);
	layer_tcp_fields(tcp, segment);
	if (header > TCP_HEADER) {
		segment->options = tcp + TCP_HEADER;
		segment->options_length = (uint8_t)(header - TCP_HEADER);
		layer_tcp_options(cursor_over(segment->options, segment->options_length), segment);
	}
	size_t length = total - IPV4_HEADER - header;
	segment->payload = packet->data + before;
	segment->payload_length = (uint32_t)length;
	segment->payload_captured = (uint32_t)(captured - before < length ? captured - before : length);
	return true;
}
