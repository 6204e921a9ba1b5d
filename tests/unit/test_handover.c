/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one process hands over to another: whole, in order, and harmless where it was made to do harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/handover.h"
#include "capture/reader.h"
#include "prng.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAME = 72, OPTIONS = 12, CHUNKS = 2, MANY = 20000, ROUNDS = 20000, LIGHT_EACH = 5 };

/* Ethernet, IPv4 and TCP from 1042 to 102 with a timestamp (RFC 7323) and four bytes, padded to a frame. */
static const uint8_t frame[FRAME] = {
    [12] = 8,   [14] = 0x45, [17] = 56,   [18] = 0x77, [19] = 0x12, [22] = 64,   [23] = 6,   [26] = 10,
    [29] = 9,   [30] = 10,   [33] = 1,    [34] = 4,    [35] = 0x12, [37] = 102,  [38] = 0x9, [41] = 7,
    [42] = 0x8, [45] = 6,    [46] = 0x80, [47] = 0x18, [48] = 0x2,  [50] = 0xab, [54] = 1,   [55] = 1,
    [56] = 8,   [57] = 10,   [58] = 5,    [61] = 4,    [66] = 3,    [69] = 4};

static struct packet packet_of(uint64_t number)
{
	return (struct packet){.moment = moment_at((time_ns)number * NS_PER_MS, number, 7),
			       .link_type = DLT_EN10MB,
			       .data = frame,
			       .captured = FRAME,
			       .length = FRAME + 1};
}

/* Runs write in another process, and gives the channel's other side. */
static struct channel channel_from(bool (*write)(struct channel *channel))
{
	struct channel channel;

