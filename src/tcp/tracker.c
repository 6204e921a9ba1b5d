/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp/tracker.h"

#include "base/memory.h"
#include "base/pool.h"
#include "tcp/provenance.h"
#include "tcp/table.h"

#include <stdlib.h>
#include <string.h>

/*
 * How long a connection is kept after its last packet. A SYN may be repeated for three minutes (the longest schedules
 * leave 96 s between two), an answer to a side that has closed may be minutes late (the first one later still, of a
 * server that is overloaded), and after both sides are done only strays come.
 */
#define QUIET_HALF_OPEN  (200 * NS_PER_S)
#define QUIET_UNANSWERED (600 * NS_PER_S)
#define QUIET_ENDING     (240 * NS_PER_S)
#define QUIET_ENDED      (20 * NS_PER_S)
/* Strays of an incarnation that is finished make no new one for so long after it and after each other. */
#define QUIET_STRAY (600 * NS_PER_S)

/* Time that goes back so far is of a clock that was set: what was before that is over, as far as can be known. */
#define SET_BACK (600 * NS_PER_S)

enum { LIST_HALF_OPEN, LIST_OPEN, LIST_UNANSWERED, LIST_ENDING, LIST_ENDED, LISTS };

struct tracker {
	struct tracker_options options;
	struct tcp_handlers handlers;
	struct table *table;
	struct pool connections, rests;
	time_ns wake; /* nothing is quiet for too long before */
	time_ns now;
	uint32_t next_id;
	uint64_t duplicates;
	bool watched[PORT_NUMBERS];
};

/* The client has asked and closed, and the server, whose side is still open, has not said anything yet. */
static bool is_unanswered(const struct tcp_connection *connection)
{
	const struct half *client = &connection->half[FROM_CLIENT];

	return connection->syn_seen && client->fin_seen && client->payload_packets > 0 &&
	       connection->half[FROM_SERVER].payload_packets == 0;
}

static unsigned list_for(const struct tcp_connection *connection)
{
	bool reset =
	    moment_seen(&connection->rest->reset[FROM_CLIENT]) || moment_seen(&connection->rest->reset[FROM_SERVER]);

	if (connection->close_refuses)
		return LIST_HALF_OPEN; /* the client may try again */
	if (connection->half[FROM_CLIENT].fin_seen && connection->half[FROM_SERVER].fin_seen)
		return LIST_ENDED;
	/* A reset that the other side did not get, or that was not the sender's, need not be the last word. */
	if (reset)
		return LIST_ENDING;
	if (connection->close_kind != TCP_OPEN)
		return is_unanswered(connection) ? LIST_UNANSWERED : LIST_ENDING;
	if (!moment_seen(&connection->established) && !connection->mid_stream)
		return LIST_HALF_OPEN;
	return LIST_OPEN;
}

/* How long a connection of each list may be quiet; an open one for ever. */
static const time_ns quiet[LISTS] = {[LIST_HALF_OPEN] = QUIET_HALF_OPEN,
				     [LIST_OPEN] = INT64_MAX,
				     [LIST_UNANSWERED] = QUIET_UNANSWERED,
				     [LIST_ENDING] = QUIET_ENDING,
				     [LIST_ENDED] = QUIET_ENDED};

/* The last of its list from now on. */
static void wake_for(struct tracker *tracker, const struct tcp_connection *connection)
{
	if (connection->list != LIST_OPEN && connection->last.time + quiet[connection->list] < tracker->wake)
		tracker->wake = connection->last.time + quiet[connection->list];
}

static void place(struct tracker *tracker, struct tcp_connection *connection)
{
	unsigned which = list_for(connection);

	if (connection->list == which && connection->list_next == NULL)
		return;
	if (connection->list == which && which == LIST_OPEN && tracker->options.connections == 0)
		return;
	table_move(tracker->table, connection, which);
	wake_for(tracker, connection);
}

static inline void touch(struct tracker *tracker, struct tcp_connection *connection)
{
	/* An open connection never expires, so its place in the list only matters to who gives some up. */
	if (connection->list != LIST_OPEN || connection->rest != &tcp_rest_none || tracker->options.connections > 0)
		place(tracker, connection);
}

/* ---- The consumer's side ---- */

struct sink_user {
	struct tracker *tracker;
	struct tcp_connection *connection;
	enum direction direction;
};

static void sink_data(void *user, const uint8_t *data, size_t length, const struct moment *moment)
{
	struct sink_user *to = user;

	to->tracker->handlers.data(to->tracker->handlers.user, to->connection, to->direction, data, length, moment);
}

static void sink_gap(void *user, size_t length, const struct moment *moment)
{
	struct sink_user *to = user;

	to->tracker->handlers.gap(to->tracker->handlers.user, to->connection, to->direction, length, moment);
}

static void moved(struct tracker *tracker, struct tcp_connection *connection, enum tcp_step step,
		  const struct moment *moment)
{
	tracker->handlers.moved(tracker->handlers.user, connection, step, moment);
}

/* ---- A connection's life ---- */

const struct tcp_rest tcp_rest_none = {.last_syn = {.time = TIME_NONE},
				       .last_synack = {.time = TIME_NONE},
				       .close = {.time = TIME_NONE},
				       .reset = {{.time = TIME_NONE}, {.time = TIME_NONE}},
				       .disowned = {{.time = TIME_NONE}, {.time = TIME_NONE}},
				       .peer_close = {.time = TIME_NONE}};

/* Numbers of one side that are so far apart are of two connections with the same ports: no window in use is wider. */
#define ONE_STREAM (1 << 17)

/* The connection's own, to be written to. */
static struct tcp_rest *own_rest(struct tracker *tracker, struct tcp_connection *connection)
{
	if (connection->rest == &tcp_rest_none) {
		struct tcp_rest *rest = pool_get(&tracker->rests);
		*rest = tcp_rest_none;
		connection->rest = rest;
	}
	return (struct tcp_rest *)connection->rest;
}

