/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets made by hand, as they leave the decoder. A wire carries the segments of any number of talks to one taker, and
 * stamps each with time and frame; a talk is one connection, and keeps its sides' sequence numbers, so that a test says
 * only what matters to it:
 *
 *	struct talk talk = talk_new(&wire, 1042);
 *	talk_handshake(&talk, 0);                                 SYN, SYN/ACK, ACK at 0, 1 and 2 ms
 *	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);            and so on; each returns its frame
 */
#ifndef MTASCOPE_TESTS_PACKETS_H
#define MTASCOPE_TESTS_PACKETS_H

#include "capture/segment.h"
#include "tcp/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2002-02-26T19:43:19Z, at which every wire begins. */
#define WIRE_START (INT64_C(1014752599) * NS_PER_S)

struct wire {
	void *user;
	void (*take)(void *user, const struct segment *segment);
	uint64_t frame;
	time_ns now;
};

struct speaker {
	struct endpoint at;
	uint32_t isn, next; /* next: what it sends next */
	uint8_t hop_limit;
	bool has_ip_id, has_timestamp;
	uint16_t ip_id;
	uint32_t timestamp;
};

struct talk {
	struct wire *wire;
	struct speaker side[DIRECTIONS];
};

/* 10.20.1.9:PORT to 10.20.0.1:102, with IP IDs that count, hop limits of 60 and 64, and no TCP timestamps. */
struct talk talk_new(struct wire *wire, uint16_t client_port);

/* A segment as the side would send it now, not sent: it acknowledges all that the other side has sent. */
struct segment talk_segment(struct talk *talk, enum direction direction, uint16_t flags, const void *payload,
			    size_t length);

/* Puts a segment on the wire at so many microseconds from its start, and returns its frame. */
uint64_t wire_put(struct wire *wire, int64_t us, const struct segment *segment);

/* talk_segment and wire_put, at milliseconds; the side's next sequence number moves on. */
uint64_t talk_say(struct talk *talk, int64_t ms, enum direction direction, uint16_t flags);
uint64_t talk_bytes(struct talk *talk, int64_t ms, enum direction direction, const void *payload, size_t length);

/* Bytes written as in hex.h. */
uint64_t talk_pdu(struct talk *talk, int64_t ms, enum direction direction, const char *text);

/* SYN, SYN/ACK and ACK, a millisecond apart. Returns the frame of the SYN. */
uint64_t talk_handshake(struct talk *talk, int64_t ms);

/* The side's next sequence number passes over length bytes that no packet on this wire carries. */
void talk_lose(struct talk *talk, enum direction direction, uint32_t length);

/* TPDUs and SPDUs, whole, in TPKTs of their own; for talk_pdu. */
#define PDU_TEXT_CR         "0300(11e00000000500c0010bc1025431c2025432)"
#define PDU_TEXT_CC         "0300(11d00005000900c0010bc1025431c2025432)"
#define PDU_TEXT_DR         "0300(068000050009 81)" /* congestion at connect time */
#define PDU_TEXT_DR_ADDRESS "0300(068000050009 03)" /* address unknown */
#define PDU_TEXT_ACTIVITY   "0300(02f08001002d{2903010101})"
#define PDU_TEXT_DATA       "0300(02f080 01000100 000102030405060708090a0b0c0d0e0f)"
/* The bind of two MTAs, in X.410 mode: session CONNECT, ACCEPT, and a REFUSE without a reason. */
#define PDU_TEXT_CN                                                                                                    \
	"0300006c02f0800d63011b0a0414024d530b1317113934313031343135333732352d3037303005091301001601011a01001402024934" \
	"0"                                                                                                            \
	"25348c131312fa003800100a128800101810103820100840101a31aa018a11680106a6f686e646f652d783430302d6d7461a1021600"
#define PDU_TEXT_AC                                                                                                    \
	"0300006402f0800e5b011b090414024d530b1317113934313031343135333732352d3037303005091301001601011a01001402024934" \
	"0"                                                                                                            \
	"25348c1293180a0808001000000a180800100810103a280a080a1808000a1801600000000000000000000000000"
#define PDU_TEXT_RF "0300(02f0800c{110101320101})"
#define PDU_TEXT_AB "0300001302f080190a110103c1053103800104"

#endif
