/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/part_read.h"

#include "base/memory.h"
#include "capture/part_bytes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* As capture_file_time cuts times. */
#define TIME_LATEST (INT64_C(9000000000) * NS_PER_S)

/* One of a capture's parts. */
struct share {
	const char *path;
	struct input input;
	bool opened, regular;
	bool lost;  /* where the next block begins is not known any more */
	bool ended; /* nothing comes any more */
	bool whole; /* the part's last block was there */
	uint32_t shard, shards;
	uint8_t *block;
	size_t room;
	struct cursor records; /* that are left of the block */
	uint64_t begins;       /* the block, in the file */
	/* As records since the block's beginning have it. */
	time_ns time;
	uint64_t frame, place;
	unsigned digits;
	bool failures_only;
	struct packet state;
	/* What comes next, where holds. */
	bool holds;
	struct packet packet;
	struct decode decode;
	uint64_t seen;
	/* What it says of the capture; its texts are the share's. */
	bool has_info;
	struct capture_info info;
	uint64_t places, kept;
};

struct part_reader {
	struct share *shares;
	size_t count;
	struct share *from; /* of which the packet was given */
	bool damaged;       /* something is missing, and that was said */
	bool finished;
};

/* ---- What is wrong ---- */

static void damaged(struct part_reader *reader, struct capture_file *file, const struct share *share, uint64_t offset,
		    const char *how)
{
	reader->damaged = true;
	capture_file_note(file, NO_OFFSET,
			  "its part %s is damaged at offset %" PRIu64
			  " (%s): what could be read of it was; copy the part again, or make it anew with "
			  "`mtascope analyze --parts`",
			  share->path, offset, how);
}

/* ---- Blocks ---- */

static bool finds_block(struct share *share, struct part_block *block)
{
	size_t available;
	const uint8_t *head = input_look(&share->input, PART_BLOCK_HEAD, &available);

	return available == PART_BLOCK_HEAD && part_block_take(head, block);
}

/*
 * Goes on to where a block begins again, in a part that is damaged. False where there is none, or so many seem to that
 * somebody made it so.
 */
static bool find_again(struct share *share, struct part_block *block)
{
	enum { TRIES = 64 };
	size_t available;

	for (unsigned tries = 0; tries < TRIES;) {
		if (finds_block(share, block)) {
			tries++;
			const uint8_t *data =
			    input_look(&share->input, PART_BLOCK_HEAD + (size_t)block->stored, &available);
			if (available == PART_BLOCK_HEAD + (size_t)block->stored &&
			    part_sum(block, data + PART_BLOCK_HEAD) == block->sum)
				return true;
		}
		input_look(&share->input, 1, &available);
		if (available == 0)
			return false;
		input_take(&share->input, 1);
	}
	return false;
}

static void begin_records(struct share *share, size_t length)
{
	share->records = cursor_over(share->block, length);
	share->time = 0;
	share->frame = 0;
	share->place = 0;
	share->digits = 6;
	share->failures_only = false;
	share->state = (struct packet){0};
}

static bool take_links(struct cursor *in, struct capture_info *info)
{
	size_t count = (size_t)part_take_most(in, CAPTURE_LINKS);

	for (size_t i = 0; i < count && cursor_good(in); i++) {
		struct capture_link *link = &info->links[info->link_count];
		link->type = (int)part_take_signed(in);
		link->packets = part_take(in);
		char *name = part_take_text(in, sizeof link->name - 1);
		if (name == NULL)
			return false;
		memcpy(link->name, name, strlen(name) + 1);
		free(name);
		info->link_count++;
	}
	return cursor_good(in);
}

static bool take_problems(struct cursor *in, struct capture_info *info)
{
	size_t count = (size_t)part_take_most(in, CAPTURE_PROBLEMS);

	info->problems = memory_get_zeroed(CAPTURE_PROBLEMS, sizeof *info->problems);
	for (size_t i = 0; i < count && cursor_good(in); i++) {
		struct capture_problem *problem = &info->problems[info->problem_count];
		problem->has_offset = part_take_most(in, 1) != 0;
		problem->offset = part_take(in);
		problem->says = part_take_text(in, PART_TEXT);
		if (problem->says == NULL)
			return false;
		info->problem_count++;
	}
	return cursor_good(in);
}

static void forget_info(struct share *share)
{
	for (size_t i = 0; i < share->info.problem_count; i++)
		free(share->info.problems[i].says);
	free(share->info.problems);
	share->info = (struct capture_info){0};
	share->has_info = false;
}

/* A time, or one that is cut to those that there can be. */
static time_ns sane_time(int64_t time)
{
	return time < 0 ? 0 : time > TIME_LATEST ? TIME_LATEST : time;
}

