/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pcapng: https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/. */
#include "base/cursor.h"
#include "base/memory.h"
#include "capture/reader.h"

#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE = 3,
	BLOCK_NAMES = 4,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED = 6,
};

enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_FLAGS = 2,
	OPTION_NAME = 2,
	OPTION_DESCRIPTION = 3,
	OPTION_RESOLUTION = 9,
	OPTION_FILTER = 11,
	OPTION_OFFSET = 14,
	OPTION_PACKET_DROPS = 4,
	OPTION_INTERFACE_DROPS = 5,
	OPTION_SYSTEM_DROPS = 7,
};

enum {
	BLOCK_FRAME = 12,        /* type, length, and length again */
	BLOCK_MAX = 16 << 20,    /* what says it is longer is damage */
	PLAUSIBLE_MAX = 1 << 20, /* of a block by which reading finds its way again */
	SECTION_MIN = 28,
	SECTION_INTERFACES = 1 << 16,
	COMMENTS_MAX = 64, /* of one packet that are given out */
	DROPS_UNKNOWN = 0xffff,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4dU

struct interface {
	int link_type;
	uint32_t link, known_as; /* in the capture's info */
	uint32_t snap_length;
	uint8_t resolution; /* if_tsresol as it is */
	uint64_t units;     /* a second's; 0 for a unit so small that no 64 bits hold a second */
	int64_t offset_s;
	uint64_t lost_by_packet, lost_by_statistics;
};

struct pcapng_state {
	bool big_endian;
	bool readable; /* the section's version is known */
	bool no_time;  /* has been noted */
	struct interface *interfaces;
	size_t count, capacity;
	size_t before; /* interfaces of the section before, kept for comparison: see known_interface */
	time_ns last;  /* time of the packet before */
	struct capture_text comments[COMMENTS_MAX]; /* of the packet given out last */
};

struct option {
	uint16_t code;
	struct cursor value;
};

static bool option_next(struct cursor *in, bool big_endian, struct option *option)
{
	if (cursor_left(in) < 4)
		return false;
	option->code = cursor_u16(in, big_endian);
	uint16_t length = cursor_u16(in, big_endian);
	option->value = cursor_sub(in, length);
	/* The last option of a block may lack its padding. */
	size_t padding = -(size_t)length & 3;
	cursor_skip(in, padding <= cursor_left(in) ? padding : cursor_left(in));
	return option->code != OPTION_END && cursor_good(in);
}

static uint64_t cursor_u64(struct cursor *in, bool big_endian)
{
	uint64_t first = cursor_u32(in, big_endian);
	uint64_t second = cursor_u32(in, big_endian);

	return big_endian ? first << 32 | second : second << 32 | first;
}

static struct capture_text text_of(struct cursor value)
{
	return (struct capture_text){(const char *)value.data, value.data == NULL ? 0 : cursor_readable(&value)};
}

/* ---- Time ---- */

/* Units of 10^-n or 2^-n seconds, n in the low seven bits of if_tsresol. */
static uint64_t units_of(uint8_t resolution)
{
	unsigned exponent = resolution & 0x7fU;
	uint64_t units = 1;

	if (resolution & 0x80U)
		return exponent < 64 ? UINT64_C(1) << exponent : 0;
	if (exponent > 19)
		return 0;
	while (exponent-- > 0)
		units *= 10;
	return units;
}

static bool is_finer_than_us(uint8_t resolution)
{
	/* 2^-20 s is a little less than a microsecond, and six digits still tell its ticks apart. */
	return resolution & 0x80U ? (resolution & 0x7fU) > 20 : resolution > 6;
}

/* Nanoseconds, cut off, of ticks out of units a second. */
static uint32_t fraction_ns(uint64_t ticks, uint8_t resolution, uint64_t units)
{
	unsigned exponent = resolution & 0x7fU;

	if (!(resolution & 0x80U))
		return (uint32_t)(exponent <= 9 ? ticks * ((uint64_t)NS_PER_S / units)
						: ticks / (units / (uint64_t)NS_PER_S));
	if (exponent <= 32)
		return (uint32_t)(ticks * (uint64_t)NS_PER_S >> exponent);
	/* In two halves, since the product has up to 94 bits. */
	uint64_t high = (ticks >> 32) * (uint64_t)NS_PER_S;
	uint64_t low = (ticks & UINT32_MAX) * (uint64_t)NS_PER_S >> 32;
	return (uint32_t)((high + low) >> (exponent - 32));
}

static time_ns time_of(struct capture_file *file, const struct interface *interface, uint64_t ticks)
{
	/* A unit so small that 64 bits of them are no second: below 2^-64 or 10^-19. */
	if (interface->units == 0)
		return capture_file_time(file, interface->offset_s, 0);
	uint64_t seconds = ticks / interface->units;
	uint32_t ns = fraction_ns(ticks % interface->units, interface->resolution, interface->units);
	int64_t whole = seconds > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)seconds;
	int64_t offset = interface->offset_s;
	if (offset > INT64_MAX / 4 || offset < -(INT64_MAX / 4))
		offset = offset > 0 ? INT64_MAX / 4 : -(INT64_MAX / 4);
	return capture_file_time(file, whole + offset, ns);
}

