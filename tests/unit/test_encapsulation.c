/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every link type and tunnel with bytes built here: what comes out must be the same segment each time. */
#include "capture/decode.h"
#include "hex.h"

#include <pcap/dlt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* From 10.0.0.1 port 3000 to 10.0.0.2 port 102, sequence number 1, "data"; the same over IPv6. */
#define TCP      "0bb80066 00000001 00000002 50182000 00000000 64617461"
#define ENDS     "0a000001 0a000002"
#define ENDS6    "20010db8000000000000000000000001 20010db8000000000000000000000002"
#define IP4      "4500002c 12340000 40060000" ENDS TCP
#define IP6      "60000000 00180640" ENDS6 TCP
#define MACS     "020304050607 08090a0b0c0d"
#define ETHERNET MACS "0800" IP4
#define SNAP     "aaaa03 000000 0800" IP4
#define ZEROS8   "00000000 00000000"
#define ZEROS16  ZEROS8 ZEROS8
#define WLAN     "0801 0000" MACS "020304050607 0000" SNAP
/* An IPv4 packet that carries something else: the length is 0, so that it ends where the frame does. */
#define OUTER(protocol) "45000000 12340000 40" protocol "0000" ENDS
#define UDP(port)       OUTER("11") "9c40" port "0000 0000"

static struct decode decoded_by(struct decoder *decoder, int link, const struct hex *bytes, uint32_t length)
{
	struct decode decode;
	/* A copy of just these bytes, so that a sanitizer sees a read past them. It lives as long as the payload. */
	static uint8_t *copy;
	struct packet packet = {.moment = {.time = NS_PER_S, .frame = 7}, .link_type = link, .length = length};

	free(copy);
	copy = malloc(bytes->length + 1);
	memcpy(copy, bytes->bytes, bytes->length);
	packet.data = copy;
	packet.captured = (uint32_t)bytes->length;
	decode_packet(decoder, &packet, &decode);
	return decode;
}

static struct decode decoded(int link, const char *text)
{
	struct hex bytes = hex(text);
	struct decoder *decoder = decoder_new();
	struct decode decode = decoded_by(decoder, link, &bytes, (uint32_t)bytes.length);

	decoder_free(decoder);
	return decode;
}

/* Whether decode is the segment above, and all of it is there. */
static void assert_segment(const struct decode *decode, const char *what)
{
	const struct segment *segment = &decode->segment;
	static const uint8_t last4[4] = {10, 0, 0, 2};

	if (decode->kind != DECODED_SEGMENT)
		printf("%s: kind %d\n", what, (int)decode->kind);
	assert_int_equal(decode->kind, DECODED_SEGMENT);
	assert_int_equal(segment->source.port, 3000);
	assert_int_equal(segment->destination.port, 102);
	assert_int_equal(segment->seq, 1);
	assert_int_equal(segment->moment.frame, 7);
	assert_int_equal(segment->payload_length, 4);
	assert_memory_equal(segment->payload, "data", 4);
	if (segment->destination.ip.family == 4)
		assert_memory_equal(segment->destination.ip.bytes, last4, 4);
	else
		assert_int_equal(segment->destination.ip.bytes[15], 2);
}

struct row {
	int link;
	const char *name, *bytes;
};

static void all_carry_the_segment(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct decode decode = decoded(rows[i].link, rows[i].bytes);
		assert_true(decode_knows_link(rows[i].link));
		assert_segment(&decode, rows[i].name);
	}
}

