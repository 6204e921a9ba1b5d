/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analyze.h"

#include "base/memory.h"
#include "base/zone.h"
#include "capture/decode.h"
#include "origin/docket.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORTS = 1 << 16 };

/* Winsock's numbers, as the events show them. */
enum {
	SOCKET_ABORTED = 10053, /* WSAECONNABORTED */
	SOCKET_RESET = 10054,   /* WSAECONNRESET */
	SOCKET_TIMED_OUT = 10060,
	SOCKET_REFUSED = 10061
};

enum { EVENT_CONNECT = 9215, EVENT_CALLER = 9301 };

/* A stretch in which what was seen may not be all, or not be right. */
struct doubt {
	time_ns from, to;
	const char *says; /* static */
};

enum { DOUBTS_KEPT = 256 };

struct desk {
	const struct analysis_options *options;
	struct analysis *analysis;
	struct capture_set *captures;
	struct decoder *decoder;
	struct timeline *timeline;
	time_ns *before; /* the time of each capture's packet before this one */
	struct services *services;
	struct load *load;
	struct docket *docket;
	struct case_notes notes;
	size_t failure_capacity;
	struct align_connection *candidates;
	size_t candidate_count, candidate_capacity;
	struct align_mark *marks;
	size_t mark_count, mark_capacity;
	/* Closed without an OK, and not judged yet; only kept for analysis_line_up, with limits. */
	struct align_connection *closed;
	size_t closed_count, closed_capacity;
	struct doubt doubts[DOUBTS_KEPT]; /* a ring */
	size_t doubt_count;
	bool wanted[ANCHOR_KINDS];     /* kinds of anchors that the log has */
	uint32_t *syns;                /* by destination port */
	bool bystander;                /* the packet at hand is one */
	struct bystanders *bystanders; /* NULL: every packet is asked for */
};

/* ---- Closed, and not judged yet ---- */

static bool is_mta(const struct analysis_options *options, const struct address *address)
{
	for (size_t i = 0; i < options->mta_count; i++)
		if (address_equal(&options->mtas[i], address))
			return true;
	return options->mta_count == 0;
}

/* Tells addresses apart, which is all that is asked of it. */
static uint32_t address_number(const struct address *address)
{
	uint32_t hash = UINT32_C(2166136261) ^ address->family;

	for (size_t i = 0; i < sizeof address->bytes; i++)
		hash = (hash ^ address->bytes[i]) * UINT32_C(16777619);
	return hash;
}

/* What a connection that was closed without an OK is worth before its outcome is known: that of incident_weight. */
static void note_closed(struct desk *desk, const struct live *live, const struct moment *close)
{
	if (!is_mta(desk->options, &live->server->ip) || desk->closed_count >= desk->options->limits->failures)
		return;
	desk->closed = memory_grow(desk->closed, desk->closed_count, &desk->closed_capacity, sizeof *desk->closed);
	desk->closed[desk->closed_count++] =
	    (struct align_connection){.id = live->id,
				      .start = moment_seen(&live->syn) ? live->syn.time : close->time,
				      .close = close->time,
				      .weight = moment_seen(&live->request) ? 1.0F : 0.4F,
				      .server = address_number(&live->server->ip)};
}

static void forget_closed(struct desk *desk, uint32_t id)
{
	for (size_t i = 0; i < desk->closed_count; i++) {
		if (desk->closed[i].id != id)
			continue;
		desk->closed[i] = desk->closed[--desk->closed_count];
		return;
	}
}

/* ---- While packets pass ---- */

/*
 * The load is that of connections to the watched ports. Where any port is watched only who asks is known to be one: a
 * connection begins to wait then.
 */
static void count_load(struct desk *desk, const struct live *live, enum milestone milestone,
		       const struct moment *moment)
{
	bool any = desk->options->ports.any;
	bool waits = moment_seen(any ? &live->request : &live->established);

	if (milestone == (any ? MILESTONE_REQUEST : MILESTONE_SYN))
		load_arrival(desk->load, moment->time);
	if (milestone == (any ? MILESTONE_REQUEST : MILESTONE_ESTABLISHED))
		load_waiting(desk->load, moment->time, 1);
	if (waits && ((milestone == MILESTONE_OK && !moment_seen(&live->close)) ||
		      (milestone == MILESTONE_CLOSE && !moment_seen(&live->ok))))
		load_waiting(desk->load, moment->time, -1);
	if (milestone == MILESTONE_OK && moment_seen(&live->syn))
		load_ok(desk->load, moment->time, moment_span_us(&live->syn, moment));
}

static void note_service(struct desk *desk, const struct live *live, enum milestone milestone,
			 const struct moment *moment)
{
	switch (milestone) {
	case MILESTONE_SYN:
		services_note(desk->services, live->server, SERVICE_GOT_SYN, live->id, moment->time);
		break;
	case MILESTONE_SYNACK:
		services_note(desk->services, live->server, SERVICE_ANSWERED_SYN, live->id, moment->time);
		break;
	case MILESTONE_ESTABLISHED:
		if (moment_seen(&live->syn) && moment_seen(&live->synack) && !live->repeated)
			services_handshake(desk->services, live->server, live->synack.time - live->syn.time,
					   moment->time - live->synack.time);
		break;
	case MILESTONE_OK:
		services_note(desk->services, live->server, SERVICE_GAVE_OK, live->id, moment->time);
		break;
	default:
		break;
	}
}

static void on_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment)
{
	struct desk *desk = user;

	count_load(desk, live, milestone, moment);
	note_service(desk, live, milestone, moment);
	if (milestone == MILESTONE_CLOSE && desk->options->limits != NULL && !moment_seen(&live->ok))
		note_closed(desk, live, moment);
	if (desk->options->reached != NULL)
		desk->options->reached(desk->options->reached_user, live, milestone, moment);
}