/* ---- Sections and interfaces ---- */

/*
 * What was lost: statistics count from the section's start, packets from the packet before. Where both tell, the larger
 * number holds what the other has.
 */
static void note_lost(struct capture_file *file, struct interface *interface, uint64_t by_packet,
		      uint64_t by_statistics)
{
	uint64_t before = interface->lost_by_packet > interface->lost_by_statistics ? interface->lost_by_packet
										    : interface->lost_by_statistics;

	file->info.has_drops = true;
	interface->lost_by_packet += by_packet;
	if (by_statistics > interface->lost_by_statistics)
		interface->lost_by_statistics = by_statistics;
	uint64_t after = interface->lost_by_packet > interface->lost_by_statistics ? interface->lost_by_packet
										   : interface->lost_by_statistics;
	file->info.drops += after - before;
}

static bool begins_with(struct capture_text text, const char *words)
{
	return text.length >= strlen(words) && memcmp(text.text, words, strlen(words)) == 0;
}

static void read_marks(struct capture_file *file, struct cursor *options)
{
	const struct pcapng_state *state = file->state;
	struct option option;

	while (option_next(options, state->big_endian, &option)) {
		if (option.code != OPTION_COMMENT)
			continue;
		struct capture_text comment = text_of(option.value);
		file->info.failures_only |= begins_with(comment, CAPTURE_MARK_FAILURES);
		file->info.batches |= begins_with(comment, CAPTURE_MARK_BATCHES);
	}
}

static void begin_section(struct capture_file *file, struct cursor *body, uint64_t offset)
{
	struct pcapng_state *state = file->state;

	state->before = state->count;
	state->count = 0;
	cursor_skip(body, 4);
	uint16_t major = cursor_u16(body, state->big_endian);
	uint16_t minor = cursor_u16(body, state->big_endian);
	state->readable = cursor_good(body) && major == 1;
	if (!state->readable)
		capture_file_note(file, offset, "a section of pcapng version %u.%u is not read: save it as 1.0", major,
				  minor);
	cursor_skip(body, 8); /* the section's length */
	if (state->readable && cursor_good(body))
		read_marks(file, body);
}

static bool same_text(const char *kept, struct capture_text text)
{
	if (kept == NULL || text.text == NULL)
		return kept == NULL && text.text == NULL;
	size_t length = text.length < CAPTURE_INTERFACE_TEXT ? text.length : CAPTURE_INTERFACE_TEXT;
	return strnlen(kept, length) == length && memcmp(kept, text.text, length) == 0 && kept[length] == '\0';
}

