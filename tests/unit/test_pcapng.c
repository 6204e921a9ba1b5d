/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/reader.h"
#include "capture_build.h"

#include <pcap/pcap.h>

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, PACKET = 2, SIMPLE = 3, STATISTICS = 5, ENHANCED = 6 };

static const char data[] = "sixty bytes, which are enough for what a packet is here ....";
enum { DATA = sizeof data - 1 };

#define T0 UINT64_C(1014752600)

/* ---- Blocks ---- */

static size_t begin(struct built *file, uint32_t type)
{
	size_t at = file->length;

	put32(file, type);
	put32(file, 0);
	return at;
}

static void end(struct built *file, size_t at)
{
	pad(file, 4);
	uint32_t length = (uint32_t)(file->length - at + 4);
	put32(file, length);
	set32(file, at + 4, length);
}

static void option(struct built *file, unsigned code, const void *value, size_t length)
{
	put16(file, code);
	put16(file, (unsigned)length);
	put(file, value, length);
	pad(file, 4);
}

static void option64(struct built *file, unsigned code, uint64_t value)
{
	put16(file, code);
	put16(file, 8);
	put64(file, value);
}

static void section(struct built *file)
{
	size_t at = begin(file, SECTION);

	put32(file, 0x1a2b3c4d);
	put16(file, 1);
	put16(file, 0);
	put64(file, UINT64_MAX);
	end(file, at);
}

/* resolution 6 is the default and is not written. */
static void interface(struct built *file, unsigned link, uint32_t snap, uint8_t resolution, int64_t offset)
{
	size_t at = begin(file, INTERFACE);

	put16(file, link);
	put16(file, 0);
	put32(file, snap);
	if (resolution != 6)
		option(file, 9, &resolution, 1);
	if (offset != 0)
		option64(file, 14, (uint64_t)offset);
	end(file, at);
}

static void enhanced_head(struct built *file, uint32_t place, uint64_t ticks, uint32_t captured, uint32_t length)
{
	put32(file, place);
	put32(file, ticks >> 32);
	put32(file, ticks & UINT32_MAX);
	put32(file, captured);
	put32(file, length);
}

static void enhanced(struct built *file, uint32_t place, uint64_t ticks)
{
	size_t at = begin(file, ENHANCED);

	enhanced_head(file, place, ticks, DATA, DATA);
	put(file, data, DATA);
	end(file, at);
}

static struct built *start(bool big_endian)
{
	struct built *file = calloc(1, sizeof *file);

	assert_non_null(file);
	file->big_endian = big_endian;
	section(file);
	return file;
}

/* Reads the file, which is freed. */
static struct read_file *finish(struct built *file)
{
	struct read_file *read = read_built(file);

	free(file);
	return read;
}

/* ---- Sound files ---- */

static void check_mixed(bool big_endian)
{
	struct built *file = start(big_endian);

	interface(file, 1, 96, 6, 0);
	interface(file, 101, 0, 9, 3600);
	enhanced(file, 0, T0 * 1000000 + 123456);
	enhanced(file, 1, T0 * 1000000000 + 123456789);
	struct read_file *read = finish(file);
	assert_int_equal(read->count, 2);
	assert_true(read->file.info.complete);
	assert_string_equal(read->file.info.format, "pcapng");
	assert_int_equal(read->file.info.digits, 9);
	assert_int_equal(read->packets[0].packet.link_type, DLT_EN10MB);
	assert_int_equal(read->packets[1].packet.link_type, DLT_RAW);
	assert_int_equal(read->packets[1].packet.interface, 1);
	assert_int_equal(read->packets[0].packet.moment.time, (time_ns)T0 * NS_PER_S + 123456000);
	assert_int_equal(read->packets[1].packet.moment.time, (time_ns)(T0 + 3600) * NS_PER_S + 123456789);
	assert_int_equal(read->packets[1].packet.moment.frame, 2);
	assert_memory_equal(read->packets[1].bytes, data, DATA);
	assert_int_equal(read->file.info.link_count, 2);
	assert_string_equal(read->file.info.links[0].name, "EN10MB");
	assert_int_equal(read->file.info.links[1].packets, 1);
	assert_int_equal(read->file.info.interfaces[0].snap_length, 96);
	assert_false(read->file.info.has_drops);
	read_free(read);
}

static void interfaces_differ(void **state)
{
	(void)state;
	check_mixed(false);
	check_mixed(true);
}

