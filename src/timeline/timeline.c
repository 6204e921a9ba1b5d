/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "timeline/timeline.h"

#include "base/memory.h"
#include "base/pool.h"
#include "dissectors/association.h"
#include "timeline/ladder.h"
#include "timeline/outcome.h"

#include <stdlib.h>
#include <string.h>

/* What few connections have: a side that said no, and why. */
struct exchange_words {
	struct refused refusal, aborted;
	enum side aborted_by;
	struct moment disconnect; /* the first DR or ABORT */
	enum side disconnect_by;
	enum close_kind disconnect_how;
};

/* Both selectors of a CR up to this length together need no memory of their own: longer ones are rare. */
enum { SELECTORS_HERE = 24 };

/* struct transport, packed. */
struct exchange_transport {
	/* As much of the selectors as is kept, the called one behind the calling one. */
	union {
		uint8_t here[SELECTORS_HERE];
		uint8_t *there;
	} selectors;
	uint32_t tpdu_size;
	uint8_t class_number;
	uint8_t calling, called; /* lengths, as sent */
	bool set : 1, has_calling : 1, has_called : 1;
	bool released : 1; /* the association; it has room here */
};

/* What the layers above TCP said; taken at a connection's first byte. What every packet needs stands first. */
struct exchange {
	struct tcp_upper upper; /* the tracker's to fill in */
	struct timeline *timeline;
	struct tcp_connection *tcp;
	struct moment ok;
	struct moment more; /* whatever the server sent after the OK, readable or not */
	struct moment foreign_answer;
	struct association association;
	struct moment request, bind_request, bind_result, first_data;
	struct moment confirm;              /* the CC, whatever counts as the OK */
	struct moment data[PDU_DIRECTIONS]; /* each side's first data TPDU */
	struct exchange_words *words;       /* NULL: none yet */
	struct exchange_transport transport;
};

struct timeline {
	struct timeline_options options;
	struct timeline_handlers handlers;
	struct tracker *tracker;
	struct ladders *ladders;
	struct pool exchanges;
	time_ns now;
	struct connection finished; /* the one that is being handed out: most are not kept */
};

/* NULL: no byte came yet. */
static struct exchange *exchange_in(const struct tcp_connection *tcp)
{
	return (struct exchange *)tcp->upper;
}

/* ---- Events of the layers above TCP ---- */

static struct live live_of(const struct tcp_connection *tcp)
{
	const struct exchange *exchange = exchange_in(tcp);

	return (struct live){.id = tcp->id,
			     .client = &tcp->client,
			     .server = &tcp->server,
			     /* Of the first packet it is told before the tracker has looked at it. */
			     .syn = moment_seen(&tcp->syn) || tcp->mid_stream ? tcp->syn : tcp->first,
			     .synack = tcp->synack,
			     .established = tcp->established,
			     .request = exchange != NULL ? exchange->request : MOMENT_NONE,
			     .ok = exchange != NULL ? exchange->ok : MOMENT_NONE,
			     .close = tcp->rest->close,
			     .close_side = (enum direction)tcp->close_side,
			     .close_resets = tcp->close_kind == TCP_CLOSED_RST,
			     .said_no = exchange != NULL && exchange->words != NULL && exchange->words->refusal.set,
			     .repeated = tcp->syn_attempts != 1 || tcp->synack_attempts != 1};
}

static void reached(struct timeline *timeline, const struct tcp_connection *tcp, enum milestone milestone,
		    const struct moment *moment)
{
	struct live live = live_of(tcp);

	if (timeline->handlers.reached != NULL)
		timeline->handlers.reached(timeline->handlers.user, &live, milestone, moment);
}

static bool set_once(struct moment *moment, const struct pdu_event *event)
{
	if (moment_seen(moment) || !moment_seen(&event->moment))
		return false;
	*moment = event->moment;
	return true;
}