/* Files that were put one behind the other name the same interfaces in each section: those are one. */
static bool known_interface(const struct capture_file *file, size_t place, const struct interface *interface,
			    const struct capture_text texts[3], uint32_t *known_as)
{
	const struct pcapng_state *state = file->state;

	if (place >= state->before || file->info.interface_count == 0)
		return false;
	*known_as = state->interfaces[place].known_as;
	const struct capture_interface *known = &file->info.interfaces[*known_as];
	return known->link_type == interface->link_type && known->snap_length == interface->snap_length &&
	       same_text(known->name, texts[0]) && same_text(known->description, texts[1]) &&
	       same_text(known->filter, texts[2]);
}

static void read_interface_option(struct interface *interface, struct capture_text texts[3], bool big_endian,
				  struct option *option)
{
	switch (option->code) {
	case OPTION_NAME:
		texts[0] = text_of(option->value);
		break;
	case OPTION_DESCRIPTION:
		texts[1] = text_of(option->value);
		break;
	case OPTION_FILTER:
		/* A byte tells what kind it is: 0 is a libpcap expression. */
		if (cursor_left(&option->value) > 1 && cursor_u8(&option->value) == 0) {
			size_t length = cursor_left(&option->value);
			texts[2] = (struct capture_text){(const char *)cursor_take(&option->value, length), length};
		}
		break;
	case OPTION_RESOLUTION:
		if (cursor_left(&option->value) == 1)
			interface->resolution = cursor_u8(&option->value);
		break;
	case OPTION_OFFSET:
		if (cursor_left(&option->value) == 8)
			interface->offset_s = (int64_t)cursor_u64(&option->value, big_endian);
		break;
	default:
		break;
	}
}

