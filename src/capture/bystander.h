/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that concern no watched port. On a mirror port these may be nearly all, and that they were there is all that
 * is asked of them: they are passed over where they are read, and counted.
 */
#ifndef MTASCOPE_CAPTURE_BYSTANDER_H
#define MTASCOPE_CAPTURE_BYSTANDER_H

#include "base/ports.h"
#include "capture/segment.h"

struct bystanders {
	bool watched[PORT_NUMBERS];
	/* What is earlier or later is given out, whatever it is. The asker sets both: to the time of the packet at
	 * hand, and until when nothing falls due. */
	time_ns from, until;
	bool passed;               /* some were, since the asker said no: the last at from */
	uint64_t segments, others; /* passed over: of TCP; neither TCP nor an ICMP error nor in a tunnel */
	uint32_t *syns;            /* the asker's: SYNs without ACK among the segments, by destination port */
};

/*
 * Whether the packet is one, which is then counted. Only what can be told from the headers of Ethernet, IPv4 and TCP or
 * UDP is taken for one; decode_packet would say DECODED_SEGMENT or DECODED_NOTHING of it.
 */
bool bystanders_look(struct bystanders *bystanders, const struct packet *packet);

static inline bool bystanders_take(struct bystanders *bystanders, const struct packet *packet)
{
	return packet->moment.time >= bystanders->from && bystanders_look(bystanders, packet);
}

#endif
