/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "evidence/redact.h"

#include "base/memory.h"
#include "evidence/payload.h"
#include "evidence/pseudonym.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

/* One direction of a connection. */
struct flow {
	uint32_t start; /* sequence number of its first byte */
	bool known;
	uint8_t *bytes; /* as captured; once redacted, what is shown */
	size_t length, capacity;
	bool redacted;
};

struct connection_flows {
	struct endpoint client;
	struct flow flow[DIRECTIONS];
};

struct redactor {
	struct pseudonyms *pseudonyms;
	struct excerpt_change change;
	struct connection_flows *connections; /* by id */
	size_t count, capacity;
	size_t bytes; /* of all flows */
	char **names; /* a hash table of twice REDACT_NAMES places */
	size_t name_count;
	uint8_t *frame; /* the packet that was made last */
	size_t frame_capacity, frame_length;
};

/* ---- Names ---- */

static size_t place_of_name(const struct redactor *redactor, const char *name, size_t length)
{
	uint32_t hash = UINT32_C(2166136261);
	size_t place;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * UINT32_C(16777619);
	for (place = hash % (2 * REDACT_NAMES); redactor->names[place] != NULL;
	     place = (place + 1) % (2 * REDACT_NAMES))
		if (strlen(redactor->names[place]) == length && memcmp(redactor->names[place], name, length) == 0)
			break;
	return place;
}

static void add_name(struct redactor *redactor, const char *name, size_t length)
{
	if (length == 0 || redactor->name_count == REDACT_NAMES)
		return;
	size_t place = place_of_name(redactor, name, length);
	if (redactor->names[place] != NULL)
		return;
	redactor->names[place] = memory_text(name, length);
	redactor->name_count++;
}

/* "/C=US/A= /P=CORP/": each value. */
static void add_domain(struct redactor *redactor, const char *domain)
{
	for (const char *part = strchr(domain, '='); part != NULL; part = strchr(part, '=')) {
		part++;
		add_name(redactor, part, strcspn(part, "/"));
	}
}

static void add_identifier(struct redactor *redactor, const struct p1_identifier *identifier)
{
	add_domain(redactor, identifier->domain);
	add_name(redactor, identifier->local, strlen(identifier->local));
}

static bool is_name(void *user, const uint8_t *bytes, size_t length)
{
	const struct redactor *redactor = user;

	return length > 0 && redactor->names[place_of_name(redactor, (const char *)bytes, length)] != NULL;
}

static void on_judged(void *user, const struct connection *connection)
{
	struct redactor *redactor = user;
	const struct association_details *association = connection->association;

	if (association != NULL) {
		add_name(redactor, association->initiator, strlen(association->initiator));
		add_name(redactor, association->responder, strlen(association->responder));
	}
	for (uint32_t i = 0; i < connection->transfers.count; i++) {
		const struct transfer *transfer = connection->transfers.kept[i];
		add_identifier(redactor, &transfer->apdu.id);
		if (transfer->subject != NULL)
			add_identifier(redactor, transfer->subject);
	}
}

/* ---- Streams ---- */

static struct flow *flow_of(struct redactor *redactor, const struct tcp_connection *tcp, enum direction direction)
{
	while (redactor->count <= tcp->id) {
		redactor->connections = memory_grow(redactor->connections, redactor->count, &redactor->capacity,
						    sizeof *redactor->connections);
		redactor->connections[redactor->count++] = (struct connection_flows){0};
	}
	struct connection_flows *flows = &redactor->connections[tcp->id];
	struct flow *flow = &flows->flow[direction];
	flows->client = tcp->client;
	if (!flow->known) {
		flow->start = tcp->half[direction].order.start;
		flow->known = true;
	}
	return flow;
}

/* Adds bytes, or zeros in their place. */
static void add_bytes(struct redactor *redactor, struct flow *flow, const uint8_t *data, size_t length)
{
	if (flow->length + length > REDACT_STREAM)
		length = REDACT_STREAM - flow->length;
	if (redactor->bytes + length > REDACT_STREAMS)
		length = REDACT_STREAMS - redactor->bytes;
	while (flow->capacity < flow->length + length) {
		flow->capacity = flow->capacity == 0 ? 512 : flow->capacity * 2;
		flow->bytes = memory_resize(flow->bytes, flow->capacity);
	}
	if (length == 0)
		return;
	if (data != NULL)
		memcpy(flow->bytes + flow->length, data, length);
	else
		memset(flow->bytes + flow->length, 0, length);
	flow->length += length;
	redactor->bytes += length;
}

