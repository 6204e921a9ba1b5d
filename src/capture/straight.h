/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nearly all packets are: Ethernet without tags, IPv4 without options or fragments. Whatever differs is left to
 * the layers.
 */
#ifndef MTASCOPE_CAPTURE_STRAIGHT_H
#define MTASCOPE_CAPTURE_STRAIGHT_H

#include "capture/layer.h"

/* Lengths of the headers; and the first byte of one of IPv4 without options. */
enum { STRAIGHT_ETHERNET = 14, STRAIGHT_IPV4 = 20, STRAIGHT_TCP = 20, IPV4_PLAIN = 0x45 };

struct straight {
	const uint8_t *ip;
	struct cursor in; /* behind the IP header */
	size_t total;     /* the datagram's length, no more than the frame's */
	uint8_t protocol;
};

/* False, with *straight undefined, when the packet, of Ethernet, differs. */
static inline bool straight_begins(const struct packet *packet, struct straight *straight)
{
	struct cursor in = cursor_cut(packet->data, packet->captured, packet->length);
	const uint8_t *ethernet = cursor_header(&in, STRAIGHT_ETHERNET);
	size_t most = cursor_left(&in);
	const uint8_t *ip = cursor_header(&in, STRAIGHT_IPV4);

	if (ip == NULL || bytes_be16(ethernet + 12) != ETHERTYPE_IPV4 || ip[0] != IPV4_PLAIN ||
	    (bytes_be16(ip + 6) & 0x3fff) != 0)
		return false;
	*straight = (struct straight){.ip = ip, .in = in, .total = bytes_be16(ip + 2), .protocol = ip[9]};
	return straight->total <= most;
}

/* The length of the TCP header that tcp is the beginning of; 0 where it can't be. */
static inline size_t straight_tcp_header(const struct straight *straight, const uint8_t *tcp)
{
	size_t header = (size_t)(tcp[12] >> 4) * 4;

	return header < STRAIGHT_TCP || straight->total < STRAIGHT_IPV4 + header ? 0 : header;
}

/* Of a packet that begins with Ethernet. False, with segment undefined but for what it had, when it differs. */
bool straight_segment(const struct packet *packet, struct segment *segment);

#endif
