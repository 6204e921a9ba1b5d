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

/* How often the user may see that the work goes on. */
enum { PROGRESS_PACKETS = 1 << 16, PORTS = 1 << 16 };

/* Winsock's numbers, as the events show them. */
enum {
	SOCKET_ABORTED = 10053, /* WSAECONNABORTED */
	SOCKET_RESET = 10054,   /* WSAECONNRESET */
	SOCKET_TIMED_OUT = 10060,
	SOCKET_REFUSED = 10061
};

enum { EVENT_CONNECT = 9215, EVENT_CALLER = 9301 };

struct desk {
	const struct analysis_options *options;
	struct analysis *analysis;
	struct services *services;
	struct load *load;
	struct docket *docket;
	struct case_notes notes;
	size_t failure_capacity;
	struct align_connection *candidates;
	size_t candidate_count, candidate_capacity;
	struct align_mark *marks;
	size_t mark_count, mark_capacity;
	bool wanted[ANCHOR_KINDS]; /* kinds of anchors that the log has */
	uint32_t *syns;            /* by destination port */
};

/* ---- While packets pass ---- */

static void on_reached(void *user, const struct live *live, enum milestone milestone, const struct moment *moment)
{
	struct desk *desk = user;
	bool established = moment_seen(&live->established);

	switch (milestone) {
	case MILESTONE_SYN:
		load_arrival(desk->load, moment->time);
		services_note(desk->services, live->server, SERVICE_GOT_SYN, live->id, moment->time);
		break;
	case MILESTONE_SYNACK:
		services_note(desk->services, live->server, SERVICE_ANSWERED_SYN, live->id, moment->time);
		break;
	case MILESTONE_ESTABLISHED:
		load_waiting(desk->load, moment->time, 1);
		if (moment_seen(&live->syn) && moment_seen(&live->synack) && !live->repeated)
			services_handshake(desk->services, live->server, live->synack.time - live->syn.time,
					   moment->time - live->synack.time);
		break;
	case MILESTONE_OK:
		if (established && !moment_seen(&live->close))
			load_waiting(desk->load, moment->time, -1);
		if (moment_seen(&live->syn))
			load_ok(desk->load, moment->time, moment_span_us(&live->syn, moment));
		services_note(desk->services, live->server, SERVICE_GAVE_OK, live->id, moment->time);
		break;
	case MILESTONE_CLOSE:
		if (established && !moment_seen(&live->ok))
			load_waiting(desk->load, moment->time, -1);
		break;
	default:
		break;
	}
}

static void on_refused(void *user, const struct live *live, const struct moment *moment)
{
	struct desk *desk = user;

	services_note(desk->services, live->server, SERVICE_REFUSED_SYN, live->id, moment->time);
}

static void on_finished(void *user, struct connection *connection)
{
	struct desk *desk = user;

	if (connection->facts.tpkt)
		services_note(desk->services, &connection->server, SERVICE_SPOKE_RFC1006, connection->id,
			      connection->last.time);
	services_finished(desk->services, connection->facts.missing_acked[FROM_CLIENT] > 0 ||
					      connection->facts.missing_acked[FROM_SERVER] > 0);
	docket_add(desk->docket, connection);
}

/* ---- When a connection is judged ---- */

static bool is_mta(const struct analysis_options *options, const struct address *address)
{
	for (size_t i = 0; i < options->mta_count; i++)
		if (address_equal(&options->mtas[i], address))
			return true;
	return options->mta_count == 0;
}

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