static void on_refused(void *user, const struct live *live, const struct moment *moment)
{
	struct desk *desk = user;

	services_note(desk->services, live->server, SERVICE_REFUSED_SYN, live->id, moment->time);
	if (desk->options->refused != NULL)
		desk->options->refused(desk->options->reached_user, live, moment);
}

/* Whether the connection that is given up is worth a record. */
static bool give_up(struct desk *desk, const struct connection *connection)
{
	const struct moment *at = connection->milestones;
	struct let_go *let_go = &desk->analysis->summary.let_go;

	if (!moment_seen(&at[MILESTONE_ESTABLISHED]) && moment_seen(&at[MILESTONE_SYN])) {
		let_go->half_open++;
		forget_closed(desk, connection->id);
		return false;
	}
	let_go->open++;
	/* Its close will not be seen. */
	if (moment_seen(&at[MILESTONE_ESTABLISHED]) && !moment_seen(&at[MILESTONE_OK]) &&
	    !moment_seen(&at[MILESTONE_CLOSE]))
		load_waiting(desk->load, connection->last.time, -1);
	return true;
}

static void on_finished(void *user, struct connection *connection)
{
	struct desk *desk = user;

	if (capture_set_info(desk->captures, connection->first.capture - 1)->failures_only) {
		services_hold_failures(desk->services);
		load_hold_failures(desk->load);
	}
	if (desk->options->finished != NULL)
		desk->options->finished(desk->options->finished_user, connection);
	if (connection->facts.given_up && !give_up(desk, connection))
		return;
	if (connection->facts.tpkt)
		services_note(desk->services, &connection->server, SERVICE_SPOKE_RFC1006, connection->id,
			      connection->last.time);
	services_finished(desk->services, connection->facts.missing_acked[FROM_CLIENT] > 0 ||
					      connection->facts.missing_acked[FROM_SERVER] > 0);
	docket_add(desk->docket, connection);
}

/* ---- When a connection is judged ---- */

/*
 * How readily the MTA logs a 4283 for an incoming connection that ended so: the article's case first. Where the process
 * never heard of the connection there is none.
 */
static float incident_weight(const struct connection *connection)
{
	switch (connection->outcome) {
	case OUTCOME_NO_OK:
	case OUTCOME_LATE_OK:
	case OUTCOME_OK_LOST:
		return 1.0F;
	case OUTCOME_NO_REQUEST:
		return 0.4F;
	case OUTCOME_CLOSED_AFTER_OK:
		return 0.15F;
	case OUTCOME_REFUSED:
		return 0.05F;
	default:
		return 0;
	}
}

static void note_candidate(struct desk *desk, const struct connection *connection)
{
	const struct moment *close = &connection->milestones[MILESTONE_CLOSE];
	float weight = incident_weight(connection);

	if (weight <= 0 || !moment_seen(close) || !is_mta(desk->options, &connection->server.ip))
		return;
	desk->candidates =
	    memory_grow(desk->candidates, desk->candidate_count, &desk->candidate_capacity, sizeof *desk->candidates);
	desk->candidates[desk->candidate_count++] =
	    (struct align_connection){.id = connection->id,
				      .start = connection->first.time,
				      .close = close->time,
				      .weight = weight,
				      .server = address_number(&connection->server.ip)};
}

static void note_mark(struct desk *desk, enum anchor_kind kind, uint32_t party, time_ns time)
{
	desk->marks = memory_grow(desk->marks, desk->mark_count, &desk->mark_capacity, sizeof *desk->marks);
	desk->marks[desk->mark_count++] = (struct align_mark){kind, party, time};
}

/* When the system that began so many SYNs in vain tells its program; TIME_NONE: no schedule of Windows. Q170359,
 * Q223450. */
static time_ns connect_end(const struct connection *connection)
{
	time_ns first = connection->first.time;

	return connection->syn_attempts == 3   ? first + 21 * NS_PER_S
	       : connection->syn_attempts == 4 ? first + 45 * NS_PER_S
					       : TIME_NONE;
}

/* What the MTA may have logged as a sockets error, or with the caller's address. */
static void note_marks(struct desk *desk, const struct connection *connection, bool failed)
{
	const struct moment *close = &connection->milestones[MILESTONE_CLOSE];
	bool to_mta = is_mta(desk->options, &connection->server.ip);
	bool from_mta = is_mta(desk->options, &connection->client.ip);

	if (desk->wanted[ANCHOR_CALLER] && failed && to_mta && moment_seen(close))
		note_mark(desk, ANCHOR_CALLER, address_number(&connection->client.ip), close->time);
	if (desk->wanted[ANCHOR_RESET] && (to_mta || from_mta) && moment_seen(close) &&
	    connection->close_how == CLOSE_RST)
		note_mark(desk, ANCHOR_RESET, 0, close->time);
	if (!desk->wanted[ANCHOR_CONNECT] || !from_mta)
		return;
	if (connection->outcome == OUTCOME_SYN_REFUSED)
		note_mark(desk, ANCHOR_CONNECT, SOCKET_REFUSED, connection->last.time);
	else if (connection->outcome == OUTCOME_SYN_UNANSWERED && connect_end(connection) != TIME_NONE)
		note_mark(desk, ANCHOR_CONNECT, SOCKET_TIMED_OUT, connect_end(connection));
}

static bool has_failed(const struct connection *connection)
{
	return connection->outcome != OUTCOME_OK && connection->outcome != OUTCOME_PARTIAL &&
	       connection->outcome != OUTCOME_PENDING;
}

