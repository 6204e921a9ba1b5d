/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection packet by packet, as rows: what passed, when, and what it was taken for. The rows are plain data;
 * exchange_draw.h makes a ladder of them.
 *
 *	exchange_init(&exchange, &wanted);
 *	options.observer = &exchange.observer;  options.judged = exchange_judged;  options.judged_user = &exchange;
 *	analyze(…);
 *	if (exchange.found)
 *		exchange_finish(&exchange, analysis, false);
 *	exchange_free(&exchange);
 */
#ifndef MTASCOPE_REPORT_EXCHANGE_H
#define MTASCOPE_REPORT_EXCHANGE_H

#include "analyze.h"
#include "report/community.h"

/* Past these what comes is counted, and not kept. */
enum { EXCHANGE_ROWS = 1 << 18, EXCHANGE_PDUS = 1 << 18, EXCHANGE_DETAIL = 64 };

/* Which connection is meant: the one with the id, or the first that the client's endpoint or the Community ID fits. */
struct exchange_wanted {
	uint32_t id;                       /* 0: not by id */
	struct endpoint client;            /* family 0: not by endpoint */
	char community[COMMUNITY_ID_SIZE]; /* empty: not by Community ID */
};

/* Reads what a user calls a connection: "21", "10.20.1.9:1042", "[2001:db8::1]:1042", "1:…". False when text is none.
 */
bool exchange_wanted_parse(const char *text, struct exchange_wanted *wanted);

enum row_kind {
	ROW_SEGMENT,
	ROW_GAP,      /* bytes that never came; length says how many */
	ROW_ICMP,     /* an ICMP error that answered a SYN */
	ROW_INCIDENT, /* the MTA's log */
	ROW_FOLD,     /* a stretch of rows of which nothing is to be told one by one */
	ROW_LEFT_OUT  /* packets that there was no room for */
};

struct exchange_pdu {
	struct moment moment;
	size_t order; /* in which they were told of */
	enum layer layer;
	enum direction direction;
	const char *name; /* static */
	char detail[EXCHANGE_DETAIL];
};

struct exchange_row {
	enum row_kind kind;
	struct moment moment;    /* a gap has that of the row before it; a fold, of its first row */
	int64_t since_syn_ns;    /* from the connection's first packet */
	int64_t since_before_ns; /* from the packet before; of a fold, from its first packet to its last */
	enum direction direction;
	uint16_t flags; /* TCP_… */
	uint32_t seq;
	uint16_t window;
	uint64_t length;     /* bytes of payload */
	unsigned marks;      /* SEGMENT_… */
	unsigned forgery;    /* FORGERY_…, of the closing RST or FIN */
	unsigned milestones; /* a bit for each enum milestone that this packet is */
	uint64_t repeats; /* the frame, of the same capture, whose sequence number a SEGMENT_REPEAT has; 0: not seen */
	size_t first_pdu, pdu_count;
	uint64_t folded, folded_data; /* packets of a fold, or left out; of those, the ones with payload */
	const struct incident *incident;
	const struct match *match;
};

struct exchange {
	struct timeline_observer observer;
	struct exchange_wanted wanted;
	uint32_t id;                  /* the connection that was picked; 0: none yet */
	uint32_t others;              /* later ones that were meant as well */
	uint32_t last_other, highest; /* ids */
	bool found;                   /* it was judged, and connection is filled in */
	struct connection connection; /* without association and transfers */
	struct exchange_row *rows;
	size_t row_count, row_capacity;
	struct exchange_pdu *pdus; /* after exchange_finish in the order of the rows */
	size_t pdu_count, pdu_capacity;
	uint64_t left_off;        /* packets beyond EXCHANGE_ROWS */
	uint64_t pdus_left_off;   /* beyond EXCHANGE_PDUS: what they say stands at no row */
	size_t ends;              /* only so many of the first rows, and of the last, are kept; 0: all */
	struct exchange_row gone; /* those between: ROW_LEFT_OUT, with no packet as long as there is none */
	bool verbose;             /* no folds, and all that PDUs say */
};

void exchange_init(struct exchange *exchange, const struct exchange_wanted *wanted);
void exchange_free(struct exchange *exchange);

/* Of a connection of many packets only the first `ends` and the last as many are kept. To be called at the beginning.
 */
void exchange_keep_ends(struct exchange *exchange, size_t ends);

/* For analysis_options.judged; user is the struct exchange. */
void exchange_judged(void *user, const struct connection *connection);

/* Call once, when found: joins rows, PDUs, milestones and the incident. Long bulk stretches become one row, unless
 * verbose. */
void exchange_finish(struct exchange *exchange, const struct analysis *analysis, bool verbose);

#endif
