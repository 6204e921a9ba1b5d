/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all layers of the stack share: their names, the two directions, and remarks about bytes that are not in order.
 */
#ifndef MTASCOPE_DISSECTORS_PDU_H
#define MTASCOPE_DISSECTORS_PDU_H

#include <stddef.h>
#include <stdint.h>

enum layer {
	LAYER_TPKT,         /* RFC 1006 */
	LAYER_COTP,         /* X.224 class 0 */
	LAYER_SESSION,      /* X.225 */
	LAYER_PRESENTATION, /* X.226 */
	LAYER_ACSE,         /* X.227 */
	LAYER_RTSE,         /* X.228, and X.410 of 1984 */
	LAYER_P1,           /* X.411 */
	LAYERS
};

/* "tpkt", "cotp" …; "?" for a value that is none. Static. */
const char *layer_name(enum layer layer);

/* Who sent it. The client is the side that opened the TCP connection. */
enum pdu_direction { PDU_FROM_CLIENT, PDU_FROM_SERVER, PDU_DIRECTIONS };

/* Each fits a bit of the sets that the parsers hand back: remark_bit(REMARK_…). */
enum remark_id {
	REMARK_NOT_TPKT,           /* the stream does not begin with a TPKT */
	REMARK_TPKT_LENGTH,        /* a TPKT too short to hold a TPDU (RFC 1006 6: at least 7) */
	REMARK_LOST_FOOTING,       /* no TPKT where one must begin */
	REMARK_RESYNCHRONISED,     /* a plausible header was found again */
	REMARK_GAP,                /* bytes of a TPKT were not captured */
	REMARK_TPDU_TRUNCATED,     /* the header runs past the bytes there are */
	REMARK_TPDU_UNKNOWN,       /* a code that X.224 does not have */
	REMARK_TPDU_LENGTH,        /* LI too small for the code, or past the TPKT */
	REMARK_PARAMETER_OVERRUN,  /* a parameter reaches past the part it stands in */
	REMARK_PARAMETER_UNKNOWN,  /* a parameter code that the standard does not have */
	REMARK_TSDU_TOO_LONG,      /* more than is collected; the rest was stepped over */
	REMARK_TSDU_INCOMPLETE,    /* part of it was not captured */
	REMARK_SPDU_UNKNOWN,       /* an SI that X.225 does not have */
	REMARK_SPDU_TRUNCATED,     /* LI past the end of the TSDU */
	REMARK_BER_MALFORMED,      /* an element reaches past the one it stands in */
	REMARK_BER_TOO_DEEP,       /* nested deeper than BER_DEPTH */
	REMARK_BER_UNTERMINATED,   /* an indefinite length without its end-of-contents */
	REMARK_PPDU_UNKNOWN,       /* user data that is no PPDU the place allows */
	REMARK_PRESENTATION_LIMIT, /* more contexts than are kept */
	REMARKS
};

static inline uint32_t remark_bit(enum remark_id id)
{
	return UINT32_C(1) << id;
}

/* stream_offset: bytes from the first byte of that direction of the TCP stream to the start of the unit meant. */
struct remark {
	enum layer layer;
	enum remark_id id;
	uint64_t stream_offset;
};

/* One short sentence, without a full stop; static. */
const char *remark_text(enum remark_id id);

/*
 * What the parsers of the upper layers have to say while they work: remark_bit()s by layer, and each PDU as it is read,
 * from the outermost in. pdu may be NULL, and then costs nothing. name is static; detail is NULL, or a few printable
 * words that are valid during the call only.
 */
struct layer_notes {
	uint32_t remarks[LAYERS];
	void (*pdu)(void *user, enum layer layer, const char *name, const char *detail);
	void *user;
};

/* Tells notes->pdu, if there is one, of a PDU. format makes the detail, as printf has it; NULL: none. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void note_pdu(const struct layer_notes *notes, enum layer layer, const char *name, const char *format, ...);

/* A row of a standard's table of codes. */
struct pdu_code {
	uint32_t code;
	const char *name;
};

/* The name of a code in a table of count rows, or NULL: the standard has no such code. */
const char *pdu_code_name(const struct pdu_code *table, size_t count, uint32_t code);

#endif
