/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tunnels over UDP. Only the port says which one it might be, and ports are anybody's: each header must look right, or
 * else the datagram is somebody's own business and no damage.
 */
#include "capture/layer.h"

#include <stddef.h>

enum {
	PORT_L2TP = 1701,
	PORT_GTP_U = 2152,
	PORT_TEREDO = 3544,
	PORT_VXLAN = 4789,
	PORT_VXLAN_GPE = 4790,
	PORT_GENEVE = 6081,
	PORT_MPLS = 6635,
	PORT_VXLAN_OLD = 8472, /* what Linux began with; OTV's header is the same */
	PORT_TZSP = 37008,
	UDP_HEADER = 8,
};

/* A header that was cut off is a loss; one that looks wrong was none. Returns whether neither is the case. */
static bool fits(const struct cursor *in, struct walk *walk, bool right)
{
	if (in->error == CURSOR_TRUNCATED)
		walk->result->kind = DECODED_CUT;
	return cursor_good(in) && right && layer_enter(walk);
}

/* RFC 7348 5: the I flag, and a last byte that is reserved. */
static void vxlan(struct cursor *in, struct walk *walk)
{
	uint8_t flags = cursor_u8(in);

	cursor_skip(in, 6);
	uint8_t reserved = cursor_u8(in);
	if (fits(in, walk, (flags & 0x08) != 0 && reserved == 0))
		layer_ethernet(in, walk);
}

/* draft-ietf-nvo3-vxlan-gpe 3: as VXLAN, with the next protocol. */
static void vxlan_gpe(struct cursor *in, struct walk *walk)
{
	uint8_t flags = cursor_u8(in);

	cursor_skip(in, 2);
	uint8_t next = cursor_u8(in);
	cursor_skip(in, 4);
	if (!fits(in, walk, (flags & 0x08) != 0))
		return;
	if (next == 1 || next == 2)
		layer_ip(in, walk);
	else if (next == 3 || (flags & 0x04) == 0)
		layer_ethernet(in, walk);
	else
		walk->result->kind = DECODED_UNKNOWN;
}

/* RFC 8926 3.4 */
static void geneve(struct cursor *in, struct walk *walk)
{
	uint8_t first = cursor_u8(in);

	cursor_skip(in, 1);
	uint16_t type = cursor_be16(in);
	cursor_skip(in, 3);
	uint8_t reserved = cursor_u8(in);
	cursor_skip(in, (first & 0x3fU) * 4);
	if (!fits(in, walk, first >> 6 == 0 && reserved == 0 && type >= ETHERTYPE_LEAST))
		return;
	if (type == ETHERTYPE_ETHERNET)
		layer_ethernet(in, walk);
	else
		layer_ethertype(in, walk, type);
}

/* RFC 7510 3 */
static void mpls_in_udp(struct cursor *in, struct walk *walk)
{
	layer_mpls(in, walk);
}

/* The TaZmen sniffer protocol, of access points and switches that mirror: tags up to the one that ends them. */
static void tzsp(struct cursor *in, struct walk *walk)
{
	uint8_t version = cursor_u8(in);
	uint8_t type = cursor_u8(in);
	uint16_t protocol = cursor_be16(in);

	/* At most as many as there are bytes: every turn reads one. */
	for (uint8_t tag = 0; cursor_good(in) && tag != 1;) {
		tag = cursor_u8(in);
		if (tag > 1) {
			uint8_t length = cursor_u8(in);
			cursor_skip(in, length);
		}
	}
	/* 0 is a packet that was received, 1 one to send. */
	if (!fits(in, walk, version == 1 && type <= 1))
		return;
	switch (protocol) {
	case 1:
		layer_ethernet(in, walk);
		break;
	case 18:
		layer_wlan(in, walk);
		break;
	case 119:
	case 127:
		layer_prism_or_avs(in, walk);
		break;
	default:
		walk->result->kind = DECODED_UNKNOWN;
	}
}