static void links(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {DLT_EN10MB, "Ethernet", ETHERNET},
	    {DLT_EN10MB, "Ethernet, IPv6", MACS "86dd" IP6},
	    {DLT_EN10MB, "padding", ETHERNET "ffffffffffff"},
	    {DLT_EN10MB, "SNAP", MACS "0034" SNAP},
	    {DLT_EN10MB, "802.1H", MACS "0034 aaaa03 0000f8 0800" IP4},
	    {DLT_EN10MB, "IP in LLC", MACS "0034 060603" IP4},
	    {DLT_EN10MB, "SNAP behind a tag", MACS "8100 0005 0034" SNAP},
	    {DLT_EN10MB, "E-TAG, VN-TAG, HSR", MACS "893f 000000000000 8926 00000000 892f 00000000 0800" IP4},
	    {DLT_EN10MB, "provider backbone", MACS "88e7 00000000" ETHERNET},
	    {DLT_RAW, "raw", IP4},
	    {12, "raw", IP4},
	    {14, "raw", IP6},
	    {101, "raw", IP6},
	    {DLT_IPV4, "IPv4", IP4},
	    {DLT_IPV6, "IPv6", IP6},
	    {DLT_NULL, "little-endian", "02000000" IP4},
	    {DLT_NULL, "big-endian", "00000002" IP4},
	    {DLT_NULL, "macOS", "1e000000" IP6},
	    {DLT_LOOP, "OpenBSD", "00000018" IP6},
	    {DLT_NULL, "some other number", "0f000800" IP4},
	    {DLT_LOOP, "EtherType", "00000800" IP4},
	    {DLT_LINUX_SLL, "cooked", "0000 0001 0006 020304050607 0000 0800" IP4},
	    {DLT_LINUX_SLL, "cooked, LLC", "0000 0001 0006 020304050607 0000 0004" SNAP},
	    {DLT_LINUX_SLL, "cooked, radiotap", "0000 0323 0006 020304050607 0000 0000 00000800 00000000" WLAN},
	    {DLT_LINUX_SLL2, "cooked 2", "0800 0000 00000001 0001 00 06 020304050607 0000" IP4},
	    {DLT_IEEE802, "Token Ring", "1040" MACS SNAP},
	    {DLT_IEEE802, "Token Ring, routed", "1040 020304050607 88090a0b0c0d 0630 0011 0022" SNAP},
	    {DLT_FDDI, "FDDI", "50" MACS SNAP},
	    {DLT_ARCNET, "ARCnet", "0102 d4 00 0001" IP4},
	    {DLT_ARCNET, "ARCnet, old", "0102 f0" IP4},
	    {DLT_ARCNET, "ARCnet, exception", "0102 d4 ff ffff d4 00 0001" IP4},
	    {DLT_ARCNET_LINUX, "ARCnet of Linux", "0102 0000 d4 00 0001" IP4},
	    {DLT_ATM_RFC1483, "ATM", SNAP},
	    {DLT_ATM_RFC1483, "ATM, bridged", "aaaa03 0080c2 0007" ETHERNET},
	    {DLT_IP_OVER_FC, "Fibre Channel", ZEROS16 SNAP},
	    {DLT_APPLE_IP_OVER_IEEE1394, "FireWire", ZEROS16 "0800" IP4},
	    {DLT_NFLOG, "NFLOG", "02000000 08000100 08000300 05000a00 78000000 30000900" IP4},
	    {DLT_NFLOG, "NFLOG, big-endian", "02000000 00080001 08000300 00300009" IP4},
	    {DLT_IPNET, "IPNET", "0102 0000" ZEROS16 "00000000" IP4},
	    {DLT_ENC, "IPsec's interface", "02000000" ZEROS8 IP4},
	    {DLT_PFLOG, "pf", "3d02" ZEROS16 ZEROS16 ZEROS16 ZEROS8 "000000000000" IP4},
	    {DLT_PKTAP, "pktap", "14000000 01000000 01000000" ZEROS8 ETHERNET},
	    {DLT_NETANALYZER, "netANALYZER", "00000000" ETHERNET},
	    {DLT_SLIP, "SLIP", ZEROS16 IP4},
	};

	all_carry_the_segment(rows, sizeof rows / sizeof *rows);
	assert_false(decode_knows_link(DLT_USER0));
	assert_int_equal(decoded(DLT_USER0, ETHERNET).kind, DECODED_UNKNOWN_LINK);
}