/* A connection on which nothing was said is taken for what others said on that port of that server. */
static bool is_rfc1006(const struct desk *desk, const struct connection *connection)
{
	if (connection->facts.tpkt)
		return true;
	bool silent = connection->facts.payload_packets[FROM_CLIENT] == 0;
	return silent && services_did(desk->services, &connection->server, SERVICE_SPOKE_RFC1006, connection->id,
				      INT64_MIN / 2, INT64_MAX / 2);
}

static bool sees_one_side(const struct connection *connection)
{
	return connection->facts.packets[FROM_CLIENT] == 0 || connection->facts.packets[FROM_SERVER] == 0;
}

/* It begins in the capture, and what is missing of it is no earlier time but one side. */
static bool is_one_sided(const struct connection *connection)
{
	return sees_one_side(connection) && (moment_seen(&connection->milestones[MILESTONE_SYN]) ||
					     moment_seen(&connection->milestones[MILESTONE_SYNACK]));
}

/* Of a side that is not in the capture nobody knows what it acknowledged. */
static bool is_in_flight(const struct connection *connection, const struct transfer *transfer)
{
	return transfer->state == TRANSFER_CUT ||
	       (transfer->state == TRANSFER_ENDED && moment_seen(&connection->milestones[MILESTONE_CLOSE]) &&
		!sees_one_side(connection));
}

static void note_transfers(struct analysis *analysis, const struct connection *connection)
{
	analysis->transfer_total += connection->transfers.total;
	for (uint32_t i = 0; i < connection->transfers.count; i++) {
		const struct transfer *transfer = connection->transfers.kept[i];
		if (!is_in_flight(connection, transfer))
			continue;
		analysis->in_flight_total++;
		if (analysis->in_flight_count == IN_FLIGHT_KEPT)
			continue;
		analysis->in_flight = memory_grow(analysis->in_flight, analysis->in_flight_count,
						  &analysis->in_flight_capacity, sizeof *analysis->in_flight);
		analysis->in_flight[analysis->in_flight_count++] =
		    (struct in_flight){connection->id, connection->client, connection->server, *transfer};
		/* What a report reports on goes with the connection; nobody asks for it here. */
		analysis->in_flight[analysis->in_flight_count - 1].transfer.subject = NULL;
	}
}

/* What these outcomes say is that something was not seen. */
static bool rests_on_absence(enum outcome outcome)
{
	return outcome == OUTCOME_SYN_UNANSWERED || outcome == OUTCOME_HANDSHAKE_UNFINISHED ||
	       outcome == OUTCOME_NO_REQUEST || outcome == OUTCOME_NO_OK || outcome == OUTCOME_OK_LOST;
}

/*
 * Whether a milestone that stands behind another in its capture is the earlier one: the clock was set back between
 * them. That others' packets around go back in time says nothing: a capture may hold one connection after the other.
 */
static bool goes_back(const struct connection *connection)
{
	for (unsigned i = 0; i < MILESTONES; i++)
		for (unsigned k = 0; k < MILESTONES; k++) {
			const struct moment *a = &connection->milestones[i], *b = &connection->milestones[k];
			if (moment_seen(a) && moment_seen(b) && a->capture == b->capture && a->frame < b->frame &&
			    a->time > b->time && (uint64_t)a->time - (uint64_t)b->time > MISPLACED_MOST)
				return true;
		}
	return false;
}

/* Nobody knows who waited for whom. */
static void leave_open(struct connection *connection, const char *says)
{
	connection->confidence *= 0.5F;
	connection->origin = ORIGIN_UNDETERMINED;
	connection->cause = NULL;
	if (connection->evidence_count < EVIDENCE_MAX)
		connection->evidence[connection->evidence_count++] =
		    (struct evidence){.says = says, .moment = connection->last};
}

/* Where packets were lost while the connection was alive, whatever was not seen may have been there. */
static void mind_doubts(const struct desk *desk, struct connection *connection)
{
	size_t kept = desk->doubt_count < DOUBTS_KEPT ? desk->doubt_count : DOUBTS_KEPT;

	if (goes_back(connection)) {
		leave_open(
		    connection,
		    "the capture's clock was set back while the connection was alive, so its waits are not known");
		return;
	}
	if (connection->facts.out_of_order) {
		leave_open(connection, "a packet of the connection stands behind later ones of it in the capture and "
				       "could not be put in order");
		return;
	}
	for (size_t i = 0; i < kept; i++) {
		const struct doubt *doubt = &desk->doubts[i];
		if (doubt->to < connection->first.time || doubt->from > connection->last.time)
			continue;
		connection->confidence *= rests_on_absence(connection->outcome) ? 0.6F : 0.9F;
		if (connection->evidence_count < EVIDENCE_MAX)
			connection->evidence[connection->evidence_count++] =
			    (struct evidence){.says = doubt->says, .moment = connection->last};
		return;
	}
}

/* Lets the oldest quarter of an array go when it is full. Returns how many. */
static size_t let_go_oldest(void *array, size_t *count, size_t size, size_t limit)
{
	size_t gone = limit / 4 + 1;

	if (*count < limit || *count < gone)
		return 0;
	*count -= gone;
	memmove(array, (char *)array + gone * size, *count * size);
	return gone;
}

static void keep_failure(struct desk *desk, struct connection *connection)
{
	struct analysis *analysis = desk->analysis;
	size_t limit = desk->options->limits == NULL ? SIZE_MAX : desk->options->limits->failures;

	if (analysis->failure_count >= limit) {
		for (size_t i = 0; i <= limit / 4; i++)
			connection_free((struct connection *)analysis->failures[i]);
		analysis->summary.let_go.failures += let_go_oldest(analysis->failures, &analysis->failure_count,
								   sizeof(const struct connection *), limit);
	}
	analysis->failures = memory_grow(analysis->failures, analysis->failure_count, &desk->failure_capacity,
					 sizeof(const struct connection *));
	analysis->failures[analysis->failure_count++] = connection;
}