static struct tcp_connection *connection_new(struct tracker *tracker, const struct segment *segment,
					     enum direction direction)
{
	if (tracker->options.connections > 0 && table_count(tracker->table) >= tracker->options.connections)
		tracker_give_up(tracker);
	struct tcp_connection *connection = pool_get(&tracker->connections);
	bool client_sent = direction == FROM_CLIENT;

	connection->id = ++tracker->next_id;
	connection->client = client_sent ? segment->source : segment->destination;
	connection->server = client_sent ? segment->destination : segment->source;
	connection->vlan = segment->vlan;
	connection->first = segment->moment;
	connection->last = segment->moment;
	connection->syn = MOMENT_NONE;
	connection->synack = MOMENT_NONE;
	connection->established = MOMENT_NONE;
	connection->rest = &tcp_rest_none;
	connection->mid_stream = (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN;
	connection->half[FROM_CLIENT].host = table_host(tracker->table, &connection->client.ip);
	connection->half[FROM_SERVER].host = table_host(tracker->table, &connection->server.ip);
	table_add(tracker->table, connection, LIST_HALF_OPEN);
	wake_for(tracker, connection);
	tracker->handlers.opened(tracker->handlers.user, connection);
	return connection;
}

/* A side that never sent in the capture: what its peer acknowledged since the capture began, it sent elsewhere. */
static void count_unseen(struct tracker *tracker, struct tcp_connection *connection, enum direction direction)
{
	struct half *half = &connection->half[direction];
	struct sink_user user = {tracker, connection, direction};
	uint32_t unseen = half->unseen_known ? half->highest - half->unseen_from : 0;

	/* One number alone is a FIN, as in count_tail. */
	if (unseen <= 1)
		return;
	order_lose(&half->order, unseen, unseen);
	sink_gap(&user, unseen, &(const struct moment){.time = TIME_NONE});
}

/* Bytes that some packet proves to exist and that never came: the sender counted them, or the peer acknowledged them.
 */
static void count_tail(struct tracker *tracker, struct tcp_connection *connection, enum direction direction)
{
	struct half *half = &connection->half[direction];
	struct sink_user user = {tracker, connection, direction};
	uint32_t end = half->highest;

	if (!half->order.started) {
		count_unseen(tracker, connection, direction);
		return;
	}
	int32_t tail = seq_diff(end, half->order.next);
	int32_t acked = half->order.acked_known ? seq_diff(half->order.acked, half->order.next) : 0;
	/* One number at the end that the peer acknowledged is a FIN that the capture lacks. */
	if (tail <= 0 || (tail == 1 && acked == 1 && !half->fin_seen))
		return;
	order_lose(&half->order, (uint32_t)tail, acked <= 0 ? 0 : (uint32_t)(acked < tail ? acked : tail));
	sink_gap(&user, (size_t)tail, &(const struct moment){.time = TIME_NONE});
}

/*
 * A RST that answered a SYN comes before anything else of the server's on that connection: it is held against what its
 * host sent on others, when all that can be known of them is.
 */
static void judge_refusal(struct tcp_connection *connection)
{
	const struct tcp_host *host = connection->half[FROM_SERVER].host;

	if (!connection->close_refuses || connection->close_kind != TCP_CLOSED_RST || host == NULL ||
	    host->packets == 0)
		return;
	if (connection->close_hop_limit < host->hop_limit_low || connection->close_hop_limit > host->hop_limit_high)
		connection->close_forgery |= FORGERY_HOP_LIMIT;
}

static void finish(struct tracker *tracker, struct tcp_connection *connection, bool at_end)
{
	for (int d = 0; d < DIRECTIONS; d++) {
		struct sink_user user = {tracker, connection, (enum direction)d};
		struct order_sink sink = {&user, sink_data, sink_gap};
		order_finish(&connection->half[d].order, tracker->options.engine, &sink, &connection->last);
		count_tail(tracker, connection, (enum direction)d);
	}
	judge_refusal(connection);
	table_remove(tracker->table, connection);
	table_bury(tracker->table, connection, connection->last.time + QUIET_STRAY);
	tracker->handlers.finished(tracker->handlers.user, connection, at_end);
	for (int d = 0; d < DIRECTIONS; d++)
		order_free(&connection->half[d].order);
	if (connection->rest != &tcp_rest_none)
		pool_put(&tracker->rests, own_rest(tracker, connection));
	pool_put(&tracker->connections, connection);
}

/* The lists in the order of what a connection of theirs is worth: of one that has ended only strays can come. */
static const unsigned worth[LISTS] = {LIST_ENDED, LIST_HALF_OPEN, LIST_ENDING, LIST_UNANSWERED, LIST_OPEN};

bool tracker_give_up(struct tracker *tracker)
{
	for (unsigned i = 0; i < LISTS; i++) {
		struct tcp_connection *first = table_first(tracker->table, worth[i]);
		if (first == NULL)
			continue;
		first->given_up = worth[i] == LIST_HALF_OPEN || worth[i] == LIST_OPEN;
		finish(tracker, first, true);
		return true;
	}
	return false;
}

size_t tracker_count(const struct tracker *tracker)
{
	return table_count(tracker->table);
}

/* ---- The handshake ---- */

static void count_up(uint8_t *count)
{
	if (*count < UINT8_MAX)
		(*count)++;
}

static void open_close(struct tracker *tracker, struct tcp_connection *connection)
{
	struct tcp_rest *rest = own_rest(tracker, connection);

	rest->close = MOMENT_NONE;
	connection->close_kind = TCP_OPEN;
	connection->close_refuses = false;
	connection->close_forgery = 0;
	rest->reset[FROM_CLIENT] = MOMENT_NONE;
	rest->reset[FROM_SERVER] = MOMENT_NONE;
	rest->disowned[FROM_CLIENT] = MOMENT_NONE;
	rest->disowned[FROM_SERVER] = MOMENT_NONE;
}

static void first_syn(struct tcp_connection *connection, const struct segment *segment)
{
	connection->syn_seen = true;
	connection->syn_attempts = 1;
	connection->client_isn = segment->seq;
	connection->syn = segment->moment;
	struct half *half = &connection->half[FROM_CLIENT];
	if (!half->order.started) {
		order_start(&half->order, segment->seq + 1);
		half->highest = segment->seq + 1;
	}
}

static void repeated_syn(struct tracker *tracker, struct tcp_connection *connection, const struct segment *segment)
{
	struct tcp_rest *rest = own_rest(tracker, connection);

	if (connection->syn_attempts >= 1 && connection->syn_attempts <= SYN_TIMES) {
		int64_t after = (segment->moment.time - connection->syn.time) / NS_PER_MS;
		rest->syn_at_ms[connection->syn_attempts - 1] = after < 0 ? 0 : (uint32_t)after;
	}
	count_up(&connection->syn_attempts);
	if (connection->synack_seen)
		count_up(&connection->syns_after_synack);
	if (connection->refusals > 0)
		count_up(&connection->syns_after_refusal);
	rest->last_syn = segment->moment;
}

/* RFC 7413 3: the SYN may carry data, and a SYN/ACK then acknowledges some of them too. */
static bool acknowledges_syn_data(const struct tcp_connection *connection, const struct segment *segment)
{
	const struct order *order = &connection->half[FROM_CLIENT].order;
	uint32_t first = connection->client_isn + 1;

	return order->started && seq_diff(segment->ack, first) > 0 && seq_diff(segment->ack, order->next) <= 0;
}

static void on_synack(struct tracker *tracker, struct tcp_connection *connection, const struct segment *segment)
{
	struct half *half = &connection->half[FROM_SERVER];

	uint32_t server_isn = segment->seq;
	if (connection->syn_seen && segment->ack == connection->client_isn && !connection->synack_seen) {
		/* Captures that were written by hand forget that a SYN takes a number (RFC 793 3.3). */
		server_isn--;
		connection->client_isn--;
		order_start(&connection->half[FROM_CLIENT].order, segment->ack);
	} else if (connection->syn_seen && segment->ack != connection->client_isn + 1 &&
		   !acknowledges_syn_data(connection, segment)) {
		return;
	}
	count_up(&connection->synack_attempts);
	if (connection->synack_seen) {
		own_rest(tracker, connection)->last_synack = segment->moment;
		half->retransmissions++;
		return;
	}
	connection->synack_seen = true;
	connection->synack = segment->moment;
	connection->server_isn = server_isn;
	if (!connection->syn_seen)
		connection->client_isn = segment->ack - 1;
	if (!half->order.started) {
		order_start(&half->order, server_isn + 1);
		half->highest = server_isn + 1;
	}
	if (!connection->half[FROM_CLIENT].order.started) {
		order_start(&connection->half[FROM_CLIENT].order, segment->ack);
		connection->half[FROM_CLIENT].highest = segment->ack;
	}
	if (connection->close_refuses) {
		/* A refusal of an earlier SYN is over; one of this very SYN was not the server's word. */
		if (connection->close_kind == TCP_CLOSED_RST && connection->syns_after_refusal == 0 &&
		    connection->close_side == FROM_SERVER) {
			connection->close_forgery |= FORGERY_SPOKE_ON;
			connection->close_refuses = false;
			connection->refusal_doubted = true;
		} else {
			open_close(tracker, connection);
		}
	}
	moved(tracker, connection, TCP_STEP_SYNACK, &segment->moment);
}

/* RFC 793 3.4: the third step, or whatever the client sends that acknowledges the SYN/ACK. */
static void on_client_ack(struct tracker *tracker, struct tcp_connection *connection, const struct segment *segment)
{
	if (moment_seen(&connection->established) || !connection->syn_seen)
		return;
	if (connection->synack_seen && seq_diff(segment->ack, connection->server_isn + 1) < 0)
		return;
	/* The capture lacks the repeat of a SYN that was refused: its client would not go on with the one that was. */
	if (connection->refusal_doubted)
		open_close(tracker, connection);
	connection->refusal_doubted = false;
	connection->half[FROM_CLIENT].strange = connection->half[FROM_SERVER].strange = false;
	connection->established = segment->moment;
	if (!connection->half[FROM_SERVER].order.started) {
		order_start(&connection->half[FROM_SERVER].order, segment->ack);
		connection->half[FROM_SERVER].highest = segment->ack;
	}
	moved(tracker, connection, TCP_STEP_ESTABLISHED, &segment->moment);
}

/* ---- The end ---- */

static void note_close(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
		       const struct segment *segment, enum tcp_close kind, unsigned forgery)
{
	struct tcp_rest *rest = own_rest(tracker, connection);

	if (moment_seen(&rest->close)) {
		if (direction != (enum direction)connection->close_side && !moment_seen(&rest->peer_close))
			rest->peer_close = segment->moment;
		return;
	}
	rest->close = segment->moment;
	connection->close_kind = (uint8_t)kind;
	connection->close_side = (uint8_t)direction;
	connection->close_forgery = (uint8_t)forgery;
	rest->close_seq = segment->seq;
	rest->close_ack = segment->ack;
	rest->close_highest = connection->half[direction].highest;
	connection->close_hop_limit = segment->hop_limit;
	connection->close_has_ack = (segment->flags & TCP_ACK) != 0;
	moved(tracker, connection, TCP_STEP_CLOSE, &segment->moment);
}

/* Whether the capture lacks the last that its peer acknowledged: a FIN may be among it, to which a RST is no surprise.
 */
static bool lacks_what_reached(const struct half *half)
{
	return half->order.started && half->order.acked_known && !half->fin_seen &&
	       seq_diff(half->order.acked, half->order.next) > 0;
}

/* Both sides' resets within a moment, with nothing between them that either could be an answer to. */
#define BOTH_SIDES_APART (100 * NS_PER_MS)

/*
 * A FIN that its receiver does not acknowledge but answers with a RST that has no ACK and stands where the FIN's own
 * ACK points: so answers a host that has no such connection (RFC 793 3.4, "if the connection does not exist"). One that
 * has it acknowledges, and one whose process aborts says ACK in its RST.
 */
static bool disowns(const struct tcp_connection *connection, enum direction direction, const struct segment *segment)
{
	const struct half *own = &connection->half[direction];
	const struct half *peer = &connection->half[direction == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT];

	return (segment->flags & TCP_ACK) == 0 && moment_seen(&connection->established) && peer->fin_seen &&
	       !own->fin_seen && own->order.acked_known && segment->seq == own->order.acked &&
	       (!peer->order.acked_known || seq_diff(peer->order.acked, peer->fin_seq) <= 0);
}

static void on_rst(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
		   const struct segment *segment)
{
	struct half *half = &connection->half[direction];
	unsigned forgery = provenance_judge(half, segment);
	enum direction other = direction == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;

	if (direction == FROM_SERVER && !connection->synack_seen) {
		if (!connection->syn_seen ||
		    ((segment->flags & TCP_ACK) != 0 && segment->ack != connection->client_isn + 1 &&
		     segment->ack != connection->client_isn))
			return;
		count_up(&connection->refusals);
		connection->syns_after_refusal = 0;
		if (!moment_seen(&connection->rest->close))
			connection->close_refuses = true;
	}
	if (moment_seen(&connection->rest->reset[other]) && !moment_seen(&connection->rest->reset[direction]) &&
	    segment->moment.time - connection->rest->reset[other].time <= BOTH_SIDES_APART &&
	    connection->close_kind == TCP_CLOSED_RST && !lacks_what_reached(half) &&
	    !lacks_what_reached(&connection->half[other]))
		connection->close_forgery |= FORGERY_BOTH_SIDES;
	if (!moment_seen(&connection->rest->reset[direction])) {
		struct tcp_rest *rest = own_rest(tracker, connection);
		if (disowns(connection, direction, segment) && !moment_seen(&rest->reset[other]))
			rest->disowned[direction] = segment->moment;
		rest->reset[direction] = segment->moment;
	}
	/* Where the reset is its sender's word, so is its sequence number: the bytes before it were sent. */
	if (forgery == 0 && half->order.started && half->seen && !half->fin_seen &&
	    seq_diff(segment->seq, half->highest) > 0 && seq_diff(segment->seq, half->highest) < ORDER_AHEAD_MAX)
		half->highest = segment->seq;
	note_close(tracker, connection, direction, segment, TCP_CLOSED_RST, forgery);
}

/*
 * RFC 1122 4.2.3.6: a probe repeats the last number, with a byte or none, only to be answered. A FIN has the last one
 * of its side.
 */
static bool is_keep_alive(const struct half *half, const struct segment *segment)
{
	uint32_t next = half->order.next + (half->fin_seen && half->fin_seq == half->order.next);

	return segment->payload_length <= 1 && half->order.acked_known && segment->seq == half->order.acked - 1 &&
	       half->order.started && half->order.acked == next;
}

/* Packets that a tap shows in the wrong order are this close together. */
#define REORDERED_APART (20 * NS_PER_MS)

/*
 * What a host sends after "its" RST or FIN that it would not send had it sent that. Once it has reset, a host answers
 * every segment with another RST, and with nothing else (RFC 793 3.4).
 */
static void check_spoke_on(struct tcp_connection *connection, enum direction direction, const struct segment *segment)
{
	if (connection->close_side != direction || connection->close_refuses || !moment_seen(&connection->rest->close))
		return;
	bool later = segment->moment.time - connection->rest->close.time > REORDERED_APART;
	uint32_t end = segment->seq + segment->payload_length;
	bool is_new =
	    (connection->close_forgery & FORGERY_SEQUENCE) != 0 && seq_diff(end, connection->rest->close_highest) > 0;
	bool beyond =
	    segment->payload_length > 0 && (is_new || seq_diff(segment->seq, connection->rest->close_seq) >= 0);
	if (connection->close_kind == TCP_CLOSED_RST && (later || beyond))
		connection->close_forgery |= FORGERY_SPOKE_ON;
	if (connection->close_kind == TCP_CLOSED_FIN && segment->payload_length > 0 &&
	    seq_diff(segment->seq, connection->half[direction].fin_seq) >= 0 &&
	    !is_keep_alive(&connection->half[direction], segment))
		connection->close_forgery |= FORGERY_SPOKE_ON;
}

static void on_fin(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
		   const struct segment *segment)
{
	struct half *half = &connection->half[direction];

	if (half->fin_seen) {
		if (segment->payload_length == 0)
			half->retransmissions++;
		return;
	}
	unsigned forgery = provenance_judge(half, segment);
	half->fin_seen = true;
	half->fin_seq = segment->seq + segment->payload_length;
	if (half->highest == half->fin_seq + 1)
		half->highest = half->fin_seq; /* its acknowledgement came first */
	note_close(tracker, connection, direction, segment, TCP_CLOSED_FIN, forgery);
	if (forgery == 0)
		provenance_learn(half, segment);
}

/* ---- Bytes ---- */

/* Of a side without a packet yet, in a connection without a start: how far its peer's acknowledgements move. */
static void note_unseen(struct half *half, uint32_t ack)
{
	if (!half->unseen_known) {
		half->unseen_known = true;
		half->unseen_from = ack;
		half->highest = ack;
	}
	int32_t more = seq_diff(ack, half->highest);
	if (more > 0 && more < ORDER_AHEAD_MAX)
		half->highest = ack;
}

/*
 * A side's first packet, in a connection without a start: what it sent between its peer's first acknowledgement and
 * this packet is a hole.
 */
static void start_late(struct half *half, uint32_t seq)
{
	int32_t unseen = half->unseen_known ? seq_diff(seq, half->unseen_from) : 0;
	int32_t since = seq_diff(seq, half->highest);

	if (unseen <= 0 || unseen >= ORDER_AHEAD_MAX || since <= -ONE_STREAM || since >= ONE_STREAM) {
		order_start(&half->order, seq);
		half->highest = seq;
		return;
	}
	order_start(&half->order, half->unseen_from);
	half->order.acked = half->highest;
	half->order.acked_known = true;
	if (since > 0)
		half->highest = seq;
}

/*
 * A RST whose number is not in the window is no end (RFC 793 3.4, RFC 5961 3): where nothing but that speaks against
 * it, its sender goes on, and the other side takes what it sends, it was ignored.
 */
static bool close_was_ignored(const struct tcp_connection *connection, enum direction sender)
{
	return connection->close_kind == TCP_CLOSED_RST && connection->close_side == sender &&
	       !connection->close_refuses && connection->close_forgery == (FORGERY_SEQUENCE | FORGERY_SPOKE_ON) &&
	       seq_diff(connection->half[sender].order.acked, connection->rest->close_highest) > 0;
}

static void on_acknowledgement(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
			       const struct segment *segment)
{
	enum direction other = direction == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
	struct half *half = &connection->half[other];

	if (!half->order.started) {
		note_unseen(half, segment->ack);
		return;
	}
	/* Of a connection that had these ports before or after, where the capture lacks the SYN between them. */
	if (seq_diff(segment->ack, half->highest) >= ORDER_AHEAD_MAX)
		return;
	if (!half->order.acked_known || seq_diff(segment->ack, half->order.acked) > 0) {
		half->order.acked = segment->ack;
		half->order.acked_known = true;
		/* A FIN takes one number that is no byte. */
		uint32_t bytes_end = segment->ack;
		if (half->fin_seen && bytes_end == half->fin_seq + 1)
			bytes_end--;
		if (!half->fin_seen && seq_diff(bytes_end, half->highest) > 0)
			half->highest = bytes_end;
		if (close_was_ignored(connection, other))
			open_close(tracker, connection);
	}
	for (unsigned i = 0; connection->unacked_watches[other] != 0 && i < TCP_WATCHES; i++) {
		struct tcp_watch *watch = &connection->upper->watches[i];
		if ((connection->unacked_watches[other] & 1U << i) == 0 || seq_diff(segment->ack, watch->end) < 0)
			continue;
		watch->acked = segment->moment;
		connection->unacked_watches[other] &= (uint8_t) ~(1U << i);
	}
	if (order_waits(&half->order)) {
		struct sink_user user = {tracker, connection, other};
		struct order_sink sink = {&user, sink_data, sink_gap};
		order_acknowledged(&half->order, tracker->options.engine, &sink, segment->ack, &segment->moment);
	}
}

static void note_repeat(struct tcp_connection *connection, enum direction direction, const struct segment *segment)
{
	struct tcp_upper *upper = connection->upper;

	for (unsigned i = 0; connection->watched != 0 && i < TCP_WATCHES; i++) {
		const struct tcp_watch *watch = &upper->watches[i];
		bool clients = i != WATCH_OK;
		if ((connection->watched & 1U << i) == 0 || clients != (direction == FROM_CLIENT) ||
		    seq_diff(segment->seq + segment->payload_length, watch->seq) <= 0 ||
		    seq_diff(segment->seq, watch->end) >= 0)
			continue;
		if (upper->repeats == NULL)
			upper->repeats = memory_get_zeroed(TCP_WATCHES, sizeof *upper->repeats);
		struct tcp_repeats *repeats = &upper->repeats[i];
		if (repeats->count == 0)
			repeats->first = segment->moment;
		if (repeats->count < UINT16_MAX)
			repeats->count++;
		repeats->last = segment->moment;
	}
}

static void on_payload(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
		       const struct segment *segment)
{
	struct half *half = &connection->half[direction];
	uint32_t seq = segment->seq + ((segment->flags & TCP_SYN) != 0);

	if (is_keep_alive(half, segment))
		return;
	half->payload_packets++;
	if (!half->order.started)
		start_late(half, seq);
	if (order_is_next(&half->order, seq, segment->payload_captured, segment->payload_length)) {
		tracker->handlers.data(tracker->handlers.user, connection, direction, segment->payload,
				       segment->payload_length, &segment->moment);
		return;
	}
	struct sink_user user = {tracker, connection, direction};
	struct order_sink sink = {&user, sink_data, sink_gap};
	if (order_segment(&half->order, tracker->options.engine, &sink, seq, segment->payload,
			  segment->payload_captured, segment->payload_length, &segment->moment) == 0) {
		/* A SYN or SYN/ACK that is repeated was counted as such, whatever bytes it bears. */
		if ((segment->flags & TCP_SYN) == 0)
			half->retransmissions++;
		note_repeat(connection, direction, segment);
	}
}

/* The farthest byte that the sender's own numbers speak of. */
static void note_highest(struct half *half, const struct segment *segment)
{
	uint32_t end = segment->seq + segment->payload_length;

	if ((segment->flags & TCP_SYN) != 0)
		return;
	if (!half->order.started)
		start_late(half, segment->seq);
	if (half->fin_seen && seq_diff(end, half->fin_seq) > 0)
		return;
	if (seq_diff(end, half->highest) > 0 && seq_diff(end, half->highest) < ORDER_AHEAD_MAX)
		half->highest = end;
}

/* ---- One segment ---- */

static bool set_aside(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
		      const struct segment *segment)
{
	if (!copies_has(&connection->half[direction].copies, segment))
		return false;
	tracker->duplicates++;
	if (tracker->handlers.segment != NULL)
		tracker->handlers.segment(tracker->handlers.user, connection, direction, segment, SEGMENT_COPY);
	return true;
}

static void follow(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
		   const struct segment *segment)
{
	struct half *half = &connection->half[direction];

	half->packets++;
	connection->packets++;
	if (segment->moment.time > connection->last.time)
		connection->last = segment->moment;
	else if (segment->moment.time < connection->last.time &&
		 connection->last.time - segment->moment.time <= MISPLACED_MOST)
		connection->out_of_order = true;
	if ((segment->flags & TCP_RST) != 0) {
		/* A forged acknowledgement must not prove bytes that never were. */
		enum direction other = direction == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
		if ((segment->flags & TCP_ACK) != 0 && connection->half[other].order.started &&
		    seq_diff(segment->ack, connection->half[other].highest) <= 0)
			on_acknowledgement(tracker, connection, direction, segment);
		on_rst(tracker, connection, direction, segment);
		touch(tracker, connection);
		return;
	}
	check_spoke_on(connection, direction, segment);
	half->window_shut = segment->window == 0;
	if ((segment->flags & TCP_SYN) != 0 && (segment->flags & TCP_ACK) != 0 && direction == FROM_SERVER)
		on_synack(tracker, connection, segment);
	if ((segment->flags & TCP_ACK) != 0) {
		if (direction == FROM_CLIENT && (segment->flags & TCP_SYN) == 0)
			on_client_ack(tracker, connection, segment);
		on_acknowledgement(tracker, connection, direction, segment);
	}
	note_highest(half, segment);
	if (segment->payload_length > 0)
		on_payload(tracker, connection, direction, segment);
	if ((segment->flags & TCP_FIN) != 0)
		on_fin(tracker, connection, direction, segment);
	else
		provenance_learn(half, segment);
	touch(tracker, connection);
}

/* What is told of the segment, from how the direction stood before it. */
static unsigned marks_of(const struct tcp_connection *connection, enum direction direction,
			 const struct segment *segment)
{
	const struct half *half = &connection->half[direction];
	uint32_t seq = segment->seq + ((segment->flags & TCP_SYN) != 0);
	unsigned marks = 0;

	if ((segment->flags & TCP_RST) != 0)
		return 0;
	if ((segment->flags & TCP_SYN) != 0 && direction == FROM_CLIENT && connection->syn_attempts > 1)
		marks |= SEGMENT_REPEAT;
	if (!half->order.started || (segment->flags & TCP_SYN) != 0)
		return marks;
	if (is_keep_alive(half, segment) && (segment->flags & TCP_FIN) == 0)
		return marks | SEGMENT_KEEP_ALIVE;
	bool has_bytes = segment->payload_length > 0 || (segment->flags & TCP_FIN) != 0;
	if (has_bytes && seq_diff(seq, half->order.next) > 0 && !half->fin_seen)
		marks |= SEGMENT_AHEAD;
	if (segment->payload_length > 0 && order_waits(&half->order) && (marks & SEGMENT_AHEAD) == 0)
		marks |= SEGMENT_FILLS;
	return marks;
}

static void follow_observed(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
			    const struct segment *segment)
{
	uint32_t repeats = connection->half[direction].retransmissions;
	unsigned marks = marks_of(connection, direction, segment);
	follow(tracker, connection, direction, segment);
	if (connection->half[direction].retransmissions > repeats)
		marks = (marks | SEGMENT_REPEAT) & ~(unsigned)(SEGMENT_AHEAD | SEGMENT_FILLS);
	if (segment->payload_captured < segment->payload_length)
		marks |= SEGMENT_CUT;
	tracker->handlers.segment(tracker->handlers.user, connection, direction, segment, marks);
}

static inline void process(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
			   const struct segment *segment)
{
	if (tracker->handlers.segment == NULL)
		follow(tracker, connection, direction, segment);
	else
		follow_observed(tracker, connection, direction, segment);
}

static bool watched(const struct tracker *tracker, uint16_t port)
{
	return tracker->watched[port];
}

/* Whether the SYN belongs to the incarnation that is there: a repeat, or the one that reordering brought late. */
static bool syn_belongs(const struct tcp_connection *connection, enum direction direction,
			const struct segment *segment)
{
	if (direction != FROM_CLIENT)
		return false;
	bool ended = connection->list == LIST_ENDED && moment_seen(&connection->established);
	if (connection->syn_seen || connection->synack_seen)
		return connection->client_isn == segment->seq && !ended;
	return connection->half[FROM_CLIENT].order.started &&
	       connection->half[FROM_CLIENT].order.start == segment->seq + 1 && connection->packets < 4;
}

static void on_syn(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
		   const struct segment *segment)
{
	if (connection != NULL && !syn_belongs(connection, direction, segment)) {
		finish(tracker, connection, false);
		connection = NULL;
	}
	if (connection == NULL)
		connection = connection_new(tracker, segment, FROM_CLIENT);
	if (set_aside(tracker, connection, FROM_CLIENT, segment))
		return;
	if (!connection->syn_seen) {
		first_syn(connection, segment);
		connection->mid_stream = false;
	} else {
		repeated_syn(tracker, connection, segment);
	}
	process(tracker, connection, FROM_CLIENT, segment);
}

static bool is_listed(const struct watched_ports *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->list[i] == port)
			return true;
	return false;
}

