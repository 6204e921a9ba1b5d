/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which incident is which connection, once the clock is known: one-to-one, by probability. */
#ifndef MTASCOPE_ALIGN_PAIR_H
#define MTASCOPE_ALIGN_PAIR_H

#include "align/clock.h"

/* An incident on the capture's clock. */
struct seen {
	double place; /* the beginning of its second, in seconds since capture_first */
	uint32_t index;
	uint32_t source;
	struct lpi lpi;
	const struct clock_found *clock;
};

/*
 * Fills confidence, connection, score, candidates and candidate_count of matches[seen[i].index]. seen is sorted by
 * place; connections are those that closes->order refers to.
 */
void pair_all(const struct closes *closes, const struct align_connection *connections, const struct seen *seen,
	      size_t seen_count, struct match *matches);

#endif
