/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams from fragments: every order, overlaps, gaps, time, limits; random ones against a plain table of bytes. */
#include "capture/fragment.h"
#include "prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t content[FRAGMENT_LENGTH_MAX + 1];

struct piece {
	uint32_t offset, length;
	bool more;
};

static struct fragment fragment_of(uint32_t id, time_ns time, const struct piece *piece, const uint8_t *bytes)
{
	return (struct fragment){.source = {.family = 4, .bytes = {10, 0, 0, 1}},
				 .destination = {.family = 4, .bytes = {10, 0, 0, 2}},
				 .id = id,
				 .protocol = 6,
				 .offset = piece->offset,
				 .more = piece->more,
				 .matters = true,
				 .moment = moment_at(time, 1, 1),
				 .body = cursor_over(bytes, piece->length)};
}

static enum fragment_result add(struct fragments *fragments, uint32_t id, time_ns time, struct piece piece,
				struct datagram *whole)
{
	struct fragment fragment = fragment_of(id, time, &piece, &content[piece.offset]);

	fragments_next_packet(fragments);
	return fragments_add(fragments, &fragment, whole);
}

static void assert_whole(const struct datagram *whole, uint32_t length)
{
	struct cursor body = whole->body;

	assert_int_equal(cursor_left(&body), length);
	assert_int_equal(cursor_readable(&body), length);
	assert_memory_equal(cursor_take(&body, length), content, length);
}

/* Every order of five fragments: only the last to come makes the datagram. */
static void every_order(void **state)
{
	(void)state;
	static const struct piece pieces[] = {
	    {0, 24, true}, {24, 8, true}, {32, 16, true}, {48, 400, true}, {448, 13, false}};
	struct fragments *fragments = fragments_new();
	struct datagram whole;

	for (uint32_t order = 0; order < 120; order++) {
		bool used[5] = {false};
		uint32_t rest = order;
		for (uint32_t left = 5; left > 0; left--) {
			uint32_t pick = rest % left;
			uint32_t i = 0;
			rest /= left;
			for (; used[i] || pick-- > 0; i++)
				;
			used[i] = true;
			assert_int_equal(add(fragments, order, 0, pieces[i], &whole),
					 left == 1 ? FRAGMENT_COMPLETE : FRAGMENT_WAITS);
		}
		assert_whole(&whole, 461);
	}
	assert_int_equal(fragments_counts(fragments).incomplete, 0);
	assert_int_equal(fragments_counts(fragments).overlapping, 0);
	fragments_free(fragments);
}

static void copies_are_no_overlap(void **state)
{
	(void)state;
	struct fragments *fragments = fragments_new();
	struct datagram whole;

	assert_int_equal(add(fragments, 1, 0, (struct piece){0, 16, true}, &whole), FRAGMENT_WAITS);
	assert_int_equal(add(fragments, 1, 0, (struct piece){0, 16, true}, &whole), FRAGMENT_WAITS);
	assert_int_equal(add(fragments, 1, 0, (struct piece){8, 16, true}, &whole), FRAGMENT_WAITS);
	assert_int_equal(add(fragments, 1, 0, (struct piece){24, 5, false}, &whole), FRAGMENT_COMPLETE);
	assert_int_equal(add(fragments, 1, 1, (struct piece){24, 5, false}, &whole), FRAGMENT_WAITS);
	assert_int_equal(add(fragments, 1, 1, (struct piece){0, 16, true}, &whole), FRAGMENT_WAITS);
	assert_int_equal(fragments_counts(fragments).overlapping, 0);
	assert_int_equal(fragments_counts(fragments).incomplete, 0);
	fragments_free(fragments);
}

