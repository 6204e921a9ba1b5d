/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/wire.h"

#include <string.h>

enum { ETHERNET = 14, IP = 20, TCP = 20, SYN_OPTIONS = 8, UDP = 8, FRAME_MAX = 1600 };

static void put_be16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_be32(uint8_t *at, uint32_t value)
{
	put_be16(at, value >> 16);
	put_be16(at + 2, value & 0xffff);
}

static void put_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* RFC 1071 */
static uint32_t sum(const uint8_t *data, size_t length, uint32_t start)
{
	uint32_t total = start;

	for (size_t i = 0; i + 1 < length; i += 2)
		total += (uint32_t)data[i] << 8 | data[i + 1];
	if (length % 2 == 1)
		total += (uint32_t)data[length - 1] << 8;
	return total;
}

static unsigned fold(uint32_t total)
{
	while (total > 0xffff)
		total = (total & 0xffff) + (total >> 16);
	return ~total & 0xffff;
}

bool wire_open(struct wire *wire, const char *path)
{
	uint8_t header[24] = {0};

	*wire = (struct wire){.file = fopen(path, "wb")};
	if (wire->file == NULL)
		return false;
	setvbuf(wire->file, NULL, _IOFBF, 1 << 20);
	put_le32(header, 0xa1b2c3d4);
	header[4] = 2;
	header[6] = 4;
	put_le32(header + 16, 65535);
	put_le32(header + 20, 1);
	wire->bytes = sizeof header;
	return fwrite(header, sizeof header, 1, wire->file) == 1;
}

bool wire_close(struct wire *wire)
{
	bool good = ferror(wire->file) == 0;

	return fclose(wire->file) == 0 && good;
}

static void write_frame(struct wire *wire, int64_t time_us, uint8_t *frame, size_t length)
{
	uint8_t header[16];

	put_le32(header, (uint32_t)(time_us / 1000000));
	put_le32(header + 4, (uint32_t)(time_us % 1000000));
	put_le32(header + 8, (uint32_t)length);
	put_le32(header + 12, (uint32_t)length);
	fwrite(header, sizeof header, 1, wire->file);
	fwrite(frame, length, 1, wire->file);
	wire->packets++;
	wire->bytes += sizeof header + length;
}

/* Ethernet and IPv4 before length bytes of a protocol; returns the sum of the pseudo header. */
static uint32_t put_ip(uint8_t *frame, const struct wire_segment *segment, uint8_t protocol, size_t length)
{
	uint8_t *ip = frame + ETHERNET;

	put_be32(frame + 2, segment->to.ip);
	put_be32(frame + 8, segment->from.ip);
	frame[0] = frame[6] = 2;
	frame[1] = frame[7] = 0;
	put_be16(frame + 12, 0x0800);
	memset(ip, 0, IP);
	ip[0] = 0x45;
	put_be16(ip + 2, (unsigned)(IP + length));
	put_be16(ip + 4, segment->ip_id);
	ip[6] = 0x40;
	ip[8] = 128;
	ip[9] = protocol;
	put_be32(ip + 12, segment->from.ip);
	put_be32(ip + 16, segment->to.ip);
	put_be16(ip + 10, fold(sum(ip, IP, 0)));
	return sum(ip + 12, 8, (uint32_t)(protocol + length));
}

void wire_tcp(struct wire *wire, int64_t time_us, const struct wire_segment *segment)
{
	static const uint8_t options[SYN_OPTIONS] = {2, 4, WIRE_MSS >> 8, WIRE_MSS & 0xff, 1, 1, 4, 2};
	uint8_t frame[FRAME_MAX];
	uint8_t *tcp = frame + ETHERNET + IP;
	size_t header = TCP + ((segment->flags & WIRE_SYN) != 0 ? SYN_OPTIONS : 0);
	uint32_t pseudo = put_ip(frame, segment, 6, header + segment->length);

	memset(tcp, 0, TCP);
	put_be16(tcp, segment->from.port);
	put_be16(tcp + 2, segment->to.port);
	put_be32(tcp + 4, segment->seq);
	put_be32(tcp + 8, segment->ack);
	tcp[12] = (uint8_t)(header / 4 << 4);
	tcp[13] = segment->flags;
	put_be16(tcp + 14, 17520);
	if (header > TCP)
		memcpy(tcp + TCP, options, SYN_OPTIONS);
	if (segment->length > 0)
		memcpy(tcp + header, segment->payload, segment->length);
	put_be16(tcp + 16, fold(sum(tcp, header + segment->length, pseudo)));
	write_frame(wire, time_us, frame, ETHERNET + IP + header + segment->length);
}

void wire_udp(struct wire *wire, int64_t time_us, const struct wire_segment *segment)
{
	uint8_t frame[FRAME_MAX];
	uint8_t *udp = frame + ETHERNET + IP;
	uint32_t pseudo = put_ip(frame, segment, 17, (size_t)UDP + segment->length);

	put_be16(udp, segment->from.port);
	put_be16(udp + 2, segment->to.port);
	put_be16(udp + 4, UDP + (unsigned)segment->length);
	put_be16(udp + 6, 0);
	memcpy(udp + UDP, segment->payload, segment->length);
	put_be16(udp + 6, fold(sum(udp, (size_t)UDP + segment->length, pseudo)));
	write_frame(wire, time_us, frame, (size_t)ETHERNET + IP + UDP + segment->length);
}
