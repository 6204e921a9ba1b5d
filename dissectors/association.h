/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One TCP connection from TPKT to the P1 bind: bytes in, events out.
 *
 *	struct association a;
 *	association_init(&a, &sink, user, false);
 *	association_feed(&a, PDU_FROM_CLIENT, data, length, &moment);     … in order, as the tap saw them, per direction
 *	association_gap(&a, PDU_FROM_SERVER, length, &unseen);            … in the place of bytes that never came
 *	association_free(&a);
 *
 * The caller feeds the in-order bytes of each direction, each byte once, the two directions interleaved as their
 *packets came. The callbacks run within association_feed and association_gap. Before the bind is over a TSDU is
 *collected up to ASSOCIATION_TSDU bytes, in memory that is taken when a TSDU spans TPDUs and given back at its end;
 *afterwards data is stepped over by length and only the first bytes of a TSDU are looked at.
 */
#ifndef MTASCOPE_DISSECTORS_ASSOCIATION_H
#define MTASCOPE_DISSECTORS_ASSOCIATION_H

#include "base/moment.h"
#include "dissectors/bind.h"
#include "dissectors/carrier.h"
#include "dissectors/cotp.h"
#include "dissectors/pdu.h"
#include "dissectors/tpkt.h"

enum {
	ASSOCIATION_TSDU = 65536,     /* most bytes of one TSDU that are collected */
	ASSOCIATION_SPDUS = 16,       /* SPDUs of one TSDU that are read */
	ASSOCIATION_KEEP_BULK = 256,  /* of a TPDU that spans pieces, once the bind is over */
	ASSOCIATION_TASE2_LOOKS = 32, /* TSDUs of an MMS association that are searched for the names TASE.2 uses */
};

/*
 * What happened. Each may come more than once (a second CR on the same TCP connection after an abort, for one); only
 * the FIRST_ ones do not: FIRST_DT comes once for each direction, FIRST_DATA once.
 */
enum pdu_event_type {
	PDU_CR,            /* X.224 connection request; tpdu */
	PDU_CC,            /* connection confirm; tpdu */
	PDU_DR,            /* disconnect request; tpdu, refusal */
	PDU_ER,            /* TPDU error; tpdu, refusal */
	PDU_FIRST_DT,      /* the first data TPDU */
	PDU_BIND_REQUEST,  /* session CONNECT, its TSDU whole; details */
	PDU_BIND_ACCEPTED, /* session ACCEPT that no layer above objects to; details */
	PDU_BIND_REFUSED,  /* REFUSE, an ACCEPT with a rejection in it, or an ABORT in its place; details, refusal */
	PDU_ABORT,         /* session ABORT; refusal says why; after PDU_BIND_REFUSED where it is one */
	PDU_FINISH,        /* session FINISH or DISCONNECT: an orderly end; spdu tells which */
	PDU_FIRST_DATA,    /* the first data or activity after the bind; without a session layer the first DT */
	PDU_EVENT_TYPES
};

/* "CR", "bind request" …; "?" for none. Static. */
const char *pdu_event_name(enum pdu_event_type type);

/* Valid during the callback only, with all that it points to; the refusal's texts are static. */
struct pdu_event {
	enum pdu_event_type type;
	enum pdu_direction direction;
	struct moment moment;   /* of the piece that completed it; not seen when its end was not captured */
	uint64_t start, end;    /* stream offsets in that direction: first byte of its first TPKT, after its last */
	enum service service;   /* as far as it is known by now */
	enum session_kind spdu; /* the SPDU, for events of the session layer and up */
	uint8_t reserved;       /* second byte of the TPKT header (of the last TPKT) */
	const struct cotp_tpdu *tpdu;              /* CR CC DR ER, else NULL */
	const struct association_details *details; /* NULL: no session CONNECT or answer to one was seen */
	const struct refusal *refusal;             /* NULL: the event is none */
};

/*
 * One PDU of one layer, as it was read. Valid during the callback only, with detail; name is static. COTP's TPDUs have
 * the offsets of their TPKT. PDUs of the layers above have those of all TPKTs of their TSDU while the association is
 * opened or ended. Once it is open a TSDU is told of with its first TPKT, and has that one's offsets and moment. The
 * layers of one unit come from the outermost in, and units in the order in which they were completed.
 */
struct pdu_trace {
	enum pdu_direction direction;
	struct moment moment;
	uint64_t start, end;
	enum layer layer;
	const char *name;   /* the standard's: "CR", "DT", "CN CONNECT", "CP", "AARQ", "RTORQ", "MTABindArgument" … */
	const char *detail; /* a few printable words for people, or NULL; never credentials, recipients or content */
};

