/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/fragment.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 8, /* offsets count blocks: RFC 791 3.1 */
	BLOCKS = (FRAGMENT_LENGTH_MAX + BLOCK) / BLOCK,
	BUCKETS = 1024,
	FIRST_CAPACITY = 2048,
	NO_LENGTH = FRAGMENT_LENGTH_MAX + 1,
};

/*
 * How long a whole datagram is remembered, so that a mirror port's copies of its fragments do not begin another one;
 * and how old a waiting one must be before a fragment that contradicts it is taken for the next datagram with the same
 * identification (RFC 4963) rather than for an overlap.
 */
#define SOON NS_PER_S

struct set {
	struct set *next_in_bucket;
	struct set *older, *newer;
	struct address source, destination;
	uint32_t id;
	uint8_t key_protocol; /* IPv4 tells datagrams apart by it, IPv6 does not */
	uint8_t protocol;
	bool matters;
	bool whole;
	bool hashed;
	uint64_t packet;   /* that made it whole */
	time_ns time;      /* of the first fragment; once it is whole, of the last */
	time_ns last_time; /* of the last fragment */
	uint32_t length;   /* NO_LENGTH until the last fragment is there */
	uint32_t end;      /* of what is there */
	uint32_t cut_at;   /* from here on the capture lacks bytes */
	uint32_t blocks_present;
	uint32_t capacity;
	uint8_t *bytes;
	struct moment *parts; /* the packets that brought it */
	size_t part_count, part_capacity;
	uint8_t present[BLOCKS / 8 + 1]; /* a bit for each block */
};

struct queue {
	struct set *oldest, *newest;
};

struct fragments {
	struct set *buckets[BUCKETS];
	struct hash_key key;
	struct queue waiting, whole;
	size_t count;
	size_t bytes;
	uint64_t packet;
	uint64_t waiting_that_matter;
	struct fragment_counts counts;
};

struct fragments *fragments_new(void)
{
	struct fragments *fragments = memory_get_zeroed(1, sizeof *fragments);

	fragments->key = hash_key_draw();
	return fragments;
}

/* ---- Keeping sets ---- */

static void queue_add(struct queue *queue, struct set *set)
{
	set->older = queue->newest;
	set->newer = NULL;
	if (queue->newest != NULL)
		queue->newest->newer = set;
	else
		queue->oldest = set;
	queue->newest = set;
}

static void queue_remove(struct queue *queue, struct set *set)
{
	if (set->older != NULL)
		set->older->newer = set->newer;
	else
		queue->oldest = set->newer;
	if (set->newer != NULL)
		set->newer->older = set->older;
	else
		queue->newest = set->older;
}

static uint8_t key_protocol(const struct fragment *fragment)
{
	return fragment->source.family == 4 ? fragment->protocol : 0;
}

static struct set **bucket_of(struct fragments *fragments, const struct address *source,
			      const struct address *destination, uint32_t id, uint8_t protocol)
{
	const struct hash_key *key = &fragments->key;
	uint64_t hash = hash_with(key, hash_address(key, source), (uint64_t)protocol << 32 | id);

	return &fragments->buckets[hash_with(key, hash, hash_address(key, destination)) % BUCKETS];
}

static struct set *find(struct fragments *fragments, const struct fragment *fragment)
{
	struct set *set =
	    *bucket_of(fragments, &fragment->source, &fragment->destination, fragment->id, key_protocol(fragment));

	while (set != NULL && (set->id != fragment->id || set->key_protocol != key_protocol(fragment) ||
			       !address_equal(&set->source, &fragment->source) ||
			       !address_equal(&set->destination, &fragment->destination)))
		set = set->next_in_bucket;
	return set;
}

/* Takes set out of the reach of find(). It stays in its queue: somebody may still be reading its bytes. */
static void unhash(struct fragments *fragments, struct set *set)
{
	struct set **place = bucket_of(fragments, &set->source, &set->destination, set->id, set->key_protocol);

	if (!set->hashed)
		return;
	while (*place != set)
		place = &(*place)->next_in_bucket;
	*place = set->next_in_bucket;
	set->hashed = false;
}

static void drop(struct fragments *fragments, struct set *set)
{
	unhash(fragments, set);
	queue_remove(set->whole ? &fragments->whole : &fragments->waiting, set);
	if (!set->whole && set->matters) {
		fragments->waiting_that_matter--;
		fragments->counts.incomplete++;
	}
	fragments->count--;
	fragments->bytes -= set->capacity;
	free(set->bytes);
	free(set->parts);
	free(set);
}