static void point_to_point(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {DLT_PPP, "PPP", "0021" IP4},
	    {DLT_PPP, "address and control", "ff03 0021" IP4},
	    {DLT_PPP, "protocol compressed", "21" IP4},
	    {DLT_PPP, "IPv6", "ff03 57" IP6},
	    {DLT_PPP, "MPLS", "ff03 0281 000011ff" IP4},
	    {DLT_PPP_SERIAL, "HDLC framing", "ff03 0021" IP4},
	    {DLT_PPP_SERIAL, "Cisco on a serial line", "0f00 0800" IP4},
	    {DLT_C_HDLC, "Cisco", "8f00 86dd" IP6},
	    {DLT_HDLC, "NetBSD", "0f00 0800" IP4},
	    {DLT_PPP_PPPD, "pppd", "0100 0021" IP4},
	    {DLT_PPP_WITH_DIR, "direction", "01 ff03 0021" IP4},
	    {DLT_C_HDLC_WITH_DIR, "direction", "01 0f00 0800" IP4},
	    {DLT_PPP_ETHER, "PPPoE alone", "1100 0001 002e 0021" IP4},
	    {DLT_EN10MB, "PPPoE", MACS "8864 1100 0001 002e 0021" IP4},
	    {DLT_EN10MB, "PPPoE behind tags", MACS "88a8 0001 8100 0002 8864 1100 0001 002e 0021" IP4},
	};

	all_carry_the_segment(rows, sizeof rows / sizeof *rows);
	assert_int_equal(decoded(DLT_PPP, "c021 01010004").kind, DECODED_NOTHING);
	assert_int_equal(decoded(DLT_PPP, "0053 01010004").kind, DECODED_PROTECTED);
	assert_int_equal(decoded(DLT_PPP, "002d 01010004").kind, DECODED_UNKNOWN);
	assert_int_equal(decoded(DLT_EN10MB, MACS "8864 2100 0001 002e 0021" IP4).kind, DECODED_BAD);
}

static void wireless(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {DLT_IEEE802_11, "to the station", WLAN},
	    {DLT_IEEE802_11, "QoS", "8801 0000" MACS "020304050607 0000 0000" SNAP},
	    {DLT_IEEE802_11, "QoS, HT control", "8881 0000" MACS "020304050607 0000 0000 00000000" SNAP},
	    {DLT_IEEE802_11, "between access points", "0803 0000" MACS "020304050607 0000 020304050607" SNAP},
	    {DLT_IEEE802_11, "aggregate", "8801 0000" MACS "020304050607 0000 8000" MACS "0034" SNAP "0000"},
	    {DLT_IEEE802_11_RADIO, "radiotap", "00000800 00000000" WLAN},
	    {DLT_IEEE802_11_RADIO, "radiotap, filled up",
	     "00001900 03000080 00000000 00000000" ZEROS8 "20 8801 0000" MACS "020304050607 0000 0000 0000" SNAP},
	    {DLT_PRISM_HEADER, "Prism", "44000000 10000000" ZEROS8 WLAN},
	    {DLT_PRISM_HEADER, "Prism, big-endian", "00000044 00000010" ZEROS8 WLAN},
	    {DLT_PRISM_HEADER, "AVS by its cookie", "80211001 00000010" ZEROS8 WLAN},
	    {DLT_IEEE802_11_RADIO_AVS, "AVS", "80211001 00000010" ZEROS8 WLAN},
	    {DLT_PPI, "PPI", "00000800 69000000" WLAN},
	    {DLT_PPI, "PPI, Ethernet", "00000c00 01000000 00000000" ETHERNET},
	};

	all_carry_the_segment(rows, sizeof rows / sizeof *rows);
	assert_int_equal(decoded(DLT_IEEE802_11, "0841 0000" MACS "020304050607 0000 00112233").kind,
			 DECODED_PROTECTED);
	assert_int_equal(decoded(DLT_IEEE802_11, "8000 0000" MACS "020304050607 0000 00112233").kind, DECODED_NOTHING);
	assert_int_equal(decoded(DLT_IEEE802_11, "4801 0000" MACS "020304050607 0000").kind, DECODED_NOTHING);
	assert_int_equal(decoded(DLT_IEEE802_11, "0805 0000" MACS "020304050607 0000" SNAP).kind, DECODED_UNKNOWN);
}

static void mpls(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {DLT_EN10MB, "IPv4", MACS "8847 000010ff 000021ff" IP4},
	    {DLT_EN10MB, "IPv6", MACS "8848 000011ff" IP6},
	    {DLT_EN10MB, "three labels", MACS "8847 000010ff 000020ff 000031ff" IP4},
	    {DLT_MPLS, "alone", "000011ff" IP4},
	    {DLT_MPLS, "control word", "000011ff 00000000" ETHERNET},
	    {DLT_MPLS, "no control word", "000011ff" ETHERNET},
	    {DLT_MPLS, "station that looks like IPv4", "000011ff 45ffffffffff 08090a0b0c0d 0800" IP4},
	    {DLT_MPLS, "station that looks like a channel", "000011ff 10ffffffffff 08090a0b0c0d 0800" IP4},
	    {DLT_MPLS, "another station", "000011ff a4ffffffffff 08090a0b0c0d 0800" IP4},
	};

	all_carry_the_segment(rows, sizeof rows / sizeof *rows);
	assert_int_equal(decoded(DLT_MPLS, "000011ff 10000021 45000000").kind, DECODED_NOTHING);
	assert_int_equal(decoded(DLT_MPLS, "00001000").kind, DECODED_BAD);
}

