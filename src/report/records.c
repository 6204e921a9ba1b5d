/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/records.h"

#include "dissectors/rtse.h"
#include "origin/catalogue.h"
#include "origin/judge.h"
#include "report/community.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static unsigned digits_of(const struct record_style *style, const struct moment *moment)
{
	if (moment->capture == 0 || moment->capture > capture_set_count(style->captures))
		return 6;
	return capture_set_info(style->captures, moment->capture - 1)->digits;
}

static void put_frame(struct json *json, const struct record_style *style, const struct moment *moment)
{
	json_integer(json, "frame", (int64_t)moment->frame);
	if (style->several_captures)
		json_integer(json, "capture", moment->capture);
}

static void put_moment(struct json *json, const struct record_style *style, const char *key,
		       const struct moment *moment)
{
	if (!moment_seen(moment)) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	json_time(json, "t", moment->time, digits_of(style, moment));
	put_frame(json, style, moment);
	json_object_end(json);
}

void record_run(struct json *json, const struct run_record *run)
{
	json_object(json, NULL);
	json_name(json, "record", "run");
	json_integer(json, "schema", 1);
	json_text(json, "program", "mtascope");
	json_text(json, "version", MTASCOPE_VERSION);
	json_object(json, "libraries");
	json_text(json, "libpcap", run->libpcap);
	json_text(json, "libnids", run->libnids);
	json_object_end(json);
	json_array(json, "options");
	for (size_t i = 0; i < run->option_count; i++)
		json_text(json, NULL, run->options[i]);
	json_array_end(json);
	json_time(json, "started", run->started, 6);
	json_object_end(json);
	json_line(json);
}

static void put_endpoint(struct json *json, const char *key, const struct endpoint *endpoint)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(&endpoint->ip, text);
	json_object(json, key);
	json_name(json, "ip", text);
	json_integer(json, "port", endpoint->port);
	json_object_end(json);
}

static void put_milestones(struct json *json, const struct record_style *style, const struct connection *connection)
{
	json_object(json, "milestones");
	for (unsigned i = 0; i < MILESTONES; i++) {
		const struct moment *moment = &connection->milestones[i];
		if (i != MILESTONE_CLOSE || !moment_seen(moment)) {
			put_moment(json, style, milestone_name((enum milestone)i), moment);
			continue;
		}
		json_object(json, "close");
		json_time(json, "t", moment->time, digits_of(style, moment));
		put_frame(json, style, moment);
		json_name(json, "by", side_name(connection->close_by));
		json_name(json, "how", close_kind_name(connection->close_how));
		json_object_end(json);
	}
	json_object_end(json);
}

static void put_spans(struct json *json, const struct connection *connection)
{
	const struct moment *at = connection->milestones;

	json_count_or_null(json, "syn_to_synack_us", moment_span_us(&at[MILESTONE_SYN], &at[MILESTONE_SYNACK]));
	json_count_or_null(json, "syn_to_ok_us", moment_span_us(&at[MILESTONE_SYN], &at[MILESTONE_OK]));
	json_count_or_null(json, "request_to_ok_us", moment_span_us(&at[MILESTONE_REQUEST], &at[MILESTONE_OK]));
	json_count_or_null(json, "syn_to_close_us", moment_span_us(&at[MILESTONE_SYN], &at[MILESTONE_CLOSE]));
	json_count_or_null(json, "wait_us", connection->wait_us);
}

static void put_sides(struct json *json, const char *key, uint64_t client, uint64_t server)
{
	json_object(json, key);
	json_integer(json, "client", (int64_t)client);
	json_integer(json, "server", (int64_t)server);
	json_object_end(json);
}