static bool add_interface(struct capture_file *file, struct cursor *body)
{
	struct pcapng_state *state = file->state;
	struct interface interface = {.resolution = 6};
	struct capture_text texts[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	struct option option;
	uint32_t linktype = cursor_u16(body, state->big_endian);

	cursor_skip(body, 2);
	interface.snap_length = cursor_u32(body, state->big_endian);
	if (!cursor_good(body) || state->count == SECTION_INTERFACES)
		return false;
	while (option_next(body, state->big_endian, &option))
		read_interface_option(&interface, texts, state->big_endian, &option);
	interface.units = units_of(interface.resolution);
	interface.link_type = capture_link_type(linktype);
	interface.link = (uint32_t)capture_file_link(file, interface.link_type, "LINKTYPE", linktype);
	if (!known_interface(file, state->count, &interface, texts, &interface.known_as))
		interface.known_as = capture_file_interface(file, interface.link_type, interface.snap_length, texts[0],
							    texts[1], texts[2]);
	if (is_finer_than_us(interface.resolution))
		file->info.digits = 9;
	state->interfaces = memory_grow(state->interfaces, state->count, &state->capacity, sizeof *state->interfaces);
	state->interfaces[state->count++] = interface;
	return true;
}

static bool read_statistics(struct capture_file *file, struct cursor *body)
{
	struct pcapng_state *state = file->state;
	struct option option;
	uint64_t lost = 0;
	bool told = false;
	uint32_t place = cursor_u32(body, state->big_endian);

	cursor_skip(body, 8);
	if (!cursor_good(body) || place >= state->count)
		return false;
	while (option_next(body, state->big_endian, &option)) {
		if (option.code != OPTION_INTERFACE_DROPS && option.code != OPTION_SYSTEM_DROPS)
			continue;
		uint64_t drops = cursor_u64(&option.value, state->big_endian);
		/* All ones is what some writers put for "not known"; so many packets nobody loses. */
		if (!cursor_good(&option.value) || drops > UINT32_MAX)
			continue;
		lost += drops;
		told = true;
	}
	if (told)
		note_lost(file, &state->interfaces[place], 0, lost);
	return true;
}

/* ---- Packets ---- */

static void read_packet_options(struct capture_file *file, struct cursor *body, struct interface *interface,
				struct packet *packet)
{
	struct pcapng_state *state = file->state;
	struct option option;

	packet->comments = state->comments;
	while (option_next(body, state->big_endian, &option)) {
		if (option.code == OPTION_COMMENT && packet->comment_count < COMMENTS_MAX) {
			state->comments[packet->comment_count++] = text_of(option.value);
		} else if (option.code == OPTION_FLAGS && cursor_left(&option.value) == 4) {
			packet->flags = cursor_u32(&option.value, state->big_endian);
		} else if (option.code == OPTION_PACKET_DROPS && cursor_left(&option.value) == 8) {
			uint64_t lost = cursor_u64(&option.value, state->big_endian);
			note_lost(file, interface, lost < UINT32_MAX ? lost : 0, 0);
		}
	}
}

static void packet_of(struct packet *packet, const struct interface *interface)
{
	packet->link_type = interface->link_type;
	packet->link = interface->link;
	packet->interface = interface->known_as;
}

/* An enhanced packet block, or the packet block that it took the place of. */
static bool read_packet(struct capture_file *file, struct cursor *body, uint32_t type, struct packet *packet)
{
	struct pcapng_state *state = file->state;
	bool big_endian = state->big_endian;
	uint32_t place = type == BLOCK_ENHANCED ? cursor_u32(body, big_endian) : cursor_u16(body, big_endian);
	uint16_t lost = type == BLOCK_ENHANCED ? DROPS_UNKNOWN : cursor_u16(body, big_endian);
	uint64_t ticks = (uint64_t)cursor_u32(body, big_endian) << 32;

	ticks |= cursor_u32(body, big_endian);
	packet->captured = cursor_u32(body, big_endian);
	packet->length = cursor_u32(body, big_endian);
	packet->data = cursor_take(body, packet->captured);
	if (!cursor_good(body) || place >= state->count || packet->captured > CAPTURE_PACKET_MAX)
		return false;
	struct interface *interface = &state->interfaces[place];
	packet_of(packet, interface);
	packet->moment.time = time_of(file, interface, ticks);
	state->last = packet->moment.time;
	if (lost != DROPS_UNKNOWN)
		note_lost(file, interface, lost, 0);
	if (cursor_left(body) > 4) {
		size_t padding = -(size_t)packet->captured & 3;
		cursor_skip(body, padding);
		read_packet_options(file, body, interface, packet);
	}
	return true;
}

static bool read_simple_packet(struct capture_file *file, struct cursor *body, struct packet *packet)
{
	struct pcapng_state *state = file->state;

	packet->length = cursor_u32(body, state->big_endian);
	if (!cursor_good(body) || state->count == 0)
		return false;
	const struct interface *interface = &state->interfaces[0];
	uint32_t captured = packet->length;
	if (interface->snap_length > 0 && captured > interface->snap_length)
		captured = interface->snap_length;
	if (captured > cursor_left(body) || captured > CAPTURE_PACKET_MAX)
		return false;
	packet->captured = captured;
	packet->data = cursor_take(body, captured);
	packet_of(packet, interface);
	packet->moment.time = state->last;
	file->untimed = true;
	if (!state->no_time)
		capture_file_remark(file, NO_OFFSET,
				    "packet %llu has no time (a simple packet block): such packets get the time of the "
				    "packet before, and waits around them tell nothing",
				    (unsigned long long)file->info.packets + 1);
	state->no_time = true;
	return true;
}

/* ---- Blocks ---- */

struct block {
	uint32_t type, length;
	bool big_endian;
};

/* The block that data begins with, as its first twelve bytes tell. */
static bool block_of(const uint8_t *data, size_t available, bool big_endian, struct block *block)
{
	struct cursor in = cursor_over(data, available);

	block->type = cursor_u32(&in, big_endian);
	uint32_t length = cursor_u32(&in, false);
	block->big_endian = big_endian;
	if (block->type == BLOCK_SECTION) {
		uint32_t magic = cursor_le32(&in);
		block->big_endian = magic != BYTE_ORDER_MAGIC;
		if (block->big_endian && magic != 0x4d3c2b1aU)
			return false;
	}
	if (block->big_endian)
		length = (length & 0xffU) << 24 | (length & 0xff00U) << 8 | (length >> 8 & 0xff00U) | length >> 24;
	block->length = length;
	return cursor_good(&in) && length >= (block->type == BLOCK_SECTION ? SECTION_MIN : BLOCK_FRAME) &&
	       length % 4 == 0 && length <= BLOCK_MAX;
}

static bool ends_as_it_began(const uint8_t *data, const struct block *block)
{
	struct cursor in = cursor_over(data + block->length - 4, 4);

	return cursor_u32(&in, block->big_endian) == block->length;
}

/* Whether what begins at data is surely a block: of a known type, of usual length, and whole. */
static bool is_plausible(const uint8_t *data, size_t available, bool big_endian)
{
	struct block block;

	return block_of(data, available, big_endian, &block) &&
	       (block.type == BLOCK_SECTION || (block.type >= BLOCK_INTERFACE && block.type <= BLOCK_ENHANCED)) &&
	       block.length <= PLAUSIBLE_MAX && block.length <= available && ends_as_it_began(data, &block);
}

/*
 * Damage at the input's position: passes it. The block behind is where the damaged one says it ends, or else the next
 * bytes that are surely a block.
 */
static bool find_next_block(struct capture_file *file, const char *why, uint32_t length)
{
	struct pcapng_state *state = file->state;
	struct input *input = &file->input;
	uint64_t from = input->offset;
	size_t available;
	const uint8_t *data;

	if (length >= BLOCK_FRAME && length <= PLAUSIBLE_MAX) {
		data = input_look(input, (size_t)length + PLAUSIBLE_MAX, &available);
		if (available > length && is_plausible(data + length, available - length, state->big_endian)) {
			capture_file_note(file, from, "a block is damaged (%s); it was left out", why);
			input_take(input, length);
			return true;
		}
	}
	for (;;) {
		input_look(input, 1, &available);
		input_take(input, available);
		/* Twice as much as is needed, so that the search does not move the buffer for each byte. */
		data = input_look(input, 2 * PLAUSIBLE_MAX, &available);
		size_t searched = available < 2 * PLAUSIBLE_MAX ? available : PLAUSIBLE_MAX;
		for (size_t i = 0; i < searched; i++) {
			if (!is_plausible(data + i, available - i, state->big_endian))
				continue;
			input_take(input, i);
			capture_file_note(file, from, "is damaged here (%s); reading went on %llu bytes later", why,
					  (unsigned long long)(input->offset - from));
			return true;
		}
		if (searched == available) {
			const char *trouble = input_trouble(input);
			capture_file_note(file, from,
					  "is cut off or damaged after packet %llu (%s); everything before it was read",
					  (unsigned long long)file->info.packets, trouble != NULL ? trouble : why);
			input_take(input, available);
			return false;
		}
		/* One byte less, which the next round takes. */
		input_take(input, searched - 1);
	}
}

enum step { STEP_PACKET, STEP_OTHER, STEP_DAMAGED };

static enum step read_block(struct capture_file *file, const struct block *block, const uint8_t *data,
			    struct packet *packet)
{
	struct pcapng_state *state = file->state;
	struct cursor body = cursor_over(data + 8, block->length - BLOCK_FRAME);

	if (block->type == BLOCK_SECTION) {
		state->big_endian = block->big_endian;
		begin_section(file, &body, file->input.offset);
		return STEP_OTHER;
	}
	if (!state->readable)
		return STEP_OTHER;
	switch (block->type) {
	case BLOCK_INTERFACE:
		return add_interface(file, &body) ? STEP_OTHER : STEP_DAMAGED;
	case BLOCK_ENHANCED:
	case BLOCK_PACKET:
		return read_packet(file, &body, block->type, packet) ? STEP_PACKET : STEP_DAMAGED;
	case BLOCK_SIMPLE:
		return read_simple_packet(file, &body, packet) ? STEP_PACKET : STEP_DAMAGED;
	case BLOCK_STATISTICS:
		return read_statistics(file, &body) ? STEP_OTHER : STEP_DAMAGED;
	default:
		return STEP_OTHER;
	}
}

/* The whole block at the input's position. NULL at the end, or with *damaged set when it is no block. */
static const uint8_t *whole_block(struct capture_file *file, struct block *block, const char **damaged)
{
	const struct pcapng_state *state = file->state;
	struct input *input = &file->input;
	size_t available;

	*damaged = NULL;
	block->length = 0;
	const uint8_t *data = input_look(input, BLOCK_FRAME, &available);
	if (available == 0 && input_trouble(input) == NULL)
		return NULL;
	if (available < BLOCK_FRAME) {
		*damaged = "a block's header is not whole";
		return NULL;
	}
	if (!block_of(data, available, state->big_endian, block)) {
		*damaged = "a block's length or byte order cannot be";
		return NULL;
	}
	data = input_look(input, block->length, &available);
	if (available < block->length)
		*damaged = "a block is not whole";
	else if (!ends_as_it_began(data, block))
		*damaged = "a block's two lengths differ";
	return *damaged == NULL ? data : NULL;
}

static bool pcapng_next(struct capture_file *file, struct packet *packet)
{
	struct block block;
	const char *damaged;

	for (;;) {
		const uint8_t *data = whole_block(file, &block, &damaged);
		if (data == NULL && damaged == NULL)
			return false;
		if (data == NULL) {
			if (!find_next_block(file, damaged, block.length))
				return false;
			continue;
		}
		enum step step = read_block(file, &block, data, packet);
		if (step == STEP_DAMAGED)
			capture_file_note(file, file->input.offset,
					  "a block of type %lu contradicts itself, has a packet longer than can be, or "
					  "names an interface that was not described; it was left out",
					  (unsigned long)block.type);
		/* The bytes stay where they are until more are looked at. */
		input_take(&file->input, block.length);
		if (step == STEP_PACKET)
			return true;
	}
}

/* ---- The file ---- */

static bool pcapng_probe(const uint8_t *data, size_t length)
{
	struct cursor in = cursor_over(data, length);

	if (cursor_le32(&in) != BLOCK_SECTION || !cursor_good(&in))
		return false;
	/* Without its byte-order magic it is something else, or was copied in text mode; cut off, it is still pcapng.
	 */
	cursor_skip(&in, 4);
	uint32_t magic = cursor_le32(&in);
	return !cursor_good(&in) || magic == BYTE_ORDER_MAGIC || magic == 0x4d3c2b1aU;
}

/* Reads on to the first packet, so that the interfaces before it are known when the file has been opened. */
static void *pcapng_open(struct capture_file *file)
{
	struct pcapng_state *state = memory_get_zeroed(1, sizeof *state);
	struct block block;
	const char *damaged;
	size_t available;

	file->state = state;
	const uint8_t *data = input_look(&file->input, SECTION_MIN, &available);
	if (!block_of(data, available, false, &block)) {
		capture_file_note(file, available < SECTION_MIN ? available : 0,
				  "the file header cannot be read: the file is damaged or cut off");
		free(state);
		return NULL;
	}
	for (;;) {
		data = whole_block(file, &block, &damaged);
		if (data == NULL || (block.type != BLOCK_SECTION && block.type != BLOCK_INTERFACE) ||
		    read_block(file, &block, data, NULL) == STEP_DAMAGED)
			break;
		input_take(&file->input, block.length);
	}
	return state;
}

static void pcapng_close(struct capture_file *file)
{
	struct pcapng_state *state = file->state;

	free(state->interfaces);
	free(state);
}

const struct capture_reader reader_pcapng = {"pcapng", pcapng_probe, pcapng_open, pcapng_next, pcapng_close};