/* Without a SYN: the side on a watched port serves, and where both could be, the one on the lower port. */
static bool to_server(const struct tracker *tracker, const struct segment *segment)
{
	const struct watched_ports *ports = &tracker->options.ports;
	bool to_listed = is_listed(ports, segment->destination.port);

	if (to_listed != is_listed(ports, segment->source.port))
		return to_listed;
	if ((segment->flags & TCP_SYN) != 0)
		return false; /* a SYN/ACK */
	return segment->destination.port < segment->source.port;
}

static bool is_far(const struct half *half, uint32_t number)
{
	int32_t distance = seq_diff(number, half->highest);

	return (half->order.started || half->unseen_known) && (distance <= -ONE_STREAM || distance >= ONE_STREAM);
}

static bool acknowledges(const struct segment *segment)
{
	return (segment->flags & (TCP_ACK | TCP_RST)) == TCP_ACK;
}

static bool both_are_far(const struct tcp_connection *connection, enum direction direction,
			 const struct segment *segment)
{
	return is_far(&connection->half[direction], segment->seq) &&
	       is_far(&connection->half[direction == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT], segment->ack);
}

/* After an end, numbers of both sides that are not its: of the next connection, whose SYN the capture lacks. */
static bool begins_another(const struct tcp_connection *connection, enum direction direction,
			   const struct segment *segment)
{
	return moment_seen(&connection->rest->close) && acknowledges(segment) &&
	       both_are_far(connection, direction, segment);
}