void fragments_free(struct fragments *fragments)
{
	if (fragments == NULL)
		return;
	while (fragments->waiting.oldest != NULL)
		drop(fragments, fragments->waiting.oldest);
	while (fragments->whole.oldest != NULL)
		drop(fragments, fragments->whole.oldest);
	free(fragments);
}

static bool in_use(const struct fragments *fragments, const struct set *set)
{
	return set->whole && set->packet == fragments->packet;
}

/*
 * A clock that was set back must not keep a set for ever, so the future is as far off as the past. Times are the
 * capture's word: their difference may not fit their type.
 */
static bool is_past(time_ns time, time_ns now, time_ns span)
{
	uint64_t apart = now > time ? (uint64_t)now - (uint64_t)time : (uint64_t)time - (uint64_t)now;

	return apart > (uint64_t)span;
}

static void expire(struct fragments *fragments, time_ns now)
{
	struct set *set;

	/* NOLINTBEGIN(clang-analyzer-unix.Malloc): a set that is dropped is no longer in its list */
	while ((set = fragments->whole.oldest) != NULL && !in_use(fragments, set) && is_past(set->time, now, SOON))
		drop(fragments, set);
	while ((set = fragments->waiting.oldest) != NULL && is_past(set->time, now, FRAGMENT_TIMEOUT))
		drop(fragments, set);
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
}

/* Gives up what is oldest, whole ones first, until there is room; but never keep. */
static void make_room(struct fragments *fragments, size_t sets, size_t bytes, const struct set *keep)
{
	while (fragments->count + sets > FRAGMENT_DATAGRAMS || fragments->bytes + bytes > FRAGMENT_BYTES) {
		struct set *set = fragments->whole.oldest;
		if (set == NULL || in_use(fragments, set))
			set = fragments->waiting.oldest;
		if (set != NULL && set == keep)
			set = set->newer;
		if (set == NULL)
			return; /* only what this packet needs, which is little */
		drop(fragments, set);
	}
}

static struct set *begin(struct fragments *fragments, const struct fragment *fragment)
{
	struct set **bucket =
	    bucket_of(fragments, &fragment->source, &fragment->destination, fragment->id, key_protocol(fragment));

	make_room(fragments, 1, 0, NULL);
	struct set *set = memory_get_zeroed(1, sizeof *set);
	set->source = fragment->source;
	set->destination = fragment->destination;
	set->id = fragment->id;
	set->key_protocol = key_protocol(fragment);
	set->protocol = fragment->protocol;
	set->time = fragment->moment.time;
	set->length = NO_LENGTH;
	set->cut_at = NO_LENGTH;
	set->next_in_bucket = *bucket;
	set->hashed = true;
	*bucket = set;
	queue_add(&fragments->waiting, set);
	fragments->count++;
	return set;
}

/* ---- One fragment ---- */

static uint32_t end_of(const struct fragment *fragment)
{
	return fragment->offset + (uint32_t)cursor_left(&fragment->body);
}

static bool is_bad(const struct fragment *fragment)
{
	size_t length = cursor_left(&fragment->body);

	return length == 0 || (fragment->more && length % BLOCK != 0) || fragment->offset % BLOCK != 0 ||
	       fragment->offset + length > FRAGMENT_LENGTH_MAX;
}

static bool is_present(const struct set *set, uint32_t block)
{
	return (set->present[block / 8] >> block % 8 & 1) != 0;
}

/* Whether the fragment denies the length that the set has, or would have bytes beyond it. */
static bool denies_length(const struct set *set, const struct fragment *fragment)
{
	uint32_t end = end_of(fragment);

	if (set->length == NO_LENGTH)
		return !fragment->more && set->end > end;
	return end > set->length || (!fragment->more && end != set->length);
}

/* Whether the fragment has other bytes than the set, where both have any. */
static bool differs(const struct set *set, const struct fragment *fragment)
{
	struct cursor body = fragment->body;
	uint32_t at = fragment->offset;

	while (cursor_readable(&body) > 0) {
		size_t length = cursor_readable(&body) < BLOCK ? cursor_readable(&body) : BLOCK;
		const uint8_t *bytes = cursor_take(&body, length);
		if (is_present(set, at / BLOCK) && memcmp(&set->bytes[at], bytes, length) != 0)
			return true;
		at += BLOCK;
	}
	return false;
}

static void reserve(struct fragments *fragments, struct set *set, uint32_t end)
{
	uint32_t capacity = set->capacity == 0 ? FIRST_CAPACITY : set->capacity;

	while (capacity < end)
		capacity *= 2;
	if (capacity == set->capacity)
		return;
	make_room(fragments, 0, capacity - set->capacity, set);
	fragments->bytes += capacity - set->capacity;
	set->bytes = memory_resize(set->bytes, capacity);
	set->capacity = capacity;
}

