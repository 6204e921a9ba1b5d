/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/excerpt.h"

#include "base/duration.h"
#include "base/memory.h"
#include "base/path.h"
#include "evidence/picks.h"
#include "origin/judge.h"
#include "report/phrase.h"
#include "reread.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOUBTED_HOSTS = 64 };

enum part {
	PART_NONE,    /* nothing of it: it was not told of */
	PART_FIRST,   /* the headers of its first packet: it began before the capture */
	PART_CONTEXT, /* up to a packet */
	PART_HEADERS, /* the same, and the headers of what follows */
	PART_ALL
};

/* What is wanted of a connection. */
struct entry {
	uint8_t part;
	bool begun, past; /* of the second reading: its first packet, and the one that until names, came by */
	/* Of context, its last packet but for headers; of what is wanted whole, the packet for words about its end. */
	struct moment until;
};

struct excerpt {
	struct excerpt_options options;
	struct entry *entries; /* by id */
	size_t entry_count, entry_capacity;
	bool *found; /* of options.wanted */
	struct address doubted[DOUBTED_HOSTS];
	size_t doubted_count;
	struct picks picks;
	uint64_t connections, packets;
	/* Of the second reading. */
	struct packet packet;
	const struct decode *parsed;
	struct moment first, last; /* packets of the captures */
};

struct excerpt *excerpt_new(const struct excerpt_options *options)
{
	struct excerpt *excerpt = memory_get_zeroed(1, sizeof *excerpt);

	excerpt->options = *options;
	excerpt->found = memory_get_zeroed(options->wanted_count + 1, sizeof *excerpt->found);
	return excerpt;
}

void excerpt_free(struct excerpt *excerpt)
{
	if (excerpt == NULL)
		return;
	picks_free(&excerpt->picks);
	free(excerpt->entries);
	free(excerpt->found);
	free(excerpt);
}

uint64_t excerpt_packets(const struct excerpt *excerpt)
{
	return excerpt->packets;
}

uint64_t excerpt_connections(const struct excerpt *excerpt)
{
	return excerpt->connections;
}

/* ---- Which connections ---- */

static bool has_failed(const struct connection *connection)
{
	return connection->outcome != OUTCOME_OK && connection->outcome != OUTCOME_PARTIAL &&
	       connection->outcome != OUTCOME_PENDING;
}

static bool fits(const struct exchange_wanted *wanted, const struct connection *connection)
{
	char community[COMMUNITY_ID_SIZE];

	if (wanted->id != 0)
		return connection->id == wanted->id;
	if (wanted->client.ip.family != 0)
		return connection->client.port == wanted->client.port &&
		       address_equal(&connection->client.ip, &wanted->client.ip);
	community_id(&connection->client, &connection->server, community);
	return strcmp(community, wanted->community) == 0;
}

static bool is_wanted(struct excerpt *excerpt, const struct connection *connection)
{
	bool wanted = false;

	for (size_t i = 0; i < excerpt->options.wanted_count; i++) {
		if (!fits(&excerpt->options.wanted[i], connection))
			continue;
		excerpt->found[i] = true;
		wanted = true;
	}
	return excerpt->options.wanted_count == 0 ? has_failed(connection) : wanted;
}

const struct exchange_wanted *excerpt_missing(const struct excerpt *excerpt)
{
	for (size_t i = 0; i < excerpt->options.wanted_count; i++)
		if (!excerpt->found[i])
			return &excerpt->options.wanted[i];
	return NULL;
}

static struct entry *entry_for(struct excerpt *excerpt, uint32_t id)
{
	while (excerpt->entry_count <= id) {
		excerpt->entries = memory_grow(excerpt->entries, excerpt->entry_count, &excerpt->entry_capacity,
					       sizeof *excerpt->entries);
		excerpt->entries[excerpt->entry_count++] = (struct entry){.until = MOMENT_NONE};
	}
	return &excerpt->entries[id];
}

/* Whose IP IDs speak against a close: what the host counted before is part of the proof. */
static void note_doubted(struct excerpt *excerpt, const struct connection *connection)
{
	const struct endpoint *host =
	    connection->facts.close_side == FROM_CLIENT ? &connection->client : &connection->server;

	if ((connection->facts.close_forgery & FORGERY_IP_ID) == 0 || excerpt->doubted_count == DOUBTED_HOSTS)
		return;
	for (size_t i = 0; i < excerpt->doubted_count; i++)
		if (address_equal(&excerpt->doubted[i], &host->ip))
			return;
	excerpt->doubted[excerpt->doubted_count++] = host->ip;
}