static void first_copy_wins(void **state)
{
	(void)state;
	static const uint8_t other[64] = {1, 2, 3, 4};
	struct fragments *fragments = fragments_new();
	struct datagram whole;
	struct fragment lie = fragment_of(1, 0, &(struct piece){8, 24, true}, other);

	add(fragments, 1, 0, (struct piece){0, 24, true}, &whole);
	assert_int_equal(fragments_add(fragments, &lie, &whole), FRAGMENT_WAITS);
	assert_int_equal(fragments_counts(fragments).overlapping, 1);
	assert_int_equal(add(fragments, 1, 0, (struct piece){32, 8, false}, &whole), FRAGMENT_COMPLETE);
	const uint8_t *bytes = cursor_take(&whole.body, 40);
	assert_memory_equal(bytes, content, 24);
	assert_memory_equal(bytes + 24, other + 16, 8);
	assert_memory_equal(bytes + 32, content + 32, 8);
	fragments_free(fragments);
}

static void length_is_said_once(void **state)
{
	(void)state;
	struct fragments *fragments = fragments_new();
	struct datagram whole;

	add(fragments, 1, 0, (struct piece){16, 8, false}, &whole);
	/* Beyond the end, another end, a last one that is not the last. */
	assert_int_equal(add(fragments, 1, 0, (struct piece){24, 8, true}, &whole), FRAGMENT_WAITS);
	assert_int_equal(add(fragments, 1, 0, (struct piece){8, 8, false}, &whole), FRAGMENT_WAITS);
	assert_int_equal(add(fragments, 1, 0, (struct piece){24, 8, false}, &whole), FRAGMENT_WAITS);
	assert_int_equal(fragments_counts(fragments).overlapping, 3);
	assert_int_equal(add(fragments, 1, 0, (struct piece){0, 16, true}, &whole), FRAGMENT_COMPLETE);
	assert_whole(&whole, 24);
	add(fragments, 2, 0, (struct piece){16, 8, true}, &whole);
	assert_int_equal(add(fragments, 2, 0, (struct piece){8, 8, false}, &whole), FRAGMENT_WAITS);
	assert_int_equal(fragments_counts(fragments).overlapping, 4);
	fragments_free(fragments);
}

static void bad_ones_are_refused(void **state)
{
	(void)state;
	struct fragments *fragments = fragments_new();
	struct datagram whole;

	assert_int_equal(add(fragments, 1, 0, (struct piece){0, 0, true}, &whole), FRAGMENT_BAD);
	assert_int_equal(add(fragments, 1, 0, (struct piece){0, 9, true}, &whole), FRAGMENT_BAD);
	assert_int_equal(add(fragments, 1, 0, (struct piece){65528, 8, false}, &whole), FRAGMENT_BAD);
	assert_int_equal(add(fragments, 1, 0, (struct piece){65528, 7, false}, &whole), FRAGMENT_WAITS);
	fragments_free(fragments);
}

static void up_to_64_kib(void **state)
{
	(void)state;
	struct fragments *fragments = fragments_new();
	struct datagram whole;

	for (uint32_t at = 65528; at > 0; at -= 8)
		assert_int_equal(add(fragments, 1, 0, (struct piece){at, at == 65528 ? 7 : 8, at < 65528}, &whole),
				 FRAGMENT_WAITS);
	assert_int_equal(add(fragments, 1, 0, (struct piece){0, 8, true}, &whole), FRAGMENT_COMPLETE);
	assert_whole(&whole, 65535);
	fragments_free(fragments);
}

