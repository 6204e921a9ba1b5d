/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From packets to one finished connection: milestones with their exact time and frame, outcome, close, wait, ladder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "colliding.h"
#include "hex.h"
#include "packets.h"
#include "timeline/ladder.h"
#include "timeline/timeline.h"

enum { CONNECTIONS_MAX = 16 };

/* A timeline at the end of a wire, and what it finished. */
struct run {
	struct wire wire;
	struct timeline *timeline;
	struct connection *finished[CONNECTIONS_MAX];
	size_t count;
};

static void take(void *user, const struct segment *segment)
{
	struct run *run = user;

	timeline_segment(run->timeline, segment);
	timeline_time(run->timeline, segment->moment.time);
}

static void on_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment)
{
	(void)user;
	(void)milestone;
	assert_true(live->id > 0 && moment_seen(moment));
}

static void on_refused(void *user, const struct live *live, const struct moment *moment)
{
	(void)user;
	assert_true(live->id > 0 && moment_seen(moment));
}

static void on_finished(void *user, struct connection *connection)
{
	struct run *run = user;

	assert_true(run->count < CONNECTIONS_MAX);
	run->finished[run->count++] = connection_keep(connection);
}

static struct run *run_with(enum ok_kind ok)
{
	struct run *run = calloc(1, sizeof *run);
	struct timeline_options options = {.ports = {.list = {102}, .count = 1}, .ok = ok, .engine = stream_nids()};
	struct timeline_handlers handlers = {run, on_reached, on_refused, on_finished};

	assert_non_null(run);
	run->wire = (struct wire){.user = run, .take = take};
	run->timeline = timeline_new(&options, &handlers);
	return run;
}

static struct run *run_new(void)
{
	return run_with(OK_CC);
}

/* The captures are over. Returns the one connection that there must be. */
static struct connection *run_end(struct run *run)
{
	timeline_end(run->timeline);
	assert_int_equal(run->count, 1);
	return run->finished[0];
}

static void run_free(struct run *run)
{
	timeline_end(run->timeline);
	for (size_t i = 0; i < run->count; i++)
		connection_free(run->finished[i]);
	timeline_free(run->timeline);
	free(run);
}

static void assert_at(const struct connection *connection, enum milestone milestone, uint64_t frame, int64_t ms)
{
	const struct moment *moment = &connection->milestones[milestone];

	assert_true(moment_seen(moment));
	assert_int_equal(moment->frame, frame);
	assert_int_equal(moment->time - WIRE_START, ms * NS_PER_MS);
}

static void assert_never(const struct connection *connection, enum milestone milestone)
{
	assert_false(moment_seen(&connection->milestones[milestone]));
}

static void assert_close(const struct connection *connection, enum side by, enum close_kind how)
{
	assert_int_equal(connection->close_by, by);
	assert_int_equal(connection->close_how, how);
}

static void assert_outcome(const struct connection *connection, enum outcome outcome)
{
	assert_string_equal(outcome_name(connection->outcome), outcome_name(outcome));
}

/* ---- Milestones ---- */