static void put_evidence(struct json *json, const struct record_style *style, const struct connection *connection)
{
	char says[256];

	json_array(json, "evidence");
	for (size_t i = 0; i < connection->evidence_count; i++) {
		const struct evidence *evidence = &connection->evidence[i];
		evidence_format(evidence, says, sizeof says);
		json_object(json, NULL);
		put_frame(json, style, &evidence->moment);
		json_text(json, "says", says);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_refusal(struct json *json, const struct record_style *style, const char *key,
			const struct refused *refusal, const char *by)
{
	if (!refusal->set) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	if (by != NULL)
		json_name(json, "by", by);
	json_name(json, "layer", layer_name(refusal->word.layer));
	json_count_or_null(json, "code", refusal->word.code);
	json_text(json, "reason", refusal->word.reason);
	json_text(json, "clause", refusal->word.clause);
	json_bool(json, "congestion", refusal->word.congestion);
	json_array(json, "path");
	for (unsigned i = 0; i < refusal->word.steps; i++) {
		const struct refusal_step *step = &refusal->word.path[i];
		json_object(json, NULL);
		json_name(json, "layer", layer_name(step->layer));
		json_count_or_null(json, "code", step->code);
		json_text(json, "reason", step->reason);
		json_text(json, "clause", step->clause);
		json_bool(json, "congestion", step->congestion);
		json_object_end(json);
	}
	json_array_end(json);
	json_time(json, "t", refusal->moment.time, digits_of(style, &refusal->moment));
	put_frame(json, style, &refusal->moment);
	json_object_end(json);
}

/* As text where it is printable, as MTAs' are; as 0x… otherwise. */
static void put_tsap(struct json *json, const char *key, const struct cotp_tsap *tsap)
{
	size_t length = tsap->length < COTP_TSAP_KEPT ? tsap->length : COTP_TSAP_KEPT;
	char text[2 * COTP_TSAP_KEPT + 3];
	size_t printable = 0;

	if (!tsap->present) {
		json_null(json, key);
		return;
	}
	while (printable < length && tsap->bytes[printable] >= 0x20 && tsap->bytes[printable] < 0x7f)
		printable++;
	if (printable == length && length > 0) {
		memcpy(text, tsap->bytes, length);
		text[length] = '\0';
	} else {
		memcpy(text, "0x", 3);
		for (size_t i = 0; i < length; i++)
			snprintf(text + 2 + 2 * i, 3, "%02x", tsap->bytes[i]);
	}
	json_text(json, key, text);
}

static void put_transport(struct json *json, const struct transport *transport)
{
	if (!transport->set) {
		json_null(json, "transport");
		return;
	}
	json_object(json, "transport");
	json_integer(json, "class", transport->class_number);
	put_tsap(json, "calling_tsap", &transport->calling);
	put_tsap(json, "called_tsap", &transport->called);
	json_count_or_null(json, "tpdu_size", transport->tpdu_size == 0 ? -1 : (int64_t)transport->tpdu_size);
	json_object_end(json);
}

static const char *text_or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

static void put_association(struct json *json, const struct association_details *details)
{
	if (details == NULL) {
		json_null(json, "association");
		return;
	}
	json_object(json, "association");
	json_name(json, "mode", presentation_mode_name(details->mode));
	json_text(json, "initiator", text_or_null(details->initiator));
	json_text(json, "responder", text_or_null(details->responder));
	json_text(json, "application_context", text_or_null(details->application_context));
	json_name(json, "dialogue_mode", rtse_dialogue_name(details->dialogue_mode));
	json_count_or_null(json, "checkpoint_size", details->checkpoint_agreed);
	json_count_or_null(json, "window_size", details->window_agreed);
	json_bool(json, "recovery", details->recover);
	json_object_end(json);
}

static void put_identifier(struct json *json, const char *key, const struct p1_identifier *id)
{
	if (id == NULL || !p1_identified(id)) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	json_text(json, "domain", id->domain);
	json_text(json, "local", id->local);
	json_object_end(json);
}

/* The standard's name; an extended type's object identifier; a number that the standard has no name for. */
static void put_content_type(struct json *json, const struct p1_apdu *apdu)
{
	char text[BER_OID_TEXT_SIZE];
	const char *name = p1_content_type_name(apdu->content_type);

	if (name == NULL && apdu->content_oid.length > 0) {
		ber_oid_format(&apdu->content_oid, text, sizeof text);
		name = text;
	} else if (name == NULL && apdu->content_type >= 0) {
		snprintf(text, sizeof text, "%" PRId32, apdu->content_type);
		name = text;
	}
	json_text(json, "content_type", name);
}

static void put_transfer(struct json *json, const struct record_style *style, const struct transfer *transfer)
{
	const struct p1_apdu *apdu = &transfer->apdu;

	json_object(json, NULL);
	json_name(json, "from", transfer->direction == PDU_FROM_CLIENT ? "client" : "server");
	json_name(json, "kind", p1_apdu_name(apdu->kind));
	put_identifier(json, "identifier", &apdu->id);
	put_identifier(json, "subject", transfer->subject);
	json_name(json, "priority", p1_priority_name(apdu->priority));
	put_content_type(json, apdu);
	json_integer(json, "size", (int64_t)transfer->size);
	json_count_or_null(json, "size_declared", apdu->length == 0 ? -1 : (int64_t)apdu->length);
	json_bool(json, "gap", transfer->gap);
	json_bool(json, "resumed", transfer->resumed);
	json_integer(json, "checkpoints", transfer->checkpoints);
	json_integer(json, "checkpoints_acknowledged", transfer->checkpoints_acked);
	put_moment(json, style, "start", &transfer->start);
	put_moment(json, style, "end", &transfer->end);
	put_moment(json, style, "acknowledged", &transfer->acknowledged);
	json_name(json, "state", transfer_state_name(transfer->state));
	json_name(json, "reason", session_exception_name(transfer->reason));
	json_object_end(json);
}

static void put_transfers(struct json *json, const struct record_style *style, const struct transfers *transfers)
{
	json_integer(json, "transfer_count", (int64_t)transfers->total);
	json_array(json, "transfers");
	for (uint32_t i = 0; i < transfers->count; i++)
		put_transfer(json, style, transfers->kept[i]);
	json_array_end(json);
}

void record_connection(struct json *json, const struct record_style *style, const struct connection *connection)
{
	char community[COMMUNITY_ID_SIZE];

	community_id(&connection->client, &connection->server, community);
	json_object(json, NULL);
	json_name(json, "record", "connection");
	json_integer(json, "id", connection->id);
	json_name(json, "community_id", community);
	put_endpoint(json, "client", &connection->client);
	put_endpoint(json, "server", &connection->server);
	json_array(json, "vlan");
	for (unsigned i = 0; i < connection->vlan.count; i++)
		json_integer(json, NULL, connection->vlan.id[i]);
	json_array_end(json);
	json_object(json, "frames");
	json_integer(json, "first", (int64_t)connection->first.frame);
	json_integer(json, "last", (int64_t)connection->last.frame);
	json_integer(json, "count", (int64_t)connection->packets);
	json_object_end(json);
	put_milestones(json, style, connection);
	put_spans(json, connection);
	json_integer(json, "syn_attempts", connection->syn_attempts);
	put_sides(json, "retransmissions", connection->retransmissions[FROM_CLIENT],
		  connection->retransmissions[FROM_SERVER]);
	put_sides(json, "missing_bytes", connection->missing_bytes[FROM_CLIENT],
		  connection->missing_bytes[FROM_SERVER]);
	json_name(json, "outcome", outcome_name(connection->outcome));
	json_bool(json, "early_close", connection->early_close);
	json_name(json, "origin", origin_name(connection->origin));
	json_decimal(json, "confidence", (double)connection->confidence, 2);
	json_text(json, "cause", connection->cause);
	put_evidence(json, style, connection);
	put_refusal(json, style, "refusal", &connection->refusal, NULL);
	put_refusal(json, style, "abort", &connection->aborted, side_name(connection->aborted_by));
	put_transport(json, &connection->transport);
	put_association(json, connection->association);
	put_transfers(json, style, &connection->transfers);
	json_name(json, "service", connection->service);
	json_object(json, "ladder");
	json_integer(json, "id", connection->ladder.id);
	json_integer(json, "attempt", connection->ladder.attempt);
	json_object_end(json);
	json_object_end(json);
	json_line(json);
}

void record_capture(struct json *json, size_t index, const struct capture_info *info)
{
	json_object(json, NULL);
	json_name(json, "record", "capture");
	json_integer(json, "index", (int64_t)index + 1);
	json_text(json, "file", info->file);
	json_text(json, "sha256", info->sha256);
	json_text(json, "format", info->format);
	json_text(json, "compression", info->compression);
	json_array(json, "link_types");
	for (size_t i = 0; i < info->link_count; i++)
		json_text(json, NULL, info->links[i].name);
	json_array_end(json);
	json_integer(json, "packets", (int64_t)info->packets);
	json_time(json, "first", info->first, info->digits);
	json_time(json, "last", info->last, info->digits);
	json_text(json, "clock", info->clock == CAPTURE_CLOCK_LOCAL ? "local" : "utc");
	json_integer(json, "duplicates", (int64_t)info->duplicates);
	json_count_or_null(json, "drops", info->has_drops ? (int64_t)info->drops : -1);
	if (info->failures_only)
		json_bool(json, "failures_only", true);
	json_bool(json, "complete", info->complete);
	json_array(json, "problems");
	for (size_t i = 0; i < info->problem_count; i++) {
		json_object(json, NULL);
		json_count_or_null(json, "offset",
				   info->problems[i].has_offset ? (int64_t)info->problems[i].offset : -1);
		json_text(json, "says", info->problems[i].says);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
	json_line(json);
}

/* Time of the log's clock, mostly local and of a zone that it does not tell: RFC 3339 without an offset. */
static void put_local_time(struct json *json, const char *key, int64_t seconds)
{
	char text[TIME_TEXT_SIZE];

	if (seconds == INT64_MIN || seconds > INT64_MAX / NS_PER_S || seconds < INT64_MIN / NS_PER_S) {
		json_null(json, key);
		return;
	}
	unsigned length = time_format(seconds * NS_PER_S, 0, text);
	text[length - 1] = '\0';
	json_text(json, key, text);
}

static void put_lpi(struct json *json, const struct lpi *lpi)
{
	char text[40];

	snprintf(text, sizeof text, "%" PRIu32 "-%" PRIu32 "-%" PRIu32, lpi->locality, lpi->partner, lpi->index);
	json_text(json, "lpi", text);
}

void record_event(struct json *json, const struct event_log *log, const struct event *event)
{
	json_object(json, NULL);
	json_name(json, "record", "event");
	json_integer(json, "id", event->id);
	json_text(json, "source", log->sources[event->source]);
	json_count_or_null(json, "line", event->line);
	json_count_or_null(json, "record_number", event->record_number);
	json_count_or_null(json, "number", event->number);
	json_count_or_null(json, "severity", event->severity);
	json_text(json, "component", event->component);
	json_text(json, "thread_name", event->thread_name);
	json_count_or_null(json, "thread", event->thread);
	json_count_or_null(json, "process", event->process);
	put_local_time(json, "t_local", event->t_local);
	json_bool(json, "utc", event->utc);
	if (event->has_lpi)
		put_lpi(json, &event->lpi);
	else
		json_null(json, "lpi");
	json_count_or_null(json, "cb", event->cb);
	json_text(json, "message_type", event->message_type);
	json_count_or_null(json, "error_code", event->error_code);
	json_count_or_null(json, "socket_error", event->socket_error);
	if (event->peer.family != 0) {
		char peer[ADDRESS_TEXT_SIZE];
		address_format(&event->peer, peer);
		json_text(json, "peer", peer);
	} else {
		json_null(json, "peer");
	}
	json_text(json, "peer_name", event->peer_name);
	json_bool(json, "cut", event->cut);
	json_text(json, "text", event->text);
	json_object_end(json);
	json_line(json);
}

void record_clock(struct json *json, const struct clock_estimate *clock, const struct event_log *log,
		  const struct clock_estimate *of_source)
{
	static const char *const kinds[ANCHOR_KINDS] = {[ANCHOR_INCIDENT] = "incident",
							[ANCHOR_CALLER] = "caller",
							[ANCHOR_RESET] = "reset",
							[ANCHOR_CONNECT] = "connect"};
	static const char *const methods[] = {
	    [CLOCK_NOTHING] = "none", [CLOCK_ESTIMATED] = "estimated", [CLOCK_GIVEN] = "given"};
	bool known = clock->method != CLOCK_NOTHING;

	json_object(json, NULL);
	json_name(json, "record", "clock");
	json_text(json, "method", methods[clock->method]);
	json_decimal(json, "offset_s", known ? clock->offset_s : NAN, 3);
	json_decimal(json, "drift_ppm", known ? clock->drift_ppm : NAN, 2);
	json_integer(json, "matched", clock->matched);
	json_probability(json, "p_chance", clock->p_chance);
	json_decimal(json, "runner_up_offset_s", clock->runner_up_offset_s, 3);
	if (isnan(clock->offset_low_s)) {
		json_null(json, "offset_interval_s");
	} else {
		json_array(json, "offset_interval_s");
		json_decimal(json, NULL, clock->offset_low_s, 3);
		json_decimal(json, NULL, clock->offset_high_s, 3);
		json_array_end(json);
	}
	json_object(json, "anchors");
	for (unsigned kind = 0; kind < ANCHOR_KINDS; kind++)
		json_integer(json, kinds[kind], clock->anchors[kind]);
	json_object_end(json);
	json_array(json, "steps");
	for (uint32_t i = 0; i < clock->step_count; i++) {
		json_object(json, NULL);
		json_integer(json, "incident", clock->steps[i].incident);
		json_decimal(json, "by_s", clock->steps[i].by_s, 3);
		json_object_end(json);
	}
	json_array_end(json);
	json_array(json, "sources");
	for (size_t i = 0; known && i < log->source_count; i++)
		if (of_source[i].number == clock->number)
			json_text(json, NULL, log->sources[i]);
	json_array_end(json);
	json_object_end(json);
	json_line(json);
}

void record_clocks(struct json *json, const struct clock_estimate *clock, const struct clock_estimate *of_source,
		   const struct event_log *log)
{
	record_clock(json, clock, log, of_source);
	for (size_t i = 0; clock->number != 0 && i < log->source_count; i++) {
		bool told = of_source[i].number == clock->number || of_source[i].number == 0;
		for (size_t k = 0; k < i && !told; k++)
			told = of_source[k].number == of_source[i].number;
		if (!told)
			record_clock(json, &of_source[i], log, of_source);
	}
}

static const char *confidence_name(enum match_confidence confidence)
{
	static const char *const names[] = {[MATCH_NONE] = "none",
					    [MATCH_AMBIGUOUS] = "ambiguous",
					    [MATCH_PROBABLE] = "probable",
					    [MATCH_CERTAIN] = "certain"};

	return names[confidence];
}

void record_incident(struct json *json, unsigned digits, const struct incident *incident, const struct match *match)
{
	bool matched = match->confidence != MATCH_NONE && match->connection != 0;

	json_object(json, NULL);
	json_name(json, "record", "incident");
	json_integer(json, "id", incident->id);
	put_lpi(json, &incident->lpi);
	json_count_or_null(json, "cb", incident->cb);
	json_array(json, "events");
	for (uint32_t i = 0; i < incident->event_count; i++)
		json_integer(json, NULL, incident->events[i]);
	json_array_end(json);
	put_local_time(json, "t_local", incident->t_local);
	json_bool(json, "utc", incident->utc);
	json_time(json, "t", match->time, digits);
	json_count_or_null(json, "connection", matched ? (int64_t)match->connection : -1);
	json_name(json, "confidence", confidence_name(match->confidence));
	json_decimal(json, "score", matched ? match->score : NAN, 3);
	json_array(json, "candidates");
	for (uint32_t i = 0; i < match->candidate_count; i++)
		json_integer(json, NULL, match->candidates[i]);
	json_array_end(json);
	json_decimal(json, "lag_s", matched ? match->lag_s : NAN, 3);
	json_object_end(json);
	json_line(json);
}

static double us_to_s(int64_t us)
{
	return us < 0 ? NAN : (double)us / 1e6;
}

static void put_ids(struct json *json, const char *key, const uint32_t *ids, size_t count)
{
	json_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_integer(json, NULL, ids[i]);
	json_array_end(json);
}

static void put_timer(struct json *json, const struct finding *finding)
{
	if (!finding->has_timer) {
		json_null(json, "timer");
		return;
	}
	json_object(json, "timer");
	json_decimal(json, "seconds", finding->timer.seconds, 3);
	json_decimal(json, "spread_s", finding->timer.spread_s, 3);
	json_name(json, "owner", side_name(finding->timer.owner));
	json_text(json, "stage", finding->timer.stage);
	json_text(json, "known", finding->timer.known);
	json_integer(json, "count", (int64_t)finding->timer.count);
	json_object_end(json);
}

static void put_signs(struct json *json, const char *key, uint64_t signs)
{
	json_array(json, key);
	for (int sign = SIGN_NONE + 1; sign < SIGNS; sign++)
		if ((signs & sign_bit((enum sign)sign)) != 0)
			json_text(json, NULL, sign_words((enum sign)sign));
	json_array_end(json);
}

static void put_causes(struct json *json, const struct citations *causes)
{
	json_array(json, "causes");
	for (size_t i = 0; i < causes->count; i++) {
		const struct citation *citation = &causes->list[i];
		enum cause_scope scope = citation->cause->scope;
		bool connections = scope == CAUSE_OF_FAILURES || scope == CAUSE_OF_CONNECTIONS;
		json_object(json, NULL);
		json_text(json, "cause", citation->cause->name);
		json_bool(json, "shown", citation->shown);
		put_ids(json, "connections", citation->ids, connections ? citation->count : 0);
		put_ids(json, "incidents", citation->ids, scope == CAUSE_OF_INCIDENTS ? citation->count : 0);
		put_signs(json, "seen", citation->seen);
		put_signs(json, "unseen", citation->unseen);
		json_object_end(json);
	}
	json_array_end(json);
}

void record_finding(struct json *json, const struct finding *finding)
{
	const struct cause *cause = catalogue_find(finding->cause);
	const struct load_figures *load = &finding->load;

	json_object(json, NULL);
	json_name(json, "record", "finding");
	json_text(json, "cause", finding->cause);
	json_name(json, "origin", origin_name(finding->origin));
	json_name(json, "outcome", outcome_name(finding->outcome));
	json_text(json, "statement", finding->statement);
	json_decimal(json, "confidence", finding->confidence, 2);
	json_decimal(json, "share", finding->share, 3);
	put_ids(json, "connections", finding->connections, finding->connection_count);
	put_ids(json, "incidents", finding->incidents, finding->incident_count);
	put_timer(json, finding);
	json_object(json, "load");
	json_count_or_null(json, "open_waiting_peak", load->open_waiting_peak);
	json_decimal(json, "arrivals_per_s_peak", load->arrivals_per_s_peak < 0 ? NAN : load->arrivals_per_s_peak, 1);
	json_decimal(json, "ok_latency_p50_s", us_to_s(load->ok_us_p50), 6);
	json_decimal(json, "ok_latency_p99_s", us_to_s(load->ok_us_p99), 6);
	json_integer(json, "busy_refusals", (int64_t)finding->busy_refusals);
	json_object_end(json);
	json_array(json, "references");
	for (size_t i = 0; cause != NULL && i < CAUSE_REFERENCES && cause->references[i] != NULL; i++)
		json_text(json, NULL, cause->references[i]);
	json_array_end(json);
	put_causes(json, &finding->causes);
	json_object_end(json);
	json_line(json);
}

static void put_quality(struct json *json, const struct quality *quality)
{
	json_object(json, "quality");
	json_integer(json, "packets", (int64_t)quality->packets);
	json_object(json, "gaps");
	json_integer(json, "connections", (int64_t)quality->gap_connections);
	json_integer(json, "bytes", (int64_t)quality->gap_bytes);
	json_object_end(json);
	json_integer(json, "duplicates", (int64_t)(quality->mirrored + quality->overlapping));
	json_integer(json, "cut_packets", (int64_t)quality->cut_packets);
	json_integer(json, "clock_steps", (int64_t)quality->clock_steps);
	json_integer(json, "out_of_order", (int64_t)(quality->reordered + quality->misplaced));
	json_integer(json, "misplaced", (int64_t)quality->misplaced);
	json_integer(json, "fragments", (int64_t)quality->fragments);
	json_integer(json, "fragments_incomplete", (int64_t)quality->fragments_incomplete);
	json_integer(json, "fragments_overlapping", (int64_t)quality->fragments_overlapping);
	json_integer(json, "undecoded", (int64_t)quality->undecoded);
	json_integer(json, "too_deep", (int64_t)quality->too_deep);
	json_integer(json, "protected", (int64_t)quality->protected);
	json_integer(json, "unknown_protocol", (int64_t)quality->unknown_protocol);
	json_count_or_null(json, "drops", quality->has_drops ? (int64_t)quality->drops : -1);
	json_object_end(json);
}

static void put_let_go(struct json *json, const struct let_go *let_go)
{
	json_object(json, "let_go");
	json_integer(json, "half_open", (int64_t)let_go->half_open);
	json_integer(json, "open", (int64_t)let_go->open);
	json_integer(json, "failures", (int64_t)let_go->failures);
	json_integer(json, "candidates", (int64_t)let_go->candidates);
	json_integer(json, "seconds", (int64_t)let_go->seconds);
	json_integer(json, "services", (int64_t)let_go->services);
	json_object_end(json);
}

void record_summary(struct json *json, const struct summary *summary, const struct citations *causes)
{
	json_object(json, NULL);
	json_name(json, "record", "summary");
	json_integer(json, "connections", (int64_t)summary->connections);
	json_object(json, "outcomes");
	for (unsigned i = 0; i < OUTCOMES; i++)
		json_integer(json, outcome_name((enum outcome)i), (int64_t)summary->outcomes[i]);
	json_object_end(json);
	json_object(json, "origins");
	for (unsigned i = ORIGIN_NONE + 1; i < ORIGINS; i++)
		json_integer(json, origin_name((enum origin)i), (int64_t)summary->origins[i]);
	json_object_end(json);
	json_object(json, "syn_to_ok_us");
	json_count_or_null(json, "p50", summary->load.ok_us_p50);
	json_count_or_null(json, "p90", summary->load.ok_us_p90);
	json_count_or_null(json, "p99", summary->load.ok_us_p99);
	json_count_or_null(json, "max", summary->load.ok_us_max);
	json_object_end(json);
	json_integer(json, "events", (int64_t)summary->events);
	json_object(json, "incidents");
	json_integer(json, "count", (int64_t)summary->incidents);
	for (unsigned i = 0; i <= MATCH_CERTAIN; i++)
		json_integer(json, confidence_name((enum match_confidence)i), (int64_t)summary->matches[i]);
	json_object_end(json);
	json_name(json, "tap", tap_name(summary->tap));
	put_quality(json, &summary->quality);
	if (summary->limited)
		put_let_go(json, &summary->let_go);
	json_name(json, "origin", origin_name(summary->origin));
	put_causes(json, causes);
	json_object_end(json);
	json_line(json);
}