static void time_is_the_packets(void **state)
{
	(void)state;
	struct fragments *fragments = fragments_new();
	struct datagram whole;
	static const time_ns starts[] = {0, INT64_MAX - 40 * NS_PER_S, INT64_MIN + NS_PER_S};

	for (uint32_t i = 0; i < 3; i++) {
		time_ns start = starts[i];
		uint64_t before = fragments_counts(fragments).incomplete;
		add(fragments, i, start, (struct piece){0, 8, true}, &whole);
		assert_int_equal(add(fragments, i, start + FRAGMENT_TIMEOUT, (struct piece){8, 8, false}, &whole),
				 FRAGMENT_COMPLETE);
		add(fragments, i + 10, start, (struct piece){0, 8, true}, &whole);
		assert_int_equal(
		    add(fragments, i + 10, start + FRAGMENT_TIMEOUT + 1, (struct piece){8, 8, false}, &whole),
		    FRAGMENT_WAITS);
		assert_int_equal(fragments_counts(fragments).incomplete, before + 2);
	}
	/* The clock was set back by years. */
	add(fragments, 90, 1000 * NS_PER_S, (struct piece){0, 8, true}, &whole);
	assert_int_equal(add(fragments, 90, 0, (struct piece){8, 8, false}, &whole), FRAGMENT_WAITS);
	/* An old one behind a newer one that came first. */
	add(fragments, 91, 100 * NS_PER_S, (struct piece){0, 8, true}, &whole);
	add(fragments, 92, 90 * NS_PER_S, (struct piece){0, 8, true}, &whole);
	assert_int_equal(add(fragments, 92, 125 * NS_PER_S, (struct piece){8, 8, false}, &whole), FRAGMENT_WAITS);
	assert_int_equal(add(fragments, 91, 125 * NS_PER_S, (struct piece){8, 8, false}, &whole), FRAGMENT_COMPLETE);
	fragments_free(fragments);
}

/* RFC 4963: the same identification again, after a datagram that lost its end, and after one that did not. */
static void identifications_come_again(void **state)
{
	(void)state;
	static const uint8_t other[16] = {9, 9, 9};
	struct fragments *fragments = fragments_new();
	struct datagram whole;

	struct fragment again = fragment_of(1, 2 * NS_PER_S, &(struct piece){0, 8, true}, other);
	add(fragments, 1, 0, (struct piece){0, 8, true}, &whole);
	assert_int_equal(fragments_add(fragments, &again, &whole), FRAGMENT_WAITS);
	assert_int_equal(fragments_counts(fragments).overlapping, 0);
	assert_int_equal(add(fragments, 1, 2 * NS_PER_S, (struct piece){8, 8, false}, &whole), FRAGMENT_COMPLETE);
	assert_memory_equal(cursor_take(&whole.body, 8), other, 8);
	/* At once, since the other one is done with. */
	struct fragment third = fragment_of(1, 2 * NS_PER_S + 1, &(struct piece){0, 8, true}, other + 8);
	assert_int_equal(fragments_add(fragments, &third, &whole), FRAGMENT_WAITS);
	assert_int_equal(add(fragments, 1, 2 * NS_PER_S + 2, (struct piece){8, 8, false}, &whole), FRAGMENT_COMPLETE);
	assert_memory_equal(cursor_take(&whole.body, 8), other + 8, 8);
	assert_int_equal(fragments_counts(fragments).incomplete, 1);
	fragments_free(fragments);
}

static void keys_are_apart(void **state)
{
	(void)state;
	struct fragments *fragments = fragments_new();
	struct datagram whole;
	struct fragment first = fragment_of(1, 0, &(struct piece){0, 8, true}, content);
	struct fragment last = fragment_of(1, 0, &(struct piece){8, 8, false}, content + 8);

	fragments_add(fragments, &first, &whole);
	last.protocol = 17;
	assert_int_equal(fragments_add(fragments, &last, &whole), FRAGMENT_WAITS);
	last.protocol = 6;
	last.source.bytes[3] = 9;
	assert_int_equal(fragments_add(fragments, &last, &whole), FRAGMENT_WAITS);
	/* IPv6 has no protocol in its key: RFC 8200 4.5. What comes is in the first fragment. */
	first.source.family = last.source.family = 6;
	first.source.bytes[3] = 9;
	last.protocol = 17;
	fragments_add(fragments, &last, &whole);
	assert_int_equal(fragments_add(fragments, &first, &whole), FRAGMENT_COMPLETE);
	assert_int_equal(whole.protocol, 6);
	fragments_free(fragments);
}

