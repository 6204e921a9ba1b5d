/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Microsoft Network Monitor 1.x and 2.x. The file is headed by 128 bytes that say where the frame table is: usually at
 * its end, a 32-bit offset for each frame. Frames may lie anywhere, with holes between. The help of Network Monitor 3
 * ("Capture File Format") documents 2.x; 1.x differs in the frame's header.
 */
#include "base/cursor.h"
#include "base/memory.h"
#include "capture/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_HEADER = 128,
	FILE_HEADER_READ = 32, /* as far as the frame table's length */
	FRAME_HEADER_1 = 8,
	FRAME_HEADER_2 = 16,
	TRAILER_MAX = 15,
	ENTRY = 4,
	TABLE_READ = 4096, /* entries read at a time */
	MEDIA_LINKTYPE = 0xe000,
	MEDIA_ETW_FIRST = 0xe080,
	MEDIA_ETW_LAST = 0xe08a,
	MEDIA_EVENT = 0xffe0,
	MEDIA_INTERFACES_EX = 0xfffb,
	MEDIA_REASSEMBLED = 0xfffc,
	MEDIA_INTERFACES = 0xfffd,
	MEDIA_NAMES = 0xfffe,
	MEDIA_FILTER = 0xffff,
	MEDIA_WIFI = 6,
	BAD_MAX = 10000,  /* entries without a frame, after which the table is not believed */
	MEDIA_KNOWN = 64, /* media types of one file that get an interface of their own */
};

/* Offsets have 32 bits. */
#define FILE_SIZE_MAX (UINT64_C(1) << 32)

/* 1601 to 1970 in units of 100 ns. */
#define FILETIME_EPOCH UINT64_C(116444736000000000)

struct medium {
	uint16_t media;
	int link_type;
	uint32_t link, interface;
};

struct netmon_state {
	unsigned major, minor;
	uint16_t media; /* of every frame, up to 2.0 */
	int64_t start_s;
	uint32_t start_ns;
	uint64_t table;               /* offset of the frame table */
	uint64_t entries;             /* that it should have */
	uint64_t entry;               /* the next */
	uint32_t offsets[TABLE_READ]; /* of the frames from entry `loaded` on */
	uint64_t loaded, loaded_count;
	bool walking;    /* without a table, from frame to frame */
	uint64_t walk;   /* offset of the next frame then */
	uint64_t budget; /* bytes of frames that there can still be: frames don't overlap */
	uint64_t bad;    /* entries that named no frame */
	struct medium mediums[MEDIA_KNOWN];
	size_t medium_count;
};

struct frame {
	uint64_t delta; /* ms in 1.x, us in 2.x, since the file's start */
	uint32_t length, captured;
	uint16_t media;
	bool has_utc;
	uint64_t utc;
	const uint8_t *data;
	uint64_t size; /* with header and trailer */
};

/* ---- Media types ---- */

/* NDIS's media types plus one, with what 2.x made of those that nobody had. */
static int link_type_of(uint16_t media)
{
	switch (media) {
	case 0: /* Network Monitor 3 writes it for Ethernet behind a VPN */
	case 1:
		return DLT_EN10MB;
	case 2:
		return DLT_IEEE802;
	case 3:
		return DLT_FDDI;
	case MEDIA_WIFI:
		return DLT_IEEE802_11;
	case 7: /* tunnel interfaces, wireless WAN, raw IP */
	case 8:
	case 9:
		return DLT_RAW;
	case MEDIA_EVENT:
	case MEDIA_INTERFACES_EX:
	case MEDIA_FILTER:
		return LINK_METADATA;
	case MEDIA_ETW_FIRST:
		return DLT_IEEE802_11;
	default:
		break;
	}
	if (media > MEDIA_ETW_FIRST && media <= MEDIA_ETW_LAST)
		return LINK_FOREIGN;
	/* Converted from pcap: its LINKTYPE_. */
	return (media & 0xf000) == MEDIA_LINKTYPE ? capture_link_type(media & 0x0fffU) : LINK_FOREIGN;
}

