/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams from fragments, by the time of packets: RFC 791 3.2 and RFC 8200 4.5, as a host at the tap would put them
 * together. Where two fragments disagree about the same bytes, the first one wins.
 */
#ifndef MTASCOPE_CAPTURE_FRAGMENT_H
#define MTASCOPE_CAPTURE_FRAGMENT_H

#include "base/address.h"
#include "base/cursor.h"
#include "base/moment.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	FRAGMENT_DATAGRAMS = 1024,         /* kept at once */
	FRAGMENT_BYTES = 16 * 1024 * 1024, /* kept at once */
	FRAGMENT_LENGTH_MAX = 65535,       /* of a datagram without its header */
};

/* RFC 8200 4.5 and RFC 1122 3.3.2 give a datagram 60 s; what systems do is 30 s, and identifications do come again. */
#define FRAGMENT_TIMEOUT (30 * NS_PER_S)

struct fragment {
	struct address source, destination;
	uint32_t id;
	uint8_t protocol; /* IPv4's; IPv6's next header */
	uint32_t offset;  /* in bytes */
	bool more;
	bool matters; /* it may carry TCP: worth a word when the rest is missing */
	struct moment moment;
	/* The packets that brought the fragments which this one itself was put together from, in another datagram. */
	const struct moment *earlier;
	size_t earlier_count;
	struct cursor body;
};

/* A datagram that is whole. The body is valid until fragments_next_packet(), and may be cut like any packet. */
struct datagram {
	uint8_t protocol; /* as the first fragment has it */
	struct cursor body;
	const struct moment *parts; /* the packets that brought it, the last one included; valid as long as the body */
	size_t part_count;
};

enum fragment_result {
	FRAGMENT_WAITS,    /* for more, or it was a copy */
	FRAGMENT_COMPLETE, /* *whole is set */
	FRAGMENT_BAD,      /* RFC 8200 4.5: not a multiple of eight bytes, beyond 64 KiB, or empty */
};

struct fragment_counts {
	uint64_t fragments;
	uint64_t overlapping; /* fragments that contradict what was there */
	uint64_t incomplete;  /* datagrams that matter, given up or still waiting */
};

struct fragments;

struct fragments *fragments_new(void);
void fragments_free(struct fragments *fragments);

/* The bodies of whole datagrams that were given out are no longer in use. */
void fragments_next_packet(struct fragments *fragments);

/* Adds a fragment, whose bytes are copied. Sets *whole when it was the last that was missing. */
enum fragment_result fragments_add(struct fragments *fragments, const struct fragment *fragment,
				   struct datagram *whole);

struct fragment_counts fragments_counts(const struct fragments *fragments);

#endif