static void every_milestone_has_its_time_and_frame(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_say(&talk, 11, FROM_SERVER, TCP_ACK);
	talk_pdu(&talk, 20, FROM_SERVER, PDU_TEXT_CC);
	talk_pdu(&talk, 30, FROM_CLIENT, PDU_TEXT_CN);
	talk_pdu(&talk, 45, FROM_SERVER, PDU_TEXT_AC);
	talk_pdu(&talk, 50, FROM_CLIENT, PDU_TEXT_ACTIVITY);
	talk_say(&talk, 60, FROM_CLIENT, TCP_FIN | TCP_ACK);
	talk_say(&talk, 61, FROM_SERVER, TCP_FIN | TCP_ACK);
	talk_say(&talk, 62, FROM_CLIENT, TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_at(connection, MILESTONE_SYN, 1, 0);
	assert_at(connection, MILESTONE_SYNACK, 2, 1);
	assert_at(connection, MILESTONE_ESTABLISHED, 3, 2);
	assert_at(connection, MILESTONE_REQUEST, 4, 10);
	assert_at(connection, MILESTONE_OK, 6, 20);
	assert_at(connection, MILESTONE_BIND_REQUEST, 7, 30);
	assert_at(connection, MILESTONE_BIND_RESULT, 8, 45);
	assert_at(connection, MILESTONE_FIRST_DATA, 9, 50);
	assert_at(connection, MILESTONE_CLOSE, 10, 60);
	assert_close(connection, SIDE_CLIENT, CLOSE_FIN);
	assert_outcome(connection, OUTCOME_OK);
	assert_false(connection->early_close);
	assert_int_equal(connection->wait_us, CONNECTION_NONE_US);
	assert_string_equal(connection->service, "x400");
	assert_int_equal(connection->packets, 12);
	assert_int_equal(connection->first.frame, 1);
	assert_int_equal(connection->last.frame, 12);
	assert_int_equal(connection->transport.tpdu_size, 2048);
	run_free(run);
}

/* The milestone is the packet that completed the PDU, wherever TCP cut it. */
static void a_request_cut_anywhere_is_whole_at_its_last_byte(void **state)
{
	struct hex cr = hex(PDU_TEXT_CR);
	struct hex cc = hex(PDU_TEXT_CC);

	(void)state;
	for (size_t cut = 1; cut < cr.length; cut++) {
		struct run *run = run_new();
		struct talk talk = talk_new(&run->wire, 1042);
		talk_handshake(&talk, 0);
		talk_bytes(&talk, 10, FROM_CLIENT, cr.bytes, cut);
		talk_bytes(&talk, 20, FROM_CLIENT, cr.bytes + cut, cr.length - cut);
		talk_bytes(&talk, 30, FROM_SERVER, cc.bytes, cut);
		talk_bytes(&talk, 40, FROM_SERVER, cc.bytes + cut, cc.length - cut);
		const struct connection *connection = run_end(run);
		assert_at(connection, MILESTONE_REQUEST, 5, 20);
		assert_at(connection, MILESTONE_OK, 7, 40);
		run_free(run);
	}
}

static void a_pdu_in_single_bytes_is_whole_at_the_last(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);
	struct hex cr = hex(PDU_TEXT_CR);

	(void)state;
	talk_handshake(&talk, 0);
	for (size_t i = 0; i < cr.length; i++)
		talk_bytes(&talk, 10 + (int64_t)i, FROM_CLIENT, cr.bytes + i, 1);
	const struct connection *connection = run_end(run);
	assert_at(connection, MILESTONE_REQUEST, 3 + cr.length, 9 + (int64_t)cr.length);
	run_free(run);
}

/* Sends text at two times, the second half first. */
static void say_swapped(struct talk *talk, int64_t first_ms, int64_t second_ms, enum direction direction,
			const char *text)
{
	struct hex bytes = hex(text);
	size_t half = bytes.length / 2;
	uint32_t start = talk->side[direction].next;

	talk->side[direction].next = start + (uint32_t)half;
	talk_bytes(talk, first_ms, direction, bytes.bytes + half, bytes.length - half);
	talk->side[direction].next = start;
	talk_bytes(talk, second_ms, direction, bytes.bytes, half);
	talk->side[direction].next = start + (uint32_t)bytes.length;
}

/* A byte's time is that of the packet that made it readable. */
static void an_ok_out_of_order_counts_when_its_first_part_comes(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	say_swapped(&talk, 20, 25, FROM_SERVER, PDU_TEXT_CC);
	const struct connection *connection = run_end(run);
	assert_at(connection, MILESTONE_OK, 6, 25);
	assert_int_equal(connection->missing_bytes[FROM_SERVER], 0);
	assert_int_equal(connection->retransmissions[FROM_SERVER], 0);
	run_free(run);
}

/* What was lost before it does not hide the OK, and the OK has the time at which it came. */
static void an_ok_behind_a_gap_is_found(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_pdu(&talk, 20, FROM_SERVER, PDU_TEXT_CC);
	talk_lose(&talk, FROM_SERVER, 40);
	talk_pdu(&talk, 30, FROM_SERVER, PDU_TEXT_AC);
	const struct connection *connection = run_end(run);
	assert_at(connection, MILESTONE_OK, 5, 20);
	assert_int_equal(connection->missing_bytes[FROM_SERVER], 40);
	run_free(run);
}

