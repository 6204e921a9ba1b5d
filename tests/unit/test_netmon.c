/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture_build.h"

#include <pcap/pcap.h>

static const char data[] = "fifty bytes, which are enough for a frame here ....";
enum { DATA = sizeof data - 1, HEADER = 128, FRAMES = 64, TABLE = 24, TABLE_LENGTH = 28 };

#define START_S INT64_C(1014752599) /* 2002-02-26T19:43:19Z */

struct netmon {
	struct built file;
	unsigned major, minor;
	uint32_t offsets[FRAMES];
	size_t count;
};

static struct netmon *start(unsigned major, unsigned minor, unsigned media)
{
	static const unsigned date[] = {2002, 2, 2, 26, 19, 43, 19, 100};
	struct netmon *netmon = calloc(1, sizeof *netmon);

	assert_non_null(netmon);
	netmon->major = major;
	netmon->minor = minor;
	put(&netmon->file, major == 1 ? "RTSS" : "GMBU", 4);
	put_number(&netmon->file, minor, 1);
	put_number(&netmon->file, major, 1);
	put16(&netmon->file, media);
	for (size_t i = 0; i < 8; i++)
		put16(&netmon->file, date[i]);
	pad(&netmon->file, HEADER);
	return netmon;
}

/* media and utc are written where the version has them. */
static void frame(struct netmon *netmon, uint64_t delta, unsigned media, uint64_t utc)
{
	struct built *file = &netmon->file;
	size_t width = netmon->major == 1 ? 2 : 4;

	netmon->offsets[netmon->count++] = (uint32_t)file->length;
	put_number(file, delta, netmon->major == 1 ? 4 : 8);
	put_number(file, DATA + 9, width);
	put_number(file, DATA, width);
	put(file, data, DATA);
	if (netmon->major == 1 || netmon->minor == 0)
		return;
	put16(file, media);
	if (netmon->minor >= 2)
		put32(file, 17);
	if (netmon->minor < 3)
		return;
	put64(file, utc);
	put_number(file, 1, 1);
}

static void table(struct netmon *netmon)
{
	set32(&netmon->file, TABLE, (uint32_t)netmon->file.length);
	set32(&netmon->file, TABLE_LENGTH, (uint32_t)netmon->count * 4);
	for (size_t i = 0; i < netmon->count; i++)
		put32(&netmon->file, netmon->offsets[i]);
}

/* Reads the file, which is freed. */
static struct read_file *finish(struct netmon *netmon)
{
	struct read_file *read = read_built(&netmon->file);

	free(netmon);
	return read;
}

static void version_1(void **state)
{
	struct netmon *netmon = start(1, 1, 1);

	(void)state;
	frame(netmon, 0, 0, 0);
	frame(netmon, 1950, 0, 0);
	table(netmon);
	struct read_file *read = finish(netmon);
	assert_int_equal(read->count, 2);
	assert_true(read->file.info.complete);
	assert_string_equal(read->file.info.format, "netmon1");
	assert_int_equal(read->file.info.clock, CAPTURE_CLOCK_LOCAL);
	assert_int_equal(read->file.info.digits, 6);
	assert_int_equal(read->packets[0].packet.moment.time, START_S * NS_PER_S + 100000000);
	assert_int_equal(read->packets[1].packet.moment.time, START_S * NS_PER_S + INT64_C(2050000000));
	assert_int_equal(read->packets[1].packet.captured, DATA);
	assert_int_equal(read->packets[1].packet.length, DATA + 9);
	assert_memory_equal(read->packets[1].bytes, data, DATA);
	assert_false(read->file.info.has_drops);
	read_free(read);
}

static void frames_lie_anywhere(void **state)
{
	struct netmon *netmon = start(2, 0, 1);

	(void)state;
	frame(netmon, 3, 0, 0);
	put(&netmon->file, "a hole between the frames", 25);
	frame(netmon, 1, 0, 0);
	/* Before the file's start: modulo 2^64 in units of 100 ns. */
	frame(netmon, UINT64_C(0) - 2, 0, 0);
	uint32_t last = netmon->offsets[0];
	netmon->offsets[0] = netmon->offsets[2];
	netmon->offsets[2] = last;
	table(netmon);
	struct read_file *read = finish(netmon);
	assert_int_equal(read->count, 3);
	assert_true(read->file.info.complete);
	assert_string_equal(read->file.info.format, "netmon2");
	assert_int_equal(read->packets[0].packet.moment.time, START_S * NS_PER_S + 99998000);
	assert_int_equal(read->packets[1].packet.moment.time, START_S * NS_PER_S + 100001000);
	assert_int_equal(read->packets[2].packet.moment.time, START_S * NS_PER_S + 100003000);
	read_free(read);
}

