/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "origin/judge.h"

#include "base/duration.h"
#include "origin/schedule.h"
#include "timeline/outcome.h"

#include <stdio.h>
#include <string.h>

/* What others got "at that time": so long before and after. */
#define AROUND (60 * NS_PER_S)
/* A side that closes sooner has not waited: no timer in use is shorter. */
#define SHORT_WAIT (NS_PER_S)
/* A server that closes sooner gave the client no time to ask. */
#define SHORT_GRACE (2 * NS_PER_S)

/* A full listen queue takes somebody in so long, and mostly sooner. */
#define JUST_BEFORE NS_PER_S

/* A server's TCP answers within a round trip: after so long it has not. */
#define ANSWER_DUE NS_PER_S

/* Of an OK after which the answer to the bind may have been a refusal. */
#define DOUBTFUL 0.85F

/* A verdict that would be right less often is none. */
#define LEAST 0.6

struct bench {
	struct connection *connection;
	const struct services *services;
	enum tap tap;
};

/* ---- Evidence ---- */

static void say(struct bench *bench, const struct moment *moment, const char *says)
{
	struct connection *connection = bench->connection;

	if (connection->evidence_count < EVIDENCE_MAX && moment_seen(moment))
		connection->evidence[connection->evidence_count++] = (struct evidence){.says = says, .moment = *moment};
}

static void say_span(struct bench *bench, const struct moment *moment, const char *says, int64_t value_us)
{
	struct connection *connection = bench->connection;

	if (value_us < 0 || connection->evidence_count >= EVIDENCE_MAX || !moment_seen(moment))
		return;
	connection->evidence[connection->evidence_count++] =
	    (struct evidence){.says = says, .moment = *moment, .has_value = true, .value_us = value_us};
}

void evidence_format(const struct evidence *evidence, char *text, size_t size)
{
	const char *mark = strstr(evidence->says, "%s");

	if (!evidence->has_value || mark == NULL) {
		snprintf(text, size, "%s", evidence->says);
		return;
	}
	char duration[DURATION_TEXT_SIZE];
	duration_format(evidence->value_us, duration);
	snprintf(text, size, "%.*s%s%s", (int)(mark - evidence->says), evidence->says, duration, mark + 2);
}

static void decide(struct bench *bench, enum origin origin, double confidence, const char *cause)
{
	bench->connection->origin = origin;
	bench->connection->confidence = (float)confidence;
	bench->connection->cause = cause;
}

/* ---- What the rules ask ---- */

static const struct moment *at(const struct bench *bench, enum milestone milestone)
{
	return &bench->connection->milestones[milestone];
}

static bool closed_by_client(const struct bench *bench)
{
	return bench->connection->facts.close_side == FROM_CLIENT;
}

/* Bytes that neither the tap nor, as far as its ACKs tell, the peer ever saw. */
static bool lost_on_the_way(const struct bench *bench, enum direction direction)
{
	const struct connection *connection = bench->connection;

	return connection->missing_bytes[direction] > connection->facts.missing_acked[direction];
}

/* Bytes that the peer acknowledged and the capture lacks. */
static bool lost_to_capture(const struct bench *bench, enum direction direction)
{
	return bench->connection->facts.missing_acked[direction] > 0;
}

static bool acked_before_close(const struct bench *bench, const struct delivery *delivery)
{
	const struct moment *close = at(bench, MILESTONE_CLOSE);

	return moment_seen(&delivery->acked) && (!moment_seen(close) || delivery->acked.time <= close->time);
}

static bool others_had(const struct bench *bench, enum service_act act, time_ns from, time_ns to)
{
	const struct connection *connection = bench->connection;

	return services_did(bench->services, &connection->server, act, connection->id, from, to);
}

/* Whether the server served others within a minute. */
static bool served_around(const struct bench *bench, time_ns from, time_ns to)
{
	return others_had(bench, SERVICE_ANSWERED_SYN, from - AROUND, to + AROUND) ||
	       others_had(bench, SERVICE_GAVE_OK, from - AROUND, to + AROUND);
}

/* The same, but what others got just then says more, where somebody else tried just then. */
static bool served_just_then(const struct bench *bench, time_ns from, time_ns to)
{
	if (others_had(bench, SERVICE_ANSWERED_SYN, from, to) || others_had(bench, SERVICE_GAVE_OK, from, to))
		return true;
	return !others_had(bench, SERVICE_GOT_SYN, from, to - ANSWER_DUE) && served_around(bench, from, to);
}

