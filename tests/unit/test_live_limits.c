/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An analysis without an end keeps its limits, whatever comes: and counts what it lets go for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze.h"

#include <malloc.h>
#include <pcap/pcap.h>

#define START (INT64_C(1014752599) * NS_PER_S)

#ifdef MTASCOPE_SANITIZE
enum { FLOOD = 500 * 1000 };
#else
enum { FLOOD = 10 * 1000 * 1000 };
#endif
enum { HEADERS = 54, MIB = 1 << 20, ALIVE = 8192, FAILURES = 512 };

struct probe {
	struct capture_set *captures;
	struct event_log log;
	struct analysis_options options;
	struct analysis_limits limits;
	struct desk *desk;
	uint64_t frame;
	size_t closed; /* milestones */
};

static void on_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment)
{
	struct probe *probe = user;

	(void)live;
	(void)moment;
	probe->closed += milestone == MILESTONE_CLOSE;
}

static const char *const name = "tap";

static void begin(struct probe *probe)
{
	memset(probe, 0, sizeof *probe);
	probe->captures = capture_set_live(&name, 1);
	probe->limits = (struct analysis_limits){
	    .connections = ALIVE, .failures = FAILURES, .services = 64, .seconds = 4096, .history = 3600 * NS_PER_S};
	probe->options.ports.list[0] = 102;
	probe->options.ports.count = 1;
	probe->options.limits = &probe->limits;
	probe->options.reached = on_reached;
	probe->options.reached_user = probe;
	event_log_init(&probe->log);
	probe->desk = analysis_begin(probe->captures, NULL, &probe->options);
}

static struct let_go finish(struct probe *probe)
{
	struct analysis *analysis = analysis_finish(probe->desk, &probe->log);
	struct let_go let_go = analysis->summary.let_go;

	assert_true(analysis->summary.limited);
	assert_true(analysis->failure_count <= FAILURES);
	analysis_free(analysis);
	event_log_free(&probe->log);
	capture_set_close(probe->captures);
	return let_go;
}

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* A TCP segment over Ethernet between client, an IPv4 address and port, and 10.20.0.1:102. */
struct sent {
	uint32_t client;
	uint16_t port;
	bool from_server;
	uint8_t flags;
	uint32_t seq, ack;
	const void *payload;
	uint16_t length;
};

static void put(struct probe *probe, time_ns time, const struct sent *sent)
{
	static const uint32_t server = 0x0a140001;
	uint8_t bytes[HEADERS + 1500] = {[12] = 0x08, [14] = 0x45, [22] = 64, [23] = 6};
	uint16_t from = sent->from_server ? 102 : sent->port;
	uint16_t to = sent->from_server ? sent->port : 102;

	bytes[16] = (uint8_t)((40 + sent->length) >> 8);
	bytes[17] = (uint8_t)(40 + sent->length);
	put32(bytes + 26, sent->from_server ? server : sent->client);
	put32(bytes + 30, sent->from_server ? sent->client : server);
	put32(bytes + 34, (uint32_t)from << 16 | to);
	put32(bytes + 38, sent->seq);
	put32(bytes + 42, sent->ack);
	bytes[46] = 0x50;
	bytes[47] = sent->flags;
	bytes[48] = 0x20;
	if (sent->length > 0)
		memcpy(bytes + HEADERS, sent->payload, sent->length);
	struct packet packet = {.moment = moment_at(time, ++probe->frame, 1),
				.link_type = DLT_EN10MB,
				.data = bytes,
				.captured = HEADERS + sent->length,
				.length = HEADERS + sent->length};
	analysis_packet(probe->desk, &packet);
}

static void handshake(struct probe *probe, time_ns time, uint32_t client, uint16_t port)
{
	put(probe, time, &(const struct sent){client, port, false, TCP_SYN, 999, 0, NULL, 0});
	put(probe, time + 1000, &(const struct sent){client, port, true, TCP_SYN | TCP_ACK, 4999, 1000, NULL, 0});
	put(probe, time + 2000, &(const struct sent){client, port, false, TCP_ACK, 1000, 5000, NULL, 0});
}

static size_t in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* Ten million half-open connections in a hundred seconds; one that is open outlives them. */
static void test_syn_flood(void **state)
{
	struct probe probe;
	size_t most = 0;
	size_t before = in_use();

	(void)state;
	begin(&probe);
	handshake(&probe, START, 0x0a140109, 1042);
	for (uint32_t i = 0; i < FLOOD; i++) {
		put(&probe, START + NS_PER_S + (time_ns)i * 10000,
		    &(const struct sent){0x0b000000 + i, (uint16_t)(1024 + i % 50000), false, TCP_SYN, i, 0, NULL, 0});
		if (i % 100000 == 0 && in_use() - before > most)
			most = in_use() - before;
	}
	assert_true(analysis_alive(probe.desk) == ALIVE);
	assert_true(most < 64 * (size_t)MIB);
	/* The open one is still followed. */
	put(&probe, START + 102 * NS_PER_S,
	    &(const struct sent){0x0a140109, 1042, false, TCP_FIN | TCP_ACK, 1000, 5000, NULL, 0});
	assert_int_equal(probe.closed, 1);
	struct let_go let_go = finish(&probe);
	assert_true(let_go.half_open >= FLOOD - ALIVE - FAILURES);
	assert_int_equal(let_go.open, 0);
}