static void tunnels_of_ip(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {DLT_RAW, "IPv4 in IPv4", OUTER("04") IP4},
	    {DLT_RAW, "IPv6 in IPv4", OUTER("29") IP6},
	    {DLT_RAW, "IPv4 in IPv6", "60000000 002c0440" ENDS6 IP4},
	    {DLT_RAW, "Ethernet in IP", OUTER("61") "3000" ETHERNET},
	    {DLT_RAW, "MPLS in IP", OUTER("89") "000011ff" IP4},
	    {DLT_RAW, "authenticated", OUTER("33") "06040000" ZEROS16 "00000000" TCP},
	    {DLT_RAW, "GRE", OUTER("2f") "0000 0800" IP4},
	    {DLT_RAW, "GRE with everything", OUTER("2f") "f000 86dd 00000000 00000000 00000000 00000000" IP6},
	    {DLT_RAW, "GRE, checksum", OUTER("2f") "8000 0800 00000000" IP4},
	    {DLT_RAW, "GRE, a route", OUTER("2f") "4000 0800 00000000 08000004 0a000003 00000000" IP4},
	    {DLT_RAW, "GRE, Ethernet", OUTER("2f") "2000 6558 00000100" ETHERNET},
	    {DLT_RAW, "GRE, MPLS", OUTER("2f") "0000 8847 000011ff" IP4},
	    {DLT_RAW, "WCCP", OUTER("2f") "0000 883e" IP4},
	    {DLT_RAW, "WCCP 2", OUTER("2f") "0000 883e 00000000" IP4},
	    {DLT_RAW, "PPTP", OUTER("2f") "3001 880b 00300001 00000001 ff03 0021" IP4},
	    {DLT_RAW, "PPTP, acknowledging", OUTER("2f") "3081 880b 00300001 00000001 00000000 21" IP4},
	    {DLT_RAW, "ERSPAN I", OUTER("2f") "0000 88be" ETHERNET},
	    {DLT_RAW, "ERSPAN II", OUTER("2f") "1000 88be 00000001 10010001 00000000" ETHERNET},
	    {DLT_RAW, "ERSPAN III", OUTER("2f") "1000 22eb 00000001 20010001 00000000 00000000" ETHERNET},
	    {DLT_RAW, "ERSPAN III, platform",
	     OUTER("2f") "1000 22eb 00000001 20010001 00000000 00000001" ZEROS8 ETHERNET},
	    {DLT_RAW, "ERSPAN III, IP", OUTER("2f") "1000 22eb 00000001 20010001 00000000 00000800" IP4},
	};

	all_carry_the_segment(rows, sizeof rows / sizeof *rows);
	assert_int_equal(decoded(DLT_RAW, OUTER("2f") "2081 880b 00000001 00000000").kind, DECODED_NOTHING);
	assert_int_equal(decoded(DLT_RAW, OUTER("2f") "0002 0800" IP4).kind, DECODED_UNKNOWN);
	assert_int_equal(decoded(DLT_RAW, OUTER("32") ZEROS16).kind, DECODED_PROTECTED);
	assert_int_equal(decoded(DLT_EN10MB, MACS "88e5" ZEROS16).kind, DECODED_PROTECTED);
}

