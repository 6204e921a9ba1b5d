/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/handover.h"

#include "base/memory.h"

#include <string.h>

enum { NOT_DECODED = DECODED_KINDS };

#define NO_OPTIONS UINT32_MAX

/*
 * A packet; its bytes follow, after its segment where there is one. Where that one's payload and options stand is
 * counted from the packet's first byte.
 */
struct packet_head {
	int64_t time;
	uint64_t frame;
	uint64_t hash[2];
	uint32_t capture, captured, length, interface, link, flags;
	int32_t link_type;
	uint32_t decoded; /* enum decoded, or NOT_DECODED */
	uint32_t payload, options;
};

/*
 * The same of nearly all packets, in one line of the processor's cache with the hash left out, which follows where
 * there is one. What is not said here is as in the packet before. The packet's bytes stand at the chunk's end, so that
 * they come into the cache of who takes them only as far as they are read.
 */
struct lean_head {
	struct moment moment;
	uint8_t source[4], destination[4];
	uint16_t source_port, destination_port;
	uint32_t seq, ack, timestamp;
	uint16_t ip_id, window, checksum, flags;            /* flags: with LEAN_TIMESTAMP */
	uint16_t payload_length, payload_captured, payload; /* payload: where it begins in the packet */
	uint16_t captured, length;
	uint8_t hop_limit, options_length; /* the options end where the payload begins */
	uint32_t bytes;                    /* where the packet stands in the chunk */
};

enum { LEAN_TIMESTAMP = 1 << 15, LEAN_FLAGS = 0x01ff };

/* A packet that only counts; its hash follows, where there is one. */
struct light_head {
	struct moment moment;
	uint16_t source_port, destination_port, flags;
	uint16_t decoded;
};

_Static_assert(sizeof(struct lean_head) == 64, "one line of the cache");

struct info_head {
	uint64_t packets, cut_packets, reordered, drops, bytes, problems_left_off;
	int64_t first, last;
	uint32_t capture, digits, link_count, problem_count;
	uint8_t clock, has_drops, complete, compressed, failures_only, batches;
};

struct link_head {
	uint64_t packets;
	int32_t type;
	char name[sizeof((struct capture_link *)0)->name];
};

struct problem_head {
	uint64_t offset;
	uint32_t has_offset, length;
};

struct capture_number {
	uint32_t capture, value;
};

/* ---- Packets ---- */

/* Where the stretch begins in the packet. False: not within it. */
static bool stands_in(const struct packet *packet, const uint8_t *bytes, size_t length, uint32_t *at)
{
	uintptr_t begin = (uintptr_t)packet->data;
	uintptr_t where = (uintptr_t)bytes;

	if (length == 0) {
		*at = 0;
		return true;
	}
	if (where < begin || where - begin > packet->captured || length > packet->captured - (where - begin))
		return false;
	*at = (uint32_t)(where - begin);
	return true;
}

static bool place_segment(struct packet_head *head, const struct packet *packet, const struct segment *segment)
{
	head->options = NO_OPTIONS;
	return stands_in(packet, segment->payload, segment->payload_captured, &head->payload) &&
	       (segment->options == NULL ||
		stands_in(packet, segment->options, segment->options_length, &head->options));
}

