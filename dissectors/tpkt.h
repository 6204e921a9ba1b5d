/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TPKT framing (RFC 1006 6, RFC 2126 4.3) of one direction of a TCP stream, piece by piece. A TPKT that lies whole in a
 * piece is handed on in place; of others a bounded prefix is collected and the rest passed by length. Bytes that are
 * missing are told with tpkt_gap. Where footing is lost, the reader looks for the next header that could be one.
 */
#ifndef MTASCOPE_DISSECTORS_TPKT_H
#define MTASCOPE_DISSECTORS_TPKT_H

#include "base/cursor.h"
#include "base/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TPKT_KEEP = 8192,              /* bytes of a TPDU that are collected when it spans pieces */
	TPKT_HEADER = 4,               /* bytes before the TPDU */
	TPKT_LEAST = 7,                /* RFC 1006 6: the header and the smallest TPDU */
	TPKT_SEARCH_LIMIT = 2 * 65536, /* bytes searched in vain before the stream is given up as foreign */
};

/* One whole TPKT. Valid during the call only, in which it is the handler's to change. */
struct tpkt_unit {
	struct cursor tpdu;          /* captured may be less than declared: over-long, or with a gap */
	uint64_t start;              /* stream offset of the version byte */
	uint64_t end;                /* stream offset after the last byte */
	uint8_t reserved;            /* the header's second byte: 0 by RFC 1006, but not from every MTA */
	const struct moment *moment; /* of the piece that completed it; not seen when a gap did */
};

typedef void tpkt_handler(void *user, struct tpkt_unit *unit);

enum tpkt_state {
	TPKT_AT_START,  /* nothing read yet */
	TPKT_AT_HEADER, /* in step, at a header */
	TPKT_IN_BODY,
	TPKT_SEARCHING, /* lost footing */
	TPKT_FOREIGN,   /* not RFC 1006: every further byte is ignored at no cost */
};

/* Read only for others. Zero-initialised by tpkt_init; free with tpkt_free. */
struct tpkt_reader {
	uint8_t *buffer;          /* prefix of a TPDU that spans pieces, or NULL */
	uint64_t offset;          /* stream offset of the next byte */
	uint64_t start;           /* of the TPKT in hand */
	uint32_t skipped;         /* bytes passed while searching, all in all (sticks at the top) */
	uint32_t searched;        /* bytes passed since the last TPKT in step */
	uint32_t remarks;         /* remark_bit()s since tpkt_init; the user may clear them */
	uint16_t remaining;       /* body bytes still to come */
	uint16_t length;          /* of the TPDU in hand */
	uint16_t kept;            /* bytes in buffer */
	uint16_t room;            /* of buffer */
	uint16_t keep;            /* most bytes to keep of the next */
	uint8_t held[TPKT_LEAST]; /* of a header, or, within a body, of a DT that is passed over */
	uint8_t held_count;
	uint8_t reserved; /* of the TPKT in hand */
	uint8_t state;    /* enum tpkt_state */
	bool cut;         /* a gap: later bytes of this TPDU are not adjacent to the kept ones */
	bool midstream;
	bool passes; /* of a DT the header is enough */
};

/*
 * A reader at offset 0. midstream: the capture begins within the stream, so that a header is searched from the first
 * byte instead of calling the stream foreign.
 */
void tpkt_init(struct tpkt_reader *reader, bool midstream);

/* Frees what the reader collected; it may be initialised again. */
void tpkt_free(struct tpkt_reader *reader);

/* From now on keep at most keep bytes of a TPDU that spans pieces (at most TPKT_KEEP; the one in hand is as it was). */
static inline void tpkt_keep(struct tpkt_reader *reader, uint16_t keep)
{
	reader->keep = keep < TPKT_KEEP ? keep : TPKT_KEEP;
}

/*
 * Whether, of a DT that spans pieces, only its header is kept: the user counts what it bears. Where the reader finds
 * that the DT need not go on with the one before, that is over by itself.
 */
static inline void tpkt_pass_data(struct tpkt_reader *reader, bool passes)
{
	reader->passes = passes;
}

/* Reads nothing more of this stream, for the user knows that it goes on as something else. Not from within a handler.
 */
void tpkt_give_up(struct tpkt_reader *reader);

/*
 * True where the next length bytes lie within a TPDU of which nothing more is kept, and does not end with them: they
 * are passed, and tpkt_feed has nothing to do with them.
 */
static inline bool tpkt_passes(struct tpkt_reader *reader, size_t length)
{
	if (reader->state != TPKT_IN_BODY || length >= reader->remaining || reader->kept == 0 ||
	    (reader->kept < reader->room && !reader->cut))
		return false;
	reader->remaining = (uint16_t)(reader->remaining - length);
	reader->offset += length;
	return true;
}

/*
 * Reads the next length bytes of the stream, which stay the caller's, and calls handler for each TPKT that they
 * complete, in order. The reserved byte may have any value: Exchange sends others than 0. Malformed framing sets
 * remarks.
 */
void tpkt_feed(struct tpkt_reader *reader, const uint8_t *data, size_t length, const struct moment *moment,
	       tpkt_handler *handler, void *user);

/*
 * The next length bytes of the stream are missing. Within a body they count as not captured, and a TPKT whose end is
 * among them is handed on; a header among them loses footing. moment is that of the packet whose end the snap length
 * cut off, or not seen where no packet with these bytes came.
 */
void tpkt_gap(struct tpkt_reader *reader, uint64_t length, const struct moment *moment, tpkt_handler *handler,
	      void *user);

/*
 * Could these seven bytes begin a TPKT with a class 0 TPDU (RFC 1006 6, X.224 13)? Version 3, a length of 7 or more,
 * and a length indicator and TPDU code that fit it; or, as H.225.0 has it, Q.931 with a call reference of two bytes.
 * For finding a way back into a stream, not for checking one in step.
 */
bool tpkt_plausible(const uint8_t *bytes);

#endif
