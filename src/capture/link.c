/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link types: what a capture says its packets begin with. https://www.tcpdump.org/linktypes.html tells their forms. */
#include "capture/layer.h"

#include <pcap/dlt.h>
#include <stddef.h>

enum {
	/* Files name some links by other numbers than DLT_… does here; whoever reads them may pass these on. */
	LINKTYPE_RAW_OPENBSD = 14,
	LINKTYPE_ATM_RFC1483 = 100,
	LINKTYPE_RAW = 101,
	/* if_arp.h of Linux: in Linux cooked captures */
	HARDWARE_RADIOTAP = 803,
	PROTOCOL_LLC = 0x0004, /* if_ether.h of Linux */
};

/* Some other link's packet inside this one's. */
static void enter_link(struct cursor *in, struct walk *walk, uint32_t link_type)
{
	layer *next = link_type <= INT16_MAX ? link_layer((int)link_type) : NULL;

	if (next == NULL)
		walk->result->kind = DECODED_UNKNOWN;
	else if (layer_enter(walk))
		next(in, walk);
}

static void cooked(struct cursor *in, struct walk *walk, uint16_t hardware, uint16_t protocol)
{
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (hardware == HARDWARE_RADIOTAP)
		layer_radiotap(in, walk);
	else if (protocol == PROTOCOL_LLC)
		layer_llc(in, walk);
	else if (protocol < ETHERTYPE_LEAST)
		walk->result->kind = DECODED_UNKNOWN;
	else
		layer_ethertype(in, walk, protocol);
}

static void linux_sll(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 2);
	uint16_t hardware = cursor_be16(in);
	cursor_skip(in, 10);
	uint16_t protocol = cursor_be16(in);

	cooked(in, walk, hardware, protocol);
}

static void linux_sll2(struct cursor *in, struct walk *walk)
{
	uint16_t protocol = cursor_be16(in);
	cursor_skip(in, 6);
	uint16_t hardware = cursor_be16(in);
	cursor_skip(in, 10);

	cooked(in, walk, hardware, protocol);
}

/*
 * The address family is the capturing machine's own number, in its own byte order, and systems do not agree about that
 * of IPv6. But IP tells itself. Some put an EtherType there, in network order.
 */
static void loopback(struct cursor *in, struct walk *walk)
{
	uint32_t family = cursor_be32(in);
	uint8_t version = cursor_peek(in) >> 4;

	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (family >= ETHERTYPE_LEAST && family <= UINT16_MAX)
		layer_ethertype(in, walk, (uint16_t)family);
	else if (version == 4 || version == 6 || cursor_readable(in) == 0)
		layer_ip(in, walk);
	else
		walk->result->kind = DECODED_UNKNOWN;
}

/* IEEE 802.5 3.2: access and frame control, addresses, and a route where the source address says so. */
static void token_ring(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 1);
	uint8_t control = cursor_u8(in);
	cursor_skip(in, 6);
	bool routed = (cursor_u8(in) & 0x80) != 0;
	cursor_skip(in, 5);
	if (routed) {
		unsigned length = cursor_u8(in) & 0x1f;
		cursor_skip(in, length == 0 ? 0 : length - 1);
	}
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if ((control & 0xc0) == 0x40)
		layer_llc(in, walk);
}

/* ANSI X3.139: frame control, addresses. */
static void fddi(struct cursor *in, struct walk *walk)
{
	uint8_t control = cursor_u8(in);

	cursor_skip(in, 12);
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if ((control & 0x70) == 0x50)
		layer_llc(in, walk);
}

/* RFC 1201 and, with other types and no fragments, RFC 1051. */
static void arcnet_protocol(struct cursor *in, struct walk *walk)
{
	uint8_t type = cursor_u8(in);
	bool old = type == 0xf0;

	if (cursor_good(in) && type != 0xd4 && type != 0xc4 && !old)
		return;
	if (!old) {
		uint8_t flag = cursor_u8(in);
		cursor_skip(in, 2);
		if (flag == 0xff) { /* an exception packet, which says it all again */
			cursor_skip(in, 1);
			flag = cursor_u8(in);
			cursor_skip(in, 2);
		}
		if (cursor_good(in) && flag != 0) {
			walk->result->kind = DECODED_UNKNOWN;
			return;
		}
	}
	if (cursor_good(in))
		layer_ip(in, walk);
	else
		layer_failed(in, walk);
}

static void arcnet(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 2);
	arcnet_protocol(in, walk);
}

static void arcnet_linux(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 4);
	arcnet_protocol(in, walk);
}

/* Header length, and the link type of what comes behind the fields. */
static void ppi(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 2);
	uint16_t length = cursor_le16(in);
	uint32_t link_type = cursor_le32(in);

	if (cursor_good(in) && length < 8)
		cursor_fail(in, CURSOR_MALFORMED);
	cursor_skip(in, length < 8 ? 0 : length - 8U);
	if (cursor_good(in))
		enter_link(in, walk, link_type);
	else
		layer_failed(in, walk);
}

/* Of macOS. Its numbers are little-endian on every machine that it still runs on. */
static void pktap(struct cursor *in, struct walk *walk)
{
	uint32_t length = cursor_le32(in);

	cursor_skip(in, 4);
	uint32_t link_type = cursor_le32(in);
	if (cursor_good(in) && length < 12)
		cursor_fail(in, CURSOR_MALFORMED);
	cursor_skip(in, length < 12 ? 0 : length - 12);
	if (cursor_good(in))
		enter_link(in, walk, link_type);
	else
		layer_failed(in, walk);
}