/* ---- Segments of another incarnation ---- */

/* So few segments move no stream so far that a number before its start could be one behind it. */
enum { SURE_OF_START = 1 << 14 };

/* How far the segment is into the connection, by the number that tells it best. */
static int32_t into(const struct tcp_connection *connection, enum direction direction, const struct segment *segment)
{
	if (moment_seen(&connection->established))
		return seq_diff(segment->seq, connection->half[direction].highest);
	return seq_diff(direction == FROM_CLIENT ? segment->seq : segment->ack, connection->client_isn);
}

/* Once it is established: what was before the peer's first number is acknowledged, or both numbers are elsewhere. */
static bool is_elsewhere(const struct tcp_connection *connection, enum direction direction,
			 const struct segment *segment)
{
	enum direction other = direction == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
	const struct half *peer = &connection->half[other];
	uint32_t isn = other == FROM_CLIENT ? connection->client_isn : connection->server_isn;
	bool isn_known = other == FROM_CLIENT || connection->synack_seen;

	if (isn_known && seq_diff(segment->ack, isn) < 0 && peer->payload_packets < SURE_OF_START)
		return true;
	return both_are_far(connection, direction, segment);
}

/*
 * Of an incarnation before, of which something is still on its way, or which the other host still has (RFC 793 3.4,
 * figures 9 and 10).
 */
