/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a failure comes from: stories from packets made by hand, judged beside what others got at that time. Each
 * origin is reached, and where the same packets may mean two things, what tells them apart is turned about.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"
#include "origin/catalogue.h"
#include "origin/judge.h"
#include "packets.h"
#include "timeline/timeline.h"

/* A world around one connection: the tap, and whether the server serves others. */
struct world {
	struct wire wire;
	struct timeline *timeline;
	struct services *services;
	struct connection *connection;
	struct talk talk;
};

static void take(void *user, const struct segment *segment)
{
	struct world *world = user;

	timeline_segment(world->timeline, segment);
}

static void on_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment)
{
	(void)user;
	(void)live;
	(void)milestone;
	(void)moment;
}

static void on_refused(void *user, const struct live *live, const struct moment *moment)
{
	(void)user;
	(void)live;
	(void)moment;
}

static void on_finished(void *user, struct connection *connection)
{
	struct world *world = user;

	assert_null(world->connection);
	world->connection = connection_keep(connection);
}

static struct world *world_new(enum tap tap, bool serves_others)
{
	struct world *world = calloc(1, sizeof *world);
	struct timeline_options options = {.ports = {.list = {102}, .count = 1}, .engine = stream_nids()};
	struct timeline_handlers handlers = {world, on_reached, on_refused, on_finished};
	time_ns far = 20 * NS_PER_MS;
	time_ns near = 100 * NS_PER_US;

	assert_non_null(world);
	world->wire = (struct wire){.user = world, .take = take};
	world->timeline = timeline_new(&options, &handlers);
	world->services = services_new();
	world->talk = talk_new(&world->wire, 1042);
	const struct endpoint *server = &world->talk.side[FROM_SERVER].at;
	for (unsigned i = 0; i < 30; i++) {
		services_handshake(world->services, server, tap == TAP_SERVER ? near : far,
				   tap == TAP_CLIENT ? near : far);
		if (serves_others)
			services_note(world->services, server, SERVICE_ANSWERED_SYN, 100 + i,
				      WIRE_START + (time_ns)i * NS_PER_S);
	}
	assert_int_equal(services_tap(world->services, server), tap);
	return world;
}

/* The capture is over, or goes on for long enough that nothing more can come; judges. */
static const struct connection *world_judged(struct world *world)
{
	timeline_time(world->timeline, world->wire.now + 600 * NS_PER_S);
	timeline_end(world->timeline);
	assert_non_null(world->connection);
	judge(world->connection, world->services);
	return world->connection;
}

static void world_free(struct world *world)
{
	connection_free(world->connection);
	timeline_free(world->timeline);
	services_free(world->services);
	free(world);
}

/* Judges, and frees the world. */
static void world_says(struct world *world, enum outcome outcome, enum origin origin, const char *cause)
{
	const struct connection *connection = world_judged(world);
	assert_string_equal(outcome_name(connection->outcome), outcome_name(outcome));
	const char *said = origin_name(connection->origin);
	const char *expected = origin_name(origin);
	assert_string_equal(said == NULL ? "null" : said, expected == NULL ? "null" : expected);
	if (cause == NULL)
		assert_null(connection->cause);
	else
		assert_string_equal(connection->cause == NULL ? "null" : connection->cause, cause);
	/* A cause is one that the catalogue knows; evidence names packets of this wire, and is a sentence. */
	assert_true(connection->cause == NULL || catalogue_find(connection->cause) != NULL);
	assert_true(connection->confidence > 0 && connection->confidence < 1);
	assert_int_equal(connection->evidence_count > 0, origin != ORIGIN_NONE);
	for (size_t i = 0; i < connection->evidence_count; i++) {
		char text[256];
		evidence_format(&connection->evidence[i], text, sizeof text);
		assert_true(strlen(text) > 5 && strstr(text, "%s") == NULL);
		assert_in_range(connection->evidence[i].moment.frame, 1, world->wire.frame);
	}
	world_free(world);
}

static void repeat_syn(struct world *world, int64_t ms)
{
	world->talk.side[FROM_CLIENT].next = world->talk.side[FROM_CLIENT].isn;
	talk_say(&world->talk, ms, FROM_CLIENT, TCP_SYN);
}

static void refuse_syn(struct world *world, int64_t ms)
{
	struct segment rst = talk_segment(&world->talk, FROM_SERVER, TCP_RST | TCP_ACK, NULL, 0);

	rst.seq = 0;
	wire_put(&world->wire, ms * 1000, &rst);
}

