/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several captures together: order, filters, copies, compression, many files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/format.h"
#include "capture/source.h"
#include "capture_build.h"

#include <pcap/pcap.h>
#include <sys/resource.h>
#include <zlib.h>
#include <zstd.h>

enum { DATA = 60, MANY = 300 };

static void pcap_head(struct built *file, uint32_t magic, uint32_t link_type)
{
	bool big_endian = file->big_endian;

	memset(file, 0, sizeof *file);
	file->big_endian = big_endian;
	put32(file, magic);
	put16(file, 2);
	put16(file, 4);
	put64(file, 0);
	put32(file, 65535);
	put32(file, link_type);
}

/* An Ethernet frame with IPv4 and TCP from port. */
static void pcap_packet(struct built *file, uint32_t seconds, uint32_t fraction, uint16_t port)
{
	uint8_t bytes[DATA] = {[12] = 8, [14] = 0x45, [17] = 46, [23] = 6};

	bytes[34] = (uint8_t)(port >> 8);
	bytes[35] = (uint8_t)port;
	put32(file, seconds);
	put32(file, fraction);
	put32(file, DATA);
	put32(file, DATA);
	put(file, bytes, DATA);
}

static uint16_t port_of(const struct packet *packet)
{
	return (uint16_t)(packet->data[34] << 8 | packet->data[35]);
}

/* ---- Variants of pcap ---- */

static void pcap_variants(void **state)
{
	static const struct {
		uint32_t magic;
		unsigned digits;
		const char *format;
	} rows[] = {{0xa1b2c3d4, 6, "pcap"}, {0xa1b23c4d, 9, "pcap"}, {0xa1b2cd34, 6, "pcap (modified)"}};
	struct built file;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		file.big_endian = i % 2;
		pcap_head(&file, rows[i / 2].magic, 1);
		pcap_packet(&file, 1014752600, 123456, 102);
		if (rows[i / 2].magic == 0xa1b2cd34) {
			/* Its packet headers have eight bytes more. */
			memmove(file.bytes + 48, file.bytes + 40, DATA);
			file.length += 8;
		}
		struct read_file *read = read_built(&file);
		assert_int_equal(read->count, 1);
		assert_true(read->file.info.complete);
		assert_string_equal(read->file.info.format, rows[i / 2].format);
		assert_int_equal(read->file.info.digits, rows[i / 2].digits);
		assert_int_equal(read->packets[0].packet.moment.time % NS_PER_S,
				 rows[i / 2].digits == 9 ? 123456 : 123456000);
		read_free(read);
	}
	file.big_endian = false;
	pcap_head(&file, 0xa1b2c3d4, 14);
	struct read_file *read = read_built(&file);
	assert_string_equal(read->file.info.links[0].name, "RAW");
	read_free(read);
}

/* libpcap, which reads the rarer variants, lets USB have packets of 128 MiB. */
static void no_packet_of_libpcaps_is_longer_than_can_be(void **state)
{
	static const uint8_t zeros[CAPTURE_PACKET_MAX + 1];
	struct built file = {.big_endian = false};

	(void)state;
	pcap_head(&file, 0xa1b2cd34, 220);
	set32(&file, 16, 1 << 27);
	for (uint32_t length = CAPTURE_PACKET_MAX; length <= CAPTURE_PACKET_MAX + 1; length++) {
		put32(&file, 1014752600);
		put32(&file, 0);
		put32(&file, length);
		put32(&file, length);
		put64(&file, 0);
		put(&file, zeros, length);
	}
	struct read_file *read = read_built(&file);
	assert_int_equal(read->count, 1);
	assert_int_equal(read->packets[0].packet.captured, CAPTURE_PACKET_MAX);
	assert_false(read->file.info.complete);
	assert_int_equal(read->file.info.problem_count, 1);
	read_free(read);
}

static void pcap_cut_anywhere(void **state)
{
	struct built file = {.big_endian = false};

	(void)state;
	pcap_head(&file, 0xa1b2c3d4, 1);
	pcap_packet(&file, 1, 0, 1);
	pcap_packet(&file, 2, 0, 2);
	for (size_t length = 4; length < file.length; length++) {
		struct read_file *read = read_bytes(file.bytes, length);
		bool whole = length >= 24 && (length - 24) % (16 + DATA) == 0;
		assert_int_equal(read->count, length < 24 ? 0 : (length - 24) / (16 + DATA));
		assert_int_equal(read->file.info.complete, whole);
		assert_int_equal(read->file.info.problem_count, !whole);
		read_free(read);
	}
}

