/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a frame to the TCP segment or ICMP error in it: each link layer, tags, both IPs, and everything cut short. */
#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/decode.h"
#include "hex.h"
#include "prng.h"

#define ETHERNET "020000000002020000000001"
#define IPV4     "450000 2c 1234 4000 3c06 0000 0a140109 0a140001"
#define IPV6     "6000000000 18 063f 20010db8000000000000000000000001 20010db8000000000000000000000002"
/* 1042 to 102, seq 1000, ack 2000, PSH ACK, window 17520, checksum abcd, four bytes of payload. */
#define TCP "0412 0066 000003e8 000007d0 5018 4470 abcd 0000 03000016"

/* Decodes through a copy that is as large as what was captured, so that a sanitizer sees a byte read past it. */
static struct decode decode_cut(int link_type, const char *text, size_t captured, size_t length)
{
	struct hex bytes = hex(text);
	struct decode result;
	uint8_t *copy = malloc(captured + (captured == 0));

	assert_non_null(copy);
	assert_true(captured <= bytes.length);
	memcpy(copy, bytes.bytes, captured);
	memset(&result, 0xa5, sizeof result);
	struct packet packet = {.moment = {77, 3, 1},
				.link_type = link_type,
				.data = copy,
				.captured = (uint32_t)captured,
				.length = (uint32_t)length};
	struct decoder *decoder = decoder_new();
	decode_packet(decoder, &packet, &result);
	decoder_free(decoder);
	if (result.kind == DECODED_SEGMENT) {
		const uint8_t *payload = result.segment.payload;
		uint32_t size = result.segment.payload_captured;
		assert_true(size == 0 || (payload >= copy && payload + size <= copy + captured));
		assert_true(size <= result.segment.payload_length);
		/* The bytes are gone when this returns. */
		assert_true(size < 4 || memcmp(payload, "\x03\x00\x00\x16", 4) == 0);
	}
	free(copy);
	return result;
}

static struct decode decode_of(int link_type, const char *text)
{
	size_t length = hex(text).length;

	return decode_cut(link_type, text, length, length);
}

static void assert_segment(const struct decode *decode, uint8_t family)
{
	const struct segment *segment = &decode->segment;

	assert_int_equal(decode->kind, DECODED_SEGMENT);
	assert_int_equal(segment->moment.time, 77);
	assert_int_equal(segment->moment.frame, 3);
	assert_int_equal(segment->source.ip.family, family);
	assert_int_equal(segment->destination.ip.family, family);
	assert_int_equal(segment->source.ip.bytes[family == 4 ? 3 : 15], family == 4 ? 9 : 1);
	assert_int_equal(segment->destination.ip.bytes[family == 4 ? 3 : 15], family == 4 ? 1 : 2);
	assert_int_equal(segment->source.port, 1042);
	assert_int_equal(segment->destination.port, 102);
	assert_int_equal(segment->seq, 1000);
	assert_int_equal(segment->ack, 2000);
	assert_int_equal(segment->flags, TCP_PSH | TCP_ACK);
	assert_int_equal(segment->window, 17520);
	assert_int_equal(segment->checksum, 0xabcd);
	assert_int_equal(segment->payload_length, 4);
	assert_int_equal(segment->payload_captured, 4);
	assert_false(segment->has_timestamp);
}