static bool is_doubted(const struct excerpt *excerpt, const struct address *address)
{
	for (size_t i = 0; i < excerpt->doubted_count; i++)
		if (address_equal(&excerpt->doubted[i], address))
			return true;
	return false;
}

/* ---- What is said ---- */

static const char *milestone_words(enum milestone milestone, enum ok_kind ok)
{
	static const char *const ok_words[] = {[OK_CC] = "OK response (CC)",
					       [OK_SESSION] = "OK response (session ACCEPT)",
					       [OK_BIND] = "OK response (bind)"};
	static const char *const words[MILESTONES] = {
	    [MILESTONE_SYN] = "first SYN",
	    [MILESTONE_SYNACK] = "SYN/ACK",
	    [MILESTONE_ESTABLISHED] = "the handshake is finished",
	    [MILESTONE_REQUEST] = "connection request (CR)",
	    [MILESTONE_BIND_REQUEST] = "bind request",
	    [MILESTONE_BIND_RESULT] = "bind result",
	    [MILESTONE_FIRST_DATA] = "first data",
	};

	return milestone == MILESTONE_OK ? ok_words[ok] : words[milestone];
}

static const char *close_words(const struct connection *connection, char *text, size_t size)
{
	static const char *const how[] = {[CLOSE_NONE] = "?", [CLOSE_FIN] = "FIN",     [CLOSE_RST] = "RST",
					  [CLOSE_DR] = "DR",  [CLOSE_ABORT] = "ABORT", [CLOSE_ICMP] = "ICMP error"};
	const char *by = side_name(connection->close_by);

	snprintf(text, size, "close by %s %s (%s)", connection->close_by == SIDE_MIDDLEBOX ? "a" : "the",
		 by == NULL ? "?" : by, how[connection->close_how]);
	return text;
}

/* "#42, frame 794", or "#42, frame 794 of capture 2". */
static const char *origin_words(const struct connection *connection, const struct moment *moment, char *text,
				size_t size)
{
	snprintf(text, size, "#%u, frame %llu of capture %u", connection->id, (unsigned long long)moment->frame,
		 (unsigned)moment->capture);
	return text;
}

enum { WORDS = 96 };

static void note_milestones(struct excerpt *excerpt, const struct connection *connection)
{
	const struct moment *syn = &connection->milestones[MILESTONE_SYN];
	char close[WORDS], where[WORDS], after[DURATION_TEXT_SIZE];

	for (unsigned i = 0; i < MILESTONES; i++) {
		const struct moment *moment = &connection->milestones[i];
		if (!moment_seen(moment))
			continue;
		const char *what = i == MILESTONE_CLOSE ? close_words(connection, close, sizeof close)
							: milestone_words((enum milestone)i, excerpt->options.ok);
		int64_t us = moment_span_us(syn, moment);
		origin_words(connection, moment, where, sizeof where);
		duration_format(us < 0 ? 0 : us, after);
		if (i == MILESTONE_SYN || us < 0)
			picks_note(&excerpt->picks, moment, "mtascope: %s (%s)", what, where);
		else
			picks_note(&excerpt->picks, moment, "mtascope: %s, %s after the first SYN (%s)", what, after,
				   where);
	}
}

static void note_verdict(struct excerpt *excerpt, const struct connection *connection, const struct moment *end)
{
	const char *origin = origin_name(connection->origin);
	char says[256], where[WORDS];

	for (size_t i = 0; i < connection->evidence_count; i++) {
		const struct evidence *evidence = &connection->evidence[i];
		evidence_format(evidence, says, sizeof says);
		picks_note(&excerpt->picks, &evidence->moment, "mtascope: evidence: %s (%s)", says,
			   origin_words(connection, &evidence->moment, where, sizeof where));
	}
	origin_words(connection, end, where, sizeof where);
	if (origin == NULL)
		picks_note(&excerpt->picks, end, "mtascope: outcome %s, confidence %.2f (%s)",
			   outcome_name(connection->outcome), (double)connection->confidence, where);
	else
		picks_note(&excerpt->picks, end, "mtascope: outcome %s, origin %s, confidence %.2f%s%s (%s)",
			   outcome_name(connection->outcome), origin, (double)connection->confidence,
			   connection->cause == NULL ? "" : ", cause ",
			   connection->cause == NULL ? "" : connection->cause, where);
}