static void watch(struct exchange *exchange, unsigned which, const struct pdu_event *event)
{
	enum direction direction = event->direction == PDU_FROM_CLIENT ? FROM_CLIENT : FROM_SERVER;

	tcp_connection_watch(exchange->tcp, which, direction, event->start, event->end, &event->moment);
}

static void on_ok(struct exchange *exchange, const struct pdu_event *event)
{
	if (!set_once(&exchange->ok, event))
		return;
	watch(exchange, WATCH_OK, event);
	ladders_ok(exchange->tcp);
	reached(exchange->timeline, exchange->tcp, MILESTONE_OK, &event->moment);
}

static struct exchange_words *words_of(struct exchange *exchange)
{
	if (exchange->words == NULL) {
		exchange->words = memory_get_zeroed(1, sizeof *exchange->words);
		exchange->words->refusal.moment = MOMENT_NONE;
		exchange->words->disconnect = MOMENT_NONE;
	}
	return exchange->words;
}

static void on_refusal(struct exchange *exchange, const struct pdu_event *event)
{
	if (event->direction != PDU_FROM_SERVER || event->refusal == NULL)
		return;
	struct exchange_words *words = words_of(exchange);
	if (!words->refusal.set)
		words->refusal = (struct refused){true, *event->refusal, event->moment};
}

static void on_abort(struct exchange *exchange, const struct pdu_event *event)
{
	if (event->refusal == NULL || !moment_seen(&event->moment))
		return;
	struct exchange_words *words = words_of(exchange);
	if (words->aborted.set)
		return;
	words->aborted = (struct refused){true, *event->refusal, event->moment};
	words->aborted_by = event->direction == PDU_FROM_SERVER ? SIDE_SERVER : SIDE_CLIENT;
}

static void on_disconnect(struct exchange *exchange, const struct pdu_event *event, enum close_kind how)
{
	struct exchange_words *words = words_of(exchange);

	if (!set_once(&words->disconnect, event))
		return;
	words->disconnect_by = event->direction == PDU_FROM_CLIENT ? SIDE_CLIENT : SIDE_SERVER;
	words->disconnect_how = how;
}

static unsigned kept_of(unsigned length)
{
	return length < COTP_TSAP_KEPT ? length : COTP_TSAP_KEPT;
}

static bool selectors_are_here(const struct exchange_transport *transport)
{
	return kept_of(transport->calling) + kept_of(transport->called) <= SELECTORS_HERE;
}

/* Once for each connection. */
static void keep_selectors(struct exchange_transport *transport, const struct cotp_tpdu *tpdu)
{
	unsigned first = kept_of(tpdu->calling.length), second = kept_of(tpdu->called.length);

	transport->has_calling = tpdu->calling.present;
	transport->has_called = tpdu->called.present;
	transport->calling = tpdu->calling.length;
	transport->called = tpdu->called.length;
	uint8_t *bytes = transport->selectors.here;
	if (!selectors_are_here(transport))
		bytes = transport->selectors.there = memory_get(first + second);
	memcpy(bytes, tpdu->calling.bytes, first);
	memcpy(bytes + first, tpdu->called.bytes, second);
}

static void fill_transport(struct transport *transport, const struct exchange_transport *from)
{
	const uint8_t *bytes = selectors_are_here(from) ? from->selectors.here : from->selectors.there;
	unsigned first = kept_of(from->calling);

	transport->set = from->set;
	transport->class_number = from->class_number;
	transport->tpdu_size = from->tpdu_size;
	transport->calling.present = from->has_calling;
	transport->calling.length = from->calling;
	transport->called.present = from->has_called;
	transport->called.length = from->called;
	memcpy(transport->calling.bytes, bytes, first);
	memcpy(transport->called.bytes, bytes + first, kept_of(from->called));
}

static void note_transport(struct exchange *exchange, const struct cotp_tpdu *tpdu, bool confirms)
{
	struct exchange_transport *transport = &exchange->transport;

	if (!confirms && transport->set)
		return;
	if (!confirms) {
		transport->set = true;
		keep_selectors(transport, tpdu);
	}
	transport->class_number = tpdu->class_option >> 4;
	if (tpdu->tpdu_size != 0)
		transport->tpdu_size = tpdu->tpdu_size;
}

