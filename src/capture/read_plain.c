/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcap as nearly all of it is: version 2.4, microseconds or nanoseconds, either byte order. It is read where it lies in
 * the input's buffer, without the two copies that stdio and libpcap make; what differs in any way is left to
 * read_pcap.c.
 */
#include "base/cursor.h"
#include "base/memory.h"
#include "capture/reader.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_HEADER = 24, PACKET_HEADER = 16 };

#define MAGIC_US 0xa1b2c3d4U
#define MAGIC_NS 0xa1b23c4dU

struct plain_state {
	bool big_endian;
	uint32_t unit_ns, units; /* of a fraction of a second; how many a second has */
	int link_type;
};

static bool plain_probe(const uint8_t *data, size_t length)
{
	struct cursor in = cursor_over(data, length);
	uint32_t magic = cursor_be32(&in);
	bool big_endian = magic == MAGIC_US || magic == MAGIC_NS;

	in.position = 0;
	magic = cursor_u32(&in, big_endian);
	uint16_t major = cursor_u16(&in, big_endian);
	uint16_t minor = cursor_u16(&in, big_endian);
	return length >= FILE_HEADER && (magic == MAGIC_US || magic == MAGIC_NS) && major == 2 && minor == 4;
}

static void *plain_open(struct capture_file *file)
{
	const struct capture_text none = {NULL, 0};
	struct plain_state *state = memory_get_zeroed(1, sizeof *state);
	size_t available;
	struct cursor in = cursor_over(input_look(&file->input, FILE_HEADER, &available), FILE_HEADER);
	uint32_t magic = cursor_be32(&in);

	state->big_endian = magic == MAGIC_US || magic == MAGIC_NS;
	in.position = 0;
	state->unit_ns = cursor_u32(&in, state->big_endian) == MAGIC_NS ? 1 : 1000;
	state->units = (uint32_t)NS_PER_S / state->unit_ns;
	cursor_skip(&in, 12);
	uint32_t snap_length = cursor_u32(&in, state->big_endian);
	/* The upper half tells of frame check sequences. */
	uint32_t linktype = cursor_u32(&in, state->big_endian) & UINT16_MAX;
	input_take(&file->input, FILE_HEADER);
	file->info.digits = state->unit_ns == 1 ? 9 : 6;
	state->link_type = capture_link_type(linktype);
	capture_file_link(file, state->link_type, "LINKTYPE", linktype);
	capture_file_interface(file, state->link_type, snap_length, none, none, none);
	return state;
}

#define WAS_READ "everything before it was read"

static bool stop(struct capture_file *file, const char *why, const char *then)
{
	const char *trouble = input_trouble(&file->input);

	capture_file_note(file, file->input.offset, "is cut off or damaged after packet %llu (%s); %s",
			  (unsigned long long)file->info.packets, trouble != NULL ? trouble : why, then);
	return false;
}

static uint32_t number_at(const uint8_t *bytes, bool big_endian)
{
	return big_endian ? bytes_be32(bytes) : bytes_le32(bytes);
}

static bool plain_next(struct capture_file *file, struct packet *packet)
{
	const struct plain_state *state = file->state;
	size_t available;
	const uint8_t *data = input_look(&file->input, PACKET_HEADER, &available);

	if (available == 0 && input_trouble(&file->input) == NULL)
		return false;
	if (available < PACKET_HEADER)
		return stop(file, "a packet's header is not whole", WAS_READ);
	uint32_t seconds = number_at(data, state->big_endian);
	uint32_t fraction = number_at(data + 4, state->big_endian);
	uint32_t captured = number_at(data + 8, state->big_endian);
	packet->length = number_at(data + 12, state->big_endian);
	if (captured > CAPTURE_PACKET_MAX)
		return stop(file, "a packet is longer than can be",
			    file->info.packets == 1 ? CAPTURE_LONGER_HEADERS : WAS_READ);
	data = input_look(&file->input, PACKET_HEADER + captured, &available);
	if (available < PACKET_HEADER + captured)
		return stop(file, "a packet is not whole", WAS_READ);
	/* The bytes stay where they are until more are looked at. */
	input_take(&file->input, available);
	packet->data = data + PACKET_HEADER;
	packet->captured = captured;
	packet->link_type = state->link_type;
	packet->link = 0;
	packet->interface = 0;
	packet->moment.time =
	    capture_file_time(file, seconds, fraction < state->units ? fraction * state->unit_ns : UINT32_MAX);
	return true;
}

static void plain_close(struct capture_file *file)
{
	free(file->state);
}

const struct capture_reader reader_plain = {"pcap", plain_probe, plain_open, plain_next, plain_close};
