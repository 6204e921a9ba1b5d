/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets are one connection, what of it was lost or repeated, and whose the close was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packets.h"
#include "tcp/tracker.h"

enum { ENDED_MAX = 16, BYTES_MAX = 4096 };

/* A tracker at the end of a wire: what it opened and finished, and the bytes of the newest connection. */
struct bench {
	struct wire wire;
	struct tracker *tracker;
	size_t opened, count;
	struct tcp_connection ended[ENDED_MAX];
	struct tcp_rest rests[ENDED_MAX]; /* copies, without what the originals own */
	struct order_rest lost[ENDED_MAX][DIRECTIONS];
	bool at_end[ENDED_MAX];
	uint8_t bytes[DIRECTIONS][BYTES_MAX];
	size_t length[DIRECTIONS], missing[DIRECTIONS], cut[DIRECTIONS];
	unsigned steps[TCP_STEP_CLOSE + 1];
};

/* One test runs at a time; the engine's functions know no user. */
static size_t streams_opened;

static void on_opened(void *user, struct tcp_connection *connection)
{
	struct bench *bench = user;

	(void)connection;
	bench->opened++;
	memset(bench->length, 0, sizeof bench->length);
	memset(bench->missing, 0, sizeof bench->missing);
}

static void on_data(void *user, struct tcp_connection *connection, enum direction direction, const uint8_t *data,
		    size_t length, const struct moment *moment)
{
	struct bench *bench = user;

	(void)connection;
	assert_true(moment_seen(moment));
	assert_true(length > 0 && bench->length[direction] + length <= BYTES_MAX);
	memcpy(bench->bytes[direction] + bench->length[direction], data, length);
	bench->length[direction] += length;
}

static void on_gap(void *user, struct tcp_connection *connection, enum direction direction, size_t length,
		   const struct moment *moment)
{
	struct bench *bench = user;

	(void)connection;
	/* Bytes that never came have no time; those that were cut off have their packet's. */
	*(moment_seen(moment) ? &bench->cut[direction] : &bench->missing[direction]) += length;
}

static void on_moved(void *user, struct tcp_connection *connection, enum tcp_step step, const struct moment *moment)
{
	struct bench *bench = user;

	(void)connection;
	assert_true(moment_seen(moment));
	bench->steps[step]++;
}

static void on_finished(void *user, struct tcp_connection *connection, bool at_end)
{
	struct bench *bench = user;

	assert_true(bench->count < ENDED_MAX);
	bench->at_end[bench->count] = at_end;
	bench->ended[bench->count] = *connection;
	bench->rests[bench->count] = *connection->rest;
	bench->ended[bench->count].rest = &bench->rests[bench->count];
	for (int d = 0; d < DIRECTIONS; d++) {
		bench->lost[bench->count][d] = *order_lost(&connection->half[d].order);
		bench->ended[bench->count].half[d].order.rest = &bench->lost[bench->count][d];
	}
	bench->count++;
}

static void take(void *user, const struct segment *segment)
{
	struct bench *bench = user;

	tracker_segment(bench->tracker, segment);
	tracker_time(bench->tracker, segment->moment.time);
}

static struct stream *counting_open(uint32_t next, stream_deliver *deliver, void *user)
{
	streams_opened++;
	return stream_nids()->open(next, deliver, user);
}

static struct bench *bench_new(void)
{
	static struct stream_engine engine;
	struct bench *bench = calloc(1, sizeof *bench);
	struct tracker_options options = {.ports = {.list = {102}, .count = 1}, .engine = &engine};
	struct tcp_handlers handlers = {.user = bench,
					.opened = on_opened,
					.data = on_data,
					.gap = on_gap,
					.moved = on_moved,
					.finished = on_finished};

	assert_non_null(bench);
	engine = *stream_nids();
	engine.open = counting_open;
	streams_opened = 0;
	bench->wire = (struct wire){.user = bench, .take = take};
	bench->tracker = tracker_new(&options, &handlers);
	return bench;
}

/* The captures are over; returns the one connection that there must be. */
static const struct tcp_connection *bench_end(struct bench *bench)
{
	tracker_end(bench->tracker);
	assert_int_equal(bench->count, 1);
	assert_int_equal(bench->opened, 1);
	return &bench->ended[0];
}

static void bench_free(struct bench *bench)
{
	tracker_end(bench->tracker);
	tracker_free(bench->tracker);
	free(bench);
}

static void assert_bytes(const struct bench *bench, enum direction direction, const char *text)
{
	assert_int_equal(bench->length[direction], strlen(text));
	assert_memory_equal(bench->bytes[direction], text, strlen(text));
}

static void say_text(struct talk *talk, int64_t ms, enum direction direction, const char *text)
{
	talk_bytes(talk, ms, direction, text, strlen(text));
}

/* ---- Incarnations ---- */

static void repeats_of_a_syn_are_one_attempt(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	for (int64_t i = 0; i < 3; i++) {
		talk.side[FROM_CLIENT].next = talk.side[FROM_CLIENT].isn;
		talk_say(&talk, i * 3000, FROM_CLIENT, TCP_SYN);
	}
	const struct tcp_connection *connection = bench_end(bench);
	assert_int_equal(connection->syn_attempts, 3);
	assert_int_equal(connection->syn.frame, 1);
	assert_int_equal(tcp_last_syn(connection).frame, 3);
	bench_free(bench);
}

static void a_new_isn_before_data_is_a_new_attempt(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	talk.side[FROM_CLIENT].next = 999999;
	talk_say(&talk, 5000, FROM_CLIENT, TCP_SYN);
	tracker_end(bench->tracker);
	assert_int_equal(bench->count, 2);
	assert_int_equal(bench->ended[0].syn_attempts, 1);
	assert_int_equal(bench->ended[1].syn_attempts, 1);
	assert_int_equal(bench->ended[1].client_isn, 999999);
	bench_free(bench);
}