static void on_event(void *user, const struct pdu_event *event)
{
	struct exchange *exchange = user;
	enum ok_kind ok = exchange->timeline->options.ok;
	bool from_server = event->direction == PDU_FROM_SERVER;

	switch (event->type) {
	case PDU_CR:
		if (from_server)
			break;
		note_transport(exchange, event->tpdu, false);
		if (set_once(&exchange->request, event)) {
			watch(exchange, WATCH_REQUEST, event);
			reached(exchange->timeline, exchange->tcp, MILESTONE_REQUEST, &event->moment);
		}
		break;
	case PDU_CC:
		if (!from_server)
			break;
		note_transport(exchange, event->tpdu, true);
		set_once(&exchange->confirm, event);
		if (ok == OK_CC)
			on_ok(exchange, event);
		break;
	case PDU_DR:
		/* Only in answer to a CR is it a refusal (X.224 6.5); later, and from the client, it is an end. */
		if (!moment_seen(&exchange->ok) && !moment_seen(&exchange->bind_result))
			on_refusal(exchange, event);
		on_disconnect(exchange, event, CLOSE_DR);
		break;
	case PDU_BIND_REQUEST:
		if (!from_server && set_once(&exchange->bind_request, event))
			watch(exchange, WATCH_BIND_REQUEST, event);
		break;
	case PDU_BIND_ACCEPTED:
		if (!from_server)
			break;
		set_once(&exchange->bind_result, event);
		if (ok != OK_CC)
			on_ok(exchange, event);
		break;
	case PDU_BIND_REFUSED:
		if (!from_server)
			break;
		/* With the session's own ACCEPT around a bind error, the session has said OK. */
		if (ok == OK_SESSION && event->spdu == SESSION_AC)
			on_ok(exchange, event);
		if (event->spdu != SESSION_AB)
			set_once(&exchange->bind_result, event);
		on_refusal(exchange, event);
		break;
	case PDU_ABORT:
		on_abort(exchange, event);
		on_disconnect(exchange, event, CLOSE_ABORT);
		break;
	case PDU_FIRST_DATA:
		/* Only X.400 has a P1 transfer. */
		if (event->service == SERVICE_X400)
			set_once(&exchange->first_data, event);
		break;
	case PDU_FIRST_DT:
		/* Of a service without a bind, the client's is what it waits for an answer to. */
		if (set_once(&exchange->data[event->direction], event) && !from_server)
			watch(exchange, WATCH_DATA, event);
		break;
	case PDU_FINISH:
		exchange->transport.released = true;
		break;
	case PDU_ER:
		/* It ends the connection in class 0, without a DR (X.224 6.22). */
		if (!moment_seen(&exchange->confirm) && !moment_seen(&exchange->ok))
			on_refusal(exchange, event);
		break;
	case PDU_EVENT_TYPES:
		break;
	}
}

static const struct association_sink association_sink = {.event = on_event, .remark = NULL};

static void on_trace(void *user, const struct pdu_trace *pdu)
{
	const struct exchange *exchange = user;
	const struct timeline_observer *observer = exchange->timeline->options.observer;

	observer->pdu(observer->user, exchange->tcp, pdu);
}

static const struct association_sink traced_sink = {.event = on_event, .remark = NULL, .trace = on_trace};

/* ---- The tracker's events ---- */

static void on_opened(void *user, struct tcp_connection *tcp)
{
	struct timeline *timeline = user;

	ladders_opened(timeline->ladders, tcp);
	reached(timeline, tcp, MILESTONE_SYN, &tcp->first);
}