static void an_ok_whose_head_is_lost_is_not_made_up(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);
	struct hex cc = hex(PDU_TEXT_CC);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_lose(&talk, FROM_SERVER, 8);
	talk_bytes(&talk, 20, FROM_SERVER, cc.bytes + 8, cc.length - 8);
	talk_say(&talk, 30000, FROM_CLIENT, TCP_FIN | TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_never(connection, MILESTONE_OK);
	assert_outcome(connection, OUTCOME_NO_OK);
	assert_int_equal(connection->missing_bytes[FROM_SERVER], 8);
	run_free(run);
}

/* Several PDUs of one packet have its time and frame. */
static void pdus_of_one_packet_share_its_moment(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR PDU_TEXT_CN);
	talk_pdu(&talk, 20, FROM_SERVER, PDU_TEXT_CC PDU_TEXT_AC);
	const struct connection *connection = run_end(run);
	assert_at(connection, MILESTONE_REQUEST, 4, 10);
	assert_at(connection, MILESTONE_BIND_REQUEST, 4, 10);
	assert_at(connection, MILESTONE_OK, 5, 20);
	assert_at(connection, MILESTONE_BIND_RESULT, 5, 20);
	run_free(run);
}

/* --ok moves the milestone and nothing else. */
static void what_counts_as_the_ok_can_be_chosen(void **state)
{
	static const enum ok_kind kinds[] = {OK_CC, OK_SESSION, OK_BIND};
	static const uint64_t frames[] = {5, 7, 7};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct run *run = run_with(kinds[i]);
		struct talk talk = talk_new(&run->wire, 1042);
		talk_handshake(&talk, 0);
		talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
		talk_pdu(&talk, 20, FROM_SERVER, PDU_TEXT_CC);
		talk_pdu(&talk, 30, FROM_CLIENT, PDU_TEXT_CN);
		talk_pdu(&talk, 40, FROM_SERVER, PDU_TEXT_AC);
		const struct connection *connection = run_end(run);
		assert_int_equal(connection->milestones[MILESTONE_OK].frame, frames[i]);
		assert_int_equal(connection->milestones[MILESTONE_BIND_RESULT].frame, 7);
		run_free(run);
	}
}

/* ---- Outcomes, in the order of the table ---- */

static void a_capture_that_begins_in_the_middle_is_partial(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_pdu(&talk, 10, FROM_SERVER, PDU_TEXT_DATA);
	talk_pdu(&talk, 20, FROM_CLIENT, PDU_TEXT_DATA);
	talk_say(&talk, 30, FROM_CLIENT, TCP_FIN | TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_PARTIAL);
	assert_never(connection, MILESTONE_SYN);
	assert_int_equal(connection->client.port, 1042);
	assert_int_equal(connection->server.port, 102);
	assert_int_equal(connection->wait_us, CONNECTION_NONE_US);
	run_free(run);
}

/* The server's side is not in the capture at all, though the client answers it. */
static void a_one_sided_capture_is_partial(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	talk.side[FROM_SERVER].next++;
	talk_say(&talk, 2, FROM_CLIENT, TCP_ACK);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_say(&talk, 20, FROM_CLIENT, TCP_FIN | TCP_ACK);
	assert_outcome(run_end(run), OUTCOME_PARTIAL);
	run_free(run);
}

/* missing-syn: a SYN/ACK alone is no start. */
static void without_its_syn_a_connection_is_partial(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk.side[FROM_CLIENT].next++;
	talk_say(&talk, 1, FROM_SERVER, TCP_SYN | TCP_ACK);
	talk_say(&talk, 2, FROM_CLIENT, TCP_ACK);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_pdu(&talk, 20, FROM_SERVER, PDU_TEXT_CC);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_PARTIAL);
	assert_never(connection, MILESTONE_SYN);
	assert_at(connection, MILESTONE_SYNACK, 1, 1);
	assert_at(connection, MILESTONE_REQUEST, 3, 10);
	assert_at(connection, MILESTONE_OK, 4, 20);
	run_free(run);
}