/* The same 4-tuple again, at any distance in time, whether or not the old one was seen to close. */
static void a_reused_tuple_is_a_new_connection(void **state)
{
	(void)state;
	for (unsigned closed = 0; closed < 2; closed++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		talk_handshake(&talk, 0);
		say_text(&talk, 10, FROM_CLIENT, "first");
		if (closed) {
			talk_say(&talk, 20, FROM_CLIENT, TCP_FIN | TCP_ACK);
			talk_say(&talk, 21, FROM_SERVER, TCP_FIN | TCP_ACK);
		}
		talk.side[FROM_CLIENT].next = 5000000;
		talk.side[FROM_SERVER].next = 6000000;
		talk_handshake(&talk, 100);
		say_text(&talk, 110, FROM_CLIENT, "second");
		assert_bytes(bench, FROM_CLIENT, "second");
		tracker_end(bench->tracker);
		assert_int_equal(bench->count, 2);
		assert_int_equal(bench->ended[0].id, 1);
		assert_int_equal(bench->ended[1].id, 2);
		assert_false(bench->at_end[0]);
		assert_true(bench->at_end[1]);
		bench_free(bench);
	}
}

/* Some stacks take the same ISN again: after an established incarnation has ended it is a new one. */
static void the_same_isn_after_the_end_is_a_new_connection(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	for (int64_t i = 0; i < 2; i++) {
		talk.side[FROM_CLIENT].next = talk.side[FROM_CLIENT].isn;
		talk.side[FROM_SERVER].next = talk.side[FROM_SERVER].isn;
		talk_handshake(&talk, i * 5000);
		talk_say(&talk, i * 5000 + 10, FROM_CLIENT, TCP_FIN | TCP_ACK);
		talk_say(&talk, i * 5000 + 11, FROM_SERVER, TCP_FIN | TCP_ACK);
		talk_say(&talk, i * 5000 + 12, FROM_CLIENT, TCP_ACK);
	}
	tracker_end(bench->tracker);
	assert_int_equal(bench->count, 2);
	assert_int_equal(bench->ended[0].syn_attempts, 1);
	bench_free(bench);
}

/* A packet of the old incarnation that comes when all is over opens nothing. */
static void late_packets_of_a_finished_connection_are_no_new_one(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	say_text(&talk, 10, FROM_CLIENT, "data");
	talk_say(&talk, 20, FROM_CLIENT, TCP_FIN | TCP_ACK);
	talk_say(&talk, 21, FROM_SERVER, TCP_FIN | TCP_ACK);
	tracker_time(bench->tracker, WIRE_START + 60 * NS_PER_S);
	assert_int_equal(bench->count, 1);
	talk_say(&talk, 61000, FROM_SERVER, TCP_ACK);
	talk_say(&talk, 62000, FROM_CLIENT, TCP_RST);
	assert_int_equal(bench_end(bench)->packets, 6);
	bench_free(bench);
}

/* The end of something whose start the capture does not hold: no SYN was refused, and nothing is known to be forged. */
static void a_lone_reset_refuses_nothing(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_say(&talk, 0, FROM_SERVER, TCP_RST | TCP_ACK);
	const struct tcp_connection *connection = bench_end(bench);
	assert_true(connection->mid_stream);
	assert_int_equal(connection->refusals, 0);
	assert_int_equal(connection->close_forgery, 0);
	bench_free(bench);
}

static void other_ports_are_nobodys_business(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk.side[FROM_SERVER].at.port = 103;
	talk_handshake(&talk, 0);
	tracker_end(bench->tracker);
	assert_int_equal(bench->opened, 0);
	bench_free(bench);
}