static struct exchange *exchange_of(struct timeline *timeline, struct tcp_connection *tcp)
{
	if (tcp->upper != NULL)
		return exchange_in(tcp);
	struct exchange *exchange = pool_get(&timeline->exchanges);
	exchange->timeline = timeline;
	exchange->tcp = tcp;
	exchange->request = MOMENT_NONE;
	exchange->ok = MOMENT_NONE;
	exchange->bind_request = MOMENT_NONE;
	exchange->bind_result = MOMENT_NONE;
	exchange->first_data = MOMENT_NONE;
	exchange->confirm = MOMENT_NONE;
	exchange->more = MOMENT_NONE;
	exchange->foreign_answer = MOMENT_NONE;
	exchange->data[PDU_FROM_CLIENT] = MOMENT_NONE;
	exchange->data[PDU_FROM_SERVER] = MOMENT_NONE;
	const struct timeline_observer *observer = timeline->options.observer;
	bool traced = observer != NULL && observer->pdu != NULL;
	association_init(&exchange->association, traced ? &traced_sink : &association_sink, exchange, tcp->mid_stream);
	tcp->upper = &exchange->upper;
	return exchange;
}

static enum pdu_direction pdu_direction_of(enum direction direction)
{
	return direction == FROM_CLIENT ? PDU_FROM_CLIENT : PDU_FROM_SERVER;
}

static void note_more(struct exchange *exchange, enum direction direction, const struct moment *moment)
{
	if (direction == FROM_SERVER && moment_seen(&exchange->ok) && !moment_seen(&exchange->more))
		exchange->more = *moment;
}

static void on_data(void *user, struct tcp_connection *tcp, enum direction direction, const uint8_t *data,
		    size_t length, const struct moment *moment)
{
	const struct timeline *timeline = user;
	struct exchange *exchange = exchange_of(user, tcp);
	const struct timeline_observer *observer = timeline->options.observer;

	if (observer != NULL && observer->data != NULL)
		observer->data(observer->user, tcp, direction, data, length);
	note_more(exchange, direction, moment);
	association_feed(&exchange->association, pdu_direction_of(direction), data, length, moment);
	if (direction == FROM_SERVER && !moment_seen(&exchange->foreign_answer) &&
	    !association_wants(&exchange->association, PDU_FROM_SERVER))
		exchange->foreign_answer = *moment;
}

static void on_gap(void *user, struct tcp_connection *tcp, enum direction direction, size_t length,
		   const struct moment *moment)
{
	struct exchange *exchange = exchange_of(user, tcp);

	const struct timeline_observer *observer = exchange->timeline->options.observer;
	if (observer != NULL && observer->gap != NULL)
		observer->gap(observer->user, tcp, direction, length, moment);
	note_more(exchange, direction, moment);
	association_gap(&exchange->association, pdu_direction_of(direction), length, moment);
}

static void on_segment(void *user, const struct tcp_connection *tcp, enum direction direction,
		       const struct segment *segment, unsigned marks)
{
	const struct timeline *timeline = user;
	const struct timeline_observer *observer = timeline->options.observer;

	observer->segment(observer->user, tcp, direction, segment, marks);
}

static void on_icmp(void *user, const struct tcp_connection *tcp, const struct icmp_error *icmp)
{
	const struct timeline *timeline = user;
	const struct timeline_observer *observer = timeline->options.observer;

	if (observer->icmp != NULL)
		observer->icmp(observer->user, tcp, icmp);
}

static void on_moved(void *user, struct tcp_connection *tcp, enum tcp_step step, const struct moment *moment)
{
	struct timeline *timeline = user;

	if (step == TCP_STEP_CLOSE && tcp->close_refuses) {
		struct live live = live_of(tcp);
		if (timeline->handlers.refused != NULL)
			timeline->handlers.refused(timeline->handlers.user, &live, moment);
		return;
	}
	reached(timeline, tcp,
		step == TCP_STEP_SYNACK        ? MILESTONE_SYNACK
		: step == TCP_STEP_ESTABLISHED ? MILESTONE_ESTABLISHED
					       : MILESTONE_CLOSE,
		moment);
}

/* ---- The finished connection ---- */