/* A connection that never ends, of TPKTs without an end that nobody acknowledges or that come after a hole. */
static void test_endless_connection(void **state)
{
	/* TPKT of the longest length, with a data TPDU of class 0 without its end mark: a TSDU that is never whole. */
	uint8_t payload[1400] = {3, 0, 0xff, 0xff, 2, 0xf0, 0};
	struct probe probe;
	size_t before = in_use();
	size_t most = 0;

	(void)state;
	begin(&probe);
	for (unsigned hole = 0; hole < 2; hole++) {
		uint16_t port = (uint16_t)(1042 + hole);
		uint32_t seq = 1000 + hole * 100;
		handshake(&probe, START + hole, 0x0a140109, port);
		for (uint32_t i = 0; i < 200000; i++) {
			put(&probe, START + NS_PER_S + (time_ns)i * NS_PER_MS,
			    &(const struct sent){0x0a140109, port, false, TCP_ACK, seq, 5000, payload, sizeof payload});
			seq += sizeof payload;
			if (i % 1000 == 0 && in_use() - before > most)
				most = in_use() - before;
		}
	}
	assert_true(most < 32 * (size_t)MIB);
	assert_int_equal(finish(&probe).open, 0);
}

/* Connections that stay open, more than there is room for: those that have been quiet for longest go. */
static void test_too_many_open(void **state)
{
	struct probe probe;

	(void)state;
	begin(&probe);
	for (uint32_t i = 0; i < ALIVE; i++)
		handshake(&probe, START + i * NS_PER_MS, 0x0b000000 + i, 1042);
	/* The first one speaks. */
	put(&probe, START + 100 * NS_PER_S,
	    &(const struct sent){0x0b000000, 1042, false, TCP_ACK, 1000, 5000, "\3\0\0\7", 4});
	for (uint32_t i = 0; i < 10; i++)
		handshake(&probe, START + 101 * NS_PER_S + i * NS_PER_MS, 0x0c000000 + i, 1042);
	assert_int_equal(analysis_alive(probe.desk), ALIVE);
	put(&probe, START + 102 * NS_PER_S,
	    &(const struct sent){0x0b000000, 1042, false, TCP_FIN | TCP_ACK, 1004, 5000, NULL, 0});
	assert_int_equal(probe.closed, 1);
	/* Of one that was given up nothing more is made. */
	put(&probe, START + 103 * NS_PER_S,
	    &(const struct sent){0x0b000001, 1042, false, TCP_FIN | TCP_ACK, 1000, 5000, NULL, 0});
	assert_int_equal(probe.closed, 1);
	assert_true(analysis_give_up(probe.desk));
	assert_int_equal(finish(&probe).open, 10);
}

/* Failures are kept up to a number and an age; the others have had their record. */
static void test_failures(void **state)
{
	struct probe probe;
	enum { MANY = 4 * FAILURES };

	(void)state;
	begin(&probe);
	for (uint32_t i = 0; i < MANY; i++) {
		time_ns time = START + i * NS_PER_S;
		handshake(&probe, time, 0x0b000000 + i, 1042);
		put(&probe, time + NS_PER_MS,
		    &(const struct sent){0x0b000000 + i, 1042, false, TCP_FIN | TCP_ACK, 1000, 5000, NULL, 0});
		put(&probe, time + 2 * NS_PER_MS,
		    &(const struct sent){0x0b000000 + i, 1042, true, TCP_FIN | TCP_ACK, 5000, 1001, NULL, 0});
	}
	analysis_time(probe.desk, START + MANY * NS_PER_S + 1000 * NS_PER_S);
	const struct analysis *analysis = analysis_so_far(probe.desk);
	assert_int_equal(analysis->summary.connections, MANY);
	assert_true(analysis->failure_count <= FAILURES && analysis->failure_count >= FAILURES / 2);
	assert_int_equal(analysis->failure_count + analysis->summary.let_go.failures, MANY);
	analysis_time(probe.desk, START + MANY * NS_PER_S + 2 * 3600 * NS_PER_S);
	assert_int_equal(analysis->failure_count, 0);
	assert_int_equal(analysis->summary.let_go.failures, MANY);
	assert_true(analysis->summary.let_go.seconds > 0);
	finish(&probe);
}

/* A failure in a stretch of doubt is told with less confidence than one outside of it. */
static void test_doubt(void **state)
{
	struct probe probe;

	(void)state;
	begin(&probe);
	for (uint32_t i = 0; i < 40; i++) {
		time_ns time = START + i * 10 * NS_PER_S;
		handshake(&probe, time, 0x0b000000 + i, 1042);
		put(&probe, time + NS_PER_S,
		    &(const struct sent){0x0b000000 + i, 1042, false, TCP_FIN | TCP_ACK, 1000, 5000, NULL, 0});
		put(&probe, time + NS_PER_S + 1000,
		    &(const struct sent){0x0b000000 + i, 1042, true, TCP_FIN | TCP_ACK, 5000, 1001, NULL, 0});
		if (i == 30)
			analysis_doubt(probe.desk, START + 300 * NS_PER_S + NS_PER_MS, START + 301 * NS_PER_S,
				       "packets were lost");
	}
	analysis_time(probe.desk, START + 1000 * NS_PER_S);
	const struct analysis *analysis = analysis_so_far(probe.desk);
	assert_int_equal(analysis->failure_count, 40);
	const struct connection *sure = analysis->failures[29];
	const struct connection *doubted = analysis->failures[30];
	assert_true(sure->confidence > 0 && doubted->confidence < sure->confidence * 0.7F);
	assert_string_equal(doubted->evidence[doubted->evidence_count - 1].says, "packets were lost");
	assert_true(analysis->failures[31]->confidence >= sure->confidence * 0.99F);
	finish(&probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_syn_flood),     cmocka_unit_test(test_endless_connection),
	    cmocka_unit_test(test_too_many_open), cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
