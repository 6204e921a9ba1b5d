/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/part.h"

#include "base/memory.h"
#include "capture/overlap.h"
#include "capture/part_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { LEVEL = 1, BLOCK_USUAL = 1 << 18 };

/* What goes for a packet that is kept whole, unless a record says otherwise since the block's beginning. */
struct state {
	unsigned digits;
	bool failures_only;
	int link_type;
	uint32_t link, interface, flags;
};

static const struct state state_at_first = {.digits = 6};

struct part_writer {
	const char *path;
	const struct part_head *head;
	char *temporary;
	size_t block;
	struct part_bytes bytes; /* of the block that is being filled */
	struct part_bytes stored;
	ZSTD_CCtx *packer;
	struct decoder *decoder;
	struct decode decode; /* of the packet at hand */
	struct state state;
	/* Of the packet before, in this block. */
	time_ns time;
	uint64_t frame, place;
	uint64_t places, kept; /* packets so far, and those of this shard */
	bool begun, failed, ended;
};

struct part_writer *part_writer_new(const char *path, const struct part_head *head, size_t block)
{
	struct part_writer *writer = memory_get_zeroed(1, sizeof *writer);

	writer->path = path;
	writer->head = head;
	writer->block = block > 0 ? block : BLOCK_USUAL;
	writer->decoder = decoder_new();
	writer->packer = ZSTD_createCCtx();
	writer->state = state_at_first;
	if (asprintf(&writer->temporary, "%s.unfinished", path) < 0)
		writer->temporary = NULL;
	writer->failed = writer->temporary == NULL || writer->packer == NULL;
	unlink(path);
	return writer;
}

void part_writer_free(struct part_writer *writer)
{
	if (writer == NULL)
		return;
	if (writer->begun && !writer->ended)
		unlink(writer->temporary);
	decoder_free(writer->decoder);
	ZSTD_freeCCtx(writer->packer);
	free(writer->bytes.data);
	free(writer->stored.data);
	free(writer->temporary);
	free(writer);
}

/* ---- Blocks ---- */

