/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dissectors/pdu.h"
#include "dissectors/tpkt.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct moment unseen_moment = {.time = TIME_NONE};

enum { MOST = 64 };

/* What a handler was told, for comparison. */
struct seen {
	unsigned count;
	uint64_t start[MOST], end[MOST];
	uint64_t frame[MOST];
	size_t captured[MOST], declared[MOST];
	uint8_t first[MOST], last[MOST];
};

static void note(void *user, struct tpkt_unit *unit)
{
	struct seen *seen = user;
	struct cursor tpdu = unit->tpdu;

	assert_true(seen->count < MOST);
	unsigned i = seen->count++;
	seen->start[i] = unit->start;
	seen->end[i] = unit->end;
	seen->frame[i] = moment_seen(unit->moment) ? unit->moment->frame : 0;
	seen->declared[i] = cursor_left(&tpdu);
	seen->captured[i] = cursor_readable(&tpdu);
	seen->first[i] = cursor_peek(&tpdu);
	while (cursor_readable(&tpdu) > 0)
		seen->last[i] = cursor_u8(&tpdu);
}

static void feed(struct tpkt_reader *reader, const struct hex *bytes, size_t from, size_t to, uint64_t frame,
		 struct seen *seen)
{
	struct moment moment = moment_at((time_ns)frame, frame, 0);
	/* A copy of just these bytes, so that a sanitizer sees a read past them. */
	uint8_t *piece = malloc(to - from + 1);

	memcpy(piece, bytes->bytes + from, to - from);
	tpkt_feed(reader, piece, to - from, &moment, note, seen);
	free(piece);
}

/* The CR, the CC with Exchange's reserved byte, and a DT. */
static const char stream[] = "03000016 11e00000000500c0010bc1025431c2025432"
			     "0311000b 06d00005000900"
			     "0300000c 02f0800102030405";

static void reads_many_in_one_piece(void **state)
{
	(void)state;
	struct hex bytes = hex(stream);
	struct tpkt_reader reader;
	struct seen seen = {0};

	tpkt_init(&reader, false);
	feed(&reader, &bytes, 0, bytes.length, 7, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.end[0], 22);
	assert_int_equal(seen.start[1], 22);
	assert_int_equal(seen.end[2], bytes.length);
	assert_int_equal(seen.frame[2], 7);
	assert_int_equal(seen.last[2], 5);
	assert_null(reader.buffer);
	assert_int_equal(reader.remarks, 0);
	tpkt_free(&reader);
}

static void every_split_gives_the_same(void **state)
{
	(void)state;
	struct hex bytes = hex(stream);

	for (size_t split = 0; split <= bytes.length; split++) {
		struct tpkt_reader reader;
		struct seen seen = {0};
		tpkt_init(&reader, false);
		feed(&reader, &bytes, 0, split, 1, &seen);
		feed(&reader, &bytes, split, bytes.length, 2, &seen);
		assert_int_equal(seen.count, 3);
		for (unsigned i = 0; i < 3; i++) {
			assert_int_equal(seen.captured[i], seen.declared[i]);
			assert_int_equal(seen.frame[i], seen.end[i] <= split ? 1 : 2);
		}
		assert_int_equal(seen.first[0], 0x11);
		assert_int_equal(seen.last[0], 0x32);
		assert_int_equal(seen.last[2], 5);
		assert_null(reader.buffer);
		tpkt_free(&reader);
	}
}

static void byte_by_byte_gives_the_same(void **state)
{
	(void)state;
	struct hex bytes = hex(stream);
	struct tpkt_reader reader;
	struct seen seen = {0};

	tpkt_init(&reader, false);
	for (size_t i = 0; i < bytes.length; i++)
		feed(&reader, &bytes, i, i + 1, i + 1, &seen);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.frame[0], 22);
	assert_int_equal(seen.captured[2], 8);
	tpkt_free(&reader);
}

static void keeps_a_prefix_of_the_longest(void **state)
{
	(void)state;
	struct hex header = hex("0300ffff 02f080");
	struct hex next = hex("03000007 02f080");
	uint8_t zeros[1000] = {0};
	struct moment moment = {.time = 1, .frame = 1};
	struct tpkt_reader reader;
	struct seen seen = {0};

	tpkt_init(&reader, false);
	feed(&reader, &header, 0, header.length, 1, &seen);
	for (size_t left = 65535 - 7; left > 0;) {
		size_t length = left < sizeof zeros ? left : sizeof zeros;
		tpkt_feed(&reader, zeros, length, &moment, note, &seen);
		left -= length;
	}
	feed(&reader, &next, 0, next.length, 2, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.declared[0], 65531);
	assert_int_equal(seen.captured[0], TPKT_KEEP);
	assert_int_equal(seen.start[1], 65535);
	tpkt_free(&reader);
}