static void tunnels_of_udp(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {DLT_RAW, "VXLAN", UDP("12b5") "08000000 00000100" ETHERNET},
	    {DLT_RAW, "VXLAN of old", UDP("2118") "08000000 00000100" ETHERNET},
	    {DLT_RAW, "VXLAN GPE", UDP("12b6") "0c000001 00000100" IP4},
	    {DLT_RAW, "Geneve", UDP("17c1") "00006558 00000100" ETHERNET},
	    {DLT_RAW, "Geneve, options, IP", UDP("17c1") "02000800 00000100" ZEROS8 IP4},
	    {DLT_RAW, "TZSP", UDP("9090") "01000001 01" ETHERNET},
	    {DLT_RAW, "TZSP, tags, Wi-Fi", UDP("9090") "01000012 00 0a01c5 0b0103 01" WLAN},
	    {DLT_RAW, "GTP-U", UDP("0868") "30ff002c 00000001" IP4},
	    {DLT_RAW, "GTP-U, sequence", UDP("0868") "32ff0030 00000001 00010000" IP4},
	    {DLT_RAW, "GTP-U, extensions", UDP("0868") "34ff0038 00000001 00000085 01100985 01100900" IP4},
	    {DLT_RAW, "Teredo", UDP("0dd8") IP6},
	    {DLT_RAW, "Teredo, headers", UDP("0dd8") "00010000" ZEROS8 "00 0000 1234 01020304" IP6},
	    {DLT_RAW, "L2TP", UDP("06a5") "4002 0034 0001 0002 ff03 0021" IP4},
	    {DLT_RAW, "L2TP, all fields", UDP("06a5") "4a02 0034 0001 0002 0001 0001 0002 0000 0021" IP4},
	    {DLT_RAW, "MPLS", UDP("19eb") "000011ff" IP4},
	};
	/* What has the port and not the form is no damage. */
	static const char *const others[] = {
	    UDP("12b5") "00000000 00000100" ETHERNET,
	    UDP("12b5") "0800",
	    UDP("17c1") "40006558 00000100",
	    UDP("9090") "02000001 01" ETHERNET,
	    UDP("0868") "32020004 0000",
	    UDP("06a5") "c802 0014 0001 0002",
	    UDP("0035") "12340100 00010000",
	    UDP("0868") "34ff0038 00000001 00000085 00",
	};

	all_carry_the_segment(rows, sizeof rows / sizeof *rows);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(decoded(DLT_RAW, others[i]).kind, DECODED_NOTHING);
}

static void extension_headers(void **state)
{
	(void)state;
	static const struct row rows[] = {
	    {DLT_RAW, "hop by hop, destination, destination",
	     "60000000 00300040" ENDS6 "3c00010400000000 3c00000000000000 0600010400000000" TCP},
	    {DLT_RAW, "routing", "60000000 00300040" ENDS6 "2b00010400000000 0601000000000000 0000000000000000" TCP},
	    {DLT_RAW, "authentication", "60000000 00283340" ENDS6 "06020000 00000001 00000001 00000000" TCP},
	    {DLT_RAW, "atomic fragment", "60000000 00202c40" ENDS6 "06000000 00000001" TCP},
	};
	char many[1024] = "60000000 00a00040" ENDS6;

	all_carry_the_segment(rows, sizeof rows / sizeof *rows);
	for (unsigned i = 0; i < 20; i++)
		strcat(many, "0000010400000000");
	assert_int_equal(decoded(DLT_RAW, many).kind, DECODED_TOO_DEEP);
	/* A header that is longer than the packet. */
	assert_int_equal(decoded(DLT_RAW, "60000000 00080040" ENDS6 "0601010400000000").kind, DECODED_BAD);
	assert_int_equal(decoded(DLT_RAW, "60000000 00083b40" ENDS6 ZEROS8).kind, DECODED_NOTHING);
}

static void tags_make_the_path(void **state)
{
	(void)state;
	struct decode decode = decoded(DLT_EN10MB, MACS "88a8 6001 9100 0002 8100 0003 0800" IP4);

	assert_segment(&decode, "three tags");
	assert_int_equal(decode.segment.vlan.count, 3);
	assert_int_equal(decode.segment.vlan.id[0], 1);
	assert_int_equal(decode.segment.vlan.id[2], 3);
	/* A tunnel's own number is none of them; tags inside it are. */
	decode = decoded(DLT_EN10MB, MACS "8100 0005 0800" UDP("12b5") "08000000 00000100" MACS "8100 0006 0800" IP4);
	assert_segment(&decode, "VXLAN");
	assert_int_equal(decode.segment.vlan.count, 2);
	assert_int_equal(decode.segment.vlan.id[1], 6);
	decode = decoded(DLT_EN10MB, MACS "81000001 81000002 81000003 81000004 81000005 81000006 0800" IP4);
	assert_segment(&decode, "six tags");
	assert_int_equal(decode.segment.vlan.count, VLAN_TAGS);
}