static void foreign_formats(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *name, *words;
	} rows[] = {
	    {"TRSNIFF data    \x1a", 17, "Sniffer for DOS", "editcap"},
	    {"XCP\0002.001", 9, "Sniffer for Windows", "editcap"},
	    {"iptrace 2.0", 11, "iptrace", "editcap"},
	    {"BZh91AY", 7, "bzip2", "bzip2 -dc"},
	    {"\x0d\x0a\x0d\x0d\x0d\x0a", 6, "pcapng", "binary mode"},
	    {"2002-02-26 19:43", 16, "text", "-e"},
	    {"ElfFile\0", 8, "Windows .evtx event log", "-e"},
	    {"", 0, "an empty file", "disk was full"},
	    {"\x01\x02\x03", 3, "the very beginning of a file", "copy or take"},
	    {"\x01\x02\x03\x04", 4, "no known format", "capinfos"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct read_file *read = read_bytes(rows[i].bytes, rows[i].length);
		assert_int_equal(read->count, 0);
		assert_false(read->file.info.complete);
		assert_string_equal(read->file.info.format, rows[i].name);
		assert_true(says(read, rows[i].words));
		read_free(read);
	}
}

/* ---- Compression ---- */

static size_t gzip(const struct built *file, uint8_t *out, size_t room)
{
	z_stream stream;

	memset(&stream, 0, sizeof stream);
	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)file->bytes;
	stream.avail_in = (uInt)file->length;
	stream.next_out = out;
	stream.avail_out = (uInt)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&stream), Z_OK);
	return room - stream.avail_out;
}

static size_t zstd(const struct built *file, uint8_t *out, size_t room)
{
	size_t length = ZSTD_compress(out, room, file->bytes, file->length, 3);

	assert_false(ZSTD_isError(length));
	return length;
}

static void check_packed(size_t (*pack)(const struct built *, uint8_t *, size_t), const char *name)
{
	static uint8_t packed[1 << 15];
	struct built file = {.big_endian = false};

	pcap_head(&file, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 20; i++)
		pcap_packet(&file, i * 7919, i * 104729 % 1000000, (uint16_t)(i * 2654435761U));
	size_t length = pack(&file, packed, sizeof packed);
	struct read_file *read = read_bytes(packed, length);
	assert_int_equal(read->count, 20);
	assert_true(read->file.info.complete);
	assert_string_equal(read->file.info.compression, name);
	assert_string_equal(read->file.info.format, "pcap");
	assert_int_equal(read->file.info.bytes, file.length);
	read_free(read);
	for (size_t cut = 4; cut < length; cut++) {
		read = read_bytes(packed, cut);
		assert_true(read->count <= 20);
		assert_false(read->file.info.complete);
		assert_int_equal(read->file.info.problem_count, 1);
		read_free(read);
		/* A byte that is wrong may go unnoticed where nothing guards it; it must not do harm. */
		packed[cut] ^= 0x55;
		read_free(read_bytes(packed, length));
		packed[cut] ^= 0x55;
	}
}

static void compressed_files(void **state)
{
	(void)state;
	check_packed(gzip, "gzip");
	check_packed(zstd, "zstd");
}

/* As `cat first.gz second.gz`, with a tape's zeros behind. */
static void several_members(void **state)
{
	static uint8_t packed[1 << 15];
	struct built first = {.big_endian = false}, second = {.big_endian = false};

	(void)state;
	for (unsigned kind = 0; kind < 2; kind++) {
		size_t (*pack)(const struct built *, uint8_t *, size_t) = kind == 0 ? gzip : zstd;
		pcap_head(&first, 0xa1b2c3d4, 1);
		pcap_packet(&first, 1, 0, 1);
		second.length = 0;
		pcap_packet(&second, 2, 0, 2);
		size_t length = pack(&first, packed, sizeof packed);
		length += pack(&second, packed + length, sizeof packed - length);
		if (kind == 0) {
			memset(packed + length, 0, 512);
			length += 512;
		}
		struct read_file *read = read_bytes(packed, length);
		assert_int_equal(read->count, 2);
		assert_true(read->file.info.complete);
		read_free(read);
	}
}

/* ---- Several captures ---- */

static struct capture_set *open_set(const char *const *paths, size_t count, const char *filter)
{
	char *error = NULL;
	struct capture_set *set = capture_set_open(paths, count, filter, &error);