/* What others did not get may only not be in the captures. */
static bool others_are_left_out(const struct bench *bench)
{
	return services_are_of_failures(bench->services);
}

#define OTHERS_LEFT_OUT                                                                                                \
	"what others got at that time is not in the capture: it says that it only holds connections that failed"

/* How long the side that closed had waited since moment. */
static time_ns waited(const struct bench *bench, const struct moment *from)
{
	const struct moment *close = at(bench, MILESTONE_CLOSE);

	return moment_seen(close) && moment_seen(from) ? close->time - from->time : 0;
}

static void say_close(struct bench *bench)
{
	const struct connection *connection = bench->connection;
	const struct moment *close = at(bench, MILESTONE_CLOSE);

	if (connection->wait_us >= 0)
		say_span(bench, close,
			 closed_by_client(bench) ? "the client closes after waiting %s"
						 : "the server closes after waiting %s",
			 connection->wait_us);
	else
		say(bench, close, closed_by_client(bench) ? "the client closes" : "the server closes");
}

/* ---- A close that was not the sender's ---- */

static bool judge_forged_close(struct bench *bench)
{
	struct connection *connection = bench->connection;
	unsigned bits = connection->facts.close_forgery;
	const struct moment *close = at(bench, MILESTONE_CLOSE);

	if (bits == 0 || !moment_seen(close) ||
	    (connection->close_how != CLOSE_RST && connection->close_how != CLOSE_FIN))
		return false;
	if ((bits & FORGERY_HOP_LIMIT) != 0)
		say(bench, close, "the closing packet's hop limit is not that of its sender's other packets");
	if ((bits & FORGERY_BOTH_SIDES) != 0)
		say(bench, close, "both sides are reset at once, neither in answer to the other");
	if ((bits & FORGERY_SPOKE_ON) != 0)
		say(bench, close, "its sender goes on as if it had not closed");
	if ((bits & FORGERY_TIMESTAMP) != 0)
		say(bench, close, "the closing packet's TCP timestamp is not its sender's");
	if ((bits & FORGERY_IP_ID) != 0)
		say(bench, close, "the closing packet's IP ID is off its sender's counter");
	if ((bits & FORGERY_SEQUENCE) != 0)
		say(bench, close, "the closing packet's sequence number is not where its sender's bytes stand");
	connection->close_by = SIDE_MIDDLEBOX;
	bool several = (bits & (bits - 1)) != 0;
	decide(bench, ORIGIN_MIDDLEBOX, several ? 0.98 : bits == FORGERY_SEQUENCE ? 0.8 : 0.93, "middlebox-reset");
	return true;
}

/* ---- One rule an outcome ---- */

static void judge_icmp(struct bench *bench)
{
	const struct facts *facts = &bench->connection->facts;
	const struct moment *close = at(bench, MILESTONE_CLOSE);
	/* RFC 1812 5.2.7.1, RFC 4443 3.1: these codes say that somebody forbids it. */
	bool forbidden = facts->icmp_version == 4
			     ? facts->icmp_code == 9 || facts->icmp_code == 10 || facts->icmp_code == 13
			     : facts->icmp_code == 1 || facts->icmp_code == 5 || facts->icmp_code == 6;

	if (address_equal(&facts->icmp_from, &bench->connection->server.ip)) {
		say(bench, close, "the server's own host answers the SYN with an ICMP error");
		decide(bench, ORIGIN_SERVER_TCP, 0.9, "nobody-listening");
	} else if (forbidden) {
		say(bench, close, "a box on the way forbids the connection (ICMP administratively prohibited)");
		decide(bench, ORIGIN_MIDDLEBOX, 0.9, NULL);
	} else {
		say(bench, close, "a router on the way reports the server unreachable (ICMP)");
		decide(bench, ORIGIN_PATH_TO_SERVER, 0.85, "peer-or-path-down");
	}
}