static bool put_full(struct channel *channel, struct handover_like *like, const struct packet *packet,
		     const struct decode *decode, const uint64_t hash[2])
{
	struct packet_head head = {.time = packet->moment.time,
				   .frame = packet->moment.frame,
				   .hash = {hash == NULL ? 0 : hash[0], hash == NULL ? 0 : hash[1]},
				   .capture = packet->moment.capture,
				   .captured = packet->captured,
				   .length = packet->length,
				   .interface = packet->interface,
				   .link = packet->link,
				   .flags = packet->flags,
				   .link_type = packet->link_type,
				   .decoded =
				       decode == NULL || decode->kind == DECODED_ICMP ? NOT_DECODED : decode->kind};

	if (head.decoded == DECODED_SEGMENT && !place_segment(&head, packet, &decode->segment))
		head.decoded = NOT_DECODED;
	size_t more = head.decoded == DECODED_SEGMENT ? sizeof decode->segment : 0;
	uint8_t *out = channel_put(channel, HANDOVER_PACKET, sizeof head + more + packet->captured);
	if (out == NULL)
		return false;
	memcpy(out, &head, sizeof head);
	if (more > 0)
		memcpy(out + sizeof head, &decode->segment, sizeof decode->segment);
	if (packet->captured > 0)
		memcpy(out + sizeof head + more, packet->data, packet->captured);
	*like = (struct handover_like){true, packet->link_type, packet->interface, packet->link, packet->flags};
	return true;
}

static bool is_like(const struct handover_like *like, const struct packet *packet)
{
	return like->known && packet->link_type == like->link_type && packet->interface == like->interface &&
	       packet->link == like->link && packet->flags == like->flags;
}

/* Where the payload begins, which is where the options end. False: they are apart. */
static bool lean_place(const struct packet *packet, const struct segment *segment, uint32_t *payload)
{
	uint32_t options = 0;

	if (segment->options != NULL && !stands_in(packet, segment->options, segment->options_length, &options))
		return false;
	*payload = segment->options == NULL ? 0 : options + segment->options_length;
	uint32_t end = *payload;
	return segment->payload_captured == 0 ||
	       (stands_in(packet, segment->payload, segment->payload_captured, payload) &&
		(segment->options == NULL || *payload == end));
}

static bool is_lean(const struct packet *packet, const struct segment *segment)
{
	return segment->source.ip.family == 4 && segment->destination.ip.family == 4 && segment->has_ip_id &&
	       segment->vlan.count == 0 && (segment->flags & ~(unsigned)LEAN_FLAGS) == 0 &&
	       packet->captured <= UINT16_MAX && packet->length <= UINT16_MAX &&
	       segment->payload_length <= UINT16_MAX && segment->payload_captured <= segment->payload_length;
}

static bool put_lean(struct channel *channel, const struct packet *packet, const struct segment *segment,
		     uint32_t payload, const uint64_t hash[2])
{
	struct lean_head head = {.moment = packet->moment,
				 .source_port = segment->source.port,
				 .destination_port = segment->destination.port,
				 .seq = segment->seq,
				 .ack = segment->ack,
				 .timestamp = segment->has_timestamp ? segment->timestamp : 0,
				 .ip_id = segment->ip_id,
				 .window = segment->window,
				 .checksum = segment->checksum,
				 .flags = (uint16_t)(segment->flags | (segment->has_timestamp ? LEAN_TIMESTAMP : 0)),
				 .payload_length = (uint16_t)segment->payload_length,
				 .payload_captured = (uint16_t)segment->payload_captured,
				 .payload = (uint16_t)payload,
				 .captured = (uint16_t)packet->captured,
				 .length = (uint16_t)packet->length,
				 .hop_limit = segment->hop_limit,
				 .options_length = segment->options == NULL ? 0 : segment->options_length};
	size_t size = sizeof head + (hash == NULL ? 0 : 2 * sizeof hash[0]);
	uint8_t *bytes;

	memcpy(head.source, segment->source.ip.bytes, sizeof head.source);
	memcpy(head.destination, segment->destination.ip.bytes, sizeof head.destination);
	uint8_t *out = channel_put_bytes(channel, HANDOVER_LEAN, size, packet->captured, &head.bytes, &bytes);
	if (out == NULL)
		return false;
	memcpy(out, &head, sizeof head);
	if (hash != NULL)
		memcpy(out + sizeof head, hash, 2 * sizeof hash[0]);
	memcpy(bytes, packet->data, packet->captured);
	return true;
}

