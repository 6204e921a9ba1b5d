/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libnids as a byte-ordering engine and nothing else. It never sees a packet from a capture: it is fed IPv4 segments
 * that are built here, one synthetic client address per stream, so that its fragment, option, scan and checksum code,
 * its timeouts and its idea of an incarnation have nothing to work on. No FIN or RST is fed, and no ACK of more than
 * was delivered: whether a hole fills is decided outside.
 */
#include "tcp/stream.h"

#include "base/memory.h"

#include <nids.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	IP_HEADER = 20,
	TCP_HEADER = 20,
	OPTIONS = 4, /* window scale, padded */
	SEGMENT_MAX = 65495,
	STREAM_SLOTS = 4096,
	STREAM_LIMIT = STREAM_SLOTS / 4 * 3 - 2, /* libnids evicts a live stream beyond three quarters of its slots */
	ACK_EVERY = 1 << 28,                     /* bytes: well within the window, which is 1 GiB */
	SYNTHETIC_SERVER = 0x0a000001,
	SYNTHETIC_PORTS = 0x00010002,
	FLAG_SYN = 0x02,
	FLAG_ACK = 0x10,
};

struct stream {
	uint32_t id; /* its synthetic client address */
	uint32_t next;
	uint32_t acked; /* the start of the window */
	size_t filler;  /* of the bytes that come next, how many fill a gap and are not to be delivered */
	stream_deliver *deliver;
	void *user;
	struct tcp_stream *nids;
};

/*
 * The only state outside main that is shared: libnids calls back without saying on whose behalf, but only while it is
 * being fed, so the stream being fed is the one.
 */
static struct {
	bool ready;
	struct stream *feeding;
	uint32_t next_id;
	size_t open;
	uint8_t packet[IP_HEADER + TCP_HEADER + OPTIONS + SEGMENT_MAX];
} engine;

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static void feed(struct stream *stream, bool from_client, uint8_t flags, uint32_t seq, uint32_t ack,
		 const uint8_t *data, size_t length)
{
	uint8_t *ip = engine.packet;
	uint8_t *tcp = ip + IP_HEADER;
	unsigned options = (flags & FLAG_SYN) != 0 ? OPTIONS : 0;
	unsigned total = (unsigned)(IP_HEADER + TCP_HEADER + options + length);

	memset(ip, 0, IP_HEADER + TCP_HEADER + OPTIONS);
	ip[0] = 0x45;
	put16(ip + 2, total);
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + 12, from_client ? stream->id : SYNTHETIC_SERVER);
	put32(ip + 16, from_client ? SYNTHETIC_SERVER : stream->id);
	put32(tcp, from_client ? SYNTHETIC_PORTS : (SYNTHETIC_PORTS & 0xffff) << 16 | SYNTHETIC_PORTS >> 16);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = (uint8_t)((TCP_HEADER + options) / 4 << 4);
	tcp[13] = flags;
	/* The widest window there is (RFC 7323 2.3), so that libnids' in-window rule never drops a segment. */
	put16(tcp + 14, 65535);
	if (options != 0)
		memcpy(tcp + TCP_HEADER, "\x03\x03\x0e\x00", OPTIONS);
	if (length > 0)
		memcpy(tcp + TCP_HEADER + options, data, length);
	struct pcap_pkthdr header = {.caplen = total, .len = total};
	engine.feeding = stream;
	nids_pcap_handler(NULL, &header, ip);
	engine.feeding = NULL;
}

static void on_data(struct stream *stream, const struct half_stream *half)
{
	size_t length = (size_t)half->count_new;
	const uint8_t *data = (const uint8_t *)half->data + (half->count - half->offset - half->count_new);
	size_t filler = stream->filler < length ? stream->filler : length;

	stream->next += (uint32_t)length;
	stream->filler -= filler;
	if (length > filler)
		stream->deliver(stream->user, data + filler, length - filler);
}

static void on_event(struct tcp_stream *nids, void **unused)
{
	struct stream *stream = engine.feeding;

	(void)unused;
	if (stream == NULL)
		return;
	if (nids->nids_state == NIDS_JUST_EST) {
		nids->server.collect++;
		stream->nids = nids;
	} else if (nids->nids_state == NIDS_DATA && nids->server.count_new > 0) {
		on_data(stream, &nids->server);
	}
}