static void judge_syn_refused(struct bench *bench)
{
	const struct connection *connection = bench->connection;
	const struct moment *close = at(bench, MILESTONE_CLOSE);

	if (connection->close_how == CLOSE_ICMP) {
		judge_icmp(bench);
		return;
	}
	time_ns from = connection->first.time - JUST_BEFORE, to = connection->last.time + AROUND;
	bool others = served_around(bench, connection->first.time, connection->last.time);
	bool ended = others_had(bench, SERVICE_GOT_SYN, from, to) &&
		     !others_had(bench, SERVICE_ANSWERED_SYN, from, to) &&
		     !others_had(bench, SERVICE_GAVE_OK, from, to);
	say(bench, close, "the server's host answers the SYN with a RST");
	if (others_are_left_out(bench) && (!others || ended)) {
		say(bench, close, OTHERS_LEFT_OUT);
		decide(bench, ORIGIN_SERVER_TCP, 0.9, NULL);
	} else if (others && ended) {
		say(bench, close,
		    "connections to this port were accepted before, and of those that tried since then none: nobody "
		    "listens any more");
		decide(bench, ORIGIN_SERVER_TCP, 0.9, "nobody-listening");
	} else if (others) {
		say(bench, close, "other connections to this port are accepted at that time: its listen queue is full");
		decide(bench, ORIGIN_SERVER_TCP, 0.95, "listen-queue-full");
	} else {
		say(bench, close, "no connection to this port is accepted at that time: nobody listens");
		decide(bench, ORIGIN_SERVER_TCP, 0.9, "nobody-listening");
	}
}

static void judge_syn_unanswered(struct bench *bench)
{
	const struct connection *connection = bench->connection;
	const struct facts *facts = &connection->facts;
	bool others = served_around(bench, connection->first.time, connection->last.time);
	bool brief = facts->syn_attempts < 2 && facts->watched_until - connection->first.time < ANSWER_DUE;

	say(bench, at(bench, MILESTONE_SYN), "the first SYN; no answer to it is in the capture");
	if (facts->syn_attempts > 1)
		say_span(bench, &facts->last_syn, "the last repeat, %s after the first SYN, is unanswered too",
			 moment_span_us(at(bench, MILESTONE_SYN), &facts->last_syn));
	const char *schedule = schedule_of(facts->syn_at_ms, facts->syn_attempts > SYN_TIMES ? SYN_TIMES
							     : facts->syn_attempts > 0       ? facts->syn_attempts - 1u
											     : 0);
	if (schedule != NULL)
		say(bench, &facts->last_syn, schedule);
	if (brief) {
		say(bench, at(bench, MILESTONE_SYN), "the capture ends before an answer is due");
		decide(bench, ORIGIN_UNDETERMINED, 0.8, NULL);
		return;
	}
	if (bench->tap == TAP_SERVER && others) {
		say(bench, at(bench, MILESTONE_SYN),
		    "the capture is taken beside the server, which answers others at that time");
		decide(bench, ORIGIN_SERVER_TCP, facts->syn_attempts > 1 ? 0.95 : 0.7, "syn-ignored");
		return;
	}
	if (others_are_left_out(bench) && bench->tap == TAP_SERVER) {
		say(bench, at(bench, MILESTONE_SYN), OTHERS_LEFT_OUT);
		decide(bench, ORIGIN_UNDETERMINED, 0.8, NULL);
		return;
	}
	if (facts->server_alive)
		say(bench, at(bench, MILESTONE_SYN),
		    "the server's host sends other packets since: it is up, and a way back works");
	else if (!others_are_left_out(bench) &&
		 !others_had(bench, SERVICE_ANSWERED_SYN, INT64_MIN / 2, INT64_MAX / 2) &&
		 !others_had(bench, SERVICE_REFUSED_SYN, INT64_MIN / 2, INT64_MAX / 2))
		say(bench, at(bench, MILESTONE_SYN),
		    "this server answers no SYN in the whole capture: it may be one that holds one direction only");
	say(bench, at(bench, MILESTONE_SYN),
	    bench->tap == TAP_SERVER
		? "the server answers nobody at that time: a capture on the server itself would tell host from cable"
		: "this capture cannot tell a lost SYN from a silent server or a lost answer: capture beside the "
		  "server");
	decide(bench, ORIGIN_UNDETERMINED, 0.93, "peer-or-path-down");
}

/*
 * When a client that got no answer would repeat its SYN, by the slower of the known schedules: first after 6 s (BSD),
 * then after up to four times the last pause.
 */
