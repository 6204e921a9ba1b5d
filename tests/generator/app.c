/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two MTAs: when they ask, answer, wait, give up and close. */
#include "tests/generator/sim.h"

#include <stdio.h>

enum client_code { C_ASK, C_TIMER, C_CLOSE, C_BIND, C_MESSAGE, C_FINISH, C_VANISH, C_SEGMENTS };
enum server_code { S_ANSWER, S_BIND, S_IDLE, S_CLOSE, S_DATA, S_CHECKPOINT };
enum stage { STAGE_CONNECTING, STAGE_OPEN, STAGE_ASKED, STAGE_BINDING, STAGE_BOUND, STAGE_CLOSING };

static const time_ns CHECKPOINT_ANSWER = 9 * NS_PER_MS;

static void client_at(struct sim *sim, struct conn *conn, time_ns wait, enum client_code code)
{
	sim_at(sim, sim->now + wait, EVENT_CLIENT, conn, (int)code, CLIENT, conn->stage);
}

static void server_at(struct sim *sim, struct conn *conn, time_ns wait, enum server_code code)
{
	sim_at(sim, sim->now + wait, EVENT_SERVER, conn, (int)code, SERVER, conn->end[SERVER].application_round);
}

static time_ns short_while(struct sim *sim)
{
	return chance_between(&sim->chance, 300000, 9000000);
}

static void decided_to_close(struct sim *sim, struct conn *conn, enum side side)
{
	if (conn->facts.first_close != 0)
		return;
	conn->facts.first_close = sim->now;
	conn->facts.closer = side;
}

static void client_closes(struct sim *sim, struct conn *conn)
{
	if (conn->stage == STAGE_CLOSING)
		return;
	conn->stage = STAGE_CLOSING;
	decided_to_close(sim, conn, CLIENT);
	tcp_close(sim, conn, CLIENT, conn->plan.client_resets);
}

void app_connecting(struct sim *sim, struct conn *conn)
{
	conn->stage = STAGE_CONNECTING;
	if (conn->plan.connect_timer > 0)
		client_at(sim, conn, conn->plan.connect_timer, C_TIMER);
}

/* A control block for the connection: the next free one, so that none is used again soon. */
static void take_cb(struct host *server, struct conn *conn)
{
	unsigned count = sizeof server->cb_used / sizeof server->cb_used[0];

	for (unsigned i = 1; i < count; i++) {
		unsigned cb = (server->cb_last + i - 1) % (count - 1) + 1;
		if (server->cb_used[cb] != 0)
			continue;
		server->cb_used[cb] = conn->id + 1;
		server->cb_last = cb;
		conn->cb = (int)cb;
		return;
	}
}

void app_established(struct sim *sim, struct conn *conn, enum side side)
{
	if (side == SERVER) {
		take_cb(conn->plan.server, conn);
		if (conn->plan.answer == ANSWER_CLOSE_AT_ONCE)
			server_at(sim, conn, short_while(sim), S_CLOSE);
		if (conn->plan.idle_limit > 0)
			server_at(sim, conn, conn->plan.idle_limit, S_IDLE);
		return;
	}
	conn->stage = STAGE_OPEN;
	if (conn->plan.way == WAY_NEVER_ASKS)
		client_at(sim, conn, conn->plan.think, C_CLOSE);
	else if (conn->plan.way != WAY_NEVER_ASKS_STAYS)
		client_at(sim, conn, conn->plan.think, C_ASK);
}

static void asks(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};

	pdu_cr(&bytes, conn->reference, conn->plan.client->name, conn->plan.server->name);
	conn->stage = STAGE_ASKED;
	conn->facts.cr_sent = sim->now;
	tcp_write(sim, conn, CLIENT, &bytes, MARK_CR);
	tcp_push(sim, conn, CLIENT);
	if (conn->plan.way == WAY_VANISHES_REQUEST)
		client_at(sim, conn, conn->plan.vanish_after, C_VANISH);
	if (conn->plan.ok_timer > 0)
		client_at(sim, conn, conn->plan.ok_timer, C_TIMER);
}

static void binds(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};

	if (conn->plan.s7)
		pdu_s7(&bytes, true);
	else
		pdu_connect(&bytes, &(struct bind_terms){conn->plan.mode, conn->plan.client->name, conn->plan.selectors,
							 conn->plan.recovers, conn->plan.asks_no_window, 0});
	conn->stage = STAGE_BINDING;
	conn->facts.bind_sent = sim->now;
	tcp_write(sim, conn, CLIENT, &bytes, conn->plan.s7 ? MARK_S7_REQUEST : MARK_CONNECT);
	tcp_push(sim, conn, CLIENT);
	if (conn->plan.bind_timer > 0)
		client_at(sim, conn, conn->plan.bind_timer, C_TIMER);
}