static void depth_is_limited(void **state)
{
	(void)state;
	for (unsigned depth = 1; depth <= 12; depth++) {
		char text[2048] = "";
		for (unsigned i = 0; i < depth; i++)
			strcat(text, OUTER("04"));
		strcat(text, IP4);
		assert_int_equal(decoded(DLT_RAW, text).kind, depth <= 8 ? DECODED_SEGMENT : DECODED_TOO_DEEP);
	}
	char tags[1024] = MACS;
	for (unsigned i = 0; i < 40; i++)
		strcat(tags, "81000001");
	assert_int_equal(decoded(DLT_EN10MB, tags).kind, DECODED_TOO_DEEP);
	char labels[1024] = "";
	for (unsigned i = 0; i < 40; i++)
		strcat(labels, "00001000");
	assert_int_equal(decoded(DLT_MPLS, labels).kind, DECODED_TOO_DEEP);
}

static void icmp_errors_in_tunnels(void **state)
{
	(void)state;
	struct decode decode = decoded(DLT_RAW, OUTER("04") OUTER("01") "0301 00000000 0000" IP4);

	assert_int_equal(decode.kind, DECODED_ICMP);
	assert_int_equal(decode.icmp.type, 3);
	assert_int_equal(decode.icmp.code, 1);
	assert_int_equal(decode.icmp.source.port, 3000);
	assert_int_equal(decode.icmp.seq, 1);
	decode = decoded(DLT_RAW, "60000000 00483a40" ENDS6 "0104 00000000 0000" IP6);
	assert_int_equal(decode.kind, DECODED_ICMP);
	assert_int_equal(decode.icmp.version, 6);
}

static void ip_lengths(void **state)
{
	(void)state;
	/* Length 0: the network card was to cut it. */
	assert_int_equal(decoded(DLT_RAW, OUTER("06") TCP).kind, DECODED_SEGMENT);
	assert_int_equal(decoded(DLT_RAW, "44000028 12340000 40060000" ENDS TCP).kind, DECODED_BAD);
	assert_int_equal(decoded(DLT_RAW, "45000013 12340000 40060000" ENDS TCP).kind, DECODED_BAD);
	assert_int_equal(decoded(DLT_RAW, "4500002d 12340000 40060000" ENDS TCP).kind, DECODED_BAD);
	assert_int_equal(decoded(DLT_RAW, "70000028").kind, DECODED_BAD);
}

/* Each prefix of a deep packet, as the snap length would leave it: a loss, never a lie. */
static void every_cut_is_told(void **state)
{
	(void)state;
	static const char text[] =
	    MACS "8100 0005 0800" OUTER("2f") "1000 88be 00000001 10010001 00000000" MACS
					      "0800" UDP("17c1") "01006558 00000100 00000000" MACS
								 "8864 1100 0001 002e 0021" IP4;
	struct hex whole = hex(text);

	/* Without a byte it only has a time, which test_decode.c holds. */
	for (size_t cut = 1; cut <= whole.length; cut++) {
		struct hex bytes = whole;
		struct decoder *decoder = decoder_new();
		bytes.length = cut;
		struct decode decode = decoded_by(decoder, DLT_EN10MB, &bytes, (uint32_t)whole.length);
		/* The urgent pointer before the four bytes of data is of no use to anybody. */
		assert_int_equal(decode.kind, cut + 6 < whole.length ? DECODED_CUT : DECODED_SEGMENT);
		if (decode.kind == DECODED_SEGMENT)
			assert_int_equal(decode.segment.payload_captured,
					 cut + 4 < whole.length ? 0 : cut + 4 - whole.length);
		assert_int_equal(decoder_counts(decoder).packets[decode.kind], 1);
		decoder_free(decoder);
	}
}

/* ---- Fragments, as packets ---- */

static struct decode next(struct decoder *decoder, const char *text)
{
	struct hex bytes = hex(text);

	return decoded_by(decoder, DLT_RAW, &bytes, (uint32_t)bytes.length);
}

#define TCP_FIRST "0bb80066 00000001"
#define TCP_REST  "00000002 50182000 00000000 64617461"

