/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would logs and captures that have nothing in common line up as well? */
#ifndef MTASCOPE_ALIGN_CHANCE_H
#define MTASCOPE_ALIGN_CHANCE_H

#include "align/search.h"

/*
 * The probability (at most 1) that a candidate as good as best arises somewhere in the prior's range by chance. votes
 * are those of the search that found it.
 */
double chance_of(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior,
		 const struct votes *votes, const struct candidate *best);

#endif