static bool take_info(struct share *share, size_t length)
{
	struct cursor in = cursor_over(share->block, length);
	struct capture_info *info = &share->info;

	forget_info(share);
	share->places = part_take(&in);
	share->kept = part_take(&in);
	info->digits = (unsigned)part_take_most(&in, 9);
	info->clock = (enum capture_clock)part_take_most(&in, CAPTURE_CLOCK_LOCAL);
	info->packets = part_take(&in);
	info->cut_packets = part_take(&in);
	info->reordered = part_take(&in);
	info->has_drops = part_take_most(&in, 1) != 0;
	info->drops = part_take(&in);
	info->bytes = part_take(&in);
	bool has_times = part_take_most(&in, 1) != 0;
	info->first = sane_time(part_take_signed(&in));
	info->last = sane_time(part_take_signed(&in));
	if (!has_times)
		info->first = info->last = TIME_NONE;
	info->failures_only = part_take_most(&in, 1) != 0;
	info->batches = part_take_most(&in, 1) != 0;
	info->complete = part_take_most(&in, 1) != 0;
	info->problems_left_off = part_take(&in);
	share->has_info = take_links(&in, info) && take_problems(&in, info) && cursor_left(&in) == 0;
	if (!share->has_info)
		forget_info(share);
	return share->has_info;
}

/* Reads a block, of which the head is there. */
static void read_block(struct part_reader *reader, struct capture_file *file, struct share *share,
		       const struct part_block *block)
{
	size_t available, length = PART_BLOCK_HEAD + (size_t)block->stored;
	const uint8_t *data = input_look(&share->input, length, &available);
	const char *wrong = NULL;

	share->begins = share->input.offset;
	if (available < length)
		wrong = "a block is not whole";
	else if (part_sum(block, data + PART_BLOCK_HEAD) != block->sum)
		wrong = "a checksum is wrong";
	if (wrong != NULL) {
		damaged(reader, file, share, share->begins, wrong);
		share->lost = true;
		input_take(&share->input, available < length ? available : PART_BLOCK_HEAD);
		return;
	}
	if (share->room < block->raw) {
		free(share->block);
		share->room = block->raw;
		share->block = memory_get(share->room);
	}
	bool good = block->raw > 0 && part_unpack(block, data + PART_BLOCK_HEAD, share->block);
	input_take(&share->input, length);
	if (good && block->kind == PART_PACKETS)
		begin_records(share, block->raw);
	else if (good && block->kind == PART_INFO)
		good = take_info(share, block->raw);
	else if (good)
		share->whole = block->kind == PART_END;
	if (!good)
		damaged(reader, file, share, share->begins, "a block does not hold what it should");
}

/* The next block, if there is one. What follows the last is no matter. */
static void next_block(struct part_reader *reader, struct capture_file *file, struct share *share)
{
	struct part_block block;
	size_t available;

	if (share->lost) {
		share->lost = false;
		share->ended = !find_again(share, &block);
		if (share->ended)
			return;
	} else if (!finds_block(share, &block)) {
		const char *trouble = input_trouble(&share->input);
		input_look(&share->input, 1, &available);
		damaged(reader, file, share, share->input.offset,
			trouble != NULL  ? trouble
			: available == 0 ? "it ends too early"
					 : "no block begins here");
		share->lost = true;
		return;
	}
	read_block(reader, file, share, &block);
	share->ended = share->whole;
}

/* ---- Records ---- */

static bool take_state(struct share *share, struct capture_file *file)
{
	struct cursor *in = &share->records;

	share->digits = (unsigned)part_take_most(in, 9);
	share->failures_only = part_take_most(in, 1) != 0;
	int64_t link_type = part_take_signed(in);
	uint32_t link = (uint32_t)part_take_most(in, CAPTURE_LINKS - 1);
	uint32_t interface = (uint32_t)part_take_most(in, UINT32_MAX);
	uint32_t flags = (uint32_t)part_take_most(in, UINT32_MAX);
	if (!cursor_good(in) || link_type < LINK_FOREIGN || link_type > INT32_MAX)
		return false;
	share->state =
	    (struct packet){.link_type = (int)link_type, .link = link, .interface = interface, .flags = flags};
	if (link_type >= 0)
		capture_file_link(file, (int)link_type, "link type", (unsigned long)link_type);
	return true;
}

static bool take_moment(struct share *share, unsigned record)
{
	struct cursor *in = &share->records;
	uint64_t time = (uint64_t)share->time + (uint64_t)part_take_signed(in);
	uint64_t frame = share->frame + ((record & PART_HAS_FRAME) != 0 ? (uint64_t)part_take_signed(in) : (uint64_t)1);
	uint64_t step = (record & PART_HAS_PLACE) != 0 ? part_take_most(in, FRAME_MAX) : 1;

	if (!cursor_good(in) || time > (uint64_t)TIME_LATEST + NS_PER_S || frame == 0 || frame > FRAME_MAX ||
	    step == 0 || step > FRAME_MAX - share->place)
		return false;
	share->time = (time_ns)time;
	share->frame = frame;
	share->place += step;
	return true;
}

