/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/write_pcapng.h"

#include "base/memory.h"
#include "capture/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED = 6,
};

enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_HARDWARE = 2,
	OPTION_SYSTEM = 3,
	OPTION_APPLICATION = 4,
	OPTION_NAME = 2,
	OPTION_DESCRIPTION = 3,
	OPTION_RESOLUTION = 9,
	OPTION_FILTER = 11,
	OPTION_FLAGS = 2,
	OPTION_RECEIVED = 4,
	OPTION_DROPPED = 5,
};

enum { BUFFER = 1 << 16, TEXT_MAX = UINT16_MAX, OPTIONS = PCAPNG_COMMENTS_MAX + 4, DIGITS_MAX = 9 };

struct pcapng_writer {
	pcapng_sink *sink;
	void *user;
	int error;
	bool in_section;
	uint8_t *digits; /* of each interface of the section */
	size_t interface_count, interface_capacity;
	uint64_t bytes;
	size_t used;
	uint8_t buffer[BUFFER];
};

/* ---- Sinks ---- */

int pcapng_to_file(void *user, const void *data, size_t length)
{
	errno = 0;
	if (fwrite(data, 1, length, user) == length)
		return 0;
	return errno != 0 ? errno : EIO;
}

int pcapng_to_descriptor(void *user, const void *data, size_t length)
{
	const int *descriptor = user;
	const uint8_t *bytes = data;

	while (length > 0) {
		ssize_t written = write(*descriptor, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written == 0 ? EIO : errno;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

/* ---- Bytes ---- */

struct pcapng_writer *pcapng_writer_new(pcapng_sink *sink, void *user)
{
	struct pcapng_writer *writer = memory_get_zeroed(1, sizeof *writer);

	writer->sink = sink;
	writer->user = user;
	return writer;
}

void pcapng_writer_free(struct pcapng_writer *writer)
{
	if (writer == NULL)
		return;
	free(writer->digits);
	free(writer);
}

bool pcapng_flush(struct pcapng_writer *writer)
{
	if (writer->error == 0 && writer->used > 0)
		writer->error = writer->sink(writer->user, writer->buffer, writer->used);
	writer->used = 0;
	return writer->error == 0;
}

static void put(struct pcapng_writer *writer, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	writer->bytes += length;
	while (length > 0 && writer->error == 0) {
		size_t part = length < BUFFER - writer->used ? length : BUFFER - writer->used;
		memcpy(writer->buffer + writer->used, bytes, part);
		writer->used += part;
		bytes += part;
		length -= part;
		if (writer->used == BUFFER)
			pcapng_flush(writer);
	}
}

static void put_number(struct pcapng_writer *writer, uint64_t number, size_t length)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	put(writer, bytes, length);
}

static void put16(struct pcapng_writer *writer, uint32_t number)
{
	put_number(writer, number, 2);
}

static void put32(struct pcapng_writer *writer, uint32_t number)
{
	put_number(writer, number, 4);
}

static size_t padding_of(size_t length)
{
	return -length & 3U;
}

static void put_padded(struct pcapng_writer *writer, const void *data, size_t length)
{
	put(writer, data, length);
	put_number(writer, 0, padding_of(length));
}

/* ---- Options ---- */

struct option {
	uint16_t code, length;
	const void *value;
};

/* The options of one block, gathered first, since the block's length stands before them. */
struct options {
	struct option list[OPTIONS];
	size_t count;
};

static void add_option(struct options *options, uint16_t code, const void *value, size_t length)
{
	if (options->count < OPTIONS)
		options->list[options->count++] = (struct option){code, (uint16_t)length, value};
}

/* No more than fits; a character of UTF-8 that does not fit whole is left out. */
static size_t text_length(const char *text, size_t length)
{
	if (length <= TEXT_MAX)
		return length;
	length = TEXT_MAX;
	while (length > 0 && ((uint8_t)text[length] & 0xc0U) == 0x80U)
		length--;
	return length;
}

static void add_text(struct options *options, uint16_t code, const char *text)
{
	if (text != NULL && *text != '\0')
		add_option(options, code, text, text_length(text, strlen(text)));
}

static void add_comments(struct options *options, const struct capture_text *comments, size_t count)
{
	for (size_t i = 0; i < count && i < PCAPNG_COMMENTS_MAX; i++)
		if (comments[i].text != NULL && comments[i].length > 0)
			add_option(options, OPTION_COMMENT, comments[i].text,
				   text_length(comments[i].text, comments[i].length));
}

static size_t options_length(const struct options *options)
{
	size_t length = options->count > 0 ? 4 : 0;

	for (size_t i = 0; i < options->count; i++)
		length += 4 + options->list[i].length + padding_of(options->list[i].length);
	return length;
}

static void put_options(struct pcapng_writer *writer, const struct options *options)
{
	for (size_t i = 0; i < options->count; i++) {
		const struct option *option = &options->list[i];
		put16(writer, option->code);
		put16(writer, option->length);
		put_padded(writer, option->value, option->length);
	}
	if (options->count > 0)
		put32(writer, OPTION_END);
}

/* ---- Blocks ---- */

/* Begins a block whose body before the options has so many bytes. Returns its length. */
static uint32_t begin(struct pcapng_writer *writer, uint32_t type, size_t body, const struct options *options)
{
	uint32_t length = (uint32_t)(12 + body + options_length(options));

	put32(writer, type);
	put32(writer, length);
	return length;
}

static bool end(struct pcapng_writer *writer, uint32_t length, const struct options *options)
{
	put_options(writer, options);
	put32(writer, length);
	return writer->error == 0;
}

static bool refuse(struct pcapng_writer *writer)
{
	if (writer->error == 0)
		writer->error = EINVAL;
	return false;
}

bool pcapng_section(struct pcapng_writer *writer, const struct pcapng_section *section)
{
	struct options options = {.count = 0};

	if (writer->error != 0)
		return false;
	add_comments(&options, section->comments, section->comment_count);
	add_text(&options, OPTION_HARDWARE, section->hardware);
	add_text(&options, OPTION_SYSTEM, section->system);
	add_text(&options, OPTION_APPLICATION, section->application);
	uint32_t length = begin(writer, BLOCK_SECTION, 16, &options);
	put32(writer, 0x1a2b3c4d); /* byte order */
	put16(writer, 1);          /* version 1.0 */
	put16(writer, 0);
	put_number(writer, UINT64_MAX, 8); /* the section's length is not told */
	writer->in_section = true;
	writer->interface_count = 0;
	return end(writer, length, &options);
}

/* A filter's value begins with a byte that says whose words it is: 0 for libpcap's. The caller frees it. */
static char *filter_value(const char *filter, size_t *length)
{
	*length = text_length(filter, strlen(filter));
	if (*length == TEXT_MAX)
		--*length;
	char *value = memory_get(*length + 1);
	value[0] = 0;
	memcpy(value + 1, filter, *length);
	++*length;
	return value;
}

bool pcapng_interface(struct pcapng_writer *writer, const struct pcapng_interface *interface, uint32_t *index)
{
	struct options options = {.count = 0};
	int linktype = capture_linktype_of(interface->link_type);
	uint8_t digits = (uint8_t)interface->digits;
	char *filter = NULL;
	size_t filter_length = 0;

	if (writer->error != 0)
		return false;
	if (!writer->in_section || linktype < 0 || interface->digits > DIGITS_MAX ||
	    writer->interface_count == PCAPNG_INTERFACES_MAX)
		return refuse(writer);
	add_text(&options, OPTION_NAME, interface->name);
	add_text(&options, OPTION_DESCRIPTION, interface->description);
	add_option(&options, OPTION_RESOLUTION, &digits, 1);
	if (interface->filter != NULL) {
		filter = filter_value(interface->filter, &filter_length);
		add_option(&options, OPTION_FILTER, filter, filter_length);
	}
	uint32_t length = begin(writer, BLOCK_INTERFACE, 8, &options);
	put16(writer, (uint32_t)linktype);
	put16(writer, 0);
	put32(writer, interface->snap_length);
	writer->digits =
	    memory_grow(writer->digits, writer->interface_count, &writer->interface_capacity, sizeof *writer->digits);
	writer->digits[writer->interface_count] = digits;
	if (index != NULL)
		*index = (uint32_t)writer->interface_count;
	writer->interface_count++;
	bool good = end(writer, length, &options);
	free(filter);
	return good;
}

static bool has_interface(const struct pcapng_writer *writer, uint32_t interface, time_ns time)
{
	return writer->in_section && interface < writer->interface_count && time >= 0;
}

/* Of time, in the interface's units: the upper half of the number first, whatever the order of bytes (4.3). */
static void put_time(struct pcapng_writer *writer, uint32_t interface, time_ns time)
{
	uint64_t ticks = (uint64_t)time;

	for (unsigned digits = writer->digits[interface]; digits < DIGITS_MAX; digits++)
		ticks /= 10;
	put32(writer, (uint32_t)(ticks >> 32));
	put32(writer, (uint32_t)ticks);
}

bool pcapng_packet(struct pcapng_writer *writer, const struct pcapng_packet *packet)
{
	struct options options = {.count = 0};
	uint8_t flags[4];

	if (writer->error != 0)
		return false;
	if (!has_interface(writer, packet->interface, packet->time) || packet->captured > PCAPNG_PACKET_MAX ||
	    packet->length < packet->captured || packet->comment_count > PCAPNG_COMMENTS_MAX)
		return refuse(writer);
	add_comments(&options, packet->comments, packet->comment_count);
	for (unsigned i = 0; i < 4; i++)
		flags[i] = (uint8_t)(packet->flags >> 8 * i);
	if (packet->flags != 0)
		add_option(&options, OPTION_FLAGS, flags, 4);
	uint32_t length = begin(writer, BLOCK_ENHANCED, 20 + packet->captured + padding_of(packet->captured), &options);
	put32(writer, packet->interface);
	put_time(writer, packet->interface, packet->time);
	put32(writer, packet->captured);
	put32(writer, packet->length);
	put_padded(writer, packet->data, packet->captured);
	return end(writer, length, &options);
}

bool pcapng_statistics(struct pcapng_writer *writer, uint32_t interface, time_ns time, uint64_t received,
		       uint64_t dropped)
{
	struct options options = {.count = 0};
	const uint64_t numbers[2] = {received, dropped};
	uint8_t values[2][8];

	if (writer->error != 0)
		return false;
	if (!has_interface(writer, interface, time))
		return refuse(writer);
	for (unsigned n = 0; n < 2; n++) {
		for (unsigned i = 0; i < 8; i++)
			values[n][i] = (uint8_t)(numbers[n] >> 8 * i);
		if (numbers[n] != UINT64_MAX)
			add_option(&options, n == 0 ? OPTION_RECEIVED : OPTION_DROPPED, values[n], 8);
	}
	uint32_t length = begin(writer, BLOCK_STATISTICS, 12, &options);
	put32(writer, interface);
	put_time(writer, interface, time);
	return end(writer, length, &options);
}

int pcapng_error(const struct pcapng_writer *writer)
{
	return writer->error;
}

uint64_t pcapng_bytes(const struct pcapng_writer *writer)
{
	return writer->bytes;
}