static void on_warning(int type, int number, struct ip *ip, void *data)
{
	/* Its only remaining warning is about memory limits that order.h keeps first; the pointers may be wild. */
	(void)type;
	(void)number;
	(void)ip;
	(void)data;
}

static void on_no_memory(char *where)
{
	(void)where;
	memory_get(SIZE_MAX / 2);
}

static bool engine_start(void)
{
	static struct nids_chksum_ctl no_checksums = {0, 0, NIDS_DONT_CHKSUM, 0};

	nids_params.pcap_desc = pcap_open_dead(DLT_RAW, 65535);
	nids_params.n_tcp_streams = STREAM_SLOTS;
	nids_params.n_hosts = 1;
	nids_params.scan_num_hosts = 0;
	nids_params.tcp_workarounds = 0;
	nids_params.multiproc = 0;
	/* Takes libnids' own 64 KiB limit on queued bytes out of force: beyond it, it would throw all of them away. */
	nids_params.sk_buff_size = -70000;
	nids_params.syslog = on_warning;
	nids_params.no_mem = on_no_memory;
	if (nids_params.pcap_desc == NULL || !nids_init())
		return false;
	nids_register_chksum_ctl(&no_checksums, 1);
	/* Its prototype takes a pointer to void where it wants a function. */
	nids_register_tcp(__extension__(void *) on_event);
	engine.next_id = SYNTHETIC_SERVER + 1;
	engine.ready = true;
	return true;
}

static struct stream *nids_stream_open(uint32_t next, stream_deliver *deliver, void *user)
{
	if (engine.open >= STREAM_LIMIT || (!engine.ready && !engine_start()))
		return NULL;
	struct stream *stream = memory_get_zeroed(1, sizeof *stream);
	/* Addresses below 1.0.0.0 are not needed and have been trouble in libnids' hashing. */
	if (engine.next_id < SYNTHETIC_SERVER)
		engine.next_id = SYNTHETIC_SERVER + 1;
	stream->id = engine.next_id++;
	stream->next = next;
	stream->acked = next;
	stream->deliver = deliver;
	stream->user = user;
	feed(stream, true, FLAG_SYN, next - 1, 0, NULL, 0);
	feed(stream, false, FLAG_SYN | FLAG_ACK, 0, next, NULL, 0);
	feed(stream, true, FLAG_ACK, next, 1, NULL, 0);
	if (stream->nids == NULL) {
		free(stream);
		return NULL;
	}
	engine.open++;
	return stream;
}

static void nids_stream_segment(struct stream *stream, uint32_t seq, const uint8_t *data, size_t length)
{
	/* Moves the window on, which libnids counts from the last ACK. */
	if (stream->next - stream->acked > ACK_EVERY) {
		stream->acked = stream->next;
		feed(stream, false, FLAG_ACK, 1, stream->acked, NULL, 0);
	}
	while (length > 0) {
		size_t part = length < SEGMENT_MAX ? length : SEGMENT_MAX;
		feed(stream, true, FLAG_ACK, seq, 1, data, part);
		seq += (uint32_t)part;
		data += part;
		length -= part;
	}
}

/*
 * libnids expects what first_data_seq and the bytes that it counted come to, so that a hole is passed over by moving
 * the former: filler in its place would cost as much as bytes do, and a few packets can claim a gigabyte of them. One
 * byte of it is left, whose coming frees what is queued; what was queued within the hole goes with it.
 */
static void nids_stream_gap(struct stream *stream, size_t length)
{
	static const uint8_t last = 0;

	if (length == 0)
		return;
	stream->nids->client.first_data_seq += (u_int)(length - 1);
	stream->next += (uint32_t)(length - 1);
	stream->filler = 1;
	feed(stream, true, FLAG_ACK, stream->next, 1, &last, 1);
}

static void nids_stream_close(struct stream *stream)
{
	nids_free_tcp_stream(stream->nids);
	engine.open--;
	free(stream);
}

const struct stream_engine *stream_nids(void)
{
	static const struct stream_engine nids_engine = {
	    .name = "libnids",
	    .open = nids_stream_open,
	    .segment = nids_stream_segment,
	    .gap = nids_stream_gap,
	    .close = nids_stream_close,
	};

	return &nids_engine;
}

#define TEXT_OF(value)             #value
#define VERSION_TEXT(major, minor) TEXT_OF(major) "." TEXT_OF(minor)

const char *stream_nids_version(void)
{
	return VERSION_TEXT(NIDS_MAJOR, NIDS_MINOR);
}