static time_ns next_syn_due(const struct facts *facts)
{
	unsigned repeats = facts->syn_attempts < 1 ? 0 : facts->syn_attempts - 1u;

	if (repeats == 0 || repeats > SYN_TIMES)
		return facts->last_syn.time + 7 * NS_PER_S;
	uint32_t pause = facts->syn_at_ms[repeats - 1] - (repeats > 1 ? facts->syn_at_ms[repeats - 2] : 0);
	return facts->last_syn.time + (time_ns)pause * 5 / 2 * NS_PER_MS;
}

static void judge_handshake_unfinished(struct bench *bench)
{
	const struct connection *connection = bench->connection;
	const struct facts *facts = &connection->facts;

	say(bench, at(bench, MILESTONE_SYNACK), "the server answers the SYN; no ACK of the client's follows");
	if (moment_seen(&facts->reset[FROM_CLIENT])) {
		say(bench, &facts->reset[FROM_CLIENT], "the client resets instead of acknowledging");
		decide(bench, ORIGIN_CLIENT, 0.92, "client-gone");
		return;
	}
	if (facts->syns_after_synack > 0) {
		say(bench, &facts->last_syn, "the client repeats its SYN: the answer does not reach it");
		if (facts->synack_attempts > 1)
			say(bench, &facts->last_synack, "the server repeats its SYN/ACK");
		decide(bench, ORIGIN_PATH_TO_CLIENT, bench->tap == TAP_CLIENT ? 0.7 : 0.93, "answer-lost");
		return;
	}
	if (facts->watched_until < next_syn_due(facts)) {
		say(bench, &connection->last, "the capture ends before the client's next SYN is due");
		decide(bench, ORIGIN_UNDETERMINED, 0.6, NULL);
		return;
	}
	/* RFC 793 3.7: what is not acknowledged is sent again. */
	if (facts->synack_attempts <= 1) {
		say(bench, &facts->last_synack,
		    "neither side sends again what the other did not answer: what followed may be what the capture "
		    "lacks");
		decide(bench, ORIGIN_UNDETERMINED, 0.6, NULL);
		return;
	}
	say(bench, &facts->last_synack, "the server repeats its SYN/ACK, and the client does not repeat its SYN");
	decide(bench, ORIGIN_CLIENT, bench->tap == TAP_CLIENT ? 0.92 : 0.85, "client-gone");
}

/*
 * The side that was waited for has lost the connection long since, and nothing that took it away passed the tap: a
 * reset that a box beyond the tap made, or a host that was started anew.
 */
static bool judge_disowned(struct bench *bench, enum direction waited_for)
{
	const struct moment *disowned = &bench->connection->facts.disowned[waited_for];

	if (!moment_seen(disowned))
		return false;
	say_close(bench);
	say(bench, disowned,
	    waited_for == FROM_SERVER
		? "the server's host answers the close as one that has no such connection (RST without ACK)"
		: "the client's host answers the close as one that has no such connection (RST without ACK)");
	say(bench, disowned,
	    waited_for == FROM_SERVER
		? "what ended it there did not come past here, a box in between may have: capture beside the server"
		: "what ended it there did not come past here, a box in between may have: capture beside the client");
	decide(bench, ORIGIN_UNDETERMINED, 0.8, NULL);
	return true;
}

static void judge_no_request(struct bench *bench)
{
	const struct connection *connection = bench->connection;

	if (lost_on_the_way(bench, FROM_CLIENT)) {
		say(bench, at(bench, MILESTONE_CLOSE),
		    "sequence numbers show that the client sent bytes that never came here: its request was lost "
		    "before");
		decide(bench, ORIGIN_PATH_TO_SERVER, 0.93, "request-lost");
		return;
	}
	if (lost_to_capture(bench, FROM_CLIENT)) {
		say(bench, at(bench, MILESTONE_CLOSE),
		    "the server acknowledged bytes of the client's that the capture lacks: a request may be among "
		    "them");
		decide(bench, ORIGIN_UNDETERMINED, 0.6, NULL);
		return;
	}
	if (connection->facts.cut[FROM_CLIENT] > 0) {
		say(bench, at(bench, MILESTONE_ESTABLISHED),
		    "what the client sends is cut off by the snap length: capture whole packets");
		decide(bench, ORIGIN_UNDETERMINED, 0.5, NULL);
		return;
	}
	if (!connection->facts.foreign && connection->facts.window_shut[FROM_SERVER]) {
		say(bench, at(bench, MILESTONE_ESTABLISHED),
		    "the server's last window is none at all: the client may not send");
		say_close(bench);
		say(bench, at(bench, MILESTONE_CLOSE),
		    "the server's TCP holds the client off, or a box that answers SYNs for it: capture beside the "
		    "server");
		decide(bench, ORIGIN_UNDETERMINED, 0.8, NULL);
		return;
	}
	if (!connection->facts.foreign && judge_disowned(bench, FROM_CLIENT))
		return;
	say(bench, at(bench, MILESTONE_ESTABLISHED),
	    connection->facts.foreign ? "what the client sends is no RFC 1006" : "the client asks for nothing");
	say_close(bench);
	if (closed_by_client(bench) || connection->facts.foreign)
		decide(bench, ORIGIN_CLIENT, 0.95, "never-asked");
	else if (waited(bench, at(bench, MILESTONE_ESTABLISHED)) >= SHORT_GRACE)
		decide(bench, ORIGIN_CLIENT, 0.9, "never-asked");
	else
		decide(bench, ORIGIN_SERVER_APPLICATION, 0.8, "closed-at-accept");
}

