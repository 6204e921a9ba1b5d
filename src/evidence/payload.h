/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a TCP stream a verdict rests on: the frames of each layer, and codes; names as pseudonyms; else zeros. */
#ifndef MTASCOPE_EVIDENCE_PAYLOAD_H
#define MTASCOPE_EVIDENCE_PAYLOAD_H

#include "evidence/pseudonym.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct payload_rules {
	struct pseudonyms *pseudonyms;
	/* Whether these bytes are a name that is to become a pseudonym; every other text becomes zeros. */
	bool (*is_name)(void *user, const uint8_t *bytes, size_t length);
	void *user;
};

/*
 * Writes length bytes to out, which is all zeros and does not overlap in: TPKT and COTP headers (RFC 1006, X.224), SPDU
 * and parameter headers (X.225), tags and lengths of BER (X.690) with small numbers and object identifiers, are copied;
 * transport selectors and names become pseudonyms; all that is not known to be harmless stays zero.
 */
void payload_redact(const struct payload_rules *rules, const uint8_t *in, uint8_t *out, size_t length);

#endif