/* Records about the capture that Network Monitor itself does not number as frames. */
static bool is_hidden(uint16_t media)
{
	return media == MEDIA_REASSEMBLED || media == MEDIA_INTERFACES || media == MEDIA_NAMES;
}

static const struct medium *medium_of(struct capture_file *file, uint16_t media)
{
	struct netmon_state *state = file->state;
	const struct capture_text none = {NULL, 0};

	for (size_t i = 0; i < state->medium_count; i++)
		if (state->mediums[i].media == media)
			return &state->mediums[i];
	size_t place = state->medium_count < MEDIA_KNOWN ? state->medium_count++ : MEDIA_KNOWN - 1;
	struct medium *medium = &state->mediums[place];
	*medium = (struct medium){.media = media, .link_type = link_type_of(media)};
	if (medium->link_type == LINK_METADATA)
		return medium;
	medium->link = (uint32_t)capture_file_link(file, medium->link_type, "netmon", media);
	medium->interface = capture_file_interface(file, medium->link_type, 0, none, none, none);
	return medium;
}

/* Before the 802.11 header stands one with the radio's data, which tells its own length behind a version byte. */
static void skip_radio_header(struct packet *packet)
{
	struct cursor in = cursor_cut(packet->data, packet->captured, packet->length);

	cursor_skip(&in, 1);
	uint16_t header = cursor_le16(&in);
	if (!cursor_good(&in) || header > packet->captured)
		return;
	packet->data += header;
	packet->captured -= header;
	packet->length -= header;
}

/* ---- The file's header ---- */

static bool netmon_probe(const uint8_t *data, size_t length)
{
	return length >= 4 && (memcmp(data, "RTSS", 4) == 0 || memcmp(data, "GMBU", 4) == 0);
}

static bool read_header(struct capture_file *file, struct cursor *in)
{
	struct netmon_state *state = file->state;

	cursor_skip(in, 4);
	state->minor = cursor_u8(in);
	state->major = cursor_u8(in);
	state->media = cursor_le16(in);
	uint16_t year = cursor_le16(in);
	uint16_t month = cursor_le16(in);
	cursor_skip(in, 2);
	uint16_t day = cursor_le16(in);
	uint16_t hour = cursor_le16(in);
	uint16_t minute = cursor_le16(in);
	uint16_t second = cursor_le16(in);
	uint16_t millisecond = cursor_le16(in);
	state->table = cursor_le32(in);
	state->entries = cursor_le32(in) / ENTRY;
	if (!cursor_good(in)) {
		capture_file_note(file, cursor_readable(in), "the file header is cut off");
		return false;
	}
	if (state->major != 1 && state->major != 2) {
		capture_file_note(file, 4, "Network Monitor files of version %u.%u are not read", state->major,
				  state->minor);
		return false;
	}
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 ||
	    millisecond > 999) {
		capture_file_note(file, 8, "the file header has no date that can be: its times count from 1970");
		return true;
	}
	state->start_s = civil_seconds(year, month, day, hour, minute, second);
	state->start_ns = millisecond * 1000000U;
	return true;
}

static bool make_random(struct capture_file *file)
{
	int error = input_make_random(&file->input, FILE_SIZE_MAX);

	if (error == EFBIG)
		capture_file_note(file, NO_OFFSET,
				  "is larger than the 4 GiB that a Network Monitor file can have; it was not read");
	else if (error != 0)
		capture_file_note(file, NO_OFFSET,
				  "cannot be copied to a temporary file, which this format needs when it is compressed "
				  "or comes from a pipe: %s; give TMPDIR room, or unpack it to a file",
				  strerror(error));
	return error == 0;
}