/* Tells addresses apart, which is all that is asked of it. */
static uint32_t address_number(const struct address *address)
{
	uint32_t hash = UINT32_C(2166136261) ^ address->family;

	for (size_t i = 0; i < sizeof address->bytes; i++)
		hash = (hash ^ address->bytes[i]) * UINT32_C(16777619);
	return hash;
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

static bool is_in_flight(const struct connection *connection, const struct transfer *transfer)
{
	return transfer->state == TRANSFER_CUT ||
	       (transfer->state == TRANSFER_ENDED && moment_seen(&connection->milestones[MILESTONE_CLOSE]));
}

static void note_transfers(struct analysis *analysis, const struct connection *connection)
{
	analysis->transfer_total += connection->transfers.total;
	for (uint32_t i = 0; i < connection->transfers.count; i++) {
		const struct transfer *transfer = &connection->transfers.kept[i];
		if (!is_in_flight(connection, transfer))
			continue;
		analysis->in_flight_total++;
		if (analysis->in_flight_count == IN_FLIGHT_KEPT)
			continue;
		analysis->in_flight = memory_grow(analysis->in_flight, analysis->in_flight_count,
						  &analysis->in_flight_capacity, sizeof *analysis->in_flight);
		analysis->in_flight[analysis->in_flight_count++] =
		    (struct in_flight){connection->id, connection->client, connection->server, *transfer};
	}
}

static void on_judged(void *user, struct connection *connection)
{
	struct desk *desk = user;
	struct analysis *analysis = desk->analysis;
	struct summary *summary = &analysis->summary;
	bool failed = has_failed(connection);

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
	summary->origins[connection->origin]++;
	summary->quality.gap_bytes += missing;
	summary->quality.gap_connections += missing > 0;
	note_transfers(analysis, connection);
	if (desk->options->json != NULL)
		record_connection(desk->options->json, &desk->options->style, connection);
	note_marks(desk, connection, failed);
	if (!failed) {
		case_note(&desk->notes, connection);
		return;
	}
	note_candidate(desk, connection);
	analysis->failures = memory_grow(analysis->failures, analysis->failure_count, &desk->failure_capacity,
					 sizeof(const struct connection *));
	analysis->failures[analysis->failure_count++] = connection;
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
		if (is_watched(desk->options, port))
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

/* A capture's packets may stand a little out of order; further back only a clock goes that was set. */
#define CLOCK_STEP NS_PER_S

/* before: the time of each capture's packet before this one. */
static void note_clock_step(struct desk *desk, time_ns *before, const struct moment *moment)
{
	time_ns *last = &before[moment->capture];

	if (moment->time < *last && (uint64_t)*last - (uint64_t)moment->time > CLOCK_STEP)
		desk->analysis->summary.quality.clock_steps++;
	else if (moment->time < *last)
		desk->analysis->summary.quality.out_of_order++;
	*last = moment->time;
}

static void read_packets(struct desk *desk, struct capture_set *captures, struct decoder *decoder,
			 struct timeline *timeline)
{
	struct analysis *analysis = desk->analysis;
	struct packet packet;
	struct decode decode;
	uint64_t count = 0;
	time_ns *before = memory_get_zeroed(capture_set_count(captures) + 1, sizeof *before);

	for (size_t i = 0; i <= capture_set_count(captures); i++)
		before[i] = TIME_NONE;
	while (capture_set_next(captures, &packet)) {
		/* The packet's own time, even where a clock was set back: what is new must not look long expired. */
		time_ns now = packet.moment.time;
		if (analysis->first == TIME_NONE || now < analysis->first)
			analysis->first = now;
		if (analysis->last == TIME_NONE || now > analysis->last)
			analysis->last = now;
		note_clock_step(desk, before, &packet.moment);
		decode_packet(decoder, &packet, &decode);
		if (decode.kind == DECODED_SEGMENT) {
			note_port(desk, &decode.segment);
			timeline_segment(timeline, &decode.segment);
		} else if (decode.kind == DECODED_ICMP) {
			timeline_icmp(timeline, &decode.icmp);
		}
		timeline_time(timeline, now);
		docket_time(desk->docket, now);
		if (desk->options->progress != NULL && ++count % PROGRESS_PACKETS == 0)
			desk->options->progress(desk->options->progress_user);
	}
	free(before);
	timeline_end(timeline);
	docket_end(desk->docket);
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

static void follow_packets(struct desk *desk, struct capture_set *captures)
{
	const struct analysis_options *options = desk->options;
	struct timeline_options timeline_options = {
	    .ports = options->ports, .ok = options->ok, .engine = stream_nids(), .observer = options->observer};
	struct timeline_handlers handlers = {
	    .user = desk, .reached = on_reached, .refused = on_refused, .finished = on_finished};

	struct timeline *timeline = timeline_new(&timeline_options, &handlers);
	struct decoder *decoder = decoder_new();
	read_packets(desk, captures, decoder, timeline);
	note_decoded(desk->analysis, decoder);
	decoder_free(decoder);
	desk->analysis->summary.quality.mirrored = timeline_duplicates(timeline);
	timeline_free(timeline);
	note_captures(desk, captures);
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
static time_ns *times_of_events(const struct analysis *analysis, const struct event_log *log, const int32_t *shifts)
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
		double first = (double)(analysis->first / NS_PER_S);
		double since = (double)(event->t_local + shifts[i]) - first - offset;
		times[i] = analysis->first / NS_PER_S * NS_PER_S +
			   (time_ns)((since - since * clock->drift_ppm * 1e-6) * (double)NS_PER_S);
	}
	return times;
}

static void line_up(struct desk *desk, const struct event_log *log)
{
	const struct analysis_options *options = desk->options;
	struct analysis *analysis = desk->analysis;
	struct align_options align_options = {.capture_first = analysis->first,
					      .capture_last = analysis->last,
					      .has_offset = options->has_offset,
					      .offset_s = options->offset_s};

	if (options->zone != NULL && !has_local_clock(analysis->captures))
		align_options.has_zone = zone_offset(options->zone, analysis->first, &align_options.zone_s);
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
	if (log->source_count > 0 && analysis->first != TIME_NONE)
		align(desk->candidates, desk->candidate_count, incidents, log->incident_count, &align_options,
		      &analysis->clock, analysis->matches, analysis->clocks, log->source_count);
	else
		for (size_t i = 0; i < log->incident_count; i++)
			analysis->matches[i] = (struct match){.time = TIME_NONE, .lag_s = NAN};
	analysis->event_times = times_of_events(analysis, log, shifts);
	free(shifts);
	free(incidents);
	free(anchors);
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
					 .load = desk->load},
		    &analysis->findings, &analysis->causes);
	summary->load = load_between(desk->load, TIME_NONE, TIME_NONE);
	summary->tap = services_tap(desk->services, NULL);
	summary->origin = analysis->findings.count > 0 ? analysis->findings.findings[0].origin : ORIGIN_NONE;
	summary->events = log->event_count;
	summary->incidents = log->incident_count;
	for (size_t i = 0; i < log->incident_count; i++)
		summary->matches[analysis->matches[i].confidence]++;
}