static bool put_light(struct channel *channel, const struct packet *packet, const struct decode *decode,
		      const uint64_t hash[2])
{
	struct light_head head = {.moment = packet->moment, .decoded = (uint16_t)decode->kind};
	size_t size = sizeof head + (hash == NULL ? 0 : 2 * sizeof hash[0]);

	if (decode->kind == DECODED_SEGMENT) {
		head.source_port = decode->segment.source.port;
		head.destination_port = decode->segment.destination.port;
		head.flags = decode->segment.flags;
	}
	uint8_t *out = channel_put(channel, HANDOVER_LIGHT, size);
	if (out == NULL)
		return false;
	memcpy(out, &head, sizeof head);
	if (hash != NULL)
		memcpy(out + sizeof head, hash, 2 * sizeof hash[0]);
	return true;
}

bool handover_packet(struct channel *channel, struct handover_like *like, const struct packet *packet,
		     const struct decode *decode, bool light, const uint64_t hash[2])
{
	uint32_t payload;

	if (light)
		return put_light(channel, packet, decode, hash);
	if (decode != NULL && decode->kind == DECODED_SEGMENT && is_like(like, packet) &&
	    is_lean(packet, &decode->segment) && lean_place(packet, &decode->segment, &payload))
		return put_lean(channel, packet, &decode->segment, payload, hash);
	return put_full(channel, like, packet, decode, hash);
}

/* Copies a head out. */
static bool take(struct cursor *message, void *head, size_t size)
{
	const uint8_t *bytes = cursor_take(message, size);

	if (bytes != NULL)
		memcpy(head, bytes, size);
	return bytes != NULL;
}

/* What is neither true nor false must not be looked at as a bool. */
static bool is_bool(const struct segment *segment, size_t offset)
{
	return ((const uint8_t *)segment)[offset] <= 1;
}

static bool take_segment(const struct packet_head *head, const struct packet *packet, struct segment *segment)
{
	struct cursor payload = cursor_over(packet->data, packet->captured);
	struct cursor options = payload;

	if (!is_bool(segment, offsetof(struct segment, has_ip_id)) ||
	    !is_bool(segment, offsetof(struct segment, has_timestamp)) || segment->vlan.count > VLAN_TAGS ||
	    segment->payload_captured > segment->payload_length)
		return false;
	cursor_skip(&payload, head->payload);
	segment->moment = packet->moment;
	segment->payload = cursor_take(&payload, segment->payload_captured);
	segment->options = NULL;
	if (head->options == NO_OPTIONS) {
		segment->options_length = 0;
		return cursor_good(&payload);
	}
	cursor_skip(&options, head->options);
	segment->options = cursor_take(&options, segment->options_length);
	return cursor_good(&payload) && cursor_good(&options);
}

static bool take_full(struct cursor message, struct handover_like *like, struct packet *packet, struct decode *decode,
		      uint64_t hash[2])
{
	struct packet_head head;

	/* Where an ICMP error's parts stand is not handed over: it is decoded here. */
	if (!take(&message, &head, sizeof head) || head.decoded > NOT_DECODED || head.decoded == DECODED_ICMP ||
	    (head.capture & CAPTURE_MAX) == 0)
		return false;
	if (head.decoded == DECODED_SEGMENT && !take(&message, &decode->segment, sizeof decode->segment))
		return false;
	*packet = (struct packet){.moment = moment_at(head.time, head.frame, head.capture),
				  .link_type = head.link_type,
				  .data = cursor_take(&message, head.captured),
				  .captured = head.captured,
				  .length = head.length,
				  .interface = head.interface,
				  .link = head.link,
				  .flags = head.flags};
	if (!cursor_good(&message) || head.captured > head.length)
		return false;
	hash[0] = head.hash[0];
	hash[1] = head.hash[1];
	*like = (struct handover_like){true, head.link_type, head.interface, head.link, head.flags};
	if (head.decoded == NOT_DECODED)
		return true;
	decode->kind = (enum decoded)head.decoded;
	decode->part_count = 0;
	packet->decoded = decode;
	return head.decoded != DECODED_SEGMENT || take_segment(&head, packet, &decode->segment);
}

