/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tunnels that have an IP protocol number: GRE and what mirrors put into it, Ethernet in IP. */
#include "capture/layer.h"

enum {
	/* RFC 2784 2, RFC 2890 2; routing RFC 1701, version 1 and acknowledgement RFC 2637 4.1 */
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACKNOWLEDGEMENT = 0x0080,
	GRE_VERSION = 0x0007,
	TYPE_ERSPAN = 0x88be,
	TYPE_ERSPAN3 = 0x22eb,
	TYPE_WCCP = 0x883e,
	ROUTES_MAX = 16,
	ERSPAN3_IP = 2,
};

/*
 * ERSPAN (draft-foschiano-erspan 4): type I is the bare frame and has no sequence number, II has eight bytes, III
 * twelve and perhaps eight more of the platform's.
 */
static void erspan(struct cursor *in, struct walk *walk, bool has_header)
{
	uint8_t version = cursor_peek(in) >> 4;
	bool is_ip = false;

	if (has_header && version == 1) {
		cursor_skip(in, 8);
	} else if (has_header && version == 2) {
		cursor_skip(in, 10);
		uint16_t flags = cursor_be16(in);
		is_ip = (flags >> 10 & 0x1f) == ERSPAN3_IP;
		cursor_skip(in, (flags & 1) != 0 ? 8 : 0);
	} else if (has_header) {
		walk->result->kind = cursor_readable(in) == 0 && cursor_left(in) > 0 ? DECODED_CUT : DECODED_UNKNOWN;
		return;
	}
	if (is_ip)
		layer_ip(in, walk);
	else
		layer_ethernet(in, walk);
}

/* RFC 1701: source routes, up to an empty one. */
static void skip_routes(struct cursor *in)
{
	for (unsigned routes = 0; routes < ROUTES_MAX; routes++) {
		uint16_t family = cursor_be16(in);
		cursor_skip(in, 1);
		uint8_t length = cursor_u8(in);
		cursor_skip(in, length);
		if (!cursor_good(in) || (family == 0 && length == 0))
			return;
	}
	cursor_fail(in, CURSOR_MALFORMED);
}

static void gre_payload(struct cursor *in, struct walk *walk, uint16_t flags, uint16_t type)
{
	switch (type) {
	case 0: /* a keepalive */
		break;
	case TYPE_ERSPAN:
		erspan(in, walk, (flags & GRE_SEQUENCE) != 0);
		break;
	case TYPE_ERSPAN3:
		erspan(in, walk, true);
		break;
	case ETHERTYPE_ETHERNET: /* NVGRE too: RFC 7637 3.2 */
		layer_ethernet(in, walk);
		break;
	case ETHERTYPE_PPP:
		layer_ppp(in, walk);
		break;
	case TYPE_WCCP:
		/* Its second version has four bytes more, which do not look like IPv4. */
		if (cursor_peek(in) >> 4 != 4)
			cursor_skip(in, 4);
		layer_ip(in, walk);
		break;
	default:
		if (type < ETHERTYPE_LEAST)
			walk->result->kind = DECODED_UNKNOWN;
		else
			layer_ethertype(in, walk, type);
	}
}

void layer_gre(struct cursor *in, struct walk *walk)
{
	uint16_t flags = cursor_be16(in);
	uint16_t type = cursor_be16(in);
	unsigned version = flags & GRE_VERSION;

	if (!layer_enter(walk))
		return;
	if ((flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0)
		cursor_skip(in, 4);
	if ((flags & GRE_KEY) != 0)
		cursor_skip(in, 4);
	if ((flags & GRE_SEQUENCE) != 0)
		cursor_skip(in, 4);
	if (version == 1 && (flags & GRE_ACKNOWLEDGEMENT) != 0)
		cursor_skip(in, 4);
	if (version == 0 && (flags & GRE_ROUTING) != 0)
		skip_routes(in);
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (version > 1)
		walk->result->kind = DECODED_UNKNOWN;
	else if (cursor_left(in) > 0) /* PPTP acknowledges in packets without payload */
		gre_payload(in, walk, flags, type);
}

/* RFC 3378 3 */
void layer_etherip(struct cursor *in, struct walk *walk)
{
	uint8_t version = cursor_u8(in) >> 4;

	cursor_skip(in, 1);
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (version != 3)
		walk->result->kind = DECODED_UNKNOWN;
	else if (layer_enter(walk))
		layer_ethernet(in, walk);
}