/* A handshake and a request that the server's TCP acknowledges. */
static void ask(struct world *world)
{
	talk_handshake(&world->talk, 0);
	talk_pdu(&world->talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_say(&world->talk, 150, FROM_SERVER, TCP_ACK);
}

static void what_did_not_fail_comes_from_nowhere(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	ask(world);
	talk_pdu(&world->talk, 200, FROM_SERVER, PDU_TEXT_CC);
	talk_pdu(&world->talk, 210, FROM_CLIENT, PDU_TEXT_CN);
	talk_pdu(&world->talk, 220, FROM_SERVER, PDU_TEXT_AC);
	talk_say(&world->talk, 300, FROM_CLIENT, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_OK, ORIGIN_NONE, NULL);
}

/*
 * The snap length leaves of a packet its first bytes. An `ok` may hide a refusal where they do not reach to the
 * answer's SPDU, which is an ACCEPT or a REFUSE (X.225 8.3.4, 8.3.5); not where a transfer follows, which no refused
 * client begins.
 */
static void an_ok_with_the_answer_to_the_bind_cut_off_is_less_sure(void **state)
{
	enum { WHOLE = 1000, TO_SPDU = 9, TO_TPDU = 7, TO_ACTIVITY = 11, NOTHING = 0 };
	static const struct {
		uint32_t of_answer, of_data; /* captured bytes */
		bool carries;
		double confidence;
	} rows[] = {
	    {WHOLE, 0, false, 0.99},        {TO_SPDU, 0, false, 0.99},    {TO_TPDU, 0, false, 0.85},
	    {NOTHING, 0, false, 0.85},      {NOTHING, WHOLE, true, 0.99}, {TO_TPDU, TO_ACTIVITY, true, 0.99},
	    {NOTHING, NOTHING, true, 0.85},
	};
	struct hex answer = hex(PDU_TEXT_AC), data = hex(PDU_TEXT_ACTIVITY);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct world *world = world_new(TAP_SERVER, true);
		struct talk *talk = &world->talk;
		ask(world);
		talk_pdu(talk, 200, FROM_SERVER, PDU_TEXT_CC);
		talk_pdu(talk, 210, FROM_CLIENT, PDU_TEXT_CN);
		struct segment segment =
		    talk_segment(talk, FROM_SERVER, TCP_PSH | TCP_ACK, answer.bytes, answer.length);
		if (rows[i].of_answer < answer.length)
			segment.payload_captured = rows[i].of_answer;
		wire_put(&world->wire, 220000, &segment);
		talk_lose(talk, FROM_SERVER, (uint32_t)answer.length);
		if (rows[i].carries) {
			segment = talk_segment(talk, FROM_CLIENT, TCP_PSH | TCP_ACK, data.bytes, data.length);
			if (rows[i].of_data < data.length)
				segment.payload_captured = rows[i].of_data;
			wire_put(&world->wire, 230000, &segment);
			talk_lose(talk, FROM_CLIENT, (uint32_t)data.length);
		}
		talk_say(talk, 300, FROM_CLIENT, TCP_FIN | TCP_ACK);
		talk_say(talk, 301, FROM_SERVER, TCP_FIN | TCP_ACK);
		const struct connection *connection = world_judged(world);
		assert_string_equal(outcome_name(connection->outcome), outcome_name(OUTCOME_OK));
		assert_null(origin_name(connection->origin));
		assert_int_equal(connection->missing_bytes[FROM_SERVER] + connection->missing_bytes[FROM_CLIENT], 0);
		assert_true(connection->confidence > rows[i].confidence - 0.001 &&
			    connection->confidence < rows[i].confidence + 0.001);
		world_free(world);
	}
}

/* The article's case: the kernel has the request, the process does not answer, the peer's timer fires. */
static void an_acknowledged_request_without_an_answer_is_the_applications(void **state)
{
	static const enum tap taps[] = {TAP_CLIENT, TAP_MIDDLE, TAP_SERVER};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *world = world_new(taps[i], true);
		ask(world);
		talk_say(&world->talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
		talk_say(&world->talk, 30011, FROM_SERVER, TCP_FIN | TCP_ACK);
		world_says(world, OUTCOME_NO_OK, ORIGIN_SERVER_APPLICATION, "slow-answer");
	}
}

