/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/overlap.h"

#include "base/memory.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BUCKETS = 2 * OVERLAP_PACKETS };

#define NOTHING UINT32_MAX

/* How often one capture has given a packet. */
struct entry {
	uint64_t hash[2];
	uint32_t capture;
	uint32_t times;
	uint32_t next; /* in its bucket */
};

struct overlap {
	struct entry *entries; /* a ring: the oldest makes room */
	uint32_t *buckets;
	uint32_t next, used;
	uint64_t seed[2];
};

struct overlap *overlap_new(void)
{
	struct overlap *overlap = memory_get_zeroed(1, sizeof *overlap);

	overlap->entries = memory_get_zeroed(OVERLAP_PACKETS, sizeof *overlap->entries);
	overlap->buckets = memory_get(BUCKETS * sizeof *overlap->buckets);
	for (size_t i = 0; i < BUCKETS; i++)
		overlap->buckets[i] = NOTHING;
	/* So that nobody can make packets that all fall into one bucket. What is found does not depend on it. */
	if (getrandom(overlap->seed, sizeof overlap->seed, GRND_NONBLOCK) < 0)
		overlap->seed[0] = UINT64_C(0x6d746173636f7065);
	return overlap;
}

void overlap_free(struct overlap *overlap)
{
	if (overlap == NULL)
		return;
	free(overlap->entries);
	free(overlap->buckets);
	free(overlap);
}

/* The finalizer of splitmix64: each bit of the result depends on each of value. */
static uint64_t mix(uint64_t value)
{
	value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
	return value ^ value >> 31;
}

static void add_word(uint64_t hash[2], uint64_t word)
{
	hash[0] = mix(hash[0] ^ word);
	hash[1] = (hash[1] + word) * UINT64_C(0x9e3779b97f4a7c15);
	hash[1] ^= hash[1] >> 32;
}

static uint64_t word_at(const uint8_t *data, size_t length)
{
	uint64_t word = 0;

	memcpy(&word, data, length);
	return le64toh(word);
}

static uint64_t step(uint64_t lane, uint64_t word)
{
	lane = (lane ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return lane ^ lane >> 32;
}

/* Four words at a time, each with a hash of its own, for none of which the next word waits. */
void overlap_add(uint64_t hash[2], const struct packet *packet)
{
	enum { WORD = sizeof(uint64_t), LANES = 4 };
	const uint8_t *data = packet->data;
	size_t left = packet->captured;
	uint64_t lanes[LANES] = {hash[0], hash[1], ~hash[0], ~hash[1]};

	for (; left >= sizeof lanes; left -= sizeof lanes, data += sizeof lanes)
		for (unsigned i = 0; i < LANES; i++)
			lanes[i] = step(lanes[i], word_at(data + i * WORD, WORD));
	for (unsigned i = 0; left > 0; i++) {
		size_t length = left < WORD ? left : WORD;
		lanes[i] = step(lanes[i], word_at(data, length));
		data += length;
		left -= length;
	}
	add_word(hash, (uint64_t)packet->moment.time);
	add_word(hash, (uint64_t)packet->length << 32 | packet->captured);
	add_word(hash, (uint64_t)(int64_t)packet->link_type);
	for (unsigned i = 0; i < LANES; i++)
		add_word(hash, lanes[i]);
	hash[0] = mix(hash[0]);
	hash[1] = mix(hash[1]);
}

void overlap_hash(const struct overlap *overlap, const struct packet *packet, uint64_t hash[2])
{
	hash[0] = overlap->seed[0];
	hash[1] = overlap->seed[1];
	if (!packet->light) {
		overlap_add(hash, packet);
		return;
	}
	add_word(hash, (uint64_t)packet->moment.time);
	add_word(hash, packet->digest);
}

static uint32_t *bucket_of(const struct overlap *overlap, const uint64_t hash[2])
{
	return &overlap->buckets[hash[0] % BUCKETS];
}

static void forget(struct overlap *overlap, uint32_t place)
{
	uint32_t *link = bucket_of(overlap, overlap->entries[place].hash);

	while (*link != place)
		link = &overlap->entries[*link].next;
	*link = overlap->entries[place].next;
}

static struct entry *remember(struct overlap *overlap, const uint64_t hash[2], uint32_t capture)
{
	uint32_t place = overlap->next;

	if (overlap->used == OVERLAP_PACKETS)
		forget(overlap, place);
	else
		overlap->used++;
	overlap->next = (place + 1) % OVERLAP_PACKETS;
	uint32_t *bucket = bucket_of(overlap, hash);
	overlap->entries[place] = (struct entry){{hash[0], hash[1]}, capture, 0, *bucket};
	*bucket = place;
	return &overlap->entries[place];
}

bool overlap_has_hash(struct overlap *overlap, const uint64_t hash[2], uint32_t capture)
{
	uint32_t others = 0;
	struct entry *own = NULL;

	for (uint32_t i = *bucket_of(overlap, hash); i != NOTHING; i = overlap->entries[i].next) {
		struct entry *entry = &overlap->entries[i];
		if (entry->hash[0] != hash[0] || entry->hash[1] != hash[1])
			continue;
		if (entry->capture == capture)
			own = entry;
		else if (entry->times > others)
			others = entry->times;
	}
	if (own == NULL)
		own = remember(overlap, hash, capture);
	own->times++;
	return own->times <= others;
}

bool overlap_has(struct overlap *overlap, const struct packet *packet)
{
	uint64_t hash[2];

	overlap_hash(overlap, packet, hash);
	return overlap_has_hash(overlap, hash, packet->moment.capture);
}
