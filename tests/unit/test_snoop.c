/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture_build.h"

#include <pcap/pcap.h>

enum { DATA = 61, PADDED = 64, RECORD = 24 + PADDED };

static void head(struct built *file, uint32_t version, uint32_t network)
{
	memset(file, 0, sizeof *file);
	file->big_endian = true;
	put(file, "snoop\0\0", 8);
	put32(file, version);
	put32(file, network);
}

/* padding beyond what RFC 1761 asks for is Surveyor's. */
static void record(struct built *file, uint32_t drops, uint32_t microseconds, size_t padding)
{
	put32(file, DATA + 10);
	put32(file, DATA);
	put32(file, 24 + DATA + padding);
	put32(file, drops);
	put32(file, 1014752600);
	put32(file, microseconds);
	for (size_t i = 0; i < DATA + padding; i++)
		put_number(file, i, 1);
}

static void packets_and_drops(void **state)
{
	struct built file;

	(void)state;
	head(&file, 2, 4);
	record(&file, 0, 123456, 3);
	record(&file, 7, 123457, 3);
	struct read_file *read = read_built(&file);
	assert_int_equal(read->count, 2);
	assert_true(read->file.info.complete);
	assert_string_equal(read->file.info.format, "snoop");
	assert_int_equal(read->file.info.digits, 6);
	assert_int_equal(read->packets[0].packet.moment.time, INT64_C(1014752600123456000));
	assert_int_equal(read->packets[1].packet.captured, DATA);
	assert_int_equal(read->packets[1].packet.length, DATA + 10);
	assert_int_equal(read->packets[1].bytes[60], 60);
	assert_int_equal(read->packets[1].packet.link_type, DLT_EN10MB);
	assert_true(read->file.info.has_drops);
	assert_int_equal(read->file.info.drops, 7);
	assert_int_equal(read->file.info.cut_packets, 2);
	read_free(read);
}

static void link_types(void **state)
{
	static const struct {
		uint32_t version, network;
		size_t padding;
		int link_type;
	} rows[] = {
	    {2, 0, 3, DLT_EN10MB},   {2, 2, 3, DLT_IEEE802},    {2, 8, 3, DLT_FDDI},
	    {2, 9, 3, DLT_NULL},     {2, 12, 3, LINK_FOREIGN},  {2, 12, 19, DLT_EN10MB},
	    {4, 12, 3, DLT_EN10MB},  {2, 14, 3, DLT_NULL},      {2, 14, 19, DLT_IEEE802},
	    {2, 18, 3, DLT_SUNATM},  {5, 18, 19, LINK_FOREIGN}, {2, 0x80000005, 3, DLT_IPNET},
	    {2, 10, 16, DLT_EN10MB}, {2, 10, 15, LINK_FOREIGN}, {2, UINT32_MAX, 3, LINK_FOREIGN},
	};
	struct built file;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		head(&file, rows[i].version, rows[i].network);
		record(&file, 0, 0, rows[i].padding);
		record(&file, 0, 0, rows[i].padding);
		struct read_file *read = read_built(&file);
		assert_int_equal(read->count, 2);
		assert_int_equal(read->packets[1].packet.link_type, rows[i].link_type);
		assert_int_equal(read->file.info.links[0].packets, 2);
		read_free(read);
	}
}

static void other_versions(void **state)
{
	struct built file;

	(void)state;
	for (uint32_t version = 0; version < 8; version++) {
		head(&file, version, 4);
		struct read_file *read = read_built(&file);
		assert_int_equal(read->file.info.complete, version >= 2 && version <= 5);
		assert_int_equal(says(read, "are not read"), version < 2 || version > 5);
		read_free(read);
	}
}

static void every_cut_is_told(void **state)
{
	struct built file;

	(void)state;
	head(&file, 2, 4);
	record(&file, 0, 1, 3);
	record(&file, 0, 2, 3);
	for (size_t length = 8; length < file.length; length++) {
		struct read_file *read = read_bytes(file.bytes, length);
		size_t inside = length < 16 ? 1 : (length - 16) % RECORD;
		size_t whole = length < 16 ? 0 : (length - 16) / RECORD;
		/* A packet whose padding is missing is whole. */
		assert_int_equal(read->count, whole + (length >= 16 && inside >= RECORD - 3));
		assert_int_equal(read->file.info.complete, inside == 0);
		assert_int_equal(read->file.info.problem_count, inside != 0);
		read_free(read);
	}
}

static void lengths_that_lie(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *words;
	} rows[] = {
	    {4, UINT32_MAX, "longer than can be"},           {4, 1 << 19, "longer than can be"},
	    {4, PADDED + 1, "does not fit its packet"},      {8, 0, "does not fit its packet"},
	    {8, UINT32_MAX, "does not fit its packet"},      {8, 24 + DATA - 1, "does not fit its packet"},
	    {8, 24 + PADDED + 60000, "padding of its last"},
	};
	struct built file;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		head(&file, 2, 4);
		record(&file, 0, 1, 3);
		size_t at = file.length;
		record(&file, 0, 2, 3);
		set32(&file, at + rows[i].at, rows[i].value);
		struct read_file *read = read_built(&file);
		assert_int_equal(read->count, rows[i].value == 24 + PADDED + 60000 ? 2 : 1);
		assert_false(read->file.info.complete);
		assert_true(says(read, rows[i].words));
		assert_true(read->file.info.problems[0].has_offset);
		read_free(read);
	}
}

static void impossible_microseconds(void **state)
{
	struct built file;

	(void)state;
	head(&file, 2, 4);
	record(&file, 0, 1000000, 3);
	struct read_file *read = read_built(&file);
	assert_int_equal(read->count, 1);
	assert_true(says(read, "packet 1 has an impossible time"));
	assert_int_equal(read->packets[0].packet.moment.time, INT64_C(1014752600000000000));
	read_free(read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packets_and_drops), cmocka_unit_test(link_types),
	    cmocka_unit_test(other_versions),    cmocka_unit_test(every_cut_is_told),
	    cmocka_unit_test(lengths_that_lie),  cmocka_unit_test(impossible_microseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