/* What follows a head; where there is none it stays what it was: nobody asks. */
static bool take_hash(const struct cursor *message, size_t head, uint64_t hash[2])
{
	if (message->captured == head)
		return true;
	const uint8_t *copied = cursor_stretch(message, head, 2 * sizeof hash[0]);
	if (copied != NULL)
		memcpy(hash, copied, 2 * sizeof hash[0]);
	return copied != NULL;
}

/* Field by field, here and below: what is made elsewhere first and copied then takes half as long again. */
static void set_endpoint(struct endpoint *endpoint, const uint8_t address[4], uint16_t port)
{
	endpoint->ip.family = 4;
	memcpy(endpoint->ip.bytes, address, 4);
	memset(endpoint->ip.bytes + 4, 0, sizeof endpoint->ip.bytes - 4);
	endpoint->port = port;
}

/* What is read of nearly every payload is on its way while the packets before are dealt with. */
static void fetch(const uint8_t *payload, size_t length)
{
	enum { LINE = 64 };

	if (length > 0)
		__builtin_prefetch(payload);
	if (length >= LINE)
		__builtin_prefetch(payload + LINE - 1);
}

static inline bool take_lean(const struct cursor *message, const struct cursor *bytes, const struct handover_like *like,
			     struct packet *packet, struct decode *decode, uint64_t hash[2])
{
	struct segment *segment = &decode->segment;
	const uint8_t *copied = cursor_stretch(message, 0, sizeof(struct lean_head));
	struct lean_head head;

	if (copied == NULL || !like->known)
		return false;
	memcpy(&head, copied, sizeof head);
	struct cursor in = cursor_over(cursor_stretch(bytes, head.bytes, head.captured), head.captured);
	if (in.data == NULL || head.captured > head.length || head.payload_captured > head.payload_length ||
	    head.options_length > head.payload || head.moment.capture == 0)
		return false;
	segment->payload = cursor_stretch(&in, head.payload, head.payload_captured);
	if (segment->payload == NULL || !take_hash(message, sizeof head, hash))
		return false;
	fetch(segment->payload, head.payload_captured);
	packet->moment = head.moment;
	packet->link_type = like->link_type;
	packet->data = in.data;
	packet->captured = head.captured;
	packet->length = head.length;
	packet->interface = like->interface;
	packet->link = like->link;
	packet->comments = NULL;
	packet->comment_count = 0;
	packet->flags = like->flags;
	packet->decoded = decode;
	packet->light = false;
	decode->kind = DECODED_SEGMENT;
	decode->part_count = 0;
	segment->moment = head.moment;
	set_endpoint(&segment->source, head.source, head.source_port);
	set_endpoint(&segment->destination, head.destination, head.destination_port);
	segment->vlan.count = 0;
	segment->hop_limit = head.hop_limit;
	segment->has_ip_id = true;
	segment->ip_id = head.ip_id;
	segment->seq = head.seq;
	segment->ack = head.ack;
	segment->flags = head.flags & LEAN_FLAGS;
	segment->window = head.window;
	segment->checksum = head.checksum;
	segment->has_timestamp = (head.flags & LEAN_TIMESTAMP) != 0;
	segment->timestamp = head.timestamp;
	segment->options = head.options_length == 0
			       ? NULL
			       : cursor_stretch(&in, head.payload - head.options_length, head.options_length);
	segment->options_length = head.options_length;
	segment->payload_length = head.payload_length;
	segment->payload_captured = head.payload_captured;
	return true;
}