/* The capture holds only the beginning of each: what is there up to the first hole is what can be read. */
static void cut_fragments(void **state)
{
	(void)state;
	struct fragments *fragments = fragments_new();
	struct datagram whole;
	struct fragment first = fragment_of(1, 0, &(struct piece){0, 80, true}, content);
	struct fragment last = fragment_of(1, 0, &(struct piece){80, 40, false}, content + 80);

	first.body = cursor_cut(content, 50, 80);
	last.body = cursor_cut(content + 80, 3, 40);
	fragments_add(fragments, &last, &whole);
	assert_int_equal(fragments_add(fragments, &first, &whole), FRAGMENT_COMPLETE);
	assert_int_equal(cursor_left(&whole.body), 120);
	assert_int_equal(cursor_readable(&whole.body), 50);
	assert_memory_equal(cursor_take(&whole.body, 50), content, 50);
	fragments_free(fragments);
}

static void memory_is_bounded(void **state)
{
	(void)state;
	struct fragments *fragments = fragments_new();
	struct datagram whole;

	/* One more than there is room for: the oldest is given up, the others are not. */
	for (uint32_t id = 0; id <= FRAGMENT_DATAGRAMS; id++)
		add(fragments, id, id, (struct piece){0, 8, true}, &whole);
	assert_int_equal(fragments_counts(fragments).incomplete, FRAGMENT_DATAGRAMS + 1);
	assert_int_equal(add(fragments, 1, 5000, (struct piece){8, 8, false}, &whole), FRAGMENT_COMPLETE);
	assert_int_equal(add(fragments, 0, 5000, (struct piece){8, 8, false}, &whole), FRAGMENT_WAITS);
	fragments_free(fragments);

	/* Eight bytes that need 64 KiB each. */
	fragments = fragments_new();
	uint32_t fit = FRAGMENT_BYTES / 65536;
	for (uint32_t id = 0; id <= fit; id++)
		add(fragments, id, 0, (struct piece){65520, 8, true}, &whole);
	add(fragments, 1, 0, (struct piece){65528, 7, false}, &whole);
	assert_int_equal(add(fragments, 1, 0, (struct piece){0, 65520, true}, &whole), FRAGMENT_COMPLETE);
	assert_whole(&whole, 65535);
	add(fragments, 0, 0, (struct piece){65528, 7, false}, &whole);
	assert_int_equal(add(fragments, 0, 0, (struct piece){0, 65520, true}, &whole), FRAGMENT_WAITS);
	fragments_free(fragments);
}

/* What a plain reading of the rules gives, with a byte for each byte. */
struct oracle {
	uint8_t bytes[512];
	bool there[512];
	uint32_t length; /* 0: not said yet */
};

static bool oracle_add(struct oracle *oracle, const struct piece *piece, const uint8_t *bytes)
{
	uint32_t end = piece->offset + piece->length;

	if (oracle->length != 0 && (end > oracle->length || (!piece->more && end != oracle->length)))
		return false;
	for (uint32_t i = end; !piece->more && i < sizeof oracle->there; i++)
		if (oracle->there[i])
			return false;
	if (!piece->more)
		oracle->length = end;
	for (uint32_t i = 0; i < piece->length; i++)
		if (!oracle->there[piece->offset + i]) {
			oracle->there[piece->offset + i] = true;
			oracle->bytes[piece->offset + i] = bytes[i];
		}
	for (uint32_t i = 0; i < oracle->length; i++)
		if (!oracle->there[i])
			return false;
	return oracle->length != 0;
}