/* Copies the blocks that are not there yet. */
static void fill(struct set *set, const struct fragment *fragment)
{
	struct cursor body = fragment->body;
	uint32_t end = end_of(fragment);

	for (uint32_t at = fragment->offset; at < end; at += BLOCK) {
		uint32_t length = end - at < BLOCK ? end - at : BLOCK;
		uint32_t readable = cursor_readable(&body) < length ? (uint32_t)cursor_readable(&body) : length;
		const uint8_t *bytes = cursor_take(&body, readable);
		if (is_present(set, at / BLOCK))
			continue;
		set->present[at / BLOCK / 8] |= (uint8_t)(1U << at / BLOCK % 8);
		set->blocks_present++;
		memset(&set->bytes[at], 0, length);
		if (bytes != NULL)
			memcpy(&set->bytes[at], bytes, readable);
		if (readable < length && at + readable < set->cut_at)
			set->cut_at = at + readable;
	}
	if (end > set->end)
		set->end = end;
}

static void add_part(struct set *set, const struct moment *moment)
{
	set->parts = memory_grow(set->parts, set->part_count, &set->part_capacity, sizeof *set->parts);
	set->parts[set->part_count++] = *moment;
}

/* The set that the fragment belongs to, a new one if need be; NULL when it is a copy of what is done with. */
static struct set *home_of(struct fragments *fragments, const struct fragment *fragment)
{
	struct set *set = find(fragments, fragment);

	/* Times that run backwards can hide an old one from expire(). */
	if (set != NULL && !set->whole && is_past(set->time, fragment->moment.time, FRAGMENT_TIMEOUT)) {
		drop(fragments, set);
		set = NULL;
	}
	bool contradicts = set != NULL && (denies_length(set, fragment) || differs(set, fragment));
	if (set != NULL && set->whole) {
		if (!contradicts)
			return NULL;
		unhash(fragments, set);
		set = NULL;
	} else if (contradicts && is_past(set->last_time, fragment->moment.time, SOON)) {
		drop(fragments, set);
		set = NULL;
	} else if (contradicts) {
		fragments->counts.overlapping++;
	}
	return set == NULL ? begin(fragments, fragment) : set;
}

static void finish(struct fragments *fragments, struct set *set, struct datagram *whole)
{
	uint32_t captured = set->cut_at < set->length ? set->cut_at : set->length;

	queue_remove(&fragments->waiting, set);
	queue_add(&fragments->whole, set);
	fragments->waiting_that_matter -= set->matters;
	set->whole = true;
	set->packet = fragments->packet;
	set->time = set->last_time;
	whole->protocol = set->protocol;
	whole->body = cursor_cut(set->bytes, captured, set->length);
	whole->parts = set->parts;
	whole->part_count = set->part_count;
}

enum fragment_result fragments_add(struct fragments *fragments, const struct fragment *fragment, struct datagram *whole)
{
	fragments->counts.fragments++;
	if (is_bad(fragment))
		return FRAGMENT_BAD;
	expire(fragments, fragment->moment.time);
	struct set *set = home_of(fragments, fragment);
	if (set == NULL)
		return FRAGMENT_WAITS;
	set->last_time = fragment->moment.time;
	if (fragment->matters && !set->matters) {
		set->matters = true;
		fragments->waiting_that_matter++;
	}
	if (denies_length(set, fragment))
		return FRAGMENT_WAITS;
	if (!fragment->more)
		set->length = end_of(fragment);
	if (fragment->offset == 0 && !is_present(set, 0))
		set->protocol = fragment->protocol;
	reserve(fragments, set, end_of(fragment));
	uint32_t present = set->blocks_present;
	fill(set, fragment);
	for (size_t i = 0; i < fragment->earlier_count && set->blocks_present > present; i++)
		add_part(set, &fragment->earlier[i]);
	if (set->blocks_present > present)
		add_part(set, &fragment->moment);
	if (set->length == NO_LENGTH || set->blocks_present != (set->length + BLOCK - 1) / BLOCK)
		return FRAGMENT_WAITS;
	finish(fragments, set, whole);
	return FRAGMENT_COMPLETE;
}

void fragments_next_packet(struct fragments *fragments)
{
	fragments->packet++;
}

struct fragment_counts fragments_counts(const struct fragments *fragments)
{
	struct fragment_counts counts = fragments->counts;

	counts.incomplete += fragments->waiting_that_matter;
	return counts;
}