/* Nothing more came: the SYN's three minutes are over, and it is told before the capture ends. */
/* What an incarnation before may send between the SYN and the SYN/ACK, with its own numbers. */
static void strays_before_the_answer_are_another_incarnations(void **state)
{
	static const struct {
		enum direction direction;
		uint16_t flags;
		const char *bytes;
		int64_t seq, ack; /* off what is due */
	} strays[] = {
	    {FROM_SERVER, TCP_ACK, "", -200000, -20000},    {FROM_SERVER, TCP_ACK, "", 5000, -20000},
	    {FROM_SERVER, TCP_ACK, "", 1 << 30, 1 << 30},   {FROM_SERVER, TCP_FIN | TCP_ACK, "", -200000, -20000},
	    {FROM_SERVER, TCP_ACK, "old", -200000, -20000}, {FROM_CLIENT, TCP_FIN | TCP_ACK, "", -20000, -200000},
	    {FROM_CLIENT, TCP_RST, "", -20000, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof strays / sizeof strays[0]; i++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
		struct segment stray =
		    talk_segment(&talk, strays[i].direction, strays[i].flags, strays[i].bytes, strlen(strays[i].bytes));
		stray.seq += (uint32_t)strays[i].seq;
		stray.ack += (uint32_t)strays[i].ack;
		wire_put(&bench->wire, 1000, &stray);
		talk_say(&talk, 3, FROM_SERVER, TCP_SYN | TCP_ACK);
		talk_say(&talk, 4, FROM_CLIENT, TCP_ACK);
		say_text(&talk, 10, FROM_CLIENT, "data");
		say_text(&talk, 20, FROM_SERVER, "answer");
		assert_bytes(bench, FROM_SERVER, "answer");
		const struct tcp_connection *connection = bench_end(bench);
		assert_int_equal(connection->close_kind, TCP_OPEN);
		assert_true(connection->established.time > connection->synack.time);
		assert_int_equal(bench->missing[FROM_CLIENT] + bench->missing[FROM_SERVER], 0);
		bench_free(bench);
	}
}

static void strays_while_it_lives_are_another_incarnations(void **state)
{
	(void)state;
	for (int d = 0; d < DIRECTIONS; d++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		talk_handshake(&talk, 0);
		say_text(&talk, 10, FROM_CLIENT, "data");
		talk_say(&talk, 11, FROM_SERVER, TCP_ACK);
		struct segment stray = talk_segment(&talk, (enum direction)d, TCP_ACK, "old", 3);
		stray.seq += 150000000;
		stray.ack -= d == FROM_SERVER ? 20000 : 1 << 30;
		wire_put(&bench->wire, 12000, &stray);
		say_text(&talk, 20, FROM_SERVER, "answer");
		talk_say(&talk, 21, FROM_CLIENT, TCP_FIN | TCP_ACK);
		assert_bytes(bench, FROM_CLIENT, "data");
		assert_bytes(bench, FROM_SERVER, "answer");
		assert_int_equal(bench_end(bench)->half[d].packets, d == FROM_CLIENT ? 4 : 3);
		assert_int_equal(bench->missing[FROM_CLIENT] + bench->missing[FROM_SERVER], 0);
		bench_free(bench);
	}
}

/* The capture lacks the SYN of the next one, or a million bytes of both sides. */
static void both_sides_with_other_numbers_talk_to_each_other(void **state)
{
	(void)state;
	for (int next = 0; next <= 1; next++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		talk_handshake(&talk, 0);
		say_text(&talk, 10, FROM_CLIENT, "data");
		uint32_t step = next ? 0U - 500000000 : 1000000;
		talk_lose(&talk, FROM_CLIENT, step);
		talk_lose(&talk, FROM_SERVER, step);
		for (int64_t i = 1; i <= 3; i++) {
			say_text(&talk, i * 100, FROM_CLIENT, "more");
			say_text(&talk, i * 100 + 10, FROM_SERVER, "answer");
		}
		tracker_end(bench->tracker);
		assert_int_equal(bench->opened, next ? 2 : 1);
		/* The first of them is taken for a stray. */
		assert_int_equal(bench->length[FROM_SERVER], 18);
		assert_int_equal(bench->missing[FROM_SERVER], next ? 0 : 1000000);
		bench_free(bench);
	}
}

static void a_half_open_connection_expires(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	/* No schedule leaves more than 96 s between two SYNs. */
	tracker_time(bench->tracker, WIRE_START + 100 * NS_PER_S);
	assert_int_equal(bench->count, 0);
	tracker_time(bench->tracker, WIRE_START + 400 * NS_PER_S);
	assert_int_equal(bench->count, 1);
	assert_false(bench->at_end[0]);
	bench_free(bench);
}

/* The server's side is open still, and its first answer may be minutes late; it is not waited for as long as that
 * again. */
static void a_request_without_an_answer_is_waited_for_longer(void **state)
{
	struct bench *bench = bench_new();
	struct talk asked = talk_new(&bench->wire, 1042), answered = talk_new(&bench->wire, 1043);

	(void)state;
	talk_handshake(&asked, 0);
	say_text(&asked, 100, FROM_CLIENT, "CR");
	talk_say(&asked, 30 * 1000, FROM_CLIENT, TCP_FIN | TCP_ACK);
	talk_handshake(&answered, 30 * 1000);
	say_text(&answered, 30 * 1000 + 100, FROM_CLIENT, "CR");
	say_text(&answered, 30 * 1000 + 200, FROM_SERVER, "CC");
	talk_say(&answered, 31 * 1000, FROM_CLIENT, TCP_FIN | TCP_ACK);
	tracker_time(bench->tracker, WIRE_START + 500 * NS_PER_S);
	assert_int_equal(bench->count, 1);
	assert_int_equal(bench->ended[0].client.port, 1043);
	say_text(&asked, 600 * 1000, FROM_SERVER, "CC");
	assert_int_equal(bench->opened, 2);
	tracker_time(bench->tracker, WIRE_START + 830 * NS_PER_S);
	assert_int_equal(bench->count, 1);
	tracker_time(bench->tracker, WIRE_START + 860 * NS_PER_S);
	assert_int_equal(bench->count, 2);
	assert_int_equal(bench->ended[1].packets, 6);
	bench_free(bench);
}

/* An association may be silent for hours. */
static void an_open_connection_does_not_expire(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_say(&talk, 7200 * 1000, FROM_CLIENT, TCP_ACK);
	assert_int_equal(bench->count, 0);
	say_text(&talk, 14400 * 1000, FROM_CLIENT, "still here");
	assert_bytes(bench, FROM_CLIENT, "still here");
	assert_int_equal(bench_end(bench)->packets, 5);
	bench_free(bench);
}

/* ---- The handshake ---- */

/* handshake-reorder: the tap shows the answer first. */
static void an_answer_before_its_syn_is_the_same_connection(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	struct segment syn = talk_segment(&talk, FROM_CLIENT, TCP_SYN, NULL, 0);
	talk.side[FROM_CLIENT].next++;
	talk_say(&talk, 0, FROM_SERVER, TCP_SYN | TCP_ACK);
	wire_put(&bench->wire, 100, &syn);
	talk_say(&talk, 2, FROM_CLIENT, TCP_ACK);
	say_text(&talk, 10, FROM_CLIENT, "data");
	assert_bytes(bench, FROM_CLIENT, "data");
	const struct tcp_connection *connection = bench_end(bench);
	assert_int_equal(connection->synack.frame, 1);
	assert_int_equal(connection->syn.frame, 2);
	assert_int_equal(connection->established.frame, 3);
	bench_free(bench);
}

static void a_syn_ack_for_another_syn_is_no_answer(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	struct segment synack = talk_segment(&talk, FROM_SERVER, TCP_SYN | TCP_ACK, NULL, 0);
	synack.ack += 100;
	wire_put(&bench->wire, 1000, &synack);
	const struct tcp_connection *connection = bench_end(bench);
	assert_false(connection->synack_seen);
	bench_free(bench);
}

/* Data is an ACK too: without the third packet the handshake ends with the first that follows. */
static void data_ends_a_handshake_whose_ack_is_not_there(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	talk_say(&talk, 1, FROM_SERVER, TCP_SYN | TCP_ACK);
	say_text(&talk, 5, FROM_CLIENT, "data");
	assert_int_equal(bench_end(bench)->established.frame, 3);
	bench_free(bench);
}

/* flip-without-syn: the side on the watched port is the server, whoever is seen first. */
static void in_the_middle_the_watched_port_is_the_server(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	say_text(&talk, 0, FROM_SERVER, "from the server");
	say_text(&talk, 1, FROM_CLIENT, "from the client");
	assert_bytes(bench, FROM_SERVER, "from the server");
	assert_bytes(bench, FROM_CLIENT, "from the client");
	const struct tcp_connection *connection = bench_end(bench);
	assert_true(connection->mid_stream);
	assert_int_equal(connection->server.port, 102);
	bench_free(bench);
}

/* ---- Bytes ---- */

/* tcp-dups: a mirror port copies a packet; a host that repeats itself does so later, with a new IP ID. */
static void a_mirrors_copy_is_not_a_repeat(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	struct segment segment = talk_segment(&talk, FROM_CLIENT, TCP_ACK, "data", 4);
	wire_put(&bench->wire, 10000, &segment);
	wire_put(&bench->wire, 10010, &segment);
	assert_int_equal(tracker_duplicates(bench->tracker), 1);
	segment = talk_segment(&talk, FROM_CLIENT, TCP_ACK, "data", 4);
	wire_put(&bench->wire, 3010000, &segment);
	assert_int_equal(tracker_duplicates(bench->tracker), 1);
	assert_bytes(bench, FROM_CLIENT, "data");
	assert_int_equal(bench_end(bench)->half[FROM_CLIENT].retransmissions, 1);
	bench_free(bench);
}

/* A mirror that copies both ways: every packet twice, a SYN too. */
static void a_mirrors_copy_of_a_syn_is_no_attempt(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	struct segment syn = talk_segment(&talk, FROM_CLIENT, TCP_SYN, NULL, 0);
	wire_put(&bench->wire, 0, &syn);
	wire_put(&bench->wire, 8, &syn);
	talk.side[FROM_CLIENT].next++;
	struct segment synack = talk_segment(&talk, FROM_SERVER, TCP_SYN | TCP_ACK, NULL, 0);
	wire_put(&bench->wire, 1000, &synack);
	wire_put(&bench->wire, 1008, &synack);
	const struct tcp_connection *connection = bench_end(bench);
	assert_int_equal(connection->syn_attempts, 1);
	assert_int_equal(connection->synack_attempts, 1);
	assert_int_equal(tracker_duplicates(bench->tracker), 2);
	assert_int_equal(connection->half[FROM_SERVER].retransmissions, 0);
	bench_free(bench);
}

/* One direction only, from the middle: the acknowledgements tell how much of the other was not seen. */
static void a_side_never_seen_lacks_what_its_peer_acknowledged(void **state)
{
	(void)state;
	for (unsigned side = 0; side < DIRECTIONS; side++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		enum direction seen = (enum direction)side;
		enum direction unseen = seen == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
		say_text(&talk, 0, seen, "one");
		talk_lose(&talk, unseen, 40);
		say_text(&talk, 10, seen, "two");
		talk_lose(&talk, unseen, 2);
		talk_say(&talk, 20, seen, TCP_FIN | TCP_ACK);
		assert_bytes(bench, seen, "onetwo");
		const struct tcp_connection *connection = bench_end(bench);
		assert_int_equal(order_lost(&connection->half[unseen].order)->missing, 42);
		assert_int_equal(order_lost(&connection->half[unseen].order)->missing_acked, 42);
		assert_int_equal(order_lost(&connection->half[seen].order)->missing, 0);
		assert_int_equal(bench->missing[unseen], 42);
		bench_free(bench);
	}
}

/* The last number alone is a FIN; and what a side sends where its peer's acknowledgements stand follows on them. */
static void a_side_seen_in_time_or_only_to_end_lacks_nothing(void **state)
{
	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		say_text(&talk, 0, FROM_CLIENT, "one");
		if (late == 1)
			say_text(&talk, 5, FROM_SERVER, "yes");
		else
			talk_lose(&talk, FROM_SERVER, 1);
		talk_say(&talk, 10, FROM_CLIENT, TCP_ACK);
		assert_int_equal(order_lost(&bench_end(bench)->half[FROM_SERVER].order)->missing, 0);
		bench_free(bench);
	}
}