static void *netmon_open(struct capture_file *file)
{
	struct netmon_state *state = memory_get_zeroed(1, sizeof *state);
	size_t available;

	file->state = state;
	if (!make_random(file)) {
		free(state);
		return NULL;
	}
	const uint8_t *data = input_at(&file->input, 0, FILE_HEADER_READ, &available);
	struct cursor in = cursor_over(data, available);
	if (!read_header(file, &in)) {
		free(state);
		return NULL;
	}
	file->info.format = state->major == 1 ? "netmon1" : "netmon2";
	bool has_utc = state->major == 2 && state->minor >= 3;
	file->info.digits = has_utc ? 9 : 6;
	file->info.clock = has_utc ? CAPTURE_CLOCK_UTC : CAPTURE_CLOCK_LOCAL;
	state->budget = file->input.size;
	state->walk = FILE_HEADER;
	if (state->entries == 0 && file->input.size > FILE_HEADER) {
		capture_file_note(file, 0,
				  "has no frame table, as if the capture had not been ended: its frames are "
				  "taken in the order in which they lie");
		state->walking = true;
		state->table = 0;
	}
	/* Later ones say Ethernet here, and the truth with each frame. */
	if (state->major == 1 || state->minor == 0)
		medium_of(file, state->media);
	return state;
}

/* ---- Frames ---- */

static size_t trailer_of(const struct netmon_state *state)
{
	if (state->major == 1 || state->minor == 0)
		return 0;
	return state->minor == 1 ? 2 : state->minor == 2 ? 6 : TRAILER_MAX;
}

/* Why the frame at offset cannot be; NULL when it can. A frame's trailer may be cut off. */
static const char *read_frame(struct capture_file *file, uint64_t offset, struct frame *frame)
{
	const struct netmon_state *state = file->state;
	size_t header = state->major == 1 ? FRAME_HEADER_1 : FRAME_HEADER_2;
	size_t trailer = trailer_of(state);
	size_t available;

	*frame = (struct frame){.media = state->media};
	const uint8_t *data = input_at(&file->input, offset, header, &available);
	struct cursor in = cursor_over(data, available);
	frame->delta = cursor_le32(&in);
	if (state->major == 2)
		frame->delta |= (uint64_t)cursor_le32(&in) << 32;
	frame->length = state->major == 1 ? cursor_le16(&in) : cursor_le32(&in);
	frame->captured = state->major == 1 ? cursor_le16(&in) : cursor_le32(&in);
	if (!cursor_good(&in))
		return "its header lies beyond the end of the file";
	if (frame->captured > CAPTURE_PACKET_MAX)
		return "it is longer than can be";
	frame->size = header + frame->captured + trailer;
	data = input_at(&file->input, offset, (size_t)frame->size, &available);
	in = cursor_over(data, available);
	cursor_skip(&in, header);
	frame->data = cursor_take(&in, frame->captured);
	if (trailer > 0)
		frame->media = cursor_le16(&in);
	if (trailer == TRAILER_MAX) {
		cursor_skip(&in, 4);
		frame->utc = cursor_le32(&in);
		frame->utc |= (uint64_t)cursor_le32(&in) << 32;
		frame->has_utc = true;
	}
	return cursor_good(&in) ? NULL : "it is not whole";
}

static time_ns time_of(struct capture_file *file, const struct frame *frame)
{
	const struct netmon_state *state = file->state;

	if (frame->has_utc) {
		if (frame->utc < FILETIME_EPOCH)
			return capture_file_time(file, -1, 0);
		uint64_t since = frame->utc - FILETIME_EPOCH;
		return capture_file_time(file, (int64_t)(since / 10000000), (uint32_t)(since % 10000000) * 100);
	}
	if (state->major == 1) {
		uint64_t ms = frame->delta + state->start_ns / 1000000;
		return capture_file_time(file, state->start_s + (int64_t)(ms / 1000), (uint32_t)(ms % 1000) * 1000000);
	}
	/*
	 * The specification computes with units of 100 ns, modulo 2^64: so a frame before the file's start has a large
	 * number here, which this makes a negative one.
	 */
	int64_t units = (int64_t)(frame->delta * 10) + state->start_ns / 100;
	int64_t seconds = units / 10000000;
	int64_t rest = units % 10000000;
	if (rest < 0) {
		rest += 10000000;
		seconds--;
	}
	return capture_file_time(file, state->start_s + seconds, (uint32_t)rest * 100);
}