/*
 * The server's TCP answered the SYN and has no connection: nothing of what followed was acknowledged, and in the end a
 * RST without ACK says so (RFC 793 3.4). A Linux host with a full queue of connections to accept does that: with SYN
 * cookies it keeps nothing of the handshake and drops the ACK that ends it.
 */
static bool handshake_forgotten(const struct bench *bench)
{
	const struct connection *connection = bench->connection;

	return !closed_by_client(bench) && connection->close_how == CLOSE_RST && !connection->facts.close_has_ack;
}

/*
 * Whether the server's TCP said anything when it should have had the request, which then did not reach it: an answer to
 * the request passes the tap a round trip later, as the SYN/ACK did. Twice that, for a path that has grown longer.
 */
static bool spoke_since(const struct bench *bench, const struct delivery *delivery, const struct moment *sent)
{
	const struct connection *connection = bench->connection;
	const struct moment *synack = at(bench, MILESTONE_SYNACK);
	time_ns due = sent->time;

	if (delivery->repeats == 0)
		return true;
	if (moment_seen(synack) && connection->facts.syn_attempts == 1)
		due += 2 * (synack->time - at(bench, MILESTONE_SYN)->time);
	if (due == sent->time || due > delivery->first_repeat.time)
		due = delivery->first_repeat.time;
	return connection->facts.last_time[FROM_SERVER] > due;
}

/* A request that the server's TCP never acknowledged although the client repeated it. */
static void judge_unacknowledged(struct bench *bench, const struct delivery *delivery, const struct moment *sent)
{
	const struct connection *connection = bench->connection;

	say(bench, sent, "the client asks");
	if (delivery->repeats > 0)
		say(bench, &delivery->last_repeat, "it asks again; the server's TCP acknowledges neither");
	else
		say(bench, at(bench, MILESTONE_CLOSE), "the server's closing packet does not acknowledge it");
	if (bench->tap == TAP_SERVER || connection->facts.synack_attempts > 2) {
		say(bench, at(bench, MILESTONE_SYNACK),
		    bench->tap == TAP_SERVER ? "the capture is taken beside the server: it got the request"
					     : "the server repeats its SYN/ACK although it was acknowledged");
		decide(bench, ORIGIN_SERVER_TCP, 0.75, "request-ignored");
	} else if (handshake_forgotten(bench)) {
		say(bench, at(bench, MILESTONE_CLOSE),
		    "the server's host answers as one that has no such connection (RST without ACK): its queue was "
		    "full, or it got nothing for too long: capture beside it");
		decide(bench, ORIGIN_UNDETERMINED, 0.8, NULL);
	} else if (!spoke_since(bench, delivery, sent)) {
		say(bench, &delivery->last_repeat,
		    "nothing of the server's comes any more: this capture cannot tell lost requests from lost answers: "
		    "capture beside the server");
		decide(bench, ORIGIN_UNDETERMINED, 0.8, "peer-or-path-down");
	} else if (served_just_then(bench, sent->time, connection->last.time)) {
		say(bench, sent, "the server answers others at that time");
		decide(bench, ORIGIN_PATH_TO_SERVER, 0.92, "request-lost");
	} else if (others_are_left_out(bench)) {
		say(bench, sent, OTHERS_LEFT_OUT);
		decide(bench, ORIGIN_UNDETERMINED, 0.6, NULL);
	} else {
		say(bench, sent, "the server answers nobody at that time: capture beside it");
		decide(bench, ORIGIN_UNDETERMINED, 0.6, "peer-or-path-down");
	}
}