/* The order of the capturing machine: types are small, and that tells it. */
static bool nflog_big_endian(struct cursor in)
{
	cursor_skip(&in, 2);
	return cursor_le16(&in) > 0xff;
}

/* Attributes, each with a length that counts itself and is filled up to four bytes; one of them is the packet. */
static void nflog(struct cursor *in, struct walk *walk)
{
	enum { PAYLOAD = 9 };

	cursor_skip(in, 4);
	bool big_endian = nflog_big_endian(*in);
	while (cursor_left(in) >= 4) {
		uint16_t length = cursor_u16(in, big_endian);
		uint16_t type = cursor_u16(in, big_endian) & 0x7fff;
		if (cursor_good(in) && length < 4)
			cursor_fail(in, CURSOR_MALFORMED);
		struct cursor value = cursor_sub(in, length < 4 ? 0 : length - 4U);
		if (cursor_good(in) && type == PAYLOAD) {
			layer_ip(&value, walk);
			return;
		}
		size_t padding = (4 - length % 4U) % 4;
		cursor_skip(in, padding < cursor_left(in) ? padding : cursor_left(in));
	}
	if (!cursor_good(in))
		layer_failed(in, walk);
}

static void skip_to_ip(struct cursor *in, struct walk *walk, size_t length)
{
	cursor_skip(in, length);
	if (cursor_good(in))
		layer_ip(in, walk);
	else
		layer_failed(in, walk);
}

/* Of OpenBSD's pf: the header's length, without what fills it up to four bytes. */
static void pflog(struct cursor *in, struct walk *walk)
{
	unsigned length = (cursor_u8(in) + 3U) / 4 * 4;

	skip_to_ip(in, walk, length == 0 ? 0 : length - 1);
}

static void enc(struct cursor *in, struct walk *walk)
{
	skip_to_ip(in, walk, 12);
}

static void ipnet(struct cursor *in, struct walk *walk)
{
	skip_to_ip(in, walk, 24);
}

static void slip(struct cursor *in, struct walk *walk)
{
	skip_to_ip(in, walk, 16);
}

static void slip_bsdos(struct cursor *in, struct walk *walk)
{
	skip_to_ip(in, walk, 24);
}

/* In place of address and control, or before them, the direction. */
static void ppp_pppd(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 2);
	layer_ppp(in, walk);
}

static void ppp_with_direction(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 1);
	layer_ppp(in, walk);
}

static void cisco_hdlc_with_direction(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 1);
	layer_cisco_hdlc(in, walk);
}

static void ip_over_fc(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 16);
	layer_llc(in, walk);
}

static void ip_over_firewire(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 16);
	layer_ethertype(in, walk, cursor_be16(in));
}

/* Hilscher's analyzers of industrial Ethernet: four bytes of their own, and the other one the preamble too. */
static void netanalyzer(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 4);
	layer_ethernet(in, walk);
}

static void netanalyzer_transparent(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 12);
	layer_ethernet(in, walk);
}

layer *link_layer(int link_type)
{
	static const struct {
		int link_type;
		layer *layer;
	} links[] = {
	    {DLT_NULL, loopback},
	    {DLT_LOOP, loopback},
	    {DLT_LINUX_SLL, linux_sll},
	    {DLT_LINUX_SLL2, linux_sll2},
	    {DLT_RAW, layer_ip},
	    {LINKTYPE_RAW_OPENBSD, layer_ip},
	    {LINKTYPE_RAW, layer_ip},
	    {DLT_IPV4, layer_ip},
	    {DLT_IPV6, layer_ip},
	    {DLT_PPP, layer_ppp_framed},
	    {DLT_PPP_SERIAL, layer_ppp_framed},
	    {DLT_PPP_ETHER, layer_pppoe},
	    {DLT_PPP_PPPD, ppp_pppd},
	    {DLT_PPP_WITH_DIR, ppp_with_direction},
	    {DLT_C_HDLC, layer_cisco_hdlc},
	    {DLT_HDLC, layer_cisco_hdlc},
	    {DLT_C_HDLC_WITH_DIR, cisco_hdlc_with_direction},
	    {DLT_SLIP, slip},
	    {DLT_SLIP_BSDOS, slip_bsdos},
	    {DLT_IEEE802, token_ring},
	    {DLT_FDDI, fddi},
	    {DLT_ARCNET, arcnet},
	    {DLT_ARCNET_LINUX, arcnet_linux},
	    {DLT_ATM_RFC1483, layer_llc},
	    {LINKTYPE_ATM_RFC1483, layer_llc},
	    {DLT_IP_OVER_FC, ip_over_fc},
	    {DLT_APPLE_IP_OVER_IEEE1394, ip_over_firewire},
	    {DLT_IEEE802_11, layer_wlan},
	    {DLT_IEEE802_11_RADIO, layer_radiotap},
	    {DLT_PRISM_HEADER, layer_prism_or_avs},
	    {DLT_IEEE802_11_RADIO_AVS, layer_prism_or_avs},
	    {DLT_PPI, ppi},
	    {DLT_PKTAP, pktap},
	    {DLT_MPLS, layer_mpls},
	    {DLT_NFLOG, nflog},
	    {DLT_PFLOG, pflog},
	    {DLT_ENC, enc},
	    {DLT_IPNET, ipnet},
	    {DLT_NETANALYZER, netanalyzer},
	    {DLT_NETANALYZER_TRANSPARENT, netanalyzer_transparent},
	};

	if (link_type == DLT_EN10MB)
		return layer_ethernet;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (links[i].link_type == link_type)
			return links[i].layer;
	return NULL;
}
