/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part gives the packets that were put into it, and is taken only for what it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/part_bytes.h"
#include "capture/part_read.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAME = 60, MOST = 3000, PATH = 64 };

static char capture_name[] = "trace.pcap";

/* A folder of the test's own, and a part in it. */
struct place {
	char folder[PATH], path[PATH + 16];
	struct part_head head;
};

static struct place place_made(void)
{
	struct place place = {
	    .folder = "/tmp/mtascope-part-XXXXXX",
	    .head = {.terms = {.version = "1", .ports = {102}, .port_count = 1, .shard = 1, .shards = 1},
		     .name = capture_name,
		     .size = 17,
		     .modified = -3}};

	assert_non_null(mkdtemp(place.folder));
	snprintf(place.path, sizeof place.path, "%s/part", place.folder);
	return place;
}

static void place_removed(const struct place *place)
{
	unlink(place->path);
	/* Which fails if anything else was left there. */
	assert_int_equal(rmdir(place->folder), 0);
}

/* Ethernet, IPv4 and TCP from 10.0.0.host:1042 to 10.0.1.1:port. */
static struct packet tcp_packet(uint8_t *frame, unsigned host, uint16_t port, unsigned flags)
{
	static const uint8_t model[FRAME] = {
	    [12] = 8, [14] = 0x45, [17] = 44, [22] = 64,   [23] = 6,    [26] = 10, [30] = 10,
	    [32] = 1, [33] = 1,    [34] = 4,  [35] = 0x12, [46] = 0x50, [54] = 3,  [57] = 4};

	memcpy(frame, model, FRAME);
	frame[29] = (uint8_t)host;
	frame[36] = (uint8_t)(port >> 8);
	frame[37] = (uint8_t)port;
	frame[47] = (uint8_t)flags;
	return (struct packet){.link_type = DLT_EN10MB, .data = frame, .captured = FRAME, .length = FRAME};
}

static void numbers_come_back(void **state)
{
	static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX};
	static const int64_t signs[] = {0, -1, 1, -64, 64, INT64_MIN, INT64_MAX};
	enum { NUMBERS = sizeof numbers / sizeof numbers[0], SIGNS = sizeof signs / sizeof signs[0] };
	struct part_bytes bytes = {0};

	(void)state;
	for (size_t i = 0; i < NUMBERS; i++)
		part_put(&bytes, numbers[i]);
	for (size_t i = 0; i < SIGNS; i++)
		part_put_signed(&bytes, signs[i]);
	part_put_text(&bytes, NULL);
	part_put_text(&bytes, "");
	part_put_text(&bytes, "te\033t\xc3\xa4");
	struct cursor in = cursor_over(bytes.data, bytes.length);
	for (size_t i = 0; i < NUMBERS; i++)
		assert_true(part_take(&in) == numbers[i]);
	for (size_t i = 0; i < SIGNS; i++)
		assert_true(part_take_signed(&in) == signs[i]);
	assert_null(part_take_text(&in, PART_TEXT));
	char *empty = part_take_text(&in, PART_TEXT), *text = part_take_text(&in, PART_TEXT);
	assert_string_equal(empty, "");
	assert_string_equal(text, "te?t\xc3\xa4");
	assert_true(cursor_good(&in) && cursor_left(&in) == 0);
	free(empty);
	free(text);
	free(bytes.data);
}

static void numbers_that_cannot_be(void **state)
{
	static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
	static const uint8_t hidden[] = {4, 'a', 0, 'b'}, obeyed[] = {3, 'a', 27}, lengthy[] = {9, 'a'};
	struct cursor in = cursor_over(endless, sizeof endless);

	(void)state;
	part_take(&in);
	assert_false(cursor_good(&in));
	in = cursor_over(endless, 3);
	part_take(&in);
	assert_false(cursor_good(&in));
	in = cursor_over(hidden, sizeof hidden);
	assert_null(part_take_text(&in, PART_TEXT));
	assert_false(cursor_good(&in));
	in = cursor_over(obeyed, sizeof obeyed);
	assert_null(part_take_text(&in, PART_TEXT));
	assert_false(cursor_good(&in));
	in = cursor_over(lengthy, sizeof lengthy);
	assert_null(part_take_text(&in, PART_TEXT));
	assert_false(cursor_good(&in));
	in = cursor_over(lengthy, sizeof lengthy);
	assert_null(part_take_text(&in, 5));
	assert_false(cursor_good(&in));
}