/* A Windows client sends its SYN again after a RST, half a second apart: one connection, refused three times. */
static void a_syn_refused_thrice_is_one_connection(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	for (int64_t attempt = 0; attempt < 3; attempt++) {
		talk.side[FROM_CLIENT].next = talk.side[FROM_CLIENT].isn;
		talk_say(&talk, attempt * 500, FROM_CLIENT, TCP_SYN);
		struct segment rst = talk_segment(&talk, FROM_SERVER, TCP_RST | TCP_ACK, NULL, 0);
		rst.seq = 0;
		wire_put(&run->wire, attempt * 500000 + 300, &rst);
	}
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_SYN_REFUSED);
	assert_int_equal(connection->syn_attempts, 3);
	assert_int_equal(connection->facts.refusals, 3);
	assert_int_equal(connection->facts.syns_after_refusal, 0);
	assert_int_equal(connection->facts.syn_at_ms[0], 500);
	assert_int_equal(connection->facts.syn_at_ms[1], 1000);
	assert_int_equal(connection->milestones[MILESTONE_CLOSE].frame, 2);
	assert_close(connection, SIDE_SERVER, CLOSE_RST);
	assert_true(connection->early_close);
	run_free(run);
}

/* The third SYN is taken: what came of it counts, not the two refusals. */
static void a_syn_taken_after_refusals_is_a_connection(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	struct segment rst = talk_segment(&talk, FROM_SERVER, TCP_RST | TCP_ACK, NULL, 0);
	rst.seq = 0;
	wire_put(&run->wire, 300, &rst);
	talk.side[FROM_CLIENT].next = talk.side[FROM_CLIENT].isn;
	talk_handshake(&talk, 500);
	talk_pdu(&talk, 510, FROM_CLIENT, PDU_TEXT_CR);
	talk_pdu(&talk, 520, FROM_SERVER, PDU_TEXT_CC);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_OK);
	assert_at(connection, MILESTONE_SYN, 1, 0);
	assert_at(connection, MILESTONE_OK, 7, 520);
	assert_never(connection, MILESTONE_CLOSE);
	run_free(run);
}

static void an_icmp_error_refuses_a_syn(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);
	struct icmp_error icmp = {.moment = {WIRE_START + 40 * NS_PER_MS, 2, 1},
				  .from = {.family = 4, .bytes = {10, 20, 5, 5}},
				  .version = 4,
				  .type = 3,
				  .code = 1,
				  .source = talk.side[FROM_CLIENT].at,
				  .destination = talk.side[FROM_SERVER].at,
				  .seq = talk.side[FROM_CLIENT].isn};

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	timeline_icmp(run->timeline, &icmp);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_SYN_REFUSED);
	assert_close(connection, SIDE_MIDDLEBOX, CLOSE_ICMP);
	assert_at(connection, MILESTONE_CLOSE, 2, 40);
	run_free(run);
}

/* Of another SYN, or about path MTU: neither refuses this one. */
static void an_icmp_error_about_something_else_refuses_nothing(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);
	struct icmp_error icmp = {.moment = {WIRE_START + 40 * NS_PER_MS, 2, 1},
				  .version = 4,
				  .type = 3,
				  .code = 1,
				  .source = talk.side[FROM_CLIENT].at,
				  .destination = talk.side[FROM_SERVER].at,
				  .seq = talk.side[FROM_CLIENT].isn + 1};

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	timeline_icmp(run->timeline, &icmp);
	icmp.seq--;
	icmp.code = 4;
	timeline_icmp(run->timeline, &icmp);
	assert_outcome(run_end(run), OUTCOME_SYN_UNANSWERED);
	run_free(run);
}

static void a_syn_ladder_without_an_answer_is_unanswered(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);
	static const int64_t at[] = {0, 3000, 9000};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		talk.side[FROM_CLIENT].next = talk.side[FROM_CLIENT].isn;
		talk_say(&talk, at[i], FROM_CLIENT, TCP_SYN);
	}
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_SYN_UNANSWERED);
	assert_int_equal(connection->syn_attempts, 3);
	assert_int_equal(connection->facts.syn_at_ms[1], 9000);
	assert_never(connection, MILESTONE_CLOSE);
	run_free(run);
}

