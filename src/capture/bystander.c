/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/bystander.h"

#include "capture/straight.h"

#include <pcap/dlt.h>

enum { UDP_HEADER = 8 };

static bool take_datagram(struct bystanders *bystanders, struct straight *straight)
{
	const uint8_t *udp = cursor_header(&straight->in, UDP_HEADER);

	if (udp == NULL || straight->total < STRAIGHT_IPV4 + UDP_HEADER || udp_may_carry(cursor_over(udp, UDP_HEADER)))
		return false;
	bystanders->others++;
	return true;
}

static bool take_segment(struct bystanders *bystanders, struct straight *straight)
{
	const uint8_t *tcp = cursor_header(&straight->in, STRAIGHT_TCP);

	if (tcp == NULL)
		return false;
	uint16_t destination = bytes_be16(tcp + 2);
	if (bystanders->watched[bytes_be16(tcp)] || bystanders->watched[destination])
		return false;
	size_t header = straight_tcp_header(straight, tcp);
	if (header == 0 || header - STRAIGHT_TCP > cursor_readable(&straight->in))
		return false;
	bystanders->segments++;
	if ((tcp[13] & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		bystanders->syns[destination]++;
	return true;
}

bool bystanders_look(struct bystanders *bystanders, const struct packet *packet)
{
	struct straight straight;

	if (packet->moment.time > bystanders->until || packet->link_type != DLT_EN10MB ||
	    !straight_begins(packet, &straight))
		return false;
	bool taken = straight.protocol == PROTOCOL_TCP   ? take_segment(bystanders, &straight)
		     : straight.protocol == PROTOCOL_UDP ? take_datagram(bystanders, &straight)
							 : false;
	if (taken) {
		bystanders->from = packet->moment.time;
		bystanders->passed = true;
	}
	return taken;
}
