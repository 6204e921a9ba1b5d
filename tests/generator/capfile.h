/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets as they stand in a capture file: link, network and TCP headers with right checksums, and the file around. */
#ifndef GENERATOR_CAPFILE_H
#define GENERATOR_CAPFILE_H

#include "base/address.h"
#include "base/moment.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum file_format { FILE_PCAP_US, FILE_PCAP_NS, FILE_PCAP_BE, FILE_PCAPNG, FILE_PCAPNG_NS, FILE_FORMATS };
enum link_kind { LINK_ETHERNET, LINK_VLAN, LINK_SLL, LINK_RAW, LINK_NULL, LINK_KINDS };
enum tcp_flag { FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_PSH = 8, FLAG_ACK = 16 };

extern const char *const file_format_names[FILE_FORMATS];
extern const char *const link_kind_names[LINK_KINDS];

/* What a packet's headers say. An ICMP answer quotes the packet that it is about. */
struct segment {
	struct endpoint from, to;
	uint8_t ttl;
	bool dont_fragment;
	uint16_t ip_id;
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t window;
	uint16_t mss;     /* 0: no option */
	uint8_t scale;    /* 255: no option */
	bool sack, stamp; /* options */
	uint32_t stamp_value, stamp_echo;
	bool icmp;
	uint8_t icmp_code;
	struct endpoint icmp_from;
	uint8_t icmp_ttl;
	bool from_right; /* the side of the tap that it came from, for the MAC addresses */
};

struct capfile {
	FILE *file;
	enum file_format format;
	enum link_kind link;
	uint16_t vlan;
	uint32_t snap; /* bytes of a packet that are kept; 0: all */
	uint64_t frames;
};

/* Keeps what capfile->snap says. */
bool capfile_open(struct capfile *capfile, const char *path, enum file_format format, enum link_kind link);
void capfile_write(struct capfile *capfile, time_ns time, const struct segment *segment, const uint8_t *payload,
		   size_t length);
bool capfile_close(struct capfile *capfile);

/* Digits of a second that the format keeps: 6 or 9. */
unsigned capfile_digits(enum file_format format);

#endif