/* Its peer acknowledged 40 of 50 bytes before the side's own packets reached the tap. */
static void a_side_seen_late_lacks_what_it_sent_before(void **state)
{
	(void)state;
	for (unsigned side = 0; side < DIRECTIONS; side++) {
		for (unsigned speaks = 0; speaks < 2; speaks++) {
			struct bench *bench = bench_new();
			struct talk talk = talk_new(&bench->wire, 1042);
			enum direction seen = (enum direction)side;
			enum direction late = seen == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
			say_text(&talk, 0, seen, "one");
			talk_lose(&talk, late, 40);
			say_text(&talk, 10, seen, "two");
			talk_lose(&talk, late, 10);
			if (speaks)
				say_text(&talk, 20, late, "late");
			else
				talk_say(&talk, 20, late, TCP_ACK);
			const struct tcp_connection *connection = bench_end(bench);
			assert_bytes(bench, late, speaks ? "late" : "");
			assert_int_equal(order_lost(&connection->half[late].order)->missing, 50);
			assert_int_equal(order_lost(&connection->half[seen].order)->missing, 0);
			assert_int_equal(bench->missing[late], 50);
			assert_int_equal(connection->half[late].retransmissions, 0);
			/* Nobody was seen to acknowledge the last ten, which may have been lost on the way. */
			assert_int_equal(order_lost(&connection->half[late].order)->missing_acked, 40);
			bench_free(bench);
		}
	}
}

/* The hole before a late side's first packet may fill, as any other. */
static void a_late_side_that_comes_out_of_order_lacks_nothing(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	say_text(&talk, 0, FROM_CLIENT, "one");
	struct segment first = talk_segment(&talk, FROM_SERVER, TCP_ACK, "never ", 6);
	talk_lose(&talk, FROM_SERVER, 6);
	say_text(&talk, 5, FROM_SERVER, "late");
	wire_put(&bench->wire, 6000, &first);
	assert_bytes(bench, FROM_SERVER, "never late");
	assert_int_equal(order_lost(&bench_end(bench)->half[FROM_SERVER].order)->missing, 0);
	bench_free(bench);
}

/* The capture lacks the SYN between two connections: numbers far from what was acknowledged are the second's. */
static void a_side_with_other_numbers_begins_anew(void **state)
{
	static const uint32_t leaps[] = {1U << 21, 1U << 27, 1U << 30, 0U - (1U << 21)};

	(void)state;
	for (size_t i = 0; i < sizeof leaps / sizeof leaps[0]; i++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		say_text(&talk, 0, FROM_CLIENT, "one");
		talk_lose(&talk, FROM_SERVER, leaps[i]);
		say_text(&talk, 5, FROM_SERVER, "another");
		assert_bytes(bench, FROM_SERVER, "another");
		assert_int_equal(order_lost(&bench_end(bench)->half[FROM_SERVER].order)->missing, 0);
		bench_free(bench);
	}
}

