/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/capfile.h"

#include <string.h>

const char *const file_format_names[FILE_FORMATS] = {"pcap", "pcap-ns", "pcap-be", "pcapng", "pcapng-ns"};
const char *const link_kind_names[LINK_KINDS] = {"ethernet", "vlan", "sll", "raw", "null"};

static const uint16_t link_types[LINK_KINDS] = {1, 1, 113, 101, 0};

struct frame {
	size_t length;
	uint8_t data[2048];
};

static void add(struct frame *frame, const void *data, size_t length)
{
	memcpy(frame->data + frame->length, data, length);
	frame->length += length;
}

static void add8(struct frame *frame, unsigned value)
{
	frame->data[frame->length++] = (uint8_t)value;
}

static void add16(struct frame *frame, unsigned value)
{
	add8(frame, value >> 8);
	add8(frame, value);
}

static void add32(struct frame *frame, uint32_t value)
{
	add16(frame, value >> 16);
	add16(frame, value & 0xffff);
}

static uint32_t sum16(const uint8_t *data, size_t length, uint32_t sum)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	if (length % 2 != 0)
		sum += (uint32_t)data[length - 1] << 8;
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t address_bytes(const struct address *address)
{
	return address->family == 6 ? 16 : 4;
}

static uint32_t pseudo_sum(const struct segment *segment, unsigned protocol, size_t length)
{
	uint32_t sum = sum16(segment->from.ip.bytes, address_bytes(&segment->from.ip), protocol);

	sum = sum16(segment->to.ip.bytes, address_bytes(&segment->to.ip), sum);
	return sum + (uint32_t)length;
}

static void add_tcp_options(struct frame *frame, const struct segment *segment)
{
	if (segment->mss != 0) {
		add16(frame, 0x0204);
		add16(frame, segment->mss);
	}
	if (segment->scale != 255) {
		add16(frame, 0x0103);
		add16(frame, 0x0300u | segment->scale);
	}
	if (segment->sack) {
		add16(frame, 0x0101);
		add16(frame, 0x0402);
	}
	if (segment->stamp) {
		add16(frame, 0x0101);
		add16(frame, 0x080a);
		add32(frame, segment->stamp_value);
		add32(frame, segment->stamp_echo);
	}
}

static void add_tcp(struct frame *frame, const struct segment *segment, const uint8_t *payload, size_t length)
{
	size_t start = frame->length;

	add16(frame, segment->from.port);
	add16(frame, segment->to.port);
	add32(frame, segment->seq);
	add32(frame, segment->ack);
	add16(frame, segment->flags);
	add16(frame, segment->window);
	add32(frame, 0);
	add_tcp_options(frame, segment);
	/* A scale option is 3 bytes after its NOP, so that the header is whole words by itself. */
	frame->data[start + 12] = (uint8_t)((frame->length - start) / 4 << 4);
	if (length > 0)
		add(frame, payload, length);
	size_t total = frame->length - start;
	uint16_t check = folded(sum16(frame->data + start, total, pseudo_sum(segment, 6, total)));
	frame->data[start + 16] = (uint8_t)(check >> 8);
	frame->data[start + 17] = (uint8_t)check;
}

/* Returns where the header starts; the length is filled in by finish_ip. */
static size_t add_ip(struct frame *frame, const struct segment *segment, unsigned protocol)
{
	size_t start = frame->length;

	if (segment->from.ip.family == 6) {
		add32(frame, 0x60000000);
		add16(frame, 0);
		add8(frame, protocol);
		add8(frame, segment->ttl);
		add(frame, segment->from.ip.bytes, 16);
		add(frame, segment->to.ip.bytes, 16);
		return start;
	}
	add16(frame, 0x4500);
	add16(frame, 0);
	add16(frame, segment->ip_id);
	add16(frame, segment->dont_fragment ? 0x4000 : 0);
	add8(frame, segment->ttl);
	add8(frame, protocol);
	add16(frame, 0);
	add(frame, segment->from.ip.bytes, 4);
	add(frame, segment->to.ip.bytes, 4);
	return start;
}

static void finish_ip(struct frame *frame, size_t start)
{
	bool six = frame->data[start] >> 4 == 6;
	size_t length = frame->length - start - (six ? 40 : 0);
	size_t at = start + (six ? 4 : 2);

	frame->data[at] = (uint8_t)(length >> 8);
	frame->data[at + 1] = (uint8_t)length;
	if (six)
		return;
	uint16_t check = folded(sum16(frame->data + start, 20, 0));
	frame->data[start + 10] = (uint8_t)(check >> 8);
	frame->data[start + 11] = (uint8_t)check;
}

/* An ICMP answer to segment, which it quotes; it goes from the router back to the segment's sender. */
static void add_icmp(struct frame *frame, const struct segment *segment)
{
	bool six = segment->from.ip.family == 6;
	struct segment outer = *segment;

	outer.from = segment->icmp_from;
	outer.to = segment->from;
	outer.ttl = segment->icmp_ttl;
	size_t ip = add_ip(frame, &outer, six ? 58 : 1);
	size_t start = frame->length;
	add8(frame, six ? 1 : 3);
	add8(frame, segment->icmp_code);
	add16(frame, 0);
	add32(frame, 0);
	struct frame quoted = {0};
	size_t inner = add_ip(&quoted, segment, 6);
	add_tcp(&quoted, segment, NULL, 0);
	finish_ip(&quoted, inner);
	add(frame, quoted.data, six ? quoted.length : 28);
	size_t total = frame->length - start;
	uint32_t sum = six ? pseudo_sum(&outer, 58, total) : 0;
	uint16_t check = folded(sum16(frame->data + start, total, sum));
	frame->data[start + 2] = (uint8_t)(check >> 8);
	frame->data[start + 3] = (uint8_t)check;
	finish_ip(frame, ip);
}