static void a_stream_of_something_else_is_foreign(void **state)
{
	(void)state;
	static const char *const streams[] = {"16030100", "47455420", "03000003", "03000006 0000"};

	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		struct hex bytes = hex(streams[i]);
		struct tpkt_reader reader;
		struct seen seen = {0};
		tpkt_init(&reader, false);
		feed(&reader, &bytes, 0, bytes.length, 1, &seen);
		assert_int_equal(reader.state, TPKT_FOREIGN);
		assert_int_equal(reader.remarks, remark_bit(REMARK_NOT_TPKT));
		assert_int_equal(seen.count, 0);
		tpkt_free(&reader);
	}
}

static void a_short_length_in_step_is_passed(void **state)
{
	(void)state;
	struct hex bytes = hex("03000007 02f080 03000004 03000005 00 03000007 02f000");
	struct tpkt_reader reader;
	struct seen seen = {0};

	tpkt_init(&reader, false);
	feed(&reader, &bytes, 0, bytes.length, 1, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.last[1], 0);
	assert_int_equal(reader.remarks, remark_bit(REMARK_TPKT_LENGTH));
	tpkt_free(&reader);
}

static void a_gap_in_a_body_keeps_step(void **state)
{
	(void)state;
	struct hex bytes = hex("0300000c 02f080 01 0405 03000007 02f080");
	struct tpkt_reader reader;
	struct seen seen = {0};

	tpkt_init(&reader, false);
	feed(&reader, &bytes, 0, 8, 1, &seen);
	tpkt_gap(&reader, 2, &unseen_moment, note, &seen);
	feed(&reader, &bytes, 8, bytes.length, 3, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.declared[0], 8);
	assert_int_equal(seen.captured[0], 4);
	assert_int_equal(seen.frame[0], 3);
	assert_int_equal(seen.start[1], 12);
	assert_int_equal(reader.remarks, remark_bit(REMARK_GAP));
	tpkt_free(&reader);
}

static void a_gap_over_an_end_has_no_moment_and_resynchronises(void **state)
{
	(void)state;
	struct hex bytes = hex("0300000c 02f080 01 ff0300ff 03000007 02f080");
	struct tpkt_reader reader;
	struct seen seen = {0};

	tpkt_init(&reader, false);
	feed(&reader, &bytes, 0, 8, 1, &seen);
	tpkt_gap(&reader, 10, &unseen_moment, note, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.frame[0], 0);
	assert_int_equal(seen.end[0], 12);
	feed(&reader, &bytes, 8, bytes.length, 3, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.start[1], 22);
	assert_int_equal(seen.end[1], 29);
	assert_int_equal(reader.skipped, 4);
	assert_int_equal(reader.remarks,
			 remark_bit(REMARK_GAP) | remark_bit(REMARK_LOST_FOOTING) | remark_bit(REMARK_RESYNCHRONISED));
	tpkt_free(&reader);
}

static void every_gap_finds_the_next_whole_one(void **state)
{
	(void)state;
	struct hex bytes = hex(stream);

	for (size_t from = 0; from < 33; from++) {
		struct tpkt_reader reader;
		struct seen seen = {0};
		tpkt_init(&reader, false);
		feed(&reader, &bytes, 0, from, 1, &seen);
		tpkt_gap(&reader, 33 - from, &unseen_moment, note, &seen);
		feed(&reader, &bytes, 33, bytes.length, 2, &seen);
		assert_true(seen.count >= 1);
		assert_int_equal(seen.end[seen.count - 1], bytes.length);
		assert_int_equal(seen.captured[seen.count - 1], 8);
		tpkt_free(&reader);
	}
}

static void a_broken_header_resynchronises_at_every_split(void **state)
{
	(void)state;
	struct hex bytes = hex("03000007 02f080 00030300 03000014 02f0 0300000c 02f0800102030405");

	for (size_t split = 0; split <= bytes.length; split++) {
		struct tpkt_reader reader;
		struct seen seen = {0};
		tpkt_init(&reader, false);
		feed(&reader, &bytes, 0, split, 1, &seen);
		feed(&reader, &bytes, split, bytes.length, 2, &seen);
		assert_int_equal(seen.count, 2);
		assert_int_equal(seen.end[1], bytes.length);
		assert_int_equal(seen.captured[1], 8);
		assert_int_equal(reader.skipped, 10);
		tpkt_free(&reader);
	}
}

static void a_stream_from_its_middle_is_searched(void **state)
{
	(void)state;
	struct hex bytes = hex("deadbeef 0300000b 06d00005000900");
	struct tpkt_reader reader;
	struct seen seen = {0};

	tpkt_init(&reader, true);
	feed(&reader, &bytes, 0, bytes.length, 1, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.start[0], 4);
	tpkt_free(&reader);
}