static void on_data(void *user, const struct tcp_connection *tcp, enum direction direction, const uint8_t *data,
		    size_t length)
{
	add_bytes(user, flow_of(user, tcp, direction), data, length);
}

static void on_gap(void *user, const struct tcp_connection *tcp, enum direction direction, size_t length)
{
	add_bytes(user, flow_of(user, tcp, direction), NULL, length);
}

static void redact_flow(struct redactor *redactor, struct flow *flow)
{
	const struct payload_rules rules = {redactor->pseudonyms, is_name, redactor};

	if (flow->redacted)
		return;
	uint8_t *out = memory_get_zeroed(flow->length + 1, 1);
	payload_redact(&rules, flow->bytes, out, flow->length);
	free(flow->bytes);
	flow->bytes = out;
	flow->redacted = true;
}

/* ---- Packets, made anew: what is not put in is not there ---- */

static void put(struct redactor *redactor, const void *data, size_t length)
{
	while (redactor->frame_capacity < redactor->frame_length + length) {
		redactor->frame_capacity = redactor->frame_capacity == 0 ? 2048 : redactor->frame_capacity * 2;
		redactor->frame = memory_resize(redactor->frame, redactor->frame_capacity);
	}
	if (length == 0)
		return;
	if (data != NULL)
		memcpy(redactor->frame + redactor->frame_length, data, length);
	else
		memset(redactor->frame + redactor->frame_length, 0, length);
	redactor->frame_length += length;
}

static void put_number(struct redactor *redactor, uint64_t number, size_t length)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(number >> 8 * (length - 1 - i));
	put(redactor, bytes, length);
}

static void put_address(struct redactor *redactor, const struct address *address)
{
	struct address pseudonym = *address;

	pseudonym_address(redactor->pseudonyms, &pseudonym);
	put(redactor, pseudonym.bytes, address->family == 4 ? 4 : 16);
}

/* RFC 1071 */
static uint32_t sum_of(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
		sum = (sum & 0xffffU) + (sum >> 16);
	}
	return sum;
}

static void set_checksum(struct redactor *redactor, size_t at, uint32_t sum)
{
	sum = (sum & 0xffffU) + (sum >> 16);
	sum = ~((sum & 0xffffU) + (sum >> 16)) & 0xffffU;
	redactor->frame[at] = (uint8_t)(sum >> 8);
	redactor->frame[at + 1] = (uint8_t)sum;
}

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, TCP_HEADER = 20, PROTOCOL_TCP = 6, ETHERNET_ADDRESSES = 12 };

/* Of a frame of Ethernet its own addresses; of what came by another link, ones that the IP addresses make. */
static void put_ethernet(struct redactor *redactor, const struct packet *packet, const struct vlan_path *vlan,
			 const struct address *source, const struct address *destination)
{
	uint8_t macs[ETHERNET_ADDRESSES] = {0};

	if (packet->link_type == DLT_EN10MB && packet->captured >= sizeof macs) {
		memcpy(macs, packet->data, sizeof macs);
	} else {
		memcpy(macs + 2, destination->bytes, 4);
		memcpy(macs + 8, source->bytes, 4);
	}
	pseudonym_mac(redactor->pseudonyms, macs);
	pseudonym_mac(redactor->pseudonyms, macs + 6);
	put(redactor, macs, sizeof macs);
	for (unsigned i = 0; i < vlan->count && i < VLAN_TAGS; i++) {
		put_number(redactor, 0x8100, 2);
		put_number(redactor, vlan->id[i] & 0x0fffU, 2);
	}
	put_number(redactor, source->family == 4 ? 0x0800 : 0x86dd, 2);
}