static void every_link_layer_is_stepped_over(void **state)
{
	static const struct {
		int link_type;
		const char *header;
	} rows[] = {
	    {DLT_EN10MB, ETHERNET "0800"},
	    {DLT_EN10MB, ETHERNET "0034 aaaa03 000000 0800"}, /* 802.3 with LLC and SNAP */
	    {DLT_LINUX_SLL, "0000 0001 0006 0200000000010000 0800"},
	    {DLT_LINUX_SLL2, "0800 0000 00000002 0001 00 06 0200000000010000"},
	    {DLT_RAW, ""},
	    {DLT_IPV4, ""},
	    {DLT_NULL, "02000000"},
	    {DLT_LOOP, "00000002"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[400];
		snprintf(text, sizeof text, "%s" IPV4 TCP, rows[i].header);
		assert_true(decode_knows_link(rows[i].link_type));
		struct decode decode = decode_of(rows[i].link_type, text);
		assert_segment(&decode, 4);
		assert_int_equal(decode.segment.vlan.count, 0);
		assert_int_equal(decode.segment.hop_limit, 60);
		assert_true(decode.segment.has_ip_id);
		assert_int_equal(decode.segment.ip_id, 0x1234);
	}
	assert_false(decode_knows_link(DLT_USB));
}

static void ipv6_is_decoded_over_every_link_layer(void **state)
{
	struct decode decode = decode_of(DLT_EN10MB, ETHERNET "86dd" IPV6 TCP);

	(void)state;
	assert_segment(&decode, 6);
	assert_false(decode.segment.has_ip_id);
	assert_int_equal(decode.segment.hop_limit, 63);
	decode = decode_of(DLT_RAW, IPV6 TCP);
	assert_segment(&decode, 6);
	decode = decode_of(DLT_IPV6, IPV6 TCP);
	assert_segment(&decode, 6);
	decode = decode_of(DLT_NULL, "1e000000" IPV6 TCP);
	assert_segment(&decode, 6);
}

static void vlan_tags_are_kept(void **state)
{
	struct decode decode = decode_of(DLT_EN10MB, ETHERNET "8100 2007 0800" IPV4 TCP);

	(void)state;
	assert_segment(&decode, 4);
	assert_int_equal(decode.segment.vlan.count, 1);
	assert_int_equal(decode.segment.vlan.id[0], 7);
	decode = decode_of(DLT_EN10MB, ETHERNET "88a8 0064 8100 0007 86dd" IPV6 TCP);
	assert_segment(&decode, 6);
	assert_int_equal(decode.segment.vlan.count, 2);
	assert_int_equal(decode.segment.vlan.id[0], 100);
	assert_int_equal(decode.segment.vlan.id[1], 7);
	decode = decode_of(DLT_EN10MB, ETHERNET "9100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800" IPV4 TCP);
	assert_segment(&decode, 4);
	assert_int_equal(decode.segment.vlan.count, VLAN_TAGS);
	assert_int_equal(decode.segment.vlan.id[3], 4);
	decode = decode_of(DLT_LINUX_SLL2, "8100 0000 00000002 0001 00 06 0200000000010000 0007 0800" IPV4 TCP);
	assert_segment(&decode, 4);
	assert_int_equal(decode.segment.vlan.id[0], 7);
}

/* What one packet says stays out of the next one. */
static void nothing_is_left_of_the_packet_before(void **state)
{
	struct hex tagged = hex(ETHERNET "8100 0007 0800"
					 "450000 38 1234 4000 3c06 0000 0a140109 0a140001"
					 "0412 0066 000003e8 000007d0 8018 4470 abcd 0000 0101 080a 00000005 00000006 "
					 "03000016");
	struct hex plain = hex(ETHERNET "0800" IPV4 TCP);
	struct decode decode;
	struct packet packet = {.link_type = DLT_EN10MB,
				.data = tagged.bytes,
				.captured = (uint32_t)tagged.length,
				.length = (uint32_t)tagged.length};

	(void)state;
	struct decoder *decoder = decoder_new();
	decode_packet(decoder, &packet, &decode);
	assert_int_equal(decode.kind, DECODED_SEGMENT);
	assert_true(decode.segment.has_timestamp);
	assert_int_equal(decode.segment.timestamp, 5);
	packet.data = plain.bytes;
	packet.captured = packet.length = (uint32_t)plain.length;
	decode_packet(decoder, &packet, &decode);
	decoder_free(decoder);
	assert_false(decode.segment.has_timestamp);
	assert_int_equal(decode.segment.vlan.count, 0);
}

/* Options in any order, and options that are none. */
static void the_timestamp_is_found_among_the_options(void **state)
{
	static const struct {
		const char *offset_and_options;
		bool found;
	} rows[] = {
	    {"8018 4470 abcd 0000 080a0000000500000006 0101", true},
	    {"a018 4470 abcd 0000 020405b4 0402 080a0000000500000006 01 030307", true},
	    {"8018 4470 abcd 0000 00 0a 080a0000000500000006", false},    /* the list had ended */
	    {"8018 4470 abcd 0000 0101 0101 0101 0101 0101 080a", false}, /* it reaches past the header */
	    {"6018 4470 abcd 0000 0100 0000", false},
	    {"6018 4470 abcd 0000 0501 0101", false}, /* a length that is too small */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[400];
		snprintf(text, sizeof text,
			 "450000000000400040060000 0a140109 0a140001 0412 0066 000003e8 000007d0 %s 03000016",
			 rows[i].offset_and_options);
		struct decode decode = decode_of(DLT_RAW, text);
		assert_int_equal(decode.kind, DECODED_SEGMENT);
		assert_int_equal(decode.segment.has_timestamp, rows[i].found);
		assert_int_equal(decode.segment.payload_length, 4);
		if (rows[i].found)
			assert_int_equal(decode.segment.timestamp, 5);
	}
}

/* Ethernet fills short frames up; that is no payload. */
static void padding_is_no_payload(void **state)
{
	struct decode decode = decode_of(DLT_EN10MB, ETHERNET "0800" IPV4 TCP "ffffffffffff");

	(void)state;
	assert_segment(&decode, 4);
	decode = decode_of(DLT_EN10MB, ETHERNET "86dd" IPV6 TCP "ffffffffffff");
	assert_segment(&decode, 6);
}

/* An offloading card recorded the packet before its length was set: it reaches to the end of the frame. */
static void a_length_of_zero_is_that_of_the_frame(void **state)
{
	struct decode decode =
	    decode_of(DLT_EN10MB, ETHERNET "0800 45000000 1234 4000 3c06 0000 0a140109 0a140001" TCP);

	(void)state;
	assert_segment(&decode, 4);
	decode = decode_of(DLT_EN10MB, ETHERNET "86dd 6000000000 00 063f 20010db8000000000000000000000001"
						"20010db8000000000000000000000002" TCP);
	assert_segment(&decode, 6);
}

static void ip_options_are_stepped_over(void **state)
{
	struct decode decode =
	    decode_of(DLT_RAW, "470000 34 1234 4000 3c06 0000 0a140109 0a140001 0707040a000001 00" TCP);

	(void)state;
	assert_segment(&decode, 4);
}

static void ipv6_extension_headers_are_stepped_over(void **state)
{
	static const struct {
		const char *next, *length, *headers;
	} rows[] = {
	    {"00", "20", "06 00 0502 0000 0100"},                                  /* hop by hop */
	    {"3c", "28", "06 01 0000 0000 0000 00000000 00000000"},                /* destination options, 16 bytes */
	    {"2b", "20", "06 00 0000 0000 0000"},                                  /* routing */
	    {"33", "30", "06 04 0000 00000001 00000001 000000000000000000000000"}, /* authentication: 24 bytes */
	    {"00", "28", "3c 00 0502 0000 0100 06 00 0502 0000 0100"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[400];
		snprintf(text, sizeof text,
			 "6000000000%s%s3f 20010db8000000000000000000000001 20010db8000000000000000000000002 %s" TCP,
			 rows[i].length, rows[i].next, rows[i].headers);
		struct decode decode = decode_of(DLT_RAW, text);
		assert_segment(&decode, 6);
	}
}

/* A chain of headers without end is no packet. */
static void headers_without_end_are_bad(void **state)
{
	char text[900] = "6000000000 a0 003f 20010db8000000000000000000000001 20010db8000000000000000000000002";

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		strcat(text, "0000050200000100");
	assert_int_equal(decode_of(DLT_RAW, text).kind, DECODED_TOO_DEEP);
}

/* A part of a datagram is none yet, not even the first, which has the TCP header. */
static void fragments_are_told(void **state)
{
	struct decode decode = decode_of(DLT_RAW, "450000 2c 1234 2000 3c06 0000 0a140109 0a140001" TCP);

	(void)state;
	assert_int_equal(decode.kind, DECODED_FRAGMENT);
	decode = decode_of(DLT_RAW, "450000 2c 1234 0003 3c06 0000 0a140109 0a140001" TCP);
	assert_int_equal(decode.kind, DECODED_FRAGMENT);
	decode =
	    decode_of(DLT_RAW, "6000000000 20 2c3f 20010db8000000000000000000000001 20010db8000000000000000000000002"
			       "06 00 0001 00000001" TCP);
	assert_int_equal(decode.kind, DECODED_FRAGMENT);
	decode =
	    decode_of(DLT_RAW, "6000000000 20 2c3f 20010db8000000000000000000000001 20010db8000000000000000000000002"
			       "06 00 0019 00000001" TCP);
	assert_int_equal(decode.kind, DECODED_FRAGMENT);
}

/* A snap length leaves the start of a packet: all that came of it, or which header is not whole. */
static void a_cut_packet_is_told_from_a_bad_one(void **state)
{
	static const char v4[] = ETHERNET "0800" IPV4 TCP;
	static const char v6[] = ETHERNET "8100 0007 86dd" IPV6 TCP;
	size_t length = hex(v4).length;

	(void)state;
	/* Without a byte it only has a time. */
	assert_int_equal(decode_cut(DLT_EN10MB, v4, 0, length).kind, DECODED_NOTHING);
	for (size_t captured = 1; captured < length; captured++) {
		struct decode decode = decode_cut(DLT_EN10MB, v4, captured, length);
		/* The urgent pointer is of no interest. */
		if (captured < length - 4 - 2) {
			assert_int_equal(decode.kind, DECODED_CUT);
		} else {
			assert_int_equal(decode.kind, DECODED_SEGMENT);
			assert_int_equal(decode.segment.payload_length, 4);
			assert_int_equal(decode.segment.payload_captured,
					 captured + 4 < length ? 0 : captured + 4 - length);
		}
		/* A frame that was never longer is the sender's fault. */
		if (captured < length)
			assert_int_equal(decode_cut(DLT_EN10MB, v4, captured, captured).kind, DECODED_BAD);
	}
	length = hex(v6).length;
	for (size_t captured = 1; captured < length - 4 - 2; captured++)
		assert_int_equal(decode_cut(DLT_EN10MB, v6, captured, length).kind, DECODED_CUT);
}

static void headers_that_contradict_themselves_are_bad(void **state)
{
	(void)state;
	/* IP header of 16 bytes; total length below the header; TCP header of 16 bytes, and beyond the packet. */
	assert_int_equal(decode_of(DLT_RAW, "440000 2c 1234 4000 3c06 0000 0a140109 0a140001" TCP).kind, DECODED_BAD);
	assert_int_equal(decode_of(DLT_RAW, "450000 13 1234 4000 3c06 0000 0a140109 0a140001" TCP).kind, DECODED_BAD);
	assert_int_equal(decode_of(DLT_RAW, IPV4 "04120066000003e8000007d0 4018 4470 abcd 0000 03000016").kind,
			 DECODED_BAD);
	assert_int_equal(decode_of(DLT_RAW, IPV4 "04120066000003e8000007d0 f018 4470 abcd 0000 03000016").kind,
			 DECODED_BAD);
	/* IP of no version. */
	assert_int_equal(decode_of(DLT_RAW, "75000000").kind, DECODED_BAD);
}

static void what_is_no_tcp_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(decode_of(DLT_EN10MB, ETHERNET "0806 0001080006040001").kind, DECODED_NOTHING);
	assert_int_equal(decode_of(DLT_EN10MB, ETHERNET "0026 424203 0000000000").kind, DECODED_NOTHING);
	assert_int_equal(decode_of(DLT_RAW, "450000 1c 1234 4000 3c11 0000 0a140109 0a140001 0035003500080000").kind,
			 DECODED_NOTHING);
}

static void assert_icmp(const struct decode *decode, uint8_t version, uint8_t type, uint8_t code)
{
	assert_int_equal(decode->kind, DECODED_ICMP);
	assert_int_equal(decode->icmp.moment.frame, 3);
	assert_int_equal(decode->icmp.version, version);
	assert_int_equal(decode->icmp.type, type);
	assert_int_equal(decode->icmp.code, code);
	assert_int_equal(decode->icmp.source.port, 1042);
	assert_int_equal(decode->icmp.destination.port, 102);
	assert_int_equal(decode->icmp.seq, 1000);
	assert_int_equal(decode->icmp.source.ip.family, version);
	assert_int_equal(decode->icmp.source.ip.bytes[version == 4 ? 3 : 15], version == 4 ? 9 : 1);
	assert_int_equal(decode->icmp.destination.ip.bytes[version == 4 ? 3 : 15], version == 4 ? 1 : 2);
	assert_int_equal(decode->icmp.from.bytes[version == 4 ? 3 : 15], 254);
}

#define ICMP4 "450000 38 0001 0000 4001 0000 0a1401fe 0a140109"
#define ICMP6 "6000000000 38 3a40 200100000000000000000000000000fe 20010db8000000000000000000000001"

/* RFC 792 and RFC 4443: the quoted packet's first eight bytes of TCP are always there, and may be all there is. */
static void icmp_errors_name_the_segment_they_quote(void **state)
{
	struct decode decode = decode_of(
	    DLT_RAW, ICMP4 "030d 0000 00000000 450000 2c 1234 4000 0106 0000 0a140109 0a140001 0412 0066 000003e8");

	(void)state;
	assert_icmp(&decode, 4, 3, 13);
	decode = decode_of(DLT_RAW, "450000 3c 0001 0000 4001 0000 0a1401fe 0a140109"
				    "0301 0000 00000000 460000 30 1234 4000 0106 0000 0a140109 0a140001 94040000"
				    "0412 0066 000003e8");
	assert_icmp(&decode, 4, 3, 1);
	decode = decode_of(DLT_RAW, ICMP6 "0104 0000 00000000 6000000000 18 063f 20010db8000000000000000000000001"
					  "20010db8000000000000000000000002 0412 0066 000003e8");
	assert_icmp(&decode, 6, 1, 4);
}

static void icmp_about_anything_else_is_nothing(void **state)
{
	(void)state;
	/* Echo; time exceeded; about UDP; cut before the sequence number. */
	assert_int_equal(decode_of(DLT_RAW, ICMP4 "0800 0000 00010001").kind == DECODED_ICMP, false);
	assert_int_equal(decode_of(DLT_RAW, ICMP4 "0b00 0000 00000000 450000 2c 1234 4000 0106 0000 0a140109 0a140001"
						  "0412 0066 000003e8")
			     .kind,
			 DECODED_NOTHING);
	assert_int_equal(decode_of(DLT_RAW, ICMP4 "0303 0000 00000000 450000 2c 1234 4000 0111 0000 0a140109 0a140001"
						  "0412 0066 000003e8")
			     .kind,
			 DECODED_NOTHING);
	assert_int_equal(decode_of(DLT_RAW, "450000 36 0001 0000 4001 0000 0a1401fe 0a140109 0301 0000 00000000"
					    "450000 2c 1234 4000 0106 0000 0a140109 0a140001 0412 0066 0000")
			     .kind,
			 DECODED_NOTHING);
}

static void assert_same(const struct decode *a, const uint8_t *from_a, const struct decode *b, const uint8_t *from_b)
{
	const struct segment *left = &a->segment;
	const struct segment *right = &b->segment;

	assert_int_equal(a->kind, b->kind);
	if (a->kind != DECODED_SEGMENT)
		return;
	assert_true(address_equal(&left->source.ip, &right->source.ip));
	assert_true(address_equal(&left->destination.ip, &right->destination.ip));
	assert_int_equal(left->source.port, right->source.port);
	assert_int_equal(left->destination.port, right->destination.port);
	assert_int_equal(left->seq, right->seq);
	assert_int_equal(left->ack, right->ack);
	assert_int_equal(left->flags, right->flags);
	assert_int_equal(left->window, right->window);
	assert_int_equal(left->checksum, right->checksum);
	assert_int_equal(left->hop_limit, right->hop_limit);
	assert_int_equal(left->ip_id, right->ip_id);
	assert_int_equal(left->has_timestamp, right->has_timestamp);
	if (left->has_timestamp)
		assert_int_equal(left->timestamp, right->timestamp);
	assert_int_equal(left->options_length, right->options_length);
	if (left->options_length > 0)
		assert_int_equal(left->options - from_a, right->options - from_b);
	assert_int_equal(left->payload_length, right->payload_length);
	assert_int_equal(left->payload_captured, right->payload_captured);
	assert_int_equal(left->payload - from_a, right->payload - from_b);
}

/* Ethernet has a short way through the layers, and IP by itself has not: whatever is damaged, both say the same. */
static void the_short_way_leads_where_the_layers_do(void **state)
{
	(void)state;
	static const char *const frames[] = {
	    ETHERNET "0800" IPV4 TCP,
	    ETHERNET "0800 4500 0038 1234 4000 3c06 0000 0a140109 0a140001"
		     "0412 0066 000003e8 000007d0 8018 4470 abcd 0000 0101 080a 00000007 00000005 03000016",
	};
	enum { ETHERNET_BYTES = 14 };
	uint64_t random = 7;
	unsigned segments = 0;

	for (unsigned i = 0; i < 40000; i++) {
		struct hex bytes = hex(frames[i % 2]);
		for (unsigned damage = prng_below(&random, 3); damage > 0; damage--)
			bytes.bytes[12 + prng_below(&random, 50)] = (uint8_t)prng_next(&random);
		bytes.bytes[12] = 8;
		bytes.bytes[13] = 0;
		uint32_t length = (uint32_t)bytes.length;
		uint32_t captured = length - (prng_percent(&random, 30) ? prng_below(&random, 44) : 0);
		const uint8_t *data = bytes.bytes;
		struct packet whole = {.link_type = DLT_EN10MB, .data = data, .captured = captured, .length = length};
		struct packet bare = {.link_type = DLT_RAW,
				      .data = data + ETHERNET_BYTES,
				      .captured = captured - ETHERNET_BYTES,
				      .length = length - ETHERNET_BYTES};
		struct decoder *decoder = decoder_new();
		struct decode straight, layered;
		decode_packet(decoder, &whole, &straight);
		decode_packet(decoder, &bare, &layered);
		assert_same(&straight, data, &layered, data);
		segments += straight.kind == DECODED_SEGMENT;
		decoder_free(decoder);
	}
	assert_true(segments > 10000 && segments < 39000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_link_layer_is_stepped_over),
	    cmocka_unit_test(ipv6_is_decoded_over_every_link_layer),
	    cmocka_unit_test(vlan_tags_are_kept),
	    cmocka_unit_test(nothing_is_left_of_the_packet_before),
	    cmocka_unit_test(the_timestamp_is_found_among_the_options),
	    cmocka_unit_test(padding_is_no_payload),
	    cmocka_unit_test(a_length_of_zero_is_that_of_the_frame),
	    cmocka_unit_test(ip_options_are_stepped_over),
	    cmocka_unit_test(ipv6_extension_headers_are_stepped_over),
	    cmocka_unit_test(headers_without_end_are_bad),
	    cmocka_unit_test(fragments_are_told),
	    cmocka_unit_test(a_cut_packet_is_told_from_a_bad_one),
	    cmocka_unit_test(headers_that_contradict_themselves_are_bad),
	    cmocka_unit_test(what_is_no_tcp_is_nothing),
	    cmocka_unit_test(icmp_errors_name_the_segment_they_quote),
	    cmocka_unit_test(icmp_about_anything_else_is_nothing),
	    cmocka_unit_test(the_short_way_leads_where_the_layers_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
