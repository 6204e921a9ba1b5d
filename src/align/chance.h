/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would logs and captures that have nothing in common line up as well? */
#ifndef MTASCOPE_ALIGN_CHANCE_H
#define MTASCOPE_ALIGN_CHANCE_H

#include "align/search.h"

/*
 * The probability (at most 1) that a candidate as good as the first arises somewhere in the prior's range by chance.
 * candidates stand best first; votes are those of the search that found them, stride what
 * their evidence was reckoned with.
 */
double chance_of(const struct closes *closes, const struct seconds *seconds, const struct offset_prior *prior,
		 const struct votes *votes, const struct kernel *kernel, const struct candidate *candidates,
		 size_t candidate_count, size_t stride);

#endif