/* A SYN/ACK that bears bytes, sent again: one segment, one repeat. A SYN again is an attempt and no repeat. */
static void a_handshake_with_bytes_is_repeated_once(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	for (int64_t i = 0; i < 2; i++) {
		struct segment syn = talk_segment(&talk, FROM_CLIENT, TCP_SYN, "ask", 3);
		wire_put(&bench->wire, i * 1000000, &syn);
	}
	talk.side[FROM_CLIENT].next += 4;
	for (int64_t i = 2; i < 4; i++) {
		struct segment synack = talk_segment(&talk, FROM_SERVER, TCP_SYN | TCP_ACK, "ok", 2);
		wire_put(&bench->wire, i * 1000000, &synack);
	}
	assert_bytes(bench, FROM_CLIENT, "ask");
	assert_bytes(bench, FROM_SERVER, "ok");
	const struct tcp_connection *connection = bench_end(bench);
	assert_int_equal(connection->syn_attempts, 2);
	assert_int_equal(connection->synack_attempts, 2);
	assert_int_equal(connection->half[FROM_CLIENT].retransmissions, 0);
	assert_int_equal(connection->half[FROM_SERVER].retransmissions, 1);
	bench_free(bench);
}

/* RFC 1122 4.2.3.6: with one old byte or none. */
static void keep_alives_are_no_repeats(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	say_text(&talk, 10, FROM_CLIENT, "data");
	talk_say(&talk, 11, FROM_SERVER, TCP_ACK);
	for (int64_t i = 1; i <= 3; i++) {
		struct segment probe = talk_segment(&talk, FROM_CLIENT, TCP_ACK, "a", i == 2 ? 0 : 1);
		probe.seq--;
		wire_put(&bench->wire, i * 60000000, &probe);
		talk_say(&talk, i * 60000 + 1, FROM_SERVER, TCP_ACK);
	}
	assert_bytes(bench, FROM_CLIENT, "data");
	assert_int_equal(bench_end(bench)->half[FROM_CLIENT].retransmissions, 0);
	bench_free(bench);
}

/* With the number of the FIN, which is the last that was sent: Windows probes so with a byte. */
static void a_keep_alive_behind_a_fin_is_no_byte(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	say_text(&talk, 10, FROM_CLIENT, "data");
	talk_say(&talk, 20, FROM_CLIENT, TCP_FIN | TCP_ACK);
	talk_say(&talk, 21, FROM_SERVER, TCP_ACK);
	for (int64_t i = 1; i <= 3; i++) {
		struct segment probe = talk_segment(&talk, FROM_CLIENT, TCP_ACK, "a", i == 2 ? 0 : 1);
		probe.seq--;
		wire_put(&bench->wire, i * 60000000, &probe);
		talk_say(&talk, i * 60000 + 1, FROM_SERVER, TCP_ACK);
	}
	assert_bytes(bench, FROM_CLIENT, "data");
	const struct tcp_connection *connection = bench_end(bench);
	assert_int_equal(connection->half[FROM_CLIENT].retransmissions, 0);
	assert_int_equal(connection->close_forgery, 0);
	bench_free(bench);
}

/* miss-end-data: the FIN's number proves bytes that never came. */
static void bytes_that_a_fin_proves_are_missing(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	say_text(&talk, 10, FROM_SERVER, "some");
	talk_lose(&talk, FROM_SERVER, 25);
	talk_say(&talk, 20, FROM_SERVER, TCP_FIN | TCP_ACK);
	tracker_end(bench->tracker);
	assert_int_equal(bench->missing[FROM_SERVER], 25);
	assert_int_equal(order_lost(&bench->ended[0].half[FROM_SERVER].order)->missing, 25);
	assert_int_equal(order_lost(&bench->ended[0].half[FROM_SERVER].order)->missing_acked, 0);
	bench_free(bench);
}

/* What the peer acknowledged was lost to the capture, not on the way. */
static void bytes_that_an_ack_proves_reached_the_peer(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_lose(&talk, FROM_CLIENT, 25);
	talk_say(&talk, 20, FROM_SERVER, TCP_ACK);
	tracker_end(bench->tracker);
	assert_int_equal(bench->missing[FROM_CLIENT], 25);
	assert_int_equal(order_lost(&bench->ended[0].half[FROM_CLIENT].order)->missing_acked, 25);
	bench_free(bench);
}

/* A FIN takes one number that is no byte, and its ACK may be all that the capture holds of it. */
static void the_ack_of_a_fin_proves_no_byte(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	say_text(&talk, 10, FROM_CLIENT, "data");
	talk_lose(&talk, FROM_CLIENT, 1);
	talk_say(&talk, 20, FROM_SERVER, TCP_ACK);
	assert_int_equal(order_lost(&bench_end(bench)->half[FROM_CLIENT].order)->missing, 0);
	assert_int_equal(bench->missing[FROM_CLIENT], 0);
	bench_free(bench);
}

static void a_segment_cut_by_the_snap_length_leaves_a_gap(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	struct segment cut = talk_segment(&talk, FROM_CLIENT, TCP_ACK, "0123", 4);
	cut.payload_length = 10;
	wire_put(&bench->wire, 10000, &cut);
	talk_lose(&talk, FROM_CLIENT, 10);
	say_text(&talk, 20, FROM_CLIENT, "after");
	assert_bytes(bench, FROM_CLIENT, "0123after");
	assert_int_equal(bench->cut[FROM_CLIENT], 6);
	assert_int_equal(bench->missing[FROM_CLIENT], 0);
	assert_int_equal(order_lost(&bench_end(bench)->half[FROM_CLIENT].order)->cut, 6);
	bench_free(bench);
}

/* fin-retransmit */
static void a_fin_sent_again_is_one_close(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_say(&talk, 10, FROM_CLIENT, TCP_FIN | TCP_ACK);
	talk.side[FROM_CLIENT].next--;
	talk_say(&talk, 3010, FROM_CLIENT, TCP_FIN | TCP_ACK);
	const struct tcp_connection *connection = bench_end(bench);
	assert_int_equal(bench->steps[TCP_STEP_CLOSE], 1);
	assert_int_equal(connection->rest->close.frame, 4);
	assert_int_equal(connection->close_kind, TCP_CLOSED_FIN);
	assert_int_equal(connection->close_side, FROM_CLIENT);
	assert_int_equal(connection->half[FROM_CLIENT].retransmissions, 1);
	assert_false(moment_seen(&connection->rest->peer_close));
	bench_free(bench);
}