static void note_incidents(struct excerpt *excerpt, const struct analysis *analysis)
{
	static const char *const sure[] = {[MATCH_NONE] = "",
					   [MATCH_AMBIGUOUS] = "perhaps",
					   [MATCH_PROBABLE] = "probably",
					   [MATCH_CERTAIN] = "certainly"};
	char lpi[PHRASE_SIZE];

	for (size_t i = 0; i < analysis->log->incident_count; i++) {
		const struct match *match = &analysis->matches[i];
		const struct incident *incident = &analysis->log->incidents[i];
		if (match->confidence == MATCH_NONE || match->connection == 0 ||
		    match->connection >= excerpt->entry_count || excerpt->entries[match->connection].part != PART_ALL)
			continue;
		const struct event *event = &analysis->log->events[incident->events[0] - 1];
		bool numbered = event->record_number != EVENT_LACKS;
		long long number = numbered ? event->record_number : event->line;
		picks_note(
		    &excerpt->picks, &excerpt->entries[match->connection].until,
		    "mtascope: event %d, LPI %s, %s of this connection: %.1f s after its close by the clocks as they "
		    "were lined up (#%u; incident %u, %s %lld of log %u)",
		    event->number == EVENT_LACKS ? 4283 : event->number, phrase_lpi(&incident->lpi, lpi),
		    sure[match->confidence], match->lag_s, match->connection, incident->id,
		    numbered ? "record" : "line", number, event->source + 1);
	}
}

void excerpt_judged(void *user, const struct connection *connection)
{
	struct excerpt *excerpt = user;
	struct entry *entry = entry_for(excerpt, connection->id);
	const struct moment *ok = &connection->milestones[MILESTONE_OK];
	const struct moment *close = &connection->milestones[MILESTONE_CLOSE];
	uint64_t lost = connection->facts.missing_acked[FROM_CLIENT] + connection->facts.missing_acked[FROM_SERVER];

	entry->until = moment_seen(close) ? *close : connection->last;
	if (is_wanted(excerpt, connection)) {
		entry->part = PART_ALL;
		excerpt->connections++;
		if (excerpt->options.change != NULL)
			excerpt->options.change->judged(excerpt->options.change->user, connection);
		note_doubted(excerpt, connection);
		note_milestones(excerpt, connection);
		note_verdict(excerpt, connection, &entry->until);
		return;
	}
	if (connection->outcome == OUTCOME_PARTIAL) {
		entry->part = lost > 0 ? PART_HEADERS : PART_FIRST;
		entry->until = connection->first;
		return;
	}
	entry->part = lost > 0 ? PART_HEADERS : PART_CONTEXT;
	if (moment_seen(ok))
		entry->until = *ok;
}

/* ---- The second reading: which packets ---- */

static bool same_packet(const struct moment *a, const struct moment *b)
{
	return moment_seen(a) && a->capture == b->capture && a->frame == b->frame;
}

static void pick_parts(struct excerpt *excerpt, uint32_t connection, enum pick_kind kind)
{
	const struct decode *parsed = excerpt->parsed;

	for (size_t i = 0; i < parsed->part_count; i++)
		picks_add(&excerpt->picks, &parsed->parts[i], KEEP_ALL, connection, kind);
}

static struct entry *entry_of(struct excerpt *excerpt, uint32_t id)
{
	if (id >= excerpt->entry_count || excerpt->entries[id].part == PART_NONE)
		return NULL;
	if (excerpt->entries[id].part != PART_ALL && !excerpt->options.context)
		return NULL;
	return &excerpt->entries[id];
}

/* How much of a packet of a connection stands before its payload. KEEP_ALL: there is none. 0: it cannot be said. */
static uint32_t headers_of(const struct excerpt *excerpt, const struct segment *segment)
{
	const struct packet *packet = &excerpt->packet;

	if (segment->payload_length == 0)
		return KEEP_ALL;
	if (excerpt->parsed->part_count > 0 || segment->payload == NULL || segment->payload < packet->data ||
	    segment->payload > packet->data + packet->captured)
		return 0;
	return (uint32_t)(segment->payload - packet->data);
}

