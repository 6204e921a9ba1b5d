/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/format.h"

#include "base/cursor.h"

#include <string.h>

#define WITH_EDITCAP "convert it with `editcap -F pcap IN OUT.pcap`"

struct signature {
	const char *bytes;
	size_t length;
	struct capture_format format;
};

static const struct signature signatures[] = {
    {"\xa1\xb2\xc3\xd4", 4, {"pcap", true, 6, NULL}},
    {"\xd4\xc3\xb2\xa1", 4, {"pcap", true, 6, NULL}},
    {"\xa1\xb2\x3c\x4d", 4, {"pcap", true, 9, NULL}},
    {"\x4d\x3c\xb2\xa1", 4, {"pcap", true, 9, NULL}},
    {"\xa1\xb2\xcd\x34", 4, {"pcap (modified)", true, 6, NULL}},
    {"\x34\xcd\xb2\xa1", 4, {"pcap (modified)", true, 6, NULL}},
    {"\x0a\x0d\x0d\x0a", 4, {"pcapng", true, 6, NULL}},
    {"RTSS", 4, {"Network Monitor 1.x", false, 0, WITH_EDITCAP}},
    {"GMBU", 4, {"Network Monitor 2.x", false, 0, WITH_EDITCAP}},
    {"snoop\0\0\0", 8, {"snoop", false, 0, WITH_EDITCAP}},
    {"TRSNIFF data", 12, {"Sniffer", false, 0, WITH_EDITCAP}},
    {"iptrace ", 8, {"iptrace", false, 0, WITH_EDITCAP}},
    {"\x1f\x8b", 2, {"gzip", false, 0, "unpack it first: `gunzip -c FILE.gz | mtascope analyze -`"}},
    {"\x28\xb5\x2f\xfd", 4, {"zstd", false, 0, "unpack it first: `zstd -dc FILE.zst | mtascope analyze -`"}},
    {"PK\x03\x04", 4, {"zip archive", false, 0, "unpack it first and give the capture inside"}},
    {"\x30\x00\x00\x00LfLe", 8, {"Windows .evt event log", false, 0, "give event logs with -e"}},
    {"ElfFile\0", 8, {"Windows .evtx event log", false, 0, "give event logs with -e"}},
};

/*
 * The time resolution that the first interface of a pcapng file declares (if_tsresol; 6 where it declares none). Reads
 * only what was peeked: a first section header too long for that leaves 6.
 */
static unsigned pcapng_digits(const uint8_t *data, size_t length)
{
	struct cursor in = cursor_over(data, length);

	cursor_skip(&in, 8);
	bool big_endian = cursor_peek(&in) == 0x1a;
	for (unsigned blocks = 0; blocks < 8; blocks++) {
		in = blocks == 0 ? cursor_over(data, length) : in;
		size_t left = cursor_left(&in);
		uint32_t type = cursor_u32(&in, big_endian);
		uint32_t size = cursor_u32(&in, big_endian);
		if (!cursor_good(&in) || size < 12 || size > left)
			return 6;
		struct cursor body = cursor_sub(&in, size - 12);
		cursor_skip(&in, 4);
		if (type != 1)
			continue;
		cursor_skip(&body, 8);
		while (cursor_left(&body) >= 4) {
			uint16_t code = cursor_u16(&body, big_endian);
			uint16_t size_of_option = cursor_u16(&body, big_endian);
			if (code == 9 && size_of_option >= 1) {
				uint8_t resolution = cursor_u8(&body);
				/* The top bit makes it a power of two: 2^-20 is finer than a microsecond. */
				return (resolution & 0x80 ? (resolution & 0x7f) > 20 : resolution > 6) ? 9 : 6;
			}
			cursor_skip(&body, (size_of_option + 3u) & ~3u);
		}
		return 6;
	}
	return 6;
}

static bool looks_like_text(const uint8_t *data, size_t length)
{
	size_t looked = length < 512 ? length : 512;

	for (size_t i = 0; i < looked; i++)
		if (data[i] < 0x09 || (data[i] > 0x0d && data[i] < 0x20))
			return false;
	return looked > 0;
}

struct capture_format capture_format_of(const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
		const struct signature *signature = &signatures[i];
		if (length < signature->length || memcmp(data, signature->bytes, signature->length) != 0)
			continue;
		struct capture_format format = signature->format;
		if (strcmp(format.name, "pcapng") == 0)
			format.digits = pcapng_digits(data, length);
		return format;
	}
	if (length == 0)
		return (struct capture_format){"an empty file", false, 0,
					       "a capture has at least a file header: take the capture again, and see "
					       "whether the disk was full"};
	if (length < 4)
		return (struct capture_format){"the very beginning of a file", false, 0,
					       "a capture has at least a file header: copy or take the capture again"};
	if (looks_like_text(data, length))
		return (struct capture_format){"text", false, 0, "give event logs with -e"};
	return (struct capture_format){"no known format", false, 0,
				       "if another analyzer reads it, save it there as pcap or pcapng; `capinfos FILE` "
				       "tells what it is"};
}