/* ---- Their order ---- */

/*
 * The offset of the next frame that the table names. false when the table ends, or the file within it: then the frames
 * behind the last known one are looked for where they lie.
 */
static bool next_entry(struct capture_file *file, uint64_t *offset)
{
	struct netmon_state *state = file->state;
	size_t available;

	if (state->entry == state->entries)
		return false;
	if (state->entry >= state->loaded + state->loaded_count) {
		uint64_t at = state->table + state->entry * ENTRY;
		uint64_t left = state->entries - state->entry;
		size_t wanted = (left < TABLE_READ ? (size_t)left : TABLE_READ) * ENTRY;
		struct cursor in = {0};
		const uint8_t *data = input_at(&file->input, at, wanted, &available);
		in = cursor_over(data, available);
		state->loaded = state->entry;
		state->loaded_count = available / ENTRY;
		for (size_t i = 0; i < state->loaded_count; i++)
			state->offsets[i] = cursor_le32(&in);
		if (state->loaded_count == 0) {
			const char *trouble = input_trouble(&file->input);
			capture_file_note(file, file->input.size,
					  "is cut off or damaged (%s): its frame table should have %" PRIu64
					  " entries at offset %" PRIu64 ", and has %" PRIu64
					  "; other frames are taken in the order in which they lie",
					  trouble != NULL ? trouble : "the table lies beyond the end of the file",
					  state->entries, state->table, state->entry);
			state->walking = true;
			return false;
		}
	}
	*offset = state->offsets[state->entry - state->loaded];
	state->entry++;
	return true;
}

static bool next_frame(struct capture_file *file, struct frame *frame)
{
	struct netmon_state *state = file->state;
	uint64_t offset = 0;

	while (!state->walking && next_entry(file, &offset)) {
		const char *why = read_frame(file, offset, frame);
		if (why == NULL && frame->size > state->budget)
			why = "the frames before it have more bytes than the file";
		if (why != NULL) {
			capture_file_note(file, offset, "frame %" PRIu64 " of the frame table cannot be read: %s",
					  state->entry, why);
			if (++state->bad == BAD_MAX)
				return false;
			continue;
		}
		state->budget -= frame->size;
		if (offset + frame->size > state->walk)
			state->walk = offset + frame->size;
		return true;
	}
	uint64_t end = state->table >= FILE_HEADER && state->table < file->input.size ? state->table : file->input.size;
	if (!state->walking || state->walk >= end)
		return false;
	if (read_frame(file, state->walk, frame) != NULL)
		return false;
	state->walk += frame->size;
	return true;
}

static bool netmon_next(struct capture_file *file, struct packet *packet)
{
	struct frame frame;

	do {
		if (!next_frame(file, &frame))
			return false;
	} while (is_hidden(frame.media));
	const struct medium *medium = medium_of(file, frame.media);
	packet->link_type = medium->link_type;
	packet->link = medium->link;
	packet->interface = medium->interface;
	packet->data = frame.data;
	packet->captured = frame.captured;
	packet->length = frame.length < frame.captured ? frame.captured : frame.length;
	packet->moment.time = time_of(file, &frame);
	if (frame.media == MEDIA_WIFI)
		skip_radio_header(packet);
	return true;
}

static void netmon_close(struct capture_file *file)
{
	free(file->state);
}

const struct capture_reader reader_netmon = {"netmon", netmon_probe, netmon_open, netmon_next, netmon_close};