static void a_capture_comes_back(void **state)
{
	static const struct {
		uint16_t port;
		unsigned flags;
		bool light;
		enum decoded kind;
	} kinds[] = {{102, TCP_SYN, false, DECODED_SEGMENT},
		     {102, TCP_ACK, false, DECODED_SEGMENT},
		     {103, TCP_SYN, true, DECODED_SEGMENT},
		     {103, TCP_ACK, true, DECODED_NOTHING}};
	struct place place = place_made();
	struct capture_problem problem = {true, 5, (char[]){"is torn"}};
	struct capture_info info = {.format = "pcap", .compression = "gzip", .digits = 6};
	struct part_writer *writer = part_writer_new(place.path, &place.head, 1 << 10);
	uint64_t digests[MOST];
	uint8_t frame[FRAME];

	(void)state;
	for (unsigned i = 0; i < MOST; i++) {
		struct packet packet = tcp_packet(frame, i % 7, kinds[i % 4].port, kinds[i % 4].flags);
		/* Back in time now and then, and with frames that the filter left out. */
		packet.moment = moment_at((time_ns)(i * 1000) - (i % 5 == 0 ? 2500 : 0) + NS_PER_S, i + 1 + i / 3, 9);
		packet.length += i % 2 != 0 ? 7 : 0;
		packet.flags = i % 11 == 0;
		info.digits = i < MOST / 2 ? 6 : 9;
		assert_true(part_writer_packet(writer, &info, &packet));
		assert_true(packet.light == kinds[i % 4].light && packet.decoded != NULL);
		digests[i] = packet.digest;
	}
	assert_int_equal(access(place.path, F_OK), -1);
	info.packets = UINT64_C(1) << 39;
	info.has_drops = true;
	info.drops = 3;
	info.first = 1;
	info.last = 2;
	info.links[0] = (struct capture_link){DLT_EN10MB, "EN10MB", MOST};
	info.link_count = 1;
	info.problems = &problem;
	info.problem_count = 1;
	part_writer_end(writer, &info);
	part_writer_free(writer);

	struct capture_file file = {.info = {.file = "name"}};
	struct packet packet = {.moment.capture = 9};
	const char *const paths[] = {place.path};
	struct part_reader *reader = part_reader_new(paths, 1, &file, 0, NULL);
	file.info.duplicates = 4;
	assert_string_equal(file.info.format, "pcap");
	assert_string_equal(file.info.compression, "gzip");
	for (unsigned i = 0; i < MOST; i++) {
		struct packet wanted = tcp_packet(frame, i % 7, kinds[i % 4].port, kinds[i % 4].flags);
		assert_true(part_reader_next(reader, &file, &packet));
		assert_true(packet.moment.time == (time_ns)(i * 1000) - (i % 5 == 0 ? 2500 : 0) + NS_PER_S);
		assert_true(packet.moment.frame == i + 1 + i / 3 && packet.moment.capture == 9);
		assert_int_equal(file.info.digits, i < MOST / 2 ? 6 : 9);
		assert_true(packet.light == kinds[i % 4].light && packet.digest == digests[i]);
		if (packet.light) {
			assert_int_equal(packet.decoded->kind, kinds[i % 4].kind);
			assert_true(kinds[i % 4].kind == DECODED_NOTHING ||
				    packet.decoded->segment.destination.port == 103);
			continue;
		}
		assert_true(packet.captured == FRAME && packet.length == FRAME + (i % 2 != 0 ? 7 : 0));
		assert_memory_equal(packet.data, wanted.data, FRAME);
		assert_int_equal(packet.flags, i % 11 == 0);
		assert_int_equal(packet.link_type, DLT_EN10MB);
	}
	for (unsigned again = 0; again < 2; again++)
		assert_false(part_reader_next(reader, &file, &packet));
	assert_true(file.info.packets == info.packets && file.info.drops == 3 && file.info.first == 1 &&
		    file.info.last == 2 && file.info.duplicates == 4);
	assert_string_equal(file.info.links[0].name, "EN10MB");
	assert_int_equal(file.info.problem_count, 1);
	assert_string_equal(file.info.problems[0].says, "is torn");
	assert_false(file.info.complete);
	assert_string_equal(file.info.file, "name");
	part_reader_free(reader);
	capture_file_free(&file);
	place_removed(&place);
}

/* What decoding can't tell of alone, or of what no port says, is kept: fragments, and errors about a watched port. */
static void what_may_matter_is_kept(void **state)
{
	struct place place = place_made();
	struct capture_info info = {.format = "pcap", .digits = 6, .complete = true};
	struct part_writer *writer = part_writer_new(place.path, &place.head, 0);
	uint8_t frame[FRAME];

	(void)state;
	struct packet fragment = tcp_packet(frame, 1, 103, TCP_ACK);
	frame[20] = 0x20;
	assert_true(part_writer_packet(writer, &info, &fragment));
	assert_false(fragment.light);
	assert_null(fragment.decoded);
	struct packet arp = tcp_packet(frame, 1, 102, TCP_SYN);
	frame[13] = 6;
	assert_true(part_writer_packet(writer, &info, &arp));
	assert_true(arp.light && arp.decoded->kind == DECODED_NOTHING);
	for (unsigned port = 102; port <= 103; port++) {
		struct packet error = tcp_packet(frame, 1, 0, 0);
		frame[17] = 56;
		frame[23] = 1;
		memcpy(frame + 34, (const uint8_t[26]){3, 1, 0, 0, 0, 0, 0, 0, 0x45}, 26);
		uint8_t longer[90] = {0};
		memcpy(longer, frame, FRAME);
		memcpy(longer + 42, (const uint8_t[28]){0x45, 0, 0, 40, 0,  0, 0, 0, 64, 6,    0, 0,
							10,   0, 0, 1,  10, 0, 1, 1, 4,  0x12, 0, (uint8_t)port,
							0,    0, 0, 1},
		       28);
		error.data = longer;
		error.captured = error.length = 70;
		assert_true(part_writer_packet(writer, &info, &error));
		assert_true(error.light == (port == 103) && error.decoded == NULL);
	}
	/* Nothing of it is left when it does not end. */
	part_writer_free(writer);
	place_removed(&place);
}

