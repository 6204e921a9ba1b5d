/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames into a pcap file: Ethernet, IPv4, TCP or UDP with right checksums, times in microseconds. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { WIRE_FIN = 1, WIRE_SYN = 2, WIRE_RST = 4, WIRE_PSH = 8, WIRE_ACK = 16 };
enum { WIRE_MSS = 1460 };

struct wire_host {
	uint32_t ip;
	uint16_t port;
};

struct wire_segment {
	struct wire_host from, to;
	uint32_t seq, ack;
	uint16_t ip_id;
	uint8_t flags;
	const uint8_t *payload;
	uint16_t length;
};

struct wire {
	FILE *file;
	uint64_t packets, bytes;
};

bool wire_open(struct wire *wire, const char *path);
bool wire_close(struct wire *wire);

/* time_us is since 1970. */
void wire_tcp(struct wire *wire, int64_t time_us, const struct wire_segment *segment);

/* Of the segment's fields only the hosts, ip_id and payload are used. */
void wire_udp(struct wire *wire, int64_t time_us, const struct wire_segment *segment);

#endif
