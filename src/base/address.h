/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MTASCOPE_BASE_ADDRESS_H
#define MTASCOPE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* An IP address; family is 4 or 6 (0: none). IPv4 uses the first four bytes, the rest are zero. */
struct address {
	uint8_t family;
	uint8_t bytes[16];
};

struct endpoint {
	struct address ip;
	uint16_t port;
};

enum { ADDRESS_TEXT_SIZE = 46 };

/* The address that these four bytes are. */
static inline struct address address_ipv4(const uint8_t *bytes)
{
	struct address address = {.family = 4};

	memcpy(address.bytes, bytes, 4);
	return address;
}

static inline bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* The same in every run. A sender can choose what falls together: where that matters base/hash.h has another. */
static inline uint64_t address_hash(const struct address *address, uint64_t start)
{
	uint64_t halves[2];

	memcpy(halves, address->bytes, sizeof halves);
	uint64_t hash = (start ^ halves[0]) * UINT64_C(0x9e3779b97f4a7c15);
	hash = (hash ^ hash >> 32 ^ halves[1]) * UINT64_C(0xbf58476d1ce4e5b9);
	return hash ^ hash >> 32;
}

/* Writes the usual text form (RFC 5952 for IPv6) into text, which holds ADDRESS_TEXT_SIZE bytes. */
void address_format(const struct address *address, char *text);

/* Reads an IPv4 or IPv6 address. Returns false, and leaves address alone, when text is none. */
bool address_parse(const char *text, struct address *address);

#endif