/* ---- What libnids must never see ---- */

/* Sends "world" before "hello ", so that both pass through the engine. edit changes each segment before it goes. */
static void through_the_engine(void (*edit)(struct segment *segment, bool late))
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	talk_handshake(&talk, 0);
	uint32_t start = talk.side[FROM_CLIENT].next;
	talk.side[FROM_CLIENT].next = start + 6;
	struct segment world = talk_segment(&talk, FROM_CLIENT, TCP_ACK, "world", 5);
	edit(&world, false);
	wire_put(&bench->wire, 10000, &world);
	talk.side[FROM_CLIENT].next = start;
	struct segment hello = talk_segment(&talk, FROM_CLIENT, TCP_ACK, "hello ", 6);
	edit(&hello, true);
	wire_put(&bench->wire, 20000, &hello);
	assert_bytes(bench, FROM_CLIENT, "hello world");
	assert_int_equal(streams_opened, 1);
	assert_int_equal(order_lost(&bench_end(bench)->half[FROM_CLIENT].order)->missing, 0);
	bench_free(bench);
}

/* libnids takes the urgent byte out of the stream. */
static void edit_urgent(struct segment *segment, bool late)
{
	(void)late;
	segment->flags |= TCP_URG;
}

/* libnids drops a segment whose timestamp goes back. */
static void edit_timestamp(struct segment *segment, bool late)
{
	segment->has_timestamp = true;
	segment->timestamp = late ? 1 : 1000000;
}

/* libnids drops what lies outside the window, as it understands it. */
static void edit_window(struct segment *segment, bool late)
{
	(void)late;
	segment->window = 0;
}

static void edit_fin(struct segment *segment, bool late)
{
	if (!late)
		segment->flags |= TCP_FIN;
}

static void an_urgent_byte_stays_in_the_stream(void **state)
{
	(void)state;
	through_the_engine(edit_urgent);
}

static void timestamps_drop_nothing(void **state)
{
	(void)state;
	through_the_engine(edit_timestamp);
}

static void a_closed_window_drops_nothing(void **state)
{
	(void)state;
	through_the_engine(edit_window);
}

static void a_fin_behind_a_hole_drops_nothing(void **state)
{
	(void)state;
	through_the_engine(edit_fin);
}

/* A RST need not be the last word: one that was forged is followed by the bytes of those who never saw it. */
static void bytes_after_a_reset_are_read(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	uint32_t start = talk.side[FROM_CLIENT].next;
	talk.side[FROM_CLIENT].next = start + 6;
	say_text(&talk, 10, FROM_CLIENT, "world");
	struct segment rst = talk_segment(&talk, FROM_CLIENT, TCP_RST, NULL, 0);
	wire_put(&bench->wire, 15000, &rst);
	talk.side[FROM_CLIENT].next = start;
	say_text(&talk, 20, FROM_CLIENT, "hello ");
	assert_bytes(bench, FROM_CLIENT, "hello world");
	bench_free(bench);
}

static void ipv6_passes_through_the_engine(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	for (int d = 0; d < DIRECTIONS; d++) {
		talk.side[d].has_ip_id = false;
		talk.side[d].at.ip = (struct address){.family = 6, .bytes = {0x20, 0x01, 0x0d, 0xb8}};
		talk.side[d].at.ip.bytes[15] = (uint8_t)(d + 1);
	}
	talk_handshake(&talk, 0);
	uint32_t start = talk.side[FROM_SERVER].next;
	talk.side[FROM_SERVER].next = start + 6;
	say_text(&talk, 10, FROM_SERVER, "world");
	talk.side[FROM_SERVER].next = start;
	say_text(&talk, 20, FROM_SERVER, "hello ");
	assert_bytes(bench, FROM_SERVER, "hello world");
	assert_int_equal(streams_opened, 1);
	bench_free(bench);
}

/* Neither SYNs nor bytes in order cost a stream. */
static void in_order_the_engine_is_not_asked(void **state)
{
	struct bench *bench = bench_new();

	(void)state;
	for (uint16_t port = 2000; port < 2010; port++) {
		struct talk talk = talk_new(&bench->wire, port);
		talk_handshake(&talk, port);
		say_text(&talk, port + 10, FROM_CLIENT, "data");
	}
	assert_int_equal(bench->opened, 10);
	assert_int_equal(streams_opened, 0);
	bench_free(bench);
}

/* ---- Whose the close was ---- */

/* An established connection with enough packets to know both sides by; then the server's RST, as edit left it. */
static unsigned forgery_of(void (*edit)(struct talk *talk, struct segment *rst))
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	talk.side[FROM_CLIENT].has_timestamp = talk.side[FROM_SERVER].has_timestamp = true;
	talk_handshake(&talk, 0);
	for (int64_t i = 1; i <= 6; i++) {
		say_text(&talk, i * 10, FROM_CLIENT, "question");
		say_text(&talk, i * 10 + 5, FROM_SERVER, "answer");
	}
	struct segment rst = talk_segment(&talk, FROM_SERVER, TCP_RST | TCP_ACK, NULL, 0);
	if (edit != NULL)
		edit(&talk, &rst);
	wire_put(&bench->wire, 70000, &rst);
	unsigned bits = bench_end(bench)->close_forgery;
	bench_free(bench);
	return bits;
}

static void edit_hop_limit(struct talk *talk, struct segment *rst)
{
	(void)talk;
	rst->hop_limit = 255;
}

static void edit_ip_id(struct talk *talk, struct segment *rst)
{
	(void)talk;
	rst->ip_id = (uint16_t)(rst->ip_id + 0x5123);
}

static void edit_rst_timestamp(struct talk *talk, struct segment *rst)
{
	(void)talk;
	rst->timestamp -= 5000;
}

static void edit_sequence(struct talk *talk, struct segment *rst)
{
	(void)talk;
	rst->seq += 1000000;
}