static void media_of_each_frame(void **state)
{
	static const struct {
		unsigned media;
		int link_type;
	} rows[] = {
	    {0, DLT_EN10MB},
	    {1, DLT_EN10MB},
	    {2, DLT_IEEE802},
	    {3, DLT_FDDI},
	    {4, LINK_FOREIGN},
	    {5, LINK_FOREIGN},
	    {7, DLT_RAW},
	    {8, DLT_RAW},
	    {9, DLT_RAW},
	    {0xe000 + 1, DLT_EN10MB},
	    {0xe000 + 101, DLT_RAW},
	    {0xe000 + 113, DLT_LINUX_SLL},
	    {0xe080, DLT_IEEE802_11},
	    {0xe085, LINK_FOREIGN},
	    {0xffe0, LINK_METADATA},
	    {0xffff, LINK_METADATA},
	};

	(void)state;
	for (unsigned minor = 1; minor <= 3; minor++) {
		struct netmon *netmon = start(2, minor, 1);
		/* Not numbered: about reassembly, the adapters and names. */
		frame(netmon, 0, 0xfffc, 116444736000000000);
		frame(netmon, 0, 0xfffd, 116444736000000000);
		frame(netmon, 0, 0xfffe, 116444736000000000);
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
			frame(netmon, i, rows[i].media, 116444736000000000 + i);
		table(netmon);
		struct read_file *read = finish(netmon);
		assert_int_equal(read->count, sizeof rows / sizeof rows[0]);
		assert_true(read->file.info.complete);
		for (size_t i = 0; i < read->count; i++) {
			const struct packet *packet = &read->packets[i].packet;
			assert_int_equal(packet->link_type, rows[i].link_type);
			assert_int_equal(packet->moment.frame, i + 1);
			assert_int_equal(packet->moment.time, minor == 3
								  ? (time_ns)i * 100
								  : START_S * NS_PER_S + 100000000 + (time_ns)i * 1000);
		}
		assert_int_equal(read->file.info.clock, minor == 3 ? CAPTURE_CLOCK_UTC : CAPTURE_CLOCK_LOCAL);
		assert_int_equal(read->file.info.digits, minor == 3 ? 9 : 6);
		read_free(read);
	}
}

static void radio_headers_are_passed(void **state)
{
	struct netmon *netmon = start(2, 1, 1);

	(void)state;
	frame(netmon, 0, 6, 0);
	frame(netmon, 0, 6, 0);
	/* The first header is 32 bytes long, the second one longer than the frame. */
	memcpy(netmon->file.bytes + netmon->offsets[0] + 16, "\x02\x20\x00", 3);
	memcpy(netmon->file.bytes + netmon->offsets[1] + 16, "\x02\xff\xff", 3);
	table(netmon);
	struct read_file *read = finish(netmon);
	assert_int_equal(read->count, 2);
	assert_int_equal(read->packets[0].packet.link_type, DLT_IEEE802_11);
	assert_int_equal(read->packets[0].packet.captured, DATA - 32);
	assert_memory_equal(read->packets[0].bytes, data + 32, DATA - 32);
	assert_int_equal(read->packets[1].packet.captured, DATA);
	read_free(read);
}

/* ---- Damaged files ---- */

static struct netmon *three(unsigned major, unsigned minor)
{
	struct netmon *netmon = start(major, minor, 1);

	for (uint64_t i = 0; i < 3; i++)
		frame(netmon, i, 1, 116444736000000000 + i);
	return netmon;
}

static void tables_that_lie(void **state)
{
	struct netmon *netmon = three(2, 0);

	(void)state;
	netmon->offsets[1] = UINT32_MAX;
	table(netmon);
	struct read_file *read = finish(netmon);
	assert_int_equal(read->count, 2);
	assert_true(says(read, "frame 2 of the frame table cannot be read"));
	assert_int_equal(read->packets[1].packet.moment.time % NS_PER_S, 100002000);
	read_free(read);

	/* One frame again and again: there can't be more bytes of frames than of file. */
	netmon = three(2, 0);
	for (netmon->count = 0; netmon->count < FRAMES; netmon->count++)
		netmon->offsets[netmon->count] = HEADER;
	table(netmon);
	size_t size = netmon->file.length;
	read = finish(netmon);
	assert_int_equal(read->count, size / (16 + DATA));
	assert_true(says(read, "more bytes than the file"));
	read_free(read);

	netmon = three(2, 0);
	set32(&netmon->file, netmon->offsets[1] + 12, 1 << 20);
	table(netmon);
	read = finish(netmon);
	assert_int_equal(read->count, 2);
	assert_true(says(read, "longer than can be"));
	read_free(read);

	/* The table says it is longer than the file. */
	netmon = three(2, 0);
	table(netmon);
	set32(&netmon->file, TABLE_LENGTH, 0xfffffffc);
	read = finish(netmon);
	assert_int_equal(read->count, 3);
	assert_true(says(read, "should have 1073741823 entries"));
	read_free(read);
}