static void say_acknowledged(struct bench *bench, const struct delivery *delivery, const char *what)
{
	say(bench, &delivery->acked, what);
}

/* The request reached the server's TCP, and the process above it is what was waited for. */
static void judge_slow_answer(struct bench *bench, const struct delivery *delivery, const struct moment *sent,
			      double confidence)
{
	say(bench, sent, "the client asks");
	if (moment_seen(&delivery->acked))
		say_acknowledged(bench, delivery, "the server's TCP acknowledges the request: the host has it");
	say_close(bench);
	/* Who hangs up at once was not slow. */
	bool hung_up = !closed_by_client(bench) && waited(bench, sent) < SHORT_WAIT;
	decide(bench, ORIGIN_SERVER_APPLICATION, confidence, hung_up ? "hangs-up" : "slow-answer");
}

/* The server sent something in time, and it can't be read. */
static bool foreign_answer(const struct bench *bench)
{
	const struct moment *answer = &bench->connection->facts.foreign_answer;
	const struct moment *close = at(bench, MILESTONE_CLOSE);

	return moment_seen(answer) && (!moment_seen(close) || answer->time <= close->time);
}

/* The refusal that came when the end had begun. */
static void say_refused_late(struct bench *bench, const struct moment *asked)
{
	const struct refused *refusal = &bench->connection->refusal;

	if (refusal->set)
		say_span(bench, &refusal->moment, "the server refuses, %s after it was asked, when the close has begun",
			 moment_span_us(asked, &refusal->moment));
}

static void judge_gave_up_early(struct bench *bench, const struct moment *asked)
{
	say(bench, asked, "the client asks");
	say_close(bench);
	decide(bench, ORIGIN_CLIENT, 0.85, "gave-up-early");
}

/* The rules that hold while the client waits for an answer to what delivery tracks. */
static void judge_waiting(struct bench *bench, const struct delivery *delivery, const struct moment *asked)
{
	bool acked = acked_before_close(bench, delivery) || moment_seen(&delivery->acked);

	/* First: where some bytes reached the client past the tap, the answer may have, whatever else was lost. */
	if (lost_to_capture(bench, FROM_SERVER)) {
		say(bench, at(bench, MILESTONE_CLOSE),
		    "the client acknowledged bytes of the server's that the capture lacks: the answer may be among "
		    "them");
		decide(bench, ORIGIN_UNDETERMINED, 0.6, NULL);
	} else if (lost_on_the_way(bench, FROM_SERVER)) {
		say(bench, at(bench, MILESTONE_CLOSE),
		    "sequence numbers show that the server sent bytes that never came here: its answer was lost "
		    "before");
		decide(bench, ORIGIN_PATH_TO_CLIENT, bench->tap == TAP_SERVER ? 0.75 : 0.93, "answer-lost");
	} else if (bench->connection->facts.cut[FROM_SERVER] > 0 && !moment_seen(&bench->connection->facts.confirm)) {
		say(bench, at(bench, MILESTONE_CLOSE),
		    "what the server sends is cut off by the snap length, the answer may be among it: capture whole "
		    "packets");
		decide(bench, ORIGIN_UNDETERMINED, 0.5, NULL);
	} else if (foreign_answer(bench)) {
		say(bench, asked, "the client asks");
		say(bench, &bench->connection->facts.foreign_answer, "what the server answers is no valid RFC 1006");
		say_close(bench);
		decide(bench, ORIGIN_SERVER_APPLICATION, 0.9, NULL);
	} else if (bench->connection->facts.window_shut[FROM_CLIENT]) {
		say(bench, asked, "the client asks");
		say(bench, at(bench, MILESTONE_CLOSE),
		    "the client's last window is none at all: the server may not answer");
		say_close(bench);
		decide(bench, ORIGIN_CLIENT, 0.8, NULL);
	} else if (!acked && delivery->repeats > 0) {
		judge_unacknowledged(bench, delivery, asked);
	} else if (!acked && !closed_by_client(bench) && waited(bench, asked) >= ANSWER_DUE) {
		judge_unacknowledged(bench, delivery, asked);
	} else if (closed_by_client(bench) && waited(bench, asked) < SHORT_WAIT) {
		judge_gave_up_early(bench, asked);
	} else if (judge_disowned(bench, FROM_SERVER)) {
		return;
	} else {
		/* A request that was not acknowledged would have been repeated: this one got there. */
		judge_slow_answer(bench, delivery, asked, acked ? 0.96 : 0.8);
	}
	say_refused_late(bench, asked);
}