/* The first SYN starts the clock: 3.04 s, not 40 ms. */
static void a_syn_answered_at_its_retry_waited_from_the_first(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	talk.side[FROM_CLIENT].next--;
	talk_say(&talk, 3000, FROM_CLIENT, TCP_SYN);
	talk_say(&talk, 3040, FROM_SERVER, TCP_SYN | TCP_ACK);
	talk_say(&talk, 3041, FROM_CLIENT, TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_at(connection, MILESTONE_SYN, 1, 0);
	assert_at(connection, MILESTONE_SYNACK, 3, 3040);
	assert_int_equal(
	    moment_span_us(&connection->milestones[MILESTONE_SYN], &connection->milestones[MILESTONE_SYNACK]), 3040000);
	run_free(run);
}

static void a_syn_ack_that_nobody_acknowledges_is_unfinished(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_say(&talk, 0, FROM_CLIENT, TCP_SYN);
	talk_say(&talk, 1, FROM_SERVER, TCP_SYN | TCP_ACK);
	talk.side[FROM_SERVER].next--;
	talk_say(&talk, 3001, FROM_SERVER, TCP_SYN | TCP_ACK);
	talk.side[FROM_SERVER].next--;
	talk_say(&talk, 9001, FROM_SERVER, TCP_SYN | TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_HANDSHAKE_UNFINISHED);
	assert_at(connection, MILESTONE_SYNACK, 2, 1);
	assert_never(connection, MILESTONE_ESTABLISHED);
	assert_int_equal(connection->facts.synack_attempts, 3);
	assert_int_equal(connection->retransmissions[FROM_SERVER], 2);
	run_free(run);
}

static void a_close_without_a_request_is_no_request(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);
	struct hex cr = hex(PDU_TEXT_CR);

	(void)state;
	talk_handshake(&talk, 0);
	talk_bytes(&talk, 10, FROM_CLIENT, cr.bytes, cr.length - 1);
	talk_say(&talk, 60002, FROM_SERVER, TCP_FIN | TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_NO_REQUEST);
	assert_never(connection, MILESTONE_REQUEST);
	assert_close(connection, SIDE_SERVER, CLOSE_FIN);
	assert_int_equal(connection->wait_us, 60000000);
	run_free(run);
}

static void refused_by(const char *says, enum layer layer, int code, enum close_kind how, bool congestion)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);
	bool by_cotp = layer == LAYER_COTP;

	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	if (!by_cotp) {
		talk_pdu(&talk, 20, FROM_SERVER, PDU_TEXT_CC);
		talk_pdu(&talk, 30, FROM_CLIENT, PDU_TEXT_CN);
	}
	uint64_t frame = talk_pdu(&talk, 40, FROM_SERVER, says);
	talk_say(&talk, 50, FROM_SERVER, TCP_FIN | TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_REFUSED);
	assert_true(connection->refusal.set);
	assert_int_equal(connection->refusal.moment.frame, frame);
	assert_int_equal(connection->refusal.word.layer, layer);
	assert_int_equal(connection->refusal.word.code, code);
	assert_int_equal(connection->refusal.word.congestion, congestion);
	assert_close(connection, SIDE_SERVER, how);
	run_free(run);
}

static void every_layer_can_refuse(void **state)
{
	(void)state;
	refused_by(PDU_TEXT_DR, LAYER_COTP, 129, CLOSE_DR, true);
	refused_by(PDU_TEXT_DR_ADDRESS, LAYER_COTP, 3, CLOSE_DR, false);
	refused_by(PDU_TEXT_RF, LAYER_SESSION, 1, CLOSE_FIN, true);
}

static void an_abort_in_the_place_of_an_answer_refuses(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_pdu(&talk, 20, FROM_SERVER, PDU_TEXT_CC);
	talk_pdu(&talk, 30, FROM_CLIENT, PDU_TEXT_CN);
	talk_pdu(&talk, 40, FROM_SERVER, PDU_TEXT_AB);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_REFUSED);
	assert_close(connection, SIDE_SERVER, CLOSE_ABORT);
	assert_at(connection, MILESTONE_CLOSE, 7, 40);
	run_free(run);
}

/* The article's case: the peer has begun to close when the MTA answers. */
static void an_ok_after_the_close_is_late(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_say(&talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
	talk_pdu(&talk, 31000, FROM_SERVER, PDU_TEXT_CC);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_LATE_OK);
	assert_true(connection->early_close);
	assert_int_equal(connection->wait_us, 30000000);
	assert_at(connection, MILESTONE_OK, 6, 31000);
	run_free(run);
}