/* It is open no longer than that takes: there may be thousands of captures. */
static bool append(struct part_writer *writer, const uint8_t *data, size_t length)
{
	int flags = writer->begun ? O_APPEND : O_CREAT | O_TRUNC;
	int file = open(writer->temporary, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	if (file < 0)
		return false;
	writer->begun = true;
	while (length > 0) {
		ssize_t written = write(file, data, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			close(file);
			return false;
		}
		data += written;
		length -= (size_t)written;
	}
	return close(file) == 0;
}

/* Writes what was put, packed where that makes it shorter. */
static void flush(struct part_writer *writer, enum part_kind kind)
{
	struct part_bytes *stored = &writer->stored;
	struct part_block block = {.kind = (uint8_t)kind, .raw = (uint32_t)writer->bytes.length};
	size_t room = ZSTD_compressBound(writer->bytes.length);

	if (writer->failed)
		return;
	stored->length = 0;
	uint8_t *out = part_room(stored, PART_BLOCK_HEAD + room);
	size_t packed = ZSTD_compressCCtx(writer->packer, out + PART_BLOCK_HEAD, room, writer->bytes.data,
					  writer->bytes.length, LEVEL);
	block.packed = !ZSTD_isError(packed) && packed < writer->bytes.length;
	block.stored = block.packed ? (uint32_t)packed : block.raw;
	if (!block.packed && block.raw > 0)
		memcpy(out + PART_BLOCK_HEAD, writer->bytes.data, block.raw);
	block.sum = part_sum(&block, out + PART_BLOCK_HEAD);
	part_block_put(out, &block);
	writer->failed = !append(writer, out, PART_BLOCK_HEAD + block.stored);
	writer->bytes.length = 0;
	writer->state = state_at_first;
	writer->time = 0;
	writer->frame = 0;
	writer->place = 0;
}

static void begin(struct part_writer *writer, const struct capture_info *info)
{
	const struct part_head *head = writer->head;
	const struct part_terms *terms = &head->terms;
	struct part_bytes *bytes = &writer->bytes;

	memcpy(part_room(bytes, PART_MAGIC_LENGTH), PART_MAGIC, PART_MAGIC_LENGTH);
	writer->failed = writer->failed || !append(writer, bytes->data, bytes->length);
	bytes->length = 0;
	part_put_text(bytes, terms->version);
	part_put(bytes, terms->any);
	part_put(bytes, terms->port_count);
	for (size_t i = 0; i < terms->port_count; i++)
		part_put(bytes, terms->ports[i]);
	part_put_text(bytes, terms->filter);
	part_put(bytes, terms->shard);
	part_put(bytes, terms->shards);
	part_put_text(bytes, head->name);
	part_put(bytes, head->size);
	part_put_signed(bytes, head->modified);
	part_put_text(bytes, info->format);
	part_put_text(bytes, info->compression);
	flush(writer, PART_HEAD);
}

/* ---- Packets ---- */

static bool is_watched(const struct part_terms *terms, uint16_t port)
{
	for (size_t i = 0; i < terms->port_count; i++)
		if (terms->ports[i] == port)
			return true;
	return terms->any;
}

static bool are_watched(const struct part_terms *terms, const struct endpoint *a, const struct endpoint *b)
{
	return is_watched(terms, a->port) || is_watched(terms, b->port);
}

/* What is kept of a packet that decoding made this of; alone: without others. */
static enum part_record record_of(const struct part_terms *terms, const struct decode *decode, bool alone)
{
	const struct segment *segment = &decode->segment;

	if (!alone)
		return PART_WHOLE;
	if (decode->kind == DECODED_ICMP)
		return are_watched(terms, &decode->icmp.source, &decode->icmp.destination) ? PART_WHOLE : PART_LIGHT;
	if (decode->kind != DECODED_SEGMENT)
		return PART_LIGHT;
	if (are_watched(terms, &segment->source, &segment->destination))
		return PART_WHOLE;
	return (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN ? PART_SYN : PART_LIGHT;
}

static uint64_t pair_hash(const struct part_terms *terms, const struct endpoint *a, const struct endpoint *b)
{
	/* The service's port; of a connection between two that are watched, or where all are, the lower one. */
	bool first = is_watched(terms, a->port), second = is_watched(terms, b->port);
	uint16_t port = first != second ? (first ? a->port : b->port) : a->port < b->port ? a->port : b->port;

	/* The same in both directions. */
	return address_hash(&a->ip, port) + address_hash(&b->ip, port);
}

/*
 * Which shard has it: that of the two hosts and the service, so that whoever calls again is found in the same one.
 * What may be a part of anything is in the first; what only counts is spread.
 */
static uint32_t shard_of(const struct part_terms *terms, const struct decode *decode, enum part_record record,
			 uint64_t digest)
{
	uint64_t hash = digest;

	if (record == PART_WHOLE && decode->kind == DECODED_SEGMENT && decode->part_count == 0)
		hash = pair_hash(terms, &decode->segment.source, &decode->segment.destination);
	else if (record == PART_WHOLE && decode->kind == DECODED_ICMP)
		hash = pair_hash(terms, &decode->icmp.source, &decode->icmp.destination);
	else if (record == PART_WHOLE)
		hash = 0;
	return (uint32_t)(hash % terms->shards) + 1;
}

static void put_state(struct part_writer *writer, const struct state *state)
{
	const struct state *old = &writer->state;

	if (state->digits == old->digits && state->failures_only == old->failures_only &&
	    state->link_type == old->link_type && state->link == old->link && state->interface == old->interface &&
	    state->flags == old->flags)
		return;
	part_put(&writer->bytes, PART_STATE);
	part_put(&writer->bytes, state->digits);
	part_put(&writer->bytes, state->failures_only);
	part_put_signed(&writer->bytes, state->link_type);
	part_put(&writer->bytes, state->link);
	part_put(&writer->bytes, state->interface);
	part_put(&writer->bytes, state->flags);
	writer->state = *state;
}

static void put_moment(struct part_writer *writer, unsigned record, const struct moment *moment)
{
	struct part_bytes *bytes = &writer->bytes;
	uint64_t frame = moment->frame;

	record |= (frame != writer->frame + 1 ? PART_HAS_FRAME : 0) |
		  (writer->places != writer->place + 1 ? PART_HAS_PLACE : 0);
	part_put(bytes, record);
	part_put_signed(bytes, moment->time - writer->time);
	if ((record & PART_HAS_FRAME) != 0)
		part_put_signed(bytes, (int64_t)(frame - writer->frame));
	if ((record & PART_HAS_PLACE) != 0)
		part_put(bytes, writer->places - writer->place);
	writer->time = moment->time;
	writer->frame = frame;
	writer->place = writer->places;
}

static void put_light(struct part_writer *writer, enum part_record record, const struct packet *packet)
{
	const struct decode *decode = &writer->decode;
	bool counts = decode->kind == DECODED_SEGMENT || decode->kind == DECODED_ICMP;

	put_moment(writer, record, &packet->moment);
	if (record == PART_SYN)
		part_put(&writer->bytes, decode->segment.destination.port);
	else
		part_put(&writer->bytes, counts ? DECODED_NOTHING : decode->kind);
	part_put_fixed(part_room(&writer->bytes, sizeof packet->digest), packet->digest, sizeof packet->digest);
}

static void put_whole(struct part_writer *writer, const struct packet *packet)
{
	struct part_bytes *bytes = &writer->bytes;
	bool cut = packet->captured != packet->length;

	put_moment(writer, PART_WHOLE | (cut ? PART_IS_CUT : 0), &packet->moment);
	part_put(bytes, packet->captured);
	if (cut)
		part_put(bytes, packet->length);
	if (packet->captured > 0)
		memcpy(part_room(bytes, packet->captured), packet->data, packet->captured);
}

bool part_writer_packet(struct part_writer *writer, const struct capture_info *info, struct packet *packet)
{
	const struct part_terms *terms = &writer->head->terms;
	bool alone = decode_alone(writer->decoder, packet, &writer->decode);
	enum part_record record = record_of(terms, &writer->decode, alone);

	if (!writer->begun)
		begin(writer, info);
	writer->places++;
	packet->light = record != PART_WHOLE;
	packet->digest = packet->light ? part_digest(packet) : 0;
	if (terms->shards > 1 && shard_of(terms, &writer->decode, record, packet->digest) != terms->shard)
		return false;
	writer->kept++;
	/* What fragments had to do with is decoded among all packets, and so is what other layers ask of an ICMP error.
	 */
	packet->decoded = alone && writer->decode.kind != DECODED_ICMP ? &writer->decode : NULL;
	struct state state = writer->state;
	state.digits = info->digits;
	state.failures_only = info->failures_only;
	if (!packet->light) {
		state.link_type = packet->link_type;
		state.link = packet->link;
		state.interface = packet->interface;
		state.flags = packet->flags;
	}
	put_state(writer, &state);
	if (packet->light)
		put_light(writer, record, packet);
	else
		put_whole(writer, packet);
	if (writer->bytes.length >= writer->block)
		flush(writer, PART_PACKETS);
	return true;
}

/* ---- The end ---- */

static void put_info(struct part_bytes *bytes, const struct capture_info *info)
{
	part_put(bytes, info->digits);
	part_put(bytes, info->clock);
	part_put(bytes, info->packets);
	part_put(bytes, info->cut_packets);
	part_put(bytes, info->reordered);
	part_put(bytes, info->has_drops);
	part_put(bytes, info->drops);
	part_put(bytes, info->bytes);
	part_put(bytes, info->first != TIME_NONE);
	part_put_signed(bytes, info->first != TIME_NONE ? info->first : 0);
	part_put_signed(bytes, info->last != TIME_NONE ? info->last : 0);
	part_put(bytes, info->failures_only);
	part_put(bytes, info->batches);
	part_put(bytes, info->complete);
	part_put(bytes, info->problems_left_off);
	part_put(bytes, info->link_count);
	for (size_t i = 0; i < info->link_count; i++) {
		part_put_signed(bytes, info->links[i].type);
		part_put(bytes, info->links[i].packets);
		part_put_text(bytes, info->links[i].name);
	}
	part_put(bytes, info->problem_count);
	for (size_t i = 0; i < info->problem_count; i++) {
		part_put(bytes, info->problems[i].has_offset);
		part_put(bytes, info->problems[i].offset);
		part_put_text(bytes, info->problems[i].says);
	}
}

void part_writer_end(struct part_writer *writer, const struct capture_info *info)
{
	if (!writer->begun)
		begin(writer, info);
	if (writer->bytes.length > 0)
		flush(writer, PART_PACKETS);
	part_put(&writer->bytes, writer->places);
	part_put(&writer->bytes, writer->kept);
	put_info(&writer->bytes, info);
	flush(writer, PART_INFO);
	part_put(&writer->bytes, info->complete);
	flush(writer, PART_END);
	if (writer->failed || rename(writer->temporary, writer->path) != 0)
		return;
	writer->ended = true;
}

/* ---- Copies ---- */

uint64_t part_digest(const struct packet *packet)
{
	uint64_t hash[2] = {0, 0};

	overlap_add(hash, packet);
	return hash[0] ^ hash[1];
}