/* Of its segment only the ports and flags are known. */
static bool take_light(const struct cursor *message, struct packet *packet, struct decode *decode, uint64_t hash[2])
{
	const uint8_t *copied = cursor_stretch(message, 0, sizeof(struct light_head));
	struct light_head head;

	if (copied == NULL)
		return false;
	memcpy(&head, copied, sizeof head);
	if (!take_hash(message, sizeof head, hash) || head.decoded >= DECODED_KINDS || head.decoded == DECODED_ICMP ||
	    head.moment.capture == 0)
		return false;
	*packet = (struct packet){.moment = head.moment, .decoded = decode, .light = true};
	decode->kind = (enum decoded)head.decoded;
	decode->part_count = 0;
	if (decode->kind != DECODED_SEGMENT)
		return true;
	decode->segment = (struct segment){.moment = head.moment,
					   .source = {.port = head.source_port},
					   .destination = {.port = head.destination_port},
					   .flags = head.flags & LEAN_FLAGS};
	return true;
}

bool handover_take_packet(uint32_t kind, const struct cursor *message, const struct cursor *bytes,
			  struct handover_like *like, struct packet *packet, struct decode *decode, uint64_t hash[2])
{
	if (kind == HANDOVER_LEAN)
		return take_lean(message, bytes, like, packet, decode, hash);
	if (kind == HANDOVER_LIGHT)
		return take_light(message, packet, decode, hash);
	return take_full(*message, like, packet, decode, hash);
}

/* ---- The captures ---- */

bool handover_digits(struct channel *channel, uint32_t capture, unsigned digits)
{
	const struct capture_number number = {capture, digits};
	uint8_t *out = channel_put(channel, HANDOVER_DIGITS, sizeof number);

	if (out != NULL)
		memcpy(out, &number, sizeof number);
	return out != NULL;
}

bool handover_take_digits(struct cursor message, uint32_t *capture, unsigned *digits)
{
	struct capture_number number;

	if (!take(&message, &number, sizeof number) || number.value > 9)
		return false;
	*capture = number.capture;
	*digits = number.value;
	return true;
}

static void put(uint8_t **out, const void *data, size_t length)
{
	memcpy(*out, data, length);
	*out += length;
}

bool handover_info(struct channel *channel, uint32_t capture, const struct capture_info *info)
{
	const char *format = info->format == NULL ? "" : info->format;
	const char *compression = info->compression == NULL ? "" : info->compression;
	struct info_head head = {.packets = info->packets,
				 .cut_packets = info->cut_packets,
				 .reordered = info->reordered,
				 .drops = info->drops,
				 .bytes = info->bytes,
				 .problems_left_off = info->problems_left_off,
				 .first = info->first,
				 .last = info->last,
				 .capture = capture,
				 .digits = info->digits,
				 .link_count = (uint32_t)info->link_count,
				 .problem_count = (uint32_t)info->problem_count,
				 .clock = (uint8_t)info->clock,
				 .has_drops = info->has_drops,
				 .complete = info->complete,
				 .compressed = info->compression != NULL,
				 .failures_only = info->failures_only,
				 .batches = info->batches};
	size_t length =
	    sizeof head + strlen(format) + strlen(compression) + 2 + info->link_count * sizeof(struct link_head);

	for (size_t i = 0; i < info->problem_count; i++)
		length += sizeof(struct problem_head) + strlen(info->problems[i].says);
	uint8_t *out = channel_put(channel, HANDOVER_INFO, length);
	if (out == NULL)
		return false;
	put(&out, &head, sizeof head);
	put(&out, format, strlen(format) + 1);
	put(&out, compression, strlen(compression) + 1);
	for (size_t i = 0; i < info->link_count; i++) {
		struct link_head link = {.packets = info->links[i].packets, .type = info->links[i].type};
		memcpy(link.name, info->links[i].name, sizeof link.name);
		put(&out, &link, sizeof link);
	}
	for (size_t i = 0; i < info->problem_count; i++) {
		const struct capture_problem *problem = &info->problems[i];
		struct problem_head place = {problem->offset, problem->has_offset, (uint32_t)strlen(problem->says)};
		put(&out, &place, sizeof place);
		put(&out, problem->says, place.length);
	}
	return true;
}

