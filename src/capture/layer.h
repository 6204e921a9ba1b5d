/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layers below TCP, for decode.c and each other. Every function reads one layer's header at *in and hands the rest
 * to the next; the last one sets the kind of the result. A layer that wraps another packet calls layer_enter() first,
 * so that no packet leads the program round in circles.
 */
#ifndef MTASCOPE_CAPTURE_LAYER_H
#define MTASCOPE_CAPTURE_LAYER_H

#include "base/cursor.h"
#include "capture/decode.h"
#include "capture/fragment.h"

#include <string.h>

/* Wrapped packets in one packet, and tags or labels in a row. */
enum { ENCAPSULATIONS_MAX = 8, TAGS_MAX = 16 };

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_ETHERNET = 0x6558, /* transparent Ethernet bridging, RFC 1701 */
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_PPP = 0x880b,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_UPSTREAM = 0x8848, /* RFC 5332: once "multicast" */
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_QINQ = 0x88a8,
	/* IEEE 802.3 3.2.6: what is smaller is a length. */
	ETHERTYPE_LEAST = 0x0600,
};

/* Protocols over IP that several of these files ask for. */
enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

/* One packet on its way through the layers. */
struct walk {
	struct fragments *fragments;
	struct decode *result;
	unsigned depth;
};

typedef void layer(struct cursor *in, struct walk *walk);

/* Whether one more encapsulation may be opened; says so in the result when not. */
static inline bool layer_enter(struct walk *walk)
{
	if (walk->depth++ < ENCAPSULATIONS_MAX)
		return true;
	walk->result->kind = DECODED_TOO_DEEP;
	return false;
}

/* Sets the result that *in's error means. */
static inline void layer_failed(const struct cursor *in, struct walk *walk)
{
	walk->result->kind = in->error == CURSOR_TRUNCATED ? DECODED_CUT : DECODED_BAD;
}

/* Reads an address of IPv4 or IPv6; one that is not there is all zeros, without a family. */
static inline void layer_address(struct cursor *in, uint8_t family, struct address *address)
{
	size_t length = family == 4 ? 4 : 16;
	const uint8_t *bytes = cursor_take(in, length);

	memset(address, 0, sizeof *address);
	if (bytes != NULL) {
		address->family = family;
		memcpy(address->bytes, bytes, length);
	}
}

/* What a segment has of an IPv4 header, of which bytes are the first 20 (RFC 791 3.1). */
static inline void layer_ipv4_fields(const uint8_t *bytes, struct segment *segment)
{
	segment->has_ip_id = true;
	segment->ip_id = bytes_be16(bytes + 4);
	segment->hop_limit = bytes[8];
	segment->source.ip = address_ipv4(bytes + 12);
	segment->destination.ip = address_ipv4(bytes + 16);
}

/* And of a TCP header, of which bytes are the first 18, as if it had no options (RFC 793 3.1). */
static inline void layer_tcp_fields(const uint8_t *bytes, struct segment *segment)
{
	segment->source.port = bytes_be16(bytes);
	segment->destination.port = bytes_be16(bytes + 2);
	segment->seq = bytes_be32(bytes + 4);
	segment->ack = bytes_be32(bytes + 8);
	segment->flags = bytes_be16(bytes + 12) & 0x01ff;
	segment->window = bytes_be16(bytes + 14);
	segment->checksum = bytes_be16(bytes + 16);
	segment->has_timestamp = false;
	segment->options = NULL;
	segment->options_length = 0;
}

/* The layer that a DLT_… begins with, or NULL. (link.c) */
layer *link_layer(int link_type);

/* ethernet.c */
layer layer_ethernet, layer_llc;
void layer_ethertype(struct cursor *in, struct walk *walk, uint16_t type);
void layer_type_or_length(struct cursor *in, struct walk *walk, uint16_t type);

/* wireless.c */
layer layer_wlan, layer_radiotap, layer_prism_or_avs;

/* ppp.c */
layer layer_ppp, layer_ppp_framed, layer_pppoe, layer_cisco_hdlc;

/* mpls.c */
layer layer_mpls;

/* ip.c. layer_ip() goes by the version in the first four bits. */
layer layer_ip;

/* tunnel.c, and what UDP carries. */
layer layer_gre, layer_etherip, layer_udp;
bool udp_may_carry(struct cursor udp);

/* transport.c */
layer layer_tcp, layer_icmp, layer_icmpv6;
void layer_tcp_options(struct cursor options, struct segment *segment);

#endif