static bool is_strange(const struct tcp_connection *connection, enum direction direction, const struct segment *segment)
{
	if (!connection->syn_seen || (segment->flags & TCP_SYN) != 0)
		return false;
	if (moment_seen(&connection->established))
		return acknowledges(segment) && is_elsewhere(connection, direction, segment);
	if (direction == FROM_SERVER && !acknowledges(segment))
		return false;
	int32_t ahead = into(connection, direction, segment);
	return ahead < 0 || ahead >= ONE_STREAM;
}

static void tell_strange(struct tracker *tracker, struct tcp_connection *connection, enum direction direction,
			 const struct segment *segment)
{
	if (tracker->handlers.segment != NULL)
		tracker->handlers.segment(tracker->handlers.user, connection, direction, segment, SEGMENT_STRANGE);
}

enum whose { WHOSE_THIS, WHOSE_EARLIER, WHOSE_LATER };

/*
 * Where both sides acknowledge what is not this incarnation's, they talk to each other: it is this one after all, of
 * which the capture lacks much, or the next one, whose SYN it lacks.
 */
static enum whose whose_is(struct tcp_connection *connection, enum direction direction, const struct segment *segment)
{
	if (!is_strange(connection, direction, segment))
		return WHOSE_THIS;
	if (acknowledges(segment))
		connection->half[direction].strange = true;
	if (!connection->half[FROM_CLIENT].strange || !connection->half[FROM_SERVER].strange)
		return WHOSE_EARLIER;
	int32_t ahead = into(connection, direction, segment);
	return ahead >= 0 && ahead < ORDER_AHEAD_MAX ? WHOSE_THIS : WHOSE_LATER;
}