/* Up to its NUL, without the memory ever being looked at twice. */
static char *take_text(struct cursor *message)
{
	enum { TEXT = 64 };
	char text[TEXT];
	size_t length = 0;
	uint8_t byte;

	while ((byte = cursor_u8(message)) != 0 && cursor_good(message))
		if (length < TEXT)
			text[length++] = (char)byte;
	return memory_text(text, length);
}

static void take_links(struct cursor *message, struct capture_info *info, uint32_t count)
{
	for (uint32_t i = 0; i < count && cursor_good(message); i++) {
		struct link_head link;
		if (!take(message, &link, sizeof link))
			return;
		struct capture_link *to = &info->links[info->link_count++];
		*to = (struct capture_link){.type = link.type, .packets = link.packets};
		memcpy(to->name, link.name, sizeof to->name - 1);
	}
}

static void take_problems(struct cursor *message, struct capture_info *info, uint32_t count)
{
	info->problems = memory_get((count + 1) * sizeof *info->problems);
	for (uint32_t i = 0; i < count && cursor_good(message); i++) {
		struct problem_head place;
		if (!take(message, &place, sizeof place))
			return;
		const char *says = (const char *)cursor_take(message, place.length);
		if (!cursor_good(message))
			return;
		info->problems[info->problem_count++] = (struct capture_problem){
		    place.has_offset != 0, place.offset, memory_text(says == NULL ? "" : says, place.length)};
	}
}

bool handover_take_info(struct cursor message, uint32_t *capture, struct capture_info *info, char *texts[2])
{
	struct info_head head;

	if (!take(&message, &head, sizeof head) || head.link_count > CAPTURE_LINKS ||
	    head.problem_count > CAPTURE_PROBLEMS || head.digits > 9 || head.clock > CAPTURE_CLOCK_LOCAL)
		return false;
	*capture = head.capture;
	*info = (struct capture_info){.file = info->file,
				      .sha256 = info->sha256,
				      .digits = head.digits,
				      .clock = (enum capture_clock)head.clock,
				      .packets = head.packets,
				      .cut_packets = head.cut_packets,
				      .reordered = head.reordered,
				      .has_drops = head.has_drops != 0,
				      .drops = head.drops,
				      .bytes = head.bytes,
				      .first = head.first,
				      .last = head.last,
				      .failures_only = head.failures_only != 0,
				      .batches = head.batches != 0,
				      .complete = head.complete != 0,
				      .problems_left_off = head.problems_left_off};
	texts[0] = take_text(&message);
	texts[1] = take_text(&message);
	info->format = texts[0];
	info->compression = head.compressed != 0 ? texts[1] : NULL;
	take_links(&message, info, head.link_count);
	take_problems(&message, info, head.problem_count);
	return cursor_good(&message);
}

bool handover_read(struct channel *channel, uint64_t bytes)
{
	uint8_t *out = channel_put(channel, HANDOVER_READ, sizeof bytes);

	if (out != NULL)
		memcpy(out, &bytes, sizeof bytes);
	return out != NULL;
}

bool handover_take_read(struct cursor message, uint64_t *bytes)
{
	return take(&message, bytes, sizeof *bytes);
}

bool handover_failed(struct channel *channel, uint32_t capture, const char *why)
{
	size_t length = why == NULL ? 0 : strlen(why);
	uint8_t *out = channel_put(channel, HANDOVER_FAILED, sizeof capture + length);

	if (out == NULL)
		return false;
	put(&out, &capture, sizeof capture);
	put(&out, why == NULL ? "" : why, length);
	return true;
}

bool handover_take_failed(struct cursor message, uint32_t *capture, char **why)
{
	size_t length;

	if (!take(&message, capture, sizeof *capture))
		return false;
	length = cursor_left(&message);
	*why = length == 0 ? NULL : memory_text((const char *)cursor_take(&message, length), length);
	return true;
}

bool handover_end(struct channel *channel)
{
	return channel_put(channel, HANDOVER_END, 0) != NULL;
}