static bool take_light(struct share *share, unsigned record)
{
	struct cursor *in = &share->records;
	struct packet *packet = &share->packet;
	uint64_t what = part_take_most(in, (record & PART_RECORD) == PART_SYN ? UINT16_MAX : DECODED_KINDS - 1);

	packet->digest = cursor_le32(in);
	packet->digest |= (uint64_t)cursor_le32(in) << 32;
	packet->light = true;
	packet->decoded = &share->decode;
	share->decode.kind = (enum decoded)what;
	share->decode.part_count = 0;
	if ((record & PART_RECORD) == PART_LIGHT)
		return cursor_good(in) && what != DECODED_SEGMENT && what != DECODED_ICMP && what != DECODED_FRAGMENT;
	/* Neither side's port is watched: that is all that matters of them. */
	share->decode.kind = DECODED_SEGMENT;
	share->decode.segment =
	    (struct segment){.moment = packet->moment, .source.port = (uint16_t)what, .flags = TCP_SYN};
	share->decode.segment.destination.port = (uint16_t)what;
	return cursor_good(in);
}

static bool take_whole(struct share *share, unsigned record)
{
	struct cursor *in = &share->records;
	struct packet *packet = &share->packet;

	packet->captured = (uint32_t)part_take_most(in, CAPTURE_PACKET_MAX);
	packet->length = (record & PART_IS_CUT) != 0 ? (uint32_t)part_take_most(in, UINT32_MAX) : packet->captured;
	packet->data = cursor_take(in, packet->captured);
	return cursor_good(in) && packet->length >= packet->captured;
}

/* The next record; share->holds says whether it is a packet. False: it is none that there can be. */
static bool take_record(struct share *share, struct capture_file *file)
{
	unsigned record = (unsigned)part_take_most(&share->records, PART_BITS);

	if (!cursor_good(&share->records))
		return false;
	if ((record & PART_RECORD) == PART_STATE)
		return take_state(share, file);
	if (!take_moment(share, record))
		return false;
	share->packet = share->state;
	share->packet.moment = moment_at(share->time, share->frame, 0);
	share->holds = (record & PART_RECORD) == PART_WHOLE ? take_whole(share, record) : take_light(share, record);
	share->seen += share->holds;
	return share->holds;
}

static void advance(struct part_reader *reader, struct capture_file *file, struct share *share)
{
	share->holds = false;
	while (!share->holds && !share->ended) {
		if (cursor_left(&share->records) == 0) {
			next_block(reader, file, share);
		} else if (!take_record(share, file)) {
			damaged(reader, file, share, share->begins, "a record in a block makes no sense");
			share->records = cursor_over(NULL, 0);
		}
	}
}

/* ---- The capture ---- */

static void open_share(struct part_reader *reader, struct capture_file *file, struct share *share, size_t block,
		       struct input_pool *pool)
{
	struct part_head head;
	int error = input_open(&share->input, share->path, block, pool);

	share->ended = true;
	if (error != 0) {
		reader->damaged = true;
		capture_file_note(file, NO_OFFSET, "its part %s cannot be opened: %s", share->path, strerror(error));
		return;
	}
	share->opened = true;
	share->regular = share->input.regular;
	if (!part_head_read(&share->input, &head)) {
		damaged(reader, file, share, 0, "its beginning is none of a part");
		return;
	}
	share->ended = false;
	share->shard = head.terms.shard;
	share->shards = head.terms.shards;
	if (file->texts[0] == NULL) {
		file->texts[0] = memory_text(head.format, strlen(head.format));
		file->texts[1] =
		    head.compression == NULL ? NULL : memory_text(head.compression, strlen(head.compression));
		file->info.format = file->texts[0];
	}
	part_head_free(&head);
}

/* A shard that is there twice is left out the second time; of what is not there, that is said. */
static void check_shards(struct part_reader *reader, struct capture_file *file)
{
	const struct share *first = &reader->shares[0];

	for (size_t i = 1; i < reader->count; i++)
		for (size_t k = 0; k < i && !reader->shares[i].ended; k++) {
			if (reader->shares[k].shard != reader->shares[i].shard)
				continue;
			capture_file_note(file, NO_OFFSET,
					  "its shard %" PRIu32 " of %" PRIu32 " is there twice: %s is left out",
					  first->shard, first->shards, reader->shares[i].path);
			reader->shares[i].ended = true;
		}
	for (uint32_t shard = 1; shard <= first->shards; shard++) {
		size_t i = 0;
		while (i < reader->count && reader->shares[i].shard != shard)
			i++;
		if (i < reader->count)
			continue;
		reader->damaged = true;
		capture_file_note(file, NO_OFFSET,
				  "its shard %" PRIu32 " of %" PRIu32
				  " is missing: give that part too, or make it with `mtascope analyze --parts DIR "
				  "--shard %" PRIu32 "/%" PRIu32 "`",
				  shard, first->shards, shard, first->shards);
	}
}