static void judge_late_ok(struct bench *bench)
{
	const struct delivery *request = &bench->connection->facts.request;
	const struct moment *ok = at(bench, MILESTONE_OK);
	time_ns arrived = moment_seen(&request->acked) ? request->acked.time : TIME_NONE;

	if (request->repeats > 0 && arrived != TIME_NONE && bench->tap != TAP_SERVER) {
		time_ns on_the_way = arrived - at(bench, MILESTONE_REQUEST)->time;
		time_ns in_the_server = ok->time - arrived;
		if (on_the_way > in_the_server * 2) {
			say(bench, at(bench, MILESTONE_REQUEST), "the client asks");
			say_span(bench, &request->acked, "the request is acknowledged only after repeats, %s later",
				 on_the_way / NS_PER_US);
			decide(bench, ORIGIN_PATH_TO_SERVER, 0.8, "request-lost");
			return;
		}
	}
	if (closed_by_client(bench) && waited(bench, at(bench, MILESTONE_REQUEST)) < SHORT_WAIT)
		judge_gave_up_early(bench, at(bench, MILESTONE_REQUEST));
	else
		judge_slow_answer(bench, request, at(bench, MILESTONE_REQUEST), 0.95);
	say_span(bench, ok, "the OK comes %s after the request, when the close has begun",
		 moment_span_us(at(bench, MILESTONE_REQUEST), ok));
}

static void judge_ok_lost(struct bench *bench)
{
	const struct delivery *ok = &bench->connection->facts.ok;

	say(bench, at(bench, MILESTONE_OK), "the server sends the OK");
	say(bench, &ok->last_repeat, "it sends it again; the client never acknowledges it");
	say_close(bench);
	/* A client that lives says something in the end, if only its FIN. */
	if (!closed_by_client(bench) && bench->connection->facts.last_time[FROM_CLIENT] < at(bench, MILESTONE_OK)->time)
		decide(bench, ORIGIN_CLIENT, 0.75, "client-gone");
	else
		decide(bench, ORIGIN_PATH_TO_CLIENT, bench->tap == TAP_CLIENT ? 0.75 : 0.93, "answer-lost");
}

static void judge_closed_after_ok(struct bench *bench)
{
	const struct connection *connection = bench->connection;

	if (moment_seen(at(bench, MILESTONE_BIND_REQUEST))) {
		judge_waiting(bench, &connection->facts.bind_request, at(bench, MILESTONE_BIND_REQUEST));
		return;
	}
	if (moment_seen(&connection->facts.first_dt[FROM_CLIENT])) {
		judge_waiting(bench, &connection->facts.data, &connection->facts.first_dt[FROM_CLIENT]);
		return;
	}
	say(bench, at(bench, MILESTONE_OK), "the server gives the OK");
	if (lost_on_the_way(bench, FROM_CLIENT)) {
		say(bench, at(bench, MILESTONE_CLOSE),
		    "sequence numbers show that the client sent bytes that never came here");
		decide(bench, ORIGIN_PATH_TO_SERVER, 0.9, "request-lost");
		return;
	}
	say_close(bench);
	if (closed_by_client(bench) && waited(bench, at(bench, MILESTONE_OK)) >= SHORT_GRACE)
		decide(bench, ORIGIN_CLIENT, 0.88, NULL);
	else if (closed_by_client(bench))
		decide(bench, ORIGIN_CLIENT, 0.93, "dislikes-ok");
	else if (waited(bench, at(bench, MILESTONE_OK)) >= SHORT_GRACE)
		decide(bench, ORIGIN_CLIENT, 0.88, "never-asked");
	else
		decide(bench, ORIGIN_SERVER_APPLICATION, 0.8, NULL);
}

static void judge_no_ok(struct bench *bench)
{
	/* Where the OK is a later PDU than the CC, it is what the client asked after the CC that was not answered. */
	if (moment_seen(&bench->connection->facts.confirm))
		judge_closed_after_ok(bench);
	else
		judge_waiting(bench, &bench->connection->facts.request, at(bench, MILESTONE_REQUEST));
}