/* A header for so many bytes; 0 where IPv4 cannot say it, as offloading network cards do. */
static void put_ip(struct redactor *redactor, const struct segment *segment, uint8_t protocol,
		   const struct address *source, const struct address *destination, size_t length)
{
	size_t at = redactor->frame_length;

	if (source->family == 4) {
		size_t total = IPV4_HEADER + length;
		put_number(redactor, 0x4500, 2);
		put_number(redactor, total > 65535 ? 0 : total, 2);
		put_number(redactor, segment->has_ip_id ? segment->ip_id : 0, 2);
		put_number(redactor, 0x4000, 2); /* don't fragment */
		put_number(redactor, segment->hop_limit, 1);
		put_number(redactor, protocol, 1);
		put_number(redactor, 0, 2);
		put_address(redactor, source);
		put_address(redactor, destination);
		set_checksum(redactor, at + 10, sum_of(redactor->frame + at, IPV4_HEADER));
	} else {
		put_number(redactor, 0x60000000, 4);
		put_number(redactor, length > 65535 ? 0 : length, 2);
		put_number(redactor, protocol, 1);
		put_number(redactor, segment->hop_limit, 1);
		put_address(redactor, source);
		put_address(redactor, destination);
	}
}

/* RFC 793 3.1, RFC 8200 8.1: addresses, protocol and length count in, too. The addresses end at ip_end. */
static uint32_t pseudo_header(const struct redactor *redactor, size_t ip_end, uint8_t family, uint8_t protocol,
			      size_t length)
{
	size_t addresses = family == 4 ? 8 : 32;

	return sum_of(redactor->frame + ip_end - addresses, addresses) + protocol + (uint32_t)(length & 0xffffU) +
	       (uint32_t)(length >> 16);
}

/* Options that say nothing of who sent them: MSS, window scale, SACK, timestamps. The others become padding. */
static void put_options(struct redactor *redactor, const struct segment *segment)
{
	const uint8_t *options = segment->options;
	size_t at = redactor->frame_length;
	uint8_t length = segment->options_length;

	if (options == NULL && segment->has_timestamp) {
		put_number(redactor, 0x0101080a, 4);
		put_number(redactor, segment->timestamp, 4);
		put_number(redactor, 0, 4);
		return;
	}
	put(redactor, NULL, length);
	memset(redactor->frame + at, 1, length);
	for (unsigned i = 0; i < length && options[i] != 0;) {
		unsigned size = options[i] == 1 || i + 1u >= length ? 1 : options[i + 1];
		bool known =
		    options[i] == 2 || options[i] == 3 || options[i] == 4 || options[i] == 5 || options[i] == 8;
		if (size < 1 || i + size > length || (size == 1 && options[i] != 1))
			break;
		if (known)
			memcpy(redactor->frame + at + i, options + i, size);
		i += size;
	}
}

/* What the stream shows in the place of the segment's bytes. */
static void put_payload(struct redactor *redactor, const struct segment *segment, uint32_t connection)
{
	size_t at = redactor->frame_length;

	put(redactor, NULL, segment->payload_captured);
	if (connection >= redactor->count)
		return;
	struct connection_flows *flows = &redactor->connections[connection];
	bool from_client =
	    flows->client.port == segment->source.port && address_equal(&flows->client.ip, &segment->source.ip);
	struct flow *flow = &flows->flow[from_client ? FROM_CLIENT : FROM_SERVER];
	if (!flow->known || flow->length == 0)
		return;
	redact_flow(redactor, flow);
	int64_t offset = (int32_t)(segment->seq + ((segment->flags & TCP_SYN) != 0) - flow->start);
	for (uint32_t i = 0; i < segment->payload_captured; i++)
		if (offset + i >= 0 && (size_t)(offset + i) < flow->length)
			redactor->frame[at + i] = flow->bytes[offset + i];
}

/* Returns the length on the wire. */
static size_t put_segment(struct redactor *redactor, const struct packet *packet, const struct segment *segment,
			  uint32_t connection, bool headers)
{
	bool made = segment->options == NULL && segment->has_timestamp;
	size_t options = made ? 12 : segment->options_length;
	size_t length = TCP_HEADER + options + segment->payload_length;

	put_ethernet(redactor, packet, &segment->vlan, &segment->source.ip, &segment->destination.ip);
	put_ip(redactor, segment, PROTOCOL_TCP, &segment->source.ip, &segment->destination.ip, length);
	size_t at = redactor->frame_length;
	put_number(redactor, segment->source.port, 2);
	put_number(redactor, segment->destination.port, 2);
	put_number(redactor, segment->seq, 4);
	put_number(redactor, segment->ack, 4);
	put_number(redactor, (TCP_HEADER + options) / 4 << 12 | segment->flags, 2);
	put_number(redactor, segment->window, 2);
	put_number(redactor, 0, 4);
	put_options(redactor, segment);
	if (!headers)
		put_payload(redactor, segment, connection);
	set_checksum(redactor, at + 16,
		     sum_of(redactor->frame + at, redactor->frame_length - at) +
			 pseudo_header(redactor, at, segment->source.ip.family, PROTOCOL_TCP, length));
	return at + length;
}