/* As much of the message as the window lets through. */
static void sends_segments(struct sim *sim, struct conn *conn)
{
	struct bytes apdu = {0}, bytes = {0};

	pdu_apdu(&apdu, conn->plan.mode, conn->id * 16 + conn->message, conn->plan.message_size);
	while (conn->carried < apdu.length && conn->points - conn->answered < conn->plan.window) {
		size_t left = apdu.length - conn->carried;
		size_t part = left < conn->plan.checkpoint ? left : conn->plan.checkpoint;
		bytes.length = 0;
		pdu_segment(&bytes, conn->plan.mode, apdu.data + conn->carried, part);
		tcp_write(sim, conn, CLIENT, &bytes, MARK_MESSAGE);
		conn->carried += part;
		bytes.length = 0;
		if (conn->carried < apdu.length)
			pdu_checkpoint(&bytes, ++conn->points);
		else
			pdu_activity_end(&bytes);
		tcp_write(sim, conn, CLIENT, &bytes, conn->carried < apdu.length ? MARK_CHECKPOINT : MARK_DATA);
		tcp_push(sim, conn, CLIENT);
		conn->message += conn->carried == apdu.length;
	}
}

static void starts_message(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};

	pdu_activity_start(&bytes, conn->id * 16 + conn->message);
	tcp_write(sim, conn, CLIENT, &bytes, MARK_DATA_STARTS);
	conn->carried = 0;
	conn->points = conn->answered = conn->stopped = 0;
	sends_segments(sim, conn);
	if (conn->plan.stalls_message == conn->message + 1)
		client_at(sim, conn, conn->plan.transfer_timer, C_TIMER);
}

static void sends_message(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};
	uint32_t number = conn->id * 16 + conn->message;

	if (conn->plan.checkpoint > 0) {
		starts_message(sim, conn);
		return;
	}
	pdu_activity_start(&bytes, number);
	tcp_write(sim, conn, CLIENT, &bytes, MARK_DATA_STARTS);
	if (!conn->plan.join)
		tcp_push(sim, conn, CLIENT);
	bytes.length = 0;
	pdu_message(&bytes, conn->plan.mode, number, conn->plan.message_size);
	tcp_write(sim, conn, CLIENT, &bytes, MARK_MESSAGE);
	if (!conn->plan.join)
		tcp_push(sim, conn, CLIENT);
	bytes.length = 0;
	pdu_activity_end(&bytes);
	tcp_write(sim, conn, CLIENT, &bytes, MARK_DATA);
	tcp_push(sim, conn, CLIENT);
	conn->message++;
}

static void finishes(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};

	pdu_finish(&bytes, conn->plan.mode);
	tcp_write(sim, conn, CLIENT, &bytes, MARK_FINISH);
	tcp_push(sim, conn, CLIENT);
}

static void aborts(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};

	pdu_abort(&bytes, true);
	tcp_write(sim, conn, CLIENT, &bytes, MARK_ABORT);
	tcp_push(sim, conn, CLIENT);
}

void app_client_event(struct sim *sim, const struct happening *event)
{
	struct conn *conn = event->thing;
	enum end_state state = conn->end[CLIENT].state;

	if (conn->facts.client_gone || event->round != conn->stage || (state != END_OPEN && state != END_SYN_SENT))
		return;
	switch ((enum client_code)event->code) {
	case C_ASK:
		asks(sim, conn);
		break;
	case C_TIMER:
		conn->facts.by_timer = conn->facts.first_close == 0;
		client_closes(sim, conn);
		if (sim->retry != NULL)
			sim->retry(sim, conn);
		break;
	case C_CLOSE:
		if (conn->plan.way == WAY_BREAKS_OFF && conn->stage == STAGE_BOUND)
			aborts(sim, conn);
		client_closes(sim, conn);
		break;
	case C_BIND:
		binds(sim, conn);
		break;
	case C_MESSAGE:
		sends_message(sim, conn);
		break;
	case C_SEGMENTS:
		sends_segments(sim, conn);
		break;
	case C_FINISH:
		finishes(sim, conn);
		break;
	case C_VANISH:
		conn->facts.client_gone = true;
		break;
	}
}

static void client_next(struct sim *sim, struct conn *conn)
{
	if (conn->message < conn->plan.messages)
		client_at(sim, conn, short_while(sim), C_MESSAGE);
	else
		client_at(sim, conn, conn->plan.hold + short_while(sim), C_FINISH);
}