static void shards_are_one_capture(void **state)
{
	enum { SHARDS = 3, HOSTS = 20 };
	struct place places[SHARDS];
	const char *paths[SHARDS];
	struct capture_info info = {.format = "pcap", .digits = 6, .complete = true};
	uint8_t frame[FRAME];
	size_t shard_of[HOSTS] = {0};

	(void)state;
	for (unsigned k = 0; k < SHARDS; k++) {
		places[k] = place_made();
		places[k].head.terms.shards = SHARDS;
		places[k].head.terms.shard = k + 1;
		paths[SHARDS - 1 - k] = places[k].path;
		struct part_writer *writer = part_writer_new(places[k].path, &places[k].head, 1 << 10);
		for (unsigned i = 0; i < MOST; i++) {
			struct packet packet = tcp_packet(frame, i % HOSTS, i % 2 != 0 ? 102 : 104, TCP_ACK);
			/* All at one time: only their places in the capture tell their order. */
			packet.moment = moment_at(NS_PER_S, MOST - i, 1);
			if (part_writer_packet(writer, &info, &packet) && i % 2 != 0) {
				assert_true(shard_of[i % HOSTS] == 0 || shard_of[i % HOSTS] == k + 1);
				shard_of[i % HOSTS] = k + 1;
			}
		}
		part_writer_end(writer, &info);
		part_writer_free(writer);
	}
	struct capture_file file = {0};
	struct packet packet = {0};
	struct part_reader *reader = part_reader_new(paths, SHARDS, &file, 0, NULL);
	for (unsigned i = 0; i < MOST; i++) {
		assert_true(part_reader_next(reader, &file, &packet));
		assert_int_equal(packet.moment.frame, MOST - i);
	}
	assert_false(part_reader_next(reader, &file, &packet));
	assert_true(file.info.complete && file.info.problem_count == 0);
	part_reader_free(reader);
	capture_file_free(&file);
	/* One of them alone lacks packets, and says so. */
	reader = part_reader_new(paths, 1, &file, 0, NULL);
	while (part_reader_next(reader, &file, &packet))
		;
	assert_false(file.info.complete);
	assert_int_equal(file.info.problem_count, SHARDS - 1);
	part_reader_free(reader);
	capture_file_free(&file);
	for (unsigned k = 0; k < SHARDS; k++)
		place_removed(&places[k]);
}

static void only_what_fits_is_taken(void **state)
{
	struct place place = place_made();
	struct capture_info info = {.format = "pcap", .digits = 6, .complete = true};
	bool whose;

	(void)state;
	assert_false(part_fits(place.path, &place.head, &whose) || whose);
	for (unsigned complete = 0; complete < 2; complete++) {
		struct part_writer *writer = part_writer_new(place.path, &place.head, 0);
		info.complete = complete;
		part_writer_end(writer, &info);
		part_writer_free(writer);
		assert_int_equal(part_fits(place.path, &place.head, &whose), complete);
		assert_true(whose);
	}
	struct part_head other = place.head;
	other.size++;
	assert_true(!part_fits(place.path, &other, &whose) && whose);
	other = place.head;
	other.modified++;
	assert_true(!part_fits(place.path, &other, &whose) && whose);
	other = place.head;
	other.terms.version = "2";
	assert_true(!part_fits(place.path, &other, &whose) && whose);
	other = place.head;
	other.terms.any = true;
	assert_true(!part_fits(place.path, &other, &whose) && whose);
	other = place.head;
	other.terms.ports[1] = 104;
	other.terms.port_count = 2;
	assert_true(!part_fits(place.path, &other, &whose) && whose);
	other = place.head;
	other.terms.filter = "";
	assert_true(!part_fits(place.path, &other, &whose) && whose);
	other = place.head;
	other.name = (char[]){"other.pcap"};
	assert_false(part_fits(place.path, &other, &whose) || whose);
	other = place.head;
	other.terms.shards = 2;
	assert_false(part_fits(place.path, &other, &whose) || whose);
	/* Its end is missing. */
	FILE *file = fopen(place.path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, -1, SEEK_END), 0);
	assert_int_equal(ftruncate(fileno(file), ftell(file)), 0);
	fclose(file);
	assert_true(!part_fits(place.path, &place.head, &whose) && whose);
	place_removed(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_come_back),      cmocka_unit_test(numbers_that_cannot_be),
	    cmocka_unit_test(a_capture_comes_back),   cmocka_unit_test(what_may_matter_is_kept),
	    cmocka_unit_test(shards_are_one_capture), cmocka_unit_test(only_what_fits_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