static void captures_that_were_not_ended(void **state)
{
	(void)state;
	for (unsigned minor = 0; minor <= 3; minor++) {
		struct read_file *read = finish(three(2, minor));
		assert_int_equal(read->count, 3);
		assert_true(says(read, "has no frame table"));
		read_free(read);
	}
	/* Nothing captured, and nothing wrong. */
	struct netmon *empty = start(1, 1, 1);
	struct read_file *read = finish(empty);
	assert_int_equal(read->count, 0);
	assert_true(read->file.info.complete);
	read_free(read);
}

static void every_cut_is_told(void **state)
{
	static const unsigned versions[][2] = {{1, 1}, {2, 0}, {2, 1}, {2, 2}, {2, 3}};

	(void)state;
	for (size_t v = 0; v < sizeof versions / sizeof versions[0]; v++) {
		struct netmon *netmon = three(versions[v][0], versions[v][1]);
		size_t frames_end = netmon->file.length;
		size_t size = (frames_end - HEADER) / 3;
		table(netmon);
		for (size_t length = 4; length < netmon->file.length; length++) {
			struct read_file *read = read_bytes(netmon->file.bytes, length);
			/* What follows the packet's media and time may be missing. */
			size_t spare = versions[v][1] == 2 ? 4 : versions[v][1] == 3 ? 1 : 0;
			size_t whole = length < HEADER ? 0 : (length - HEADER + spare) / size;
			assert_int_equal(read->count, whole < 3 ? whole : 3);
			assert_false(read->file.info.complete);
			assert_int_equal(read->file.info.problem_count, 1);
			read_free(read);
		}
		free(netmon);
	}
}

static void headers_that_cannot_be(void **state)
{
	struct netmon *netmon = three(2, 0);

	(void)state;
	table(netmon);
	netmon->file.bytes[5] = 3;
	struct read_file *read = finish(netmon);
	assert_int_equal(read->count, 0);
	assert_true(says(read, "version 3.0 are not read"));
	read_free(read);

	netmon = three(2, 0);
	table(netmon);
	netmon->file.bytes[10] = 13;
	read = finish(netmon);
	assert_int_equal(read->count, 3);
	assert_true(says(read, "no date that can be"));
	read_free(read);

	netmon = three(2, 3);
	set32(&netmon->file, netmon->offsets[0] + 16 + DATA + 10, 0);
	table(netmon);
	read = finish(netmon);
	assert_int_equal(read->count, 3);
	assert_true(says(read, "packet 1 has an impossible time"));
	read_free(read);
}

/* Without seeking the file is copied first; the result is the same. */
static void pipes(void **state)
{
	struct netmon *netmon = three(2, 3);
	struct read_file *piped = malloc(sizeof *piped);

	(void)state;
	assert_non_null(piped);
	table(netmon);
	struct made_file made = make_pipe(netmon->file.bytes, netmon->file.length);
	struct read_file *read = finish(netmon);
	read_made(piped, &made);
	close(made.descriptor);
	assert_int_equal(piped->count, read->count);
	assert_true(piped->file.info.complete);
	assert_int_equal(piped->packets[2].packet.moment.time, read->packets[2].packet.moment.time);
	read_free(piped);

	/* Nowhere to copy it to. */
	netmon = three(2, 3);
	table(netmon);
	made = make_pipe(netmon->file.bytes, netmon->file.length);
	free(netmon);
	setenv("TMPDIR", "/nonexistent", 1);
	piped = malloc(sizeof *piped);
	assert_non_null(piped);
	read_made(piped, &made);
	unsetenv("TMPDIR");
	close(made.descriptor);
	assert_int_equal(piped->count, 0);
	assert_true(says(piped, "cannot be copied to a temporary file"));
	read_free(piped);
	read_free(read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(version_1),
	    cmocka_unit_test(frames_lie_anywhere),
	    cmocka_unit_test(media_of_each_frame),
	    cmocka_unit_test(radio_headers_are_passed),
	    cmocka_unit_test(tables_that_lie),
	    cmocka_unit_test(captures_that_were_not_ended),
	    cmocka_unit_test(every_cut_is_told),
	    cmocka_unit_test(headers_that_cannot_be),
	    cmocka_unit_test(pipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