/* By words that came in time. */
static bool is_refused(const struct connection *connection)
{
	return connection->outcome == OUTCOME_REFUSED && outcome_refused_in_time(connection);
}

static void judge_refused(struct bench *bench)
{
	/* What ended it is the wait: for the answer to the bind, where the CC came. */
	if (!is_refused(bench->connection)) {
		judge_no_ok(bench);
		return;
	}
	say(bench, &bench->connection->refusal.moment, "the server refuses");
	decide(bench, ORIGIN_SERVER_APPLICATION, 0.97, bench->connection->refusal.word.congestion ? "busy" : "refused");
}

typedef void rule(struct bench *bench);

/* NULL: nothing failed, or what failed cannot be seen. */
static rule *const rules[OUTCOMES] = {
    [OUTCOME_SYN_REFUSED] = judge_syn_refused,
    [OUTCOME_SYN_UNANSWERED] = judge_syn_unanswered,
    [OUTCOME_HANDSHAKE_UNFINISHED] = judge_handshake_unfinished,
    [OUTCOME_NO_REQUEST] = judge_no_request,
    [OUTCOME_REFUSED] = judge_refused,
    [OUTCOME_LATE_OK] = judge_late_ok,
    [OUTCOME_OK_LOST] = judge_ok_lost,
    [OUTCOME_NO_OK] = judge_no_ok,
    [OUTCOME_CLOSED_AFTER_OK] = judge_closed_after_ok,
};

/* Whether a packet that was captured says how it ended, whatever the capture lacks beside it. */
static bool is_shown(const struct connection *connection)
{
	return is_refused(connection) ||
	       (connection->outcome == OUTCOME_OK && (moment_seen(&connection->milestones[MILESTONE_BIND_RESULT]) ||
						      moment_seen(&connection->milestones[MILESTONE_FIRST_DATA])));
}

/*
 * What looks missing may only be missing here. How sure a verdict can be where the capture lost bytes of a share of the
 * connections was measured on captures with known truth (docs/method.md); these lines keep below what was right.
 */
static double surest(const struct connection *connection, struct lossy_share share)
{
	bool lacks = connection->missing_bytes[FROM_CLIENT] > 0 || connection->missing_bytes[FROM_SERVER] > 0;

	if (!lacks || is_shown(connection))
		return 1 - 0.2 * share.most;
	return rules[connection->outcome] == NULL ? 0.98 - 0.3 * share.likely : 0.95 - 1.6 * share.likely;
}

static void doubt(struct bench *bench)
{
	struct connection *connection = bench->connection;
	struct lossy_share share = services_lossy_share(bench->services);

	if (share.most <= 0 || connection->confidence <= surest(connection, share))
		return;
	connection->confidence = (float)surest(connection, share);
	if (rules[connection->outcome] == NULL || connection->confidence >= LEAST)
		return;
	decide(bench, ORIGIN_UNDETERMINED, LEAST, NULL);
	say(bench, &connection->last, "the capture lost too much, of this connection too, for a verdict");
}

/* The server's answer to the bind came and was cut off by the snap length: it may have been a refusal. */
static bool rests_on_what_was_cut(const struct connection *connection)
{
	return connection->facts.cut[FROM_SERVER] > 0 && !moment_seen(&connection->milestones[MILESTONE_BIND_RESULT]) &&
	       !moment_seen(&connection->milestones[MILESTONE_FIRST_DATA]);
}

void judge(struct connection *connection, const struct services *services)
{
	struct bench bench = {.connection = connection, .services = services};

	connection->evidence_count = 0;
	connection->origin = ORIGIN_NONE;
	connection->confidence = 1;
	connection->cause = NULL;
	if (rules[connection->outcome] == NULL) {
		connection->confidence = connection->outcome == OUTCOME_OK ? 0.99F : 0.9F;
		if (connection->outcome == OUTCOME_OK && rests_on_what_was_cut(connection))
			connection->confidence = DOUBTFUL;
		if (connection->outcome == OUTCOME_OK)
			doubt(&bench);
		return;
	}
	bench.tap = services_tap(services, &connection->server);
	/* A refusal was said in words that no box in between could have made up. */
	if (is_refused(connection) || !judge_forged_close(&bench))
		rules[connection->outcome](&bench);
	doubt(&bench);
}