/* An OK that is in the stream before the server's own FIN is not late because a tap saw it later. */
static void an_ok_that_the_servers_fin_overtook_is_in_time(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);
	struct hex cc = hex(PDU_TEXT_CC);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	uint32_t start = talk.side[FROM_SERVER].next;
	talk_lose(&talk, FROM_SERVER, (uint32_t)cc.length);
	talk_say(&talk, 20, FROM_SERVER, TCP_FIN | TCP_ACK);
	talk.side[FROM_SERVER].next = start;
	talk_bytes(&talk, 21, FROM_SERVER, cc.bytes, cc.length);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_CLOSED_AFTER_OK);
	assert_int_equal(connection->missing_bytes[FROM_SERVER], 0);
	run_free(run);
}

static void an_ok_sent_again_and_never_acknowledged_is_lost(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);
	struct hex cc = hex(PDU_TEXT_CC);
	static const int64_t at[] = {20, 3020, 9020};

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	uint32_t start = talk.side[FROM_SERVER].next;
	for (size_t i = 0; i < 3; i++) {
		talk.side[FROM_SERVER].next = start;
		talk_bytes(&talk, at[i], FROM_SERVER, cc.bytes, cc.length);
	}
	talk.side[FROM_SERVER].next = start;
	talk_say(&talk, 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_OK_LOST);
	assert_at(connection, MILESTONE_OK, 5, 20);
	assert_int_equal(connection->facts.ok.repeats, 2);
	assert_int_equal(connection->retransmissions[FROM_SERVER], 2);
	/* The client waited for the OK that it never got. */
	assert_int_equal(connection->wait_us, 30000000);
	run_free(run);
}

static void a_request_without_an_ok_before_the_close_is_no_ok(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_say(&talk, 150, FROM_SERVER, TCP_ACK);
	talk_say(&talk, 30010, FROM_CLIENT, TCP_RST | TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_NO_OK);
	assert_true(connection->early_close);
	assert_close(connection, SIDE_CLIENT, CLOSE_RST);
	assert_int_equal(connection->wait_us, 30000000);
	assert_int_equal(connection->facts.request.acked.frame, 5);
	run_free(run);
}

static void a_close_between_ok_and_bind_result_is_closed_after_ok(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	talk_pdu(&talk, 20, FROM_SERVER, PDU_TEXT_CC);
	talk_pdu(&talk, 30, FROM_CLIENT, PDU_TEXT_CN);
	talk_say(&talk, 60030, FROM_CLIENT, TCP_FIN | TCP_ACK);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_CLOSED_AFTER_OK);
	assert_false(connection->early_close);
	assert_int_equal(connection->wait_us, 60000000);
	run_free(run);
}

static void waiting_at_the_end_of_the_capture_is_pending(void **state)
{
	struct run *run = run_new();
	struct talk talk = talk_new(&run->wire, 1042);

	(void)state;
	talk_handshake(&talk, 0);
	talk_pdu(&talk, 10, FROM_CLIENT, PDU_TEXT_CR);
	const struct connection *connection = run_end(run);
	assert_outcome(connection, OUTCOME_PENDING);
	assert_false(connection->early_close);
	assert_true(connection->facts.at_end);
	run_free(run);
}

/* ---- Ladders ---- */

/* Attempts of one host to one service count up to the first that gets its OK; then a new ladder begins. */
static void attempts_in_a_row_are_one_ladder(void **state)
{
	static const uint32_t ids[] = {1, 1, 1, 2};
	static const uint32_t attempts[] = {1, 2, 3, 1};
	struct run *run = run_new();

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct talk talk = talk_new(&run->wire, (uint16_t)(1042 + i));
		int64_t ms = (int64_t)i * 60000;
		talk_handshake(&talk, ms);
		talk_pdu(&talk, ms + 10, FROM_CLIENT, PDU_TEXT_CR);
		if (i >= 2)
			talk_pdu(&talk, ms + 20, FROM_SERVER, PDU_TEXT_CC);
		talk_say(&talk, ms + 30010, FROM_CLIENT, TCP_FIN | TCP_ACK);
		talk_say(&talk, ms + 30011, FROM_SERVER, TCP_FIN | TCP_ACK);
	}
	timeline_end(run->timeline);
	assert_int_equal(run->count, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct connection *connection = run->finished[i];
		assert_int_equal(connection->ladder.id, ids[connection->id - 1]);
		assert_int_equal(connection->ladder.attempt, attempts[connection->id - 1]);
	}
	run_free(run);
}