bool tracker_segment(struct tracker *tracker, const struct segment *segment)
{
	bool to_watched = watched(tracker, segment->destination.port);
	bool from_watched = watched(tracker, segment->source.port);
	enum direction direction = FROM_CLIENT;

	if (!to_watched && !from_watched)
		return false;
	struct tcp_connection *connection =
	    table_find(tracker->table, &segment->source, &segment->destination, &direction);
	bool syn = (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;

	if (syn && to_watched) {
		on_syn(tracker, connection, direction, segment);
		return true;
	}
	enum whose whose = connection == NULL ? WHOSE_THIS : whose_is(connection, direction, segment);
	bool another = connection != NULL && (whose == WHOSE_LATER || begins_another(connection, direction, segment));
	if (another) {
		finish(tracker, connection, false);
		connection = NULL;
	}
	if (connection == NULL) {
		/* A call that goes out from a watched port is not one to it. */
		if (syn)
			return true;
		if (!another && table_is_stray(tracker->table, &segment->source, &segment->destination,
					       segment->moment.time, QUIET_STRAY))
			return true;
		direction = to_server(tracker, segment) ? FROM_CLIENT : FROM_SERVER;
		connection = connection_new(tracker, segment, direction);
	}
	if (set_aside(tracker, connection, direction, segment))
		return true;
	if (whose == WHOSE_EARLIER && !another)
		tell_strange(tracker, connection, direction, segment);
	else
		process(tracker, connection, direction, segment);
	return true;
}

static bool concerns(const struct tracker *tracker, const struct segment *segment)
{
	return watched(tracker, segment->destination.port) || watched(tracker, segment->source.port);
}

/* In steps, each for all of them: none waits for memory alone. */
void tracker_expect(const struct tracker *tracker, const struct segment *const *segments, size_t count,
		    const struct tcp_connection **connections)
{
	uint32_t hashes[PACKETS_EXPECTED] = {0};

	for (size_t i = 0; i < count; i++)
		if (concerns(tracker, segments[i]))
			hashes[i] = table_expect(tracker->table, &segments[i]->source, &segments[i]->destination);
	for (size_t i = 0; i < count; i++)
		if (concerns(tracker, segments[i]))
			table_fetch(tracker->table, hashes[i]);
	for (size_t i = 0; i < count; i++)
		connections[i] = concerns(tracker, segments[i]) ? table_expected(tracker->table, hashes[i]) : NULL;
}

/* RFC 792: destination unreachable in answer to a SYN. Code 4 of IPv4 is path MTU discovery, not a refusal. */
void tracker_icmp(struct tracker *tracker, const struct icmp_error *icmp)
{
	enum direction direction;
	struct tcp_connection *connection = table_find(tracker->table, &icmp->source, &icmp->destination, &direction);

	if (connection != NULL && tracker->handlers.icmp != NULL)
		tracker->handlers.icmp(tracker->handlers.user, connection, icmp);
	if (connection == NULL || direction != FROM_CLIENT || connection->synack_seen || !connection->syn_seen)
		return;
	if (icmp->seq != connection->client_isn || (icmp->version == 4 && icmp->code == 4))
		return;
	count_up(&connection->refusals);
	connection->syns_after_refusal = 0;
	if (moment_seen(&connection->rest->close))
		return;
	struct tcp_rest *rest = own_rest(tracker, connection);
	rest->close = icmp->moment;
	connection->close_kind = TCP_CLOSED_ICMP;
	connection->close_side = FROM_SERVER;
	connection->close_refuses = true;
	rest->icmp_from = icmp->from;
	rest->icmp_version = icmp->version;
	rest->icmp_type = icmp->type;
	rest->icmp_code = icmp->code;
	if (icmp->moment.time > connection->last.time)
		connection->last = icmp->moment;
	moved(tracker, connection, TCP_STEP_CLOSE, &icmp->moment);
	touch(tracker, connection);
}

/* Seldom: not among what every packet takes. */
static __attribute__((noinline)) void finish_quiet(struct tracker *tracker, time_ns now)
{
	tracker->wake = INT64_MAX;
	for (unsigned i = 0; i < LISTS; i++) {
		struct tcp_connection *first;
		while (i != LIST_OPEN && (first = table_first(tracker->table, i)) != NULL) {
			if (now - first->last.time <= quiet[i] && first->last.time - now <= SET_BACK) {
				wake_for(tracker, first);
				break;
			}
			finish(tracker, first, false);
		}
	}
}

void tracker_time(struct tracker *tracker, time_ns now)
{
	time_ns before = tracker->now;

	tracker->now = now;
	if (now > tracker->wake || (before != TIME_NONE && now < before - SET_BACK))
		finish_quiet(tracker, now);
}

time_ns tracker_due(const struct tracker *tracker)
{
	return tracker->wake;
}

static int by_id(const void *a, const void *b)
{
	const struct tcp_connection *left = *(struct tcp_connection *const *)a;
	const struct tcp_connection *right = *(struct tcp_connection *const *)b;

	return left->id < right->id ? -1 : left->id > right->id;
}

void tracker_end(struct tracker *tracker)
{
	struct tcp_connection **all = memory_get((table_count(tracker->table) + 1) * sizeof(struct tcp_connection *));
	size_t found = 0;

	for (unsigned i = 0; i < LISTS; i++)
		for (struct tcp_connection *c = table_first(tracker->table, i); c != NULL; c = c->list_next)
			all[found++] = c;
	qsort(all, found, sizeof *all, by_id);
	for (size_t i = 0; i < found; i++)
		finish(tracker, all[i], true);
	free(all);
}

struct tracker *tracker_new(const struct tracker_options *options, const struct tcp_handlers *handlers)
{
	struct tracker *tracker = memory_get_zeroed(1, sizeof *tracker);

	tracker->options = *options;
	tracker->handlers = *handlers;
	tracker->table = table_new();
	tracker->wake = INT64_MAX;
	tracker->now = TIME_NONE;
	tracker->next_id = options->ids;
	tracker->connections = pool_of(sizeof(struct tcp_connection));
	tracker->rests = pool_of(sizeof(struct tcp_rest));
	watched_ports_mark(&options->ports, tracker->watched);
	return tracker;
}

void tracker_free(struct tracker *tracker)
{
	if (tracker == NULL)
		return;
	table_free(tracker->table);
	pool_release(&tracker->connections);
	pool_release(&tracker->rests);
	free(tracker);
}

uint64_t tracker_duplicates(const struct tracker *tracker)
{
	return tracker->duplicates;
}

void tcp_connection_watch(struct tcp_connection *connection, unsigned which, enum direction direction, uint64_t start,
			  uint64_t end, const struct moment *moment)
{
	const struct half *half = &connection->half[direction];

	struct tcp_watch *watch = &connection->upper->watches[which];
	if ((connection->watched & 1U << which) != 0)
		return;
	connection->watched |= (uint8_t)(1U << which);
	*watch = (struct tcp_watch){
	    .seq = half->order.start + (uint32_t)start, .end = half->order.start + (uint32_t)end, .acked = MOMENT_NONE};
	/* A tap may show the ACK first. */
	if (half->order.acked_known && seq_diff(half->order.acked, watch->end) >= 0)
		watch->acked = *moment;
	else
		connection->unacked_watches[direction] |= (uint8_t)(1U << which);
}