static void fragments_of_ipv4(void **state)
{
	(void)state;
	struct decoder *decoder = decoder_new();

	assert_int_equal(next(decoder, "4500001c 00072000 40060000" ENDS TCP_FIRST).kind, DECODED_FRAGMENT);
	struct decode decode = next(decoder, "45000024 00070001 40060000" ENDS TCP_REST);
	assert_segment(&decode, "two fragments");
	assert_int_equal(decode.segment.ip_id, 7);
	/* Copies of a mirror port begin no other datagram; a last fragment of something else does. */
	assert_int_equal(next(decoder, "4500001c 00072000 40060000" ENDS TCP_FIRST).kind, DECODED_FRAGMENT);
	assert_int_equal(next(decoder, "45000024 00070001 40060000" ENDS TCP_REST).kind, DECODED_FRAGMENT);
	assert_int_equal(decoder_counts(decoder).datagrams_incomplete, 0);
	assert_int_equal(next(decoder, "4500001c 00082000 40060000" ENDS TCP_FIRST).kind, DECODED_FRAGMENT);
	assert_int_equal(decoder_counts(decoder).datagrams_incomplete, 1);
	assert_int_equal(decoder_counts(decoder).fragments, 5);
	decoder_free(decoder);
}

static void fragments_of_ipv6(void **state)
{
	(void)state;
	struct decoder *decoder = decoder_new();

	/* Destination options may follow the fragment header; the first fragment says what comes. */
	assert_int_equal(next(decoder, "60000000 00182c40" ENDS6 "06000010 00000063" TCP_REST).kind, DECODED_FRAGMENT);
	struct decode decode = next(decoder, "60000000 00182c40" ENDS6 "3c000001 00000063 06000104 00000000" TCP_FIRST);
	assert_segment(&decode, "fragments of IPv6");
	decoder_free(decoder);
}

/* A fragmented tunnel whose packet is a fragment: all are of the same two hosts and have the same identification. */
static void fragments_in_fragments(void **state)
{
	(void)state;
	struct decoder *decoder = decoder_new();

	assert_int_equal(next(decoder, "45000024 00072000 40040000" ENDS "45000024 00070001 40060000 0a000001").kind,
			 DECODED_FRAGMENT);
	assert_int_equal(next(decoder, "45000028 00070002 40040000" ENDS "0a000002" TCP_REST).kind, DECODED_FRAGMENT);
	struct decode decode = next(decoder, OUTER("04") "4500001c 00072000 40060000" ENDS TCP_FIRST);
	assert_segment(&decode, "fragments in fragments");
	decoder_free(decoder);
}

static void fragmented_tunnels(void **state)
{
	(void)state;
	struct decoder *decoder = decoder_new();

	assert_int_equal(next(decoder, "45000024 00072000 40110000" ENDS "9c4012b5 00000000 08000000 00000100").kind,
			 DECODED_FRAGMENT);
	assert_int_equal(decoder_counts(decoder).datagrams_incomplete, 1);
	struct decode decode = next(decoder, "4500004e 00070002 40110000" ENDS ETHERNET);
	assert_segment(&decode, "VXLAN in fragments");
	/* Nobody misses the rest of a name server's answer. */
	assert_int_equal(next(decoder, "45000024 00092000 40110000" ENDS "00350035 00000000 08000000 00000100").kind,
			 DECODED_FRAGMENT);
	assert_int_equal(decoder_counts(decoder).datagrams_incomplete, 0);
	decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(links),
	    cmocka_unit_test(point_to_point),
	    cmocka_unit_test(wireless),
	    cmocka_unit_test(mpls),
	    cmocka_unit_test(tunnels_of_ip),
	    cmocka_unit_test(tunnels_of_udp),
	    cmocka_unit_test(extension_headers),
	    cmocka_unit_test(tags_make_the_path),
	    cmocka_unit_test(depth_is_limited),
	    cmocka_unit_test(icmp_errors_in_tunnels),
	    cmocka_unit_test(ip_lengths),
	    cmocka_unit_test(every_cut_is_told),
	    cmocka_unit_test(fragments_of_ipv4),
	    cmocka_unit_test(fragments_of_ipv6),
	    cmocka_unit_test(fragments_in_fragments),
	    cmocka_unit_test(fragmented_tunnels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