/* Two that run side by side wait for different things; so do two hosts. */
static void attempts_side_by_side_are_ladders_of_their_own(void **state)
{
	struct run *run = run_new();
	struct talk first = talk_new(&run->wire, 1042);
	struct talk second = talk_new(&run->wire, 1043);
	struct talk other = talk_new(&run->wire, 1044);

	(void)state;
	other.side[FROM_CLIENT].at.ip.bytes[3] = 77;
	talk_handshake(&first, 0);
	talk_handshake(&second, 100);
	talk_handshake(&other, 200);
	timeline_end(run->timeline);
	assert_int_equal(run->count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(run->finished[i]->ladder.id, i + 1);
		assert_int_equal(run->finished[i]->ladder.attempt, 1);
	}
	run_free(run);
}

/* Very many hosts, whose addresses somebody chose, and so often that to seek each among all takes longer than a test
 * may. */
static void hosts_have_ladders_of_their_own(void **state)
{
	enum { HOSTS = 1 << 16, ATTEMPTS = 500, PORT = 102 };
	struct ladders *ladders = ladders_new();
	struct tcp_connection connection = {.server = {.ip = colliding_address(0, PORT), .port = PORT},
					    .rest = &tcp_rest_none};

	(void)state;
	for (uint32_t attempt = 1; attempt <= ATTEMPTS; attempt++)
		for (uint32_t host = 1; host <= HOSTS; host++) {
			connection.client.ip = colliding_address(host, PORT);
			connection.first = connection.last = moment_at(attempt * NS_PER_S, 1, 1);
			ladders_opened(ladders, &connection);
			assert_int_equal(connection.ladder.id, host);
			assert_int_equal(connection.ladder.attempt, attempt);
			ladders_finished(&connection);
		}
	ladders_free(ladders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_milestone_has_its_time_and_frame),
	    cmocka_unit_test(a_request_cut_anywhere_is_whole_at_its_last_byte),
	    cmocka_unit_test(a_pdu_in_single_bytes_is_whole_at_the_last),
	    cmocka_unit_test(an_ok_out_of_order_counts_when_its_first_part_comes),
	    cmocka_unit_test(an_ok_behind_a_gap_is_found),
	    cmocka_unit_test(an_ok_whose_head_is_lost_is_not_made_up),
	    cmocka_unit_test(pdus_of_one_packet_share_its_moment),
	    cmocka_unit_test(what_counts_as_the_ok_can_be_chosen),
	    cmocka_unit_test(a_capture_that_begins_in_the_middle_is_partial),
	    cmocka_unit_test(a_one_sided_capture_is_partial),
	    cmocka_unit_test(without_its_syn_a_connection_is_partial),
	    cmocka_unit_test(a_syn_refused_thrice_is_one_connection),
	    cmocka_unit_test(a_syn_taken_after_refusals_is_a_connection),
	    cmocka_unit_test(an_icmp_error_refuses_a_syn),
	    cmocka_unit_test(an_icmp_error_about_something_else_refuses_nothing),
	    cmocka_unit_test(a_syn_ladder_without_an_answer_is_unanswered),
	    cmocka_unit_test(a_syn_answered_at_its_retry_waited_from_the_first),
	    cmocka_unit_test(a_syn_ack_that_nobody_acknowledges_is_unfinished),
	    cmocka_unit_test(a_close_without_a_request_is_no_request),
	    cmocka_unit_test(every_layer_can_refuse),
	    cmocka_unit_test(an_abort_in_the_place_of_an_answer_refuses),
	    cmocka_unit_test(an_ok_after_the_close_is_late),
	    cmocka_unit_test(an_ok_that_the_servers_fin_overtook_is_in_time),
	    cmocka_unit_test(an_ok_sent_again_and_never_acknowledged_is_lost),
	    cmocka_unit_test(a_request_without_an_ok_before_the_close_is_no_ok),
	    cmocka_unit_test(a_close_between_ok_and_bind_result_is_closed_after_ok),
	    cmocka_unit_test(waiting_at_the_end_of_the_capture_is_pending),
	    cmocka_unit_test(attempts_in_a_row_are_one_ladder),
	    cmocka_unit_test(attempts_side_by_side_are_ladders_of_their_own),
	    cmocka_unit_test(hosts_have_ladders_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