static void client_got(struct sim *sim, struct conn *conn, enum mark mark)
{
	if (conn->stage == STAGE_CLOSING)
		return;
	switch (mark) {
	case MARK_CC:
		conn->facts.ok_arrived = sim->now;
		conn->stage = STAGE_BINDING; /* its timer is off */
		client_at(sim, conn, short_while(sim), conn->plan.way == WAY_CLOSES_AFTER_OK ? C_CLOSE : C_BIND);
		break;
	case MARK_ACCEPT:
		conn->facts.result_arrived = sim->now;
		conn->stage = STAGE_BOUND;
		if (conn->plan.way == WAY_BREAKS_OFF)
			client_at(sim, conn, short_while(sim), C_CLOSE);
		else
			client_next(sim, conn);
		break;
	case MARK_S7_ANSWER:
		conn->facts.result_arrived = sim->now;
		conn->stage = STAGE_BOUND;
		client_at(sim, conn, conn->plan.hold + short_while(sim), C_CLOSE);
		break;
	case MARK_DATA_ANSWER:
		client_next(sim, conn);
		break;
	case MARK_CHECKPOINT_ANSWER:
		conn->answered++;
		client_at(sim, conn, short_while(sim), C_SEGMENTS);
		break;
	case MARK_DR:
	case MARK_REFUSE:
	case MARK_ABORT:
	case MARK_DISCONNECT:
		client_at(sim, conn, short_while(sim), C_CLOSE);
		break;
	default:
		break;
	}
}

/* When an answer that is asked for now comes out of the MTA's queue. */
static time_ns queue(struct sim *sim, struct host *server)
{
	unsigned best = 0;

	for (unsigned i = 1; i < server->workers; i++) {
		if (server->worker_free[i] < server->worker_free[best])
			best = i;
	}
	time_ns start = server->worker_free[best] > sim->now ? server->worker_free[best] : sim->now;
	time_ns cost = server->service / 2 + chance_exponential(&sim->chance, server->service / 2);
	if (start >= server->slow_from && start < server->slow_to)
		cost *= server->slow_times;
	server->worker_free[best] = start + cost;
	return server->worker_free[best] - sim->now;
}

static void server_got(struct sim *sim, struct conn *conn, enum mark mark)
{
	switch (mark) {
	case MARK_CR:
		conn->facts.cr_arrived = sim->now;
		if (conn->plan.answer != ANSWER_NOTHING && conn->plan.answer != ANSWER_CLOSE_AT_ONCE)
			server_at(sim, conn,
				  conn->plan.answer_after >= 0 ? conn->plan.answer_after
							       : queue(sim, conn->plan.server),
				  S_ANSWER);
		break;
	case MARK_CONNECT:
	case MARK_S7_REQUEST:
		conn->facts.bind_arrived = sim->now;
		if (conn->plan.bind != BIND_NOTHING)
			server_at(sim, conn, conn->plan.bind_after, S_BIND);
		break;
	case MARK_CHECKPOINT:
		if (conn->plan.stalls_message == conn->message + 1 && conn->stopped == conn->plan.stalls_after) {
			conn->shut = conn->plan.shuts_window;
			break;
		}
		conn->stopped++;
		server_at(sim, conn, CHECKPOINT_ANSWER, S_CHECKPOINT);
		break;
	case MARK_DATA:
	case MARK_FINISH:
		/* After the answers to the last checkpoints. */
		server_at(sim, conn, (conn->plan.checkpoint > 0 ? CHECKPOINT_ANSWER : 0) + short_while(sim), S_DATA);
		break;
	default:
		break;
	}
}

void app_got(struct sim *sim, struct conn *conn, enum side side, enum mark mark)
{
	if (side == CLIENT)
		client_got(sim, conn, mark);
	else
		server_got(sim, conn, mark);
}

static void server_closes(struct sim *sim, struct conn *conn)
{
	decided_to_close(sim, conn, SERVER);
	if (conn->facts.cr_arrived != 0 && conn->facts.ok_sent == 0 && conn->plan.answer != ANSWER_DR)
		log_close_request(sim, conn);
	tcp_close(sim, conn, SERVER, conn->plan.server_resets);
}