	assert_int_equal(channel_open(&channel, CHUNKS), 0);
	pid_t process = fork();
	assert_true(process >= 0);
	if (process == 0) {
		channel_is_writers(&channel);
		_exit(write(&channel) && channel_flush(&channel) ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	channel_is_readers(&channel);
	return channel;
}

static bool write_packet(struct channel *channel, struct handover_like *like, uint64_t number, bool light)
{
	struct decoder *decoder = decoder_new();
	struct packet packet = packet_of(number);
	const uint64_t hash[2] = {number, ~number};
	struct decode decode;
	bool alone = decode_alone(decoder, &packet, &decode);

	decoder_free(decoder);
	return alone && handover_packet(channel, like, &packet, &decode, light, hash);
}

static bool write_many(struct channel *channel)
{
	struct handover_like like = {0};
	bool good = true;

	for (uint64_t i = 1; i <= MANY && good; i++)
		good = write_packet(channel, &like, i, i % LIGHT_EACH == 0);
	return good && handover_end(channel);
}

static void is_whole(const struct packet *packet)
{
	const struct segment *segment = &packet->decoded->segment;
	struct decoder *decoder = decoder_new();
	struct packet before = packet_of(packet->moment.frame);
	struct decode decode;

	decode_packet(decoder, &before, &decode);
	decoder_free(decoder);
	assert_int_equal(packet->link_type, DLT_EN10MB);
	assert_int_equal(packet->length, FRAME + 1);
	assert_int_equal(packet->captured, FRAME);
	assert_memory_equal(packet->data, frame, FRAME);
	assert_true(address_equal(&segment->source.ip, &decode.segment.source.ip));
	assert_true(address_equal(&segment->destination.ip, &decode.segment.destination.ip));
	assert_int_equal(segment->hop_limit, decode.segment.hop_limit);
	assert_int_equal(segment->has_ip_id, decode.segment.has_ip_id);
	assert_int_equal(segment->ip_id, decode.segment.ip_id);
	assert_int_equal(segment->seq, decode.segment.seq);
	assert_int_equal(segment->ack, decode.segment.ack);
	assert_int_equal(segment->window, decode.segment.window);
	assert_int_equal(segment->checksum, decode.segment.checksum);
	assert_int_equal(segment->has_timestamp, decode.segment.has_timestamp);
	assert_true(!segment->has_timestamp || segment->timestamp == decode.segment.timestamp);
	assert_int_equal(segment->options_length, OPTIONS);
	assert_ptr_equal(segment->options, packet->data + 54);
	assert_int_equal(segment->payload_length, 4);
	assert_int_equal(segment->payload_captured, 4);
	assert_ptr_equal(segment->payload, packet->data + 54 + OPTIONS);
}

/* Far more than the chunks hold: both sides wait for each other. */
static void packets_arrive(void **state)
{
	struct channel channel = channel_from(write_many);
	struct handover_like like = {0};
	struct cursor message;
	uint32_t kind = HANDOVER_END;

	(void)state;
	for (uint64_t i = 1; i <= MANY; i++) {
		struct packet packet;
		struct decode decode;
		uint64_t hash[2];
		bool light = i % LIGHT_EACH == 0;
		assert_true(channel_take(&channel, &kind, &message));
		/* What a lean packet does not say the first one has said. */
		struct cursor bytes = channel_bytes(&channel);
		assert_int_equal(kind, light ? HANDOVER_LIGHT : i == 1 ? HANDOVER_PACKET : HANDOVER_LEAN);
		assert_true(handover_take_packet(kind, &message, &bytes, &like, &packet, &decode, hash));
		assert_int_equal(packet.moment.frame, i);
		assert_int_equal(packet.moment.time, (time_ns)i * NS_PER_MS);
		assert_int_equal(packet.moment.capture, 7);
		assert_true(hash[0] == i && hash[1] == ~i);
		assert_ptr_equal(packet.decoded, &decode);
		assert_int_equal(decode.kind, DECODED_SEGMENT);
		assert_int_equal(decode.segment.source.port, 1042);
		assert_int_equal(decode.segment.destination.port, 102);
		assert_int_equal(decode.segment.flags, TCP_PSH | TCP_ACK);
		assert_int_equal(decode.segment.moment.frame, i);
		assert_int_equal(packet.light, light);
		if (!light)
			is_whole(&packet);
	}
	assert_true(channel_take(&channel, &kind, &message));
	assert_int_equal(kind, HANDOVER_END);
	assert_false(channel_take(&channel, &kind, &message));
	channel_close(&channel);
}

static bool write_kinds(struct channel *channel)
{
	struct capture_problem problems[] = {{true, 17, (char[]){"is cut off"}}, {false, 0, (char[]){""}}};
	struct capture_info info = {.format = "pcap",
				    .compression = "gzip",
				    .links = {{DLT_EN10MB, "EN10MB", 5}, {LINK_FOREIGN, "others", 1}},
				    .link_count = 2,
				    .digits = 9,
				    .packets = 6,
				    .first = 1,
				    .last = TIME_NONE,
				    .has_drops = true,
				    .drops = 3,
				    .failures_only = true,
				    .batches = true,
				    .problems = problems,
				    .problem_count = 2};

	struct handover_like like = {0};

	return write_packet(channel, &like, 3, false) && write_packet(channel, &like, 4, false) &&
	       write_packet(channel, &like, 5, true) && handover_digits(channel, 2, 9) &&
	       handover_info(channel, 4, &info) && handover_failed(channel, 5, "it does not fit");
}

/* Whatever a message says of itself, what is taken from it lies within it. */
static void try_all(struct cursor message, struct cursor bytes)
{
	static const uint32_t packets[] = {HANDOVER_PACKET, HANDOVER_LEAN, HANDOVER_LIGHT};
	struct packet packet;
	struct decode decode;
	uint64_t hash[2];
	struct capture_file file = {.info = {.file = "name"}};
	char *texts[2] = {NULL, NULL};
	char *why = NULL;
	uint32_t number;
	unsigned digits;

	for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
		struct handover_like like = {.known = true};
		const struct cursor *within = packets[i] == HANDOVER_LEAN ? &bytes : &message;
		if (!handover_take_packet(packets[i], &message, &bytes, &like, &packet, &decode, hash))
			continue;
		assert_true(packet.captured == 0 || (packet.data >= within->data &&
						     packet.data + packet.captured <= within->data + within->captured));
		assert_true(packet.decoded == NULL || decode.kind != DECODED_ICMP);
		if (packet.decoded == NULL || decode.kind != DECODED_SEGMENT)
			continue;
		const struct segment *segment = &decode.segment;
		assert_true(segment->payload_captured == 0 ||
			    (segment->payload >= packet.data &&
			     segment->payload + segment->payload_captured <= packet.data + packet.captured));
		assert_true(segment->options_length == 0 ||
			    (segment->options >= packet.data &&
			     segment->options + segment->options_length <= packet.data + packet.captured));
		assert_true(segment->vlan.count <= VLAN_TAGS);
	}
	if (handover_take_digits(message, &number, &digits))
		assert_true(digits <= 9);
	if (handover_take_info(message, &number, &file.info, texts))
		assert_true(file.info.link_count <= CAPTURE_LINKS && file.info.problem_count <= CAPTURE_PROBLEMS);
	capture_file_free(&file);
	free(texts[0]);
	free(texts[1]);
	if (handover_take_failed(message, &number, &why))
		free(why);
}

static void kinds_arrive_and_are_checked(void **state)
{
	static const uint32_t kinds[] = {HANDOVER_PACKET, HANDOVER_LEAN, HANDOVER_LIGHT,
					 HANDOVER_DIGITS, HANDOVER_INFO, HANDOVER_FAILED};
	struct channel channel = channel_from(write_kinds);
	uint64_t random = 1;

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct cursor message;
		uint32_t kind = HANDOVER_END;
		assert_true(channel_take(&channel, &kind, &message));
		assert_int_equal(kind, kinds[i]);
		struct cursor bytes = channel_bytes(&channel);
		size_t length = message.captured;
		uint8_t *copy = malloc(length);
		assert_non_null(copy);
		for (size_t cut = 0; cut < length; cut++) {
			uint8_t *shorter = malloc(cut + 1);
			assert_non_null(shorter);
			memcpy(shorter, message.data, cut);
			try_all(cursor_over(shorter, cut), bytes);
			free(shorter);
		}
		for (unsigned round = 0; round < ROUNDS; round++) {
			memcpy(copy, message.data, length);
			for (unsigned k = prng_below(&random, 4); k < 4; k++)
				copy[prng_below(&random, (uint32_t)length)] = (uint8_t)prng_next(&random);
			try_all(cursor_over(copy, length), bytes);
		}
		free(copy);
		if (kind == HANDOVER_INFO) {
			struct capture_file file = {.info = {.file = "name"}};
			char *texts[2];
			uint32_t number;
			assert_true(handover_take_info(message, &number, &file.info, texts));
			assert_int_equal(number, 4);
			assert_string_equal(file.info.file, "name");
			assert_string_equal(file.info.format, "pcap");
			assert_string_equal(file.info.compression, "gzip");
			assert_string_equal(file.info.links[1].name, "others");
			assert_int_equal(file.info.links[0].packets, 5);
			assert_int_equal(file.info.drops, 3);
			assert_true(file.info.failures_only && file.info.batches);
			assert_true(file.info.last == TIME_NONE && !file.info.complete);
			assert_string_equal(file.info.problems[0].says, "is cut off");
			assert_true(file.info.problems[0].has_offset && file.info.problems[0].offset == 17);
			assert_string_equal(file.info.problems[1].says, "");
			capture_file_free(&file);
			free(texts[0]);
			free(texts[1]);
		}
	}
	channel_close(&channel);
}

static bool write_nothing(struct channel *channel)
{
	const struct {
		uint32_t chunk, length;
	} wrong = {CHUNKS, 8};

	return write(channel->full[1], &wrong, sizeof wrong) == (ssize_t)sizeof wrong;
}

static void a_chunk_that_is_none_is_the_end(void **state)
{
	struct channel channel = channel_from(write_nothing);
	struct cursor message;
	uint32_t kind = HANDOVER_END;

	(void)state;
	assert_false(channel_take(&channel, &kind, &message));
	channel_close(&channel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packets_arrive),
	    cmocka_unit_test(kinds_arrive_and_are_checked),
	    cmocka_unit_test(a_chunk_that_is_none_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
