/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as a hostile sender would choose them. */
#ifndef MTASCOPE_TESTS_COLLIDING_H
#define MTASCOPE_TESTS_COLLIDING_H

#include "base/address.h"

/* IPv6 addresses, each another, that all have one address_hash() from start: the second half makes up for the first. */
static inline struct address colliding_address(uint32_t i, uint64_t start)
{
	struct address address = {.family = 6, .bytes = {0x20, 0x01, 0x0d, 0xb8}};
	uint64_t halves[2];

	memcpy(&address.bytes[4], &i, sizeof i);
	memcpy(halves, address.bytes, sizeof halves);
	uint64_t hash = (start ^ halves[0]) * UINT64_C(0x9e3779b97f4a7c15);
	halves[1] = UINT64_C(0x123456789abcdef0) ^ hash ^ hash >> 32;
	memcpy(address.bytes, halves, sizeof halves);
	return address;
}

#endif