static void keep_limits(struct desk *desk)
{
	size_t limit = desk->options->limits->failures;

	desk->analysis->summary.let_go.candidates +=
	    let_go_oldest(desk->candidates, &desk->candidate_count, sizeof *desk->candidates, limit) +
	    let_go_oldest(desk->marks, &desk->mark_count, sizeof *desk->marks, limit);
}

static void on_judged(void *user, struct connection *connection)
{
	struct desk *desk = user;
	struct analysis *analysis = desk->analysis;
	struct summary *summary = &analysis->summary;
	bool failed = has_failed(connection);

	if (desk->options->limits != NULL) {
		forget_closed(desk, connection->id);
		keep_limits(desk);
	}
	if (failed)
		mind_doubts(desk, connection);
	if (desk->options->ports.any && !is_rfc1006(desk, connection)) {
		if (failed)
			connection_free(connection);
		return;
	}
	if (desk->options->judged != NULL)
		desk->options->judged(desk->options->judged_user, connection);
	uint64_t missing = connection->missing_bytes[FROM_CLIENT] + connection->missing_bytes[FROM_SERVER];

	summary->connections++;
	summary->outcomes[connection->outcome]++;
	summary->one_sided += connection->outcome == OUTCOME_PARTIAL && is_one_sided(connection);
	summary->origins[connection->origin]++;
	summary->quality.gap_bytes += missing;
	summary->quality.gap_connections += missing > 0;
	note_transfers(analysis, connection);
	if (desk->options->recorded != NULL)
		desk->options->recorded(desk->options->recorded_user, connection);
	if (desk->options->json != NULL)
		record_connection(desk->options->json, &desk->options->style, connection);
	note_marks(desk, connection, failed);
	if (!failed) {
		case_note(&desk->notes, connection);
		return;
	}
	note_candidate(desk, connection);
	keep_failure(desk, connection);
}

/* ---- Connections of an earlier run ---- */

static void note_past(struct desk *desk)
{
	const struct analysis_past *past = desk->options->past;
	struct connection connection;

	while (past != NULL && past->next(past->user, &connection)) {
		bool failed = has_failed(&connection);
		note_marks(desk, &connection, failed);
		if (failed)
			note_candidate(desk, &connection);
	}
}

/* From when to when anything was captured. */
static void captured_between(const struct desk *desk, time_ns *first, time_ns *last)
{
	const struct analysis_past *past = desk->options->past;

	*first = desk->analysis->first;
	*last = desk->analysis->last;
	if (past == NULL || past->first == TIME_NONE)
		return;
	if (*first == TIME_NONE || past->first < *first)
		*first = past->first;
	if (*last == TIME_NONE || past->last > *last)
		*last = past->last;
}

/* ---- Packets ---- */

static void note_decoded(struct analysis *analysis, const struct decoder *decoder)
{
	struct quality *quality = &analysis->summary.quality;
	struct decode_counts counts = decoder_counts(decoder);

	quality->fragments = counts.fragments;
	quality->fragments_overlapping = counts.fragments_overlapping;
	quality->fragments_incomplete = counts.datagrams_incomplete;
	quality->undecoded = counts.packets[DECODED_CUT] + counts.packets[DECODED_BAD];
	quality->too_deep = counts.packets[DECODED_TOO_DEEP];
	quality->protected = counts.packets[DECODED_PROTECTED];
	quality->unknown_protocol = counts.packets[DECODED_UNKNOWN];
	uint64_t others = 0;
	for (unsigned kind = 0; kind < DECODED_KINDS; kind++)
		others += kind == DECODED_UNKNOWN_LINK ? 0 : counts.packets[kind];
	analysis->link_unknown = others == 0 && counts.packets[DECODED_UNKNOWN_LINK] > 0;
}