struct part_reader *part_reader_new(const char *const *paths, size_t count, struct capture_file *file, size_t block,
				    struct input_pool *pool)
{
	struct part_reader *reader = memory_get_zeroed(1, sizeof *reader);

	file->info = (struct capture_info){.file = file->info.file,
					   .sha256 = file->info.sha256,
					   .format = "unknown",
					   .digits = 6,
					   .first = TIME_NONE,
					   .last = TIME_NONE,
					   .complete = true};
	reader->count = count;
	reader->shares = memory_get_zeroed(count, sizeof *reader->shares);
	for (size_t i = 0; i < count; i++) {
		reader->shares[i].path = paths[i];
		reader->shares[i].info.digits = 6;
		open_share(reader, file, &reader->shares[i], block, pool);
	}
	check_shards(reader, file);
	file->info.compression = file->texts[1];
	for (size_t i = 0; i < count; i++)
		advance(reader, file, &reader->shares[i]);
	return reader;
}

void part_reader_free(struct part_reader *reader)
{
	if (reader == NULL)
		return;
	for (size_t i = 0; i < reader->count; i++) {
		struct share *share = &reader->shares[i];
		forget_info(share);
		if (share->opened)
			input_close(&share->input);
		free(share->block);
	}
	free(reader->shares);
	free(reader);
}

bool part_reader_can_wait(const struct part_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++)
		if (reader->shares[i].opened && !reader->shares[i].regular)
			return false;
	return true;
}

/* What the parts say of the capture takes the place of what is known; what was noted of the parts comes after it. */
static void finish(struct part_reader *reader, struct capture_file *file)
{
	struct share *told = NULL;
	uint64_t kept = 0;

	for (size_t i = 0; i < reader->count; i++) {
		struct share *share = &reader->shares[i];
		kept += share->seen;
		told = told == NULL && share->has_info ? share : told;
	}
	if (told == NULL && !reader->damaged)
		capture_file_note(file, NO_OFFSET, "its part %s does not tell of it", reader->shares[0].path);
	if (told == NULL)
		return;
	if (!reader->damaged && kept != told->places)
		capture_file_note(file, NO_OFFSET,
				  "its parts hold %" PRIu64 " packets of %" PRIu64
				  ": they are not of one capture, or were not made of it whole",
				  kept, told->places);
	struct capture_info noted = file->info;
	file->info = told->info;
	told->info = (struct capture_info){0};
	told->has_info = false;
	file->info.file = noted.file;
	file->info.sha256 = noted.sha256;
	file->info.duplicates = noted.duplicates;
	file->info.format = noted.format;
	for (size_t i = 0; i < noted.problem_count; i++) {
		capture_file_note(file, NO_OFFSET, "%s", noted.problems[i].says);
		free(noted.problems[i].says);
	}
	file->info.problems_left_off += noted.problems_left_off;
	free(noted.problems);
	file->info.compression = noted.compression;
}

static struct share *earliest(struct part_reader *reader)
{
	struct share *first = NULL;

	for (size_t i = 0; i < reader->count; i++)
		if (reader->shares[i].holds && (first == NULL || reader->shares[i].place < first->place))
			first = &reader->shares[i];
	return first;
}

bool part_reader_next(struct part_reader *reader, struct capture_file *file, struct packet *packet)
{
	uint64_t capture = packet->moment.capture;

	if (reader->from != NULL)
		advance(reader, file, reader->from);
	reader->from = earliest(reader);
	if (reader->from == NULL) {
		if (!reader->finished)
			finish(reader, file);
		reader->finished = true;
		return false;
	}
	*packet = reader->from->packet;
	packet->moment.capture = capture & CAPTURE_MAX;
	if (packet->decoded != NULL)
		reader->from->decode.segment.moment = packet->moment;
	file->info.digits = reader->from->digits;
	file->info.failures_only = reader->from->failures_only;
	/* Until the part's end says more. */
	file->info.packets = packet->moment.frame > file->info.packets ? packet->moment.frame : file->info.packets;
	if (file->info.first == TIME_NONE || packet->moment.time < file->info.first)
		file->info.first = packet->moment.time;
	if (file->info.last == TIME_NONE || packet->moment.time > file->info.last)
		file->info.last = packet->moment.time;
	return true;
}
