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

struct desk {
	const struct analysis_options *options;
	struct analysis *analysis;
	struct services *services;
	struct load *load;
	struct docket *docket;
	size_t failure_capacity;
	struct align_connection *candidates;
	size_t candidate_count, candidate_capacity;
	uint32_t *syns; /* by destination port */
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

/* Tells servers apart, which is all that is asked of it. */
static uint32_t server_number(const struct address *address)
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
				      .server = server_number(&connection->server.ip)};
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

static void on_judged(void *user, struct connection *connection)
{
	struct desk *desk = user;
	struct analysis *analysis = desk->analysis;
	struct summary *summary = &analysis->summary;
	if (desk->options->ports.any && !is_rfc1006(desk, connection)) {
		connection_free(connection);
		return;
	}
	uint64_t missing = connection->missing_bytes[FROM_CLIENT] + connection->missing_bytes[FROM_SERVER];

	summary->connections++;
	summary->outcomes[connection->outcome]++;
	summary->origins[connection->origin]++;
	summary->quality.gap_bytes += missing;
	summary->quality.gap_connections += missing > 0;
	if (desk->options->json != NULL)
		record_connection(desk->options->json, &desk->options->style, connection);
	if (!has_failed(connection)) {
		connection_free(connection);
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
	    .ports = options->ports, .ok = options->ok, .engine = stream_nids()};
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

/*
 * The incidents for a zone that was given. It is that of the logs in local time: incidents of logs in UTC are brought
 * onto their clock, in a copy, and if all are in UTC the zone is theirs. The caller frees the copy.
 */
static struct incident *incidents_in_zone(const struct event_log *log, struct align_options *options)
{
	struct incident *incidents = memory_get((log->incident_count + 1) * sizeof *incidents);
	size_t utc = 0;

	for (size_t i = 0; i < log->incident_count; i++)
		utc += log->incidents[i].utc;
	if (options->has_zone && utc > 0 && utc == log->incident_count)
		options->zone_s = 0;
	for (size_t i = 0; i < log->incident_count; i++) {
		incidents[i] = log->incidents[i];
		if (options->has_zone && incidents[i].utc)
			incidents[i].t_local += options->zone_s;
	}
	return incidents;
}

/* Where a capture tells local times the zone of the log says nothing about the distance of the clocks. */
static bool has_local_clock(const struct capture_set *captures)
{
	for (size_t i = 0; i < capture_set_count(captures); i++)
		if (capture_set_info(captures, i)->clock == CAPTURE_CLOCK_LOCAL)
			return true;
	return false;
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
	analysis->clock = (struct clock_estimate){.p_chance = NAN, .runner_up_offset_s = NAN};
	struct incident *incidents = incidents_in_zone(log, &align_options);
	if (log->source_count > 0 && analysis->first != TIME_NONE)
		align(desk->candidates, desk->candidate_count, incidents, log->incident_count, &align_options,
		      &analysis->clock, analysis->matches);
	else
		for (size_t i = 0; i < log->incident_count; i++)
			analysis->matches[i] = (struct match){.time = TIME_NONE, .lag_s = NAN};
	free(incidents);
}

static void conclude(struct desk *desk, const struct event_log *log)
{
	struct analysis *analysis = desk->analysis;
	struct summary *summary = &analysis->summary;

	analysis->findings = findings_make(analysis->failures, analysis->failure_count, log->incidents,
					   analysis->matches, log->incident_count, desk->load);
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
	record_clock(json, &analysis->clock);
	for (size_t i = 0; i < log->incident_count; i++)
		record_incident(json, digits, &log->incidents[i], &analysis->matches[i]);
	for (size_t i = 0; i < analysis->findings.count; i++)
		record_finding(json, &analysis->findings.findings[i]);
	record_summary(json, &analysis->summary);
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
	desk.syns = memory_get_zeroed(PORTS, sizeof *desk.syns);
	follow_packets(&desk, captures);
	find_busy_ports(&desk);
	line_up(&desk, log);
	conclude(&desk, log);
	write_records(&desk, captures, log);
	docket_free(desk.docket);
	services_free(desk.services);
	free(desk.syns);
	free(desk.candidates);
	return analysis;
}

void analysis_free(struct analysis *analysis)
{
	if (analysis == NULL)
		return;
	findings_free(&analysis->findings);
	for (size_t i = 0; i < analysis->failure_count; i++)
		connection_free((struct connection *)analysis->failures[i]);
	free(analysis->failures);
	free(analysis->matches);
	load_free((struct load *)analysis->load);
	free(analysis);
}