/* RFC 792, RFC 4443 3.1: the header, and of the segment that it is about as much as must be there. */
static size_t put_icmp(struct redactor *redactor, const struct packet *packet, const struct decode *parsed)
{
	const struct icmp_error *icmp = &parsed->icmp;
	bool old = icmp->version == 4;
	uint8_t protocol = old ? 1 : 58;
	size_t length = 8u + (old ? IPV4_HEADER : IPV6_HEADER) + 8u;

	put_ethernet(redactor, packet, &parsed->segment.vlan, &icmp->from, &icmp->source.ip);
	put_ip(redactor, &parsed->segment, protocol, &icmp->from, &icmp->source.ip, length);
	size_t at = redactor->frame_length;
	put_number(redactor, icmp->type, 1);
	put_number(redactor, icmp->code, 1);
	put_number(redactor, 0, 6);
	put_ip(redactor, &(const struct segment){.hop_limit = 1}, PROTOCOL_TCP, &icmp->source.ip, &icmp->destination.ip,
	       TCP_HEADER);
	put_number(redactor, icmp->source.port, 2);
	put_number(redactor, icmp->destination.port, 2);
	put_number(redactor, icmp->seq, 4);
	set_checksum(redactor, at + 2,
		     sum_of(redactor->frame + at, redactor->frame_length - at) +
			 (old ? 0 : pseudo_header(redactor, at, 6, protocol, length)));
	return at + length;
}

static bool on_packet(void *user, struct packet *packet, const struct decode *parsed, uint32_t connection, bool headers)
{
	struct redactor *redactor = user;

	redactor->frame_length = 0;
	if (parsed->kind == DECODED_SEGMENT && connection != 0)
		packet->length = (uint32_t)put_segment(redactor, packet, &parsed->segment, connection, headers);
	else if (parsed->kind == DECODED_ICMP && connection != 0)
		packet->length = (uint32_t)put_icmp(redactor, packet, parsed);
	else if (connection != 0)
		return false; /* an earlier fragment: what it brought is in the segment that the last one ended */
	packet->link_type = DLT_EN10MB;
	packet->data = redactor->frame;
	packet->captured = (uint32_t)redactor->frame_length;
	return true;
}

/* ---- The rest ---- */

struct redactor *redactor_new(const void *key, size_t length)
{
	struct redactor *redactor = memory_get_zeroed(1, sizeof *redactor);

	redactor->pseudonyms = pseudonyms_new(key, length);
	redactor->names = memory_get_zeroed(2 * REDACT_NAMES, sizeof(char *));
	redactor->change = (struct excerpt_change){
	    .user = redactor, .judged = on_judged, .data = on_data, .gap = on_gap, .packet = on_packet};
	return redactor;
}

void redactor_free(struct redactor *redactor)
{
	if (redactor == NULL)
		return;
	for (size_t i = 0; i < redactor->count; i++)
		for (int d = 0; d < DIRECTIONS; d++)
			free(redactor->connections[i].flow[d].bytes);
	for (size_t i = 0; i < 2 * REDACT_NAMES; i++)
		free(redactor->names[i]);
	free(redactor->connections);
	free(redactor->names);
	free(redactor->frame);
	pseudonyms_free(redactor->pseudonyms);
	free(redactor);
}

const struct excerpt_change *redactor_change(struct redactor *redactor)
{
	return &redactor->change;
}

void redact_address(const struct redactor *redactor, struct address *address)
{
	pseudonym_address(redactor->pseudonyms, address);
}

void redact_address_back(const struct redactor *redactor, struct address *address)
{
	pseudonym_address_back(redactor->pseudonyms, address);
}

void redact_name(const struct redactor *redactor, char *name, size_t length)
{
	pseudonym_words(redactor->pseudonyms, name, length);
}

void redact_options(const struct redactor *redactor, struct analysis_options *options)
{
	struct address *mtas = memory_get((options->mta_count + 1) * sizeof *mtas);

	for (size_t i = 0; i < options->mta_count; i++) {
		mtas[i] = options->mtas[i];
		redact_address(redactor, &mtas[i]);
	}
	options->mtas = mtas;
}

void redact_options_free(struct analysis_options *options)
{
	free(options->mtas);
}