static void add_link(struct frame *frame, const struct capfile *capfile, const struct segment *segment)
{
	static const uint8_t left[6] = {0x02, 0, 0x5e, 0x10, 0, 0x01}, right[6] = {0x02, 0, 0x5e, 0x10, 0, 0x02};
	bool six = segment->from.ip.family == 6, from_right = segment->from_right != segment->icmp;
	unsigned type = six ? 0x86dd : 0x0800;

	switch (capfile->link) {
	case LINK_SLL:
		add16(frame, from_right ? 0 : 4); /* to us, or sent by us */
		add16(frame, 1);
		add16(frame, 6);
		add(frame, from_right ? right : left, 6);
		add16(frame, 0);
		add16(frame, type);
		return;
	case LINK_NULL:
		add32(frame, six ? 0x18000000 : 0x02000000);
		return;
	case LINK_RAW:
		return;
	default:
		add(frame, from_right ? left : right, 6);
		add(frame, from_right ? right : left, 6);
		if (capfile->link == LINK_VLAN) {
			add16(frame, 0x8100);
			add16(frame, capfile->vlan);
		}
		add16(frame, type);
	}
}

/* Integers of the file itself, in its byte order: little endian, but for FILE_PCAP_BE. */
static void put(struct capfile *capfile, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		unsigned shift = capfile->format == FILE_PCAP_BE ? bytes - 1 - i : i;
		fputc((int)(value >> (shift * 8) & 0xff), capfile->file);
	}
}

static bool is_pcapng(const struct capfile *capfile)
{
	return capfile->format == FILE_PCAPNG || capfile->format == FILE_PCAPNG_NS;
}

static void put_pcapng_start(struct capfile *capfile)
{
	put(capfile, 0x0a0d0d0a, 4);
	put(capfile, 28, 4);
	put(capfile, 0x1a2b3c4d, 4);
	put(capfile, 1, 2);
	put(capfile, 0, 2);
	put(capfile, UINT64_MAX, 8);
	put(capfile, 28, 4);
	put(capfile, 1, 4);
	put(capfile, 32, 4);
	put(capfile, link_types[capfile->link], 2);
	put(capfile, 0, 2);
	put(capfile, 65535, 4);
	put(capfile, 9, 2); /* if_tsresol */
	put(capfile, 1, 2);
	put(capfile, capfile_digits(capfile->format), 4);
	put(capfile, 0, 4); /* end of options */
	put(capfile, 32, 4);
}

bool capfile_open(struct capfile *capfile, const char *path, enum file_format format, enum link_kind link)
{
	*capfile = (struct capfile){
	    .file = fopen(path, "wb"), .format = format, .link = link, .vlan = 7, .snap = capfile->snap};
	if (capfile->file == NULL)
		return false;
	if (is_pcapng(capfile)) {
		put_pcapng_start(capfile);
		return true;
	}
	put(capfile, format == FILE_PCAP_NS ? 0xa1b23c4d : 0xa1b2c3d4, 4);
	put(capfile, 2, 2);
	put(capfile, 4, 2);
	put(capfile, 0, 8);
	put(capfile, 65535, 4);
	put(capfile, link_types[link], 4);
	return true;
}

static void put_packet(struct capfile *capfile, time_ns time, const struct frame *frame)
{
	size_t kept = capfile->snap != 0 && capfile->snap < frame->length ? capfile->snap : frame->length;
	unsigned padding = (unsigned)(-kept & 3);
	int64_t unit = capfile_digits(capfile->format) == 9 ? 1 : NS_PER_US;

	if (is_pcapng(capfile)) {
		uint64_t stamp = (uint64_t)(time / unit);
		put(capfile, 6, 4);
		put(capfile, 32 + kept + padding, 4);
		put(capfile, 0, 4);
		put(capfile, stamp >> 32, 4);
		put(capfile, stamp & 0xffffffff, 4);
	} else {
		put(capfile, (uint64_t)(time / NS_PER_S), 4);
		put(capfile, (uint64_t)(time % NS_PER_S / unit), 4);
	}
	put(capfile, kept, 4);
	put(capfile, frame->length, 4);
	fwrite(frame->data, 1, kept, capfile->file);
	if (is_pcapng(capfile)) {
		put(capfile, 0, padding);
		put(capfile, 32 + kept + padding, 4);
	}
}

void capfile_write(struct capfile *capfile, time_ns time, const struct segment *segment, const uint8_t *payload,
		   size_t length)
{
	struct frame frame = {0};

	add_link(&frame, capfile, segment);
	if (segment->icmp) {
		add_icmp(&frame, segment);
	} else {
		size_t ip = add_ip(&frame, segment, 6);
		add_tcp(&frame, segment, payload, length);
		finish_ip(&frame, ip);
	}
	/* Ethernet's shortest frame: the padding must not be taken for data. */
	bool ethernet = capfile->link == LINK_ETHERNET || capfile->link == LINK_VLAN;
	if (ethernet && frame.length < 60)
		frame.length = 60;
	put_packet(capfile, time, &frame);
	capfile->frames++;
}

bool capfile_close(struct capfile *capfile)
{
	bool good = ferror(capfile->file) == 0;

	return fclose(capfile->file) == 0 && good;
}

unsigned capfile_digits(enum file_format format)
{
	return format == FILE_PCAP_NS || format == FILE_PCAPNG_NS ? 9 : 6;
}
