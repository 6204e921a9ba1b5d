/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What leaves the capture part: a packet as it was recorded, and the TCP segment or ICMP error it carries. */
#ifndef MTASCOPE_CAPTURE_SEGMENT_H
#define MTASCOPE_CAPTURE_SEGMENT_H

#include "base/address.h"
#include "base/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture_text {
	const char *text; /* not terminated; NULL: none */
	size_t length;
};

struct decode;

struct packet {
	struct moment moment;
	int link_type; /* DLT_…, or negative (info.h) */
	const uint8_t *data;
	uint32_t captured;  /* bytes at data */
	uint32_t length;    /* bytes on the wire */
	uint32_t interface; /* index into its capture's interfaces */
	uint32_t link;      /* index into its capture's link types */
	/* What somebody wrote about this packet into the file, in UTF-8. */
	const struct capture_text *comments;
	uint32_t comment_count;
	uint32_t flags;               /* pcapng's epb_flags (direction, kind of reception); 0: nothing is told */
	const struct decode *decoded; /* what decode_packet will make of it, where who read it knows; NULL */
	bool light;                   /* it only counts: its copies are known by its digest, whatever bytes are here */
	uint64_t digest;
};

/* RFC 793 3.1, the control bits. */
enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10, TCP_URG = 0x20 };

enum { VLAN_TAGS = 4 };

struct vlan_path {
	uint8_t count;
	uint16_t id[VLAN_TAGS];
};

struct segment {
	struct moment moment;
	struct endpoint source, destination;
	struct vlan_path vlan;
	uint8_t hop_limit; /* IPv4's time to live or IPv6's hop limit */
	bool has_ip_id;    /* IPv6 has none */
	uint16_t ip_id;
	uint32_t seq, ack;
	uint16_t flags;
	uint16_t window;
	uint16_t checksum;
	bool has_timestamp; /* RFC 7323 3 */
	uint32_t timestamp;
	const uint8_t *options; /* of TCP, as they stand there; NULL: none, or not all of them captured */
	uint8_t options_length;
	const uint8_t *payload;
	uint32_t payload_captured;
	uint32_t payload_length; /* as the IP header declares it */
};

/* So many packets at most are known before the first of them is followed. */
enum { PACKETS_EXPECTED = 16 };

/* An ICMP or ICMPv6 destination-unreachable about a TCP segment (RFC 792, RFC 4443 3.1). */
struct icmp_error {
	struct moment moment;
	struct address from;
	uint8_t version; /* 4 or 6: type and code mean different things */
	uint8_t type, code;
	struct endpoint source, destination; /* of the segment it quotes */
	uint32_t seq;                        /* of the segment it quotes */
};

#endif