/* 3GPP TS 29.281 5.1, 5.2: a G-PDU of version 1, and its extension headers. */
static void gtp_u(struct cursor *in, struct walk *walk)
{
	uint8_t flags = cursor_u8(in);
	uint8_t type = cursor_u8(in);

	cursor_skip(in, 6);
	if ((flags & 0x07) != 0) {
		cursor_skip(in, 3);
		uint8_t next = cursor_u8(in);
		/* The flag decides; without it the byte means nothing. At most as many as four go into the rest. */
		while ((flags & 0x04) != 0 && next != 0 && cursor_good(in)) {
			unsigned length = cursor_u8(in) * 4U;
			if (length == 0)
				cursor_fail(in, CURSOR_MALFORMED);
			cursor_skip(in, length == 0 ? 0 : length - 2);
			next = cursor_u8(in);
		}
	}
	uint8_t first = cursor_peek(in) >> 4;
	if (fits(in, walk, flags >> 4 == 3 && type == 0xff && (first == 4 || first == 6)))
		layer_ip(in, walk);
}

/* RFC 4380 5.1.1: authentication and origin may stand before the IPv6 packet. */
static void teredo(struct cursor *in, struct walk *walk)
{
	struct cursor ahead = *in;

	if (cursor_be16(&ahead) == 0x0001) {
		uint8_t id_length = cursor_u8(&ahead);
		uint8_t value_length = cursor_u8(&ahead);
		cursor_skip(&ahead, id_length + value_length + 9U);
		*in = ahead;
	}
	ahead = *in;
	if (cursor_be16(&ahead) == 0x0000) {
		cursor_skip(&ahead, 6);
		*in = ahead;
	}
	if (fits(in, walk, cursor_peek(in) >> 4 == 6))
		layer_ip(in, walk);
}

/* RFC 2661 3.1: data messages, which carry PPP. */
static void l2tp(struct cursor *in, struct walk *walk)
{
	uint16_t flags = cursor_be16(in);

	cursor_skip(in, (flags & 0x4000) != 0 ? 2 : 0);
	cursor_skip(in, 4);
	cursor_skip(in, (flags & 0x0800) != 0 ? 4 : 0);
	if ((flags & 0x0200) != 0) {
		uint16_t offset = cursor_be16(in);
		cursor_skip(in, offset);
	}
	if (fits(in, walk, (flags & 0x800f) == 2))
		layer_ppp(in, walk);
}

static layer *tunnel_of(uint16_t source, uint16_t destination)
{
	switch (destination) {
	case PORT_VXLAN:
	case PORT_VXLAN_OLD:
		return vxlan;
	case PORT_VXLAN_GPE:
		return vxlan_gpe;
	case PORT_GENEVE:
		return geneve;
	case PORT_MPLS:
		return mpls_in_udp;
	case PORT_TZSP:
		return tzsp;
	default:
		break;
	}
	/* These may answer from their port to any other. */
	if (destination == PORT_GTP_U || source == PORT_GTP_U)
		return gtp_u;
	if (destination == PORT_L2TP || source == PORT_L2TP)
		return l2tp;
	if (destination == PORT_TEREDO || source == PORT_TEREDO)
		return teredo;
	return NULL;
}

/* Whether the datagram, of which the beginning will do, has the ports of a tunnel. */
bool udp_may_carry(struct cursor udp)
{
	uint16_t source = cursor_be16(&udp);
	uint16_t destination = cursor_be16(&udp);

	return cursor_good(&udp) && tunnel_of(source, destination) != NULL;
}

/* RFC 768 */
void layer_udp(struct cursor *in, struct walk *walk)
{
	uint16_t source = cursor_be16(in);
	uint16_t destination = cursor_be16(in);
	layer *tunnel = tunnel_of(source, destination);

	if (in->error == CURSOR_TRUNCATED)
		walk->result->kind = DECODED_CUT;
	if (tunnel == NULL)
		return;
	size_t length = cursor_be16(in);
	cursor_skip(in, 2);
	/* What was recorded before it was cut has length 0, as in IP. */
	size_t left = cursor_left(in);
	struct cursor body =
	    cursor_sub(in, length < UDP_HEADER || length - UDP_HEADER > left ? left : length - UDP_HEADER);
	tunnel(&body, walk);
}
