/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Point-to-point links: PPP, PPPoE, Cisco's HDLC. */
#include "capture/layer.h"

enum {
	PPP_IPV4 = 0x0021,
	PPP_ENCRYPTED_LINK = 0x0053,
	PPP_ENCRYPTED_BUNDLE = 0x0055,
	PPP_IPV6 = 0x0057,
	PPP_MPLS = 0x0281,
	PPP_MPLS_UPSTREAM = 0x0283,
	PPP_CONTROL = 0x8000, /* from here on: protocols that carry nobody's data */
	PPP_ADDRESS = 0xff,
	CISCO_UNICAST = 0x0f,
	CISCO_BROADCAST = 0x8f,
};

/* RFC 1661 2, whose protocol field may be one byte (6.5); address and control (RFC 1662 3.1) may be left out or not. */
void layer_ppp(struct cursor *in, struct walk *walk)
{
	if (cursor_peek(in) == PPP_ADDRESS)
		cursor_skip(in, 2);
	uint16_t protocol = cursor_u8(in);
	if ((protocol & 1) == 0)
		protocol = (uint16_t)(protocol << 8 | cursor_u8(in));
	if (!cursor_good(in)) {
		layer_failed(in, walk);
		return;
	}
	switch (protocol) {
	case PPP_IPV4:
	case PPP_IPV6:
		layer_ip(in, walk);
		break;
	case PPP_MPLS:
	case PPP_MPLS_UPSTREAM:
		layer_mpls(in, walk);
		break;
	case PPP_ENCRYPTED_LINK:
	case PPP_ENCRYPTED_BUNDLE:
		walk->result->kind = DECODED_PROTECTED;
		break;
	default:
		walk->result->kind = protocol < PPP_CONTROL ? DECODED_UNKNOWN : DECODED_NOTHING;
	}
}

void layer_cisco_hdlc(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 2);
	uint16_t type = cursor_be16(in);
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (type < ETHERTYPE_LEAST)
		walk->result->kind = DECODED_UNKNOWN;
	else
		layer_ethertype(in, walk, type);
}

/* A serial line, whose first byte tells PPP (RFC 1662) and Cisco's HDLC (RFC 1547 4.3.1) apart. */
void layer_ppp_framed(struct cursor *in, struct walk *walk)
{
	uint8_t address = cursor_peek(in);

	if (address == CISCO_UNICAST || address == CISCO_BROADCAST)
		layer_cisco_hdlc(in, walk);
	else
		layer_ppp(in, walk);
}

/* RFC 2516 4. The session's packets only: discovery has an EtherType of its own. */
void layer_pppoe(struct cursor *in, struct walk *walk)
{
	uint8_t version_and_type = cursor_u8(in);
	uint8_t code = cursor_u8(in);

	cursor_skip(in, 4); /* the length is shorter than the frame by the padding, which IP knows better */
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (version_and_type != 0x11 || code != 0)
		walk->result->kind = DECODED_BAD;
	else if (layer_enter(walk))
		layer_ppp(in, walk);
}