static void a_search_in_vain_ends(void **state)
{
	(void)state;
	uint8_t junk[4096];
	struct moment moment = {.time = 1};
	struct tpkt_reader reader;
	struct seen seen = {0};

	memset(junk, 3, sizeof junk);
	tpkt_init(&reader, true);
	for (int i = 0; i < 100; i++)
		tpkt_feed(&reader, junk, sizeof junk, &moment, note, &seen);
	assert_int_equal(reader.state, TPKT_FOREIGN);
	assert_int_equal(seen.count, 0);
	tpkt_free(&reader);
}

static void only_class_0_headers_and_q931_are_plausible(void **state)
{
	(void)state;
	static const char *const good[] = {"0300000702f080", "03ff000702f000", "0300001611e000", "0300000b06d000",
					   "0300000b068000", "0300000904700a", "03000033080240"};
	static const char *const bad[] = {"0300000702f081", "0200000702f080", "0300000602f080",
					  "0300001611e001", "0300001606d000", "03000007022080",
					  "03010033080240", "0300ff33080240", "03000033080140"};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(tpkt_plausible(hex(good[i]).bytes));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(tpkt_plausible(hex(bad[i]).bytes));
}

static void the_state_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct tpkt_reader) <= 64);
}

static void what_is_kept_of_a_tpdu_is_settled_when_it_begins(void **state)
{
	(void)state;
	uint8_t bytes[1000] = {3, 0, 1000 >> 8, 1000 & 0xff, 2, 0xf0, 0x80};
	struct moment moment = {.time = 1};
	struct tpkt_reader reader;
	struct seen seen = {0};

	tpkt_init(&reader, false);
	tpkt_keep(&reader, 16);
	tpkt_feed(&reader, bytes, 100, &moment, note, &seen);
	tpkt_keep(&reader, TPKT_KEEP);
	tpkt_feed(&reader, bytes + 100, 900, &moment, note, &seen);
	tpkt_feed(&reader, bytes, 500, &moment, note, &seen);
	tpkt_keep(&reader, 16);
	tpkt_feed(&reader, bytes + 500, 500, &moment, note, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.captured[0], 16);
	assert_int_equal(seen.captured[1], 996);
	tpkt_free(&reader);
}

/* A DT in two pieces, and a DR, which is wanted whole: after a short TPKT, or a hole, so is the next DT. */
static void of_data_that_is_passed_the_header_is_kept(void **state)
{
	(void)state;
	struct hex data = hex("0300000c 02f0800102030405");
	struct hex disconnect = hex("0300000b 06800005000903");
	struct hex empty = hex("03000004");
	struct tpkt_reader reader;
	struct seen seen = {0};

	tpkt_init(&reader, false);
	tpkt_pass_data(&reader, true);
	feed(&reader, &data, 0, 9, 1, &seen);
	assert_null(reader.buffer);
	feed(&reader, &data, 9, data.length, 2, &seen);
	feed(&reader, &disconnect, 0, 9, 3, &seen);
	feed(&reader, &disconnect, 9, disconnect.length, 4, &seen);
	feed(&reader, &empty, 0, empty.length, 5, &seen);
	feed(&reader, &data, 0, 9, 6, &seen);
	feed(&reader, &data, 9, data.length, 7, &seen);
	tpkt_pass_data(&reader, true);
	tpkt_gap(&reader, 4, &unseen_moment, note, &seen);
	feed(&reader, &data, 0, 9, 8, &seen);
	feed(&reader, &data, 9, data.length, 9, &seen);
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.captured[0], 3);
	assert_int_equal(seen.declared[0], 8);
	assert_int_equal(seen.frame[0], 2);
	assert_int_equal(seen.last[0], 0x80);
	assert_int_equal(seen.captured[1], 7);
	assert_int_equal(seen.last[1], 3);
	assert_int_equal(seen.captured[2], 8);
	assert_int_equal(seen.captured[3], 8);
	tpkt_free(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_many_in_one_piece),
	    cmocka_unit_test(every_split_gives_the_same),
	    cmocka_unit_test(byte_by_byte_gives_the_same),
	    cmocka_unit_test(keeps_a_prefix_of_the_longest),
	    cmocka_unit_test(a_stream_of_something_else_is_foreign),
	    cmocka_unit_test(a_short_length_in_step_is_passed),
	    cmocka_unit_test(a_gap_in_a_body_keeps_step),
	    cmocka_unit_test(a_gap_over_an_end_has_no_moment_and_resynchronises),
	    cmocka_unit_test(every_gap_finds_the_next_whole_one),
	    cmocka_unit_test(a_broken_header_resynchronises_at_every_split),
	    cmocka_unit_test(a_stream_from_its_middle_is_searched),
	    cmocka_unit_test(a_search_in_vain_ends),
	    cmocka_unit_test(only_class_0_headers_and_q931_are_plausible),
	    cmocka_unit_test(the_state_is_small),
	    cmocka_unit_test(what_is_kept_of_a_tpdu_is_settled_when_it_begins),
	    cmocka_unit_test(of_data_that_is_passed_the_header_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
