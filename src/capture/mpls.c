/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MPLS label stacks. Nothing in them says what they carry, so that its first bytes must. */
#include "capture/layer.h"

enum { BOTTOM_OF_STACK = 0x100, CONTROL_WORD = 4, IPV4_HEADER = 20, IPV6_HEADER = 40 };

/* By value: looking moves nothing. */
static bool is_ip(struct cursor in)
{
	size_t left = cursor_left(&in);
	uint8_t first = cursor_u8(&in);

	if (first >> 4 == 4) {
		cursor_skip(&in, 1);
		uint16_t total = cursor_be16(&in);
		return cursor_good(&in) && (first & 0x0f) >= 5 && total <= left && (total == 0 || total >= IPV4_HEADER);
	}
	cursor_skip(&in, 3);
	uint16_t length = cursor_be16(&in);
	return cursor_good(&in) && first >> 4 == 6 && (size_t)length + IPV6_HEADER <= left;
}

/* Whether behind skip bytes there may stand an Ethernet header: its type is a common one. */
static bool is_ethernet(struct cursor in, size_t skip)
{
	cursor_skip(&in, skip + 12);
	switch (cursor_be16(&in)) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
	case ETHERTYPE_ARP:
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
	case ETHERTYPE_MPLS:
	case ETHERTYPE_PPPOE:
		return cursor_good(&in);
	default:
		return false;
	}
}

/*
 * RFC 4928 3: a first half byte of 4 or 6 is IP's. RFC 4385 3: 0 is a pseudowire's control word, 1 an associated
 * channel. But a pseudowire of Ethernet without a control word begins with any address that its stations have.
 */
static void guess(struct cursor *in, struct walk *walk)
{
	switch (cursor_peek(in) >> 4) {
	case 4:
	case 6:
		if (is_ip(*in) || !is_ethernet(*in, 0))
			layer_ip(in, walk);
		else
			layer_ethernet(in, walk);
		break;
	case 0:
		if (is_ethernet(*in, CONTROL_WORD) || !is_ethernet(*in, 0))
			cursor_skip(in, CONTROL_WORD);
		layer_ethernet(in, walk);
		break;
	case 1:
		if (!is_ethernet(*in, 0))
			break;
		layer_ethernet(in, walk);
		break;
	default:
		layer_ethernet(in, walk);
	}
}

/* RFC 3032 2.1 */
void layer_mpls(struct cursor *in, struct walk *walk)
{
	uint32_t label;
	unsigned labels = 0;

	if (!layer_enter(walk))
		return;
	do {
		label = cursor_be32(in);
	} while (cursor_good(in) && (label & BOTTOM_OF_STACK) == 0 && ++labels < TAGS_MAX);
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (labels == TAGS_MAX)
		walk->result->kind = DECODED_TOO_DEEP;
	else
		guess(in, walk);
}
