/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snoop, the format of Solaris (RFC 1761), and of Surveyor (Shomiti, Finisar), which numbers link types its own way and
 * puts a trailer of its own into what RFC 1761 calls padding.
 */
#include "base/cursor.h"
#include "base/memory.h"
#include "capture/reader.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_HEADER = 16,
	RECORD_HEADER = 24,
	SURVEYOR_TRAILER = 16,
	PADDING_MAX = 1 << 16, /* a record length beyond its packet by more is damage */
	VERSION_SUN = 2,
	VERSION_LAST = 5, /* 3 to 5 are Surveyor's with hardware of its own */
};

static const char signature[8] = "snoop\0\0";

struct snoop_state {
	int link_type;
	uint32_t padding; /* behind the packet that was given last */
};

struct record {
	uint32_t length, captured, size, drops, seconds, microseconds;
};

/* The datalink types of RFC 1761 and IANA's snoop-datalink-types, and what Surveyor took them for. */
static int link_type_of(uint32_t network, bool surveyor)
{
	switch (network) {
	case 0:
	case 4:
		return DLT_EN10MB;
	case 2:
		return DLT_IEEE802;
	case 8:
		return DLT_FDDI;
	case 9:
		return surveyor ? LINK_FOREIGN : DLT_NULL;
	case 10:
	case 12:
	case 19:
		return surveyor ? DLT_EN10MB : LINK_FOREIGN;
	case 11:
	case 13:
		return surveyor ? DLT_IEEE802 : LINK_FOREIGN;
	case 14:
		return surveyor ? DLT_IEEE802 : DLT_NULL;
	case 16:
		return surveyor ? LINK_FOREIGN : DLT_IP_OVER_FC;
	case 18:
		return surveyor ? LINK_FOREIGN : DLT_SUNATM;
	case 0x80000005:
		return DLT_IPNET;
	default:
		return LINK_FOREIGN;
	}
}

static struct record record_read(const uint8_t *data, size_t length)
{
	struct cursor in = cursor_over(data, length);
	struct record record;

	record.length = cursor_be32(&in);
	record.captured = cursor_be32(&in);
	record.size = cursor_be32(&in);
	record.drops = cursor_be32(&in);
	record.seconds = cursor_be32(&in);
	record.microseconds = cursor_be32(&in);
	return record;
}

static bool snoop_probe(const uint8_t *data, size_t length)
{
	return length >= sizeof signature && memcmp(data, signature, sizeof signature) == 0;
}

/* Sun pads to a multiple of four; room for Surveyor's trailer tells whose file it is, since version 2 does not. */
static bool is_surveyor(struct input *input)
{
	size_t available;
	const uint8_t *data = input_look(input, RECORD_HEADER, &available);
	struct record first = record_read(data, available);

	return available == RECORD_HEADER && first.captured <= CAPTURE_PACKET_MAX &&
	       first.size >= RECORD_HEADER + first.captured + SURVEYOR_TRAILER;
}

static void *snoop_open(struct capture_file *file)
{
	size_t available;
	const uint8_t *data = input_look(&file->input, FILE_HEADER, &available);
	struct cursor in = cursor_over(data, available);

	cursor_skip(&in, sizeof signature);
	uint32_t version = cursor_be32(&in);
	uint32_t network = cursor_be32(&in);
	if (!cursor_good(&in)) {
		capture_file_note(file, available, "the file header is cut off");
		return NULL;
	}
	if (version < VERSION_SUN || version > VERSION_LAST) {
		capture_file_note(file, sizeof signature, "snoop files of version %lu are not read: %s",
				  (unsigned long)version, "convert it with `editcap -F pcapng IN OUT.pcapng`");
		return NULL;
	}
	input_take(&file->input, FILE_HEADER);
	const struct capture_text none = {NULL, 0};
	struct snoop_state *state = memory_get_zeroed(1, sizeof *state);
	state->link_type = link_type_of(network, version > VERSION_SUN || is_surveyor(&file->input));
	capture_file_link(file, state->link_type, "snoop", network);
	capture_file_interface(file, state->link_type, 0, none, none, none);
	file->info.has_drops = true;
	return state;
}

static bool stop(struct capture_file *file, const char *why)
{
	const char *trouble = input_trouble(&file->input);

	capture_file_note(file, file->input.offset, "is cut off or damaged after packet %llu (%s); %s",
			  (unsigned long long)file->info.packets, trouble != NULL ? trouble : why,
			  "everything before it was read");
	return false;
}

static bool snoop_next(struct capture_file *file, struct packet *packet)
{
	struct snoop_state *state = file->state;
	size_t available;

	input_look(&file->input, state->padding, &available);
	input_take(&file->input, available);
	if (available < state->padding)
		return stop(file, "the padding of its last packet is not whole");
	state->padding = 0;
	const uint8_t *data = input_look(&file->input, RECORD_HEADER, &available);
	if (available == 0 && input_trouble(&file->input) == NULL)
		return false;
	if (available < RECORD_HEADER)
		return stop(file, "a record's header is not whole");
	struct record record = record_read(data, available);
	if (record.captured > CAPTURE_PACKET_MAX)
		return stop(file, "a packet is longer than can be");
	if (record.size < RECORD_HEADER + record.captured ||
	    record.size > RECORD_HEADER + record.captured + PADDING_MAX)
		return stop(file, "a record's length does not fit its packet");
	data = input_look(&file->input, RECORD_HEADER + record.captured, &available);
	if (available < RECORD_HEADER + record.captured)
		return stop(file, "a packet is not whole");
	/* The bytes stay where they are until more are looked at. */
	input_take(&file->input, available);
	state->padding = record.size - RECORD_HEADER - record.captured;
	packet->data = data + RECORD_HEADER;
	packet->captured = record.captured;
	packet->length = record.length;
	packet->link_type = state->link_type;
	packet->link = 0;
	packet->interface = 0;
	packet->moment.time = capture_file_time(
	    file, record.seconds, record.microseconds < 1000000 ? record.microseconds * 1000 : UINT32_MAX);
	if (record.drops > file->info.drops)
		file->info.drops = record.drops;
	return true;
}

static void snoop_close(struct capture_file *file)
{
	free(file->state);
}

const struct capture_reader reader_snoop = {"snoop", snoop_probe, snoop_open, snoop_next, snoop_close};