static void pick_context(struct excerpt *excerpt, struct entry *entry, const struct tcp_connection *tcp,
			 const struct segment *segment)
{
	enum pick_kind kind = entry->begun ? PICK_CONTEXT : PICK_CONTEXT_FIRST;
	bool headers =
	    entry->part == PART_HEADERS || is_doubted(excerpt, &tcp->client.ip) || is_doubted(excerpt, &tcp->server.ip);
	uint32_t keep = entry->part == PART_FIRST || entry->past ? headers_of(excerpt, segment) : KEEP_ALL;

	if ((entry->past && !headers) || keep == 0)
		return;
	entry->begun = true;
	picks_add(&excerpt->picks, &segment->moment, keep, tcp->id, kind);
	if (keep == KEEP_ALL)
		pick_parts(excerpt, tcp->id, PICK_CONTEXT);
}

static void on_segment(void *user, const struct tcp_connection *tcp, enum direction direction,
		       const struct segment *segment, unsigned marks)
{
	struct excerpt *excerpt = user;
	struct entry *entry = entry_of(excerpt, tcp->id);

	(void)direction;
	(void)marks;
	if (entry == NULL)
		return;
	if (entry->part == PART_ALL) {
		picks_add(&excerpt->picks, &segment->moment, KEEP_ALL, tcp->id, PICK_WANTED);
		pick_parts(excerpt, tcp->id, PICK_WANTED);
		return;
	}
	pick_context(excerpt, entry, tcp, segment);
	entry->past = entry->past || same_packet(&entry->until, &segment->moment);
}

static void on_icmp(void *user, const struct tcp_connection *tcp, const struct icmp_error *icmp)
{
	struct excerpt *excerpt = user;
	struct entry *entry = entry_of(excerpt, tcp->id);

	if (entry == NULL || entry->past)
		return;
	enum pick_kind kind = entry->part == PART_ALL ? PICK_WANTED : PICK_CONTEXT;
	picks_add(&excerpt->picks, &icmp->moment, KEEP_ALL, tcp->id, kind);
	pick_parts(excerpt, tcp->id, kind);
	entry->past = entry->part != PART_ALL && same_packet(&entry->until, &icmp->moment);
}

static void on_gap(void *user, const struct tcp_connection *tcp, enum direction direction, size_t length,
		   const struct moment *moment)
{
	struct excerpt *excerpt = user;
	const struct excerpt_change *change = excerpt->options.change;

	(void)moment;
	if (change != NULL && entry_of(excerpt, tcp->id) != NULL)
		change->gap(change->user, tcp, direction, length);
}

static void on_data(void *user, const struct tcp_connection *tcp, enum direction direction, const uint8_t *data,
		    size_t length)
{
	struct excerpt *excerpt = user;
	const struct excerpt_change *change = excerpt->options.change;
	const struct entry *entry = entry_of(excerpt, tcp->id);

	if (change != NULL && entry != NULL && !entry->past)
		change->data(change->user, tcp, direction, data, length);
}

static void on_packet(void *user, const struct packet *packet, const struct decode *parsed)
{
	struct excerpt *excerpt = user;

	excerpt->packet = *packet;
	excerpt->parsed = parsed;
	if (!moment_seen(&excerpt->first) || packet->moment.time < excerpt->first.time)
		excerpt->first = packet->moment;
	if (!moment_seen(&excerpt->last) || packet->moment.time >= excerpt->last.time)
		excerpt->last = packet->moment;
}

static void find_packets(struct excerpt *excerpt, const struct analysis *analysis, struct capture_set *captures,
			 const struct timeline_observer *beside)
{
	const struct timeline_observer own = {
	    .user = excerpt, .segment = on_segment, .gap = on_gap, .data = on_data, .icmp = on_icmp};
	const struct rereading rereading = {.observers = {&own, beside}, .packet = on_packet, .user = excerpt};

	excerpt->first = MOMENT_NONE;
	excerpt->last = MOMENT_NONE;
	reread(captures, analysis, &rereading);
	if (!excerpt->options.context || !moment_seen(&excerpt->first))
		return;
	picks_add(&excerpt->picks, &excerpt->first, 0, 0, PICK_BOUNDARY);
	picks_add(&excerpt->picks, &excerpt->last, 0, 0, PICK_BOUNDARY);
}

/* ---- The third reading: the file ---- */

/* A capture's interfaces by their index in it; 0: not yet written, else one more than the writer's number. */
struct known {
	uint32_t *numbers;
	size_t count, capacity;
};