/* A Linux host answers for a socket that is gone without timestamps and with IP ID 0. */
static void edit_gone_socket(struct talk *talk, struct segment *rst)
{
	(void)talk;
	rst->ip_id = 0;
	rst->has_timestamp = false;
}

static void a_forged_reset_is_told_by_what_does_not_fit(void **state)
{
	(void)state;
	assert_int_equal(forgery_of(NULL), 0);
	assert_int_equal(forgery_of(edit_gone_socket), 0);
	assert_int_equal(forgery_of(edit_hop_limit), FORGERY_HOP_LIMIT);
	assert_int_equal(forgery_of(edit_ip_id), FORGERY_IP_ID);
	assert_int_equal(forgery_of(edit_rst_timestamp), FORGERY_TIMESTAMP);
	assert_int_equal(forgery_of(edit_sequence), FORGERY_SEQUENCE);
}

static void a_host_that_goes_on_did_not_reset(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	say_text(&talk, 10, FROM_CLIENT, "question");
	talk_say(&talk, 20, FROM_SERVER, TCP_RST | TCP_ACK);
	say_text(&talk, 30, FROM_SERVER, "answer");
	assert_int_equal(bench_end(bench)->close_forgery, FORGERY_SPOKE_ON);
	bench_free(bench);
}

/* RFC 5961 3: out of the window it is ignored, and all that came of it is that both sides went on. */
static void a_reset_that_is_ignored_is_no_end(void **state)
{
	(void)state;
	for (int taken = 0; taken <= 1; taken++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		talk_handshake(&talk, 0);
		say_text(&talk, 10, FROM_CLIENT, "question");
		struct segment rst = talk_segment(&talk, FROM_SERVER, TCP_RST | TCP_ACK, NULL, 0);
		rst.seq += 1000000000;
		wire_put(&bench->wire, 20000, &rst);
		say_text(&talk, 30, FROM_SERVER, "answer");
		if (taken)
			talk_say(&talk, 31, FROM_CLIENT, TCP_ACK);
		talk_say(&talk, 5000, FROM_SERVER, TCP_FIN | TCP_ACK);
		const struct tcp_connection *connection = bench_end(bench);
		assert_int_equal(connection->close_kind, taken ? TCP_CLOSED_FIN : TCP_CLOSED_RST);
		assert_int_equal(connection->close_forgery, taken ? 0 : FORGERY_SEQUENCE | FORGERY_SPOKE_ON);
		bench_free(bench);
	}
}

/* Of two resets at once neither is the other's answer; minutes apart they are two ends of one. */
static void both_sides_at_once_are_reset_by_a_third(void **state)
{
	(void)state;
	for (int64_t apart = 1; apart <= 5000; apart += 4999) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		talk_handshake(&talk, 0);
		say_text(&talk, 10, FROM_CLIENT, "question");
		talk_say(&talk, 100, FROM_SERVER, TCP_RST | TCP_ACK);
		talk_say(&talk, 100 + apart, FROM_CLIENT, TCP_RST | TCP_ACK);
		unsigned bits = bench_end(bench)->close_forgery;
		assert_int_equal(bits & FORGERY_BOTH_SIDES, apart == 1 ? FORGERY_BOTH_SIDES : 0);
		bench_free(bench);
	}
}