static struct delivery delivery_of(const struct tcp_connection *tcp, unsigned which)
{
	const struct tcp_upper *upper = tcp->upper;
	struct delivery delivery = {.acked = MOMENT_NONE, .first_repeat = MOMENT_NONE, .last_repeat = MOMENT_NONE};

	if ((tcp->watched & 1U << which) == 0)
		return delivery;
	delivery.set = true;
	delivery.acked = upper->watches[which].acked;
	if (upper->repeats != NULL && upper->repeats[which].count > 0) {
		delivery.repeats = upper->repeats[which].count;
		delivery.first_repeat = upper->repeats[which].first;
		delivery.last_repeat = upper->repeats[which].last;
	}
	return delivery;
}

static void fill_facts(struct facts *facts, const struct tcp_connection *tcp, bool at_end)
{
	memcpy(facts->syn_at_ms, tcp->rest->syn_at_ms, sizeof facts->syn_at_ms);
	facts->syn_attempts = tcp->syn_attempts;
	facts->synack_attempts = tcp->synack_attempts;
	facts->syns_after_synack = tcp->syns_after_synack;
	facts->refusals = tcp->refusals;
	facts->syns_after_refusal = tcp->syns_after_refusal;
	facts->last_syn = tcp_last_syn(tcp);
	facts->last_synack = tcp_last_synack(tcp);
	facts->close_side = (enum direction)tcp->close_side;
	facts->close_forgery = tcp->close_forgery;
	facts->close_refuses = tcp->close_refuses;
	facts->close_has_ack = tcp->close_has_ack;
	facts->peer_close = tcp->rest->peer_close;
	facts->icmp_from = tcp->rest->icmp_from;
	facts->icmp_version = tcp->rest->icmp_version;
	facts->icmp_type = tcp->rest->icmp_type;
	facts->icmp_code = tcp->rest->icmp_code;
	facts->request = delivery_of(tcp, WATCH_REQUEST);
	facts->ok = delivery_of(tcp, WATCH_OK);
	facts->bind_request = delivery_of(tcp, WATCH_BIND_REQUEST);
	facts->data = delivery_of(tcp, WATCH_DATA);
	for (int d = 0; d < DIRECTIONS; d++) {
		facts->reset[d] = tcp->rest->reset[d];
		facts->disowned[d] = tcp->rest->disowned[d];
		facts->missing_acked[d] = order_lost(&tcp->half[d].order)->missing_acked;
		facts->cut[d] = order_lost(&tcp->half[d].order)->cut;
		facts->packets[d] = tcp->half[d].packets;
		facts->payload_packets[d] = tcp->half[d].payload_packets;
		facts->last_time[d] = tcp->half[d].last_time;
		facts->window_shut[d] = tcp->half[d].window_shut;
	}
	const struct tcp_host *server = tcp->half[FROM_SERVER].host;
	facts->server_alive = server != NULL && server->packets > 0 && server->last_time > tcp->first.time;
	facts->answer_never_seen = tcp->half[FROM_SERVER].packets == 0 && moment_seen(&tcp->established);
	facts->at_end = at_end;
	facts->given_up = tcp->given_up;
	facts->out_of_order = tcp->out_of_order;
}

/* The first sign of the end, whichever layer gave it. */
static void fill_close(struct connection *connection, const struct tcp_connection *tcp, const struct exchange *exchange)
{
	static const enum close_kind kinds[] = {
	    [TCP_CLOSED_FIN] = CLOSE_FIN, [TCP_CLOSED_RST] = CLOSE_RST, [TCP_CLOSED_ICMP] = CLOSE_ICMP};
	struct moment *close = &connection->milestones[MILESTONE_CLOSE];

	const struct exchange_words *words = exchange == NULL ? NULL : exchange->words;

	if (words != NULL && moment_seen(&words->disconnect) &&
	    (!moment_seen(&tcp->rest->close) || words->disconnect.time <= tcp->rest->close.time)) {
		*close = words->disconnect;
		connection->close_by = words->disconnect_by;
		connection->close_how = words->disconnect_how;
		connection->facts.close_side = words->disconnect_by == SIDE_CLIENT ? FROM_CLIENT : FROM_SERVER;
	} else if (tcp->close_kind != TCP_OPEN) {
		*close = tcp->rest->close;
		connection->close_how = kinds[tcp->close_kind];
		connection->close_by = tcp->close_side == FROM_CLIENT ? SIDE_CLIENT : SIDE_SERVER;
		if (tcp->close_kind == TCP_CLOSED_ICMP && !address_equal(&tcp->rest->icmp_from, &tcp->server.ip))
			connection->close_by = SIDE_MIDDLEBOX;
	}
}

