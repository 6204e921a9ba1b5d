/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/format.h"

#include "base/cursor.h"

#include <string.h>

/* Every format that is read. reader_pcap has the variants of pcap that reader_plain does not know. */
static const struct capture_reader *const readers[] = {&reader_plain, &reader_pcap, &reader_pcapng, &reader_netmon,
						       &reader_snoop};

const struct capture_reader *capture_reader_of(const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		if (readers[i]->probe(data, length))
			return readers[i];
	return NULL;
}

#define WITH_EDITCAP "convert it with `editcap -F pcapng IN OUT.pcapng`"
#define TEXT_MODE    "it was copied in text mode, which breaks captures: copy it again in binary mode"

struct signature {
	const char *bytes;
	size_t length;
	struct capture_foreign format;
};

static const struct signature signatures[] = {
    {"TRSNIFF data", 12, {"Sniffer for DOS", WITH_EDITCAP}},
    {"XCP\0", 4, {"Sniffer for Windows", WITH_EDITCAP}},
    {"\x05VNF", 4, {"Visual Networks", WITH_EDITCAP}},
    {"iptrace ", 8, {"iptrace", WITH_EDITCAP}},
    {"\x7fver", 4, {"OmniPeek", WITH_EDITCAP}},
    {"ObserverPktBuffe", 16, {"Observer", WITH_EDITCAP}},
    {"\xaa\xaa\xaa\xaa", 4, {"5Views", WITH_EDITCAP}},
    {"\x54\x52\x00\x64\x00", 5, {"nettl", WITH_EDITCAP}},
    {"\x01\x10\x4c\x00\x01\x05", 6, {"LANalyzer", WITH_EDITCAP}},
    {"\x07\x10\x4c\x00\x01\x05", 6, {"LANalyzer", WITH_EDITCAP}},
    {"+---------+---------------+----------+",
     38,
     {"K12 text", "convert it with `editcap -F pcapng -T ether IN OUT.pcapng`"}},
    {"\x0d\x0a\x0d", 3, {"pcapng", TEXT_MODE}},
    {"\x0a\x0d\x0a", 3, {"pcapng", TEXT_MODE}},
    {"\x1f\x8b", 2, {"gzip in gzip", "unpack it first: `gunzip -c FILE.gz | mtascope analyze -`"}},
    {"\x28\xb5\x2f\xfd", 4, {"zstd in another", "unpack it first: `zstd -dc FILE.zst | mtascope analyze -`"}},
    {"BZh", 3, {"bzip2", "unpack it first: `bzip2 -dc FILE.bz2 | mtascope analyze -`"}},
    {"\xfd\x37zXZ", 5, {"xz", "unpack it first: `xz -dc FILE.xz | mtascope analyze -`"}},
    {"\x04\x22\x4d\x18", 4, {"lz4", "unpack it first: `lz4 -dc FILE.lz4 | mtascope analyze -`"}},
    {"\x8fmtascope part\n", 15, {"a part of a capture", "give it to `mtascope merge`"}},
    {"PK\x03\x04", 4, {"zip archive", "unpack it first: `unzip -p FILE.zip | mtascope analyze -`"}},
    {"\x30\x00\x00\x00LfLe", 8, {"Windows .evt event log", "give event logs with -e"}},
    {"ElfFile\0", 8, {"Windows .evtx event log", "give event logs with -e"}},
};

/*
 * Endace's ERF has no signature: two records in a row, each with a type that there is, a length that holds its 16 bytes
 * of header, and the second not a day after the first (its time is 32.32 fixed point, little-endian).
 */
static bool looks_like_erf(const uint8_t *data, size_t length)
{
	enum { ERF_TYPES = 48, ERF_HEADER = 16, DAY_S = 86400 };
	struct cursor in = cursor_over(data, length);
	uint32_t seconds[2];

	for (unsigned record = 0; record < 2; record++) {
		cursor_skip(&in, 4);
		seconds[record] = cursor_le32(&in);
		unsigned type = cursor_u8(&in) & 0x7fU;
		cursor_skip(&in, 1);
		uint16_t size = cursor_be16(&in);
		cursor_skip(&in, 4);
		if (!cursor_good(&in) || type == 0 || type > ERF_TYPES || size < ERF_HEADER)
			return false;
		cursor_skip(&in, size - ERF_HEADER);
	}
	return seconds[1] - seconds[0] < DAY_S;
}

static bool looks_like_text(const uint8_t *data, size_t length)
{
	size_t looked = length < 512 ? length : 512;

	for (size_t i = 0; i < looked; i++)
		if (data[i] < 0x09 || (data[i] > 0x0d && data[i] < 0x20))
			return false;
	return looked > 0;
}

struct capture_foreign capture_foreign_of(const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
		if (length >= signatures[i].length && memcmp(data, signatures[i].bytes, signatures[i].length) == 0)
			return signatures[i].format;
	if (length == 0)
		return (struct capture_foreign){"an empty file",
						"a capture has at least a file header: take the capture again, and see "
						"whether the disk was full"};
	if (length < 4)
		return (struct capture_foreign){"the very beginning of a file",
						"a capture has at least a file header: copy or take the capture again"};
	if (looks_like_text(data, length))
		return (struct capture_foreign){"text", "give event logs with -e, and of what an analyzer printed the "
							"capture file itself"};
	if (looks_like_erf(data, length))
		return (struct capture_foreign){
		    "ERF", "convert it with `dagconvert -T erf:pcap -i IN -o OUT.pcap`, so that its records lose their "
			   "own headers"};
	return (struct capture_foreign){
	    "no known format",
	    "`editcap -F pcapng IN OUT.pcapng` converts what Wireshark reads (CommView's with `-T ether`), and "
	    "`capinfos FILE` tells what it is; if another analyzer reads it, save it there as pcap"};
}
