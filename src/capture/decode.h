/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a recorded packet to the TCP segment in it: link layers, VLAN tags, IPv4 and IPv6. */
#ifndef MTASCOPE_CAPTURE_DECODE_H
#define MTASCOPE_CAPTURE_DECODE_H

#include "capture/segment.h"

#include <stdbool.h>
#include <stdint.h>

enum decoded {
	DECODED_NOTHING, /* neither TCP nor an ICMP error about TCP */
	DECODED_SEGMENT,
	DECODED_ICMP,
	DECODED_FRAGMENT, /* a TCP fragment other than the first: not put together */
	DECODED_CUT,      /* the snap length cut a header that was needed */
	DECODED_BAD,      /* a header that contradicts itself */
};

struct decode {
	enum decoded kind;
	bool first_fragment; /* the segment's payload goes on in fragments */
	struct segment segment;
	struct icmp_error icmp;
};

/* Whether packets of this DLT_… can be decoded. */
bool decode_knows_link(int link_type);

/*
 * Decodes packet into *result, whose payload points into the packet. A packet whose IP header says length 0 (an
 * offloading network card recorded it before it was cut) takes its length from the frame.
 */
void decode_packet(const struct packet *packet, struct decode *result);

#endif