static void resolutions(void **state)
{
	static const struct {
		uint8_t resolution;
		uint64_t ticks;
		time_ns time;
		unsigned digits;
	} rows[] = {
	    {0, T0, (time_ns)T0 * NS_PER_S, 6},
	    {3, T0 * 1000 + 7, (time_ns)T0 * NS_PER_S + 7000000, 6},
	    {7, T0 * 10000000 + 1234567, (time_ns)T0 * NS_PER_S + 123456700, 9},
	    {10, T0 * 10000000000 + 9999999999, (time_ns)T0 * NS_PER_S + 999999999, 9},
	    {19, UINT64_MAX, NS_PER_S + 844674407, 9},
	    {20, UINT64_MAX, 0, 9},
	    {127, 1, 0, 9},
	    {0x80, T0, (time_ns)T0 * NS_PER_S, 6},
	    {0x80 | 10, T0 << 10 | 512, (time_ns)T0 * NS_PER_S + 500000000, 6},
	    {0x80 | 20, T0 << 20 | 1, (time_ns)T0 * NS_PER_S + 953, 6},
	    {0x80 | 30, T0 << 30 | 1 << 29, (time_ns)T0 * NS_PER_S + 500000000, 9},
	    {0x80 | 32, T0 << 32 | UINT32_MAX, (time_ns)T0 * NS_PER_S + 999999999, 9},
	    {0x80 | 34, (T0 << 34) | UINT64_C(1) << 33, (time_ns)T0 * NS_PER_S + 500000000, 9},
	    {0x80 | 63, UINT64_MAX, NS_PER_S + 999999999, 9},
	    {0xff, UINT64_MAX, 0, 9},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct built *file = start(i % 2);
		interface(file, 1, 0, rows[i].resolution, 0);
		enhanced(file, 0, rows[i].ticks);
		struct read_file *read = finish(file);
		assert_int_equal(read->count, 1);
		assert_int_equal(read->packets[0].packet.moment.time, rows[i].time);
		assert_int_equal(read->file.info.digits, rows[i].digits);
		assert_true(read->file.info.complete);
		read_free(read);
	}
}

static void impossible_times_are_cut(void **state)
{
	static const int64_t offsets[] = {INT64_MAX, INT64_MIN, -(int64_t)T0 - 1};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct built *file = start(false);
		interface(file, 1, 0, 6, offsets[i]);
		enhanced(file, 0, T0 * 1000000);
		enhanced(file, 0, T0 * 1000000);
		struct read_file *read = finish(file);
		assert_int_equal(read->count, 2);
		assert_false(read->file.info.complete);
		assert_int_equal(read->file.info.problem_count, 1);
		assert_true(says(read, "packet 1 has an impossible time"));
		assert_true(read->packets[0].packet.moment.time >= 0);
		read_free(read);
	}
}

static void texts(void **state)
{
	struct built *file = start(true);
	size_t at = begin(file, INTERFACE);

	(void)state;
	put16(file, 1);
	put16(file, 0);
	put32(file, 0);
	option(file, 1, "not kept", 8);
	option(file, 2, "eth0", 4);
	option(file, 3, "mirror port", 11);
	option(file, 11, "\0port 102", 9);
	option(file, 0, "", 0);
	option(file, 2, "behind the end", 14);
	end(file, at);
	at = begin(file, ENHANCED);
	enhanced_head(file, 0, T0 * 1000000, 5, DATA);
	put(file, data, 5);
	pad(file, 4);
	option(file, 1, "the slow one", 12);
	option(file, 1, "a second comment", 16);
	end(file, at);
	struct read_file *read = finish(file);
	assert_int_equal(read->count, 1);
	assert_string_equal(read->packets[0].comment, "the slow one\na second comment");
	assert_int_equal(read->packets[0].packet.captured, 5);
	assert_int_equal(read->packets[0].packet.length, DATA);
	assert_int_equal(read->file.info.cut_packets, 1);
	const struct capture_interface *known = &read->file.info.interfaces[0];
	assert_string_equal(known->name, "eth0");
	assert_string_equal(known->description, "mirror port");
	assert_string_equal(known->filter, "port 102");
	read_free(read);
}

static void simple_and_old_packets(void **state)
{
	struct built *file = start(false);

	(void)state;
	interface(file, 1, 20, 6, 0);
	size_t at = begin(file, PACKET);
	put16(file, 0);
	put16(file, 4);
	put32(file, T0 * 1000000 >> 32);
	put32(file, T0 * 1000000 & UINT32_MAX);
	put32(file, DATA);
	put32(file, DATA);
	put(file, data, DATA);
	end(file, at);
	at = begin(file, SIMPLE);
	put32(file, DATA);
	put(file, data, 20);
	end(file, at);
	struct read_file *read = finish(file);
	assert_int_equal(read->count, 2);
	assert_int_equal(read->packets[1].packet.captured, 20);
	assert_int_equal(read->packets[1].packet.length, DATA);
	assert_int_equal(read->packets[1].packet.moment.time, read->packets[0].packet.moment.time);
	assert_true(says(read, "packet 2 has no time"));
	assert_true(read->file.info.complete);
	assert_true(read->file.info.has_drops);
	assert_int_equal(read->file.info.drops, 4);
	read_free(read);
}

