/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments in, connections out: which incarnation of which 4-tuple a segment belongs to, the SYN ladder, the handshake,
 * acknowledgements, retransmissions, the close and its side (RFC 793).
 */
#ifndef MTASCOPE_TCP_TRACKER_H
#define MTASCOPE_TCP_TRACKER_H

#include "base/ports.h"
#include "capture/segment.h"
#include "tcp/connection.h"

enum tcp_step { TCP_STEP_SYNACK, TCP_STEP_ESTABLISHED, TCP_STEP_CLOSE };

/* What the tracker made of a segment: a set of these. */
enum {
	SEGMENT_COPY = 1 << 0,       /* set aside: the capturing made it */
	SEGMENT_REPEAT = 1 << 1,     /* the tap had seen all of it before: SYN, bytes or FIN again */
	SEGMENT_AHEAD = 1 << 2,      /* bytes before it are missing so far */
	SEGMENT_FILLS = 1 << 3,      /* new bytes, behind others that came before them: it fills a hole */
	SEGMENT_KEEP_ALIVE = 1 << 4, /* RFC 1122 4.2.3.6 */
	SEGMENT_CUT = 1 << 5,        /* the snap length cut its end off */
	SEGMENT_STRANGE = 1 << 6     /* set aside: of an incarnation before */
};

struct tcp_handlers {
	void *user;
	/* A connection's first packet was seen. */
	void (*opened)(void *user, struct tcp_connection *connection);
	/* Bytes in order, and bytes that will never come. */
	void (*data)(void *user, struct tcp_connection *connection, enum direction direction, const uint8_t *data,
		     size_t length, const struct moment *moment);
	void (*gap)(void *user, struct tcp_connection *connection, enum direction direction, size_t length,
		    const struct moment *moment);
	/* A segment was dealt with, and all that it made deliverable was told of. NULL: nobody asks. */
	void (*segment)(void *user, const struct tcp_connection *connection, enum direction direction,
			const struct segment *segment, unsigned marks);
	/* An ICMP error about one of its segments, whether or not it says anything new. NULL: nobody asks. */
	void (*icmp)(void *user, const struct tcp_connection *connection, const struct icmp_error *icmp);
	/* The handshake moved on, or the end began. */
	void (*moved)(void *user, struct tcp_connection *connection, enum tcp_step step, const struct moment *moment);
	/* Nothing more will be learnt of it; it is freed after the call. at_end: because the captures end here. */
	void (*finished)(void *user, struct tcp_connection *connection, bool at_end);
};

struct tracker_options {
	struct watched_ports ports;
	const struct stream_engine *engine;
	size_t connections; /* alive at once; 0: any number */
	uint32_t ids;       /* the first connection's id is one more */
};

struct tracker;

struct tracker *tracker_new(const struct tracker_options *options, const struct tcp_handlers *handlers);
void tracker_free(struct tracker *tracker);

/* False: the segment concerns no watched port, and so nobody. */
bool tracker_segment(struct tracker *tracker, const struct segment *segment);
void tracker_icmp(struct tracker *tracker, const struct icmp_error *icmp);

/*
 * Of count segments that will come, at most PACKETS_EXPECTED, fetches what tracker_segment will need into the
 * processor's cache. connections gets whose each of them is likely to be; NULL: nobody's, or not watched.
 */
void tracker_expect(const struct tracker *tracker, const struct segment *const *segments, size_t count,
		    const struct tcp_connection **connections);

/* Packet time has come so far: finishes what has been quiet for long enough. */
void tracker_time(struct tracker *tracker, time_ns now);

/* The latest time until which tracker_time will finish nothing, unless a segment comes before. */
time_ns tracker_due(const struct tracker *tracker);

/* The captures are over: finishes every connection, in the order of their ids. */
void tracker_end(struct tracker *tracker);

/* Connections that are alive. */
size_t tracker_count(const struct tracker *tracker);

/*
 * Gives up the connection that is worth least: one that has ended, else the one half open for longest, else the open
 * one that has been quiet for longest. It is finished as if the captures ended here, with given_up set. False: there is
 * none. tracker_segment does so by itself where options.connections would be exceeded.
 */
bool tracker_give_up(struct tracker *tracker);

/* Packets set aside as copies that a mirror port made. */
uint64_t tracker_duplicates(const struct tracker *tracker);

#endif