struct output {
	struct excerpt *excerpt;
	const struct capture_set *captures;
	struct pcapng_writer *writer;
	struct known *known; /* of each capture */
	struct decoder *decoder;
};

static bool interface_of(struct output *output, const struct packet *packet, uint32_t *number)
{
	size_t capture = packet->moment.capture - 1u;
	const struct capture_info *info = capture_set_info(output->captures, capture);
	struct known *known = &output->known[capture];
	struct pcapng_interface interface = {.link_type = packet->link_type, .digits = info->digits};

	while (known->count <= packet->interface) {
		known->numbers = memory_grow(known->numbers, known->count, &known->capacity, sizeof *known->numbers);
		known->numbers[known->count++] = 0;
	}
	if (known->numbers[packet->interface] == 0) {
		if (packet->interface < info->interface_count) {
			const struct capture_interface *from = &info->interfaces[packet->interface];
			interface.snap_length = from->snap_length;
			/* What people call their interfaces may tell who they are. */
			bool private = output->excerpt->options.change != NULL;
			interface.name = private ? NULL : from->name;
			interface.description = private ? NULL : from->description;
			interface.filter = private ? NULL : from->filter;
		}
		if (!pcapng_interface(output->writer, &interface, number))
			return false;
		known->numbers[packet->interface] = *number + 1;
	}
	*number = known->numbers[packet->interface] - 1;
	return true;
}

struct said {
	struct capture_text texts[PCAPNG_COMMENTS_MAX];
	size_t count;
	char own[256];
};

static void say(struct said *said, const char *text, size_t length)
{
	if (said->count < PCAPNG_COMMENTS_MAX)
		said->texts[said->count++] = (struct capture_text){text, length};
}

/* What was said of the packet before comes first. */
static void gather(struct said *said, const struct excerpt *excerpt, const struct packet *packet,
		   const struct pick *pick)
{
	size_t count;
	const struct note *notes = picks_notes(&excerpt->picks, &packet->moment, &count);

	said->count = 0;
	for (uint32_t i = 0; i < packet->comment_count && excerpt->options.change == NULL; i++)
		say(said, packet->comments[i].text, packet->comments[i].length);
	if (pick->kind == PICK_CONTEXT_FIRST)
		snprintf(said->own, sizeof said->own,
			 "mtascope: context: #%u is shown as far as verdicts on others rest on it (frame %llu of "
			 "capture %u)",
			 pick->connection, (unsigned long long)packet->moment.frame, (unsigned)packet->moment.capture);
	else if (pick->kind == PICK_BOUNDARY)
		snprintf(
		    said->own, sizeof said->own,
		    "mtascope: context: the captures' first or last packet, without its bytes: they were watched from "
		    "then, or until then (frame %llu of capture %u)",
		    (unsigned long long)packet->moment.frame, (unsigned)packet->moment.capture);
	else
		said->own[0] = '\0';
	if (said->own[0] != '\0')
		say(said, said->own, strlen(said->own));
	for (size_t i = 0; i < count; i++)
		say(said, notes[i].text, strlen(notes[i].text));
}

static bool write_packet(struct output *output, const struct packet *from, const struct pick *pick)
{
	struct excerpt *excerpt = output->excerpt;
	const struct excerpt_change *change = excerpt->options.change;
	struct pcapng_packet packet = {.time = from->moment.time, .flags = from->flags};
	struct packet changed = *from;
	struct decode parsed;
	struct said said;

	/* The decoder must see every packet, for the fragments. */
	if (change != NULL)
		decode_packet(output->decoder, from, &parsed);
	if (pick == NULL)
		return true;
	if (change != NULL &&
	    !change->packet(change->user, &changed, &parsed, pick->connection, pick->keep != KEEP_ALL))
		return true;
	gather(&said, excerpt, from, pick);
	packet.data = changed.data;
	packet.captured =
	    pick->keep < changed.captured && (change == NULL || pick->keep == 0) ? pick->keep : changed.captured;
	packet.length = changed.length;
	packet.comments = said.texts;
	packet.comment_count = said.count;
	excerpt->packets++;
	return interface_of(output, &changed, &packet.interface) && pcapng_packet(output->writer, &packet);
}

