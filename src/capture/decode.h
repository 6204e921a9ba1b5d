/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a recorded packet to the TCP segment in it, through link layers, tags, tunnels, IP and its fragments. */
#ifndef MTASCOPE_CAPTURE_DECODE_H
#define MTASCOPE_CAPTURE_DECODE_H

#include "capture/segment.h"

#include <stdbool.h>
#include <stdint.h>

enum decoded {
	DECODED_NOTHING, /* neither TCP nor an ICMP error about TCP */
	DECODED_SEGMENT,
	DECODED_ICMP,
	DECODED_FRAGMENT,     /* of a datagram that is not whole yet, or one more copy of a part */
	DECODED_UNKNOWN,      /* a protocol below IP that is not decoded: what it carries is not known */
	DECODED_PROTECTED,    /* encrypted below TCP: Wi-Fi, MACsec, IPsec, PPP */
	DECODED_TOO_DEEP,     /* more encapsulations or tags than anybody needs */
	DECODED_CUT,          /* the snap length cut a header that was needed */
	DECODED_BAD,          /* a header that contradicts itself */
	DECODED_UNKNOWN_LINK, /* a link type that is not decoded */
	DECODED_KINDS,
};

struct decode {
	enum decoded kind;
	struct segment segment;
	struct icmp_error icmp;
	/* The packets whose fragments it was put together from, the last one included; 0 of them: it came whole. */
	const struct moment *parts;
	size_t part_count;
};

struct decode_counts {
	uint64_t packets[DECODED_KINDS];
	uint64_t fragments;             /* of IP, whatever they carry */
	uint64_t fragments_overlapping; /* that say something else than an earlier one about the same bytes */
	uint64_t datagrams_incomplete;  /* of TCP or a tunnel, that fragments are missing of */
};

/* What decoding remembers from packet to packet: the fragments of datagrams that are not whole yet. */
struct decoder;

struct decoder *decoder_new(void);
void decoder_free(struct decoder *decoder);

/* Whether packets of this DLT_… can be decoded. */
bool decode_knows_link(int link_type);

/*
 * Decodes packet into *result, whose payload is valid until the next call: it points into the packet, or into the
 * decoder's copy of a datagram whose last missing fragment the packet brought. Such a segment has this packet's moment,
 * since nothing of it could be delivered before (RFC 791 3.2, RFC 8200 4.5). A packet whose IP header says length 0 (an
 * offloading network card recorded it before it was cut) takes its length from the frame. What any of the headers says
 * is wrong only makes a kind of result. What packet->decoded says is taken as it is.
 */
void decode_packet(struct decoder *decoder, const struct packet *packet, struct decode *result);

/*
 * The same without a copy: what was made of the packet already, which is valid as long as it, or *room. Nothing is
 * known of the packets whose fragments a datagram came in.
 */
const struct decode *decode_take(struct decoder *decoder, const struct packet *packet, struct decode *room);

/*
 * The same as decode_packet for who decodes packets ahead of others: false where fragments had to do with it, so that
 * what comes of the packet depends on the packets before.
 */
bool decode_alone(struct decoder *decoder, const struct packet *packet, struct decode *result);

/* Counts packets of a kind that were never decoded, because it was known beforehand. */
void decoder_count(struct decoder *decoder, enum decoded kind, uint64_t packets);

/* The counts of all packets so far. A datagram that still lacks fragments counts as incomplete. */
struct decode_counts decoder_counts(const struct decoder *decoder);

#endif