	if (set == NULL)
		free(error);
	return set;
}

static void merged_by_time(void **state)
{
	struct built late = {.big_endian = false}, early = {.big_endian = true};
	struct packet packet;
	static const struct {
		uint16_t port;
		uint32_t capture;
		uint64_t frame;
	} order[] = {{1, 2, 1}, {2, 1, 1}, {3, 2, 2}, {4, 1, 2}, {5, 2, 3}};

	(void)state;
	pcap_head(&late, 0xa1b2c3d4, 1);
	pcap_packet(&late, 20, 0, 2);
	pcap_packet(&late, 30, 0, 4);
	pcap_head(&early, 0xa1b2c3d4, 1);
	pcap_packet(&early, 10, 0, 1);
	pcap_packet(&early, 20, 0, 3);
	pcap_packet(&early, 40, 0, 5);
	struct made_file files[] = {make_file(late.bytes, late.length), make_file(early.bytes, early.length)};
	const char *paths[] = {files[0].path, files[1].path, "/nonexistent/capture"};
	struct capture_set *set = open_set(paths, 3, NULL);
	for (size_t i = 0; i < 5; i++) {
		assert_true(capture_set_next(set, &packet));
		assert_int_equal(port_of(&packet), order[i].port);
		assert_int_equal(packet.moment.capture, order[i].capture);
		assert_int_equal(packet.moment.frame, order[i].frame);
	}
	assert_false(capture_set_next(set, &packet));
	assert_false(capture_set_next(set, &packet));
	assert_false(capture_set_info(set, 2)->complete);
	capture_set_close(set);
	close(files[0].descriptor);
	close(files[1].descriptor);
}

static void copies_count_once(void **state)
{
	struct built first = {.big_endian = false}, second = {.big_endian = true};
	struct packet packet;
	unsigned count = 0;

	(void)state;
	pcap_head(&first, 0xa1b2c3d4, 1);
	pcap_packet(&first, 10, 0, 1);
	pcap_packet(&first, 20, 0, 2);
	/* Twice in the first, three times in the second: three. */
	pcap_packet(&first, 20, 0, 2);
	pcap_head(&second, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < 3; i++)
		pcap_packet(&second, 20, 0, 2);
	/* Other bytes, another time. */
	pcap_packet(&second, 20, 0, 3);
	pcap_packet(&second, 20, 1, 2);
	struct made_file files[] = {make_file(first.bytes, first.length), make_file(second.bytes, second.length)};
	const char *paths[] = {files[0].path, files[1].path};
	struct capture_set *set = open_set(paths, 2, NULL);
	while (capture_set_next(set, &packet))
		count++;
	assert_int_equal(count, 1 + 3 + 2);
	assert_int_equal(capture_set_info(set, 0)->duplicates, 0);
	assert_int_equal(capture_set_info(set, 1)->duplicates, 2);
	assert_int_equal(capture_set_info(set, 1)->packets, 5);
	capture_set_close(set);
	close(files[0].descriptor);
	close(files[1].descriptor);
}

/* A pcapng block of the given type around what body puts. */
static void block(struct built *file, uint32_t type, const struct built *body)
{
	put32(file, type);
	put32(file, (uint32_t)body->length + 12);
	put(file, body->bytes, body->length);
	put32(file, (uint32_t)body->length + 12);
}

/* An Ethernet interface with an IP packet, and one with raw IP and the same packet. */
static void two_link_types(struct built *file)
{
	struct built body = {.big_endian = false};
	struct built packet = {.big_endian = false};

	memset(file, 0, sizeof *file);
	put32(&body, 0x1a2b3c4d);
	put32(&body, 1);
	put64(&body, UINT64_MAX);
	block(file, 0x0a0d0d0a, &body);
	for (uint32_t i = 0; i < 2; i++) {
		body.length = 0;
		put32(&body, i == 0 ? 1 : 101);
		put32(&body, 0);
		block(file, 1, &body);
	}
	pcap_packet(&packet, 0, 0, 102);
	for (uint32_t i = 0; i < 2; i++) {
		const uint32_t head[] = {i, 0, i + 1, i == 0 ? DATA : DATA - 16, i == 0 ? DATA : DATA - 16};
		body.length = 0;
		for (size_t k = 0; k < 5; k++)
			put32(&body, head[k]);
		/* 14 bytes of Ethernet, and two less at the end, so that it needs no padding. */
		put(&body, packet.bytes + (i == 0 ? 16 : 30), head[3]);
		block(file, 6, &body);
	}
}

