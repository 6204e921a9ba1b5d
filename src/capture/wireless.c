/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IEEE 802.11 data frames, and the radio headers that captures put before them. */
#include "capture/layer.h"

enum {
	/* IEEE 802.11 9.2.4.1, frame control as it is sent: low byte first */
	TYPE_DATA = 2,
	SUBTYPE_NO_DATA = 0x4,
	SUBTYPE_QOS = 0x8,
	FLAG_BOTH_DS = 0x03,
	FLAG_MORE_FRAGMENTS = 0x04,
	FLAG_PROTECTED = 0x40,
	FLAG_HT_CONTROL = 0x80,
	QOS_AMSDU = 0x80, /* 9.2.4.5 */
	FRAGMENT_NUMBER = 0x0f,
	HEADER = 24,
	/* radiotap.org, "defined fields" */
	RADIOTAP_TSFT = 1 << 0,
	RADIOTAP_FLAGS = 1 << 1,
	RADIOTAP_PADDED = 0x20, /* in the flags: the 802.11 header fills up four bytes */
};

#define RADIOTAP_MORE (UINT32_C(1) << 31)

/* 9.3.2.2.2: several frames in one. A packet gives one segment, so that the first one stands for all. */
static void aggregate(struct cursor *in, struct walk *walk)
{
	cursor_skip(in, 12);
	uint16_t length = cursor_be16(in);
	struct cursor first = cursor_sub(in, length);

	if (cursor_good(in))
		layer_llc(&first, walk);
	else
		layer_failed(in, walk);
}

static void frame(struct cursor *in, struct walk *walk, bool padded)
{
	uint16_t control = cursor_le16(in);
	unsigned subtype = control >> 4 & 0x0f;
	unsigned flags = control >> 8;
	size_t length = HEADER;
	uint16_t qos = 0;

	if (cursor_good(in) && ((control >> 2 & 3) != TYPE_DATA || (subtype & SUBTYPE_NO_DATA) != 0))
		return;
	cursor_skip(in, 20); /* duration, three addresses */
	uint16_t sequence = cursor_le16(in);
	if ((flags & FLAG_BOTH_DS) == FLAG_BOTH_DS) {
		cursor_skip(in, 6);
		length += 6;
	}
	if ((subtype & SUBTYPE_QOS) != 0) {
		qos = cursor_le16(in);
		length += 2;
		if ((flags & FLAG_HT_CONTROL) != 0) {
			cursor_skip(in, 4);
			length += 4;
		}
	}
	if (padded)
		cursor_skip(in, (4 - length % 4) % 4);
	if (!cursor_good(in))
		layer_failed(in, walk);
	else if ((flags & FLAG_PROTECTED) != 0)
		walk->result->kind = DECODED_PROTECTED;
	else if ((flags & FLAG_MORE_FRAGMENTS) != 0 || (sequence & FRAGMENT_NUMBER) != 0)
		walk->result->kind = DECODED_UNKNOWN;
	else if ((qos & QOS_AMSDU) != 0)
		aggregate(in, walk);
	else
		layer_llc(in, walk);
}

void layer_wlan(struct cursor *in, struct walk *walk)
{
	frame(in, walk, false);
}

/* Of the fields only the flags are of interest, and only the time, aligned to eight bytes, may stand before them. */
static bool radiotap_padded(struct cursor header)
{
	uint32_t fields = cursor_le32(&header);

	for (uint32_t more = fields; (more & RADIOTAP_MORE) != 0;)
		more = cursor_le32(&header);
	if ((fields & RADIOTAP_TSFT) != 0) {
		/* Four bytes of the whole header were read before this cursor began. */
		cursor_skip(&header, (8 - (header.position + 4) % 8) % 8);
		cursor_skip(&header, 8);
	}
	return (fields & RADIOTAP_FLAGS) != 0 && (cursor_u8(&header) & RADIOTAP_PADDED) != 0;
}

void layer_radiotap(struct cursor *in, struct walk *walk)
{
	uint8_t version = cursor_u8(in);

	cursor_skip(in, 1);
	uint16_t length = cursor_le16(in);
	if (cursor_good(in) && (version != 0 || length < 8))
		cursor_fail(in, CURSOR_MALFORMED);
	struct cursor header = cursor_sub(in, cursor_good(in) ? length - 4U : 0);
	if (cursor_good(in))
		frame(in, walk, radiotap_padded(header));
	else
		layer_failed(in, walk);
}

/*
 * The headers of the prism2 and linux-wlan drivers (AVS). Captures name either for both, so that AVS' cookie decides.
 * The older one has the byte order of the machine that captured: its length is small in one order only.
 */
void layer_prism_or_avs(struct cursor *in, struct walk *walk)
{
	uint32_t cookie = cursor_be32(in);
	bool avs = (cookie & 0xfffff000) == 0x80211000;
	struct cursor again = *in;
	uint32_t length = avs ? cursor_be32(in) : cursor_le32(in);

	if (!avs && length > 0xffff) {
		*in = again;
		length = cursor_be32(in);
	}
	if (cursor_good(in) && length < 8)
		cursor_fail(in, CURSOR_MALFORMED);
	cursor_skip(in, length < 8 ? 0 : length - 8);
	if (cursor_good(in))
		frame(in, walk, false);
	else
		layer_failed(in, walk);
}