/* Where the MTA's port may be, should it not be among those watched. */
static void note_port(struct desk *desk, const struct segment *segment)
{
	if ((segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		desk->syns[segment->destination.port]++;
}

static bool is_watched(const struct analysis_options *options, uint32_t port)
{
	for (size_t i = 0; i < options->ports.count; i++)
		if (options->ports.list[i] == port)
			return true;
	return false;
}

static void find_busy_ports(struct desk *desk)
{
	struct busy_port *busy = desk->analysis->busy;

	for (uint32_t port = 0; port < PORTS; port++) {
		struct busy_port candidate = {(uint16_t)port, desk->syns[port]};
		if (candidate.connections == 0 || is_watched(desk->options, port))
			continue;
		for (size_t i = 0; i < BUSY_PORTS; i++) {
			if (candidate.connections <= busy[i].connections)
				continue;
			struct busy_port next = busy[i];
			busy[i] = candidate;
			candidate = next;
		}
	}
}

static void note_clock_step(struct desk *desk, const struct moment *moment)
{
	time_ns *last = &desk->before[moment->capture];

	if (moment->time < *last && (uint64_t)*last - (uint64_t)moment->time > MISPLACED_MOST)
		desk->analysis->summary.quality.clock_steps++;
	else if (moment->time < *last)
		desk->analysis->summary.quality.misplaced++;
	*last = moment->time;
}

static void pass_time(struct desk *desk, time_ns now)
{
	timeline_time(desk->timeline, now);
	docket_time(desk->docket, now);
}

/* What is older than the limits' history; failures and candidates are in the order in which they became final. */
static void forget(struct desk *desk, time_ns before)
{
	struct analysis *analysis = desk->analysis;
	struct let_go *let_go = &analysis->summary.let_go;
	size_t gone = 0;

	let_go->seconds += load_forget(desk->load, before);
	while (gone < analysis->failure_count && analysis->failures[gone]->last.time < before)
		connection_free((struct connection *)analysis->failures[gone++]);
	analysis->failure_count -= gone;
	if (gone > 0)
		memmove(analysis->failures, analysis->failures + gone,
			analysis->failure_count * sizeof(const struct connection *));
	let_go->failures += gone;
	for (gone = 0; gone < desk->candidate_count && desk->candidates[gone].close < before;)
		gone++;
	desk->candidate_count -= gone;
	if (gone > 0)
		memmove(desk->candidates, desk->candidates + gone, desk->candidate_count * sizeof *desk->candidates);
	let_go->candidates += gone;
	let_go->services = services_left_out(desk->services);
}

static void on_expected(void *user, const struct packet *const *packets, size_t count)
{
	const struct segment *segments[PACKETS_EXPECTED];
	struct desk *desk = user;
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (packets[i]->decoded != NULL && packets[i]->decoded->kind == DECODED_SEGMENT)
			segments[found++] = &packets[i]->decoded->segment;
	timeline_expect(desk->timeline, segments, found);
}

static void see_time(struct analysis *analysis, time_ns time)
{
	if (analysis->first == TIME_NONE || time < analysis->first)
		analysis->first = time;
	if (analysis->last == TIME_NONE || time > analysis->last)
		analysis->last = time;
}

enum decoded analysis_packet(struct desk *desk, const struct packet *packet)
{
	struct decode room;
	/* The packet's own time, even where a clock was set back: what is new must not look long expired. */
	time_ns now = packet->moment.time;

	see_time(desk->analysis, now);
	const struct decode *decode = decode_take(desk->decoder, packet, &room);
	note_clock_step(desk, &packet->moment);
	desk->bystander = decode->kind == DECODED_NOTHING;
	if (decode->kind == DECODED_SEGMENT) {
		note_port(desk, &decode->segment);
		desk->bystander = !timeline_segment(desk->timeline, &decode->segment);
	} else if (decode->kind == DECODED_ICMP) {
		timeline_icmp(desk->timeline, &decode->icmp);
	}
	pass_time(desk, now);
	return decode->kind;
}

void analysis_time(struct desk *desk, time_ns now)
{
	const struct analysis_limits *limits = desk->options->limits;

	if (desk->analysis->last != TIME_NONE && now > desk->analysis->last)
		desk->analysis->last = now;
	pass_time(desk, now);
	if (limits != NULL)
		forget(desk, now - limits->history);
}

void analysis_doubt(struct desk *desk, time_ns from, time_ns to, const char *says)
{
	struct doubt *last = &desk->doubts[(desk->doubt_count + DOUBTS_KEPT - 1) % DOUBTS_KEPT];

	if (desk->doubt_count > 0 && last->says == says && from >= last->from && from <= last->to)
		last->to = to > last->to ? to : last->to;
	else
		desk->doubts[desk->doubt_count++ % DOUBTS_KEPT] = (struct doubt){from, to, says};
}

bool analysis_candidate(const struct desk *desk, size_t index, struct align_connection *candidate)
{
	if (index < desk->candidate_count)
		*candidate = desk->candidates[index];
	else if (index - desk->candidate_count < desk->closed_count)
		*candidate = desk->closed[index - desk->candidate_count];
	else
		return false;
	return true;
}

void analysis_remember(struct desk *desk, const struct align_connection *candidate)
{
	desk->candidates =
	    memory_grow(desk->candidates, desk->candidate_count, &desk->candidate_capacity, sizeof *candidate);
	desk->candidates[desk->candidate_count++] = *candidate;
	if (desk->analysis->first == TIME_NONE || candidate->start < desk->analysis->first)
		desk->analysis->first = candidate->start;
}

const struct analysis *analysis_so_far(const struct desk *desk)
{
	return desk->analysis;
}

size_t analysis_alive(const struct desk *desk)
{
	return timeline_count(desk->timeline);
}

bool analysis_give_up(struct desk *desk)
{
	return timeline_give_up(desk->timeline);
}

static void note_captures(struct desk *desk, struct capture_set *captures)
{
	struct quality *quality = &desk->analysis->summary.quality;
	char says[256];

	for (size_t i = 0; i < capture_set_count(captures); i++) {
		const struct capture_info *info = capture_set_info(captures, i);
		quality->packets += info->packets;
		quality->cut_packets += info->cut_packets;
		quality->overlapping += info->duplicates;
		quality->reordered += info->reordered;
		quality->drops += info->drops;
		quality->has_drops = quality->has_drops || info->has_drops;
		for (size_t k = 0; k < info->link_count; k++) {
			const struct capture_link *link = &info->links[k];
			if (link->packets == 0 || decode_knows_link(link->type))
				continue;
			snprintf(says, sizeof says,
				 "link type %s (%d) is not read, so none of its %" PRIu64
				 " packets was analysed: capture on an Ethernet interface, or convert the file",
				 link->name, link->type, link->packets);
			capture_set_note(captures, i, says);
		}
	}
}

/* ---- Events, and what follows from both ---- */

/* What an event besides 4283 and 4258 says of a connection; ANCHOR_INCIDENT for one that says nothing of the kind. */
static enum anchor_kind anchor_of(const struct event *event, uint32_t *party)
{
	*party = 0;
	if (event->duplicate_of != 0 || event->t_local == INT64_MIN)
		return ANCHOR_INCIDENT;
	if (event->number == EVENT_CALLER && event->peer.family != 0) {
		*party = address_number(&event->peer);
		return ANCHOR_CALLER;
	}
	if (event->socket_error == SOCKET_RESET || event->socket_error == SOCKET_ABORTED)
		return ANCHOR_RESET;
	if (event->number == EVENT_CONNECT &&
	    (event->socket_error == SOCKET_TIMED_OUT || event->socket_error == SOCKET_REFUSED)) {
		*party = (uint32_t)event->socket_error;
		return ANCHOR_CONNECT;
	}
	return ANCHOR_INCIDENT;
}

/* What a zone's clock may stand at when it shows a local time: two offsets in the hour that comes twice. */
struct zone_reading {
	int64_t quarter; /* no zone changes its offset but at a quarter of an hour: most times need not ask anew */
	int32_t offset, second;
};

static bool zone_is_at(const char *zone, int64_t local, int32_t offset)
{
	int32_t there;

	return zone_offset(zone, (local - offset) * NS_PER_S, &there) && there == offset;
}

static void zone_read(const char *zone, int64_t local, int32_t otherwise, struct zone_reading *reading)
{
	enum { DAY_S = 86400 };
	int32_t before = otherwise, after = otherwise;

	if (local / 900 == reading->quarter)
		return;
	if (llabs(local) > INT64_MAX / NS_PER_S - 2 * DAY_S ||
	    !zone_offset(zone, (local - DAY_S) * NS_PER_S, &before) ||
	    !zone_offset(zone, (local + DAY_S) * NS_PER_S, &after))
		before = after = otherwise;
	bool still = before == after || zone_is_at(zone, local, before);
	bool changed = before != after && zone_is_at(zone, local, after);
	*reading = (struct zone_reading){
	    .quarter = local / 900, .offset = still || !changed ? before : after, .second = changed ? after : before};
}

/*
 * How much to add to each event's t_local so that a zone that was given holds for all. It is that of the logs in local
 * time: times in UTC are brought onto their clock, and if all incidents are in UTC the zone is theirs. Where the zone's
 * clocks were put on or back within a log, its times are brought onto the clock that the capture begins with; in the
 * hour that comes twice it is the second time once the log has gone back. The caller frees the array.
 */
static int32_t *zone_shifts(const struct event_log *log, const char *zone, struct align_options *options)
{
	int32_t *shifts = memory_get_zeroed(log->event_count + 1, sizeof *shifts);
	struct zone_reading reading = {.quarter = INT64_MIN};
	size_t utc = 0, back = 0;

	for (size_t i = 0; i < log->incident_count; i++)
		utc += log->incidents[i].utc;
	if (options->has_zone && utc > 0 && utc == log->incident_count)
		options->zone_s = 0;
	if (!options->has_zone || (utc > 0 && utc == log->incident_count))
		return shifts;
	for (size_t i = 1; i < log->event_count; i++)
		back += log->events[i].t_local < log->events[i - 1].t_local;
	/* Event Viewer's exports mostly have the newest event first. */
	bool newest_first = back > log->event_count / 2;
	int64_t latest = INT64_MIN;
	for (size_t n = 0; n < log->event_count; n++) {
		size_t i = newest_first ? log->event_count - 1 - n : n;
		size_t last = newest_first ? i + 1 : i - 1;
		const struct event *event = &log->events[i];
		if (n > 0 && log->events[last].source != event->source)
			latest = INT64_MIN;
		if (event->t_local == INT64_MIN)
			continue;
		if (event->utc) {
			shifts[i] = options->zone_s;
			continue;
		}
		zone_read(zone, event->t_local, options->zone_s, &reading);
		int32_t offset = event->t_local - reading.offset < latest ? reading.second : reading.offset;
		shifts[i] = options->zone_s - offset;
		if (event->t_local - offset > latest)
			latest = event->t_local - offset;
	}
	return shifts;
}

/* Copies on the log's clock, which the caller frees. */
static struct incident *incidents_on_clock(const struct event_log *log, const int32_t *shifts)
{
	struct incident *incidents = memory_get((log->incident_count + 1) * sizeof *incidents);

	for (size_t i = 0; i < log->incident_count; i++) {
		incidents[i] = log->incidents[i];
		if (incidents[i].t_local != INT64_MIN && incidents[i].event_count > 0)
			incidents[i].t_local += shifts[incidents[i].events[0] - 1];
	}
	return incidents;
}

static struct align_anchor *anchors_on_clock(const struct event_log *log, const int32_t *shifts, size_t *count)
{
	struct align_anchor *anchors = memory_get((log->event_count + 1) * sizeof *anchors);

	*count = 0;
	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *event = &log->events[i];
		uint32_t party;
		enum anchor_kind kind = anchor_of(event, &party);
		if (kind != ANCHOR_INCIDENT)
			anchors[(*count)++] =
			    (struct align_anchor){kind, event->source, party, event->t_local + shifts[i]};
	}
	return anchors;
}

/* Where a capture tells local times the zone of the log says nothing about the distance of the clocks. */
static bool has_local_clock(const struct capture_set *captures)
{
	for (size_t i = 0; i < capture_set_count(captures); i++)
		if (capture_set_info(captures, i)->clock == CAPTURE_CLOCK_LOCAL)
			return true;
	return false;
}

/* When each event was logged, by the clock that its log has: the start of its whole second. */
static time_ns *times_of_events(const struct analysis *analysis, const struct event_log *log, const int32_t *shifts,
				time_ns capture_first)
{
	time_ns *times = memory_get((log->event_count + 1) * sizeof *times);

	for (size_t i = 0; i < log->event_count; i++) {
		const struct event *event = &log->events[i];
		const struct clock_estimate *clock = &analysis->clocks[event->source];
		times[i] = TIME_NONE;
		if (clock->method == CLOCK_NOTHING || event->t_local == INT64_MIN ||
		    llabs(event->t_local) > INT64_MAX / NS_PER_S / 4)
			continue;
		double offset = clock->offset_s;
		for (uint32_t k = 0; k < clock->step_count; k++)
			if (event->id >= log->incidents[clock->steps[k].incident - 1].events[0])
				offset += clock->steps[k].by_s;
		/* From the capture's beginning on, so that no digit is lost. */
		double first = (double)(capture_first / NS_PER_S);
		double since = (double)(event->t_local + shifts[i]) - first - offset;
		times[i] = capture_first / NS_PER_S * NS_PER_S +
			   (time_ns)((since - since * clock->drift_ppm * 1e-6) * (double)NS_PER_S);
	}
	return times;
}

static void line_up(struct desk *desk, const struct event_log *log)
{
	const struct analysis_options *options = desk->options;
	struct analysis *analysis = desk->analysis;
	struct align_options align_options = {.has_offset = options->has_offset, .offset_s = options->offset_s};
	bool local_clock = has_local_clock(analysis->captures) || (options->past != NULL && options->past->local_clock);

	captured_between(desk, &align_options.capture_first, &align_options.capture_last);
	if (options->zone != NULL && !local_clock)
		align_options.has_zone = zone_offset(options->zone, align_options.capture_first, &align_options.zone_s);
	free(analysis->matches);
	free(analysis->clocks);
	analysis->matches = memory_get_zeroed(log->incident_count + 1, sizeof *analysis->matches);
	analysis->clock = (struct clock_estimate){
	    .p_chance = NAN, .runner_up_offset_s = NAN, .offset_low_s = NAN, .offset_high_s = NAN};
	analysis->clocks = memory_get_zeroed(log->source_count + 1, sizeof *analysis->clocks);
	int32_t *shifts = zone_shifts(log, options->zone, &align_options);
	struct incident *incidents = incidents_on_clock(log, shifts);
	struct align_anchor *anchors = anchors_on_clock(log, shifts, &align_options.anchor_count);
	align_options.anchors = anchors;
	align_options.marks = desk->marks;
	align_options.mark_count = desk->mark_count;
	if (log->source_count > 0 && align_options.capture_first != TIME_NONE)
		align(desk->candidates, desk->candidate_count, incidents, log->incident_count, &align_options,
		      &analysis->clock, analysis->matches, analysis->clocks, log->source_count);
	else
		for (size_t i = 0; i < log->incident_count; i++)
			analysis->matches[i] = (struct match){.time = TIME_NONE, .lag_s = NAN};
	free(analysis->event_times);
	analysis->event_times = times_of_events(analysis, log, shifts, align_options.capture_first);
	free(shifts);
	free(incidents);
	free(anchors);
}

void analysis_line_up(struct desk *desk, const struct event_log *log)
{
	size_t judged = desk->candidate_count;

	/* For this once those that are not judged yet stand behind the others. */
	for (size_t i = 0; i < desk->closed_count; i++) {
		desk->candidates = memory_grow(desk->candidates, desk->candidate_count, &desk->candidate_capacity,
					       sizeof *desk->candidates);
		desk->candidates[desk->candidate_count++] = desk->closed[i];
	}
	desk->analysis->log = log;
	line_up(desk, log);
	desk->candidate_count = judged;
}

static void conclude(struct desk *desk, const struct event_log *log)
{
	struct analysis *analysis = desk->analysis;
	struct summary *summary = &analysis->summary;

	analysis->findings = findings_make(analysis->failures, analysis->failure_count, log->incidents,
					   analysis->matches, log->incident_count, desk->load);
	case_decide(&(struct case_files){.failures = analysis->failures,
					 .failure_count = analysis->failure_count,
					 .notes = &desk->notes,
					 .log = log,
					 .matches = analysis->matches,
					 .event_times = analysis->event_times,
					 .of_source = analysis->clocks,
					 .services = desk->services,
					 .load = desk->load,
					 .until = analysis->last},
		    &analysis->findings, &analysis->causes);
	summary->failures_only = services_are_of_failures(desk->services);
	summary->load = load_between(desk->load, TIME_NONE, TIME_NONE);
	summary->tap = services_tap(desk->services, NULL);
	summary->origin = analysis->findings.count > 0 ? analysis->findings.findings[0].origin : ORIGIN_NONE;
	summary->events = log->event_count;
	summary->incidents = log->incident_count;
	for (size_t i = 0; i < log->incident_count; i++)
		summary->matches[analysis->matches[i].confidence]++;
}

static void write_records(struct desk *desk, const struct capture_set *captures, const struct event_log *log)
{
	struct json *json = desk->options->json;
	const struct analysis *analysis = desk->analysis;
	const struct analysis_past *past = desk->options->past;
	unsigned digits = past != NULL && past->digits > 6 ? past->digits : 6;

	if (json == NULL)
		return;
	for (size_t i = 0; i < capture_set_count(captures); i++) {
		record_capture(json, i, capture_set_info(captures, i));
		if (capture_set_info(captures, i)->digits > digits)
			digits = capture_set_info(captures, i)->digits;
	}
	for (size_t i = 0; i < log->event_count; i++)
		record_event(json, log, &log->events[i]);
	record_clocks(json, &analysis->clock, analysis->clocks, log);
	for (size_t i = 0; i < log->incident_count; i++)
		record_incident(json, digits, &log->incidents[i], &analysis->matches[i]);
	for (size_t i = 0; i < analysis->findings.count; i++)
		record_finding(json, &analysis->findings.findings[i]);
	record_summary(json, &analysis->summary, &analysis->causes);
}

/* ---- Packets that concern nobody ---- */

static void pass_over(struct desk *desk)
{
	struct bystanders *bystanders = memory_get_zeroed(1, sizeof *bystanders);

	watched_ports_mark(&desk->options->ports, bystanders->watched);
	bystanders->from = INT64_MAX;
	bystanders->syns = desk->syns;
	desk->bystanders = bystanders;
	capture_set_pass(desk->captures, bystanders);
}

/* Time went on with those that were passed over since the packet before. */
static inline void catch_up(struct desk *desk)
{
	time_ns last = desk->bystanders->from;

	if (!desk->bystanders->passed)
		return;
	desk->bystanders->passed = false;
	see_time(desk->analysis, last);
	pass_time(desk, last);
	/* They are passed over in the only capture that there is. */
	desk->before[1] = last;
}

/* Behind a packet that concerns somebody comes another, as a rule: to look for bystanders there would cost more. */
static inline void look_out(struct desk *desk, time_ns now)
{
	struct bystanders *bystanders = desk->bystanders;

	bystanders->from = INT64_MAX;
	if (!desk->bystander)
		return;
	time_ns timeline = timeline_due(desk->timeline), docket = docket_due(desk->docket);
	bystanders->from = now;
	bystanders->until = timeline < docket ? timeline : docket;
}

static void count_bystanders(struct desk *desk)
{
	decoder_count(desk->decoder, DECODED_SEGMENT, desk->bystanders->segments);
	decoder_count(desk->decoder, DECODED_NOTHING, desk->bystanders->others);
}

/* ---- The way through ---- */

struct desk *analysis_begin(struct capture_set *captures, const struct event_log *log,
			    const struct analysis_options *options)
{
	struct analysis *analysis = memory_get_zeroed(1, sizeof *analysis);
	struct desk *desk = memory_get_zeroed(1, sizeof *desk);
	struct timeline_options timeline_options = {.ports = options->ports,
						    .ok = options->ok,
						    .engine = stream_nids(),
						    .observer = options->observer,
						    .connections =
							options->limits == NULL ? 0 : options->limits->connections,
						    .ids = options->ids};
	struct timeline_handlers handlers = {
	    .user = desk, .reached = on_reached, .refused = on_refused, .finished = on_finished};

	analysis->options = options;
	analysis->captures = captures;
	analysis->first = TIME_NONE;
	analysis->last = TIME_NONE;
	desk->options = options;
	desk->analysis = analysis;
	desk->captures = captures;
	desk->services = services_new();
	desk->load = load_new();
	desk->docket = docket_new(desk->services, on_judged, desk);
	analysis->load = desk->load;
	analysis->summary.limited = options->limits != NULL;
	if (options->limits != NULL)
		services_limit(desk->services, options->limits->services, options->limits->seconds);
	/* A log that is still being written may come to tell of anything. */
	for (unsigned kind = 0; kind < ANCHOR_KINDS; kind++)
		desk->wanted[kind] = log == NULL;
	for (size_t i = 0; log != NULL && i < log->event_count; i++)
		desk->wanted[anchor_of(&log->events[i], &(uint32_t){0})] = true;
	desk->syns = memory_get_zeroed(PORTS, sizeof *desk->syns);
	desk->before = memory_get_zeroed(capture_set_count(captures) + 1, sizeof *desk->before);
	for (size_t i = 0; i <= capture_set_count(captures); i++)
		desk->before[i] = TIME_NONE;
	desk->timeline = timeline_new(&timeline_options, &handlers);
	desk->decoder = decoder_new();
	note_past(desk);
	return desk;
}

/* No packet comes any more. */
static void end_packets(struct desk *desk)
{
	timeline_end(desk->timeline);
	docket_end(desk->docket);
	note_decoded(desk->analysis, desk->decoder);
	desk->analysis->summary.quality.mirrored = timeline_duplicates(desk->timeline);
	note_captures(desk, desk->captures);
	find_busy_ports(desk);
}

static void desk_free(struct desk *desk)
{
	decoder_free(desk->decoder);
	free(desk->bystanders);
	timeline_free(desk->timeline);
	docket_free(desk->docket);
	services_free(desk->services);
	free(desk->before);
	free(desk->syns);
	case_notes_free(&desk->notes);
	free(desk->candidates);
	free(desk->closed);
	free(desk->marks);
	free(desk);
}

struct analysis *analysis_finish(struct desk *desk, const struct event_log *log)
{
	struct analysis *analysis = desk->analysis;

	end_packets(desk);
	analysis->log = log;
	analysis->summary.let_go.services = services_left_out(desk->services);
	line_up(desk, log);
	conclude(desk, log);
	write_records(desk, desk->captures, log);
	desk_free(desk);
	return analysis;
}

struct analysis *analyze(struct capture_set *captures, const struct event_log *log,
			 const struct analysis_options *options)
{
	struct desk *desk = analysis_begin(captures, log, options);
	struct packet packet;

	capture_set_expect(captures, on_expected, desk);
	pass_over(desk);
	while (capture_set_next(captures, &packet)) {
		catch_up(desk);
		analysis_packet(desk, &packet);
		look_out(desk, packet.moment.time);
	}
	catch_up(desk);
	count_bystanders(desk);
	return analysis_finish(desk, log);
}

void analysis_free(struct analysis *analysis)
{
	if (analysis == NULL)
		return;
	findings_free(&analysis->findings);
	citations_free(&analysis->causes);
	free(analysis->event_times);
	for (size_t i = 0; i < analysis->failure_count; i++)
		connection_free((struct connection *)analysis->failures[i]);
	free(analysis->failures);
	free(analysis->matches);
	free(analysis->in_flight);
	free(analysis->clocks);
	load_free((struct load *)analysis->load);
	free(analysis);
}