static void the_first_sign_of_the_end_is_the_close(void **state)
{
	struct bench *bench = bench_new();
	struct talk talk = talk_new(&bench->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_say(&talk, 10, FROM_SERVER, TCP_FIN | TCP_ACK);
	talk_say(&talk, 20, FROM_CLIENT, TCP_RST | TCP_ACK);
	const struct tcp_connection *connection = bench_end(bench);
	assert_int_equal(connection->close_side, FROM_SERVER);
	assert_int_equal(connection->close_kind, TCP_CLOSED_FIN);
	assert_int_equal(connection->rest->close.frame, 4);
	assert_int_equal(connection->rest->peer_close.frame, 5);
	bench_free(bench);
}

/* A packet that stands behind a later one puts only a connection in doubt whose own later packets it stands behind. */
static void a_late_segment_is_its_own_connections(void **state)
{
	struct bench *bench = bench_new();
	struct talk late = talk_new(&bench->wire, 1042), other = talk_new(&bench->wire, 1043),
		    set_back = talk_new(&bench->wire, 1044);

	(void)state;
	talk_handshake(&late, 0);
	talk_handshake(&other, 5);
	say_text(&late, 30, FROM_CLIENT, "asks");
	say_text(&other, 20, FROM_CLIENT, "asks");
	say_text(&late, 25, FROM_SERVER, "says");
	talk_handshake(&set_back, 5000);
	say_text(&set_back, 3000, FROM_CLIENT, "asks");
	tracker_end(bench->tracker);
	assert_int_equal(bench->count, 3);
	for (size_t i = 0; i < bench->count; i++)
		assert_int_equal(bench->ended[i].out_of_order, bench->ended[i].client.port == 1042);
	bench_free(bench);
}

/* The port is used again and the capture lacks the SYN: what goes on with other numbers is no word of the first. */
static void the_next_connection_without_its_syn_is_another(void **state)
{
	static const struct {
		uint16_t flags;
		uint32_t leap;
		size_t connections;
	} rows[] = {
	    {TCP_FIN | TCP_ACK, 1U << 22, 2}, {TCP_RST | TCP_ACK, 1U << 22, 2}, {TCP_RST | TCP_ACK, 0U - (1U << 22), 2},
	    {TCP_RST | TCP_ACK, 1U << 10, 1}, /* within a window: a host that goes on */
	    {TCP_ACK, 1U << 22, 1},           /* nothing has ended */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		talk_handshake(&talk, 0);
		talk_say(&talk, 10, FROM_SERVER, TCP_ACK);
		talk_say(&talk, 20, FROM_CLIENT, rows[i].flags);
		for (unsigned side = 0; side < DIRECTIONS; side++)
			talk_lose(&talk, (enum direction)side, rows[i].leap);
		talk_say(&talk, 5000, FROM_SERVER, TCP_SYN | TCP_ACK);
		talk_say(&talk, 5001, FROM_CLIENT, TCP_ACK);
		tracker_end(bench->tracker);
		assert_int_equal(bench->count, rows[i].connections);
		if (rows[i].connections == 2) {
			assert_int_equal(bench->ended[0].close_forgery, 0);
			assert_true(bench->ended[1].mid_stream && bench->ended[1].synack_seen);
		}
		bench_free(bench);
	}
}

/* Windows asks again after a refusal; where the capture lacks that SYN, it is the client's going on that tells. */
static void a_client_that_goes_on_after_a_refusal_asked_again(void **state)
{
	(void)state;
	for (unsigned goes_on = 0; goes_on < 2; goes_on++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
		struct segment rst = talk_segment(&talk, FROM_SERVER, TCP_RST | TCP_ACK, NULL, 0);
		rst.seq = 0;
		wire_put(&bench->wire, 1000, &rst);
		talk_say(&talk, 501, FROM_SERVER, TCP_SYN | TCP_ACK);
		talk_say(&talk, 502, FROM_CLIENT, goes_on ? TCP_ACK : TCP_RST);
		const struct tcp_connection *connection = bench_end(bench);
		assert_int_equal(connection->close_kind, goes_on ? TCP_OPEN : TCP_CLOSED_RST);
		assert_int_equal(connection->close_forgery, goes_on ? 0 : FORGERY_SPOKE_ON);
		bench_free(bench);
	}
}

/* The client acknowledged one number more than the server was seen to send: its FIN, to which both resets are due. */
static void resets_after_a_fin_that_the_capture_lacks_are_their_senders(void **state)
{
	(void)state;
	for (unsigned lacks = 0; lacks < 2; lacks++) {
		struct bench *bench = bench_new();
		struct talk talk = talk_new(&bench->wire, 1042);
		talk_handshake(&talk, 0);
		say_text(&talk, 10, FROM_CLIENT, "ask");
		uint32_t before = talk.side[FROM_SERVER].next;
		talk_lose(&talk, FROM_SERVER, lacks);
		talk_say(&talk, 20, FROM_CLIENT, TCP_ACK);
		talk_say(&talk, 21, FROM_CLIENT, TCP_RST | TCP_ACK);
		struct segment rst = talk_segment(&talk, FROM_SERVER, TCP_RST, NULL, 0);
		rst.seq = before;
		wire_put(&bench->wire, 60000, &rst);
		assert_int_equal(bench_end(bench)->close_forgery & FORGERY_BOTH_SIDES, lacks ? 0 : FORGERY_BOTH_SIDES);
		bench_free(bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(repeats_of_a_syn_are_one_attempt),
	    cmocka_unit_test(a_new_isn_before_data_is_a_new_attempt),
	    cmocka_unit_test(a_reused_tuple_is_a_new_connection),
	    cmocka_unit_test(the_same_isn_after_the_end_is_a_new_connection),
	    cmocka_unit_test(late_packets_of_a_finished_connection_are_no_new_one),
	    cmocka_unit_test(a_lone_reset_refuses_nothing),
	    cmocka_unit_test(other_ports_are_nobodys_business),
	    cmocka_unit_test(strays_before_the_answer_are_another_incarnations),
	    cmocka_unit_test(strays_while_it_lives_are_another_incarnations),
	    cmocka_unit_test(both_sides_with_other_numbers_talk_to_each_other),
	    cmocka_unit_test(a_half_open_connection_expires),
	    cmocka_unit_test(a_request_without_an_answer_is_waited_for_longer),
	    cmocka_unit_test(an_open_connection_does_not_expire),
	    cmocka_unit_test(an_answer_before_its_syn_is_the_same_connection),
	    cmocka_unit_test(a_syn_ack_for_another_syn_is_no_answer),
	    cmocka_unit_test(data_ends_a_handshake_whose_ack_is_not_there),
	    cmocka_unit_test(in_the_middle_the_watched_port_is_the_server),
	    cmocka_unit_test(a_mirrors_copy_is_not_a_repeat),
	    cmocka_unit_test(a_mirrors_copy_of_a_syn_is_no_attempt),
	    cmocka_unit_test(a_side_never_seen_lacks_what_its_peer_acknowledged),
	    cmocka_unit_test(a_side_seen_in_time_or_only_to_end_lacks_nothing),
	    cmocka_unit_test(a_side_seen_late_lacks_what_it_sent_before),
	    cmocka_unit_test(a_late_side_that_comes_out_of_order_lacks_nothing),
	    cmocka_unit_test(a_side_with_other_numbers_begins_anew),
	    cmocka_unit_test(a_handshake_with_bytes_is_repeated_once),
	    cmocka_unit_test(keep_alives_are_no_repeats),
	    cmocka_unit_test(a_keep_alive_behind_a_fin_is_no_byte),
	    cmocka_unit_test(bytes_that_a_fin_proves_are_missing),
	    cmocka_unit_test(bytes_that_an_ack_proves_reached_the_peer),
	    cmocka_unit_test(the_ack_of_a_fin_proves_no_byte),
	    cmocka_unit_test(a_segment_cut_by_the_snap_length_leaves_a_gap),
	    cmocka_unit_test(a_fin_sent_again_is_one_close),
	    cmocka_unit_test(an_urgent_byte_stays_in_the_stream),
	    cmocka_unit_test(timestamps_drop_nothing),
	    cmocka_unit_test(a_closed_window_drops_nothing),
	    cmocka_unit_test(a_fin_behind_a_hole_drops_nothing),
	    cmocka_unit_test(bytes_after_a_reset_are_read),
	    cmocka_unit_test(ipv6_passes_through_the_engine),
	    cmocka_unit_test(in_order_the_engine_is_not_asked),
	    cmocka_unit_test(a_forged_reset_is_told_by_what_does_not_fit),
	    cmocka_unit_test(a_host_that_goes_on_did_not_reset),
	    cmocka_unit_test(a_reset_that_is_ignored_is_no_end),
	    cmocka_unit_test(both_sides_at_once_are_reset_by_a_third),
	    cmocka_unit_test(the_next_connection_without_its_syn_is_another),
	    cmocka_unit_test(a_client_that_goes_on_after_a_refusal_asked_again),
	    cmocka_unit_test(resets_after_a_fin_that_the_capture_lacks_are_their_senders),
	    cmocka_unit_test(the_first_sign_of_the_end_is_the_close),
	    cmocka_unit_test(a_late_segment_is_its_own_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
