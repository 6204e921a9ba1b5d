/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's pairing, to which the true clock and the true law of lags are told. */
#ifndef MTASCOPE_STUDY_GIVEN_H
#define MTASCOPE_STUDY_GIVEN_H

#include "study/ideal.h"

/*
 * Fills matches[i] for each incident as align() does, but that nothing is estimated beforehand; how many closes make an
 * incident and how many are strays is still learnt. seed is for a sample of lags.
 */
void given_pair(const struct world *world, const struct scenario *scenario, uint64_t seed, struct match *matches);

#endif
