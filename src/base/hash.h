/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashes for tables of what senders choose: each run draws its own key, so that no sender can aim at one bucket. What
 * is written, and the order in which things are told, must not depend on them.
 */
#ifndef MTASCOPE_BASE_HASH_H
#define MTASCOPE_BASE_HASH_H

#include "base/address.h"

#include <stdint.h>
#include <string.h>

struct hash_key {
	uint64_t part[2];
};

/* Not drawn: for what must be the same in every run. */
extern const struct hash_key hash_key_fixed;

/* A new key. One that cannot be drawn is the fixed one, which only makes tables easier to attack. */
struct hash_key hash_key_draw(void);

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 uint128;
	uint128 product = (uint128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * To be taken on with hash_with: near addresses alone are not spread under every key. Neither half can make up for the
 * other, as nobody knows what they are multiplied by.
 */
static inline uint64_t hash_address(const struct hash_key *key, const struct address *address)
{
	uint64_t halves[2];

	memcpy(halves, address->bytes, sizeof halves);
	return hash_mix(halves[0] ^ key->part[0], halves[1] ^ key->part[1]);
}

/* A hash and what else belongs to it: a number, or another hash of the same key. Any of its bits may be taken. */
static inline uint64_t hash_with(const struct hash_key *key, uint64_t hash, uint64_t value)
{
	return hash_mix(hash_mix(hash ^ value, key->part[1] | 1), key->part[0] | 1);
}

#endif