static void answers(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};
	bool left = conn->end[SERVER].fin_arrived;

	if (conn->plan.answer == ANSWER_CLOSE || (left && !conn->plan.answers_closed)) {
		server_closes(sim, conn);
		return;
	}
	if (conn->plan.answer == ANSWER_DR) {
		pdu_dr(&bytes, conn->reference, conn->plan.dr_reason);
		decided_to_close(sim, conn, SERVER);
		tcp_write(sim, conn, SERVER, &bytes, MARK_DR);
		tcp_push(sim, conn, SERVER);
		return;
	}
	pdu_cc(&bytes, conn->reference, (uint16_t)(conn->cb > 0 ? conn->cb : 1), conn->plan.cc_reserved,
	       conn->plan.client->name, conn->plan.server->name);
	conn->facts.ok_sent = sim->now;
	tcp_write(sim, conn, SERVER, &bytes, MARK_CC);
	tcp_push(sim, conn, SERVER);
	if (left)
		server_closes(sim, conn);
}

static void answers_bind(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};
	enum mark mark = MARK_ACCEPT;

	switch (conn->plan.bind) {
	case BIND_YES:
		if (conn->plan.s7) {
			pdu_s7(&bytes, false);
			mark = MARK_S7_ANSWER;
		} else {
			pdu_accept(&bytes, &(struct bind_terms){conn->plan.mode, conn->plan.server->name, false,
								conn->plan.recovers, false, conn->plan.grants});
		}
		break;
	case BIND_REFUSE:
		pdu_refuse(&bytes, conn->plan.bind_reason);
		mark = MARK_REFUSE;
		break;
	case BIND_ERROR:
		pdu_bind_error(&bytes, conn->plan.mode, conn->plan.bind_reason);
		mark = MARK_REFUSE;
		break;
	case BIND_ABORT:
		pdu_abort(&bytes, false);
		mark = MARK_ABORT;
		decided_to_close(sim, conn, SERVER);
		break;
	default:
		server_closes(sim, conn);
		return;
	}
	conn->facts.result_sent = sim->now;
	tcp_write(sim, conn, SERVER, &bytes, mark);
	tcp_push(sim, conn, SERVER);
}

static void answers_data(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};
	const struct tcp_end *end = &conn->end[SERVER], *peer = &conn->end[CLIENT];
	bool finish = end->next_boundary > 0 && end->next_boundary <= peer->boundaries &&
		      peer->boundary[end->next_boundary - 1].mark == MARK_FINISH;

	if (finish)
		pdu_disconnect(&bytes, conn->plan.mode);
	else
		pdu_activity_end_answer(&bytes);
	tcp_write(sim, conn, SERVER, &bytes, finish ? MARK_DISCONNECT : MARK_DATA_ANSWER);
	tcp_push(sim, conn, SERVER);
}

static void answers_checkpoint(struct sim *sim, struct conn *conn)
{
	struct bytes bytes = {0};

	pdu_checkpoint_answer(&bytes, conn->stopped);
	tcp_write(sim, conn, SERVER, &bytes, MARK_CHECKPOINT_ANSWER);
	tcp_push(sim, conn, SERVER);
}

void app_server_event(struct sim *sim, const struct happening *event)
{
	struct conn *conn = event->thing;

	if (conn->end[SERVER].state != END_OPEN || conn->end[SERVER].fin_wanted ||
	    host_dead(conn->plan.server, sim->now))
		return;
	switch ((enum server_code)event->code) {
	case S_ANSWER:
		answers(sim, conn);
		break;
	case S_BIND:
		answers_bind(sim, conn);
		break;
	case S_IDLE:
		if (conn->facts.cr_arrived == 0)
			server_closes(sim, conn);
		break;
	case S_CLOSE:
		server_closes(sim, conn);
		break;
	case S_DATA:
		answers_data(sim, conn);
		break;
	case S_CHECKPOINT:
		answers_checkpoint(sim, conn);
		break;
	}
}

void app_peer_closed(struct sim *sim, struct conn *conn, enum side side, bool reset)
{
	if (side == CLIENT) {
		if (!reset)
			client_at(sim, conn, short_while(sim), C_CLOSE);
		return;
	}
	bool waiting = conn->facts.cr_arrived != 0 && conn->facts.ok_sent == 0;
	if (waiting && conn->plan.answer != ANSWER_DR)
		log_close_request(sim, conn);
	if (!reset && !(waiting && conn->plan.answers_closed && conn->plan.answer == ANSWER_YES))
		server_at(sim, conn, short_while(sim), S_CLOSE);
}

void app_failed(struct sim *sim, struct conn *conn, enum side side)
{
	conn->facts.by_kernel = true;
	decided_to_close(sim, conn, side);
	if (side == CLIENT && sim->retry != NULL)
		sim->retry(sim, conn);
}