static void random_fragments_agree_with_an_oracle(void **state)
{
	(void)state;
	uint64_t random = 7;
	struct fragments *fragments = fragments_new();
	unsigned wholes = 0;

	for (uint32_t id = 0; id < 20000; id++) {
		struct oracle oracle = {.length = 0};
		bool done = false;
		for (unsigned turn = 0; turn < 30 && !done; turn++) {
			struct datagram whole;
			uint8_t bytes[128];
			struct piece piece = {8 * prng_below(&random, 10), 8 * (1 + prng_below(&random, 6)), true};
			if (prng_percent(&random, 10)) {
				piece.more = false;
				piece.length -= prng_below(&random, 8);
			}
			for (uint32_t i = 0; i < piece.length; i++)
				bytes[i] = (uint8_t)prng_below(&random, 256);
			struct fragment fragment = fragment_of(id, id, &piece, bytes);
			fragments_next_packet(fragments);
			done = fragments_add(fragments, &fragment, &whole) == FRAGMENT_COMPLETE;
			assert_int_equal(done, oracle_add(&oracle, &piece, bytes));
			if (!done)
				continue;
			wholes++;
			assert_int_equal(cursor_left(&whole.body), oracle.length);
			assert_memory_equal(cursor_take(&whole.body, oracle.length), oracle.bytes, oracle.length);
		}
	}
	assert_true(wholes > 2000);
	fragments_free(fragments);
}

/* FNV-1a over a datagram's key: all of one of its buckets are what a sender would choose where that is the hash. */
static unsigned known_bucket(uint32_t id, const struct fragment *fragment)
{
	uint32_t hash = 2166136261U ^ id;

	for (unsigned i = 0; i < sizeof fragment->source.bytes; i++)
		hash = (hash ^ fragment->source.bytes[i]) * 16777619U;
	for (unsigned i = 0; i < sizeof fragment->destination.bytes; i++)
		hash = (hash ^ fragment->destination.bytes[i]) * 16777619U;
	return (hash ^ hash >> 16) % 1024;
}

/* As many datagrams as are kept at once, piece by piece in turn, whose identifications and senders were chosen. */
static void chosen_ones_are_told_apart(void **state)
{
	enum { DATAGRAMS = FRAGMENT_DATAGRAMS - 1, PIECES = 100 };
	struct fragments *fragments = fragments_new();
	struct fragment *chosen = calloc(DATAGRAMS, sizeof *chosen);
	struct piece piece = {0, 8, true};
	struct datagram whole;
	size_t count = 0;

	(void)state;
	assert_non_null(chosen);
	for (uint32_t i = 0; count < DATAGRAMS; i++) {
		struct fragment fragment = fragment_of(i & 0xffff, 0, &piece, content);
		fragment.source.bytes[3] = (uint8_t)(i >> 16);
		if (known_bucket(fragment.id, &fragment) == 0)
			chosen[count++] = fragment;
	}
	for (uint32_t i = 0; i < PIECES; i++)
		for (size_t k = 0; k < DATAGRAMS; k++) {
			bool last = i == PIECES - 1;
			chosen[k].offset = 8 * i;
			chosen[k].more = !last;
			chosen[k].body = cursor_over(&content[chosen[k].offset], 8);
			fragments_next_packet(fragments);
			assert_int_equal(fragments_add(fragments, &chosen[k], &whole),
					 last ? FRAGMENT_COMPLETE : FRAGMENT_WAITS);
			if (last)
				assert_whole(&whole, 8 * PIECES);
		}
	assert_int_equal(fragments_counts(fragments).incomplete, 0);
	assert_int_equal(fragments_counts(fragments).overlapping, 0);
	free(chosen);
	fragments_free(fragments);
}

static int fill_content(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)prng_below(&random, 256);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_order),
	    cmocka_unit_test(copies_are_no_overlap),
	    cmocka_unit_test(first_copy_wins),
	    cmocka_unit_test(length_is_said_once),
	    cmocka_unit_test(bad_ones_are_refused),
	    cmocka_unit_test(up_to_64_kib),
	    cmocka_unit_test(time_is_the_packets),
	    cmocka_unit_test(identifications_come_again),
	    cmocka_unit_test(keys_are_apart),
	    cmocka_unit_test(cut_fragments),
	    cmocka_unit_test(memory_is_bounded),
	    cmocka_unit_test(random_fragments_agree_with_an_oracle),
	    cmocka_unit_test(chosen_ones_are_told_apart),
	};

	return cmocka_run_group_tests(tests, fill_content, NULL);
}
