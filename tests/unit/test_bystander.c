/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets are passed over: none that concerns a watched port, and none that decoding makes something else of. */
#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/bystander.h"
#include "capture/decode.h"
#include "hex.h"

#define ETHERNET "020000000002020000000001"
#define IP_TCP   "0800 450000 2c 1234 4000 3c06 0000 0a140109 0a140001"
#define IP_UDP   "0800 450000 20 1234 4000 3c11 0000 0a140109 0a140001"
/* Between 1042 and 80, seq 1000, ack 2000, PSH ACK, four bytes of payload. */
#define TCP_80  "0412 0050 000003e8 000007d0 5018 4470 abcd 0000 03000016"
#define SYN_80  "0412 0050 000003e8 00000000 5002 4470 abcd 0000 00000000"
#define UDP_123 "0412 007b 000c 0000 01020304"

struct asked {
	struct bystanders bystanders;
	uint32_t syns[PORT_NUMBERS];
};

static struct asked *ask(const char *ports)
{
	struct asked *asked = calloc(1, sizeof *asked);

	assert_non_null(asked);
	asked->bystanders.syns = asked->syns;
	asked->bystanders.watched[strtoul(ports, NULL, 10)] = true;
	asked->bystanders.until = INT64_MAX;
	return asked;
}

static struct packet packet_of(const struct hex *bytes, size_t captured)
{
	return (struct packet){.moment = {.time = 77},
			       .link_type = DLT_EN10MB,
			       .data = bytes->bytes,
			       .captured = (uint32_t)captured,
			       .length = (uint32_t)bytes->length};
}

static bool taken(struct asked *asked, const char *text)
{
	struct hex bytes = hex(text);
	struct packet packet = packet_of(&bytes, bytes.length);

	return bystanders_take(&asked->bystanders, &packet);
}

static void test_others_are_taken_and_counted(void **state)
{
	struct asked *asked = ask("102");

	(void)state;
	assert_true(taken(asked, ETHERNET IP_TCP TCP_80));
	assert_true(taken(asked, ETHERNET IP_TCP SYN_80));
	assert_true(taken(asked, ETHERNET IP_UDP UDP_123));
	assert_int_equal(asked->bystanders.segments, 2);
	assert_int_equal(asked->bystanders.others, 1);
	assert_int_equal(asked->syns[80], 1);
	assert_true(asked->bystanders.passed);
	assert_int_equal(asked->bystanders.from, 77);
	free(asked);
}

static void test_watched_ports_are_not(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct asked *asked = ask(i == 0 ? "80" : "1042");
		assert_false(taken(asked, ETHERNET IP_TCP TCP_80));
		assert_false(asked->bystanders.passed);
		assert_int_equal(asked->bystanders.segments, 0);
		free(asked);
	}
}

static void test_what_differs_is_left_to_the_decoder(void **state)
{
	static const char *const differing[] = {
	    ETHERNET "8100 0007" IP_TCP TCP_80,                                     /* a tag */
	    ETHERNET "86dd 6000000000 04 0640",                                     /* IPv6 */
	    ETHERNET "0800 450000 2c 1234 2000 3c06 0000 0a140109 0a140001" TCP_80, /* a fragment */
	    ETHERNET "0800 450000 2c 1234 0010 3c06 0000 0a140109 0a140001" TCP_80, /* the last one */
	    ETHERNET "0800 460000 30 1234 4000 3c06 0000 0a140109 0a140001 01010101" TCP_80,
	    ETHERNET "0800 450000 ff 1234 4000 3c06 0000 0a140109 0a140001" TCP_80,     /* longer than the frame */
	    ETHERNET "0800 450000 27 1234 4000 3c06 0000 0a140109 0a140001" TCP_80,     /* no room for TCP */
	    ETHERNET IP_TCP "0412 0050 000003e8 000007d0 4018 4470 abcd 0000 03000016", /* a short header */
	    ETHERNET IP_TCP "0412 0050 000003e8 000007d0 f018 4470 abcd 0000 03000016", /* one longer than the packet */
	    ETHERNET IP_UDP "0412 12b5 000c 0000 01020304",                             /* VXLAN's port */
	    ETHERNET "0800 450000 1c 1234 4000 3c01 0000 0a140109 0a140001 0301000000000000",
	    ETHERNET "0800 450000 1b 1234 4000 3c11 0000 0a140109 0a140001 0412007b000c0000",
	};
	struct asked *asked = ask("102");

	(void)state;
	for (size_t i = 0; i < sizeof differing / sizeof *differing; i++)
		if (taken(asked, differing[i]))
			fail_msg("%s", differing[i]);
	free(asked);
}

/* Wherever it is cut: what is taken, the decoder would have made nothing else of. */
static void test_cut_headers(void **state)
{
	static const char *const packets[] = {ETHERNET IP_TCP TCP_80, ETHERNET IP_UDP UDP_123,
					      ETHERNET "0800 450000 2c 1234 4000 3c06 0000 0a140109 0a140001"
						       "0412 0050 000003e8 000007d0 6018 4470 abcd 0000 020405b4"};

	(void)state;
	for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
		struct hex bytes = hex(packets[i]);
		size_t takes = 0;
		for (size_t captured = 0; captured <= bytes.length; captured++) {
			struct asked *asked = ask("102");
			struct packet packet = packet_of(&bytes, captured);
			struct decoder *decoder = decoder_new();
			struct decode decode;
			decode_packet(decoder, &packet, &decode);
			if (bystanders_take(&asked->bystanders, &packet)) {
				takes++;
				assert_int_equal(decode.kind, i == 1 ? DECODED_NOTHING : DECODED_SEGMENT);
			}
			decoder_free(decoder);
			free(asked);
		}
		/* All that is behind the headers does not matter. */
		assert_int_equal(takes, 5 - (i == 2 ? 4 : 0));
	}
}

static void test_only_while_nothing_is_due(void **state)
{
	struct asked *asked = ask("102");

	(void)state;
	asked->bystanders.from = 78;
	assert_false(taken(asked, ETHERNET IP_TCP TCP_80));
	asked->bystanders.from = 77;
	asked->bystanders.until = 76;
	assert_false(taken(asked, ETHERNET IP_TCP TCP_80));
	asked->bystanders.until = 77;
	assert_true(taken(asked, ETHERNET IP_TCP TCP_80));
	free(asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_others_are_taken_and_counted),        cmocka_unit_test(test_watched_ports_are_not),
	    cmocka_unit_test(test_what_differs_is_left_to_the_decoder), cmocka_unit_test(test_cut_headers),
	    cmocka_unit_test(test_only_while_nothing_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
