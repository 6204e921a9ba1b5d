/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TPDUs of X.224 (RFC 905, ISO 8073), class 0 as RFC 1006 carries it. */
#ifndef MTASCOPE_DISSECTORS_COTP_H
#define MTASCOPE_DISSECTORS_COTP_H

#include "base/cursor.h"

#include <stdbool.h>
#include <stdint.h>

/* X.224 table 8; the value is the code in the high four bits. */
enum cotp_code {
	COTP_NONE = 0,
	COTP_ED = 0x1,
	COTP_EA = 0x2,
	COTP_UD = 0x4,
	COTP_RJ = 0x5,
	COTP_AK = 0x6,
	COTP_ER = 0x7,
	COTP_DR = 0x8,
	COTP_DC = 0xc,
	COTP_CC = 0xd,
	COTP_CR = 0xe,
	COTP_DT = 0xf,
};

enum { COTP_TSAP_KEPT = 32 };

/* A transport selector; length is what was sent, of which at most COTP_TSAP_KEPT bytes are kept. */
struct cotp_tsap {
	bool present;
	uint8_t length;
	uint8_t bytes[COTP_TSAP_KEPT];
};

/* One TPDU. What its kind does not have is zero. */
struct cotp_tpdu {
	enum cotp_code code;
	uint8_t indicator; /* LI: header bytes after itself */
	uint8_t credit;    /* low four bits of the code */
	uint16_t dst_ref, src_ref;
	uint8_t class_option;             /* CR, CC: class in the high four bits */
	uint8_t reason;                   /* DR reason, ER reject cause */
	bool eot;                         /* DT: the last of its TSDU */
	uint8_t number;                   /* DT: TPDU-NR, 0 in class 0 */
	uint32_t tpdu_size;               /* C0, in bytes; 0: not given, which means 128 */
	uint32_t preferred_size;          /* F0, in bytes; 0: not given */
	uint8_t additional_options;       /* C6 */
	uint8_t alternative_classes;      /* C7: how many */
	uint8_t parameters;               /* how many there were */
	uint8_t unknown_parameters;       /* of which X.224 does not have the code */
	bool rdp;                         /* CR, CC: a Remote Desktop cookie or negotiation stands in it */
	struct cotp_tsap calling, called; /* C1, C2 */
	uint32_t remarks;                 /* remark_bit()s */
	struct cursor user_data;          /* after the header */
};

/*
 * Reads one TPDU (X.224 13). Returns false, with the remarks saying why, when its code is unknown or its fixed part
 * does not fit LI or was not captured; a bad parameter is a remark, and the rest stands. A CR or CC of which the code
 * was captured counts even so: that it came is what matters most. user_data points into the caller's bytes. The TPDUs
 * of other classes (ED EA AK RJ UD) are recognised and not read further.
 */
bool cotp_parse(struct cursor tpdu, struct cotp_tpdu *out);

/*
 * The short way for bulk data (X.224 13.7): true when tpdu is a class 0 DT, and then the cursor stands at its user
 * data. Otherwise the cursor is as it was.
 */
static inline bool cotp_data(struct cursor *tpdu, bool *eot)
{
	const uint8_t *bytes = cursor_look(tpdu, 3);

	if (bytes == NULL || bytes[0] != 2 || bytes[1] != COTP_DT << 4)
		return false;
	*eot = (bytes[2] & 0x80) != 0;
	cursor_skip(tpdu, 3);
	return true;
}

/* "CR", "DT" …; NULL when there is no such TPDU. Static. */
const char *cotp_code_name(enum cotp_code code);

/* The words of X.224 13.5.3 d) for a DR reason, or NULL: X.224 has none. Static. */
const char *cotp_reason_name(int32_t reason);

/* The words of X.224 13.12.3 c) for an ER reject cause, or NULL. Static. */
const char *cotp_cause_name(int32_t cause);

#endif