static void fill_exchange(struct connection *connection, struct exchange *exchange)
{
	connection->milestones[MILESTONE_REQUEST] = exchange->request;
	connection->milestones[MILESTONE_OK] = exchange->ok;
	connection->milestones[MILESTONE_BIND_REQUEST] = exchange->bind_request;
	connection->milestones[MILESTONE_BIND_RESULT] = exchange->bind_result;
	connection->milestones[MILESTONE_FIRST_DATA] = exchange->first_data;
	memcpy(connection->facts.first_dt, exchange->data, sizeof connection->facts.first_dt);
	connection->facts.confirm = exchange->confirm;
	connection->facts.more = exchange->more;
	connection->facts.foreign_answer = exchange->foreign_answer;
	connection->facts.released = exchange->transport.released;
	if (exchange->words != NULL) {
		connection->refusal = exchange->words->refusal;
		connection->aborted = exchange->words->aborted;
		connection->aborted_by = exchange->words->aborted_by;
	}
	fill_transport(&connection->transport, &exchange->transport);
	connection->association = exchange->association.details;
	exchange->association.details = NULL;
	connection->transfers = association_take_transfers(&exchange->association);
	/* Whatever closed the connection cut what was under way. */
	if (moment_seen(&connection->milestones[MILESTONE_CLOSE]))
		transfers_break(&connection->transfers, TRANSFER_CUT, -1, &connection->milestones[MILESTONE_CLOSE]);
	connection->service = service_name(association_service(&exchange->association));
	connection->facts.foreign = !association_wants(&exchange->association, PDU_FROM_CLIENT);
	connection->facts.tpkt = association_spoke(&exchange->association);
}

static void on_finished(void *user, struct tcp_connection *tcp, bool at_end)
{
	struct timeline *timeline = user;
	struct exchange *exchange = exchange_in(tcp);
	struct connection *connection = &timeline->finished;

	memset(connection, 0, sizeof *connection);
	for (int i = 0; i < MILESTONES; i++)
		connection->milestones[i] = MOMENT_NONE;
	connection->refusal.moment = MOMENT_NONE;
	connection->facts.confirm = MOMENT_NONE;
	connection->facts.more = MOMENT_NONE;
	connection->facts.foreign_answer = MOMENT_NONE;
	connection->facts.first_dt[FROM_CLIENT] = MOMENT_NONE;
	connection->facts.first_dt[FROM_SERVER] = MOMENT_NONE;
	connection->id = tcp->id;
	connection->client = tcp->client;
	connection->server = tcp->server;
	connection->vlan = tcp->vlan;
	connection->first = tcp->first;
	connection->last = tcp->last;
	connection->packets = tcp->packets;
	connection->milestones[MILESTONE_SYN] = tcp->syn;
	connection->milestones[MILESTONE_SYNACK] = tcp->synack;
	connection->milestones[MILESTONE_ESTABLISHED] = tcp->established;
	connection->syn_attempts = tcp->syn_attempts;
	for (int d = 0; d < DIRECTIONS; d++) {
		connection->retransmissions[d] = tcp->half[d].retransmissions;
		connection->missing_bytes[d] = order_lost(&tcp->half[d].order)->missing;
	}
	connection->ladder.id = tcp->ladder.id;
	connection->ladder.attempt = tcp->ladder.attempt;
	fill_facts(&connection->facts, tcp, at_end);
	connection->facts.watched_until = timeline->now > tcp->last.time ? timeline->now : tcp->last.time;
	fill_close(connection, tcp, exchange);
	if (exchange != NULL) {
		fill_exchange(connection, exchange);
		association_free(&exchange->association);
		free(exchange->words);
		if (!selectors_are_here(&exchange->transport))
			free(exchange->transport.selectors.there);
		free(exchange->upper.repeats);
		pool_put(&timeline->exchanges, exchange);
	}
	outcome_decide(connection);
	ladders_finished(tcp);
	if (timeline->handlers.finished != NULL)
		timeline->handlers.finished(timeline->handlers.user, connection);
	free(connection->association);
	transfers_free(&connection->transfers);
}