static void no_packet_is_longer_than_can_be(void **state)
{
	static const uint8_t zeros[CAPTURE_PACKET_MAX + 4];
	struct built *file = start(false);

	(void)state;
	interface(file, 1, 0, 6, 0);
	for (uint32_t length = CAPTURE_PACKET_MAX; length <= CAPTURE_PACKET_MAX + 4; length += 4) {
		size_t at = begin(file, ENHANCED);
		enhanced_head(file, 0, T0 * 1000000, length, length);
		put(file, zeros, length);
		end(file, at);
	}
	size_t at = begin(file, SIMPLE);
	put32(file, CAPTURE_PACKET_MAX + 4);
	put(file, zeros, CAPTURE_PACKET_MAX + 4);
	end(file, at);
	enhanced(file, 0, T0 * 1000000);
	struct read_file *read = finish(file);
	assert_int_equal(read->count, 2);
	assert_int_equal(read->packets[0].packet.captured, CAPTURE_PACKET_MAX);
	assert_int_equal(read->packets[1].packet.captured, DATA);
	assert_false(read->file.info.complete);
	read_free(read);
}

static void only_simple_packets_have_no_time(void **state)
{
	struct built *file = start(false);

	(void)state;
	interface(file, 1, 0, 6, 0);
	size_t at = begin(file, SIMPLE);
	put32(file, DATA);
	put(file, data, DATA);
	end(file, at);
	struct read_file *read = finish(file);
	assert_int_equal(read->count, 1);
	assert_int_equal(read->packets[0].packet.captured, DATA);
	assert_true(read->file.info.first == TIME_NONE && read->file.info.last == TIME_NONE);
	read_free(read);
}

static void statistics(struct built *file, uint32_t place, uint64_t by_interface, uint64_t by_system)
{
	size_t at = begin(file, STATISTICS);

	put32(file, place);
	put64(file, 0);
	option64(file, 4, 1000);
	option64(file, 5, by_interface);
	option64(file, 7, by_system);
	end(file, at);
}

static void drops_are_counted_once(void **state)
{
	struct built *file = start(false);

	(void)state;
	interface(file, 1, 0, 6, 0);
	interface(file, 1, 0, 6, 0);
	size_t at = begin(file, ENHANCED);
	enhanced_head(file, 0, T0, DATA, DATA);
	put(file, data, DATA);
	option64(file, 4, 3);
	end(file, at);
	/* Cumulative, and "not known". */
	statistics(file, 0, 2, 2);
	statistics(file, 0, 5, 2);
	statistics(file, 1, UINT64_MAX, 1);
	section(file);
	interface(file, 1, 0, 6, 0);
	statistics(file, 0, 10, 0);
	struct read_file *read = finish(file);
	assert_true(read->file.info.has_drops);
	assert_int_equal(read->file.info.drops, 7 + 1 + 10);
	read_free(read);
}

static void sections_in_both_orders(void **state)
{
	struct built *file = start(false);

	(void)state;
	interface(file, 1, 0, 6, 0);
	enhanced(file, 0, T0 * 1000000);
	file->big_endian = true;
	section(file);
	interface(file, 1, 0, 6, 0);
	interface(file, 113, 0, 6, 0);
	enhanced(file, 1, T0 * 1000000 + 1);
	size_t at = begin(file, 0x0bad);
	put(file, "a block of somebody's own", 25);
	end(file, at);
	enhanced(file, 0, T0 * 1000000 + 2);
	struct read_file *read = finish(file);
	assert_int_equal(read->count, 3);
	assert_true(read->file.info.complete);
	/* The first interface is the same in both sections. */
	assert_int_equal(read->file.info.interface_count, 2);
	assert_int_equal(read->packets[1].packet.link_type, DLT_LINUX_SLL);
	assert_int_equal(read->packets[2].packet.interface, 0);
	read_free(read);
}

/* ---- Damaged files ---- */

/* Three packets; returns where the second one's block begins. */
static size_t three(struct built *file)
{
	interface(file, 1, 0, 6, 0);
	enhanced(file, 0, T0 * 1000000);
	size_t at = file->length;
	enhanced(file, 0, T0 * 1000000 + 1);
	enhanced(file, 0, T0 * 1000000 + 2);
	return at;
}