/* The clock that matched most, then those of logs that have another one. */
static void write_clocks(struct json *json, const struct analysis *analysis, const struct event_log *log)
{
	uint32_t best = analysis->clock.number;

	record_clock(json, &analysis->clock, log, analysis->clocks);
	for (size_t i = 0; best != 0 && i < log->source_count; i++) {
		bool told = analysis->clocks[i].number == best || analysis->clocks[i].number == 0;
		for (size_t k = 0; k < i && !told; k++)
			told = analysis->clocks[k].number == analysis->clocks[i].number;
		if (!told)
			record_clock(json, &analysis->clocks[i], log, analysis->clocks);
	}
}

static void write_records(struct desk *desk, const struct capture_set *captures, const struct event_log *log)
{
	struct json *json = desk->options->json;
	const struct analysis *analysis = desk->analysis;
	unsigned digits = 6;

	if (json == NULL)
		return;
	for (size_t i = 0; i < capture_set_count(captures); i++) {
		record_capture(json, i, capture_set_info(captures, i));
		if (capture_set_info(captures, i)->digits > digits)
			digits = capture_set_info(captures, i)->digits;
	}
	for (size_t i = 0; i < log->event_count; i++)
		if (log->events[i].has_lpi || log->events[i].cb != EVENT_LACKS)
			record_event(json, log, &log->events[i]);
	write_clocks(json, analysis, log);
	for (size_t i = 0; i < log->incident_count; i++)
		record_incident(json, digits, &log->incidents[i], &analysis->matches[i]);
	for (size_t i = 0; i < analysis->findings.count; i++)
		record_finding(json, &analysis->findings.findings[i]);
	record_summary(json, &analysis->summary, &analysis->causes);
}

struct analysis *analyze(struct capture_set *captures, const struct event_log *log,
			 const struct analysis_options *options)
{
	struct analysis *analysis = memory_get_zeroed(1, sizeof *analysis);
	struct desk desk = {.options = options, .analysis = analysis};

	analysis->options = options;
	analysis->captures = captures;
	analysis->log = log;
	analysis->first = TIME_NONE;
	analysis->last = TIME_NONE;
	desk.services = services_new();
	desk.load = load_new();
	desk.docket = docket_new(desk.services, on_judged, &desk);
	analysis->load = desk.load;
	for (size_t i = 0; i < log->event_count; i++)
		desk.wanted[anchor_of(&log->events[i], &(uint32_t){0})] = true;
	desk.syns = memory_get_zeroed(PORTS, sizeof *desk.syns);
	follow_packets(&desk, captures);
	find_busy_ports(&desk);
	line_up(&desk, log);
	conclude(&desk, log);
	write_records(&desk, captures, log);
	docket_free(desk.docket);
	services_free(desk.services);
	case_notes_free(&desk.notes);
	free(desk.syns);
	free(desk.candidates);
	free(desk.marks);
	return analysis;
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