struct timeline *timeline_new(const struct timeline_options *options, const struct timeline_handlers *handlers)
{
	struct timeline *timeline = memory_get_zeroed(1, sizeof *timeline);
	struct tcp_handlers tcp = {.user = timeline,
				   .opened = on_opened,
				   .data = on_data,
				   .gap = on_gap,
				   .segment = options->observer == NULL ? NULL : on_segment,
				   .icmp = options->observer == NULL ? NULL : on_icmp,
				   .moved = on_moved,
				   .finished = on_finished};
	struct tracker_options tracker = {.ports = options->ports,
					  .engine = options->engine,
					  .connections = options->connections,
					  .ids = options->ids};

	timeline->options = *options;
	timeline->handlers = *handlers;
	timeline->ladders = ladders_new();
	timeline->exchanges = pool_of(sizeof(struct exchange));
	timeline->tracker = tracker_new(&tracker, &tcp);
	return timeline;
}

void timeline_free(struct timeline *timeline)
{
	if (timeline == NULL)
		return;
	tracker_free(timeline->tracker);
	ladders_free(timeline->ladders);
	pool_release(&timeline->exchanges);
	free(timeline);
}

bool timeline_segment(struct timeline *timeline, const struct segment *segment)
{
	return tracker_segment(timeline->tracker, segment);
}

void timeline_expect(const struct timeline *timeline, const struct segment *const *segments, size_t count)
{
	enum { LINE = 64, LENGTH = 512 };
	const struct tcp_connection *connections[PACKETS_EXPECTED];

	tracker_expect(timeline->tracker, segments, count, connections);
	for (size_t i = 0; i < count; i++) {
		if (segments[i]->payload_length == 0 || connections[i] == NULL)
			continue;
		const char *exchange = (const char *)connections[i]->upper;
		for (size_t at = 0; exchange != NULL && at < LENGTH; at += LINE)
			__builtin_prefetch(exchange + at);
	}
}

void timeline_icmp(struct timeline *timeline, const struct icmp_error *icmp)
{
	tracker_icmp(timeline->tracker, icmp);
}

void timeline_time(struct timeline *timeline, time_ns now)
{
	timeline->now = now;
	tracker_time(timeline->tracker, now);
}

time_ns timeline_due(const struct timeline *timeline)
{
	return tracker_due(timeline->tracker);
}

void timeline_end(struct timeline *timeline)
{
	tracker_end(timeline->tracker);
}

size_t timeline_count(const struct timeline *timeline)
{
	return tracker_count(timeline->tracker);
}

bool timeline_give_up(struct timeline *timeline)
{
	return tracker_give_up(timeline->tracker);
}

uint64_t timeline_duplicates(const struct timeline *timeline)
{
	return tracker_duplicates(timeline->tracker);
}

struct connection *connection_keep(struct connection *connection)
{
	struct connection *kept = memory_get(sizeof *kept);

	*kept = *connection;
	connection->association = NULL;
	connection->transfers = (struct transfers){0};
	return kept;
}

void connection_free(struct connection *connection)
{
	if (connection == NULL)
		return;
	free(connection->association);
	transfers_free(&connection->transfers);
	free(connection);
}
