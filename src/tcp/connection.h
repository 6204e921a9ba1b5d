/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of one incarnation of a TCP connection while its packets pass. */
#ifndef MTASCOPE_TCP_CONNECTION_H
#define MTASCOPE_TCP_CONNECTION_H

#include "base/address.h"
#include "base/moment.h"
#include "capture/segment.h"
#include "tcp/copies.h"
#include "tcp/order.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The client sent the first SYN; in a capture that begins mid-stream it is the side that isn't on the watched port. */
enum direction { FROM_CLIENT, FROM_SERVER, DIRECTIONS };

enum { SYN_TIMES = 7 };

/* Why a RST or FIN may not be the word of the host that it names. */
enum forgery {
	FORGERY_HOP_LIMIT = 1 << 0, /* not the one that the host's other packets arrive with */
	FORGERY_IP_ID = 1 << 1,     /* off the host's counter */
	FORGERY_SEQUENCE = 1 << 2,  /* not where the host's bytes stand */
	FORGERY_TIMESTAMP = 1 << 3, /* RFC 7323 option missing or off the host's clock */
	FORGERY_SPOKE_ON = 1 << 4,  /* the host went on as if it had not sent it */
	FORGERY_BOTH_SIDES = 1 << 5 /* both sides reset at once */
};

/* The end as TCP saw it. */
enum tcp_close { TCP_OPEN, TCP_CLOSED_FIN, TCP_CLOSED_RST, TCP_CLOSED_ICMP };

/* A stretch of one direction's bytes whose acknowledgement and repeats are of interest: the CR, the CC, the CONNECT. */
struct tcp_watch {
	uint32_t seq, end;
	struct moment acked;
};

/* Segments that carried some of a stretch again. */
struct tcp_repeats {
	uint16_t count;
	struct moment first, last;
};

enum { WATCH_REQUEST, WATCH_OK, WATCH_BIND_REQUEST, WATCH_DATA, TCP_WATCHES };

/* What whoever reads a connection's bytes keeps of it begins with this, all zero, which the tracker fills in. */
struct tcp_upper {
	struct tcp_watch watches[TCP_WATCHES];
	struct tcp_repeats *repeats; /* TCP_WATCHES of them; NULL: nothing was repeated. The reader frees them. */
};

/* What all of a host's packets to and from the watched ports have in common. */
struct tcp_host {
	struct address address;
	uint32_t packets;
	/* From one connection's packet to another's: steps like a counter's mean that the host has one for all. */
	uint32_t ip_id_steps, ip_id_leaps;
	uint16_t ip_id; /* the last */
	uint8_t hop_limit_low, hop_limit_high;
	time_ns last_time;
	const struct half *last_half; /* whose packet the last was; may be gone: only compared */
	struct tcp_host *hash_next;
};

/* One direction: what its sender was seen to send. */
struct half {
	struct order order;
	struct tcp_host *host;
	time_ns last_time;
	uint32_t highest;     /* end of the farthest byte that some packet proves to exist */
	uint32_t unseen_from; /* before any packet of it: the peer's first acknowledgement, when unseen_known */
	uint32_t packets;
	uint32_t payload_packets;
	uint32_t retransmissions;
	uint32_t fin_seq;
	uint32_t timestamp; /* the last, when has_timestamp */
	struct copies copies;
	/* What its packets look like, RST left out. */
	uint16_t ip_id; /* the last */
	uint8_t hop_limit_low, hop_limit_high;
	uint8_t ip_id_steps; /* steps between packets that look like a counter's */
	uint8_t ip_id_leaps; /* and those that don't */
	bool has_ip_id : 1, has_timestamp : 1;
	bool seen : 1, fin_seen : 1, unseen_known : 1;
	bool window_shut : 1; /* the last window it offered is none at all */
	bool strange : 1;     /* a segment of it was set aside, for it acknowledges another incarnation's */
};

struct connection_list {
	struct tcp_connection *first, *last;
};

/*
 * What only a connection has that ends, or whose SYN or SYN/ACK is repeated: while it has not, it shares tcp_rest_none.
 */
struct tcp_rest {
	uint32_t syn_at_ms[SYN_TIMES];       /* SYN repeats, after the first */
	struct moment last_syn, last_synack; /* of those repeated */
	/* The first sign of the end from either side, and what the other side did then. */
	struct moment close;
	uint32_t close_seq, close_ack;
	uint32_t close_highest; /* of the side that it names, what highest was then */
	struct moment reset[DIRECTIONS];
	struct moment disowned[DIRECTIONS]; /* its host answers the other side's FIN as one without this connection */
	struct moment peer_close;           /* the other side's FIN or RST */
	struct address icmp_from;
	uint8_t icmp_version, icmp_type, icmp_code;
};

extern const struct tcp_rest tcp_rest_none;

struct tcp_connection {
	/* What the search for a connection reads stands together, and after it what every packet needs. */
	struct tcp_connection *hash_next;
	uint32_t hash;
	uint32_t id; /* counts connections by their first packet */
	struct endpoint client, server;
	bool syn_seen : 1, synack_seen : 1, mid_stream : 1;
	bool given_up : 1;        /* finished early, for want of room */
	bool out_of_order : 1;    /* a segment came behind a later one, by MISPLACED_MOST at most */
	bool close_refuses : 1;   /* it answered a SYN */
	bool refusal_doubted : 1; /* it did, and a SYN/ACK came without another SYN */
	bool close_has_ack : 1;   /* the RST carried an acknowledgement */
	uint8_t list;
	uint8_t close_kind;                  /* enum tcp_close */
	uint8_t close_side;                  /* enum direction of the sender it names */
	uint8_t unacked_watches[DIRECTIONS]; /* by bits: which stretches of a side's bytes wait for their ACK */
	uint8_t syn_attempts;                /* saturates */
	uint8_t synack_attempts;             /* saturates */
	const struct tcp_rest *rest;         /* never NULL */
	struct tcp_upper *upper;             /* the timeline's; NULL: no byte came yet */
	uint64_t packets;
	struct moment last, established;
	struct half half[DIRECTIONS];

	struct tcp_connection *list_next, *list_previous;
	struct moment first, syn, synack;

	/* The handshake. */
	uint32_t client_isn, server_isn;
	struct vlan_path vlan;
	uint8_t syns_after_synack;  /* the client repeats itself although the answer was seen */
	uint8_t syns_after_refusal; /* repeats since the last RST or ICMP: unanswered when not 0 at the end */
	uint8_t refusals;           /* RST or ICMP in answer to a SYN */

	/* The end, as far as it has no place above or in the rest. */
	uint8_t close_forgery;
	uint8_t close_hop_limit;
	uint8_t watched; /* by bits: which of upper's watches are set */
	struct {
		uint32_t id, attempt;
		void *route;
	} ladder; /* the timeline's */
};

/* When the SYN and the SYN/ACK came last, which as a rule they do once. */
static inline struct moment tcp_last_syn(const struct tcp_connection *connection)
{
	return moment_seen(&connection->rest->last_syn) ? connection->rest->last_syn : connection->syn;
}

static inline struct moment tcp_last_synack(const struct tcp_connection *connection)
{
	return moment_seen(&connection->rest->last_synack) ? connection->rest->last_synack : connection->synack;
}

/* Watches the stretch of direction's bytes [start, end), by stream offset; connection->upper is set. */
void tcp_connection_watch(struct tcp_connection *connection, unsigned which, enum direction direction, uint64_t start,
			  uint64_t end, const struct moment *moment);

#endif
