/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ethernet, the tags and EtherTypes that follow its addresses, and LLC. */
#include "capture/layer.h"

enum {
	TYPE_RARP = 0x8035,
	TYPE_JUMBO_LLC = 0x8870,
	TYPE_MACSEC = 0x88e5, /* IEEE 802.1AE */
	TYPE_PBB = 0x88e7,    /* IEEE 802.1ah, the I-TAG */
	TYPE_VN_TAG = 0x8926,
	TYPE_HSR = 0x892f,   /* IEC 62439-3 */
	TYPE_E_TAG = 0x893f, /* IEEE 802.1BR */
	TYPE_QINQ_OLD = 0x9100,
	TYPE_QINQ_OLD2 = 0x9200,
	TYPE_QINQ_OLD3 = 0x9300,
	LLC_IP = 0x06, /* RFC 948 */
	LLC_SNAP = 0xaa,
	OUI_ETHERNET = 0,
	OUI_BRIDGE_TUNNEL = 0x0000f8, /* IEEE 802.1H */
	OUI_BRIDGED = 0x0080c2,       /* RFC 2684 5.2 */
};

static void note_vlan(struct walk *walk, uint16_t id)
{
	struct vlan_path *vlan = &walk->result->segment.vlan;

	if (vlan->count < VLAN_TAGS)
		vlan->id[vlan->count++] = id;
}

/* Passes a tag, whose *type has been read, and reads the next one. Returns whether there was one. */
static bool tag(struct cursor *in, struct walk *walk, uint16_t *type)
{
	switch (*type) {
	case ETHERTYPE_VLAN:
	case ETHERTYPE_QINQ:
	case TYPE_QINQ_OLD:
	case TYPE_QINQ_OLD2:
	case TYPE_QINQ_OLD3:
		note_vlan(walk, cursor_be16(in) & 0x0fff);
		break;
	case TYPE_VN_TAG:
	case TYPE_HSR:
		cursor_skip(in, 4);
		break;
	case TYPE_E_TAG:
		cursor_skip(in, 6);
		break;
	default:
		return false;
	}
	*type = cursor_be16(in);
	return true;
}

static void enter_ethernet(struct cursor *in, struct walk *walk)
{
	if (layer_enter(walk))
		layer_ethernet(in, walk);
}

/* IEEE 802.2 3.2 and 802 9.5: SNAP carries an EtherType again. */
void layer_llc(struct cursor *in, struct walk *walk)
{
	uint8_t dsap = cursor_u8(in);

	cursor_skip(in, 2); /* SSAP, control */
	if (dsap == LLC_IP) {
		layer_ip(in, walk);
		return;
	}
	if (dsap != LLC_SNAP) {
		if (!cursor_good(in))
			layer_failed(in, walk);
		return;
	}
	uint32_t oui = cursor_be16(in);
	oui = oui << 8 | cursor_u8(in);
	uint16_t type = cursor_be16(in);
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (oui == OUI_ETHERNET || oui == OUI_BRIDGE_TUNNEL)
		layer_ethertype(in, walk, type);
	else if (oui == OUI_BRIDGED && (type == 1 || type == 7))
		enter_ethernet(in, walk);
	else
		walk->result->kind = DECODED_UNKNOWN;
}

/* What comes after the tags. */
static void typed(struct cursor *in, struct walk *walk, uint16_t type)
{
	switch (type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		layer_ip(in, walk);
		break;
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UPSTREAM:
		layer_mpls(in, walk);
		break;
	case ETHERTYPE_PPPOE:
		layer_pppoe(in, walk);
		break;
	case ETHERTYPE_PPP:
		if (layer_enter(walk))
			layer_ppp(in, walk);
		break;
	case TYPE_PBB:
		cursor_skip(in, 4);
		enter_ethernet(in, walk);
		break;
	case ETHERTYPE_ETHERNET:
		enter_ethernet(in, walk);
		break;
	case TYPE_JUMBO_LLC:
		layer_llc(in, walk);
		break;
	case TYPE_MACSEC:
		walk->result->kind = DECODED_PROTECTED;
		break;
	case ETHERTYPE_ARP:
	case TYPE_RARP:
		break;
	default:
		walk->result->kind = DECODED_UNKNOWN;
	}
}

void layer_ethertype(struct cursor *in, struct walk *walk, uint16_t type)
{
	for (unsigned tags = 0; tag(in, walk, &type); tags++) {
		if (tags == TAGS_MAX) {
			walk->result->kind = DECODED_TOO_DEEP;
			return;
		}
	}
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if (type < ETHERTYPE_LEAST)
		layer_llc(in, walk);
	else
		typed(in, walk, type);
}

/* IEEE 802.3 3.1.1 and 802.1Q 9.4 */
void layer_ethernet(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 12);
	layer_ethertype(in, walk, cursor_be16(in));
}