static void write_section(struct output *output, const struct analysis *analysis)
{
	static const char mark[] =
	    CAPTURE_MARK_FAILURES ", or that were asked for: nothing here tells what others got, or of load";
	struct words words = {.length = 0};
	static const char batches[] = CAPTURE_MARK_BATCHES " as in the capture: times go back; `reordercap` sorts them";
	struct capture_text comments[3];
	size_t count = 0;
	const struct excerpt *excerpt = output->excerpt;
	bool in_batches = false;

	words_add(&words,
		  "mtascope: an excerpt of %llu of %llu connections; with each comment stands the frame in the capture",
		  (unsigned long long)excerpt->connections, (unsigned long long)analysis->summary.connections);
	for (size_t i = 0; i < capture_set_count(output->captures) && excerpt->options.change == NULL; i++) {
		const char *name = path_name(capture_set_info(analysis->captures, i)->file);
		words_add(&words, "%s%zu: %s", i == 0 ? "; captures " : ", ", i + 1, name);
	}
	if (excerpt->options.change != NULL)
		words_add(&words, "; redacted");
	comments[count++] = (struct capture_text){words.text, words.length};
	if (!excerpt->options.context || analysis->summary.failures_only)
		comments[count++] = (struct capture_text){mark, strlen(mark)};
	for (size_t i = 0; i < capture_set_count(output->captures); i++)
		in_batches = in_batches || capture_set_info(analysis->captures, i)->batches;
	if (in_batches)
		comments[count++] = (struct capture_text){batches, strlen(batches)};
	pcapng_section(output->writer, &(const struct pcapng_section){.application = "mtascope " MTASCOPE_VERSION,
								      .comments = comments,
								      .comment_count = count});
}

static bool write_packets(struct output *output, struct capture_set *captures, uint64_t *met)
{
	const struct excerpt *excerpt = output->excerpt;
	struct packet packet;

	*met = 0;
	while (*met < excerpt->picks.count && capture_set_next(captures, &packet)) {
		const struct pick *pick = picks_find(&excerpt->picks, &packet.moment);
		*met += pick != NULL;
		if (!write_packet(output, &packet, pick))
			return false;
	}
	return pcapng_flush(output->writer);
}

static bool fail(char **error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(char **error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(error, format, arguments) < 0)
		*error = NULL;
	va_end(arguments);
	return false;
}

static bool write_file(struct excerpt *excerpt, const struct analysis *analysis, struct capture_set *captures,
		       struct pcapng_writer *writer, char **error)
{
	size_t count = capture_set_count(captures);
	struct output output = {.excerpt = excerpt, .captures = captures, .writer = writer};
	uint64_t met;

	output.known = memory_get_zeroed(count + 1, sizeof *output.known);
	output.decoder = excerpt->options.change == NULL ? NULL : decoder_new();
	write_section(&output, analysis);
	bool written = write_packets(&output, captures, &met);
	for (size_t i = 0; i < count; i++)
		free(output.known[i].numbers);
	free(output.known);
	decoder_free(output.decoder);
	if (!written)
		return fail(error, "the excerpt could not be written whole: %s", strerror(pcapng_error(writer)));
	if (met != excerpt->picks.count)
		return fail(error, "a capture changed while it was read: the excerpt lacks packets");
	return true;
}

/* The captures for the next reading of two: one to understand them, one to copy their packets as they stand. */
static struct capture_set *open_again(const struct excerpt_input *input, size_t reading, char **error)
{
	struct capture_set *captures = input->prepared[reading];

	if (captures == NULL)
		captures = capture_set_prepare(input->paths, input->count, input->filter, error);
	if (captures == NULL)
		return NULL;
	if (reading == 1)
		capture_set_as_stored(captures);
	return capture_set_start(captures, error) ? captures : NULL;
}

bool excerpt_write(struct excerpt *excerpt, const struct analysis *analysis, const struct excerpt_input *input,
		   pcapng_sink *sink, void *user, char **error)
{
	struct capture_set *captures = open_again(input, 0, error);

	if (captures == NULL) {
		capture_set_close(input->prepared[1]);
		return false;
	}
	note_incidents(excerpt, analysis);
	find_packets(excerpt, analysis, captures, input->beside);
	capture_set_close(captures);
	picks_sort(&excerpt->picks);
	captures = open_again(input, 1, error);
	if (captures == NULL)
		return false;
	struct pcapng_writer *writer = pcapng_writer_new(sink, user);
	bool good = write_file(excerpt, analysis, captures, writer, error);
	pcapng_writer_free(writer);
	capture_set_close(captures);
	return good;
}