static void filters_fit_each_link_type(void **state)
{
	struct built file;
	struct packet packet;

	(void)state;
	two_link_types(&file);
	struct made_file made = make_file(file.bytes, file.length);
	const char *paths[] = {made.path};
	struct capture_set *set = open_set(paths, 1, "tcp src port 102");
	assert_true(capture_set_next(set, &packet));
	assert_int_equal(packet.link_type, DLT_EN10MB);
	assert_true(capture_set_next(set, &packet));
	assert_int_equal(packet.link_type, DLT_RAW);
	assert_int_equal(packet.moment.frame, 2);
	assert_false(capture_set_next(set, &packet));
	capture_set_close(set);

	set = open_set(paths, 1, "udp");
	assert_false(capture_set_next(set, &packet));
	assert_int_equal(capture_set_info(set, 0)->packets, 2);
	assert_true(capture_set_info(set, 0)->complete);
	capture_set_close(set);

	/* Raw IP has no Ethernet addresses. */
	set = open_set(paths, 1, "ether src 00:00:00:00:00:00");
	assert_true(capture_set_next(set, &packet));
	assert_false(capture_set_next(set, &packet));
	assert_int_equal(capture_set_info(set, 0)->problem_count, 1);
	assert_non_null(strstr(capture_set_info(set, 0)->problems[0].says, "link type RAW"));
	capture_set_close(set);

	assert_null(open_set(paths, 1, "no such filter"));
	close(made.descriptor);
}

/* ---- More files than descriptors ---- */

static void write_many(const char *folder, char (*names)[64], bool in_parallel)
{
	struct built file = {.big_endian = false};

	for (unsigned i = 0; i < MANY; i++) {
		/* The names' order is not the times'. */
		unsigned place = i * 7 % MANY;
		pcap_head(&file, 0xa1b2c3d4, 1);
		for (unsigned k = 0; k < 100; k++)
			pcap_packet(&file, in_parallel ? 1000 + k : 1000 * place + k, place, (uint16_t)place);
		/* A packet that the next file holds too. */
		if (!in_parallel)
			pcap_packet(&file, 1000 * (place + 1), place + 1, (uint16_t)(place + 1));
		snprintf(names[i], sizeof names[i], "%s/%u.pcap", folder, i);
		FILE *out = fopen(names[i], "wb");
		assert_non_null(out);
		assert_int_equal(fwrite(file.bytes, 1, file.length, out), file.length);
		assert_int_equal(fclose(out), 0);
	}
}

static void check_many(char (*names)[64], bool in_parallel)
{
	const char *paths[MANY];
	struct packet packet;
	time_ns last = 0;
	uint64_t count = 0, copies = 0;

	for (size_t i = 0; i < MANY; i++)
		paths[i] = names[i];
	struct capture_set *set = open_set(paths, MANY, "tcp");
	while (capture_set_next(set, &packet)) {
		assert_true(packet.moment.time >= last);
		last = packet.moment.time;
		count++;
	}
	for (size_t i = 0; i < MANY; i++) {
		assert_true(capture_set_info(set, i)->complete);
		copies += capture_set_info(set, i)->duplicates;
	}
	assert_int_equal(count, MANY * 100 + !in_parallel);
	assert_int_equal(copies, in_parallel ? 0 : MANY - 1);
	capture_set_close(set);
}

static void many_files(void **state)
{
	static char names[MANY][64];
	char folder[] = "/tmp/mtascope-test-XXXXXX";
	struct rlimit before, few;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 40;
	for (unsigned in_parallel = 0; in_parallel < 2; in_parallel++) {
		write_many(folder, names, in_parallel);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		check_many(names, in_parallel);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	}
	for (size_t i = 0; i < MANY; i++)
		unlink(names[i]);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pcap_variants),
	    cmocka_unit_test(no_packet_of_libpcaps_is_longer_than_can_be),
	    cmocka_unit_test(pcap_cut_anywhere),
	    cmocka_unit_test(foreign_formats),
	    cmocka_unit_test(compressed_files),
	    cmocka_unit_test(several_members),
	    cmocka_unit_test(merged_by_time),
	    cmocka_unit_test(copies_count_once),
	    cmocka_unit_test(filters_fit_each_link_type),
	    cmocka_unit_test(many_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