static void check_second_lost(struct built *file, const char *words, uint64_t offset)
{
	struct read_file *read = finish(file);

	assert_int_equal(read->count, 2);
	assert_int_equal(read->packets[1].packet.moment.time % NS_PER_S, 2000);
	assert_false(read->file.info.complete);
	assert_int_equal(read->file.info.problem_count, 1);
	assert_true(says(read, words));
	assert_true(read->file.info.problems[0].has_offset);
	assert_int_equal(read->file.info.problems[0].offset, offset);
	read_free(read);
}

static void reading_goes_on_behind_damage(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 2; order++) {
		struct built *file = start(order);
		size_t at = three(file);
		set32(file, at + 4, 0xfffffff0);
		check_second_lost(file, "reading went on", at);
		file = start(order);
		at = three(file);
		set32(file, at + 4, 64);
		check_second_lost(file, "two lengths differ", at);
		file = start(order);
		at = three(file);
		size_t block = 32 + DATA;
		set32(file, at + block - 4, 1);
		check_second_lost(file, "it was left out", at);
		file = start(order);
		at = three(file);
		set32(file, at + 8, 1);
		check_second_lost(file, "an interface that was not described", at);
		file = start(order);
		at = three(file);
		set32(file, at + 20, DATA + 1);
		check_second_lost(file, "contradicts itself", at);
		file = start(order);
		at = three(file);
		memset(file->bytes + at, 'x', block - 7);
		check_second_lost(file, "reading went on", at);
	}
}

static void every_cut_is_told(void **state)
{
	struct built *file = start(false);

	(void)state;
	three(file);
	for (size_t length = 1; length < file->length; length++) {
		size_t inside = length < 48 ? 0 : (length - 48) % (32 + DATA);
		struct read_file *read = read_bytes(file->bytes, length);
		assert_int_equal(read->count, length < 48 ? 0 : (length - 48) / (32 + DATA));
		/* Between two blocks nothing is missing. */
		bool whole = length == 28 || (length >= 48 && inside == 0);
		assert_int_equal(read->file.info.complete, whole);
		assert_int_equal(read->file.info.problem_count, whole ? 0 : 1);
		read_free(read);
	}
	free(file);
}

static void unknown_versions_are_passed(void **state)
{
	struct built *file = start(false);

	(void)state;
	file->bytes[12] = 2;
	three(file);
	section(file);
	three(file);
	struct read_file *read = finish(file);
	assert_int_equal(read->count, 3);
	assert_true(says(read, "version 2.0 is not read"));
	read_free(read);
}

static void problems_are_bounded(void **state)
{
	struct built *file = start(false);

	(void)state;
	for (unsigned i = 0; i < CAPTURE_PROBLEMS + 25; i++)
		enhanced(file, i, T0);
	struct read_file *read = finish(file);
	assert_int_equal(read->count, 0);
	assert_int_equal(read->file.info.problem_count, CAPTURE_PROBLEMS);
	assert_int_equal(read->file.info.problems_left_off, 25);
	read_free(read);
}

static void many_link_types(void **state)
{
	struct built *file = start(false);

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		interface(file, 1000 + i, 0, 6, 0);
	enhanced(file, 0, T0);
	enhanced(file, 49, T0);
	struct read_file *read = finish(file);
	assert_int_equal(read->count, 2);
	assert_int_equal(read->file.info.link_count, CAPTURE_LINKS);
	assert_string_equal(read->file.info.links[0].name, "LINKTYPE 1000");
	assert_string_equal(read->file.info.links[CAPTURE_LINKS - 1].name, "others");
	assert_int_equal(read->file.info.links[CAPTURE_LINKS - 1].packets, 1);
	read_free(read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interfaces_differ),
	    cmocka_unit_test(resolutions),
	    cmocka_unit_test(impossible_times_are_cut),
	    cmocka_unit_test(texts),
	    cmocka_unit_test(simple_and_old_packets),
	    cmocka_unit_test(no_packet_is_longer_than_can_be),
	    cmocka_unit_test(only_simple_packets_have_no_time),
	    cmocka_unit_test(drops_are_counted_once),
	    cmocka_unit_test(sections_in_both_orders),
	    cmocka_unit_test(reading_goes_on_behind_damage),
	    cmocka_unit_test(every_cut_is_told),
	    cmocka_unit_test(unknown_versions_are_passed),
	    cmocka_unit_test(problems_are_bounded),
	    cmocka_unit_test(many_link_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