static void an_answer_after_the_close_is_the_applications(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	ask(world);
	talk_say(&world->talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
	talk_pdu(&world->talk, 33000, FROM_SERVER, PDU_TEXT_CC);
	world_says(world, OUTCOME_LATE_OK, ORIGIN_SERVER_APPLICATION, "slow-answer");
}

static void a_refusal_is_the_applications(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	ask(world);
	talk_pdu(&world->talk, 200, FROM_SERVER, PDU_TEXT_DR);
	talk_say(&world->talk, 201, FROM_SERVER, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_REFUSED, ORIGIN_SERVER_APPLICATION, "busy");
	world = world_new(TAP_SERVER, true);
	ask(world);
	talk_pdu(&world->talk, 200, FROM_SERVER, PDU_TEXT_DR_ADDRESS);
	world_says(world, OUTCOME_REFUSED, ORIGIN_SERVER_APPLICATION, "refused");
}

/* A RST to a SYN: others tell a full queue from a port on which nobody listens. */
static void a_refused_syn_is_the_servers_tcp(void **state)
{
	(void)state;
	for (unsigned others = 0; others < 2; others++) {
		struct world *world = world_new(TAP_SERVER, others != 0);
		for (int64_t i = 0; i < 3; i++) {
			repeat_syn(world, i * 500);
			refuse_syn(world, i * 500 + 1);
		}
		world_says(world, OUTCOME_SYN_REFUSED, ORIGIN_SERVER_TCP,
			   others ? "listen-queue-full" : "nobody-listening");
	}
}

/* Where others were left out, nothing is made of what they did not get; what they did get still counts. */
static void others_that_were_left_out_prove_nothing(void **state)
{
	(void)state;
	for (unsigned others = 0; others < 2; others++) {
		struct world *world = world_new(TAP_SERVER, others != 0);
		services_hold_failures(world->services);
		repeat_syn(world, 0);
		refuse_syn(world, 1);
		world_says(world, OUTCOME_SYN_REFUSED, ORIGIN_SERVER_TCP, others ? "listen-queue-full" : NULL);
		world = world_new(TAP_SERVER, others != 0);
		services_hold_failures(world->services);
		repeat_syn(world, 0);
		repeat_syn(world, 3000);
		repeat_syn(world, 9000);
		world_says(world, OUTCOME_SYN_UNANSWERED, others ? ORIGIN_SERVER_TCP : ORIGIN_UNDETERMINED,
			   others ? "syn-ignored" : NULL);
	}
}

/* It took others in until ten seconds before; one more was refused in the same second. */
static void a_listener_that_has_gone_is_told_from_a_full_queue(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	services_note(world->services, &world->talk.side[FROM_SERVER].at, SERVICE_GOT_SYN, 200,
		      WIRE_START + 40 * NS_PER_S);
	repeat_syn(world, 40000);
	refuse_syn(world, 40001);
	world_says(world, OUTCOME_SYN_REFUSED, ORIGIN_SERVER_TCP, "nobody-listening");
}

/* Beside a server that answers others, silence is the server's own; anywhere else it may be lost on the way. */
/* An hour back: at the second of the refusal, by the clock as it is then, others are accepted. */
static void behind_a_clock_that_was_set_back_others_count(void **state)
{
	struct world *world = world_new(TAP_SERVER, false);
	const struct endpoint *server = &world->talk.side[FROM_SERVER].at;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		services_note(world->services, server, SERVICE_ANSWERED_SYN, 100 + i,
			      WIRE_START + (3600 + (time_ns)i) * NS_PER_S);
	for (unsigned i = 0; i < 100; i++)
		services_note(world->services, server, SERVICE_ANSWERED_SYN, 300 + i,
			      WIRE_START + ((time_ns)i - 30) * NS_PER_S);
	talk_say(&world->talk, 0, FROM_CLIENT, TCP_SYN);
	refuse_syn(world, 1);
	world_says(world, OUTCOME_SYN_REFUSED, ORIGIN_SERVER_TCP, "listen-queue-full");
}

static void an_unanswered_syn_is_told_by_the_tap(void **state)
{
	static const struct {
		enum tap tap;
		enum origin origin;
		const char *cause;
	} rows[] = {
	    {TAP_SERVER, ORIGIN_SERVER_TCP, "syn-ignored"},
	    {TAP_CLIENT, ORIGIN_UNDETERMINED, "peer-or-path-down"},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world *world = world_new(rows[i].tap, true);
		repeat_syn(world, 0);
		repeat_syn(world, 3000);
		repeat_syn(world, 9000);
		world_says(world, OUTCOME_SYN_UNANSWERED, rows[i].origin, rows[i].cause);
	}
}

/* The client goes on asking although the answer has passed the tap. */
static void a_syn_ack_that_does_not_arrive_is_lost_on_the_way_back(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	repeat_syn(world, 0);
	for (int64_t i = 1; i <= 3; i++) {
		world->talk.side[FROM_SERVER].next = world->talk.side[FROM_SERVER].isn;
		talk_say(&world->talk, i * 3000 - 2999, FROM_SERVER, TCP_SYN | TCP_ACK);
		repeat_syn(world, i * 3000);
	}
	world_says(world, OUTCOME_HANDSHAKE_UNFINISHED, ORIGIN_PATH_TO_CLIENT, "answer-lost");
}

/* It has the answer and resets. */
static void a_client_that_resets_the_handshake_is_gone(void **state)
{
	struct world *world = world_new(TAP_MIDDLE, true);

	(void)state;
	talk_say(&world->talk, 0, FROM_CLIENT, TCP_SYN);
	talk_say(&world->talk, 1, FROM_SERVER, TCP_SYN | TCP_ACK);
	struct segment rst = talk_segment(&world->talk, FROM_CLIENT, TCP_RST, NULL, 0);
	wire_put(&world->wire, 2000, &rst);
	world_says(world, OUTCOME_HANDSHAKE_UNFINISHED, ORIGIN_CLIENT, "client-gone");
}

static void a_request_that_is_never_acknowledged_is_lost_on_the_way(void **state)
{
	struct hex cr = hex(PDU_TEXT_CR);

	(void)state;
	for (unsigned speaks = 0; speaks < 2; speaks++) {
		struct world *world = world_new(TAP_CLIENT, true);
		talk_handshake(&world->talk, 0);
		uint32_t start = world->talk.side[FROM_CLIENT].next;
		for (int64_t i = 0; i < 4; i++) {
			world->talk.side[FROM_CLIENT].next = start;
			talk_bytes(&world->talk, 10 + i * 3000, FROM_CLIENT, cr.bytes, cr.length);
		}
		uint32_t end = world->talk.side[FROM_CLIENT].next;
		world->talk.side[FROM_CLIENT].next = start;
		if (speaks)
			talk_say(&world->talk, 20000, FROM_SERVER, TCP_ACK);
		world->talk.side[FROM_CLIENT].next = end;
		talk_say(&world->talk, 30010, FROM_CLIENT, TCP_RST | TCP_ACK);
		/* From a server that is silent nothing tells lost requests from lost acknowledgements. */
		if (speaks)
			world_says(world, OUTCOME_NO_OK, ORIGIN_PATH_TO_SERVER, "request-lost");
		else
			world_says(world, OUTCOME_NO_OK, ORIGIN_UNDETERMINED, "peer-or-path-down");
	}
}

/* The client's own numbers tell of a request that never came here. */
static void a_hole_where_the_request_should_be_is_lost_on_the_way(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	talk_handshake(&world->talk, 0);
	talk_lose(&world->talk, FROM_CLIENT, 22);
	talk_say(&world->talk, 30000, FROM_CLIENT, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_NO_REQUEST, ORIGIN_PATH_TO_SERVER, "request-lost");
}

static void a_hole_where_the_ok_should_be_is_lost_on_the_way_back(void **state)
{
	struct world *world = world_new(TAP_CLIENT, true);

	(void)state;
	ask(world);
	talk_lose(&world->talk, FROM_SERVER, 22);
	struct segment fin = talk_segment(&world->talk, FROM_SERVER, TCP_FIN | TCP_ACK, NULL, 0);
	talk_lose(&world->talk, FROM_SERVER, (uint32_t)-22);
	talk_say(&world->talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
	wire_put(&world->wire, 30020000, &fin);
	world_says(world, OUTCOME_NO_OK, ORIGIN_PATH_TO_CLIENT, "answer-lost");
}

static void an_ok_that_is_never_acknowledged_is_lost_on_the_way_back(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);
	struct hex cc = hex(PDU_TEXT_CC);

	(void)state;
	ask(world);
	uint32_t start = world->talk.side[FROM_SERVER].next;
	for (int64_t i = 0; i < 4; i++) {
		world->talk.side[FROM_SERVER].next = start;
		talk_bytes(&world->talk, 200 + i * 3000, FROM_SERVER, cc.bytes, cc.length);
	}
	world->talk.side[FROM_SERVER].next = start;
	talk_say(&world->talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_OK_LOST, ORIGIN_PATH_TO_CLIENT, "answer-lost");
}

static void a_client_that_never_asks_is_the_origin(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	talk_handshake(&world->talk, 0);
	talk_say(&world->talk, 60000, FROM_SERVER, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_NO_REQUEST, ORIGIN_CLIENT, "never-asked");
}

static void a_client_without_patience_is_the_origin(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	talk_handshake(&world->talk, 0);
	talk_pdu(&world->talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_say(&world->talk, 50, FROM_CLIENT, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_NO_OK, ORIGIN_CLIENT, "gave-up-early");
}

static void a_client_that_closes_after_the_ok_is_the_origin(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	ask(world);
	talk_pdu(&world->talk, 200, FROM_SERVER, PDU_TEXT_CC);
	talk_say(&world->talk, 210, FROM_CLIENT, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_CLOSED_AFTER_OK, ORIGIN_CLIENT, "dislikes-ok");
}

/* As soon as it has it, it does not like it; later it has another reason. */
static void a_client_that_closes_long_after_the_ok_says_nothing_of_it(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	ask(world);
	talk_pdu(&world->talk, 200, FROM_SERVER, PDU_TEXT_CC);
	talk_say(&world->talk, 15000, FROM_CLIENT, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_CLOSED_AFTER_OK, ORIGIN_CLIENT, NULL);
}

/* An OK that was under way proves nothing against the server. */
static void a_client_without_patience_is_the_origin_whatever_comes(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	talk_handshake(&world->talk, 0);
	talk_pdu(&world->talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_say(&world->talk, 50, FROM_CLIENT, TCP_FIN | TCP_ACK);
	talk_pdu(&world->talk, 60, FROM_SERVER, PDU_TEXT_CC);
	world_says(world, OUTCOME_LATE_OK, ORIGIN_CLIENT, "gave-up-early");
}

/* The client's timer ended it, whatever the server would have said; before its own FIN the server said it in time. */
static void a_refusal_after_the_close_was_too_slow(void **state)
{
	(void)state;
	for (int d = 0; d < DIRECTIONS; d++) {
		struct world *world = world_new(TAP_SERVER, true);
		ask(world);
		if (d == FROM_SERVER)
			talk_lose(&world->talk, FROM_SERVER, 11);
		talk_say(&world->talk, 30010, (enum direction)d, TCP_FIN | TCP_ACK);
		if (d == FROM_SERVER)
			world->talk.side[FROM_SERVER].next -= 12;
		talk_pdu(&world->talk, 30200, FROM_SERVER, PDU_TEXT_DR_ADDRESS);
		if (d == FROM_CLIENT)
			world_says(world, OUTCOME_REFUSED, ORIGIN_SERVER_APPLICATION, "slow-answer");
		else
			world_says(world, OUTCOME_REFUSED, ORIGIN_SERVER_APPLICATION, "refused");
	}
}

static void an_er_refuses(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	ask(world);
	talk_pdu(&world->talk, 200, FROM_SERVER, "0300(0470000502)");
	talk_say(&world->talk, 3000, FROM_CLIENT, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_REFUSED, ORIGIN_SERVER_APPLICATION, "refused");
}

/* A banner, a web server's complaint, a TPKT without a TPDU: the server did answer. */
static void an_answer_that_is_no_rfc_1006_is_the_applications(void **state)
{
	static const char *const answers[] = {"220 ready\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
					      "\x03\0\0\x05\0\xd0\x80"};
	static const size_t lengths[] = {11, 28, 7};

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct world *world = world_new(TAP_SERVER, true);
		ask(world);
		uint64_t frame = talk_bytes(&world->talk, 160, FROM_SERVER, answers[i], lengths[i]);
		talk_say(&world->talk, i == 0 ? 200 : 6000, FROM_CLIENT, TCP_FIN | TCP_ACK);
		assert_int_equal(world_judged(world)->evidence[1].moment.frame, frame);
		assert_string_equal(origin_name(world->connection->origin), origin_name(ORIGIN_SERVER_APPLICATION));
		assert_null(world->connection->cause);
		world_free(world);
	}
}

static void put_windowless(struct world *world, int64_t ms, enum direction direction)
{
	struct segment segment = talk_segment(&world->talk, direction, TCP_ACK, NULL, 0);

	segment.window = 0;
	wire_put(&world->wire, ms * 1000, &segment);
}

/* Who offers no window is not asked, or not answered. */
static void a_shut_window_keeps_the_other_side_silent(void **state)
{
	struct world *world = world_new(TAP_MIDDLE, true);

	(void)state;
	talk_handshake(&world->talk, 0);
	put_windowless(world, 200, FROM_SERVER);
	talk_say(&world->talk, 30000, FROM_CLIENT, TCP_RST | TCP_ACK);
	world_says(world, OUTCOME_NO_REQUEST, ORIGIN_UNDETERMINED, NULL);

	world = world_new(TAP_MIDDLE, true);
	ask(world);
	put_windowless(world, 200, FROM_CLIENT);
	talk_say(&world->talk, 30000, FROM_CLIENT, TCP_RST | TCP_ACK);
	world_says(world, OUTCOME_NO_OK, ORIGIN_CLIENT, NULL);
}

/* The same story twice: only whose RST it was differs. */
static void a_forged_reset_is_the_middleboxes(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	ask(world);
	struct segment rst = talk_segment(&world->talk, FROM_CLIENT, TCP_RST | TCP_ACK, NULL, 0);
	rst.hop_limit = 250;
	wire_put(&world->wire, 30010000, &rst);
	world_says(world, OUTCOME_NO_OK, ORIGIN_MIDDLEBOX, "middlebox-reset");
	world = world_new(TAP_SERVER, true);
	ask(world);
	rst = talk_segment(&world->talk, FROM_CLIENT, TCP_RST | TCP_ACK, NULL, 0);
	wire_put(&world->wire, 30010000, &rst);
	world_says(world, OUTCOME_NO_OK, ORIGIN_SERVER_APPLICATION, "slow-answer");
}

/*
 * A close that its sender did not send is so whatever else the capture lacks: the sign is in the packet that it has.
 * The same bytes without such a sign decide nothing.
 */
static void a_forged_close_comes_before_bytes_that_the_capture_lacks(void **state)
{
	(void)state;
	for (unsigned forged = 0; forged < 2; forged++) {
		struct world *world = world_new(TAP_SERVER, true);
		ask(world);
		talk_lose(&world->talk, FROM_SERVER, 22);
		talk_say(&world->talk, 5000, FROM_CLIENT, TCP_ACK);
		struct segment rst = talk_segment(&world->talk, FROM_CLIENT, TCP_RST | TCP_ACK, NULL, 0);
		if (forged)
			rst.hop_limit = 250;
		wire_put(&world->wire, 30010000, &rst);
		if (forged)
			world_says(world, OUTCOME_NO_OK, ORIGIN_MIDDLEBOX, "middlebox-reset");
		else
			world_says(world, OUTCOME_NO_OK, ORIGIN_UNDETERMINED, NULL);
	}
}

/* What looks like a box that resets both sides is none where the capture lacks the FIN that the resets answer. */
static void resets_that_answer_a_lost_fin_are_no_boxs(void **state)
{
	(void)state;
	for (unsigned lacks = 0; lacks < 2; lacks++) {
		struct world *world = world_new(TAP_MIDDLE, true);
		ask(world);
		uint32_t before = world->talk.side[FROM_SERVER].next;
		talk_lose(&world->talk, FROM_SERVER, lacks);
		talk_say(&world->talk, 30000, FROM_CLIENT, TCP_ACK);
		talk_say(&world->talk, 30010, FROM_CLIENT, TCP_RST | TCP_ACK);
		struct segment rst = talk_segment(&world->talk, FROM_SERVER, TCP_RST, NULL, 0);
		rst.seq = before;
		wire_put(&world->wire, 30050000, &rst);
		if (lacks)
			world_says(world, OUTCOME_NO_OK, ORIGIN_SERVER_APPLICATION, "slow-answer");
		else
			world_says(world, OUTCOME_NO_OK, ORIGIN_MIDDLEBOX, "middlebox-reset");
	}
}

/* Whose word an ICMP error is: the server's, a router's, or that of a box that forbids. */
static void an_icmp_error_is_its_senders(void **state)
{
	static const struct {
		uint8_t from, code;
		enum origin origin;
		const char *cause;
	} rows[] = {
	    {1, 3, ORIGIN_SERVER_TCP, "nobody-listening"},
	    {254, 1, ORIGIN_PATH_TO_SERVER, "peer-or-path-down"},
	    {254, 13, ORIGIN_MIDDLEBOX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *world = world_new(TAP_CLIENT, false);
		struct icmp_error icmp = {.moment = {WIRE_START + 40 * NS_PER_MS, 1, 1},
					  .from = {.family = 4, .bytes = {10, 20, 0, rows[i].from}},
					  .version = 4,
					  .type = 3,
					  .code = rows[i].code,
					  .source = world->talk.side[FROM_CLIENT].at,
					  .destination = world->talk.side[FROM_SERVER].at,
					  .seq = world->talk.side[FROM_CLIENT].isn};
		repeat_syn(world, 0);
		timeline_icmp(world->timeline, &icmp);
		world_says(world, OUTCOME_SYN_REFUSED, rows[i].origin, rows[i].cause);
	}
}

/* What the peer acknowledged was there; the capture does not know what it said. */
static void bytes_that_only_the_capture_lacks_decide_nothing(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	ask(world);
	talk_lose(&world->talk, FROM_SERVER, 22);
	talk_say(&world->talk, 5000, FROM_CLIENT, TCP_ACK);
	talk_say(&world->talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
	world_says(world, OUTCOME_NO_OK, ORIGIN_UNDETERMINED, NULL);
}

/* Some bytes were acknowledged past the tap, more were not: the OK may be among the first. */
static void bytes_lost_here_and_on_the_way_decide_nothing(void **state)
{
	struct world *world = world_new(TAP_CLIENT, true);

	(void)state;
	ask(world);
	talk_lose(&world->talk, FROM_SERVER, 22);
	talk_say(&world->talk, 5000, FROM_CLIENT, TCP_ACK);
	talk_lose(&world->talk, FROM_SERVER, 10);
	struct segment fin = talk_segment(&world->talk, FROM_SERVER, TCP_FIN | TCP_ACK, NULL, 0);
	talk_lose(&world->talk, FROM_SERVER, (uint32_t)-10);
	talk_say(&world->talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
	wire_put(&world->wire, 30020000, &fin);
	world_says(world, OUTCOME_NO_OK, ORIGIN_UNDETERMINED, NULL);
}

/* The capture lost bytes of one connection in ten, of this one too: what a captured packet says outright stays as sure.
 */
static void what_was_said_outright_is_sure_whatever_is_missing(void **state)
{
	static const struct {
		enum outcome outcome;
		double above, below;
	} rows[] = {{OUTCOME_OK, 0.95, 0.98}, {OUTCOME_REFUSED, 0.95, 0.98}, {OUTCOME_NO_OK, 0.7, 0.85}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct world *world = world_new(TAP_CLIENT, true);
		struct talk *talk = &world->talk;
		for (unsigned others = 0; others < 100; others++)
			services_finished(world->services, others < 10);
		ask(world);
		if (rows[i].outcome == OUTCOME_OK) {
			talk_pdu(talk, 200, FROM_SERVER, PDU_TEXT_CC);
			talk_pdu(talk, 210, FROM_CLIENT, PDU_TEXT_CN);
			talk_pdu(talk, 220, FROM_SERVER, PDU_TEXT_AC);
		} else if (rows[i].outcome == OUTCOME_REFUSED) {
			talk_pdu(talk, 200, FROM_SERVER, PDU_TEXT_DR);
		}
		talk_lose(talk, FROM_SERVER, 22);
		struct segment fin = talk_segment(talk, FROM_SERVER, TCP_FIN | TCP_ACK, NULL, 0);
		talk_lose(talk, FROM_SERVER, (uint32_t)-22);
		talk_say(talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
		wire_put(&world->wire, 30020000, &fin);
		const struct connection *connection = world_judged(world);
		assert_string_equal(outcome_name(connection->outcome), outcome_name(rows[i].outcome));
		assert_int_equal(connection->missing_bytes[FROM_SERVER], 22);
		assert_true(connection->confidence > rows[i].above && connection->confidence < rows[i].below);
		world_free(world);
	}
}

/* A RST without ACK where the other side's ACK points: what a host sends that has no such connection. */
static void disown(struct world *world, int64_t ms, enum direction direction)
{
	struct segment rst = talk_segment(&world->talk, direction, TCP_RST, NULL, 0);

	wire_put(&world->wire, ms * 1000, &rst);
}

/* A Linux server that a box beyond the tap has reset; with its FIN acknowledged first it is the usual case. */
static void a_server_without_the_connection_decides_nothing(void **state)
{
	(void)state;
	for (unsigned acknowledged = 0; acknowledged < 2; acknowledged++) {
		struct world *world = world_new(TAP_CLIENT, true);
		ask(world);
		talk_say(&world->talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
		if (acknowledged)
			talk_say(&world->talk, 30030, FROM_SERVER, TCP_ACK);
		disown(world, 30031, FROM_SERVER);
		if (acknowledged)
			world_says(world, OUTCOME_NO_OK, ORIGIN_SERVER_APPLICATION, "slow-answer");
		else
			world_says(world, OUTCOME_NO_OK, ORIGIN_UNDETERMINED, NULL);
	}
}

static void a_client_without_the_connection_decides_nothing(void **state)
{
	struct world *world = world_new(TAP_SERVER, true);

	(void)state;
	talk_handshake(&world->talk, 0);
	talk_say(&world->talk, 60000, FROM_SERVER, TCP_FIN | TCP_ACK);
	disown(world, 60020, FROM_CLIENT);
	world_says(world, OUTCOME_NO_REQUEST, ORIGIN_UNDETERMINED, NULL);
	/* A process that resets says ACK: it has the connection, and did not ask. */
	world = world_new(TAP_SERVER, true);
	talk_handshake(&world->talk, 0);
	talk_say(&world->talk, 60000, FROM_SERVER, TCP_FIN | TCP_ACK);
	talk_say(&world->talk, 60020, FROM_CLIENT, TCP_RST | TCP_ACK);
	world_says(world, OUTCOME_NO_REQUEST, ORIGIN_CLIENT, "never-asked");
}

/* Linux with a full accept queue and SYN cookies: the handshake is answered and forgotten. */
static void a_forgotten_handshake_is_told_by_the_tap(void **state)
{
	struct hex cr = hex(PDU_TEXT_CR);

	(void)state;
	for (unsigned beside = 0; beside < 2; beside++) {
		struct world *world = world_new(beside ? TAP_SERVER : TAP_CLIENT, true);
		talk_handshake(&world->talk, 0);
		uint32_t start = world->talk.side[FROM_CLIENT].next;
		for (int64_t i = 0; i < 4; i++) {
			world->talk.side[FROM_CLIENT].next = start;
			talk_bytes(&world->talk, 10 + i * 1000, FROM_CLIENT, cr.bytes, cr.length);
		}
		disown(world, 3030, FROM_SERVER);
		if (beside)
			world_says(world, OUTCOME_NO_OK, ORIGIN_SERVER_TCP, "request-ignored");
		else
			world_says(world, OUTCOME_NO_OK, ORIGIN_UNDETERMINED, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_did_not_fail_comes_from_nowhere),
	    cmocka_unit_test(an_ok_with_the_answer_to_the_bind_cut_off_is_less_sure),
	    cmocka_unit_test(an_acknowledged_request_without_an_answer_is_the_applications),
	    cmocka_unit_test(an_answer_after_the_close_is_the_applications),
	    cmocka_unit_test(a_refusal_is_the_applications),
	    cmocka_unit_test(a_refused_syn_is_the_servers_tcp),
	    cmocka_unit_test(others_that_were_left_out_prove_nothing),
	    cmocka_unit_test(a_listener_that_has_gone_is_told_from_a_full_queue),
	    cmocka_unit_test(behind_a_clock_that_was_set_back_others_count),
	    cmocka_unit_test(an_unanswered_syn_is_told_by_the_tap),
	    cmocka_unit_test(a_syn_ack_that_does_not_arrive_is_lost_on_the_way_back),
	    cmocka_unit_test(a_client_that_resets_the_handshake_is_gone),
	    cmocka_unit_test(a_request_that_is_never_acknowledged_is_lost_on_the_way),
	    cmocka_unit_test(a_hole_where_the_request_should_be_is_lost_on_the_way),
	    cmocka_unit_test(a_hole_where_the_ok_should_be_is_lost_on_the_way_back),
	    cmocka_unit_test(an_ok_that_is_never_acknowledged_is_lost_on_the_way_back),
	    cmocka_unit_test(a_client_that_never_asks_is_the_origin),
	    cmocka_unit_test(a_client_without_patience_is_the_origin),
	    cmocka_unit_test(a_client_that_closes_after_the_ok_is_the_origin),
	    cmocka_unit_test(a_client_that_closes_long_after_the_ok_says_nothing_of_it),
	    cmocka_unit_test(a_client_without_patience_is_the_origin_whatever_comes),
	    cmocka_unit_test(a_refusal_after_the_close_was_too_slow),
	    cmocka_unit_test(an_er_refuses),
	    cmocka_unit_test(an_answer_that_is_no_rfc_1006_is_the_applications),
	    cmocka_unit_test(a_shut_window_keeps_the_other_side_silent),
	    cmocka_unit_test(a_forged_reset_is_the_middleboxes),
	    cmocka_unit_test(a_forged_close_comes_before_bytes_that_the_capture_lacks),
	    cmocka_unit_test(resets_that_answer_a_lost_fin_are_no_boxs),
	    cmocka_unit_test(an_icmp_error_is_its_senders),
	    cmocka_unit_test(bytes_that_only_the_capture_lacks_decide_nothing),
	    cmocka_unit_test(bytes_lost_here_and_on_the_way_decide_nothing),
	    cmocka_unit_test(what_was_said_outright_is_sure_whatever_is_missing),
	    cmocka_unit_test(a_server_without_the_connection_decides_nothing),
	    cmocka_unit_test(a_client_without_the_connection_decides_nothing),
	    cmocka_unit_test(a_forgotten_handshake_is_told_by_the_tap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