/*
 * Where events go. remark may be NULL; each remark of a layer is told once for each direction. trace may be NULL, and
 * then costs nothing; it is told of every PDU, those after the bind too, before the event that it may be.
 */
struct association_sink {
	void (*event)(void *user, const struct pdu_event *event);
	void (*remark)(void *user, enum pdu_direction direction, const struct remark *remark);
	void (*trace)(void *user, const struct pdu_trace *pdu);
};

enum association_phase {
	PHASE_IDLE,    /* no session CONNECT yet */
	PHASE_BINDING, /* CONNECT seen */
	PHASE_OPEN,    /* the bind is over and was accepted */
	PHASE_ENDED,   /* refused, aborted or finished; another CONNECT may come */
	PHASE_OTHER,   /* no session layer here */
};

/* A TSDU that spans TPDUs and is wanted whole. Private. */
struct association_tsdu {
	uint64_t start;    /* stream offset of its first TPKT */
	uint32_t captured; /* bytes collected so far */
	uint32_t capacity;
	uint32_t declared; /* bytes of it passed, collected or not (sticks at the top) */
	uint8_t *bytes;
};

/* One direction; private. What every TPDU needs stands first, for the cache's sake. */
struct association_side {
	struct tpkt_reader tpkt;
	uint64_t next;   /* stream offset at which the next TPKT must begin, or bytes were lost */
	bool in_tsdu;    /* a DT without EOT came last */
	bool collecting; /* this TSDU is wanted whole */
	bool cut;        /* later bytes are not adjacent to those collected */
	bool unsure;     /* a hole in a TSDU: the next TPDU may go on with it, or begin another */
	bool seen_dt;
	struct association_tsdu *tsdu; /* while it is collected, or NULL */
};

/* A CONNECT's user data that does not fit into it: the rest comes in CONNECT DATA OVERFLOW SPDUs. Private. */
struct association_overflow {
	size_t length; /* at most ASSOCIATION_TSDU */
	uint8_t bytes[];
};

/* One connection; private but for association_service. About 250 bytes, and what it takes while it needs it. */
struct association {
	const struct association_sink *sink;
	void *user;
	struct association_details *details;   /* from the first CONNECT on */
	struct carrier *carrier;               /* from the first CONNECT or activity on */
	struct association_overflow *overflow; /* while the rest of a CONNECT is awaited; NULL: it is not */
	uint32_t (*told)[LAYERS];              /* remarks told of each direction; NULL: none, or nobody asks */
	enum association_phase phase;
	enum service service;
	enum pdu_direction binder; /* who sent the CONNECT */
	uint8_t tase2_looks;
	bool seen_cotp;
	bool seen_data;
	struct association_side sides[PDU_DIRECTIONS];
};

/*
 * A connection of which no byte was seen. sink must outlive it. midstream: the capture does not hold its start, so that
 * the first bytes need not be a TPKT header.
 */
void association_init(struct association *a, const struct association_sink *sink, void *user, bool midstream);

/* Frees what the connection holds. No callback runs. */
void association_free(struct association *a);

/*
 * The next length bytes of a direction, which stay the caller's (RFC 1006 6; X.224 13; X.225 8 and the layers above).
 * No input is an error: what is not in order is remarked on. A stream that is not RFC 1006 costs nothing after its
 * first bytes.
 */
void association_feed(struct association *a, enum pdu_direction direction, const uint8_t *data, size_t length,
		      const struct moment *moment);

/*
 * The next length bytes of a direction were not captured. moment is that of the packet whose end the snap length cut
 * off, or not seen where no packet with these bytes came.
 */
void association_gap(struct association *a, enum pdu_direction direction, uint64_t length, const struct moment *moment);

/* What speaks above COTP, as far as it is known. Never SERVICE_X400 without an X.400 OID or an X.410 mode connect. */
enum service association_service(const struct association *a);

/* What was carried until now, which from then on is the caller's, to be freed with transfers_free. */
struct transfers association_take_transfers(struct association *a);

/* Whether any TPDU, or Q.931 directly on TPKT, was understood: what is on this port is RFC 1006. */
bool association_spoke(const struct association *a);

/* False when this direction proved not to be RFC 1006: nothing more is read of it, and it need not be fed. */
bool association_wants(const struct association *a, enum pdu_direction direction);

#endif
