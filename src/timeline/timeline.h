/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments in, finished connections with their milestones and outcome out. */
#ifndef MTASCOPE_TIMELINE_TIMELINE_H
#define MTASCOPE_TIMELINE_TIMELINE_H

#include "capture/segment.h"
#include "dissectors/association.h"
#include "tcp/stream.h"
#include "tcp/tracker.h"
#include "timeline/connection.h"

/* Told of all that passes, for who looks at a connection packet by packet. No pointer may be kept. pdu and gap may be
 * NULL. */
struct timeline_observer {
	void *user;
	/* marks: SEGMENT_…; the PDUs that the segment completed were told of before. */
	void (*segment)(void *user, const struct tcp_connection *tcp, enum direction direction,
			const struct segment *segment, unsigned marks);
	void (*pdu)(void *user, const struct tcp_connection *tcp, const struct pdu_trace *pdu);
	/* Bytes that will never come; moment as order_sink has it. */
	void (*gap)(void *user, const struct tcp_connection *tcp, enum direction direction, size_t length,
		    const struct moment *moment);
	/* Bytes in order, before the PDUs in them are told of. NULL: nobody asks. */
	void (*data)(void *user, const struct tcp_connection *tcp, enum direction direction, const uint8_t *data,
		     size_t length);
	/* An ICMP error about one of its segments. NULL: nobody asks. */
	void (*icmp)(void *user, const struct tcp_connection *tcp, const struct icmp_error *icmp);
};

struct timeline_options {
	struct watched_ports ports;
	enum ok_kind ok;
	const struct stream_engine *engine;
	const struct timeline_observer *observer; /* must outlive the timeline; NULL: nobody */
	size_t connections;                       /* alive at once, tracker.h; 0: any number */
	uint32_t ids;                             /* the first connection's id is one more */
};

/* A connection that is still alive, as those who count the present want it. */
struct live {
	uint32_t id;
	const struct endpoint *client, *server;
	struct moment syn, synack, established, request, ok, close;
	enum direction close_side; /* whose packet closed it, if it is closed */
	bool close_resets;         /* by a RST */
	bool said_no;              /* the server refused it above TCP */
	bool repeated;             /* a SYN or SYN/ACK came more than once: its handshake measures no distance */
};

/* Each may be NULL: nobody asks. */
struct timeline_handlers {
	void *user;
	/* A milestone was reached: MILESTONE_SYN, SYNACK, ESTABLISHED, REQUEST, OK or CLOSE. */
	void (*reached)(void *user, const struct live *live, enum milestone milestone, const struct moment *moment);
	/* A RST or ICMP error answered a SYN. */
	void (*refused)(void *user, const struct live *live, const struct moment *moment);
	/* Nothing more will be learnt of it. The connection is gone after the call, but for what connection_keep kept.
	 */
	void (*finished)(void *user, struct connection *connection);
};

struct timeline;

struct timeline *timeline_new(const struct timeline_options *options, const struct timeline_handlers *handlers);
void timeline_free(struct timeline *timeline);

/* False: the segment concerns no watched port. */
bool timeline_segment(struct timeline *timeline, const struct segment *segment);

/* Of at most PACKETS_EXPECTED segments that will come, fetches what they will need into the processor's cache. */
void timeline_expect(const struct timeline *timeline, const struct segment *const *segments, size_t count);

void timeline_icmp(struct timeline *timeline, const struct icmp_error *icmp);

/* Packet time has come so far. */
void timeline_time(struct timeline *timeline, time_ns now);

/* The latest time until which timeline_time will finish nothing, whatever packets come that are nobody's. */
time_ns timeline_due(const struct timeline *timeline);

/* The captures are over: every connection is finished, in the order of their ids. */
void timeline_end(struct timeline *timeline);

/* Connections that are alive, and one less of them: tracker.h. */
size_t timeline_count(const struct timeline *timeline);
bool timeline_give_up(struct timeline *timeline);

uint64_t timeline_duplicates(const struct timeline *timeline);

/* Makes a connection that finished() shows the caller's, to be freed with connection_free. */
struct connection *connection_keep(struct connection *connection);
void connection_free(struct connection *connection);

#endif
